/* SPDX-License-Identifier: Apache-2.0 */
#include "io/wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rand.h"

struct probe {
    struct deadline deadline;
    struct wheel *wheel;
    uint64_t fired_at; /* 0 = not fired */
    unsigned fired;
    struct probe *victim; /* forgotten by this one's callback */
    uint64_t again;       /* set again this many ms later; 0 = not */
};

static instant ms(uint64_t n)
{
    return (instant){ n * 1000 };
}

static uint64_t clock_ms;

static void probe_on_expired(struct deadline *d)
{
    struct probe *p = CONTAINER_OF(d, struct probe, deadline);

    p->fired++;
    p->fired_at = clock_ms;
    if (p->victim)
        wheel_forget(p->wheel, &p->victim->deadline);
    if (p->again)
        wheel_set(p->wheel, d, ms(clock_ms + p->again));
}

static void probe_init(struct probe *p, struct wheel *w)
{
    *p = (struct probe){ .wheel = w };
    deadline_init(&p->deadline, probe_on_expired);
}

static unsigned advance(struct wheel *w, uint64_t to)
{
    clock_ms = to;
    return wheel_advance(w, ms(to));
}

static void test_fires_at_its_millisecond(void **state)
{
    static const uint64_t spans[] = { 1,
                                      2,
                                      63,
                                      64,
                                      65,
                                      127,
                                      4095,
                                      4096,
                                      4097,
                                      60000,
                                      262143,
                                      262144,
                                      3600000,
                                      16777216,
                                      86400000,
                                      1073741824,
                                      UINT64_C(40) * 86400 * 1000,
                                      UINT64_C(3) * 365 * 86400 * 1000 };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(spans); i++) {
        for (uint64_t start = 0; start < 200; start += 37) {
            struct wheel w;
            struct probe p;
            wheel_init(&w, ms(start));
            probe_init(&p, &w);
            wheel_set(&w, &p.deadline, ms(start + spans[i]));
            uint64_t now = start;
            for (unsigned turns = 0; !p.fired; turns++) {
                assert_true(turns < 64);
                uint32_t sleep = wheel_sleep_ms(&w, ms(now), UINT32_MAX);
                assert_true(sleep > 0);
                now += sleep;
                (void)advance(&w, now);
            }
            assert_int_equal(p.fired_at,
                             start + spans[i]); /* neither early nor late when the sleep is kept */
            assert_false(deadline_is_set(&p.deadline));
        }
    }
}

static void test_is_never_early_by_microseconds(void **state)
{
    struct wheel w;
    struct probe p;

    (void)state;
    wheel_init(&w, (instant){ 999 });
    probe_init(&p, &w);
    wheel_set(&w, &p.deadline, (instant){ 10001 }); /* 10 ms and 1 us */
    assert_int_equal(wheel_advance(&w, (instant){ 10000 }), 0);
    assert_int_equal(wheel_advance(&w, (instant){ 10999 }), 0);
    assert_int_equal(wheel_advance(&w, (instant){ 11000 }), 1);
}

static void test_moving_later_files_nothing(void **state)
{
    struct wheel w;
    struct probe p;

    (void)state;
    wheel_init(&w, ms(0));
    probe_init(&p, &w);
    wheel_set(&w, &p.deadline, ms(30));
    const struct link *at = p.deadline.link.next;
    uint64_t filed = p.deadline.filed;
    for (uint64_t to = 31; to < 100000; to += 100)
        wheel_set(&w, &p.deadline, ms(to));
    assert_ptr_equal(p.deadline.link.next, at);
    assert_int_equal(p.deadline.filed, filed);
    assert_int_equal(advance(&w, 99930), 0);
    assert_int_equal(advance(&w, 99931), 1);
}

static void test_moving_earlier(void **state)
{
    struct wheel w;
    struct probe p;

    (void)state;
    wheel_init(&w, ms(0));
    probe_init(&p, &w);
    wheel_set(&w, &p.deadline, ms(50000));
    wheel_set(&w, &p.deadline, ms(7));
    assert_int_equal(wheel_sleep_ms(&w, ms(0), 1000), 7);
    assert_int_equal(advance(&w, 7), 1);
    assert_int_equal(advance(&w, 60000), 0);
}

static void test_clear_and_set_again(void **state)
{
    struct wheel w;
    struct probe p;

    (void)state;
    wheel_init(&w, ms(0));
    probe_init(&p, &w);
    wheel_set(&w, &p.deadline, ms(10));
    wheel_clear(&p.deadline);
    assert_int_equal(advance(&w, 20), 0);
    wheel_set(&w, &p.deadline, ms(30));
    wheel_set(&w, &p.deadline, (instant){ UINT64_MAX }); /* "no limit" clears */
    assert_int_equal(advance(&w, 40), 0);
    wheel_set(&w, &p.deadline, ms(41));
    assert_int_equal(advance(&w, 41), 1);
}

