/* SPDX-License-Identifier: Apache-2.0 */
/* Host and location lookups. The expected locations were measured on nginx 1.22. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/rand.h"
#include "model/config.h"
#include "model/regex.h"
#include "model/route.h"

static struct arena *arena;
static struct regex *regexes[32];
static unsigned regex_count;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(0);
    regex_count = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    while (regex_count)
        regex_release(regexes[--regex_count]);
    arena_free(&arena);
    return 0;
}

static struct scope *scope_called(const char *name)
{
    struct scope *s = ARENA_NEW(arena, struct scope);
    s->name = span_from(name);
    return s;
}

static const struct regex *regex(const char *pattern)
{
    struct buf why;
    size_t at;
    char text[64];
    buf_init_fixed(&why, text, sizeof(text));
    struct regex *r = regex_compile(arena, span_from(pattern), false, &why, &at);
    assert_non_null(r);
    return regexes[regex_count++] = r;
}

static void add_host(struct host_table *t, const char *name)
{
    assert_int_equal(host_table_add(arena, t, span_from(name), scope_called(name)), HOST_NAME_ADDED);
}

static void assert_host(const struct host_table *t, const char *host, const char *expected)
{
    assert_span(host_table_find(t, span_from(host), NULL, NULL)->name, expected);
}

static void hosts_by_precedence(void **state)
{
    (void)state;
    struct host_table t;
    host_table_init(&t, scope_called("default"));
    add_host(&t, "www.example.com");
    add_host(&t, "*.example.com");
    add_host(&t, "*.api.example.com");
    add_host(&t, ".example.net");
    add_host(&t, "www.example.*");
    add_host(&t, "www.*");
    add_host(&t, "");
    *ARENA_PUSH(arena, &t.regexes) = (struct host_regex){ regex("^(w+)\\.re\\."), scope_called("~") };
    assert_host(&t, "www.example.com", "www.example.com");
    assert_host(&t, "a.example.com", "*.example.com");
    assert_host(&t, "a.b.example.com", "*.example.com");
    assert_host(&t, "x.api.example.com", "*.api.example.com");
    assert_host(&t, "api.example.com", "*.example.com");
    assert_host(&t, "example.com", "default");
    assert_host(&t, "example.net", ".example.net");
    assert_host(&t, "a.b.example.net", ".example.net");
    assert_host(&t, "www.example.org", "www.example.*");
    assert_host(&t, "www.example.co.uk", "www.example.*");
    assert_host(&t, "www.other.org", "www.*");
    assert_host(&t, "www", "default");
    assert_host(&t, "", "");
    struct regex_match match;
    const struct regex *by = NULL;
    assert_span(host_table_find(&t, SPAN("ww.re.x"), &match, &by)->name, "~");
    assert_span(match.part[1], "ww");
    assert_ptr_equal(by, t.regexes.items[0].regex);
}

static void host_names_that_clash_or_are_none(void **state)
{
    (void)state;
    struct host_table t;
    struct scope *mine = scope_called("mine");
    host_table_init(&t, scope_called("default"));
    assert_int_equal(host_table_add(arena, &t, SPAN("A.example"), mine), HOST_NAME_ADDED);
    assert_int_equal(host_table_add(arena, &t, SPAN("a.example"), mine), HOST_NAME_ADDED);
    assert_int_equal(host_table_add(arena, &t, SPAN("a.EXAMPLE"), scope_called("x")), HOST_NAME_TAKEN);
    assert_host(&t, "a.example", "mine");
    assert_int_equal(host_table_add(arena, &t, SPAN("a*.example"), mine), HOST_NAME_BAD);
    assert_int_equal(host_table_add(arena, &t, SPAN("*.a.*"), mine), HOST_NAME_BAD);
    assert_int_equal(host_table_add(arena, &t, SPAN("*."), mine), HOST_NAME_BAD);
    assert_int_equal(host_table_add(arena, &t, SPAN("a..b"), mine), HOST_NAME_BAD);
}

static struct location_prefix *add_prefix(struct location_tree *t, const char *kind, const char *path)
{
    struct location_prefix *p = ARENA_PUSH(arena, &t->prefixes);
    char name[64];
    (void)snprintf(name, sizeof(name), "%s%s", kind, path);
    *p = (struct location_prefix){
        .prefix = span_from(path),
        .scope = scope_called(arena_span(arena, span_from(name)).ptr),
        .exact = strcmp(kind, "= ") == 0,
        .no_regex = strcmp(kind, "^~ ") == 0,
    };
    return p;
}

static struct location_tree *nest(struct location_prefix *p)
{
    return p->nested = ARENA_NEW(arena, struct location_tree);
}

static struct location_regex *add_regex(struct location_tree *t, const char *pattern)
{
    struct location_regex *r = ARENA_PUSH(arena, &t->regexes);
    *r = (struct location_regex){ .regex = regex(pattern), .scope = scope_called(pattern) };
    return r;
}

static void assert_goes(const struct location_tree *t, const char *path, const char *expected)
{
    struct location_choice c = location_tree_route(t, span_from(path), NULL);
    if (expected == NULL)
        assert_null(c.scope);
    else
        assert_span(c.scope->name, expected);
    assert_false(c.redirect);
}

static void assert_redirects(const struct location_tree *t, const char *path, const char *expected)
{
    struct location_choice c = location_tree_route(t, span_from(path), NULL);
    assert_span(c.scope->name, expected);
    assert_true(c.redirect);
}

static void locations_by_precedence(void **state)
{
    (void)state;
    struct location_tree t = { .nocase = false };
    (void)add_prefix(&t, "", "/");
    (void)add_prefix(&t, "", "/images/");
    (void)add_prefix(&t, "", "/img");
    (void)add_prefix(&t, "^~ ", "/static/");
    (void)add_prefix(&t, "= ", "/exact.jpg");
    (void)add_regex(&t, "\\.(gif|jpg)$");
    (void)add_regex(&t, "^/images/x");
    location_tree_finish(arena, &t);
    assert_goes(&t, "/", "/");
    assert_goes(&t, "/i", "/");
    assert_goes(&t, "/img", "/img");
    assert_goes(&t, "/images", "/");
    assert_goes(&t, "/images/a", "/images/");
    assert_goes(&t, "/images/x.gif", "\\.(gif|jpg)$");
    assert_goes(&t, "/static/x.gif", "^~ /static/");
    assert_goes(&t, "/exact.jpg", "= /exact.jpg");
    assert_goes(&t, "/exact.jpgs", "/");
    assert_goes(&t, "x", NULL);
}

static void nested_locations_as_measured(void **state)
{
    (void)state;
    struct location_tree t = { .nocase = false };
    struct location_prefix *f = add_prefix(&t, "", "/f");
    (void)add_regex(nest(f), "x$");
    (void)add_prefix(nest(add_prefix(&t, "", "/i")), "", "/i/j");
    (void)add_prefix(nest(add_prefix(&t, "^~ ", "/k")), "", "/k/l");
    (void)add_prefix(nest(add_prefix(&t, "", "/m")), "^~ ", "/m/n");
    (void)add_prefix(nest(add_prefix(&t, "", "/p")), "= ", "/p/q");
    struct location_regex *o = add_regex(&t, "^/o(.)");
    o->nested = ARENA_NEW(arena, struct location_tree);
    (void)add_regex(o->nested, "^/o(.)(.)");
    struct location_regex *outer = add_regex(&t, "x$");
    outer->scope = scope_called("outer x$");
    location_tree_finish(arena, &t);
    assert_goes(&t, "/f/x", "x$"); /* the nested one */
    assert_goes(&t, "/f", "/f");
    assert_goes(&t, "/i/x", "outer x$");
    assert_goes(&t, "/i/jx", "outer x$");
    assert_goes(&t, "/i/j", "/i/j");
    assert_goes(&t, "/kx", "^~ /k");
    assert_goes(&t, "/k/lx", "/k/l");
    assert_goes(&t, "/m/nx", "outer x$");
    assert_goes(&t, "/p/q", "= /p/q");
    struct regex_match match;
    struct location_choice c = location_tree_route(&t, SPAN("/oab"), &match);
    assert_span(c.scope->name, "^/o(.)(.)");
    assert_span(match.part[2], "b");
    c = location_tree_route(&t, SPAN("/oa"), &match);
    assert_span(c.scope->name, "^/o(.)");
    assert_span(match.part[1], "a");
}

