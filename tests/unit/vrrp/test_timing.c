/* SPDX-License-Identifier: Apache-2.0 */
/* When addresses are announced, and when a recovery counts. */
#include "vrrp/flap.h"
#include "vrrp/garp.h"

#include "unit.h"

#define SECOND 1000000u

static instant at(double s)
{
    return (instant){ 1000 * (uint64_t)SECOND + (uint64_t)(s * SECOND) };
}

static unsigned frames(struct garp *g, const struct vrrp_garp *c, uint32_t count, uint64_t gap, instant now)
{
    unsigned n = 0;
    uint32_t which;
    while (garp_due(g, c, count, gap, now, &which)) {
        assert_int_equal(which, n % count);
        n++;
        assert_true(n < 1000);
    }
    return n;
}

static void a_burst_now_and_one_later(void **state)
{
    (void)state;
    struct vrrp_garp c = { .delay_us = 5 * SECOND, .repeat = 5 };
    struct garp g;
    garp_begin(&g, &c, at(0));
    assert_int_equal(garp_next(&g).us, at(0).us);
    assert_int_equal(frames(&g, &c, 3, 0, at(0)), 15);
    assert_int_equal(garp_next(&g).us, at(5).us);
    assert_int_equal(frames(&g, &c, 3, 0, at(4.9)), 0);
    assert_int_equal(frames(&g, &c, 3, 0, at(5)), 15);
    assert_int_equal(garp_next(&g).us, UINT64_MAX);
}

static void no_delay_means_one_burst(void **state)
{
    (void)state;
    struct vrrp_garp c = { .repeat = 1 };
    struct garp g;
    garp_begin(&g, &c, at(0));
    assert_int_equal(frames(&g, &c, 2, 0, at(0)), 2);
    assert_int_equal(garp_next(&g).us, UINT64_MAX);
}

static void refreshments_go_on_until_the_end(void **state)
{
    (void)state;
    struct vrrp_garp c = { .repeat = 1, .refresh_us = 60 * SECOND, .refresh_repeat = 2 };
    struct garp g;
    garp_begin(&g, &c, at(0));
    assert_int_equal(frames(&g, &c, 1, 0, at(0)), 1);
    for (int i = 1; i < 5; i++) {
        assert_int_equal(garp_next(&g).us, at(60.0 * i).us);
        assert_int_equal(frames(&g, &c, 1, 0, at(60.0 * i)), 2);
    }
    garp_end(&g);
    assert_int_equal(garp_next(&g).us, UINT64_MAX);
    assert_int_equal(frames(&g, &c, 1, 0, at(1000)), 0);
}

static void a_gap_spreads_the_frames(void **state)
{
    (void)state;
    struct vrrp_garp c = { .repeat = 2 };
    struct garp g;
    uint32_t which;
    garp_begin(&g, &c, at(0));
    for (uint32_t i = 0; i < 4; i++) {
        instant now = at(0.1 * i);
        assert_true(garp_due(&g, &c, 2, SECOND / 10, now, &which));
        assert_int_equal(which, i % 2);
        assert_false(garp_due(&g, &c, 2, SECOND / 10, now, &which));
    }
    assert_int_equal(garp_next(&g).us, UINT64_MAX);
}

static void a_weaker_master_that_keeps_talking_postpones_nothing(void **state)
{
    (void)state;
    struct vrrp_garp c = { .repeat = 5, .lower_repeat = 2, .lower_delay_us = 3 * SECOND };
    struct garp g;
    garp_begin(&g, &c, at(0));
    assert_int_equal(frames(&g, &c, 1, 0, at(0)), 5);
    unsigned sent = 0;
    for (int i = 1; i <= 7; i++) {
        garp_lower(&g, &c, at(i));
        sent += frames(&g, &c, 1, 0, at(i));
    }
    assert_int_equal(sent, 7 * 2); /* the delayed ones of 4 fall together with what is due then */
    assert_int_equal(garp_next(&g).us, at(8).us);
}

static void addresses_may_go_away_in_a_burst(void **state)
{
    (void)state;
    struct vrrp_garp c = { .repeat = 1 };
    struct garp g;
    uint32_t which;
    garp_begin(&g, &c, at(0));
    assert_true(garp_due(&g, &c, 3, 0, at(0), &which));
    assert_true(garp_due(&g, &c, 3, 0, at(0), &which));
    assert_true(garp_due(&g, &c, 1, 0, at(0), &which));
    assert_int_equal(which, 0);
    garp_begin(&g, &c, at(1));
    assert_false(garp_due(&g, &c, 0, 0, at(1), &which));
}

static void two_failures_are_not_flapping(void **state)
{
    (void)state;
    struct flap f = { 0 };
    flap_fail(&f, at(0));
    flap_fail(&f, at(10));
    assert_false(flap_is_held(&f, at(10)));
    flap_fail(&f, at(71)); /* three, but not within a minute */
    assert_false(flap_is_held(&f, at(71)));
}

static void three_failures_are_held_longer_each_time(void **state)
{
    (void)state;
    struct flap f = { 0 };
    flap_fail(&f, at(0));
    flap_fail(&f, at(20));
    flap_fail(&f, at(40));
    assert_true(flap_is_held(&f, at(69.9)));
    assert_false(flap_is_held(&f, at(70)));
    flap_fail(&f, at(71)); /* 20, 40, 71 are within a minute */
    assert_true(flap_is_held(&f, at(130.9)));
    assert_false(flap_is_held(&f, at(131)));
    double when = 120;
    for (int i = 0; i < 10; i++, when += 10) /* while it is held each failure prolongs, up to five minutes */
        flap_fail(&f, at(when));
    assert_true(flap_is_held(&f, at(when - 10 + 299)));
    assert_false(flap_is_held(&f, at(when - 10 + 300)));
    flap_fail(&f, at(when + 700)); /* forgiven */
    assert_false(flap_is_held(&f, at(when + 700)));
    assert_int_equal(f.hold_s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_now_and_one_later),
        cmocka_unit_test(no_delay_means_one_burst),
        cmocka_unit_test(refreshments_go_on_until_the_end),
        cmocka_unit_test(a_gap_spreads_the_frames),
        cmocka_unit_test(a_weaker_master_that_keeps_talking_postpones_nothing),
        cmocka_unit_test(addresses_may_go_away_in_a_burst),
        cmocka_unit_test(two_failures_are_not_flapping),
        cmocka_unit_test(three_failures_are_held_longer_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
