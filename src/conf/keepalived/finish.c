/* SPDX-License-Identifier: Apache-2.0 */
/* From drafts to the model: defaults, names of others, and what an instance cannot be without. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "conf/keepalived/keepalived_internal.h"

enum { OWNER = 255, MICROSECONDS = 1000000, CENTISECOND_US = 10000 };

/* The instance's own, else the global one, else <otherwise>. */
static int64_t either(const struct opt *own, const struct opt *global, int64_t otherwise)
{
    return own->set ? own->n : global->set ? global->n : otherwise;
}

static bool is_on(const struct opt *own, const struct opt *global)
{
    return either(own, global, 0) != 0;
}

/* ---- scripts, processes, files ---- */

static void finish_scripts(struct build *b)
{
    for (uint32_t i = 0; i < b->scripts.count; i++) {
        struct script_draft *d = b->scripts.items[i];
        struct vrrp_script *m = &d->model;
        uint64_t interval = (uint64_t)(d->interval.set ? d->interval.n : MICROSECONDS);
        m->interval_us = interval;
        m->weight = (int16_t)d->weight.n;
        m->reverse = d->reverse.n;
        m->rise = d->rise.set ? (uint32_t)d->rise.n : 1;
        m->fall = d->fall.set ? (uint32_t)d->fall.n : 1;
        m->command = ka_command(b, &d->command, m->name, d->timeout.set ? (uint64_t)d->timeout.n : interval);
        if (!d->command.set)
            diag_add(b->diags, &ka_missing, m->at, DIAG_TEXT(SPAN("script"), m->name));
        *ARENA_PUSH(b->arena, &b->v->scripts) = *m;
    }
}

static void finish_processes(struct build *b)
{
    for (uint32_t i = 0; i < b->processes.count; i++) {
        struct process_draft *d = b->processes.items[i];
        struct vrrp_process *m = &d->model;
        m->weight = (int16_t)(d->weight.set ? d->weight.n : 1);
        m->reverse = d->reverse.n;
        m->quorum_max = d->quorum_max.set ? (uint32_t)d->quorum_max.n : UINT32_MAX;
        m->quorum = d->quorum.set ? (uint32_t)d->quorum.n : m->quorum_max == 0 ? 0 : 1;
        m->fork_delay_us = (uint64_t)d->fork_delay.n;
        m->terminate_delay_us = (uint64_t)d->terminate_delay.n;
        if (!d->match_set && m->words.count > 1)
            m->match = VRRP_MATCH_EXACT;
        if (m->words.count == 0) {
            diag_add(b->diags, &ka_missing, m->at, DIAG_TEXT(SPAN("process"), m->name));
            *ARENA_PUSH(b->arena, &m->words) = SPAN("?");
        }
        *ARENA_PUSH(b->arena, &b->v->processes) = *m;
    }
}

static void finish_files(struct build *b)
{
    for (uint32_t i = 0; i < b->files.count; i++) {
        struct file_draft *d = b->files.items[i];
        d->model.weight = (int32_t)(d->weight.set ? d->weight.n : 1);
        d->model.reverse = d->reverse.n;
        if (d->model.path.len == 0) {
            diag_add(b->diags, &ka_missing, d->model.at, DIAG_TEXT(SPAN("file"), d->model.name));
            d->model.path = SPAN("/dev/null");
        }
        *ARENA_PUSH(b->arena, &b->v->files) = d->model;
    }
}

/* ---- tracks ---- */

/* What the thing itself says, where the track says nothing. */
struct thing {
    uint32_t index;
    int32_t weight;
    bool reverse;
    const char *kind;
};

static bool find_script(struct build *b, struct span name, struct thing *t)
{
    for (uint32_t i = 0; i < b->v->scripts.count; i++) {
        const struct vrrp_script *s = &b->v->scripts.items[i];
        if (span_eq(s->name, name)) {
            *t = (struct thing){ i, s->weight, s->reverse, "vrrp_script" };
            return true;
        }
    }
    t->kind = "vrrp_script";
    return false;
}

