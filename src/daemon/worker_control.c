/* SPDX-License-Identifier: Apache-2.0 */
/* What operators see of the worker and ask of it: the functions that the control sockets' door calls. */
#include <sys/epoll.h>
#include <unistd.h>

#include "admin/health.h"
#include "admin/window.h"
#include "base/clock.h"
#include "daemon/versions.h"
#include "daemon/words.h"
#include "daemon/worker_internal.h"
#include "io/tls_describe.h"
#include "os/limits.h"
#include "state/vrrp_health.h"

#define HEALTH_LOOK DURATION_MS(100) /* what vrrp asks for is as old as that */
#define HEALTH_IDLE DURATION_MS(500) /* nobody asks yet */

static bool look(void *self, struct admin_now *now)
{
    struct worker *w = self;
    struct stats_totals t;

    if (w->snapshot == NULL)
        return false;
    struct log_counts logs;
    engine_totals(w->engine, &t);
    engine_log_counts(w->engine, &logs);
    *now = (struct admin_now){ .process = &w->admin,
                               .snapshot = w->snapshot,
                               .now = clock_now(),
                               .wall_us = clock_wall_us(),
                               .totals = { .accepted = t.accepted,
                                           .handled = t.accepted - t.refused,
                                           .requests = t.requests,
                                           .connections = t.connections,
                                           .reading = t.reading,
                                           .writing = t.writing,
                                           .waiting = t.waiting,
                                           .logs_dropped = logs.dropped_full + logs.dropped_failed } };
    return true;
}

static void say_first_error(const struct diags *d, struct buf *out)
{
    for (uint32_t i = 0; i < diags_total(d); i++) {
        const struct diag *one = diags_at(d, i);
        if (one == NULL || one->kind->severity != SEVERITY_ERROR)
            continue;
        diag_sentence(out, one, NULL);
        return;
    }
    buf_put(out, SPAN("The files cannot be built with it."));
}

/* One that is added waits in maintenance, unchecked, until an operator says so. */
static void hold_back(struct snapshot *s, struct amendments *all, const struct amendment *a)
{
    for (uint32_t i = 0; i < s->config->servers.count; i++) {
        const struct server *model = s->config->servers.items[i];
        if (model->pool->language != LANGUAGE_HAPROXY || !span_eq(model->pool->name, a->pool) ||
            !span_eq(model->name, a->server))
            continue;
        server_set_admin(snapshot_server(s, model),
                         ADMIN_MAINT | (model->check ? ADMIN_NO_CHECK : 0u) |
                             (model->agent ? ADMIN_NO_AGENT : 0u),
                         0, clock_now());
        amendments_set_id(all, model->id);
    }
}

/* What is served is built again with what an operator changed of it. */
static bool amend(void *self, const struct amendment *what, unsigned count, struct buf *why)
{
    struct worker *w = self;
    uint64_t generation = w->served.generation;
    struct amendments *all = amendments_of_generation(state_world_amendments(w->world), generation);

    for (unsigned i = 0; i < count; i++) {
        struct amendment a = what[i];
        a.generation = generation;
        struct amendments *more = amendments_with(all, &a);
        amendments_free(&all);
        all = more;
    }
    struct built *b = w->draining ? NULL : worker_build(w, w->served.bundle, all);
    if (b == NULL || b->prepared == NULL) {
        if (b != NULL)
            say_first_error(b->diags, why);
        else
            buf_put(why, SPAN("This worker ends: the next one can be asked."));
        amendments_free(&all);
        if (b != NULL)
            worker_built_free(b);
        return false;
    }
    /* as HAProxy: the next checks say what is true of the new address */
    state_world_keep_health(w->world, true);
    struct snapshot *snapshot = worker_bind_state(w, b);
    state_world_keep_health(w->world, false);
    for (unsigned i = 0; i < count; i++)
        if (what[i].kind == AMEND_ADD)
            hold_back(snapshot, all, &what[i]);
    worker_serve(w, b, snapshot, &w->served);
    state_world_set_amendments(w->world, all);
    return true;
}

static bool ask_parent(void *self, enum command_ask what, uint64_t number)
{
    static const enum parent_command commands[] = {
        [ASK_RELOAD] = COMMAND_RELOAD, [ASK_REOPEN] = COMMAND_REOPEN,   [ASK_STOP] = COMMAND_STOP,
        [ASK_DRAIN] = COMMAND_DRAIN,   [ASK_UPGRADE] = COMMAND_UPGRADE,
    };
    struct worker *w = self;

    return channel_say(w->parent, MESSAGE_COMMAND, commands[what], number) == FDPASS_OK;
}

