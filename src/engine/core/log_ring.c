/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/log_ring.h"

#include <stdlib.h>

#define ALIGN 8u

bool log_ring_init(struct log_ring *r, struct access_log *l, size_t size)
{
    *r = (struct log_ring){ .log = l, .size = 4096 };
    link_init(&r->link);
    while (r->size < size)
        r->size *= 2;
    r->bytes = aligned_alloc(64, r->size);
    return r->bytes != NULL;
}

void log_ring_fini(struct log_ring *r)
{
    free(r->bytes);
    r->bytes = NULL;
}

static size_t record_size(size_t text)
{
    return (offsetof(struct record, text) + text + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static size_t room(struct log_ring *r, uint64_t head, size_t wanted)
{
    if (r->size - (head - r->tail_seen) < wanted)
        r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
    return r->size - (size_t)(head - r->tail_seen);
}

static struct record *at_position(const struct log_ring *r, uint64_t position)
{
    return (struct record *)(void *)(r->bytes + (position & (r->size - 1)));
}

/* A record never wraps: what is left before the end is skipped. A rest too short for a header is skipped by
 * both sides without one. */
static bool skip_to_start(struct log_ring *r, uint64_t *head, size_t wanted)
{
    size_t to_end = r->size - (size_t)(*head & (r->size - 1));

    if (to_end >= wanted)
        return true;
    if (room(r, *head, to_end + wanted) < to_end + wanted)
        return false;
    if (to_end >= sizeof(struct record))
        *at_position(r, *head) = (struct record){ .size = (uint32_t)to_end, .kind = RECORD_SKIP };
    *head += to_end;
    atomic_store_explicit(&r->head, *head, memory_order_release);
    return true;
}

struct record *log_ring_open(struct log_ring *r, size_t text)
{
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    size_t wanted = record_size(text);

    if (wanted > r->size / 2 || room(r, head, wanted) < wanted || !skip_to_start(r, &head, wanted))
        return NULL;
    r->open = at_position(r, head);
    return r->open;
}

bool log_ring_close(struct log_ring *r, size_t text)
{
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    size_t size = record_size(text);

    r->open->text_len = (uint32_t)text;
    r->open->size = (uint32_t)size;
    r->open = NULL;
    head += size;
    atomic_store_explicit(&r->head, head, memory_order_release);
    return head - r->tail_seen > r->size / 2 && r->size - room(r, head, r->size) > r->size / 2;
}

struct record *log_ring_next(struct log_ring *r, uint64_t *at)
{
    uint64_t head = atomic_load_explicit(&r->head, memory_order_acquire);

    while (*at < head) {
        size_t to_end = r->size - (size_t)(*at & (r->size - 1));
        if (to_end < sizeof(struct record)) {
            *at += to_end;
            continue;
        }
        struct record *record = at_position(r, *at);
        *at += record->size;
        if (record->kind != RECORD_SKIP)
            return record;
    }
    return NULL;
}

void log_ring_read_to(struct log_ring *r, uint64_t at)
{
    atomic_store_explicit(&r->tail, at, memory_order_release);
}
