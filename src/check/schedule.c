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
#include "model/vrrp.h"
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
    struct deadline late;      /* of a program */
    uint32_t ticket;           /* of the program that looks at it now; 0: none */
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
    uint64_t generation;
    uint32_t count, agent_count;
    struct watched watched[];
};

struct checks {
    struct loop *loop;
    pthread_t thread;
    struct rand rand;
    struct checks_options o;
    struct round *round; /* NULL before the first publish */
    uint32_t tickets;    /* given so far */
    char node[64];       /* this machine's name */
};

struct mail {
    struct task task;
    struct checks *checks;
    struct snapshot *snapshot; /* NULL: stop */
    struct tls_context **tls;
    uint64_t generation;
};

struct ran {
    struct task task;
    struct checks *checks;
    uint32_t ticket;
    enum checks_end end;
    int status;
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

/* ---- by a program ---- */

static void take_result(struct watched *w, enum check_result result, int32_t detail);

static void start_program(struct watched *w, const struct address *address)
{
    struct checks *c = w->checks;

    if (++c->tickets == 0)
        c->tickets++;
    w->ticket = c->tickets;
    loop_set_deadline(c->loop, &w->late, w->model->check->timeout);
    const struct vrrp_config *v = c->round->snapshot->config->vrrp;
    c->o.run(c->o.runner, &(struct checks_program){
                              .generation = c->round->generation,
                              .ticket = w->ticket,
                              .number = w->model->check->program + (v ? v->commands.count : 0),
                              .server = w->model,
                              .address = *address,
                              .active = atomic_load_explicit(&w->state->active, memory_order_relaxed) });
}

static void drop_program(struct watched *w)
{
    if (w->ticket != 0)
        w->checks->o.kill(w->checks->o.runner, w->ticket);
    w->ticket = 0;
    loop_forget_deadline(w->checks->loop, &w->late);
}

static void on_late(struct deadline *d)
{
    struct watched *w = CONTAINER_OF(d, struct watched, late);

    drop_program(w);
    take_result(w, CHECKED_PROCESS_TIMEOUT, 0);
}

static void program_ended(struct watched *w, enum checks_end end, int status)
{
    w->ticket = 0;
    loop_forget_deadline(w->checks->loop, &w->late);
    if (end == CHECKS_NOT_STARTED)
        take_result(w, CHECKED_SOCKET_ERROR, 0);
    else if (end == CHECKS_KILLED)
        take_result(w, CHECKED_PROCESS_ERROR, -1);
    else
        take_result(w, status == 0 ? CHECKED_PROCESS_OK : CHECKED_PROCESS_ERROR, status);
}

static void on_ran(struct task *t)
{
    struct ran *r = CONTAINER_OF(t, struct ran, task);
    struct round *round = r->checks->round;

    for (uint32_t i = 0; round != NULL && i < round->count; i++)
        if (round->watched[i].ticket == r->ticket) {
            program_ended(&round->watched[i], r->end, r->status);
            break;
        }
    free(r);
}

void checks_ran(struct checks *c, uint32_t ticket, enum checks_end end, int status)
{
    struct ran *r = calloc(1, sizeof(*r));

    if (r == NULL || ticket == 0) { /* its time will be over */
        free(r);
        return;
    }
    *r = (struct ran){ .checks = c, .ticket = ticket, .end = end, .status = status };
    loop_post(c->loop, &r->task, on_ran);
}

/* ---- when ---- */

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
    if (w->model->check->kind == CHECK_EXTERNAL)
        start_program(w, &address);
    else
        probe_start(&w->probe, w->model, &address, w->checks->round->tls);
}

