/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rand.h"

#include "unit.h"

static void follows_xoshiro256starstar(void **state)
{
    (void)state;
    /* by hand from the definition: result = rotl(s1 * 5, 7) * 9, and the state after it */
    struct rand r = { { 1, 2, 3, 4 } };
    assert_true(rand_next(&r) == 11520); /* rotl(10, 7) = 1280; * 9 */
    assert_true(r.s[0] == 7 && r.s[1] == 0 && r.s[2] == (2 ^ 1u << 18) && r.s[3] == (uint64_t)6 << 45);
    assert_true(rand_next(&r) == 0); /* s1 is 0 */
}

static void a_seed_repeats_and_zero_does_not(void **state)
{
    (void)state;
    struct rand a, b, c;
    rand_seed(&a, 5);
    rand_seed(&b, 5);
    rand_seed(&c, 6);
    uint64_t first = rand_next(&a);
    assert_true(first == rand_next(&b));
    assert_true(first != rand_next(&c));
    rand_seed(&a, 0);
    rand_seed(&b, 0);
    assert_true(rand_next(&a) != rand_next(&b));
}

static void below_is_even_and_within_bounds(void **state)
{
    (void)state;
    struct rand r;
    unsigned seen[7] = { 0 };
    rand_seed(&r, 1);
    for (unsigned i = 0; i < 70000; i++) {
        uint32_t n = rand_below(&r, 7);
        assert_true(n < 7);
        seen[n]++;
    }
    for (unsigned i = 0; i < 7; i++)
        assert_in_range(seen[i], 9600, 10400); /* over 4 standard deviations of about 93 */
    assert_int_equal(rand_below(&r, 1), 0);
    assert_int_equal(rand_below(&r, 0), 0);
}

static void below_a_large_number_has_no_bias(void **state)
{
    (void)state;
    /* without the rejection 0 to 2^31 - 1 of 3 * 2^30 would come twice as often in every third place */
    struct rand r;
    unsigned thirds[3] = { 0 };
    rand_seed(&r, 2);
    for (unsigned i = 0; i < 60000; i++)
        thirds[rand_below(&r, 3u << 30) % 3]++;
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(thirds[i], 19500, 20500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_xoshiro256starstar),
        cmocka_unit_test(a_seed_repeats_and_zero_does_not),
        cmocka_unit_test(below_is_even_and_within_bounds),
        cmocka_unit_test(below_a_large_number_has_no_bias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
