/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request that waits for a place at a server. Whoever frees one gives it to
 * the first in the queue, on whichever thread that is; a request that may go to
 * any server waits in the pool's queue, one that must go to a certain server in
 * that server's; a place goes to the older of both. The engine embeds this;
 * balance_pick puts it into a queue.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"

struct pool;
struct server;
struct server_state;
struct snapshot;

struct waiter;
/*
 * <w>->server has become the waiter's: it counts as picked, server_done is due.
 * Called once, in the thread that freed the place, with the pool's lock held: it
 * may do nothing but post to the waiter's own thread.
 */
typedef void (*waiter_fn)(struct waiter *w);

struct waiter {
    waiter_fn wake; /* set by the engine before balance_pick */
    /* by balance_pick and whoever frees a place; read them after wake, or after waiter_leave */
    struct link link;
    const struct snapshot *snapshot;
    const struct pool *pool;
    const struct server *server; /* what it was given */
    struct server_state *wants;  /* whose queue it is in; NULL: the pool's */
    uint64_t ticket;
    bool waits;
    /* by balance_pick alone */
    bool at_server;  /* it went into a server's queue */
    uint32_t before; /* how many were in there */
};

struct pool_state;
/* For balance_pick, with the pool's lock held: into a queue, and out of it without a place. */
void waiter_enter(struct waiter *w, struct pool_state *p, struct server_state *wants);
void waiter_out(struct waiter *w, struct pool_state *p);

/*
 * Out of the queue (time is up, the client is gone). NULL: it waited, and wake
 * will not come. Else the server that it had been given already: wake was
 * called, what it posted is still to be dealt with, and server_done is due.
 */
const struct server *waiter_leave(struct waiter *w);