static void take_result(struct watched *w, enum check_result result, int32_t detail)
{
    struct checks *c = w->checks;
    instant now = loop_now_exact(c->loop);
    uint32_t took = (uint32_t)instant_ms_between(w->began, now);
    const uint16_t points = atomic_load_explicit(&w->state->points, memory_order_relaxed);
    const uint8_t before = atomic_load_explicit(&w->state->result, memory_order_relaxed);

    (void)server_checked(w->state, w->model->check, result, detail, took, now);
    if (w->model->pool->logs_checks &&
        (before != result || points != atomic_load_explicit(&w->state->points, memory_order_relaxed)))
        c->o.on_result(c->o.to, w->model, w->state);
    bulletin_issue(c->round->snapshot, w->model, BULLETIN_CHECK, c->o.on_news, c->o.to);
    duration next = interval(w);
    if (w->model->check->jitter.ms)
        next.ms += rand_below(&c->rand, w->model->check->jitter.ms + 1);
    /* The interval is from beginning to beginning, as HAProxy counts, but never without a pause. */
    sleep_for(w, DURATION_MS(took < next.ms ? next.ms - took : 1));
}

static void on_done(struct probe *p, enum check_result result, int32_t detail)
{
    take_result(CONTAINER_OF(p, struct watched, probe), result, detail);
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
        c->o.on_strange(c->o.to, w->model, words->strange);
    w->agent_is_strange = words->strange.len > 0;
    agent_apply(words, w->model, w->state, now);
    bulletin_issue(c->round->snapshot, w->model, BULLETIN_AGENT, c->o.on_news, c->o.to);
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
    deadline_init(&w->late, on_late);
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
        drop_program(&r->watched[i]);
        loop_forget_deadline(c->loop, &r->watched[i].agent_next);
        if (r->watched[i].agent)
            agent_probe_cancel(r->watched[i].agent);
    }
    names_stop(r->names);
    loop_bury(c->loop, &r->grave, release_round);
}

static void begin_round(struct checks *c, struct snapshot *s, struct tls_context **tls, uint64_t generation)
{
    uint32_t count, agents;

    count_watched(s, &count, &agents);
    struct round *r = calloc(1, sizeof(*r) + count * sizeof(struct watched));
    struct agent_probe *probes = calloc(agents + 1u, sizeof(*probes));
    if (r == NULL || probes == NULL)
        oom_die(count * sizeof(struct watched));
    r->agents = probes;
    r->snapshot = s;
    r->generation = generation;
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
        r->names = names_start(c->loop, s, c->o.on_news, c->o.to);
    c->round = r;
}

static void on_mail(struct task *t)
{
    struct mail *m = CONTAINER_OF(t, struct mail, task);
    struct checks *c = m->checks;

    end_round(c);
    if (m->snapshot != NULL)
        begin_round(c, m->snapshot, m->tls, m->generation);
    else
        loop_stop(c->loop);
    free(m);
}

static void post(struct checks *c, struct snapshot *s, struct tls_context **tls, uint64_t generation)
{
    struct mail *m = calloc(1, sizeof(*m));

    if (m == NULL)
        oom_die(sizeof(*m));
    m->checks = c;
    m->snapshot = s;
    m->tls = tls;
    m->generation = generation;
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

struct checks *checks_start(const struct checks_options *o)
{
    const struct loop_options loop = { .heartbeat = DURATION_NONE };
    struct checks *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->o = *o;
    rand_seed(&c->rand, 0);
    if (gethostname(c->node, sizeof(c->node) - 1))
        c->node[0] = '\0';
    c->loop = loop_new(&loop);
    if (c->loop != NULL && pthread_create(&c->thread, NULL, run, c) == 0)
        return c;
    loop_free(&c->loop);
    free(c);
    return NULL;
}

void checks_publish(struct checks *c, struct snapshot *s, struct tls_context *const *tls, uint64_t generation)
{
    uint32_t count = s->config->tls_clients.count;
    struct tls_context **mine = calloc(count + 1u, sizeof(struct tls_context *));

    if (mine == NULL)
        oom_die(count * sizeof(struct tls_context *));
    for (uint32_t i = 0; i < count; i++)
        mine[i] = tls_context_get(tls[i]);
    post(c, s, mine, generation);
}

void checks_stop(struct checks **owner)
{
    struct checks *c = *owner;

    *owner = NULL;
    if (c == NULL)
        return;
    post(c, NULL, NULL, 0);
    (void)pthread_join(c->thread, NULL);
    loop_free(&c->loop);
    free(c);
}
