/* SPDX-License-Identifier: Apache-2.0 */
/* The builders of a configuration, and its end. What joins the parts is in seal.c. */
#include "model/config.h"

#include "model/config_internal.h"
#include "model/public_key.h"
#include "model/regex.h"

struct config *config_new(void)
{
    struct arena *arena = arena_new(64 * 1024);
    struct config *c = ARENA_NEW(arena, struct config);
    c->arena = arena;
    c->process.uid = c->process.gid = UINT32_MAX;
    c->process.drain_max = DURATION_NONE;
    c->names = ARENA_NEW(arena, struct config_names);
    return c;
}

void config_free(struct config **c)
{
    if (*c == NULL)
        return;
    for (uint32_t i = 0; i < (*c)->regexes.count; i++)
        regex_release((*c)->regexes.items[i]);
    for (uint32_t i = 0; i < (*c)->keys.count; i++)
        public_key_release((*c)->keys.items[i]);
    struct arena *arena = (*c)->arena; /* it holds the struct too */
    *c = NULL;
    arena_free(&arena);
}

/* The first of a name keeps it. */
static void remember(struct config *c, struct map *names, struct span name, void *value)
{
    if (map_get(names, name) == NULL)
        (void)map_put(c->arena, names, name, value);
}

struct listener *config_add_listener(struct config *c)
{
    struct listener *l = ARENA_NEW(c->arena, struct listener);
    l->index = c->listeners.count;
    l->fd = -1;
    l->sockets = 1;
    l->mode = l->uid = l->gid = UINT32_MAX;
    *ARENA_PUSH(c->arena, &c->listeners) = l;
    return l;
}

struct service *config_add_service(struct config *c, enum language l, struct span name)
{
    struct service *s = ARENA_NEW(c->arena, struct service);
    s->index = c->services.count;
    s->language = l;
    s->name = name;
    *ARENA_PUSH(c->arena, &c->services) = s;
    remember(c, &c->names->services[l], name, s);
    return s;
}

struct service *config_find_service(const struct config *c, enum language l, struct span name)
{
    return map_get(&c->names->services[l], name);
}

struct scope *config_add_scope(struct config *c, enum language l, struct span name)
{
    struct scope *s = ARENA_NEW(c->arena, struct scope);
    s->index = c->scopes.count;
    s->language = l;
    s->name = name;
    *ARENA_PUSH(c->arena, &c->scopes) = s;
    return s;
}

static struct pool *add_pool(struct config *c, enum language l, struct span name, bool stream)
{
    struct pool *p = ARENA_NEW(c->arena, struct pool);
    p->index = c->pools.count;
    p->language = l;
    p->name = name;
    p->stream = stream;
    p->algorithm = l == LANGUAGE_HAPROXY ? BALANCE_STRIDE : BALANCE_ROUND_ROBIN;
    p->backups_help = l == LANGUAGE_NGINX;
    p->queue_timeout = p->idle_timeout = p->idle_life = DURATION_NONE;
    *ARENA_PUSH(c->arena, &c->pools) = p;
    remember(c, &c->names->pools[l][stream], name, p);
    return p;
}

struct pool *config_add_pool(struct config *c, enum language l, struct span name)
{
    return add_pool(c, l, name, false);
}

struct pool *config_add_stream_pool(struct config *c, enum language l, struct span name)
{
    return add_pool(c, l, name, true);
}

struct pool *config_find_pool(const struct config *c, enum language l, struct span name)
{
    return map_get(&c->names->pools[l][false], name);
}

struct pool *config_find_stream_pool(const struct config *c, enum language l, struct span name)
{
    return map_get(&c->names->pools[l][true], name);
}

struct stick_table *config_add_stick_table(struct config *c, enum language l, struct span name)
{
    struct stick_table *t = ARENA_NEW(c->arena, struct stick_table);
    t->index = c->stick_tables.count;
    t->language = l;
    t->name = name;
    t->expire = DURATION_NONE;
    *ARENA_PUSH(c->arena, &c->stick_tables) = t;
    return t;
}

struct server *config_add_server(struct config *c, struct pool *p)
{
    struct server *s = ARENA_NEW(c->arena, struct server);
    s->index = c->servers.count;
    s->pool = p;
    s->ordinal = p->servers.count;
    s->weight = 1;
    s->fail_window = DURATION_S(10);
    s->idle_max = UINT32_MAX;
    s->idle_timeout = DURATION_NONE;
    *ARENA_PUSH(c->arena, &c->servers) = s;
    *ARENA_PUSH(c->arena, &p->servers) = s;
    return s;
}

