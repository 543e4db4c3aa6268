/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How diagnostics look: in which order, how many, and the line-shaped and JSON
 * shapes. The picture with the caret is in diag_picture.c.
 */
#include "base/diag.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/diag_internal.h"
#include "base/macros.h"

enum { MOST_A_FILE = 50 };

/* The line of <source> that holds <offset>: its number and its text without the line end. */
struct diag_line diag_line_at(const struct source *source, size_t offset)
{
    struct span text = source->text;
    if (offset > text.len)
        offset = text.len;
    struct diag_line line = { .number = 1 };
    for (;;) {
        size_t length = span_find_char(span_from_index(text, line.start), '\n');
        size_t end = length == SPAN_NONE ? text.len : line.start + length;
        if (offset <= end) {
            line.text = span_first(span_from_index(text, line.start), end - line.start);
            if (span_ends_with(line.text, SPAN("\r")))
                line.text.len--;
            return line;
        }
        line.start = end + 1;
        line.number++;
    }
}

/* The source that <w> is in, or NULL. */
const struct source *diag_source(const struct diags *d, struct where w)
{
    return w.source ? &d->sources.items[w.source - 1] : NULL;
}

bool diags_place(const struct diags *d, struct where w, struct span *name, uint32_t *line, uint32_t *column)
{
    const struct source *source = diag_source(d, w);
    if (source == NULL)
        return false;
    struct diag_line at = diag_line_at(source, w.offset);
    struct span before = span_first(at.text, w.offset - at.start);
    *name = source->name;
    *line = at.number;
    *column = 1;
    while (
        before.len) { /* as an editor counts: what is invisible takes no cell, a byte that is no text one */
        struct glyph g = diag_glyph(before);
        if (before.ptr[0] == '\t')
            *column += DIAG_TAB - (*column - 1) % DIAG_TAB;
        else
            *column += g.look == GLYPH_AS_IS ? g.cells : g.look == GLYPH_BYTE;
        before = span_from_index(before, g.bytes);
    }
    return true;
}

static const char *severity_word(const struct diags *d, enum severity s)
{
    static const char *const en[] = { "note", "warning", "error" };
    static const char *const zh[] = { "说明", "警告", "错误" };
    return (d->chinese ? zh : en)[s];
}

void diag_put_headline(struct buf *out, const struct diags *d, const struct diag *at)
{
    buf_printf(out, "%s[%s]: ", severity_word(d, at->kind->severity), at->kind->code);
    diag_sentence(out, at, d->chinese ? "zh" : "en");
    buf_put_char(out, '\n');
}

static void put_short(struct buf *out, const struct diags *d, const struct diag *at)
{
    struct span name;
    uint32_t line, column;
    if (diags_place(d, at->where, &name, &line, &column)) {
        diag_put_visible(out, name);
        buf_printf(out, ":%u:%u: ", line, column);
    }
    diag_put_headline(out, d, at);
}

/*
 * One line as the program would say it whose language the file is written in.
 * Line 0 is no place.
 */
static void put_peer_line(struct buf *out, enum diag_shape shape, enum severity severity,
                          struct span sentence, struct span name, uint32_t line)
{
    static const char *const nginx[] = { "notice", "warn", "emerg" };
    static const char *const haproxy[] = { "[NOTICE]   ", "[WARNING]  ", "[ALERT]    " };
    if (shape == DIAG_SHOW_NGINX) {
        buf_printf(out, "nginx: [%s] ", nginx[severity]);
    } else if (shape == DIAG_SHOW_HAPROXY) {
        buf_printf(out, "%s(%d) : config : ", haproxy[severity], (int)getpid());
        if (line) {
            buf_put(out, SPAN("parsing ["));
            diag_put_visible(out, name);
            buf_printf(out, ":%u] : ", line);
        }
    } else if (line) {
        buf_put_char(out, '(');
        diag_put_visible(out, name);
        buf_printf(out, ": Line %u) ", line);
    }
    buf_put(out, sentence);
    if (shape == DIAG_SHOW_NGINX && line) {
        buf_put(out, SPAN(" in "));
        diag_put_visible(out, name);
        buf_printf(out, ":%u", line);
    }
    buf_put_char(out, '\n');
}

static const char *peer_sentence(const struct diag_kind *kind, enum diag_shape shape)
{
    const char *peer = shape == DIAG_SHOW_NGINX     ? kind->nginx
                       : shape == DIAG_SHOW_HAPROXY ? kind->haproxy
                                                    : kind->keepalived;
    return peer ? peer : kind->en;
}

