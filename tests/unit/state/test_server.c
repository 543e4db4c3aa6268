/* SPDX-License-Identifier: Apache-2.0 */
/* Passive failures, checks, weights and limits of one server. */
#include "state/fixture.h"

static struct state_world *world;
static struct built b;
static struct snapshot *snap;
static struct server *model;
static struct server_state *server;

/* A pool of nginx with two servers; max_fails 2, fail_timeout 3 s. */
static int setup(void **state)
{
    (void)state;
    world = state_world_new(span_of(NULL, 0), 1);
    b = built_pool(LANGUAGE_NGINX, WEIGHTS(4, 1));
    model = b.c->servers.items[0];
    model->fails_max = 2;
    model->fail_window = DURATION_S(3);
    snap = built_snapshot(&b, world);
    server = snap->servers[0];
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    snapshot_put(snap);
    built_free(&b);
    state_world_free(&world);
    return 0;
}

static enum server_use use(double s)
{
    return server_use(server, model, at_s(s));
}

/* What balance_pick does with a server that it has chosen. */
static void pick(double s)
{
    (void)server_try_begins(server, model, at_s(s));
}

static void failures_take_it_out_and_one_try_brings_it_back(void **state)
{
    (void)state;
    assert_int_equal(server_failed(server, model, 4, at_s(10)), FAILED_COUNTED);
    assert_int_equal(use(10), USE_FULL);
    assert_int_equal(server_failed(server, model, 4, at_s(10.5)), FAILED_TAKEN_OUT);
    assert_int_equal(use(10.5), USE_FAILED);
    assert_int_equal(use(13.5), USE_FAILED);
    assert_int_equal(server_next_change(server, model, at_s(11)).us, at_s(13.5).us + 1);
    assert_int_equal(use(13.6), USE_FULL);
    pick(13.6);
    assert_int_equal(use(13.7), USE_FAILED); /* the others wait for what that try brings */
    server_answered(server, 1000, at_s(13.8));
    assert_int_equal(use(13.8), USE_FULL);
    assert_int_equal(atomic_load(&server->fails), 0);
}

static void the_try_that_fails_takes_it_out_again(void **state)
{
    (void)state;
    (void)server_failed(server, model, 4, at_s(10));
    (void)server_failed(server, model, 4, at_s(10));
    pick(14);
    assert_int_equal(server_failed(server, model, 4, at_s(14)), FAILED_TAKEN_OUT);
    assert_int_equal(use(16.9), USE_FAILED);
    assert_int_equal(use(17.1), USE_FULL);
}

/* Measured on nginx 1.22: two failures 6 s apart count as two though fail_timeout is 3 s. */
static void failures_add_up_over_the_window(void **state)
{
    (void)state;
    (void)server_failed(server, model, 4, at_s(10));
    pick(16);
    assert_int_equal(server_failed(server, model, 4, at_s(16)), FAILED_TAKEN_OUT);
}

/* Measured too: a success 1.5 s after a failure does not forget it, one after the window does. */
static void an_early_success_forgets_nothing(void **state)
{
    (void)state;
    (void)server_failed(server, model, 4, at_s(10));
    pick(11.5);
    server_answered(server, 1000, at_s(11.5));
    assert_int_equal(server_failed(server, model, 4, at_s(11.6)), FAILED_TAKEN_OUT);
}

static void a_success_after_the_window_forgets(void **state)
{
    (void)state;
    (void)server_failed(server, model, 4, at_s(10));
    pick(14.5);
    server_answered(server, 1000, at_s(14.5));
    assert_int_equal(server_failed(server, model, 4, at_s(14.6)), FAILED_COUNTED);
    assert_int_equal(use(14.6), USE_FULL);
}

static void failures_cost_weight(void **state)
{
    (void)state;
    (void)server_failed(server, model, 4, at_s(10));
    assert_int_equal(atomic_load(&server->lost_weight), 2);
    (void)server_failed(server, model, 4, at_s(10));
    (void)server_failed(server, model, 4, at_s(10));
    assert_int_equal(atomic_load(&server->lost_weight), 4);
}

