/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The field lines of a head: cut into spans, with a look at the few values that
 * decide framing and persistence. Judging them is h1_request.c's and
 * h1_response.c's.
 */
#include "wire/h1_internal.h"

#include "wire/chars.h"

/* More than any client sends; each is compared with every field, so it must be bounded. */
#define CONNECTION_MEMBERS_MAX 64

/* RFC 9112 6.1: chunked must be there once, as the last of all members of all fields. */
static bool coding_note(struct h1_seen *s, struct span value, size_t at)
{
    s->codings++;
    s->coding_plain = value.len == strlen("chunked");
    s->coding_at = at;
    struct span member;
    while (list_member(&value, &member)) {
        s->coding_after_chunked |= s->coding_chunked;
        if (span_eq_nocase(member, SPAN("chunked"))) {
            s->coding_chunked = true;
        } else {
            s->coding_other = true;
            s->coding_unknown |= !span_eq_nocase(member, SPAN("identity"));
        }
    }
    return true;
}

#define ID_BIT(id) (UINT64_C(1) << (id))
static inline bool is_noted(enum field_id id)
{
    const uint64_t noted = ID_BIT(FIELD_HOST) | ID_BIT(FIELD_CONTENT_LENGTH) |
                           ID_BIT(FIELD_TRANSFER_ENCODING) | ID_BIT(FIELD_UPGRADE) | ID_BIT(FIELD_EXPECT) |
                           ID_BIT(FIELD_TE);
    return noted >> id & 1;
}

/* Remembers what a value says; false when it can be refused at once. */
static bool note(struct h1_seen *s, enum field_id id, struct span value, size_t at, struct h1_scan *scan)
{
    switch ((int)id) {
    case FIELD_HOST:
        s->hosts++;
        s->host = value;
        s->host_at = at;
        return true;
    case FIELD_CONTENT_LENGTH:
        /* Digits only, below 2^63. RFC 9112 6.3: equal values may be merged; nobody honest repeats it, so
         * none are. */
        s->length_at = at;
        if (s->lengths++ || !span_to_u64(value, INT64_MAX, &s->length))
            return h1_refuse(scan, H1_ERR_LENGTH, at);
        return true;
    case FIELD_TRANSFER_ENCODING:
        return coding_note(s, value, at);
    case FIELD_UPGRADE:
        s->upgrades++;
        return true;
    case FIELD_EXPECT:
        s->expect_continue |= span_eq_nocase(value, SPAN("100-continue"));
        return true;
    case FIELD_TE:
        s->te_trailers |= list_has_token(value, SPAN("trailers"));
        return true;
    default:
        return true;
    }
}

/* ---- Connection (RFC 9110 7.6.1) ---- */

/* Never dropped on a client's word: without them the message would mean something else. */
static bool is_framing(enum field_id id)
{
    return id == FIELD_HOST || id == FIELD_CONTENT_LENGTH || id == FIELD_TRANSFER_ENCODING;
}

static void mark_hop(struct message *m, struct span name)
{
    enum field_id id = field_id_of(name);
    if (is_framing(id))
        return;
    for (size_t i = 0; i < m->field_count; i++) {
        struct field *f = &m->fields[i];
        if (f->id == id && (id != FIELD_OTHER || span_eq_nocase(f->name, name)))
            f->hop = 1;
    }
}

static bool connection_read(struct message *m, struct h1_seen *s)
{
    unsigned members = 0;
    const struct field *f = message_find(m, FIELD_CONNECTION);
    if (LIKELY(span_eq(f->value, SPAN("keep-alive"))) && !message_next(m, f))
        return s->keep_alive = true;
    for (; f; f = message_next(m, f)) {
        struct span list = f->value, member;
        while (list_member(&list, &member)) {
            if (++members > CONNECTION_MEMBERS_MAX)
                return false;
            if (span_eq_nocase(member, SPAN("close")))
                s->close = true;
            else if (span_eq_nocase(member, SPAN("keep-alive")))
                s->keep_alive = true;
            else if (span_eq_nocase(member, SPAN("upgrade")))
                s->upgrade = true;
            else
                mark_hop(m, member);
        }
    }
    return true;
}

/* ---- lines ---- */

static bool refuse_name(const char *head, size_t at, size_t stop, struct h1_scan *scan)
{
    if (stop == at && char_is_blank(head[at]))
        return h1_refuse(scan, H1_ERR_FOLDED, at);
    return h1_refuse(scan, H1_ERR_FIELD_NAME, stop);
}

/* Of the bytes that a line may hold, only blanks are not above the blank. */
static inline bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

/* span_trim, where the compiler can see it: once a line. */
static inline struct span value_of(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (from < to && is_blank(to[-1]))
        to--;
    return span_of(from, (size_t)(to - from));
}

static inline void put_field(struct message *m, struct field *f, enum field_id id)
{
    f->id = (uint8_t)id;
    f->hop = field_id_is_hop(id);
    f->gone = 0;
    m->field_count++;
    if (m->first[id] == 0)
        m->first[id] = m->field_count;
}

/* Made twice, for <whole> and not: most heads lie in one window, and there a mark is a load. */
static inline __attribute__((always_inline)) bool cut_lines(struct h1_lines *l, size_t at,
                                                            const struct h1_limits *limits,
                                                            struct h1_scan *scan, struct message *m,
                                                            struct h1_seen *s, bool whole)
{
    const char *head = l->head;
    unsigned left = limits->fields_max < m->field_room ? limits->fields_max : m->field_room;
    struct field *f = m->fields + m->field_count;
    for (char first; (first = head[at]) != '\r' && first != '\n';) {
        size_t stop = h1_lines_stop(l, at, whole);
        if (UNLIKELY(head[stop] != ':' || stop == at))
            return refuse_name(head, at, stop, scan);
        if (UNLIKELY(left-- == 0))
            return h1_refuse(scan, H1_ERR_TOO_MANY, at);
        size_t lf = h1_lines_lf(l, stop + 1, whole);
        f->name = span_of(head + at, stop - at);
        f->value = value_of(head + stop + 1, head + lf - (head[lf - 1] == '\r'));
        at = lf + 1;
        enum field_id id = field_id_of(f->name);
        if (id == FIELD_OTHER && limits->underscore_is_invalid && memchr(f->name.ptr, '_', f->name.len))
            continue;
        put_field(m, f, id);
        if (is_noted(id) && !note(s, id, f->value, (size_t)(f->value.ptr - head), scan))
            return false;
        f++;
    }
    return true;
}

bool h1_fields_parse(struct h1_lines *l, size_t at, const struct h1_limits *limits, struct h1_scan *scan,
                     struct message *m, struct h1_seen *s)
{
    if (!(h1_lines_are_whole(l) ? cut_lines(l, at, limits, scan, m, s, true)
                                : cut_lines(l, at, limits, scan, m, s, false)))
        return false;
    if (m->first[FIELD_CONNECTION] && !connection_read(m, s))
        return h1_refuse(scan, H1_ERR_FIELD_VALUE,
                         (size_t)(m->fields[m->first[FIELD_CONNECTION] - 1].value.ptr - l->head));
    return true;
}

enum h1_error h1_coding_judge(const struct h1_seen *s)
{
    if (s->coding_chunked && s->coding_other && !s->coding_after_chunked)
        return H1_ERR_CODING;
    if (s->coding_chunked ? s->codings > 1 || !s->coding_plain : !s->coding_other)
        return H1_ERR_CODING_ORDER;
    return H1_OK;
}
