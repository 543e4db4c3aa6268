/* SPDX-License-Identifier: Apache-2.0 */
/* Nameservers that are asked while running, and how (nginx's resolver). */
#pragma once

#include "base/address.h"
#include "base/clock.h"
#include "base/diag.h"
#include "model/list_of.h"

struct name_resolver {
    uint32_t index; /* in the config: each thread has one of its own */
    LIST_OF(struct address) servers;
    duration valid;   /* how long answers are good; 0 = as their TTL says */
    duration timeout; /* for one name, all tries together */
    bool ipv4, ipv6;  /* which addresses are asked for */
    struct where at;
};
