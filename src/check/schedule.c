/* SPDX-License-Identifier: Apache-2.0 */
#include "check/schedule.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/rand.h"
#include "check/probe.h"
#include "io/loop.h"
#include "io/tls.h"
#include "os/process.h"
#include "state/snapshot.h"

/* One server that is looked at. */
struct watched {
    struct probe probe;
    struct checks *checks;
    const struct server *model;
    struct server_state *state;
    struct deadline next;
    instant began;
};

/* What one publishing brought; freed at the end of the turn in which the next one came. */
struct round {
    struct grave grave;
    struct snapshot *snapshot;
    struct tls_context **tls; /* by tls_client, each counted */
    uint32_t count;
    struct watched watched[];
};

struct checks {
    struct loop *loop;
    pthread_t thread;
    struct rand rand;
    checks_fn on_change;
    void *to;
    struct round *round; /* NULL before the first publish */
};

struct mail {
    struct task task;
    struct checks *checks;
    struct snapshot *snapshot; /* NULL: stop */
    struct tls_context **tls;
};

/* ---- one server ---- */

/* HAProxy: fastinter while between up and down, downinter while down, else inter. */
static duration interval(const struct watched *w)
{
    const struct check *c = w->model->check;
    duration d = DURATION_NONE;

    switch ((enum health)atomic_load_explicit(&w->state->health, memory_order_relaxed)) {
    case HEALTH_GOING_UP:
    case HEALTH_GOING_DOWN:
        d = c->fast_interval;
        break;
    case HEALTH_DOWN:
        d = c->down_interval;
        break;
    case HEALTH_UNCHECKED:
    case HEALTH_STARTING:
    case HEALTH_UP:
        break;
    }
    return duration_is_none(d) ? c->interval : d;
}

static bool is_off(const struct watched *w)
{
    uint8_t admin = atomic_load_explicit(&w->state->admin, memory_order_relaxed);
    return admin & (ADMIN_MAINT | ADMIN_NO_CHECK | ADMIN_FILE_DOWN | ADMIN_TRACKED_MAINT);
}

static void on_time(struct deadline *d)
{
    struct watched *w = CONTAINER_OF(d, struct watched, next);

    if (is_off(w)) {
        loop_set_deadline(w->checks->loop, &w->next, w->model->check->interval);
        return;
    }
    w->began = loop_now(w->checks->loop);
    probe_start(&w->probe, w->model, w->checks->round->tls);
}

static void on_done(struct probe *p, enum check_result result, int32_t detail)
{
    struct watched *w = CONTAINER_OF(p, struct watched, probe);
    struct checks *c = w->checks;
    instant now = loop_now_exact(c->loop);
    uint32_t took = (uint32_t)instant_ms_between(w->began, now);

    enum health_change change = server_checked(w->state, w->model->check, result, detail, took, now);
    if (change != HEALTH_SAME)
        c->on_change(c->to, c->round->snapshot, w->model, w->state, change);
    duration next = interval(w);
    /* The interval is from beginning to beginning, as HAProxy counts, but never without a pause. */
    loop_set_deadline(c->loop, &w->next, DURATION_MS(took < next.ms ? next.ms - took : 1));
}

/* ---- a publishing ---- */

static uint32_t count_checked(const struct snapshot *s)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < s->config->servers.count; i++)
        count += s->config->servers.items[i]->check != NULL;
    return count;
}

/*
 * The first looks are spread over the interval, so that a thousand servers are not
 * asked at once; a server that nobody knows yet is asked soon.
 */
static duration first_delay(struct checks *c, const struct watched *w)
{
    uint32_t most = w->model->check->interval.ms;
    bool unknown = atomic_load_explicit(&w->state->result_us, memory_order_relaxed) == 0;

    if (unknown && most > 200)
        most = 200;
    return DURATION_MS(rand_below(&c->rand, most + 1));
}

static void watch_server(struct checks *c, struct watched *w, const struct server *model,
                         struct server_state *state)
{
    *w = (struct watched){ .checks = c, .model = model, .state = state };
    probe_init(&w->probe, c->loop, on_done);
    deadline_init(&w->next, on_time);
    loop_set_deadline(c->loop, &w->next, first_delay(c, w));
}

static void release_round(struct grave *g)
{
    struct round *r = CONTAINER_OF(g, struct round, grave);

    for (uint32_t i = 0; i < r->snapshot->config->tls_clients.count; i++)
        tls_context_put(&r->tls[i]);
    free(r->tls);
    snapshot_put(r->snapshot);
    free(r);
}

static void end_round(struct checks *c)
{
    struct round *r = c->round;

    c->round = NULL;
    if (r == NULL)
        return;
    for (uint32_t i = 0; i < r->count; i++) {
        loop_forget_deadline(c->loop, &r->watched[i].next);
        probe_cancel(&r->watched[i].probe);
    }
    loop_bury(c->loop, &r->grave, release_round);
}

static void begin_round(struct checks *c, struct snapshot *s, struct tls_context **tls)
{
    uint32_t count = count_checked(s);
    struct round *r = calloc(1, sizeof(*r) + count * sizeof(struct watched));

    if (r == NULL)
        oom_die(count * sizeof(struct watched));
    r->snapshot = s;
    r->tls = tls;
    for (uint32_t i = 0; i < s->config->servers.count; i++) {
        const struct server *model = s->config->servers.items[i];
        if (model->check != NULL)
            watch_server(c, &r->watched[r->count++], model, snapshot_server(s, model));
    }
    c->round = r;
}

static void on_mail(struct task *t)
{
    struct mail *m = CONTAINER_OF(t, struct mail, task);
    struct checks *c = m->checks;

    end_round(c);
    if (m->snapshot != NULL)
        begin_round(c, m->snapshot, m->tls);
    else
        loop_stop(c->loop);
    free(m);
}

static void post(struct checks *c, struct snapshot *s, struct tls_context **tls)
{
    struct mail *m = calloc(1, sizeof(*m));

    if (m == NULL)
        oom_die(sizeof(*m));
    m->checks = c;
    m->snapshot = s;
    m->tls = tls;
    loop_post(c->loop, &m->task, on_mail);
}

/* ---- the thread ---- */

static void *run(void *argument)
{
    struct checks *c = argument;

    process_set_name("keel-checks");
    loop_run(c->loop);
    return NULL;
}

struct checks *checks_start(checks_fn on_change, void *to)
{
    const struct loop_options options = { .heartbeat = DURATION_NONE };
    struct checks *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->on_change = on_change;
    c->to = to;
    rand_seed(&c->rand, 0);
    c->loop = loop_new(&options);
    if (c->loop != NULL && pthread_create(&c->thread, NULL, run, c) == 0)
        return c;
    loop_free(&c->loop);
    free(c);
    return NULL;
}

void checks_publish(struct checks *c, struct snapshot *s, struct tls_context *const *tls)
{
    uint32_t count = s->config->tls_clients.count;
    struct tls_context **mine = calloc(count + 1u, sizeof(struct tls_context *));

    if (mine == NULL)
        oom_die(count * sizeof(struct tls_context *));
    for (uint32_t i = 0; i < count; i++)
        mine[i] = tls_context_get(tls[i]);
    post(c, s, mine);
}

void checks_stop(struct checks **owner)
{
    struct checks *c = *owner;

    *owner = NULL;
    if (c == NULL)
        return;
    post(c, NULL, NULL);
    (void)pthread_join(c->thread, NULL);
    loop_free(&c->loop);
    free(c);
}
