/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/gate.h"

#include <sys/socket.h>
#include <unistd.h>

#include "admin/admin.h"
#include "engine/core/error_log.h"
#include "engine/core/lease.h"
#include "engine/core/session.h"
#include "engine/core/stats.h"
#include "engine/core/thread.h"
#include "engine/core/udp.h"
#include "state/rates.h"
#include "state/snapshot.h"

/* --- limits ----------------------------------------------------------------------------------------------
 */
static bool is_over(uint32_t count, uint32_t most)
{
    return most && count >= most;
}

static struct service_state *service_of(const struct gate *g)
{
    return snapshot_service(g->lease->snapshot, g->model->service);
}

static uint32_t service_connections(const struct gate *g)
{
    return atomic_load_explicit(&service_of(g)->active, memory_order_relaxed);
}

/* What an operator set counts over the file's. */
static uint32_t service_limit(const struct gate *g)
{
    uint32_t set = atomic_load_explicit(&service_of(g)->connections_max, memory_order_relaxed);

    return set == UINT32_MAX ? g->model->service->connections_max : set;
}

/* An operator stopped it for a while: who comes is sent away at once, as from a port where nobody listens. */
static bool is_stopped(struct gate *g, int fd)
{
    static const struct linger at_once = { .l_onoff = 1 };

    if (LIKELY(!atomic_load_explicit(&service_of(g)->disabled, memory_order_relaxed)))
        return false;
    (void)!setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    (void)close(fd);
    stats_session_refused(g->thread, g);
    return true;
}

/* An operator may have set another one while it runs. More than descriptors are there for it cannot be. */
static uint32_t process_limit(const struct gate *g)
{
    struct admin_process *admin = g->thread->shared->admin;
    uint32_t set = admin ? atomic_load_explicit(&admin->connections_max, memory_order_relaxed) : 0;

    uint32_t said = set ? set : g->lease->config->process.connections_max,
             room = g->thread->shared->connections_room;

    return said && (said < room || room == 0) ? said : room;
}

/* --- so many a second --- */

static duration longer(duration a, duration b)
{
    return a.ms > b.ms ? a : b;
}

static duration kind_wait(struct rates *r, enum rate_kind kind, instant now)
{
    uint32_t most = rates_most(r, kind);

    return most ? throttle_wait(&r->of[kind].throttle, most, now) : DURATION_MS(0);
}

/* How long until another one may come. */
static duration gate_wait(const struct gate *g)
{
    struct rates *r = g->lease->snapshot->rates;
    instant now = thread_now(g->thread);
    uint32_t most = g->model->service->session_rate_max;
    duration wait = longer(kind_wait(r, RATE_CONNECTIONS, now), kind_wait(r, RATE_SESSIONS, now));

    if (g->model->tls)
        wait = longer(wait, kind_wait(r, RATE_TLS, now));
    return most ? longer(wait, throttle_wait(&service_of(g)->throttle, most, now)) : wait;
}

static void count_one(const struct gate *g)
{
    struct rates *r = g->lease->snapshot->rates;
    instant now = thread_now(g->thread);

    for (unsigned kind = 0; kind < RATES; kind++)
        if (rates_most(r, kind) && (kind != RATE_TLS || g->model->tls))
            throttle_count(&r->of[kind].throttle, now);
    if (g->model->service->session_rate_max)
        throttle_count(&service_of(g)->throttle, now);
}

static void gate_on_slow(struct deadline *d);

static bool gate_is_slowed(struct gate *g)
{
    if (LIKELY(!atomic_load_explicit(&g->lease->snapshot->rates->any, memory_order_relaxed)))
        return false;
    duration wait = gate_wait(g);
    if (wait.ms == 0)
        return false;
    loop_set_deadline(g->thread->loop, &g->slow, wait);
    return true;
}

/* Another connection would be one too many. */
static bool gate_is_full(const struct gate *g)
{
    const struct thread *t = g->thread;
    const struct process *p = &g->lease->config->process;
    uint32_t all = atomic_load_explicit(&t->shared->connections, memory_order_relaxed);

    return is_over(all, process_limit(g)) ||
           is_over(t->session_count + t->upstream_count, p->connections_per_thread) ||
           is_over(service_connections(g), service_limit(g));
}

bool gate_may_take(const struct gate *g)
{
    return !atomic_load_explicit(&service_of(g)->disabled, memory_order_relaxed) && !gate_is_full(g);
}

static bool gate_on_accept(struct acceptor *a, int fd, const struct address *peer)
{
    struct gate *g = CONTAINER_OF(a, struct gate, acceptor);

    if (is_stopped(g, fd))
        return true;
    if (UNLIKELY(atomic_load_explicit(&g->lease->snapshot->rates->any, memory_order_relaxed)))
        count_one(g);
    if (!session_open(g, fd, peer))
        return false;
    g->full = gate_is_full(g) || gate_is_slowed(g);
    return !g->full;
}

/* What is full, or free, may have become so in another thread, of which nobody tells this one. */
static bool gate_may_go_on(struct acceptor *a)
{
    struct gate *g = CONTAINER_OF(a, struct gate, acceptor);

    g->full = gate_is_full(g) || gate_is_slowed(g);
    return !g->full;
}

