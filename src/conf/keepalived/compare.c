/* SPDX-License-Identifier: Apache-2.0 */
/* Two directors' files side by side: what must agree, and what must differ. */
#include <stdlib.h>

#include "conf/keepalived/keepalived_internal.h"

struct pair {
    struct build *b; /* whose diagnostics */
    const struct vrrp_instance *ours, *theirs;
};

static void differ(const struct pair *p, struct where at, struct where there, const char *what, struct span a,
                   struct span c)
{
    struct diag *d =
        diag_add(p->b->diags, &ka_pair_differs, at, DIAG_TEXT(p->ours->name, span_from(what), a, c));
    if (there.source)
        diag_also(p->b->diags, d, there, "and here");
}

static void compare_number(const struct pair *p, struct where at, struct where there, const char *what,
                           unsigned a, unsigned c)
{
    if (a != c)
        differ(p, at, there, what, arena_printf(p->b->arena, "%u", a), arena_printf(p->b->arena, "%u", c));
}

static void compare_interval(const struct pair *p)
{
    unsigned a = p->ours->interval_cs, c = p->theirs->interval_cs;
    if (a != c && p->ours->version == 2) /* version 3 learns the master's */
        differ(p, p->ours->interval_at, p->theirs->interval_at, "advert_int",
               arena_printf(p->b->arena, "%g s", a / 100.0), arena_printf(p->b->arena, "%g s", c / 100.0));
}

static void compare_auth(const struct pair *p)
{
    const struct vrrp_instance *a = p->ours, *c = p->theirs;
    if (a->auth != c->auth) {
        differ(p, a->auth_at.source ? a->auth_at : a->at, c->auth_at, "authentication",
               a->auth == VRRP_PASS ? SPAN("PASS") : SPAN("none"),
               c->auth == VRRP_PASS ? SPAN("PASS") : SPAN("none"));
    } else if (memcmp(a->password, c->password, VRRP_PASSWORD) != 0) {
        struct diag *d = diag_add(p->b->diags, &ka_pair_password, a->auth_at, DIAG_TEXT(a->name));
        diag_also(p->b->diags, d, c->auth_at, "and here");
    }
}

static bool is_among(const struct vrrp_instance *m, const struct address *ip)
{
    for (uint32_t i = 0; i < m->addresses.count; i++)
        if (address_eq_ip(&m->addresses.items[i].ip, ip))
            return true;
    return false;
}

static void compare_addresses(const struct pair *p)
{
    const struct vrrp_instance *a = p->ours, *c = p->theirs;
    bool same = a->addresses.count == c->addresses.count;
    for (uint32_t i = 0; same && i < a->addresses.count; i++)
        same = is_among(c, &a->addresses.items[i].ip);
    if (same)
        return;
    struct diag *d = diag_add(p->b->diags, &ka_pair_addresses, a->at, DIAG_TEXT(a->name));
    diag_also(p->b->diags, d, c->at, "and here");
}

/* A weight that cannot reach across the gap. */
static void compare_weights(const struct pair *p)
{
    const struct vrrp_instance *a = p->ours;
    int gap = abs((int)a->priority - (int)p->theirs->priority);
    for (uint32_t i = 0; i < a->tracks.count; i++) {
        const struct vrrp_track *t = &a->tracks.items[i];
        if (t->effect == VRRP_EFFECT_WEIGHT && t->kind != VRRP_TRACK_FILE && abs(t->weight) <= gap && gap)
            diag_add(p->b->diags, &ka_pair_small_weight, t->at,
                     DIAG_TEXT(a->name, arena_printf(p->b->arena, "%d", t->weight),
                               arena_printf(p->b->arena, "%d", gap)));
    }
}

static void compare_instance(const struct pair *p)
{
    const struct vrrp_instance *a = p->ours, *c = p->theirs;
    compare_number(p, a->vrid_at, c->vrid_at, "virtual_router_id", a->vrid, c->vrid);
    compare_number(p, a->at, c->at, "version", a->version, c->version);
    compare_interval(p);
    compare_auth(p);
    compare_addresses(p);
    if (a->unicast != c->unicast)
        differ(p, a->at, c->at, "unicast", a->unicast ? SPAN("on") : SPAN("off"),
               c->unicast ? SPAN("on") : SPAN("off"));
    if (a->priority == c->priority)
        diag_add(p->b->diags, &ka_pair_priority, a->priority_at,
                 DIAG_TEXT(a->name, arena_printf(p->b->arena, "%u", a->priority)));
    compare_weights(p);
}

/* By name, else by id: names need not agree. */
static uint32_t partner(const struct vrrp_config *c, const struct vrrp_instance *of)
{
    uint32_t i = vrrp_config_find_instance(c, of->name);
    for (uint32_t j = 0; i == VRRP_NONE && j < c->instances.count; j++)
        if (c->instances.items[j].vrid == of->vrid && c->instances.items[j].family == of->family)
            i = j;
    return i;
}

void ka_compare(struct build *ours, struct build *theirs)
{
    for (uint32_t i = 0; i < ours->v->instances.count; i++) {
        struct pair p = { .b = ours, .ours = &ours->v->instances.items[i] };
        uint32_t other = partner(theirs->v, p.ours);
        if (other == VRRP_NONE) {
            diag_add(ours->diags, &ka_pair_missing, p.ours->at,
                     DIAG_TEXT(p.ours->name, SPAN("the other file")));
            continue;
        }
        p.theirs = &theirs->v->instances.items[other];
        compare_instance(&p);
    }
}
