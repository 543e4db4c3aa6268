/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 and how wide a character stands on a terminal. No locale: the answer
 * is the same on every machine.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * Decodes the first character of <s> into <out>. Returns how many bytes it
 * takes, or 0 when <s> is empty or does not begin with valid UTF-8 (RFC 3629:
 * no overlong forms, no surrogates, nothing over U+10FFFF).
 */
size_t utf8_decode(struct span s, uint32_t *out);
/* Cells on a terminal: 2 for East Asian wide and emoji, 0 for combining marks, else 1. Not for controls. */
unsigned utf8_width(uint32_t c);
