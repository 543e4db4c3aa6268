/* SPDX-License-Identifier: Apache-2.0 */
#include "check/schedule.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rand.h"
#include "check/agent.h"
#include "check/names.h"
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
    instant began, due;
    struct buf told;           /* what the server is told that it counts as; empty unless its check says so */
    struct agent_probe *agent; /* NULL: none; part of the round */
    struct deadline agent_next;
    bool agent_is_strange; /* its last answer held a word that is none, which was told */
};

/* What one publishing brought; freed at the end of the turn in which the next one came. */
struct round {
    struct grave grave;
    struct snapshot *snapshot;
    struct tls_context **tls; /* by tls_client, each counted */
    struct agent_probe *agents;
    struct names *names; /* NULL: every address is literal */
    uint32_t count, agent_count;
    struct watched watched[];
};

struct checks {
    struct loop *loop;
    pthread_t thread;
    struct rand rand;
    bulletin_fn on_news;
    checks_strange_fn on_strange;
    void *to;
    struct round *round; /* NULL before the first publish */
    char node[64];       /* this machine's name */
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
    if (atomic_load_explicit(&w->state->no_address, memory_order_relaxed))
        return true;
    return admin & (ADMIN_MAINT | ADMIN_NO_CHECK | ADMIN_FILE_DOWN | ADMIN_TRACKED_MAINT);
}

/* Errors of traffic ask for a look before its time: where they may, somebody must notice. */
static duration nap(const struct watched *w, duration rest)
{
    duration fast = w->model->check->fast_interval;
    duration most = duration_is_none(fast) ? w->model->check->interval : fast;

    return w->model->observe == OBSERVE_NONE || rest.ms < most.ms ? rest : most;
}

static void sleep_for(struct watched *w, duration d)
{
    w->due = instant_after(loop_now(w->checks->loop), d);
    loop_set_deadline(w->checks->loop, &w->next, nap(w, d));
}

/* HAProxy's words: "UP 2/3; name=web/s1; node=lb; weight=1/2; scur=3/7; qcur=0". */
static void write_state(struct watched *w)
{
    struct health_report h;
    struct pool_state *p = w->state->pool;
    server_health(w->state, &h);
    bool up = h.health == HEALTH_UNCHECKED || h.points >= h.rise;
    unsigned all = up ? h.fall : h.rise, at = up ? h.points + 1u - h.rise : h.points;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < w->model->pool->servers.count; i++)
        sum += w->model->pool->servers.items[i]->weight;
    buf_clear(&w->told);
    if (at < all)
        buf_printf(&w->told, "%s %u/%u", up ? "UP" : "DOWN", at, all);
    else
        buf_put(&w->told, up ? SPAN("UP") : SPAN("DOWN"));
    buf_printf(&w->told, "; name=%.*s/%.*s; node=%s; weight=%u/%u; scur=%u/%u; qcur=%u",
               SPAN_ARGS(w->model->pool->name), SPAN_ARGS(w->model->name), w->checks->node,
               atomic_load_explicit(&w->state->weight, memory_order_relaxed), sum,
               atomic_load_explicit(&w->state->active, memory_order_relaxed),
               atomic_load_explicit(&p->active, memory_order_relaxed),
               atomic_load_explicit(&w->state->waiting, memory_order_relaxed));
    w->probe.state = buf_span(&w->told);
}

static void on_time(struct deadline *d)
{
    struct watched *w = CONTAINER_OF(d, struct watched, next);
    instant now = loop_now(w->checks->loop);
    bool hurry = server_take_hurry(w->state);

    if (is_off(w)) {
        sleep_for(w, w->model->check->interval);
        return;
    }
    if (now.us < w->due.us && !hurry) {
        loop_set_deadline(w->checks->loop, &w->next,
                          nap(w, DURATION_MS((uint32_t)instant_ms_between(now, w->due) + 1)));
        return;
    }
    w->began = now;
    if (w->model->check->tells_state)
        write_state(w);
    enum server_use use = server_use(w->state, w->model, now);
    w->probe.was_up = use == USE_FULL || use == USE_STICKY || use == USE_FAILED;
    struct address address;
    server_address(w->state, w->model, &address);
    probe_start(&w->probe, w->model, &address, w->checks->round->tls);
}

static void on_done(struct probe *p, enum check_result result, int32_t detail)
{
    struct watched *w = CONTAINER_OF(p, struct watched, probe);
    struct checks *c = w->checks;
    instant now = loop_now_exact(c->loop);
    uint32_t took = (uint32_t)instant_ms_between(w->began, now);

    (void)server_checked(w->state, w->model->check, result, detail, took, now);
    bulletin_issue(c->round->snapshot, w->model, BULLETIN_CHECK, c->on_news, c->to);
    duration next = interval(w);
    if (w->model->check->jitter.ms)
        next.ms += rand_below(&c->rand, w->model->check->jitter.ms + 1);
    /* The interval is from beginning to beginning, as HAProxy counts, but never without a pause. */
    sleep_for(w, DURATION_MS(took < next.ms ? next.ms - took : 1));
}

