/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/generation.h"

#include <stdlib.h>
#include <string.h>

#include "engine/core/access_log.h"
#include "state/snapshot.h"

/* NULL when there is nothing to copy. */
static void *copy_of(const void *from, size_t count, size_t size)
{
    if (!from || count == 0)
        return NULL;
    void *copy = malloc(count * size);
    if (!copy)
        oom_die(count * size);
    memcpy(copy, from, count * size);
    return copy;
}

struct generation *generation_new(const struct generation_parts *p, struct access_log *log,
                                  const struct generation *before, uint64_t number)
{
    struct generation *g = calloc(1, sizeof(*g));
    const struct config *c = p->snapshot->config;

    if (!g)
        oom_die(sizeof(*g));
    atomic_init(&g->references, 1);
    g->number = number;
    g->snapshot = p->snapshot;
    g->config = c;
    g->sockets = copy_of(p->sockets, p->socket_count, sizeof(*g->sockets));
    g->socket_count = p->socket_count;
    g->listener_tls = copy_of(p->listener_tls, c->listeners.count, sizeof(*g->listener_tls));
    g->tls_servers = copy_of(p->tls_servers, c->tls_servers.count, sizeof(struct tls_context *));
    g->tls_clients = copy_of(p->tls_clients, c->tls_clients.count, sizeof(*g->tls_clients));
    g->sinks = log_sinks_new(log, c, p->log_fds, before ? before->sinks : NULL);
    g->log_counters = calloc(c->log_counters + 1, sizeof(*g->log_counters));
    if (!g->log_counters)
        oom_die(c->log_counters * sizeof(*g->log_counters));
    g->on_end = p->on_end;
    g->to = p->to;
    return g;
}

struct generation *generation_get(struct generation *g)
{
    atomic_fetch_add_explicit(&g->references, 1, memory_order_relaxed);
    return g;
}

void generation_put(struct generation *g)
{
    if (!g || atomic_fetch_sub_explicit(&g->references, 1, memory_order_acq_rel) != 1)
        return;
    log_sinks_free(&g->sinks);
    snapshot_put(g->snapshot);
    if (g->on_end)
        g->on_end(g->to);
    free((void *)(uintptr_t)g->log_counters);
    free(g->sockets);
    free(g->listener_tls);
    free(g->tls_servers);
    free(g->tls_clients);
    free(g);
}
