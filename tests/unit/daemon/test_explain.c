/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"

/* A code in a log or a forum must mean one thing. */
static void no_code_is_used_twice(void **state)
{
    const struct diag_kind *a, *b;
    (void)state;

    for (unsigned i = 0; (a = explain_kind(i)) != NULL; i++) {
        assert_int_equal(strlen(a->code), 5);
        for (unsigned k = 0; k < i && (b = explain_kind(k)) != NULL; k++)
            if (a != b && strcmp(a->code, b->code) == 0)
                fail_msg("%s: \"%s\" and \"%s\"", a->code, a->en, b->en);
    }
}

static void every_room_is_in_it(void **state)
{
    /* conf/common, model, nginx, haproxy, keepalived, vrrp, daemon */
    static const char *const codes[] = { "K0130", "K0506", "K0210", "K0305",
                                         "K0601", "K0700", "K0801", "K0880" };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct buf out;
        buf_init(&out, 65536);
        assert_true(explain(&out, codes[i], "en"));
        assert_non_null(memmem(out.data, out.len, codes[i], 5));
        assert_null(memmem(out.data, out.len, "{0}", 3)); /* no argument is left open */
        buf_fini(&out);
    }
}

static void an_unknown_code_says_nothing(void **state)
{
    struct buf out;
    (void)state;

    buf_init(&out, 65536);
    assert_false(explain(&out, "K9999", "en"));
    assert_int_equal(out.len, 0);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_code_is_used_twice),
        cmocka_unit_test(every_room_is_in_it),
        cmocka_unit_test(an_unknown_code_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
