/* SPDX-License-Identifier: Apache-2.0 */
#include "base/scratch.h"

#include <stdlib.h>
#include <string.h>

#include "base/poison.h"

/* Stands at the beginning of each chunk, whether from the slab or from malloc. */
struct scratch_chunk {
    struct scratch_chunk *next;
    uint32_t size; /* of the whole */
    bool own;      /* from malloc */
};
enum { HEAD = (sizeof(struct scratch_chunk) + ALLOC_ALIGN - 1) / ALLOC_ALIGN * ALLOC_ALIGN };

void scratch_init(struct scratch *s, struct slab *slab, uint32_t ceiling)
{
    BUG_ON(slab->size < HEAD * 4);
    *s = (struct scratch){ .slab = slab, .ceiling = ceiling };
}

void scratch_reset(struct scratch *s)
{
    while (s->chunks) {
        struct scratch_chunk *c = s->chunks;
        s->chunks = c->next;
        unpoison(c, c->size);
        if (c->own)
            free(c);
        else
            slab_put(s->slab, c);
    }
    s->at = s->end = NULL;
    s->taken = 0;
}

static struct scratch_chunk *take_chunk(struct scratch *s, size_t size, bool own)
{
    if (size > s->ceiling - s->taken)
        return NULL;
    struct scratch_chunk *c = own ? malloc(size) : slab_get(s->slab);
    if (c == NULL)
        return NULL;
    s->taken += (uint32_t)size;
    *c = (struct scratch_chunk){ .next = s->chunks, .size = (uint32_t)size, .own = own };
    s->chunks = c;
    return c;
}

/* A piece that does not fit into what is left of the newest chunk. */
static char *take_slowly(struct scratch *s, size_t size)
{
    size_t with_head = size + HEAD + POISON_RED_ZONE;
    if (size > UINT32_MAX / 2)
        return NULL;
    if (PLAIN_ALLOC || with_head > s->slab->size) {
        /* A chunk of its own; the newest one stays in use. */
        struct scratch_chunk *own = take_chunk(s, with_head, true);
        return own ? (char *)own + HEAD : NULL;
    }
    struct scratch_chunk *c = take_chunk(s, s->slab->size, false);
    if (c == NULL)
        return NULL;
    char *piece = (char *)c + HEAD;
    s->at = piece + size + POISON_RED_ZONE;
    s->end = (char *)c + s->slab->size;
    poison(piece, (size_t)(s->end - piece));
    return piece;
}

char *scratch_bytes(struct scratch *s, size_t size)
{
    char *piece = s->at;
    if (piece == NULL || size + POISON_RED_ZONE > (size_t)(s->end - piece) || size > UINT32_MAX / 2)
        piece = take_slowly(s, size);
    else
        s->at = piece + size + POISON_RED_ZONE;
    if (piece)
        unpoison(piece, size);
    return piece;
}

void *scratch_alloc(struct scratch *s, size_t size)
{
    size_t over = (size_t)((uintptr_t)s->at & (ALLOC_ALIGN - 1));
    if (s->at && over)
        s->at = (size_t)(s->end - s->at) >= ALLOC_ALIGN - over ? s->at + (ALLOC_ALIGN - over) : s->end;
    /* A chunk begins aligned, so the slow path gives an aligned piece too. */
    return scratch_bytes(s, size);
}

void *scratch_zalloc(struct scratch *s, size_t size)
{
    void *piece = scratch_alloc(s, size);
    return piece ? memset(piece, 0, size) : NULL;
}

void scratch_shrink(struct scratch *s, char *last, size_t taken, size_t keep)
{
    BUG_ON(keep > taken);
    if (s->at == last + taken + POISON_RED_ZONE) {
        s->at = last + keep + POISON_RED_ZONE;
        poison(last + keep, taken - keep);
    }
}

struct span scratch_span(struct scratch *s, struct span text)
{
    return scratch_join(s, text, span_of(NULL, 0));
}

struct span scratch_join(struct scratch *s, struct span a, struct span b)
{
    char *copy = scratch_bytes(s, a.len + b.len);
    if (copy == NULL)
        return span_of(NULL, 0);
    if (a.len)
        memcpy(copy, a.ptr, a.len);
    if (b.len)
        memcpy(copy + a.len, b.ptr, b.len);
    return span_of(copy, a.len + b.len);
}
