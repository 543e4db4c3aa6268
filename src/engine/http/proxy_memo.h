/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is the same for every request of a proxy action: worked out when a thread
 * first meets the action in a lease, kept with the lease. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

struct lease;
struct proxy;

struct proxy_memo {
    struct span host, port;       /* of the pool as it is written */
    uint64_t set, hide;           /* fields of the request and of the answer, as bits of enum field_id */
    bool set_others, hide_others; /* there are names without an id too */
    bool own_is_fixed;            /* what it sets is the same for every request: <own> */
    struct span own;              /* whole lines */
    char text[];
};

/* "example.com:8443" -> "8443"; else what the scheme says. */
struct span proxy_port_of(struct span host, bool secure);
/* NULL: no memory for it. */
const struct proxy_memo *proxy_memo_make(struct lease *l, const struct proxy *p);
