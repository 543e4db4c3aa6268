/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <string.h>

#include "base/macros.h"
#include "unit.h"

/*
 * hash() of bytes in CPython 3.11 is SipHash-1-3 under a key that
 * PYTHONHASHSEED gives: 0 is the zero key, 42 the one below.
 */
static const uint8_t zero_key[16];
static const uint8_t key_42[16] = { 0xaf, 0x90, 0xcd, 0x68, 0xd3, 0x4f, 0x50, 0xdc,
                                    0xc1, 0xe9, 0x99, 0xfe, 0x9f, 0xbb, 0x20, 0xb9 };

static void agrees_with_another_implementation(void **state)
{
    static const struct {
        size_t len;
        uint64_t zero, forty_two; /* of the bytes 0, 1, 2 ... */
    } known[] = {
        { 1, 0x68a914128e01e473u, 0xce880c366bcf3489u },  { 7, 0x2f098ab0c751325au, 0xce280fabc397fbdau },
        { 8, 0xead411e67ebe2eeau, 0x60866c3c108c6afbu },  { 9, 0x75927f9d95124362u, 0x68814005f7469e03u },
        { 15, 0xf30eb725bb91c9eau, 0x94ace24d68c18cf8u }, { 16, 0x8972188433a5c5b7u, 0x339176f3ac59ce05u },
        { 63, 0x385d3e39e5f37359u, 0x06e24d6f0d014c37u },
    };
    char bytes[64];
    (void)state;
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)i;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        hash_seed(zero_key);
        assert_true(hash_span(span_of(bytes, known[i].len)) == known[i].zero);
        hash_seed(key_42);
        assert_true(hash_span(span_of(bytes, known[i].len)) == known[i].forty_two);
    }
}

static void case_is_ignored_for_ascii_letters_only(void **state)
{
    (void)state;
    hash_seed(zero_key);
    assert_true(hash_span_nocase(SPAN("Content-LENGTH")) == 0x236a70d12a318422u);
    assert_true(hash_span(SPAN("content-length")) == 0x236a70d12a318422u);
    /* each byte at each place in a word and in the tail, against the same byte lowered by hand */
    for (unsigned c = 0; c < 256; c++)
        for (unsigned at = 0; at < 11; at++) {
            char text[11] = "\x80Q@[`{zAz\xc4", lowered[11] = "\x80q@[`{zaz\xc4";
            text[at] = (char)c;
            lowered[at] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
            assert_true(hash_span_nocase(span_of(text, 11)) == hash_span(span_of(lowered, 11)));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_another_implementation),
        cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
