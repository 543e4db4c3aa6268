/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/admin.h"
#include "engine/core/process_values.h"
#include "engine/core/sessions.h"
#include "engine/core/tcp.h"
#include "engine/core/thread.h"
#include "engine/core/udp.h"
#include "engine/core/work.h"
#include "engine/http/front_h1.h"
#include "engine/http/http.h"
#include "io/loop.h"
#include "os/process.h"
#include "state/pattern_state.h"

struct engine {
    struct shared shared;
    pthread_mutex_t publishing;   /* <published>, for threads that are not the control thread */
    struct generation *published; /* counted */
    pthread_t *handles;
    const _Atomic uint64_t **turns; /* of each thread's loop */
    uint32_t running;               /* threads that were started */
    uint64_t numbers;               /* of generations */
    char hostname[256];
};

/* --- threads --- */
static void *thread_main(void *argument)
{
    struct thread *t = argument;
    char name[16];

    (void)snprintf(name, sizeof(name), "keel-%u", t->index);
    process_set_name(name);
    loop_run(t->loop);
    return NULL;
}

/* The <index>-th of the CPUs that we may use. */
static void pin(pthread_t handle, uint32_t index)
{
    cpu_set_t allowed, one;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
        return;
    uint32_t left = index % (uint32_t)CPU_COUNT(&allowed);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || left-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        (void)pthread_setaffinity_np(handle, sizeof(one), &one);
        return;
    }
}

static bool engine_add_thread(struct engine *e, uint32_t index, const struct engine_options *o)
{
    struct thread *t = thread_new(&e->shared, index,
                                  &(struct thread_options){ .spin_us = o->spin_us,
                                                            .heartbeat = o->heartbeat,
                                                            .turns = o->turns ? &o->turns[index] : NULL,
                                                            .chunk_small = o->chunk_size,
                                                            .chunk_ceiling = o->memory_per_thread });
    if (!t)
        return false;
    http_thread_init(t);
    e->shared.threads[index] = t;
    return true;
}

static bool engine_run_threads(struct engine *e, const struct engine_options *o)
{
    for (; e->running < o->threads; e->running++) {
        struct thread *t = e->shared.threads[e->running];
        int error = pthread_create(&e->handles[e->running], NULL, thread_main, t);
        if (error) {
            errno = error;
            return false;
        }
        if (o->pin)
            pin(e->handles[e->running], e->running);
    }
    return true;
}

static bool engine_begin(struct engine *e, const struct engine_options *o)
{
    e->shared.log = access_log_new(&o->log);
    e->shared.work = work_pool_new(0);
    if (!e->shared.log || !e->shared.work)
        return false;
    for (uint32_t i = 0; i < o->threads; i++)
        if (!engine_add_thread(e, i, o))
            return false;
    for (uint32_t i = 0; i < o->threads; i++)
        e->turns[i] = loop_turns(e->shared.threads[i]->loop);
    if (e->shared.world)
        patterns_watch(e->shared.world, e->turns, o->threads);
    return engine_run_threads(e, o);
}

struct engine *engine_start(const struct engine_options *o)
{
    struct engine *e = calloc(1, sizeof(*e));

    BUG_ON(o->threads == 0);
    if (!e)
        oom_die(sizeof(*e));
    (void)pthread_mutex_init(&e->publishing, NULL);
    e->handles = calloc(o->threads, sizeof(*e->handles));
    e->shared.threads = calloc(o->threads, sizeof(*e->shared.threads));
    e->turns = calloc(o->threads, sizeof(*e->turns));
    if (!e->handles || !e->shared.threads || !e->turns)
        oom_die(o->threads * sizeof(*e->handles));
    e->shared.thread_count = o->threads;
    e->shared.world = o->world;
    e->shared.admin = o->admin;
    e->shared.temp_dir = o->temp_dir;
    e->shared.connections_room = o->connections_room;
    e->shared.protocols.of[PROTOCOL_TCP] = &tcp_protocol;
    e->shared.protocols.of[PROTOCOL_UDP] = &udp_protocol;
    e->shared.protocols.of[PROTOCOL_HTTP] = &http1_protocol;
    (void)gethostname(e->hostname, sizeof(e->hostname) - 1);
    e->shared.hostname = span_from(e->hostname);
    if (!engine_begin(e, o)) {
        int error = errno;
        engine_stop(&e, DURATION_MS(0));
        errno = error;
    }
    return e;
}

