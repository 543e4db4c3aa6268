/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State, peers, transitions, timers and counters, as JSON. Times are microseconds
 * since 1970, lengths microseconds; what is not known is left out. Fields are
 * added, never renamed.
 */
#include <string.h>

#include "vrrp/internal.h"

struct json {
    struct buf *out;
    const char *gap; /* before the next member */
};

static void key(struct json *j, const char *name)
{
    buf_printf(j->out, "%s\"%s\":", j->gap, name);
    j->gap = ",";
}

static void put_text(struct json *j, const char *name, struct span value)
{
    key(j, name);
    buf_put_json(j->out, value);
}

static void put_number(struct json *j, const char *name, uint64_t n)
{
    key(j, name);
    buf_put_u64(j->out, n);
}

static void put_bool(struct json *j, const char *name, bool on)
{
    key(j, name);
    buf_put(j->out, on ? SPAN("true") : SPAN("false"));
}

static void put_ip(struct json *j, const char *name, const struct vrrp_ip *ip)
{
    char text[64];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    ip_put(&b, ip);
    put_text(j, name, buf_span(&b));
}

static struct json open_object(struct buf *out)
{
    buf_put_char(out, '{');
    return (struct json){ out, "" };
}

/* A monotonic instant as the wall clock would have said it. */
static uint64_t wall_of(instant at, instant now, uint64_t wall_now)
{
    return at.us <= now.us ? wall_now - (now.us - at.us) : wall_now + (at.us - now.us);
}

struct view {
    instant now;
    uint64_t wall;
};

static void put_when(struct json *j, const char *name, const struct view *w, instant at)
{
    if (at.us && at.us != UINT64_MAX)
        put_number(j, name, wall_of(at, w->now, w->wall));
}

static void put_timers(struct json *j, const struct router *r, const struct view *w)
{
    put_number(j, "interval_us", r->fc.interval_us);
    put_number(j, "skew_us", fsm_skew_us(&r->fc, &r->f));
    put_number(j, "master_down_us", fsm_down_us(&r->fc, &r->f));
    put_when(j, fsm_is_master(r->f.state) ? "next_advert" : "master_down_at", w, fsm_next(&r->f));
}

static void put_heard(struct json *j, const struct router *r, const struct view *w)
{
    if (r->heard_at.us == 0)
        return;
    key(j, "last_heard");
    struct json in = open_object(j->out);
    put_ip(&in, "from", &r->heard_from);
    put_number(&in, "priority", r->heard_priority);
    put_when(&in, "at", w, r->heard_at);
    buf_put_char(j->out, '}');
}

static const char *doubt_word(enum doubt d)
{
    static const char *const words[] = { [DOUBT_NONE] = "none",
                                         [DOUBT_ONE_WAY] = "one_way",
                                         [DOUBT_REFUSED] = "refused",
                                         [DOUBT_SILENT] = "silent" };
    return words[d];
}

static void put_doubt(struct json *j, const struct router *r, const struct view *w)
{
    const struct router_doubt *d = &r->doubt;
    if (d->kind == DOUBT_NONE)
        return;
    key(j, "two_masters");
    struct json in = open_object(j->out);
    put_text(&in, "cause", span_from(doubt_word(d->kind)));
    if (d->peer.size)
        put_ip(&in, "peer", &d->peer);
    if (d->kind == DOUBT_REFUSED)
        put_text(&in, "refusal", span_from(vrrp_refusal_word(d->refusal)));
    if (d->kind == DOUBT_SILENT) {
        char mac[32];
        struct buf b;
        buf_init_fixed(&b, mac, sizeof(mac));
        buf_printf(&b, "%02x:%02x:%02x:%02x:%02x:%02x", d->mac[0], d->mac[1], d->mac[2], d->mac[3], d->mac[4],
                   d->mac[5]);
        put_text(&in, "mac", buf_span(&b));
    } else {
        put_number(&in, "priority", d->priority);
    }
    put_when(&in, "since", w, d->since);
    buf_put_char(j->out, '}');
}

static const char *verdict_word(const struct vrrp_track *t, struct judge_verdict v)
{
    if (v.state == JUDGE_UNKNOWN)
        return "unknown";
    return judge_is_ill(t, v) ? "ill" : "well";
}

static void put_track(struct buf *out, const struct router *r, const struct vrrp_track *t)
{
    static const char *const effects[] = {
        [VRRP_EFFECT_FAULT] = "fault", [VRRP_EFFECT_WEIGHT] = "weight", [VRRP_EFFECT_YIELD] = "yield"
    };
    char text[160];
    struct buf b;
    struct judge_verdict v = track_verdict(&r->v->track, t, r->fc.interval_us, r->v->now);
    struct json in = open_object(out);
    buf_init_fixed(&b, text, sizeof(text));
    track_put_name(&b, &r->v->track, t);
    put_text(&in, "what", buf_span(&b));
    put_text(&in, "effect", span_from(effects[t->effect]));
    put_text(&in, "is", span_from(verdict_word(t, v)));
    buf_clear(&b);
    track_put_detail(&b, &r->v->track, t);
    put_text(&in, "detail", buf_span(&b));
    key(&in, "adds");
    buf_put_i64(out, judge_weight(t, v));
    buf_put_char(out, '}');
}

