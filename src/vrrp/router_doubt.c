/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two masters: found by adverts that go on although ours are stronger, by adverts
 * of our virtual router that we must refuse, and by somebody else who answers for
 * an address of ours. Said with the likely cause, at once and then now and then.
 */
#include <string.h>

#include "vrrp/internal.h"

enum { SAID_AGAIN_S = 60, CERTAIN_LATEST = 3 /* intervals between two refused adverts of a suspect */ };

static void say(struct router *r, unsigned index, const struct vrrp_ip *address)
{
    const struct router_doubt *d = &r->doubt;
    char peer[64], mac[32], ours[64], name[IFNAMSIZ] = "?";
    struct buf p, m, o;
    buf_init_fixed(&p, peer, sizeof(peer));
    buf_init_fixed(&m, mac, sizeof(mac));
    buf_init_fixed(&o, ours, sizeof(ours));
    ip_put(&p, &d->peer);
    buf_printf(&m, "%02x:%02x:%02x:%02x:%02x:%02x", d->mac[0], d->mac[1], d->mac[2], d->mac[3], d->mac[4],
               d->mac[5]);
    switch (d->kind) {
    case DOUBT_ONE_WAY:
        SAY(r->v->host, &say_two_masters_one_way, r->model->name, buf_span(&p), SAY_NUMBER(d->priority));
        break;
    case DOUBT_REFUSED:
        SAY(r->v->host, &say_two_masters_refused, r->model->name, buf_span(&p), SAY_NUMBER(d->priority),
            span_from(vrrp_refusal_text(d->refusal)));
        break;
    case DOUBT_SILENT:
        ip_put(&o, address);
        (void)if_indextoname(index, name);
        SAY(r->v->host, &say_two_masters_silent, r->model->name, buf_span(&o), buf_span(&m), span_from(name));
        break;
    case DOUBT_NONE:
        break;
    }
}

void router_doubts(struct router *r, enum doubt kind, const struct vrrp_ip *peer, uint8_t priority,
                   enum vrrp_refusal refusal, const uint8_t *mac, unsigned index,
                   const struct vrrp_ip *address)
{
    struct router_doubt *d = &r->doubt;
    instant now = r->v->now;
    /* Who is silent but heard of by adverts, too, is not silent. */
    if (kind == DOUBT_SILENT && d->kind != DOUBT_NONE && d->kind != DOUBT_SILENT) {
        d->last = now;
        return;
    }
    bool fresh = d->kind != kind || !vrrp_ip_eq(&d->peer, peer);
    if (d->kind == DOUBT_NONE)
        d->since = now;
    d->kind = kind;
    d->peer = *peer;
    d->priority = priority;
    d->refusal = refusal;
    if (mac)
        memcpy(d->mac, mac, 6);
    d->last = now;
    if (!fresh && instant_us_between(d->said, now) < SAID_AGAIN_S * UINT64_C(1000000))
        return;
    d->said = now;
    say(r, index, address);
}

/* A stranger's nonsense is no second master; a router with our id whose configuration differs is. */
static bool is_suspect(enum vrrp_refusal why)
{
    switch (why) {
    case VRRP_AH:
    case VRRP_WRONG_VERSION:
    case VRRP_WRONG_SOURCE:
    case VRRP_WRONG_TARGET:
    case VRRP_WRONG_AUTH_TYPE:
    case VRRP_WRONG_PASSWORD:
    case VRRP_WRONG_INTERVAL:
    case VRRP_WRONG_ADDRESSES:
        return true;
    case VRRP_TAKEN:
    case VRRP_BAD_IP:
    case VRRP_FRAGMENT:
    case VRRP_TRUNCATED:
    case VRRP_OVERLONG:
    case VRRP_BAD_TTL:
    case VRRP_BAD_VERSION:
    case VRRP_BAD_TYPE:
    case VRRP_BAD_CHECKSUM:
    case VRRP_OWN:
    case VRRP_UNKNOWN_VRID:
    case VRRP_REFUSAL_COUNT:
        break;
    }
    return false;
}

