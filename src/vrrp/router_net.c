/* SPDX-License-Identifier: Apache-2.0 */
/* A virtual router and the network: its interface, its macvlan, its channels, adverts out and in. */
#include <errno.h>
#include <string.h>

#include "os/sysctl.h"
#include "vrrp/internal.h"

enum { REFUSAL_SAID_S = 60 };

/* ---- the macvlan with the virtual MAC ---- */

static void set_quietly(const char *family, const char *interface, const char *name, int value)
{
    int error = sysctl_set(family, interface, name, value);
    (void)error; /* an older kernel, or /proc not writable: it works without, less tidily */
}

static const struct {
    const char *name;
    int value;
} base_values[] = {
    { "arp_ignore", 1 },   /* it does not answer for addresses of the macvlan */
    { "arp_announce", 2 }, /* nor ask in their name, which would teach neighbours the wrong MAC */
};

static void tame_base(struct router *r, const char *base)
{
    for (size_t i = 0; i < COUNT_OF(base_values); i++) {
        int before;
        if (sysctl_get("ipv4", base, base_values[i].name, &before) != 0 || before >= base_values[i].value)
            continue;
        set_quietly("ipv4", base, base_values[i].name, base_values[i].value);
        r->vmac_before[i] = before;
    }
}

static void restore_base(struct router *r, const char *base)
{
    for (size_t i = 0; i < COUNT_OF(base_values); i++) {
        if (base && r->vmac_before[i] >= 0)
            set_quietly("ipv4", base, base_values[i].name, r->vmac_before[i]);
        r->vmac_before[i] = -1;
    }
}

static void tame_vmac(const char *vmac)
{
    set_quietly("ipv4", vmac, "arp_ignore", 1);
    set_quietly("ipv4", vmac, "accept_local", 1);
    set_quietly("ipv4", vmac, "rp_filter", 2);     /* it hears what routing sends out of its base */
    set_quietly("ipv6", vmac, "addr_gen_mode", 1); /* no address made of a MAC that two hosts have */
    set_quietly("ipv6", vmac, "accept_ra", 0);
}

static bool adopt_vmac(struct router *r, struct netlink_link *link)
{
    return netlink_link_find(r->v->netlink, r->model->vmac_name, link) == 0 &&
           strcmp(link->kind, "macvlan") == 0 && link->parent == r->base &&
           memcmp(link->mac, r->model->vmac_mac, 6) == 0;
}

static bool make_vmac(struct router *r, const struct link_state *base)
{
    struct netlink_link link = { 0 };
    if (adopt_vmac(r, &link)) { /* of an earlier life */
        r->vmac_index = link.index;
    } else if (netlink_macvlan_add(r->v->netlink, r->base, r->model->vmac_name, r->model->vmac_mac,
                                   &r->vmac_index) != 0) {
        r->vmac_index = 0;
        return false;
    }
    r->vmac_made = true;
    tame_vmac(r->model->vmac_name);
    tame_base(r, base->name);
    return netlink_link_set_up(r->v->netlink, r->vmac_index, true) == 0;
}

static void drop_vmac(struct router *r)
{
    const struct link_state *base = links_at(&r->v->links, r->model->interface);
    if (r->vmac_made && r->vmac_index) {
        int error = netlink_link_delete(r->v->netlink, r->vmac_index);
        (void)error; /* it went with its base */
    }
    restore_base(r, base && base->index ? base->name : NULL);
    r->vmac_index = 0;
    r->vmac_made = false;
}

const uint8_t *router_mac(const struct router *r, unsigned index)
{
    if (index && index == r->vmac_index)
        return r->model->vmac_mac;
    const struct link_state *l = links_by_index(&r->v->links, index);
    return l && l->mac_size == 6 ? l->mac : NULL;
}

/* ---- channels ---- */

static bool fault(struct router *r, const char *why)
{
    struct buf b;
    buf_init_fixed(&b, r->why, sizeof(r->why) - 1);
    memset(r->why, 0, sizeof(r->why));
    buf_printf(&b, "%s", why);
    return false;
}

