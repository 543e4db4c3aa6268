/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds down what flaps: after the third failure within a minute a recovery
 * counts only when it has lasted, half a minute first, twice as long each
 * further time, at most five minutes. Ten quiet minutes and all is forgiven. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define FLAP_REMEMBERED 3

struct flap {
    instant failed_at[FLAP_REMEMBERED]; /* the latest first */
    uint32_t hold_s;                    /* of the next hold; 0 = the shortest */
    instant held_until;
};

/* It failed (again). */
void flap_fail(struct flap *f, instant now);
bool flap_is_held(const struct flap *f, instant now);
