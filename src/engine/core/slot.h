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
#include "io/tls.h"
#include "model/pool.h"
#include "state/server_state.h"

struct config;
struct lease;
struct thread;

/* The same for a pool: the bound on idle connections over all its servers. */
struct pool_slot {
    struct link link; /* of thread->pool_slots */
    struct list idle; /* struct upstream_conn, the least recently used first */
    uint32_t idle_count;
    uint32_t leases;
    struct pool_state *state;
};

/* The last TLS session with a server, for connections of one key (struct upstream_conn). */
struct slot_resume {
    struct tls_resume session;
    uint64_t key;   /* 0: unused */
    uint32_t users; /* connections that may write into <session>: until then it is theirs */
};
#define SLOT_RESUMES 4 /* names of one server that are remembered at a time */

struct server_slot {
    struct link link; /* of thread->slots */
    struct thread *thread;
    struct server_state *state; /* counted */
    struct pool_slot *pool;
    uint64_t tls_id; /* struct client_tls; 0: the server's line says nothing of TLS */
    struct slot_resume resumes[SLOT_RESUMES];
    struct list idle;        /* struct upstream_conn, the last used first */
    struct list busy;        /* the others */
    _Atomic uint32_t *gauge; /* of the state's counts: how many of this thread are idle; NULL: none was yet */
    uint32_t kills;          /* of the state, when it was looked at last */
    uint32_t idle_count;
    uint32_t leases;
    uint32_t address_version; /* of the state, when <address> was taken */
    struct address address, source;
    uint64_t source_how; /* of what else struct source_rule says */
    uint8_t send_proxy;
};

/* Fills lease->servers and lease->pools; shares with <before>'s where the key is equal. */
void slots_attach(struct lease *l, struct lease *before);
void slots_detach(struct lease *l);
/* Where connections of <key> keep their session; counted, slot_resume_put. NULL: others are in use. */
struct slot_resume *slot_resume_get(struct server_slot *s, uint64_t key);
void slot_resume_put(struct slot_resume *r); /* NULL-safe */
/* Cuts every connection to servers whose sessions were to be ended since the last look (server_kill): their
 * users see that the server closed. */
void slots_kill(struct thread *t);
/* Does a server of <c> ask for that? */
bool slots_may_kill(const struct config *c);
/* The server's name has another address now: new connections go there, idle ones are closed. */
void slot_moved(struct server_slot *s, const struct server *model);
static inline bool slot_is_stale(const struct server_slot *s)
{
    return atomic_load_explicit(&s->state->address_version, memory_order_acquire) != s->address_version;
}
/* The state's counts of this thread begin, so that idle connections are seen in views. */
void slot_find_gauge(struct server_slot *s);
/* Closes idle connections of a server that is no longer to be used (down, maintenance). */
void slot_close_idle(struct server_slot *s);
