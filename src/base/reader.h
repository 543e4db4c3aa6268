/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A span with a cursor, for wire formats. It fails sticky: after one read past
 * the end every read gives zero and <failed> stays set, so a parser checks once,
 * at the end. Integers are big-endian unless the name says otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct reader {
    struct span data;
    size_t at;
    bool failed;
};

static inline struct reader reader_of(struct span s)
{
    return (struct reader){ .data = s };
}
static inline size_t reader_left(const struct reader *r)
{
    return r->failed ? 0 : r->data.len - r->at;
}

uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
/* The next <len> bytes; an empty span and <failed> when there are fewer. */
struct span reader_take(struct reader *r, size_t len);