static bool find_process(struct build *b, struct span name, struct thing *t)
{
    for (uint32_t i = 0; i < b->v->processes.count; i++) {
        const struct vrrp_process *p = &b->v->processes.items[i];
        if (span_eq(p->name, name)) {
            *t = (struct thing){ i, p->weight, p->reverse, "vrrp_track_process" };
            return true;
        }
    }
    t->kind = "vrrp_track_process";
    return false;
}

static bool find_file(struct build *b, struct span name, struct thing *t)
{
    for (uint32_t i = 0; i < b->v->files.count; i++) {
        const struct vrrp_file *f = &b->v->files.items[i];
        if (span_eq(f->name, name)) {
            *t = (struct thing){ i, f->weight, f->reverse, "track_file" };
            return true;
        }
    }
    t->kind = "track_file";
    return false;
}

static bool find_thing(struct build *b, const struct track_draft *d, struct thing *t)
{
    struct word name = { .text = d->name, .at = d->at };
    switch (d->kind) {
    case VRRP_TRACK_SCRIPT:
        return find_script(b, d->name, t);
    case VRRP_TRACK_PROCESS:
        return find_process(b, d->name, t);
    case VRRP_TRACK_FILE:
        return find_file(b, d->name, t);
    case VRRP_TRACK_HEALTH:
        t->index = vrrp_config_health(b->v, d->health, d->name, d->at);
        return true;
    case VRRP_TRACK_INTERFACE:
    case VRRP_TRACK_WORKER:
        break;
    }
    t->index = ka_interface(b, &name);
    t->kind = NULL; /* said */
    return t->index != VRRP_NONE;
}

static enum vrrp_track_effect effect_of(const struct track_draft *d, int64_t weight)
{
    if (d->kind == VRRP_TRACK_HEALTH && !d->weight.set) {
        bool pool = d->health == VRRP_HEALTH_POOL;
        return d->fault ? VRRP_EFFECT_FAULT : d->yield || pool ? VRRP_EFFECT_YIELD : VRRP_EFFECT_FAULT;
    }
    return weight ? VRRP_EFFECT_WEIGHT : VRRP_EFFECT_FAULT;
}

static void finish_tracks(struct build *b, const struct track_drafts *drafts, struct vrrp_track_list *out)
{
    for (uint32_t i = 0; i < drafts->count; i++) {
        const struct track_draft *d = &drafts->items[i];
        struct thing t = { 0 };
        if (!find_thing(b, d, &t)) {
            if (t.kind)
                diag_add(b->diags, &ka_unknown_name, d->at, DIAG_TEXT(span_from(t.kind), d->name));
            continue;
        }
        /* A script that must not be run decides nothing: that was said. */
        if (d->kind == VRRP_TRACK_SCRIPT && b->v->scripts.items[t.index].command == VRRP_NONE)
            continue;
        int64_t weight = d->weight.set ? d->weight.n : t.weight;
        *ARENA_PUSH(b->arena, out) = (struct vrrp_track){
            .kind = d->kind,
            .index = t.index,
            .effect = effect_of(d, weight),
            .weight = (int32_t)weight,
            .reverse = d->reverse.set ? d->reverse.n : t.reverse,
            .usable_min = d->usable.set ? (uint32_t)d->usable.n : 1,
            .at = d->at,
        };
    }
}

/* ---- notification ---- */

static void finish_notify(struct build *b, const struct notify_draft *d, struct span name,
                          struct vrrp_notify *out)
{
    struct span as = arena_printf(b->arena, "notify of %.*s", SPAN_ARGS(name));
    *out = (struct vrrp_notify){
        .master = ka_command(b, &d->master, as, 0),
        .backup = ka_command(b, &d->backup, as, 0),
        .fault = ka_command(b, &d->fault, as, 0),
        .stop = ka_command(b, &d->stop, as, 0),
        .deleted = ka_command(b, &d->deleted, as, 0),
        .lower = ka_command(b, &d->lower, as, 0),
        .any = ka_command(b, &d->any, as, 0),
        .priority_changes = is_on(&d->priority_changes, &b->global.priority_changes),
    };
}

