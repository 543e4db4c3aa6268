/* SPDX-License-Identifier: Apache-2.0 */
#include "state/bulletin.h"

static unsigned describe(const struct server_state *s)
{
    unsigned admin = atomic_load_explicit(&s->admin, memory_order_relaxed), is = 0;
    enum health h = atomic_load_explicit(&s->health, memory_order_relaxed);
    bool by_check = h != HEALTH_UNCHECKED && atomic_load_explicit(&s->points, memory_order_relaxed) <
                                                 atomic_load_explicit(&s->rise, memory_order_relaxed);

    if (by_check || atomic_load_explicit(&s->agent_down, memory_order_relaxed))
        is |= BULLETIN_DOWN;
    else if (atomic_load_explicit(&s->stops, memory_order_relaxed))
        is |= BULLETIN_STOPPING;
    if (admin & (ADMIN_MAINT | ADMIN_FILE_DOWN))
        is |= BULLETIN_MAINT;
    if (admin & ADMIN_TRACKED_MAINT)
        is |= BULLETIN_MAINT_VIA;
    if (admin & (ADMIN_DRAIN | ADMIN_FILE_DRAIN))
        is |= BULLETIN_DRAIN;
    if (admin & ADMIN_TRACKED_DRAIN)
        is |= BULLETIN_DRAIN_VIA;
    if (atomic_load_explicit(&s->weight, memory_order_relaxed) == 0)
        is |= BULLETIN_IDLE;
    if (atomic_load_explicit(&s->no_address, memory_order_relaxed))
        is |= BULLETIN_NO_ADDRESS;
    return is;
}

static unsigned told(const struct server_state *s)
{
    return atomic_load_explicit(&s->told, memory_order_relaxed);
}

/* With the pool's lock held. */
static void count(struct bulletin *b)
{
    const struct pool *p = b->server->pool;

    for (uint32_t i = 0; i < p->servers.count; i++)
        if (told(snapshot_server(b->snapshot, p->servers.items[i])) == 0)
            ++*(p->servers.items[i]->backup ? &b->backup : &b->active);
}

/* With the pool's lock held: is it up? A pool without servers (it may have one at any time) is. */
static void note_pool(struct pool_state *p, const struct bulletin *b, instant now)
{
    bool down = b->active + b->backup == 0 && b->server->pool->servers.count > 0;
    bool was = atomic_load_explicit(&p->down, memory_order_relaxed);

    if (down == was)
        return;
    uint64_t since = atomic_exchange_explicit(&p->since_us, now.us, memory_order_relaxed);
    if (down)
        atomic_fetch_add_explicit(&p->downs, 1, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&p->down_us, now.us > since ? now.us - since : 0, memory_order_relaxed);
    atomic_store_explicit(&p->down, down, memory_order_relaxed);
}

/* False: there is nothing to tell. The lock makes the last who looks the one who has seen the newest. */
static bool take(struct bulletin *b)
{
    struct server_state *s = snapshot_server(b->snapshot, b->server);

    if (told(s) == describe(s))
        return false;
    lock_take(&s->pool->lock);
    b->before = told(s);
    b->after = describe(s);
    atomic_store_explicit(&s->told, (uint8_t)b->after, memory_order_relaxed);
    count(b);
    note_pool(s->pool, b, clock_now());
    lock_give(&s->pool->lock);
    b->none_left = b->before == 0 && b->after != 0 && b->active + b->backup == 0;
    return (b->before ^ b->after) & ~(unsigned)BULLETIN_IDLE;
}

static bool tracks(const struct server *s, const struct server *tracked, uint32_t most)
{
    for (; s->track != NULL && most > 0; s = s->track, most--)
        if (s->track == tracked)
            return true;
    return false;
}

void bulletin_issue(const struct snapshot *s, const struct server *server, enum bulletin_cause cause,
                    bulletin_fn tell, void *to)
{
    struct bulletin b = { .snapshot = s, .server = server, .cause = cause };
    const uint32_t count = s->config->servers.count;

    if (!take(&b))
        return;
    if (tell != NULL)
        tell(to, &b);
    /* The last of the files first, as HAProxy tells them. */
    for (uint32_t i = count; i-- > 0;) {
        b = (struct bulletin){ .snapshot = s, .server = s->config->servers.items[i], .cause = cause };
        if (tracks(b.server, server, count) && take(&b) && tell != NULL)
            tell(to, &b);
    }
}

void bulletin_begin(const struct snapshot *s)
{
    for (uint32_t i = 0; i < s->config->servers.count; i++) {
        struct server_state *server = s->servers[i];
        lock_take(&server->pool->lock);
        atomic_store_explicit(&server->told, (uint8_t)describe(server), memory_order_relaxed);
        lock_give(&server->pool->lock);
    }
    for (uint32_t i = 0; i < s->config->pools.count; i++) {
        struct pool_state *p = s->pools[i];
        struct bulletin b = { .snapshot = s };
        lock_take(&p->lock);
        if (s->config->pools.items[i]->servers.count > 0) {
            b.server = s->config->pools.items[i]->servers.items[0];
            count(&b);
            atomic_store_explicit(&p->down, b.active + b.backup == 0, memory_order_relaxed);
        }
        if (atomic_load_explicit(&p->since_us, memory_order_relaxed) == 0)
            atomic_store_explicit(&p->since_us, clock_now().us, memory_order_relaxed);
        lock_give(&p->lock);
    }
}
