/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void buf_init(struct buf *b, size_t limit)
{
    *b = (struct buf){ .limit = limit };
}

void buf_init_fixed(struct buf *b, char *storage, size_t size)
{
    *b = (struct buf){ .data = storage, .room = size };
}

void buf_fini(struct buf *b)
{
    if (b->limit)
        free(b->data);
    *b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->truncated = false;
}

/* Makes the room at least <need> and at most the limit; false when that cannot be. */
static bool grow(struct buf *b, size_t need)
{
    enum { FIRST = 256 };
    if (need > b->limit)
        return false;
    size_t room = b->room > b->limit / 2 ? b->limit : b->room * 2;
    if (room < FIRST)
        room = FIRST < b->limit ? FIRST : b->limit;
    if (room < need)
        room = need;
    char *data = realloc(b->data, room);
    if (data == NULL)
        return false;
    b->data = data;
    b->room = room;
    return true;
}

/* Room for as much of <len> as fits, without setting <truncated>. */
static size_t room_for(struct buf *b, size_t len)
{
    size_t need;
    if (b->truncated)
        return 0; /* nothing may follow a gap */
    if (__builtin_add_overflow(b->len, len, &need))
        need = SIZE_MAX;
    if (need > b->room && !grow(b, need) && b->limit > b->room)
        (void)grow(b, b->limit);
    return len < b->room - b->len ? len : b->room - b->len;
}

void buf_put(struct buf *b, struct span s)
{
    size_t fits = room_for(b, s.len);
    if (fits)
        memcpy(b->data + b->len, s.ptr, fits);
    b->len += fits;
    if (fits < s.len)
        b->truncated = true;
}

void buf_put_char(struct buf *b, char c)
{
    if (b->len < b->room && !b->truncated)
        b->data[b->len++] = c;
    else
        buf_put(b, span_of(&c, 1));
}

static void put_digits(struct buf *b, uint64_t n, unsigned base, unsigned width)
{
    enum { MOST = 64 };
    char digits[MOST];
    unsigned at = MOST;
    do {
        digits[--at] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);
    while (at > 0 && MOST - at < width)
        digits[--at] = '0';
    buf_put(b, span_of(digits + at, MOST - at));
}

void buf_put_u64(struct buf *b, uint64_t n)
{
    put_digits(b, n, 10, 1);
}

void buf_put_i64(struct buf *b, int64_t n)
{
    if (n < 0)
        buf_put_char(b, '-');
    put_digits(b, n < 0 ? -(uint64_t)n : (uint64_t)n, 10, 1);
}

void buf_put_u64_padded(struct buf *b, uint64_t n, unsigned width)
{
    put_digits(b, n, 10, width);
}

void buf_put_hex(struct buf *b, uint64_t n)
{
    put_digits(b, n, 16, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    char small[256];
    va_list again;
    va_copy(again, args);
    int wanted = vsnprintf(small, sizeof(small), format, again);
    va_end(again);
    BUG_ON(wanted < 0);
    size_t len = (size_t)wanted;
    if (len < sizeof(small)) {
        buf_put(b, span_of(small, len));
        return;
    }
    size_t fits = room_for(b, len + 1); /* vsnprintf wants a byte for its NUL */
    if (fits)
        (void)vsnprintf(b->data + b->len, fits, format, args);
    b->len += fits > len ? len : fits ? fits - 1 : 0;
    if (fits <= len)
        b->truncated = true;
}

/* The escape of an ASCII character that a JSON string cannot hold as it is. */
static void put_json_escape(struct buf *b, unsigned char c)
{
    static const char short_form[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'
    };
    if (short_form[c]) {
        char pair[2] = { '\\', short_form[c] };
        buf_put(b, span_of(pair, 2));
        return;
    }
    buf_put(b, SPAN("\\u00"));
    put_digits(b, c, 16, 2);
}

void buf_put_json(struct buf *b, struct span s)
{
    buf_put_char(b, '"');
    while (s.len) {
        uint32_t c;
        size_t len = utf8_decode(s, &c);
        if (len == 0)
            buf_put(b, SPAN("\xef\xbf\xbd"));
        else if (c < 0x20 || c == '"' || c == '\\')
            put_json_escape(b, (unsigned char)c);
        else
            buf_put(b, span_first(s, len));
        s = span_from_index(s, len ? len : 1);
    }
    buf_put_char(b, '"');
}

char *buf_reserve(struct buf *b, size_t len)
{
    size_t need;
    if (b->truncated || __builtin_add_overflow(b->len, len, &need) || (need > b->room && !grow(b, need))) {
        b->truncated = true;
        return NULL;
    }
    return b->data + b->len;
}

void buf_added(struct buf *b, size_t len)
{
    BUG_ON(len > b->room - b->len);
    b->len += len;
}
