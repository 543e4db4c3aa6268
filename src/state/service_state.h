/* SPDX-License-Identifier: Apache-2.0 */
/* What is true of one service (a frontend, an address of nginx) now. It outlives configurations. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "state/captured.h"
#include "state/counts.h"
#include "state/rates.h"
#include "state/state.h"

struct service_state {
    struct named named; /* "haproxy:web" */
    uint32_t file_connections_max;
    bool mirrored;                    /* there is something of it in the mirror; under the world's mutex */
    _Atomic uint32_t connections_max; /* set at run time; UINT32_MAX = the file's counts */
    _Atomic bool disabled;            /* set at run time */

    _Atomic uint32_t active __attribute__((aligned(64))); /* connections now */
    _Atomic uint32_t active_most;
    captured_slot bad_request; /* the last that was not HTTP */
    struct counts counts;
    struct throttle throttle; /* of new sessions */
};

struct service_state *service_state_get(struct service_state *s);
void service_state_put(struct service_state *s);

/* The operator's; any thread. <most> UINT32_MAX: the file's counts. The world's mutex. */
void service_set_connections_max(struct service_state *s, uint32_t most);
/* False: it was so before. */
bool service_set_disabled(struct service_state *s, bool disabled);

/* A request that was not HTTP; any thread. */
void service_capture(struct service_state *s, const struct captured_note *n);

/* A connection came; false: over <most> (0 = no limit), and it is not counted. */
MUST_USE bool service_enter(struct service_state *s, uint32_t most);
void service_leave(struct service_state *s);

static inline struct counts_block *service_counts(struct service_state *s, unsigned thread)
{
    return counts_of(&s->counts, thread);
}