static void redirects_to_the_slash_as_measured(void **state)
{
    (void)state;
    struct location_tree t = { .nocase = false };
    (void)add_prefix(&t, "", "/");
    add_prefix(&t, "", "/a/")->auto_redirect = true;
    add_prefix(&t, "", "/b/")->auto_redirect = true;
    (void)add_prefix(&t, "", "/b");
    add_prefix(&t, "", "/c/")->auto_redirect = true;
    (void)add_prefix(&t, "= ", "/c");
    add_prefix(&t, "", "/d/")->auto_redirect = true;
    add_prefix(&t, "= ", "/e/")->auto_redirect = true;
    add_prefix(&t, "^~ ", "/h/")->auto_redirect = true;
    struct location_prefix *f = add_prefix(&t, "", "/f");
    add_prefix(nest(f), "", "/f/g/")->auto_redirect = true;
    (void)add_regex(&t, "^/d");
    location_tree_finish(arena, &t);
    assert_redirects(&t, "/a", "/a/");
    assert_goes(&t, "/b", "/b");
    assert_goes(&t, "/c", "= /c");
    assert_redirects(&t, "/d", "/d/"); /* before the regular expression */
    assert_redirects(&t, "/e", "= /e/");
    assert_redirects(&t, "/h", "^~ /h/");
    assert_redirects(&t, "/f/g", "/f/g/");
    assert_goes(&t, "/a/", "/a/");
    assert_goes(&t, "/ab", "/");
}

