/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Level k has slots of 64^k ms. An entry lies on the lowest level that reaches
 * its time, in the slot that holds it; when that slot's first millisecond
 * comes, the entry fires or is filed again further down. A slot is told by its
 * distance from now, 1 to 64, so that the slot of now itself means "64 ahead".
 */
#include "io/wheel.h"

#define BITS  6u /* of a slot's number: 64 slots */
#define REACH ((uint64_t)1 << (BITS * WHEEL_LEVELS))

void wheel_init(struct wheel *w, instant now)
{
    w->now = now.us / 1000;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        w->filled[level] = 0;
        for (unsigned slot = 0; slot < WHEEL_SLOTS; slot++)
            list_init(&w->slots[level][slot]);
    }
}

static void wheel_file(struct wheel *w, struct deadline *d)
{
    uint64_t at = d->at;

    if (at <= w->now)
        at = w->now + 1;
    if (at - w->now >= REACH)
        at = w->now + REACH - 1; /* filed again when that slot fires */

    unsigned level = (63u - (unsigned)__builtin_clzll(at - w->now)) / BITS;
    uint64_t tick = at >> (BITS * level);
    unsigned slot = (unsigned)(tick % WHEEL_SLOTS);

    d->filed = tick << (BITS * level);
    w->filled[level] |= (uint64_t)1 << slot;
    list_push_back(&w->slots[level][slot], &d->link);
}

/* Unlinks, and clears the slot's bit when it held nothing else. */
static void wheel_take(struct wheel *w, struct deadline *d)
{
    struct link *only = d->link.prev;
    bool was_last = only == d->link.next;

    link_remove(&d->link);
    if (!was_last || only == &d->link)
        return;

    const struct list *first = &w->slots[0][0];
    uintptr_t head = (uintptr_t)only, base = (uintptr_t)first;
    if (head < base || head >= base + sizeof(w->slots))
        return; /* it was in the list of those that are due */
    size_t index = (head - base) / sizeof(struct list);
    w->filled[index / WHEEL_SLOTS] &= ~((uint64_t)1 << (index % WHEEL_SLOTS));
}

void wheel_set(struct wheel *w, struct deadline *d, instant at)
{
    if (at.us == UINT64_MAX) {
        wheel_clear(d);
        return;
    }
    d->at = at.us / 1000 + (at.us % 1000 != 0);
    if (link_is_linked(&d->link)) {
        if (d->at >= d->filed)
            return;
        wheel_take(w, d);
    }
    wheel_file(w, d);
}

void wheel_forget(struct wheel *w, struct deadline *d)
{
    d->at = DEADLINE_NEVER;
    wheel_take(w, d);
}

/* The slots whose time comes in (from, to], counted in ticks of one level. */
static uint64_t wheel_passed(uint64_t from, uint64_t to)
{
    uint64_t count = to - from;

    if (count >= WHEEL_SLOTS)
        return UINT64_MAX;
    uint64_t run = ((uint64_t)1 << count) - 1;
    unsigned by = (unsigned)((from + 1) % WHEEL_SLOTS);
    return by ? run << by | run >> (WHEEL_SLOTS - by) : run;
}

static void list_move_all(struct list *from, struct list *to)
{
    if (list_is_empty(from))
        return;
    struct link *first = from->head.next, *last = from->head.prev, *end = to->head.prev;

    end->next = first;
    first->prev = end;
    last->next = &to->head;
    to->head.prev = last;
    list_init(from);
}

static void wheel_collect(struct wheel *w, uint64_t now, struct list *due)
{
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        uint64_t from = w->now >> (BITS * level), to = now >> (BITS * level);
        if (from == to)
            break;
        uint64_t slots = w->filled[level] & wheel_passed(from, to);
        w->filled[level] &= ~slots;
        for (; slots; slots &= slots - 1)
            list_move_all(&w->slots[level][__builtin_ctzll(slots)], due);
    }
}

unsigned wheel_advance(struct wheel *w, instant now)
{
    uint64_t ms = now.us / 1000;
    unsigned fired = 0;
    struct list due;

    if (ms <= w->now)
        return 0;
    list_init(&due);
    wheel_collect(w, ms, &due);
    w->now = ms;

    for (struct link *l; (l = list_take_first(&due)) != NULL;) {
        struct deadline *d = LIST_ITEM(l, struct deadline, link);
        if (d->at == DEADLINE_NEVER)
            continue;
        if (d->at > ms) {
            wheel_file(w, d);
            continue;
        }
        d->at = DEADLINE_NEVER;
        fired++;
        d->on_expired(d);
    }
    return fired;
}

uint32_t wheel_sleep_ms(const struct wheel *w, instant now, uint32_t most)
{
    uint64_t next = UINT64_MAX;

    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        uint64_t filled = w->filled[level];
        if (!filled)
            continue;
        uint64_t tick = w->now >> (BITS * level);
        unsigned by = (unsigned)((tick + 1) % WHEEL_SLOTS);
        if (by)
            filled = filled >> by | filled << (WHEEL_SLOTS - by);
        uint64_t at = (tick + 1 + (unsigned)__builtin_ctzll(filled)) << (BITS * level);
        if (at < next)
            next = at;
    }
    if (next == UINT64_MAX)
        return most;
    if (next * 1000 <= now.us)
        return 0;
    uint64_t ms = (next * 1000 - now.us + 999) / 1000;
    return ms < most ? (uint32_t)ms : most;
}
