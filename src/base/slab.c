/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slab.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/poison.h"

enum { FREED_BYTE = 0xdf };

/* A free object begins with the next free one; a block with the next block. */
struct slab_link {
    struct slab_link *next;
};
enum { BLOCK_HEAD = ALLOC_ALIGN };

/*
 * Objects of whole pages would all begin in one set of the cache, which holds
 * a dozen lines: each begins a line later than the one before it.
 */
#define PAGE 4096u
#define LINE 64u
static size_t stride(const struct slab *s)
{
    return s->size + POISON_RED_ZONE + (s->size % PAGE == 0 ? LINE : 0);
}

void slab_init(struct slab *s, const char *name, size_t size, uint32_t per_block, uint32_t limit)
{
    BUG_ON(size == 0 || per_block == 0 || size > SIZE_MAX / 4 / per_block);
    *s = (struct slab){ .size = alloc_round(size), .per_block = per_block, .limit = limit, .name = name };
}

void slab_fini(struct slab *s)
{
    if (s->used)
        fprintf(stderr, "keel: slab \"%s\" ends with %u objects in use\n", s->name, s->used);
    BUG_ON(s->used != 0);
    for (struct slab_link *block = s->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    s->blocks = s->free_list = NULL;
    s->total = 0;
}

static void free_list_push(struct slab *s, struct slab_link *object)
{
    if (FILL_FREED)
        memset(object, FREED_BYTE, s->size);
    object->next = s->free_list;
    s->free_list = object;
    poison(object, s->size);
}

/* In debug builds: nobody wrote to the object while it was free. */
static bool is_untouched(const struct slab *s, const void *object)
{
    const unsigned char *byte = object;
    for (size_t i = sizeof(struct slab_link); FILL_FREED && i < s->size; i++)
        if (byte[i] != FREED_BYTE)
            return false;
    return true;
}

static bool add_block(struct slab *s)
{
    uint32_t count = s->per_block;
    if (s->limit && count > s->limit - s->total)
        count = s->limit - s->total;
    if (count == 0)
        return false;
    char *block = malloc(BLOCK_HEAD + count * stride(s));
    if (block == NULL)
        return false;
    struct slab_link *head = (struct slab_link *)(void *)block;
    head->next = s->blocks;
    s->blocks = head;
    poison(block + BLOCK_HEAD, count * stride(s));
    for (uint32_t i = count; i-- > 0;) { /* backwards: the first object is handed out first */
        char *object = block + BLOCK_HEAD + i * stride(s);
        unpoison(object, s->size);
        free_list_push(s, (struct slab_link *)(void *)object);
    }
    s->total += count;
    return true;
}

static void *plain_get(struct slab *s)
{
    void *object = s->limit && s->used == s->limit ? NULL : malloc(s->size);
    if (object)
        s->total = ++s->used;
    return object;
}

/* Out of line, so that the usual way needs no stack. */
static COLD void *get_from_new_block(struct slab *s)
{
    return add_block(s) ? slab_get(s) : NULL;
}

void *slab_get(struct slab *s)
{
    if (PLAIN_ALLOC)
        return plain_get(s);
    if (UNLIKELY(s->free_list == NULL))
        return get_from_new_block(s);
    struct slab_link *object = s->free_list;
    unpoison(object, s->size);
    s->free_list = object->next;
    __builtin_prefetch(object->next, 1); /* the next one's, which may have been free for long */
    s->used++;
    BUG_ON(!is_untouched(s, object));
    return object;
}

void slab_put(struct slab *s, void *object)
{
    if (object == NULL)
        return;
    BUG_ON(s->used == 0);
    s->used--;
    if (PLAIN_ALLOC) {
        s->total = s->used;
        free(object);
        return;
    }
    BUG_ON(poison_is_at(object)); /* put twice */
    free_list_push(s, object);
}
