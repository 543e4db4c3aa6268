/* SPDX-License-Identifier: Apache-2.0 */
#include "io/pipes.h"

#include <fcntl.h>
#include <unistd.h>

#include "unit.h"

static void test_pooled(void **state)
{
    struct pipes p;
    struct pipe_pair a, b, c;
    char byte;

    (void)state;
    pipes_init(&p, 2);
    assert_true(pipes_get(&p, &a));
    assert_true(pipes_get(&p, &b));
    assert_false(pipes_get(&p, &c)); /* the limit */
    assert_int_equal(write(a.in, "x", 1), 1);
    assert_int_equal(read(a.out, &byte, 1), 1);
    assert_int_equal(read(a.out, &byte, 1), -1); /* non-blocking */
    pipes_put(&p, a, true);
    assert_true(pipes_get(&p, &c));
    assert_int_equal(c.in, a.in);
    pipes_put(&p, b, false); /* bytes may lie in it: never to be used again */
    assert_int_equal(fcntl(b.in, F_GETFD), -1);
    assert_int_equal(fcntl(b.out, F_GETFD), -1);
    assert_int_equal(p.open, 1);
    assert_true(pipes_get(&p, &b));
    pipes_put(&p, b, true);
    pipes_put(&p, c, true);
    pipes_fini(&p);
    assert_int_equal(fcntl(c.in, F_GETFD), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pooled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
