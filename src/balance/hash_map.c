/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's hash-type map-based: the hash counts into the order that static-rr
 * walks, made of the servers that are usable. Who is full keeps its keys: the
 * request waits for it. Measured on HAProxy 2.6 with every function.
 */
#include "balance/hash_key.h"

static struct entry *choose(struct side *g, const struct choice *c, enum pick_reason *why)
{
    struct places *p = g->own;
    if (c->request->key.ptr == NULL)
        return places_next(p, g, c, why);
    uint32_t at = p->len ? hash_of_key(g->pool, c->request) % p->len : 0;
    *why = PICK_HASHED;
    for (uint32_t i = 0; i < p->len; i++) {
        struct entry *e = &g->entries[p->order[at]];
        if (may_take(c, e))
            return e;
        if (i == 0 && is_only_full(c, e)) {
            *c->full = e;
            return NULL;
        }
        *why = PICK_HASHED_ON;
        at = at + 1 == p->len ? 0 : at + 1;
    }
    return NULL;
}

const struct algorithm algorithm_hash_map = {
    .prepare = places_prepare,
    .changed = places_changed,
    .choose = choose,
};
