/* SPDX-License-Identifier: Apache-2.0 */
/* Stick tables: keys, counters, rates, what goes when a table is full, and what a reload keeps. */
#include "state/fixture.h"

#include <pthread.h>

#include "state/stick.h"

static struct state_world *world;

static int setup(void **state)
{
    (void)state;
    world = state_world_new(span_of(NULL, 0), 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    state_world_free(&world); /* dies when a state was not given back */
    return 0;
}

struct with_table {
    struct built b;
    struct stick_table *model;
    struct snapshot *snapshot;
    struct stick_state *s;
};

static struct with_table texts(uint32_t size, duration expire, bool nopurge)
{
    struct with_table w = { .b = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1)) };
    w.model = config_add_stick_table(w.b.c, LANGUAGE_HAPROXY, SPAN("t"));
    w.model->type = STICK_STRING;
    w.model->key_len = 20;
    w.model->size = size;
    w.model->expire = expire;
    w.model->nopurge = nopurge;
    w.model->counts[STICK_GPC0] = w.model->counts[STICK_HTTP_REQ_CNT] = 1;
    w.model->counts[STICK_HTTP_REQ_RATE] = 1;
    w.model->periods[STICK_HTTP_REQ_RATE] = DURATION_S(10);
    w.model->counts[STICK_GPC] = 3;
    stick_table_finish(w.model);
    w.snapshot = built_snapshot(&w.b, world);
    w.s = w.snapshot->sticks[0];
    return w;
}

static void drop(struct with_table *w)
{
    snapshot_put(w->snapshot);
    built_free(&w->b);
}

static bool add(struct with_table *w, const char *key, instant now)
{
    struct stick_entry *e = stick_make(w->s, span_from(key), now);
    if (e == NULL)
        return false;
    (void)stick_add(w->s, e, STICK_HTTP_REQ_CNT, 0, 1, now);
    stick_put(w->s, e, true, now);
    return true;
}

/* 0: it is not there */
static uint64_t look(struct with_table *w, const char *key, instant now)
{
    struct stick_entry *e = stick_find(w->s, span_from(key), now);
    if (e == NULL)
        return 0;
    uint64_t n = stick_read(w->s, e, STICK_HTTP_REQ_CNT, 0, now);
    stick_put(w->s, e, false, now);
    return n;
}

static void counters_belong_to_their_key(void **state)
{
    (void)state;
    struct with_table w = texts(100, DURATION_NONE, false);
    add(&w, "a", at_s(1));
    add(&w, "a", at_s(1));
    add(&w, "b", at_s(1));
    assert_int_equal(look(&w, "a", at_s(2)), 2);
    assert_int_equal(look(&w, "b", at_s(2)), 1);
    assert_int_equal(look(&w, "c", at_s(2)), 0);
    assert_int_equal(stick_used(w.s, at_s(2)), 2);

    struct stick_entry *e = stick_find(w.s, SPAN("a"), at_s(2));
    assert_int_equal(stick_add(w.s, e, STICK_GPC, 2, 5, at_s(2)), 5);
    assert_int_equal(stick_add(w.s, e, STICK_GPC, 3, 5, at_s(2)), 0); /* there are three */
    assert_int_equal(stick_read(w.s, e, STICK_GPC, 1, at_s(2)), 0);
    assert_int_equal(stick_add(w.s, e, STICK_GPC1, 0, 5, at_s(2)), 0); /* is not kept */
    assert_int_equal(stick_set(w.s, e, STICK_GPC, 2, 9, at_s(2)), 5);
    assert_int_equal(stick_read(w.s, e, STICK_GPC, 2, at_s(2)), 9);
    stick_put(w.s, e, false, at_s(2));
    drop(&w);
}

