/* SPDX-License-Identifier: Apache-2.0 */
/* What is seen of a snapshot: words by fixed rules, causes and the verdict, proxies in the order of the
 * files. */
#include "admin/fixture.h"

static struct world w;

static int open_world(void **state)
{
    (void)state;
    world_build(&w);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static struct view *look(double seconds)
{
    world_at(&w, seconds);
    struct view *v = view_new(&w.now);
    assert_non_null(v);
    return v;
}

static const struct view_server *server_of(const struct view *v, const struct server *s)
{
    for (uint32_t i = 0; i < v->server_count; i++)
        if (v->servers[i].model == s)
            return &v->servers[i];
    fail();
    return NULL;
}

static void assert_word(double seconds, const struct server *s, const char *word)
{
    struct view *v = look(seconds);
    assert_string_equal(view_word(server_of(v, s)->word), word);
    view_free(&v);
}

static void assert_check(double seconds, const struct server *s, const char *words)
{
    char room[256];
    struct buf b;
    struct view *v = look(seconds);

    buf_init_fixed(&b, room, sizeof(room));
    view_put_check(&b, v, server_of(v, s));
    assert_span(buf_span(&b), words);
    view_free(&v);
}

static void assert_verdict(double seconds, enum view_verdict verdict, const char *sentence)
{
    char room[512];
    struct buf b;
    struct view *v = look(seconds);

    buf_init_fixed(&b, room, sizeof(room));
    view_put_verdict(&b, v);
    assert_span(buf_span(&b), sentence);
    assert_int_equal(v->verdict, verdict);
    view_free(&v);
}

static void all_up(void)
{
    checked(&w, w.w1, 1, CHECKED_L7_OK, 200, 1);
    checked(&w, w.w2, 1, CHECKED_L7_OK, 200, 1);
    checked(&w, w.w3, 1, CHECKED_L7_OK, 200, 1);
}

/* ---- words ---- */

static void checks_and_operators_give_words(void **state)
{
    (void)state;
    world_open(&w);
    assert_word(1, w.w1, "not yet checked");
    assert_check(1, w.w1, "not yet checked");
    assert_word(1, w.t1, "no check");
    assert_check(1, w.t1, "no check");
    all_up();
    assert_word(2, w.w1, "up");
    assert_check(2, w.w1, "answered 200 in 3 ms");
    checked(&w, w.w1, 1, CHECKED_L7_STATUS, 500, 3);
    assert_word(4, w.w1, "up");
    assert_check(4, w.w1, "answered 500 in 3 ms (1 of 3 failed)");
    checked(&w, w.w1, 2, CHECKED_L4_REFUSED, 111, 5);
    assert_word(8, w.w1, "down");
    assert_check(8, w.w1, "connection refused");
    checked(&w, w.w1, 1, CHECKED_L7_OK, 200, 9);
    assert_word(10, w.w1, "down");
    assert_check(10, w.w1, "answered 200 in 3 ms (1 of 2 passed)");
    checked(&w, w.w1, 1, CHECKED_L7_TIMEOUT, 0, 10);
    assert_check(11, w.w1, "no answer within 3 ms");
    server_set_admin(state_of(&w, w.w2), ADMIN_DRAIN, 0, at(11));
    assert_word(12, w.w2, "draining");
    server_set_admin(state_of(&w, w.w2), ADMIN_MAINT, 0, at(11));
    assert_word(12, w.w2, "maintenance");
    server_set_admin(state_of(&w, w.w3), ADMIN_NO_CHECK, 0, at(11));
    assert_word(12, w.w3, "no check");
    assert_check(12, w.w3, "checks are off");
}

static void passive_failures_are_down_and_say_when_it_is_tried_again(void **state)
{
    (void)state;
    w.t1->fails_max = 2;
    world_open(&w);
    for (unsigned i = 0; i < 2; i++)
        (void)server_failed(state_of(&w, w.t1), w.t1, 4, at(5));
    assert_word(6, w.t1, "down");
    assert_check(6, w.t1, "2 requests failed, tried again in 9 s");
}

static void five_of_a_hundred_failed_of_twenty_answers_are_errors(void **state)
{
    (void)state;
    world_open(&w);
    all_up();
    answers(&w, w.w1, 18, 200, 1000);
    answers(&w, w.w1, 1, 500, 1000);
    assert_word(10, w.w1, "up"); /* 19 answers say nothing */
    answers(&w, w.w1, 1, 200, 1000);
    assert_word(10, w.w1, "errors");
    answers(&w, w.w1, 1, 200, 1000);
    assert_word(10, w.w1, "up"); /* 1 of 21: less than 5 % */
    answers(&w, w.w2, 100, 200, 1000);
    assert_word(10, w.w2, "up");
}

static void slow_is_said_in_comparison_with_peers(void **state)
{
    (void)state;
    world_open(&w);
    all_up();
    answers(&w, w.w1, 95, 200, 2000);
    answers(&w, w.w1, 5, 200, 1500000);
    assert_word(10, w.w1, "up"); /* nobody to compare with */
    answers(&w, w.w2, 100, 200, 2000);
    answers(&w, w.w3, 100, 200, 3000);
    assert_word(10, w.w1, "slow");
    assert_word(10, w.w2, "up");
    assert_word(10, w.w3, "up");
}

static void four_times_of_very_little_is_not_slow(void **state)
{
    (void)state;
    world_open(&w);
    all_up();
    answers(&w, w.w1, 100, 200, 50000);
    answers(&w, w.w2, 100, 200, 2000);
    answers(&w, w.w3, 100, 200, 2000);
    assert_word(10, w.w1, "up");
}

static void a_server_that_fails_recovers_its_word_with_the_minute(void **state)
{
    (void)state;
    world_open(&w);
    all_up();
    answers(&w, w.w1, 50, 500, 1000);
    assert_word(10, w.w1, "errors");
    for (unsigned s = 20; s <= 80; s += 20)
        assert_true(window_sample(w.process.window, w.snapshot, at(s)));
    answers(&w, w.w1, 50, 200, 1000);
    assert_word(81, w.w1, "up");
}

/* ---- the verdict ---- */

static void the_verdict_is_one_sentence(void **state)
{
    (void)state;
    world_open(&w);
    assert_verdict(1, VERDICT_WELL, "All 4 servers can be used; nothing was asked lately.");
    all_up();
    answers(&w, w.w1, 100, 200, 1000);
    assert_verdict(10, VERDICT_WELL, "All 4 servers can be used; none of 100 answers failed lately.");
    server_set_admin(state_of(&w, w.w3), ADMIN_MAINT, 0, at(10));
    assert_verdict(
        10, VERDICT_WELL,
        "3 of 4 servers can be used, the others rest as asked or are not yet checked; none of 100 answers "
        "failed lately.");
    checked(&w, w.w2, 3, CHECKED_L4_REFUSED, 111, 11);
    assert_verdict(14, VERDICT_DEGRADED, "web/w2 is down since 1 s: connection refused.");
    answers(&w, w.w1, 60, 500, 1000);
    assert_verdict(14, VERDICT_DEGRADED,
                   "web/w2 is down since 1 s: connection refused. 1 more thing needs attention.");
    checked(&w, w.w1, 3, CHECKED_L7_STATUS, 503, 14);
    assert_verdict(17, VERDICT_FAILING, "web has no usable server, of 3. 2 more things need attention.");
}

static void a_listener_that_mostly_fails_is_failing(void **state)
{
    (void)state;
    world_open(&w);
    all_up();
    answers(&w, w.w1, 49, 200, 1000);
    answers(&w, w.w1, 51, 502, 1000);
    struct view *v = look(10);
    assert_int_equal(v->verdict, VERDICT_FAILING);
    assert_int_equal(v->causes[0].kind, CAUSE_SERVICE_FAILING);
    assert_int_equal(v->causes[1].kind, CAUSE_SERVER_ERRORS);
    view_free(&v);
}

static void errors_that_the_check_does_not_see_are_said_so(void **state)
{
    (void)state;
    world_open(&w);
    all_up();
    answers(&w, w.w1, 62, 200, 1000);
    answers(&w, w.w1, 38, 500, 1000);
    answers(&w, w.w2, 300, 200, 1000);
    assert_verdict(10, VERDICT_DEGRADED,
                   "web/w1 fails 38 % of its requests; its check does not see it: answered 200 in 3 ms.");
}

static void a_pool_that_nobody_uses_is_nobodys_trouble(void **state)
{
    (void)state;
    w.web_pool->uses = 0;
    world_open(&w);
    checked(&w, w.w1, 3, CHECKED_L4_REFUSED, 111, 1);
    checked(&w, w.w2, 3, CHECKED_L4_REFUSED, 111, 1);
    checked(&w, w.w3, 3, CHECKED_L4_REFUSED, 111, 1);
    struct view *v = look(5);
    assert_int_equal(v->verdict, VERDICT_WELL);
    assert_string_equal(view_word(server_of(v, w.w1)->word), "down");
    view_free(&v);
}

/* ---- proxies ---- */

static void assert_proxy(const struct view *v, uint32_t i, const char *name, uint32_t iid, bool front,
                         bool back)
{
    assert_true(i < v->proxy_count);
    assert_span(v->proxies[i].name, name);
    assert_int_equal(v->proxies[i].iid, iid);
    assert_int_equal(v->proxies[i].service != VIEW_NONE, front);
    assert_int_equal(v->proxies[i].pool != VIEW_NONE, back);
}

static void proxies_stand_as_in_the_file(void **state)
{
    (void)state;
    struct pool *first = config_add_pool(w.c, LANGUAGE_HAPROXY, SPAN("api"));
    first->at = place(5);
    world_open(&w);
    struct view *v = look(1);
    assert_int_equal(v->proxy_count, 4);
    assert_proxy(v, 0, "api", 2, false, true);
    assert_proxy(v, 1, "web", 3, true, false);
    assert_proxy(v, 2, "web", 4, false, true); /* a frontend and a backend of one name are two */
    assert_proxy(v, 3, "tcp", 5, true, true);  /* a `listen` is one */
    view_free(&v);
}

static void numbers_of_the_file_are_kept_and_not_given_twice(void **state)
{
    (void)state;
    w.web_pool->id = 2;
    w.tcp->id = 4000000;
    world_open(&w);
    struct view *v = look(1);
    assert_proxy(v, 0, "web", 3, true, false);
    assert_proxy(v, 1, "web", 2, false, true);
    assert_proxy(v, 2, "tcp", 4000000, true, true);
    view_free(&v);
}

static void names_have_their_language_where_there_are_several(void **state)
{
    (void)state;
    struct pool *p = config_add_pool(w.c, LANGUAGE_NGINX, SPAN("web"));
    p->at = place(5);
    world_open(&w);
    char room[64];
    struct buf b;
    struct view *v = look(1);
    buf_init_fixed(&b, room, sizeof(room));
    view_put_name(&b, v, LANGUAGE_NGINX, p->name);
    assert_span(buf_span(&b), "nginx:web");
    view_free(&v);
}

static void tcp_is_told_from_http(void **state)
{
    (void)state;
    world_open(&w);
    struct view *v = look(1);
    assert_false(v->pools[w.web_pool->index].tcp);
    assert_true(v->pools[w.tcp_pool->index].tcp);
    view_free(&v);
}

static void without_memory_there_is_no_view(void **state)
{
    (void)state;
    world_open(&w);
    world_at(&w, 1);
    unsigned n = 1;
    struct view *v = NULL;
    for (; v == NULL; n++) {
        unit_fail_alloc(n);
        v = view_new(&w.now);
        unit_fail_alloc(0);
        assert_true(n < 100);
    }
    assert_true(n > 6); /* each of its pieces failed once */
    view_free(&v);
}

#define SAYS(put, us, words)                                                                                 \
    do {                                                                                                     \
        struct buf b;                                                                                        \
        char room[64];                                                                                       \
        buf_init_fixed(&b, room, sizeof(room));                                                              \
        put(&b, us);                                                                                         \
        assert_span(buf_span(&b), words);                                                                    \
    } while (0)

static void times_are_short(void **state)
{
    (void)state;
    world_open(&w);
    SAYS(view_put_short_time, 0, "0.0 ms");
    SAYS(view_put_short_time, 1290, "1.2 ms");
    SAYS(view_put_short_time, 9999, "9.9 ms");
    SAYS(view_put_short_time, 10000, "10 ms");
    SAYS(view_put_short_time, 999999, "999 ms");
    SAYS(view_put_short_time, 1310000, "1.31 s");
    SAYS(view_put_span_of_time, 119000000, "119 s");
    SAYS(view_put_span_of_time, 120000000, "2 min");
    SAYS(view_put_span_of_time, UINT64_C(7200000000), "2 h 0 min");
    SAYS(view_put_span_of_time, UINT64_C(180000000000), "2 d 2 h");
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(checks_and_operators_give_words),
        T(passive_failures_are_down_and_say_when_it_is_tried_again),
        T(five_of_a_hundred_failed_of_twenty_answers_are_errors),
        T(slow_is_said_in_comparison_with_peers),
        T(four_times_of_very_little_is_not_slow),
        T(a_server_that_fails_recovers_its_word_with_the_minute),
        T(the_verdict_is_one_sentence),
        T(a_listener_that_mostly_fails_is_failing),
        T(errors_that_the_check_does_not_see_are_said_so),
        T(a_pool_that_nobody_uses_is_nobodys_trouble),
        T(proxies_stand_as_in_the_file),
        T(numbers_of_the_file_are_kept_and_not_given_twice),
        T(names_have_their_language_where_there_are_several),
        T(tcp_is_told_from_http),
        T(without_memory_there_is_no_view),
        T(times_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
