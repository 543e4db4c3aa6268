/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's hash of a key: what `balance source`, uri, hdr and the others feed to hash-type. */
#pragma once

#include <stdint.h>

#include "balance/internal.h"

uint32_t hash_of_key(const struct pool *pool, const struct pick_request *r);
