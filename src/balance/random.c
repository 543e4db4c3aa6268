/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drawn by weight: <draws> different ones, of which the least loaded for its
 * weight takes. Two draws are nearly as good as asking all, and need no order that
 * threads or machines would share.
 */
#include "balance/internal.h"
#include "base/rand.h"

/* Misses (tried, full, drawn already) before it goes by turn. */
enum { MISSES_MAX = 20 };

static void prepare(struct arena *a, struct side *g)
{
    g->own = weights_new(a, g);
}

static void changed(struct side *g)
{
    weights_fill(g->own, g, true);
}

static struct entry *choose(struct side *g, const struct choice *c, enum pick_reason *why)
{
    const struct weights *w = g->own;
    struct entry *best = NULL;
    uint32_t draws = g->pool->draws ? g->pool->draws : 1, misses = 0;
    *why = PICK_DRAWN;
    for (uint32_t drawn = 0; w->total && drawn < draws && misses < MISSES_MAX;) {
        struct entry *e = &g->entries[weights_find(w, g, rand_below(c->request->rand, w->total))];
        if (e == best || !may_take(c, e)) {
            misses++;
            continue;
        }
        drawn++;
        if (best == NULL || entry_compare_load(g->pool, e, best, c->now) < 0)
            best = e;
    }
    if (best)
        return best;
    *why = PICK_TURN;
    return smooth_choose(g, c);
}

const struct algorithm algorithm_random = {
    .prepare = prepare,
    .changed = changed,
    .choose = choose,
};
