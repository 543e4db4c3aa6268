/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections a second may come: to the whole process, by kind, and to
 * one service. What is said by the file may be changed while running. A limit
 * slides, as HAProxy's do: what came in the second before counts for the part of
 * it that is not over yet. Who accepts asks first, and tells each one that came;
 * nothing is counted here while there is no limit. Any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "state/lock.h"

struct config;

struct throttle {
    struct lock lock;
    uint64_t second;
    uint32_t now, before; /* of that second, and of the one before it */
};
/* How long until one more may come when <most> may a second; 0: at once. */
duration throttle_wait(struct throttle *t, uint32_t most, instant now);
void throttle_count(struct throttle *t, instant now);

enum rate_kind {
    RATE_CONNECTIONS,
    RATE_SESSIONS,
    RATE_TLS, /* connections that begin with a handshake */
    RATES
};

struct rates {
    _Atomic bool any; /* there is a limit somewhere: of the process, or of a service */
    _Atomic bool of_services;
    struct {
        uint32_t file;
        _Atomic uint32_t most; /* 0: none */
        struct throttle throttle;
    } of[RATES];
};

/* What <c> says counts, but for what was set while it said the same. The control thread's. */
void rates_bind(struct rates *r, const struct config *c);
/* The operator's; 0: no limit. Any thread. */
void rates_set(struct rates *r, enum rate_kind kind, uint32_t most);
static inline uint32_t rates_most(const struct rates *r, enum rate_kind kind)
{
    return atomic_load_explicit(&r->of[kind].most, memory_order_relaxed);
}
