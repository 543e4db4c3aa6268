/* SPDX-License-Identifier: Apache-2.0 */
/* What every algorithm honours: down, drained, failed, full, tried, backups, queues; and threads. */
#include "state/fixture.h"

#include <pthread.h>

#include "balance/balance.h"
#include "base/rand.h"
#include "base/scratch.h"
#include "state/waiter.h"

static struct state_world *world;
static struct built b;
static struct snapshot *snap;
static struct rand rnd;
static unsigned woken;

static int setup(void **state)
{
    (void)state;
    world = state_world_new(span_of(NULL, 0), 4);
    rand_seed(&rnd, 1);
    woken = 0;
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

static void make(enum language l, enum balance_algorithm a, const uint32_t *weights)
{
    b = built_pool(l, weights);
    b.p->algorithm = a;
}

static void start(void)
{
    snap = built_snapshot(&b, world);
    balance_prepare(snap);
}

static struct server *server(unsigned i)
{
    return b.p->servers.items[i];
}

static struct pick_request request(double s)
{
    return (struct pick_request){ .now = at_s(s), .rand = &rnd, .key = SPAN("key") };
}

static enum pick_result pick(const struct pick_request *r, struct pick *p)
{
    return balance_pick(snap, b.p, r, p);
}

static void done(unsigned i)
{
    server_done(snap->servers[i], at_s(100));
}

/* The letter that is chosen, and at once over; '-' and the reason when none. */
static char one(const struct pick_request *r, enum pick_reason *why)
{
    struct pick p;
    enum pick_result result = pick(r, &p);
    if (why)
        *why = p.reason;
    if (result != PICK_SERVER)
        return '-';
    done(p.server->ordinal);
    return p.server->name.ptr[0];
}

static const enum balance_algorithm all[] = {
    BALANCE_ROUND_ROBIN,  BALANCE_STATIC_RR, BALANCE_STRIDE,   BALANCE_LEAST_CONN,
    BALANCE_LEAST_OLDEST, BALANCE_FIRST,     BALANCE_RANDOM,   BALANCE_IP_HASH,
    BALANCE_HASH,         BALANCE_KETAMA,    BALANCE_HASH_MAP, BALANCE_HASH_CONSISTENT,
};

static void nobody_gives_to_who_may_not_take(void **state)
{
    (void)state;
    for (unsigned k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
        make(LANGUAGE_HAPROXY, all[k], WEIGHTS(2, 2, 2, 2, 2, 2, 2));
        server(1)->down = true;
        server(4)->connections_max = 1;
        server(5)->fails_max = 1;
        server(5)->fail_window = DURATION_S(10);
        start();
        server_set_admin(snap->servers[0], ADMIN_DRAIN, 0, at_s(1));
        server_set_weight(snap->servers[2], 0, at_s(1));
        struct pick_request r = request(100);
        r.wanted = server(4);
        struct pick p;
        assert_int_equal(pick(&r, &p), PICK_SERVER); /* now it is full */
        assert_int_equal(server_failed(snap->servers[5], server(5), 4, at_s(100)), FAILED_TAKEN_OUT);
        struct tried tried = { .count = 0 };
        assert_true(tried_add(&tried, NULL, server(6)));
        r.wanted = NULL;
        r.tried = &tried;
        struct address ip;
        assert_true(address_parse_ip(SPAN("10.1.2.3"), &ip));
        r.client = &ip;
        for (unsigned i = 0; i < 50; i++)
            assert_int_equal(one(&r, NULL), 'D');
        done(4);
        if (k + 1 < sizeof(all) / sizeof(all[0])) {
            snapshot_put(snap);
            built_free(&b);
        }
    }
}

static void reasons_for_nobody(void **state)
{
    (void)state;
    make(LANGUAGE_HAPROXY, BALANCE_ROUND_ROBIN, WEIGHTS(1, 1));
    server(0)->connections_max = server(1)->connections_max = 1;
    start();
    struct pick_request r = request(1);
    struct tried tried = { .count = 0 };
    struct pick p;
    enum pick_reason why;
    r.tried = &tried;
    assert_int_equal(pick(&r, &p), PICK_SERVER);
    assert_int_equal(p.reason, PICK_TURN);
    assert_int_equal(pick(&r, &p), PICK_SERVER);
    assert_int_equal(one(&r, &why), '-');
    assert_int_equal(why, PICK_NONE_FULL);
    assert_true(tried_add(&tried, NULL, server(0)));
    assert_true(tried_add(&tried, NULL, server(1)));
    assert_int_equal(one(&r, &why), '-');
    assert_int_equal(why, PICK_NONE_UNTRIED);
    r.repeat = true;
    assert_int_equal(one(&r, &why), '-');
    assert_int_equal(why, PICK_NONE_FULL);
    server_set_admin(snap->servers[0], ADMIN_MAINT, 0, at_s(1));
    server_set_admin(snap->servers[1], ADMIN_MAINT, 0, at_s(1));
    assert_int_equal(one(&r, &why), '-');
    assert_int_equal(why, PICK_NONE_USABLE);
    assert_string_equal(pick_reason_text(why), "no server is usable");
    done(0);
    done(1);
}

static void a_pool_without_servers(void **state)
{
    (void)state;
    make(LANGUAGE_HAPROXY, BALANCE_STRIDE, (const uint32_t[]){ 0 });
    start();
    enum pick_reason why;
    struct pick_request r = request(1);
    assert_int_equal(one(&r, &why), '-');
    assert_int_equal(why, PICK_NONE_EMPTY);
}

static void haproxys_backups_wait_until_all_are_down(void **state)
{
    (void)state;
    make(LANGUAGE_HAPROXY, BALANCE_STRIDE, WEIGHTS(1, 1, 1));
    server(0)->connections_max = 1;
    server(1)->backup = server(2)->backup = true;
    start();
    struct pick_request r = request(1);
    struct pick p;
    assert_int_equal(pick(&r, &p), PICK_SERVER);
    assert_false(p.backup);
    assert_int_equal(pick(&r, &p), PICK_NONE); /* full is not down */
    assert_int_equal(p.reason, PICK_NONE_FULL);
    server_set_admin(snap->servers[0], ADMIN_MAINT, 0, at_s(1));
    assert_int_equal(one(&r, NULL), 'B');
    assert_int_equal(one(&r, NULL), 'B'); /* the first alone */
    server_set_admin(snap->servers[1], ADMIN_MAINT, 0, at_s(1));
    assert_int_equal(one(&r, NULL), 'C');
    done(0);
}

static void nginxs_backups_help_out(void **state)
{
    (void)state;
    make(LANGUAGE_NGINX, BALANCE_ROUND_ROBIN, WEIGHTS(1, 1, 1));
    b.p->all_backups = true;
    server(0)->connections_max = 1;
    server(1)->backup = server(2)->backup = true;
    start();
    struct pick_request r = request(1);
    struct pick p;
    assert_int_equal(pick(&r, &p), PICK_SERVER);
    assert_int_equal(one(&r, NULL), 'B');
    assert_int_equal(one(&r, NULL), 'C');
    assert_int_equal(one(&r, NULL), 'B');
    done(0);
    struct tried tried = { .count = 0 };
    assert_true(tried_add(&tried, NULL, server(0)));
    r.tried = &tried;
    assert_int_equal(pick(&r, &p), PICK_SERVER);
    assert_true(p.backup);
    server_done(snapshot_server(snap, p.server), r.now);
}

/* Measured on nginx 1.22: when all were taken out, nobody is tried before a window ends. */
static void all_failed_is_nobody_until_the_window_ends(void **state)
{
    (void)state;
    make(LANGUAGE_NGINX, BALANCE_ROUND_ROBIN, WEIGHTS(1, 1));
    for (unsigned i = 0; i < 2; i++) {
        server(i)->fails_max = 1;
        server(i)->fail_window = DURATION_S(3);
    }
    start();
    struct pick_request r = request(10);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_not_equal(one(&r, NULL), '-');
        (void)server_failed(snap->servers[i], server(i), 4, at_s(10 + i));
    }
    enum pick_reason why;
    r = request(11);
    assert_int_equal(one(&r, &why), '-');
    assert_int_equal(why, PICK_NONE_USABLE);
    r = request(13.1);
    assert_int_equal(one(&r, NULL), 'A'); /* one try ... */
    assert_int_equal(one(&r, NULL), '-'); /* ... alone */
    server_answered(snap->servers[0], 1, at_s(13.1));
    assert_int_equal(one(&r, NULL), 'A');
}

