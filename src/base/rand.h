/* SPDX-License-Identifier: Apache-2.0 */
/* A small fast generator for balancing and jitter (xoshiro256**), one a thread. Not for keys. */
#pragma once

#include <stdint.h>

struct rand {
    uint64_t s[4];
};
void rand_seed(struct rand *r, uint64_t seed); /* 0: from the system */
uint64_t rand_next(struct rand *r);
/* 0 .. below-1, without bias. */
uint32_t rand_below(struct rand *r, uint32_t below);
