/* SPDX-License-Identifier: Apache-2.0 */
/* The answer that a file gives: type, validators, conditions (RFC 9110 13), one range (14). */
#include "engine/http/served_file.h"

#include "base/clock.h"
#include "engine/http/internal.h"
#include "engine/http/media.h"

struct range {
    uint64_t from, len;
    bool partial;
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
    return date_of(m, FIELD_IF_MODIFIED_SINCE, &at) && (uint64_t)st->st_mtime == at ? 304 : 0;
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

/* One range. Several, or another unit, are answered with the whole file, as RFC 9110 14.2 allows. False: 416.
 */
static bool find_range(const struct stream *s, const struct stat *st, struct span etag, struct range *r)
{
    const struct field *f = message_find(&s->request, FIELD_RANGE);
    const uint64_t size = (uint64_t)st->st_size;
    uint64_t first, last = UINT64_MAX;

    *r = (struct range){ .len = size };
    if (f == NULL || s->request.method != METHOD_GET || !span_starts_with(f->value, SPAN("bytes=")) ||
        !range_is_current(s, st, etag))
        return true;
    struct span to = span_from_index(f->value, 6);
    if (span_find_char(to, ',') != SPAN_NONE)
        return true;
    struct span from = span_trim(span_cut(&to, '-'));
    if (to.ptr == NULL)
        return true;
    to = span_trim(to);
    if (from.len == 0) { /* the last N bytes */
        if (!span_to_u64(to, UINT64_MAX, &last))
            return true;
        if (last == 0)
            return false;
        first = last < size ? size - last : 0;
        last = size - 1;
    } else if (!span_to_u64(from, UINT64_MAX, &first) ||
               (to.len > 0 && !span_to_u64(to, UINT64_MAX, &last)) || first > last) {
        return true;
    }
    if (first >= size)
        return false;
    if (last >= size)
        last = size - 1;
    *r = (struct range){ .from = first, .len = last - first + 1, .partial = true };
    return true;
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

static bool add_range(struct stream *s, const struct range *r, uint64_t size)
{
    struct buf b;
    char *room = scratch_bytes(&s->scratch, 96);

    if (!r->partial)
        return add(s, SPAN("Accept-Ranges"), SPAN("bytes"));
    if (room == NULL)
        return false;
    buf_init_fixed(&b, room, 96);
    buf_printf(&b, "bytes %llu-%llu/%llu", (unsigned long long)r->from,
               (unsigned long long)(r->from + r->len - 1), (unsigned long long)size);
    return add(s, SPAN("Content-Range"), buf_span(&b));
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

static bool put_body(struct stream *s, const struct range *r)
{
    struct served_file *f = s->file;

    flow_fini(&s->to_client);
    flow_init(&s->to_client, s, NULL, 0, 0, stream_on_body);
    s->to_client.source_done = true;
    s->answer.framing = FRAMING_NONE;
    if (s->answer.status == 304)
        return true;
    if (s->request.method == METHOD_HEAD)
        return add_head_length(s, r->len);
    s->answer.framing = FRAMING_LENGTH;
    s->answer.body_length = s->to_client.received = r->len;
    if (r->len > 0 && !body_put_file(&s->to_client.body, f->fd, (off_t)r->from, r->len, true))
        return false;
    if (r->len > 0)
        f->fd = -1; /* the body's now */
    body_end(&s->to_client.body);
    return true;
}

unsigned served_file_answer(struct stream *s)
{
    const struct stat st = s->file->stat;
    struct span etag = make_etag(s, &st);
    struct range r = { 0 };

    if (etag.ptr == NULL)
        return 500;
    /* An error page is sent whole: the client's conditions are about what it asked for. */
    unsigned status = s->status_kept ? 0 : judge_conditions(s, &st, etag);
    if (status == 412)
        return 412;
    r.len = (uint64_t)st.st_size;
    if (status == 0 && !s->status_kept && !find_range(s, &st, etag, &r))
        return 416;
    message_init(&s->answer, s->answer_fields, STREAM_FIELDS);
    s->answer.major = s->answer.minor = 1;
    s->answer.status = (uint16_t)(status ? status : r.partial ? 206 : 200);
    s->answer.reason = status_reason(s->answer.status);
    bool is_page = s->status_kept && s->status_kept != 200; /* what is not what was asked for has no age */
    bool ok = (status == 304 || add_type(s)) && (is_page || add_date(s, &st)) && add(s, SPAN("ETag"), etag) &&
              (status == 304 || is_page || add_range(s, &r, (uint64_t)st.st_size)) && put_body(s, &r);
    return ok ? 0 : 500;
}
