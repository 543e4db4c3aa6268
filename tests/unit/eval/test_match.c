/* SPDX-License-Identifier: Apache-2.0 */
/* Tests, ACLs, conditions, and what a recorder hears of them. */
#include "eval/fixture.h"

static int setup(void **state)
{
    (void)stage_setup(state);
    stage_request(&s);
    return 0;
}

static struct test *test_of(enum fetch fetch, const char *arg, enum match how)
{
    struct test *t = ARENA_NEW(s.a, struct test);
    t->subject = expr_fetch(s.a, fetch, span_from(arg));
    t->how = how;
    return t;
}

static struct test *with_text(struct test *t, const char *text)
{
    *ARENA_PUSH(s.a, &t->texts) = span_from(text);
    return t;
}

static bool holds(struct test *t)
{
    test_finish(s.a, t);
    return eval_test(&s.f, t);
}

static void texts(void **state)
{
    (void)state;
    assert_true(holds(with_text(test_of(FETCH_PATH, "", MATCH_BEGIN), "/a/")));
    assert_true(holds(with_text(test_of(FETCH_PATH, "", MATCH_END), ".php")));
    assert_true(holds(with_text(with_text(test_of(FETCH_PATH, "", MATCH_EXACT), "/x"), "/a/b.php")));
    assert_false(holds(with_text(test_of(FETCH_PATH, "", MATCH_EXACT), "/A/b.php")));
    struct test *nocase = with_text(test_of(FETCH_PATH, "", MATCH_EXACT), "/A/b.php");
    nocase->nocase = true;
    assert_true(holds(nocase));
    assert_true(holds(with_text(test_of(FETCH_HOST_FIELD, "", MATCH_DOM), "Example")));
    assert_true(holds(test_of(FETCH_PATH, "", MATCH_FOUND)));
    assert_false(holds(test_of(FETCH_REQUEST_FIELD, "absent", MATCH_FOUND)));
    struct test *not = with_text(test_of(FETCH_METHOD, "", MATCH_EXACT), "PUT");
    not ->negate = true;
    assert_true(holds(not ));
}

static void a_long_list_of_texts(void **state)
{
    (void)state;
    struct test *t = test_of(FETCH_PATH, "", MATCH_EXACT);
    for (unsigned i = 0; i < 1000; i++)
        *ARENA_PUSH(s.a, &t->texts) = arena_printf(s.a, "/p%u", i);
    assert_false(holds(t));
    s.request.path = SPAN("/p999");
    assert_true(holds(t));
}

static void numbers_lengths_truth(void **state)
{
    (void)state;
    struct test *t = test_of(FETCH_CLIENT_PORT, "", MATCH_INT);
    *ARENA_PUSH(s.a, &t->ranges) = (struct int_range){ 1, 1023 };
    assert_false(holds(t));
    *ARENA_PUSH(s.a, &t->ranges) = (struct int_range){ 50000, INT64_MAX };
    assert_true(holds(t));
    t = test_of(FETCH_PATH, "", MATCH_LEN);
    *ARENA_PUSH(s.a, &t->ranges) = (struct int_range){ 8, 8 };
    assert_true(holds(t));
    assert_true(holds(test_of(FETCH_TRUE, "", MATCH_BOOL)));
    assert_false(holds(test_of(FETCH_TLS_USED, "", MATCH_BOOL)));
    assert_true(holds(test_of(FETCH_ENV, "text", MATCH_BOOL)));
    assert_false(holds(test_of(FETCH_ENV, "0", MATCH_BOOL)));
    assert_false(holds(test_of(FETCH_ENV, "", MATCH_BOOL)));
}

static void networks(void **state)
{
    (void)state;
    struct test *t = test_of(FETCH_CLIENT_IP, "", MATCH_IP);
    static const char *const texts[] = {
        "10.0.0.0/8", "::/0", "192.0.2.0/25", "1.2.3.4", "5.6.7.8", "9.9.9.9"
    };
    for (unsigned i = 0; i < 2; i++)
        assert_true(network_parse(span_from(texts[i]), ARENA_PUSH(s.a, &t->networks)));
    assert_false(holds(t));
    for (unsigned i = 2; i < 6; i++) {
        assert_true(network_parse(span_from(texts[i]), ARENA_PUSH(s.a, &t->networks)));
        assert_true(holds(t)); /* as a list, then as a set */
    }
    struct test *of_text = test_of(FETCH_REQUEST_FIELD, "x-forwarded-for", MATCH_IP);
    assert_true(network_parse(SPAN("3.3.3.0/24"), ARENA_PUSH(s.a, &of_text->networks)));
    assert_true(holds(of_text));
}

/* HAProxy's hdr(): one member of one of the fields is enough. */
static void each_of_several_values(void **state)
{
    (void)state;
    struct expr *e = ARENA_NEW(s.a, struct expr);
    struct expr_part *p = expr_add_fetch(s.a, e, FETCH_REQUEST_FIELD, SPAN("x-forwarded-for"));
    p->number = OCCURRENCE_EACH;
    p->number2 = 1;
    expr_finish(s.a, e);
    struct test *t = with_text(test_of(FETCH_PATH, "", MATCH_EXACT), "2.2.2.2");
    t->subject = e;
    assert_true(holds(t));
    p->number2 = 0; /* whole lines: none is just that */
    assert_false(holds(t));
    p->number2 = 1;
    (void)message_remove(&s.request, SPAN("x-forwarded-for"));
    assert_false(holds(t));
}

