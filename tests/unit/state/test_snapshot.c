/* SPDX-License-Identifier: Apache-2.0 */
/* What a reload keeps and what it begins anew. */
#include "state/fixture.h"

static struct state_world *world;

static int setup(void **state)
{
    (void)state;
    world = state_world_new(span_of(NULL, 0), 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    state_world_free(&world); /* dies when a state was not given back */
    return 0;
}

static void the_same_server_keeps_its_state(void **state)
{
    (void)state;
    struct built a = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1, 1)),
                 b = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1, 1, 1));
    struct snapshot *one = built_snapshot(&a, world);
    struct server_state *kept = one->servers[1];
    counts_bump(server_counts(kept, 0), requests, 5);
    struct snapshot *two = built_snapshot(&b, world);
    assert_ptr_equal(two->servers[1], kept);
    assert_ptr_equal(two->pools[0], one->pools[0]);
    assert_ptr_not_equal(two->servers[2], kept);
    snapshot_put(one);
    built_free(&a);
    struct counts_sum sum = { 0 };
    counts_add_up(&kept->counts, (instant){ 0 }, &sum);
    assert_int_equal(sum.requests, 5);
    assert_span(kept->named.identity, "haproxy:web/B");
    snapshot_put(two);
    built_free(&b);
}

static void what_vanished_is_released_and_comes_back_fresh(void **state)
{
    (void)state;
    struct built a = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1, 1)),
                 b = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1)),
                 c = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1, 1));
    struct snapshot *one = built_snapshot(&a, world);
    counts_bump(server_counts(one->servers[1], 0), requests, 5);
    struct snapshot *two = built_snapshot(&b, world);
    snapshot_put(one);
    struct snapshot *three = built_snapshot(&c, world);
    struct counts_sum sum = { 0 };
    counts_add_up(&three->servers[1]->counts, (instant){ 0 }, &sum);
    assert_int_equal(sum.requests, 0);
    snapshot_put(two);
    snapshot_put(three);
    built_free(&a);
    built_free(&b);
    built_free(&c);
}

/* Frees what the snapshot was made of, as a worker does. */
static void on_end(void *to)
{
    struct built *b = to;
    built_free(b);
    b->c = NULL;
}

static void the_config_may_go_with_the_last_reference(void **state)
{
    (void)state;
    struct built a = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1, 1));
    struct snapshot *s = snapshot_get(built_snapshot(&a, world));
    s->on_end = on_end;
    s->to = &a;
    snapshot_put(s); /* a generation's; somebody else still has his */
    assert_non_null(a.c);
    assert_int_equal(s->config->servers.count, 2);
    snapshot_put(s);
    assert_null(a.c);
}

static void one_name_in_two_languages_is_two(void **state)
{
    (void)state;
    struct built a = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1)), b = built_pool(LANGUAGE_NGINX, WEIGHTS(1));
    struct snapshot *one = built_snapshot(&a, world), *two = built_snapshot(&b, world);
    assert_ptr_not_equal(one->servers[0], two->servers[0]);
    assert_ptr_not_equal(one->pools[0], two->pools[0]);
    snapshot_put(one);
    snapshot_put(two);
    built_free(&a);
    built_free(&b);
}

/* Binds <weights> and gives server A's state. */
static struct server_state *reload(struct built *b, struct snapshot **s)
{
    struct snapshot *fresh = built_snapshot(b, world);
    snapshot_put(*s);
    *s = fresh;
    return fresh->servers[0];
}

static void a_runtime_weight_stays_while_the_files_does(void **state)
{
    (void)state;
    struct built a = built_pool(LANGUAGE_HAPROXY, WEIGHTS(10)),
                 same = built_pool(LANGUAGE_HAPROXY, WEIGHTS(10)),
                 other = built_pool(LANGUAGE_HAPROXY, WEIGHTS(20));
    struct snapshot *s = built_snapshot(&a, world);
    server_set_weight(s->servers[0], 3, at_s(1));
    server_set_admin(s->servers[0], ADMIN_MAINT, 0, at_s(1));
    struct server_state *x = reload(&same, &s);
    assert_int_equal(atomic_load(&x->weight), 3);
    assert_int_equal(server_use(x, same.c->servers.items[0], at_s(1)), USE_MAINT);
    x = reload(&other, &s);
    assert_int_equal(atomic_load(&x->weight), 20);
    assert_int_equal(server_use(x, other.c->servers.items[0], at_s(1)), USE_MAINT); /* another value */
    snapshot_put(s);
    built_free(&a);
    built_free(&same);
    built_free(&other);
}

