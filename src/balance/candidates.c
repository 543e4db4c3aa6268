/* SPDX-License-Identifier: Apache-2.0 */
/* Who may be chosen: the one look at all servers of a side, taken again only when something changed. */
#include "balance/internal.h"

bool entry_is_full(const struct entry *e, instant now)
{
    uint32_t limit = server_limit(e->state, e->model, now);
    return limit && atomic_load(&e->state->active) >= limit;
}

/* True when what the algorithms build on is another. */
static bool look(struct side *g, struct entry *e, instant now)
{
    bool usable = server_use(e->state, e->model, now) == USE_FULL;
    uint32_t weight = server_weight(e->state, e->model, now);
    bool changed = usable != e->usable || weight != e->weight;
    e->usable = usable;
    e->weight = weight;
    e->limited = atomic_load_explicit(&e->state->connections_max, memory_order_relaxed) != 0;
    if (usable && weight) {
        g->usable++;
        g->plain &= !e->limited && atomic_load_explicit(&e->state->lost_weight, memory_order_relaxed) == 0;
    }
    instant next = server_next_change(e->state, e->model, now);
    if (next.us < g->next.us)
        g->next = next;
    return changed;
}

void side_look(struct side *g, uint32_t version, instant now)
{
    g->seen = version;
    g->next = (instant){ UINT64_MAX };
    g->usable = 0;
    g->plain = true;
    /* The order by turn is written down before the weights under it change. */
    smooth_settle(g);
    bool changed = false;
    for (uint32_t i = 0; i < g->count; i++)
        changed |= look(g, &g->entries[i], now);
    if (changed && g->algorithm->changed)
        g->algorithm->changed(g);
}

/* ---- shares by weight ---- */

struct weights *weights_new(struct arena *a, const struct side *g)
{
    struct weights *w = ARENA_NEW(a, struct weights);
    w->until = ARENA_ARRAY(a, g->count, uint32_t);
    return w;
}

void weights_fill(struct weights *w, const struct side *g, bool only_usable)
{
    w->total = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        const struct entry *e = &g->entries[i];
        uint32_t weight = atomic_load_explicit(&e->state->weight, memory_order_relaxed);
        if (atomic_load_explicit(&e->state->no_address, memory_order_relaxed))
            weight = 0; /* room for an address that is not there: nobody's share */
        if (!only_usable || (e->usable && e->weight))
            w->total += weight;
        w->until[i] = w->total;
    }
}

uint32_t weights_find(const struct weights *w, const struct side *g, uint32_t n)
{
    uint32_t low = 0, high = g->count - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (w->until[middle] > n)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