/* Is what comes out at the far end the same? Lines for one file go through one buffer, whoever writes them.
 */
static bool same_target(const struct log_target *a, const struct log_target *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case LOG_FILE:
        return span_eq(a->path, b->path);
    case LOG_STDERR:
    case LOG_STDOUT:
        return a->frame == b->frame;
    case LOG_SYSLOG:
    case LOG_STREAM:
        return a->counted == b->counted && a->queue == b->queue && a->fd == b->fd &&
               address_eq(&a->address, &b->address) && a->frame == b->frame && a->line_max == b->line_max &&
               span_eq(a->tag, b->tag) && span_eq(a->host, b->host);
    }
    return false;
}

struct log_target *config_log_target(struct config *c, const struct log_target *like)
{
    for (uint32_t i = 0; i < c->log_targets.count; i++)
        if (same_target(c->log_targets.items[i], like))
            return c->log_targets.items[i];
    struct log_target *fresh = ARENA_NEW(c->arena, struct log_target);
    *fresh = *like;
    fresh->index = c->log_targets.count;
    *ARENA_PUSH(c->arena, &c->log_targets) = fresh;
    return fresh;
}

struct regex *config_regex(struct config *c, struct span pattern, bool nocase, struct buf *why, size_t *at)
{
    struct map *known = &c->names->regexes[nocase];
    struct regex *r = map_get(known, pattern);
    if (r)
        return r;
    r = regex_compile(c->arena, pattern, nocase, why, at);
    if (r) {
        *ARENA_PUSH(c->arena, &c->regexes) = r;
        (void)map_put(c->arena, known, regex_source(r), r);
    }
    return r;
}

struct public_key *config_public_key(struct config *c, struct span pem)
{
    struct public_key *k = public_key_read(c->arena, pem);
    if (k)
        *ARENA_PUSH(c->arena, &c->keys) = k;
    return k;
}

struct slot_name {
    uint32_t slot;
};

uint32_t config_slot(struct config *c, struct span name)
{
    struct slot_name *known = map_get(&c->names->slots, name);
    if (known)
        return known->slot;
    known = ARENA_NEW(c->arena, struct slot_name);
    known->slot = c->slots++;
    *ARENA_PUSH(c->arena, &c->slot_names) = name;
    (void)map_put(c->arena, &c->names->slots, name, known);
    return known->slot;
}

uint32_t config_kept_slot(struct config *c, struct span name, bool process)
{
    struct slot_name *known = map_get(&c->names->slots, name);
    if (known)
        return known->slot;
    known = ARENA_NEW(c->arena, struct slot_name);
    known->slot = SLOT_KEPT | (process ? SLOT_PROCESS : 0) | c->kept_names.count;
    c->process_slots += process;
    *ARENA_PUSH(c->arena, &c->kept_names) = name;
    (void)map_put(c->arena, &c->names->slots, name, known);
    return known->slot;
}

/* In one language the later word replaces the earlier. */
static void claim(struct config *c, struct process_claims *claims, struct process_claim fresh)
{
    for (uint32_t i = 0; i < claims->count; i++) {
        if (claims->items[i].language == fresh.language) {
            claims->items[i] = fresh;
            return;
        }
    }
    *ARENA_PUSH(c->arena, claims) = fresh;
}

void config_claim_user(struct config *c, enum language l, struct span name, uint32_t uid, struct where at)
{
    claim(c, &c->process.users, (struct process_claim){ l, name, uid, at });
}

void config_claim_group(struct config *c, enum language l, struct span name, uint32_t gid, struct where at)
{
    claim(c, &c->process.groups, (struct process_claim){ l, name, gid, at });
}

void config_claim_chroot(struct config *c, enum language l, struct span path, struct where at)
{
    claim(c, &c->process.chroots, (struct process_claim){ l, path, UINT32_MAX, at });
}

void config_want_threads(struct config *c, uint32_t threads)
{
    if (threads > c->process.threads)
        c->process.threads = threads;
}

struct action *action_add(struct config *c, struct scope *s, enum hook h, enum action_kind k, struct where at)
{
    struct action *a = ARENA_PUSH(c->arena, &s->on[h]);
    a->kind = k;
    a->at = at;
    return a;
}
