/* SPDX-License-Identifier: Apache-2.0 */
/* Queues: who gets a freed place, in which order, on which thread. */
#include "state/fixture.h"

#include <pthread.h>

#include "state/waiter.h"

static struct state_world *world;
static struct built b;
static struct snapshot *snap;
static unsigned woken;
static struct waiter *last_woken;

static int setup(void **state)
{
    (void)state;
    world = state_world_new(span_of(NULL, 0), 1);
    b = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1, 1));
    b.c->servers.items[0]->connections_max = b.c->servers.items[1]->connections_max = 1;
    snap = built_snapshot(&b, world);
    woken = 0;
    last_woken = NULL;
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

static void wake(struct waiter *w)
{
    woken++;
    last_woken = w;
}

static struct waiter waiter_of(struct snapshot *s, const struct pool *p)
{
    return (struct waiter){ .wake = wake, .snapshot = s, .pool = p };
}

static void take(struct server_state *s)
{
    lock_take(&s->pool->lock);
    server_take(s, at_s(1));
    lock_give(&s->pool->lock);
}

static void enter(struct waiter *w, struct server_state *wants)
{
    struct pool_state *p = snapshot_pool(w->snapshot, w->pool);
    lock_take(&p->lock);
    waiter_enter(w, p, wants);
    lock_give(&p->lock);
}

static void the_first_in_the_queue_gets_the_place(void **state)
{
    (void)state;
    struct server_state *s = snap->servers[0];
    struct waiter one = waiter_of(snap, b.p), two = one;
    take(s);
    enter(&one, NULL);
    enter(&two, NULL);
    assert_int_equal(two.before, 1);
    assert_int_equal(atomic_load(&s->pool->waiting), 2);
    server_done(s, at_s(2));
    assert_int_equal(woken, 1);
    assert_ptr_equal(last_woken, &one);
    assert_ptr_equal(one.server, b.c->servers.items[0]);
    assert_int_equal(atomic_load(&s->active), 1);
    assert_int_equal(atomic_load(&s->pool->active), 1);
    assert_null(waiter_leave(&two));
    server_done(s, at_s(3));
    assert_int_equal(woken, 1);
    assert_int_equal(atomic_load(&s->pool->active), 0);
    assert_int_equal(atomic_load(&s->pool->waiting_most), 2);
}

static void the_older_of_both_queues(void **state)
{
    (void)state;
    struct server_state *s = snap->servers[0];
    struct waiter any = waiter_of(snap, b.p), own = any, own_late = any;
    take(s);
    enter(&own, s);
    enter(&any, NULL);
    enter(&own_late, s);
    assert_int_equal(atomic_load(&s->waiting), 2);
    server_done(s, at_s(2));
    assert_ptr_equal(last_woken, &own);
    server_done(s, at_s(2));
    assert_ptr_equal(last_woken, &any);
    server_done(s, at_s(2));
    assert_ptr_equal(last_woken, &own_late);
    server_done(s, at_s(2));
    assert_int_equal(atomic_load(&s->waiting), 0);
}

static void who_leaves_late_has_the_server_already(void **state)
{
    (void)state;
    struct server_state *s = snap->servers[0];
    struct waiter w = waiter_of(snap, b.p);
    take(s);
    enter(&w, NULL);
    server_done(s, at_s(2));
    assert_ptr_equal(waiter_leave(&w), b.c->servers.items[0]);
    server_done(s, at_s(2));
}

static void a_server_that_comes_back_takes_who_waits(void **state)
{
    (void)state;
    struct waiter one = waiter_of(snap, b.p), two = one;
    server_set_admin(snap->servers[0], ADMIN_MAINT, 0, at_s(1));
    server_set_admin(snap->servers[1], ADMIN_MAINT, 0, at_s(1));
    enter(&one, NULL);
    enter(&two, NULL);
    server_set_admin(snap->servers[1], 0, ADMIN_MAINT, at_s(2));
    assert_int_equal(woken, 1);
    assert_ptr_equal(one.server, b.c->servers.items[1]);
    server_done(snap->servers[1], at_s(3));
    assert_int_equal(woken, 2);
    server_done(snap->servers[1], at_s(3));
}

static void who_waits_for_a_server_that_goes_may_have_another(void **state)
{
    (void)state;
    struct waiter w = waiter_of(snap, b.p);
    take(snap->servers[0]);
    take(snap->servers[1]);
    enter(&w, snap->servers[0]);
    server_done(snap->servers[1], at_s(2));
    assert_int_equal(woken, 0);
    server_set_admin(snap->servers[0], ADMIN_MAINT, 0, at_s(3));
    assert_int_equal(woken, 1);
    assert_ptr_equal(w.server, b.c->servers.items[1]);
    server_done(snap->servers[0], at_s(3));
    server_done(snap->servers[1], at_s(3));
}

