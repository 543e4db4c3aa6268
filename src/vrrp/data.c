/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State and statistics in the shape of keepalived's dumps (SIGUSR1, SIGUSR2), for
 * scripts that read those: the same names on the same indentation, without what
 * we have no notion of.
 */
#include <time.h>

#include "vrrp/internal.h"

/* "1795359986.122816 (Sun Nov 22 15:06:26.122816 2026)" */
static void put_time(struct buf *out, uint64_t wall_us)
{
    time_t s = (time_t)(wall_us / 1000000);
    unsigned us = (unsigned)(wall_us % 1000000);
    struct tm tm;
    char day[32], year[8];
    (void)localtime_r(&s, &tm);
    (void)strftime(day, sizeof(day), "%a %b %e %H:%M:%S", &tm);
    (void)strftime(year, sizeof(year), "%Y", &tm);
    buf_printf(out, "%llu.%06u (%s.%06u %s)", (unsigned long long)s, us, day, us, year);
}

static const char *on_off(bool on)
{
    return on ? "enabled" : "disabled";
}

static const char *true_false(bool on)
{
    return on ? "true" : "false";
}

static void put_garp(struct buf *out, const struct vrrp_garp *g)
{
    buf_printf(out, "   Gratuitous ARP delay = %llu\n", (unsigned long long)(g->delay_us / 1000000));
    buf_printf(out, "   Gratuitous ARP repeat = %u\n", g->repeat);
    buf_printf(out, "   Gratuitous ARP refresh = %llu\n", (unsigned long long)(g->refresh_us / 1000000));
    buf_printf(out, "   Gratuitous ARP refresh repeat = %u\n", g->refresh_repeat);
    buf_printf(out, "   Gratuitous ARP lower priority delay = %llu\n",
               (unsigned long long)(g->lower_delay_us / 1000000));
    buf_printf(out, "   Gratuitous ARP lower priority repeat = %u\n", g->lower_repeat);
}

static void put_network(struct buf *out, const struct router *r)
{
    const struct link_state *base = links_at(&r->v->links, r->model->interface);
    if (base)
        buf_printf(out, "   Interface = %s\n", base->name);
    buf_put(out, SPAN("   Using src_ip = "));
    ip_put(out, &r->from);
    buf_put(out, r->model->unicast ? SPAN("\n   Unicast peers :\n") : SPAN("\n   Multicast address "));
    for (uint32_t i = 0; r->model->unicast && i < r->model->peers.count; i++) {
        buf_put(out, SPAN("     "));
        ip_put(out, &r->peers[i].ip);
        buf_put_char(out, '\n');
    }
    if (r->model->unicast)
        return;
    ip_put(out, &r->to);
    buf_put_char(out, '\n');
}

static void put_vip(struct buf *out, const struct vip_item *item)
{
    char name[IFNAMSIZ] = "?";
    unsigned most = address_family(&item->model->ip) == AF_INET ? 32 : 128;
    (void)if_indextoname(item->index, name);
    buf_put(out, SPAN("     "));
    address_put_ip(out, &item->model->ip);
    if (item->model->bits != most)
        buf_printf(out, "/%u", item->model->bits);
    buf_printf(out, " dev %s scope global%s\n", name, item->ours ? " set" : "");
}

static void put_vips(struct buf *out, const struct router *r)
{
    uint32_t said = r->model->addresses.count;
    buf_printf(out, "   Virtual IP (%u):\n", said);
    for (uint32_t i = 0; i < r->vip.count; i++) {
        if (i == said)
            buf_printf(out, "   Virtual IP Excluded (%u):\n", r->vip.count - said);
        put_vip(out, &r->vip.items[i]);
    }
}

