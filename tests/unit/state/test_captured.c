/* SPDX-License-Identifier: Apache-2.0 */
/* The last bad message is kept, and no more of it than there is room for. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "state/captured.h"

static void the_last_one_is_there(void **state)
{
    captured_slot slot = NULL;
    _Atomic uint32_t events = 0;
    struct captured *got = malloc(sizeof(*got));
    char *much = malloc(2 * CAPTURED_MOST);

    (void)state;
    memset(much, 'x', 2 * CAPTURED_MOST);
    assert_false(captured_get(&slot, got));
    captured_put(&slot, &events,
                 &(struct captured_note){ .wall_us = 5, .bytes = SPAN("first"), .source = SPAN("a:1") });
    captured_put(&slot, &events,
                 &(struct captured_note){ .wall_us = 6,
                                          .bytes = span_of(much, 2 * CAPTURED_MOST),
                                          .source = SPAN("b:2"),
                                          .other = span_of(much, 2 * CAPTURED_NAME),
                                          .at = 7 });
    assert_true(captured_get(&slot, got));
    assert_int_equal(events, 2);
    assert_int_equal(got->event, 1);
    assert_int_equal(got->len, CAPTURED_MOST);
    assert_int_equal(got->at, 7);
    assert_string_equal(got->source, "b:2");
    assert_int_equal(strlen(got->other), CAPTURED_NAME - 1);
    assert_string_equal(got->server, "");
    captured_free(&slot);
    assert_false(captured_get(&slot, got));
    free(much);
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_last_one_is_there) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
