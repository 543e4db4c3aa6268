/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <pthread.h>
#include <string.h>

#include "state/counts.h"
#include "state/lock.h"

static struct counts c;

static int setup(void **state)
{
    (void)state;
    assert_true(counts_init(&c, 3));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    counts_fini(&c);
    return 0;
}

static void threads_are_summed(void **state)
{
    (void)state;
    counts_bump(counts_of(&c, 0), requests, 2);
    counts_bump(counts_of(&c, 2), requests, 40);
    counts_bump(counts_of(&c, 2), bytes_out, 1000);
    histogram_record(&counts_of(&c, 0)->total, 500);
    histogram_record(&counts_of(&c, 2)->total, 500);
    counts_raise(&counts_of(&c, 0)->total_most_us, 70);
    counts_raise(&counts_of(&c, 2)->total_most_us, 90);
    counts_raise(&counts_of(&c, 2)->total_most_us, 80);
    atomic_store(&counts_of(&c, 2)->idle, 3);
    assert_null(atomic_load(&c.blocks[1])); /* a thread that counts nothing has no block */
    struct counts_sum sum = { 0 };
    counts_add_up(&c, (instant){ 0 }, &sum);
    assert_int_equal(sum.requests, 42);
    assert_int_equal(sum.bytes_out, 1000);
    assert_int_equal(sum.sessions, 0);
    assert_int_equal(sum.total_most_us, 90);
    assert_int_equal(sum.idle, 3);
    assert_int_equal(histogram_count(&sum.total), 2);
    counts_clear(&c);
    memset(&sum, 0, sizeof(sum));
    counts_add_up(&c, (instant){ 0 }, &sum);
    assert_int_equal(sum.requests, 0);
    assert_int_equal(sum.total_most_us, 0);
    assert_int_equal(sum.idle, 3); /* they are there still */
    assert_int_equal(histogram_count(&sum.total), 0);
}

static void classes_of_status(void **state)
{
    (void)state;
    struct counts_block *b = counts_of(&c, 0);
    static const unsigned statuses[] = { 100, 204, 302, 404, 499, 503, 0, 600 };
    for (unsigned i = 0; i < 8; i++)
        counts_status(b, statuses[i]);
    struct counts_sum sum = { 0 };
    counts_add_up(&c, (instant){ 0 }, &sum);
    assert_int_equal(sum.status_1xx, 1);
    assert_int_equal(sum.status_2xx, 1);
    assert_int_equal(sum.status_3xx, 1);
    assert_int_equal(sum.status_4xx, 2);
    assert_int_equal(sum.status_5xx, 1);
    assert_int_equal(sum.status_other, 2);
}

static uint32_t rate_at(uint64_t ms)
{
    struct counts_sum sum = { 0 };
    counts_add_up(&c, (instant){ ms * 1000 }, &sum);
    return sum.request_rate;
}

static void rates_are_of_the_second_that_ends_now(void **state)
{
    (void)state;
    struct rate *r = &counts_of(&c, 0)->request_rate;
    for (unsigned i = 0; i < 8; i++)
        counts_rate(r, 100);
    assert_int_equal(rate_at(100000), 8);
    assert_int_equal(rate_at(100900), 8);
    assert_int_equal(rate_at(101000), 8);
    assert_int_equal(rate_at(101500), 4);
    assert_int_equal(rate_at(101999), 0);
    assert_int_equal(rate_at(102000), 0);
    counts_rate(r, 101);
    assert_int_equal(rate_at(101500), 5);
    assert_int_equal(rate_at(102900), 1); /* one alone does not flicker */
    assert_int_equal(rate_at(103000), 0);
    counts_rate(r, 110);
    assert_int_equal(rate_at(110000), 1);
    struct counts_sum sum = { 0 };
    counts_add_up(&c, (instant){ 111000000 }, &sum);
    assert_int_equal(sum.request_rate_most, 8);
    assert_int_equal(sum.session_rate_most, 0);
    assert_int_equal(atomic_load(&r->most), 8);
}

static void without_memory_nothing_is_counted(void **state)
{
    (void)state;
    counts_bump((struct counts_block *)NULL, requests, 1);
    counts_status(NULL, 200);
    unit_fail_alloc(1);
    struct counts none = { .threads = 0 };
    bool made = counts_init(&none, 2);
    unit_fail_alloc(0);
    assert_false(made);
    counts_fini(&none);
}

static void *count_often(void *arg)
{
    for (unsigned i = 0; i < 50000; i++) {
        counts_bump(counts_of(&c, *(unsigned *)arg), requests, 1);
        histogram_record(&counts_of(&c, *(unsigned *)arg)->total, i);
    }
    return NULL;
}

static void counting_while_somebody_reads(void **state)
{
    (void)state;
    pthread_t t[3];
    unsigned index[3] = { 0, 1, 2 };
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&t[i], NULL, count_often, &index[i]), 0);
    uint64_t last = 0;
    for (unsigned i = 0; i < 200; i++) {
        struct counts_sum sum = { 0 };
        counts_add_up(&c, (instant){ 0 }, &sum);
        assert_true(sum.requests >= last);
        last = sum.requests;
    }
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    struct counts_sum sum = { 0 };
    counts_add_up(&c, (instant){ 0 }, &sum);
    assert_int_equal(sum.requests, 150000);
}

static struct lock lock;
static unsigned guarded;

static void *take_often(void *arg)
{
    for (unsigned i = 0; i < 20000; i++) {
        lock_take(&lock);
        guarded++;
        lock_give(&lock);
    }
    return arg;
}

static void the_lock_keeps_others_out(void **state)
{
    (void)state;
    pthread_t t[4];
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, take_often, NULL), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    assert_int_equal(guarded, 80000);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(threads_are_summed),
        T(classes_of_status),
        T(rates_are_of_the_second_that_ends_now),
        T(without_memory_nothing_is_counted),
        T(counting_while_somebody_reads),
        T(the_lock_keeps_others_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