static void finish_fifo(struct build *b, const struct fifo_draft *d, struct vrrp_fifo *out)
{
    out->uid = out->gid = UINT32_MAX;
    out->command = VRRP_NONE;
    if (d->path.text.len == 0)
        return;
    out->path = ka_keep(b, d->path.text);
    out->at = d->path.at;
    if (d->user.text.len)
        ka_user(b, &d->user, &d->group, &out->uid, &out->gid);
    out->command = ka_command(b, &d->script, out->path, 0);
}

/* ---- an instance's parts ---- */

static void finish_family(struct build *b, struct vrrp_instance *m)
{
    m->family = m->addresses.count ? address_family(&m->addresses.items[0].ip)
                : m->peers.count   ? address_family(&m->peers.items[0].ip)
                                   : AF_INET;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < m->addresses.count; i++) {
        struct vrrp_address *a = &m->addresses.items[i];
        if (address_family(&a->ip) == m->family) {
            m->addresses.items[kept++] = *a;
            continue;
        }
        struct buf text;
        char room[64];
        buf_init_fixed(&text, room, sizeof(room));
        address_put_ip(&text, &a->ip);
        diag_add(b->diags, &ka_two_families, a->at, DIAG_TEXT(m->name, buf_span(&text)));
    }
    m->addresses.count = kept;
}

static void finish_interval(struct build *b, struct instance_draft *d)
{
    struct vrrp_instance *m = &d->model;
    int64_t us = d->interval.set ? d->interval.n : MICROSECONDS;
    m->interval_at = d->interval.at;
    struct span written = arena_printf(b->arena, "%.4g", (double)us / MICROSECONDS);
    if (m->version == 2 && us % MICROSECONDS) {
        int64_t whole = (us + MICROSECONDS / 2) / MICROSECONDS;
        us = (whole ? whole : 1) * MICROSECONDS;
        diag_add(b->diags, &ka_interval_rounded, d->interval.at,
                 DIAG_TEXT(written, arena_printf(b->arena, "%lld", (long long)(us / MICROSECONDS))));
    }
    int64_t cs = (us + CENTISECOND_US / 2) / CENTISECOND_US;
    if (m->version == 3 && cs > 4095) {
        diag_add(b->diags, &ka_interval_long, d->interval.at, DIAG_TEXT(written));
        cs = 4095;
    }
    m->interval_cs = (uint16_t)(cs ? cs : 1);
}

static void finish_auth(struct build *b, struct instance_draft *d, bool strict)
{
    struct vrrp_instance *m = &d->model;
    static const char *const types[] = { "PASS", "AH", "none", "NONE", NULL };
    unsigned type = 0;
    if (d->auth_type.text.len == 0 && d->auth_pass.text.len == 0)
        return;
    if (d->auth_type.text.len && !value_choice(b->diags, &d->auth_type, types, &type))
        return;
    if (type == 1) {
        diag_add(b->diags, &ka_ah, d->auth_type.at, DIAG_TEXT(m->name));
        return;
    }
    if (type > 1)
        return;
    if (m->version == 3 || strict) {
        diag_add(b->diags, m->version == 3 ? &ka_auth_version3 : &ka_auth_strict, m->auth_at,
                 DIAG_TEXT(m->name));
        return;
    }
    struct span pass = d->auth_pass.text;
    if (pass.len > VRRP_PASSWORD)
        diag_add(b->diags, &ka_password_long, d->auth_pass.at,
                 DIAG_TEXT(arena_printf(b->arena, "%zu", pass.len)));
    pass = span_first(pass, VRRP_PASSWORD);
    m->auth = VRRP_PASS;
    if (pass.len)
        memcpy(m->password, pass.ptr, pass.len);
}

