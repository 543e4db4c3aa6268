/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the request's target made alike (RFC 3986 6.2.2), one kind at a time. */
#include <stdlib.h>

#include "base/scratch.h"
#include "engine/core/rules_internal.h"
#include "wire/message.h"

enum normal { NORMAL_DONE, NORMAL_BAD, NORMAL_NO_ROOM };

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ---- segments ---- */

struct path {
    char *out;
    size_t len; /* it ends in a slash between segments */
};

static void put(struct path *p, struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        p->out[p->len++] = s.ptr[i];
}

/* The last segment goes, when there is one and it is not "..". */
static bool pop(struct path *p)
{
    size_t from = p->len - 1;

    if (from == 0)
        return false;
    while (p->out[from - 1] != '/')
        from--;
    if (span_eq(span_of(p->out + from, p->len - 1 - from), SPAN("..")))
        return false;
    p->len = from;
    return true;
}

static void put_segment(struct path *p, const struct action *a, struct span s, bool last)
{
    if (a->number == NORMALIZE_DOT && span_eq(s, SPAN(".")))
        return;
    if (a->number == NORMALIZE_SLASHES && s.len == 0 && !last)
        return;
    if (a->number == NORMALIZE_DOTDOT && span_eq(s, SPAN(".."))) {
        if (!pop(p) && a->number2 == 0)
            put(p, SPAN("../"));
        return;
    }
    put(p, s);
    if (!last)
        put(p, SPAN("/"));
}

static enum normal normal_segments(struct rules *r, const struct action *a)
{
    struct span rest = r->request->path;

    if (rest.len == 0 || rest.ptr[0] != '/')
        return NORMAL_DONE;
    struct path p = { .out = scratch_bytes(r->facts->scratch, rest.len + 1) };
    if (p.out == NULL)
        return NORMAL_NO_ROOM;
    put(&p, SPAN("/"));
    for (rest = span_from_index(rest, 1); rest.ptr;) {
        struct span segment = span_cut(&rest, '/');
        put_segment(&p, a, segment, rest.ptr == NULL);
    }
    r->request->path = span_of(p.out, p.len);
    return NORMAL_DONE;
}

/* ---- escapes ---- */

