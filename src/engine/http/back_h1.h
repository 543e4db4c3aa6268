/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1 towards servers: writes the request, reads interim and final heads,
 * and knows whether the connection may be kept. One request at a time on a
 * connection. In the stream's thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/http/flow.h"

struct stream;

extern const struct flow_source back_h1_source; /* the answer's body */
extern const struct flow_sink back_h1_sink;     /* the request's body */

/* The connection is ready: takes its events, builds the head; it goes out with the first of the body. false:
 * the head does not fit (500). */
MUST_USE bool back_h1_begin(struct stream *s);

enum back_head {
    BACK_MORE,        /* not yet */
    BACK_HEAD,        /* s->answer is filled; interim ones were passed on or dropped */
    BACK_SWITCH,      /* 101, or a 2xx to CONNECT */
    BACK_STALE,       /* ended before a byte, on a connection that had been kept */
    BACK_CLOSED,      /* ended before a whole head */
    BACK_GARBAGE,     /* s->back_scan.error */
    BACK_CLIENT_GONE, /* an interim answer could not be passed on */
};
enum back_head back_h1_read_head(struct stream *s);
/* The exchange is over in both directions: may the connection be kept? */
bool back_h1_is_reusable(const struct stream *s);
