/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a request goes when that is computed for each (proxy_pass with variables
 * in its host): a URL, whose host is the name of a pool, an address, or a name
 * that a nameserver is asked for.
 */
#pragma once

#include "engine/http/stream.h"
#include "io/resolver.h"

#define TARGET_ADDRESSES 8 /* of one name, tried one after the other */

struct target {
    struct stream *stream;
    struct span host, name, uri; /* "app:80", "app", "/a?b"; <uri> may be empty */
    uint16_t port;
    bool port_given, secure; /* <secure>: https */
    const struct pool *pool; /* by name; NULL: <addresses> */
    struct address addresses[TARGET_ADDRESSES];
    uint32_t count;
    struct resolver_query query;
    bool asking, answered, asked_v6, silent; /* <silent>: no nameserver answered in time */
    bool found;                              /* all addresses that will be tried are known */
};

/* When the proxy action was met: reads the URL into s->target. false: it is none, or no memory (500). */
MUST_USE bool target_begin(struct stream *s);
enum target_state { TARGET_READY, TARGET_WAIT, TARGET_UNKNOWN };
/* Its pool or addresses are known; or the stream runs again when they are; or nobody knows them (502). */
enum target_state target_find(struct stream *s);
/* Nobody waits for it any more. Harmless when there is none. */
void target_cancel(struct stream *s);
