/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "os/sysctl.h"
#include "vrrp/internal.h"

enum { CENTISECOND_US = 10000, PROBE_S = 10, WEAKER_SAID_S = 10, LET_GO_US = 100000 };

/* ---- made from the model ---- */

struct fsm_config router_fsm_config(const struct vrrp_instance *m)
{
    return (struct fsm_config){
        .version = m->version,
        .base_priority = m->priority,
        .down_adverts = m->down_adverts,
        .interval_us = (uint32_t)m->interval_cs * CENTISECOND_US,
        .preempt = m->preempt,
        .preempt_delay_us = (uint32_t)m->preempt_delay_us,
        .start_master = m->start_master,
        .answer_lower = m->answer_lower,
        .answer_higher = m->answer_higher,
        .grouped = m->group != VRRP_NONE,
    };
}

static void *make(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size);
    if (p == NULL)
        oom_die(count * size);
    return p;
}

static void pack_addresses(struct router *r)
{
    size_t size = r->model->family == AF_INET ? 4 : 16;
    r->packed = make(r->model->addresses.count, size);
    for (uint32_t i = 0; i < r->model->addresses.count; i++) {
        struct vrrp_ip ip = ip_of_address(&r->model->addresses.items[i].ip);
        memcpy(r->packed + i * size, ip.bytes, size);
    }
}

static void make_peers(struct router *r)
{
    r->peers = make(r->model->peers.count, sizeof(*r->peers));
    for (uint32_t i = 0; i < r->model->peers.count; i++) {
        const struct vrrp_unicast_peer *p = &r->model->peers.items[i];
        r->peers[i] = (struct vrrp_peer){ ip_of_address(&p->ip), p->ttl_min, p->ttl_max };
    }
}

static void make_expected(struct router *r)
{
    const struct vrrp_instance *m = r->model;
    size_t size = m->family == AF_INET ? 4 : 16;
    r->expected = (struct vrrp_expected){
        .version = m->version,
        .vrid = m->vrid,
        .auth_type = m->auth == VRRP_PASS ? VRRP_AUTH_PASS : VRRP_AUTH_NONE,
        .interval_cs = m->interval_cs,
        .addresses = span_of((const char *)r->packed, m->addresses.count * size),
        .unicast = m->unicast,
        .check_source = m->check_source,
        .peers = r->peers,
        .peer_count = m->peers.count,
        .own = &r->from,
    };
    memcpy(r->expected.password, m->password, VRRP_AUTH_SIZE);
}

static struct vrrp_memory_instance *memory_of(struct vrrp *v, struct span name)
{
    struct vrrp_memory *m = v->options.memory;
    if (m == NULL)
        return NULL;
    struct span cut = span_first(name, VRRP_HEALTH_NAME - 1);
    uint32_t count = m->count < VRRP_MEMORY_INSTANCES ? m->count : VRRP_MEMORY_INSTANCES;
    for (uint32_t i = 0; i < count; i++)
        if (span_eq(span_of(m->instances[i].name, strnlen(m->instances[i].name, VRRP_HEALTH_NAME)), cut))
            return &m->instances[i];
    if (count == VRRP_MEMORY_INSTANCES)
        return NULL;
    struct vrrp_memory_instance *fresh = &m->instances[count];
    memset(fresh, 0, sizeof(*fresh));
    memcpy(fresh->name, cut.ptr, cut.len);
    m->count = count + 1;
    return fresh;
}

void router_init(struct router *r, struct vrrp *v, const struct vrrp_instance *model)
{
    *r = (struct router){ .v = v, .model = model, .fc = router_fsm_config(model), .vmac_before = { -1, -1 } };
    r->to = ip_of_address(&model->group_address);
    pack_addresses(r);
    make_peers(r);
    make_expected(r);
    vip_init(&r->vip, v->host, v->netlink, &v->links, model);
    r->memory = memory_of(v, model->name);
    r->f = fsm_new(&r->fc, false);
    r->since = v->now;
    r->given_away = r->memory && atomic_load_explicit(&r->memory->given, memory_order_relaxed);
    if (r->memory && atomic_load_explicit(&r->memory->master, memory_order_relaxed)) {
        uint64_t last = atomic_load_explicit(&r->memory->advert_us, memory_order_relaxed);
        if (last <= v->now.us)
            r->resume_before = (instant){ last + fsm_down_us(&r->fc, &r->f) };
    }
}

