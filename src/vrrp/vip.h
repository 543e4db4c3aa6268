/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses, routes and routing rules of one instance on this machine: put there, taken
 * off, found from an earlier life, and put back when somebody else removed them.
 * What is called ours is what we put there or adopted; nothing else is removed.
 */
#pragma once

#include "base/clock.h"
#include "model/vrrp.h"
#include "os/netlink.h"
#include "vrrp/links.h"
#include "vrrp/say.h"

struct vip_item {
    const struct vrrp_address *model;
    unsigned index; /* of the interface that it is on or goes to; 0: that is missing */
    bool ours;
    bool failed;      /* could not be put there, and that was said */
    uint8_t put_back; /* times in a row */
    instant put_back_at;
};
struct vip {
    const struct vrrp_host *host;
    struct netlink *netlink;
    const struct links *links;
    const struct vrrp_instance *model;
    unsigned home; /* the instance's interface, or its macvlan */
    struct vip_item *items;
    uint32_t count;
    bool held;
    bool lingers; /* another master has them, and has not announced them yet */
    bool missing; /* something could not be put there: tried again */
    instant retry_at;
};

/* Nothing is touched. Out of memory dies. */
void vip_init(struct vip *v, const struct vrrp_host *host, struct netlink *n, const struct links *l,
              const struct vrrp_instance *model);
/* Frees; addresses stay as they are. */
void vip_fini(struct vip *v);
/* The interface of addresses that name none; they are looked up anew. */
void vip_set_home(struct vip *v, unsigned index);
/* True when any address is there already; those become ours (so that releasing removes them). */
bool vip_adopt(struct vip *v);

void vip_take(struct vip *v, instant now);
void vip_release(struct vip *v);
/* Not held any more, but still there: until vip_release, or, one by one, until vip_on_claimed. */
void vip_linger(struct vip *v);
/* Another host announced the address <item>. The last one takes the routes with it. */
void vip_on_claimed(struct vip *v, const struct vip_item *item);
/* Goes on with <fresh>, of the same instance in a new configuration: what is in both is not touched. <v> is
 * finished and becomes <fresh>. */
void vip_replace(struct vip *v, struct vip *fresh, instant now);

/* The monitor saw an address go: one of ours is put back. True when it was. */
bool vip_on_gone(struct vip *v, const struct netlink_address *a, instant now);
/* Tries again what is missing. True when something was put there: it is to be announced. */
bool vip_turn(struct vip *v, instant now);
instant vip_next(const struct vip *v);
