/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The field lines of a head: cut into spans, with a look at the few values that
 * decide framing and persistence. Judging them is h1_request.c's and
 * h1_response.c's.
 */
#include "wire/h1_internal.h"

#include "wire/chars.h"
#include "wire/names_internal.h"

/* More than any client sends; each is compared with every field, so it must be bounded. */
#define CONNECTION_MEMBERS_MAX 64

/* RFC 9112 6.1: chunked must be there once, as the last of all members of all fields. */
static void coding_note(struct h1_seen *s, struct span value, size_t at)
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
}

/* What few messages have. */
static __attribute__((noinline)) void note_other(struct h1_seen *s, enum field_id id, struct span value,
                                                 size_t at)
{
    if (id == FIELD_TRANSFER_ENCODING)
        coding_note(s, value, at);
    else if (id == FIELD_UPGRADE)
        s->upgrades++;
    else if (id == FIELD_EXPECT)
        s->expect_continue |= span_eq_nocase(value, SPAN("100-continue"));
    else if (id == FIELD_TE)
        s->te_trailers |= list_has_token(value, SPAN("trailers"));
}

/* Remembers what a value says; false when it can be refused at once. */
static inline bool note(struct h1_seen *s, enum field_id id, struct span value, size_t at,
                        struct h1_scan *scan)
{
    if (id == FIELD_HOST) {
        s->hosts++;
        s->host = value;
        s->host_at = at;
    } else if (id == FIELD_CONTENT_LENGTH) {
        /* Digits only, below 2^63. RFC 9112 6.3: equal values may be merged; nobody honest repeats it, so
         * none are. */
        s->length_at = at;
        if (s->lengths++ || !span_to_u64(value, INT64_MAX, &s->length))
            return h1_refuse(scan, H1_ERR_LENGTH, at);
    } else if (id == FIELD_CONNECTION) {
        s->connections++;
    } else {
        note_other(s, id, value, at);
    }
    return true;
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
    if (LIKELY(s->connections == 1 && span_eq(f->value, SPAN("keep-alive"))))
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

/* What begins at <at> is no field: its name is followed by the byte at <stop>. */
static bool refuse_name(const struct h1_lines *l, size_t at, size_t stop, struct h1_scan *scan)
{
    if (stop == at && at < l->len && char_is_blank(l->head[at]))
        return h1_refuse(scan, H1_ERR_FOLDED, at);
    return h1_refuse(scan, H1_ERR_FIELD_NAME, stop);
}

/* Of the bytes that a line may hold, only blanks are not above the blank. */
static inline bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

/* Without the blanks at its ends: most have one before them. A line's end is a blank too. */
static inline struct span value_of(const char *from, const char *to)
{
    from += *from == ' ';
    if (UNLIKELY(is_blank(*from) || is_blank(to[-1]))) {
        while (from < to && is_blank(*from))
            from++;
        while (from < to && is_blank(to[-1]))
            to--;
    }
    return span_of(from, (size_t)(to - from));
}

static bool is_odd(struct span name, bool underscore_is_odd)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!char_is(c, CHAR_ALPHA | CHAR_DIGIT) && c != '-' && (c != '_' || underscore_is_odd))
            return true;
    }
    return false;
}

/*
 * A line whose name has a byte at <stop> that is not of a token, and a colon
 * later: 0 when it is not to be dropped, else the beginning of the next one.
 * Blanks and control bytes in names are what smugglers write: never dropped.
 */
static __attribute__((noinline)) size_t odd_line(struct h1_lines *l, size_t at, struct h1_line line)
{
    size_t i = line.stop;

    if (line.end >= l->len || i >= line.end)
        return 0;
    while (i < line.end && l->head[i] != ':' && !is_blank(l->head[i]))
        i++;
    if (i == line.end || i == at || l->head[i] != ':')
        return 0;
    size_t ending = h1_line_end(l, line.end, false);
    return ending ? line.end + ending : 0;
}

/* False: it is wrong, or the end is not there. */
static bool cut_lines(struct h1_lines *l, size_t at, const struct h1_limits *limits, struct h1_scan *scan,
                      struct message *m, struct h1_seen *s, size_t *end)
{
    const char *head = l->head;
    const bool lf_ends_lines = !m->is_request && limits->lf_ends_lines;
    /* the rules about names are for what clients send */
    const bool drop_odd_names = m->is_request && limits->drop_odd_names;
    unsigned left = limits->fields_max < m->field_room ? limits->fields_max : m->field_room;
    uint16_t count = 0;

    for (struct field *f = m->fields;;) {
        struct h1_line line = h1_line_at(l, at);
        if (UNLIKELY(line.stop == line.end || head[line.stop] != ':')) {
            size_t next = drop_odd_names && limits->drop_odd_lines ? odd_line(l, at, line) : 0;
            if (next) {
                if (left-- == 0)
                    return h1_refuse(scan, H1_ERR_TOO_MANY, at);
                at = next;
                continue;
            }
            size_t blank_line = h1_line_end(l, at, lf_ends_lines);
            *end = at + blank_line;
            m->field_count = count;
            return blank_line || refuse_name(l, at, line.stop, scan);
        }
        if (UNLIKELY(left-- == 0))
            return h1_refuse(scan, line.stop == at ? H1_ERR_FIELD_NAME : H1_ERR_TOO_MANY, at);
        size_t ending = h1_line_end(l, line.end, lf_ends_lines);
        if (UNLIKELY(ending == 0))
            return h1_refuse(scan, H1_ERR_LINE_END, line.end);
        const struct known_field *known = field_of_token(head + at, line.stop - at);
        f->name = span_of(head + at, line.stop - at);
        f->value = value_of(head + line.stop + 1, head + line.end);
        f->id = known->id;
        f->hop = known->hop;
        f->gone = 0;
        at = line.end + ending;
        if (known->id == FIELD_OTHER) {
            if (f->name.len == 0)
                return h1_refuse(scan, H1_ERR_FIELD_NAME, line.stop);
            if (drop_odd_names && is_odd(f->name, limits->underscore_is_odd))
                continue;
        }
        count++;
        if (m->first[known->id] == 0)
            m->first[known->id] = count;
        if (known->read && !note(s, (enum field_id)known->id, f->value, (size_t)(f->value.ptr - head), scan))
            return false;
        f++;
    }
}

bool h1_fields_parse(struct h1_lines *l, size_t at, const struct h1_limits *limits, struct h1_scan *scan,
                     struct message *m, struct h1_seen *s, size_t *end)
{
    if (!cut_lines(l, at, limits, scan, m, s, end))
        return false;
    if (s->connections && !connection_read(m, s))
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
