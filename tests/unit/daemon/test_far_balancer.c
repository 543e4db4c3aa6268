/* SPDX-License-Identifier: Apache-2.0 */
/* What another program's balancer says of itself becomes the memory that vrrp looks at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/far_balancer.h"
#include "model/vrrp.h"
#include "state/vrrp_health.h"

static struct vrrp_health_shared *wanting(const char *const *pools)
{
    struct vrrp_health_shared *h = calloc(1, sizeof(*h));

    assert_non_null(h);
    for (uint32_t i = 0; pools[i]; i++) {
        struct span name = span_from(pools[i]);
        memcpy(h->items[i].name, name.ptr, name.len);
        h->items[i].kind = VRRP_HEALTH_POOL;
        atomic_store(&h->item_count, i + 1);
    }
    return h;
}

static void an_answer_is_taken_by_name(void **state)
{
    static const char *const pools[] = { "web", "nginx:web", "gone", NULL };
    struct vrrp_health_shared *h = wanting(pools);
    (void)state;

    assert_true(
        far_balancer_read(SPAN("turns 17 18\nlistener 1 1 haproxy:web\npool 2 3 haproxy:web\npool 1 1 "
                               "nginx:web\nend\n\n"),
                          h));
    assert_int_equal(h->threads, 2);
    assert_int_equal(h->turns[1], 18);
    assert_int_equal(h->items[0].state, VRRP_ITEM_KNOWN);
    assert_int_equal(h->items[0].value, 2);
    assert_int_equal(h->items[0].total, 3);
    assert_int_equal(h->items[1].value, 1);
    assert_int_equal(h->items[2].state, VRRP_ITEM_ABSENT);
    free(h);
}

static void half_an_answer_changes_nothing(void **state)
{
    static const char *const pools[] = { "web", NULL };
    struct vrrp_health_shared *h = wanting(pools);
    (void)state;

    assert_false(far_balancer_read(SPAN("turns 17 18\npool 2 3 haproxy:web\n"), h));
    assert_false(far_balancer_read(SPAN(""), h));
    assert_false(far_balancer_read(SPAN("Unknown command: \"show health\"\n"), h));
    assert_int_equal(h->threads, 0);
    assert_int_equal(h->items[0].state, VRRP_ITEM_UNKNOWN);
    free(h);
}

static void nonsense_in_a_line_is_passed_over(void **state)
{
    static const char *const pools[] = { "web", NULL };
    struct vrrp_health_shared *h = wanting(pools);
    (void)state;

    assert_true(far_balancer_read(
        SPAN("turns x\npool -1 3 haproxy:web\npool 99999999999 1 web\npool\npool 1\nwhat 1 2\nend\n"), h));
    assert_int_equal(h->items[0].state, VRRP_ITEM_ABSENT);
    assert_int_equal(h->threads, 0);
    free(h);
}

static void names_with_and_without_their_language(void **state)
{
    (void)state;
    assert_true(vrrp_health_is(SPAN("web"), SPAN("haproxy:web")));
    assert_true(vrrp_health_is(SPAN("haproxy:web"), SPAN("haproxy:web")));
    assert_false(vrrp_health_is(SPAN("nginx:web"), SPAN("haproxy:web")));
    assert_false(vrrp_health_is(SPAN("we"), SPAN("haproxy:web")));
}

static void a_status_is_read_whole_or_not(void **state)
{
    struct vrrp_health_shared *h = calloc(1, sizeof(*h));
    char room[64];
    size_t len;
    (void)state;

    assert_non_null(h);
    assert_false(vrrp_status_read(h, room, sizeof(room), &len));
    vrrp_status_publish(h, SPAN("{\"v\":1}"));
    assert_true(vrrp_status_read(h, room, sizeof(room), &len));
    assert_true(span_eq(span_of(room, len), SPAN("{\"v\":1}")));
    vrrp_status_publish(h, SPAN("{}"));
    assert_true(vrrp_status_read(h, room, sizeof(room), &len));
    assert_true(span_eq(span_of(room, len), SPAN("{}")));
    assert_false(vrrp_status_read(h, room, 1, &len));
    free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_taken_by_name),
        cmocka_unit_test(half_an_answer_changes_nothing),
        cmocka_unit_test(nonsense_in_a_line_is_passed_over),
        cmocka_unit_test(names_with_and_without_their_language),
        cmocka_unit_test(a_status_is_read_whole_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
