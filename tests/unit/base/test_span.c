/* SPDX-License-Identifier: Apache-2.0 */
#include "base/span.h"

#include "unit.h"

static void compares_ascii_without_case(void **state)
{
    (void)state;
    assert_true(span_eq_nocase(SPAN("Content-LENGTH"), SPAN("content-length")));
    assert_false(span_eq_nocase(SPAN("host"), SPAN("hosts")));
    /* the neighbours of the letters differ by the same bit as a letter's two cases */
    assert_false(span_eq_nocase(SPAN("@"), SPAN("`")));
    assert_false(span_eq_nocase(SPAN("["), SPAN("{")));
    assert_false(span_eq_nocase(SPAN("\xc4"), SPAN("\xe4")));
}

static void orders_like_memcmp_and_shorter_first(void **state)
{
    (void)state;
    assert_true(span_cmp(SPAN("a"), SPAN("b")) < 0);
    assert_true(span_cmp(SPAN("b"), SPAN("abc")) > 0);
    assert_true(span_cmp(SPAN("ab"), SPAN("abc")) < 0);
    assert_true(span_cmp(SPAN("\xff"), SPAN("a")) > 0);
    assert_int_equal(span_cmp(SPAN("abc"), SPAN("abc")), 0);
    assert_int_equal(span_cmp(span_of(NULL, 0), SPAN("")), 0);
}

static void tells_beginnings_and_ends(void **state)
{
    (void)state;
    assert_true(span_starts_with(SPAN("/api/x"), SPAN("/api")));
    assert_true(span_starts_with(SPAN("x"), SPAN("")));
    assert_false(span_starts_with(SPAN("/ap"), SPAN("/api")));
    assert_true(span_starts_with_nocase(SPAN("HTTP/1.1"), SPAN("http/")));
    assert_true(span_ends_with(SPAN("index.php"), SPAN(".php")));
    assert_false(span_ends_with(SPAN("php"), SPAN(".php")));
    assert_true(span_ends_with_nocase(SPAN("INDEX.PHP"), SPAN(".php")));
    assert_false(span_ends_with_nocase(SPAN("INDEX.PHQ"), SPAN(".php")));
}

static void finds_the_first(void **state)
{
    (void)state;
    assert_int_equal(span_find_char(SPAN("a:b:c"), ':'), 1);
    assert_true(span_find_char(SPAN("abc"), ':') == SPAN_NONE);
    assert_true(span_find_char(span_of(NULL, 0), ':') == SPAN_NONE);
    assert_int_equal(span_find(SPAN("aab"), SPAN("ab")), 1);
    assert_int_equal(span_find(SPAN("aab"), SPAN("")), 0);
    assert_true(span_find(SPAN("ab"), SPAN("abc")) == SPAN_NONE);
    assert_int_equal(span_find_nocase(SPAN("keep-alive, Upgrade"), SPAN("upgrade")), 12);
    assert_true(span_find_nocase(SPAN("keep-alive"), SPAN("upgrade")) == SPAN_NONE);
    assert_int_equal(span_find_nocase(SPAN("ab"), SPAN("AB")), 0);
}

static void takes_parts_within_bounds(void **state)
{
    (void)state;
    assert_span(span_from_index(SPAN("abc"), 1), "bc");
    assert_span(span_from_index(SPAN("abc"), 3), "");
    assert_span(span_from_index(SPAN("abc"), 99), "");
    assert_span(span_first(SPAN("abc"), 2), "ab");
    assert_span(span_first(SPAN("abc"), 9), "abc");
    assert_true(span_is_empty(span_from(NULL)));
}

static void trims_blanks_only(void **state)
{
    (void)state;
    assert_span(span_trim(SPAN(" \t a b \t")), "a b");
    assert_span(span_trim(SPAN(" \t ")), "");
    assert_span(span_trim(SPAN("\r\n")), "\r\n");
}

static void cuts_fields_until_the_end(void **state)
{
    (void)state;
    struct span s = SPAN("a,,b");
    assert_span(span_cut(&s, ','), "a");
    assert_span(span_cut(&s, ','), "");
    assert_non_null(s.ptr);
    assert_span(span_cut(&s, ','), "b");
    assert_null(s.ptr);
    s = SPAN("a,");
    assert_span(span_cut(&s, ','), "a");
    assert_non_null(s.ptr); /* an empty field is still to come */
    assert_span(span_cut(&s, ','), "");
    assert_null(s.ptr);
}

static void reads_whole_decimal_numbers(void **state)
{
    (void)state;
    uint64_t n = 7;
    assert_true(span_to_u64(SPAN("0"), 10, &n));
    assert_int_equal(n, 0);
    assert_true(span_to_u64(SPAN("18446744073709551615"), UINT64_MAX, &n));
    assert_true(n == UINT64_MAX);
    assert_true(span_to_u64(SPAN("007"), 7, &n));
    assert_int_equal(n, 7);
    n = 42;
    const char *const bad[] = {
        "", "-1", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616", "99999999999999999999"
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(span_to_u64(span_from(bad[i]), UINT64_MAX, &n));
    assert_false(span_to_u64(SPAN("11"), 10, &n));
    assert_false(span_to_u64(SPAN("1\0"), 10, &n));
    assert_int_equal(n, 42); /* untouched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_ascii_without_case), cmocka_unit_test(orders_like_memcmp_and_shorter_first),
        cmocka_unit_test(tells_beginnings_and_ends),   cmocka_unit_test(finds_the_first),
        cmocka_unit_test(takes_parts_within_bounds),   cmocka_unit_test(trims_blanks_only),
        cmocka_unit_test(cuts_fields_until_the_end),   cmocka_unit_test(reads_whole_decimal_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
