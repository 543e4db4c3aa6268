/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/window.h"
#include "balance/balance.h"
#include "base/clock.h"
#include "daemon/confine.h"
#include "daemon/words.h"
#include "daemon/worker_internal.h"
#include "os/event.h"
#include "os/limits.h"
#include "os/process.h"
#include "state/vrrp_health.h"

#define BUNDLE_MAX    ((size_t)1 << 30)
#define ADOPT_WAIT_US 500
#define ADOPT_TRIES                                                                                          \
    4000 /* 2 s: a thread that has not turned by then is busy; its old sockets stay open a little longer */
#define LOGS_TIME     DURATION_MS(1000)
#define DRAIN_LOOK_MS 20

void worker_built_free(struct built *b)
{
    prepared_free(&b->prepared);
    config_free(&b->config);
    diags_free(&b->diags);
    arena_free(&b->arena);
    memfd_unmap(&b->bundle);
    free(b);
}

static void on_snapshot_end(void *to)
{
    worker_built_free(to);
}

static void say_refused(struct worker *w, uint64_t generation, struct span why)
{
    struct message m = { .kind = MESSAGE_REFUSED,
                         .number = generation,
                         .text = span_first(why, MESSAGE_TEXT_MAX) };

    if (channel_send(w->parent, &m) != FDPASS_OK)
        w->ended = true;
}

static void refuse(struct worker *w, const struct diags *d)
{
    struct buf text;

    buf_init(&text, MESSAGE_TEXT_MAX);
    diags_show(d, &text, DIAG_SHOW_SHORT, false);
    say_refused(w, w->arriving.generation,
                text.len ? buf_span(&text) : SPAN("the bundle does not build; this is a bug"));
    buf_fini(&text);
}

struct built *worker_build(struct worker *w, int bundle_fd, const struct amendments *changed)
{
    struct built *b = calloc(1, sizeof(*b));
    struct plan plan;

    if (b == NULL)
        oom_die(sizeof(*b));
    b->arena = arena_new(0);
    b->diags = diags_new();
    if (memfd_is_sealed(bundle_fd) && memfd_map(bundle_fd, BUNDLE_MAX, &b->bundle)) {
        struct bundle *bundle = bundle_open(b->arena, memfd_span(&b->bundle));
        struct world world = bundle ? bundle_world(bundle) : (struct world){ 0 };
        struct answer a = bundle ? world_ask(&world, ASK_PLAN, SPAN("")) : (struct answer){ .error = ENOENT };
        if (a.error == 0 && plan_read(b->arena, a.bytes, &plan)) {
            plan.options.amendments = changed;
            b->config = build_config(&plan, &world, b->diags);
        }
    }
    if (b->config != NULL)
        b->prepared = prepare(b->config, w->tls, w->current ? w->current->prepared : NULL, b->diags);
    return b;
}

/*
 * What arrived, with those changes of the files before that are still good. Should
 * it fail with them it is taken without: then they are void.
 */
static struct built *build_arrived(struct worker *w)
{
    struct amendments *changed =
        amendments_of_generation(state_world_amendments(w->world), w->arriving.generation);
    struct built *b = worker_build(w, w->arriving.bundle, changed);

    if (b->prepared == NULL && amendments_count(changed) > 0) {
        words_say(w->manifest->language, WORDS_WARNING,
                  "servers that were changed at run time do not go with what the files say now: they are as "
                  "in the files");
        worker_built_free(b);
        amendments_free(&changed);
        b = worker_build(w, w->arriving.bundle, NULL);
    }
    if (b->prepared != NULL) {
        state_world_set_amendments(w->world, changed);
        return b;
    }
    amendments_free(&changed);
    refuse(w, b->diags);
    worker_built_free(b);
    return NULL;
}

/* In the log's own thread, which must not wait for who reads our stderr. */
static void say_lost(void *to, struct span line)
{
    const struct worker *w = to;
    struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

    if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
        words_say(w->manifest->language, WORDS_WARNING, "%.*s", SPAN_ARGS(line));
}

/* What the file says and the machine does not give is said, and counts no more. */
static void say_limits(const struct worker *w, const struct config *c)
{
    const struct process *p = &c->process;
    uint64_t files = limits_files(0), wanted = (uint64_t)p->connections_per_thread * w->manifest->threads;
    uint32_t room = limits_connections(files);

    if (p->files_max > files)
        words_say(w->manifest->language, WORDS_WARNING, "%llu descriptors were wanted, %llu can be had",
                  (unsigned long long)p->files_max, (unsigned long long)files);
    if (p->connections_max > room)
        words_say(w->manifest->language, WORDS_WARNING,
                  "maxconn is lowered from %u to %u: a connection takes two of %llu descriptors, and 64 are "
                  "for the rest. For all of them: ulimit-n %llu, and as much from the system",
                  p->connections_max, room, (unsigned long long)files,
                  2 * (unsigned long long)p->connections_max + 64);
    if (wanted > files)
        words_say(w->manifest->language, WORDS_WARNING,
                  "%llu worker_connections exceed open file resource limit: %llu", (unsigned long long)wanted,
                  (unsigned long long)files);
}

