/* SPDX-License-Identifier: Apache-2.0 */
/* Pools and servers: which were chosen for the stream, and what is true of any of them. */
#include "eval/eval_internal.h"
#include "state/snapshot.h"

static struct value live_ip(struct facts *f, enum which_address which)
{
    struct address a = { 0 };
    return f->live->address(f->self, which, &a) ? value_ip(&a) : value_none();
}

static struct value live_port(struct facts *f, enum which_address which)
{
    struct address a = { 0 };
    return f->live->address(f->self, which, &a) && address_family(&a) != AF_UNIX ? value_int(address_port(&a))
                                                                                 : value_none();
}

/* All that were tried, as nginx lists them; the pool's name when none could be. */
static struct value tried_addresses(struct facts *f)
{
    struct buf b;
    char room[1024];

    buf_init_fixed(&b, room, sizeof(room));
    for (uint32_t i = 0; i < f->try_count; i++) {
        if (i > 0)
            buf_put(&b, f->tries[i].again ? SPAN(" : ") : SPAN(", "));
        if (f->tries[i].server != NULL)
            address_put(&b, f->tries[i].found ? f->tries[i].found : &f->tries[i].server->address);
    }
    if (f->try_count == 0)
        return f->pool ? value_text(f->pool->name) : value_none();
    return value_text(scratch_span(f->scratch, buf_span(&b)));
}

static const struct pool *pool_of(const struct facts *f, const struct expr_part *p)
{
    return p->pool ? p->pool : f->pool;
}

/* What <server> may still be given; INT64_MAX: no limit. */
static int64_t server_room(const struct facts *f, const struct server *model, bool queue)
{
    const struct server_state *s = snapshot_server(f->snapshot, model);
    uint32_t limit = server_limit(s, model, f->now);
    int64_t used = atomic_load_explicit(&s->active, memory_order_relaxed);

    if (limit == 0 || (queue && model->queue_max == 0))
        return INT64_MAX;
    if (queue)
        used += atomic_load_explicit(&s->waiting, memory_order_relaxed);
    int64_t room = (int64_t)limit + (queue ? model->queue_max : 0) - used;
    return room > 0 ? room : 0;
}

static struct value pool_room(const struct facts *f, const struct pool *pool, bool queue)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < pool->servers.count; i++) {
        const struct server *model = pool->servers.items[i];
        if (server_use(snapshot_server(f->snapshot, model), model, f->now) != USE_FULL)
            continue;
        int64_t room = server_room(f, model, queue);
        if (room == INT64_MAX)
            return value_int(-1);
        sum += room;
    }
    return value_int(sum);
}

static struct value pool_number(struct facts *f, const struct expr_part *p)
{
    const struct pool *pool = pool_of(f, p);
    struct counts_sum sum = { 0 };

    if (pool == NULL || f->snapshot == NULL)
        return value_none();
    struct pool_state *s = snapshot_pool(f->snapshot, pool);
    switch ((unsigned)p->fetch) {
    case FETCH_POOL_USABLE:
        return value_int(pool_usable(f->snapshot, pool, f->now));
    case FETCH_POOL_CONNECTIONS:
        return value_int(pool_connections(s));
    case FETCH_POOL_QUEUE:
        return value_int(atomic_load_explicit(&s->waiting, memory_order_relaxed));
    case FETCH_POOL_FREE:
    case FETCH_POOL_ROOM:
        return pool_room(f, pool, p->fetch == FETCH_POOL_ROOM);
    case FETCH_POOL_QUEUE_EACH: {
        int64_t waiting = atomic_load_explicit(&s->waiting, memory_order_relaxed),
                usable = pool_usable(f->snapshot, pool, f->now);
        return value_int(usable ? (waiting + usable - 1) / usable : waiting);
    }
    default: /* FETCH_POOL_RATE */
        counts_add_up(&s->counts, f->now, &sum);
        return value_int(sum.session_rate);
    }
}

static struct value server_number(struct facts *f, const struct expr_part *p)
{
    const struct server *server = p->server ? p->server : f->server;

    if (server == NULL || f->snapshot == NULL)
        return value_none();
    struct server_state *s = snapshot_server(f->snapshot, server);
    switch ((unsigned)p->fetch) {
    case FETCH_SERVER_CONNECTIONS:
        return value_int(atomic_load_explicit(&s->active, memory_order_relaxed));
    case FETCH_SERVER_IS_UP: {
        enum server_use use = server_use(s, server, f->now);
        return value_bool(use == USE_FULL || use == USE_STICKY);
    }
    case FETCH_SERVER_FREE: {
        int64_t room = server_room(f, server, false);
        return value_int(room == INT64_MAX ? -1 : room);
    }
    case FETCH_SERVER_RATE: {
        struct counts_sum sum = { 0 };
        counts_add_up(&s->counts, f->now, &sum);
        return value_int(sum.session_rate);
    }
    case FETCH_SERVER_FILE_WEIGHT:
        return value_int(server->weight);
    case FETCH_SERVER_QUEUE:
        return value_int(atomic_load_explicit(&s->waiting, memory_order_relaxed));
    default: /* FETCH_SERVER_WEIGHT */
        return value_int(atomic_load_explicit(&s->weight, memory_order_relaxed));
    }
}

struct value fetch_server(struct facts *f, const struct expr_part *p)
{
    const struct pool *pool = pool_of(f, p);

    switch ((unsigned)p->fetch) {
    case FETCH_POOL_NAME:
        return pool ? value_text(pool->name) : value_none();
    case FETCH_POOL_ID:
        return pool ? value_int(pool->index) : value_none();
    case FETCH_SERVER_PICKED_NAME:
        if (f->by_page)
            return value_text(SPAN("<STATS>"));
        return f->server ? value_text(f->server->name) : value_none();
    case FETCH_SERVER_PICKED_ID:
        return f->server ? value_int(f->server->id) : value_none();
    case FETCH_SERVER_ADDR:
        return tried_addresses(f);
    case FETCH_SERVER_IP:
        return live_ip(f, ADDRESS_SERVER);
    case FETCH_SERVER_PORT:
        return live_port(f, ADDRESS_SERVER);
    case FETCH_SERVER_SOURCE_IP:
        return live_ip(f, ADDRESS_SERVER_SOURCE);
    case FETCH_SERVER_SOURCE_PORT:
        return live_port(f, ADDRESS_SERVER_SOURCE);
    case FETCH_POOL_USABLE:
    case FETCH_POOL_CONNECTIONS:
    case FETCH_POOL_QUEUE:
    case FETCH_POOL_RATE:
    case FETCH_POOL_FREE:
    case FETCH_POOL_ROOM:
    case FETCH_POOL_QUEUE_EACH:
        return pool_number(f, p);
    default:
        return server_number(f, p);
    }
}
