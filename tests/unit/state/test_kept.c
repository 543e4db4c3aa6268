/* SPDX-License-Identifier: Apache-2.0 */
/* Values that outlive a request: by name, copied, forgotten. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/scratch.h"
#include "state/kept.h"

static struct slab slab;
static struct scratch scratch;

static int setup(void **state)
{
    (void)state;
    slab_init(&slab, "pieces", 4096, 4, 0);
    scratch_init(&scratch, &slab, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_reset(&scratch);
    slab_fini(&slab);
    return 0;
}

static struct value text(const char *s)
{
    return (struct value){ .type = VALUE_TEXT, .as.text = span_from(s) };
}

static void test_a_value_is_a_copy_under_a_copied_name(void **state)
{
    char name[] = "sess.a", bytes[] = "one";
    struct kept_values *k = kept_new();
    struct value v = text(bytes), n = { .type = VALUE_INT, .as.number = 7 };

    (void)state;
    assert_true(kept_set(k, span_from(name), &v));
    assert_true(kept_set(k, SPAN("sess.n"), &n));
    memset(name, 'x', 4);
    memset(bytes, 'x', 3);
    assert_span(kept_get(k, SPAN("sess.a"), &scratch).as.text, "one");
    assert_int_equal(kept_get(k, SPAN("sess.n"), &scratch).as.number, 7);
    assert_int_equal(kept_get(k, SPAN("sess.b"), &scratch).type, VALUE_NONE);
    kept_free(&k);
    assert_null(k);
}

static void test_what_was_read_outlives_a_change(void **state)
{
    struct kept_values *k = kept_new();
    struct value v = text("before"), other = text("after"), none = { .type = VALUE_NONE };

    (void)state;
    assert_true(kept_set(k, SPAN("a"), &v));
    struct value read = kept_get(k, SPAN("a"), &scratch);
    assert_true(kept_set(k, SPAN("a"), &other));
    assert_span(read.as.text, "before");
    assert_span(kept_get(k, SPAN("a"), &scratch).as.text, "after");
    assert_true(kept_set(k, SPAN("a"), &none));
    assert_int_equal(kept_get(k, SPAN("a"), &scratch).type, VALUE_NONE);
    kept_free(&k);
}

static void test_there_is_an_end_to_it(void **state)
{
    struct kept_values *k = kept_new();
    struct value v = text("x"), large = { .type = VALUE_BINARY };
    static char bytes[KEPT_TEXT_MOST + 1];
    char name[16];

    (void)state;
    for (unsigned i = 0; i < KEPT_VALUES_MOST; i++) {
        (void)snprintf(name, sizeof(name), "v%u", i);
        assert_true(kept_set(k, span_from(name), &v));
    }
    assert_false(kept_set(k, SPAN("one more"), &v));
    assert_true(kept_set(k, SPAN("v0"), &v));
    large.as.text = span_of(bytes, sizeof(bytes));
    assert_false(kept_set(k, SPAN("v0"), &large));
    kept_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_value_is_a_copy_under_a_copied_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_was_read_outlives_a_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_there_is_an_end_to_it, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
