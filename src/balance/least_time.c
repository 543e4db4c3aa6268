/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nginx's least_time: the mean time of a server's answers, times the requests
 * that it would have with this one, for its weight. Who was never asked has no
 * time and is asked first. With <inflight>, what it has not answered yet counts
 * as if it were answered now.
 */
#include "balance/internal.h"

static void prepare(struct arena *a, struct side *g)
{
    g->own = ARENA_ARRAY(a, g->count, struct entry *); /* room for the equals */
}

static uint64_t active_of(const struct entry *e)
{
    return atomic_load_explicit(&e->state->active, memory_order_relaxed);
}

/* Those that wait make it longer, when they have waited longer than others did. */
static uint64_t mean_of(const struct pool *p, const struct entry *e, instant now)
{
    uint64_t mean = p->load == LOAD_LAST_BYTE
                        ? atomic_load_explicit(&e->state->average_total_us, memory_order_relaxed)
                        : atomic_load_explicit(&e->state->average_us, memory_order_relaxed);
    uint64_t waits = p->inflight ? server_flights_us(e->state, now) : 0;
    return waits > mean ? waits : mean;
}

/* Below 0: <a> has less to do for its weight than <b>. */
int entry_compare_load(const struct pool *p, const struct entry *a, const struct entry *b, instant now)
{
    uint64_t x = active_of(a) * b->weight, y = active_of(b) * a->weight;
    if (p->load != LOAD_CONNECTIONS) {
        /* 32 bits of microseconds, of requests, of weights: too wide for a product in 64 */
        unsigned __int128 s = (unsigned __int128)mean_of(p, a, now) * (active_of(a) + 1) * b->weight;
        unsigned __int128 t = (unsigned __int128)mean_of(p, b, now) * (active_of(b) + 1) * a->weight;
        if (s != t)
            return s < t ? -1 : 1;
    }
    return x < y ? -1 : x > y;
}

static struct entry *choose(struct side *g, const struct choice *c, enum pick_reason *why)
{
    struct entry **equals = g->own;
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        struct entry *e = &g->entries[i];
        if (!may_take(c, e))
            continue;
        int compared = count ? entry_compare_load(g->pool, e, equals[0], c->now) : 0;
        if (compared > 0)
            continue;
        if (compared < 0)
            count = 0;
        equals[count++] = e;
    }
    *why = count > 1 ? PICK_LEAST_TURN : PICK_LEAST;
    return count > 1 ? smooth_among(equals, count) : count ? equals[0] : NULL;
}

const struct algorithm algorithm_least_time = {
    .prepare = prepare,
    .choose = choose,
};
