/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include "base/macros.h"
#include "unit.h"

static void decodes_each_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t c;
        size_t bytes;
    } known[] = {
        { "A", 'A', 1 },
        { "\x7f", 0x7f, 1 },
        { "\xc2\x80", 0x80, 2 },
        { "\xdf\xbf", 0x7ff, 2 },
        { "\xe0\xa0\x80", 0x800, 3 },
        { "中", 0x4e2d, 3 },
        { "\xed\x9f\xbf", 0xd7ff, 3 },
        { "\xef\xbf\xbf", 0xffff, 3 },
        { "\xf0\x90\x80\x80", 0x10000, 4 },
        { "\xf4\x8f\xbf\xbf", 0x10ffff, 4 },
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        uint32_t c = 0;
        assert_int_equal(utf8_decode(span_from(known[i].text), &c), known[i].bytes);
        assert_int_equal(c, known[i].c);
    }
}

static void refuses_what_is_not_utf8(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80", /* overlong NUL */
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80", /* a surrogate */
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xc4"
        "A",
        "\xe4\xb8",
        "\xe4\xb8"
        "A",
        "\xd6\xd0" /* GBK for the character in the test above: looks like UTF-8 here */
        "\xff"
    };
    uint32_t c;
    for (size_t i = 0; i + 1 < COUNT_OF(bad); i++)
        assert_int_equal(utf8_decode(span_from(bad[i]), &c), 0);
    assert_int_equal(utf8_decode(SPAN(""), &c), 0);
}

static void knows_how_wide_characters_are(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned cells;
    } known[] = {
        { "a", 1 },  { "é", 1 },  { "…", 1 },  { "—", 1 },  { "│", 1 },           { "ж", 1 },
        { "中", 2 }, { "；", 2 }, { "：", 2 }, { "、", 2 }, { "ひ", 2 },          { "한", 2 },
        { "ｱ", 1 },  { "Ａ", 2 }, { "😀", 2 },  { "𠀀", 2 }, { "\xcc\x81", 0 },    { "\xef\xbb\xbf", 0 },
        { "“", 1 },  { "→", 1 },  { "●", 1 },  { "▲", 1 },  { "\xe2\x80\x8b", 0 }
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        uint32_t c = 0;
        assert_true(utf8_decode(span_from(known[i].text), &c) > 0);
        if (utf8_width(c) != known[i].cells)
            fail_msg("%s is said to be %u wide", known[i].text, utf8_width(c));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_each_length),
        cmocka_unit_test(refuses_what_is_not_utf8),
        cmocka_unit_test(knows_how_wide_characters_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
