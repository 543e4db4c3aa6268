/* SPDX-License-Identifier: Apache-2.0 */
#include "base/md5.h"

#include <string.h>

#include "base/macros.h"
#include "unit.h"

static void same(const char *text, const char *sum)
{
    char hex[2 * MD5_SIZE];

    md5_hex(span_from(text), hex);
    assert_memory_equal(hex, sum, sizeof(hex));
}

/* RFC 1321 A.5 */
static void the_suite_of_the_rfc(void **state)
{
    (void)state;
    same("", "d41d8cd98f00b204e9800998ecf8427e");
    same("a", "0cc175b9c0f1b6a831c399e269772661");
    same("abc", "900150983cd24fb0d6963f7d28e17f72");
    same("message digest", "f96b697d7cb7938d525a2f31aaf161d0");
    same("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b");
    same("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f");
    same("12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a");
}

/* Where the length begins to need a block of its own. */
static void lengths_around_a_block(void **state)
{
    static const struct {
        size_t len;
        const char *sum;
    } rows[] = {
        { 55, "ef1772b6dff9a122358552954ad0df65" }, { 56, "3b0c8ac703f828b04c6c197006d17218" },
        { 63, "b06521f39153d618550606be297466d5" }, { 64, "014842d480b571495a4a0363793f7367" },
        { 65, "c743a45e0d2e6a95cb859adae0248435" },
    };
    char text[65];

    (void)state;
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char hex[2 * MD5_SIZE];
        md5_hex(span_of(text, rows[i].len), hex);
        assert_memory_equal(hex, rows[i].sum, sizeof(hex));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_suite_of_the_rfc),
        cmocka_unit_test(lengths_around_a_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
