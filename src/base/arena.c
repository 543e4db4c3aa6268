/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/poison.h"

enum { BLOCK_DEFAULT = 16 * 1024, BLOCK_MIN = 256 };
/* No piece is larger; leaves room for the sums below, so that they need no check. */
#define PIECE_MAX (SIZE_MAX / 4)

/* The first block lies behind the struct: a small arena is one malloc. */
struct arena {
    char *next, *end; /* what is free in the newest block */
    size_t block;
    size_t taken;
    void **more; /* the blocks after the first, or every piece in plain builds */
    size_t more_count, more_room;
    _Alignas(ALLOC_ALIGN) char first[];
};

static void open_block(struct arena *a, char *at, size_t size)
{
    a->next = at;
    a->end = at + size;
    poison(at, size);
}

struct arena *arena_new(size_t block)
{
    if (block == 0)
        block = BLOCK_DEFAULT;
    if (block < BLOCK_MIN)
        block = BLOCK_MIN;
    if (block > PIECE_MAX)
        oom_die(block);
    block = PLAIN_ALLOC ? 0 : alloc_round(block);
    struct arena *a = malloc(sizeof(*a) + block);
    if (a == NULL)
        oom_die(sizeof(*a) + block);
    *a = (struct arena){ .block = block, .taken = sizeof(*a) + block };
    open_block(a, a->first, block);
    return a;
}

static void free_more(struct arena *a)
{
    for (size_t i = 0; i < a->more_count; i++)
        free(a->more[i]);
    free(a->more);
    a->more = NULL;
    a->more_count = a->more_room = 0;
}

void arena_free(struct arena **a)
{
    if (*a == NULL)
        return;
    free_more(*a);
    free(*a);
    *a = NULL;
}

void arena_reset(struct arena *a)
{
    free_more(a);
    a->taken = sizeof(*a) + a->block;
    open_block(a, a->first, a->block);
}

size_t arena_size(const struct arena *a)
{
    return a->taken;
}

/* <size> bytes from the system that the arena frees at its end. */
static char *take_more(struct arena *a, size_t size)
{
    if (a->more_count == a->more_room) {
        size_t room = a->more_room ? a->more_room * 2 : 8;
        void **more = reallocarray(a->more, room, sizeof(*more));
        if (more == NULL)
            oom_die(room * sizeof(*more));
        a->more = more;
        a->more_room = room;
    }
    char *fresh = malloc(size);
    if (fresh == NULL)
        oom_die(size);
    a->more[a->more_count++] = fresh;
    a->taken += size;
    return fresh;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > PIECE_MAX)
        oom_die(size);
    char *piece;
    size_t room = alloc_round(size) + POISON_RED_ZONE;
    if (PLAIN_ALLOC) {
        piece = take_more(a, size ? size : 1);
    } else if (room <= (size_t)(a->end - a->next)) {
        piece = a->next;
        a->next += room;
    } else if (room > a->block / 4) { /* large: a block of its own, and the newest one stays in use */
        piece = take_more(a, room);
        poison(piece, room);
    } else {
        open_block(a, take_more(a, a->block), a->block);
        piece = a->next;
        a->next += room;
    }
    unpoison(piece, size);
    return memset(piece, 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        oom_die(SIZE_MAX);
    return arena_alloc(a, bytes);
}

struct span arena_span(struct arena *a, struct span s)
{
    char *copy = arena_alloc(a, s.len + 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return span_of(copy, s.len);
}

struct span arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct span text = arena_vprintf(a, format, args);
    va_end(args);
    return text;
}

struct span arena_vprintf(struct arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int wanted = vsnprintf(NULL, 0, format, again);
    va_end(again);
    BUG_ON(wanted < 0);
    char *text = arena_alloc(a, (size_t)wanted + 1);
    (void)vsnprintf(text, (size_t)wanted + 1, format, args);
    return span_of(text, (size_t)wanted);
}

void *arena_grow(struct arena *a, void *items, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return items;
    uint32_t larger;
    if (__builtin_mul_overflow(*room ? *room : 4, 2u, &larger))
        oom_die(SIZE_MAX);
    void *copy = arena_array(a, larger, size);
    if (count)
        memcpy(copy, items, count * size);
    *room = larger;
    return copy;
}
