/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was counted for each key of a zone: how far ahead of its rate somebody
 * is, or how many of his requests run now. All threads share it; a key costs a
 * hash, a short lock of one of a few parts, and no memory that was not there
 * from the beginning. A full part forgets the key that was used longest ago.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/span.h"
#include "state/state.h"

struct zone_state;

void zone_state_put(struct zone_state *z);

/*
 * One more request of <key>, at <rate> thousandths a second: by how many
 * thousandths of a request it is too early. It is counted only with <count>,
 * and only when that is not more than <burst>.
 */
uint64_t zone_rate(struct zone_state *z, struct span key, uint64_t rate, uint64_t burst, bool count,
                   instant now);
/* One more at once; false: there are <most> already, or no room for the key. <ticket> is for zone_leave. */
MUST_USE bool zone_enter(struct zone_state *z, struct span key, uint32_t most, uint64_t *ticket);
void zone_leave(struct zone_state *z, uint64_t ticket);
