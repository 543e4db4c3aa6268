/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/track.h"

#include <stdlib.h>
#include <string.h>

#include "vrrp/look.h"

enum {
    LOOK_MS = 500,       /* at processes and files */
    LOOK_HEALTH_MS = 50, /* at the balancer: numbers in memory */
    PENDING_MOST_S = 10, /* a balancer that has said nothing for so long says nothing */
    KILL_GRACE_MS = 2000,
};

static const instant never = { UINT64_MAX };

static void *make(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    if (p == NULL)
        oom_die(count * size);
    return p;
}

static void mark_used(struct track *t, const struct vrrp_track_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct vrrp_track *what = &list->items[i];
        switch (what->kind) {
        case VRRP_TRACK_SCRIPT:
            t->scripts[what->index].used = true;
            break;
        case VRRP_TRACK_PROCESS:
            t->processes[what->index].used = true;
            break;
        case VRRP_TRACK_FILE:
            t->files[what->index].used = true;
            break;
        case VRRP_TRACK_HEALTH:
            t->items[what->index].used = true;
            break;
        case VRRP_TRACK_WORKER:
            t->worker.used = true;
            break;
        case VRRP_TRACK_INTERFACE:
            break;
        }
    }
}

void track_init(struct track *t, const struct vrrp_config *c, const struct vrrp_host *host,
                const struct links *l, instant now)
{
    *t = (struct track){ .config = c, .host = host, .links = l, .began_at = now };
    t->scripts = make(c->scripts.count, sizeof(*t->scripts));
    t->processes = make(c->processes.count, sizeof(*t->processes));
    t->files = make(c->files.count, sizeof(*t->files));
    t->items = make(c->health.count, sizeof(*t->items));
    for (uint32_t i = 0; i < c->scripts.count; i++) {
        t->scripts[i].model = &c->scripts.items[i];
        t->scripts[i].next_at = now;
        if (c->scripts.items[i].init_fail)
            t->scripts[i].verdict.state = JUDGE_ILL;
    }
    for (uint32_t i = 0; i < c->processes.count; i++) {
        t->processes[i].model = &c->processes.items[i];
        t->processes[i].settle_at = never;
    }
    for (uint32_t i = 0; i < c->files.count; i++)
        t->files[i].model = &c->files.items[i];
    for (uint32_t i = 0; i < c->health.count; i++)
        t->items[i].model = &c->health.items[i];
    for (uint32_t i = 0; i < c->instances.count; i++) {
        mark_used(t, &c->instances.items[i].tracks);
        t->worker.used |= c->instances.items[i].worker_tracked;
    }
    for (uint32_t i = 0; i < c->groups.count; i++)
        mark_used(t, &c->groups.items[i].tracks);
    for (uint32_t i = 0; i < c->files.count; i++)
        if (t->files[i].used)
            look_prepare_file(t->files[i].model);
}

void track_fini(struct track *t)
{
    for (uint32_t i = 0; t->config && i < t->config->scripts.count; i++)
        if (t->scripts[i].ticket)
            t->host->kill(t->host->self, t->scripts[i].ticket);
    free(t->scripts);
    free(t->processes);
    free(t->files);
    free(t->items);
    *t = (struct track){ 0 };
}

/* ---- after a reload ---- */

static void inherit_script(struct track_script *to, struct track_script *from)
{
    if (!to->used || !from->used)
        return;
    const struct vrrp_script *keep = to->model;
    *to = *from; /* the run under way too: its result is as good */
    to->model = keep;
    from->ticket = 0;
}

