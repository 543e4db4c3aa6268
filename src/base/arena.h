/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena hands out memory that is freed all at once: a configuration, a
 * request. One thread uses it at a time. In sanitizer builds what is not
 * handed out is poisoned and a red zone lies between neighbours; with
 * -Dplain_alloc=true each piece is its own malloc.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

struct arena;

/*
 * Configuration arenas die on out of memory (oom_die); <block> is the size of
 * each block, 0 for the default of 16 KiB. Never NULL.
 */
struct arena *arena_new(size_t block);
/* NULL-safe; empties the owner's pointer. */
void arena_free(struct arena **a);
/* Forgets everything and keeps the first block. */
void arena_reset(struct arena *a);
/* Bytes taken from the system. */
size_t arena_size(const struct arena *a);

/* Zeroed, aligned for any type. Never NULL. */
MUST_USE void *arena_alloc(struct arena *a, size_t size);
MUST_USE void *arena_array(struct arena *a, size_t count, size_t size);
#define ARENA_NEW(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, count, type) ((type *)arena_array((a), (count), sizeof(type)))

/* Copies; the copy is NUL-terminated too, so that .ptr can go to a system call. */
struct span arena_span(struct arena *a, struct span s);
struct span arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
struct span arena_vprintf(struct arena *a, const char *format, va_list args) PRINTF_LIKE(2, 0);

/*
 * A growing array in an arena, for builders. The old copy stays in the arena
 * until it ends, which is fine for configurations. Pointers into <items> are
 * void after a push.
 *     struct { struct server **items; uint32_t count, room; } servers;
 *     *ARENA_PUSH(arena, &list) = item;
 */
void *arena_grow(struct arena *a, void *items, uint32_t count, uint32_t *room, size_t size);
#define ARENA_PUSH(a, list)                                                                                  \
    ((list)->items = arena_grow((a), (list)->items, (list)->count, &(list)->room, sizeof(*(list)->items)),   \
     &(list)->items[(list)->count++])
