/* SPDX-License-Identifier: Apache-2.0 */
/* The answer that a file gives: type, validators, conditions (RFC 9110 13), ranges (14). */
#include "engine/http/served_file.h"

#include "base/clock.h"
#include "base/rand.h"
#include "engine/core/thread.h"
#include "engine/http/listing.h"
#include "engine/http/internal.h"
#include "engine/http/media.h"

#define RANGES_MOST 64 /* of one request; one that asks for more gets the whole */

struct range {
    uint64_t from, len;
};
struct ranges {
    struct range items[RANGES_MOST];
    uint32_t count; /* 0: the whole */
};

/* ---- conditions ---- */

/* nginx's: modification time and size, in hexadecimal. */
static struct span make_etag(struct stream *s, const struct stat *st)
{
    struct buf b;
    char *room = scratch_bytes(&s->scratch, 48);

    if (room == NULL)
        return span_of(NULL, 0);
    buf_init_fixed(&b, room, 48);
    buf_put_char(&b, '"');
    buf_put_hex(&b, (uint64_t)st->st_mtime);
    buf_put_char(&b, '-');
    buf_put_hex(&b, (uint64_t)st->st_size);
    buf_put_char(&b, '"');
    return buf_span(&b);
}

static bool lists_etag(struct span list, struct span etag, bool weak)
{
    struct span one;

    while (list_member(&list, &one)) {
        if (weak && span_starts_with(one, SPAN("W/")))
            one = span_from_index(one, 2);
        if (span_eq(one, SPAN("*")) || span_eq(one, etag))
            return true;
    }
    return false;
}

static bool date_of(const struct message *m, enum field_id id, uint64_t *at)
{
    const struct field *f = message_find(m, id);
    return f != NULL && clock_parse_http(f->value, at);
}

/* 412, 304, or 0: go on. RFC 9110 13.2.2 gives the order. */
static unsigned judge_conditions(const struct stream *s, const struct stat *st, struct span etag)
{
    const struct message *m = &s->request;
    const struct field *match = message_find(m, FIELD_IF_MATCH), *none = message_find(m, FIELD_IF_NONE_MATCH);
    uint64_t at;

    if (match != NULL ? !lists_etag(match->value, etag, false)
                      : date_of(m, FIELD_IF_UNMODIFIED_SINCE, &at) && (uint64_t)st->st_mtime > at)
        return 412;
    if (none != NULL)
        return lists_etag(none->value, etag, true) ? 304 : 0;
    /* nginx's default is `exact`: a client that shows another date gets the file. */
    if (s->file->files->modified == MODIFIED_OFF || !date_of(m, FIELD_IF_MODIFIED_SINCE, &at))
        return 0;
    bool before = s->file->files->modified == MODIFIED_BEFORE && (uint64_t)st->st_mtime < at;
    return before || (uint64_t)st->st_mtime == at ? 304 : 0;
}

/* ---- ranges ---- */

static bool range_is_current(const struct stream *s, const struct stat *st, struct span etag)
{
    const struct field *f = message_find(&s->request, FIELD_IF_RANGE);
    uint64_t at;

    if (f == NULL)
        return true;
    return clock_parse_http(f->value, &at) ? (uint64_t)st->st_mtime == at : span_eq(f->value, etag);
}

static void skip_blanks(struct span *s)
{
    while (s->len && (s->ptr[0] == ' ' || s->ptr[0] == '\t'))
        *s = span_from_index(*s, 1);
}

