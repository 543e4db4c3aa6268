/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "model/reply.h"
#include "model/text_match.h"

static bool m(enum match how, const char *subject, const char *pattern)
{
    return text_matches(how, span_from(subject), span_from(pattern), false);
}

static void ends_and_middles(void **state)
{
    (void)state;
    assert_true(m(MATCH_BEGIN, "/static/x", "/static"));
    assert_false(m(MATCH_BEGIN, "/stat", "/static"));
    assert_true(m(MATCH_END, "/a.gif", ".gif"));
    assert_false(m(MATCH_END, "gif", ".gif"));
    assert_true(m(MATCH_SUB, "/x/admin/y", "admin"));
    assert_true(m(MATCH_EXACT, "a", "a"));
    assert_false(m(MATCH_EXACT, "a", "A"));
    assert_true(text_matches(MATCH_EXACT, SPAN("a"), SPAN("A"), true));
    assert_true(text_matches(MATCH_SUB, SPAN("xAdMiN"), SPAN("admin"), true));
}

static void whole_pieces(void **state)
{
    (void)state;
    assert_true(m(MATCH_DIR, "/a/static/b", "static"));
    assert_true(m(MATCH_DIR, "/a/static", "/static/"));
    assert_true(m(MATCH_DIR, "static?x", "static"));
    assert_false(m(MATCH_DIR, "/a/statics/b", "static"));
    assert_true(m(MATCH_DIR, "/a/statics/static/b", "static"));
    assert_true(m(MATCH_DIR, "/a/b/c", "b/c"));
    assert_false(m(MATCH_DIR, "/a.b/c", "a"));
    assert_true(m(MATCH_DOM, "blog.example.org:8080", "example.org"));
    assert_true(m(MATCH_DOM, "blog.example.org", "blog"));
    assert_false(m(MATCH_DOM, "myblog.example.org", "blog"));
    assert_false(m(MATCH_DOM, "a.b", ""));
}

static void the_nearest_set_answers_first(void **state)
{
    (void)state;
    static struct reply base403 = { .status = 403 }, base500 = { .status = 500 },
                        own403 = { .status = 403, .reason = SPAN_INIT("mine") };
    static struct reply *of_base[] = { &base403, &base500 }, *of_own[] = { &own403 };
    struct reply_set base = { .below = NULL }, own = { .below = &base };
    base.replies.items = of_base;
    base.replies.count = 2;
    own.replies.items = of_own;
    own.replies.count = 1;
    assert_ptr_equal(reply_set_find(&own, 403), &own403);
    assert_ptr_equal(reply_set_find(&own, 500), &base500);
    assert_null(reply_set_find(&own, 404));
    assert_null(reply_set_find(NULL, 404));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_and_middles),
        cmocka_unit_test(whole_pieces),
        cmocka_unit_test(the_nearest_set_answers_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