static void put_protocol(struct buf *out, const struct router *r)
{
    const struct vrrp_instance *m = r->model;
    buf_printf(out, "   Down timer adverts = %u\n", m->down_adverts);
    buf_printf(out, "   Send advert after receive lower priority advert = %s\n", true_false(m->answer_lower));
    buf_printf(out, "   Send advert after receive higher priority advert = %s\n",
               true_false(m->answer_higher));
    buf_printf(out, "   Virtual Router ID = %u\n   Priority = %u\n   Effective priority = %u\n", m->vrid,
               m->priority, r->f.priority);
    buf_printf(out, "   Total priority = %u\n", r->f.priority);
    if (m->version == 2)
        buf_printf(out, "   Advert interval = %u sec\n", m->interval_cs / 100);
    else
        buf_printf(out, "   Advert interval = %u milli-sec\n", m->interval_cs * 10);
    buf_printf(out, "   Accept = enabled\n   Preempt = %s\n", on_off(m->preempt));
    if (m->preempt_delay_us)
        buf_printf(out, "   Preempt delay = %.6g secs\n", (double)m->preempt_delay_us / 1e6);
    buf_printf(out, "   Promote_secondaries = %s\n", on_off(m->promote_secondaries));
    buf_printf(out, "   Authentication type = %s\n", m->auth == VRRP_PASS ? "SIMPLE_PASSWORD" : "none");
}

static void put_router(struct buf *out, const struct router *r, instant now, uint64_t wall)
{
    buf_printf(out, " VRRP Instance = %.*s\n   VRRP Version = %u\n   State = %s\n", SPAN_ARGS(r->model->name),
               r->model->version, r->started ? fsm_state_word(r->f.state) : "INIT");
    buf_put(out, SPAN("   Last transition = "));
    put_time(out, wall - instant_us_between(r->since, now));
    buf_printf(out, "\n   Master down timer = %llu usecs\n", (unsigned long long)fsm_down_us(&r->fc, &r->f));
    put_network(out, r);
    put_garp(out, &r->model->garp);
    put_protocol(out, r);
    put_vips(out, r);
}

void vrrp_put_data(const struct vrrp *v, struct buf *out, instant now)
{
    uint64_t wall = clock_wall_us();
    buf_printf(out, "------< Global definitions >------\n Router ID = %.*s\n------< VRRP Topology >------\n",
               SPAN_ARGS(v->config->router_id));
    for (uint32_t i = 0; i < v->router_count; i++)
        put_router(out, &v->routers[i], now, wall);
}

static unsigned long long refused(const struct router *r, enum vrrp_refusal which)
{
    return (unsigned long long)r->count.refused[which];
}

static void put_stats(struct buf *out, const struct router *r)
{
    const struct router_counters *c = &r->count;
    buf_printf(out, "VRRP Instance: %.*s\n  Advertisements:\n    Received: %llu\n    Sent: %llu\n",
               SPAN_ARGS(r->model->name), (unsigned long long)c->heard, (unsigned long long)c->sent);
    buf_printf(out, "  Became master: %llu\n  Released master: %llu\n", (unsigned long long)c->became_master,
               (unsigned long long)c->released);
    buf_printf(out,
               "  Packet Errors:\n    Length: %llu\n    TTL: %llu\n    Invalid Type: %llu\n"
               "    Advertisement Interval: %llu\n    Address List: %llu\n",
               refused(r, VRRP_TRUNCATED) + refused(r, VRRP_OVERLONG), refused(r, VRRP_BAD_TTL),
               refused(r, VRRP_BAD_TYPE), refused(r, VRRP_WRONG_INTERVAL), refused(r, VRRP_WRONG_ADDRESSES));
    buf_printf(
        out,
        "  Authentication Errors:\n    Invalid Type: %llu\n    Type Mismatch: %llu\n    Failure: %llu\n"
        "  Priority Zero:\n    Received: %llu\n    Sent: %llu\n",
        refused(r, VRRP_AH), refused(r, VRRP_WRONG_AUTH_TYPE), refused(r, VRRP_WRONG_PASSWORD),
        (unsigned long long)c->goodbyes_heard, (unsigned long long)c->goodbyes_sent);
}

void vrrp_put_stats(struct vrrp *v, struct buf *out, bool clear)
{
    for (uint32_t i = 0; i < v->router_count; i++) {
        put_stats(out, &v->routers[i]);
        if (clear)
            v->routers[i].count = (struct router_counters){ 0 };
    }
}
