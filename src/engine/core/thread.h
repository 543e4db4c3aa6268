/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One traffic thread: its loop, its memory, its connections. Threads share
 * nothing on the hot path but counters that are atomics, the pools' short pick
 * locks (state/) and the listening sockets. Whatever a function gets a struct
 * thread for happens in that thread, unless its contract says otherwise.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/rand.h"
#include "base/slab.h"
#include "base/span.h"
#include "engine/core/protocol.h"
#include "io/loop.h"

struct compressors;
struct access_log;
struct generation;
struct lease;
struct log_ring;
struct work_pool;

/* What all threads of an engine share. */
struct shared {
    struct protocols protocols;
    struct access_log *log;
    struct work_pool *work;
    struct state_world *world;   /* state/: what outlives a config */
    struct admin_process *admin; /* admin/: for views of our own numbers; NULL: none */
    int temp_dir;                /* an open folder for unlinked temporary files; -1: memory files */
    uint32_t connections_room;   /* clients, as descriptors allow; 0 = no limit */
    _Atomic uint64_t serials;    /* of sessions */
    _Atomic uint64_t request_serials;
    _Atomic uint32_t connections; /* clients, all threads */
    _Atomic uint64_t accepted;
    struct thread **threads;
    uint32_t thread_count;
    struct span hostname; /* of the machine */
};

struct thread {
    struct loop *loop;
    struct shared *shared;
    uint32_t index;
    bool draining;       /* accepts no more */
    bool stopped;        /* its last session is gone: the loop ends */
    struct lease *lease; /* the current one; NULL before the first publish */
    struct list leases;  /* all */
    struct list gates;
    struct list sessions;          /* all, the longest idle first among the idle */
    struct list slots, pool_slots; /* struct server_slot, struct pool_slot */
    struct deadline kill;          /* the next look for sessions that are to be ended; where a file asks */
    uint32_t session_count;
    uint32_t upstream_count; /* open connections to servers */
    uint32_t jobs;           /* that helpers do for it (core/work.h) */
    struct log_ring *log;
    struct rand rand;
    struct slab session_slab, extra_slab, gate_slab, upstream_slab, slot_slab, pool_slot_slab, relay_slab,
        tcp_slab, udp_slab, datagram_slab;
    struct slab scratch_slab, ticket_slab;
    struct slab stream_slab, segment_slab, spool_slab; /* engine/http's */
    struct compressors *compressors;                   /* engine/http's; NULL until there was need of one */
    char *head;      /* THREAD_HEAD bytes in which outgoing heads are put together */
    char *datagrams; /* engine/core/udp.c's, once there is a socket of them */

    /* from other threads */
    _Atomic(struct generation *) offered;
    _Atomic uint64_t adopted;  /* number of the last generation that was */
    _Atomic uint64_t requests; /* begun; written by this thread only */
    _Atomic uint32_t streams;  /* that run now */
    _Atomic uint32_t heads;    /* of these, such as wait for the rest of a head */
    _Atomic uint32_t relays;   /* sessions of TCP and UDP that run now */
    atomic_bool drain_posted, stop_posted;
    atomic_bool deaf; /* accepts no more; read by anybody */
    struct task adopt_task, drain_task, stop_task;
};

/* Of this thread's own counts that others read. */
static inline void thread_count(_Atomic uint32_t *n, uint32_t by)
{
    atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + by, memory_order_relaxed);
}

#define THREAD_HEAD (64u * 1024)

enum thread_stop { STOP_DRAIN, STOP_NOW };

struct thread_options {
    uint32_t spin_us;
    duration heartbeat;
    _Atomic uint64_t *turns;
    size_t chunk_small, chunk_ceiling;
};
/* NULL: errno. Started later by who owns it (engine.c). */
struct thread *thread_new(struct shared *shared, uint32_t index, const struct thread_options *o);
/* The loop no longer runs. Everything must be closed (thread_stop). NULL-safe. */
void thread_free(struct thread **t);
/* Any thread: offers <g>, of which one reference is taken over; an offer that was not taken is taken back. */
void thread_offer(struct thread *t, struct generation *g);
/* Any thread. DRAIN: accepts no more, closes what is idle, ends its loop when the last session is gone. NOW:
 * ends all. */
void thread_stop(struct thread *t, enum thread_stop how);
/* A session or connection is gone: while draining, ends the loop with the last. */
void thread_check_drained(struct thread *t);

static inline instant thread_now(const struct thread *t)
{
    return loop_now(t->loop);
}
