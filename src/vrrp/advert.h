/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw sockets for adverts. A channel is one interface and address family; the
 * virtual routers on it share it. It is bound to its interface, joins the groups
 * that its users ask for, hears nothing of itself, and sends with the precedence
 * of routing traffic. What comes in is split and checked as far as that is true
 * of any advert; whose it is, is the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"
#include "wire/vrrp.h"

#define ADVERT_GROUPS_MAX 8

struct advert_channel {
    int family;
    unsigned index; /* 0: any interface (unicast without one) */
    int fd;
    int ah_fd; /* hears of those who authenticate with AH, so that they can be named; -1 */
    uint32_t users;
    uint8_t group_count;
    struct vrrp_ip groups[ADVERT_GROUPS_MAX];
};

/* What failed. */
struct advert_failure {
    const char *step; /* "a raw socket", "joining the multicast group" */
    int error;        /* errno */
};
struct buf;
/* "a raw socket: Operation not permitted (it needs the capability CAP_NET_RAW)" */
void advert_put_failure(struct buf *out, const struct advert_failure *f);

MUST_USE bool advert_open(struct advert_channel *c, int family, unsigned index, struct advert_failure *why);
void advert_close(struct advert_channel *c);
/* Once for each group; harmless again. */
MUST_USE bool advert_join(struct advert_channel *c, const struct vrrp_ip *group, struct advert_failure *why);

/* 0 or an errno. */
MUST_USE int advert_send(const struct advert_channel *c, const struct vrrp_ip *from, const struct vrrp_ip *to,
                         uint8_t ttl, struct span advert);

struct advert_packet {
    struct vrrp_envelope envelope;
    unsigned index; /* of the interface that it came in on */
    struct vrrp_advert advert;
    enum vrrp_refusal refusal;
};
typedef void advert_fn(void *self, const struct advert_packet *p);
/* Reads what is there, at most <most> packets. True when there may be more. */
bool advert_receive(const struct advert_channel *c, unsigned most, advert_fn *each, void *self);