static void put_tracks(struct json *j, const struct router *r)
{
    static const struct vrrp_track worker = { .kind = VRRP_TRACK_WORKER, .effect = VRRP_EFFECT_FAULT };
    const struct vrrp_track_list *own = &r->model->tracks;
    const struct vrrp_track_list *group =
        r->model->group == VRRP_NONE ? NULL : &r->v->config->groups.items[r->model->group].tracks;
    const char *gap = "";
    key(j, "tracks");
    buf_put_char(j->out, '[');
    for (uint32_t i = 0; i < own->count; i++, gap = ",") {
        buf_printf(j->out, "%s", gap);
        put_track(j->out, r, &own->items[i]);
    }
    for (uint32_t i = 0; group && i < group->count; i++, gap = ",") {
        buf_printf(j->out, "%s", gap);
        put_track(j->out, r, &group->items[i]);
    }
    if (r->model->worker_tracked && r->v->track.health) {
        buf_printf(j->out, "%s", gap);
        put_track(j->out, r, &worker);
    }
    buf_put_char(j->out, ']');
}

static void put_addresses(struct json *j, const struct router *r)
{
    const char *gap = "";
    key(j, "addresses");
    buf_put_char(j->out, '[');
    for (uint32_t i = 0; i < r->vip.count; i++, gap = ",") {
        const struct vip_item *item = &r->vip.items[i];
        struct vrrp_ip ip = ip_of_address(&item->model->ip);
        char name[IFNAMSIZ];
        buf_printf(j->out, "%s", gap);
        struct json in = open_object(j->out);
        put_ip(&in, "ip", &ip);
        put_number(&in, "bits", item->model->bits);
        if (item->index && if_indextoname(item->index, name))
            put_text(&in, "on", span_from(name));
        put_bool(&in, "here", item->ours);
        buf_put_char(j->out, '}');
    }
    buf_put_char(j->out, ']');
}

static void put_history(struct json *j, const struct router *r)
{
    uint32_t kept = r->changes < ROUTER_HISTORY ? r->changes : ROUTER_HISTORY;
    key(j, "history"); /* the oldest first */
    buf_put_char(j->out, '[');
    for (uint32_t i = r->changes - kept; i < r->changes; i++) {
        const struct router_change *c = &r->history[i % ROUTER_HISTORY];
        buf_printf(j->out, "%s", i == r->changes - kept ? "" : ",");
        struct json in = open_object(j->out);
        put_number(&in, "at", c->wall_us);
        put_text(&in, "from", span_from(fsm_state_name((enum fsm_state)c->from)));
        put_text(&in, "to", span_from(fsm_state_name((enum fsm_state)c->to)));
        put_text(&in, "why", span_from(c->why));
        buf_put_char(j->out, '}');
    }
    buf_put_char(j->out, ']');
}

static void put_refusals(struct json *j, const char *name, const uint64_t *count)
{
    key(j, name);
    struct json in = open_object(j->out);
    for (int i = VRRP_TAKEN + 1; i < VRRP_REFUSAL_COUNT; i++)
        put_number(&in, vrrp_refusal_word((enum vrrp_refusal)i), count[i]);
    buf_put_char(j->out, '}');
}

static void put_counters(struct json *j, const struct router *r)
{
    key(j, "counters");
    struct json in = open_object(j->out);
    put_number(&in, "adverts_sent", r->count.sent);
    put_number(&in, "adverts_heard", r->count.heard);
    put_number(&in, "became_master", r->count.became_master);
    put_number(&in, "released", r->count.released);
    put_number(&in, "goodbyes_sent", r->count.goodbyes_sent);
    put_number(&in, "goodbyes_heard", r->count.goodbyes_heard);
    put_number(&in, "announcements", r->count.announcements);
    put_number(&in, "addresses_put_back", r->count.put_back);
    put_refusals(&in, "refused", r->count.refused);
    buf_put_char(j->out, '}');
}

static void put_router(struct buf *out, const struct router *r, const struct view *w)
{
    const struct vrrp_instance *m = r->model;
    const struct link_state *base = links_at(&r->v->links, m->interface);
    struct json j = open_object(out);
    put_text(&j, "name", m->name);
    put_text(&j, "state", span_from(fsm_state_name(r->f.state)));
    put_text(&j, "role", span_from(fsm_state_word(r->f.state)));
    put_when(&j, "since", w, r->since);
    if (r->why[0] && (r->f.faulted || r->f.reluctant))
        put_text(&j, "why", span_from(r->why));
    put_number(&j, "vrid", m->vrid);
    put_number(&j, "version", m->version);
    put_text(&j, "family", m->family == AF_INET ? SPAN("ipv4") : SPAN("ipv6"));
    if (base)
        put_text(&j, "interface", span_from(base->name));
    put_ip(&j, "source", &r->from);
    put_bool(&j, "unicast", m->unicast);
    put_bool(&j, "preempt", m->preempt);
    put_number(&j, "priority_base", m->priority);
    put_number(&j, "priority", r->f.priority);
    put_number(&j, "priority_said", fsm_advert_priority(&r->f));
    put_bool(&j, "given_away", r->given_away);
    put_timers(&j, r, w);
    put_when(&j, "held_down_until", w, flap_is_held(&r->flap, w->now) ? r->flap.held_until : (instant){ 0 });
    put_heard(&j, r, w);
    put_doubt(&j, r, w);
    put_tracks(&j, r);
    put_addresses(&j, r);
    put_history(&j, r);
    put_counters(&j, r);
    buf_put_char(out, '}');
}

