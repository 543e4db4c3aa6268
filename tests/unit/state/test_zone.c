/* SPDX-License-Identifier: Apache-2.0 */
/* Zones: how early a request is, and how many there are at once. */
#include "state/zone_state.h"

#include <stdio.h>

#include "model/zone.h"
#include "state/snapshot.h"
#include "unit.h"

static struct config *c;
static struct state_world *w;
static struct snapshot *snapshot;
static struct zone_state *zone;

static int setup(void **state)
{
    (void)state;
    c = config_new();
    struct zone *z = ARENA_NEW(c->arena, struct zone);
    *z = (struct zone){ .name = SPAN("z"), .identity = SPAN("nginx:z"), .size = 32768 };
    *ARENA_PUSH(c->arena, &c->zones) = z;
    struct diags *d = diags_new();
    assert_true(config_seal(c, d));
    diags_free(&d);
    w = state_world_new(span_of(NULL, 0), 1);
    snapshot = snapshot_new(w, c);
    zone = snapshot->zones[0];
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    snapshot_put(snapshot);
    state_world_free(&w);
    config_free(&c);
    return 0;
}

static uint64_t early(const char *key, uint64_t burst, uint64_t ms)
{
    return zone_rate(zone, span_from(key), 1000, burst, true, (instant){ ms * 1000 });
}

/* One a second: each request is a whole one too early for the next. */
static void requests_by_time(void **state)
{
    (void)state;
    assert_int_equal(early("a", 2000, 1000), 0);
    assert_int_equal(early("a", 2000, 1000), 1000);
    assert_int_equal(early("a", 2000, 1500), 1500);
    assert_int_equal(early("a", 2000, 1600), 2400); /* not counted */
    assert_int_equal(early("a", 2000, 2000), 2000);
    assert_int_equal(early("b", 0, 2000), 0);
    assert_int_equal(early("a", 2000, 60000), 0);
}

static void looking_does_not_count(void **state)
{
    (void)state;
    instant now = { 1000000 };
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(zone_rate(zone, SPAN("x"), 1000, 0, false, now), 0);
}

static void requests_at_once(void **state)
{
    (void)state;
    uint64_t a, b, other;
    assert_true(zone_enter(zone, SPAN("a"), 2, &a));
    assert_true(zone_enter(zone, SPAN("a"), 2, &b));
    assert_false(zone_enter(zone, SPAN("a"), 2, &other));
    zone_leave(zone, a);
    assert_true(zone_enter(zone, SPAN("a"), 2, &other));
    zone_leave(zone, b);
    zone_leave(zone, other);
}

/* More keys than there is room for: rates forget the oldest, and whoever runs is never forgotten. */
static void a_full_zone(void **state)
{
    (void)state;
    char key[16];
    uint64_t tickets[4096];
    unsigned entered = 0;
    for (unsigned i = 0; i < 4096; i++) {
        snprintf(key, sizeof(key), "key %u", i);
        assert_int_equal(early(key, 0, 1000), 0);
    }
    for (unsigned i = 0; i < 4096; i++) {
        snprintf(key, sizeof(key), "other %u", i);
        entered += zone_enter(zone, span_from(key), 1, &tickets[entered]);
    }
    assert_true(entered < 4096);
    while (entered)
        zone_leave(zone, tickets[--entered]);
}

/* What was counted is there after a reload. */
static void a_reload_keeps_it(void **state)
{
    (void)state;
    assert_int_equal(early("a", 5000, 1000), 0);
    struct snapshot *next = snapshot_new(w, c);
    snapshot_put(snapshot);
    snapshot = next;
    zone = next->zones[0];
    assert_int_equal(early("a", 5000, 1000), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_by_time, setup, teardown),
        cmocka_unit_test_setup_teardown(looking_does_not_count, setup, teardown),
        cmocka_unit_test_setup_teardown(requests_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_zone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reload_keeps_it, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
