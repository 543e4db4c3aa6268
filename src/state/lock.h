/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short spin lock, for what takes well under a microsecond: a choice, a queue
 * operation. Never held across a call that may block. When the holder was taken
 * off its CPU the others yield, so that a container with more threads than CPUs
 * does not burn them.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

struct lock {
    atomic_bool held;
};

void lock_wait(struct lock *l);

static inline void lock_take(struct lock *l)
{
    if (atomic_exchange_explicit(&l->held, true, memory_order_acquire))
        lock_wait(l);
}
static inline void lock_give(struct lock *l)
{
    atomic_store_explicit(&l->held, false, memory_order_release);
}
