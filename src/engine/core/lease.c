/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/lease.h"

#include <stdlib.h>

#include "engine/core/access_log.h"
#include "engine/core/slot.h"
#include "engine/core/thread.h"
#include "io/resolver.h"
#include "model/config.h"
#include "model/name_resolver.h"

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
    l->memos = calloc(g->config->proxies + 1, sizeof(*l->memos));
    if (!l->memos)
        oom_die(g->config->proxies * sizeof(*l->memos));
    slots_attach(l, before);
    list_push_back(&t->leases, &l->link);
    return l;
}

/* A try may last as long as nginx's: five seconds, or the whole time when that is shorter. */
static void resolver_options_of(const struct name_resolver *m, struct resolver_options *o)
{
    duration try = DURATION_MS(m->timeout.ms < 5000 ? m->timeout.ms : 5000);

    *o = (struct resolver_options){ .retry = try, .valid = m->valid };
    o->tries = try.ms ? m->timeout.ms / try.ms : 1;
    for (uint32_t i = 0; i < m->servers.count && i < RESOLVER_SERVERS; i++)
        o->servers[o->server_count++] = m->servers.items[i];
}

struct resolver *lease_resolver(struct lease *l, const struct name_resolver *m)
{
    struct resolver_options o;

    if (l->resolvers == NULL)
        l->resolvers = calloc(l->config->name_resolvers.count, sizeof(struct resolver *));
    if (l->resolvers == NULL)
        return NULL;
    if (l->resolvers[m->index] == NULL) {
        resolver_options_of(m, &o);
        l->resolvers[m->index] = resolver_new(l->thread->loop, &o);
    }
    return l->resolvers[m->index];
}

static void resolvers_free(struct lease *l)
{
    for (uint32_t i = 0; l->resolvers && i < l->config->name_resolvers.count; i++)
        resolver_free(&l->resolvers[i]);
    free(l->resolvers);
}

static void release_generation(void *generation)
{
    generation_put(generation);
}

static void lease_end(struct lease *l)
{
    uint32_t proxies = l->config->proxies;

    slots_detach(l);
    resolvers_free(l);
    link_remove(&l->link);
    /* Lines for its sinks may still lie in the ring: the helper gives the reference back behind them. */
    log_release(l->thread->log, release_generation, l->generation);
    for (uint32_t i = 0; i <= proxies; i++)
        free(l->memos[i]);
    free(l->memos);
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
