/* SPDX-License-Identifier: Apache-2.0 */
/* What a process that was killed leaves for the next. */
#include "state/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "state/mirror.h"

static char *memory;
enum { SIZE = 4096 };

static int setup(void **state)
{
    (void)state;
    memory = calloc(1, SIZE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static void records_come_back(void **state)
{
    (void)state;
    struct mirror *m = mirror_open(span_of(memory, SIZE));
    struct mirror_entry e = { .admin = 3,
                              .health = HEALTH_DOWN,
                              .has_weight = true,
                              .weight = 65535,
                              .file = 0xbeef,
                              .check = 0xcafe },
                        got;
    struct mirror_record *r = mirror_find(m, SPAN("a"));
    assert_false(mirror_read(r, &got));
    mirror_write(r, &e);
    assert_ptr_not_equal(mirror_find(m, SPAN("b")), r);
    mirror_close(&m);
    m = mirror_open(span_of(memory, SIZE));
    assert_ptr_equal(mirror_find(m, SPAN("a")), r);
    assert_true(mirror_read(r, &got));
    assert_int_equal(got.admin, 3);
    assert_int_equal(got.health, HEALTH_DOWN);
    assert_true(got.has_weight && !got.has_file_admin);
    assert_int_equal(got.weight, 65535);
    assert_int_equal(got.file, 0xbeef);
    assert_int_equal(got.check, 0xcafe);
    assert_false(mirror_read(mirror_find(m, SPAN("b")), &got));
    mirror_close(&m);
}

static void limits_come_back(void **state)
{
    (void)state;
    struct mirror *m = mirror_open(span_of(memory, SIZE));
    struct mirror_record *r = mirror_find(m, SPAN("a"));
    struct mirror_limit got = mirror_read_limit(r);
    assert_false(got.set || got.off);
    mirror_write_limit(r, &(struct mirror_limit){ .set = true, .most = UINT32_MAX - 1, .file = 0xbeef });
    mirror_write_limit(mirror_find(m, SPAN("b")), &(struct mirror_limit){ .off = true });
    mirror_close(&m);
    m = mirror_open(span_of(memory, SIZE));
    got = mirror_read_limit(mirror_find(m, SPAN("a")));
    assert_true(got.set && !got.off);
    assert_int_equal(got.most, UINT32_MAX - 1);
    assert_int_equal(got.file, 0xbeef);
    got = mirror_read_limit(mirror_find(m, SPAN("b")));
    assert_true(got.off && !got.set);
    mirror_close(&m);
}

static void what_is_no_mirror_is_begun_anew(void **state)
{
    (void)state;
    memset(memory, 0x5a, SIZE);
    struct mirror *m = mirror_open(span_of(memory, SIZE));
    struct mirror_entry e;
    assert_false(mirror_read(mirror_find(m, SPAN("a")), &e));
    mirror_close(&m);
    assert_null(mirror_open(span_of(memory, 100)));
    assert_null(mirror_open(span_of(NULL, 0)));
}

static void it_fills_up_and_is_cleared(void **state)
{
    (void)state;
    struct mirror *m = mirror_open(span_of(memory, SIZE));
    unsigned made = 0;
    for (char name[16]; snprintf(name, sizeof(name), "s%u", made) > 0 && mirror_find(m, span_from(name));)
        made++;
    assert_in_range(made, 90, 128); /* 128 records, three quarters */
    assert_true(mirror_is_crowded(m));
    assert_non_null(mirror_find(m, SPAN("s0")));
    mirror_clear(m);
    assert_false(mirror_is_crowded(m));
    mirror_close(&m);
}

static struct check check = { .kind = CHECK_TCP, .rise = 2, .fall = 3 };

struct life {
    struct state_world *w;
    struct built b;
    struct snapshot *s;
};

static struct life start(uint32_t weight, uint32_t fall)
{
    struct life p = { .w = state_world_new(span_of(memory, SIZE), 1) };
    static struct check other;
    other = check;
    other.fall = fall;
    p.b = built_pool(LANGUAGE_HAPROXY, (const uint32_t[]){ weight, 1, 0 });
    p.b.c->servers.items[0]->check = fall == check.fall ? &check : &other;
    p.s = built_snapshot(&p.b, p.w);
    return p;
}

static void end(struct life *p)
{
    snapshot_put(p->s);
    built_free(&p->b);
    state_world_free(&p->w);
}

static enum server_use use(const struct life *p, unsigned server)
{
    return server_use(p->s->servers[server], p->b.c->servers.items[server], at_s(1));
}

static void the_next_process_takes_up_what_was_said(void **state)
{
    (void)state;
    struct life p = start(10, 3);
    server_set_weight(p.s->servers[0], 3, at_s(1));
    (void)server_checked(p.s->servers[0], &check, CHECKED_L4_REFUSED, 0, 0, at_s(1));
    server_set_admin(p.s->servers[1], ADMIN_DRAIN, 0, at_s(1));
    end(&p);
    p = start(10, 3);
    assert_int_equal(atomic_load(&p.s->servers[0]->weight), 3);
    assert_int_equal(use(&p, 0), USE_DOWN);
    assert_int_equal(use(&p, 1), USE_STICKY);
    end(&p);
    p = start(11, 3); /* the file says something else about the weight */
    assert_int_equal(atomic_load(&p.s->servers[0]->weight), 11);
    assert_int_equal(use(&p, 0), USE_DOWN);
    end(&p);
}

static void another_check_begins_anew(void **state)
{
    (void)state;
    struct life p = start(10, 3);
    server_set_admin(p.s->servers[0], ADMIN_MAINT, 0, at_s(1));
    (void)server_mark_down(p.s->servers[0], at_s(1));
    end(&p);
    p = start(10, 4);
    assert_int_equal(use(&p, 0), USE_MAINT);
    server_set_admin(p.s->servers[0], 0, ADMIN_MAINT, at_s(1));
    assert_int_equal(use(&p, 0), USE_FULL);
    end(&p);
}

static void a_server_that_was_enabled_stays_enabled(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct life p = { .w = state_world_new(span_of(memory, SIZE), 1) };
        p.b = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1));
        p.b.c->servers.items[0]->down = true;
        p.s = built_snapshot(&p.b, p.w);
        assert_int_equal(use(&p, 0), i ? USE_FULL : USE_MAINT);
        server_set_admin(p.s->servers[0], 0, ADMIN_FILE_DOWN, at_s(1));
        end(&p);
    }
}

static void a_crowded_mirror_forgets_who_is_gone(void **state)
{
    (void)state;
    struct mirror *m = mirror_open(span_of(memory, SIZE));
    for (char name[16]; !mirror_is_crowded(m);) {
        static unsigned i;
        (void)snprintf(name, sizeof(name), "old%u", i++);
        (void)mirror_find(m, span_from(name));
    }
    mirror_close(&m);
    struct life p = start(10, 3);
    server_set_admin(p.s->servers[0], ADMIN_MAINT, 0, at_s(1));
    end(&p);
    p = start(10, 3);
    assert_int_equal(use(&p, 0), USE_MAINT);
    end(&p);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(records_come_back),
        T(limits_come_back),
        T(what_is_no_mirror_is_begun_anew),
        T(it_fills_up_and_is_cleared),
        T(the_next_process_takes_up_what_was_said),
        T(another_check_begins_anew),
        T(a_server_that_was_enabled_stays_enabled),
        T(a_crowded_mirror_forgets_who_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