/* Any thread: one write. */
static void on_audit(void *self, struct span line)
{
    const struct worker *w = self;

    words_say(w->manifest->language, WORDS_NOTICE, "%.*s", SPAN_ARGS(line));
}

static void on_sample(struct deadline *d)
{
    struct worker *w = CONTAINER_OF(d, struct worker, sample);

    if (w->world != NULL)
        patterns_collect(w->world);
    if (w->snapshot != NULL)
        (void)window_sample(w->admin.window, w->snapshot, loop_now(w->loop)); /* one less, without memory */
    loop_set_deadline(w->loop, d, WINDOW_STEP);
}

/* The control thread only: one that hangs is noticed by its traffic threads' counters, or by this silence. */
static void on_health(struct deadline *d)
{
    struct worker *w = CONTAINER_OF(d, struct worker, health);
    struct vrrp_health_shared *shared = w->served.health.base;
    bool asked = shared != NULL && w->admin.health != NULL && atomic_load(&shared->item_count) > 0;

    if (asked && w->snapshot != NULL)
        health_fill(shared, w->snapshot, loop_now(w->loop));
    loop_set_deadline(w->loop, d, asked ? HEALTH_LOOK : HEALTH_IDLE);
}

/* ---- sessions ---- */

#define SESSIONS_TIME DURATION_MS(1000)

static bool end_sessions_of(void *self, struct server_state *server)
{
    const struct worker *w = self;

    return w->engine != NULL && engine_sessions_end_of(w->engine, server);
}

static enum admin_ended end_session(void *self, uint64_t number)
{
    const struct worker *w = self;
    enum sessions_end end =
        w->engine ? engine_sessions_end_one(w->engine, number, SESSIONS_TIME) : SESSIONS_LATE;

    return end == SESSIONS_ENDED ? ADMIN_ENDED : end == SESSIONS_NONE ? ADMIN_NO_SESSION : ADMIN_LATE;
}

static bool list_sessions(void *self, uint64_t number, duration older_than, bool detailed, struct buf *out)
{
    const struct worker *w = self;
    struct sessions_filter f = { .serial = number, .older_than = older_than, .detailed = detailed };

    return w->engine != NULL && engine_sessions_list(w->engine, &f, out, SESSIONS_TIME);
}

static uint32_t read_threads(void *self, struct admin_thread *out, uint32_t most)
{
    const struct worker *w = self;

    return w->engine ? engine_threads(w->engine, out, most) : 0;
}

bool worker_begin_control(struct worker *w)
{
    struct control_options o = {
        .loop = w->loop, .look = look, .ask = ask_parent, .amend = amend, .self = w
    };

    teller_init(&w->teller, w->manifest->language, w->loop);
    (void)gethostname(w->hostname, sizeof(w->hostname) - 1);
    w->admin = (struct admin_process){ .version = SPAN(VERSION_HAPROXY "-evenkeel-" KEEL_VERSION),
                                       .hostname = span_from(w->hostname),
                                       .pid = (uint32_t)getpid(),
                                       .parent_pid = (uint32_t)getppid(),
                                       .parent_started = w->parent_started,
                                       .threads = w->manifest->threads,
                                       .files_max = limits_files(0),
                                       .started = clock_now(),
                                       .started_wall_us = clock_wall_us(),
                                       .environment = environ,
                                       .audit = on_audit,
                                       .tell = teller_tell_later,
                                       .tell_frontend = teller_tell_frontend,
                                       .teller = &w->teller,
                                       .read_threads = read_threads,
                                       .describe = tls_describe,
                                       .self = w };
    w->sessions = (struct admin_sessions){
        .self = w, .end_of = end_sessions_of, .end_one = end_session, .list = list_sessions
    };
    w->admin.sessions = &w->sessions;
    w->admin.window = window_new(w->admin.started);
    w->control = control_new(&o);
    deadline_init(&w->health, on_health);
    loop_set_deadline(w->loop, &w->health, HEALTH_LOOK);
    deadline_init(&w->sample, on_sample);
    loop_set_deadline(w->loop, &w->sample, WINDOW_STEP);
    return w->admin.window != NULL && w->control != NULL;
}
