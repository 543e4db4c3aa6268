/* SPDX-License-Identifier: Apache-2.0 */
/* Types, needs and constants of expressions; conditions; how both are shown. */
#include "unit.h"

#include "base/arena.h"
#include "base/map.h"
#include "model/expr.h"
#include "model/lookup.h"
#include "model/network_set.h"

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

static void assert_shown(const struct expr *e, const char *expected)
{
    char text[256];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    expr_put(&b, e);
    assert_span(buf_span(&b), expected);
}

static void every_fetch_and_converter_has_its_row(void **state)
{
    (void)state;
    assert_string_equal(fetch_name(FETCH_TRUE), "TRUE");
    assert_string_equal(fetch_name(FETCH_COUNT - 1), "STREAM_STATUS");
    assert_int_equal(fetch_type(FETCH_CLIENT_IP), VALUE_IP);
    assert_int_equal(fetch_needs(FETCH_BYTES_PAYLOAD), NEEDS_BYTES);
    assert_string_equal(convert_name(CONVERT_LOWER), "LOWER");
    assert_int_equal(convert_takes(CONVERT_IP_MASK), VALUE_IP);
    assert_int_equal(convert_gives(CONVERT_LENGTH), VALUE_INT);
}

static void texts_become_one_constant(void **state)
{
    (void)state;
    struct expr *e = ARENA_NEW(arena, struct expr);
    (void)expr_add_text(arena, e, SPAN("/app"));
    (void)expr_add_text(arena, e, SPAN(""));
    (void)expr_add_text(arena, e, SPAN("/x"));
    expr_finish(arena, e);
    assert_span(e->constant, "/app/x");
    assert_int_equal(e->type, VALUE_TEXT);
    assert_int_equal(e->needs, 0);
    assert_shown(e, "\"/app\" + \"\" + \"/x\"");
    struct expr nothing = { .type = VALUE_NONE };
    expr_finish(arena, &nothing);
    assert_non_null(nothing.constant.ptr);
    assert_int_equal(nothing.constant.len, 0);
}

static void one_part_keeps_its_type(void **state)
{
    (void)state;
    struct expr *e = expr_fetch(arena, FETCH_CLIENT_IP, SPAN(""));
    assert_int_equal(e->type, VALUE_IP);
    assert_int_equal(e->needs, NEEDS_CLIENT);
    assert_null(e->constant.ptr);
    (void)expr_add_text(arena, e, SPAN(":"));
    (void)expr_add_fetch(arena, e, FETCH_STATUS, SPAN(""));
    expr_finish(arena, e);
    assert_int_equal(e->type, VALUE_TEXT);
    assert_int_equal(e->needs, NEEDS_CLIENT | NEEDS_RESPONSE);
    assert_shown(e, "CLIENT_IP + \":\" + STATUS");
}

static void conversions_change_the_type(void **state)
{
    (void)state;
    struct expr *e = ARENA_NEW(arena, struct expr);
    struct expr_part *p = expr_add_fetch(arena, e, FETCH_PATH, SPAN(""));
    struct conversion *c = expr_add_conversion(arena, p, CONVERT_FIELD);
    c->text = SPAN("/");
    c->number = 2;
    (void)expr_add_conversion(arena, p, CONVERT_LENGTH);
    (void)expr_add_conversion(arena, p, CONVERT_DEFAULT);
    expr_finish(arena, e);
    assert_int_equal(e->type, VALUE_INT);
    assert_shown(e, "PATH | FIELD \"/\" n 2 | LENGTH | DEFAULT");
    p->dash = DASH_EMPTY;
    expr_finish(arena, e);
    assert_int_equal(e->type, VALUE_TEXT);
}

/* A variable made by a map needs what the map's subject and its rows need. */
static void a_map_needs_what_its_rows_need(void **state)
{
    (void)state;
    struct lookup l = { .subject = expr_fetch(arena, FETCH_HOST_NAME, SPAN("")) };
    *ARENA_PUSH(arena, &l.rows) =
        (struct lookup_row){ .how = MATCH_EXACT, .text = SPAN("a"), .value = expr_text(arena, SPAN("1")) };
    l.fallback = expr_fetch(arena, FETCH_UPSTREAM_STATUS, SPAN(""));
    lookup_finish(arena, &l);
    struct expr *e = ARENA_NEW(arena, struct expr);
    expr_add_fetch(arena, e, FETCH_MAP, SPAN("m"))->lookup = &l;
    expr_finish(arena, e);
    assert_int_equal(e->needs, NEEDS_REQUEST | NEEDS_RESPONSE);
}

static struct test test_of(enum match how)
{
    return (struct test){ .subject = expr_fetch(arena, FETCH_PATH, SPAN("")), .how = how };
}

static void long_lists_get_a_table(void **state)
{
    (void)state;
    struct test t = test_of(MATCH_EXACT);
    static const char *const words[] = { "/a", "/b", "/c", "/d", "/e" };
    for (unsigned i = 0; i < 4; i++)
        *ARENA_PUSH(arena, &t.texts) = span_from(words[i]);
    test_finish(arena, &t);
    assert_null(t.exact);
    *ARENA_PUSH(arena, &t.texts) = span_from(words[4]);
    test_finish(arena, &t);
    assert_non_null(t.exact);
    assert_non_null(map_get(t.exact, SPAN("/e")));
    assert_null(map_get(t.exact, SPAN("/E")));
}