static void put_peer(struct buf *out, const struct diags *d, const struct diag *at, enum diag_shape shape,
                     bool terminal)
{
    struct span name = { 0 };
    uint32_t line = 0, column;
    struct buf sentence;
    (void)diags_place(d, at->where, &name, &line, &column);
    buf_init(&sentence, SIZE_MAX / 2);
    diag_fill(&sentence, peer_sentence(at->kind, shape), at);
    put_peer_line(out, shape, at->kind->severity, buf_span(&sentence), name, line);
    buf_fini(&sentence);
    if (terminal)
        diag_put_picture(out, d, at);
}

static void put_one(struct buf *out, const struct diags *d, const struct diag *at, enum diag_shape shape,
                    bool terminal)
{
    switch (shape) {
    case DIAG_SHOW_PICTURE:
    case DIAG_SHOW_JSON:
        diag_put_picture(out, d, at);
        break;
    case DIAG_SHOW_SHORT:
        put_short(out, d, at);
        break;
    case DIAG_SHOW_NGINX:
    case DIAG_SHOW_HAPROXY:
    case DIAG_SHOW_KEEPALIVED:
        put_peer(out, d, at, shape, terminal);
        break;
    }
}

/* The members that say where <w> is, <lead> in front; nothing when it is no place. */
static void put_json_place(struct buf *out, const struct diags *d, struct where w, const char *lead)
{
    struct span name;
    uint32_t line, column;
    if (!diags_place(d, w, &name, &line, &column))
        return;
    buf_printf(out, "%s\"file\":", lead);
    buf_put_json(out, name);
    buf_printf(out, ",\"line\":%u,\"column\":%u,\"offset\":%u,\"length\":%u", line, column, w.offset,
               w.length);
}

static void put_json_text(struct buf *out, const char *key, struct span text)
{
    if (text.len == 0)
        return;
    buf_printf(out, ",\"%s\":", key);
    buf_put_json(out, text);
}

static void put_json_list(struct buf *out, const struct diags *d, const struct diag *at)
{
    for (uint32_t i = 0; i < at->others.count; i++) {
        buf_put(out, i ? SPAN(",{\"text\":") : SPAN(",\"labels\":[{\"text\":"));
        buf_put_json(out, at->others.items[i].text);
        put_json_place(out, d, at->others.items[i].where, ",");
        buf_put_char(out, '}');
    }
    if (at->others.count)
        buf_put_char(out, ']');
    for (const struct diag *a = at->alike; a; a = a->alike) {
        buf_put(out, a == at->alike ? SPAN(",\"also\":[{") : SPAN(",{"));
        put_json_place(out, d, a->where, "");
        buf_put_char(out, '}');
    }
    if (at->alike)
        buf_put_char(out, ']');
}

static void put_json(struct buf *out, const struct diags *d, const struct diag *at)
{
    static const char *const severities[] = { "note", "warning", "error" };
    struct buf sentence;
    buf_init(&sentence, SIZE_MAX / 2);
    diag_sentence(&sentence, at, d->chinese ? "zh" : "en");
    buf_printf(out, "{\"code\":\"%s\",\"severity\":\"%s\",\"message\":", at->kind->code,
               severities[at->kind->severity]);
    buf_put_json(out, buf_span(&sentence));
    buf_fini(&sentence);
    put_json_place(out, d, at->where, ",");
    put_json_text(out, "label", at->label);
    put_json_text(out, "help", at->help);
    put_json_list(out, d, at);
    buf_put_char(out, '}');
}

struct ordered {
    const struct diag *diag;
    uint32_t added;
};

static int by_place(const void *left, const void *right)
{
    const struct ordered *a = left, *b = right;
    const struct where *x = &a->diag->where, *y = &b->diag->where;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return a->added < b->added ? -1 : 1;
}

static void put_rest(struct buf *out, const struct diags *d, enum diag_shape shape, uint32_t source,
                     uint32_t count)
{
    struct span name = source ? d->sources.items[source - 1].name : SPAN("");
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    buf_printf(&text, d->chinese ? "另有 %u 条" : "and %u more", count);
    if (name.len) {
        buf_put(&text, d->chinese ? SPAN("，在 ") : SPAN(" in "));
        diag_put_visible(&text, name);
    }
    if (shape == DIAG_SHOW_PICTURE || shape == DIAG_SHOW_SHORT) {
        buf_put(out, buf_span(&text));
        buf_put_char(out, '\n');
    } else {
        put_peer_line(out, shape, SEVERITY_NOTE, buf_span(&text), SPAN(""), 0);
    }
    buf_fini(&text);
}

