/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <string.h>

#include "unit.h"

static void grows_to_its_limit_and_no_further(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    for (unsigned i = 0; i < 100; i++)
        buf_put(&b, SPAN("0123456789"));
    assert_int_equal(b.len, 1000);
    assert_false(b.truncated);
    buf_put_char(&b, 'x');
    assert_int_equal(b.len, 1000);
    assert_true(b.truncated);
    assert_true(b.room <= 1000);
    assert_true(span_ends_with(buf_span(&b), SPAN("0123456789")));
    buf_clear(&b);
    assert_false(b.truncated);
    buf_put_char(&b, 'y');
    assert_span(buf_span(&b), "y");
    buf_fini(&b);
    assert_null(b.data);
    buf_fini(&b);
}

static void keeps_the_beginning_of_what_does_not_fit(void **state)
{
    (void)state;
    char storage[8];
    struct buf b;
    buf_init_fixed(&b, storage, sizeof(storage));
    buf_put(&b, SPAN("abc"));
    buf_put(&b, SPAN("defghijk"));
    assert_span(buf_span(&b), "abcdefgh");
    assert_true(b.truncated);
    b.len = 2;
    buf_put_char(&b, 'x'); /* nothing follows a gap */
    assert_span(buf_span(&b), "ab");
    buf_fini(&b); /* the storage is ours */
}

static void fixed_storage_is_used_to_the_last_byte(void **state)
{
    (void)state;
    char storage[4];
    struct buf b;
    buf_init_fixed(&b, storage, sizeof(storage));
    buf_printf(&b, "%s", "abcd");
    assert_span(buf_span(&b), "abcd");
    assert_false(b.truncated);
}

static void puts_numbers(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    buf_put_u64(&b, 0);
    buf_put_char(&b, ' ');
    buf_put_u64(&b, UINT64_MAX);
    buf_put_char(&b, ' ');
    buf_put_i64(&b, INT64_MIN);
    buf_put_char(&b, ' ');
    buf_put_i64(&b, 7);
    buf_put_char(&b, ' ');
    buf_put_u64_padded(&b, 7, 3);
    buf_put_char(&b, ' ');
    buf_put_u64_padded(&b, 12345, 3);
    buf_put_char(&b, ' ');
    buf_put_hex(&b, 0xdeadbeef0u);
    buf_put_hex(&b, 0);
    assert_span(buf_span(&b), "0 18446744073709551615 -9223372036854775808 7 007 12345 deadbeef00");
    buf_fini(&b);
}

static void prints_short_and_long(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10000);
    buf_printf(&b, "%d-%s", 5, "x");
    assert_span(buf_span(&b), "5-x");
    buf_printf(&b, "%0*d", 3000, 1);
    assert_int_equal(b.len, 3003);
    assert_int_equal(b.data[3002], '1');
    assert_false(b.truncated);
    buf_printf(&b, "%0*d", 9000, 1);
    assert_true(b.truncated);
    assert_true(b.len <= 10000 && b.len > 9000);
    buf_fini(&b);
}

static void escapes_json(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    buf_put_json(&b, SPAN("a\"b\\c\n\t\x01\x1f/ é 中 \xf0\x9f\x98\x80 \x7f"));
    assert_span(buf_span(&b), "\"a\\\"b\\\\c\\n\\t\\u0001\\u001f/ é 中 \xf0\x9f\x98\x80 \x7f\"");
    buf_clear(&b);
    buf_put_json(&b, SPAN("\xff"
                          "a\xc0\x80\xed\xa0\x80\xe4\xb8"));
    /* one for each byte that begins nothing: no overlong NUL, no surrogate, no cut character */
    assert_span(buf_span(&b),
                "\"\xef\xbf\xbd"
                "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    buf_fini(&b);
}

static void reserve_then_added(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 2000);
    char *to = buf_reserve(&b, 1500);
    assert_non_null(to);
    memset(to, 'z', 1500);
    buf_added(&b, 1000);
    assert_int_equal(b.len, 1000);
    assert_null(buf_reserve(&b, 1001));
    assert_true(b.truncated);
    buf_clear(&b);
    assert_null(buf_reserve(&b, SIZE_MAX));
    buf_fini(&b);
}

static void without_memory_it_truncates(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    buf_put(&b, SPAN("kept"));
    unit_fail_alloc(1);
    for (unsigned i = 0; i < 1000; i++)
        buf_put(&b, SPAN("0123456789"));
    unit_fail_alloc(0);
    assert_true(b.truncated);
    assert_true(span_starts_with(buf_span(&b), SPAN("kept0123")));
    buf_fini(&b);
    buf_init(&b, 100000);
    unit_fail_alloc(1);
    buf_printf(&b, "%0*d", 3000, 1);
    unit_fail_alloc(0);
    assert_true(b.truncated);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_to_its_limit_and_no_further),
        cmocka_unit_test(keeps_the_beginning_of_what_does_not_fit),
        cmocka_unit_test(fixed_storage_is_used_to_the_last_byte),
        cmocka_unit_test(puts_numbers),
        cmocka_unit_test(prints_short_and_long),
        cmocka_unit_test(escapes_json),
        cmocka_unit_test(reserve_then_added),
        cmocka_unit_test(without_memory_it_truncates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
