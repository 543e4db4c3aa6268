/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of several threads arrive whole and in order; a full, unread or gone target stops nobody and is
 * counted. */
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/core/access_log.h"
#include "model/config.h"

#define THREADS 2
#define LINES   20000

struct writer {
    struct access_log *log;
    struct log_sink *sink;
    unsigned number;
    uint64_t lost;
};

static void *write_lines(void *argument)
{
    struct writer *w = argument;
    struct log_ring *r = log_ring_new(w->log);

    assert_non_null(r);
    for (unsigned i = 0; i < LINES; i++) {
        struct buf *b = log_begin(r, w->sink, 200);
        if (b == NULL) {
            w->lost++;
            (void)usleep(1000);
            continue;
        }
        buf_printf(b, "thread %u line %u %.*s", w->number, i, (int)(i % 60),
                   "............................................................");
        log_end(r, 16, 6, clock_wall_us());
    }
    log_ring_free(&r);
    return NULL;
}

static struct config *config_with(struct log_target *like)
{
    struct config *c = config_new();

    like->fd = -1;
    (void)config_log_target(c, like);
    return c;
}

static void test_lines_of_two_threads_arrive_whole(void **state)
{
    char name[] = "/tmp/keel-log-XXXXXX", line[256];
    int fd = mkstemp(name);
    struct log_target like = { .kind = LOG_FILE, .path = span_from(name) };
    struct config *c = config_with(&like);
    struct access_log *l = access_log_new(&(struct access_log_options){ .ring = 65536 });
    struct log_sinks *sinks = log_sinks_new(l, c, &fd, NULL);
    struct writer w[THREADS];
    pthread_t threads[THREADS];
    unsigned next[THREADS] = { 0 }, seen = 0, thread, number;
    struct log_counts counts;
    (void)state;

    for (unsigned i = 0; i < THREADS; i++) {
        w[i] = (struct writer){ l, log_sinks_at(sinks, 0), i, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &w[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    access_log_counts(l, &counts);
    log_sinks_free(&sinks);
    access_log_free(&l, DURATION_S(1));
    FILE *f = fopen(name, "r");
    while (fgets(line, sizeof(line), f) != NULL) {
        assert_int_equal(sscanf(line, "thread %u line %u", &thread, &number), 2);
        assert_true(thread < THREADS && number >= next[thread]);
        assert_int_equal(strlen(line),
                         (size_t)snprintf(NULL, 0, "thread %u line %u ", thread, number) + number % 60 + 1);
        next[thread] = number + 1;
        seen++;
    }
    (void)fclose(f);
    assert_int_equal(seen + w[0].lost + w[1].lost, THREADS * LINES);
    assert_int_equal(counts.written, seen);
    assert_int_equal(counts.dropped_full, w[0].lost + w[1].lost);
    (void)unlink(name);
    (void)close(fd);
    config_free(&c);
}

static void test_lines_of_several_threads_are_in_the_order_of_their_times(void **state)
{
    char name[] = "/tmp/keel-log-XXXXXX", line[64];
    int fd = mkstemp(name);
    struct log_target like = { .kind = LOG_FILE, .path = span_from(name) };
    struct config *c = config_with(&like);
    struct access_log *l = access_log_new(&(struct access_log_options){ .ring = 65536 });
    struct log_sinks *sinks = log_sinks_new(l, c, &fd, NULL);
    struct log_ring *rings[] = { log_ring_new(l), log_ring_new(l), log_ring_new(l) };
    unsigned number, expected = 0;
    (void)state;

    for (unsigned i = 0; i < 30; i++) {
        struct buf *b = log_begin(rings[(30 - i) % COUNT_OF(rings)], log_sinks_at(sinks, 0), 200);
        buf_printf(b, "line %u", i);
        log_end(rings[(30 - i) % COUNT_OF(rings)], 16, 6, 1000000 + i);
    }
    access_log_flush(l, DURATION_S(1));
    for (size_t i = 0; i < COUNT_OF(rings); i++)
        log_ring_free(&rings[i]);
    log_sinks_free(&sinks);
    access_log_free(&l, DURATION_S(1));
    FILE *f = fopen(name, "r");
    while (fgets(line, sizeof(line), f) != NULL) {
        assert_int_equal(sscanf(line, "line %u", &number), 1);
        assert_int_equal(number, expected++);
    }
    (void)fclose(f);
    assert_int_equal(expected, 30);
    (void)unlink(name);
    (void)close(fd);
    config_free(&c);
}

static void test_a_pipe_that_nobody_reads_stops_nothing(void **state)
{
    int ends[2];
    struct log_target like = { .kind = LOG_FILE, .path = SPAN("pipe") };
    struct config *c = config_with(&like);
    struct access_log *l = access_log_new(&(struct access_log_options){ .ring = 65536 });
    struct log_counts counts;
    (void)state;

    assert_int_equal(pipe(ends), 0); /* blocking, as a terminal's or a shell's is */
    struct log_sinks *sinks = log_sinks_new(l, c, &ends[1], NULL);
    struct log_ring *r = log_ring_new(l);
    uint64_t before = clock_now().us;
    for (unsigned i = 0; i < LINES; i++) {
        struct buf *b = log_begin(r, log_sinks_at(sinks, 0), 200);
        if (b == NULL)
            continue;
        buf_printf(b, "line %u of a pipe that nobody reads", i);
        log_end(r, 16, 6, clock_wall_us());
        if (i % 100 == 0)
            access_log_flush(l, DURATION_MS(200));
    }
    assert_true(clock_now().us - before < 5000000);
    access_log_counts(l, &counts);
    print_message("%llu written, %llu dropped for want of room, %llu by the target\n",
                  (unsigned long long)counts.written, (unsigned long long)counts.dropped_full,
                  (unsigned long long)counts.dropped_failed);
    assert_true(counts.written > 0 && counts.dropped_full + counts.dropped_failed > 0);
    log_ring_free(&r);
    log_sinks_free(&sinks);
    access_log_free(&l, DURATION_S(1));
    (void)close(ends[0]);
    (void)close(ends[1]);
    config_free(&c);
}

static void count_release(void *what)
{
    ++*(unsigned *)what;
}

static void test_syslog_datagrams_and_releases(void **state)
{
    struct log_target like = {
        .kind = LOG_SYSLOG, .frame = LOG_FRAME_RFC3164, .tag = SPAN("haproxy"), .line_max = 60
    };
    char got[512];
    unsigned released = 0;
    socklen_t len = sizeof(like.address.u.in);
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    (void)state;

    like.address = (struct address){ .len = len };
    like.address.u.in.sin_family = AF_INET;
    like.address.u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(server, &like.address.u.sa, len), 0);
    assert_int_equal(getsockname(server, &like.address.u.sa, &len), 0);
    struct config *c = config_with(&like);
    struct access_log *l = access_log_new(&(struct access_log_options){ .pid = 123 });
    struct log_sinks *sinks = log_sinks_new(l, c, NULL, NULL);
    struct log_ring *r = log_ring_new(l);
    struct buf *b = log_begin(r, log_sinks_at(sinks, 0), 200);
    buf_put(b, SPAN("a line that is longer than the sixty bytes that this target takes"));
    log_end(r, 18, 6, clock_wall_us());
    log_release(r, count_release, &released);
    uint64_t before = clock_now().us;
    ssize_t n = recv(server, got, sizeof(got), 0);
    assert_true(clock_now().us - before < 1000000);
    assert_int_equal(n, 60);
    assert_memory_equal(got, "<150>", 5);
    assert_non_null(memmem(got, (size_t)n, "haproxy[123]: a line", 20));
    access_log_flush(l, DURATION_S(1));
    assert_int_equal(released, 1);
    log_ring_free(&r);
    log_sinks_free(&sinks);
    access_log_free(&l, DURATION_S(1));
    (void)close(server);
    config_free(&c);
}

struct told {
    unsigned count;
    char last[256];
};

static void on_told(void *to, struct span line)
{
    struct told *t = to;

    t->count++;
    snprintf(t->last, sizeof(t->last), "%.*s", SPAN_ARGS(line));
}

static void put_line(struct log_ring *r, struct log_sink *to)
{
    struct buf *b = log_begin(r, to, 200);
    buf_put(b, SPAN("[a@1 b=\"c\"]"));
    log_structure_ends(r);
    buf_put(b, SPAN("the line"));
    log_end(r, 16, 6, clock_wall_us());
}

/* A socket that is not there: said once; the other target gets every line, and a late one works. */
static void test_a_target_that_is_gone_is_said_once(void **state)
{
    char path[] = "/tmp/keel-test-XXXXXX", got[512];
    struct log_target like = { .kind = LOG_SYSLOG, .frame = LOG_FRAME_RFC5424, .tag = SPAN("t") };
    struct told told = { 0 };
    struct config *c;
    (void)state;

    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    (void)unlink(path);
    like.address.u.un.sun_family = AF_UNIX;
    snprintf(like.address.u.un.sun_path, sizeof(like.address.u.un.sun_path), "%s", path);
    like.address.len = sizeof(like.address.u.un);
    c = config_with(&like);
    struct access_log *l =
        access_log_new(&(struct access_log_options){ .pid = 9, .say = on_told, .to = &told });
    struct log_sinks *sinks = log_sinks_new(l, c, NULL, NULL);
    struct log_ring *r = log_ring_new(l);
    for (int i = 0; i < 3; i++) {
        put_line(r, log_sinks_at(sinks, 0));
        access_log_flush(l, DURATION_S(1));
    }
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.last, path));
    assert_non_null(strstr(told.last, "No such file"));

    int server = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(server, &like.address.u.sa, like.address.len), 0);
    (void)usleep(1100000); /* it is tried again once a second */
    put_line(r, log_sinks_at(sinks, 0));
    access_log_flush(l, DURATION_S(1));
    ssize_t n = recv(server, got, sizeof(got), MSG_DONTWAIT);
    assert_true(n > 0);
    assert_non_null(memmem(got, (size_t)n, " t 9 - [a@1 b=\"c\"] the line", 27));
    access_log_say(l, log_sinks_find(sinks, &like), 18, 1, SPAN("from elsewhere"));
    n = recv(server, got, sizeof(got), MSG_DONTWAIT);
    assert_true(n > 0);
    assert_memory_equal(got, "<145>1 ", 7);
    assert_non_null(memmem(got, (size_t)n, " t 9 - - from elsewhere", 23));
    assert_int_equal(told.count, 1);
    log_ring_free(&r);
    log_sinks_free(&sinks);
    access_log_free(&l, DURATION_S(1));
    (void)close(server);
    (void)unlink(path);
    config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_of_two_threads_arrive_whole),
        cmocka_unit_test(test_lines_of_several_threads_are_in_the_order_of_their_times),
        cmocka_unit_test(test_a_pipe_that_nobody_reads_stops_nothing),
        cmocka_unit_test(test_syslog_datagrams_and_releases),
        cmocka_unit_test(test_a_target_that_is_gone_is_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
