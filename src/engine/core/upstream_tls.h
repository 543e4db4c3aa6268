/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS side of connecting to servers: which settings count for this try, the
 * names that are asked for and believed, and what to say when a handshake
 * failed. Used by upstream_conn.c. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct client_tls;
struct tls_client;
struct tls_session;
struct upstream;
struct upstream_conn;

/* What a connection for this try must be. */
struct upstream_wish {
    const struct tls_client *model; /* NULL: plain */
    const struct client_tls *context;
    struct span server_name, verify_name;
    uint64_t key; /* 0: plain; connections of one key are alike, and kept ones may be taken */
};
/* false: the certificate should be for a name that this request does not have. */
bool upstream_wish(struct upstream *u, struct upstream_wish *out);
/* A session for <c>, which remembers where it may be resumed. NULL: out of memory. */
struct tls_session *upstream_tls_session(struct upstream *u, struct upstream_conn *c,
                                         const struct upstream_wish *w);
/* Was it the handshake that failed? Then says so in the error log. */
bool upstream_tls_failed(struct upstream *u);