/* A drained server still takes those that belong to it, and nobody else. */
static void a_drained_server_serves_its_own_queue(void **state)
{
    (void)state;
    struct waiter own = waiter_of(snap, b.p), any = own;
    take(snap->servers[0]);
    take(snap->servers[1]);
    enter(&any, NULL);
    enter(&own, snap->servers[0]);
    server_set_admin(snap->servers[0], ADMIN_DRAIN, 0, at_s(2));
    server_done(snap->servers[0], at_s(3));
    assert_ptr_equal(last_woken, &own);
    server_done(snap->servers[0], at_s(3));
    assert_int_equal(woken, 1);
    server_done(snap->servers[1], at_s(3));
    assert_ptr_equal(last_woken, &any);
    server_done(snap->servers[1], at_s(3));
}

/* Each configuration has its own models of the same server, and its own limits. */
static void waiters_of_two_snapshots(void **state)
{
    (void)state;
    struct built later = built_pool(LANGUAGE_HAPROXY, WEIGHTS(1));
    later.c->servers.items[0]->connections_max = 1;
    struct snapshot *two = built_snapshot(&later, world);
    struct waiter old = waiter_of(snap, b.p), fresh = waiter_of(two, later.p);
    take(snap->servers[0]);
    enter(&fresh, NULL);
    enter(&old, NULL);
    server_done(snap->servers[0], at_s(2));
    assert_ptr_equal(fresh.server, later.c->servers.items[0]);
    server_done(snap->servers[0], at_s(2));
    assert_ptr_equal(old.server, b.c->servers.items[0]);
    server_done(snap->servers[0], at_s(2));
    snapshot_put(two);
    built_free(&later);
}

/* ---- many threads: every place is used, nobody is forgotten, no limit is broken ---- */

enum { THREADS = 4, ROUNDS = 3000, PLACES = 2 };
static _Atomic unsigned inside, most_inside;

struct client {
    struct waiter w;
    pthread_mutex_t mutex;
    pthread_cond_t given;
    bool ready;
};

static void signal_client(struct waiter *w)
{
    struct client *c = CONTAINER_OF(w, struct client, w);
    (void)pthread_mutex_lock(&c->mutex);
    c->ready = true;
    (void)pthread_cond_signal(&c->given);
    (void)pthread_mutex_unlock(&c->mutex);
}

static void get_place(struct client *c, struct server_state *s)
{
    c->ready = false;
    c->w = (struct waiter){ .wake = signal_client, .snapshot = snap, .pool = b.p };
    lock_take(&s->pool->lock);
    bool free = atomic_load(&s->active) < PLACES;
    if (free) {
        server_take(s, at_s(1));
    } else {
        waiter_enter(&c->w, s->pool, NULL);
        if (atomic_load(&s->active) < PLACES) { /* it became free meanwhile */
            waiter_out(&c->w, s->pool);
            server_take(s, at_s(1));
            free = true;
        }
    }
    lock_give(&s->pool->lock);
    if (free)
        return;
    (void)pthread_mutex_lock(&c->mutex);
    while (!c->ready)
        (void)pthread_cond_wait(&c->given, &c->mutex);
    (void)pthread_mutex_unlock(&c->mutex);
}

static void *client_run(void *arg)
{
    struct client c = { .ready = false };
    struct server_state *s = arg;
    (void)pthread_mutex_init(&c.mutex, NULL);
    (void)pthread_cond_init(&c.given, NULL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        get_place(&c, s);
        unsigned now = atomic_fetch_add(&inside, 1) + 1;
        for (unsigned most = atomic_load(&most_inside);
             now > most && !atomic_compare_exchange_weak(&most_inside, &most, now);)
            ;
        atomic_fetch_sub(&inside, 1);
        server_done(s, at_s(2));
    }
    (void)pthread_cond_destroy(&c.given);
    (void)pthread_mutex_destroy(&c.mutex);
    return NULL;
}

static void threads_share_places(void **state)
{
    (void)state;
    pthread_t t[THREADS];
    b.c->servers.items[0]->connections_max = PLACES;
    server_set_admin(snap->servers[1], ADMIN_MAINT, 0, at_s(1));
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, client_run, snap->servers[0]), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    assert_int_equal(atomic_load(&snap->servers[0]->active), 0);
    assert_int_equal(atomic_load(&snap->pools[0]->waiting), 0);
    assert_in_range(atomic_load(&most_inside), 1, PLACES);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_first_in_the_queue_gets_the_place),
        T(the_older_of_both_queues),
        T(who_leaves_late_has_the_server_already),
        T(a_server_that_comes_back_takes_who_waits),
        T(who_waits_for_a_server_that_goes_may_have_another),
        T(a_drained_server_serves_its_own_queue),
        T(waiters_of_two_snapshots),
        T(threads_share_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
