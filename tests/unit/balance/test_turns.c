/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders by turn, against what the real programs did: nginx's smooth round
 * robin (1.22), HAProxy's roundrobin and static-rr (2.6), nginx's least_conn and
 * HAProxy's leastconn with requests that hold.
 */
#include "balance/fixture.h"

static struct bench open_pool(enum balance_algorithm a, const uint32_t *weights)
{
    bool nginx = a == BALANCE_ROUND_ROBIN || a == BALANCE_LEAST_CONN;
    struct bench t = { .b = built_pool(nginx ? LANGUAGE_NGINX : LANGUAGE_HAPROXY, weights) };
    t.b.p->algorithm = a;
    prepare(&t);
    return t;
}

static struct pick_request request(void)
{
    return (struct pick_request){ .now = at_s(100), .rand = &rnd };
}

/* One choice that is over at once; its letter. */
static char pick(const struct bench *t, const struct pick_request *r)
{
    struct pick p;
    if (balance_pick(t->s, t->b.p, r, &p) != PICK_SERVER)
        return '-';
    server_done(snapshot_server(t->s, p.server), r->now);
    return p.server->name.ptr[0];
}

static void assert_order(const struct bench *t, const char *expected)
{
    char got[256] = "";
    struct pick_request r = request();
    for (size_t i = 0; expected[i]; i++)
        got[i] = pick(t, &r);
    if (strcmp(got, expected) != 0)
        print_error("%s\n%s\n", got, expected);
    assert_string_equal(got, expected);
}

static void assert_orders(enum balance_algorithm a, const uint32_t *weights, const char *expected)
{
    struct bench t = open_pool(a, weights);
    assert_order(&t, expected);
    close_pool(&t);
}

static void smooth_round_robin_of_nginx(void **state)
{
    (void)state;
    assert_orders(BALANCE_ROUND_ROBIN, WEIGHTS(1, 2), "BABBABBAB");
    assert_orders(BALANCE_ROUND_ROBIN, WEIGHTS(5, 1, 1), "AABACAAAABACAA");
    assert_orders(BALANCE_ROUND_ROBIN, WEIGHTS(4, 2, 1), "ABACABAABACABA");
    assert_orders(BALANCE_ROUND_ROBIN, WEIGHTS(1, 1), "ABABAB");
    assert_orders(BALANCE_ROUND_ROBIN, WEIGHTS(7), "AAAA");
    assert_orders(BALANCE_ROUND_ROBIN, WEIGHTS(3000, 1000), "AABAAABAAABAAABA");
    assert_orders(BALANCE_ROUND_ROBIN, WEIGHTS(1, 100000), "BBBBBBBBBBBBBBBBBBB");
}

/* The same by the definition, without tables. */
static void slow_smooth(const uint32_t *weights, unsigned count, unsigned choices, char *out)
{
    int64_t current[16] = { 0 };
    for (unsigned k = 0; k < choices; k++) {
        int64_t total = 0;
        unsigned best = 0;
        for (unsigned i = 0; i < count; i++) {
            current[i] += weights[i];
            total += weights[i];
            if (current[i] > current[best])
                best = i;
        }
        current[best] -= total;
        out[k] = (char)('A' + best);
    }
    out[choices] = 0;
}

static void tables_agree_with_sums(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 200; n++) {
        uint32_t weights[9] = { 0 };
        unsigned count = 2 + rand_below(&rnd, 7);
        for (unsigned i = 0; i < count; i++)
            weights[i] = 1 + rand_below(&rnd, n % 2 ? 9 : 400);
        char expected[241];
        slow_smooth(weights, count, 240, expected);
        assert_orders(BALANCE_ROUND_ROBIN, weights, expected);
    }
}

/* Very many servers: everybody gets exactly its share of each round. */
static void a_thousand_servers_get_their_shares(void **state)
{
    (void)state;
    static uint32_t weights[1001];
    uint32_t sum = 0;
    for (unsigned i = 0; i < 1000; i++)
        sum += weights[i] = 1 + i % 3;
    struct bench t = open_pool(BALANCE_ROUND_ROBIN, weights);
    struct pick_request r = request();
    static unsigned got[1000];
    for (unsigned i = 0; i < sum * 16; i++) {
        struct pick p;
        assert_int_equal(balance_pick(t.s, t.b.p, &r, &p), PICK_SERVER);
        server_done(snapshot_server(t.s, p.server), r.now);
        got[p.server->ordinal]++;
    }
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(got[i], weights[i] * 16);
    close_pool(&t);
}

