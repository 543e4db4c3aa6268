/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trailer fields (RFC 9110 6.5) between two chunked bodies: gathered while they
 * come, passed on without those that would change what a head has said. Whoever
 * has no room for them drops them, as a recipient may.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/scratch.h"
#include "base/span.h"

struct trailers {
    char *lines; /* each with its CRLF; in the scratch. NULL: none */
    uint32_t len, room;
};

/* More of them. false: there is no room, and all are dropped. */
MUST_USE bool trailers_add(struct trailers *t, struct scratch *from, struct span more);
/* Those that may be passed on; the others are gone then. */
struct span trailers_judge(struct trailers *t);
static inline struct span trailers_pass(struct trailers *t)
{
    return LIKELY(t->len == 0) ? span_of(NULL, 0) : trailers_judge(t);
}
