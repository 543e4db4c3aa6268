/* SPDX-License-Identifier: Apache-2.0 */
#include "base/list.h"

#include "unit.h"

struct item {
    int number;
    struct link in_list;
};

static int sum_in_order(struct list *l)
{
    int sum = 0;
    LIST_EACH (l, it, struct item, in_list)
        sum = sum * 10 + it->number;
    return sum;
}

static void keeps_order_from_both_ends(void **state)
{
    (void)state;
    struct list l;
    struct item one = { .number = 1 }, two = { .number = 2 }, three = { .number = 3 };
    list_init(&l);
    assert_true(list_is_empty(&l));
    assert_null(list_first(&l));
    assert_null(list_last(&l));
    assert_null(list_take_first(&l));
    list_push_back(&l, &two.in_list);
    list_push_back(&l, &three.in_list);
    list_push_front(&l, &one.in_list);
    assert_int_equal(sum_in_order(&l), 123);
    assert_ptr_equal(LIST_ITEM(list_last(&l), struct item, in_list), &three);
    assert_ptr_equal(list_take_first(&l), &one.in_list);
    assert_false(link_is_linked(&one.in_list));
    assert_int_equal(sum_in_order(&l), 23);
}

static void removing_twice_is_harmless(void **state)
{
    (void)state;
    struct list l;
    struct item one = { .number = 1 }, two = { .number = 2 };
    list_init(&l);
    list_push_back(&l, &one.in_list);
    list_push_back(&l, &two.in_list);
    link_remove(&one.in_list);
    link_remove(&one.in_list);
    assert_int_equal(sum_in_order(&l), 2);
}

static void the_element_may_go_in_the_body(void **state)
{
    (void)state;
    struct list l;
    struct item items[5];
    list_init(&l);
    for (int i = 0; i < 5; i++) {
        items[i].number = i + 1;
        list_push_back(&l, &items[i].in_list);
    }
    LIST_EACH (&l, it, struct item, in_list) {
        if (it->number % 2 == 0)
            link_remove(&it->in_list);
    }
    assert_int_equal(sum_in_order(&l), 135);
}

static void break_and_continue_mean_the_list(void **state)
{
    (void)state;
    struct list l;
    struct item items[4];
    int seen = 0;
    list_init(&l);
    for (int i = 0; i < 4; i++) {
        items[i].number = i + 1;
        list_push_back(&l, &items[i].in_list);
    }
    LIST_EACH (&l, it, struct item, in_list) {
        if (it->number == 2)
            continue;
        seen = seen * 10 + it->number;
        if (it->number == 3)
            break;
    }
    assert_int_equal(seen, 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order_from_both_ends),
        cmocka_unit_test(removing_twice_is_harmless),
        cmocka_unit_test(the_element_may_go_in_the_body),
        cmocka_unit_test(break_and_continue_mean_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
