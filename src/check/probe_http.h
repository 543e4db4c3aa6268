/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP of a check: one request as text, one answer judged. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "model/pool.h"

/* "GET /index.html HTTP/1.0", fields, a body; <state>: what the server is told that it counts as, or empty.
 */
void probe_http_request(const struct check_step *step, struct span state, struct buf *out);

enum probe_http {
    PROBE_HTTP_MORE,    /* the head, or as much body as is expected, is not there yet */
    PROBE_HTTP_GARBAGE, /* not an HTTP answer */
    PROBE_HTTP_READY,
};
struct probe_answer {
    unsigned status;
    struct span head, body;
};
enum probe_http probe_http_answer(struct span bytes, bool ended, struct probe_answer *out);
/* Does the answer's <name> field, or any of them, hold what <test> asks? */
bool probe_http_field(const struct probe_answer *a, struct span name, const struct test *test);
