/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

#include "unit.h"

static void reads_big_endian_in_order(void **state)
{
    (void)state;
    struct reader r = reader_of(SPAN("\x01\x02\x03\x80\x00\x00\x01\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8tail"));
    assert_int_equal(reader_u8(&r), 1);
    assert_int_equal(reader_u16(&r), 0x0203);
    assert_true(reader_u32(&r) == 0x80000001u);
    assert_true(reader_u64(&r) == 0xfffefdfcfbfaf9f8u);
    assert_int_equal(reader_left(&r), 4);
    assert_span(reader_take(&r, 4), "tail");
    assert_int_equal(reader_left(&r), 0);
    assert_false(r.failed);
}

static void fails_for_good_at_the_end(void **state)
{
    (void)state;
    struct reader r = reader_of(SPAN("\x01\x02\x03"));
    assert_int_equal(reader_u16(&r), 0x0102);
    assert_int_equal(reader_u16(&r), 0); /* one byte is not enough */
    assert_true(r.failed);
    assert_int_equal(reader_u8(&r), 0); /* though one byte is there */
    assert_int_equal(reader_left(&r), 0);
    assert_true(span_is_empty(reader_take(&r, 1)));
    (void)reader_take(&r, 0);
    assert_true(r.failed);
}

static void a_hostile_length_does_not_wrap(void **state)
{
    (void)state;
    struct reader r = reader_of(SPAN("abc"));
    (void)reader_u8(&r);
    assert_true(span_is_empty(reader_take(&r, SIZE_MAX)));
    assert_true(r.failed);
}

static void taking_nothing_is_fine(void **state)
{
    (void)state;
    struct reader r = reader_of(SPAN(""));
    assert_int_equal(reader_take(&r, 0).len, 0);
    assert_false(r.failed);
    (void)reader_u8(&r);
    assert_true(r.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_big_endian_in_order),
        cmocka_unit_test(fails_for_good_at_the_end),
        cmocka_unit_test(a_hostile_length_does_not_wrap),
        cmocka_unit_test(taking_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
