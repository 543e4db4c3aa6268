/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/thread.h"

#include <stdlib.h>

#include "engine/core/access_log.h"
#include "engine/core/gate.h"
#include "engine/core/generation.h"
#include "engine/core/lease.h"
#include "engine/core/relay.h"
#include "engine/core/session.h"
#include "engine/core/slot.h"
#include "engine/core/tcp.h"
#include "engine/core/udp.h"
#include "engine/core/upstream.h"

#define SCRATCH_PIECE 4096

static void thread_init_slabs(struct thread *t)
{
    slab_init(&t->session_slab, "sessions", sizeof(struct session), 128, 0);
    slab_init(&t->extra_slab, "session extras", sizeof(struct session_extra), 16, 0);
    slab_init(&t->gate_slab, "gates", sizeof(struct gate), 8, 0);
    slab_init(&t->upstream_slab, "server connections", sizeof(struct upstream_conn), 64, 0);
    slab_init(&t->slot_slab, "server slots", sizeof(struct server_slot), 16, 0);
    slab_init(&t->pool_slot_slab, "pool slots", sizeof(struct pool_slot), 16, 0);
    slab_init(&t->scratch_slab, "scratch", SCRATCH_PIECE, 16, 0);
    slab_init(&t->ticket_slab, "waiting requests", upstream_ticket_size(), 32, 0);
    slab_init(&t->relay_slab, "relays", relay_state_size(), 32, 0);
    slab_init(&t->tcp_slab, "TCP sessions", tcp_size(), 16, 0);
    slab_init(&t->udp_slab, "UDP sessions", udp_size(), 16, 0);
    slab_init(&t->datagram_slab, "datagrams", UDP_HELD, 16, 0);
}

static void thread_fini_slabs(struct thread *t)
{
    slab_fini(&t->session_slab);
    slab_fini(&t->extra_slab);
    slab_fini(&t->gate_slab);
    slab_fini(&t->upstream_slab);
    slab_fini(&t->slot_slab);
    slab_fini(&t->pool_slot_slab);
    slab_fini(&t->scratch_slab);
    slab_fini(&t->ticket_slab);
    slab_fini(&t->relay_slab);
    slab_fini(&t->tcp_slab);
    slab_fini(&t->udp_slab);
    slab_fini(&t->datagram_slab);
}

#define KILL_EVERY DURATION_MS(200)

static void thread_on_kill(struct deadline *d)
{
    struct thread *t = CONTAINER_OF(d, struct thread, kill);

    slots_kill(t);
    loop_set_deadline(t->loop, d, KILL_EVERY);
}

struct thread *thread_new(struct shared *shared, uint32_t index, const struct thread_options *o)
{
    struct thread *t = calloc(1, sizeof(*t));
    char *head = malloc(THREAD_HEAD);

    if (!t || !head)
        oom_die(sizeof(*t) + THREAD_HEAD);
    t->shared = shared;
    t->index = index;
    t->head = head;
    list_init(&t->leases);
    list_init(&t->gates);
    list_init(&t->sessions);
    list_init(&t->slots);
    list_init(&t->pool_slots);
    deadline_init(&t->kill, thread_on_kill);
    rand_seed(&t->rand, 0);
    thread_init_slabs(t);
    t->loop = loop_new(&(struct loop_options){ .spin_us = o->spin_us,
                                               .heartbeat = o->heartbeat,
                                               .turns = o->turns,
                                               .chunk_small = o->chunk_small,
                                               .chunk_ceiling = o->chunk_ceiling });
    t->log = t->loop ? log_ring_new(shared->log) : NULL;
    if (!t->log)
        thread_free(&t);
    return t;
}

void thread_free(struct thread **thread)
{
    struct thread *t = *thread;

    if (!t)
        return;
    *thread = NULL;
    generation_put(atomic_exchange(&t->offered, NULL));
    log_ring_free(&t->log);
    loop_free(&t->loop);
    thread_fini_slabs(t);
    free(t->head);
    free(t->datagrams);
    free(t);
}

/* --- publishing ------------------------------------------------------------------------------------------
 */
static void thread_adopt(struct task *task)
{
    struct thread *t = CONTAINER_OF(task, struct thread, adopt_task);
    /* Release too: who finds no offer may use the task again, and must see that the loop is done with it. */
    struct generation *g = atomic_exchange_explicit(&t->offered, NULL, memory_order_acq_rel);

    if (!g)
        return;
    if (t->stopped) {
        generation_put(g);
        return;
    }
    struct lease *before = t->lease;
    t->lease = lease_new(t, g, before);
    gates_adopt(t);
    if (slots_may_kill(t->lease->config))
        loop_set_deadline(t->loop, &t->kill, KILL_EVERY);
    else
        loop_forget_deadline(t->loop, &t->kill);
    if (before)
        lease_retire(before);
    atomic_store_explicit(&t->adopted, g->number, memory_order_release);
}

void thread_offer(struct thread *t, struct generation *g)
{
    struct generation *untaken = atomic_exchange(&t->offered, g);

    if (untaken)
        generation_put(untaken); /* its task is still on the way */
    else
        loop_post(t->loop, &t->adopt_task, thread_adopt);
}

/* --- stopping --------------------------------------------------------------------------------------------
 */
void thread_check_drained(struct thread *t)
{
    if (!t->draining || t->session_count || t->jobs || t->stopped)
        return;
    t->stopped = true;
    if (t->lease)
        lease_retire(t->lease);
    t->lease = NULL;
    loop_stop(t->loop);
}

static void thread_end_sessions(struct thread *t, bool now)
{
    gates_close(t, now); /* it may end sessions, and the last of them must find the others' gates */
    t->draining = true;
    atomic_store(&t->deaf, true);
    LIST_EACH (&t->sessions, s, struct session, link)
        session_stop(s, now);
    thread_check_drained(t);
}

static void thread_on_drain(struct task *task)
{
    thread_end_sessions(CONTAINER_OF(task, struct thread, drain_task), false);
}

static void thread_on_stop(struct task *task)
{
    thread_end_sessions(CONTAINER_OF(task, struct thread, stop_task), true);
}

void thread_stop(struct thread *t, enum thread_stop how)
{
    if (how == STOP_DRAIN && !atomic_exchange(&t->drain_posted, true))
        loop_post(t->loop, &t->drain_task, thread_on_drain);
    if (how == STOP_NOW && !atomic_exchange(&t->stop_posted, true))
        loop_post(t->loop, &t->stop_task, thread_on_stop);
}
