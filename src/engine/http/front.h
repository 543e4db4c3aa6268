/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of a stream, as the stream sees it: HTTP/1 (front_h1) now,
 * HTTP/2 beside it later. The stream asks, the front frames. In the session's
 * thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/http/flow.h"

struct stream;

struct front {
    /* The request's body. */
    const struct flow_source *source;
    /* The answer: begin() has written, or noted, the head; then payload. */
    const struct flow_sink *sink;
    /* An interim answer (100, 103); s->answer when it is a server's, NULL: "100 Continue". */
    enum flow_put (*interim)(struct stream *s, unsigned status);
    /* The head of the answer, from s->answer: decides framing and persistence. Goes out with the first
     * payload, or alone by <sink>'s put of nothing. */
    void (*begin)(struct stream *s);
    /* Is the client still there? Reads ahead as far as there is room; false: it closed, or reset. */
    bool (*is_there)(struct stream *s);
    /* The stream is over and logged: frees it and goes on with the connection. */
    void (*end)(struct stream *s);
};
