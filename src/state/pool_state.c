/* SPDX-License-Identifier: Apache-2.0 */
/* States of pools and services: made by name, released with the last reference. */
#include "state/pool_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "state/snapshot.h"
#include "state/state_internal.h"

static const char *language_word(enum language l)
{
    static const char *const words[] = { "", "nginx", "haproxy", "keepalived" };
    return words[l];
}

/* "haproxy:web", in memory of its own. */
static struct span name_of(enum language l, const char *kind, struct span name)
{
    char *text = NULL;
    int len = asprintf(&text, "%s%s:%.*s", language_word(l), kind, SPAN_ARGS(name));
    if (len < 0)
        oom_die(name.len);
    return span_of(text, (size_t)len);
}

static void name_free(struct span *name)
{
    free((void *)(uintptr_t)name->ptr);
    *name = span_of(NULL, 0);
}

/* The state of that name with one reference more; NULL when there is none. Takes over <name>. */
static struct named *find_named(struct name_table *t, struct span *name)
{
    struct named *n = name_table_find(t, *name);
    if (n == NULL)
        return NULL;
    atomic_fetch_add_explicit(&n->references, 1, memory_order_relaxed);
    name_free(name);
    return n;
}

/* ---- pools ---- */

struct pool_state *pool_state_find(struct state_world *w, const struct pool *model)
{
    struct span name = name_of(model->language, model->stream ? "-stream" : "", model->name);
    struct named *known = find_named(&w->pools, &name);
    if (known)
        return CONTAINER_OF(known, struct pool_state, named);
    struct pool_state *p = state_alloc(_Alignof(struct pool_state), sizeof(*p));
    p->named.identity = name;
    list_init(&p->servers);
    list_init(&p->queue);
    if (!counts_init(&p->counts, w->threads))
        oom_die(w->threads * sizeof(void *));
    name_table_add(&w->pools, w, &p->named);
    return p;
}

struct pool_state *pool_state_get(struct pool_state *p)
{
    atomic_fetch_add_explicit(&p->named.references, 1, memory_order_relaxed);
    return p;
}

void pool_state_put(struct pool_state *p)
{
    if (p == NULL || !named_put(&p->named))
        return;
    struct state_world *w = p->named.world;
    name_table_remove(&w->pools, &p->named);
    world_unlock(w);
    BUG_ON(!list_is_empty(&p->servers) || !list_is_empty(&p->queue));
    counts_fini(&p->counts);
    captured_free(&p->bad_answer);
    name_free(&p->named.identity);
    free(p);
}

uint32_t pool_usable(const struct snapshot *s, const struct pool *model, instant now)
{
    uint32_t usable[2] = { 0, 0 }; /* servers, backups */
    for (uint32_t i = 0; i < model->servers.count; i++) {
        const struct server *server = model->servers.items[i];
        if (server_use(snapshot_server(s, server), server, now) == USE_FULL)
            usable[server->backup]++;
    }
    if (usable[0] || usable[1] == 0)
        return usable[0];
    return model->all_backups ? usable[1] : 1;
}

/* ---- services ---- */

/* Servers and services may be called the same. */
static struct mirror_record *mirror_of(struct state_world *w, struct span kind, struct span identity)
{
    char room[512];
    struct buf key;

    buf_init_fixed(&key, room, sizeof(room));
    buf_put(&key, kind);
    buf_put(&key, identity);
    return w->mirror ? mirror_find(w->mirror, buf_span(&key)) : NULL;
}

void service_mirror(struct service_state *s)
{
    uint32_t most = atomic_load_explicit(&s->connections_max, memory_order_relaxed);
    struct mirror_limit l = { .set = most != UINT32_MAX,
                              .off = atomic_load_explicit(&s->disabled, memory_order_relaxed),
                              .most = most,
                              .file = mirror_print(s->file_connections_max) };
    /* the records may have been begun anew */
    struct mirror_record *r = l.set || l.off || s->mirrored
                                  ? mirror_of(s->named.world, SPAN("frontend "), s->named.identity)
                                  : NULL;

    if (r != NULL)
        mirror_write_limit(r, &l);
    s->mirrored = r != NULL;
}

