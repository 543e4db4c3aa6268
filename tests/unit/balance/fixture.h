/* SPDX-License-Identifier: Apache-2.0 */
/* One pool at a time, from which a test lets servers be chosen. */
#pragma once

#include "state/fixture.h"

#include "balance/balance.h"
#include "base/rand.h"

static struct state_world *world;
static struct rand rnd;

static inline int setup(void **state)
{
    (void)state;
    world = state_world_new(span_of(NULL, 0), 1);
    rand_seed(&rnd, 1);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    state_world_free(&world);
    return 0;
}

struct bench {
    struct built b;
    struct snapshot *s;
};

static inline void prepare(struct bench *t)
{
    t->s = built_snapshot(&t->b, world);
    balance_prepare(t->s);
}

static inline void close_pool(struct bench *t)
{
    snapshot_put(t->s);
    built_free(&t->b);
}
