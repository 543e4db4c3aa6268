/* SPDX-License-Identifier: Apache-2.0 */
/* The first server, by id, that has a free place: few servers are kept busy, the others may sleep. */
#include "balance/internal.h"

static void prepare(struct arena *a, struct side *g)
{
    struct entry **order = g->own = ARENA_ARRAY(a, g->count, struct entry *);
    for (uint32_t i = 0; i < g->count; i++) {
        uint32_t at = i;
        for (; at && order[at - 1]->model->id > g->entries[i].model->id; at--)
            order[at] = order[at - 1];
        order[at] = &g->entries[i];
    }
}

static struct entry *choose(struct side *g, const struct choice *c, enum pick_reason *why)
{
    struct entry *const *order = g->own;
    *why = PICK_FIRST;
    for (uint32_t i = 0; i < g->count; i++)
        if (may_take(c, order[i]))
            return order[i];
    return NULL;
}

const struct algorithm algorithm_first = {
    .prepare = prepare,
    .choose = choose,
};