static void a_single_server_is_never_taken_out(void **state)
{
    (void)state;
    struct built one = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1));
    struct server *m = one.c->servers.items[0];
    m->fails_max = 1;
    m->fail_window = DURATION_S(10);
    one.p->single_never_fails = true;
    struct snapshot *s = built_snapshot(&one, world);
    assert_int_equal(server_failed(s->servers[0], m, 4, at_s(1)), FAILED_COUNTED);
    assert_int_equal(server_use(s->servers[0], m, at_s(1)), USE_FULL);
    snapshot_put(s);
    built_free(&one);
}

static void errors_in_a_row_reach_their_limit(void **state)
{
    (void)state;
    model->fails_max = 0;
    model->observe = OBSERVE_LAYER4;
    model->error_limit = 3;
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(server_failed(server, model, 4, at_s(1)), FAILED_COUNTED);
    assert_int_equal(server_failed(server, model, 7, at_s(1)), FAILED_COUNTED); /* not looked at */
    server_answered(server, UINT64_MAX, at_s(1));
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(server_failed(server, model, 4, at_s(1)), FAILED_COUNTED);
    assert_int_equal(server_failed(server, model, 4, at_s(1)), FAILED_ERROR_LIMIT);
    assert_int_equal(server_failed(server, model, 4, at_s(1)), FAILED_COUNTED);
}

static struct check check = { .kind = CHECK_HTTP, .interval = { 1000 }, .rise = 2, .fall = 3 };

static struct snapshot *checked(struct built *to, enum init_state init)
{
    *to = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1));
    to->c->servers.items[0]->check = &check;
    to->c->servers.items[0]->init_state = init;
    return built_snapshot(to, world);
}

static enum health_change see(struct snapshot *s, enum check_result r, double at)
{
    return server_checked(s->servers[0], &check, r, 0, 7, at_s(at));
}

static enum health health(const struct snapshot *s)
{
    struct health_report r;
    server_health(s->servers[0], &r);
    return r.health;
}

static void its_sessions_are_to_end_when_it_is_taken_out_if_the_file_says_so(void **state)
{
    (void)state;
    struct built c = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1, 1, 1));
    c.c->servers.items[0]->on_down_shutdown_sessions = true;
    c.c->servers.items[1]->on_up_shutdown_backup_sessions = true;
    c.c->servers.items[2]->backup = true;
    struct snapshot *s = built_snapshot(&c, world);
    for (unsigned i = 0; i < 3; i++) {
        server_set_admin(s->servers[i], ADMIN_MAINT, 0, at_s(1));
        assert_int_equal(atomic_load(&s->servers[i]->kills), i == 0);
        server_set_admin(s->servers[i], ADMIN_MAINT, 0, at_s(2)); /* it is out already */
        assert_int_equal(atomic_load(&s->servers[i]->kills), i == 0);
    }
    assert_false(atomic_load(&s->servers[0]->killed_for_others));
    server_set_admin(s->servers[2], 0, ADMIN_MAINT, at_s(3));
    server_set_admin(s->servers[1], 0, ADMIN_MAINT, at_s(3));
    assert_int_equal(atomic_load(&s->servers[2]->kills), 1);
    assert_true(atomic_load(&s->servers[2]->killed_for_others));
    snapshot_put(s);
    built_free(&c);
}

