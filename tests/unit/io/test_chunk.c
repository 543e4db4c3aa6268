/* SPDX-License-Identifier: Apache-2.0 */
#include "io/chunk.h"

#include <string.h>

#include "unit.h"

static void test_sizes(void **state)
{
    struct chunks c;

    (void)state;
    chunks_init(&c, 0, 0, 0);
    assert_int_equal(chunk_room(&c, CHUNK_SMALL), 16384);
    assert_int_equal(chunk_room(&c, CHUNK_LARGE), 65536);
    memset(c.scratch, 1, CHUNK_SCRATCH);
    chunks_fini(&c);
    chunks_init(&c, 8192, 100, 0);
    assert_int_equal(chunk_room(&c, CHUNK_SMALL), 8192);
    assert_int_equal(chunk_room(&c, CHUNK_LARGE), 65536); /* a TLS flight must fit in */
    chunks_fini(&c);
}

static void test_the_last_one_in_is_the_first_out(void **state)
{
    struct chunks c;

    (void)state;
    chunks_init(&c, 0, 0, 0);
    char *a = chunk_get(&c, CHUNK_SMALL), *b = chunk_get(&c, CHUNK_SMALL);
    assert_non_null(a);
    assert_ptr_not_equal(a, b);
    memset(a, 1, chunk_room(&c, CHUNK_SMALL));
    memset(b, 2, chunk_room(&c, CHUNK_SMALL));
    assert_int_equal(a[16383], 1);
    chunk_put(&c, CHUNK_SMALL, a);
#ifndef KEEL_PLAIN_ALLOC
    assert_ptr_equal(chunk_get(&c, CHUNK_SMALL), a);
    chunk_put(&c, CHUNK_SMALL, a);
#endif
    chunk_put(&c, CHUNK_SMALL, b);
    chunk_put(&c, CHUNK_SMALL, NULL);
    assert_int_equal(c.used, 0);
    chunks_fini(&c);
}

static void test_the_ceiling(void **state)
{
    struct chunks c;

    (void)state;
    chunks_init(&c, 0, 0, 65536 + 16384);
    void *large = chunk_get(&c, CHUNK_LARGE);
    assert_non_null(large);
    assert_null(chunk_get(&c, CHUNK_LARGE));
    void *small = chunk_get(&c, CHUNK_SMALL);
    assert_non_null(small);
    assert_null(chunk_get(&c, CHUNK_SMALL));
    chunk_put(&c, CHUNK_LARGE, large);
    large = chunk_get(&c, CHUNK_LARGE);
    assert_non_null(large);
    chunk_put(&c, CHUNK_LARGE, large);
    chunk_put(&c, CHUNK_SMALL, small);
    chunks_fini(&c);
}

static void test_without_memory(void **state)
{
    struct chunks c;

    (void)state;
    chunks_init(&c, 0, 0, 0);
    unit_fail_alloc(1);
    void *none = chunk_get(&c, CHUNK_LARGE);
    unit_fail_alloc(0);
    assert_null(none);
    assert_int_equal(c.used, 0);
    chunks_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_the_last_one_in_is_the_first_out),
        cmocka_unit_test(test_the_ceiling),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