static bool start_engine(struct worker *w, const struct config *c)
{
    struct engine_options o = {
        .threads = w->manifest->threads,
        .pin = w->manifest->threads > 1,
        .spin_us = 50,
        .heartbeat = DURATION_MS(500),
        .turns = parcel_turns(&w->arriving, w->manifest->threads),
        .chunk_size = c->process.buffer_size,
        .temp_dir = w->temp_dir,
        .connections_room = limits_connections(limits_files(0)),
        .log = { .pid = (uint32_t)getppid(), .say = say_lost, .to = w },
    };

    o.world = w->world;
    atomic_store_explicit(&w->admin.connections_max, state_world_limit(w->world, c->process.connections_max),
                          memory_order_relaxed);
    w->admin.health = w->arriving.health.size >= sizeof(*w->admin.health) ? w->arriving.health.base : NULL;
    o.admin = &w->admin;
    w->engine = engine_start(&o);
    w->teller.engine = w->engine;
    return w->engine != NULL;
}

/* In the checks' thread. */
static void run_program(void *to, const struct checks_program *p)
{
    const struct worker *w = to;

    check_programs_run(&w->programs, p);
}

/* In the checks' thread. */
static void kill_program(void *to, uint32_t ticket)
{
    const struct worker *w = to;

    check_programs_kill(&w->programs, ticket);
}

static bool wants_checks(const struct config *c)
{
    if (c->name_groups.count)
        return true;
    for (uint32_t i = 0; i < c->servers.count; i++)
        if (c->servers.items[i]->check != NULL || c->servers.items[i]->agent != NULL)
            return true;
    return false;
}

static void publish_checks(struct worker *w, struct snapshot *s, uint64_t generation)
{
    const struct checks_options o = { .on_news = teller_tell,
                                      .on_result = teller_tell_check,
                                      .on_strange = teller_tell_strange_agent,
                                      .to = &w->teller,
                                      .run = run_program,
                                      .kill = kill_program,
                                      .runner = w };

    w->programs = (struct check_programs){ .loop = w->loop, .parent = w->parent };
    if (w->checks == NULL && wants_checks(s->config))
        w->checks = checks_start(&o);
    if (w->checks != NULL)
        checks_publish(w->checks, snapshot_get(s), prepared_clients(w->current->prepared), generation);
}

static void await_adoption(struct worker *w)
{
    for (int i = 0; i < ADOPT_TRIES && !engine_adopted(w->engine); i++)
        (void)usleep(ADOPT_WAIT_US);
}

void worker_serve(struct worker *w, struct built *b, struct snapshot *snapshot, const struct parcel *from)
{
    struct generation_parts parts = {
        .snapshot = snapshot,
        .sockets = from->sockets,
        .socket_count = from->socket_count,
        .log_fds = from->logs,
    };

    prepared_parts(b->prepared, &parts);
    struct snapshot *for_checks = snapshot_get(snapshot);
    engine_publish(w->engine, &parts);
    w->current = b;
    w->snapshot = snapshot;
    publish_checks(w, for_checks, from->generation);
    snapshot_put(for_checks);
    await_adoption(w);
}

struct snapshot *worker_bind_state(struct worker *w, struct built *b)
{
    struct snapshot *snapshot = snapshot_new(w->world, b->config);

    snapshot->on_end = on_snapshot_end;
    snapshot->to = b;
    balance_prepare(snapshot);
    return snapshot;
}

static void publish(struct worker *w)
{
    if (w->world == NULL)
        w->world = state_world_new(parcel_mirror(&w->arriving), w->manifest->threads);
    struct built *b = build_arrived(w);

    if (b == NULL) {
        parcel_fini(&w->arriving);
        return;
    }
    say_limits(w, b->config);
    if (w->engine == NULL && !start_engine(w, b->config)) {
        say_refused(w, w->arriving.generation, SPAN("the traffic threads could not be started"));
        w->exit_code = 1;
        w->ended = true;
        worker_built_free(b);
        return;
    }
    parcel_keep_same(&w->arriving, &w->served);
    parcel_log_room(&w->arriving, b->config->log_targets.count);
    atomic_store_explicit(&w->admin.generation, w->arriving.generation, memory_order_relaxed);
    worker_serve(w, b, worker_bind_state(w, b), &w->arriving);
    uint64_t generation = w->arriving.generation;
    control_publish(w->control, b->config, w->arriving.controls, w->arriving.control_room);
    parcel_replace(&w->served, &w->arriving);
    /* Who started a daemon waits for the end of these streams; READY is when it may go on. */
    if (w->manifest->daemonize && !process_close_standard(w->null))
        say_refused(w, generation, SPAN("the standard streams cannot be sent to /dev/null"));
    if (channel_say(w->parent, MESSAGE_READY, 0, generation) != FDPASS_OK)
        w->ended = true;
}

static void start_drain(struct worker *w, uint64_t most_ms)
{
    if (w->engine == NULL) {
        w->ended = true;
        return;
    }
    engine_drain(w->engine);
    control_drain(w->control);
    parcel_close_controls(&w->served);
    w->draining = true;
    w->drain_until =
        most_ms == UINT64_MAX ? (instant){ UINT64_MAX } : (instant){ clock_now().us + most_ms * 1000 };
}

