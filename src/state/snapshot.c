/* SPDX-License-Identifier: Apache-2.0 */
#include "state/snapshot.h"

#include <stdlib.h>

#include "state/bulletin.h"
#include "state/state_internal.h"

static void *table(uint32_t count)
{
    void *t = calloc(count ? count : 1, sizeof(void *));
    if (t == NULL)
        oom_die(count * sizeof(void *));
    return t;
}

/* Who tracks whom is said anew for every server, so that no circle lives on from the file before. */
static void bind_tracking(struct snapshot *s, instant now)
{
    const struct config *c = s->config;
    for (uint32_t i = 0; i < c->servers.count; i++) {
        if (s->servers[i]->tracks && c->servers.items[i]->track == NULL)
            server_health_begin(s->servers[i], c->servers.items[i]); /* what it took over is not its own */
        server_state_track(s->servers[i], NULL);
    }
    for (uint32_t i = 0; i < c->servers.count; i++)
        if (c->servers.items[i]->track)
            server_state_track(s->servers[i], s->servers[c->servers.items[i]->track->index]);
    for (uint32_t i = 0; i < c->servers.count; i++)
        if (s->servers[i]->tracks == NULL)
            server_followers_follow(s->servers[i], now);
}

/* A mirror that is full of servers that no file has any more begins anew with those that there are. */
static void make_room_in_mirror(struct snapshot *s)
{
    struct mirror *m = s->world->mirror;
    if (m == NULL || !mirror_is_crowded(m))
        return;
    mirror_clear(m);
    for (uint32_t i = 0; i < s->config->servers.count; i++) {
        struct server_state *server = s->servers[i];
        atomic_store_explicit(&server->mirror, mirror_find(m, server->named.identity), memory_order_relaxed);
        server_mirror(server);
    }
    for (uint32_t i = 0; i < s->config->services.count; i++)
        service_mirror(s->services[i]);
}

struct snapshot *snapshot_new(struct state_world *w, const struct config *c)
{
    BUG_ON(!c->sealed);
    struct snapshot *s = calloc(1, sizeof(*s));
    if (s == NULL)
        oom_die(sizeof(*s));
    atomic_store_explicit(&s->references, 1, memory_order_relaxed);
    s->world = w;
    s->rates = state_world_rates(w);
    s->config = c;
    s->pools = table(c->pools.count);
    s->servers = table(c->servers.count);
    s->services = table(c->services.count);
    s->sticks = table(c->stick_tables.count);
    s->zones = table(c->zones.count);
    s->values = c->process_slots ? kept_new() : NULL;
    world_lock(w);
    for (uint32_t i = 0; i < c->pools.count; i++)
        s->pools[i] = pool_state_find(w, c->pools.items[i]);
    for (uint32_t i = 0; i < c->services.count; i++)
        s->services[i] = service_state_find(w, c->services.items[i]);
    for (uint32_t i = 0; i < c->stick_tables.count; i++)
        s->sticks[i] = stick_state_find(w, c->stick_tables.items[i]);
    for (uint32_t i = 0; i < c->zones.count; i++)
        s->zones[i] = zone_state_find(w, c->zones.items[i]);
    for (uint32_t i = 0; i < c->servers.count; i++) {
        const struct server *model = c->servers.items[i];
        s->servers[i] = server_state_find(w, s->pools[model->pool->index], model);
        server_state_bind(s->servers[i], model);
    }
    instant now = clock_now();
    bind_tracking(s, now);
    make_room_in_mirror(s);
    patterns_bind(s);
    world_unlock(w);
    rates_bind(state_world_rates(w), c);
    bulletin_begin(s);
    for (uint32_t i = 0; i < c->pools.count; i++)
        pool_changed(s->pools[i], now);
    return s;
}

struct snapshot *snapshot_get(struct snapshot *s)
{
    atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

void snapshot_put(struct snapshot *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) != 1)
        return;
    if (s->balance_free)
        s->balance_free(s->balance);
    patterns_unbind(s);
    for (uint32_t i = 0; i < s->config->servers.count; i++)
        server_state_put(s->servers[i]);
    for (uint32_t i = 0; i < s->config->services.count; i++)
        service_state_put(s->services[i]);
    for (uint32_t i = 0; i < s->config->pools.count; i++)
        pool_state_put(s->pools[i]);
    for (uint32_t i = 0; i < s->config->stick_tables.count; i++)
        stick_state_put(s->sticks[i]);
    free(s->sticks);
    for (uint32_t i = 0; i < s->config->zones.count; i++)
        zone_state_put(s->zones[i]);
    free(s->zones);
    kept_free(&s->values);
    free(s->servers);
    free(s->services);
    free(s->pools);
    if (s->on_end)
        s->on_end(s->to);
    free(s);
}