void track_inherit(struct track *t, struct track *old)
{
    const struct vrrp_config *a = t->config, *b = old->config;
    for (uint32_t i = 0; i < a->scripts.count; i++)
        for (uint32_t j = 0; j < b->scripts.count; j++)
            if (span_eq(a->scripts.items[i].name, b->scripts.items[j].name))
                inherit_script(&t->scripts[i], &old->scripts[j]);
    for (uint32_t i = 0; i < a->processes.count; i++)
        for (uint32_t j = 0; j < b->processes.count; j++)
            if (span_eq(a->processes.items[i].name, b->processes.items[j].name))
                t->processes[i].verdict = old->processes[j].verdict;
    for (uint32_t i = 0; i < a->files.count; i++)
        for (uint32_t j = 0; j < b->files.count; j++)
            if (span_eq(a->files.items[i].name, b->files.items[j].name))
                t->files[i].verdict = old->files[j].verdict;
    for (uint32_t i = 0; i < a->health.count; i++)
        for (uint32_t j = 0; j < b->health.count; j++)
            if (a->health.items[i].kind == b->health.items[j].kind &&
                span_eq(a->health.items[i].name, b->health.items[j].name))
                t->items[i].verdict = old->items[j].verdict;
    bool used = t->worker.used;
    t->worker = old->worker;
    t->worker.used = used;
    t->tickets = old->tickets;
}

static void set_verdict(struct track *t, struct judge_verdict *v, enum judge_state state, int64_t value)
{
    if (v->state == state && v->value == value)
        return;
    *v = (struct judge_verdict){ state, value };
    t->changed = true;
}

bool track_take_changed(struct track *t)
{
    bool was = t->changed;
    t->changed = false;
    return was;
}

/* ---- scripts ---- */

static void put_end(struct buf *b, enum track_end end, int status, bool overdue)
{
    if (overdue)
        buf_put(b, SPAN("timed out"));
    else if (end == TRACK_NOT_STARTED)
        buf_put(b, SPAN("could not be started"));
    else
        buf_printf(b, end == TRACK_SIGNALED ? "killed by signal %d" : "exited with status %d", status);
}

static void say_script(struct track *t, const struct track_script *s)
{
    char text[64];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    put_end(&b, s->end, s->status, s->overdue);
    SAY(t->host, s->verdict.state == JUDGE_WELL ? &say_script_well : &say_script_failed, s->model->name,
        buf_span(&b));
}

/* The first result ever decides alone; then <fall> or <rise> in a row. */
static void count_result(struct track *t, struct track_script *s, bool well)
{
    enum judge_state now = well ? JUDGE_WELL : JUDGE_ILL;
    uint32_t wanted = well ? s->model->rise : s->model->fall;
    bool first = s->verdict.state == JUDGE_UNKNOWN;
    s->in_a_row = s->verdict.state == now ? 0 : s->in_a_row + 1;
    if (!first && (s->verdict.state == now || s->in_a_row < wanted))
        return;
    s->in_a_row = 0;
    set_verdict(t, &s->verdict, now, 0);
    say_script(t, s);
}

bool track_on_script(struct track *t, uint32_t ticket, enum track_end end, int status)
{
    for (uint32_t i = 0; ticket && i < t->config->scripts.count; i++) {
        struct track_script *s = &t->scripts[i];
        if (s->ticket != ticket)
            continue;
        s->ticket = 0;
        if (s->overdue) /* it was counted when its time was up */
            return true;
        s->end = end;
        s->status = status;
        count_result(t, s, end == TRACK_EXITED && status == 0);
        return true;
    }
    return false;
}

static uint64_t timeout_of(const struct track *t, const struct track_script *s)
{
    return t->config->commands.items[s->model->command].timeout_us;
}

static void run_script(struct track *t, struct track_script *s, instant now)
{
    s->next_at = (instant){ now.us + s->model->interval_us };
    s->overdue = false;
    s->started_at = now;
    s->ticket = ++t->tickets ? t->tickets : ++t->tickets;
    if (t->host->run(t->host->self, s->ticket, s->model->command, NULL, 0))
        return;
    s->ticket = 0;
    s->end = TRACK_NOT_STARTED;
    SAY(t->host, &say_script_not_run, s->model->name);
    count_result(t, s, false);
}