static void back_from_maintenance_the_first_bad_check_counts(void **state)
{
    (void)state;
    struct built c;
    struct snapshot *s = checked(&c, INIT_UP);
    assert_int_equal(see(s, CHECKED_L7_OK, 1), HEALTH_SAME);
    server_set_admin(s->servers[0], ADMIN_MAINT, 0, at_s(2));
    server_set_admin(s->servers[0], 0, ADMIN_MAINT, at_s(3));
    assert_int_equal(health(s), HEALTH_GOING_DOWN);
    assert_true(server_take_hurry(s->servers[0]));
    assert_int_equal(see(s, CHECKED_L7_STATUS, 4), HEALTH_WENT_DOWN);
    server_set_admin(s->servers[0], ADMIN_DRAIN, 0, at_s(5));
    server_set_admin(s->servers[0], 0, ADMIN_DRAIN, at_s(6));
    assert_int_equal(health(s), HEALTH_DOWN); /* a drain is no maintenance */
    server_set_admin(s->servers[0], ADMIN_MAINT, 0, at_s(7));
    server_set_admin(s->servers[0], 0, ADMIN_MAINT, at_s(8));
    assert_int_equal(server_use(s->servers[0], c.c->servers.items[0], at_s(8)), USE_FULL);
    snapshot_put(s);
    built_free(&c);
}

static void checks_rise_and_fall(void **state)
{
    (void)state;
    struct built c;
    struct snapshot *s = checked(&c, INIT_UP);
    assert_int_equal(health(s), HEALTH_STARTING);
    assert_int_equal(server_use(s->servers[0], c.c->servers.items[0], at_s(1)), USE_FULL);
    assert_int_equal(see(s, CHECKED_L7_OK, 1), HEALTH_SAME);
    assert_int_equal(health(s), HEALTH_UP);
    assert_int_equal(see(s, CHECKED_L7_STATUS, 2), HEALTH_SAME);
    assert_int_equal(see(s, CHECKED_L7_TIMEOUT, 3), HEALTH_SAME);
    assert_int_equal(health(s), HEALTH_GOING_DOWN);
    assert_int_equal(see(s, CHECKED_L7_OK, 4), HEALTH_SAME); /* all points again */
    assert_int_equal(see(s, CHECKED_L7_STATUS, 5), HEALTH_SAME);
    assert_int_equal(see(s, CHECKED_L7_STATUS, 6), HEALTH_SAME);
    assert_int_equal(see(s, CHECKED_L4_REFUSED, 7), HEALTH_WENT_DOWN);
    assert_int_equal(server_use(s->servers[0], c.c->servers.items[0], at_s(7)), USE_DOWN);
    assert_int_equal(see(s, CHECKED_L7_OK, 8), HEALTH_SAME);
    assert_int_equal(health(s), HEALTH_GOING_UP);
    assert_int_equal(see(s, CHECKED_L7_STATUS, 9), HEALTH_SAME); /* back to nothing */
    assert_int_equal(see(s, CHECKED_L7_OK, 10), HEALTH_SAME);
    assert_int_equal(see(s, CHECKED_L7_OK, 11), HEALTH_WENT_UP);
    struct health_report r;
    server_health(s->servers[0], &r);
    assert_int_equal(r.health, HEALTH_UP);
    assert_int_equal(r.downs, 1);
    assert_int_equal(r.down_ms, 4000);
    assert_int_equal(r.duration_ms, 7);
    assert_int_equal(r.since.us, at_s(11).us);
    snapshot_put(s);
    built_free(&c);
}

static void before_the_first_check(void **state)
{
    (void)state;
    static const struct {
        enum init_state init;
        enum server_use use;
        unsigned bad, good; /* so many change it */
    } rows[] = { { INIT_UP, USE_FULL, 1, 0 },
                 { INIT_FULLY_UP, USE_FULL, 3, 0 },
                 { INIT_DOWN, USE_STARTING, 0, 1 },
                 { INIT_FULLY_DOWN, USE_STARTING, 0, 2 } };
    for (unsigned i = 0; i < 4; i++) {
        struct built c;
        struct snapshot *s = checked(&c, rows[i].init);
        assert_int_equal(server_use(s->servers[0], c.c->servers.items[0], at_s(1)), rows[i].use);
        for (unsigned k = 1; k <= rows[i].bad; k++)
            assert_int_equal(see(s, CHECKED_L4_TIMEOUT, 1),
                             k == rows[i].bad ? HEALTH_WENT_DOWN : HEALTH_SAME);
        for (unsigned k = 1; k <= rows[i].good; k++)
            assert_int_equal(see(s, CHECKED_L4_OK, 1), k == rows[i].good ? HEALTH_WENT_UP : HEALTH_SAME);
        snapshot_put(s);
        built_free(&c);
    }
}

