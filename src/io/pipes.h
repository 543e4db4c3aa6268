/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pooled pipes for splice: a relay takes one only while bytes lie in it, so
 * that a thousand idle tunnels hold none. Last-in first-out, one pool a thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

struct pipe_pair {
    int in, out; /* write end, read end */
};
struct pipes {
    struct pipe_pair *idle; /* a stack of <limit> */
    uint32_t idle_count;
    uint32_t open; /* in existence, handed out or idle */
    uint32_t limit;
};

/* Dies on out of memory. <limit> 0 = 512: unprivileged pipes from about the 1,024th on hold only 8 kB. */
void pipes_init(struct pipes *p, uint32_t limit);
/* BUG_ON when one is still handed out. */
void pipes_fini(struct pipes *p);
/* false: none left, or no descriptors: copy instead. */
MUST_USE bool pipes_get(struct pipes *p, struct pipe_pair *out);
/* An empty pipe goes back to the pool; one that holds bytes is closed. */
void pipes_put(struct pipes *p, struct pipe_pair pair, bool empty);