/* nginx 1.22: A of weight 4 fails once (max_fails=3) and earns its weight back, then fails twice. */
static void failures_slow_it_down_as_measured(void **state)
{
    (void)state;
    struct bench t = open_pool(BALANCE_ROUND_ROBIN, WEIGHTS(4, 2, 1));
    struct server *a = t.b.p->servers.items[0];
    a->fails_max = 3;
    a->fail_window = DURATION_S(5);
    assert_order(&t, "ABACABAABACABA");
    assert_order(&t, "ABA");
    assert_order(&t, "C");
    assert_order(&t, "ABAABACABAABACABAABACABAABAC");
    assert_order(&t, "ABAABACABAABAC");
    struct pick_request r = request();
    for (unsigned i = 0; i < 3; i++) { /* A,B  B  A,B */
        struct tried tried = { .count = 0 };
        r.tried = &tried;
        char first = pick(&t, &r);
        assert_int_equal(first, i == 1 ? 'B' : 'A');
        if (first == 'A') {
            (void)server_failed(t.s->servers[0], a, 4, r.now);
            assert_true(tried_add(&tried, NULL, a));
            assert_int_equal(pick(&t, &r), 'B');
        }
    }
    assert_order(&t, "CABAABACABAABACABAABACABAABA");
    close_pool(&t);
}

static void the_order_goes_on_after_a_server_was_out(void **state)
{
    (void)state;
    struct bench t = open_pool(BALANCE_ROUND_ROBIN, WEIGHTS(1, 1, 1));
    assert_order(&t, "ABCA");
    server_set_admin(t.s->servers[1], ADMIN_MAINT, 0, at_s(100));
    assert_order(&t, "CCACAC");
    server_set_admin(t.s->servers[1], 0, ADMIN_MAINT, at_s(100));
    char got[301] = "";
    struct pick_request r = request();
    unsigned each[3] = { 0 };
    for (unsigned i = 0; i < 300; i++)
        each[(got[i] = pick(&t, &r)) - 'A']++;
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(each[i], 99, 101);
    close_pool(&t);
}

static void run_time_weights_count_at_once(void **state)
{
    (void)state;
    struct bench t = open_pool(BALANCE_ROUND_ROBIN, WEIGHTS(1, 1));
    assert_order(&t, "AB");
    server_set_weight(t.s->servers[1], 3, at_s(100));
    assert_order(&t, "BABBBABB");
    server_set_weight(t.s->servers[0], 0, at_s(100));
    assert_order(&t, "BBBB");
    close_pool(&t);
}

/* HAProxy 2.6.12; the strings are its own. */
static void roundrobin_of_haproxy(void **state)
{
    (void)state;
    assert_orders(BALANCE_STRIDE, WEIGHTS(1, 2), "BBABBABBAB");
    assert_orders(BALANCE_STRIDE, WEIGHTS(5, 1, 1), "AAABAACAAABAACAAAB");
    assert_orders(BALANCE_STRIDE, WEIGHTS(4, 3, 2), "ABACBAABCABACBAABCABAC");
    assert_orders(BALANCE_STRIDE, WEIGHTS(7, 5, 3), "ABACBAABCABAABCABACBAABCABAABCABAC");
    assert_orders(BALANCE_STRIDE, WEIGHTS(3, 3, 1), "ABABABCABABABCABAB");
    assert_orders(BALANCE_STRIDE, WEIGHTS(2, 3, 5, 7), "DCDBCDADCBDCDDBCADCDBCDADCBDCDDBCADCDB");
    assert_orders(BALANCE_STRIDE, WEIGHTS(13, 8), "AABABAABAABABAABAABABAABABAABAABABAABAABABAABA");
    assert_orders(BALANCE_STRIDE, WEIGHTS(5, 12, 6, 12, 12, 11),
                  "BDEFBDECFBDEAFBDECFBDEAFBDECBFDEBFDAECBDFEBDFECABDEFBDECFBAD");
    assert_orders(BALANCE_STRIDE, WEIGHTS(1, 8, 4, 11, 1, 3),
                  "DBDCBDFDBADCBDEBDFCDBDBDCFDBDBDCBDFDBADCBDEBDFCDBDBDCFDBDBDC");
    assert_orders(BALANCE_STRIDE, WEIGHTS(10, 10, 8),
                  "ABABCABCABCABACBABCABCABCABACBABCABCABCABACBABCABCABCABACBAB");
    assert_orders(BALANCE_STRIDE, WEIGHTS(6, 4, 9, 11),
                  "DCDACDBCDADCADBCDCADCBDACDDCABDCDACDBCDADCADBCDCADCBDACDDCAB");
    assert_orders(BALANCE_STRIDE, WEIGHTS(256, 128, 1),
                  "AABAABAABAABAABAABAABAABAABAABAABAABAABAABAABAABAABAABAABAAB");
}