static void a_runtime_state_stays_while_the_files_does(void **state)
{
    (void)state;
    struct built a = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1)), b = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1));
    a.c->servers.items[0]->down = true;
    struct snapshot *s = built_snapshot(&a, world);
    assert_int_equal(server_use(s->servers[0], a.c->servers.items[0], at_s(1)), USE_MAINT);
    server_set_admin(s->servers[0], ADMIN_DRAIN, ADMIN_FILE_DOWN, at_s(1));
    assert_int_equal(server_use(s->servers[0], a.c->servers.items[0], at_s(1)), USE_STICKY);
    (void)reload(&b, &s);
    assert_int_equal(server_use(s->servers[0], b.c->servers.items[0], at_s(1)), USE_FULL);
    snapshot_put(s);
    built_free(&a);
    built_free(&b);
}

static struct check tcp_check = { .kind = CHECK_TCP, .interval = { 2000 }, .rise = 2, .fall = 3 };
static struct check other_check = {
    .kind = CHECK_TCP, .interval = { 2000 }, .rise = 2, .fall = 3, .port = 99
};

static void health_stays_while_address_and_check_do(void **state)
{
    (void)state;
    struct built b[4];
    for (unsigned i = 0; i < 4; i++) {
        b[i] = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1));
        b[i].c->servers.items[0]->check = i == 2 ? &other_check : &tcp_check;
    }
    address_set_port(&b[3].c->servers.items[0]->address, 7);
    struct snapshot *s = built_snapshot(&b[0], world);
    assert_int_equal(server_checked(s->servers[0], &tcp_check, CHECKED_L4_REFUSED, 111, 1, at_s(1)),
                     HEALTH_WENT_DOWN);
    (void)reload(&b[1], &s);
    struct health_report r;
    server_health(s->servers[0], &r);
    assert_int_equal(r.health, HEALTH_DOWN);
    assert_int_equal(r.result, CHECKED_L4_REFUSED);
    (void)reload(&b[2], &s);
    server_health(s->servers[0], &r);
    assert_int_equal(r.health, HEALTH_STARTING);
    assert_int_equal(r.result, CHECKED_NONE);
    (void)server_checked(s->servers[0], &other_check, CHECKED_L4_OK, 0, 1, at_s(2));
    (void)reload(&b[3], &s);
    server_health(s->servers[0], &r);
    assert_int_equal(r.health, HEALTH_STARTING);
    snapshot_put(s);
    for (unsigned i = 0; i < 4; i++)
        built_free(&b[i]);
}

static void tracking_follows_along_the_chain(void **state)
{
    (void)state;
    struct built b = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1, 1, 1));
    struct server *const *m = b.c->servers.items;
    m[0]->track = m[1];
    m[1]->track = m[2];
    m[2]->check = &tcp_check;
    struct snapshot *s = built_snapshot(&b, world);
    (void)server_checked(s->servers[2], &tcp_check, CHECKED_L4_REFUSED, 111, 1, at_s(1));
    assert_int_equal(server_use(s->servers[0], m[0], at_s(1)), USE_DOWN);
    (void)server_checked(s->servers[2], &tcp_check, CHECKED_L4_OK, 0, 1, at_s(2));
    (void)server_checked(s->servers[2], &tcp_check, CHECKED_L4_OK, 0, 1, at_s(3));
    assert_int_equal(server_use(s->servers[0], m[0], at_s(3)), USE_FULL);
    server_set_admin(s->servers[1], ADMIN_MAINT, 0, at_s(4));
    assert_int_equal(server_use(s->servers[0], m[0], at_s(4)), USE_MAINT);
    assert_int_equal(server_use(s->servers[2], m[2], at_s(4)), USE_FULL);
    server_set_admin(s->servers[1], 0, ADMIN_MAINT, at_s(5));
    assert_int_equal(server_use(s->servers[0], m[0], at_s(5)), USE_FULL);
    struct built none = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1, 1, 1));
    server_set_admin(s->servers[2], ADMIN_MAINT, 0, at_s(6));
    (void)server_mark_down(s->servers[2], at_s(6));
    assert_int_equal(server_use(s->servers[0], m[0], at_s(6)), USE_MAINT);
    struct snapshot *two = built_snapshot(&none, world);
    assert_int_equal(server_use(two->servers[0], none.c->servers.items[0], at_s(6)), USE_FULL);
    snapshot_put(two);
    snapshot_put(s);
    built_free(&b);
    built_free(&none);
}