static void test_the_past_is_the_next_turn(void **state)
{
    struct wheel w;
    struct probe p;

    (void)state;
    wheel_init(&w, ms(1000));
    probe_init(&p, &w);
    wheel_set(&w, &p.deadline, ms(3));
    assert_int_equal(advance(&w, 1000), 0);
    assert_int_equal(advance(&w, 1001), 1);
}

static void test_forgetting_the_last_leaves_no_wake_up(void **state)
{
    struct wheel w;
    struct probe a, b;

    (void)state;
    wheel_init(&w, ms(0));
    probe_init(&a, &w);
    probe_init(&b, &w);
    wheel_set(&w, &a.deadline, ms(500));
    wheel_set(&w, &b.deadline, ms(501));
    wheel_forget(&w, &a.deadline);
    assert_true(wheel_sleep_ms(&w, ms(0), 100000) <= 501);
    wheel_forget(&w, &b.deadline);
    wheel_forget(&w, &b.deadline);
    assert_int_equal(wheel_sleep_ms(&w, ms(0), 100000), 100000);
    assert_int_equal(advance(&w, 1000), 0);
}

static void test_a_callback_may_forget_another_that_is_due(void **state)
{
    struct wheel w;
    struct probe a, *b = malloc(sizeof(*b));

    (void)state;
    wheel_init(&w, ms(0));
    probe_init(&a, &w);
    probe_init(b, &w);
    wheel_set(&w, &a.deadline, ms(10));
    wheel_set(&w, &b->deadline, ms(10));
    a.victim = b;
    assert_int_equal(advance(&w, 10), 1);
    assert_int_equal(b->fired, 0);
    free(b); /* the sanitizer would see a link that was left */
    assert_int_equal(advance(&w, 100), 0);
}

static void test_a_callback_may_set_itself_again(void **state)
{
    struct wheel w;
    struct probe p;

    (void)state;
    wheel_init(&w, ms(0));
    probe_init(&p, &w);
    p.again = 10;
    wheel_set(&w, &p.deadline, ms(10));
    for (uint64_t t = 1; t <= 100; t++)
        (void)advance(&w, t);
    assert_int_equal(p.fired, 10);
    wheel_forget(&w, &p.deadline);
}

/* Against the obvious: a list of times. */
static void test_many_at_random(void **state)
{
    enum { COUNT = 500, STEPS = 20000 };
    static struct probe probes[COUNT];
    uint64_t want[COUNT], now = 123456;
    struct wheel w;
    struct rand r;

    (void)state;
    rand_seed(&r, 7);
    wheel_init(&w, ms(now));
    for (unsigned i = 0; i < COUNT; i++) {
        probe_init(&probes[i], &w);
        want[i] = 0;
    }
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = rand_below(&r, COUNT);
        switch (rand_below(&r, 8)) {
        case 0:
            wheel_clear(&probes[i].deadline);
            want[i] = 0;
            break;
        case 1:
            wheel_forget(&w, &probes[i].deadline);
            want[i] = 0;
            break;
        case 2:
            now += rand_below(&r, step % 100 == 0 ? 300000 : 40);
            (void)advance(&w, now);
            for (unsigned k = 0; k < COUNT; k++) {
                bool due = want[k] && want[k] <= now;
                assert_int_equal(deadline_is_set(&probes[k].deadline), want[k] && !due);
                if (due)
                    want[k] = 0;
            }
            break;
        default:
            want[i] = now + 1 + rand_below(&r, 1u << rand_below(&r, 20));
            wheel_set(&w, &probes[i].deadline, ms(want[i]));
            break;
        }
    }
    for (unsigned i = 0; i < COUNT; i++)
        wheel_forget(&w, &probes[i].deadline);
    assert_int_equal(wheel_sleep_ms(&w, ms(now), 12345), 12345);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fires_at_its_millisecond),
        cmocka_unit_test(test_is_never_early_by_microseconds),
        cmocka_unit_test(test_moving_later_files_nothing),
        cmocka_unit_test(test_moving_earlier),
        cmocka_unit_test(test_clear_and_set_again),
        cmocka_unit_test(test_the_past_is_the_next_turn),
        cmocka_unit_test(test_forgetting_the_last_leaves_no_wake_up),
        cmocka_unit_test(test_a_callback_may_forget_another_that_is_due),
        cmocka_unit_test(test_a_callback_may_set_itself_again),
        cmocka_unit_test(test_many_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
