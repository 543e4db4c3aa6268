/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true of one pool now: the lock under which a server is chosen, the
 * queue of requests that wait for one, sums. It outlives configurations.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "model/pool.h"
#include "state/captured.h"
#include "state/counts.h"
#include "state/lock.h"
#include "state/state.h"

struct server_state;
struct snapshot;

struct pool_state {
    struct named named; /* "haproxy:web" */

    struct lock lock __attribute__((aligned(64)));
    struct list servers; /* struct server_state, all that live; under the lock */
    struct list queue;   /* struct waiter without a server; under the lock */
    uint32_t queue_len;  /* of that list */
    uint64_t tickets;    /* of waiters; under the lock */
    /* Any change of what server_use, server_weight or server_limit say: the balancer looks again. */
    _Atomic uint32_t version;

    _Atomic uint32_t active __attribute__((aligned(64))); /* requests at its servers now */
    _Atomic uint32_t active_most;                         /* of those, and of who waited */
    _Atomic uint64_t moves;                               /* how often a server's load changed */
    _Atomic uint32_t waiting;                             /* in this queue and those of its servers */
    _Atomic uint32_t waiting_most;
    captured_slot bad_answer; /* the last that was not HTTP */

    /* as operators were told (bulletin.h); written under the lock */
    _Atomic bool down;               /* no server takes requests */
    _Atomic uint64_t since_us;       /* instant of the last change between up and down, or when it was made */
    _Atomic uint64_t downs, down_us; /* how often it went down; how long it was, without now */
    struct counts counts;
};

struct pool_state *pool_state_get(struct pool_state *p);
void pool_state_put(struct pool_state *p);

/* An answer that was not HTTP; any thread. */
void pool_capture(struct pool_state *p, const struct captured_note *n);

static inline struct counts_block *pool_counts(struct pool_state *p, unsigned thread)
{
    return counts_of(&p->counts, thread);
}

/* Who is at its servers, and who waits for one. */
static inline uint32_t pool_connections(const struct pool_state *p)
{
    return atomic_load_explicit(&p->active, memory_order_relaxed) +
           atomic_load_explicit(&p->waiting, memory_order_relaxed);
}

/* Servers that take new requests now (nbsrv): backups count when they are what is used. */
uint32_t pool_usable(const struct snapshot *s, const struct pool *model, instant now);
