/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's hashes: the strings are what HAProxy 2.6 chose for the keys "key0",
 * "key1" ... and for clients by IPv4 and IPv6 address.
 */
#include "balance/fixture.h"
#include "state/waiter.h"

static struct bench open_pool(enum balance_algorithm a, unsigned function, const uint32_t *weights,
                              enum fetch key)
{
    struct bench t = { .b = built_pool(LANGUAGE_HAPROXY, weights) };
    t.b.p->algorithm = a;
    t.b.p->hash_function = (uint8_t)function;
    t.b.p->key = expr_fetch(t.b.c->arena, key, SPAN(""));
    return t;
}

static struct pick_request request(const char *key)
{
    return (struct pick_request){ .now = at_s(1), .rand = &rnd, .key = span_from(key) };
}

static char pick(const struct bench *t, const char *key)
{
    struct pick p;
    struct pick_request r = request(key);
    if (balance_pick(t->s, t->b.p, &r, &p) != PICK_SERVER)
        return '-';
    server_done(snapshot_server(t->s, p.server), r.now);
    return p.server->name.ptr[0];
}

static const struct {
    enum balance_algorithm algorithm;
    unsigned function;
    const uint32_t *weights;
    const char *keys, *ipv4, *ipv6;
} rows[] = {
    // clang-format off
        { BALANCE_HASH_MAP, 0x0, WEIGHTS(1, 2, 3), "CBCACBCBCAACBCBCACBCCBCBCACBCBBCBCACBCBCCBCACBCBCABCACBCBCACCACBCBCACBACBCBCACBCCBCBCACBCBBCBCACBCBCBCACBCBCACCACBCBCACBACBCBCACBCCBCBCACBCBBCBCACBCBC", "BCACBCBCBCBCACBCACBCACBCACBCACBCACBCBCBCACBCACBCACBCACBCACBC", "BCACBCBCBCACBCBCBCACBCBCBCACBC" },
        { BALANCE_HASH_MAP, 0x0, WEIGHTS(5, 1, 1, 2), "AABADACADACADAABADACDACADAABADBADACADAABAABADACADAADAABADACAACADAABADAADACADAABAABADACADAADAABADACADADAABADACAACADAABADAADACADAABAABADACADAADAABADACAD", "ABADACAABADACAABADADAABAACADAABACADAACADAABACADDAADACADBADAC", "ABACDADAABACDADAABACDADAABACDA" },
        { BALANCE_HASH_MAP, 0x1, WEIGHTS(1, 2, 3), "BCBCACBCBCCACBCBCACBBCBCACBCBCCACBCBCACBBCBCACBCBCCACBCBCACBBCBCACBCBCCACBCBCACBBCBCACBCBCCACBCBCACBCBCBCACBCBBCACBCBCACCBCBCACBCBBCACBCBCACCBCBCACBCB", "BCACBCBCBCBCACBCACBCACBCACBCACBCACBCBCBCACBCACBCACBCACBCACBC", "BCACBCBCBCACBCBCBCACBCBCBCACBC" },
        { BALANCE_HASH_MAP, 0x2, WEIGHTS(1, 2, 3), "CCCCCCCCCCCCCCBBBBCCCCCCBABBCCCCCCBBAACCCCCCBBBBCCCCCCBBBBCCCCCCBABBCCCCCCBBAACCCCCCABBBCCCCCCAABBCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCBBAABBAABBBABBBABBAB", "BCACBCBCBCBCACBCACBCACBCACBCACBCACBCBCBCACBCACBCACBCACBCACBC", "BCACBCBCBCACBCBCBCACBCBCBCACBC" },
        { BALANCE_HASH_MAP, 0x83, WEIGHTS(1, 2, 3), "CBACBBCCACCCCCBBCBBCCCBBBBBBBAAABCACABACACBCCBCCACABBBCABBCCBCCCCBCCBACACBCCBAABCBCCBBABBBBACCCBCCBBBCBBBCABBCCCCBAABCCABCCCBCCACCCBCBABCCBACBCABBCBAC", "CBBCBACACCBBCACBBACABCCBACCCACCBCCCBCBCBBBCBBBCCBACCCBABBBAB", "ABCCCACACBBACBCCBCCBCCCBCCBBBC" },
        { BALANCE_HASH_MAP, 0x80, WEIGHTS(1, 2, 3), "CBACBBCCCABBCBCAABCBBBCBBBABACCBCBBCBBACCBBCBACCCCCCACCCCBCCAABAACCACBCCACBAABCBCAABBCCCBACBCCCABCABAABCABCCCCCABCACBCCBCACCBACBCBACBBCACCBCBCCCBCCAAC", "CBBCBACACCBBCACBBACABCCBACCCACCBCCCBCBCBBBCBBBCCBACCCBABBBAB", "ABCCCACACBBACBCCBCCBCCCBCCBBBC" },
        { BALANCE_HASH_CONSISTENT, 0x0, WEIGHTS(1, 2, 3), "AAAAAAAAAACCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "CAACBBCCACBBCCACCCCCACCCACCBBBACCCBAAACCBAAACCBBAACBCBBABBCB", "AAAAAAAAACCCCCCCCCCCCCCCCCCCCC" },
        { BALANCE_HASH_CONSISTENT, 0x80, WEIGHTS(1, 2, 3), "BACCBCABCCBCCBCCBBBBCCACBCAACCABCCBABCBBCABCCCCBCBCABCBCCCCAABBCACAABCABBBCCACBBAAABACCCCCCBACCBCBCCCCABAABACBCCCACBBCBCBABBCCBCCABCBBBBCBCCBCBACBAABC", "CCBCCCCCCABACCCCCCACACBABCAABCBABACAACACBBBCACCCAABCCBCABBCC", "CBCCCACBCCACACCBCCBBCBBBCACCCB" },
        { BALANCE_HASH_CONSISTENT, 0x80, WEIGHTS(5, 1, 1, 2), "BACAADADDABADBADDABBDAADCDAADDADDABADABAAADCCDAADDDADABCAAADABACAAAABCADADADABDAAAAAAADDDDDAADABABDDAAAAADAAABAAAAAAAAADBADAADBCDADABAAACAACDDBACAAAAD", "DDACDAACAABACADDACADAABAAAAAADADDDDAADADDCDAACACDADCCCAABAAB", "DBDCAADADCAAACDBCABBABAACAAAAB" },
        { BALANCE_HASH_CONSISTENT, 0x81, WEIGHTS(1, 2, 3), "BACCCCCCCBBBCBBBBBCCCAAACBBABCCCCABABCBCBCBCBBBBBAAACABBCBCBABBCBBBCBCAAAACCBBBABBCBBCACCCBBCBCCABCBBABAACBBBCABCCCBBCAAACBCAACAACCBBCBAABCBCCBBCCABCC", "CCBCCCCCCABACCCCCCACACBABCAABCBABACAACACBBBCACCCAABCCBCABBCC", "CBCCCACBCCACACCBCCBBCBBBCACCCB" },
        { BALANCE_HASH_CONSISTENT, 0x82, WEIGHTS(1, 2, 3), "BCCACCABCCCBCCAAAAAACAACBCBCBACCBBCCCBABBBCACCBCBCCCCCBCCBACACBBBCBBBCCCBAACBBCACBABCCCBBBCBCCCBACACACAACCCCBBCCCAACCABBCBBCCAACBCACCBABBCBBBCCBBACBCB", "CCBCCCCCCABACCCCCCACACBABCAABCBABACAACACBBBCACCCAABCCBCABBCC", "CBCCCACBCCACACCBCCBBCBBBCACCCB" },
        { BALANCE_HASH_CONSISTENT, 0x83, WEIGHTS(1, 2, 3), "BCCCBCBACCCBACBBBCBCCBACBBABACBCBACCCBCABACAABBACBAABBACCACCAABABCCBCBBCCBBBABABCCCBCCCCAABBCCAACBBCCACABCBBBACACCBACCBCCCBCBCCACBCBBACBBAAAACAABBBCBA", "CCBCCCCCCABACCCCCCACACBABCAABCBABACAACACBBBCACCCAABCCBCABBCC", "CBCCCACBCCACACCBCCBBCBBBCACCCB" },
    // clang-format on
};

static void as_haproxy_chose(void **state)
{
    (void)state;
    for (unsigned n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
        struct bench text = open_pool(rows[n].algorithm, rows[n].function, rows[n].weights, FETCH_PATH);
        struct bench ip = open_pool(rows[n].algorithm, rows[n].function, rows[n].weights, FETCH_CLIENT_IP);
        char key[64], got[160] = "";
        prepare(&text);
        for (unsigned i = 0; rows[n].keys[i]; i++) {
            (void)snprintf(key, sizeof(key), "key%u", i);
            got[i] = pick(&text, key);
        }
        assert_string_equal(got, rows[n].keys);
        close_pool(&text);
        prepare(&ip);
        for (unsigned k = 0; rows[n].ipv4[k]; k++) {
            (void)snprintf(key, sizeof(key), "%u.%u.%u.%u", k * 37 % 223 + 1, k * 11 % 256, k * 7 % 256,
                           k * 3 % 256);
            assert_int_equal(pick(&ip, key), rows[n].ipv4[k]);
        }
        for (unsigned k = 0; rows[n].ipv6[k]; k++) {
            (void)snprintf(key, sizeof(key), "2001:db8:%x::%x", k * 31, k);
            assert_int_equal(pick(&ip, key), rows[n].ipv6[k]);
        }
        close_pool(&ip);
    }
}

/* One server less moves its own keys alone; with the map nearly all move. */
static void a_server_that_goes_down(void **state)
{
    (void)state;
    struct bench t = open_pool(BALANCE_HASH_CONSISTENT, 0x80, WEIGHTS(10, 10, 10), FETCH_PATH);
    prepare(&t);
    char before[300], key[16];
    for (unsigned i = 0; i < 300; i++) {
        (void)snprintf(key, sizeof(key), "key%u", i);
        before[i] = pick(&t, key);
    }
    server_set_admin(t.s->servers[1], ADMIN_MAINT, 0, at_s(1));
    for (unsigned i = 0; i < 300; i++) {
        (void)snprintf(key, sizeof(key), "key%u", i);
        char after = pick(&t, key);
        assert_int_not_equal(after, 'B');
        assert_true(before[i] == 'B' || after == before[i]);
    }
    server_set_weight(t.s->servers[0], 0, at_s(1));
    for (unsigned i = 0; i < 50; i++) {
        (void)snprintf(key, sizeof(key), "key%u", i);
        assert_int_equal(pick(&t, key), 'C');
    }
    close_pool(&t);
}

static unsigned woken;
static void wake(struct waiter *w)
{
    (void)w;
    woken++;
}

/* The key's own server is full: the request waits for it, and for no other. */
static void a_full_server_keeps_its_keys(void **state)
{
    (void)state;
    static const enum balance_algorithm both[] = { BALANCE_HASH_MAP, BALANCE_HASH_CONSISTENT };
    for (unsigned n = 0; n < 2; n++) {
        struct bench t = open_pool(both[n], 0, WEIGHTS(1, 1), FETCH_PATH);
        struct server *const *servers = t.b.p->servers.items;
        servers[0]->connections_max = servers[1]->connections_max = 1;
        t.b.p->queue_max = UINT32_MAX;
        prepare(&t);
        struct pick_request r = request("key1");
        struct pick p;
        struct waiter w = { .wake = wake };
        woken = 0;
        assert_int_equal(balance_pick(t.s, t.b.p, &r, &p), PICK_SERVER);
        struct server_state *own = snapshot_server(t.s, p.server);
        r.waiter = &w;
        assert_int_equal(balance_pick(t.s, t.b.p, &r, &p), PICK_WAIT);
        assert_ptr_equal(w.wants, own);
        server_done(own, r.now);
        assert_int_equal(woken, 1);
        server_done(own, r.now);
        close_pool(&t);
    }
}

/* With a factor of 150 nobody gets more than half as much again as its share. */
static void a_factor_bounds_the_load(void **state)
{
    (void)state;
    struct bench t = open_pool(BALANCE_HASH_CONSISTENT, 0x80, WEIGHTS(1, 1, 1, 1), FETCH_PATH);
    t.b.p->balance_factor = 150;
    prepare(&t);
    struct pick_request r = request("one key for all");
    for (unsigned i = 0; i < 400; i++) {
        struct pick p;
        assert_int_equal(balance_pick(t.s, t.b.p, &r, &p), PICK_SERVER);
    }
    unsigned most = 0, least = 400;
    for (unsigned i = 0; i < 4; i++) {
        unsigned active = atomic_load(&t.s->servers[i]->active);
        most = active > most ? active : most;
        least = active < least ? active : least;
        while (atomic_load(&t.s->servers[i]->active))
            server_done(t.s->servers[i], r.now);
    }
    assert_in_range(most, 149, 151);
    assert_true(least < 100);
    close_pool(&t);
}

/* A hash that a converter made is taken as it is. */
static void no_function(void **state)
{
    (void)state;
    struct bench t = open_pool(BALANCE_HASH_MAP, 4, WEIGHTS(1, 1, 1), FETCH_PATH);
    prepare(&t);
    assert_int_equal(pick(&t, "0"), 'A');
    assert_int_equal(pick(&t, "4"), 'B');
    assert_int_equal(pick(&t, "4294967295"), 'A');
    close_pool(&t);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(as_haproxy_chose),
        T(a_server_that_goes_down),
        T(a_full_server_keeps_its_keys),
        T(a_factor_bounds_the_load),
        T(no_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
