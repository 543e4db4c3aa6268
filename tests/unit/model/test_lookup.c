/* SPDX-License-Identifier: Apache-2.0 */
/* Which row of a lookup wins. */
#include "model/lookup.h"

#include "base/arena.h"
#include "model/expr.h"
#include "model/regex.h"
#include "unit.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void add(struct lookup *l, enum match how, const char *text, const char *value)
{
    struct lookup_row row = { .how = how, .text = span_from(text) };
    if (how == MATCH_IP)
        assert_true(network_parse(row.text, &row.network));
    row.value = expr_text(arena, span_from(value));
    *ARENA_PUSH(arena, &l->rows) = row;
}

static void finds(const struct lookup *l, const char *subject, const char *value)
{
    struct regex_match match = { .count = 0 };
    const struct lookup_row *row = lookup_find(l, span_from(subject), NULL, &match);
    assert_non_null(row);
    assert_span(row->value->constant, value);
}

static void finds_none(const struct lookup *l, const char *subject)
{
    struct regex_match match = { .count = 0 };
    assert_null(lookup_find(l, span_from(subject), NULL, &match));
}

static void the_longest_beginning_wins(void **state)
{
    (void)state;
    struct lookup l = { .name = SPAN("m") };
    add(&l, MATCH_BEGIN, "/a/", "short");
    add(&l, MATCH_BEGIN, "/a/b/c", "long");
    add(&l, MATCH_BEGIN, "/a/b", "middle");
    add(&l, MATCH_BEGIN, "/x/y", "other");
    add(&l, MATCH_BEGIN, "/a/b", "the second of a text");
    lookup_finish(arena, &l);
    finds(&l, "/a/b/c/d", "long");
    finds(&l, "/a/b/c", "long");
    finds(&l, "/a/b/", "middle");
    finds(&l, "/a/z", "short");
    finds(&l, "/x/y", "other");
    finds_none(&l, "/a");
    finds_none(&l, "");
}

static void an_empty_beginning_is_the_last(void **state)
{
    (void)state;
    struct lookup l = { .name = SPAN("m") };
    add(&l, MATCH_BEGIN, "", "all");
    add(&l, MATCH_BEGIN, "/a", "a");
    lookup_finish(arena, &l);
    finds(&l, "/a/b", "a");
    finds(&l, "", "all");
    finds(&l, "x", "all");
}

static void others_go_by_their_order(void **state)
{
    (void)state;
    struct lookup l = { .name = SPAN("m") };
    add(&l, MATCH_END, ".css", "style");
    add(&l, MATCH_SUB, "needle", "found");
    add(&l, MATCH_END, "e.css", "later");
    lookup_finish(arena, &l);
    finds(&l, "/e.css", "style");
    finds(&l, "/needle.css", "style");
    finds(&l, "/a/needle/b", "found");
    finds_none(&l, "/x");
}

static void the_longest_network_wins(void **state)
{
    (void)state;
    struct lookup l = { .name = SPAN("m") };
    add(&l, MATCH_IP, "10.0.0.0/8", "ten");
    add(&l, MATCH_IP, "10.1.0.0/16", "ten-one");
    lookup_finish(arena, &l);
    finds(&l, "10.1.2.3", "ten-one");
    finds(&l, "10.2.2.3", "ten");
    finds_none(&l, "11.0.0.1");
    finds_none(&l, "no address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_longest_beginning_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_beginning_is_the_last, setup, teardown),
        cmocka_unit_test_setup_teardown(others_go_by_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(the_longest_network_wins, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
