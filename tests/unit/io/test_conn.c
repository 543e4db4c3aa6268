/* SPDX-License-Identifier: Apache-2.0 */
#include "io/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct end {
    struct conn conn;
    unsigned calls;
};
static void end_on_ready(struct conn *c)
{
    CONTAINER_OF(c, struct end, conn)->calls++;
}

static struct loop *new_loop(void)
{
    struct loop *l = loop_new(&(struct loop_options){ 0 });
    assert_non_null(l);
    return l;
}

static int listen_on_loopback(struct address *at, int backlog)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(address_parse_ip(SPAN("127.0.0.1"), at));
    assert_return_code(bind(fd, &at->u.sa, at->len), 0);
    assert_return_code(listen(fd, backlog), 0);
    assert_return_code(getsockname(fd, &at->u.sa, &at->len), 0);
    return fd;
}

/* <near> is a connection of the loop; the returned fd is the blocking far end. */
static int open_pair(struct loop *l, struct end *near, bool tcp)
{
    int fds[2];

    if (tcp) {
        struct address at;
        int listener = listen_on_loopback(&at, 1);
        fds[1] = socket(AF_INET, SOCK_STREAM, 0);
        assert_return_code(connect(fds[1], &at.u.sa, at.len), 0);
        fds[0] = accept(listener, NULL, NULL);
        (void)close(listener);
    } else {
        assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    }
    assert_true(fds[0] >= 0);
    assert_return_code(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    near->calls = 0;
    assert_true(conn_open(&near->conn, l, fds[0], end_on_ready));
    loop_turn(l, 1000);
    return fds[1];
}

static void turn_until_called(struct loop *l, struct end *e, unsigned calls)
{
    for (unsigned i = 0; i < 100 && e->calls < calls; i++)
        loop_turn(l, 100);
    assert_true(e->calls >= calls);
}

static void test_a_short_read_is_remembered_as_drained(void **state)
{
    struct loop *l = new_loop();
    struct end e;
    char into[64];

    (void)state;
    for (int tcp = 0; tcp < 2; tcp++) {
        int far = open_pair(l, &e, tcp);
        assert_int_equal(conn_read(&e.conn, into, sizeof(into)).result, CONN_AGAIN);
        assert_false(e.conn.can_read);
        assert_int_equal(write(far, "hello", 5), 5);
        unsigned before = e.calls;
        turn_until_called(l, &e, before + 1);
        struct conn_done d = conn_read(&e.conn, into, sizeof(into));
        assert_int_equal(d.result, CONN_OK);
        assert_int_equal(d.len, 5);
        assert_false(e.conn.can_read); /* the next call costs no system call ... */
        assert_int_equal(write(far, "again", 5), 5);
        assert_int_equal(conn_read(&e.conn, into, sizeof(into)).result, CONN_AGAIN); /* ... as this shows */
        turn_until_called(l, &e, before + 2);
        assert_int_equal(conn_read(&e.conn, into, sizeof(into)).len, 5);
        conn_close(&e.conn);
        (void)close(far);
    }
    loop_free(&l);
}

static void test_a_full_read_may_have_more(void **state)
{
    struct loop *l = new_loop();
    struct end e;
    char into[4];
    int far = open_pair(l, &e, true);

    (void)state;
    assert_int_equal(write(far, "12345678", 8), 8);
    turn_until_called(l, &e, e.calls + 1);
    assert_int_equal(conn_read(&e.conn, into, 4).len, 4);
    assert_true(e.conn.can_read);
    assert_int_equal(conn_read(&e.conn, into, 4).len, 4);
    assert_int_equal(conn_read(&e.conn, into, 4).result, CONN_AGAIN);
    conn_close(&e.conn);
    (void)close(far);
    loop_free(&l);
}

/* The FIN came before the bytes were read: one event tells of both, so the short read must not wait for
 * another. */
static void test_bytes_and_fin_in_one_event(void **state)
{
    struct loop *l = new_loop();
    struct end e;
    char into[64];

    (void)state;
    for (int tcp = 0; tcp < 2; tcp++) {
        int far = open_pair(l, &e, tcp);
        assert_int_equal(write(far, "bye", 3), 3);
        assert_return_code(shutdown(far, SHUT_WR), 0);
        turn_until_called(l, &e, e.calls + 1);
        assert_int_equal(conn_read(&e.conn, into, sizeof(into)).len, 3);
        assert_int_equal(conn_read(&e.conn, into, sizeof(into)).result, CONN_EOF);
        assert_int_equal(conn_read(&e.conn, into, sizeof(into)).result, CONN_EOF);
        assert_true(e.conn.read_closed);
        /* half closed: our direction goes on */
        assert_int_equal(conn_write(&e.conn, "more", 4).len, 4);
        assert_int_equal(read(far, into, sizeof(into)), 4);
        conn_shutdown_write(&e.conn);
        conn_shutdown_write(&e.conn);
        assert_int_equal(read(far, into, sizeof(into)), 0);
        struct conn_done d = conn_write(&e.conn, "x", 1);
        assert_int_equal(d.result, CONN_ERROR);
        assert_int_equal(d.error, EPIPE);
        conn_close(&e.conn);
        conn_close(&e.conn);
        (void)close(far);
    }
    loop_free(&l);
}

static void test_writing_until_full_and_on(void **state)
{
    enum { BLOCK = 100000 };
    struct loop *l = new_loop();
    struct end e;
    char *block = calloc(1, BLOCK), into[65536];
    size_t sent = 0, got = 0;
    int far = open_pair(l, &e, true);

    (void)state;
    struct iovec parts[3] = { { block, 1 }, { block, 0 }, { block, BLOCK - 1 } };
    for (;;) {
        struct conn_done d = conn_writev(&e.conn, parts, 3, false);
        if (d.result == CONN_AGAIN)
            break;
        assert_int_equal(d.result, CONN_OK);
        sent += d.len;
        assert_int_equal(e.conn.can_write, d.len == BLOCK); /* short = full, remembered */
    }
    unsigned before = e.calls;
    while (got < sent) {
        ssize_t n = read(far, into, sizeof(into));
        assert_true(n > 0);
        got += (size_t)n;
    }
    turn_until_called(l, &e, before + 1);
    assert_true(e.conn.can_write);
    assert_int_equal(conn_write(&e.conn, "x", 1).len, 1);
    conn_close(&e.conn);
    (void)close(far);
    free(block);
    loop_free(&l);
}

static void test_reset_is_seen_as_an_error_after_the_bytes(void **state)
{
    struct loop *l = new_loop();
    struct end e;
    char into[64];
    struct linger now = { 1, 0 };
    int far = open_pair(l, &e, true);

    (void)state;
    assert_int_equal(write(far, "last words", 10), 10);
    turn_until_called(l, &e, e.calls + 1);
    assert_return_code(setsockopt(far, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    (void)close(far);
    turn_until_called(l, &e, e.calls + 1);
    assert_int_equal(conn_read(&e.conn, into, sizeof(into)).len, 10);
    struct conn_done d = conn_read(&e.conn, into, sizeof(into));
    assert_int_equal(d.result, CONN_ERROR);
    assert_int_equal(d.error, ECONNRESET);
    d = conn_write(&e.conn, "x", 1);
    assert_int_equal(d.result, CONN_ERROR);
    conn_close(&e.conn);
    loop_free(&l);
}

static void test_we_can_reset(void **state)
{
    struct loop *l = new_loop();
    struct end e;
    char into[8];
    int far = open_pair(l, &e, true);

    (void)state;
    conn_reset(&e.conn);
    assert_int_equal(read(far, into, sizeof(into)), -1);
    assert_int_equal(errno, ECONNRESET);
    (void)close(far);
    loop_free(&l);
}

static void test_vanishing_closes_our_end(void **state)
{
    struct loop *l = new_loop();
    struct end e;
    int far = open_pair(l, &e, true), fd = e.conn.watch.fd;

    (void)state;
    conn_vanish(&e.conn);
    assert_int_equal(e.conn.stage, CONN_CLOSED);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    (void)close(far);
    loop_free(&l);
}

static void test_peek_and_discard(void **state)
{
    struct loop *l = new_loop();
    struct end e;
    char into[8] = "";
    int far = open_pair(l, &e, true);

    (void)state;
    assert_int_equal(write(far, "abcdef", 6), 6);
    turn_until_called(l, &e, e.calls + 1);
    assert_int_equal(conn_peek(&e.conn, into, 3).len, 3);
    assert_memory_equal(into, "abc", 3);
    assert_int_equal(conn_discard(&e.conn, 2).len, 2);
    assert_int_equal(conn_read(&e.conn, into, sizeof(into)).len, 4);
    assert_memory_equal(into, "cdef", 4);
    conn_close(&e.conn);
    (void)close(far);
    loop_free(&l);
}

static void test_again_calls_without_an_event(void **state)
{
    struct loop *l = new_loop();
    struct end e;
    int far = open_pair(l, &e, false);

    (void)state;
    unsigned before = e.calls;
    conn_again(&e.conn);
    loop_turn(l, 60000);
    assert_int_equal(e.calls, before + 1);
    conn_again(&e.conn);
    conn_close(&e.conn); /* a closed one is not called */
    loop_turn(l, 0);
    assert_int_equal(e.calls, before + 1);
    (void)close(far);
    loop_free(&l);
}

static void test_release_gives_the_descriptor_away(void **state)
{
    struct loop *l = new_loop();
    struct end e;
    int far = open_pair(l, &e, false);

    (void)state;
    int fd = conn_release(&e.conn);
    assert_int_equal(write(far, "x", 1), 1);
    unsigned before = e.calls;
    loop_turn(l, 20);
    assert_int_equal(e.calls, before);
    char c;
    assert_int_equal(read(fd, &c, 1), 1);
    (void)close(fd);
    (void)close(far);
    loop_free(&l);
}

/* --- connecting --- */
static void test_connect_and_addresses(void **state)
{
    struct loop *l = new_loop();
    struct end e = { 0 };
    struct address at, from, got;
    int listener = listen_on_loopback(&at, 4);
    struct conn_target t = CONN_TARGET_INIT;

    (void)state;
    assert_true(address_parse_ip(SPAN("127.0.0.9"), &from));
    t.to = &at;
    t.from = &from;
    t.keepalive = true;
    t.user_timeout = DURATION_S(5);
    assert_true(conn_connect(&e.conn, l, &t, end_on_ready));
    assert_false(conn_is_open(&e.conn));
    assert_int_equal(conn_write(&e.conn, "x", 1).result, CONN_AGAIN);
    turn_until_called(l, &e, 1);
    assert_true(conn_is_open(&e.conn));

    struct address peer;
    peer.len = sizeof(peer.u);
    int far = accept(listener, &peer.u.sa, &peer.len);
    assert_true(far >= 0);
    assert_true(address_eq_ip(&peer, &from));
    assert_true(conn_local_address(&e.conn, &got));
    assert_true(address_eq(&got, &peer));
    assert_true(conn_peer_address(&e.conn, &got));
    assert_true(address_eq(&got, &at));
    struct conn_info info;
    assert_true(conn_tcp_info(&e.conn, &info));
    assert_true(info.congestion_window > 0);
    int value = 0;
    socklen_t len = sizeof(value);
    assert_return_code(getsockopt(e.conn.watch.fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &value, &len), 0);
    assert_int_equal(value, 1);
    assert_true(conn_set_tos(&e.conn, 0x10));
    conn_close(&e.conn);
    (void)close(far);
    (void)close(listener);
    loop_free(&l);
}

static void test_connect_refused(void **state)
{
    struct loop *l = new_loop();
    struct end e = { 0 };
    struct address at;
    struct conn_target t = CONN_TARGET_INIT;

    (void)state;
    (void)close(listen_on_loopback(&at, 1)); /* a port on which nobody listens any more */
    t.to = &at;
    assert_true(conn_connect(&e.conn, l, &t, end_on_ready));
    turn_until_called(l, &e, 1);
    assert_int_equal(e.conn.stage, CONN_FAILED);
    assert_int_equal(e.conn.error, ECONNREFUSED);
    assert_int_equal(conn_write(&e.conn, "x", 1).error, ECONNREFUSED);
    conn_close(&e.conn);
    loop_free(&l);
}

static void test_connect_fails_at_once(void **state)
{
    struct loop *l = new_loop();
    struct end e = { 0 };
    struct address at, from;
    struct conn_target t = CONN_TARGET_INIT;

    (void)state;
    assert_true(address_parse_ip(SPAN("127.0.0.1"), &at));
    address_set_port(&at, 9);
    assert_true(address_parse_ip(SPAN("192.0.2.1"), &from)); /* not ours */
    t.to = &at;
    t.from = &from;
    assert_false(conn_connect(&e.conn, l, &t, end_on_ready));
    assert_int_equal(errno, EADDRNOTAVAIL);
    conn_close(&e.conn); /* nothing to do, and harmless */
    address_unix(SPAN("/nonexistent/socket"), false, &at);
    t.from = NULL;
    assert_false(conn_connect(&e.conn, l, &t, end_on_ready));
    assert_int_equal(errno, ENOENT);
    loop_free(&l);
}

static void test_connect_to_a_unix_socket(void **state)
{
    struct loop *l = new_loop();
    struct end e = { 0 };
    struct address at;
    struct conn_target t = CONN_TARGET_INIT;
    char name[40];
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    int len = snprintf(name, sizeof(name), "keel-test-conn-%d", (int)getpid());
    address_unix(span_of(name, (size_t)len), true, &at);
    assert_return_code(bind(listener, &at.u.sa, at.len), 0);
    assert_return_code(listen(listener, 1), 0);
    t.to = &at;
    assert_true(conn_connect(&e.conn, l, &t, end_on_ready));
    turn_until_called(l, &e, 1);
    assert_true(conn_is_open(&e.conn));
    assert_int_equal(conn_write(&e.conn, "x", 1).len, 1);
    conn_close(&e.conn);
    (void)close(listener);
    loop_free(&l);
}

/* --- files and pipes --- */
static void test_sendfile(void **state)
{
    struct loop *l = new_loop();
    struct end e;
    char into[64];
    int far = open_pair(l, &e, true), file = memfd_create("test", 0);
    off_t at = 2;

    (void)state;
    assert_int_equal(write(file, "0123456789", 10), 10);
    assert_int_equal(conn_sendfile(&e.conn, file, &at, 4).len, 4);
    assert_int_equal(at, 6);
    assert_int_equal(conn_sendfile(&e.conn, file, &at, 100).len, 4);
    assert_int_equal(conn_sendfile(&e.conn, file, &at, 100).result, CONN_EOF);
    assert_int_equal(recv(far, into, 8, MSG_WAITALL), 8);
    assert_memory_equal(into, "23456789", 8);
    conn_close(&e.conn);
    (void)close(far);
    (void)close(file);
    loop_free(&l);
}

struct relay {
    struct end from, to;
    struct splice splice;
    uint64_t moved;
    bool eof;
};

/* What an engine's relay does, once. false: nothing moved. */
static bool relay_step(struct relay *r)
{
    struct conn_done d;

    if (r->splice.held == 0) {
        d = conn_splice_in(&r->from.conn, &r->splice, 65536);
        assert_true(d.result != CONN_ERROR);
        r->eof |= d.result == CONN_EOF;
        if (d.result != CONN_OK)
            return false;
    }
    d = conn_splice_out(&r->to.conn, &r->splice, false);
    assert_true(d.result == CONN_OK || d.result == CONN_AGAIN);
    r->moved += d.len;
    return d.result == CONN_OK;
}

static void test_splice_moves_all_and_holds_no_pipe_when_idle(void **state)
{
    enum { TOTAL = 3 * 1024 * 1024 };
    struct loop *l = new_loop();
    static struct relay r;
    static char block[65536], into[65536];
    size_t sent = 0, got = 0;

    (void)state;
    r = (struct relay){ 0 };
    int source = open_pair(l, &r.from, true), sink = open_pair(l, &r.to, true);
    assert_return_code(fcntl(source, F_SETFL, O_NONBLOCK), 0);
    assert_return_code(fcntl(sink, F_SETFL, O_NONBLOCK), 0);
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = (char)(i * 7);
    for (unsigned round = 0; round < 200000 && got < TOTAL; round++) {
        while (sent < TOTAL) {
            size_t at = sent % sizeof(block), len = sizeof(block) - at;
            ssize_t n = write(source, block + at, len < TOTAL - sent ? len : TOTAL - sent);
            if (n <= 0)
                break;
            sent += (size_t)n;
        }
        while (relay_step(&r)) {
        }
        if (round % 3 == 0) { /* a reader that is slower than the rest */
            ssize_t n = read(sink, into, sizeof(into));
            for (ssize_t i = 0; i < n; i++)
                assert_int_equal(into[i], block[(got + (size_t)i) % sizeof(block)]);
            got += n > 0 ? (size_t)n : 0;
        }
        loop_turn(l, 0);
    }
    assert_int_equal(got, TOTAL);
    assert_int_equal(r.splice.held, 0);
    const struct pipes *pool = loop_pipes(l);
    assert_int_equal(pool->open, 1);
    assert_int_equal(pool->idle_count, 1);

    assert_return_code(shutdown(source, SHUT_WR), 0);
    for (unsigned i = 0; i < 50 && !r.eof; i++) {
        loop_turn(l, 100);
        (void)relay_step(&r);
    }
    assert_true(r.eof);
    conn_close(&r.from.conn);
    conn_close(&r.to.conn);
    (void)close(source);
    (void)close(sink);
    loop_free(&l);
}

static void test_splice_without_pipes_reads_nothing(void **state)
{
    struct loop *l = loop_new(&(struct loop_options){ .pipes = 1 });
    struct end a, b;
    struct splice one = { 0 }, two = { 0 };
    char into[8];
    int far_a = open_pair(l, &a, true), far_b = open_pair(l, &b, true);

    (void)state;
    assert_int_equal(write(far_a, "a", 1), 1);
    assert_int_equal(write(far_b, "b", 1), 1);
    turn_until_called(l, &b, b.calls + 1);
    assert_int_equal(conn_splice_in(&a.conn, &one, 100).len, 1);
    struct conn_done d = conn_splice_in(&b.conn, &two, 100);
    assert_int_equal(d.result, CONN_ERROR);
    assert_int_equal(d.error, EMFILE);
    assert_int_equal(conn_read(&b.conn, into, sizeof(into)).len, 1);
    conn_splice_drop(l, &one);
    assert_int_equal(loop_pipes(l)->open, 0); /* it held bytes, so it was not kept */
    conn_close(&a.conn);
    conn_close(&b.conn);
    (void)close(far_a);
    (void)close(far_b);
    loop_free(&l);
}

static void test_it_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct conn) <= 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_short_read_is_remembered_as_drained),
        cmocka_unit_test(test_a_full_read_may_have_more),
        cmocka_unit_test(test_bytes_and_fin_in_one_event),
        cmocka_unit_test(test_writing_until_full_and_on),
        cmocka_unit_test(test_reset_is_seen_as_an_error_after_the_bytes),
        cmocka_unit_test(test_we_can_reset),
        cmocka_unit_test(test_vanishing_closes_our_end),
        cmocka_unit_test(test_peek_and_discard),
        cmocka_unit_test(test_again_calls_without_an_event),
        cmocka_unit_test(test_release_gives_the_descriptor_away),
        cmocka_unit_test(test_connect_and_addresses),
        cmocka_unit_test(test_connect_refused),
        cmocka_unit_test(test_connect_fails_at_once),
        cmocka_unit_test(test_connect_to_a_unix_socket),
        cmocka_unit_test(test_sendfile),
        cmocka_unit_test(test_splice_moves_all_and_holds_no_pipe_when_idle),
        cmocka_unit_test(test_splice_without_pipes_reads_nothing),
        cmocka_unit_test(test_it_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