static void gate_on_slow(struct deadline *d)
{
    struct gate *g = CONTAINER_OF(d, struct gate, slow);

    if (!g->full || g->gone || !gate_may_go_on(&g->acceptor))
        return;
    acceptor_resume(&g->acceptor);
}

/* One connection cannot be taken; those that are here go on, and it is tried again soon. */
static void gate_on_failed(struct acceptor *a)
{
    struct gate *g = CONTAINER_OF(a, struct gate, acceptor);

    const struct scope *entry = g->model->service->entry;

    /* sections of haproxy.cfg have no log of errors: this one goes where `global` says */
    error_log(g->thread, g->lease, entry->language == LANGUAGE_HAPROXY ? NULL : entry->error_logs,
              ERROR_ACCEPT_FAILED, &(struct error_about){ .error = a->error });
}

void gates_resume(struct thread *t)
{
    LIST_EACH (&t->gates, g, struct gate, link) {
        if (!g->full || g->gone || gate_is_full(g) || gate_is_slowed(g))
            continue;
        g->full = false;
        acceptor_resume(&g->acceptor);
    }
}

/* --- coming and going --------------------------------------------------------------------------------------
 */
static void gate_release(struct grave *grave)
{
    struct gate *g = CONTAINER_OF(grave, struct gate, grave);

    slab_put(&g->thread->gate_slab, g);
}

static void gate_end(struct gate *g)
{
    link_remove(&g->link);
    lease_put(g->lease);
    loop_bury(g->thread->loop, &g->grave, gate_release);
}

void gate_session_ended(struct gate *g)
{
    g->sessions--;
    if (g->gone && g->sessions == 0)
        gate_end(g);
}

/* Its socket is no longer wanted. The sessions finish on the lease that the gate had last. */
static void gate_retire(struct gate *g, bool now)
{
    if (!g->udp && !now)
        acceptor_take_queued(&g->acceptor);
    if (g->udp)
        udp_gate_close(&g->udp);
    else
        acceptor_close(&g->acceptor);
    loop_forget_deadline(g->thread->loop, &g->slow);
    g->gone = true;
    (void)lease_get(g->lease);
    if (g->sessions == 0)
        gate_end(g);
}

static int gate_fd(const struct gate *g)
{
    return g->udp ? udp_gate_fd(g->udp) : g->acceptor.fd;
}

static struct gate *gate_find(const struct thread *t, int fd)
{
    LIST_EACH (&t->gates, g, struct gate, link)
        if (!g->gone && gate_fd(g) == fd)
            return g;
    return NULL;
}

static void gate_open(struct thread *t, const struct listener *model, int fd)
{
    struct gate *g = slab_get(&t->gate_slab);

    if (!g)
        return;
    *g = (struct gate){ .thread = t, .lease = t->lease, .model = model };
    deadline_init(&g->slow, gate_on_slow);
    if (model->datagram)
        g->udp = udp_gate_open(g, fd);
    if (model->datagram ? g->udp == NULL
                        : !acceptor_open(&g->acceptor, t->loop, fd, t->lease->config->process.accept_batch,
                                         gate_on_accept)) {
        slab_put(&t->gate_slab, g);
        return;
    }
    g->acceptor.on_failed = gate_on_failed;
    g->acceptor.may_go_on = gate_may_go_on;
    list_push_back(&t->gates, &g->link);
}

/*
 * Several sockets of one listener are shards: each thread serves its share of
 * them. One socket of datagrams has one thread: what a client sends must come to
 * who knows its session.
 */
static bool socket_is_mine(const struct thread *t, const struct generation *gen, uint32_t at)
{
    uint32_t ordinal = 0, shards = 0, threads = t->shared->thread_count;

    for (uint32_t i = 0; i < gen->socket_count; i++) {
        if (gen->sockets[i].listener != gen->sockets[at].listener)
            continue;
        ordinal += i < at;
        shards++;
    }
    if (shards < 2)
        return !gen->config->listeners.items[gen->sockets[at].listener]->datagram ||
               gen->sockets[at].listener % threads == t->index;
    return shards >= threads ? ordinal % threads == t->index : t->index % shards == ordinal;
}

static bool gate_is_wanted(const struct gate *g, const struct generation *gen)
{
    for (uint32_t i = 0; i < gen->socket_count; i++)
        if (gen->sockets[i].fd == gate_fd(g))
            return socket_is_mine(g->thread, gen, i);
    return false;
}

static void gates_retire_unwanted(struct thread *t)
{
    LIST_EACH (&t->gates, g, struct gate, link)
        if (!g->gone && !gate_is_wanted(g, t->lease->generation))
            gate_retire(g, false);
}

void gates_adopt(struct thread *t)
{
    const struct generation *gen = t->lease->generation;

    gates_retire_unwanted(t);
    for (uint32_t i = 0; i < gen->socket_count && !t->draining; i++) {
        const struct listener *model = gen->config->listeners.items[gen->sockets[i].listener];
        struct gate *g = gate_find(t, gen->sockets[i].fd);

        if (g) {
            g->model = model;
            g->lease = t->lease;
        } else if (socket_is_mine(t, gen, i)) {
            gate_open(t, model, gen->sockets[i].fd);
        }
    }
    gates_resume(t);
}

void gates_close(struct thread *t, bool now)
{
    LIST_EACH (&t->gates, g, struct gate, link)
        if (!g->gone)
            gate_retire(g, now);
}
