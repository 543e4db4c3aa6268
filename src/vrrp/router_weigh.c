/* SPDX-License-Identifier: Apache-2.0 */
/* From conditions to events: what is tracked, and what the network allows, as FAIL, YIELD and PRIORITY. */
#include <string.h>

#include "vrrp/internal.h"

static const struct vrrp_group *group_of(const struct router *r)
{
    return r->model->group == VRRP_NONE ? NULL : &r->v->config->groups.items[r->model->group];
}

static bool is_native(const struct vrrp_track *t)
{
    return t->kind == VRRP_TRACK_HEALTH || t->kind == VRRP_TRACK_WORKER;
}

struct weighing {
    struct judge judge;
    bool native_ill;
};

static void weigh_one(struct weighing *w, const struct router *r, const struct vrrp_track *t)
{
    struct judge_verdict verdict = track_verdict(&r->v->track, t, r->fc.interval_us, r->v->now);
    judge_add(&w->judge, t, verdict);
    w->native_ill |= is_native(t) && t->effect != VRRP_EFFECT_WEIGHT && judge_is_ill(t, verdict);
}

static void weigh_all(struct weighing *w, const struct router *r)
{
    static const struct vrrp_track worker = { .kind = VRRP_TRACK_WORKER, .effect = VRRP_EFFECT_FAULT };
    const struct vrrp_group *g = group_of(r);
    judge_begin(&w->judge, r->model->priority, g && !g->keep_weights);
    for (uint32_t i = 0; i < r->model->tracks.count; i++)
        weigh_one(w, r, &r->model->tracks.items[i]);
    w->judge.weightless =
        r->model->priority == VRRP_OWNER; /* the group's own weights count for every member */
    for (uint32_t i = 0; g && i < g->tracks.count; i++)
        weigh_one(w, r, &g->tracks.items[i]);
    if (r->model->worker_tracked)
        weigh_one(w, r, &worker);
}

static void set_why(struct router *r, const struct vrrp_track *t)
{
    struct buf b;
    memset(r->why, 0, sizeof(r->why));
    buf_init_fixed(&b, r->why, sizeof(r->why) - 1);
    track_put_name(&b, &r->v->track, t);
    buf_put(&b, SPAN(": "));
    track_put_detail(&b, &r->v->track, t);
}

static void set_why_text(struct router *r, const char *text)
{
    struct buf b;
    memset(r->why, 0, sizeof(r->why));
    buf_init_fixed(&b, r->why, sizeof(r->why) - 1);
    buf_printf(&b, "%s", text);
}

static void set_priority(struct router *r, uint8_t priority)
{
    if (priority == r->f.priority)
        return;
    SAY(r->v->host, &say_priority, r->model->name, SAY_NUMBER(r->f.priority), SAY_NUMBER(priority));
    router_event(r, (struct fsm_event){ .kind = FSM_PRIORITY, .priority = priority });
    if (!r->model->notify.priority_changes)
        return;
    struct notify_subject s = router_subject(r);
    notify_send(&r->v->notify, &s,
                fsm_is_master(r->f.state) ? NOTIFY_MASTER_PRIORITY : NOTIFY_BACKUP_PRIORITY);
}

/* A failure of the balancer's is counted when it begins. */
static void note_native(struct router *r, bool ill)
{
    bool held = flap_is_held(&r->flap, r->v->now);
    if (ill && !r->native_ill && r->started)
        flap_fail(&r->flap, r->v->now);
    r->native_ill = ill;
    if (!held && flap_is_held(&r->flap, r->v->now))
        SAY(r->v->host, &say_flapping, r->model->name,
            SAY_NUMBER(instant_us_between(r->v->now, r->flap.held_until) / 1000000));
}

static bool weigh_yield(struct router *r, const struct weighing *w)
{
    bool flapped = flap_is_held(&r->flap, r->v->now);
    bool yields = r->given_away || w->judge.yield_by || flapped;
    if (r->own_fault || !yields) /* a fault has the word */
        return yields;
    if (r->given_away)
        set_why_text(r, "given away by the operator");
    else if (w->judge.yield_by)
        set_why(r, w->judge.yield_by);
    else
        set_why_text(r, "what it tracks flapped");
    return true;
}

/* Own conditions only: the group hands them on to its members (group.c). */
void router_weigh(struct router *r)
{
    struct weighing w = { 0 };
    r->connected = router_connect(r);
    weigh_all(&w, r);
    note_native(r, w.native_ill);
    set_priority(r, judge_priority(&w.judge));
    r->own_fault = !r->connected || w.judge.fault_by != NULL;
    if (r->connected && w.judge.fault_by)
        set_why(r, w.judge.fault_by);
    r->own_yield = weigh_yield(r, &w);
    r->pending = w.judge.pending_by != NULL;
    if (r->model->group == VRRP_NONE) {
        if (r->own_fault != r->f.faulted)
            router_tell(r, r->own_fault ? FSM_FAIL : FSM_RECOVER);
        if (r->own_yield != r->f.reluctant)
            router_tell(r, r->own_yield ? FSM_YIELD : FSM_UNYIELD);
    }
}

void routers_weigh(struct vrrp *v)
{
    for (uint32_t i = 0; i < v->router_count; i++)
        router_weigh(&v->routers[i]);
}

/* Everything that is tracked has a first result, and the machine has had its time to come up. */
void routers_begin(struct vrrp *v)
{
    if (instant_us_between(v->began_at, v->now) < v->config->startup_delay_us)
        return;
    for (uint32_t i = 0; i < v->router_count; i++) {
        struct router *r = &v->routers[i];
        if (r->started || r->pending)
            continue;
        r->started = true;
        router_tell(r, v->now.us < r->resume_before.us ? FSM_RESUME : FSM_START);
    }
}

/* When weighing again may give something else although nothing was heard of. */
instant routers_weigh_next(const struct vrrp *v)
{
    instant next = { UINT64_MAX };
    for (uint32_t i = 0; i < v->router_count; i++) {
        const struct router *r = &v->routers[i];
        instant at = { UINT64_MAX };
        if (!r->connected)
            at = instant_after(v->now, DURATION_S(1));
        if (r->flap.held_until.us > v->now.us && r->flap.held_until.us < at.us)
            at = r->flap.held_until;
        if (!r->started && !r->pending)
            at = (instant){ v->began_at.us + v->config->startup_delay_us };
        next = at.us < next.us ? at : next;
    }
    return next;
}
