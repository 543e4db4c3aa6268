/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers for bytes in flight: two sizes, last-in first-out, per thread, under
 * one ceiling of bytes. A connection holds a chunk only while something is left
 * over in it; an idle one holds none. Also the thread's scratch: one big
 * buffer, hot in the cache, whose content is void after any call that may run
 * other people's code (a callback, conn_*).
 */
#pragma once

#include <stddef.h>

#include "base/macros.h"
#include "base/slab.h"

enum chunk_size { CHUNK_SMALL, CHUNK_LARGE, CHUNK_SIZES };

#define CHUNK_SCRATCH (256u * 1024)

struct chunks {
    struct slab slabs[CHUNK_SIZES];
    size_t room[CHUNK_SIZES]; /* bytes in a chunk of that size */
    size_t ceiling;           /* bytes handed out at most; 0 = no ceiling */
    size_t used;              /* bytes handed out */
    char *scratch;            /* CHUNK_SCRATCH bytes */
};

/* <small> and <large> in bytes, 0 for 16 KiB and 64 KiB; <large> is at least 64 KiB. Dies on
 * out of memory. */
void chunks_init(struct chunks *c, size_t small, size_t large, size_t ceiling);
/* BUG_ON when chunks are still out. */
void chunks_fini(struct chunks *c);

/* NULL at the ceiling or without memory: refuse that one connection. Content is undefined. */
MUST_USE void *chunk_get(struct chunks *c, enum chunk_size size);
/* NULL-safe. */
void chunk_put(struct chunks *c, enum chunk_size size, void *chunk);
static inline size_t chunk_room(const struct chunks *c, enum chunk_size size)
{
    return c->room[size];
}