static void end_overdue(struct track *t, struct track_script *s)
{
    s->overdue = true;
    t->host->kill(t->host->self, s->ticket);
    SAY(t->host, &say_script_killed, s->model->name, SAY_NUMBER(timeout_of(t, s) / 1000));
    count_result(t, s, false);
}

static instant script_next(const struct track *t, const struct track_script *s)
{
    if (!s->used)
        return never;
    if (s->ticket && !s->overdue)
        return (instant){ s->started_at.us + timeout_of(t, s) };
    if (s->ticket) /* killed: if it does not go, it is given up and another is started */
        return (instant){ s->started_at.us + timeout_of(t, s) + KILL_GRACE_MS * 1000 };
    return s->next_at;
}

static void turn_script(struct track *t, struct track_script *s, instant now)
{
    if (now.us < script_next(t, s).us)
        return;
    if (s->ticket && !s->overdue) {
        end_overdue(t, s);
        return;
    }
    s->ticket = 0;
    if (now.us >= s->next_at.us)
        run_script(t, s, now);
}

/* ---- processes and files ---- */

static void settle_process(struct track *t, struct track_process *p)
{
    p->settle_at = never;
    enum judge_state state = p->seen_well ? JUDGE_WELL : JUDGE_ILL;
    if (p->verdict.state == state)
        return;
    set_verdict(t, &p->verdict, state, 0);
    const struct vrrp_process *m = p->model;
    SAY(t->host, p->seen_well ? &say_process_there : &say_process_lost, m->name, SAY_NUMBER(p->running),
        SAY_NUMBER(m->quorum), SAY_NUMBER(m->quorum_max));
}

static void see_process(struct track *t, struct track_process *p, instant now)
{
    p->seen_well = p->running >= p->model->quorum && p->running <= p->model->quorum_max;
    uint64_t delay = p->seen_well ? p->model->fork_delay_us : p->model->terminate_delay_us;
    bool as_it_was = p->verdict.state == (p->seen_well ? JUDGE_WELL : JUDGE_ILL);
    if (as_it_was)
        p->settle_at = never;
    else if (delay == 0 || p->verdict.state == JUDGE_UNKNOWN)
        settle_process(t, p);
    else if (p->settle_at.us == never.us)
        p->settle_at = (instant){ now.us + delay };
}

static bool any_process(const struct track *t)
{
    for (uint32_t i = 0; i < t->config->processes.count; i++)
        if (t->processes[i].used)
            return true;
    return false;
}

static void turn_processes(struct track *t, instant now)
{
    if (now.us >= t->processes_at.us && any_process(t)) {
        t->processes_at = instant_after(now, DURATION_MS(LOOK_MS));
        look_at_processes(t->config, t->processes);
        for (uint32_t i = 0; i < t->config->processes.count; i++)
            if (t->processes[i].used)
                see_process(t, &t->processes[i], now);
    }
    for (uint32_t i = 0; i < t->config->processes.count; i++)
        if (now.us >= t->processes[i].settle_at.us)
            settle_process(t, &t->processes[i]);
}

static void see_file(struct track *t, struct track_file *f)
{
    int64_t value = 0;
    const char *why = look_at_file(f->model, &value);
    if (why && !f->said_unreadable)
        SAY(t->host, &say_file_unreadable, f->model->path, span_from(why));
    f->said_unreadable = why != NULL;
    if (f->verdict.state == JUDGE_WELL && f->verdict.value == value)
        return;
    set_verdict(t, &f->verdict, JUDGE_WELL, value);
    SAY(t->host, &say_file_value, f->model->path, SAY_NUMBER(value));
}

static bool any_file(const struct track *t)
{
    for (uint32_t i = 0; i < t->config->files.count; i++)
        if (t->files[i].used)
            return true;
    return false;
}

