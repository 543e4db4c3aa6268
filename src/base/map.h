/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map from a span to a pointer, in an arena: filled by a builder, then only
 * read (any number of threads). Keys are not copied. Open addressing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

struct map_entry {
    struct span key;
    uint64_t hash;
    void *value;
};
struct map {
    struct map_entry *entries;
    uint32_t count, room;
    bool nocase; /* ASCII letters of either case are one */
};

void map_init(struct map *m, bool nocase);
/* Adds or replaces; returns the value that was there before, or NULL. <value> is not NULL. */
void *map_put(struct arena *a, struct map *m, struct span key, void *value);
/* NULL when absent. */
void *map_get(const struct map *m, struct span key);
/* Entry <i> of m->room, in no order; its value is NULL when the slot is empty. */
static inline const struct map_entry *map_at(const struct map *m, uint32_t i)
{
    return &m->entries[i];
}
