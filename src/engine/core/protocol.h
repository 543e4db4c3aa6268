/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door between the listener, which knows no HTTP, and what speaks on a
 * connection: engine/engine.c fills in one for TCP and one for HTTP/1
 * and gives the table to the threads. Called in the session's thread.
 */
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "engine/core/end.h"

struct session;
struct upstream;

/* What runs on a session, for who looks on. */
struct protocol_view {
    const struct upstream *upstream; /* not started, waiting, or at a server */
    instant begun;
    const char *doing; /* "forward" */
};

struct protocol_ops {
    /* The connection is open: PROXY header read, TLS done, the hooks `connection` and `session` passed.
     * From here on session->conn.on_ready and session->owner are the protocol's. */
    void (*begin)(struct session *s);
    /* session->deadline has passed. */
    void (*expired)(struct session *s);
    /* The program drains: end the session when what runs is done, or, with <now>, at once. It may call
     * session_close. */
    void (*stop)(struct session *s, bool now);
    /* false: nothing runs, the connection is idle. */
    bool (*look)(const struct session *s, struct protocol_view *out);
    /* Ends what runs, at once, and with it the connection. Something runs. */
    void (*end)(struct session *s, enum end_reason why);
};

/* By enum protocol of model/listener.h; NULL = not served. */
#define PROTOCOL_KINDS 3
struct protocols {
    const struct protocol_ops *of[PROTOCOL_KINDS];
};