static void the_wanted_one_may_drain_but_not_be_down(void **state)
{
    (void)state;
    make(LANGUAGE_HAPROXY, BALANCE_STRIDE, WEIGHTS(1, 1));
    start();
    struct pick_request r = request(1);
    enum pick_reason why;
    r.wanted = server(1);
    server_set_admin(snap->servers[1], ADMIN_DRAIN, 0, at_s(1));
    assert_int_equal(one(&r, &why), 'B');
    assert_int_equal(why, PICK_WANTED);
    server_set_admin(snap->servers[1], ADMIN_MAINT, 0, at_s(1));
    assert_int_equal(one(&r, &why), '-');
    assert_int_equal(why, PICK_NONE_NOT_USABLE);
}

static void wake(struct waiter *w)
{
    (void)w;
    woken++;
}

static void who_finds_all_full_waits(void **state)
{
    (void)state;
    make(LANGUAGE_HAPROXY, BALANCE_STRIDE, WEIGHTS(1, 1));
    server(0)->connections_max = server(1)->connections_max = 1;
    b.p->queue_max = 2;
    start();
    struct pick_request r = request(1);
    struct pick p;
    struct waiter w[3] = { { .wake = wake }, { .wake = wake }, { .wake = wake } };
    (void)pick(&r, &p);
    (void)pick(&r, &p);
    for (unsigned i = 0; i < 2; i++) {
        r.waiter = &w[i];
        assert_int_equal(pick(&r, &p), PICK_WAIT);
        assert_int_equal(w[i].before, i);
    }
    r.waiter = &w[2];
    assert_int_equal(pick(&r, &p), PICK_NONE);
    assert_int_equal(p.reason, PICK_NONE_QUEUE_FULL);
    done(1);
    assert_int_equal(woken, 1);
    assert_ptr_equal(w[0].server, server(1));
    assert_null(waiter_leave(&w[1]));
    done(0);
    done(1);
    assert_int_equal(woken, 1);
}

