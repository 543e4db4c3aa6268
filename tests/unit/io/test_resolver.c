/* SPDX-License-Identifier: Apache-2.0 */
/* Against nameservers that live in the test's own loop and answer as they are told. */
#include "io/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/acceptor.h"
#include "io/conn.h"
#include "io/udp.h"
#include "unit.h"

enum mood {
    KIND,     /* one address, 10.0.0.<number> */
    SILENT,   /* says nothing */
    BROKEN,   /* SERVFAIL */
    DENYING,  /* NXDOMAIN */
    REFUSING, /* REFUSED */
    CUTTING,  /* truncated over UDP, kind over TCP */
    OLD,      /* FORMERR when EDNS is used */
    LYING,    /* first an answer with another id, then a good one */
    LATE,     /* answers the first question only when the second comes */
};

struct server {
    struct watch udp;
    struct acceptor tcp;
    struct conn conn; /* one TCP client */
    struct loop *loop;
    struct address at;
    enum mood mood;
    uint8_t number;
    uint32_t ttl;
    unsigned asked, asked_tcp;
    struct udp_packet first; /* LATE: the question that waits */
    uint8_t first_bytes[512];
};

static void put16(uint8_t *to, unsigned n)
{
    to[0] = (uint8_t)(n >> 8);
    to[1] = (uint8_t)n;
}

/* Turns the question at <m> into an answer; returns its length. */
static size_t answer(const struct server *s, uint8_t *m, size_t len, enum mood mood)
{
    size_t question = 12;
    bool edns = m[11] != 0;

    while (m[question])
        question += m[question] + 1u;
    len = question + 5;
    m[2] = 0x81;
    m[3] = 0x80;
    m[11] = 0;
    if (mood == BROKEN)
        m[3] |= 2;
    else if (mood == DENYING)
        m[3] |= 3;
    else if (mood == REFUSING)
        m[3] |= 5;
    else if (mood == CUTTING)
        m[2] |= 2;
    else if (mood == OLD && edns)
        m[3] |= 1;
    else if (m[question + 2] == 1) { /* A */
        m[7] = 1;
        static const uint8_t head[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0 };
        memcpy(m + len, head, sizeof(head));
        put16(m + len + 8, s->ttl);
        put16(m + len + 10, 4);
        memcpy(m + len + 12, (uint8_t[]){ 10, 0, 0, s->number }, 4);
        len += 16;
    }
    return len;
}

static void send_answer(struct server *s, struct udp_packet *p, enum mood mood)
{
    p->local.len = 0;
    p->len = answer(s, p->data, p->len, mood);
    assert_int_equal(udp_send(s->udp.fd, p, 1), 1);
}

static void server_on_question(struct watch *w, uint32_t events)
{
    struct server *s = CONTAINER_OF(w, struct server, udp);
    uint8_t bytes[512];
    struct udp_packet p = { .data = bytes, .room = 400 };

    (void)events;
    while (udp_receive(w->fd, &p, 1) == 1) {
        s->asked++;
        if (s->mood == SILENT)
            continue;
        if (s->mood == LATE && s->asked == 1) {
            s->first = p;
            memcpy(s->first_bytes, bytes, p.len);
            s->first.data = s->first_bytes;
            continue;
        }
        if (s->mood == LATE)
            p = s->first;
        if (s->mood == LYING) {
            uint8_t copy[512];
            memcpy(copy, bytes, sizeof(copy));
            struct udp_packet lie = p;
            lie.data = copy;
            copy[0] ^= 0x55;
            send_answer(s, &lie, KIND);
        }
        send_answer(s, &p, s->mood);
        p = (struct udp_packet){ .data = bytes, .room = 400 };
    }
}

static void server_on_tcp_ready(struct conn *c)
{
    struct server *s = CONTAINER_OF(c, struct server, conn);
    uint8_t bytes[600];
    struct conn_done d = conn_read(c, bytes, 400);

    if (d.result == CONN_EOF)
        conn_close(c);
    if (d.result != CONN_OK)
        return;
    s->asked_tcp++;
    size_t len = answer(s, bytes + 2, d.len - 2, KIND);
    put16(bytes, (unsigned)len);
    /* in three pieces, as TCP may */
    assert_int_equal(conn_write(c, bytes, 1).len, 1);
    assert_int_equal(conn_write(c, bytes + 1, 9).len, 9);
    assert_int_equal(conn_write(c, bytes + 10, len - 8).len, len - 8);
}

static bool server_on_accept(struct acceptor *a, int fd, const struct address *peer)
{
    struct server *s = CONTAINER_OF(a, struct server, tcp);

    (void)peer;
    conn_close(&s->conn);
    assert_true(conn_open(&s->conn, s->loop, fd, server_on_tcp_ready));
    return true;
}

