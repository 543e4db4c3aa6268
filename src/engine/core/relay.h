/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes both ways between two connections until both directions are done: TCP
 * services, WebSocket and CONNECT tunnels. Copies small pieces through the
 * thread's scratch and splices where that wins; holds memory or a pipe only
 * while bytes wait in it. Half-closes are passed on. One thread.
 *
 * It takes over on_ready, owner and deadline of both sides while it runs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/span.h"
#include "engine/core/end.h"
#include "io/conn.h"

struct relay;
struct session;
struct thread;
struct upstream_conn;

/* What is made of the server's first bytes, before the client gets them. */
enum relay_verdict {
    RELAY_MORE,
    RELAY_PASS,
    RELAY_LAST, /* what is there goes to the client, and nothing more */
    RELAY_END,
};
/* <last>: no more will come, or be waited for. */
typedef enum relay_verdict (*relay_inspect_fn)(struct relay *r, struct span bytes, bool last);

struct relay_options {
    relay_inspect_fn inspect; /* NULL: nobody looks; RELAY_END ends it as END_DENIED */
    duration inspect_delay;   /* how long more bytes are waited for */
    duration client_timeout;  /* the client is silent, or does not read, that long */
    duration server_timeout;
    duration tunnel_timeout;              /* instead of both, once bytes went both ways; NONE = they count */
    duration client_fin, server_fin;      /* the same once a direction is closed; NONE = as before */
    bool nginx_timeout;                   /* one timer for both, begun anew by either side (client_timeout) */
    bool splice_request, splice_response; /* asked for; else where it wins */
    uint64_t rate_to_client, rate_to_server; /* bytes a second; 0 = no limit */
    bool half_close; /* each direction ends by itself; else the first end, once its bytes are out, ends all */
};

/* Called once; the connections are the owner's again (still open, on_ready and owner reset to NULL). */
typedef void (*relay_fn)(struct relay *r, struct end end);

struct relay_state;
struct relay {
    struct thread *thread;
    struct session *client;
    struct upstream_conn *server;
    void *owner; /* of whoever started it */
    relay_fn on_end;
    uint64_t to_server, to_client;          /* bytes that were passed on */
    instant first_byte;                     /* of the server's; {0} = none yet */
    void (*on_first_byte)(struct relay *r); /* NULL: nobody wants to know */
    struct relay_state *state;              /* opaque: memory from relay_slab */
};

/* <from_client>, <from_server>: bytes that were read already and go first; borrowed until on_end, or copied.
 * false: out of memory; nothing was taken over. on_end never comes inside this call. */
MUST_USE bool relay_start(struct relay *r, const struct relay_options *o, struct span from_client,
                          struct span from_server);
/* relay->owner of the relay that runs on <s> (its session->owner is the relay's while it runs); NULL: none
 * does. */
void *relay_owner_of(const struct session *s);
/* What relay_slab's objects must hold. */
size_t relay_state_size(void);
/* Ends it without on_end: both connections are as in on_end. */
void relay_cancel(struct relay *r);
