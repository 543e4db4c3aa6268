/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of building: what only shows when every file has been read. Rules
 * about listening addresses are in seal_listeners.c, about servers in seal_servers.c.
 */
#include "model/config.h"

#include "model/config_internal.h"
#include "model/route.h"
#include "model/diag_model.h"

static const struct diag_kind two_users = {
    .code = "K0501",
    .severity = SEVERITY_ERROR,
    .en = "two files want different users: `{0}` and `{1}`",
    .zh = "两个文件要求不同的用户: `{0}` 与 `{1}`",
    .more = "All files that are run together are served by one process, which can have one user only. Write "
            "the same user in each of them, or run them by two commands.",
};
static const struct diag_kind two_groups = {
    .code = "K0502",
    .severity = SEVERITY_ERROR,
    .en = "two files want different groups: `{0}` and `{1}`",
    .zh = "两个文件要求不同的用户组: `{0}` 与 `{1}`",
};
static const struct diag_kind two_chroots = {
    .code = "K0503",
    .severity = SEVERITY_ERROR,
    .en = "two files want different chroots: `{0}` and `{1}`",
    .zh = "两个文件要求不同的 chroot 目录: `{0}` 与 `{1}`",
};
static const struct diag_kind two_pools = {
    .code = "K0504",
    .severity = SEVERITY_ERROR,
    .en = "two groups of servers are called `{0}`",
    .zh = "两组服务器都叫 `{0}`",
    .nginx = "duplicate upstream \"{0}\"",
    .haproxy = "proxy '{0}' has the same name as another proxy.",
};
static const struct diag_kind two_services = {
    .code = "K0505",
    .severity = SEVERITY_ERROR,
    .en = "two frontends are called `{0}`",
    .zh = "两个前端都叫 `{0}`",
    .haproxy = "proxy '{0}' has the same name as another proxy.",
};
static const struct diag_kind unused_pool = {
    .code = "K0510",
    .severity = SEVERITY_WARNING,
    .en = "nothing sends requests to `{0}`",
    .zh = "没有任何请求会转发到 `{0}`",
    .more = "No rule names this group of servers, so its servers never get a request. Either a rule has the "
            "name in another spelling, or the group can be deleted.",
};
const struct diag_kind *const seal_kinds[] = { &two_users,    &two_groups,  &two_chroots, &two_pools,
                                               &two_services, &unused_pool, NULL };

/* The claims of two languages must agree; the first is what counts. */
static struct process_claim agree(struct diags *d, const struct process_claims *claims,
                                  const struct diag_kind *disagree)
{
    if (claims->count == 0)
        return (struct process_claim){ .id = UINT32_MAX };
    const struct process_claim *first = &claims->items[0];
    for (uint32_t i = 1; i < claims->count; i++) {
        const struct process_claim *other = &claims->items[i];
        bool known = first->id != UINT32_MAX && other->id != UINT32_MAX;
        if (known ? first->id == other->id : span_eq(first->value, other->value))
            continue;
        struct diag *e = diag_add(d, disagree, other->at, DIAG_TEXT(first->value, other->value));
        (void)diag_also(d, e, first->at, "`%.*s` here", SPAN_ARGS(first->value));
    }
    return *first;
}

static void seal_process(struct config *c, struct diags *d)
{
    struct process *p = &c->process;
    struct process_claim user = agree(d, &p->users, &two_users);
    struct process_claim group = agree(d, &p->groups, &two_groups);
    struct process_claim chroot = agree(d, &p->chroots, &two_chroots);
    if (p->users.count)
        p->user = user.value, p->uid = user.id, p->user_at = user.at;
    if (p->groups.count)
        p->group = group.value, p->gid = group.id, p->group_at = group.at;
    if (p->chroots.count)
        p->chroot = chroot.value, p->chroot_at = chroot.at;
}

static void seal_names(struct config *c, struct diags *d)
{
    for (uint32_t i = 0; i < c->pools.count; i++) {
        const struct pool *p = c->pools.items[i];
        const struct pool *first = map_get(&c->names->pools[p->language][p->stream], p->name);
        if (first == p)
            continue;
        struct diag *e = diag_add(d, &two_pools, p->at, DIAG_TEXT(p->name));
        (void)diag_also(d, e, first->at, "the first one");
    }
    for (uint32_t i = 0; i < c->services.count; i++) {
        const struct service *s = c->services.items[i];
        const struct service *first = map_get(&c->names->services[s->language], s->name);
        /* nginx's services are called after their address: "*:53" of TCP and of UDP are two. */
        if (first == s || (s->protocol == PROTOCOL_UDP) != (first->protocol == PROTOCOL_UDP))
            continue;
        struct diag *e = diag_add(d, &two_services, s->at, DIAG_TEXT(s->name));
        (void)diag_also(d, e, first->at, "the first one");
    }
}

/* Joins a route's tables; true when the action may go to a pool that is only known while running. */
static bool seal_action(struct config *c, const struct scope *s, struct action *a)
{
    if (a->kind == ACTION_ROUTE_LOCATION)
        location_tree_finish(c->arena, a->locations);
    if (a->kind == ACTION_ROUTE_HOST)
        BUG_ON(a->hosts->fallback == NULL);
    if (a->kind == ACTION_PROXY) {
        if (a->proxy->index == 0)
            a->proxy->index = ++c->proxies;
        /* What a backend's own scope says counts when somebody enters it. */
        if (a->proxy->pool && a->proxy->pool != s->pool)
            a->proxy->pool->uses++;
        return a->proxy->pool == NULL;
    }
    if (a->kind == ACTION_ENTER) {
        BUG_ON(a->scope == NULL && a->expr == NULL);
        if (a->scope && a->scope->pool)
            a->scope->pool->uses++;
        return a->scope == NULL;
    }
    return false;
}

static void seal_routes(struct config *c, struct diags *d)
{
    bool anywhere[LANGUAGES] = { false }; /* a rule of that language names its pool while running */
    for (uint32_t i = 0; i < c->scopes.count; i++) {
        const struct scope *s = c->scopes.items[i];
        for (unsigned h = 0; h < HOOK_COUNT; h++)
            for (uint32_t k = 0; k < s->on[h].count; k++)
                anywhere[s->language] |= seal_action(c, s, &s->on[h].items[k]);
    }
    for (uint32_t i = 0; i < c->services.count; i++)
        if (c->services.items[i]->entry && c->services.items[i]->entry->pool)
            c->services.items[i]->entry->pool->uses++;
    for (uint32_t i = 0; i < c->pools.count; i++) {
        const struct pool *p = c->pools.items[i];
        if (p->uses == 0 && !p->implicit && p->servers.count && !anywhere[p->language])
            (void)diag_add(d, &unused_pool, p->at, DIAG_TEXT(p->name));
    }
}

bool config_seal(struct config *c, struct diags *d)
{
    BUG_ON(c->sealed);
    unsigned before = diags_count(d, SEVERITY_ERROR);
    seal_process(c, d);
    seal_names(c, d);
    seal_servers(c, d);
    seal_listeners(c, d);
    seal_routes(c, d);
    c->sealed = true;
    return diags_count(d, SEVERITY_ERROR) == before;
}
