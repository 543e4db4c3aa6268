/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread's view of one server: its state, its idle connections in this thread.
 * A slot is keyed by all that is said when a connection to it is opened (state,
 * address, source, PROXY header, TLS context and names): a reload that changes
 * none of it shares the slot, one that does gets a new one, and the old one's
 * idle connections are closed. Counted by leases. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/list.h"
#include "model/pool.h"

struct lease;
struct server_state; /* state/ */
struct thread;
struct tls_context;

/* The same for a pool: the bound on idle connections over all its servers. */
struct pool_slot {
    struct link link; /* of thread->pool_slots */
    struct list idle; /* struct upstream_conn, the least recently used first */
    uint32_t idle_count;
    uint32_t leases;
    struct pool_state *state;
};

struct server_slot {
    struct link link; /* of thread->slots */
    struct thread *thread;
    struct server_state *state; /* counted */
    struct pool_slot *pool;
    struct tls_context *tls;
    struct list idle; /* struct upstream_conn, the last used first */
    uint32_t idle_count;
    uint32_t leases;
    struct address address, source;
    uint8_t send_proxy;
};

/* Fills lease->servers and lease->pools; shares with <before>'s where the key is equal. */
void slots_attach(struct lease *l, struct lease *before);
void slots_detach(struct lease *l);
/* Closes idle connections of a server that is no longer to be used (down, maintenance). */
void slot_close_idle(struct server_slot *s);
