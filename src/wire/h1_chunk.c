/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder of chunked bodies (RFC 9112 7.1): a byte at a time, but for the data. */
#include "wire/h1.h"

#include "wire/chars.h"

enum state {
    AT_SIZE,      /* before the first digit */
    AT_DIGIT,     /* after a digit */
    AT_BLANK,     /* behind the size: only an extension or the line's end may follow */
    AT_EXTENSION, /* behind ';' */
    AT_SIZE_LF,
    AT_DATA,
    AT_DATA_CR,
    AT_DATA_LF,
    AT_TRAILER, /* at the start of a line */
    AT_TRAILER_NAME,
    AT_TRAILER_VALUE,
    AT_TRAILER_LF,
    AT_LAST_LF,
    AT_END,
    AT_FAULT,
};

#define DIGITS_MAX 16

void h1_chunk_init(struct h1_chunk *c)
{
    *c = (struct h1_chunk){ .state = AT_SIZE };
}

static enum state fault(struct h1_chunk *c, enum h1_error why)
{
    c->error = why;
    return AT_FAULT;
}

static enum state on_digit(struct h1_chunk *c, char byte)
{
    /* 2^63 and above would be negative to somebody. */
    if (c->line == DIGITS_MAX || c->left > INT64_MAX >> 4)
        return fault(c, H1_ERR_CHUNK_SIZE);
    c->left = c->left << 4 | (uint64_t)char_hex_value(byte);
    c->line++;
    return AT_DIGIT;
}

/* Behind the digits: blanks, an extension, or the end of the line. */
static enum state on_size(struct h1_chunk *c, char byte)
{
    if (c->line == 0)
        return fault(c, H1_ERR_CHUNK_SIZE);
    c->line = 0;
    if (byte == '\r')
        return AT_SIZE_LF;
    if (byte == ';')
        return AT_EXTENSION;
    return char_is_blank(byte) ? AT_BLANK : fault(c, H1_ERR_CHUNK_SIZE);
}

static enum state on_blank(struct h1_chunk *c, char byte)
{
    if (byte == '\r')
        return AT_SIZE_LF;
    if (byte == ';')
        return AT_EXTENSION;
    if (!char_is_blank(byte) || ++c->line > H1_CHUNK_OVERHEAD_MAX)
        return fault(c, H1_ERR_CHUNK_SIZE);
    return AT_BLANK;
}

static enum state on_extension(struct h1_chunk *c, char byte)
{
    if (byte == '\r')
        return AT_SIZE_LF;
    if (!char_is(byte, CHAR_TEXT) || ++c->line > H1_CHUNK_OVERHEAD_MAX)
        return fault(c, H1_ERR_CHUNK_SIZE);
    return AT_EXTENSION;
}

static enum state on_size_lf(struct h1_chunk *c, char byte)
{
    if (byte != '\n')
        return fault(c, H1_ERR_CHUNK_SIZE);
    if (c->line > c->left)
        c->overhead += c->line - (uint32_t)c->left;
    c->line = 0;
    if (c->overhead > H1_CHUNK_OVERHEAD_MAX)
        return fault(c, H1_ERR_CHUNK_SIZE);
    if (c->left)
        return AT_DATA;
    c->overhead = 0; /* the trailers have their own */
    return AT_TRAILER;
}

static enum state on_trailer(struct h1_chunk *c, enum state state, char byte)
{
    if (++c->overhead > H1_CHUNK_OVERHEAD_MAX)
        return fault(c, H1_ERR_TRAILER);
    if (state == AT_TRAILER && byte == '\r')
        return AT_LAST_LF;
    if (state == AT_TRAILER_VALUE && byte == '\r')
        return AT_TRAILER_LF;
    if (state == AT_TRAILER_VALUE)
        return char_is(byte, CHAR_TEXT) ? AT_TRAILER_VALUE : fault(c, H1_ERR_TRAILER);
    if (state == AT_TRAILER_NAME && byte == ':')
        return AT_TRAILER_VALUE;
    return char_is(byte, CHAR_TOKEN) ? AT_TRAILER_NAME : fault(c, H1_ERR_TRAILER);
}

static enum state expect(struct h1_chunk *c, char byte, char wanted, enum state next, enum h1_error why)
{
    return byte == wanted ? next : fault(c, why);
}

/* One byte that is no payload. */
static enum state step(struct h1_chunk *c, char byte)
{
    switch ((enum state)c->state) {
    case AT_SIZE:
    case AT_DIGIT:
        return char_is(byte, CHAR_HEX) ? on_digit(c, byte) : on_size(c, byte);
    case AT_BLANK:
        return on_blank(c, byte);
    case AT_EXTENSION:
        return on_extension(c, byte);
    case AT_SIZE_LF:
        return on_size_lf(c, byte);
    case AT_DATA_CR:
        return expect(c, byte, '\r', AT_DATA_LF, H1_ERR_CHUNK_END);
    case AT_DATA_LF:
        return expect(c, byte, '\n', AT_SIZE, H1_ERR_CHUNK_END);
    case AT_TRAILER:
    case AT_TRAILER_NAME:
    case AT_TRAILER_VALUE:
        return on_trailer(c, (enum state)c->state, byte);
    case AT_TRAILER_LF:
        c->overhead++;
        return expect(c, byte, '\n', AT_TRAILER, H1_ERR_TRAILER);
    case AT_LAST_LF:
        return expect(c, byte, '\n', AT_END, H1_ERR_TRAILER);
    case AT_DATA:
    case AT_END:
    case AT_FAULT:
        break;
    }
    BUG_ON(true);
}

static struct span take_data(struct h1_chunk *c, struct span in)
{
    struct span data = span_first(in, c->left < in.len ? (size_t)c->left : in.len);
    c->left -= data.len;
    if (c->left == 0)
        c->state = AT_DATA_CR;
    return data;
}

/* <at> was read in state <before>, at the trailers or behind them. */
static void note_trailer(struct h1_chunk *c, enum state before, const char *at)
{
    if (before == AT_LAST_LF || c->state == AT_LAST_LF || c->state == AT_FAULT)
        return;
    if (c->trailers.len == 0)
        c->trailers.ptr = at;
    c->trailers.len++;
}

enum h1_result h1_chunk_next(struct h1_chunk *c, struct span in, size_t *consumed, struct span *data)
{
    size_t i = 0;
    *data = span_of(in.ptr, 0);
    c->trailers = span_of(in.ptr, 0);
    while (i < in.len && c->state != AT_DATA && c->state != AT_END && c->state != AT_FAULT) {
        enum state before = (enum state)c->state;
        c->state = (uint8_t)step(c, in.ptr[i++]);
        if (UNLIKELY(before >= AT_TRAILER))
            note_trailer(c, before, &in.ptr[i - 1]);
    }
    if (c->state == AT_DATA && i < in.len) {
        *data = take_data(c, span_from_index(in, i));
        i += data->len;
    }
    *consumed = i;
    if (c->state == AT_FAULT)
        return H1_BAD;
    return c->state == AT_END ? H1_DONE : H1_MORE;
}
