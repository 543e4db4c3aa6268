/* SPDX-License-Identifier: Apache-2.0 */
/* How many may come a second. */
#include "state/rates.h"

#include "state/fixture.h"

static unsigned take(struct throttle *t, uint32_t most, double s)
{
    unsigned n = 0;

    for (; n < 1000 && throttle_wait(t, most, at_s(s)).ms == 0; n++)
        throttle_count(t, at_s(s));
    return n;
}

static void the_second_before_counts_for_its_rest(void **state)
{
    (void)state;
    struct throttle t = { 0 };
    assert_int_equal(take(&t, 10, 100.5), 10);
    assert_int_equal(throttle_wait(&t, 10, at_s(100.5)).ms, 500);
    assert_int_equal(take(&t, 10, 100.9), 0);
    assert_int_equal(take(&t, 10, 101.0), 0);
    assert_int_equal(throttle_wait(&t, 10, at_s(101.0)).ms, 100);
    assert_int_equal(take(&t, 10, 101.5), 5); /* half of the ten are forgotten, and one has come */
    assert_int_equal(take(&t, 10, 103), 10);  /* a whole second without anybody */
    assert_int_equal(take(&t, 1, 104), 0);
    assert_int_equal(throttle_wait(&t, 1, at_s(104)).ms, 1000);
    assert_int_equal(throttle_wait(&t, 10, at_s(102)).ms, 100); /* a clock that is behind */
}

static void what_was_set_stays_while_the_file_says_the_same(void **state)
{
    (void)state;
    struct rates r = { 0 };
    struct config *c = config_new();
    rates_bind(&r, c);
    assert_false(atomic_load(&r.any));
    c->process.rate_max[RATE_SESSIONS] = 5;
    rates_bind(&r, c);
    assert_true(atomic_load(&r.any));
    assert_int_equal(rates_most(&r, RATE_SESSIONS), 5);
    rates_set(&r, RATE_SESSIONS, 0);
    rates_bind(&r, c);
    assert_int_equal(rates_most(&r, RATE_SESSIONS), 0);
    assert_false(atomic_load(&r.any));
    c->process.rate_max[RATE_SESSIONS] = 6;
    rates_bind(&r, c);
    assert_int_equal(rates_most(&r, RATE_SESSIONS), 6);
    config_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_before_counts_for_its_rest),
        cmocka_unit_test(what_was_set_stays_while_the_file_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