/* ---- its agent ---- */

static void on_agent_time(struct deadline *d)
{
    struct watched *w = CONTAINER_OF(d, struct watched, agent_next);
    uint8_t admin = atomic_load_explicit(&w->state->admin, memory_order_relaxed);

    loop_set_deadline(w->checks->loop, &w->agent_next, w->model->agent->interval);
    struct address address;
    server_address(w->state, w->model, &address);
    if (!w->agent->running && address.len &&
        !(admin & (ADMIN_FILE_DOWN | ADMIN_TRACKED_MAINT | ADMIN_NO_AGENT)))
        agent_probe_start(w->agent, w->model, &address);
}

static void on_agent_done(struct agent_probe *p, bool answered, const struct agent_words *words)
{
    struct watched *w = p->owner;
    struct checks *c = w->checks;

    struct agent_report report = { .said = SAID_NOTHING_YET };
    instant now = loop_now_exact(c->loop);

    report.duration_ms = (uint32_t)(instant_us_between(p->started, now) / 1000);
    agent_tell(&report, words, answered, p->error);
    server_agent_said(w->state, &report);
    if (!answered)
        return; /* connectivity is the check's business */
    if (words->strange.len && !w->agent_is_strange)
        c->on_strange(c->to, w->model, words->strange);
    w->agent_is_strange = words->strange.len > 0;
    agent_apply(words, w->model, w->state, now);
    bulletin_issue(c->round->snapshot, w->model, BULLETIN_AGENT, c->on_news, c->to);
}

/* ---- a publishing ---- */

static bool is_watched(const struct server *s)
{
    return s->check != NULL || s->agent != NULL;
}

static void count_watched(const struct snapshot *s, uint32_t *servers, uint32_t *agents)
{
    *servers = *agents = 0;
    for (uint32_t i = 0; i < s->config->servers.count; i++) {
        *servers += is_watched(s->config->servers.items[i]);
        *agents += s->config->servers.items[i]->agent != NULL;
    }
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
    buf_init(&w->told, 1024);
    probe_init(&w->probe, c->loop, on_done);
    deadline_init(&w->next, on_time);
    deadline_init(&w->agent_next, on_agent_time);
    if (model->check)
        loop_set_deadline(c->loop, &w->next, first_delay(c, w));
}

static void watch_agent(struct checks *c, struct watched *w, struct agent_probe *agent)
{
    w->agent = agent;
    agent->owner = w;
    agent_probe_init(agent, c->loop, on_agent_done);
    loop_set_deadline(c->loop, &w->agent_next, DURATION_MS(rand_below(&c->rand, 100)));
}

static void release_round(struct grave *g)
{
    struct round *r = CONTAINER_OF(g, struct round, grave);

    for (uint32_t i = 0; i < r->snapshot->config->tls_clients.count; i++)
        tls_context_put(&r->tls[i]);
    for (uint32_t i = 0; i < r->count; i++)
        buf_fini(&r->watched[i].told);
    names_free(&r->names);
    free(r->agents);
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
        loop_forget_deadline(c->loop, &r->watched[i].agent_next);
        if (r->watched[i].agent)
            agent_probe_cancel(r->watched[i].agent);
    }
    names_stop(r->names);
    loop_bury(c->loop, &r->grave, release_round);
}

static void begin_round(struct checks *c, struct snapshot *s, struct tls_context **tls)
{
    uint32_t count, agents;

    count_watched(s, &count, &agents);
    struct round *r = calloc(1, sizeof(*r) + count * sizeof(struct watched));
    struct agent_probe *probes = calloc(agents + 1u, sizeof(*probes));
    if (r == NULL || probes == NULL)
        oom_die(count * sizeof(struct watched));
    r->agents = probes;
    r->snapshot = s;
    r->tls = tls;
    for (uint32_t i = 0; i < s->config->servers.count; i++) {
        const struct server *model = s->config->servers.items[i];
        if (!is_watched(model))
            continue;
        struct watched *w = &r->watched[r->count++];
        watch_server(c, w, model, snapshot_server(s, model));
        if (model->agent)
            watch_agent(c, w, &r->agents[r->agent_count++]);
    }
    if (s->config->name_groups.count)
        r->names = names_start(c->loop, s, c->on_news, c->to);
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

struct checks *checks_start(bulletin_fn on_news, checks_strange_fn on_strange, void *to)
{
    const struct loop_options options = { .heartbeat = DURATION_NONE };
    struct checks *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->on_news = on_news;
    c->on_strange = on_strange;
    c->to = to;
    rand_seed(&c->rand, 0);
    if (gethostname(c->node, sizeof(c->node) - 1))
        c->node[0] = '\0';
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
