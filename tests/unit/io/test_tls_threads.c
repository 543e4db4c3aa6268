/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts, ticket keys and the cache are shared by threads, each with a loop of its own. Meant for TSan. */
#include "io/tls.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/conn.h"
#include "io/pki.h"
#include "unit.h"

enum { THREADS = 2, ROUNDS = 12 };

struct shared {
    struct tls_context *server[2]; /* 0: tickets; 1: TLS 1.2 by the cache */
    struct tls_context *client;
    struct tls_tickets *tickets;
    struct tls_cache *cache;
};
struct end {
    struct conn conn;
    bool done;
};
struct thread {
    pthread_t id;
    struct shared *shared;
    unsigned good, resumed;
};

static void end_on_ready(struct conn *c)
{
    char into[64];

    CONTAINER_OF(c, struct end, conn)->done = true;
    if (c->stage == CONN_OPEN)
        (void)conn_read(c, into, sizeof(into)); /* a ticket comes with what is read */
}

static bool handshake(struct loop *l, struct tls_context *server, struct tls_context *client,
                      struct tls_resume *r, bool *resumed)
{
    struct end a = { 0 }, b = { 0 };
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0 ||
        !conn_open(&a.conn, l, fds[0], end_on_ready) || !conn_open(&b.conn, l, fds[1], end_on_ready))
        return false;
    conn_start_tls(&a.conn, tls_session_server(l, server, NULL, NULL));
    conn_start_tls(&b.conn, tls_session_client(l, client, &(struct tls_peer){ .resume = r }));
    for (unsigned i = 0; i < 50 && !(a.done && b.done); i++)
        loop_turn(l, 100);
    for (unsigned i = 0; i < 3; i++)
        loop_turn(l, 1);
    bool good = a.conn.stage == CONN_OPEN && b.conn.stage == CONN_OPEN;
    *resumed = good && tls_is_resumed(a.conn.tls);
    conn_close(&b.conn);
    loop_turn(l, 0);
    conn_close(&a.conn);
    loop_turn(l, 0);
    return good;
}

static void *run(void *arg)
{
    struct thread *t = arg;
    struct loop *l = loop_new(&(struct loop_options){ 0 });
    struct tls_resume resumes[2] = { { 0 }, { 0 } };

    for (unsigned i = 0; i < ROUNDS; i++) {
        bool resumed = false;
        t->good += handshake(l, t->shared->server[i % 2], t->shared->client, &resumes[i % 2], &resumed);
        t->resumed += resumed;
        if (t->shared->tickets && i % 6 == 5)
            tls_tickets_rotate(t->shared->tickets);
    }
    tls_resume_fini(&resumes[0]);
    tls_resume_fini(&resumes[1]);
    loop_free(&l);
    return NULL;
}

static struct tls_context *make(const struct tls_settings *s)
{
    struct tls_failure why;
    struct tls_context *c = tls_context_new(s, &why);

    assert_non_null(c);
    return c;
}

static void test_threads_share_what_is_shared(void **state)
{
    struct pki ca = pki_make(NULL, "Test Authority", NULL, 30, "EC");
    struct pki leaf = pki_make(&ca, "one.example", "DNS:one.example", 20, "EC");
    struct tls_pair pair = { .certificate = leaf.certificate_pem, .key = leaf.key_pem };
    struct shared s = { .tickets = tls_tickets_new(), .cache = tls_cache_new(100) };
    struct thread threads[THREADS];

    (void)state;
    s.server[0] = make(&(struct tls_settings){ .pairs = &pair, .pair_count = 1, .tickets = s.tickets });
    s.server[1] = make(&(struct tls_settings){
        .pairs = &pair, .pair_count = 1, .cache = s.cache, .no_tickets = true, .max = TLS_1_2 });
    s.client = make(&(struct tls_settings){
        .client = true, .trusted = ca.certificate_pem, .verify = TLS_VERIFY_REQUIRED });
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i] = (struct thread){ .shared = &s };
        assert_int_equal(pthread_create(&threads[i].id, NULL, run, &threads[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i].id, NULL), 0);
        assert_int_equal(threads[i].good, ROUNDS);
        assert_true(threads[i].resumed >=
                    ROUNDS - 4); /* all but the first of each kind, and where keys ran out */
    }
    tls_context_put(&s.server[0]);
    tls_context_put(&s.server[1]);
    tls_context_put(&s.client);
    tls_tickets_put(&s.tickets);
    tls_cache_put(&s.cache);
    pki_free(&leaf);
    pki_free(&ca);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_share_what_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
