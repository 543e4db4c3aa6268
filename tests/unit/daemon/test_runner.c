/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts: what a child may add to their words, how they end, and that none outlives its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/record.h"
#include "daemon/runner.h"

struct seen {
    unsigned count;
    uint64_t ticket;
    enum runner_end end;
    int status;
};

static void on_end(void *self, uint64_t ticket, enum runner_end end, int status)
{
    struct seen *s = self;

    s->count++;
    s->ticket = ticket;
    s->end = end;
    s->status = status;
}

static struct runner *runner_for(struct seen *s)
{
    struct runner *r = calloc(1, sizeof(*r));

    assert_non_null(r);
    *s = (struct seen){ 0 };
    r->ended = on_end;
    r->self = s;
    return r;
}

/* Of this process's user: a test is not always root. */
static struct manifest_script shell(struct arena *a, const char *text)
{
    struct manifest_script s = {
        .name = SPAN("test"), .uid = getuid(), .gid = getgid(), .timeout = DURATION_NONE
    };

    *ARENA_PUSH(a, &s.argv) = SPAN("/bin/sh");
    *ARENA_PUSH(a, &s.argv) = SPAN("-c");
    *ARENA_PUSH(a, &s.argv) = span_from(text);
    return s;
}

static void reap_all(struct runner *r)
{
    int status;

    for (int i = 0; i < 500 && runner_is_busy(r); i++) {
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid > 0)
            assert_true(runner_reaped(r, pid, status));
        else
            (void)usleep(10000);
        runner_turn(r, clock_now());
    }
    assert_false(runner_is_busy(r));
}

static void it_tells_how_one_ended(void **state)
{
    struct seen seen;
    struct arena *a = arena_new(0);
    struct runner *r = runner_for(&seen);
    struct manifest_script s = shell(a, "exit 7"),
                           missing = { .name = SPAN("x"), .uid = getuid(), .gid = getgid() };
    (void)state;

    assert_true(runner_start(r, &(struct runner_order){ .script = &s, .ticket = 5 }));
    reap_all(r);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.ticket, 5);
    assert_int_equal(seen.end, RUNNER_EXITED);
    assert_int_equal(seen.status, 7);
    missing.timeout = DURATION_NONE;
    *ARENA_PUSH(a, &missing.argv) = SPAN("/no/such/program");
    assert_true(runner_start(r, &(struct runner_order){ .script = &missing, .ticket = 6 }));
    reap_all(r);
    assert_int_equal(seen.status, 127);
    assert_true(runner_start(r, &(struct runner_order){ .script = &s, .ticket = 0 }));
    reap_all(r);
    assert_int_equal(seen.count, 2); /* nobody waited for the last one */
    free(r);
    arena_free(&a);
}

static void one_that_hangs_is_ended_with_what_it_started(void **state)
{
    struct seen seen;
    struct arena *a = arena_new(0);
    struct runner *r = runner_for(&seen);
    struct manifest_script s = shell(a, "trap '' TERM; sleep 60 & sleep 60");
    (void)state;

    assert_true(runner_start(r, &(struct runner_order){ .script = &s, .ticket = 1 }));
    (void)usleep(100000);
    instant before = clock_now();
    runner_kill(r, 1);
    assert_true(runner_next(r).us < UINT64_MAX);
    reap_all(r);
    assert_true(instant_ms_between(before, clock_now()) < 3000);
    assert_int_equal(seen.end, RUNNER_SIGNALED);
    free(r);
    arena_free(&a);
}

static struct span more_of(struct buf *b, const char *const *words)
{
    uint32_t count = 0;

    while (words[count])
        count++;
    buf_clear(b);
    record_u32(b, count);
    for (uint32_t i = 0; i < count; i++)
        record_span(b, span_from(words[i]));
    return buf_span(b);
}

