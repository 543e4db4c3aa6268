/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slab.h"

#include <string.h>

#include "base/poison.h"
#include "unit.h"

static void objects_are_apart_and_aligned(void **state)
{
    (void)state;
    struct slab s;
    unsigned char *objects[50];
    slab_init(&s, "test", 33, 7, 0);
    assert_true(s.size >= 33);
    for (unsigned i = 0; i < 50; i++) {
        objects[i] = slab_get(&s);
        assert_int_equal((uintptr_t)objects[i] % _Alignof(max_align_t), 0);
        memset(objects[i], (int)i, 33);
    }
    assert_int_equal(s.used, 50);
    for (unsigned i = 0; i < 50; i++)
        for (unsigned j = 0; j < 33; j++)
            assert_int_equal(objects[i][j], i);
    for (unsigned i = 0; i < 50; i++)
        slab_put(&s, objects[i]);
    slab_put(&s, NULL);
    assert_int_equal(s.used, 0);
    slab_fini(&s);
    assert_int_equal(s.total, 0);
}

static void last_in_is_first_out(void **state)
{
    (void)state;
    struct slab s;
    slab_init(&s, "test", 64, 4, 0);
    void *a = slab_get(&s), *b = slab_get(&s);
    slab_put(&s, a);
    slab_put(&s, b);
    void *first = slab_get(&s), *second = slab_get(&s);
    if (!PLAIN_ALLOC) {
        assert_ptr_equal(first, b);
        assert_ptr_equal(second, a);
        assert_int_equal(s.total, 4); /* nothing new was taken from the system */
    }
    slab_put(&s, first);
    slab_put(&s, second);
    slab_fini(&s);
}

static void limit_refuses_and_recovers(void **state)
{
    (void)state;
    struct slab s;
    void *objects[5];
    slab_init(&s, "test", 64, 4, 5); /* the second block is cut to one object */
    for (unsigned i = 0; i < 5; i++)
        assert_non_null(objects[i] = slab_get(&s));
    assert_null(slab_get(&s));
    assert_int_equal(s.used, 5);
    slab_put(&s, objects[2]);
    assert_non_null(objects[2] = slab_get(&s));
    assert_null(slab_get(&s));
    for (unsigned i = 0; i < 5; i++)
        slab_put(&s, objects[i]);
    slab_fini(&s);
}

static void out_of_memory_refuses_one(void **state)
{
    (void)state;
    struct slab s;
    slab_init(&s, "test", 64, 1, 0);
    void *a = slab_get(&s);
    unit_fail_alloc(1);
    assert_null(slab_get(&s));
    unit_fail_alloc(0);
    void *b = slab_get(&s);
    assert_non_null(b);
    assert_int_equal(s.used, 2);
    slab_put(&s, a);
    slab_put(&s, b);
    slab_fini(&s);
}

static void end_with_one_in_use(void *data)
{
    struct slab s;
    (void)data;
    slab_init(&s, "test", 64, 4, 0);
    (void)!slab_get(&s);
    slab_fini(&s);
}

static void fini_is_a_bug_while_objects_are_out(void **state)
{
    (void)state;
    assert_true(unit_dies(end_with_one_in_use, NULL));
}

#ifdef POISON_ON
enum misuse { WRITE_PAST_END, USE_AFTER_PUT, PUT_TWICE };

static void misuse_slab(void *data)
{
    struct slab s;
    slab_init(&s, "test", 64, 4, 0);
    volatile char *a = slab_get(&s), *b = slab_get(&s);
    switch (*(enum misuse *)data) {
    case WRITE_PAST_END:
        a[64] = 1;
        break;
    case USE_AFTER_PUT:
        slab_put(&s, (void *)(uintptr_t)a);
        a[40] = 1;
        break;
    case PUT_TWICE:
        slab_put(&s, (void *)(uintptr_t)a);
        slab_put(&s, (void *)(uintptr_t)a);
        break;
    }
    b[0] = 1;
}

static void sanitizer_sees_misuse(void **state)
{
    (void)state;
    for (enum misuse m = WRITE_PAST_END; m <= PUT_TWICE; m++)
        assert_true(unit_dies(misuse_slab, &m));
}
#endif

static void freed_objects_are_filled(void **state)
{
    (void)state;
    if (!FILL_FREED || PLAIN_ALLOC)
        return;
    struct slab s;
    slab_init(&s, "test", 64, 4, 0);
    unsigned char *a = slab_get(&s);
    memset(a, 1, 64);
    slab_put(&s, a);
    unsigned char *again = slab_get(&s);
    for (size_t i = sizeof(void *); i < 64; i++)
        assert_int_equal(again[i], 0xdf);
    slab_put(&s, again);
    slab_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_apart_and_aligned),
        cmocka_unit_test(last_in_is_first_out),
        cmocka_unit_test(limit_refuses_and_recovers),
        cmocka_unit_test(out_of_memory_refuses_one),
        cmocka_unit_test(fini_is_a_bug_while_objects_are_out),
        cmocka_unit_test(freed_objects_are_filled),
#ifdef POISON_ON
        cmocka_unit_test(sanitizer_sees_misuse),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