static void say_channel(struct router *r, const struct advert_failure *f)
{
    char text[200];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    advert_put_failure(&b, f);
    if (!r->channel_said)
        SAY(r->v->host, &say_no_channel, r->model->name, buf_span(&b));
    r->channel_said = true;
}

static bool open_channels(struct router *r)
{
    struct advert_failure why = { 0 };
    unsigned send_on = r->vmac_index && !r->model->vmac_send_base ? r->vmac_index : r->base;
    /* A frame from the virtual MAC reaches only the macvlan that has it; one from another MAC reaches both.
     */
    unsigned hear_on = r->vmac_index ? r->vmac_index : r->base;
    if (r->in && r->in->index != hear_on)
        channel_put(r->v, &r->in);
    if (r->out && r->out->index != send_on)
        channel_put(r->v, &r->out);
    if (r->in == NULL)
        r->in = channel_get(r->v, r->model->family, hear_on, &why);
    if (r->in && !r->model->unicast && !advert_join(r->in, &r->to, &why)) {
        say_channel(r, &why);
        return fault(r, "the multicast group cannot be joined");
    }
    if (r->out == NULL)
        r->out = channel_get(r->v, r->model->family, send_on, &why);
    if (r->in && r->out) {
        r->channel_said = false;
        return true;
    }
    say_channel(r, &why);
    return fault(r, why.error == EPERM ? "no permission to open a raw socket (CAP_NET_RAW)" : "no socket");
}

static bool find_source(struct router *r, const struct link_state *base)
{
    struct vrrp_ip wanted = ip_of_address(&r->model->source);
    struct vrrp_ip first = { 0 };
    if (base)
        first = r->model->family == AF_INET ? base->ip4 : base->ip6;
    r->from = wanted.size ? wanted : first;
    bool found = r->from.size != 0 || (r->model->unicast && base == NULL);
    if (found) {
        r->source_said = false;
        return true;
    }
    if (!r->source_said)
        SAY(r->v->host, &say_no_source, r->model->name, span_from(base ? base->name : "this machine"));
    r->source_said = true;
    return fault(r, "no address to send adverts from");
}

static bool find_base(struct router *r, const struct link_state *base)
{
    unsigned index = base ? base->index : 0;
    if (index != r->base) {
        router_disconnect(r);
        r->base = index;
    }
    if (r->model->interface != VRRP_NONE && index == 0)
        return fault(r, "its interface is missing");
    if (r->model->promote_secondaries && base)
        set_quietly("ipv4", base->name, "promote_secondaries", 1);
    return true;
}

bool router_connect(struct router *r)
{
    const struct link_state *base = links_at(&r->v->links, r->model->interface);
    if (!find_base(r, base)) {
        vip_set_home(&r->vip, 0);
        return false;
    }
    if (r->model->vmac && r->vmac_index == 0 && !make_vmac(r, base)) {
        char text[400];
        struct buf b;
        buf_init_fixed(&b, text, sizeof(text));
        netlink_put_failure(&b, netlink_failure(r->v->netlink));
        SAY(r->v->host, &say_vmac_failed, r->model->name, buf_span(&b));
        return fault(r, "no interface with the virtual MAC");
    }
    vip_set_home(&r->vip, r->vmac_index ? r->vmac_index : r->base);
    if (!r->model->ignore_interface && base && !base->up)
        return fault(r, "its interface is down");
    if (r->model->unicast && r->model->peers.count == 0)
        return fault(r, "it has no unicast peers");
    return find_source(r, base) && open_channels(r);
}

void router_disconnect(struct router *r)
{
    channel_put(r->v, &r->in);
    channel_put(r->v, &r->out);
    drop_vmac(r);
    r->base = 0;
}

/* ---- out ---- */

static void say_not_sent_once(struct router *r, int error)
{
    if (error && !r->send_said)
        SAY(r->v->host, &say_not_sent, r->model->name, span_from(strerrordesc_np(error)));
    r->send_said = error != 0;
}

