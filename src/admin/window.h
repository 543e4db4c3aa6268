/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last minute. Counters only grow; whoever wants to know how things are *now*
 * needs what they were a while ago. A few samples are kept of everything that
 * counts, taken at even steps by one thread, and a look is the difference to the
 * oldest of them: what has been since 40 to 60 seconds. Something that never
 * counted costs nothing here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/macros.h"
#include "state/counts.h"

struct named;
struct snapshot;
struct window;

#define WINDOW_STEP DURATION_S(20)

/* Since when, what was answered, and how much of that failed. */
struct window_look {
    uint64_t us; /* how long it is; 0: not known */
    uint64_t answers, failed;
    struct histogram first_byte;
};

/* <started>: when counting began. NULL: no memory. */
MUST_USE struct window *window_new(instant started);
/* NULL-safe. */
void window_free(struct window **w);
/* Once a step: what all things of <s> have counted so far. One thread at a time; false: no memory, none is
 * taken. */
bool window_sample(struct window *w, const struct snapshot *s, instant now);
/* The counters begin anew: what was before counts no more. */
void window_forget(struct window *w, instant now);
/*
 * <state> is a server's, pool's or service's, <sum> what it has counted by now.
 * Any thread. <w> may be NULL: then it is all of it, of a time that is not known.
 */
void window_look(struct window *w, const struct named *state, const struct counts_sum *sum, instant now,
                 struct window_look *out);

/* Requests that were answered, or sessions where nothing is HTTP; and those that users saw fail. */
uint64_t window_answers(const struct counts_sum *sum);
uint64_t window_failed(const struct counts_sum *sum);
