/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "unit.h"

static void holds_what_was_put(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct arena *a = arena_new(0);
    struct map m;
    static int values[COUNT];
    map_init(&m, false);
    assert_null(map_get(&m, SPAN("nothing yet")));
    for (unsigned i = 0; i < COUNT; i++)
        assert_null(map_put(a, &m, arena_printf(a, "key%u", i), &values[i]));
    assert_int_equal(m.count, COUNT);
    for (unsigned i = 0; i < COUNT; i++)
        assert_ptr_equal(map_get(&m, arena_printf(a, "key%u", i)), &values[i]);
    assert_null(map_get(&m, SPAN("key5000")));
    assert_null(map_get(&m, SPAN("KEY1")));
    arena_free(&a);
}

static void replaces_and_gives_back_the_old(void **state)
{
    (void)state;
    int old, fresh;
    struct arena *a = arena_new(0);
    struct map m;
    map_init(&m, false);
    (void)map_put(a, &m, SPAN("web"), &old);
    assert_ptr_equal(map_put(a, &m, SPAN("web"), &fresh), &old);
    assert_ptr_equal(map_get(&m, SPAN("web")), &fresh);
    assert_int_equal(m.count, 1);
    arena_free(&a);
}

static void case_can_be_one(void **state)
{
    (void)state;
    int value, other;
    struct arena *a = arena_new(0);
    struct map m;
    map_init(&m, true);
    (void)map_put(a, &m, SPAN("Example.ORG"), &value);
    assert_ptr_equal(map_get(&m, SPAN("eXAMPLE.org")), &value);
    assert_null(map_get(&m, SPAN("example.or")));
    assert_ptr_equal(map_put(a, &m, SPAN("EXAMPLE.org"), &other), &value);
    arena_free(&a);
}

static void every_entry_is_met_once(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct map m;
    int values[100] = { 0 };
    map_init(&m, false);
    for (unsigned i = 0; i < 100; i++)
        (void)map_put(a, &m, arena_printf(a, "%u", i), &values[i]);
    for (uint32_t i = 0; i < m.room; i++)
        if (map_at(&m, i)->value)
            ++*(int *)map_at(&m, i)->value;
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(values[i], 1);
    arena_free(&a);
}

static void the_empty_key_is_a_key(void **state)
{
    (void)state;
    int value;
    struct arena *a = arena_new(0);
    struct map m;
    map_init(&m, false);
    (void)map_put(a, &m, span_of(NULL, 0), &value);
    assert_ptr_equal(map_get(&m, SPAN("")), &value);
    assert_null(map_get(&m, span_of("\0", 1)));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_was_put),     cmocka_unit_test(replaces_and_gives_back_the_old),
        cmocka_unit_test(case_can_be_one),        cmocka_unit_test(every_entry_is_met_once),
        cmocka_unit_test(the_empty_key_is_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