/* A round of 16 times 28 choices is over here, and the next begins as the first. */
static void a_round_begins_as_the_one_before(void **state)
{
    (void)state;
    struct bench t = open_pool(BALANCE_STRIDE, WEIGHTS(10, 10, 8));
    struct pick_request r = request();
    for (unsigned i = 0; i < 439; i++)
        (void)pick(&t, &r);
    assert_order(&t, "ABCABCABABABCABCABCABACBABCABCABCABACBABCABCABCABA");
    close_pool(&t);
}

static void stride_skips_who_may_not_take(void **state)
{
    (void)state;
    struct bench t = open_pool(BALANCE_STRIDE, WEIGHTS(1, 1, 1));
    struct pick_request r = request();
    struct tried tried = { .count = 0 };
    assert_true(tried_add(&tried, NULL, t.b.p->servers.items[0]));
    r.tried = &tried;
    assert_int_equal(pick(&t, &r), 'B');
    assert_int_equal(pick(&t, &r), 'C');
    for (unsigned i = 0; i < 200; i++)
        assert_int_not_equal(pick(&t, &r), 'A');
    assert_true(tried_add(&tried, NULL, t.b.p->servers.items[1]));
    assert_true(tried_add(&tried, NULL, t.b.p->servers.items[2]));
    assert_int_equal(pick(&t, &r), '-');
    r.repeat = true;
    assert_int_not_equal(pick(&t, &r), '-');
    close_pool(&t);
}

static void static_rr_of_haproxy(void **state)
{
    (void)state;
    assert_orders(BALANCE_STATIC_RR, WEIGHTS(1, 2), "ABBABBABBA");
    assert_orders(BALANCE_STATIC_RR, WEIGHTS(3, 2, 1), "AABABCAABABCAABA");
    assert_orders(BALANCE_STATIC_RR, WEIGHTS(1, 2, 3), "ACBCBCACBCBCACBC");
    assert_orders(BALANCE_STATIC_RR, WEIGHTS(10, 1), "AAAAAAAAAABAAAAAAAAAABAAAA");
    assert_orders(BALANCE_STATIC_RR, WEIGHTS(7, 5, 3), "ABABCAABACABABCABABCAABACABABCABAB");
    assert_orders(BALANCE_STATIC_RR, WEIGHTS(100, 50, 25),
                  "AABABACAABABACAABABACAABABACAABABACAABABACAABABACAABABACAABA");
    assert_orders(BALANCE_STATIC_RR, WEIGHTS(5, 12, 6, 12, 12, 11),
                  "ABCDEFBDEBFACDEFBDEBCFDAEBFDEBCFDEABFDEBCDFEBDAFEBCDFEBDEFAB");
    assert_orders(BALANCE_STATIC_RR, WEIGHTS(2, 3, 5, 7), "ABDCDBCDADCBDCDCDABDCDBCDADCBDCDCDABDC");
}

/*
 * Plays what was seen with requests that hold: a letter is a request and where it
 * went, "-" and a letter one that ended there.
 */
static void play(enum balance_algorithm a, const uint32_t *weights, const char *seen)
{
    struct bench t = open_pool(a, weights);
    struct pick_request r = request();
    for (size_t i = 0; seen[i]; i++) {
        if (seen[i] == '-') {
            server_done(t.s->servers[seen[++i] - 'A'], r.now);
            continue;
        }
        struct pick p;
        assert_int_equal(balance_pick(t.s, t.b.p, &r, &p), PICK_SERVER);
        if (p.server->name.ptr[0] != seen[i])
            fail_msg("%.*s instead of %c at %zu of %s", SPAN_ARGS(p.server->name), seen[i], i, seen);
    }
    for (unsigned i = 0; weights[i]; i++)
        while (atomic_load(&t.s->servers[i]->active))
            server_done(t.s->servers[i], r.now);
    close_pool(&t);
}

