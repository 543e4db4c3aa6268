/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/links.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static const instant never = { UINT64_MAX };

void links_init(struct links *l, const struct vrrp_host *host, struct netlink *n, const struct vrrp_config *c)
{
    *l = (struct links){ .host = host, .netlink = n, .stale_links = true, .stale_addresses = true };
    l->count = c->interfaces.count;
    l->items = calloc(l->count ? l->count : 1, sizeof(*l->items));
    if (l->items == NULL)
        oom_die(l->count * sizeof(*l->items));
    for (uint32_t i = 0; i < l->count; i++) {
        const struct vrrp_interface *m = &c->interfaces.items[i];
        struct link_state *s = &l->items[i];
        memcpy(s->name, m->name, sizeof(s->name));
        s->down_delay_us = m->down_delay_us;
        s->up_delay_us = m->up_delay_us;
        s->settle_at = never;
    }
}

void links_fini(struct links *l)
{
    free(l->items);
    *l = (struct links){ 0 };
}

void links_set_virtual(struct links *l, const struct address *items, uint32_t count)
{
    l->virtual = items;
    l->virtual_count = count;
    l->stale_addresses = true;
}

static struct link_state *find(struct links *l, const char *name)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (strcmp(l->items[i].name, name) == 0)
            return &l->items[i];
    return NULL;
}

static void settle(struct links *l, struct link_state *s)
{
    s->settle_at = never;
    if (s->up == s->seen_up)
        return;
    s->up = s->seen_up;
    l->changed = true;
    SAY(l->host, s->up ? &say_interface_up : &say_interface_down, span_from(s->name));
}

static void see_up(struct links *l, struct link_state *s, bool up, instant now)
{
    s->seen_up = up;
    uint64_t delay = up ? s->up_delay_us : s->down_delay_us;
    if (up == s->up)
        s->settle_at = never; /* it was back in time */
    else if (delay == 0)
        settle(l, s);
    else if (s->settle_at.us == never.us)
        s->settle_at = (instant){ now.us + delay };
}

static void lose(struct links *l, struct link_state *s)
{
    bool was = s->index != 0;
    s->index = s->parent = 0;
    s->ip4 = s->ip6 = (struct vrrp_ip){ 0 };
    s->seen_up = s->up = false;
    s->settle_at = never;
    if (was || !s->told) {
        SAY(l->host, &say_no_interface, span_from(s->name));
        s->told = true;
        l->changed = true;
    }
}

void links_on_link(struct links *l, const struct netlink_link *link, bool gone, instant now)
{
    struct link_state *s = find(l, link->name);
    if (s == NULL || gone) { /* a renamed interface comes by its new name, with its old index */
        for (uint32_t i = 0; i < l->count; i++)
            if (l->items[i].index == link->index && &l->items[i] != s)
                lose(l, &l->items[i]);
        if (s && s->index == link->index)
            lose(l, s);
        return;
    }
    bool fresh = s->index != link->index;
    if (fresh && s->told)
        SAY(l->host, &say_interface_there, span_from(s->name));
    l->changed |= fresh || memcmp(s->mac, link->mac, sizeof(s->mac)) != 0;
    l->stale_addresses |= fresh;
    s->told = false;
    s->index = link->index;
    s->parent = link->parent;
    s->mtu = link->mtu;
    s->mac_size = link->mac_size;
    memcpy(s->mac, link->mac, sizeof(s->mac));
    if (fresh) { /* one that appears is what it is: nothing bounced */
        s->seen_up = link->up;
        s->up = link->up;
        s->settle_at = never;
    } else {
        see_up(l, s, link->up, now);
    }
}

void links_on_address(struct links *l, const struct netlink_address *a, bool gone)
{
    (void)gone;
    if (links_by_index(l, a->index))
        l->stale_addresses = true;
}

static bool is_virtual(const struct links *l, const struct address *ip)
{
    for (uint32_t i = 0; i < l->virtual_count; i++)
        if (address_eq_ip(&l->virtual[i], ip))
            return true;
    return false;
}

struct listing {
    struct links *links;
    instant now;
    uint8_t *seen; /* by item: was listed */
};

static void list_link(void *self, const struct netlink_link *link)
{
    struct listing *at = self;
    struct link_state *s = find(at->links, link->name);
    if (s == NULL)
        return;
    at->seen[s - at->links->items] = 1;
    links_on_link(at->links, link, false, at->now);
}

static void list_links(struct links *l, instant now)
{
    struct listing at = { .links = l, .now = now, .seen = calloc(l->count + 1, 1) };
    if (at.seen == NULL)
        return; /* stays stale */
    if (netlink_links(l->netlink, list_link, &at) == 0) {
        l->stale_links = false;
        for (uint32_t i = 0; i < l->count; i++)
            if (!at.seen[i])
                lose(l, &l->items[i]);
    }
    free(at.seen);
}

static void keep_ip(struct vrrp_ip *to, const struct address *a)
{
    struct span b = address_bytes(a);
    to->size = (uint8_t)b.len;
    memcpy(to->bytes, b.ptr, b.len);
}

/* IPv4: the first primary address (RFC 9568 1.2: "primary IP address"). IPv6: the link-local one (5.1.2.1).
 */
static void list_address(void *self, const struct netlink_address *a)
{
    struct links *l = self;
    for (uint32_t i = 0; i < l->count; i++) {
        struct link_state *s = &l->items[i];
        if (s->index != a->index || is_virtual(l, &a->ip))
            continue;
        bool ip6 = address_family(&a->ip) == AF_INET6;
        if (!ip6 && s->ip4.size == 0 && !(a->flags & IFA_F_SECONDARY))
            keep_ip(&s->ip4, &a->ip);
        if (ip6 && s->ip6.size == 0 && a->scope == RT_SCOPE_LINK &&
            !(a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
            keep_ip(&s->ip6, &a->ip);
    }
}

static void list_addresses(struct links *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        l->items[i].ip4 = l->items[i].ip6 = (struct vrrp_ip){ 0 };
    if (netlink_addresses(l->netlink, AF_UNSPEC, list_address, l) == 0)
        l->stale_addresses = false;
    l->changed = true;
}

void links_turn(struct links *l, instant now)
{
    if (l->stale_links)
        list_links(l, now);
    if (l->stale_addresses)
        list_addresses(l);
    for (uint32_t i = 0; i < l->count; i++)
        if (now.us >= l->items[i].settle_at.us)
            settle(l, &l->items[i]);
}

instant links_next(const struct links *l)
{
    instant next = never;
    for (uint32_t i = 0; i < l->count; i++)
        if (l->items[i].settle_at.us < next.us)
            next = l->items[i].settle_at;
    return next;
}

bool links_take_changed(struct links *l)
{
    bool was = l->changed;
    l->changed = false;
    return was;
}

const struct link_state *links_at(const struct links *l, uint32_t i)
{
    return i < l->count ? &l->items[i] : NULL;
}

const struct link_state *links_by_index(const struct links *l, unsigned index)
{
    for (uint32_t i = 0; index && i < l->count; i++)
        if (l->items[i].index == index)
            return &l->items[i];
    return NULL;
}