static void traffic_and_operators_speak_for_checks(void **state)
{
    (void)state;
    struct built c;
    struct snapshot *s = checked(&c, INIT_FULLY_UP);
    server_sudden_death(s->servers[0], at_s(1));
    assert_int_equal(health(s), HEALTH_GOING_DOWN);
    assert_int_equal(see(s, CHECKED_L7_STATUS, 2), HEALTH_WENT_DOWN);
    server_set_health(s->servers[0], HEALTH_UP, at_s(3));
    assert_int_equal(health(s), HEALTH_UP);
    assert_int_equal(server_mark_down(s->servers[0], at_s(4)), HEALTH_WENT_DOWN);
    struct health_report r;
    server_health(s->servers[0], &r);
    assert_string_equal(check_result_code(r.result), "HANA");
    assert_int_equal(server_mark_down(server, at_s(5)), HEALTH_SAME); /* it is not checked */
    server_set_admin(s->servers[0], ADMIN_NO_CHECK, 0, at_s(6));
    assert_int_equal(server_use(s->servers[0], c.c->servers.items[0], at_s(6)), USE_DOWN);
    server_set_health(s->servers[0], HEALTH_UP, at_s(7));
    assert_int_equal(server_use(s->servers[0], c.c->servers.items[0], at_s(7)), USE_FULL);
    server_set_stopping(s->servers[0], at_s(8));
    assert_int_equal(server_use(s->servers[0], c.c->servers.items[0], at_s(8)), USE_STICKY);
    assert_int_equal(see(s, CHECKED_L7_OK, 9), HEALTH_SAME);
    assert_int_equal(server_use(s->servers[0], c.c->servers.items[0], at_s(9)), USE_FULL);
    snapshot_put(s);
    built_free(&c);
}

static void an_operator_speaks_for_a_server_that_is_not_checked(void **state)
{
    (void)state;
    server_set_health(server, HEALTH_DOWN, at_s(1));
    assert_int_equal(server_use(server, model, at_s(1)), USE_DOWN);
    struct snapshot *again = snapshot_new(world, b.c);
    assert_int_equal(server_use(server, model, at_s(2)), USE_DOWN); /* a reload changes nothing */
    snapshot_put(again);
    server_set_stopping(server, at_s(3));
    assert_int_equal(server_use(server, model, at_s(3)), USE_STICKY);
    server_set_health(server, HEALTH_UP, at_s(4));
    assert_int_equal(server_use(server, model, at_s(4)), USE_FULL);
    assert_int_equal(atomic_load(&server->health), HEALTH_UNCHECKED);
    server_set_health(server, HEALTH_DOWN, at_s(5));
    server_set_admin(server, ADMIN_MAINT, 0, at_s(6));
    server_set_admin(server, 0, ADMIN_MAINT, at_s(7)); /* who comes back begins anew */
    assert_int_equal(server_use(server, model, at_s(7)), USE_FULL);
}

static void a_conditional_answer_drains(void **state)
{
    (void)state;
    struct built c;
    struct snapshot *s = checked(&c, INIT_FULLY_UP);
    uint32_t version = atomic_load(&s->pools[0]->version);
    (void)see(s, CHECKED_L7_CONDITIONAL, 1);
    assert_int_equal(server_use(s->servers[0], c.c->servers.items[0], at_s(1)), USE_STICKY);
    assert_true(atomic_load(&s->pools[0]->version) != version);
    (void)see(s, CHECKED_L7_OK, 2);
    assert_int_equal(server_use(s->servers[0], c.c->servers.items[0], at_s(2)), USE_FULL);
    snapshot_put(s);
    built_free(&c);
}