static void regular_expressions_leave_their_groups(void **state)
{
    (void)state;
    struct buf why;
    size_t at;
    char text[64];
    buf_init_fixed(&why, text, sizeof(text));
    struct test *t = test_of(FETCH_PATH, "", MATCH_REGEX);
    *ARENA_PUSH(s.a, &t->regexes) = config_regex(s.c, SPAN("^/z"), false, &why, &at);
    *ARENA_PUSH(s.a, &t->regexes) = config_regex(s.c, SPAN("^/(.)/"), false, &why, &at);
    assert_true(holds(t));
    assert_span(s.f.match.part[1], "a");
}

static void files_are_the_engines(void **state)
{
    (void)state;
    struct test *t = with_text(test_of(FETCH_ENV, "/srv/a", MATCH_FILE), "f");
    assert_true(holds(t));
    t->texts.items[0] = SPAN("d");
    assert_false(holds(t));
}

/* nginx compares what was never set as an empty text; HAProxy matches nothing there. */
static void what_is_none(void **state)
{
    (void)state;
    struct test *t = with_text(test_of(FETCH_REQUEST_FIELD, "absent", MATCH_EXACT), "");
    assert_false(holds(t));
    t->none_is_empty = true;
    assert_true(holds(t));
}

static unsigned heard;
static bool last_result;
static enum value_type last_type;

static void on_test(struct recorder *self, const struct test *t, const struct value *v, bool result)
{
    (void)self;
    (void)t;
    heard++;
    last_result = result;
    last_type = v->type;
}

static const struct acl *acl_of(struct test *t)
{
    struct acl *a = ARENA_NEW(s.a, struct acl);
    *ARENA_PUSH(s.a, &a->tests) = *t;
    acl_finish(s.a, a);
    return a;
}

/* "yes !no || no": groups, terms, negation, and nothing is asked that decides no more. */
static void groups_and_terms(void **state)
{
    (void)state;
    struct recorder r = { .on_test = on_test };
    const struct acl *yes = acl_of(with_text(test_of(FETCH_METHOD, "", MATCH_EXACT), "GET"));
    const struct acl *no = acl_of(with_text(test_of(FETCH_METHOD, "", MATCH_EXACT), "PUT"));
    struct cond c = { .negate = false };
    struct group *g = ARENA_PUSH(s.a, &c.groups);
    *ARENA_PUSH(s.a, &g->terms) = (struct term){ .acl = yes };
    *ARENA_PUSH(s.a, &g->terms) = (struct term){ .acl = no, .negate = true };
    g = ARENA_PUSH(s.a, &c.groups);
    *ARENA_PUSH(s.a, &g->terms) = (struct term){ .acl = no };
    cond_finish(&c);
    s.f.recorder = &r;
    assert_true(eval_cond(&s.f, NULL));
    assert_true(eval_cond(&s.f, &c));
    assert_int_equal(heard, 2);
    assert_false(last_result);
    assert_int_equal(last_type, VALUE_TEXT);
    c.negate = true;
    assert_false(eval_cond(&s.f, &c));
    c.groups.items[0].terms.items[0].negate = true;
    heard = 0;
    assert_true(eval_cond(&s.f, &c));
    assert_int_equal(heard, 2); /* the first term, then the second group */
    struct acl both = *yes;
    both.tests.count = 0;
    assert_false(eval_acl(&s.f, &both));
}

static void truth_and_numbers_of_expressions(void **state)
{
    (void)state;
    int64_t n;
    assert_true(eval_truth(&s.f, expr_text(s.a, SPAN("1"))));
    assert_false(eval_truth(&s.f, expr_text(s.a, SPAN("0"))));
    assert_false(eval_truth(&s.f, expr_fetch(s.a, FETCH_REQUEST_FIELD, SPAN("absent"))));
    assert_true(eval_number(&s.f, expr_text(s.a, SPAN("-12")), &n));
    assert_int_equal(n, -12);
    assert_false(eval_number(&s.f, expr_text(s.a, SPAN("12k")), &n));
    assert_false(eval_number(&s.f, expr_fetch(s.a, FETCH_REQUEST_FIELD, SPAN("absent")), &n));
    assert_true(eval_number(&s.f, expr_fetch(s.a, FETCH_CLIENT_PORT, SPAN("")), &n));
    assert_int_equal(n, 51824);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, stage_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(texts),
        T(a_long_list_of_texts),
        T(numbers_lengths_truth),
        T(networks),
        T(each_of_several_values),
        T(regular_expressions_leave_their_groups),
        T(files_are_the_engines),
        T(what_is_none),
        T(groups_and_terms),
        T(truth_and_numbers_of_expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
