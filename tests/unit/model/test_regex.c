/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <pthread.h>
#include <string.h>

#include "model/regex.h"

static struct arena *arena;
static char why_text[128];
static struct buf why;
static size_t why_at;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(0);
    buf_init_fixed(&why, why_text, sizeof(why_text));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct regex *compile(const char *pattern, bool nocase)
{
    return regex_compile(arena, span_from(pattern), nocase, &why, &why_at);
}

static void groups_are_given_and_absent_ones_are_null(void **state)
{
    (void)state;
    struct regex *r = compile("^/(a)?(b*)(c)", false);
    struct regex_match m;
    assert_true(regex_matches(r, SPAN("/bbcx"), &m));
    assert_int_equal(m.count, 4);
    assert_span(m.part[0], "/bbc");
    assert_null(m.part[1].ptr);
    assert_span(m.part[2], "bb");
    assert_span(m.part[3], "c");
    assert_null(m.part[4].ptr);
    assert_true(regex_matches(r, SPAN("/c"), &m));
    assert_non_null(m.part[2].ptr);
    assert_int_equal(m.part[2].len, 0);
    assert_false(regex_matches(r, SPAN("/d"), &m));
    assert_false(regex_matches(r, span_of(NULL, 0), NULL));
    assert_int_equal(regex_groups(r), 3);
    regex_release(r);
}

static void more_groups_than_we_keep(void **state)
{
    (void)state;
    struct regex *r = compile("(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)", false);
    struct regex_match m;
    assert_true(regex_matches(r, SPAN("abcdefghijklmnopqr"), &m));
    assert_int_equal(m.count, REGEX_CAPTURES);
    assert_span(m.part[15], "o");
    regex_release(r);
}

static void the_case_of_letters(void **state)
{
    (void)state;
    struct regex *a = compile("\\.PHP$", true), *b = compile("\\.PHP$", false);
    assert_true(regex_matches(a, SPAN("/x.php"), NULL));
    assert_false(regex_matches(b, SPAN("/x.php"), NULL));
    regex_release(a);
    regex_release(b);
}

static void names(void **state)
{
    (void)state;
    struct regex *r = compile("^(?<user>[a-z]+)@(?<host>.+)$", false);
    unsigned group = 0;
    assert_int_equal(regex_named(r, SPAN("user")), 1);
    assert_int_equal(regex_named(r, SPAN("host")), 2);
    assert_int_equal(regex_named(r, SPAN("hos")), -1);
    assert_span(regex_name_at(r, 0, &group), "host");
    assert_int_equal(group, 2);
    assert_null(regex_name_at(r, 2, &group).ptr);
    regex_release(r);
}

static void what_does_not_compile_says_where(void **state)
{
    (void)state;
    assert_null(compile("a(b", false));
    assert_int_equal(why_at, 3);
    assert_holds(buf_span(&why), "parenthesis");
}

static void a_match_costs_no_malloc(void **state)
{
    (void)state;
    struct regex *r = compile("^/([a-z]+)/([0-9]+)$", false);
    struct regex_match m;
    unit_fail_alloc(1);
    bool matched = regex_matches(r, SPAN("/abc/123"), &m);
    unit_fail_alloc(0);
    assert_true(matched);
    assert_span(m.part[2], "123");
    regex_release(r);
}

/* Exponential for a backtracker: it ends, as no match, and soon. */
static void a_catastrophe_is_no_match(void **state)
{
    (void)state;
    struct regex *r = compile("^(a+)+$", false);
    char text[64];
    memset(text, 'a', sizeof(text));
    text[63] = 'b';
    assert_false(regex_matches(r, span_of(text, sizeof(text)), NULL));
    regex_release(r);
}

/* Needs more stack than the JIT has: the slow path decides it. */
static void a_long_subject_outgrows_the_jit(void **state)
{
    (void)state;
    struct regex *r = compile("^(?:a|(b))*$", false);
    static char text[20000];
    memset(text, 'a', sizeof(text));
    assert_true(regex_matches(r, span_of(text, sizeof(text)), NULL));
    regex_release(r);
}

static void *match_often(void *arg)
{
    const struct regex *r = arg;
    struct regex_match m;
    for (unsigned i = 0; i < 2000; i++) {
        char text[16] = "/user/";
        text[6] = (char)('a' + i % 26);
        if (!regex_matches(r, span_of(text, 7), &m) || m.part[1].ptr[0] != text[6])
            return arg;
    }
    return NULL;
}

static void threads_share_one(void **state)
{
    (void)state;
    struct regex *r = compile("^/user/(.)", false);
    pthread_t t[4];
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, match_often, r), 0);
    for (unsigned i = 0; i < 4; i++) {
        void *bad;
        assert_int_equal(pthread_join(t[i], &bad), 0);
        assert_null(bad);
    }
    regex_release(r);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(groups_are_given_and_absent_ones_are_null),
        T(more_groups_than_we_keep),
        T(the_case_of_letters),
        T(names),
        T(what_does_not_compile_says_where),
        T(a_match_costs_no_malloc),
        T(a_catastrophe_is_no_match),
        T(a_long_subject_outgrows_the_jit),
        T(threads_share_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