static void who_wants_a_full_one_waits_for_it(void **state)
{
    (void)state;
    make(LANGUAGE_HAPROXY, BALANCE_STRIDE, WEIGHTS(1, 1));
    server(0)->connections_max = 1;
    server(0)->queue_max = 1;
    start();
    struct pick_request r = request(1);
    struct pick p;
    struct waiter w[2] = { { .wake = wake }, { .wake = wake } };
    r.wanted = server(0);
    assert_int_equal(pick(&r, &p), PICK_SERVER);
    r.waiter = &w[0];
    assert_int_equal(pick(&r, &p), PICK_WAIT);
    r.waiter = &w[1];
    assert_int_equal(pick(&r, &p), PICK_NONE);
    assert_int_equal(p.reason, PICK_NONE_QUEUE_FULL);
    done(0);
    assert_ptr_equal(w[0].server, server(0));
    done(0);
}

static void first_fills_by_id(void **state)
{
    (void)state;
    make(LANGUAGE_HAPROXY, BALANCE_FIRST, WEIGHTS(1, 1, 1));
    for (unsigned i = 0; i < 3; i++) {
        server(i)->connections_max = 2;
        server(i)->id = 3 - i;
    }
    start();
    struct pick_request r = request(1);
    struct pick p;
    char got[7] = "";
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(pick(&r, &p), PICK_SERVER);
        got[i] = p.server->name.ptr[0];
    }
    assert_string_equal(got, "CCBBAA");
    done(1);
    assert_int_equal(one(&r, NULL), 'B');
    for (unsigned i = 0; i < 6; i++)
        if (i != 2)
            done(i / 2);
}

static void random_follows_weight_and_load(void **state)
{
    (void)state;
    make(LANGUAGE_NGINX, BALANCE_RANDOM, WEIGHTS(1, 3));
    start();
    struct pick_request r = request(1);
    unsigned each[2] = { 0 };
    for (unsigned i = 0; i < 4000; i++)
        each[one(&r, NULL) - 'A']++;
    assert_in_range(each[0], 850, 1150);
    b.p->draws = 2;
    struct pick p;
    for (unsigned i = 0; i < 400; i++) /* both are drawn, the less loaded one takes */
        assert_int_equal(pick(&r, &p), PICK_SERVER);
    assert_in_range(atomic_load(&snap->servers[0]->active), 98, 102);
    for (unsigned i = 0; i < 2; i++)
        while (atomic_load(&snap->servers[i]->active))
            done(i);
}

