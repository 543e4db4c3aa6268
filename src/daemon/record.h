/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the flat records that our processes leave for each other (plan,
 * manifest): big-endian integers and counted bytes, read back with
 * base/reader.h. The reading side checks everything; the writing side cannot
 * fail but for <truncated>, which is checked once at the end.
 */
#pragma once

#include "base/address.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/reader.h"

static inline void record_u8(struct buf *b, uint8_t n)
{
    buf_put_char(b, (char)n);
}
static inline void record_u32(struct buf *b, uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_put_char(b, (char)(n >> shift & 0xff));
}
static inline void record_u64(struct buf *b, uint64_t n)
{
    record_u32(b, (uint32_t)(n >> 32));
    record_u32(b, (uint32_t)n);
}
static inline void record_span(struct buf *b, struct span s)
{
    record_u32(b, (uint32_t)s.len);
    buf_put(b, s);
}
static inline void record_address(struct buf *b, const struct address *a)
{
    record_span(b, span_of((const char *)&a->u, a->len));
}

static inline struct span record_take_span(struct reader *r)
{
    uint32_t len = reader_u32(r);
    return reader_take(r, len);
}
static inline struct address record_take_address(struct reader *r)
{
    struct address a = { 0 };
    struct span s = record_take_span(r);

    if (s.len > sizeof(a.u)) {
        r->failed = true;
        return a;
    }
    if (s.len > 0)
        memcpy(&a.u, s.ptr, s.len);
    a.len = (socklen_t)s.len;
    return a;
}
static inline duration record_take_duration(struct reader *r)
{
    return (duration){ reader_u32(r) };
}
/* How many items follow; fails when that many of <least> bytes each cannot be there. */
static inline uint32_t record_take_count(struct reader *r, size_t least)
{
    uint32_t count = reader_u32(r);

    if (count > reader_left(r) / least) {
        r->failed = true;
        return 0;
    }
    return count;
}