static void turn_files(struct track *t, instant now)
{
    if (now.us < t->files_at.us || !any_file(t))
        return;
    t->files_at = instant_after(now, DURATION_MS(LOOK_MS));
    for (uint32_t i = 0; i < t->config->files.count; i++)
        if (t->files[i].used)
            see_file(t, &t->files[i]);
}

/* ---- the balancer ---- */

void track_set_health(struct track *t, struct vrrp_health_shared *shared)
{
    t->health = shared;
    t->health_at = (instant){ 0 };
    t->began_at = (instant){ 0 }; /* begins with the next look */
    t->changed = true;
    t->worker.unserved_since = (instant){ 0 };
    memset(t->worker.turned_at, 0, sizeof(t->worker.turned_at));
    if (shared == NULL)
        return;
    uint32_t count =
        t->config->health.count < VRRP_HEALTH_ITEMS ? t->config->health.count : VRRP_HEALTH_ITEMS;
    atomic_store_explicit(&shared->item_count, 0, memory_order_release);
    for (uint32_t i = 0; i < count; i++) {
        struct vrrp_health_item *item = &shared->items[i];
        struct span name = span_first(t->config->health.items[i].name, VRRP_HEALTH_NAME - 1);
        atomic_store_explicit(&item->state, VRRP_ITEM_UNKNOWN, memory_order_relaxed);
        memset(item->name, 0, sizeof(item->name));
        memcpy(item->name, name.ptr, name.len);
        item->kind = (uint32_t)t->config->health.items[i].kind;
    }
    atomic_store_explicit(&shared->item_count, count, memory_order_release);
    atomic_fetch_add_explicit(&shared->layout, 1, memory_order_release);
}

/* The first of its threads that has not turned for too long; VRRP_NONE. */
static uint32_t stalled_thread(struct track *t, instant now)
{
    struct track_worker *w = &t->worker;
    uint32_t first = atomic_load_explicit(&t->health->first, memory_order_acquire);
    uint32_t count = atomic_load_explicit(&t->health->threads, memory_order_acquire);
    uint32_t found = VRRP_NONE;
    for (uint32_t i = 0; i < VRRP_HEALTH_THREADS; i++) {
        uint64_t turns = atomic_load_explicit(&t->health->turns[i], memory_order_relaxed);
        bool watched = i >= first && i - first < count;
        if (!watched || turns != w->turns[i] || w->turned_at[i].us == 0)
            w->turned_at[i] = now;
        w->turns[i] = turns;
        if (found == VRRP_NONE && instant_us_between(w->turned_at[i], now) >= t->config->stall_us)
            found = i;
    }
    return found;
}

static void see_worker(struct track *t, instant now)
{
    struct track_worker *w = &t->worker;
    uint32_t state = atomic_load_explicit(&t->health->worker, memory_order_acquire);
    uint32_t thread = stalled_thread(t, now);
    bool stalled = state == VRRP_WORKER_SERVING && thread != VRRP_NONE;
    bool serves = state == VRRP_WORKER_NONE || (state == VRRP_WORKER_SERVING && !stalled);
    if (stalled && !w->stalled)
        SAY(t->host, &say_worker_stalled, SAY_NUMBER(thread),
            SAY_NUMBER(instant_us_between(w->turned_at[thread], now) / 1000));
    w->stalled = stalled;
    w->stalled_thread = thread;
    if (serves) {
        if (w->verdict.state == JUDGE_ILL)
            SAY(t->host, &say_worker_well, SPAN(""));
        w->unserved_since = (instant){ 0 };
        set_verdict(t, &w->verdict, JUDGE_WELL, 0);
    } else if (w->unserved_since.us == 0) {
        w->unserved_since = now;
    }
    bool starting = w->verdict.state == JUDGE_UNKNOWN &&
                    instant_us_between(t->began_at, now) < PENDING_MOST_S * UINT64_C(1000000);
    if (!serves && !starting && w->verdict.state != JUDGE_ILL) {
        set_verdict(t, &w->verdict, JUDGE_ILL,
                    0); /* for how long is each instance's own matter: track_verdict */
        SAY(t->host, &say_worker_gone, SPAN(""));
    }
    if (!serves)
        t->changed = true; /* its absence grows with time */
}