static void a_rate_forgets_smoothly(void **state)
{
    (void)state;
    struct with_table w = texts(100, DURATION_NONE, false);
    struct stick_entry *e = stick_make(w.s, SPAN("a"), at_s(100));
    for (unsigned i = 0; i < 10; i++)
        (void)stick_add(w.s, e, STICK_HTTP_REQ_RATE, 0, 1, at_s(100));
    assert_int_equal(stick_read(w.s, e, STICK_HTTP_REQ_RATE, 0, at_s(109)), 10);
    assert_int_equal(stick_read(w.s, e, STICK_HTTP_REQ_RATE, 0, at_s(115)), 5);
    (void)stick_add(w.s, e, STICK_HTTP_REQ_RATE, 0, 1, at_s(115));
    assert_int_equal(stick_read(w.s, e, STICK_HTTP_REQ_RATE, 0, at_s(115)), 6);
    assert_int_equal(stick_read(w.s, e, STICK_HTTP_REQ_RATE, 0, at_s(140)), 0);
    (void)stick_add(w.s, e, STICK_HTTP_REQ_RATE, 0, 1, at_s(200));
    assert_int_equal(stick_read(w.s, e, STICK_HTTP_REQ_RATE, 0, at_s(200)), 1);
    stick_put(w.s, e, false, at_s(200));
    drop(&w);
}

static void the_longest_unused_makes_room(void **state)
{
    (void)state;
    struct with_table w = texts(2, DURATION_NONE, false);
    assert_true(add(&w, "a", at_s(1)));
    assert_true(add(&w, "b", at_s(2)));
    assert_true(add(&w, "a", at_s(3)));
    assert_true(add(&w, "c", at_s(4)));
    assert_int_equal(look(&w, "b", at_s(5)), 0);
    assert_int_equal(look(&w, "a", at_s(5)), 2);

    struct stick_entry *held = stick_find(w.s, SPAN("a"), at_s(6));
    assert_true(add(&w, "d", at_s(7)));
    assert_int_equal(look(&w, "a", at_s(8)), 2); /* somebody follows it: "c" went */
    assert_int_equal(look(&w, "c", at_s(8)), 0);
    struct stick_entry *other = stick_find(w.s, SPAN("d"), at_s(8));
    assert_false(add(&w, "e", at_s(9)));
    stick_put(w.s, held, true, at_s(9));
    stick_put(w.s, other, true, at_s(9));
    drop(&w);
}

static void nopurge_takes_no_more(void **state)
{
    (void)state;
    struct with_table w = texts(2, DURATION_S(10), true);
    assert_true(add(&w, "a", at_s(1)));
    assert_true(add(&w, "b", at_s(2)));
    assert_false(add(&w, "c", at_s(3)));
    assert_true(add(&w, "c", at_s(11.5))); /* "a" is over by now */
    assert_int_equal(look(&w, "a", at_s(11.5)), 0);
    drop(&w);
}

static void what_is_not_used_is_forgotten(void **state)
{
    (void)state;
    struct with_table w = texts(100, DURATION_S(10), false);
    add(&w, "a", at_s(1));
    add(&w, "b", at_s(8));
    assert_int_equal(look(&w, "a", at_s(10.9)), 1);
    assert_int_equal(look(&w, "a", at_s(11.1)), 0); /* looking is no use */
    assert_int_equal(look(&w, "b", at_s(11.1)), 1);
    struct stick_entry *e = stick_find(w.s, SPAN("b"), at_s(11));
    assert_int_equal(stick_expires_ms(w.s, e, at_s(11)), 7000);
    assert_int_equal(stick_idle_ms(e, at_s(11)), 3000);
    assert_int_equal(stick_used(w.s, at_s(30)), 1); /* somebody follows it */
    stick_put(w.s, e, false, at_s(30));
    assert_int_equal(stick_used(w.s, at_s(30)), 0);
    drop(&w);
}

static void traffic_counts_without_looking_at_all(void **state)
{
    (void)state;
    struct with_table w = texts(100000, DURATION_S(10), false);
    char key[16];
    for (unsigned i = 0; i < 50000; i++) {
        snprintf(key, sizeof(key), "k%u", i);
        assert_true(add(&w, key, at_s(1)));
    }
    assert_int_equal(stick_count(w.s, at_s(2)), 50000);
    /* what is over goes piece by piece, and not more often than now and then */
    uint32_t left = stick_count(w.s, at_s(12));
    assert_in_range(left, 1, 49999);
    assert_int_equal(stick_count(w.s, at_s(12.1)), left);
    for (unsigned i = 1; i < 40; i++)
        left = stick_count(w.s, at_s(12 + i));
    assert_int_equal(left, 0);
    drop(&w);
}

static bool count_one(void *to, struct stick_entry *e)
{
    struct with_table *w = to;
    if (span_starts_with(stick_key(e), SPAN("k1")))
        assert_true(stick_forget(w->s, e));
    else
        stick_put(w->s, e, false, at_s(1));
    return true;
}

