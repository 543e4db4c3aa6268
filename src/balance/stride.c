/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's roundrobin, as it was measured (2.6, some thirty sets of weights over
 * three rounds each): a round has 16 times the sum of weights choices. At its
 * beginning everybody waits in the order of weight, the heaviest first. A choice
 * goes to who is due; if nobody is, to the next of those that wait; else to who
 * will be due first. Who was chosen is due again sum/weight choices after it was
 * due before; of two due at one choice the one first that has less of a rest in
 * that division, counted against its weight, then the one that has waited longer.
 */
#include "balance/internal.h"

enum stride_stage { STAGE_WAITS, STAGE_HEAP, STAGE_DONE };

struct stride {
    uint64_t sum; /* of the usable weights, in 16ths: the choices of a round */
    uint64_t at;  /* the choice of this round */
    uint64_t ticket;
    uint32_t *order;   /* entries by weight */
    uint32_t order_at; /* the first that may still wait */
    uint32_t waiting;  /* entries in STAGE_WAITS */
    struct entry **heap, **aside;
    uint32_t heap_len;
};

static bool before(const struct entry *a, const struct entry *b)
{
    if (a->due != b->due)
        return a->due < b->due;
    int64_t x = (int64_t)a->rest - a->weight, y = (int64_t)b->rest - b->weight;
    return x != y ? x < y : a->queued < b->queued;
}

static void heap_push(struct stride *s, struct entry *e)
{
    uint32_t i = s->heap_len++;
    for (uint32_t up; i && before(e, s->heap[up = (i - 1) / 2]); i = up)
        s->heap[i] = s->heap[up];
    s->heap[i] = e;
}

static struct entry *heap_pop(struct stride *s)
{
    struct entry *top = s->heap[0], *last = s->heap[--s->heap_len];
    uint32_t i = 0;
    for (uint32_t down; (down = 2 * i + 1) < s->heap_len; i = down) {
        if (down + 1 < s->heap_len && before(s->heap[down + 1], s->heap[down]))
            down++;
        if (!before(s->heap[down], last))
            break;
        s->heap[i] = s->heap[down];
    }
    s->heap[i] = last;
    return top;
}

static void begin_round(struct side *g)
{
    struct stride *s = g->own;
    s->at = s->heap_len = s->order_at = s->waiting = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        struct entry *e = &g->entries[i];
        e->stage = e->usable && e->weight ? STAGE_WAITS : STAGE_DONE;
        e->due = UINT64_MAX;
        e->rest = 0;
        s->waiting += e->stage == STAGE_WAITS;
    }
}

static void prepare(struct arena *a, struct side *g)
{
    struct stride *s = g->own = ARENA_NEW(a, struct stride);
    s->order = ARENA_ARRAY(a, g->count, uint32_t);
    s->heap = ARENA_ARRAY(a, g->count, struct entry *);
    s->aside = ARENA_ARRAY(a, g->count, struct entry *);
}

/* By weight, the file's order among equals: a merge of runs, <aside> is not needed for anything else now. */
static void sort_by_weight(const struct side *g, uint32_t *order, uint32_t *room)
{
    for (uint32_t i = 0; i < g->count; i++)
        order[i] = i;
    for (uint32_t run = 1; run < g->count; run *= 2) {
        for (uint32_t from = 0; from < g->count; from += 2 * run) {
            uint32_t a = from, a_end = from + run < g->count ? from + run : g->count;
            uint32_t b = a_end, b_end = a_end + run < g->count ? a_end + run : g->count;
            for (uint32_t to = from; to < b_end; to++) {
                bool first =
                    b == b_end || (a < a_end && g->entries[order[a]].weight >= g->entries[order[b]].weight);
                room[to] = order[first ? a++ : b++];
            }
        }
        memcpy(order, room, g->count * sizeof(*order));
    }
}

static void changed(struct side *g)
{
    struct stride *s = g->own;
    s->sum = 0;
    for (uint32_t i = 0; i < g->count; i++)
        if (g->entries[i].usable)
            s->sum += g->entries[i].weight;
    sort_by_weight(g, s->order, (uint32_t *)(void *)s->aside);
    begin_round(g);
}

/* The first that waits and may take. */
static struct entry *waiting_one(struct side *g, const struct choice *c)
{
    struct stride *s = g->own;
    while (s->waiting && s->order_at < g->count && g->entries[s->order[s->order_at]].stage != STAGE_WAITS)
        s->order_at++;
    for (uint32_t i = s->order_at; s->waiting && i < g->count; i++) {
        struct entry *e = &g->entries[s->order[i]];
        if (e->stage == STAGE_WAITS && may_take(c, e)) {
            s->waiting--;
            return e;
        }
    }
    return NULL;
}

/* The first in the heap that may take, and is due by <until>; the others stay where they are. */
static struct entry *heap_one(struct stride *s, const struct choice *c, uint64_t until)
{
    uint32_t aside = 0;
    struct entry *found = NULL;
    while (s->heap_len && s->heap[0]->due <= until) {
        struct entry *e = heap_pop(s);
        if (may_take(c, e)) {
            found = e;
            break;
        }
        s->aside[aside++] = e;
    }
    while (aside)
        heap_push(s, s->aside[--aside]);
    return found;
}

static struct entry *next_of_round(struct side *g, const struct choice *c)
{
    struct stride *s = g->own;
    struct entry *e = heap_one(s, c, s->at);
    if (e == NULL)
        e = waiting_one(g, c);
    return e ? e : heap_one(s, c, UINT64_MAX);
}

static void chosen(struct stride *s, struct entry *e)
{
    if (e->due == UINT64_MAX)
        e->due = s->at;
    e->due += s->sum / e->weight;
    e->rest += (uint32_t)(s->sum % e->weight);
    if (e->rest >= e->weight) {
        e->rest -= e->weight;
        e->due++;
    }
    s->at++;
    if (e->due >= s->sum) {
        e->stage = STAGE_DONE;
        return;
    }
    e->stage = STAGE_HEAP;
    e->queued = s->ticket++;
    heap_push(s, e);
}

static struct entry *choose(struct side *g, const struct choice *c, enum pick_reason *why)
{
    struct stride *s = g->own;
    *why = PICK_TURN;
    if (s->waiting == 0 && s->heap_len == 0)
        begin_round(g);
    struct entry *e = next_of_round(g, c);
    if (e == NULL && s->at) { /* who is left may not take; those that are done may */
        begin_round(g);
        e = next_of_round(g, c);
    }
    if (e)
        chosen(s, e);
    return e;
}

const struct algorithm algorithm_stride = {
    .prepare = prepare,
    .changed = changed,
    .choose = choose,
};
