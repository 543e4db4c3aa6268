/* SPDX-License-Identifier: Apache-2.0 */
/* Hash functions for our own tables (not for balancing: those live in balance/). */
#pragma once

#include <stdint.h>

#include "base/span.h"

/* SipHash-1-3 under a key drawn once per process: safe for names that clients choose. */
uint64_t hash_span(struct span s);
/* The same for ASCII letters of either case. */
uint64_t hash_span_nocase(struct span s);
/* Draws the key; call once at the start of main. Before that the key is fixed (tests). */
void hash_seed(const uint8_t key[16]);
