/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clearing what is some hundred bytes long and made anew for each request: the
 * library's memset is quicker than the string instruction that a compiler makes
 * of a length which it knows. Small things are cleared by assignment.
 */
#pragma once

#include <stddef.h>
#include <string.h>

static inline void bytes_clear(void *at, size_t len)
{
    __asm__("" : "+r"(len)); /* the compiler no longer knows it */
    memset(at, 0, len);
}
