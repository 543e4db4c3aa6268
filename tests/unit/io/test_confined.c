/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls of os/seccomp's two lists are enough for everything in io:
 * a call that is missing kills the child. Sanitizers make calls of their own,
 * so there it is skipped.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/acceptor.h"
#include "io/conn.h"
#include "io/pki.h"
#include "io/resolver.h"
#include "io/tls.h"
#include "io/udp.h"
#include "os/seccomp.h"
#include "unit.h"

#define NEED(n, cond)                                                                                        \
    do {                                                                                                     \
        if (!(cond))                                                                                         \
            _exit(n);                                                                                        \
    } while (0)

struct scene {
    struct loop *loop;
    struct acceptor acceptor;
    struct conn near, far; /* connected by us, accepted */
    bool accepted;
    struct tls_context *server, *client;
    bool answered;
    int file; /* of 6 bytes */
};
static struct scene scene;

static void on_ready(struct conn *c)
{
    (void)c;
}
static bool on_accept(struct acceptor *a, int fd, const struct address *peer)
{
    (void)a, (void)peer;
    scene.accepted = conn_open(&scene.far, scene.loop, fd, on_ready);
    return true;
}
static void on_answer(struct resolver_query *q, const struct resolver_answer *a)
{
    (void)q, (void)a;
    scene.answered = true;
}

static int listen_on_loopback(struct address *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    NEED(10, address_parse_ip(SPAN("127.0.0.1"), at) && bind(fd, &at->u.sa, at->len) == 0 &&
                 listen(fd, 4) == 0 && getsockname(fd, &at->u.sa, &at->len) == 0);
    return fd;
}

static void turn(void)
{
    for (unsigned i = 0; i < 20; i++)
        loop_turn(scene.loop, 5);
}

static void meet(const struct address *at)
{
    struct conn_target t = CONN_TARGET_INIT;

    t.to = at;
    t.keepalive = true;
    NEED(20, conn_connect(&scene.near, scene.loop, &t, on_ready));
    turn();
    NEED(21, scene.accepted && conn_is_open(&scene.near));
}

static void part(void)
{
    conn_close(&scene.near);
    conn_reset(&scene.far);
    turn();
    scene.accepted = false;
}

static void plain_bytes(void)
{
    struct address a;
    struct conn_info info;
    struct splice s = { 0 };
    char into[64];
    off_t at = 0;
    struct iovec parts[2] = { { into, 3 }, { into, 4 } };

    NEED(31, conn_writev(&scene.near, parts, 2, false).len == 7);
    turn();
    NEED(32, conn_splice_in(&scene.far, &s, 4).len == 4 && conn_splice_out(&scene.far, &s, false).len == 4);
    NEED(33, conn_read(&scene.far, into, sizeof(into)).len == 3);
    NEED(30, conn_sendfile(&scene.near, scene.file, &at, 100).len == 6);
    NEED(34, conn_local_address(&scene.near, &a) && conn_tcp_info(&scene.near, &info));
    conn_shutdown_write(&scene.near);
    turn();
}

static void tls_bytes(void)
{
    char into[64];

    conn_start_tls(&scene.far, tls_session_server(scene.loop, scene.server, NULL, NULL));
    conn_start_tls(&scene.near, tls_session_client(scene.loop, scene.client, &(struct tls_peer){ 0 }));
    turn();
    NEED(40, conn_is_open(&scene.far) && conn_is_open(&scene.near));
    NEED(41, conn_write(&scene.near, "hello", 5).len == 5);
    turn();
    NEED(42, conn_read(&scene.far, into, sizeof(into)).len == 5);
}

static void names(const struct address *nobody)
{
    struct resolver_options o = { .server_count = 1, .servers = { *nobody }, .retry = DURATION_MS(10) };
    struct resolver *r = resolver_new(scene.loop, &o);
    struct resolver_query q;

    NEED(50, resolver_ask(r, &q, SPAN("a.example"), RESOLVER_A, on_answer));
    turn();
    NEED(51, scene.answered);
    resolver_free(&r);
}

static void datagrams(void)
{
    struct address to;
    char byte;
    int a = udp_open(AF_INET, NULL, NULL);

    NEED(60, address_parse_ip(SPAN("127.0.0.1"), &to) && bind(a, &to.u.sa, to.len) == 0 &&
                 getsockname(a, &to.u.sa, &to.len) == 0);
    struct udp_packet p = { .peer = to, .data = (char[]){ "x" }, .len = 1 };
    NEED(61, udp_send(a, &p, 1) == 1);
    p = (struct udp_packet){ .data = &byte, .room = 1 };
    NEED(62, udp_receive(a, &p, 1) == 1);
}

static void everything(void)
{
    static const char *const soft[] = { "openat", "open", NULL };
    const char *const *const lists[] = { seccomp_basic, seccomp_network, NULL };
    struct address at, nobody;

    (void)signal(SIGSYS, SIG_DFL);
    NEED(1, seccomp_allow_lists(lists, soft, SECCOMP_KILL));
    scene.loop = loop_new(&(struct loop_options){ .spin_us = 20 });
    int listener = listen_on_loopback(&at);
    (void)close(listen_on_loopback(&nobody));
    NEED(2, acceptor_open(&scene.acceptor, scene.loop, listener, 0, on_accept));
    meet(&at);
    plain_bytes();
    part();
    meet(&at);
    tls_bytes();
    part();
    names(&nobody);
    datagrams();
    acceptor_close(&scene.acceptor);
    loop_free(&scene.loop);
    _exit(0);
}

static struct tls_context *make(const struct tls_settings *s)
{
    struct tls_failure why;
    struct tls_context *c = tls_context_new(s, &why);

    assert_non_null(c);
    return c;
}

static void test_two_lists_are_enough(void **state)
{
    int status;

    (void)state;
#ifdef KEEL_SANITIZED
    skip();
#endif
    struct pki leaf = pki_make(NULL, "one.example", "DNS:one.example", 20, "EC");
    struct tls_pair pair = { .certificate = leaf.certificate_pem, .key = leaf.key_pem };
    scene.server = make(&(struct tls_settings){ .pairs = &pair, .pair_count = 1 });
    scene.client = make(&(struct tls_settings){ .client = true });
    scene.file = memfd_create("test", MFD_CLOEXEC);
    assert_int_equal(write(scene.file, "abcdef", 6), 6);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        everything();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status), 0);
    (void)close(scene.file);
    tls_context_put(&scene.server);
    tls_context_put(&scene.client);
    pki_free(&leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_lists_are_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