/* --- publishing --- */
void engine_publish(struct engine *e, const struct generation_parts *parts)
{
    process_values_begin(parts->snapshot, e->shared.hostname);
    struct generation *g = generation_new(parts, e->shared.log, e->published, ++e->numbers);

    for (uint32_t i = 0; i < e->shared.thread_count; i++)
        thread_offer(e->shared.threads[i], generation_get(g));
    (void)pthread_mutex_lock(&e->publishing);
    struct generation *before = e->published;
    e->published = g;
    (void)pthread_mutex_unlock(&e->publishing);
    generation_put(before);
}

void engine_say(struct engine *e, const struct log_target_list *targets, bool bare, uint8_t level,
                struct span line)
{
    (void)pthread_mutex_lock(&e->publishing);
    struct generation *g = e->published ? generation_get(e->published) : NULL;
    (void)pthread_mutex_unlock(&e->publishing);
    for (uint32_t i = 0; g != NULL && i < targets->count; i++) {
        const struct log_level_target *to = &targets->items[i];
        if (to->bare != bare || level > to->level_max)
            continue;
        struct log_sink *sink = log_sinks_find(g->sinks, to->target);
        if (sink != NULL)
            access_log_say(e->shared.log, sink, to->facility, level < to->level_min ? to->level_min : level,
                           line);
    }
    generation_put(g);
}

bool engine_adopted(const struct engine *e)
{
    for (uint32_t i = 0; i < e->shared.thread_count; i++)
        if (atomic_load_explicit(&e->shared.threads[i]->adopted, memory_order_acquire) != e->numbers)
            return false;
    return true;
}

void engine_reopen_logs(struct engine *e, const int *fds)
{
    if (e->published)
        log_sinks_reopen(e->published->sinks, fds, DURATION_S(1));
}

/* --- the end --- */
void engine_drain(struct engine *e)
{
    for (uint32_t i = 0; i < e->shared.thread_count; i++)
        thread_stop(e->shared.threads[i], STOP_DRAIN);
}

bool engine_is_deaf(const struct engine *e)
{
    for (uint32_t i = 0; i < e->shared.thread_count; i++)
        if (!atomic_load(&e->shared.threads[i]->deaf))
            return false;
    return true;
}

uint32_t engine_sessions(const struct engine *e)
{
    return atomic_load_explicit(&e->shared.connections, memory_order_relaxed);
}

static void engine_end_threads(struct engine *e)
{
    for (uint32_t i = 0; i < e->running; i++)
        thread_stop(e->shared.threads[i], STOP_NOW);
    for (uint32_t i = 0; i < e->running; i++)
        (void)pthread_join(e->handles[i], NULL);
}

void engine_stop(struct engine **engine, duration logs)
{
    struct engine *e = *engine;

    if (!e)
        return;
    engine_end_threads(e);
    *engine = NULL; /* they looked at it */
    if (e->shared.world)
        patterns_watch(e->shared.world, NULL, 0);
    work_pool_free(&e->shared.work);
    if (e->shared.log)
        access_log_flush(e->shared.log, logs);
    for (uint32_t i = 0; i < e->shared.thread_count; i++) {
        if (e->shared.threads[i])
            http_thread_fini(e->shared.threads[i]);
        thread_free(&e->shared.threads[i]);
    }
    generation_put(e->published);
    access_log_free(&e->shared.log, logs);
    (void)pthread_mutex_destroy(&e->publishing);
    free(e->shared.threads);
    free((void *)(uintptr_t)e->turns);
    free(e->handles);
    free(e);
}

/* --- sessions --- */
bool engine_sessions_end_of(struct engine *e, struct server_state *server)
{
    return sessions_end_of(&e->shared, server);
}

enum sessions_end engine_sessions_end_one(struct engine *e, uint64_t serial, duration most)
{
    return sessions_end_one(&e->shared, serial, most);
}

bool engine_sessions_list(struct engine *e, const struct sessions_filter *f, struct buf *out, duration most)
{
    return sessions_list(&e->shared, f, out, most);
}

/* --- about it --- */
uint32_t engine_threads(const struct engine *e, struct admin_thread *out, uint32_t most)
{
    uint32_t count = e->shared.thread_count < most ? e->shared.thread_count : most;

    for (uint32_t i = 0; i < count; i++) {
        const struct thread *t = e->shared.threads[i];
        out[i] = (struct admin_thread){
            .turns = atomic_load_explicit(e->turns[i], memory_order_relaxed),
            .requests = atomic_load_explicit(&t->requests, memory_order_relaxed),
            .streams = atomic_load_explicit(&t->streams, memory_order_relaxed),
            .relays = atomic_load_explicit(&t->relays, memory_order_relaxed),
        };
    }
    return count;
}

void engine_totals(const struct engine *e, struct stats_totals *out)
{
    stats_read_totals(&e->shared, out);
}

void engine_log_counts(const struct engine *e, struct log_counts *out)
{
    access_log_counts(e->shared.log, out);
}
