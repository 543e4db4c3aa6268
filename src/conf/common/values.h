/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words that are values: numbers, sizes, times, addresses, yes and no. Each
 * diagnoses what it cannot read (place, value, what was expected, an example)
 * and then returns false; the caller just goes on.
 */
#pragma once

#include "base/address.h"
#include "base/clock.h"
#include "conf/common/words.h"
#include "conf/common/world.h"

bool value_number(struct diags *d, const struct word *w, int64_t low, int64_t high, int64_t *out);
/* "10k", "1m", "1g" (nginx: k m g; HAProxy: k m g too), bytes. */
bool value_size(struct diags *d, const struct word *w, uint64_t low, uint64_t high, uint64_t *out);
/* <unit_ms>: what a bare number counts in (nginx 1000, HAProxy mostly 1). nginx allows "1h 30m" and "1h30m".
 */
/* How long something lasts elsewhere, in caches and browsers: years if need be. */
bool value_nginx_seconds(struct diags *d, const struct word *w, int64_t *out);
bool value_time(struct diags *d, enum word_language l, const struct word *w, uint32_t unit_ms, duration *out);
bool value_switch(struct diags *d, const struct word *w, bool *out); /* on, off */
/* One of <words>; the index. Suggests the nearest. */
bool value_choice(struct diags *d, const struct word *w, const char *const *words, unsigned *index);
bool value_network(struct diags *d, const struct word *w, struct network *out);
/* A host name or literal: asks the world; false and a diagnostic when it has no address. The first address,
 * port 0. */
bool value_host(struct diags *d, const struct world *world, struct arena *a, const struct word *at,
                struct span host, struct address *out);
