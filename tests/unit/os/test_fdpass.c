/* SPDX-License-Identifier: Apache-2.0 */
#include "os/fdpass.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static unsigned open_fds(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void test_bytes_and_descriptors(void **state)
{
    int ends[2], pipes[2], got[4];
    char room[32];
    struct fdpass_message m = { .data = room, .room = sizeof(room), .fds = got, .fd_room = 4 };

    (void)state;
    assert_true(fdpass_pair(ends, false));
    assert_return_code(pipe(pipes), 0);
    assert_int_equal(fdpass_send(ends[0], SPAN("take these"), pipes, 2), FDPASS_OK);
    assert_int_equal(fdpass_send(ends[0], SPAN("and no more"), NULL, 0), FDPASS_OK);
    assert_int_equal(fdpass_receive(ends[1], &m), FDPASS_OK);
    assert_span(span_of(m.data, m.len), "take these"); /* one send is one receive */
    assert_int_equal(m.fd_count, 2);
    assert_true(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
    assert_int_equal(write(got[1], "x", 1), 1); /* they work, and are others than ours */
    assert_int_equal(read(pipes[0], room, 1), 1);
    assert_int_not_equal(got[0], pipes[0]);
    (void)close(got[0]);
    (void)close(got[1]);
    assert_int_equal(fdpass_receive(ends[1], &m), FDPASS_OK);
    assert_span(span_of(m.data, m.len), "and no more");
    assert_int_equal(m.fd_count, 0);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    (void)close(ends[0]);
    assert_int_equal(fdpass_receive(ends[1], &m), FDPASS_EOF);
    assert_int_equal(fdpass_send(ends[1], SPAN("anybody?"), NULL, 0), FDPASS_EOF);
    (void)close(ends[1]);
}

static void test_as_many_as_may_be(void **state)
{
    int ends[2], many[FDPASS_FDS], got[FDPASS_FDS];
    char room[8];
    struct fdpass_message m = { .data = room, .room = sizeof(room), .fds = got, .fd_room = FDPASS_FDS };

    (void)state;
    assert_true(fdpass_pair(ends, false));
    for (unsigned i = 0; i < FDPASS_FDS; i++)
        many[i] = ends[0];
    unsigned before = open_fds();
    assert_int_equal(fdpass_send(ends[0], SPAN("x"), many, FDPASS_FDS), FDPASS_OK);
    assert_int_equal(fdpass_receive(ends[1], &m), FDPASS_OK);
    assert_int_equal(m.fd_count, FDPASS_FDS);
    for (unsigned i = 0; i < FDPASS_FDS; i++)
        (void)close(got[i]);
    assert_int_equal(open_fds(), before);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* What does not fit is refused whole, and no descriptor stays open that nobody knows of. */
static void test_too_much_is_refused_without_a_leak(void **state)
{
    int ends[2], three[3], got[2];
    char room[4];
    struct fdpass_message m = { .data = room, .room = sizeof(room), .fds = got, .fd_room = 2 };

    (void)state;
    assert_true(fdpass_pair(ends, true));
    for (unsigned i = 0; i < 3; i++)
        three[i] = ends[0];
    unsigned before = open_fds();
    assert_int_equal(fdpass_send(ends[0], SPAN("abc"), three, 3), FDPASS_OK);
    assert_int_equal(fdpass_receive(ends[1], &m), FDPASS_ERROR);
    assert_int_equal(errno, EMSGSIZE);
    assert_int_equal(open_fds(), before);
    assert_int_equal(fdpass_send(ends[0], SPAN("abcdef"), three, 1), FDPASS_OK);
    assert_int_equal(fdpass_receive(ends[1], &m), FDPASS_ERROR);
    assert_int_equal(errno, EMSGSIZE);
    assert_int_equal(open_fds(), before);
    assert_int_equal(fdpass_receive(ends[1], &m), FDPASS_AGAIN);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void test_a_full_socket_says_so(void **state)
{
    static char block[4096];
    int ends[2];
    enum fdpass_result r = FDPASS_OK;

    (void)state;
    assert_true(fdpass_pair(ends, true));
    for (unsigned i = 0; i < 10000 && r == FDPASS_OK; i++)
        r = fdpass_send(ends[0], span_of(block, sizeof(block)), NULL, 0);
    assert_int_equal(r, FDPASS_AGAIN);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void test_over_a_stream(void **state)
{
    int ends[2], got[2];
    char room[16];
    struct fdpass_message m = { .data = room, .room = sizeof(room), .fds = got, .fd_room = 2 };

    (void)state;
    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(fdpass_send(ends[0], SPAN("abc"), &ends[0], 1), FDPASS_OK);
    assert_int_equal(fdpass_receive(ends[1], &m), FDPASS_OK);
    assert_int_equal(m.fd_count, 1);
    (void)close(got[0]);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_and_descriptors),
        cmocka_unit_test(test_as_many_as_may_be),
        cmocka_unit_test(test_too_much_is_refused_without_a_leak),
        cmocka_unit_test(test_a_full_socket_says_so),
        cmocka_unit_test(test_over_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
