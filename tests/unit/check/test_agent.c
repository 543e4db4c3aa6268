/* SPDX-License-Identifier: Apache-2.0 */
/* What an agent's answer means. */
#include "state/fixture.h"

#include "check/agent.h"

static void words_are_told_apart(void **state)
{
    (void)state;
    struct agent_words w = agent_read(SPAN("up 75% maxconn:30 # all 12% is well"));
    assert_int_equal(w.health, AGENT_UP);
    assert_true(w.has_weight && w.percent == 75);
    assert_true(w.has_limit && w.limit == 30);
    assert_int_equal(w.strange.len, 0);
    w = agent_read(SPAN("READY,\tDown\r"));
    assert_int_equal(w.admin, AGENT_READY);
    assert_int_equal(w.health, AGENT_DOWN);
    assert_int_equal(agent_read(SPAN("stopped#x")).health, AGENT_DOWN);
    assert_int_equal(agent_read(SPAN("fail")).health, AGENT_DOWN);
    assert_int_equal(agent_read(SPAN("maint")).admin, AGENT_MAINT);
    assert_int_equal(agent_read(SPAN("drain")).admin, AGENT_DRAIN);
}

static void nonsense_is_nothing(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "hello", "-1%", "99999999999999999999%", "maxconn:", "maxconn:x", "%"
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct agent_words w = agent_read(span_from(lines[i]));
        assert_true(w.strange.len > 0);
        assert_false(w.has_weight || w.has_limit || w.admin || w.health);
    }
    struct agent_words w = agent_read(SPAN(""));
    assert_false(w.strange.len || w.has_weight || w.has_limit || w.admin || w.health);
    assert_int_equal(agent_read(SPAN("huh down")).health, AGENT_DOWN);
}

static void it_takes_effect(void **state)
{
    (void)state;
    struct state_world *world = state_world_new(span_of(NULL, 0), 1);
    struct built b = built_pool(LANGUAGE_HAPROXY, WEIGHTS(100, 1));
    struct server *model = b.p->servers.items[0];
    struct agent agent = { .port = 1 };
    model->agent = &agent;
    struct snapshot *snap = built_snapshot(&b, world);
    struct server_state *s = snapshot_server(snap, model);
    struct agent_words w = agent_read(SPAN("50% maxconn:7"));
    agent_apply(&w, model, s, at_s(1));
    assert_int_equal(server_weight(s, model, at_s(1)), 50 * WEIGHT_SCALE);
    assert_int_equal(server_limit(s, model, at_s(1)), 7);
    w = agent_read(SPAN("down"));
    agent_apply(&w, model, s, at_s(2));
    agent_apply(&w, model, s, at_s(3));
    assert_int_equal(server_use(s, model, at_s(3)), USE_DOWN);
    assert_int_equal(atomic_load(&s->downs), 1);
    w = agent_read(SPAN("up drain"));
    agent_apply(&w, model, s, at_s(4));
    assert_int_equal(server_use(s, model, at_s(4)), USE_STICKY);
    w = agent_read(SPAN("ready 100%"));
    agent_apply(&w, model, s, at_s(5));
    assert_int_equal(server_use(s, model, at_s(5)), USE_FULL);
    snapshot_put(snap);
    built_free(&b);
    state_world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_told_apart),
        cmocka_unit_test(nonsense_is_nothing),
        cmocka_unit_test(it_takes_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
