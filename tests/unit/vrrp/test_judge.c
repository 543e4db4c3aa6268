/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of tracking, by the tables of keepalived.conf(5). */
#include "vrrp/judge.h"

#include "unit.h"

static const struct judge_verdict well = { JUDGE_WELL, 0 }, ill = { JUDGE_ILL, 0 },
                                  unknown = { JUDGE_UNKNOWN, 0 };

static struct vrrp_track weighted(int32_t weight, bool reverse)
{
    return (struct vrrp_track){
        .kind = VRRP_TRACK_SCRIPT, .effect = VRRP_EFFECT_WEIGHT, .weight = weight, .reverse = reverse
    };
}

static uint8_t priority(uint8_t base, const struct vrrp_track *t, struct judge_verdict v)
{
    struct judge j;
    judge_begin(&j, base, false);
    judge_add(&j, t, v);
    assert_null(j.fault_by);
    return judge_priority(&j);
}

static void weights_count_by_sign_and_reverse(void **state)
{
    (void)state;
    static const struct {
        int32_t weight;
        bool reverse;
        uint8_t when_well, when_ill;
    } rows[] = {
        { 20, false, 120, 100 }, { -20, false, 100, 80 }, { 20, true, 80, 100 }, { -20, true, 100, 120 }
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct vrrp_track t = weighted(rows[i].weight, rows[i].reverse);
        assert_int_equal(priority(100, &t, well), rows[i].when_well);
        assert_int_equal(priority(100, &t, ill), rows[i].when_ill);
        assert_int_equal(priority(100, &t, unknown), 100);
    }
}

static void the_priority_stays_between_1_and_254(void **state)
{
    (void)state;
    struct vrrp_track up = weighted(253, false), down = weighted(-253, false);
    assert_int_equal(priority(100, &up, well), 254);
    assert_int_equal(priority(100, &down, ill), 1);
    assert_int_equal(priority(255, &down, ill), 255); /* an owner is an owner */
}

static void sums_are_limited_only_at_the_end(void **state)
{
    (void)state;
    struct vrrp_track up = weighted(200, false), down = weighted(-100, false);
    struct judge j;
    judge_begin(&j, 200, false);
    judge_add(&j, &up, well);
    judge_add(&j, &down, ill);
    judge_add(&j, &down, ill);
    assert_int_equal(judge_priority(&j), 200);
}

static void without_a_weight_an_ill_one_is_a_fault(void **state)
{
    (void)state;
    struct vrrp_track t = { .kind = VRRP_TRACK_SCRIPT, .effect = VRRP_EFFECT_FAULT };
    struct judge j;
    judge_begin(&j, 100, false);
    judge_add(&j, &t, well);
    assert_null(j.fault_by);
    judge_add(&j, &t, unknown);
    assert_null(j.fault_by);
    assert_ptr_equal(j.pending_by, &t);
    judge_add(&j, &t, ill);
    assert_ptr_equal(j.fault_by, &t);
    t.reverse = true; /* weight 0 reverse: a fault while it is well */
    judge_begin(&j, 100, false);
    judge_add(&j, &t, ill);
    judge_add(&j, &t, unknown);
    assert_null(j.fault_by);
    judge_add(&j, &t, well);
    assert_ptr_equal(j.fault_by, &t);
}

static void a_file_multiplies(void **state)
{
    (void)state;
    struct vrrp_track t = { .kind = VRRP_TRACK_FILE, .effect = VRRP_EFFECT_WEIGHT, .weight = 2 };
    assert_int_equal(priority(100, &t, (struct judge_verdict){ JUDGE_WELL, 10 }), 120);
    assert_int_equal(priority(100, &t, (struct judge_verdict){ JUDGE_WELL, -10 }), 80);
    t.reverse = true;
    assert_int_equal(priority(100, &t, (struct judge_verdict){ JUDGE_WELL, 10 }), 80);
    t.reverse = false, t.weight = 254;
    struct judge j;
    judge_begin(&j, 100, false);
    judge_add(&j, &t, (struct judge_verdict){ JUDGE_WELL, -1 }); /* -254 is below -253 */
    assert_ptr_equal(j.fault_by, &t);
    judge_begin(&j, 100, false);
    judge_add(&j, &t, (struct judge_verdict){ JUDGE_WELL, INT64_MIN });
    assert_ptr_equal(j.fault_by, &t);
    assert_int_equal(judge_priority(&j), 1);
    t.weight = -1, t.reverse = true; /* neither overflow nor a wrong sign */
    assert_int_equal(priority(100, &t, (struct judge_verdict){ JUDGE_WELL, INT64_MAX }), 254);
}

static void a_file_without_weight_must_be_zero(void **state)
{
    (void)state;
    struct vrrp_track t = { .kind = VRRP_TRACK_FILE, .effect = VRRP_EFFECT_FAULT };
    assert_false(judge_is_ill(&t, (struct judge_verdict){ JUDGE_WELL, 0 }));
    assert_true(judge_is_ill(&t, (struct judge_verdict){ JUDGE_WELL, 1 }));
    assert_false(judge_is_ill(&t, (struct judge_verdict){ JUDGE_UNKNOWN, 1 }));
    t.reverse = true;
    assert_true(judge_is_ill(&t, (struct judge_verdict){ JUDGE_WELL, 0 }));
}

static void a_pool_needs_so_many_servers(void **state)
{
    (void)state;
    struct vrrp_track t = { .kind = VRRP_TRACK_HEALTH, .effect = VRRP_EFFECT_YIELD, .usable_min = 2 };
    struct judge j;
    judge_begin(&j, 100, false);
    judge_add(&j, &t, (struct judge_verdict){ JUDGE_WELL, 2 });
    assert_null(j.yield_by);
    judge_add(&j, &t, (struct judge_verdict){ JUDGE_WELL, 1 });
    assert_ptr_equal(j.yield_by, &t);
    assert_null(j.fault_by);
    t.effect = VRRP_EFFECT_WEIGHT, t.weight = -30;
    assert_int_equal(priority(100, &t, (struct judge_verdict){ JUDGE_WELL, 1 }), 70);
    assert_int_equal(priority(100, &t, (struct judge_verdict){ JUDGE_WELL, 3 }), 100);
    assert_int_equal(priority(100, &t, ill), 70); /* the balancer has no such pool */
}

static void members_of_a_group_have_no_weights_of_their_own(void **state)
{
    (void)state;
    struct vrrp_track t = weighted(-20, false),
                      fault = { .kind = VRRP_TRACK_SCRIPT, .effect = VRRP_EFFECT_FAULT };
    struct judge j;
    judge_begin(&j, 100, true);
    judge_add(&j, &t, ill);
    assert_int_equal(judge_priority(&j), 100);
    judge_add(&j, &fault, ill);
    assert_ptr_equal(j.fault_by, &fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_count_by_sign_and_reverse),
        cmocka_unit_test(the_priority_stays_between_1_and_254),
        cmocka_unit_test(sums_are_limited_only_at_the_end),
        cmocka_unit_test(without_a_weight_an_ill_one_is_a_fault),
        cmocka_unit_test(a_file_multiplies),
        cmocka_unit_test(a_file_without_weight_must_be_zero),
        cmocka_unit_test(a_pool_needs_so_many_servers),
        cmocka_unit_test(members_of_a_group_have_no_weights_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