static bool take_number(struct span *s, uint64_t *out)
{
    size_t n = 0;

    while (n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9')
        n++;
    bool good = n && span_to_u64(span_first(*s, n), UINT64_MAX / 2, out);
    *s = span_from_index(*s, n);
    skip_blanks(s);
    return good;
}

/* "0-9", "5-", "-5" at the beginning of <rest>: from <r->from> on. False: it is none of them. */
static bool take_range(struct span *rest, uint64_t size, struct range *r)
{
    uint64_t end;

    skip_blanks(rest);
    bool suffix = span_starts_with(*rest, SPAN("-"));
    r->from = 0;
    if (!suffix && !take_number(rest, &r->from))
        return false;
    if (!span_starts_with(*rest, SPAN("-")))
        return false;
    *rest = span_from_index(*rest, 1);
    skip_blanks(rest);
    if (!suffix && (rest->len == 0 || rest->ptr[0] == ',')) {
        end = size;
    } else {
        if (!take_number(rest, &end))
            return false;
        if (suffix) {
            r->from = end < size ? size - end : 0;
            end = size;
        } else {
            end = end >= size ? size : end + 1;
        }
    }
    r->len = r->from < end ? end - r->from : 0;
    return rest->len == 0 || rest->ptr[0] == ',';
}

enum range_verdict { RANGE_WHOLE, RANGE_PARTS, RANGE_NONE };

/* The ranges that are there to be sent. More than there is in all, or too many: the whole, as RFC 9110 14.2
 * lets. */
static enum range_verdict parse_ranges(struct span text, uint64_t size, uint32_t most, struct ranges *out)
{
    uint64_t sum = 0;

    for (;;) {
        struct range r;
        if (!take_range(&text, size, &r))
            return RANGE_NONE;
        if (r.len && (out->count == RANGES_MOST || out->count == most))
            return RANGE_WHOLE;
        if (r.len)
            out->items[out->count++] = r;
        else if (r.from == 0)
            return RANGE_WHOLE;
        sum += r.len;
        if (text.len == 0)
            break;
        text = span_from_index(text, 1);
    }
    return out->count == 0 ? RANGE_NONE : sum > size ? RANGE_WHOLE : RANGE_PARTS;
}

static enum range_verdict find_ranges(const struct stream *s, const struct stat *st, struct span etag,
                                      struct ranges *out)
{
    const struct field *f = message_find(&s->request, FIELD_RANGE);
    uint32_t most = s->file->files->ranges_most;

    out->count = 0;
    if (f == NULL || s->request.method != METHOD_GET || most == 0 || s->file->packed ||
        f->value.len < strlen("bytes=0") || !span_starts_with_nocase(f->value, SPAN("bytes=")) ||
        !range_is_current(s, st, etag))
        return RANGE_WHOLE;
    return parse_ranges(span_from_index(f->value, 6), (uint64_t)st->st_size, most, out);
}

/* ---- fields ---- */

static bool add(struct stream *s, struct span name, struct span value)
{
    return value.ptr != NULL && message_add(&s->answer, name, value);
}

static bool add_type(struct stream *s)
{
    struct span type = media_type(s->rules.scope, s->facts.uri.ptr ? s->facts.uri : s->request.path);

    return type.len == 0 || add(s, SPAN("Content-Type"), type);
}

static bool add_date(struct stream *s, const struct stat *st)
{
    struct buf b;
    char *room = scratch_bytes(&s->scratch, 40);

    if (room == NULL)
        return false;
    buf_init_fixed(&b, room, 40);
    clock_put_http(&b, (uint64_t)st->st_mtime);
    return add(s, SPAN("Last-Modified"), buf_span(&b));
}

static struct span range_text(struct stream *s, const struct range *r, uint64_t size)
{
    struct buf b;
    char *room = scratch_bytes(&s->scratch, 96);

    if (room == NULL)
        return span_of(NULL, 0);
    buf_init_fixed(&b, room, 96);
    buf_printf(&b, "bytes %llu-%llu/%llu", (unsigned long long)r->from,
               (unsigned long long)(r->from + r->len - 1), (unsigned long long)size);
    return buf_span(&b);
}

static bool add_head_length(struct stream *s, uint64_t len)
{
    struct buf b;
    char *room = scratch_bytes(&s->scratch, 24);

    if (room == NULL)
        return false;
    buf_init_fixed(&b, room, 24);
    buf_put_u64(&b, len);
    return add(s, SPAN("Content-Length"), buf_span(&b));
}

static void body_begin(struct stream *s)
{
    flow_fini(&s->to_client);
    flow_init(&s->to_client, s, NULL, 0, 0, stream_on_body);
    s->to_client.source_done = true;
    s->answer.framing = FRAMING_NONE;
}

static void body_finish(struct stream *s, uint64_t len)
{
    s->answer.framing = FRAMING_LENGTH;
    s->answer.body_length = s->to_client.received = len;
    body_end(&s->to_client.body);
}

/* Bytes of the file; with <last> its descriptor becomes the body's. */
static bool put_file(struct stream *s, const struct range *r, bool last)
{
    struct served_file *f = s->file;

    if (!body_put_file(&s->to_client.body, f->fd, (off_t)r->from, r->len, last))
        return false;
    if (last)
        f->fd = -1;
    return true;
}

static bool put_body(struct stream *s, const struct range *r)
{
    body_begin(s);
    if (s->answer.status == 304)
        return true;
    if (s->request.method == METHOD_HEAD)
        return add_head_length(s, r->len);
    if (r->len > 0 && !put_file(s, r, true))
        return false;
    body_finish(s, r->len);
    return true;
}

/* ---- several ranges: multipart/byteranges (RFC 9110 14.6) ---- */

static struct span make_boundary(struct stream *s)
{
    char *room = scratch_bytes(&s->scratch, 24);
    struct buf b;

    if (room == NULL)
        return span_of(NULL, 0);
    buf_init_fixed(&b, room, 24);
    buf_put_u64_padded(&b, rand_next(&s->thread->rand) >> 1, 20);
    return buf_span(&b);
}

/* What stands before a part; without <r>, behind the last one. */
static struct span part_head(struct stream *s, struct span boundary, const struct range *r, uint64_t size)
{
    const struct field *type = message_find(&s->answer, FIELD_CONTENT_TYPE);
    struct span range = r ? range_text(s, r, size) : SPAN("");
    size_t room = 128 + boundary.len + range.len + (type ? type->value.len : 0);
    char *at = scratch_bytes(&s->scratch, room);
    struct buf b;

    if (at == NULL || range.ptr == NULL)
        return span_of(NULL, 0);
    buf_init_fixed(&b, at, room);
    buf_printf(&b, "\r\n--%.*s", SPAN_ARGS(boundary));
    if (r == NULL) {
        buf_put(&b, SPAN("--\r\n"));
        return buf_span(&b);
    }
    buf_put(&b, SPAN("\r\n"));
    if (type)
        buf_printf(&b, "Content-Type: %.*s\r\n", SPAN_ARGS(type->value));
    buf_printf(&b, "Content-Range: %.*s\r\n\r\n", SPAN_ARGS(range));
    return buf_span(&b);
}

static bool put_text(struct stream *s, struct span text, uint64_t *len)
{
    *len += text.len;
    return text.ptr && body_put_borrowed(&s->to_client.body, text);
}

static bool put_parts(struct stream *s, const struct ranges *all, uint64_t size)
{
    struct span boundary = make_boundary(s);
    uint64_t len = 0;

    body_begin(s);
    for (uint32_t i = 0; i < all->count; i++) {
        const struct range *r = &all->items[i];
        if (!put_text(s, part_head(s, boundary, r, size), &len) || !put_file(s, r, i + 1 == all->count))
            return false;
        len += r->len;
    }
    if (!put_text(s, part_head(s, boundary, NULL, size), &len))
        return false;
    body_finish(s, len);
    (void)message_remove_id(&s->answer, FIELD_CONTENT_TYPE);
    return add(s, SPAN("Content-Type"),
               scratch_join(&s->scratch, SPAN("multipart/byteranges; boundary="), boundary));
}

/* ---- the answer ---- */

static bool add_coding(struct stream *s)
{
    return (!s->file->varies || add(s, SPAN("Vary"), SPAN("Accept-Encoding"))) &&
           (!s->file->packed || s->answer.status == 304 || add(s, SPAN("Content-Encoding"), SPAN("gzip")));
}

static bool fill(struct stream *s, const struct stat *st, const struct ranges *ranges)
{
    const struct range whole = { .len = (uint64_t)st->st_size };
    bool is_page = s->status_kept && s->status_kept != 200; /* what is not what was asked for has no age */

    if (ranges->count > 1)
        return media_charset(s) && put_parts(s, ranges, whole.len);
    if (ranges->count == 1)
        return add(s, SPAN("Content-Range"), range_text(s, &ranges->items[0], whole.len)) &&
               put_body(s, &ranges->items[0]);
    if (s->answer.status != 304 && !is_page && s->file->files->ranges_most && !s->file->packed &&
        !add(s, SPAN("Accept-Ranges"), SPAN("bytes")))
        return false;
    return put_body(s, &whole);
}

unsigned served_file_answer(struct stream *s)
{
    const struct stat st = s->file->stat;
    struct span etag = s->file->files->no_etag ? SPAN("") : make_etag(s, &st);
    struct ranges ranges = { .count = 0 };
    enum range_verdict verdict = RANGE_WHOLE;

    if (etag.ptr == NULL)
        return 500;
    /* An error page is sent whole: the client's conditions are about what it asked for. */
    unsigned status = s->status_kept ? 0 : judge_conditions(s, &st, etag);
    if (status == 412)
        return 412;
    if (status == 0 && !s->status_kept)
        verdict = find_ranges(s, &st, etag, &ranges);
    if (verdict == RANGE_NONE)
        return 416;
    if (verdict == RANGE_WHOLE)
        ranges.count = 0;
    message_init(&s->answer, s->answer_fields, STREAM_FIELDS);
    s->answer.major = s->answer.minor = 1;
    s->answer.status = (uint16_t)(status ? status : ranges.count ? 206 : 200);
    s->answer.reason = status_reason(s->answer.status);
    bool is_page = s->status_kept && s->status_kept != 200;
    bool ok = (status == 304 || add_type(s)) && (is_page || add_date(s, &st)) &&
              (s->file->files->no_etag || add(s, SPAN("ETag"), etag)) && add_coding(s) &&
              fill(s, &st, &ranges);
    return ok ? 0 : 500;
}

/* Of no length that is told: clients must not hold it for the same as a file. */
unsigned served_file_listing(struct stream *s)
{
    const struct listing *l = s->file->listing;
    struct span text = listing_text(l);

    message_init(&s->answer, s->answer_fields, STREAM_FIELDS);
    s->answer.major = s->answer.minor = 1;
    s->answer.status = 200;
    s->answer.reason = status_reason(200);
    body_begin(s);
    if (!add(s, SPAN("Content-Type"), listing_type(l)) || !media_charset(s))
        return 500;
    if (s->request.method == METHOD_HEAD)
        return 0;
    if (!body_put_borrowed(&s->to_client.body, text))
        return 500;
    body_finish(s, text.len);
    s->answer.framing = FRAMING_CHUNKED;
    return 0;
}