static int send_to(struct router *r, const struct vrrp_advert *advert, const struct vrrp_ip *to, uint8_t ttl)
{
    uint8_t bytes[VRRP_ADVERT_MAX];
    size_t len = vrrp_advert_write(bytes, sizeof(bytes), advert, &r->from, to);
    return len == 0 ? EMSGSIZE : advert_send(r->out, &r->from, to, ttl, span_of((char *)bytes, len));
}

void router_send(struct router *r, uint8_t priority)
{
    if (r->out == NULL)
        return; /* its interface is gone: that was said */
    struct vrrp_advert a = { .version = r->model->version,
                             .vrid = r->model->vrid,
                             .priority = priority,
                             .auth_type = (uint8_t)r->expected.auth_type,
                             .interval_cs = r->model->interval_cs,
                             .address_count = (uint16_t)r->model->addresses.count,
                             .addresses = r->expected.addresses };
    memcpy(a.password, r->expected.password, sizeof(a.password));
    int error = 0;
    if (!r->model->unicast)
        error = send_to(r, &a, &r->to, VRRP_TTL);
    for (uint32_t i = 0; r->model->unicast && i < r->model->peers.count; i++) {
        int one = send_to(r, &a, &r->peers[i].ip, r->model->unicast_ttl);
        error = error ? error : one;
    }
    say_not_sent_once(r, error);
    r->count.sent += error == 0;
    if (r->memory)
        atomic_store_explicit(&r->memory->advert_us, r->v->now.us, memory_order_relaxed);
}

/* ---- in ---- */

struct router *router_of_packet(struct vrrp *v, const struct advert_channel *c, const struct advert_packet *p)
{
    struct router *other = NULL;
    bool multicast =
        p->envelope.to.size == 4 ? (p->envelope.to.bytes[0] & 0xf0) == 0xe0 : p->envelope.to.bytes[0] == 0xff;
    for (uint32_t i = 0; i < v->router_count; i++) {
        struct router *r = &v->routers[i];
        if (r->in != c || r->model->vrid != p->advert.vrid)
            continue;
        if (multicast && !r->model->unicast && vrrp_ip_eq(&r->to, &p->envelope.to))
            return r;
        if (!multicast && r->model->unicast)
            return r;
        other = r;
    }
    return other; /* it is refused there, for its target */
}

static void say_refused_now_and_then(struct router *r, const struct advert_packet *p, enum vrrp_refusal why)
{
    instant *said = &r->refusal_said[why];
    if (why == VRRP_OWN ||
        (said->us && instant_us_between(*said, r->v->now) < REFUSAL_SAID_S * UINT64_C(1000000)))
        return;
    *said = r->v->now;
    char text[64];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    ip_put(&b, &p->envelope.from);
    SAY(r->v->host, &say_advert_refused, r->model->name, buf_span(&b), span_from(vrrp_refusal_text(why)),
        SAY_NUMBER(r->count.refused[why]));
}

static void refuse(struct router *r, const struct advert_packet *p, enum vrrp_refusal why)
{
    r->count.refused[why]++;
    say_refused_now_and_then(r, p, why);
    struct advert_packet as = *p;
    as.refusal = why;
    router_doubt_refused(r, &as);
}

void router_on_packet(struct router *r, const struct advert_packet *p)
{
    enum vrrp_refusal why = p->refusal;
    if (why == VRRP_TAKEN) {
        /* skip_check_adv_addr spares only the master that was checked before. */
        r->expected.skip_addresses =
            r->model->skip_addresses && vrrp_ip_eq(&r->heard_from, &p->envelope.from);
        why = vrrp_advert_check(&p->advert, &p->envelope, &r->expected);
    }
    if (why != VRRP_TAKEN) {
        refuse(r, p, why);
        return;
    }
    r->count.heard++;
    r->count.goodbyes_heard += p->advert.priority == VRRP_GOODBYE;
    r->heard_from = p->envelope.from;
    r->heard_priority = p->advert.priority;
    r->heard_at = r->v->now;
    router_event(r, (struct fsm_event){ .kind = FSM_ADVERT,
                                        .priority = p->advert.priority,
                                        .interval_us = (uint32_t)p->advert.interval_cs * 10000,
                                        .source = vrrp_ip_cmp(&p->envelope.from, &r->from) });
}
