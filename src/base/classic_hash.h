/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The old 32-bit hashes whose exact values users rely on (HAProxy's hash-type
 * and converters, nginx's crc32): for choices that must not change when a
 * cluster is migrated. Not for tables: base/hash.h.
 */
#pragma once

#include <stdint.h>

#include "base/span.h"

uint32_t classic_sdbm(struct span s);
uint32_t classic_djb2(struct span s);
uint32_t classic_wt6(struct span s);
uint32_t classic_crc32(struct span s); /* ISO 3309, as zlib's */
/* Spreads the bits of a weak hash over the whole range. */
uint32_t classic_avalanche(uint32_t hash);
uint32_t classic_xxh32(struct span s, uint32_t seed);
uint64_t classic_xxh64(struct span s, uint64_t seed);