static void server_open(struct server *s, struct loop *l, enum mood mood, uint8_t number)
{
    *s = (struct server){ .loop = l, .mood = mood, .number = number, .ttl = 60 };
    assert_true(address_parse_ip(SPAN("127.0.0.1"), &s->at));
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_return_code(bind(tcp, &s->at.u.sa, s->at.len), 0);
    assert_return_code(listen(tcp, 4), 0);
    assert_return_code(getsockname(tcp, &s->at.u.sa, &s->at.len), 0);
    int udp = udp_open(AF_INET, &s->at, NULL);
    assert_true(udp >= 0);
    assert_true(loop_watch(l, &s->udp, udp, server_on_question));
    assert_true(acceptor_open(&s->tcp, l, tcp, 0, server_on_accept));
}

static void server_close(struct server *s)
{
    int udp = s->udp.fd, tcp = s->tcp.fd;

    conn_close(&s->conn);
    acceptor_close(&s->tcp);
    loop_unwatch(s->loop, &s->udp);
    (void)close(udp);
    (void)close(tcp);
}

/* --- who asks --- */
struct ask {
    struct resolver_query query;
    struct resolver_answer answer; /* its arrays are void */
    struct address first;
    unsigned answered;
    struct resolver *again; /* ask once more from the callback */
};

static void on_answer(struct resolver_query *q, const struct resolver_answer *a)
{
    struct ask *ask = CONTAINER_OF(q, struct ask, query);

    assert_null(q->entry);
    ask->answer = *a;
    if (a->addresses && a->count)
        ask->first = a->addresses[0];
    ask->answered++;
    if (ask->again) {
        struct resolver *r = ask->again;
        ask->again = NULL;
        assert_true(resolver_ask(r, q, SPAN("a.example"), RESOLVER_A, on_answer));
    }
}

struct stage {
    struct loop *loop;
    struct server servers[2];
    struct resolver_options options;
    struct resolver *resolver;
};

static void stage_open(struct stage *st, enum mood first, enum mood second)
{
    st->loop = loop_new(&(struct loop_options){ 0 });
    assert_non_null(st->loop);
    server_open(&st->servers[0], st->loop, first, 1);
    server_open(&st->servers[1], st->loop, second, 2);
    st->options = (struct resolver_options){
        .server_count = 2, .retry = DURATION_MS(150), .tries = 2, .again = DURATION_MS(20), .payload = 1232
    };
    st->options.servers[0] = st->servers[0].at;
    st->options.servers[1] = st->servers[1].at;
}

static void stage_close(struct stage *st)
{
    resolver_free(&st->resolver);
    server_close(&st->servers[0]);
    server_close(&st->servers[1]);
    loop_turn(st->loop, 0);
    loop_free(&st->loop);
}

static void ask_for(struct stage *st, struct ask *a, const char *name, enum resolver_type type)
{
    unsigned before = a->answered;

    assert_true(resolver_ask(st->resolver, &a->query, span_from(name), type, on_answer));
    assert_int_equal(a->answered, before); /* never inside the call */
    for (unsigned i = 0; i < 200 && a->answered == before; i++)
        loop_turn(st->loop, 20);
    assert_int_equal(a->answered, before + 1);
}

static void pass(struct stage *st, unsigned ms)
{
    instant begin = loop_now(st->loop);

    while (instant_ms_between(begin, loop_now(st->loop)) < ms)
        loop_turn(st->loop, 10);
}

static void assert_address(const struct ask *a, uint8_t number)
{
    assert_int_equal(a->answer.status, RESOLVER_OK);
    assert_int_equal(a->answer.count, 1);
    assert_memory_equal(address_bytes(&a->first).ptr, ((uint8_t[]){ 10, 0, 0, number }), 4);
}

static void test_asks_once_and_remembers(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 }, b = { 0 };

    (void)state;
    stage_open(&st, KIND, KIND);
    st.resolver = resolver_new(st.loop, &st.options);
    /* two who want the same ask once */
    assert_true(resolver_ask(st.resolver, &b.query, SPAN("A.example."), RESOLVER_A, on_answer));
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_address(&a, 1);
    assert_int_equal(b.answered, 1);
    uint64_t left = instant_ms_between(loop_now(st.loop), a.answer.expires);
    assert_in_range(left, 55000, 60000);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_int_equal(st.servers[0].asked, 1);
    ask_for(&st, &a, "a.example", RESOLVER_AAAA); /* another type is another question */
    assert_int_equal(a.answer.status, RESOLVER_NO_DATA);
    assert_int_equal(st.servers[0].asked, 2);
    resolver_flush(st.resolver);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_int_equal(st.servers[0].asked, 3);
    assert_int_equal(resolver_server_stats(st.resolver, 0)->answers, 3);
    stage_close(&st);
}