static void least_conn_of_nginx(void **state)
{
    (void)state;
    play(BALANCE_LEAST_CONN, WEIGHTS(1, 1, 1),
         "ABCCBAABCCBAABCC-AA-C-CC-BB-AA-CC-CC-A-CC-C-CC-AA-CC-CC-CC-C-AA-BC-BB-BB-BB-AA-B-BB-A-CB-BC-B-AA-C-"
         "CB-BB");
    play(BALANCE_LEAST_CONN, WEIGHTS(3, 2, 1),
         "ABCABABCAABAACBA-BB-C-AC-AA-CC-A-AA-AA-BA-BB-BB-AB-BA-A-BB-A-CA-B-AB-CC-AA-B-CC-AA-BB-A-CC-BB-BB");
    play(BALANCE_LEAST_CONN, WEIGHTS(7, 5, 3),
         "ABCABACBAABCABAC-BB-BB-C-AA-CC-BB-A-AA-A-BA-A-BB-AA-C-BB-AA-B-AA-AA-A-AA-A-BB-AA-BB-AA-BB-C-AA-AA-"
         "C-AC-BA-AA");
    play(BALANCE_LEAST_CONN, WEIGHTS(1, 1, 2, 4),
         "DCABDCDDBDACDDCD-BB-DD-DD-D-CC-D-DD-AA-CC-C-CC-D-DD-DD-D-BD-C-DD-BB-CC-AC-D-DD-C-BB-D-DD-D-DD-DD-"
         "DD-C-BB-DD-D-DD");
    play(BALANCE_LEAST_CONN, WEIGHTS(10, 9, 8),
         "ABCABCABCABCABCA-CC-A-AA-BB-CC-BB-AA-CA-AC-AA-CA-AC-CA-AA-AC-BB-CA-CC-B-AB-C-AC-CC-BA-AA-AA-AA");
}

static void leastconn_of_haproxy(void **state)
{
    (void)state;
    play(BALANCE_LEAST_OLDEST, WEIGHTS(1, 1, 1),
         "ABCABCABCABCABCA-AB-C-CC-BC-BB-AA-AA-C-CC-A-CC-CC-CC-CC-AA-C-CC-BC-BB-CC-BB-CC-B-CB-A-CC-BA-B-CB-A-"
         "AC-BA");
    play(
        BALANCE_LEAST_OLDEST, WEIGHTS(3, 2, 1),
        "ABCABAABACBAABAC-BB-C-CC-CC-BB-A-AA-AA-BB-BB-BB-AA-AA-A-BA-B-BB-A-AB-BA-AB-B-CA-CC-AB-BC-BB-A-AA-AA-"
        "AA");
    play(BALANCE_LEAST_OLDEST, WEIGHTS(5, 1),
         "ABAAAAAAAABAAAAA-AA-AA-AA-AA-A-AA-AA-AA-AA-AA-AA-AA-AA-AA-AA-A-AA-AA-AA-AA-AA-AA-AA-BB-A-AA-A-BB");
    play(
        BALANCE_LEAST_OLDEST, WEIGHTS(7, 5, 3),
        "ABCABAABCABACBAA-BB-BB-C-CC-AC-BB-A-AA-A-BA-A-BB-AA-A-BA-CB-B-BB-AA-B-CB-A-BB-AA-AA-AA-BB-C-BC-CC-A-"
        "CC-AA-AA");
    play(
        BALANCE_LEAST_OLDEST, WEIGHTS(1, 1, 2, 4),
        "ABCDDDCDDCDDABCD-DD-AA-CC-C-DC-C-BD-CC-BB-C-BB-D-DC-DD-D-DD-D-AD-DD-BB-CD-C-DC-B-DB-C-AA-D-DD-AA-DD-"
        "D-BB-AA-D-AA");
    play(BALANCE_LEAST_OLDEST, WEIGHTS(10, 9, 8),
         "ABCABCABCABCABAC-CC-A-AA-BB-CA-BB-AA-CC-AA-AA-CC-CC-CC-AA-CC-BB-AA-AA-B-AB-A-AA-CA-BC-CC-CC-CC");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(smooth_round_robin_of_nginx),
        T(tables_agree_with_sums),
        T(a_thousand_servers_get_their_shares),
        T(failures_slow_it_down_as_measured),
        T(the_order_goes_on_after_a_server_was_out),
        T(run_time_weights_count_at_once),
        T(roundrobin_of_haproxy),
        T(a_round_begins_as_the_one_before),
        T(stride_skips_who_may_not_take),
        T(static_rr_of_haproxy),
        T(least_conn_of_nginx),
        T(leastconn_of_haproxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
