/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunked bodies: at once, byte by byte and in pieces of the first byte's size
 * give the same payload, end and error; and the payload written as chunks
 * again is the payload.
 */
#include "wire/h1.h"

#include <stdlib.h>

struct decoded {
    enum h1_result result;
    enum h1_error error;
    size_t used, len;
    char *body;
};

static struct decoded decode(struct span in, size_t step)
{
    struct h1_chunk c;
    struct decoded d = { .result = H1_MORE, .body = malloc(in.len + 1) };
    h1_chunk_init(&c);
    while (d.result == H1_MORE && d.used < in.len) {
        struct span piece = span_first(span_from_index(in, d.used), step), data;
        size_t consumed;
        d.result = h1_chunk_next(&c, piece, &consumed, &data);
        BUG_ON(consumed > piece.len || consumed == 0);
        BUG_ON(data.ptr < piece.ptr || data.ptr + data.len > piece.ptr + consumed);
        BUG_ON(d.result == H1_MORE && data.len == 0 && consumed != piece.len);
        BUG_ON(d.result != H1_MORE && data.len);
        memcpy(d.body + d.len, data.ptr, data.len);
        d.len += data.len;
        d.used += consumed;
    }
    d.error = c.error;
    return d;
}

static void check_same(const struct decoded *a, struct decoded b)
{
    BUG_ON(a->result != b.result || a->error != b.error || a->used != b.used || a->len != b.len);
    BUG_ON(memcmp(a->body, b.body, a->len) != 0);
    free(b.body);
}

static size_t put_crlf(char *at)
{
    at[0] = '\r';
    at[1] = '\n';
    return 2;
}

static void check_written(const struct decoded *d, size_t step)
{
    size_t room = d->len + (d->len / step + 2) * (H1_CHUNK_HEAD_MAX + 2) + 2, len = 0;
    char *out = malloc(room);
    for (size_t at = 0; at < d->len; at += step) {
        struct span piece = span_first(span_of(d->body + at, d->len - at), step);
        len += h1_write_chunk_head(out + len, piece.len);
        memcpy(out + len, piece.ptr, piece.len);
        len += piece.len;
        len += put_crlf(out + len);
    }
    len += h1_write_chunk_head(out + len, 0);
    len += put_crlf(out + len);
    BUG_ON(len > room);
    struct decoded again = decode(span_of(out, len), len);
    BUG_ON(again.result != H1_DONE || again.used != len || again.len != d->len);
    BUG_ON(memcmp(again.body, d->body, d->len) != 0);
    free(again.body);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct span in = span_of((const char *)data + 1, size - 1);
    struct decoded whole = decode(in, in.len);
    check_same(&whole, decode(in, 1));
    check_same(&whole, decode(in, data[0] + 1u));
    if (whole.result == H1_DONE)
        check_written(&whole, data[0] + 1u);
    free(whole.body);
    return 0;
}
