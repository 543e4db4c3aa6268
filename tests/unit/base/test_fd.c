/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <fcntl.h>

#include "unit.h"

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static int open_and_drop(void)
{
    AUTO_FD int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(is_open(fd));
    return fd + 0; /* the number outlives the descriptor */
}

static int open_and_take(void)
{
    AUTO_FD int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int taken = fd_take(&fd);
    assert_int_equal(fd, -1);
    return taken;
}

static void closes_at_scope_end_unless_taken(void **state)
{
    (void)state;
    assert_false(is_open(open_and_drop()));
    int fd = open_and_take();
    assert_true(is_open(fd));
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(closes_at_scope_end_unless_taken) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