/* A process before this one knew it. */
static void take_from_mirror(struct service_state *s)
{
    struct mirror_record *r = mirror_of(s->named.world, SPAN("frontend "), s->named.identity);

    if (r == NULL)
        return;
    struct mirror_limit l = mirror_read_limit(r);
    if (l.set && l.file == mirror_print(s->file_connections_max))
        atomic_store_explicit(&s->connections_max, l.most, memory_order_relaxed);
    atomic_store_explicit(&s->disabled, l.off, memory_order_relaxed);
    s->mirrored = true;
}

void service_set_connections_max(struct service_state *s, uint32_t most)
{
    world_lock(s->named.world);
    atomic_store_explicit(&s->connections_max, most, memory_order_relaxed);
    service_mirror(s);
    world_unlock(s->named.world);
}

bool service_set_disabled(struct service_state *s, bool disabled)
{
    world_lock(s->named.world);
    bool before = atomic_exchange_explicit(&s->disabled, disabled, memory_order_relaxed);
    service_mirror(s);
    world_unlock(s->named.world);
    return before != disabled;
}

void state_world_set_limit(struct state_world *w, uint32_t most, uint32_t file)
{
    world_lock(w);
    struct mirror_record *r = mirror_of(w, SPAN("process"), SPAN(""));
    if (r != NULL)
        mirror_write_limit(
            r, &(struct mirror_limit){ .set = most > 0, .most = most, .file = mirror_print(file) });
    world_unlock(w);
}

uint32_t state_world_limit(struct state_world *w, uint32_t file)
{
    world_lock(w);
    struct mirror_record *r = mirror_of(w, SPAN("process"), SPAN(""));
    struct mirror_limit l = r ? mirror_read_limit(r) : (struct mirror_limit){ 0 };
    world_unlock(w);
    return l.set && l.file == mirror_print(file) ? l.most : 0;
}

struct service_state *service_state_find(struct state_world *w, const struct service *model)
{
    struct span name = name_of(model->language, model->protocol == PROTOCOL_UDP ? "-udp" : "", model->name);
    struct named *known = find_named(&w->services, &name);
    if (known)
        return CONTAINER_OF(known, struct service_state, named);
    struct service_state *s = state_alloc(_Alignof(struct service_state), sizeof(*s));
    s->named.identity = name;
    atomic_store_explicit(&s->connections_max, UINT32_MAX, memory_order_relaxed);
    if (!counts_init(&s->counts, w->threads))
        oom_die(w->threads * sizeof(void *));
    name_table_add(&w->services, w, &s->named);
    s->file_connections_max = model->connections_max;
    take_from_mirror(s);
    return s;
}

struct service_state *service_state_get(struct service_state *s)
{
    atomic_fetch_add_explicit(&s->named.references, 1, memory_order_relaxed);
    return s;
}

void service_state_put(struct service_state *s)
{
    if (s == NULL || !named_put(&s->named))
        return;
    struct state_world *w = s->named.world;
    name_table_remove(&w->services, &s->named);
    world_unlock(w);
    counts_fini(&s->counts);
    captured_free(&s->bad_request);
    name_free(&s->named.identity);
    free(s);
}

/* Keeps the most that there ever was; a lost race is one too few, for a moment. */
static void raise_most(_Atomic uint32_t *most, uint32_t now)
{
    if (now > atomic_load_explicit(most, memory_order_relaxed))
        atomic_store_explicit(most, now, memory_order_relaxed);
}

bool service_enter(struct service_state *s, uint32_t most)
{
    uint32_t set = atomic_load_explicit(&s->connections_max, memory_order_relaxed);
    uint32_t limit = set == UINT32_MAX ? most : set;
    uint32_t now = atomic_fetch_add_explicit(&s->active, 1, memory_order_relaxed) + 1;
    if (limit && now > limit) {
        atomic_fetch_sub_explicit(&s->active, 1, memory_order_relaxed);
        return false;
    }
    raise_most(&s->active_most, now);
    return true;
}

void service_leave(struct service_state *s)
{
    uint32_t before = atomic_fetch_sub_explicit(&s->active, 1, memory_order_relaxed);
    BUG_ON(before == 0);
}

/* ---- what was not HTTP ---- */

void service_capture(struct service_state *s, const struct captured_note *n)
{
    captured_put(&s->bad_request, &s->named.world->captures, n);
}

void pool_capture(struct pool_state *p, const struct captured_note *n)
{
    captured_put(&p->bad_answer, &p->named.world->captures, n);
}

uint32_t state_world_captures(const struct state_world *w)
{
    return atomic_load_explicit(&w->captures, memory_order_relaxed);
}