static void finish_garp(struct build *b, struct instance_draft *d, bool strict)
{
    const struct garp_draft *own = &d->garp, *global = &b->global.garp;
    struct vrrp_garp *g = &d->model.garp;
    bool min = b->global.garp_min.n;
    g->delay_us = (uint64_t)either(&own->delay, &global->delay, min ? 0 : 5 * MICROSECONDS);
    g->repeat = (uint32_t)either(&own->repeat, &global->repeat, min ? 1 : 5);
    g->lower_delay_us = (uint64_t)either(&own->lower_delay, &global->lower_delay, (int64_t)g->delay_us);
    g->lower_repeat = (uint32_t)either(&own->lower_repeat, &global->lower_repeat, strict ? 0 : g->repeat);
    g->refresh_us = (uint64_t)either(&own->refresh, &global->refresh, 0);
    g->refresh_repeat = (uint32_t)either(&own->refresh_repeat, &global->refresh_repeat, 1);
    g->gap_us = (uint64_t)global->gap.n;
    g->gap6_us = (uint64_t)global->gap6.n;
    for (uint32_t i = 0; i < b->garp_groups.count; i++) {
        const struct garp_group_draft *group = b->garp_groups.items[i];
        for (uint32_t j = 0; j < group->interfaces.count; j++) {
            if (!span_eq(group->interfaces.items[j].text, d->interface.text))
                continue;
            g->gap_us = group->gap.set ? (uint64_t)group->gap.n : g->gap_us;
            g->gap6_us = group->gap6.set ? (uint64_t)group->gap6.n : g->gap6_us;
        }
    }
}

static struct address parsed(const char *text)
{
    struct address a = { 0 };
    BUG_ON(!address_parse_ip(span_from(text), &a));
    return a;
}

static void finish_network(struct build *b, struct instance_draft *d)
{
    struct vrrp_instance *m = &d->model;
    bool ip4 = m->family == AF_INET;
    const struct word *group = ip4 ? &b->global.group4 : &b->global.group6;
    if (d->group_address.text.len)
        group = &d->group_address;
    m->group_address = parsed(ip4 ? "224.0.0.18" : "ff02::12");
    if (group->text.len)
        (void)ka_ip(b, group, &m->group_address);
    if (d->source.text.len)
        (void)ka_ip(b, &d->source, &m->source);
    m->unicast = m->peers.count > 0 || d->unicast_block.set;
    m->unicast_ttl = d->unicast_ttl.set ? (uint8_t)d->unicast_ttl.n : 255;
    m->check_source = is_on(&d->check_source, &b->global.check_source);
    if (m->unicast && m->peers.count == 0)
        diag_add(b->diags, &ka_no_peers, d->unicast_block.at, DIAG_TEXT(m->name));
    m->interface = VRRP_NONE;
    m->interface_at = d->interface.at;
    if (d->interface.text.len)
        m->interface = ka_interface(b, &d->interface);
    else if (b->global.default_interface.text.len)
        m->interface = ka_interface(b, &b->global.default_interface);
    else if (!m->unicast)
        diag_add(b->diags, &ka_missing, m->at, DIAG_TEXT(SPAN("interface"), m->name));
}

static void finish_vmac(struct build *b, struct instance_draft *d)
{
    struct vrrp_instance *m = &d->model;
    if (!m->vmac)
        return;
    bool ip6 = m->family == AF_INET6;
    const uint8_t standard[6] = { 0x00, 0x00, 0x5e, 0x00, ip6 ? 0x02 : 0x01, m->vrid };
    if (!d->vmac_mac.set)
        memcpy(m->vmac_mac, standard, 6);
    else if (d->vmac_mac.n == 5)
        m->vmac_mac[5] = m->vrid;
    if (m->vmac_name[0] == '\0') {
        const struct word *prefix = &b->global.vmac_prefix;
        struct span before = prefix->text.len ? prefix->text : SPAN("vrrp");
        struct span name = arena_printf(b->arena, "%.*s%s.%u", SPAN_ARGS(before), ip6 ? "6" : "", m->vrid);
        if (name.len >= sizeof(m->vmac_name))
            diag_add(b->diags, &ka_bad_name, prefix->at, DIAG_TEXT(name));
        else
            memcpy(m->vmac_name, name.ptr, name.len);
    }
    if (ip6 && !m->vmac_send_base) {
        m->vmac_send_base = true;
        diag_add(b->diags, &ka_ip6_vmac, d->vmac_at, DIAG_TEXT(m->name));
    }
}

