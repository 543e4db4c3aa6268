/* SPDX-License-Identifier: Apache-2.0 */
#include "base/histogram.h"

#include <stdlib.h>

#include "base/rand.h"
#include "unit.h"

static void buckets_are_an_eighth_of_an_octave(void **state)
{
    (void)state;
    assert_int_equal(histogram_bucket(0), 0);
    assert_int_equal(histogram_bucket(63), 0);
    assert_int_equal(histogram_bucket(64), 0);
    assert_int_equal(histogram_bucket(71), 0);
    assert_int_equal(histogram_bucket(72), 1);
    assert_int_equal(histogram_bucket(127), 7);
    assert_int_equal(histogram_bucket(128), 8);
    assert_int_equal(histogram_bucket(67108863), 159);
    assert_int_equal(histogram_bucket(67108864), 159);
    assert_int_equal(histogram_bucket(UINT64_MAX), 159);
    unsigned last = 0;
    for (uint64_t us = 0; us < 100000000; us += us / 64 + 1) { /* never backwards, never over one */
        unsigned bucket = histogram_bucket(us);
        assert_true(bucket == last || bucket == last + 1);
        last = bucket;
    }
    assert_int_equal(last, HISTOGRAM_BUCKETS - 1);
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Durations from 72 us (below lies one bucket) to 30 s, many short and few long, as requests have them. */
static void quantiles_are_within_six_percent(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static uint64_t sorted[COUNT];
    struct histogram h = { 0 };
    struct rand r;
    rand_seed(&r, 3);
    for (unsigned i = 0; i < COUNT; i++) {
        uint64_t base = UINT64_C(72) << rand_below(&r, 1 + rand_below(&r, 18));
        sorted[i] = base + rand_next(&r) % base;
        histogram_record(&h, sorted[i]);
    }
    qsort(sorted, COUNT, sizeof(*sorted), by_size);
    assert_int_equal(histogram_count(&h), COUNT);
    static const unsigned permilles[] = { 10, 100, 250, 500, 750, 900, 950, 990, 999 };
    for (unsigned i = 0; i < sizeof(permilles) / sizeof(*permilles); i++) {
        uint64_t real = sorted[(uint64_t)COUNT * permilles[i] / 1000];
        uint64_t said = histogram_quantile(&h, permilles[i]);
        if (said < real - real * 6 / 100 || said > real + real * 6 / 100)
            fail_msg("permille %u: said %lu, is %lu", permilles[i], (unsigned long)said, (unsigned long)real);
    }
    assert_true(histogram_quantile(&h, 1000) >= sorted[COUNT - 1] * 94 / 100);
}

static void adding_is_as_recording_in_one(void **state)
{
    (void)state;
    struct histogram a = { 0 }, b = { 0 }, both = { 0 }, sum = { 0 };
    for (uint64_t us = 50; us < 80000000; us += us / 3) {
        histogram_record(us % 2 ? &a : &b, us);
        histogram_record(&both, us);
    }
    histogram_add(&sum, &a);
    histogram_add(&sum, &b);
    assert_memory_equal(&sum, &both, sizeof(sum));
    assert_int_equal(histogram_quantile(&sum, 500), histogram_quantile(&both, 500));
}

static void few_values_give_sane_answers(void **state)
{
    (void)state;
    struct histogram h = { 0 };
    assert_int_equal(histogram_quantile(&h, 500), 0);
    histogram_record(&h, 1000);
    assert_in_range(histogram_quantile(&h, 1), 960, 1024); /* within its bucket */
    assert_in_range(histogram_quantile(&h, 1000), 960, 1024);
    assert_int_equal(histogram_quantile(&h, 5000), histogram_quantile(&h, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_are_an_eighth_of_an_octave),
        cmocka_unit_test(quantiles_are_within_six_percent),
        cmocka_unit_test(adding_is_as_recording_in_one),
        cmocka_unit_test(few_values_give_sane_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