static void more_tried_than_fit(void **state)
{
    (void)state;
    uint32_t weights[301] = { 0 };
    for (unsigned i = 0; i < 300; i++)
        weights[i] = 1;
    make(LANGUAGE_NGINX, BALANCE_ROUND_ROBIN, weights);
    for (unsigned i = 0; i < 300; i++)
        server(i)->name = arena_printf(b.c->arena, "s%u", i);
    start();
    struct slab slab;
    struct scratch scratch;
    slab_init(&slab, "scratch", 1024, 4, 0);
    scratch_init(&scratch, &slab, 4096);
    struct tried tried = { .count = 0 };
    struct pick_request r = request(1);
    r.tried = &tried;
    for (unsigned i = 0; i < 300; i++) {
        struct pick p;
        assert_int_equal(pick(&r, &p), PICK_SERVER);
        done(p.server->ordinal);
        assert_false(tried_has(&tried, p.server));
        assert_true(tried_add(&tried, &scratch, p.server));
        assert_true(tried_has(&tried, p.server));
    }
    assert_int_equal(tried.count, 300);
    assert_int_equal(one(&r, NULL), '-');
    scratch_reset(&scratch);
    slab_fini(&slab);
    scratch_init(&scratch, &slab, 0);
    struct tried none = { .count = 0 };
    assert_false(tried_add(&none, &scratch, server(299)));
    assert_false(tried_has(&none, server(299)));
}

/* ---- threads ---- */

enum { THREADS = 4, PICKS = 6000 };
static _Atomic unsigned given[3];

static void *pick_often(void *arg)
{
    struct rand mine;
    rand_seed(&mine, (uint64_t)(uintptr_t)&mine);
    struct pick_request r = { .now = at_s(1), .rand = &mine };
    for (unsigned i = 0; i < PICKS; i++) {
        struct pick p;
        if (balance_pick(snap, b.p, &r, &p) != PICK_SERVER)
            return arg;
        atomic_fetch_add(&given[p.server->ordinal], 1);
        server_done(snapshot_server(snap, p.server), r.now);
    }
    return NULL;
}

static void exact_across_threads(enum balance_algorithm a)
{
    make(LANGUAGE_NGINX, a, WEIGHTS(3, 2, 1));
    start();
    for (unsigned i = 0; i < 3; i++)
        atomic_store(&given[i], 0);
    pthread_t t[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, pick_often, &rnd), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        void *bad;
        assert_int_equal(pthread_join(t[i], &bad), 0);
        assert_null(bad);
    }
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(atomic_load(&given[i]), THREADS * PICKS / 6 * (3 - i));
}

static void smooth_is_exact_across_threads(void **state)
{
    (void)state;
    exact_across_threads(BALANCE_ROUND_ROBIN);
}

static void stride_is_exact_across_threads(void **state)
{
    (void)state;
    exact_across_threads(BALANCE_STRIDE);
}

static void *flap(void *arg)
{
    for (unsigned i = 0; i < 300; i++) {
        server_set_admin(snap->servers[1], ADMIN_MAINT, 0, at_s(1));
        server_set_weight(snap->servers[2], 1 + i % 5, at_s(1));
        server_set_admin(snap->servers[1], 0, ADMIN_MAINT, at_s(1));
    }
    return arg;
}

static void changes_while_others_pick(void **state)
{
    (void)state;
    make(LANGUAGE_NGINX, BALANCE_ROUND_ROBIN, WEIGHTS(3, 2, 1));
    start();
    pthread_t t[THREADS];
    assert_int_equal(pthread_create(&t[0], NULL, flap, NULL), 0);
    for (unsigned i = 1; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, pick_often, &rnd), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        void *bad;
        assert_int_equal(pthread_join(t[i], &bad), 0);
        assert_null(bad);
    }
    assert_int_equal(atomic_load(&snap->pools[0]->active), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nobody_gives_to_who_may_not_take),
        T(reasons_for_nobody),
        T(a_pool_without_servers),
        T(haproxys_backups_wait_until_all_are_down),
        T(nginxs_backups_help_out),
        T(all_failed_is_nobody_until_the_window_ends),
        T(the_wanted_one_may_drain_but_not_be_down),
        T(who_finds_all_full_waits),
        T(who_wants_a_full_one_waits_for_it),
        T(first_fills_by_id),
        T(random_follows_weight_and_load),
        T(more_tried_than_fit),
        T(smooth_is_exact_across_threads),
        T(stride_is_exact_across_threads),
        T(changes_while_others_pick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