static unsigned count_errors(const struct ordered *list, uint32_t count)
{
    unsigned errors = 0;
    for (uint32_t i = 0; i < count; i++)
        errors += list[i].diag->kind->severity == SEVERITY_ERROR;
    return errors;
}

/* The diagnostics of one file: at most MOST_A_FILE, and none of them takes an error's place. */
static void put_file(struct buf *out, const struct diags *d, const struct ordered *list, uint32_t count,
                     enum diag_shape shape, bool terminal)
{
    unsigned errors = count_errors(list, count);
    unsigned errors_left = errors < MOST_A_FILE ? errors : MOST_A_FILE;
    unsigned others_left = MOST_A_FILE - errors_left;
    uint32_t shown = 0;
    for (uint32_t i = 0; i < count; i++) {
        unsigned *left = list[i].diag->kind->severity == SEVERITY_ERROR ? &errors_left : &others_left;
        if (*left == 0)
            continue;
        (*left)--;
        shown++;
        put_one(out, d, list[i].diag, shape, terminal);
        if (shape == DIAG_SHOW_PICTURE)
            buf_put_char(out, '\n');
    }
    if (shown < count)
        put_rest(out, d, shape, list->diag->where.source, count - shown);
}

static void put_json_array(struct buf *out, const struct diags *d, const struct ordered *list)
{
    buf_put_char(out, '[');
    for (uint32_t i = 0; i < d->items.count; i++) {
        buf_put(out, i ? SPAN(",\n ") : SPAN(""));
        put_json(out, d, list[i].diag);
    }
    buf_put(out, SPAN("]\n"));
}

void diags_show(const struct diags *d, struct buf *out, enum diag_shape shape, bool terminal)
{
    struct arena *scratch = arena_new(0);
    uint32_t count = 0;
    struct ordered *list = ARENA_ARRAY(scratch, d->items.count, struct ordered);
    for (uint32_t i = 0; i < d->items.count; i++)
        if (shape == DIAG_SHOW_JSON || d->items.items[i]->kind->severity >= d->least)
            list[count++] = (struct ordered){ d->items.items[i], i };
    qsort(list, count, sizeof(*list), by_place);
    if (shape == DIAG_SHOW_JSON)
        put_json_array(out, d, list);
    for (uint32_t from = 0, to; shape != DIAG_SHOW_JSON && from < count; from = to) {
        to = from;
        while (to < count && list[to].diag->where.source == list[from].diag->where.source)
            to++;
        put_file(out, d, list + from, to - from, shape, terminal);
    }
    arena_free(&scratch);
}

void diags_set_least(struct diags *d, enum severity s)
{
    d->least = s;
}

static void put_count(struct buf *out, unsigned count, const char *word, bool *first)
{
    if (count == 0)
        return;
    buf_printf(out, "%s%u %s%s", *first ? "" : ", ", count, word, count == 1 ? "" : "s");
    *first = false;
}

static void put_count_zh(struct buf *out, unsigned count, const char *word, bool *first)
{
    if (count == 0)
        return;
    buf_printf(out, "%s%u %s", *first ? "" : "，", count, word);
    *first = false;
}

void diags_put_counts(const struct diags *d, struct buf *out)
{
    bool first = true;
    void (*put)(struct buf *, unsigned, const char *, bool *) = d->chinese ? put_count_zh : put_count;
    put(out, d->counts[SEVERITY_ERROR], d->chinese ? "个错误" : "error", &first);
    put(out, d->counts[SEVERITY_WARNING], d->chinese ? "个警告" : "warning", &first);
    put(out, d->counts[SEVERITY_NOTE], d->chinese ? "条说明" : "note", &first);
    if (first)
        buf_put(out, d->chinese ? SPAN("没有问题") : SPAN("no problems"));
    if (d->sources.count)
        buf_printf(out,
                   d->chinese              ? "，共 %u 个文件"
                   : d->sources.count == 1 ? " in %u file"
                                           : " in %u files",
                   d->sources.count);
}
