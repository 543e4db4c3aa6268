/* SPDX-License-Identifier: Apache-2.0 */
/* The table of byte classes against the grammars, written out again. */
#include "wire/chars.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool one_of(int c, const char *set)
{
    return c > 0 && c < 0x80 && strchr(set, c) != NULL;
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

static void every_byte_has_the_classes_of_the_grammar(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        bool visible = (i > 0x20 && i < 0x7f) || i >= 0x80;
        assert_int_equal(char_is(c, CHAR_TOKEN), one_of(i, LETTERS DIGITS "!#$%&'*+-.^_`|~"));
        assert_int_equal(char_is(c, CHAR_DIGIT), one_of(i, DIGITS));
        assert_int_equal(char_is(c, CHAR_ALPHA), one_of(i, LETTERS));
        assert_int_equal(char_is(c, CHAR_HEX), one_of(i, DIGITS "ABCDEFabcdef"));
        assert_int_equal(char_is(c, CHAR_TEXT), visible || i == ' ' || i == '\t');
        assert_int_equal(char_is(c, CHAR_HOST), one_of(i, LETTERS DIGITS "-._~!$&'()*+;="));
        assert_int_equal(char_is(c, CHAR_TARGET), visible && i != '#' && i != '?');
        assert_int_equal(char_is_blank(c), i == ' ' || i == '\t');
    }
}

static void hex_digits_have_values(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        const char *upper = one_of(i, "0123456789ABCDEF") ? strchr("0123456789ABCDEF", i) : NULL;
        const char *lower = one_of(i, "abcdef") ? strchr("abcdef", i) : NULL;
        int wanted = upper ? (int)strspn("0123456789ABCDEF", "0123456789ABCDEF") - (int)strlen(upper) : -1;
        if (lower)
            wanted = 16 - (int)strlen(lower);
        assert_int_equal(char_hex_value((char)i), wanted);
    }
}

static void a_run_ends_at_the_first_other_byte(void **state)
{
    (void)state;
    assert_int_equal(chars_of(SPAN("123x4"), CHAR_DIGIT), 3);
    assert_int_equal(chars_of(SPAN("x"), CHAR_DIGIT), 0);
    assert_int_equal(chars_of(SPAN("12"), CHAR_DIGIT), 2);
    assert_int_equal(chars_of(SPAN(""), CHAR_DIGIT), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_has_the_classes_of_the_grammar),
        cmocka_unit_test(hex_digits_have_values),
        cmocka_unit_test(a_run_ends_at_the_first_other_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