void router_give_away(struct router *r, bool give)
{
    r->given_away = give;
    if (r->memory)
        atomic_store_explicit(&r->memory->given, give, memory_order_relaxed);
}

void router_fini(struct router *r)
{
    router_disconnect(r);
    vip_fini(&r->vip);
    free(r->packed);
    free(r->peers);
    r->packed = NULL;
    r->peers = NULL;
}

/* ---- what the machine wants done ---- */

struct notify_subject router_subject(const struct router *r)
{
    return (struct notify_subject){ .name = r->model->name,
                                    .scripts = &r->model->notify,
                                    .priority = r->f.priority };
}

static void notify_state(struct router *r)
{
    static const enum notify_what by_state[FSM_STATE_COUNT] = {
        [FSM_INIT] = NOTIFY_STOP,   [FSM_BACKUP] = NOTIFY_BACKUP,  [FSM_MASTER] = NOTIFY_MASTER,
        [FSM_FAULT] = NOTIFY_FAULT, [FSM_YIELDED] = NOTIFY_BACKUP, [FSM_HOLDING] = NOTIFY_MASTER,
    };
    struct notify_subject s = router_subject(r);
    notify_send(&r->v->notify, &s, by_state[r->f.state]);
}

static void say_state(struct router *r)
{
    static const struct diag_kind *const kinds[FSM_STATE_COUNT] = {
        [FSM_INIT] = &say_stopped, [FSM_BACKUP] = &say_backup,   [FSM_MASTER] = &say_master,
        [FSM_FAULT] = &say_fault,  [FSM_YIELDED] = &say_yielded, [FSM_HOLDING] = &say_holding,
    };
    struct span why = r->why[0] ? span_from(r->why) : SPAN("nothing known");
    SAY(r->v->host, kinds[r->f.state], r->model->name, why);
}

static void take(struct router *r)
{
    r->count.became_master++;
    vip_take(&r->vip, r->v->now);
    garp_begin(&r->garp, &r->model->garp, r->v->now);
    r->probe_at = instant_after(r->v->now, DURATION_S(PROBE_S));
    r->v->watch_stale = true;
}

static void release(struct router *r)
{
    garp_end(&r->garp);
    r->doubt = (struct router_doubt){ 0 };
    r->v->watch_stale = true;
    if (r->v->stopped && r->v->options.keep_addresses)
        return;
    r->count.released++;
    vip_release(&r->vip);
}

/*
 * A master that comes speaks first, then puts the addresses up, then announces
 * them. Until neighbours have heard that, what they send comes here, and what
 * was let go of too soon would answer nobody. It is quiet meanwhile: there is
 * one master. Two hosts with one MAC cannot do it: the switch follows who spoke.
 */
static void let_go(struct router *r)
{
    if (r->model->vmac) {
        release(r);
        return;
    }
    uint64_t half = r->fc.interval_us / 2;
    garp_end(&r->garp);
    r->doubt = (struct router_doubt){ 0 };
    r->v->watch_stale = true;
    r->count.released++;
    vip_linger(&r->vip);
    r->let_go_at = (instant){ r->v->now.us + (half < LET_GO_US ? half : LET_GO_US) };
}

static void turn_let_go(struct router *r)
{
    bool listens = r->f.state == FSM_BACKUP || r->f.state == FSM_YIELDED;
    if (!r->vip.lingers || (listens && r->v->now.us < r->let_go_at.us))
        return;
    r->v->watch_stale = true;
    vip_release(&r->vip);
}

static void tell_lower(struct router *r, const struct fsm_event *e)
{
    struct notify_subject s = router_subject(r);
    notify_send(&r->v->notify, &s, NOTIFY_LOWER);
    if (r->doubt.kind != DOUBT_NONE && instant_us_between(r->doubt.said, r->v->now) < WEAKER_SAID_S * 1000000)
        return; /* it is being said louder */
    char text[64];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    ip_put(&b, &r->heard_from);
    SAY(r->v->host, &say_weaker, r->model->name, buf_span(&b), SAY_NUMBER(e->priority),
        SAY_NUMBER(fsm_advert_priority(&r->f)));
}