static void finish_preemption(struct build *b, struct instance_draft *d)
{
    struct vrrp_instance *m = &d->model;
    m->start_master = d->state.n;
    m->preempt = !d->nopreempt.set;
    if (d->nopreempt.set && m->start_master) {
        diag_add(b->diags, &ka_nopreempt_master, d->nopreempt.at, DIAG_TEXT(m->name));
        m->preempt = true;
    }
    m->preempt_delay_us = (uint64_t)d->preempt_delay.n;
}

static void strict_says(struct build *b, const struct instance_draft *d, struct where at, const char *what)
{
    diag_add(b->diags, &ka_strict, at.source ? at : d->model.at, DIAG_TEXT(d->model.name, span_from(what)));
}

static void finish_strict(struct build *b, struct instance_draft *d)
{
    struct vrrp_instance *m = &d->model;
    bool owner = m->priority == OWNER;
    if (m->start_master != owner) {
        strict_says(b, d, d->state.at, "`state MASTER` belongs to priority 255 and to no other");
        m->start_master = owner;
    }
    if (m->unicast)
        strict_says(b, d, d->unicast_block.at, "RFC 9568 knows no unicast; it is used all the same");
    if (d->preempt_delay.set) {
        strict_says(b, d, d->preempt_delay.at, "preempt_delay is not used");
        m->preempt_delay_us = 0;
    }
    if (m->addresses.count == 0)
        strict_says(b, d, m->at, "an instance without addresses is not VRRP");
    m->answer_lower = false;
    m->answer_higher = false;
}

/* ---- an instance ---- */

static void finish_instance(struct build *b, struct instance_draft *d)
{
    struct vrrp_instance *m = &d->model;
    const struct global_draft *g = &b->global;
    m->group = VRRP_NONE;
    m->strict = is_on(&d->strict, &g->strict);
    finish_family(b, m);
    m->version = m->family == AF_INET6 ? 3 : (uint8_t)either(&d->version, &g->version, 2);
    m->vrid = (uint8_t)d->vrid.n;
    m->vrid_at = d->vrid.at;
    if (!d->vrid_said)
        diag_add(b->diags, &ka_missing, m->at, DIAG_TEXT(SPAN("virtual_router_id"), m->name));
    m->priority = d->priority.set ? (uint8_t)d->priority.n : 100;
    m->priority_at = d->priority.at;
    m->down_adverts = (uint8_t)either(&d->down_adverts, &g->down_adverts, 3);
    m->skip_addresses = is_on(&d->skip_addresses, &g->skip_addresses);
    m->answer_lower = !is_on(&d->lower_no_advert, &g->lower_no_advert);
    m->answer_higher = is_on(&d->higher_advert, &g->higher_advert);
    m->worker_tracked = !d->worker.set || d->worker.n;
    finish_interval(b, d);
    finish_auth(b, d, m->strict);
    finish_garp(b, d, m->strict);
    finish_network(b, d);
    finish_vmac(b, d);
    finish_preemption(b, d);
    if (m->strict)
        finish_strict(b, d);
    finish_tracks(b, &d->tracks, &m->tracks);
    finish_notify(b, &d->notify, m->name, &m->notify);
    m->index = b->v->instances.count;
    *ARENA_PUSH(b->arena, &b->v->instances) = *m;
}

/* ---- groups ---- */