static void slow_start_ramps_weight_and_limit(void **state)
{
    (void)state;
    model->slow_start = DURATION_MS(16000);
    server_set_connections_max(server, 32, at_s(0));
    assert_int_equal(server_weight(server, model, at_s(100)), 4 * 16);
    assert_int_equal(server_next_change(server, model, at_s(100)).us, UINT64_MAX);
    server_set_admin(server, ADMIN_MAINT, 0, at_s(90));
    server_set_admin(server, 0, ADMIN_MAINT, at_s(100));
    assert_int_equal(server_weight(server, model, at_s(100)), 4);
    assert_int_equal(server_limit(server, model, at_s(100)), 2);
    assert_int_equal(server_next_change(server, model, at_s(100)).us, at_s(101).us);
    assert_int_equal(server_weight(server, model, at_s(101)), 8);
    assert_int_equal(server_weight(server, model, at_s(115.5)), 64);
    assert_int_equal(server_weight(server, model, at_s(116)), 64);
    assert_int_equal(server_limit(server, model, at_s(116)), 32);
    assert_int_equal(server_next_change(server, model, at_s(116)).us, UINT64_MAX);
}

static void the_limit_moves_with_the_pools_load(void **state)
{
    (void)state;
    assert_int_equal(server_limit(server, model, at_s(1)), 0);
    server_set_connections_max(server, 100, at_s(0));
    model->connections_min = 10;
    assert_int_equal(server_limit(server, model, at_s(1)), 100);
    b.p->fullconn = 1000;
    assert_int_equal(server_limit(server, model, at_s(1)), 10);
    atomic_store(&snap->pools[0]->active, 500);
    assert_int_equal(server_limit(server, model, at_s(1)), 50);
    atomic_store(&snap->pools[0]->waiting, 600);
    assert_int_equal(server_limit(server, model, at_s(1)), 100);
    atomic_store(&snap->pools[0]->waiting, 0);
    atomic_store(&snap->pools[0]->active, 0);
}

static void weight_zero_takes_only_its_own(void **state)
{
    (void)state;
    server_set_weight(server, 0, at_s(1));
    assert_int_equal(use(1), USE_STICKY);
    assert_int_equal(server_weight(server, model, at_s(1)), 0);
}

static void the_average_moves(void **state)
{
    (void)state;
    server_answered(server, 8000, at_s(1));
    assert_int_equal(atomic_load(&server->average_us), 8000);
    server_answered(server, 0, at_s(1));
    assert_int_equal(atomic_load(&server->average_us), 7000);
    server_answered(server, UINT64_MAX, at_s(1));
    assert_int_equal(atomic_load(&server->average_us), 7000);
}

static void codes_and_names(void **state)
{
    (void)state;
    assert_string_equal(check_result_code(CHECKED_L4_REFUSED), "L4CON");
    assert_true(check_result_is_good(CHECKED_L7_CONDITIONAL));
    assert_false(check_result_is_good(CHECKED_TRAFFIC));
    assert_string_equal(health_name(HEALTH_GOING_UP), "going up");
    assert_string_equal(server_use_name(USE_STICKY), "drained");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(failures_take_it_out_and_one_try_brings_it_back),
        T(the_try_that_fails_takes_it_out_again),
        T(failures_add_up_over_the_window),
        T(an_early_success_forgets_nothing),
        T(a_success_after_the_window_forgets),
        T(failures_cost_weight),
        T(a_single_server_is_never_taken_out),
        T(errors_in_a_row_reach_their_limit),
        T(its_sessions_are_to_end_when_it_is_taken_out_if_the_file_says_so),
        T(back_from_maintenance_the_first_bad_check_counts),
        T(checks_rise_and_fall),
        T(before_the_first_check),
        T(traffic_and_operators_speak_for_checks),
        T(an_operator_speaks_for_a_server_that_is_not_checked),
        T(a_conditional_answer_drains),
        T(slow_start_ramps_weight_and_limit),
        T(the_limit_moves_with_the_pools_load),
        T(weight_zero_takes_only_its_own),
        T(the_average_moves),
        T(codes_and_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