void router_doubt_refused(struct router *r, const struct advert_packet *p)
{
    if (!fsm_is_master(r->f.state) || !is_suspect(p->refusal) || p->advert.priority == VRRP_GOODBYE)
        return;
    uint64_t since = instant_us_between(r->doubt.refused_at, r->v->now);
    bool before = r->doubt.refused_at.us && since <= (uint64_t)r->fc.interval_us * CERTAIN_LATEST;
    if (before && since < r->fc.interval_us / 2)
        return; /* a second one so soon shows a flood, not a rhythm */
    r->doubt.refused_at = r->v->now;
    if (before)
        router_doubts(r, DOUBT_REFUSED, &p->envelope.from, p->advert.priority, p->refusal, NULL, 0, NULL);
}

void router_doubt_turn(struct router *r)
{
    struct router_doubt *d = &r->doubt;
    if (d->kind == DOUBT_NONE)
        return;
    /* Probes come every ten seconds, adverts each interval. */
    uint64_t quiet = d->kind == DOUBT_SILENT ? UINT64_C(25000000) : 4 * (uint64_t)r->fc.interval_us + 1000000;
    if (instant_us_between(d->last, r->v->now) < quiet)
        return;
    *d = (struct router_doubt){ 0 };
    SAY(r->v->host, &say_one_master_again, r->model->name);
}

/* ---- who answers for our addresses? ---- */

void routers_probe(struct router *r)
{
    for (uint32_t i = 0; i < r->vip.count && i < ANNOUNCE_WATCHED; i++) {
        const struct vip_item *item = &r->vip.items[i];
        const uint8_t *mac = router_mac(r, item->index);
        if (!item->ours || mac == NULL)
            continue;
        struct announce_frame f = { .index = item->index, .mac = mac, .ip = ip_of_address(&item->model->ip) };
        int error = announce_probe(r->v->announce_fd, &f);
        (void)error; /* the next one will do */
    }
}

static bool is_ours(const struct router *r, const uint8_t *mac)
{
    if (memcmp(mac, "\0\0\0\0\0\0", 6) == 0)
        return true; /* not said: no proof */
    if (r->model->vmac && memcmp(mac, r->model->vmac_mac, 6) == 0)
        return true; /* both masters have that one; adverts tell */
    for (uint32_t i = 0; i < r->v->links.count; i++)
        if (memcmp(mac, r->v->links.items[i].mac, 6) == 0)
            return true;
    return false;
}

static const struct vip_item *claimed(const struct router *r, unsigned index, const struct vrrp_ip *ip)
{
    for (uint32_t i = 0; i < r->vip.count; i++) {
        const struct vip_item *item = &r->vip.items[i];
        struct vrrp_ip own = ip_of_address(&item->model->ip);
        bool here = item->index == index || (item->index == r->vmac_index && index == r->base);
        if (item->ours && here && vrrp_ip_eq(&own, ip))
            return item;
    }
    return NULL;
}

/* Who sends adverts, good or bad, is not silent: they tell more than the claim does. */
static bool is_heard(const struct router *r)
{
    uint64_t lately = (uint64_t)r->fc.interval_us * (CERTAIN_LATEST + 1);
    instant heard = r->heard_at.us > r->doubt.refused_at.us ? r->heard_at : r->doubt.refused_at;

    return heard.us != 0 && instant_us_between(heard, r->v->now) <= lately;
}

void vrrp_on_claim(void *self, unsigned index, const struct arp_claim *claim)
{
    struct vrrp *v = self;
    if (claim->kind == ARP_PROBE)
        return; /* asks, and does not have it */
    struct vrrp_ip ip = { .size = claim->ip_size };
    memcpy(ip.bytes, claim->ip, claim->ip_size);
    for (uint32_t i = 0; i < v->router_count; i++) {
        struct router *r = &v->routers[i];
        const struct vip_item *item = claimed(r, index, &ip);
        if (item == NULL)
            continue;
        if (r->vip.lingers) {
            vip_on_claimed(&r->vip, item);
            v->watch_stale |= !r->vip.lingers;
        }
        /* Right after a takeover the last words of the old master may still be on their way. */
        bool settled = instant_us_between(r->since, v->now) > 2 * (uint64_t)r->fc.interval_us;
        if (fsm_is_master(r->f.state) && settled && !is_heard(r) && !is_ours(r, claim->mac))
            router_doubts(r, DOUBT_SILENT, &(struct vrrp_ip){ 0 }, 0, VRRP_TAKEN, claim->mac, index, &ip);
    }
}
