/* SPDX-License-Identifier: Apache-2.0 */
#include "os/event.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "unit.h"

static bool readable(int fd, int ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    return poll(&p, 1, ms) == 1;
}

static void test_event(void **state)
{
    int fd = event_open();

    (void)state;
    assert_false(readable(fd, 0));
    assert_false(event_take(fd));
    event_raise(fd);
    event_raise(fd);
    assert_true(readable(fd, 0));
    assert_true(event_take(fd));
    assert_false(readable(fd, 0)); /* however often it was raised */
    (void)close(fd);
}

static void test_timer(void **state)
{
    int fd = event_timer_open();

    (void)state;
    assert_true(event_timer_set(fd, DURATION_MS(0), DURATION_NONE)); /* at once, which is not "never" */
    assert_true(readable(fd, 1000));
    assert_true(event_take(fd));
    assert_true(event_timer_set(fd, DURATION_MS(5), DURATION_MS(5)));
    for (unsigned i = 0; i < 3; i++) {
        assert_true(readable(fd, 1000));
        assert_true(event_take(fd));
    }
    assert_true(event_timer_set(fd, DURATION_NONE, DURATION_NONE));
    assert_false(readable(fd, 30));
    (void)close(fd);
}

static void test_signals(void **state)
{
    static const int signals[] = { SIGUSR1, SIGUSR2, 0 };
    struct signalfd_siginfo info;
    int fd = event_signals_open(signals);

    (void)state;
    assert_int_equal(event_signals_take(fd, &info), 0);
    assert_return_code(kill(getpid(), SIGUSR2), 0); /* would kill us were it not blocked */
    assert_true(readable(fd, 1000));
    assert_int_equal(event_signals_take(fd, &info), SIGUSR2);
    assert_int_equal(info.ssi_pid, getpid());
    assert_int_equal(event_signals_take(fd, &info), 0);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event),
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
