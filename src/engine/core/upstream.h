/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From "this pool" to an open connection: choose a server, wait for a place,
 * reuse an idle connection or connect, and, when it went wrong, decide by the
 * server policy whether to try again and where. A stream or a TCP session embeds
 * a struct upstream and hears by <on_result>. What is spoken on the connection
 * is not known here. One thread; counts and queues of servers are state/'s.
 *
 *   upstream_start -> READY | WAIT -> ... on_result(READY | FAILED)
 *   it went wrong later: upstream_retry -> READY | WAIT | FAILED
 *   upstream_done (give back or close), or upstream_cancel at any time
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/span.h"
#include "engine/core/end.h"
#include "io/conn.h"
#include "model/pool.h"
#include "model/scope.h"

struct facts;
struct lease;
struct server_slot;
struct session;
struct thread;
struct upstream;

/* A connection to a server: in use by one stream, or idle in its slot. From the thread's slab. */
struct upstream_conn {
    struct conn conn;
    struct deadline deadline; /* the server's side: connect, send, read; idle */
    union {
        struct link link; /* idle: of slot->idle */
        struct grave grave;
    };
    struct link in_pool; /* idle: of pool_slot->idle */
    struct server_slot *slot;
    void *owner; /* whoever uses it; NULL = idle */
    void (*on_expired)(struct upstream_conn *c);
    instant opened;
    uint32_t requests; /* finished on it */
    bool
        pooled : 1; /* may ever be given to another client (not when it carries this client's PROXY header) */
};
static inline struct upstream_conn *upstream_conn_of(struct conn *c)
{
    return CONTAINER_OF(c, struct upstream_conn, conn);
}

enum upstream_result {
    UPSTREAM_READY,  /* u->conn is open: speak. Its on_ready, owner and on_expired are the caller's to set */
    UPSTREAM_WAIT,   /* on_result will come, in a later turn */
    UPSTREAM_FAILED, /* u->end and u->status say what to answer; nothing is held any more */
};

/* What went wrong with a server. */
enum upstream_failure {
    FAILURE_CONNECT, /* refused, unreachable, TLS */
    FAILURE_CONNECT_TIMEOUT,
    FAILURE_STALE,   /* a kept connection ended before a byte of the answer: nobody's fault */
    FAILURE_CLOSED,  /* ended or reset before a whole head of the answer */
    FAILURE_TIMEOUT, /* no head of the answer in time */
    FAILURE_GARBAGE, /* what came is not a head */
    FAILURE_STATUS,  /* a status that the policy tries elsewhere */
    FAILURE_BODY,    /* ended in the answer's body; never tried again */
};

typedef void (*upstream_fn)(struct upstream *u, enum upstream_result r);

/* One try, for logs: nginx lists all. */
struct upstream_try {
    const struct server *server;
    uint16_t status;                             /* 0 = no answer */
    uint32_t connect_ms, header_ms, response_ms; /* UINT32_MAX = not reached */
    uint64_t sent, received;
};
#define UPSTREAM_TRIES 4 /* kept for the log: the first ones and the last */

struct upstream {
    struct thread *thread;
    struct lease *lease;
    struct session *session; /* for source addresses, PROXY headers, affinity */
    const struct pool *pool;
    const struct server_policy *policy;
    struct facts *facts; /* for keys */
    upstream_fn on_result;

    const struct server *server; /* the last that was chosen */
    struct server_slot *slot;
    struct upstream_conn *conn;
    bool counted; /* an active request of <server> */
    bool reused;  /* <conn> had carried requests before */
    bool on_queue;
    bool fresh_only; /* the next try opens a connection */
    bool redispatched;
    uint8_t failure; /* enum upstream_failure of the last try */
    uint16_t status; /* to answer with after FAILED */
    struct end end;
    uint32_t tries;                                /* begun */
    uint32_t same;                                 /* begun with this server */
    struct deadline wait;                          /* queue, pause between tries */
    instant started, picked, connected, failed_at; /* {0} = not reached */
    uint32_t queue_server, queue_pool;             /* how many were before us */
    struct upstream_try tried[UPSTREAM_TRIES];
    uint32_t tried_count;
};

/* Begins. <u> is zeroed but for the first six members. The hook `pick` ran before (the caller's). */
enum upstream_result upstream_start(struct upstream *u);
/* The try failed. <replayable>: the request can be sent again from its first byte; <answered>: a byte went
 * to the client, so that nothing can be tried again. Counts the failure with the server, closes the
 * connection, and goes on or gives up. FAILURE_STALE is tried again at once on a fresh connection, without
 * counting as a try. <idempotent>: RFC 9110 9.2.2. */
enum upstream_result upstream_retry(struct upstream *u, enum upstream_failure f, bool replayable,
                                    bool idempotent);
/* The exchange is over. <reusable>: nothing is left on the connection in either direction and both said keep.
 */
void upstream_done(struct upstream *u, bool reusable);
/* Lets go of whatever is held or waited for. Harmless when nothing is. */
void upstream_cancel(struct upstream *u);
/* Counts a good answer: ends a run of failures. <status> 0 for TCP. */
void upstream_answered(struct upstream *u, unsigned status, uint64_t first_byte_us);