static void join(struct build *b, const struct word *w, struct vrrp_group *g, uint32_t index)
{
    uint32_t i = vrrp_config_find_instance(b->v, w->text);
    if (i == VRRP_NONE) {
        diag_add(b->diags, &ka_unknown_name, w->at, DIAG_TEXT(SPAN("vrrp_instance"), w->text));
        return;
    }
    struct vrrp_instance *m = &b->v->instances.items[i];
    if (m->group != VRRP_NONE) {
        struct span other = m->group == index ? g->name : b->v->groups.items[m->group].name;
        diag_add(b->diags, &ka_two_groups, w->at, DIAG_TEXT(w->text, other));
        return;
    }
    m->group = index;
    *ARENA_PUSH(b->arena, &g->members) = i;
}

static void finish_group(struct build *b, struct group_draft *d)
{
    struct vrrp_group g = { .name = d->name, .at = d->at, .keep_weights = d->keep_weights };
    uint32_t index = b->v->groups.count;
    for (uint32_t i = 0; i < d->members.count; i++)
        join(b, &d->members.items[i], &g, index);
    if (d->members.count == 0)
        diag_add(b->diags, &ka_missing, d->at, DIAG_TEXT(SPAN("group { ... }"), d->name));
    finish_tracks(b, &d->tracks, &g.tracks);
    finish_notify(b, &d->notify, d->name, &g.notify);
    *ARENA_PUSH(b->arena, &b->v->groups) = g;
}

/* A member's weights would pull the group apart: what is weighed must be well instead. */
static void finish_member(struct build *b, struct vrrp_instance *m)
{
    const struct vrrp_group *g = &b->v->groups.items[m->group];
    for (uint32_t i = 0; i < m->tracks.count && !g->keep_weights; i++) {
        struct vrrp_track *t = &m->tracks.items[i];
        if (t->effect != VRRP_EFFECT_WEIGHT)
            continue;
        t->effect = VRRP_EFFECT_FAULT;
        t->weight = 0;
        diag_add(b->diags, &ka_group_weight, t->at, DIAG_TEXT(m->name, g->name));
    }
}

/* ---- all of it ---- */

static void finish_global(struct build *b)
{
    const struct global_draft *g = &b->global;
    b->v->script_security = g->script_security.n;
    b->v->router_id = ka_keep(b, g->router_id.text.len ? g->router_id.text : b->config_id);
    uint64_t up = g->startup_timeout.set ? (uint64_t)g->startup_timeout.n : 10 * MICROSECONDS;
    uint64_t down = g->shutdown_timeout.set ? (uint64_t)g->shutdown_timeout.n : 10 * MICROSECONDS;
    b->v->startup = ka_command(b, &g->startup, SPAN("startup_script"), up);
    b->v->shutdown = ka_command(b, &g->shutdown, SPAN("shutdown_script"), down);
    finish_fifo(b, &g->fifo, &b->v->fifo);
    finish_fifo(b, &g->vrrp_fifo, &b->v->vrrp_fifo);
}

static void finish_statics(struct build *b)
{
    struct word name = b->global.default_interface;
    if (name.text.len == 0)
        name.text = SPAN("eth0");
    for (uint32_t i = 0; i < b->v->static_addresses.count; i++)
        if (b->v->static_addresses.items[i].interface == VRRP_NONE)
            b->v->static_addresses.items[i].interface = ka_interface(b, &name);
}

void ka_finish(struct build *b)
{
    finish_global(b);
    finish_statics(b);
    finish_scripts(b);
    finish_processes(b);
    finish_files(b);
    for (uint32_t i = 0; i < b->instances.count; i++)
        finish_instance(b, b->instances.items[i]);
    for (uint32_t i = 0; i < b->groups.count; i++)
        finish_group(b, b->groups.items[i]);
    for (uint32_t i = 0; i < b->v->instances.count; i++)
        if (b->v->instances.items[i].group != VRRP_NONE)
            finish_member(b, &b->v->instances.items[i]);
}