static void many_keys_are_all_found(void **state)
{
    (void)state;
    struct with_table w = texts(100000, DURATION_NONE, false);
    char key[16];
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(key, sizeof(key), "k%u", i);
        assert_true(add(&w, key, at_s(1)));
    }
    assert_int_equal(stick_used(w.s, at_s(1)), 5000);
    stick_each(w.s, at_s(1), count_one, &w);
    assert_int_equal(stick_used(w.s, at_s(1)), 5000 - 1111);
    assert_int_equal(look(&w, "k2", at_s(1)), 1);
    assert_int_equal(look(&w, "k1234", at_s(1)), 0);
    drop(&w);
}

static void a_reload_keeps_a_table_of_the_same_kind(void **state)
{
    (void)state;
    struct with_table one = texts(100, DURATION_S(10), false);
    add(&one, "a", at_s(1));
    struct with_table two = texts(50, DURATION_S(60), false);
    assert_ptr_equal(two.s, one.s);
    struct stick_entry *held = stick_find(one.s, SPAN("a"), at_s(2));
    struct stick_state *counted = stick_state_get(one.s);
    drop(&one);
    assert_int_equal(look(&two, "a", at_s(30)), 1); /* the new expiry counts */

    struct with_table other = { .b = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1)) };
    other.model = config_add_stick_table(other.b.c, LANGUAGE_HAPROXY, SPAN("t"));
    other.model->type = STICK_IPV4;
    other.model->key_len = 4;
    other.model->size = 100;
    stick_table_finish(other.model);
    other.snapshot = built_snapshot(&other.b, world);
    assert_ptr_not_equal(other.snapshot->sticks[0], two.s);
    drop(&two);
    drop(&other);
    /* a connection that began before is still there */
    assert_int_equal(stick_read(counted, held, STICK_HTTP_REQ_CNT, 0, at_s(31)), 1);
    stick_put(counted, held, true, at_s(31));
    stick_state_put(counted);
}

static void addresses_fit_either_family(void **state)
{
    (void)state;
    struct stick_table v4 = { .type = STICK_IPV4, .key_len = 4 }, v6 = { .type = STICK_IPV6, .key_len = 16 };
    struct value v = { .type = VALUE_IP };
    char room[STICK_KEY_ROOM];
    struct span key;
    assert_true(address_parse_ip(SPAN("10.1.2.3"), &v.as.ip));
    assert_true(stick_key_of(&v4, &v, room, &key));
    assert_span(key, "\x0a\x01\x02\x03");
    assert_true(stick_key_of(&v6, &v, room, &key));
    assert_int_equal(key.len, 16);
    assert_true(address_parse_ip(SPAN("::ffff:10.1.2.3"), &v.as.ip));
    assert_true(stick_key_of(&v4, &v, room, &key));
    assert_span(key, "\x0a\x01\x02\x03");
    assert_true(address_parse_ip(SPAN("2001:db8::1"), &v.as.ip));
    assert_false(stick_key_of(&v4, &v, room, &key));
    v = (struct value){ .type = VALUE_NONE };
    assert_false(stick_key_of(&v4, &v, room, &key));
}

/* ---- threads ---- */

static void *worker(void *w)
{
    char key[16];
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(key, sizeof(key), "k%u", i % 300);
        (void)add(w, key, at_s(1));
    }
    return NULL;
}

static void threads_count_everything(void **state)
{
    (void)state;
    struct with_table w = texts(10000, DURATION_NONE, false);
    pthread_t threads[4];
    uint64_t sum = 0;
    char key[16];
    for (unsigned i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, worker, &w), 0);
    for (unsigned i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (unsigned i = 0; i < 300; i++) {
        snprintf(key, sizeof(key), "k%u", i);
        sum += look(&w, key, at_s(2));
    }
    assert_int_equal(sum, 4 * 20000);
    drop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counters_belong_to_their_key, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rate_forgets_smoothly, setup, teardown),
        cmocka_unit_test_setup_teardown(the_longest_unused_makes_room, setup, teardown),
        cmocka_unit_test_setup_teardown(nopurge_takes_no_more, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_used_is_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(traffic_counts_without_looking_at_all, setup, teardown),
        cmocka_unit_test_setup_teardown(many_keys_are_all_found, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reload_keeps_a_table_of_the_same_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(addresses_fit_either_family, setup, teardown),
        cmocka_unit_test_setup_teardown(threads_count_everything, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
