/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers at the end of building: the identity under which a reload finds them
 * again, their numbers, and circles of tracking.
 */
#include <stdlib.h>

#include "model/config_internal.h"
#include "model/diag_model.h"

static const struct diag_kind two_servers = {
    .code = "K0506",
    .severity = SEVERITY_ERROR,
    .en = "two servers of `{1}` are called `{0}`",
    .zh = "`{1}` 中有两台服务器都叫 `{0}`",
    .haproxy = "server '{0}' of proxy '{1}' has the same name as another server.",
    .more =
        "Counters, health and run-time weights belong to a server's name, so a name stands for one server "
        "of a group.",
};
static const struct diag_kind two_ids = {
    .code = "K0507",
    .severity = SEVERITY_ERROR,
    .en = "two servers of `{1}` have the id {0}",
    .zh = "`{1}` 中有两台服务器的 id 都是 {0}",
};
static const struct diag_kind track_circle = {
    .code = "K0508",
    .severity = SEVERITY_ERROR,
    .en = "server `{0}` tracks itself, by way of others or at once",
    .zh = "服务器 `{0}` 直接或间接地跟踪 (track) 了自己",
    .haproxy = "unable to track {0}: the tracking loops.",
};
static const struct diag_kind track_unchecked = {
    .code = "K0509",
    .severity = SEVERITY_ERROR,
    .en = "server `{0}` tracks `{1}`, which is not checked",
    .zh = "服务器 `{0}` 跟踪 (track) 的 `{1}` 没有启用健康检查",
    .haproxy = "unable to use {1} for tracking as it does not have checks enabled.",
};
const struct diag_kind *const seal_server_kinds[] = { &two_servers, &two_ids, &track_circle, &track_unchecked,
                                                      NULL };

/*
 * nginx's servers have no name, and one address may be there several times: it
 * is the how-manieth of that address, so that a line put in between does not
 * give the others' counters to their neighbours.
 */
static struct span identity_of(struct config *c, struct map *seen, const struct server *s)
{
    if (s->pool->language != LANGUAGE_NGINX)
        return s->name;
    char text[256];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    if (s->address.len)
        address_put(&b, &s->address);
    else
        buf_put(&b, s->name);
    struct span key = arena_span(c->arena, buf_span(&b));
    uint32_t *times = map_get(seen, key);
    if (times == NULL) {
        times = ARENA_NEW(c->arena, uint32_t);
        (void)map_put(c->arena, seen, key, times);
    }
    return ++*times == 1 ? key : arena_printf(c->arena, "%.*s #%u", SPAN_ARGS(key), *times);
}

static void seal_identities(struct config *c, struct pool *p, struct diags *d)
{
    struct map seen, taken;
    map_init(&seen, false);
    map_init(&taken, false);
    for (uint32_t i = 0; i < p->servers.count; i++) {
        struct server *s = p->servers.items[i];
        if (span_is_empty(s->identity))
            s->identity = identity_of(c, &seen, s);
        struct server *first = map_get(&taken, s->identity);
        if (first) {
            struct diag *e = diag_add(d, &two_servers, s->at, DIAG_TEXT(s->identity, p->name));
            (void)diag_also(d, e, first->at, "the first one");
        } else {
            (void)map_put(c->arena, &taken, s->identity, s);
        }
    }
}

/* Ids that a file gave stay; the others get the lowest free ones in order. */
static void seal_ids(struct config *c, struct pool *p, struct diags *d)
{
    struct map taken;
    map_init(&taken, false);
    for (uint32_t i = 0; i < p->servers.count; i++) {
        struct server *s = p->servers.items[i];
        if (s->id == 0)
            continue;
        struct span key = arena_printf(c->arena, "%u", s->id);
        struct server *first = map_put(c->arena, &taken, key, s);
        if (first) {
            struct diag *e = diag_add(d, &two_ids, s->at, DIAG_TEXT(key, p->name));
            (void)diag_also(d, e, first->at, "the first one");
        }
    }
    for (uint32_t i = 0; i < p->ids_gone.count; i++) {
        struct span key = arena_printf(c->arena, "%u", p->ids_gone.items[i]);
        if (map_get(&taken, key) == NULL)
            (void)map_put(c->arena, &taken, key, p);
    }
    uint32_t next = 1;
    for (uint32_t i = 0; i < p->servers.count; i++) {
        struct server *s = p->servers.items[i];
        char text[16];
        struct buf b;
        for (; s->id == 0; next++) {
            buf_init_fixed(&b, text, sizeof(text));
            buf_put_u64(&b, next);
            if (map_get(&taken, buf_span(&b)) == NULL)
                s->id = next;
        }
    }
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = (*(const struct server *const *)a)->id, y = (*(const struct server *const *)b)->id;
    return x < y ? -1 : x > y;
}

static void seal_order(struct config *c, struct pool *p)
{
    for (uint32_t i = 0; i < p->servers.count; i++)
        *ARENA_PUSH(c->arena, &p->by_id) = p->servers.items[i];
    if (p->by_id.count)
        qsort(p->by_id.items, p->by_id.count, sizeof(struct server *), by_id);
}

const struct server *pool_server_by_id(const struct pool *p, uint32_t id)
{
    const struct server like = { .id = id }, *wanted = &like;
    const struct server *const *found =
        p->by_id.count ? bsearch(&wanted, p->by_id.items, p->by_id.count, sizeof(struct server *), by_id)
                       : NULL;
    return found ? *found : NULL;
}

/* Each server has one <track>, so a chain either ends or comes back: two walkers, one twice as fast, meet. */
static bool tracks_in_circle(const struct server *s)
{
    const struct server *slow = s, *fast = s;
    while (fast && fast->track) {
        slow = slow->track;
        fast = fast->track->track;
        if (slow == fast)
            return true;
    }
    return false;
}

static void seal_tracking(const struct config *c, struct diags *d)
{
    for (uint32_t i = 0; i < c->servers.count; i++) {
        const struct server *s = c->servers.items[i];
        if (s->track == NULL)
            continue;
        if (tracks_in_circle(s)) {
            (void)diag_add(d, &track_circle, s->at, DIAG_TEXT(s->name));
            continue;
        }
        const struct server *last = s->track;
        while (last->track)
            last = last->track;
        if (last->check == NULL) {
            struct diag *e = diag_add(d, &track_unchecked, s->at, DIAG_TEXT(s->name, last->name));
            (void)diag_also(d, e, last->at, "add `check` here");
        }
    }
}

void seal_servers(struct config *c, struct diags *d)
{
    for (uint32_t i = 0; i < c->pools.count; i++) {
        seal_identities(c, c->pools.items[i], d);
        seal_ids(c, c->pools.items[i], d);
        seal_order(c, c->pools.items[i]);
    }
    seal_tracking(c, d);
}
