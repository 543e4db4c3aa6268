/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixed-size objects of one thread: a last-in first-out free list, so that the
 * object taken next is the one still in the cache. Memory goes back to the
 * system only in slab_fini. No lock: one slab, one thread. Free
 * objects are poisoned in sanitizer builds and filled with 0xdf in debug
 * builds; -Dplain_alloc=true makes each object its own malloc.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct slab {
    size_t size;        /* of one object, rounded up for alignment */
    uint32_t per_block; /* objects taken from the system at a time */
    uint32_t limit;     /* objects at most, 0 = no limit */
    uint32_t used;      /* handed out now */
    uint32_t total;     /* in existence */
    void *free_list;
    void *blocks;
    const char *name; /* for status and bug messages; not copied */
};

void slab_init(struct slab *s, const char *name, size_t size, uint32_t per_block, uint32_t limit);
/* BUG_ON when objects are still handed out. */
void slab_fini(struct slab *s);
/* Not zeroed. NULL when the limit or the system's memory is reached: refuse that one connection. */
MUST_USE void *slab_get(struct slab *s);
/* NULL-safe. */
void slab_put(struct slab *s, void *object);
