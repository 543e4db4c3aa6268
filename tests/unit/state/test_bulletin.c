/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of servers: each change once, with who is left. */
#include "state/bulletin.h"

#include "state/fixture.h"

static struct state_world *world;
static struct built b;
static struct snapshot *snap;
static char said[512];

/* "A: before>after active+backup", one after the other. */
static void hear(void *to, const struct bulletin *x)
{
    size_t used = strlen(said);
    (void)to;
    (void)snprintf(said + used, sizeof(said) - used, "%.*s:%u>%u %u+%u%s ", SPAN_ARGS(x->server->name),
                   x->before, x->after, x->active, x->backup, x->none_left ? "!" : "");
}

static int setup(void **state)
{
    (void)state;
    world = state_world_new(span_of(NULL, 0), 1);
    snap = NULL;
    b = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1, 1, 1, 1));
    b.c->servers.items[3]->backup = true;
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

static const char *issue(unsigned server)
{
    said[0] = '\0';
    bulletin_issue(snap, b.c->servers.items[server], BULLETIN_SOCKET, hear, NULL);
    return said;
}

static void each_change_is_told_once(void **state)
{
    (void)state;
    snap = built_snapshot(&b, world);
    assert_string_equal(issue(0), "");
    server_set_admin(snap->servers[0], ADMIN_MAINT, 0, at_s(1));
    assert_string_equal(issue(1), "");
    assert_string_equal(issue(0), "A:0>4 2+1 ");
    assert_string_equal(issue(0), "");
    server_set_health(snap->servers[1], HEALTH_DOWN, at_s(2));
    assert_string_equal(issue(1), "B:0>1 1+1 ");
    server_set_stopping(snap->servers[1], at_s(3));
    assert_string_equal(issue(1), "B:1>2 1+1 ");
    server_set_weight(snap->servers[2], 0, at_s(4));
    assert_string_equal(issue(2), ""); /* of weights nobody hears, but it is not counted */
    server_set_admin(snap->servers[3], ADMIN_DRAIN, 0, at_s(5));
    assert_string_equal(issue(3), "D:0>16 0+0! ");
    server_set_admin(snap->servers[3], 0, ADMIN_DRAIN, at_s(6));
    assert_string_equal(issue(3), "D:16>0 0+1 ");
}

/* Last of the file first, and each counts those that are not told yet as they were. */
static void who_tracks_it_follows(void **state)
{
    (void)state;
    struct pool *other = config_add_pool(b.c, LANGUAGE_HAPROXY, SPAN("other"));
    struct check check = { .rise = 1, .fall = 1 };
    b.c->servers.items[0]->check = &check;
    struct built o = { .c = b.c, .p = other };
    other->uses = 1;
    built_server(&o, "X", 1)->track = b.c->servers.items[0];
    built_server(&o, "Y", 1)->track = b.c->servers.items[0];
    snap = built_snapshot(&b, world);
    server_set_admin(snap->servers[0], ADMIN_MAINT, 0, at_s(1));
    assert_string_equal(issue(0), "A:0>4 2+1 Y:0>8 1+0 X:0>8 0+0! ");
    server_set_admin(snap->servers[0], 0, ADMIN_MAINT, at_s(2));
    assert_string_equal(issue(0), "A:4>0 3+1 Y:8>0 1+0 X:8>0 2+0 ");
}

/* What a file says is told by nobody. */
static void a_new_file_is_known(void **state)
{
    (void)state;
    b.c->servers.items[0]->down = true;
    snap = built_snapshot(&b, world);
    assert_string_equal(issue(0), "");
    server_set_admin(snap->servers[0], 0, ADMIN_FILE_DOWN, at_s(1));
    assert_string_equal(issue(0), "A:4>0 3+1 ");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = { T(each_change_is_told_once), T(who_tracks_it_follows),
                                        T(a_new_file_is_known) };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
