/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/lease.h"

#include <stdlib.h>

#include "engine/core/access_log.h"
#include "engine/core/slot.h"
#include "engine/core/thread.h"

struct lease *lease_new(struct thread *t, struct generation *g, struct lease *before)
{
    struct lease *l = calloc(1, sizeof(*l));

    if (!l)
        oom_die(sizeof(*l));
    l->thread = t;
    l->generation = g;
    l->snapshot = g->snapshot;
    l->config = g->config;
    l->current = true;
    slots_attach(l, before);
    list_push_back(&t->leases, &l->link);
    return l;
}

static void release_generation(void *generation)
{
    generation_put(generation);
}

static void lease_end(struct lease *l)
{
    slots_detach(l);
    link_remove(&l->link);
    /* Lines for its sinks may still lie in the ring: the helper gives the reference back behind them. */
    log_release(l->thread->log, release_generation, l->generation);
    free(l);
}

void lease_put(struct lease *l)
{
    BUG_ON(l->users == 0);
    l->users--;
    if (l->users == 0 && !l->current)
        lease_end(l);
}

void lease_retire(struct lease *l)
{
    BUG_ON(!l->current);
    l->current = false;
    if (l->users == 0)
        lease_end(l);
}
