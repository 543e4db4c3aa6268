/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread's hold of one generation. Streams and TCP sessions count on it
 * without atomics and finish on the lease that they began with; an idle client
 * connection holds none. It also holds the thread's own view of the servers, by
 * their index: counters and idle connections of that thread. One thread.
 */
#pragma once

#include <stdint.h>

#include "base/list.h"
#include "engine/core/generation.h"

struct name_resolver;
struct resolver;
struct server_slot; /* engine/core/slot.h */
struct thread;

struct lease {
    struct link link; /* of thread->leases */
    struct thread *thread;
    struct generation *generation;
    struct snapshot *snapshot;   /* generation's */
    const struct config *config; /* generation's */
    uint32_t users;              /* streams, TCP sessions, gates of listeners that are gone */
    bool current;
    struct server_slot **servers; /* by server index */
    struct pool_slot **pools;     /* by pool index */
    struct resolver **resolvers;  /* by index of the model's; made when first asked for */
    void **memos;                 /* engine/http's, by proxy index; each freed with the lease */
};

/* <g>: one reference is taken over. Slots of servers that <before> (may be NULL) has too are shared. */
struct lease *lease_new(struct thread *t, struct generation *g, struct lease *before);
static inline struct lease *lease_get(struct lease *l)
{
    l->users++;
    return l;
}
/* The last user of a lease that is no longer current ends it. */
void lease_put(struct lease *l);
/* The thread's own resolver for <m>. NULL: no memory. */
struct resolver *lease_resolver(struct lease *l, const struct name_resolver *m);
/* No longer the current one: ends now, or with its last user. */
void lease_retire(struct lease *l);
