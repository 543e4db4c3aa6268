/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's hash-type consistent: a server has 16 points for each of its weight
 * on a ring of 32 bits, the avalanche of its id times 4096 plus the point's
 * number; a key belongs to the nearest point on either side (the one before, if
 * both are as near). Who is not usable has no points, and with a lower weight at
 * run time only the first ones. Measured on HAProxy 2.6 with every function.
 *
 * hash-balance-factor: who has more than that many percent of its share of all
 * requests passes them on to the next on the ring.
 */
#include "balance/hash_key.h"

#include <stdlib.h>

#include "base/classic_hash.h"

enum { POINTS_OF_SERVER = 4096 }; /* weight 256 in 16ths */

struct point {
    uint32_t hash;
    uint32_t entry;
    uint32_t number; /* of its server: below the weight in 16ths it is there */
};
struct ring {
    struct point *points;
    uint32_t count;
    uint64_t weight; /* of the usable */
    uint32_t at;     /* of requests without a key: they walk along the ring */
};

static int by_hash(const void *a, const void *b)
{
    const struct point *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static uint32_t points_of(const struct server *s)
{
    uint64_t points = (uint64_t)s->weight * WEIGHT_SCALE;
    return points < POINTS_OF_SERVER ? (uint32_t)points : POINTS_OF_SERVER;
}

static void prepare(struct arena *a, struct side *g)
{
    struct ring *r = g->own = ARENA_NEW(a, struct ring);
    uint64_t room = 0;
    for (uint32_t i = 0; i < g->count; i++)
        room += points_of(g->entries[i].model);
    r->points = ARENA_ARRAY(a, room ? room : 1, struct point);
    for (uint32_t i = 0; i < g->count; i++) {
        const struct server *s = g->entries[i].model;
        for (uint32_t k = 0; k < points_of(s); k++)
            r->points[r->count++] = (struct point){ classic_avalanche(s->id * POINTS_OF_SERVER + k), i, k };
    }
    if (r->count)
        qsort(r->points, r->count, sizeof(*r->points), by_hash);
}

static void changed(struct side *g)
{
    struct ring *r = g->own;
    r->weight = 0;
    for (uint32_t i = 0; i < g->count; i++)
        if (g->entries[i].usable)
            r->weight += g->entries[i].weight;
}

static bool is_there(const struct side *g, const struct point *p)
{
    const struct entry *e = &g->entries[p->entry];
    return e->usable && p->number < e->weight;
}

static uint32_t step(const struct ring *r, uint32_t at, bool forward)
{
    if (forward)
        return at + 1 == r->count ? 0 : at + 1;
    return at ? at - 1 : r->count - 1;
}

/* The first point from <at> on that is there; some are, for the side has usable servers. */
static uint32_t seek(const struct side *g, uint32_t at, bool forward)
{
    const struct ring *r = g->own;
    for (uint32_t i = 0; i < r->count && !is_there(g, &r->points[at]); i++)
        at = step(r, at, forward);
    return at;
}

static uint32_t nearest(const struct side *g, uint32_t hash)
{
    const struct ring *r = g->own;
    uint32_t low = 0, high = r->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (r->points[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t first = low == r->count ? 0 : low;
    uint32_t after = seek(g, first, true), before = seek(g, step(r, first, false), false);
    return hash - r->points[before].hash <= r->points[after].hash - hash ? before : after;
}

/* Within its share of all requests that run, and of this one, by the factor. */
static bool is_within_share(const struct side *g, const struct entry *e)
{
    const struct ring *r = g->own;
    uint64_t factor = g->pool->balance_factor;
    if (factor == 0)
        return true;
    uint64_t all = (uint64_t)atomic_load_explicit(&g->state->active, memory_order_relaxed) + 1;
    uint64_t places = (all * factor + 99) / 100;
    uint64_t share = (places * e->weight + r->weight - 1) / r->weight;
    return atomic_load_explicit(&e->state->active, memory_order_relaxed) < share;
}

static struct entry *choose(struct side *g, const struct choice *c, enum pick_reason *why)
{
    struct ring *r = g->own;
    if (r->count == 0)
        return NULL;
    bool keyed = c->request->key.ptr != NULL;
    uint32_t at = keyed ? nearest(g, hash_of_key(g->pool, c->request)) : seek(g, r->at, true);
    struct entry *overloaded = NULL;
    if (!keyed)
        r->at = step(r, at, true);
    *why = keyed ? PICK_HASHED : PICK_TURN;
    for (uint32_t i = 0; i < r->count; i++) {
        struct entry *e = &g->entries[r->points[at].entry];
        bool takes = may_take(c, e);
        if (takes && is_within_share(g, e))
            return e;
        if (i == 0 && keyed && is_only_full(c, e)) {
            *c->full = e;
            return NULL;
        }
        if (takes && overloaded == NULL)
            overloaded = e;
        *why = PICK_HASHED_ON;
        at = seek(g, step(r, at, true), true);
    }
    return overloaded;
}

const struct algorithm algorithm_hash_ring = {
    .prepare = prepare,
    .changed = changed,
    .choose = choose,
};
