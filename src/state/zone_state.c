/* SPDX-License-Identifier: Apache-2.0 */
#include "state/zone_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/zone.h"
#include "state/lock.h"
#include "state/state_internal.h"

enum { PARTS = 16, KEY_BYTES = 128, KEYS_LEAST = 8 };

/* Indices instead of pointers: half the memory. 0 is nobody. */
struct key {
    uint64_t hash; /* keyed, and 64 bits: two keys that share it cannot be aimed at */
    uint64_t used_ms;
    uint32_t next;         /* of the bucket, or of the free ones */
    uint32_t older, newer; /* by last use */
    uint32_t count;        /* requests at once, or thousandths too early */
};
struct part {
    struct lock lock;
    struct key *keys;
    uint32_t *buckets; /* <size> of them, a power of two */
    uint32_t size, room, used;
    uint32_t oldest, newest, unused;
};
struct zone_state {
    struct named named;
    struct part parts[PARTS];
};

/* ---- one part ---- */

static void part_init(struct part *p, uint32_t room)
{
    p->room = room;
    p->size = 8;
    while (p->size < room)
        p->size *= 2;
    p->keys = calloc((size_t)room + 1, sizeof(*p->keys));
    p->buckets = calloc(p->size, sizeof(*p->buckets));
    if (p->keys == NULL || p->buckets == NULL)
        oom_die(room * sizeof(*p->keys));
}

static uint32_t *bucket_of(struct part *p, uint64_t hash)
{
    return &p->buckets[(hash >> 8) & (p->size - 1)];
}

static void unlink_age(struct part *p, uint32_t i)
{
    struct key *k = &p->keys[i];
    *(k->older ? &p->keys[k->older].newer : &p->oldest) = k->newer;
    *(k->newer ? &p->keys[k->newer].older : &p->newest) = k->older;
}

static void link_newest(struct part *p, uint32_t i)
{
    struct key *k = &p->keys[i];
    k->older = p->newest;
    k->newer = 0;
    *(p->newest ? &p->keys[p->newest].newer : &p->oldest) = i;
    p->newest = i;
}

static void forget(struct part *p, uint32_t i)
{
    uint32_t *at = bucket_of(p, p->keys[i].hash);
    while (*at != i)
        at = &p->keys[*at].next;
    *at = p->keys[i].next;
    unlink_age(p, i);
    p->keys[i].next = p->unused;
    p->unused = i;
}

static uint32_t find(struct part *p, uint64_t hash)
{
    uint32_t i = *bucket_of(p, hash);
    while (i && p->keys[i].hash != hash)
        i = p->keys[i].next;
    return i;
}

/* 0: no room. */
static uint32_t add(struct part *p, uint64_t hash)
{
    uint32_t i = p->unused;
    if (i)
        p->unused = p->keys[i].next;
    else if (p->used < p->room)
        i = ++p->used;
    else
        return 0;
    uint32_t *bucket = bucket_of(p, hash);
    p->keys[i] = (struct key){ .hash = hash, .next = *bucket };
    *bucket = i;
    link_newest(p, i);
    return i;
}

static struct part *part_of(struct zone_state *z, uint64_t hash)
{
    return &z->parts[hash % PARTS];
}

/* ---- by time ---- */

static uint64_t too_early(const struct key *k, uint64_t rate, uint64_t now_ms)
{
    uint64_t gone = now_ms > k->used_ms ? now_ms - k->used_ms : 0;
    uint64_t owed = (uint64_t)k->count + 1000;
    if (gone > UINT32_MAX || rate > UINT32_MAX || rate * gone / 1000 >= owed)
        return 0;
    return owed - rate * gone / 1000;
}

uint64_t zone_rate(struct zone_state *z, struct span key, uint64_t rate, uint64_t burst, bool count,
                   instant now)
{
    uint64_t hash = hash_span(key), early = 0, now_ms = now.us / 1000;
    struct part *p = part_of(z, hash);
    lock_take(&p->lock);
    uint32_t i = find(p, hash);
    if (i)
        early = too_early(&p->keys[i], rate, now_ms);
    if (count && early <= burst) {
        if (i)
            unlink_age(p, i);
        else if (p->used == p->room && p->unused == 0)
            forget(p, p->oldest);
        if (i)
            link_newest(p, i);
        else
            i = add(p, hash);
        p->keys[i].used_ms = now_ms;
        p->keys[i].count = early > UINT32_MAX ? UINT32_MAX : (uint32_t)early;
    }
    lock_give(&p->lock);
    return early;
}

/* ---- at once ---- */

bool zone_enter(struct zone_state *z, struct span key, uint32_t most, uint64_t *ticket)
{
    uint64_t hash = hash_span(key);
    struct part *p = part_of(z, hash);
    lock_take(&p->lock);
    uint32_t i = find(p, hash);
    if (i == 0)
        i = add(p, hash);
    bool good = i && p->keys[i].count < most;
    if (good)
        p->keys[i].count++;
    lock_give(&p->lock);
    *ticket = hash;
    return good;
}

void zone_leave(struct zone_state *z, uint64_t ticket)
{
    struct part *p = part_of(z, ticket);
    lock_take(&p->lock);
    uint32_t i = find(p, ticket);
    BUG_ON(i == 0 || p->keys[i].count == 0);
    if (--p->keys[i].count == 0)
        forget(p, i);
    lock_give(&p->lock);
}

/* ---- life ---- */

struct zone_state *zone_state_find(struct state_world *w, const struct zone *model)
{
    struct named *n = name_table_find(&w->zones, model->identity);
    if (n) {
        atomic_fetch_add_explicit(&n->references, 1, memory_order_relaxed);
        return CONTAINER_OF(n, struct zone_state, named);
    }
    struct zone_state *z = state_alloc(64, sizeof(*z) + model->identity.len);
    char *identity = (char *)(z + 1);
    memcpy(identity, model->identity.ptr, model->identity.len);
    z->named.identity = span_of(identity, model->identity.len);
    uint64_t keys = model->size / KEY_BYTES / PARTS;
    for (unsigned i = 0; i < PARTS; i++)
        part_init(&z->parts[i], keys < KEYS_LEAST ? KEYS_LEAST : keys > 1u << 24 ? 1u << 24 : (uint32_t)keys);
    name_table_add(&w->zones, w, &z->named);
    return z;
}

void zone_state_put(struct zone_state *z)
{
    struct state_world *w = z->named.world;
    if (!named_put(&z->named))
        return;
    name_table_remove(&w->zones, &z->named);
    world_unlock(w);
    for (unsigned i = 0; i < PARTS; i++) {
        free(z->parts[i].keys);
        free(z->parts[i].buckets);
    }
    free(z);
}