static void test_a_silent_server_is_passed_over_and_then_asked_last(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, SILENT, KIND);
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_address(&a, 2);
    assert_int_equal(st.servers[0].asked, 1);
    assert_int_equal(resolver_server_stats(st.resolver, 0)->timeouts, 1);
    ask_for(&st, &a, "b.example", RESOLVER_A);
    assert_int_equal(st.servers[0].asked, 1);
    stage_close(&st);
}

static void test_nobody_answers(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, SILENT, SILENT);
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_int_equal(a.answer.status, RESOLVER_TIMEOUT);
    assert_null(a.answer.addresses);
    assert_int_equal(st.servers[0].asked, 2);
    assert_int_equal(st.servers[1].asked, 2);
    stage_close(&st);
}

static void test_there_is_no_server(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, KIND, KIND);
    st.options.server_count = 0;
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_int_equal(a.answer.status, RESOLVER_TIMEOUT);
    stage_close(&st);
}

static void test_a_closed_port_is_passed_over_at_once(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, KIND, KIND);
    st.options.retry = DURATION_S(60); /* the test would take a minute */
    loop_unwatch(st.loop, &st.servers[0].udp);
    int gone = udp_open(AF_INET, NULL, NULL);
    st.options.servers[0].len = sizeof(st.options.servers[0].u);
    struct address any;
    assert_true(address_parse_ip(SPAN("127.0.0.1"), &any));
    assert_return_code(bind(gone, &any.u.sa, any.len), 0);
    assert_return_code(getsockname(gone, &st.options.servers[0].u.sa, &st.options.servers[0].len), 0);
    (void)close(gone);
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_address(&a, 2);
    stage_close(&st);
}

static void test_a_server_that_cannot_help_is_asked_once(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, BROKEN, KIND);
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_address(&a, 2);
    st.servers[1].mood = REFUSING;
    ask_for(&st, &a, "b.example", RESOLVER_A);
    assert_int_equal(a.answer.status, RESOLVER_REFUSED);
    assert_int_equal(st.servers[0].asked, 2);
    assert_int_equal(st.servers[1].asked, 2);
    stage_close(&st);
}

static void test_a_denial_is_believed(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, DENYING, KIND);
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_int_equal(a.answer.status, RESOLVER_NO_NAME);
    assert_int_equal(st.servers[1].asked, 0);
    ask_for(&st, &a, "a.example", RESOLVER_A); /* remembered for <again> */
    assert_int_equal(st.servers[0].asked, 1);
    pass(&st, 30);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_int_equal(st.servers[0].asked, 2);
    stage_close(&st);
}

static void test_a_cut_answer_is_asked_for_over_tcp(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, CUTTING, SILENT);
    st.options.retry = DURATION_S(5);
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_address(&a, 1);
    assert_int_equal(st.servers[0].asked_tcp, 1);
    assert_int_equal(resolver_server_stats(st.resolver, 0)->truncated, 1);
    stage_close(&st);
}

static void test_a_server_without_edns(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, OLD, SILENT);
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_address(&a, 1);
    assert_int_equal(st.servers[0].asked, 2);
    assert_int_equal(st.servers[1].asked, 0);
    stage_close(&st);
}

static void test_another_id_is_ignored(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, LYING, SILENT);
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_address(&a, 1);
    assert_int_equal(resolver_server_stats(st.resolver, 0)->ignored, 1);
    stage_close(&st);
}

static void test_a_late_answer_counts(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, LATE, LATE);
    st.options.server_count = 1;
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A); /* the second question releases the answer to the first */
    assert_address(&a, 1);
    stage_close(&st);
}

static void test_the_last_good_answer_is_held(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, KIND, KIND);
    st.options.valid = DURATION_MS(30);
    st.options.hold[RESOLVER_NO_NAME] = DURATION_MS(1500);
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_in_range(instant_ms_between(loop_now(st.loop), a.answer.expires), 0, 30);
    st.servers[0].mood = DENYING;
    pass(&st, 40);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_address(&a, 1);
    assert_int_equal(a.answer.trouble, RESOLVER_NO_NAME);
    pass(&st, 1600);
    ask_for(&st, &a, "a.example", RESOLVER_A);
    assert_int_equal(a.answer.status, RESOLVER_NO_NAME);
    st.servers[0].mood = BROKEN;
    st.servers[1].mood = BROKEN;
    pass(&st, 40);
    ask_for(&st, &a, "a.example", RESOLVER_A); /* no hold time for this error */
    assert_int_equal(a.answer.status, RESOLVER_SERVFAIL);
    stage_close(&st);
}