static void put_group(struct buf *out, const struct vrrp *v, const struct group *g)
{
    static const char *const words[] = {
        [GROUP_INIT] = "INIT", [GROUP_BACKUP] = "BACKUP", [GROUP_MASTER] = "MASTER", [GROUP_FAULT] = "FAULT"
    };
    struct json j = open_object(out);
    put_text(&j, "name", g->model->name);
    put_text(&j, "state", span_from(words[g->state]));
    key(&j, "members");
    buf_put_char(out, '[');
    for (uint32_t i = 0; i < g->model->members.count; i++) {
        buf_printf(out, "%s", i ? "," : "");
        buf_put_json(out, v->routers[g->model->members.items[i]].model->name);
    }
    buf_put(out, SPAN("]}"));
}

void vrrp_status(const struct vrrp *v, struct buf *out, instant now)
{
    struct view w = { .now = now, .wall = clock_wall_us() };
    struct json j = open_object(out);
    put_number(&j, "v", 1);
    put_text(&j, "router_id", v->config->router_id);
    put_number(&j, "at", w.wall);
    key(&j, "instances");
    buf_put_char(out, '[');
    for (uint32_t i = 0; i < v->router_count; i++) {
        buf_printf(out, "%s", i ? "," : "");
        put_router(out, &v->routers[i], &w);
    }
    buf_put_char(out, ']');
    key(&j, "groups");
    buf_put_char(out, '[');
    for (uint32_t i = 0; i < v->group_count; i++) {
        buf_printf(out, "%s", i ? "," : "");
        put_group(out, v, &v->groups[i]);
    }
    buf_put_char(out, ']');
    put_refusals(&j, "foreign", v->foreign);
    buf_put(out, SPAN("}\n"));
}

/* ---- as lines ---- */

/* Names come from a file, and a tab or a newline in one would be another column. */
static void put_column(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        buf_put_char(out, (unsigned char)s.ptr[i] < ' ' ? ' ' : s.ptr[i]);
    buf_put_char(out, '\t');
}

static void put_held(struct buf *out, const struct router *r)
{
    for (uint32_t i = 0; i < r->vip.count; i++) {
        struct vrrp_ip ip = ip_of_address(&r->vip.items[i].model->ip);
        if (i > 0)
            buf_put_char(out, ' ');
        ip_put(out, &ip);
        buf_printf(out, "/%u", r->vip.items[i].model->bits);
    }
    buf_put_char(out, '\t');
}

static void put_last_heard(struct buf *out, const struct router *r, instant now)
{
    if (r->heard_at.us != 0) {
        ip_put(out, &r->heard_from);
        buf_printf(out, ", priority %u, %llu s ago", r->heard_priority,
                   (unsigned long long)(instant_us_between(r->heard_at, now) / 1000000));
    }
    buf_put_char(out, '\t');
}

/* The cause in a few words; the log has the sentence. */
static void put_trouble(struct buf *out, const struct router *r)
{
    static const char *const words[] = {
        [DOUBT_NONE] = "",
        [DOUBT_ONE_WAY] = "two masters: the other one does not hear our adverts (a filter towards it?)",
        [DOUBT_REFUSED] = "two masters: the other one's adverts must be refused (its file differs)",
        [DOUBT_SILENT] = "somebody else answers for our address, and no advert of it is heard",
    };

    if (r->doubt.kind != DOUBT_NONE)
        buf_printf(out, "%s", words[r->doubt.kind]);
    else if (r->why[0] && (r->f.faulted || r->f.reluctant))
        buf_printf(out, "%s", r->why);
}

void vrrp_put_rows(const struct vrrp *v, struct buf *out, instant now)
{
    uint64_t wall = clock_wall_us();

    for (uint32_t i = 0; i < v->router_count; i++) {
        const struct router *r = &v->routers[i];
        const struct link_state *base = links_at(&v->links, r->model->interface);
        put_column(out, r->model->name);
        put_column(out, span_from(fsm_state_name(r->f.state)));
        buf_printf(out, "%llu\t%u\t", (unsigned long long)wall_of(r->since, now, wall), r->f.priority);
        put_column(out, base ? span_from(base->name) : SPAN(""));
        put_held(out, r);
        put_last_heard(out, r, now);
        put_trouble(out, r);
        buf_put_char(out, '\n');
    }
}
