/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of a message, lists and cookies. */
#include "wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ASSERT_SPAN(got, want)                                                                               \
    do {                                                                                                     \
        struct span got_ = (got), want_ = span_from(want);                                                   \
        assert_int_equal(got_.len, want_.len);                                                               \
        assert_memory_equal(got_.ptr, want_.ptr, want_.len);                                                 \
    } while (0)

static struct field storage[8];

static struct message three(void)
{
    struct message m;
    message_init(&m, storage, COUNT_OF(storage));
    assert_true(message_add(&m, SPAN("Accept"), SPAN("a")));
    assert_true(message_add(&m, SPAN("Cookie"), SPAN("b")));
    assert_true(message_add(&m, SPAN("ACCEPT"), SPAN("c")));
    assert_true(message_add(&m, SPAN("cookie"), SPAN("d")));
    assert_true(message_add(&m, SPAN("X-Y"), SPAN("e")));
    return m;
}

static void fields_are_found_in_order_and_without_case(void **state)
{
    (void)state;
    struct message m = three();
    const struct field *f = message_find(&m, FIELD_COOKIE);
    ASSERT_SPAN(f->value, "b");
    f = message_next(&m, f);
    ASSERT_SPAN(f->value, "d");
    assert_null(message_next(&m, f));

    f = message_find_name(&m, SPAN("accept"));
    ASSERT_SPAN(f->value, "a");
    f = message_next(&m, f);
    ASSERT_SPAN(f->value, "c");
    assert_null(message_next(&m, f));

    ASSERT_SPAN(message_find_name(&m, SPAN("COOKIE"))->value, "b");
    assert_null(message_find(&m, FIELD_HOST));
    assert_null(message_find(&m, FIELD_OTHER));
    assert_null(message_find_name(&m, SPAN("Host")));
    assert_null(message_find_name(&m, SPAN("X-Z")));
}

static void what_is_removed_is_not_found(void **state)
{
    (void)state;
    struct message m = three();
    assert_int_equal(message_remove(&m, SPAN("Accept")), 2);
    assert_int_equal(message_remove(&m, SPAN("Accept")), 0);
    assert_null(message_find_name(&m, SPAN("Accept")));
    ASSERT_SPAN(message_find_name(&m, SPAN("x-y"))->value, "e");

    assert_int_equal(message_remove_id(&m, FIELD_COOKIE), 2);
    assert_int_equal(message_remove_id(&m, FIELD_COOKIE), 0);
    assert_int_equal(message_remove_id(&m, FIELD_OTHER), 0);
    assert_int_equal(message_remove(&m, SPAN("Cookie")), 0);
    assert_null(message_find(&m, FIELD_COOKIE));

    assert_true(message_add(&m, SPAN("Cookie"), SPAN("new")));
    ASSERT_SPAN(message_find(&m, FIELD_COOKIE)->value, "new");
    assert_null(message_next(&m, message_find(&m, FIELD_COOKIE)));
}

static void a_full_storage_refuses(void **state)
{
    (void)state;
    struct message m;
    message_init(&m, storage, 2);
    assert_true(message_add(&m, SPAN("A"), SPAN("")));
    assert_true(message_add(&m, SPAN("Connection"), SPAN("close")));
    assert_false(message_add(&m, SPAN("B"), SPAN("")));
    assert_int_equal(m.field_count, 2);
    assert_false(m.fields[0].hop);
    assert_true(m.fields[1].hop);
}

static void only_safe_text_is_valid(void **state)
{
    (void)state;
    assert_true(field_name_is_valid(SPAN("X-Y_z.1")));
    assert_false(field_name_is_valid(SPAN("")));
    assert_false(field_name_is_valid(SPAN("a b")));
    assert_false(field_name_is_valid(SPAN("a:")));
    assert_true(field_value_is_valid(SPAN("")));
    assert_true(field_value_is_valid(SPAN("a b\tc \xc3\xa9")));
    static const char *const bad[] = { "a\r\nX: y", "a\n", "a\r", " a", "a ", "\ta", "\x7f", "\x01" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(field_value_is_valid(span_from(bad[i])));
    assert_false(field_value_is_valid(span_of("a\0b", 3)));
}

static void members_of_a_list(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        const char *members[4];
    } cases[] = {
        { "", { NULL } },
        { " , ,\t,", { NULL } },
        { "a", { "a" } },
        { " a ,\tb\t, c d ", { "a", "b", "c d" } },
        { "a,,b", { "a", "b" } },
        { "x=\"a,b\",c", { "x=\"a,b\"", "c" } },
        { "\"a\\\",b\",c", { "\"a\\\",b\"", "c" } },
        { "\"a,b", { "\"a,b" } },
        { "a\\,b", { "a\\", "b" } },
        { "\"a\\", { "\"a\\" } },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span list = span_from(cases[i].list), member;
        for (size_t k = 0; cases[i].members[k]; k++) {
            assert_true(list_member(&list, &member));
            ASSERT_SPAN(member, cases[i].members[k]);
        }
        assert_false(list_member(&list, &member));
        assert_int_equal(list.len, 0);
    }
}

static void tokens_of_a_list(void **state)
{
    (void)state;
    assert_true(list_has_token(SPAN("keep-alive, Upgrade"), SPAN("upgrade")));
    assert_false(list_has_token(SPAN("keep-alive, Upgraded"), SPAN("upgrade")));
    assert_false(list_has_token(SPAN(""), SPAN("upgrade")));
}

static void cookies_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *cookies, *name, *value; /* NULL: absent */
    } cases[] = {
        { "a=1; b=2", "a", "1" },   { "a=1; b=2", "b", "2" }, { "a=1;b=2 ; c=3", "b", "2" },
        { "aa=1; a=2", "a", "2" },  { "a=1; a=2", "a", "1" }, { "a=", "a", "" },
        { "a=b=c", "a", "b=c" },    { "A=1", "a", NULL },     { "ab=1", "a", NULL },
        { "a", "a", NULL },         { "", "a", NULL },        { ";;; a=1", "a", "1" },
        { "b=\"a=1\"", "a", NULL },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span value;
        bool found = cookie_find(span_from(cases[i].cookies), span_from(cases[i].name), &value);
        assert_int_equal(found, cases[i].value != NULL);
        if (found)
            ASSERT_SPAN(value, cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_found_in_order_and_without_case),
        cmocka_unit_test(what_is_removed_is_not_found),
        cmocka_unit_test(a_full_storage_refuses),
        cmocka_unit_test(only_safe_text_is_valid),
        cmocka_unit_test(members_of_a_list),
        cmocka_unit_test(tokens_of_a_list),
        cmocka_unit_test(cookies_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
