/* SPDX-License-Identifier: Apache-2.0 */
#include "io/chunk.h"

#include <stdlib.h>

#define PAGE 4096u

void chunks_init(struct chunks *c, size_t small, size_t large, size_t ceiling)
{
    small = small ? small : 16u * 1024;
    large = large > 64u * 1024 ? large : 64u * 1024;
    *c = (struct chunks){ .room = { small, large }, .ceiling = ceiling };
    /* Blocks of about 256 KiB: few calls, and pages are touched only as they are used. */
    slab_init(&c->slabs[CHUNK_SMALL], "small chunks", small, 16, 0);
    slab_init(&c->slabs[CHUNK_LARGE], "large chunks", large, 4, 0);
    c->scratch = aligned_alloc(PAGE, CHUNK_SCRATCH);
    if (!c->scratch)
        oom_die(CHUNK_SCRATCH);
}

void chunks_fini(struct chunks *c)
{
    BUG_ON(c->used != 0);
    for (unsigned i = 0; i < CHUNK_SIZES; i++)
        slab_fini(&c->slabs[i]);
    free(c->scratch);
    c->scratch = NULL;
}

void *chunk_get(struct chunks *c, enum chunk_size size)
{
    size_t room = c->room[size];

    if (c->ceiling && (c->used > c->ceiling || room > c->ceiling - c->used))
        return NULL;
    void *chunk = slab_get(&c->slabs[size]);
    if (chunk)
        c->used += room;
    return chunk;
}

void chunk_put(struct chunks *c, enum chunk_size size, void *chunk)
{
    if (!chunk)
        return;
    c->used -= c->room[size];
    slab_put(&c->slabs[size], chunk);
}