static void conditions_collect_needs_and_show_themselves(void **state)
{
    (void)state;
    struct acl *a = ARENA_NEW(arena, struct acl), *b = ARENA_NEW(arena, struct acl);
    struct test begin = test_of(MATCH_BEGIN), range = test_of(MATCH_INT);
    *ARENA_PUSH(arena, &begin.texts) = SPAN("/old");
    begin.nocase = true;
    range.subject = expr_fetch(arena, FETCH_STATUS, SPAN(""));
    *ARENA_PUSH(arena, &range.ranges) = (struct int_range){ 500, INT64_MAX };
    *ARENA_PUSH(arena, &range.ranges) = (struct int_range){ 404, 404 };
    *ARENA_PUSH(arena, &a->tests) = begin;
    *ARENA_PUSH(arena, &b->tests) = range;
    acl_finish(arena, a);
    acl_finish(arena, b);
    assert_int_equal(b->needs, NEEDS_RESPONSE);
    struct cond c = { .negate = true };
    struct group *g = ARENA_PUSH(arena, &c.groups);
    *ARENA_PUSH(arena, &g->terms) = (struct term){ a, false };
    *ARENA_PUSH(arena, &g->terms) = (struct term){ b, true };
    g = ARENA_PUSH(arena, &c.groups);
    *ARENA_PUSH(arena, &g->terms) = (struct term){ b, false };
    cond_finish(&c);
    assert_int_equal(c.needs, NEEDS_REQUEST | NEEDS_RESPONSE);
    char text[256];
    struct buf out;
    buf_init_fixed(&out, text, sizeof(text));
    cond_put(&out, &c);
    assert_span(buf_span(&out), "unless { PATH begin nocase \"/old\" } !{ STATUS int 500.. 404 } || "
                                "{ STATUS int 500.. 404 }");
}

static struct network network(const char *text)
{
    struct network n;
    assert_true(network_parse(span_from(text), &n));
    return n;
}

static int64_t find(const struct network_set *s, const char *ip)
{
    struct address a;
    assert_true(address_parse_ip(span_from(ip), &a));
    return network_set_find(s, &a);
}

static void the_longest_network_wins(void **state)
{
    (void)state;
    const struct network all[] = { network("10.0.0.0/8"), network("10.1.0.0/16"), network("10.1.2.0/23"),
                                   network("10.1.2.3"),   network("::/0"),        network("2001:db8::/33"),
                                   network("10.0.0.0/8"), network("0.0.0.0/0") };
    const struct network_set *s = network_set_new(arena, all, 8);
    assert_int_equal(find(s, "10.9.9.9"), 0);
    assert_int_equal(find(s, "10.1.9.9"), 1);
    assert_int_equal(find(s, "10.1.3.9"), 2);
    assert_int_equal(find(s, "10.1.2.3"), 3);
    assert_int_equal(find(s, "::ffff:10.1.2.3"), 3);
    assert_int_equal(find(s, "11.1.2.3"), 7);
    assert_int_equal(find(s, "2001:db8:7fff::1"), 5);
    assert_int_equal(find(s, "2001:db8:8000::1"), 4);
    s = network_set_new(arena, all, 4);
    assert_int_equal(find(s, "11.0.0.1"), -1);
    assert_int_equal(find(s, "::1"), -1);
}

static struct lookup_row *row(struct lookup *l, enum match how, const char *text, const char *value)
{
    struct lookup_row *r = ARENA_PUSH(arena, &l->rows);
    *r = (struct lookup_row){ .how = how,
                              .text = span_from(text),
                              .value = expr_text(arena, span_from(value)) };
    return r;
}

static void assert_looked_up(const struct lookup *l, const char *subject, const char *expected)
{
    const struct lookup_row *found = lookup_find(l, span_from(subject), NULL, NULL);
    if (expected == NULL)
        assert_null(found);
    else
        assert_span(found->value->constant, expected);
}

static void rows_by_precedence(void **state)
{
    (void)state;
    struct lookup l = { .hostnames = true };
    (void)row(&l, MATCH_SUB, "example", "sub");
    (void)row(&l, MATCH_EXACT, "www.example.*", "prefix");
    (void)row(&l, MATCH_EXACT, "*.example.com", "suffix");
    (void)row(&l, MATCH_EXACT, "*.b.example.com", "longer suffix");
    (void)row(&l, MATCH_EXACT, "www.example.com", "exact");
    (void)row(&l, MATCH_EXACT, ".dot.org", "both");
    row(&l, MATCH_IP, "", "ten")->network = network("10.0.0.0/8");
    row(&l, MATCH_INT, "", "number")->range = (struct int_range){ -5, 5 };
    row(&l, MATCH_LEN, "", "three")->range = (struct int_range){ 3, 3 };
    lookup_finish(arena, &l);
    assert_looked_up(&l, "WWW.example.com", "exact");
    assert_looked_up(&l, "www.example.com.", "exact");
    assert_looked_up(&l, "a.b.example.com", "longer suffix");
    assert_looked_up(&l, "b.example.com", "suffix");
    assert_looked_up(&l, "www.example.org", "prefix");
    assert_looked_up(&l, "dot.org", "both");
    assert_looked_up(&l, "x.dot.org", "both");
    assert_looked_up(&l, "my-example", "sub");
    assert_looked_up(&l, "10.2.3.4", "ten");
    assert_looked_up(&l, "-3", "number");
    assert_looked_up(&l, "-6x", "three");
    assert_looked_up(&l, "-6", NULL);
    struct address ip;
    assert_true(address_parse_ip(SPAN("10.0.0.1"), &ip));
    assert_span(lookup_find(&l, SPAN(""), &ip, NULL)->value->constant, "ten");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_fetch_and_converter_has_its_row),
        T(texts_become_one_constant),
        T(one_part_keeps_its_type),
        T(conversions_change_the_type),
        T(a_map_needs_what_its_rows_need),
        T(long_lists_get_a_table),
        T(conditions_collect_needs_and_show_themselves),
        T(the_longest_network_wins),
        T(rows_by_precedence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
