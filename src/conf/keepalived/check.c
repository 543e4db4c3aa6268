/* SPDX-License-Identifier: Apache-2.0 */
/* What is written correctly and cannot work. */
#include "conf/keepalived/keepalived_internal.h"

enum { OWNER = 255 };

static bool same_wire(const struct vrrp_instance *a, const struct vrrp_instance *b)
{
    if (a->vrid != b->vrid || a->family != b->family || a->interface != b->interface ||
        a->unicast != b->unicast)
        return false;
    return a->unicast || address_eq_ip(&a->group_address, &b->group_address);
}

static void check_vrids(struct build *b)
{
    for (uint32_t i = 0; i < b->v->instances.count; i++)
        for (uint32_t j = 0; j < i; j++) {
            const struct vrrp_instance *a = &b->v->instances.items[i], *other = &b->v->instances.items[j];
            if (a->vrid == 0 || !same_wire(a, other))
                continue;
            struct diag *d = diag_add(b->diags, &ka_same_vrid, a->vrid_at,
                                      DIAG_TEXT(a->name, other->name, arena_printf(b->arena, "%u", a->vrid)));
            diag_also(b->diags, d, other->vrid_at, "also here");
        }
}

static void check_weights(struct build *b, const struct vrrp_instance *m)
{
    for (uint32_t i = 0; i < m->tracks.count; i++) {
        const struct vrrp_track *t = &m->tracks.items[i];
        if (t->effect != VRRP_EFFECT_WEIGHT)
            continue;
        if (m->priority == OWNER) {
            diag_add(b->diags, &ka_owner_weight, t->at, DIAG_TEXT(m->name));
        } else if (!m->preempt) {
            struct diag *d = diag_add(b->diags, &ka_nopreempt_weight, t->at, DIAG_TEXT(m->name));
            diag_help(b->diags, d,
                      "leave the weight out: a failure is then a fault, and gives the addresses away");
        }
    }
}

static void check_accept(struct build *b, const struct instance_draft *d)
{
    const struct vrrp_instance *m = &d->model;
    bool strict = m->strict && !d->accept.set && m->priority != OWNER;
    if (d->no_accept.set || strict)
        diag_add(b->diags, &ka_no_accept, d->no_accept.set ? d->no_accept.at : m->at, DIAG_TEXT(m->name));
}

static void check_instance(struct build *b, const struct instance_draft *d)
{
    const struct vrrp_instance *m = &b->v->instances.items[vrrp_config_find_instance(b->v, d->model.name)];
    check_weights(b, m);
    check_accept(b, d);
    if (m->addresses.count + m->excluded.count == 0 && !m->strict)
        diag_add(b->diags, &ka_no_addresses, m->at, DIAG_TEXT(m->name));
    if (m->priority == OWNER && !m->start_master && !m->strict)
        diag_add(b->diags, &ka_owner_state, m->priority_at, DIAG_TEXT(m->name));
}

void ka_check(struct build *b)
{
    check_vrids(b);
    for (uint32_t i = 0; i < b->instances.count; i++)
        check_instance(b, b->instances.items[i]);
}
