/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many networks, asked for the longest one that holds an address: one hash a
 * prefix length that occurs, however many networks there are. Built once in an
 * arena, then only read.
 */
#pragma once

#include <stdint.h>

#include "base/address.h"
#include "base/arena.h"

struct network_set;

/* Of two alike the first counts. Networks are copied. */
const struct network_set *network_set_new(struct arena *a, const struct network *networks, uint32_t count);
/* Index of the longest network that holds <address>, or -1. A v4-mapped address is an IPv4 one. */
int64_t network_set_find(const struct network_set *s, const struct address *address);
