/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VRRP advertisements: a pure codec of version 2 (RFC 3768, with the simple
 * password of RFC 2338 that keepalived still speaks) and version 3 (RFC 9568,
 * IPv4 and IPv6). No sockets, no clock, no allocation. A packet that is not
 * taken is refused for exactly one reason, which is counted and logged by kind.
 *
 * Reading has three stairs: vrrp_ip4_read (raw IPv4 sockets hand over the IP
 * header too), vrrp_advert_read (what is true of any advertisement), and
 * vrrp_advert_check (what one virtual router expects).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

#define VRRP_PROTOCOL      112
#define VRRP_PROTOCOL_AH   51
#define VRRP_TTL           255
#define VRRP_OWNER         255 /* the priority of who owns the addresses */
#define VRRP_GOODBYE       0   /* the priority of who goes away */
#define VRRP_AUTH_SIZE     8
#define VRRP_INTERVAL3_MAX 4095 /* centiseconds, 12 bits */
#define VRRP_ADDRESSES_MAX 255
/* The longest advertisement: 255 IPv6 addresses. */
#define VRRP_ADVERT_MAX (8 + VRRP_ADDRESSES_MAX * 16)

/* Why a packet is not taken. One enum, because each kind is a counter. */
enum vrrp_refusal {
    VRRP_TAKEN,
    VRRP_BAD_IP,          /* not a whole IPv4 header of VRRP or AH */
    VRRP_FRAGMENT,        /* a piece of a datagram */
    VRRP_TRUNCATED,       /* shorter than its header and address count say */
    VRRP_OVERLONG,        /* longer than they say */
    VRRP_BAD_TTL,         /* TTL or hop limit is not 255: it crossed a router */
    VRRP_BAD_VERSION,     /* neither 2 nor 3, or 2 over IPv6 */
    VRRP_BAD_TYPE,        /* not an advertisement */
    VRRP_BAD_CHECKSUM,    /* */
    VRRP_AH,              /* authenticated by IPsec AH, which we do not speak */
    VRRP_OWN,             /* sent by ourselves */
    VRRP_UNKNOWN_VRID,    /* of a virtual router that is not ours */
    VRRP_WRONG_VERSION,   /* version 2 where we speak 3, or the other way */
    VRRP_WRONG_SOURCE,    /* unicast: not one of the peers */
    VRRP_WRONG_TARGET,    /* unicast to a multicast router, or the other way */
    VRRP_WRONG_AUTH_TYPE, /* with a password where we have none, or the other way */
    VRRP_WRONG_PASSWORD,  /* */
    VRRP_WRONG_INTERVAL,  /* version 2: differs from ours; version 3: zero */
    VRRP_WRONG_ADDRESSES, /* the list of addresses differs from ours */
    VRRP_REFUSAL_COUNT
};
/* A short phrase for logs: "wrong password". */
const char *vrrp_refusal_text(enum vrrp_refusal r);
/* A word for counters and JSON: "wrong_password". */
const char *vrrp_refusal_word(enum vrrp_refusal r);

/* An IP address without port or length: what goes over the wire. */
struct vrrp_ip {
    uint8_t size; /* 4 or 16; 0 = none */
    uint8_t bytes[16];
};
bool vrrp_ip_eq(const struct vrrp_ip *a, const struct vrrp_ip *b);
/* Network order, as RFC 9568 6.4.3 compares the sources of equal priorities: <0, 0, >0. */
int vrrp_ip_cmp(const struct vrrp_ip *a, const struct vrrp_ip *b);

/* What the IP layer says about a packet. */
struct vrrp_envelope {
    struct vrrp_ip from, to;
    uint8_t ttl;
};

enum vrrp_auth { VRRP_AUTH_NONE = 0, VRRP_AUTH_PASS = 1, VRRP_AUTH_AH = 2 };

struct vrrp_advert {
    uint8_t version; /* 2, 3 */
    uint8_t vrid;
    uint8_t priority;
    uint8_t auth_type;                /* enum vrrp_auth; version 2 only */
    uint8_t password[VRRP_AUTH_SIZE]; /* padded with zeros; version 2 only */
    uint16_t interval_cs;             /* version 2 counts seconds: always hundreds */
    uint16_t address_count;
    struct span addresses; /* address_count times 4 or 16 bytes */
};

/*
 * Splits an IPv4 datagram as a raw socket gives it. VRRP_TAKEN fills both
 * outputs; VRRP_AH is what an AH header is answered with, the envelope filled.
 */
MUST_USE enum vrrp_refusal vrrp_ip4_read(struct span datagram, struct vrrp_envelope *envelope,
                                         struct span *payload);
/*
 * Reads an advertisement. Spans of <out> point into <payload>. On refusal <out>
 * holds what could be read (version and vrid are 0 when not even those), for
 * counting by virtual router and for logs. Checks, in the order of RFC 9568 7.1:
 * TTL (of multicast; unicast may cross routers), version, type, length, checksum.
 */
MUST_USE enum vrrp_refusal vrrp_advert_read(struct span payload, const struct vrrp_envelope *envelope,
                                            struct vrrp_advert *out);

struct vrrp_peer {
    struct vrrp_ip ip;
    uint8_t ttl_min, ttl_max; /* of its packets; 0 and 255 take any */
};

/* What one virtual router takes. */
struct vrrp_expected {
    uint8_t version;
    uint8_t vrid;
    enum vrrp_auth auth_type;
    uint8_t password[VRRP_AUTH_SIZE];
    uint16_t interval_cs;
    struct span addresses; /* ours, in order, as they go out */
    bool skip_addresses;   /* do not compare them */
    bool unicast;          /* peers instead of the group */
    bool check_source;     /* unicast: only from <peers>, with their TTL */
    const struct vrrp_peer *peers;
    size_t peer_count;
    const struct vrrp_ip *own; /* what we send from; an advert from there is our own */
};
/* RFC 3768 7.1 and RFC 9568 7.1, the part that depends on the virtual router. */
MUST_USE enum vrrp_refusal vrrp_advert_check(const struct vrrp_advert *advert,
                                             const struct vrrp_envelope *envelope,
                                             const struct vrrp_expected *expected);

/*
 * Writes <advert> with its checksum at <out>; <from> and <to> go into the
 * checksum of version 3. The bytes written; 0 when <room> is too small or the
 * advertisement cannot be expressed (an interval over 40.95 s in version 3).
 */
MUST_USE size_t vrrp_advert_write(uint8_t *out, size_t room, const struct vrrp_advert *advert,
                                  const struct vrrp_ip *from, const struct vrrp_ip *to);

#define VRRP_IP4_HEADER 20
/*
 * An IPv4 header for a raw socket with IP_HDRINCL: TTL <ttl>, precedence
 * "internetwork control". The kernel fills in identification and checksum.
 */
void vrrp_ip4_write(uint8_t out[VRRP_IP4_HEADER], const struct vrrp_ip *from, const struct vrrp_ip *to,
                    uint8_t ttl, size_t payload);

/* 00:00:5e:00:01:VRID, or :02: for IPv6 (RFC 9568 7.3). */
void vrrp_mac(uint8_t mac[6], uint8_t vrid, bool ip6);
