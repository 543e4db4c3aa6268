/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interfaces that the configuration names, as they are now: there or not, up
 * or not (debounced as interface_up_down_delays asks), index, MAC, and the address
 * that adverts are sent from. Kept true by the netlink monitor; when in doubt all
 * is listed again. One thread.
 */
#pragma once

#include "base/clock.h"
#include "model/vrrp.h"
#include "os/netlink.h"
#include "vrrp/say.h"
#include "wire/vrrp.h"

struct link_state {
    char name[IFNAMSIZ];
    uint64_t down_delay_us, up_delay_us;
    unsigned index; /* 0: it is not there */
    unsigned parent;
    bool up;           /* frames go through, for long enough */
    bool seen_up;      /* as the kernel says now */
    bool told;         /* somebody was told that it is missing */
    instant settle_at; /* <up> becomes <seen_up> then; UINT64_MAX: they agree */
    uint32_t mtu;
    uint8_t mac_size;
    uint8_t mac[6];
    struct vrrp_ip ip4, ip6; /* to send from; size 0: none */
};

struct links {
    const struct vrrp_host *host;
    struct netlink *netlink; /* borrowed */
    struct link_state *items;
    uint32_t count;
    const struct address *virtual; /* addresses that are never a source */
    uint32_t virtual_count;
    bool stale_links, stale_addresses; /* list again */
    bool changed;                      /* since links_take_changed */
};

/* All of <names> (index by index); lists the machine's. Out of memory dies. */
void links_init(struct links *l, const struct vrrp_host *host, struct netlink *n,
                const struct vrrp_config *c);
void links_fini(struct links *l);
/* Addresses that move: not sources. Borrowed. */
void links_set_virtual(struct links *l, const struct address *items, uint32_t count);
/* What the monitor says. */
void links_on_link(struct links *l, const struct netlink_link *link, bool gone, instant now);
void links_on_address(struct links *l, const struct netlink_address *a, bool gone);
/* Lists what is stale, ends delays. */
void links_turn(struct links *l, instant now);
instant links_next(const struct links *l);
/* True once after anything changed. */
bool links_take_changed(struct links *l);
/* NULL for VRRP_NONE. */
const struct link_state *links_at(const struct links *l, uint32_t i);
/* NULL: none of ours. */
const struct link_state *links_by_index(const struct links *l, unsigned index);
