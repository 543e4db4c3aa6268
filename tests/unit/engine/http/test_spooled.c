/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers that are larger than the memory they may use, from socket to socket. */
#include "../play.h"

#include <pthread.h>

#define SIZE  300000u
#define LARGE 30000000u

static char byte_at(size_t i)
{
    return (char)('a' + (i / 7 + i / 1021) % 26);
}

static void say_pattern(int fd, size_t size)
{
    char *bytes = malloc(size);

    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(i);
    for (size_t done = 0; done < size;) {
        ssize_t n = send(fd, bytes + done, size - done, MSG_NOSIGNAL);
        assert_true(n > 0);
        done += (size_t)n;
    }
    free(bytes);
}

/* Byte by byte up to the end of the head, so that the body stays in the socket. */
static void hear_head(int fd, const char *begins)
{
    char head[2048];
    size_t len = 0;

    while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0) {
        assert_true(len < sizeof(head) - 1 && play_ready(fd, POLLIN, PLAY_WAIT));
        assert_int_equal(recv(fd, head + len, 1, 0), 1);
        len++;
    }
    head[len] = 0;
    assert_memory_equal(head, begins, strlen(begins));
}

static void hear_pattern(int fd, size_t size)
{
    char bytes[16384];

    for (size_t at = 0; at < size;) {
        assert_true(play_ready(fd, POLLIN, PLAY_WAIT));
        ssize_t n = recv(fd, bytes, size - at < sizeof(bytes) ? size - at : sizeof(bytes), 0);
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++)
            if (bytes[i] != byte_at(at + (size_t)i))
                fail_msg("byte %zu is wrong", at + (size_t)i);
        at += (size_t)n;
    }
}

static void test_a_large_request_is_sent_whole_to_the_next_server(void **state)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 2);
    (void)state;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n");
    say_pattern(c, SIZE - 1);
    play_nobody(p, 0);
    char last[2] = { byte_at(SIZE - 1), 0 };
    say(c, last);
    int s = play_accept(p, 0);
    hear_head(s, "PUT /a ");
    hear_pattern(s, 100000);
    close(s); /* in the middle: what it had is sent again from the file */
    s = play_accept(p, 1);
    hear_head(s, "PUT /a ");
    hear_pattern(s, SIZE);
    say(s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_has(hear(p, c, "ok"), "HTTP/1.1 200 OK\r\n");
    close(c), close(s);
    play_end(p);
}

struct sender {
    int fd;
    bool well;
};

/* In a thread of its own, which asserts nothing. */
static void *send_pattern(void *argument)
{
    struct sender *s = argument;
    char bytes[10000];
    size_t at = 0;
    ssize_t n = 1;

    for (; at < LARGE && n > 0; at += n > 0 ? (size_t)n : 0) {
        size_t len = LARGE - at < sizeof(bytes) ? LARGE - at : sizeof(bytes);
        for (size_t i = 0; i < len; i++)
            bytes[i] = byte_at(at + i);
        n = send(s->fd, bytes, len, MSG_NOSIGNAL);
    }
    s->well = at == LARGE;
    (void)shutdown(s->fd, SHUT_WR);
    return NULL;
}

/* As much memory and file as told; the reader begins late. */
static void slow_reader(uint32_t memory, uint64_t file, bool server_waits)
{
    struct play *p = play_begin(LANGUAGE_NGINX, 1);
    p->hand.server->buffer_response = true;
    p->hand.server->response_memory = memory;
    p->hand.server->response_file_max = file;
    play_start(p, 1);
    int c = play_client(p);
    say(c, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    int s = play_accept(p, 0);
    (void)hear(p, s, "\r\n\r\n");
    say(s, "HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n");
    struct sender sender = { .fd = s };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_pattern, &sender), 0);
    if (server_waits)
        (void)usleep(100000);
    else
        (void)pthread_join(thread, NULL);
    hear_head(c, "HTTP/1.1 200 OK\r\n");
    hear_pattern(c, LARGE);
    hear_nothing(c);
    if (server_waits)
        (void)pthread_join(thread, NULL);
    assert_true(sender.well);
    close(c), close(s);
    play_end(p);
}

/* The server is free long before a client that does not read. */
static void test_a_large_answer_does_not_wait_for_its_reader(void **state)
{
    (void)state;
    slow_reader(65536, UINT64_C(1) << 30, false);
}

static void test_a_slow_reader_gets_everything_without_a_file(void **state)
{
    (void)state;
    slow_reader(16384, 0, true);
}

static void test_a_slow_reader_gets_everything_through_a_small_file(void **state)
{
    (void)state;
    slow_reader(32768, 1000000, true);
}

/* Sessions end, then the thread, with helpers at work in between. */
static void test_the_end_of_everything_in_the_middle(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        struct play *p = play_begin(LANGUAGE_NGINX, 1);
        play_start(p, 1);
        int c = play_client(p);
        say(c, "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n");
        say_pattern(c, 2000000 + i * 1000);
        play_end(p);
        close(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_large_request_is_sent_whole_to_the_next_server),
        cmocka_unit_test(test_a_large_answer_does_not_wait_for_its_reader),
        cmocka_unit_test(test_a_slow_reader_gets_everything_without_a_file),
        cmocka_unit_test(test_a_slow_reader_gets_everything_through_a_small_file),
        cmocka_unit_test(test_the_end_of_everything_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
