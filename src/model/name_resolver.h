/* SPDX-License-Identifier: Apache-2.0 */
/* Nameservers that are asked while running, and how (nginx's resolver). */
#pragma once

#include "base/address.h"
#include "base/clock.h"
#include "base/diag.h"
#include "model/list_of.h"

struct server;

struct name_resolver {
    uint32_t index; /* in the config: each thread has one of its own */
    LIST_OF(struct address) servers;
    duration valid;   /* how long answers are good; 0 = as their TTL says */
    duration timeout; /* for one name, all tries together */
    bool ipv4, ipv6;  /* which addresses are asked for */
    struct span name; /* HAProxy's section; empty: nginx's */
    uint32_t tries;   /* a nameserver; 0 = as <timeout> allows */
    duration retry;   /* between tries; 0 = the same */
    duration hold;    /* addresses stay so long after the name went; 0 = not at all */
    uint16_t payload; /* of answers; 0 = 512 */
    struct where at;
};

/*
 * Servers whose addresses are asked for while running: they share one answer.
 * Each has one address of it; who has none is not used.
 */
struct name_group {
    const struct name_resolver *resolver;
    struct span name;
    bool service;      /* SRV: ports and weights come with it */
    bool by_priority;  /* of SRV only the records of the best priority count */
    bool weights_kept; /* SRV's weights are ignored */
    uint8_t prefer;    /* 4 or 6: addresses of that family, if there is any; 0: all */
    uint16_t port;
    LIST_OF(struct server *) servers;
    struct where at;
};
