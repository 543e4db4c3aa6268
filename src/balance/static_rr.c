/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's static-rr, as it was measured: one fixed order of all usable
 * servers, walked round and round. It is made by giving each server its weight
 * at every place; the one that has most of the sum, counted in whole sums, gets
 * the place (the first of equals) and pays the sum.
 */
#include "balance/internal.h"

void places_prepare(struct arena *a, struct side *g)
{
    struct places *p = g->own = ARENA_NEW(a, struct places);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < g->count; i++)
        sum += g->entries[i].model->weight;
    p->room = sum > (1u << 24) ? 1u << 24 : (uint32_t)sum;
    p->order = ARENA_ARRAY(a, p->room ? p->room : 1, uint32_t);
}

static uint32_t gcd_of(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void places_changed(struct side *g)
{
    struct places *p = g->own;
    uint32_t gcd = 0;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        struct entry *e = &g->entries[i];
        e->current = 0;
        if (e->usable && e->weight) {
            gcd = gcd_of(gcd, e->model->weight);
            sum += e->model->weight;
        }
    }
    p->len = gcd ? (uint32_t)(sum / gcd < p->room ? sum / gcd : p->room) : 0;
    p->at = p->len ? p->at % p->len : 0;
    for (uint32_t at = 0; at < p->len; at++) {
        struct entry *best = NULL;
        int64_t most = 0;
        for (uint32_t i = 0; i < g->count; i++) {
            struct entry *e = &g->entries[i];
            if (!e->usable || e->weight == 0)
                continue;
            e->current += e->model->weight;
            int64_t whole = (e->current + (int64_t)sum) / (int64_t)sum; /* from 0 to 3 */
            if (best == NULL || whole > most) {
                best = e;
                most = whole;
            }
        }
        best->current -= (int64_t)sum;
        p->order[at] = (uint32_t)(best - g->entries);
    }
}

struct entry *places_next(struct places *p, struct side *g, const struct choice *c, enum pick_reason *why)
{
    *why = PICK_TURN;
    for (uint32_t i = 0; i < p->len; i++) {
        struct entry *e = &g->entries[p->order[p->at]];
        p->at = p->at + 1 == p->len ? 0 : p->at + 1;
        if (may_take(c, e))
            return e;
    }
    return NULL;
}

static struct entry *choose(struct side *g, const struct choice *c, enum pick_reason *why)
{
    return places_next(g->own, g, c, why);
}

const struct algorithm algorithm_static_rr = {
    .prepare = places_prepare,
    .changed = places_changed,
    .choose = choose,
};
