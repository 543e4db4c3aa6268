/* SPDX-License-Identifier: Apache-2.0 */
/* What upstream.c (which server, and trying again) and upstream_conn.c (the connection to it) say to each
 * other. */
#pragma once

#include "engine/core/error_log.h"
#include "engine/core/lease.h"
#include "engine/core/thread.h"
#include "engine/core/upstream.h"
#include "state/snapshot.h"

static inline struct server_state *upstream_state(const struct upstream *u)
{
    return snapshot_server(u->lease->snapshot, u->server);
}

/* Counts one event of a try, with the server and its pool. */
#define upstream_bump(u, name)                                                                               \
    do {                                                                                                     \
        struct counts_block *of_server = server_counts(upstream_state(u), (u)->thread->index);               \
        struct counts_block *of_pool =                                                                       \
            pool_counts(snapshot_pool((u)->lease->snapshot, (u)->pool), (u)->thread->index);                 \
        counts_bump(of_server, name, 1);                                                                     \
        counts_bump(of_pool, name, 1);                                                                       \
    } while (0)

static inline void upstream_tell(struct upstream *u, enum upstream_result r)
{
    if (r != UPSTREAM_WAIT)
        u->on_result(u, r);
}

/* ---- upstream.c ---- */
void upstream_log(struct upstream *u, enum error_event event, struct span text);

/* ---- upstream_conn.c ---- */
/* Begins a try with u->server, which is counted. FAILED: it could not even begin; u->error says why. */
enum upstream_result upstream_open(struct upstream *u);
/* Logged, counted, and tried again or told to the stream. */
void upstream_connect_failed(struct upstream *u, enum upstream_failure f, int error);
/* Its answer was read to the end: kept where the file allows it, else closed. */
void upstream_conn_keep(struct upstream *u, struct upstream_conn *c);
