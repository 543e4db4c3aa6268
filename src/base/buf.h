/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A buffer that owns bytes and grows to a limit. For text that is put
 * together: log lines, pages, dumps. Appending never writes past the limit;
 * what does not fit sets <truncated>, and the caller checks once at the end.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

struct buf {
    char *data;
    size_t len;
    size_t room;    /* allocated, or the size of fixed storage */
    size_t limit;   /* never grows over this; 0 for fixed storage */
    bool truncated; /* an append did not fit; sticky */
};

/* Grows by malloc up to <limit> bytes. */
void buf_init(struct buf *b, size_t limit);
/* Lives in <storage>, which the caller owns; never allocates. */
void buf_init_fixed(struct buf *b, char *storage, size_t size);
/* Frees what buf_init's growth took; fine for fixed ones and zeroed ones. */
void buf_fini(struct buf *b);

void buf_clear(struct buf *b);
static inline struct span buf_span(const struct buf *b)
{
    return span_of(b->data, b->len);
}

void buf_put(struct buf *b, struct span s);
void buf_put_char(struct buf *b, char c);
void buf_put_u64(struct buf *b, uint64_t n);
void buf_put_i64(struct buf *b, int64_t n);
/* At least <width> digits, zeros in front. */
void buf_put_u64_padded(struct buf *b, uint64_t n, unsigned width);
void buf_put_hex(struct buf *b, uint64_t n);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *format, va_list args) PRINTF_LIKE(2, 0);
/* JSON string with quotes, escaped; bytes that are not UTF-8 become U+FFFD. */
void buf_put_json(struct buf *b, struct span s);
/* Makes room for <len> more and returns where to write, or NULL; then buf_added. */
MUST_USE char *buf_reserve(struct buf *b, size_t len);
void buf_added(struct buf *b, size_t len);
