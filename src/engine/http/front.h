/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of a stream, as the stream sees it: HTTP/1 (front_h1) now,
 * HTTP/2 beside it later. The stream asks, the front frames. In the session's
 * thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/http/stream.h"

struct front {
    /* STEP_HEAD: reads until the head is complete. */
    enum stream_step (*head)(struct stream *s);
    const struct flow_source *source; /* the request's body */
    const struct flow_sink *sink;     /* the answer, once begin was called */
    /* An interim answer: "100 Continue", or with <from_server> the one in s->answer. */
    enum flow_put (*interim)(struct stream *s, unsigned status, bool from_server);
    /*
     * Puts the head of s->answer together, decides framing and persistence. It
     * goes out with the first put, which follows in the same step. false: it is
     * larger than any head may be.
     */
    bool (*begin)(struct stream *s);
    /* As far as can be seen without reading: is the client still there? */
    bool (*is_there)(const struct stream *s);
    /* The stream is over and logged: frees it. Returns the next one of the connection when its bytes are
     * there already, for stream_run. */
    struct stream *(*end)(struct stream *s);
};
