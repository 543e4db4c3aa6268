/* SPDX-License-Identifier: Apache-2.0 */
#include "state/captured.h"

#include <stdlib.h>
#include <string.h>

static void copy(char *to, size_t room, struct span text)
{
    size_t len = text.len < room ? text.len : room - 1;

    if (len > 0)
        memcpy(to, text.ptr, len);
    to[len] = '\0';
}

static struct captured *slot_of(captured_slot *slot)
{
    struct captured *c = atomic_load_explicit(slot, memory_order_acquire), *before = NULL;

    if (c != NULL)
        return c;
    c = calloc(1, sizeof(*c));
    if (c == NULL ||
        atomic_compare_exchange_strong_explicit(slot, &before, c, memory_order_acq_rel, memory_order_acquire))
        return c;
    free(c);
    return before;
}

void captured_put(captured_slot *slot, _Atomic uint32_t *events, const struct captured_note *n)
{
    struct captured *c = slot_of(slot);
    struct span bytes = span_first(n->bytes, n->bytes.len < CAPTURED_MOST ? n->bytes.len : CAPTURED_MOST);

    if (c == NULL)
        return;
    lock_take(&c->lock);
    c->wall_us = n->wall_us;
    c->event = atomic_fetch_add_explicit(events, 1, memory_order_relaxed);
    c->len = (uint32_t)bytes.len;
    c->at = n->at;
    c->room = n->room;
    if (bytes.len > 0)
        memcpy(c->bytes, bytes.ptr, bytes.len);
    copy(c->source, sizeof(c->source), n->source);
    copy(c->other, sizeof(c->other), n->other);
    copy(c->server, sizeof(c->server), n->server);
    lock_give(&c->lock);
}

bool captured_get(const captured_slot *slot, struct captured *out)
{
    struct captured *c = atomic_load_explicit(slot, memory_order_acquire);

    if (c == NULL)
        return false;
    lock_take(&c->lock);
    bool there = c->wall_us != 0;
    memcpy(out, c, sizeof(*c));
    lock_give(&c->lock);
    return there;
}

void captured_free(captured_slot *slot)
{
    free(atomic_exchange_explicit(slot, NULL, memory_order_relaxed));
}
