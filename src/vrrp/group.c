/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync groups: all members are master, or none. One that cannot hold its
 * addresses takes the others with it; one that is beaten, too; and nobody becomes
 * master before all would.
 */
#include <stdlib.h>

#include "vrrp/internal.h"

enum { SETTLE_MOST = 8 }; /* rounds; two are what any change needs */

void groups_init(struct vrrp *v)
{
    v->group_count = v->config->groups.count;
    v->groups = calloc(v->group_count ? v->group_count : 1, sizeof(*v->groups));
    if (v->groups == NULL)
        oom_die(v->group_count * sizeof(*v->groups));
    for (uint32_t i = 0; i < v->group_count; i++)
        v->groups[i].model = &v->config->groups.items[i];
}

static struct router *member(struct vrrp *v, const struct group *g, uint32_t i)
{
    return &v->routers[g->model->members.items[i]];
}

struct census {
    bool fault, yield, all_started, all_willing, any_master, any_listens;
    uint8_t priority; /* of the first, for scripts */
};

static struct census take_census(struct vrrp *v, const struct group *g)
{
    struct census c = { .all_started = true, .all_willing = true };
    for (uint32_t i = 0; i < g->model->members.count; i++) {
        const struct router *r = member(v, g, i);
        c.fault |= r->own_fault;
        c.yield |= r->own_yield;
        c.all_started &= r->started;
        bool master = fsm_is_master(r->f.state);
        c.any_master |= master;
        c.any_listens |= r->f.state == FSM_BACKUP || r->f.state == FSM_YIELDED;
        c.all_willing &= master || r->f.ready;
        if (i == 0)
            c.priority = r->f.priority;
    }
    return c;
}

/* Each member; true when any was told something. */
static bool tell_conditions(struct vrrp *v, const struct group *g, const struct census *c)
{
    bool told = false;
    for (uint32_t i = 0; i < g->model->members.count; i++) {
        struct router *r = member(v, g, i);
        if (r->f.faulted != c->fault) {
            if (c->fault && !r->own_fault) {
                struct buf b;
                buf_init_fixed(&b, r->why, sizeof(r->why) - 1);
                buf_printf(&b, "group %.*s", SPAN_ARGS(g->model->name));
                r->why[b.len] = '\0';
            }
            router_tell(r, c->fault ? FSM_FAIL : FSM_RECOVER);
            told = true;
        }
        if (r->f.reluctant != c->yield) {
            router_tell(r, c->yield ? FSM_YIELD : FSM_UNYIELD);
            told = true;
        }
    }
    return told;
}

static void tell_all(struct vrrp *v, const struct group *g, enum fsm_event_kind k)
{
    for (uint32_t i = 0; i < g->model->members.count; i++)
        router_tell(member(v, g, i), k);
}

static void set_state(struct vrrp *v, struct group *g, enum group_state state, uint8_t priority)
{
    static const enum notify_what what[] = {
        [GROUP_INIT] = NOTIFY_STOP,
        [GROUP_BACKUP] = NOTIFY_BACKUP,
        [GROUP_MASTER] = NOTIFY_MASTER,
        [GROUP_FAULT] = NOTIFY_FAULT,
    };
    static const char *const words[] = {
        [GROUP_INIT] = "STOP", [GROUP_BACKUP] = "BACKUP", [GROUP_MASTER] = "MASTER", [GROUP_FAULT] = "FAULT"
    };
    if (g->state == state)
        return;
    g->state = state;
    SAY(v->host, &say_group_state, g->model->name, span_from(words[state]));
    struct notify_subject s = {
        .group = true, .name = g->model->name, .scripts = &g->model->notify, .priority = priority
    };
    notify_send(&v->notify, &s, what[state]);
}

static bool settle(struct vrrp *v, struct group *g)
{
    struct census c = take_census(v, g);
    if (tell_conditions(v, g, &c))
        return true;
    if (!c.all_started)
        return false;
    if (c.fault) {
        set_state(v, g, GROUP_FAULT, c.priority);
    } else if (c.all_willing && !(c.any_master && !c.any_listens)) {
        tell_all(v, g, FSM_GROUP_MASTER);
        return true;
    } else if (c.any_master && c.any_listens) {
        /* One was beaten, or (a resumed one) not all are: together or not at all. */
        tell_all(v, g, FSM_GROUP_BACKUP);
        return true;
    } else {
        set_state(v, g, c.any_master ? GROUP_MASTER : GROUP_BACKUP, c.priority);
    }
    return false;
}

void groups_settle(struct vrrp *v)
{
    for (uint32_t i = 0; i < v->group_count; i++)
        for (int round = 0; round < SETTLE_MOST && settle(v, &v->groups[i]); round++)
            ;
}