static void case_does_not_matter_where_it_should_not(void **state)
{
    (void)state;
    struct location_tree t = { .nocase = true };
    (void)add_prefix(&t, "", "/Abc");
    (void)add_prefix(&t, "", "/aBd");
    location_tree_finish(arena, &t);
    assert_goes(&t, "/abC/x", "/Abc");
    assert_goes(&t, "/ABD", "/aBd");
}

/* Against the plain definition: the longest entry that begins the path. */
static void many_prefixes_agree_with_a_slow_search(void **state)
{
    (void)state;
    struct location_tree t = { .nocase = false };
    struct rand r;
    rand_seed(&r, 7);
    for (unsigned i = 0; i < 500; i++) {
        char path[16] = "/";
        unsigned len = 1 + rand_below(&r, 8);
        for (unsigned k = 0; k < len; k++)
            path[1 + k] = "ab/\xc3"[rand_below(&r, 4)];
        path[1 + len] = 0;
        (void)add_prefix(&t, "", arena_span(arena, span_from(path)).ptr);
    }
    location_tree_finish(arena, &t);
    for (unsigned i = 0; i < 2000; i++) {
        char path[16] = "/";
        unsigned len = rand_below(&r, 12);
        for (unsigned k = 0; k < len; k++)
            path[1 + k] = "ab/\xc3"[rand_below(&r, 4)];
        const struct location_prefix *slow = NULL, *fast = location_tree_find(&t, span_from(path));
        for (uint32_t k = 0; k < t.prefixes.count; k++) {
            const struct location_prefix *p = &t.prefixes.items[k];
            if (span_starts_with(span_from(path), p->prefix) && (!slow || p->prefix.len > slow->prefix.len))
                slow = p;
        }
        assert_ptr_equal(fast, slow);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(hosts_by_precedence),
        T(host_names_that_clash_or_are_none),
        T(locations_by_precedence),
        T(nested_locations_as_measured),
        T(redirects_to_the_slash_as_measured),
        T(case_does_not_matter_where_it_should_not),
        T(many_prefixes_agree_with_a_slow_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