static void test_lifetimes_have_bounds(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, KIND, KIND);
    st.options.ttl_min = DURATION_S(5);
    st.options.ttl_max = DURATION_S(20);
    st.resolver = resolver_new(st.loop, &st.options);
    ask_for(&st, &a, "a.example", RESOLVER_A); /* 60 s */
    assert_in_range(instant_ms_between(loop_now(st.loop), a.answer.expires), 15000, 20000);
    st.servers[0].ttl = 0;
    ask_for(&st, &a, "b.example", RESOLVER_A);
    assert_in_range(instant_ms_between(loop_now(st.loop), a.answer.expires), 1000, 5000);
    stage_close(&st);
}

static void test_cancelled_queries_hear_nothing(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 }, b = { 0 };

    (void)state;
    stage_open(&st, KIND, KIND);
    st.resolver = resolver_new(st.loop, &st.options);
    assert_true(resolver_ask(st.resolver, &a.query, SPAN("a.example"), RESOLVER_A, on_answer));
    assert_true(resolver_ask(st.resolver, &b.query, SPAN("a.example"), RESOLVER_A, on_answer));
    resolver_cancel(&a.query);
    resolver_cancel(&a.query);
    pass(&st, 100);
    assert_int_equal(a.answered, 0);
    assert_int_equal(b.answered, 1);
    /* the resolver goes while somebody waits */
    assert_true(resolver_ask(st.resolver, &a.query, SPAN("c.example"), RESOLVER_A, on_answer));
    resolver_free(&st.resolver);
    resolver_cancel(&a.query);
    pass(&st, 30);
    assert_int_equal(a.answered, 0);
    stage_close(&st);
}

static void test_a_callback_may_ask_again(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, KIND, KIND);
    st.resolver = resolver_new(st.loop, &st.options);
    a.again = st.resolver;
    ask_for(&st, &a, "a.example", RESOLVER_A);
    pass(&st, 30);
    assert_int_equal(a.answered, 2);
    assert_int_equal(st.servers[0].asked, 1);
    stage_close(&st);
}

static void test_the_cache_is_bounded(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };
    char name[] = "x0.example";

    (void)state;
    stage_open(&st, KIND, KIND);
    st.options.cache_limit = 4;
    st.resolver = resolver_new(st.loop, &st.options);
    for (unsigned i = 0; i < 5; i++) {
        name[1] = (char)('0' + i);
        ask_for(&st, &a, name, RESOLVER_A);
    }
    assert_int_equal(st.servers[0].asked, 5);
    ask_for(&st, &a, "x4.example", RESOLVER_A);
    ask_for(&st, &a, "x1.example", RESOLVER_A);
    assert_int_equal(st.servers[0].asked, 5);
    ask_for(&st, &a, "x0.example", RESOLVER_A); /* the oldest made room */
    assert_int_equal(st.servers[0].asked, 6);
    stage_close(&st);
}

static void test_what_is_no_name(void **state)
{
    struct stage st = { 0 };
    struct ask a = { 0 };

    (void)state;
    stage_open(&st, KIND, KIND);
    st.resolver = resolver_new(st.loop, &st.options);
    assert_false(resolver_ask(st.resolver, &a.query, SPAN("a..b"), RESOLVER_A, on_answer));
    assert_int_equal(errno, EINVAL);
    unit_fail_alloc(1);
    bool asked = resolver_ask(st.resolver, &a.query, SPAN("a.example"), RESOLVER_A, on_answer);
    unit_fail_alloc(0);
    assert_false(asked);
    assert_int_equal(errno, ENOMEM);
    resolver_cancel(&a.query);
    stage_close(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_once_and_remembers),
        cmocka_unit_test(test_a_silent_server_is_passed_over_and_then_asked_last),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_there_is_no_server),
        cmocka_unit_test(test_a_closed_port_is_passed_over_at_once),
        cmocka_unit_test(test_a_server_that_cannot_help_is_asked_once),
        cmocka_unit_test(test_a_denial_is_believed),
        cmocka_unit_test(test_a_cut_answer_is_asked_for_over_tcp),
        cmocka_unit_test(test_a_server_without_edns),
        cmocka_unit_test(test_another_id_is_ignored),
        cmocka_unit_test(test_a_late_answer_counts),
        cmocka_unit_test(test_the_last_good_answer_is_held),
        cmocka_unit_test(test_lifetimes_have_bounds),
        cmocka_unit_test(test_cancelled_queries_hear_nothing),
        cmocka_unit_test(test_a_callback_may_ask_again),
        cmocka_unit_test(test_the_cache_is_bounded),
        cmocka_unit_test(test_what_is_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
