/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nginx's round robin, as its authors describe it: each choice adds to every
 * candidate its weight and takes from the chosen one, who has the most, the sum
 * of all. With weights 5, 1, 1 that gives a a b a c a a. A failure takes a part
 * of the weight away, each choice gives one back (measured on nginx 1.22).
 *
 * As long as every usable server may take, the choices repeat after the sum of
 * the weights: they are written down once, and a choice costs the same with ten
 * thousand servers. Whoever must be skipped makes us go back to the sums.
 */
#include "balance/internal.h"

/* A table of so many steps at most is built: entries times length, so that a change costs little. */
enum { STEPS_MAX = 65536 };

/* The sums after <at> choices of the table: what was added less what was taken. */
void smooth_settle(struct side *g)
{
    if (!g->turn.exact)
        return;
    int64_t total = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        struct entry *e = &g->entries[i];
        if (!e->usable || e->weight == 0)
            continue;
        total += e->weight;
        e->current = (int64_t)e->weight * g->turn.at;
    }
    for (uint32_t k = 0; k < g->turn.at; k++)
        g->entries[g->turn.order[k]].current -= total;
    g->turn.exact = false;
}

/* What a choice adds to <e>, after what failures took; they give one of the weight back. */
static uint32_t add_weight(struct entry *e)
{
    uint32_t lost = atomic_load_explicit(&e->state->lost_weight, memory_order_relaxed);
    if (LIKELY(lost == 0)) {
        e->current += e->weight;
        return e->weight;
    }
    uint32_t whole = atomic_load_explicit(&e->state->weight, memory_order_relaxed);
    uint32_t left = lost < whole ? (uint32_t)((uint64_t)e->weight * (whole - lost) / whole) : 0;
    e->current += left;
    atomic_store_explicit(&e->state->lost_weight, lost - 1, memory_order_relaxed);
    return left;
}

/* One choice by the sums; <c> NULL: everybody who is usable may take. */
static struct entry *step(struct side *g, const struct choice *c)
{
    struct entry *best = NULL;
    int64_t total = 0;
    uint32_t nonzero = 0;
    g->plain = true;
    for (uint32_t i = 0; i < g->count; i++) {
        struct entry *e = &g->entries[i];
        if (!e->usable || e->weight == 0)
            continue;
        if (c == NULL || may_take(c, e)) {
            total += add_weight(e);
            if (best == NULL || e->current > best->current)
                best = e;
        }
        nonzero += e->current != 0;
        g->plain &= !e->limited && atomic_load_explicit(&e->state->lost_weight, memory_order_relaxed) == 0;
    }
    if (best) {
        nonzero -= best->current != 0;
        best->current -= total;
        nonzero += best->current != 0;
    }
    g->turn.begins = nonzero == 0;
    return best;
}

/* The table for the weights as they are now; the sums are all zero, and are again when it is done. */
static void write_table(struct side *g)
{
    uint32_t at = 0;
    for (uint32_t i = 0; g->turn.len == g->usable && i < g->count; i++)
        if (g->entries[i].usable && g->entries[i].weight)
            g->turn.order[at++] = i;
    for (; at < g->turn.len; at++)
        g->turn.order[at] = (uint32_t)(step(g, NULL) - g->entries);
    g->turn.valid = true;
}

/* How long the order is before it repeats; 0: too long for a table. */
static uint32_t order_length(const struct side *g)
{
    uint64_t gcd = 0, sum = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        const struct entry *e = &g->entries[i];
        if (!e->usable || e->weight == 0)
            continue;
        sum += e->weight;
        for (uint64_t rest = e->weight; rest;) {
            uint64_t next = gcd % rest;
            gcd = rest;
            rest = next;
        }
    }
    uint64_t len = gcd ? sum / gcd : 0;
    bool fits = len == g->usable || len * g->count <= STEPS_MAX;
    return fits && len <= g->turn.room ? (uint32_t)len : 0;
}

static bool sums_are_zero(const struct side *g)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (g->entries[i].usable && g->entries[i].weight && g->entries[i].current)
            return false;
    return true;
}

/* Follows the table from its beginning on, if there can be one. */
static void begin_table(struct side *g)
{
    if (g->turn.len == 0)
        return;
    if (!g->turn.valid)
        write_table(g);
    g->turn.exact = true;
    g->turn.at = 0;
}

void smooth_changed(struct side *g)
{
    g->turn.valid = g->turn.exact = false;
    g->turn.len = order_length(g);
    /* With very many servers nobody sees the order go on where it was, but everybody pays for the sums. */
    for (uint32_t i = 0; g->count > SMOOTH_MANY && i < g->count; i++)
        g->entries[i].current = 0;
    if (sums_are_zero(g))
        begin_table(g);
}

void smooth_prepare(struct arena *a, struct side *g)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < g->count; i++)
        sum += g->entries[i].model->weight;
    uint64_t room = sum * g->count <= STEPS_MAX ? sum : g->count;
    g->turn.room = (uint32_t)(room > g->count ? room : g->count);
    if (g->count > 1)
        g->turn.order = ARENA_ARRAY(a, g->turn.room, uint32_t);
    else
        g->turn.room = 0;
}

struct entry *smooth_choose(struct side *g, const struct choice *c)
{
    if (LIKELY(g->turn.exact && g->plain && c->tried == NULL)) {
        struct entry *e = &g->entries[g->turn.order[g->turn.at]];
        g->turn.at = g->turn.at + 1 == g->turn.len ? 0 : g->turn.at + 1;
        return e;
    }
    smooth_settle(g);
    struct entry *e = step(g, c);
    if (g->turn.begins && g->plain)
        begin_table(g);
    return e;
}

struct entry *smooth_among(struct entry *const *some, uint32_t count)
{
    struct entry *best = NULL;
    int64_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        total += add_weight(some[i]);
        if (best == NULL || some[i]->current > best->current)
            best = some[i];
    }
    if (best)
        best->current -= total;
    return best;
}

static struct entry *choose(struct side *g, const struct choice *c, enum pick_reason *why)
{
    *why = PICK_TURN;
    return smooth_choose(g, c);
}

const struct algorithm algorithm_round_robin = {
    .prepare = smooth_prepare,
    .changed = smooth_changed,
    .choose = choose,
};
