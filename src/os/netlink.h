/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses, routes and links of this machine, through rtnetlink (libmnl). Two
 * kinds of socket: one that is told (struct netlink: each call is answered before
 * it returns, within two seconds) and one that listens (struct netlink_monitor).
 * Calls give 0 or an errno; what was tried, and the kernel's own words, are kept
 * for the operator's message.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/macros.h"
#include "base/routing_rule.h"

struct netlink;

/* NULL: errno. */
MUST_USE struct netlink *netlink_open(void);
/* NULL-safe; empties the owner's pointer. */
void netlink_close(struct netlink **n);

/* Why the last call failed. */
struct netlink_failure {
    int error;       /* errno */
    char tried[128]; /* "adding 10.0.0.1/24 to eth0" */
    char said[128];  /* the kernel's words; may be empty */
};
const struct netlink_failure *netlink_failure(const struct netlink *n);
/* "adding 10.0.0.1/24 to eth0: Operation not permitted", with the missing capability where that is the cause.
 */
void netlink_put_failure(struct buf *out, const struct netlink_failure *f);

/* ---- links ---- */

struct netlink_link {
    unsigned index;
    unsigned parent; /* of a macvlan, VLAN ...; 0 = none */
    uint32_t mtu;
    bool up;          /* set up, and has a carrier: frames go through */
    bool admin_up;    /* set up */
    uint8_t mac_size; /* 6 on Ethernet; 0 where there is none */
    uint8_t mac[8];
    char name[IFNAMSIZ];
    char kind[16]; /* "macvlan", "veth"; "" for hardware */
};
typedef void netlink_link_fn(void *self, const struct netlink_link *l);
MUST_USE int netlink_links(struct netlink *n, netlink_link_fn *each, void *self);
/* ENODEV when there is none of that name. */
MUST_USE int netlink_link_find(struct netlink *n, const char *name, struct netlink_link *out);
MUST_USE int netlink_link_set_up(struct netlink *n, unsigned index, bool up);
MUST_USE int netlink_link_delete(struct netlink *n, unsigned index);
/* A macvlan in private mode on <parent>, down; EEXIST when the name is taken. <index> of the new one. */
MUST_USE int netlink_macvlan_add(struct netlink *n, unsigned parent, const char *name, const uint8_t mac[6],
                                 unsigned *index);

/* ---- addresses ---- */

struct netlink_address {
    unsigned index; /* of the link */
    struct address ip;
    uint8_t bits;
    struct address peer;      /* none on most */
    struct address broadcast; /* none = none */
    uint8_t scope;            /* RT_SCOPE_* */
    uint32_t flags;           /* IFA_F_* */
    bool deprecated;          /* IPv6: is not chosen as a source (preferred lifetime 0) */
    char label[IFNAMSIZ];     /* IPv4; "" = the link's name */
};
typedef void netlink_address_fn(void *self, const struct netlink_address *a);
/* Of <family>, or both when AF_UNSPEC. */
MUST_USE int netlink_addresses(struct netlink *n, int family, netlink_address_fn *each, void *self);
/* EEXIST when it is there already. */
MUST_USE int netlink_address_add(struct netlink *n, const struct netlink_address *a);
/* EADDRNOTAVAIL when it is not there. */
MUST_USE int netlink_address_delete(struct netlink *n, const struct netlink_address *a);

/* ---- routes ---- */

struct netlink_hop {
    struct address via; /* none: on the link */
    unsigned index;     /* 0 = the kernel finds it */
    uint8_t weight;     /* 1 to 255 */
    bool onlink;
};
#define NETLINK_HOPS_MAX 16
struct netlink_route {
    int family;
    uint8_t type; /* RTN_UNICAST, RTN_BLACKHOLE ... */
    struct address to;
    uint8_t bits;          /* 0 = default */
    struct address source; /* preferred; none */
    uint8_t scope, protocol, tos;
    uint32_t table;  /* 0 = main */
    uint32_t metric; /* 0 = the kernel's */
    uint32_t metrics[ROUTE_METRICS];
    bool append; /* behind those that match; else before them */
    uint8_t hop_count;
    struct netlink_hop hops[NETLINK_HOPS_MAX];
};
/* EEXIST when it is there already. */
MUST_USE int netlink_route_add(struct netlink *n, const struct netlink_route *r);
/* ESRCH when it is not there. */
MUST_USE int netlink_route_delete(struct netlink *n, const struct netlink_route *r);

/* EEXIST when it is there already. */
MUST_USE int netlink_rule_add(struct netlink *n, const struct routing_rule *r);
/* ENOENT when it is not there. */
MUST_USE int netlink_rule_delete(struct netlink *n, const struct routing_rule *r);

/* ---- changes ---- */

struct netlink_events {
    void *self;
    void (*link)(void *self, const struct netlink_link *l, bool gone);
    void (*address)(void *self, const struct netlink_address *a, bool gone);
    void (*lost)(void *self); /* the kernel had more to say than the socket could hold: list again */
};
struct netlink_monitor;
/* Non-blocking. NULL: errno. */
MUST_USE struct netlink_monitor *netlink_monitor_open(void);
void netlink_monitor_close(struct netlink_monitor **m);
int netlink_monitor_fd(const struct netlink_monitor *m);
/* Reads what is there, at most <messages> datagrams; 0 or an errno. */
MUST_USE int netlink_monitor_read(struct netlink_monitor *m, unsigned messages,
                                  const struct netlink_events *to);
