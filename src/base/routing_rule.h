/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A routing policy rule, `ip rule`: which table a packet is routed by. What a
 * configuration says and what the kernel is told is the same.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* What a route may carry besides: one number for each RTAX_* of linux/rtnetlink.h, 0 = the kernel's. */
enum { ROUTE_METRICS = 18 };

struct routing_rule {
    int family;
    struct address from, to;
    uint8_t from_bits, to_bits; /* 0: all */
    uint8_t action;             /* FR_ACT_* */
    uint8_t tos, protocol;      /* RTPROT_* */
    uint8_t ip_protocol;        /* 0 = any */
    bool invert;
    uint32_t priority; /* lower ones come first */
    uint32_t table;    /* FR_ACT_TO_TBL */
    uint32_t target;   /* FR_ACT_GOTO: a priority */
    bool has_mark, has_users;
    uint32_t mark, mask;
    uint32_t user_low, user_high;
    uint16_t source_low, source_high; /* ports; 0 = any */
    uint16_t port_low, port_high;
    int32_t suppress_bits;            /* routes of at most so many bits do not count; -1 = all do */
    char in[IFNAMSIZ], out[IFNAMSIZ]; /* names: the interface may come later */
};
