/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is counted, in one place: the moments of a connection and of a stream,
 * each written into this thread's counter blocks of the service, the pool and
 * the server (state/). No atomics but where state/ says so. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/core/end.h"

struct gate;
struct lease;
struct pool;
struct server;
struct session;
struct thread;

void stats_session_begin(struct thread *t, const struct gate *g);
/* Its TLS handshake went well; <resumed>: of a session that was known. */
void stats_session_secured(struct thread *t, const struct gate *g, bool resumed);
/* Its TLS handshake failed. */
void stats_session_failed(struct thread *t, const struct gate *g);
void stats_session_refused(struct thread *t, const struct gate *g); /* by a limit, or for want of memory */
void stats_session_denied(struct thread *t, const struct gate *g,
                          bool at_once); /* by a rule for connections; or for sessions */

/* All that is known of a stream or TCP session at its end. */
struct stats_stream {
    const struct gate *gate;
    const struct pool *pool;     /* NULL: none was asked */
    const struct server *server; /* NULL */
    struct end end;
    uint16_t status; /* sent to the client; 0 = TCP, or nothing was sent */
    bool reused;
    uint64_t from_client, to_client;  /* bytes */
    uint64_t first_byte_us, total_us; /* UINT64_MAX = not reached */
    uint64_t queue_us, connect_us;    /* 0 = not reached */
};
/* What is left of the pool and of the server after this one: HAProxy's bc and sc. NULL: 0. */
void stats_counts_left(const struct lease *l, const struct pool *pool, const struct server *server,
                       uint32_t *of_pool, uint32_t *of_server);
void stats_stream_end(struct thread *t, const struct lease *l, const struct stats_stream *s);

/* The engine's own numbers, for stub_status and `show info`. Any thread, summed when read. */
struct stats_totals {
    uint64_t accepted, refused, requests;
    uint32_t connections, reading, writing, waiting, upstream_connections;
};
struct shared;
/* Any thread. */
void stats_read_totals(const struct shared *shared, struct stats_totals *out);
