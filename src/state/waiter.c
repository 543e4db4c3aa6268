/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues. Who finds every server full enters a queue under the pool's lock and
 * then looks once more; who frees a place first counts down and then looks
 * whether anybody waits. One of both always sees the other.
 */
#include "state/waiter.h"

#include "state/snapshot.h"
#include "state/state_internal.h"

/* The server of the waiter's own configuration that <s> is; NULL: it does not know it. */
static const struct server *model_of(const struct waiter *w, const struct server_state *s)
{
    for (uint32_t i = 0; i < w->pool->servers.count; i++) {
        const struct server *model = w->pool->servers.items[i];
        if (w->snapshot->servers[model->index] == s)
            return model;
    }
    return NULL;
}

static uint32_t count_up(_Atomic uint32_t *n, _Atomic uint32_t *most)
{
    uint32_t now = atomic_fetch_add(n, 1) + 1;
    if (now > atomic_load_explicit(most, memory_order_relaxed))
        atomic_store_explicit(most, now, memory_order_relaxed);
    return now;
}

static void note_most(struct pool_state *p)
{
    uint32_t now = pool_connections(p);
    if (now > atomic_load_explicit(&p->active_most, memory_order_relaxed))
        atomic_store_explicit(&p->active_most, now, memory_order_relaxed);
}

/* Its load is another now: who asks for the one that has been as it is for longest needs an order. */
static void note_move(struct server_state *s)
{
    uint64_t ticket = atomic_fetch_add_explicit(&s->pool->moves, 1, memory_order_relaxed) + 1;
    atomic_store_explicit(&s->moved, ticket, memory_order_relaxed);
}

void server_take(struct server_state *s, instant now)
{
    (void)count_up(&s->active, &s->active_most);
    atomic_fetch_add(&s->pool->active, 1);
    note_most(s->pool);
    note_move(s);
    atomic_store_explicit(&s->last_us, now.us, memory_order_relaxed);
}

static void join_queue(struct waiter *w, struct pool_state *p, struct server_state *wants)
{
    w->wants = wants;
    w->server = NULL;
    w->waits = true;
    if (wants) {
        list_push_back(&wants->queue, &w->link);
        (void)count_up(&wants->waiting, &wants->waiting_most);
    } else {
        list_push_back(&p->queue, &w->link);
        p->queue_len++;
    }
    (void)count_up(&p->waiting, &p->waiting_most);
    note_most(p);
}

void waiter_enter(struct waiter *w, struct pool_state *p, struct server_state *wants)
{
    w->ticket = p->tickets++;
    w->at_server = wants != NULL;
    w->before = wants ? atomic_load_explicit(&wants->waiting, memory_order_relaxed) : p->queue_len;
    join_queue(w, p, wants);
}

void waiter_out(struct waiter *w, struct pool_state *p)
{
    link_remove(&w->link);
    w->waits = false;
    if (w->wants)
        atomic_fetch_sub(&w->wants->waiting, 1);
    else
        p->queue_len--;
    atomic_fetch_sub(&p->waiting, 1);
}

static struct waiter *first_of(const struct list *l)
{
    struct link *first = list_first(l);
    return first ? LIST_ITEM(first, struct waiter, link) : NULL;
}

/* May <w> have a place at <s>? */
static const struct server *place_for(const struct waiter *w, const struct server_state *s, instant now)
{
    const struct server *model = model_of(w, s);
    if (model == NULL)
        return NULL;
    enum server_use use = server_use(s, model, now);
    if (use != USE_FULL && !(w->wants && use == USE_STICKY))
        return NULL;
    uint32_t limit = server_limit(s, model, now);
    return limit && atomic_load(&s->active) >= limit ? NULL : model;
}

/* The older of the first in the server's and the first in the pool's queue that may have a place there. */
static struct waiter *next_for(const struct pool_state *p, const struct server_state *s, instant now,
                               const struct server **model)
{
    const struct server *own_model = NULL, *any_model = NULL;
    struct waiter *own = first_of(&s->queue), *any = first_of(&p->queue);
    own_model = own ? place_for(own, s, now) : NULL;
    any_model = any ? place_for(any, s, now) : NULL;
    if (own_model && (!any_model || own->ticket < any->ticket)) {
        *model = own_model;
        return own;
    }
    *model = any_model;
    return any_model ? any : NULL;
}

/* The pool's lock is held. */
static void feed_server(struct pool_state *p, struct server_state *s, instant now)
{
    const struct server *model;
    for (struct waiter *w; (w = next_for(p, s, now, &model)) != NULL;) {
        waiter_out(w, p);
        server_take(s, now);
        (void)server_try_begins(s, model, now);
        w->server = model;
        w->wake(w);
    }
}

/* Who waited for a server that is gone now may have any. */
static void redistribute(struct pool_state *p, struct server_state *s, instant now)
{
    LIST_EACH (&s->queue, l, struct waiter, link) {
        const struct server *model = model_of(l, s);
        enum server_use use = model ? server_use(s, model, now) : USE_MAINT;
        if (use == USE_FULL || use == USE_STICKY)
            continue;
        waiter_out(l, p);
        join_queue(l, p, NULL);
    }
}

void pool_changed(struct pool_state *p, instant now)
{
    atomic_fetch_add_explicit(&p->version, 1, memory_order_release);
    if (atomic_load(&p->waiting) == 0)
        return;
    lock_take(&p->lock);
    LIST_EACH (&p->servers, s, struct server_state, in_pool)
        redistribute(p, s, now);
    LIST_EACH (&p->servers, t, struct server_state, in_pool)
        feed_server(p, t, now);
    lock_give(&p->lock);
}

/* Somebody waits for a place. */
static COLD void feed(struct pool_state *p, struct server_state *s, instant now)
{
    lock_take(&p->lock);
    feed_server(p, s, now);
    lock_give(&p->lock);
}

void server_done(struct server_state *s, instant now)
{
    struct pool_state *p = s->pool;
    uint32_t before = atomic_fetch_sub(&s->active, 1);
    BUG_ON(before == 0);
    atomic_fetch_sub(&p->active, 1);
    note_move(s);
    if (UNLIKELY(atomic_load(&p->waiting) != 0))
        feed(p, s, now);
}

const struct server *waiter_leave(struct waiter *w)
{
    struct pool_state *p = snapshot_pool(w->snapshot, w->pool);
    lock_take(&p->lock);
    if (w->waits)
        waiter_out(w, p);
    lock_give(&p->lock);
    return w->server;
}
