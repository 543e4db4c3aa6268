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
#include "balance/balance.h"
#include "engine/core/end.h"
#include "eval/facts.h"
#include "io/conn.h"
#include "model/pool.h"
#include "model/scope.h"

struct error_about;
struct lease;
struct server_slot;
struct session;
struct slot_resume;
struct thread;
struct tls_session;
struct upstream;

/* A connection to a server: in use by one stream, or idle in its slot. From the thread's slab. */
struct upstream_conn {
    struct conn conn;
    struct deadline deadline; /* the server's side: connect, send, read; idle */
    union {
        struct link link; /* of slot->idle, or of slot->busy */
        struct grave grave;
    };
    struct link in_pool; /* idle: of pool_slot->idle */
    struct thread *thread;
    struct server_slot *slot;
    uint64_t tls_key;              /* of all that its TLS was made for; 0: plain */
    struct slot_resume *resume;    /* NULL: its session is not kept */
    struct tls_session *tls_later; /* for when the PROXY header is sent */
    void *owner;                   /* whoever uses it */
    void (*on_expired)(struct upstream_conn *c);
    instant opened;
    uint32_t requests; /* finished on it */
    bool idle : 1;
    bool greets : 1; /* a PROXY header is still to be sent */
    bool pooled : 1; /* another client may have it later: it carries nobody's PROXY header */
};
/* The end of one, idle or in use (its user forgets it). */
void upstream_conn_close(struct upstream_conn *c);
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
    FAILURE_STALE,    /* a kept connection ended before a byte of the answer: nobody's fault */
    FAILURE_CLOSED,   /* ended or reset before a whole head of the answer */
    FAILURE_TIMEOUT,  /* no head of the answer in time */
    FAILURE_GARBAGE,  /* what came is not a head */
    FAILURE_STATUS,   /* a status that the policy tries elsewhere */
    FAILURE_DECLINED, /* the same, but it speaks of the request: the server works (nginx: 403, 404) */
    FAILURE_BODY,     /* ended in the answer's body; never tried again */
};

typedef void (*upstream_fn)(struct upstream *u, enum upstream_result r);

#define UPSTREAM_TRIES 6 /* kept for the log: the first ones and the last */

struct upstream_ticket;

struct upstream {
    /* set by who starts it; the rest is zeroed */
    struct thread *thread;
    struct lease *lease;
    struct session *session; /* for source addresses, PROXY headers, reuse */
    const struct pool *pool;
    const struct server_policy *policy;
    /* Where the pool's only server is, when that was found while running; one address a try. NULL: its own.
     */
    const struct address *found;
    uint32_t found_count;
    bool plain;                               /* no TLS, though the policy has it */
    struct facts *facts;                      /* for keys */
    const struct log_target_list *error_logs; /* NULL: the config's own */
    upstream_fn on_result;
    /* Adds what the error log says of who asks; NULL: a TCP session */
    void (*describe)(void *of, struct error_about *about);
    void *of;
    const struct server *wanted; /* instead of the algorithm (cookie, use-server); NULL */
    bool wanted_down;            /* though it is not usable */
    bool wanted_only;            /* and no other when it fails */
    bool careful; /* what goes out cannot be sent twice: a kept connection is looked at before it is taken */

    const struct server *server; /* the last that was chosen */
    struct server_slot *slot;
    struct upstream_conn *conn;
    struct upstream_ticket *ticket; /* in a queue */
    bool counted;                   /* an active request of <server> */
    bool reused;                    /* <conn> had carried requests before */
    bool fresh_only;                /* the next try opens a connection */
    bool redispatched;
    bool datagram;   /* a socket for datagrams; it is READY at once */
    uint8_t failure; /* enum upstream_failure of the last try */
    uint8_t pending; /* the same, for <later> */
    uint16_t status; /* to answer with after FAILED */
    int error;       /* errno of the last failure; 0 = none */
    struct end end;
    uint32_t greeting; /* bytes of the PROXY header that was sent */
    uint32_t tries;    /* begun; a stale connection is not one */
    uint32_t same;     /* of these, in a row with this server */
    struct tried tried_servers;
    struct deadline wait;               /* queue, pause between tries */
    struct deferred later;              /* a try that failed at once */
    instant started, picked, connected; /* {0} = not reached */
    instant try_began;
    instant flight_began;              /* told to the server's state, which waits for its end; {0} = not */
    uint32_t queue_server, queue_pool; /* its place in that queue; 0: it was in none */
    uint32_t tried_count;
    struct try_facts tried[UPSTREAM_TRIES]; /* not cleared; for nginx's logs */
};

/* Begins. The hook `pick` ran before (the caller's). */
enum upstream_result upstream_start(struct upstream *u);
/*
 * The try failed before a byte went to the client: counts it with the server,
 * closes the connection, and goes on or gives up. FAILURE_STALE is tried again at
 * once on a fresh connection. <replayable>: the request can be sent again from
 * its first byte. <idempotent>: RFC 9110 9.2.2; others are sent twice only when
 * the policy says so.
 */
enum upstream_result upstream_retry(struct upstream *u, enum upstream_failure f, bool replayable,
                                    bool idempotent);
/* Would it try again? */
bool upstream_may_retry(const struct upstream *u, enum upstream_failure f, bool replayable, bool idempotent);
/* The same without going on: counts the failure and lets go of everything. */
void upstream_failed(struct upstream *u, enum upstream_failure f);
/* Counts a good answer: ends a run of failures. UINT64_MAX: the time is not known. */
void upstream_answered(struct upstream *u, uint64_t first_byte_us);
/* The same for an answer of HTTP: one that says the server is ill is an error to who observes it (HAProxy's
 * observe layer7). */
void upstream_answered_status(struct upstream *u, unsigned status, uint64_t first_byte_us);
/* The exchange is over. <reusable>: nothing is left on the connection in either direction and both said keep.
 */
void upstream_done(struct upstream *u, bool reusable);
void upstream_let_all_go(struct upstream *u);
/* Lets go of whatever is held or waited for. Harmless when nothing is, and on one that was not started. */
static inline void upstream_cancel(struct upstream *u)
{
    if (u->started.us && (u->conn || u->ticket || u->counted || link_is_linked(&u->wait.link) ||
                          link_is_linked(&u->later.link)))
        upstream_let_all_go(u);
}
/* The server for a log: the one that was picked last, or the one in whose queue it ended. NULL: none. */
const struct server *upstream_named(const struct upstream *u);
/* The try that is running, or ran last. */
static inline struct try_facts *upstream_this_try(struct upstream *u)
{
    return &u->tried[(u->tried_count < UPSTREAM_TRIES ? u->tried_count : UPSTREAM_TRIES) - 1];
}
/* What ticket_slab's objects must hold. */
size_t upstream_ticket_size(void);
/* The PROXY header that the server is to get first, written to <to>; how long it is: 0
 * when it gets none. */
size_t upstream_greeting(struct upstream *u, char *to, size_t room);
/* Which version: what the server's line says, else the policy. */
unsigned upstream_greets(const struct upstream *u);
/* How many there are in <tried>. */
static inline uint32_t upstream_tries_kept(const struct upstream *u)
{
    return u->tried_count < UPSTREAM_TRIES ? u->tried_count : UPSTREAM_TRIES;
}
