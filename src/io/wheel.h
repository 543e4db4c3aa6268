/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hierarchical timer wheel, one a loop, resolution one millisecond. Setting
 * and clearing are O(1). Deadlines are lazy: moving one later (what happens at
 * every read and write) only stores the new time, and the entry is filed again
 * when its old slot fires. A deadline never fires early, and at the earliest in
 * the turn after the one that set it. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"

struct deadline;
/* Runs in the loop's thread. It may set, clear or forget any deadline, and free the owner of <d>. */
typedef void (*deadline_fn)(struct deadline *d);

#define DEADLINE_NEVER UINT64_MAX

/* Embedded in its owner (CONTAINER_OF). Must not move or be freed while filed: wheel_forget first. */
struct deadline {
    struct link link;
    uint64_t at;    /* ms of the monotonic clock, rounded up; DEADLINE_NEVER when not set */
    uint64_t filed; /* when its slot fires: <= at while it is linked */
    deadline_fn on_expired;
};

#define WHEEL_LEVELS 6
#define WHEEL_SLOTS  64
struct wheel {
    uint64_t now;                  /* ms up to which every slot has fired */
    uint64_t filled[WHEEL_LEVELS]; /* a bit for each slot that holds something */
    struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
};

void wheel_init(struct wheel *w, instant now);

static inline void deadline_init(struct deadline *d, deadline_fn on_expired)
{
    *d = (struct deadline){ .at = DEADLINE_NEVER, .on_expired = on_expired };
    link_init(&d->link);
}
static inline bool deadline_is_set(const struct deadline *d)
{
    return d->at != DEADLINE_NEVER;
}

/* Sets or moves. {UINT64_MAX} (instant_after with DURATION_NONE) clears. */
void wheel_set(struct wheel *w, struct deadline *d, instant at);
/* Sets it to <at>, unless it fires before. */
static inline void wheel_hasten(struct wheel *w, struct deadline *d, instant at)
{
    if (at.us / 1000 < d->at)
        wheel_set(w, d, at);
}
/* It will not fire. It may stay filed, so that setting it again is a store; for the end of an owner use
 * wheel_forget. */
static inline void wheel_clear(struct deadline *d)
{
    d->at = DEADLINE_NEVER;
}
/* A wheel holds it, set or not: its memory may not go yet. */
static inline bool deadline_is_filed(const struct deadline *d)
{
    return link_is_linked(&d->link);
}
/* Clears and unlinks: afterwards the memory may go. Harmless when it was not set, or done twice. */
void wheel_forget(struct wheel *w, struct deadline *d);

/* Fires what is due. Returns how many callbacks ran. */
unsigned wheel_advance(struct wheel *w, instant now);
/* How long the loop may sleep: ms until the next slot that holds something, 0 when one is due, at most
 * <most>. May be shorter than the next deadline (a slot that only has to be filed again). */
uint32_t wheel_sleep_ms(const struct wheel *w, instant now, uint32_t most);