static void act(struct router *r, enum fsm_action a, const struct fsm_event *e)
{
    switch (a) {
    case FSM_SEND:
        router_send(r, fsm_advert_priority(&r->f));
        break;
    case FSM_SEND_GOODBYE:
        r->count.goodbyes_sent++;
        router_send(r, VRRP_GOODBYE);
        break;
    case FSM_TAKE:
        take(r);
        break;
    case FSM_RELEASE:
        release(r);
        break;
    case FSM_LET_GO:
        let_go(r);
        break;
    case FSM_ANNOUNCE_AGAIN:
        garp_lower(&r->garp, &r->model->garp, r->v->now);
        break;
    case FSM_TELL:
        say_state(r);
        notify_state(r);
        break;
    case FSM_TELL_LOWER:
        tell_lower(r, e);
        break;
    case FSM_TWO_MASTERS:
        router_doubts(r, DOUBT_ONE_WAY, &r->heard_from, e->priority, VRRP_TAKEN, NULL, 0, NULL);
        break;
    case FSM_ASK_GROUP: /* groups_settle looks at f.ready */
    case FSM_ACTION_COUNT:
        break;
    }
}

/* Words before what happens. */
static void say_cause(struct router *r, const struct fsm_event *e, const struct fsm *before)
{
    char text[64];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    ip_put(&b, &r->heard_from);
    bool was = fsm_is_master(before->state), is = fsm_is_master(r->f.state);
    bool preempts = before->master_priority && before->master_priority < before->priority &&
                    instant_us_between(before->quiet_since, r->v->now) < fsm_down_us(&r->fc, before) / 2;
    if (e->kind == FSM_TIME && !was && is && preempts)
        SAY(r->v->host, &say_preempts, r->model->name, buf_span(&b), SAY_NUMBER(before->master_priority),
            SAY_NUMBER(before->priority));
    else if (e->kind == FSM_TIME && !was && is)
        SAY(r->v->host, &say_timeout, r->model->name,
            SAY_NUMBER(instant_us_between(before->quiet_since, r->v->now) / 1000));
    else if (e->kind == FSM_ADVERT && was && !is)
        SAY(r->v->host, &say_beaten, r->model->name, buf_span(&b), SAY_NUMBER(e->priority),
            SAY_NUMBER(fsm_advert_priority(before)));
    else if (e->kind == FSM_ADVERT && e->priority == VRRP_GOODBYE && r->f.state == FSM_BACKUP)
        SAY(r->v->host, &say_goodbye_heard, r->model->name, buf_span(&b));
    else if (e->kind == FSM_UNYIELD && before->state == FSM_HOLDING && r->f.state == FSM_MASTER)
        SAY(r->v->host, &say_well_again, r->model->name);
}

static void remember_change(struct router *r, enum fsm_state from, const struct fsm_event *e)
{
    struct router_change *c = &r->history[r->changes++ % ROUTER_HISTORY];
    *c = (struct router_change){
        .from = (uint8_t)from, .to = (uint8_t)r->f.state, .at = r->v->now, .wall_us = clock_wall_us()
    };
    struct buf b;
    buf_init_fixed(&b, c->why, sizeof(c->why) - 1);
    if (e->kind == FSM_FAIL || e->kind == FSM_YIELD)
        buf_printf(&b, "%s", r->why);
    else if (e->kind == FSM_ADVERT)
        buf_printf(&b, "advert of priority %u", e->priority);
    else
        buf_printf(&b, "%s", fsm_event_name(e->kind));
    r->since = r->v->now;
}

void router_event(struct router *r, struct fsm_event e)
{
    struct fsm before = r->f;
    struct fsm_result result = fsm_step(&r->fc, &before, &e, r->v->now);
    r->f = result.next;
    if (r->f.state != before.state)
        remember_change(r, before.state, &e);
    say_cause(r, &e, &before);
    for (unsigned i = 0; i < result.count; i++)
        act(r, (enum fsm_action)result.actions[i], &e);
    turn_let_go(r); /* a fault or an end does not wait */
    if (r->memory)
        atomic_store_explicit(&r->memory->master, fsm_is_master(r->f.state), memory_order_relaxed);
}