static void on_message(struct worker *w, struct message *m)
{
    switch ((unsigned)m->kind) {
    case MESSAGE_BUNDLE:
    case MESSAGE_LISTENER:
    case MESSAGE_LOG:
    case MESSAGE_CONTROL:
    case MESSAGE_MEMORY:
        parcel_take(&w->arriving, m);
        return;
    case MESSAGE_PUBLISH:
        publish(w);
        return;
    case MESSAGE_REOPENED:
        parcel_log_room(&w->arriving, w->served.log_room);
        if (w->engine != NULL)
            engine_reopen_logs(w->engine, w->arriving.logs);
        parcel_replace_logs(&w->served, &w->arriving);
        return;
    case MESSAGE_DRAIN:
        start_drain(w, m->number);
        return;
    case MESSAGE_RAN:
        check_programs_ran(w->checks, m);
        return;
    case MESSAGE_ANSWER:
        control_answered(w->control, m->number, m->index, m->text);
        return;
    default:
        BUG_ON(true);
    }
}

static void on_parent(struct watch *watch, uint32_t events)
{
    struct worker *w = CONTAINER_OF(watch, struct worker, parent_watch);
    struct message m;
    (void)events;
    enum fdpass_result result = channel_receive(w->parent, &m);
    if (result == FDPASS_OK)
        on_message(w, &m);
    else if (result != FDPASS_AGAIN)
        w->ended = true; /* the parent is dead: so are we */
}

static void look_at_drain(struct worker *w)
{
    if (!w->draining)
        return;
    bool deaf =
        engine_is_deaf(w->engine); /* until then the threads may take connections that nobody counts yet */

    if (w->served.socket_count > 0 && deaf)
        parcel_close_sockets(&w->served);
    if ((deaf && engine_sessions(w->engine) == 0) || clock_now().us >= w->drain_until.us) {
        w->draining = false;
        if (channel_say(w->parent, MESSAGE_DRAINED, 0, 0) != FDPASS_OK)
            w->ended = true;
    }
}

/* How long nobody needs the control thread, ms. */
static uint32_t patience(struct worker *w)
{
    instant now = clock_now(), then = tls_store_turn(w->tls, now);
    uint64_t ms = (then.us - now.us) / 1000 + 1;

    return w->draining ? DRAIN_LOOK_MS : (uint32_t)(ms < 1000000 ? ms : 1000000);
}

static void on_signal(struct watch *watch, uint32_t events)
{
    struct worker *w = CONTAINER_OF(watch, struct worker, signal_watch);
    struct signalfd_siginfo info;

    (void)events;
    for (int n; (n = event_signals_take(w->signals, &info)) > 0;)
        w->ended = w->ended || n == SIGTERM;
}

static bool begin_loop(struct worker *w)
{
    w->loop = loop_new(&(struct loop_options){ .heartbeat = DURATION_NONE });
    return w->loop != NULL &&
           loop_watch_level(w->loop, &w->parent_watch, w->parent->fd, EPOLLIN, on_parent) &&
           loop_watch_level(w->loop, &w->signal_watch, w->signals, EPOLLIN, on_signal);
}

/* Sessions and what waits in the loop first, so that it can go. */
static void end_control(struct worker *w)
{
    control_free(&w->control);
    loop_forget_deadline(w->loop, &w->sample);
    loop_forget_deadline(w->loop, &w->health);
    loop_unwatch(w->loop, &w->parent_watch);
    loop_unwatch(w->loop, &w->signal_watch);
    teller_close(&w->teller);
    loop_turn(w->loop, 0);
    loop_free(&w->loop);
}

int worker_run(const struct manifest *m, struct channel *parent, instant parent_started)
{
    /* A terminal's Ctrl-C goes to all of us: the parent decides what it means. */
    static const int taken[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGPIPE, 0 };
    struct worker w = {
        .manifest = m, .parent = parent, .parent_started = parent_started, .temp_dir = -1, .null = -1
    };

    parcel_init(&w.arriving);
    parcel_init(&w.served);
    w.signals = event_signals_open(taken);
    clock_load_zone();
    w.temp_dir = confine_open_temp(m);
    w.null = m->daemonize ? process_open_null() : -1;
    w.tls = tls_store_new();
    if (w.signals < 0 || !begin_loop(&w) || !confine(m) || !worker_begin_control(&w))
        return 1;
    while (!w.ended) {
        loop_turn(w.loop, patience(&w));
        look_at_drain(&w);
    }
    checks_stop(&w.checks); /* first: it speaks through the control thread's loop */
    end_control(&w);
    if (w.engine != NULL)
        engine_stop(&w.engine, LOGS_TIME);
    teller_fini(&w.teller);
    window_free(&w.admin.window);
    state_world_free(&w.world);
    tls_store_free(&w.tls);
    parcel_fini(&w.arriving);
    parcel_fini(&w.served);
    return w.exit_code;
}
