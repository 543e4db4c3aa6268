/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that stand in a section by accident: a section has no end of its own, so
 * what was meant for the whole file belongs to the one that is still open.
 */
#include "base/macros.h"
#include "conf/haproxy/review.h"

/* Nothing but a page of statistics, or a monitor: no servers, no way to any. */
static bool serves_nobody(const struct draft *d)
{
    if (!draft_is_front(d) || (d->pool && d->pool->servers.count) ||
        haproxy_line_last(d, KEPT_DEFAULT_BACKEND))
        return false;
    for (uint32_t i = 0; i < d->kept[KEPT_RULE].count; i++)
        if (text_is(&d->kept[KEPT_RULE].items[i].s, 0, "use_backend"))
            return false;
    return d->kept[KEPT_STATS].count || d->kept[KEPT_MONITOR].count;
}

/* A frontend that does serve somebody, and has no such lines of its own. */
static const struct draft *deprived(const struct build *b, const struct draft *here)
{
    for (uint32_t i = 0; i < b->proxies.count; i++) {
        const struct draft *d = b->proxies.items[i];
        if (d != here && d->service && draft_is_http(d) && !serves_nobody(d) && !d->kept[KEPT_ERROR].count &&
            !d->kept[KEPT_CAPTURE].count)
            return d;
    }
    return NULL;
}

struct stray {
    const struct line *first;
    uint32_t count;
    struct span words; /* "errorfile, capture request" */
};

static void collect(struct build *b, const struct lines *lines, struct stray *s)
{
    for (uint32_t i = 0; i < lines->count; i++) {
        const struct line *l = &lines->items[i];
        if (l->inherited)
            continue;
        struct span rest = text_at(&l->s, 0), word = span_cut(&rest, ' ');
        s->count++;
        if (s->first == NULL || l->s.at.offset < s->first->s.at.offset)
            s->first = l;
        if (span_find(s->words, word) == SPAN_NONE)
            s->words = arena_printf(b->arena, "%.*s%s%.*s", SPAN_ARGS(s->words), s->words.len ? ", " : "",
                                    SPAN_ARGS(word));
    }
}

void haproxy_review_place(struct build *b, const struct draft *d)
{
    struct stray s = { .words = SPAN("") };
    if (!serves_nobody(d))
        return;
    collect(b, &d->kept[KEPT_ERROR], &s);
    collect(b, &d->kept[KEPT_CAPTURE], &s);
    const struct draft *other = deprived(b, d);
    if (s.count < 2 || other == NULL)
        return;
    struct diag *w =
        diag_add(b->diags, &haproxy_stray_lines, word_at(&s.first->s, 0)->at,
                 DIAG_TEXT(span_from(keyword_context_name(&haproxy_keywords, d->context)), d->name));
    diag_label(b->diags, w, "and %u more (%.*s): your site %.*s gets none of them", s.count - 1,
               SPAN_ARGS(s.words), SPAN_ARGS(other->name));
    diag_also(b->diags, w, d->section_at, "the section that is still open");
    if (d->parent)
        diag_help(b->diags, w, "move them: errorfile lines up into `defaults`, capture lines into `%.*s`",
                  SPAN_ARGS(other->name));
}

/* ---- patterns for hosts ---- */

static bool is_label_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* "www.example" in <p>: the dot's index. An escaped one, ".*" and the like are meant. */
static size_t bare_dot(struct span p)
{
    for (size_t i = 1; i + 1 < p.len; i++)
        if (p.ptr[i] == '.' && is_label_char(p.ptr[i - 1]) && is_label_char(p.ptr[i + 1]))
            return i;
    return SPAN_NONE;
}

static struct span part_around(struct span p, size_t at)
{
    size_t from = at, to = at;
    while (from > 0 && (is_label_char(p.ptr[from - 1]) || p.ptr[from - 1] == '.'))
        from--;
    while (to < p.len && (is_label_char(p.ptr[to]) || p.ptr[to] == '.'))
        to++;
    return span_of(p.ptr + from, to - from);
}

/* "^(a.b|c.d)$" as "a.b c.d"; empty when it is more than names. */
static struct span names_of(struct arena *a, struct span p)
{
    struct span names = SPAN("");
    if (span_starts_with(p, SPAN("^")))
        p = span_from_index(p, 1);
    if (span_ends_with(p, SPAN("$")))
        p = span_first(p, p.len - 1);
    if (span_starts_with(p, SPAN("(")) && span_ends_with(p, SPAN(")")))
        p = span_of(p.ptr + 1, p.len - 2);
    while (p.ptr) {
        struct span one = span_cut(&p, '|');
        for (size_t i = 0; i < one.len; i++)
            if (!is_label_char(one.ptr[i]) && one.ptr[i] != '.')
                return SPAN("");
        names = arena_printf(a, "%.*s%s%.*s", SPAN_ARGS(names), names.len ? " " : "", SPAN_ARGS(one));
    }
    return names;
}

void haproxy_review_host_regex(struct build *b, const struct word *w, const struct expr *subject,
                               struct span acl)
{
    const struct expr_part *p = &subject->parts.items[0];
    size_t dot = bare_dot(w->text);
    if (p->fetch != FETCH_REQUEST_FIELD || !span_eq_nocase(p->text, SPAN("host")) || dot == SPAN_NONE)
        return;
    struct span host = part_around(w->text, dot);
    size_t in_host = (size_t)(w->text.ptr + dot - host.ptr);
    struct diag *d = diag_add(b->diags, &haproxy_regex_dot, w->at,
                              DIAG_TEXT(arena_printf(b->arena, "%.*sX%.*s", (int)in_host, host.ptr,
                                                     (int)(host.len - in_host - 1), host.ptr + in_host + 1)));
    bool ends = span_ends_with(w->text, SPAN("$")) && p->conversions.count == 0;
    if (ends)
        diag_label(b->diags, d, "and `%.*s:8080` does not", SPAN_ARGS(host));
    struct span names = names_of(b->arena, w->text);
    if (names.len && acl.len)
        diag_help(b->diags, d, "acl %.*s hdr(host),host_only -i %.*s", SPAN_ARGS(acl), SPAN_ARGS(names));
}