/* ---- what time brings ---- */

static bool forwards(void)
{
    int on = 0;
    return sysctl_get("ipv6", "all", "forwarding", &on) == 0 && on;
}

static void announce(struct router *r, const struct vip_item *item)
{
    const uint8_t *mac = router_mac(r, item->index);
    if (!item->ours || mac == NULL)
        return;
    struct announce_frame f = { .index = item->index, .mac = mac, .ip = ip_of_address(&item->model->ip) };
    f.router = f.ip.size == 16 && forwards();
    if (announce_send(r->v->announce_fd, &f) == 0)
        r->count.announcements++;
}

static void turn_garp(struct router *r)
{
    const struct vrrp_garp *g = &r->model->garp;
    uint32_t which;
    uint64_t gap = r->model->family == AF_INET ? g->gap_us : g->gap6_us;
    while (garp_due(&r->garp, g, r->vip.count, gap, r->v->now, &which))
        announce(r, &r->vip.items[which]);
}

static void turn_probe(struct router *r)
{
    if (!fsm_is_master(r->f.state) || r->v->now.us < r->probe_at.us)
        return;
    r->probe_at = instant_after(r->v->now, DURATION_S(PROBE_S));
    routers_probe(r);
}

void router_turn(struct router *r)
{
    if (r->v->now.us >= fsm_next(&r->f).us)
        router_tell(r, FSM_TIME);
    if (vip_turn(&r->vip, r->v->now))
        garp_begin(&r->garp, &r->model->garp, r->v->now);
    turn_let_go(r);
    turn_garp(r);
    turn_probe(r);
    router_doubt_turn(r);
}

static instant earlier(instant a, instant b)
{
    return b.us < a.us ? b : a;
}

instant router_next(const struct router *r)
{
    instant next = earlier(fsm_next(&r->f), earlier(vip_next(&r->vip), garp_next(&r->garp)));
    if (fsm_is_master(r->f.state))
        next = earlier(next, r->probe_at);
    if (r->vip.lingers)
        next = earlier(next, r->let_go_at);
    if (flap_is_held(&r->flap, r->v->now))
        next = earlier(next, r->flap.held_until);
    if (r->doubt.kind != DOUBT_NONE)
        next = earlier(next, instant_after(r->v->now, DURATION_S(1)));
    return next;
}

/* ---- reload ---- */

void router_inherit(struct router *r, struct router *old)
{
    r->f = old->f;
    r->started = old->started;
    r->base = old->base;
    r->vmac_index = old->vmac_index;
    r->vmac_made = old->vmac_made;
    memcpy(r->vmac_before, old->vmac_before, sizeof(r->vmac_before));
    r->in = old->in;
    r->out = old->out;
    old->in = old->out = NULL;
    old->vmac_made = false;
    old->vmac_index = 0;
    memset(old->vmac_before, 0xff, sizeof(old->vmac_before));
    r->from = old->from;
    r->garp = old->garp;
    r->probe_at = old->probe_at;
    r->own_fault = old->own_fault;
    r->own_yield = old->own_yield;
    r->given_away = old->given_away;
    r->native_ill = old->native_ill;
    r->flap = old->flap;
    memcpy(r->why, old->why, sizeof(r->why));
    r->heard_from = old->heard_from;
    r->heard_priority = old->heard_priority;
    r->heard_at = old->heard_at;
    r->doubt = old->doubt;
    r->count = old->count;
    memcpy(r->refusal_said, old->refusal_said, sizeof(r->refusal_said));
    r->since = old->since;
    memcpy(r->history, old->history, sizeof(r->history));
    r->changes = old->changes;
    if (old->vip.lingers)
        vip_release(&old->vip);
    bool announce_all = fsm_is_master(r->f.state) && old->vip.count != r->vip.count;
    vip_replace(&old->vip, &r->vip, r->v->now);
    r->vip = old->vip;
    old->vip = (struct vip){ 0 };
    if (announce_all) /* the new ones must be heard of */
        garp_begin(&r->garp, &r->model->garp, r->v->now);
    router_tell(r, FSM_CONFIG);
}
