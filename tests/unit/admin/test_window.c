/* SPDX-License-Identifier: Apache-2.0 */
/* The last minute: what is taken off, when samples move on, what clearing does, what want of memory does. */
#include "admin/fixture.h"

#include "admin/window.h"

static struct world w;

static int open_world(void **state)
{
    (void)state;
    world_build(&w);
    world_open(&w);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static struct window_look look_at(double seconds)
{
    struct counts_sum sum = { 0 };
    struct window_look look;

    counts_add_up(&state_of(&w, w.w1)->counts, (instant){ 0 }, &sum);
    window_look(w.process.window, &state_of(&w, w.w1)->named, &sum, at(seconds), &look);
    return look;
}

static void sample(double seconds)
{
    assert_true(window_sample(w.process.window, w.snapshot, at(seconds)));
}

static void at_first_everything_since_the_start_counts(void **state)
{
    (void)state;
    answers(&w, w.w1, 30, 200, 1000);
    answers(&w, w.w1, 10, 503, 1000);
    struct window_look look = look_at(15);
    assert_int_equal(look.us, 15000000);
    assert_int_equal(look.answers, 40);
    assert_int_equal(look.failed, 10);
    assert_int_equal(histogram_count(&look.first_byte), 40);
    sample(20);
    sample(40);
    assert_int_equal(look_at(59).answers, 40);
    assert_int_equal(look_at(59).us, 59000000);
}

static void what_was_before_the_oldest_sample_is_taken_off(void **state)
{
    (void)state;
    answers(&w, w.w1, 30, 500, 1000);
    sample(20);
    answers(&w, w.w1, 5, 200, 2000000);
    sample(40);
    sample(60);
    answers(&w, w.w1, 2, 503, 2000000);
    struct window_look look = look_at(61);
    assert_int_equal(look.us, 41000000);
    assert_int_equal(look.answers, 7);
    assert_int_equal(look.failed, 2);
    assert_int_equal(histogram_count(&look.first_byte), 7);
    assert_true(histogram_quantile(&look.first_byte, 500) > 1500000);
    sample(80);
    assert_int_equal(look_at(81).answers, 2); /* 41 seconds: the five were before */
    sample(100);
    sample(120);
    assert_int_equal(look_at(121).answers, 0);
}

static void something_new_begins_at_nothing(void **state)
{
    (void)state;
    sample(20);
    sample(40);
    sample(60);
    answers(&w, w.w1, 4, 200, 1000); /* not in any sample */
    assert_int_equal(look_at(61).answers, 4);
}

static void clearing_begins_anew(void **state)
{
    (void)state;
    answers(&w, w.w1, 100, 200, 1000);
    sample(20);
    sample(40);
    sample(60);
    counts_clear(&state_of(&w, w.w1)->counts);
    answers(&w, w.w1, 3, 200, 1000);
    assert_int_equal(look_at(61).answers, 3); /* nobody told the window */
    window_forget(w.process.window, at(62));
    assert_int_equal(look_at(70).answers, 3);
    assert_int_equal(look_at(70).us, 8000000);
}

static void tcp_sessions_count_where_nothing_is_http(void **state)
{
    (void)state;
    struct counts_sum sum = { .sessions = 10, .connect_errors = 2, .server_aborts = 1, .status_5xx = 0 };
    assert_int_equal(window_answers(&sum), 10);
    assert_int_equal(window_failed(&sum), 3);
    sum = (struct counts_sum){ .sessions = 10, .requests = 50, .status_5xx = 4, .connect_errors = 4 };
    assert_int_equal(window_answers(&sum), 50);
    assert_int_equal(window_failed(&sum), 4); /* a failed connect was answered 503: not twice */
}

static void without_memory_a_sample_is_left_out(void **state)
{
    (void)state;
    answers(&w, w.w1, 30, 200, 1000);
    for (unsigned n = 1; n < 5; n++) {
        unit_fail_alloc(n);
        bool taken = window_sample(w.process.window, w.snapshot, at(20));
        unit_fail_alloc(0);
        assert_false(taken);
    }
    assert_int_equal(look_at(21).answers, 30);
    unit_fail_alloc(1);
    struct window *none = window_new(at(0));
    unit_fail_alloc(0);
    assert_null(none);
    window_free(&none);
}

static void without_a_window_all_of_it_counts(void **state)
{
    (void)state;
    struct window_look look;
    struct counts_sum sum = { .requests = 7 };
    window_look(NULL, &state_of(&w, w.w1)->named, &sum, at(5), &look);
    assert_int_equal(look.answers, 7);
    assert_int_equal(look.us, 0);
    window_forget(NULL, at(5));
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(at_first_everything_since_the_start_counts),
        T(what_was_before_the_oldest_sample_is_taken_off),
        T(something_new_begins_at_nothing),
        T(clearing_begins_anew),
        T(tcp_sessions_count_where_nothing_is_http),
        T(without_memory_a_sample_is_left_out),
        T(without_a_window_all_of_it_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
