/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets of HTTP/1 heads share: feeding in pieces, a second and
 * simple-minded reader of field lines, and writing a message out again.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "wire/h1.h"

#define FIELDS_ROOM 200

struct head {
    enum h1_result result;
    enum h1_error error;
    struct message m;
    size_t len;
    struct field storage[FIELDS_ROOM];
};

/* Parses <bytes>, which live as long as the result. */
typedef void head_parser(struct span bytes, struct h1_scan *scan, const void *how, struct head *out);

static inline void head_whole(struct span bytes, head_parser *parse, const void *how, struct head *out)
{
    struct h1_scan scan = { 0 };
    message_init(&out->m, out->storage, FIELDS_ROOM);
    parse(bytes, &scan, how, out);
    out->error = scan.error;
    BUG_ON(out->result == H1_BAD && (scan.error == H1_OK || scan.error_at > bytes.len));
    BUG_ON(out->result != H1_BAD && scan.error != H1_OK);
}

/* What comes in pieces is judged as what comes at once. */
static inline void head_check_pieces(struct span bytes, size_t step, head_parser *parse, const void *how,
                                     const struct head *whole)
{
    static struct head h;
    struct h1_scan scan = { 0 };
    size_t have = 0;
    do {
        have = have + step < bytes.len ? have + step : bytes.len;
        char *copy = malloc(have + !have);
        memcpy(copy, bytes.ptr, have);
        message_init(&h.m, h.storage, FIELDS_ROOM);
        parse(span_of(copy, have), &scan, how, &h);
        free(copy);
    } while (h.result == H1_MORE && have < bytes.len);
    BUG_ON(h.result != whole->result);
    BUG_ON(h.result == H1_DONE && (h.len != whole->len || h.m.field_count != whole->m.field_count ||
                                   h.m.framing != whole->m.framing || h.m.keep_alive != whole->m.keep_alive));
}

static inline bool is_clean(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.ptr[i] < 0x20 && s.ptr[i] != '\t') || s.ptr[i] == 0x7f)
            return false;
    return true;
}

/*
 * Reads the field lines of a complete head again, line by line and byte by
 * byte, and compares. A lone LF ends a line only if <lf> says so.
 */
static inline void head_check_lines(struct span head, bool lf, const struct message *m)
{
    size_t at = 0, line = 0;
    BUG_ON(head.len < 4 && !lf);
    for (;; line++) {
        const char *nl = memchr(head.ptr + at, '\n', head.len - at);
        BUG_ON(nl == NULL);
        size_t end = (size_t)(nl - head.ptr);
        bool crlf = end > at && head.ptr[end - 1] == '\r';
        BUG_ON(!crlf && !lf);
        struct span text = span_of(head.ptr + at, end - at - crlf);
        at = end + 1;
        BUG_ON(!is_clean(text));
        if (line == 0)
            continue;
        if (text.len == 0)
            break;
        const struct field *f = &m->fields[line - 1];
        BUG_ON(line > m->field_count);
        BUG_ON(f->name.ptr != text.ptr || !field_name_is_valid(f->name) || !field_value_is_valid(f->value));
        BUG_ON(text.ptr[f->name.len] != ':');
        BUG_ON(!span_eq(span_trim(span_from_index(text, f->name.len + 1)), f->value));
        BUG_ON(f->id != field_id_of(f->name));
    }
    BUG_ON(at != head.len || line - 1 != m->field_count);
}

static inline struct span head_write_framing(const struct message *m, char *out, size_t room)
{
    int len = 0;
    if (m->framing == FRAMING_LENGTH)
        len = snprintf(out, room, "Content-Length: %llu\r\n", (unsigned long long)m->body_length);
    else if (m->framing == FRAMING_CHUNKED)
        len = snprintf(out, room, "Transfer-Encoding: chunked\r\n");
    return span_of(out, (size_t)len);
}

/* <line>, which has its CRLF, then the fields of <m>, its framing and the blank line; in memory of exactly
 * that size. */
static inline struct span head_write(struct span line, const struct message *m)
{
    static char fields[1 << 20];
    char framing[64];
    size_t len;
    bool ok = h1_write_fields(fields, sizeof(fields), m, &len);
    BUG_ON(!ok);
    struct span f = head_write_framing(m, framing, sizeof(framing));
    char *all = malloc(line.len + len + f.len + 2), *at = all;
    at = (char *)memcpy(at, line.ptr, line.len) + line.len;
    at = (char *)memcpy(at, fields, len) + len;
    at = (char *)memcpy(at, f.ptr, f.len) + f.len;
    memcpy(at, "\r\n", 2);
    return span_of(all, (size_t)(at + 2 - all));
}

static inline bool is_forwarded(const struct field *f)
{
    return !f->gone && !f->hop && f->id != FIELD_CONTENT_LENGTH && f->id != FIELD_TRANSFER_ENCODING;
}

static inline const struct field *next_forwarded(const struct message *m, const struct field *f)
{
    while (f < m->fields + m->field_count && !is_forwarded(f))
        f++;
    return f < m->fields + m->field_count ? f : NULL;
}

/* The same fields for the next hop, in order. */
static inline void head_check_fields(const struct message *a, const struct message *b)
{
    const struct field *x = next_forwarded(a, a->fields), *y = next_forwarded(b, b->fields);
    while (x && y) {
        BUG_ON(!span_eq(x->name, y->name) || !span_eq(x->value, y->value) || x->id != y->id);
        x = next_forwarded(a, x + 1);
        y = next_forwarded(b, y + 1);
    }
    BUG_ON(x || y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
