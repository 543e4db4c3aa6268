/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fewest connections for its weight. Of equals nginx takes the one whose turn it
 * is by smooth round robin among them, HAProxy the one whose load changed longest
 * ago. Both were measured with requests that hold (nginx 1.22, HAProxy 2.6).
 */
#include "balance/internal.h"

static uint64_t active_of(const struct entry *e)
{
    return atomic_load_explicit(&e->state->active, memory_order_relaxed);
}

static void prepare(struct arena *a, struct side *g)
{
    g->own = ARENA_ARRAY(a, g->count, struct entry *); /* room for the equals */
}

static struct entry *choose_by_turn(struct side *g, const struct choice *c, enum pick_reason *why)
{
    struct entry **equals = g->own;
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        struct entry *e = &g->entries[i];
        if (!may_take(c, e))
            continue;
        uint64_t mine = count ? active_of(e) * equals[0]->weight : 0;
        uint64_t best = count ? active_of(equals[0]) * e->weight : 0;
        if (count && mine > best)
            continue;
        if (mine < best)
            count = 0;
        equals[count++] = e;
    }
    *why = count > 1 ? PICK_LEAST_TURN : PICK_LEAST;
    return count > 1 ? smooth_among(equals, count) : count ? equals[0] : NULL;
}

/* Nothing when idle, else what it would have with one more, for its weight. */
static uint64_t load_of(const struct entry *e)
{
    uint64_t has = active_of(e) + atomic_load_explicit(&e->state->waiting, memory_order_relaxed);
    return has ? (has + 1) * (256 * WEIGHT_SCALE) / e->weight : 0;
}

static struct entry *choose_oldest(struct side *g, const struct choice *c, enum pick_reason *why)
{
    struct entry *best = NULL;
    uint64_t least = 0, moved = 0;
    *why = PICK_LEAST;
    for (uint32_t i = 0; i < g->count; i++) {
        struct entry *e = &g->entries[i];
        if (!may_take(c, e))
            continue;
        uint64_t load = load_of(e), when = atomic_load_explicit(&e->state->moved, memory_order_relaxed);
        if (best == NULL || load < least || (load == least && when < moved)) {
            best = e;
            least = load;
            moved = when;
        }
    }
    return best;
}

const struct algorithm algorithm_least_conn = {
    .prepare = prepare,
    .choose = choose_by_turn,
};
const struct algorithm algorithm_least_oldest = {
    .choose = choose_oldest,
};