static void see_item(struct track *t, uint32_t i, instant now)
{
    struct track_item *item = &t->items[i];
    const struct vrrp_health_item *s = &t->health->items[i];
    uint32_t state =
        i < VRRP_HEALTH_ITEMS ? atomic_load_explicit(&s->state, memory_order_acquire) : VRRP_ITEM_ABSENT;
    struct judge_verdict before = item->verdict;
    if (state == VRRP_ITEM_KNOWN) {
        uint32_t value = atomic_load_explicit(&s->value, memory_order_relaxed);
        item->total = atomic_load_explicit(&s->total, memory_order_relaxed);
        set_verdict(t, &item->verdict, value ? JUDGE_WELL : JUDGE_ILL, value);
    } else if (state == VRRP_ITEM_ABSENT ||
               instant_us_between(t->began_at, now) >= PENDING_MOST_S * UINT64_C(1000000)) {
        set_verdict(t, &item->verdict, JUDGE_ILL, 0);
    }
    if (item->verdict.state == before.state)
        return;
    struct span kind = item->model->kind == VRRP_HEALTH_LISTENER ? SPAN("listener") : SPAN("pool");
    char text[64];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    track_put_detail(&b, t, &(struct vrrp_track){ .kind = VRRP_TRACK_HEALTH, .index = i });
    SAY(t->host, item->verdict.state == JUDGE_WELL ? &say_item_well : &say_item_ill, kind, item->model->name,
        buf_span(&b));
}

static bool any_health(const struct track *t)
{
    return t->worker.used || t->config->health.count > 0;
}

static void turn_health(struct track *t, instant now)
{
    if (now.us < t->health_at.us || !any_health(t))
        return;
    t->health_at = instant_after(now, DURATION_MS(LOOK_HEALTH_MS));
    if (t->began_at.us == 0)
        t->began_at = now;
    if (t->health == NULL)
        return;
    see_worker(t, now);
    for (uint32_t i = 0; i < t->config->health.count; i++)
        if (t->items[i].used)
            see_item(t, i, now);
}

/* ---- all of it ---- */

void track_turn(struct track *t, instant now)
{
    for (uint32_t i = 0; i < t->config->scripts.count; i++)
        turn_script(t, &t->scripts[i], now);
    turn_processes(t, now);
    turn_files(t, now);
    turn_health(t, now);
}

static instant earlier(instant a, instant b)
{
    return b.us < a.us ? b : a;
}

instant track_next(const struct track *t)
{
    instant next = never;
    for (uint32_t i = 0; i < t->config->scripts.count; i++)
        next = earlier(next, script_next(t, &t->scripts[i]));
    for (uint32_t i = 0; i < t->config->processes.count; i++)
        next = earlier(next, t->processes[i].settle_at);
    if (any_process(t))
        next = earlier(next, t->processes_at);
    if (any_file(t))
        next = earlier(next, t->files_at);
    return any_health(t) && t->health ? earlier(next, t->health_at) : next;
}

static struct judge_verdict worker_verdict(const struct track *t, uint64_t interval_us, instant now)
{
    const struct track_worker *w = &t->worker;
    if (t->health == NULL)
        return (struct judge_verdict){ JUDGE_WELL, 0 }; /* there is none in this program */
    if (w->verdict.state != JUDGE_ILL || w->stalled)
        return w->verdict;
    /* Back within one interval: nothing moves. */
    bool missed = instant_us_between(w->unserved_since, now) > interval_us;
    return (struct judge_verdict){ missed ? JUDGE_ILL : JUDGE_WELL, 0 };
}