static bool is_unreserved(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/* Three bytes from "%" on; how many were put. */
static size_t put_escape(char *out, const char *at, const struct action *a)
{
    int c = hex_value(at[1]) * 16 + hex_value(at[2]);

    if (a->number == NORMALIZE_UNRESERVED && is_unreserved(c)) {
        out[0] = (char)c;
        return 1;
    }
    for (unsigned i = 0; i < 3; i++)
        out[i] =
            a->number == NORMALIZE_UPPERCASE && at[i] >= 'a' && at[i] <= 'f' ? (char)(at[i] - 0x20) : at[i];
    return 3;
}

static enum normal normal_escapes(struct rules *r, const struct action *a, struct span *s)
{
    size_t len = 0;

    if (span_find_char(*s, '%') == SPAN_NONE)
        return NORMAL_DONE;
    char *out = scratch_bytes(r->facts->scratch, s->len);
    if (out == NULL)
        return NORMAL_NO_ROOM;
    for (size_t i = 0; i < s->len;) {
        bool escape = s->ptr[i] == '%' && s->len - i > 2 && hex_value(s->ptr[i + 1]) >= 0 &&
                      hex_value(s->ptr[i + 2]) >= 0;
        if (escape) {
            len += put_escape(out + len, s->ptr + i, a);
            i += 3;
            continue;
        }
        if (s->ptr[i] == '%' && a->number2 == 1)
            return NORMAL_BAD;
        out[len++] = s->ptr[i++];
    }
    *s = span_of(out, len);
    return NORMAL_DONE;
}

/* ---- the query ---- */

struct parameter {
    struct span all, name;
    size_t place;
};

static int compare(const void *a, const void *b)
{
    const struct parameter *x = a, *y = b;
    size_t least = x->name.len < y->name.len ? x->name.len : y->name.len;

    for (size_t i = 0; i < least; i++)
        if (x->name.ptr[i] != y->name.ptr[i])
            return (unsigned char)x->name.ptr[i] < (unsigned char)y->name.ptr[i] ? -1 : 1;
    if (x->name.len != y->name.len)
        return x->name.len < y->name.len ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static enum normal normal_query(struct rules *r)
{
    struct span query = r->request->query;
    size_t count = 1, n = 0, len = 0;

    for (size_t i = 0; i < query.len; i++)
        count += query.ptr[i] == '&';
    if (query.ptr == NULL || count == 1)
        return NORMAL_DONE;
    struct parameter *list = scratch_alloc(r->facts->scratch, count * sizeof(*list));
    char *out = scratch_bytes(r->facts->scratch, query.len);
    if (list == NULL || out == NULL)
        return NORMAL_NO_ROOM;
    for (struct span rest = query; rest.ptr; n++) {
        struct span all = span_cut(&rest, '&'), value = all;
        list[n] = (struct parameter){ .all = all, .name = span_cut(&value, '='), .place = n };
    }
    qsort(list, n, sizeof(*list), compare);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            out[len++] = '&';
        memcpy(out + len, list[i].all.ptr, list[i].all.len);
        len += list[i].all.len;
    }
    r->request->query = span_of(out, len);
    return NORMAL_DONE;
}

/* ---- fragments, which clients should keep for themselves ---- */

static void strip_fragment(struct message *m)
{
    size_t at = span_find_char(m->path, '#');

    if (at != SPAN_NONE) {
        m->path = span_first(m->path, at);
        m->query = span_of(NULL, 0);
    } else if (m->query.ptr) {
        m->query = span_first(m->query, span_find_char(m->query, '#'));
    }
}

static enum normal encode_fragment(struct rules *r, struct span *s)
{
    struct scratch *room = r->facts->scratch;
    struct span all = SPAN(""), rest = *s;

    if (span_find_char(rest, '#') == SPAN_NONE)
        return NORMAL_DONE;
    while (all.ptr && rest.ptr) {
        struct span before = span_cut(&rest, '#');
        all = scratch_join(room, all, before);
        if (all.ptr && rest.ptr)
            all = scratch_join(room, all, SPAN("%23"));
    }
    *s = all;
    return all.ptr ? NORMAL_DONE : NORMAL_NO_ROOM;
}

static enum normal both(enum normal path, enum normal query)
{
    return path == NORMAL_DONE ? query : path;
}

static enum normal normalize(struct rules *r, const struct action *a)
{
    struct message *m = r->request;

    switch ((enum normalize)a->number) {
    case NORMALIZE_SLASHES:
    case NORMALIZE_DOT:
    case NORMALIZE_DOTDOT:
        return normal_segments(r, a);
    case NORMALIZE_UPPERCASE:
    case NORMALIZE_UNRESERVED:
        return both(normal_escapes(r, a, &m->path), normal_escapes(r, a, &m->query));
    case NORMALIZE_QUERY:
        return normal_query(r);
    case NORMALIZE_FRAGMENT_STRIP:
        strip_fragment(m);
        break;
    case NORMALIZE_FRAGMENT_ENCODE:
        return both(encode_fragment(r, &m->path), encode_fragment(r, &m->query));
    }
    return NORMAL_DONE;
}

enum outcome act_normalize(struct rules *r, const struct action *a)
{
    switch (normalize(r, a)) {
    case NORMAL_BAD:
        return rules_answer(r, 400, span_of(NULL, 0));
    case NORMAL_NO_ROOM:
        return rules_end(r, RULES_FAILED);
    case NORMAL_DONE:
        break;
    }
    if (r->facts->uri.ptr)
        r->facts->uri = r->request->path;
    r->target_changed = true;
    return NEXT;
}
