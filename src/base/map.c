/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/hash.h"
#include "base/macros.h"

enum { FIRST_ROOM = 8, FEW = 4 };

void map_init(struct map *m, bool nocase)
{
    *m = (struct map){ .nocase = nocase };
}

static uint64_t hash_of(const struct map *m, struct span key)
{
    return m->nocase ? hash_span_nocase(key) : hash_span(key);
}

/* The slot that holds <key>, or the empty one where it belongs. The room is a power of two, never full. */
static struct map_entry *slot_of(const struct map *m, struct span key, uint64_t hash)
{
    uint32_t mask = m->room - 1;
    for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
        struct map_entry *e = &m->entries[i];
        if (e->value == NULL)
            return e;
        if (e->hash == hash && (m->nocase ? span_eq_nocase(e->key, key) : span_eq(e->key, key)))
            return e;
    }
}

static void grow(struct arena *a, struct map *m)
{
    struct map old = *m;
    BUG_ON(old.room > UINT32_MAX / 2);
    m->room = old.room ? old.room * 2 : FIRST_ROOM;
    m->entries = ARENA_ARRAY(a, m->room, struct map_entry);
    for (uint32_t i = 0; i < old.room; i++)
        if (old.entries[i].value)
            *slot_of(m, old.entries[i].key, old.entries[i].hash) = old.entries[i];
}

void *map_put(struct arena *a, struct map *m, struct span key, void *value)
{
    BUG_ON(value == NULL);
    if (m->count >= m->room / 4 * 3)
        grow(a, m);
    uint64_t hash = hash_of(m, key);
    struct map_entry *e = slot_of(m, key, hash);
    void *before = e->value;
    if (before == NULL)
        m->count++;
    *e = (struct map_entry){ .key = key, .hash = hash, .value = value };
    return before;
}

/* Few keys are compared with less work than one is hashed. */
static void *get_of_few(const struct map *m, struct span key)
{
    uint32_t left = m->count;

    for (const struct map_entry *e = m->entries; left; e++) {
        if (e->value == NULL)
            continue;
        left--;
        if (e->key.len == key.len && (m->nocase ? span_eq_nocase(e->key, key) : span_eq(e->key, key)))
            return e->value;
    }
    return NULL;
}

void *map_get(const struct map *m, struct span key)
{
    if (m->count <= FEW)
        return get_of_few(m, key);
    return slot_of(m, key, hash_of(m, key))->value;
}
