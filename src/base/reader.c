/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

struct span reader_take(struct reader *r, size_t len)
{
    if (len > reader_left(r)) {
        r->failed = true;
        return span_of(NULL, 0);
    }
    if (r->failed)
        return span_of(NULL, 0);
    struct span taken = span_of(r->data.ptr + r->at, len);
    r->at += len;
    return taken;
}

/* A big-endian integer of <len> bytes; 0 when there are fewer. */
static uint64_t take_integer(struct reader *r, size_t len)
{
    struct span bytes = reader_take(r, len);
    uint64_t n = 0;
    for (size_t i = 0; i < bytes.len; i++)
        n = n << 8 | (unsigned char)bytes.ptr[i];
    return n;
}

uint8_t reader_u8(struct reader *r)
{
    return (uint8_t)take_integer(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
    return (uint16_t)take_integer(r, 2);
}

uint32_t reader_u32(struct reader *r)
{
    return (uint32_t)take_integer(r, 4);
}

uint64_t reader_u64(struct reader *r)
{
    return take_integer(r, 8);
}
