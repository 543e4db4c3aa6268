/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `fair` of nginx's third-party module: who has the fewest requests takes;
 * when several are idle they take turns, or the first of them (no_rr). Weights
 * are shares of the load; with weight_mode=idle a server counts as idle as long
 * as it has fewer requests than its weight, with weight_mode=peak it never gets
 * more.
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

/* How many requests its weight is, for the two modes that ask. */
static uint64_t places_of(const struct entry *e)
{
    uint64_t places = e->weight / WEIGHT_SCALE;
    return places ? places : 1;
}

static uint64_t load_of(const struct pool *p, const struct entry *e)
{
    uint64_t active = active_of(e);
    if (p->fair_weights == FAIR_WEIGHTS_IDLE)
        return active < places_of(e) ? 0 : active - places_of(e) + 1;
    return active;
}

static struct entry *choose(struct side *g, const struct choice *c, enum pick_reason *why)
{
    const struct pool *p = g->pool;
    struct entry **equals = g->own;
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        struct entry *e = &g->entries[i];
        if (!may_take(c, e) || (p->fair_weights == FAIR_WEIGHTS_PEAK && active_of(e) >= places_of(e)))
            continue;
        uint64_t mine = count ? load_of(p, e) * equals[0]->weight : 0;
        uint64_t best = count ? load_of(p, equals[0]) * e->weight : 0;
        if (count && mine > best)
            continue;
        if (mine < best)
            count = 0;
        equals[count++] = e;
    }
    *why = count > 1 ? PICK_LEAST_TURN : PICK_LEAST;
    if (count < 2)
        return count ? equals[0] : NULL;
    return p->fair_first ? equals[0] : smooth_among(equals, count);
}

const struct algorithm algorithm_fair = {
    .prepare = prepare,
    .choose = choose,
};
