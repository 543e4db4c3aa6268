/* SPDX-License-Identifier: Apache-2.0 */
/* One value found in a JSON text, and texts that are none. */
#include "unit.h"

#include "base/scratch.h"
#include "eval/json.h"

/* What is at <path>; "(none)". */
static struct span at(const char *json, const char *path, enum json_kind *kind)
{
    struct span raw;
    return json_find(span_from(json), span_from(path), kind, &raw) ? raw : SPAN("(none)");
}

static void assert_at(const char *json, const char *path, enum json_kind wanted, const char *raw)
{
    enum json_kind kind = JSON_NULL;
    assert_span(at(json, path, &kind), raw);
    assert_int_equal(kind, wanted);
}

static void test_every_kind_of_value(void **state)
{
    (void)state;
    const char *json = " { \"s\" : \"a\\\"b\", \"n\":-1.5e3 ,\"t\":true,\"f\":false,\"z\":null,"
                       "\"l\":[1,[2,{\"x\":3}],\"]\"],\"o\":{\"s\":\"inner\"}, \"a.b\":4} ";
    assert_at(json, "$.s", JSON_STRING, "a\\\"b");
    assert_at(json, "$.n", JSON_NUMBER, "-1.5e3");
    assert_at(json, "$.t", JSON_TRUE, "true");
    assert_at(json, "$.f", JSON_FALSE, "false");
    assert_at(json, "$.z", JSON_NULL, "null");
    assert_at(json, "$.l[1]", JSON_ARRAY, "[2,{\"x\":3}]");
    assert_at(json, "$.l[1][1].x", JSON_NUMBER, "3");
    assert_at(json, "$.l[2]", JSON_STRING, "]");
    assert_at(json, "$.o.s", JSON_STRING, "inner");
    assert_at(json, "$.a\\.b", JSON_NUMBER, "4");
    assert_at("7", "$", JSON_NUMBER, "7");
}

static void test_what_is_not_there(void **state)
{
    enum json_kind kind;

    (void)state;
    static const char *const none[][2] = {
        { "{\"a\":1}", "$.b" },
        { "{\"a\":1}", "$.a.b" },
        { "{\"a\":1}", "$[0]" },
        { "[1]", "$[1]" },
        { "[1]", "$.a" },
        { "{\"a\"", "$.a" },
        { "{\"a\":", "$.a" },
        { "{\"a\":\"x", "$.a" },
        { "{\"a\":[1", "$.a" },
        { "{\"a\":x}", "$.a" },
        { "", "$" },
        { "{}", "$.a" },
        { "{\"a\":1}", "a" },
        { "{\"a\":1}", "$.a[" },
        { "{\"a\":1}", "$." },
        { "[", "$[0]" },
        { "{\"a\\", "$.a" },
    };
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
        assert_span(at(none[i][0], none[i][1], &kind), "(none)");
}

static void test_brackets_without_end(void **state)
{
    enum json_kind kind;
    static char deep[4096];

    (void)state;
    memset(deep, '[', sizeof(deep) - 1);
    assert_span(at(deep, "$", &kind), "(none)");
}

static void test_escapes_of_strings(void **state)
{
    struct slab slab;
    struct scratch s;

    (void)state;
    slab_init(&slab, "pieces", 4096, 4, 0);
    scratch_init(&s, &slab, 1 << 20);
    assert_span(json_unescape(&s, SPAN("plain")), "plain");
    assert_span(json_unescape(&s, SPAN("a\\n\\t\\\"\\\\\\/b")), "a\n\t\"\\/b");
    assert_span(json_unescape(&s, SPAN("\\u0041\\u00e9\\u20ac\\ud83d\\ude00")),
                "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_null(json_unescape(&s, SPAN("\\x")).ptr);
    assert_null(json_unescape(&s, SPAN("\\u12")).ptr);
    assert_null(json_unescape(&s, SPAN("\\ud83d")).ptr);
    assert_null(json_unescape(&s, SPAN("a\\")).ptr);
    scratch_reset(&s);
    slab_fini(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_value),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_brackets_without_end),
        cmocka_unit_test(test_escapes_of_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