struct judge_verdict track_verdict(const struct track *t, const struct vrrp_track *what, uint64_t interval_us,
                                   instant now)
{
    const struct link_state *link;
    switch (what->kind) {
    case VRRP_TRACK_SCRIPT:
        return t->scripts[what->index].verdict;
    case VRRP_TRACK_PROCESS:
        return t->processes[what->index].verdict;
    case VRRP_TRACK_FILE:
        return t->files[what->index].verdict;
    case VRRP_TRACK_HEALTH:
        return t->health ? t->items[what->index].verdict : (struct judge_verdict){ JUDGE_ILL, 0 };
    case VRRP_TRACK_WORKER:
        return worker_verdict(t, interval_us, now);
    case VRRP_TRACK_INTERFACE:
        break;
    }
    link = links_at(t->links, what->index);
    return (struct judge_verdict){ link && link->up ? JUDGE_WELL : JUDGE_ILL, 0 };
}

void track_put_name(struct buf *out, const struct track *t, const struct vrrp_track *what)
{
    const struct vrrp_config *c = t->config;
    switch (what->kind) {
    case VRRP_TRACK_SCRIPT:
        buf_printf(out, "script %.*s", SPAN_ARGS(c->scripts.items[what->index].name));
        break;
    case VRRP_TRACK_PROCESS:
        buf_printf(out, "process %.*s", SPAN_ARGS(c->processes.items[what->index].name));
        break;
    case VRRP_TRACK_FILE:
        buf_printf(out, "file %.*s", SPAN_ARGS(c->files.items[what->index].name));
        break;
    case VRRP_TRACK_HEALTH:
        buf_printf(out, "%s %.*s",
                   c->health.items[what->index].kind == VRRP_HEALTH_LISTENER ? "listener" : "pool",
                   SPAN_ARGS(c->health.items[what->index].name));
        break;
    case VRRP_TRACK_WORKER:
        buf_put(out, SPAN("balancer"));
        break;
    case VRRP_TRACK_INTERFACE:
        buf_printf(out, "interface %s", c->interfaces.items[what->index].name);
        break;
    }
}

static void put_health(struct buf *out, const struct track *t, const struct track_item *item)
{
    if (t->health == NULL)
        buf_put(out, SPAN("no balancer to ask"));
    else if (item->verdict.state == JUDGE_UNKNOWN)
        buf_put(out, SPAN("not known yet"));
    else if (item->model->kind == VRRP_HEALTH_LISTENER)
        buf_put(out, item->verdict.value ? SPAN("serving") : SPAN("not serving"));
    else
        buf_printf(out, "%lld of %u usable", (long long)item->verdict.value, item->total);
}

void track_put_detail(struct buf *out, const struct track *t, const struct vrrp_track *what)
{
    const struct track_script *s;
    const struct link_state *link;
    switch (what->kind) {
    case VRRP_TRACK_SCRIPT:
        s = &t->scripts[what->index];
        if (s->verdict.state == JUDGE_UNKNOWN)
            buf_put(out, SPAN("no result yet"));
        else
            put_end(out, s->end, s->status, s->overdue);
        break;
    case VRRP_TRACK_PROCESS:
        buf_printf(out, "%u running", t->processes[what->index].running);
        break;
    case VRRP_TRACK_FILE:
        buf_printf(out, "says %lld", (long long)t->files[what->index].verdict.value);
        break;
    case VRRP_TRACK_HEALTH:
        put_health(out, t, &t->items[what->index]);
        break;
    case VRRP_TRACK_WORKER:
        if (t->worker.stalled)
            buf_printf(out, "thread %u hangs", t->worker.stalled_thread);
        else
            buf_put(out, t->worker.verdict.state == JUDGE_ILL ? SPAN("not serving") : SPAN("serving"));
        break;
    case VRRP_TRACK_INTERFACE:
        link = links_at(t->links, what->index);
        buf_put(out, !link || !link->index ? SPAN("missing") : link->up ? SPAN("up") : SPAN("down"));
        break;
    }
}