static void only_states_may_be_added(void **state)
{
    static const char *const good[] = { "INSTANCE", "VI_1", "MASTER", "100", NULL };
    static const char *const bad[][6] = {
        { "INSTANCE", "VI_1", "MASTER", NULL },        { "INSTANCE", "-x", "MASTER", "100", NULL },
        { "sh", "VI_1", "MASTER", "100", NULL },       { "GROUP", "a\nb", "MASTER", "100", NULL },
        { "GROUP", "a", "REBOOT", "100", NULL },       { "GROUP", "a", "MASTER", "256", NULL },
        { "GROUP", "a", "MASTER", "1", "more", NULL }, { "GROUP", "", "MASTER", "1", NULL },
    };
    struct seen seen;
    struct arena *a = arena_new(0);
    struct runner *r = runner_for(&seen);
    struct manifest_script s = shell(a, "test \"$0 $1 $2 $3\" = 'INSTANCE VI_1 MASTER 100'");
    struct buf b;
    (void)state;

    buf_init(&b, 4096);
    s.takes = SCRIPT_TAKES_STATE;
    assert_true(
        runner_start(r, &(struct runner_order){ .script = &s, .ticket = 1, .more = more_of(&b, good) }));
    reap_all(r);
    assert_int_equal(seen.status, 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(runner_start(
            r, &(struct runner_order){ .script = &s, .ticket = 1, .more = more_of(&b, bad[i]) }));
    assert_false(
        runner_start(r, &(struct runner_order){ .script = &s, .ticket = 1, .more = SPAN("\0\0\0\4ab") }));
    s.takes = SCRIPT_TAKES_NOTHING;
    assert_false(
        runner_start(r, &(struct runner_order){ .script = &s, .ticket = 1, .more = more_of(&b, good) }));
    assert_false(runner_is_busy(r));
    buf_fini(&b);
    free(r);
    arena_free(&a);
}

static void a_program_of_a_check_sees_its_server_and_nothing_of_ours(void **state)
{
    static const char *const good[] = { "10.0.0.1", "80", "3", "web 1", "5", "0", "1", NULL };
    static const char *const path[] = { "/run/web.sock", "", "3", "web", "5", "0", "0", NULL };
    static const char *const bad[][8] = {
        { "10.0.0.1", "80", "3", "web", "5", "0", NULL },
        { "-c", "80", "3", "web", "5", "0", "1", NULL },
        { "10.0.0.1", "x", "3", "web", "5", "0", "1", NULL },
        { "10.0.0.1", "80", "3", "a\nb", "5", "0", "1" },
        { "10.0.0.1", "70000", "3", "web", "5", "0", "1" },
        { "", "80", "3", "web", "5", "0", "1", NULL },
    };
    struct seen seen;
    struct arena *a = arena_new(0);
    struct runner *r = runner_for(&seen);
    struct manifest_script
        s = shell(
            a, "test \"$0 $1 $2 $3\" = 'P 1 10.0.0.1 80' && test \"$HAPROXY_SERVER_NAME\" = 'web 1' && "
               "test \"$HAPROXY_SERVER_CURCONN$HAPROXY_SERVER_SSL$X\" = 51x && test -z \"$OURS\" || exit 9"),
        t = shell(a, "test \"$3$HAPROXY_SERVER_PORT$OURS$X\" = NOT_USEDyesx || exit 9");
    struct buf b;
    (void)state;

    assert_int_equal(setenv("OURS", "yes", 1), 0);
    assert_int_equal(setenv("X", "ours", 1), 0);
    buf_init(&b, 4096);
    *ARENA_PUSH(a, &s.argv) = *ARENA_PUSH(a, &t.argv) = SPAN("P");
    *ARENA_PUSH(a, &s.argv) = *ARENA_PUSH(a, &t.argv) = SPAN("1");
    *ARENA_PUSH(a, &s.environment) = *ARENA_PUSH(a, &t.environment) = SPAN("X=x");
    s.takes = t.takes = SCRIPT_TAKES_SERVER;
    t.keeps_environment = true;
    assert_true(
        runner_start(r, &(struct runner_order){ .script = &s, .ticket = 1, .more = more_of(&b, good) }));
    reap_all(r);
    assert_int_equal(seen.status, 0);
    assert_true(
        runner_start(r, &(struct runner_order){ .script = &t, .ticket = 1, .more = more_of(&b, path) }));
    reap_all(r);
    assert_int_equal(seen.status, 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(runner_start(
            r, &(struct runner_order){ .script = &s, .ticket = 1, .more = more_of(&b, bad[i]) }));
    s.argv.items[0] = SPAN("/no/such/program");
    assert_true(
        runner_start(r, &(struct runner_order){ .script = &s, .ticket = 1, .more = more_of(&b, good) }));
    reap_all(r);
    assert_int_equal(seen.status, 255); /* HAProxy's */
    buf_fini(&b);
    free(r);
    arena_free(&a);
}

static void who_asked_is_gone_and_only_his_are_ended(void **state)
{
    struct seen seen;
    struct arena *a = arena_new(0);
    struct runner *r = runner_for(&seen);
    struct manifest_script s = shell(a, "sleep 60"), other = shell(a, "sleep 0.2; exit 4");
    (void)state;

    assert_true(runner_start(r, &(struct runner_order){ .script = &s, .ticket = (uint64_t)7 << 32 | 1 }));
    assert_true(runner_start(r, &(struct runner_order){ .script = &other, .ticket = (uint64_t)8 << 32 | 1 }));
    runner_forget_of(r, 7);
    reap_all(r);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.ticket >> 32, 8);
    assert_int_equal(seen.status, 4);
    free(r);
    arena_free(&a);
}

static void a_reader_of_a_fifo_is_started_once(void **state)
{
    struct seen seen;
    struct arena *a = arena_new(0);
    struct runner *r = runner_for(&seen);
    struct manifest_script s = shell(a, "exec sleep 60");
    (void)state;

    *ARENA_PUSH(a, &s.argv) = SPAN("/run/fifo");
    s.takes = SCRIPT_READS_FIFO;
    assert_true(runner_start(r, &(struct runner_order){ .script = &s }));
    pid_t first = r->jobs[0].pid;
    assert_true(runner_start(r, &(struct runner_order){ .script = &s }));
    assert_int_equal(r->jobs[0].pid, first);
    assert_int_equal(r->jobs[1].pid, 0);
    runner_stop(r, instant_after(clock_now(), DURATION_MS(10)));
    reap_all(r);
    free(r);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_tells_how_one_ended),
        cmocka_unit_test(one_that_hangs_is_ended_with_what_it_started),
        cmocka_unit_test(only_states_may_be_added),
        cmocka_unit_test(a_program_of_a_check_sees_its_server_and_nothing_of_ours),
        cmocka_unit_test(who_asked_is_gone_and_only_his_are_ended),
        cmocka_unit_test(a_reader_of_a_fifo_is_started_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