static void usable_servers_and_backups(void **state)
{
    (void)state;
    struct built b = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1, 1, 1, 1));
    b.p->servers.items[2]->backup = b.p->servers.items[3]->backup = true;
    struct snapshot *s = built_snapshot(&b, world);
    assert_int_equal(pool_usable(s, b.p, at_s(1)), 2);
    server_set_admin(s->servers[0], ADMIN_MAINT, 0, at_s(1));
    assert_int_equal(pool_usable(s, b.p, at_s(1)), 1);
    server_set_admin(s->servers[1], ADMIN_DRAIN, 0, at_s(1));
    assert_int_equal(pool_usable(s, b.p, at_s(1)), 1); /* the first backup */
    b.p->all_backups = true;
    assert_int_equal(pool_usable(s, b.p, at_s(1)), 2);
    snapshot_put(s);
    built_free(&b);
}

static void services_are_kept_by_name(void **state)
{
    (void)state;
    struct built a = built_pool(LANGUAGE_NGINX, WEIGHTS(1)), b = built_pool(LANGUAGE_NGINX, WEIGHTS(1));
    (void)config_add_service(a.c, LANGUAGE_NGINX, SPAN("*:53"));
    config_add_service(b.c, LANGUAGE_NGINX, SPAN("*:53"))->protocol = PROTOCOL_UDP;
    (void)config_add_service(b.c, LANGUAGE_NGINX, SPAN("*:53"));
    struct snapshot *one = built_snapshot(&a, world), *two = built_snapshot(&b, world);
    struct service_state *s = one->services[0];
    assert_ptr_equal(two->services[1], s);
    assert_ptr_not_equal(two->services[0], s);
    assert_true(service_enter(s, 2));
    assert_true(service_enter(s, 2));
    assert_false(service_enter(s, 2));
    assert_int_equal(atomic_load(&s->active), 2);
    service_leave(s);
    assert_true(service_enter(s, 0));
    assert_int_equal(atomic_load(&s->active_most), 2);
    service_leave(s);
    service_leave(s);
    snapshot_put(one);
    snapshot_put(two);
    built_free(&a);
    built_free(&b);
}

static void many_names_are_all_found(void **state)
{
    (void)state;
    struct built a = { .c = config_new(), .d = diags_new() }, b = { .c = config_new(), .d = diags_new() };
    struct built *both[] = { &a, &b };
    for (unsigned k = 0; k < 2; k++) {
        both[k]->p = config_add_pool(both[k]->c, LANGUAGE_HAPROXY, SPAN("many"));
        both[k]->p->uses = 1;
        for (unsigned i = 0; i < 1000; i++) {
            char name[16];
            (void)snprintf(name, sizeof(name), "s%u", k ? 999 - i : i);
            (void)built_server(both[k], name, 1);
        }
    }
    struct snapshot *one = built_snapshot(&a, world), *two = built_snapshot(&b, world);
    for (unsigned i = 0; i < 1000; i++)
        assert_ptr_equal(one->servers[i], two->servers[999 - i]);
    snapshot_put(one);
    snapshot_put(two);
    built_free(&a);
    built_free(&b);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_same_server_keeps_its_state),
        T(what_vanished_is_released_and_comes_back_fresh),
        T(the_config_may_go_with_the_last_reference),
        T(one_name_in_two_languages_is_two),
        T(a_runtime_weight_stays_while_the_files_does),
        T(a_runtime_state_stays_while_the_files_does),
        T(health_stays_while_address_and_check_do),
        T(tracking_follows_along_the_chain),
        T(usable_servers_and_backups),
        T(services_are_kept_by_name),
        T(many_names_are_all_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
