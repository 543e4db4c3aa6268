/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture of one diagnostic: the place, the lines it is about under a
 * gutter, and marks under the words, aligned by display width: tabs are
 * expanded, Chinese takes two cells, what a terminal must not get is escaped.
 *
 *     error[K0210]: proxy_pass names an unknown upstream `plugin.com`
 *       --> nginx.conf:26:43
 *     15 |         upstream  app.com {
 *        |                   ------- defined here, used by nobody
 *     26 |                         proxy_pass http://plugin.com;
 *        |                                           ^^^^^^^^^^ no such upstream
 *        = help: proxy_pass http://app.com;
 */
#include "base/diag_internal.h"

#include <stdlib.h>

#include "base/macros.h"

enum {
    MOST_CELLS = 160, /* of a line; the rest is cut off on both sides of the mark */
    BEFORE_MARK = 60, /* cells that are kept in front of it then */
    MOST_ALSO = 8,    /* line numbers of alike ones */
};

/* A mark under a line. */
struct mark {
    struct where where;
    struct span text;
    struct diag_line line;
    unsigned from, to; /* cells */
    uint32_t order;
    char sign;
};

/* Cells that <s> takes when it is shown from cell <from> on. */
static unsigned width_of(struct span s, unsigned from)
{
    unsigned at = from;
    while (s.len) {
        struct glyph g = diag_glyph(s);
        at += s.ptr[0] == '\t' ? DIAG_TAB - at % DIAG_TAB : g.cells;
        s = span_from_index(s, g.bytes);
    }
    return at - from;
}

static void put_blanks(struct buf *out, unsigned count)
{
    while (count-- > 0)
        buf_put_char(out, ' ');
}

/* Shows the cells <from> to <to> of <text>; a character that is cut by an edge becomes blanks. */
static void put_cells(struct buf *out, struct span text, unsigned from, unsigned to)
{
    unsigned at = 0;
    while (text.len && at < to) {
        struct glyph g = diag_glyph(text);
        bool tab = text.ptr[0] == '\t';
        unsigned next = at + (tab ? DIAG_TAB - at % DIAG_TAB : g.cells);
        if (!tab && at >= from && next <= to)
            diag_put_glyph(out, text, g);
        else if (next > from)
            put_blanks(out, (next < to ? next : to) - (at > from ? at : from));
        at = next;
        text = span_from_index(text, g.bytes);
    }
}

static struct mark mark_of(const struct diags *d, struct where where, struct span text, char sign)
{
    struct mark m = { .where = where, .text = text, .sign = sign };
    m.line = diag_line_at(diag_source(d, where), where.offset);
    size_t before = where.offset - m.line.start;
    struct span marked = span_first(span_from_index(m.line.text, before), where.length);
    m.from = width_of(span_first(m.line.text, before), 0);
    m.to = m.from + width_of(marked, m.from);
    if (m.to == m.from) /* the end of a line or file: one sign shows the place */
        m.to++;
    return m;
}

/* By file (the one of the diagnostic first, then as they were added), line and column. */
static int by_line(const void *left, const void *right)
{
    const struct mark *a = left, *b = right;
    if (a->where.source != b->where.source)
        return a->order < b->order ? -1 : 1;
    if (a->line.start != b->line.start)
        return a->line.start < b->line.start ? -1 : 1;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

struct picture {
    struct mark *marks;
    uint32_t count;
    unsigned gutter; /* digits of the longest line number */
};

static void put_gutter(struct buf *out, const struct picture *p, uint32_t number)
{
    if (number)
        buf_printf(out, "%*u |", (int)p->gutter, number);
    else
        buf_printf(out, "%*s |", (int)p->gutter, "");
}

/* Which cells of the line of marks <first> to <last> are shown. */
struct window {
    unsigned from, to;
    bool cut_left, cut_right;
};

static struct window window_of(const struct mark *first, unsigned wanted)
{
    unsigned width = width_of(first->line.text, 0);
    struct window w = { 0, width, false, false };
    if (width <= MOST_CELLS)
        return w;
    w.from = wanted > BEFORE_MARK ? wanted - BEFORE_MARK : 0;
    if (w.from + MOST_CELLS > width)
        w.from = width - MOST_CELLS;
    w.to = w.from + MOST_CELLS;
    w.cut_left = w.from > 0;
    w.cut_right = w.to < width;
    return w;
}

static unsigned clamp(unsigned n, unsigned low, unsigned high)
{
    return n < low ? low : n > high ? high : n;
}

static void put_mark(struct buf *out, const struct picture *p, const struct mark *m, const struct window *w)
{
    /* one cell past the end may be marked: there the line is too short */
    unsigned from = clamp(m->from, w->from, w->to), to = clamp(m->to, from + 1, w->to + 1);
    put_gutter(out, p, 0);
    put_blanks(out, 1u + (w->cut_left ? 3u : 0u) + (from - w->from));
    for (unsigned i = from; i < to; i++)
        buf_put_char(out, m->sign);
    if (m->text.len) {
        buf_put_char(out, ' ');
        diag_put_visible(out, m->text);
    }
    buf_put_char(out, '\n');
}

/* The line that the marks from <first> on share, and their rows; returns how many they are. */
static uint32_t put_line(struct buf *out, const struct picture *p, const struct mark *first, uint32_t left)
{
    uint32_t count = 0;
    unsigned wanted = first->from;
    while (count < left && first[count].where.source == first->where.source &&
           first[count].line.start == first->line.start) {
        if (first[count].sign == '^')
            wanted = first[count].from;
        count++;
    }
    struct window w = window_of(first, wanted);
    put_gutter(out, p, first->line.number);
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    put_cells(&text, first->line.text, w.from, w.to);
    buf_printf(out, "%s%s%.*s%s\n", text.len || w.cut_left ? " " : "", w.cut_left ? "..." : "",
               SPAN_ARGS(buf_span(&text)), w.cut_right ? "..." : "");
    buf_fini(&text);
    for (uint32_t i = 0; i < count; i++)
        put_mark(out, p, &first[i], &w);
    return count;
}

static void put_place(struct buf *out, const struct diags *d, struct where where, const char *arrow)
{
    struct span name;
    uint32_t line, column;
    if (!diags_place(d, where, &name, &line, &column))
        return;
    buf_put(out, span_from(arrow));
    diag_put_visible(out, name);
    buf_printf(out, ":%u:%u", line, column);
}

static void put_also(struct buf *out, const struct diags *d, const struct diag *at)
{
    const struct source *source = diag_source(d, at->where);
    struct diag_line last = diag_line_at(source, at->where.offset);
    uint32_t listed = 0;
    const struct diag *a = at->alike;
    for (; a && listed < MOST_ALSO; a = a->alike) {
        if (a->where.offset - last.start <= last.text.len) /* the same word twice in a line */
            continue;
        last = diag_line_at(source, a->where.offset);
        buf_printf(out, "%s%u",
                   listed       ? ", "
                   : d->chinese ? "        还有第 "
                                : "        also line ",
                   last.number);
        listed++;
    }
    uint32_t more = 0;
    for (; a; a = a->alike)
        more++;
    if (listed && d->chinese)
        buf_put(out, SPAN(" 行"));
    if (more)
        buf_printf(out, d->chinese ? "，另有 %u 处" : " and %u more", more);
}

static void put_help(struct buf *out, const struct diags *d, const struct picture *p, struct span help)
{
    const char *word = d->chinese ? "建议：" : "help: ";
    for (bool first = true; help.ptr && help.len; first = false) {
        put_blanks(out, p->gutter);
        buf_printf(out, " %s ", first ? "=" : " ");
        if (first)
            buf_put(out, span_from(word));
        else
            put_blanks(out, 6); /* both words take six cells */
        diag_put_visible(out, span_cut(&help, '\n'));
        buf_put_char(out, '\n');
    }
}

static unsigned digits_of(uint32_t n)
{
    unsigned digits = 1;
    for (; n > 9; n /= 10)
        digits++;
    return digits;
}

/* All places of <at>, in the order in which they are shown. */
static struct picture picture_of(const struct diags *d, const struct diag *at, struct arena *scratch)
{
    struct picture p = { .gutter = 1 };
    p.marks = ARENA_ARRAY(scratch, 1 + at->others.count, struct mark);
    if (at->where.source)
        p.marks[p.count++] = mark_of(d, at->where, at->label, '^');
    for (uint32_t i = 0; i < at->others.count; i++)
        if (at->others.items[i].where.source)
            p.marks[p.count++] = mark_of(d, at->others.items[i].where, at->others.items[i].text, '-');
    for (uint32_t i = 0; i < p.count; i++) {
        uint32_t first = i;
        for (uint32_t j = 0; j < i && first == i; j++)
            if (p.marks[j].where.source == p.marks[i].where.source)
                first = j;
        p.marks[i].order = first;
        unsigned digits = digits_of(p.marks[i].line.number);
        p.gutter = digits > p.gutter ? digits : p.gutter;
    }
    qsort(p.marks, p.count, sizeof(*p.marks), by_line);
    return p;
}

void diag_put_picture(struct buf *out, const struct diags *d, const struct diag *at)
{
    struct arena *scratch = arena_new(0);
    struct picture p = picture_of(d, at, scratch);
    diag_put_headline(out, d, at);
    uint32_t source = at->where.source;
    if (source) {
        put_place(out, d, at->where, "  --> ");
        put_also(out, d, at);
        buf_put_char(out, '\n');
    }
    for (uint32_t i = 0; i < p.count;) {
        if (p.marks[i].where.source != source) {
            put_place(out, d, p.marks[i].where, "  ::: ");
            buf_put_char(out, '\n');
            source = p.marks[i].where.source;
        }
        i += put_line(out, &p, &p.marks[i], p.count - i);
    }
    put_help(out, d, &p, at->help);
    arena_free(&scratch);
}
