/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of answers: add_header, expires. */
#include "conf/nginx/nginx_internal.h"

#include <string.h>

#include "base/macros.h"

static void on_add_header_inherit(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    static const char *const words[] = { "off", "on", "merge", NULL };
    unsigned i;
    if (value_choice(b->diags, word_at(s, 1), words, &i))
        b->level->add_header_inherit = (struct setting){ .set = true, .n = i, .at = s->at };
}

#define AT(member) .offset = offsetof(struct level, member)
/* clang-format off */
const struct keyword nginx_headers_words[] = {
    { "add_header", IN_HSLI, 2, 3, .handle = nginx_keep, AT(add_header), .manual = "adds a field to answers with good statuses; always: to all" },
    { "add_header_inherit", IN_HSLI, 1, 1, .once = true, .handle = on_add_header_inherit, .manual = "on: a level with its own has only these; merge: those outside too; off: none of those" },
    { "expires", IN_HSLI, 1, 2, .once = true, .handle = nginx_keep, AT(expires), .manual = "Expires and Cache-Control: [modified] a time, @ a time of the day, epoch, max, off, variables" },
    { "error_page", IN_HSLI, 2, ARGS_ANY, .handle = nginx_keep, AT(error_page), .manual = "what is shown for a status: a path, @name or URL; =status changes it" },
    { "recursive_error_pages", IN_HSL, 1, 1, .once = true, .handle = nginx_set_switch, AT(recursive_error_pages), .manual = "error pages of error pages" },
    { NULL },
};
/* clang-format on */

/* The statuses that add_header without "always", and expires, are for. */
static const struct cond *good_statuses(struct build *b)
{
    static const struct int_range ranges[] = {
        { 200, 201 }, { 204, 204 }, { 206, 206 }, { 301, 304 }, { 307, 308 }
    };
    if (b->good_statuses)
        return b->good_statuses;
    struct test t = { .subject = expr_fetch(b->arena, FETCH_STATUS, SPAN("")), .how = MATCH_INT };
    for (size_t i = 0; i < COUNT_OF(ranges); i++)
        *ARENA_PUSH(b->arena, &t.ranges) = ranges[i];
    b->good_statuses = cond_of_test(b->arena, &t);
    return b->good_statuses;
}

/* These are there already, and are replaced. */
static bool is_single(struct span name)
{
    return span_eq_nocase(name, SPAN("Last-Modified")) || span_eq_nocase(name, SPAN("ETag"));
}

static void add_field(struct build *b, const struct level *l, const struct statement *s)
{
    bool always = s->words.count > 3;
    if (always && !span_eq(text_at(s, 3), SPAN("always"))) {
        diag_add(b->diags, &nginx_bad_parameter, word_at(s, 3)->at,
                 DIAG_TEXT(text_at(s, 3), SPAN("add_header")));
        return;
    }
    struct span name = text_at(s, 1);
    enum action_kind kind = is_single(name) ? ACTION_FIELD_SET : ACTION_FIELD_ADD;
    struct action *a = action_add(b->config, l->scope, HOOK_REPLY, kind, s->at);
    a->name = name;
    a->number = kind == ACTION_FIELD_ADD;
    a->expr = nginx_expr(b, &b->http, word_at(s, 2), NULL);
    a->when = always ? NULL : good_statuses(b);
}

/* A level with add_header of its own has only these, but for add_header_inherit. */
static void add_fields(struct build *b, const struct level *l, const struct level *from)
{
    while (from && from->add_header.count == 0)
        from = SETTING(from, add_header_inherit, 1) == 0 ? NULL : from->parent;
    if (from == NULL)
        return;
    if (SETTING(from, add_header_inherit, 1) == 2 && from->parent)
        add_fields(b, l, from->parent);
    for (uint32_t i = 0; i < from->add_header.count; i++)
        add_field(b, l, &from->add_header.items[i]);
}

/* ---- expires ---- */

static void set_field(struct build *b, const struct level *l, const struct statement *s, const char *name,
                      const struct expr *value)
{
    struct action *a = action_add(b->config, l->scope, HOOK_REPLY, ACTION_FIELD_SET, s->at);
    a->name = span_from(name);
    a->expr = value;
    a->when = good_statuses(b);
}

static void set_both(struct build *b, const struct level *l, const struct statement *s, const char *expires,
                     const char *cache)
{
    set_field(b, l, s, "Expires", expr_text(b->arena, span_from(expires)));
    set_field(b, l, s, "Cache-Control", expr_text(b->arena, span_from(cache)));
}

/* "30d", "-1": from now. */
static void expire_after(struct build *b, const struct level *l, const struct statement *s)
{
    struct word w = *word_at(s, 1);
    bool past = span_starts_with(w.text, SPAN("-"));
    int64_t seconds;
    if (past || span_starts_with(w.text, SPAN("+")))
        w = word_part(&w, 1, w.text.len - 1);
    if (!value_nginx_seconds(b->diags, &w, &seconds))
        return;
    seconds = past ? -seconds : seconds;
    struct expr *date = ARENA_NEW(b->arena, struct expr);
    struct expr_part *now = expr_add_fetch(b->arena, date, FETCH_DATE_S, SPAN(""));
    expr_add_conversion(b->arena, now, CONVERT_HTTP_DATE)->number = seconds;
    expr_finish(b->arena, date);
    set_field(b, l, s, "Expires", date);
    struct span cache = past ? SPAN("no-cache") : arena_printf(b->arena, "max-age=%lld", (long long)seconds);
    set_field(b, l, s, "Cache-Control", expr_text(b->arena, cache));
}

/* expires [modified] TIME, @TIME, $variable: worked out for each answer. */
static void expire_computed(struct build *b, const struct level *l, const struct statement *s)
{
    uint32_t last = s->words.count - 1;
    const struct word *w = word_at(s, last);
    struct word time = *w;
    int64_t seconds;
    if (last == 2 && !span_eq(text_at(s, 1), SPAN("modified"))) {
        diag_add(b->diags, &nginx_bad_parameter, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1), text_at(s, 0)));
        return;
    }
    if (w->text.len && strchr("+-@", w->text.ptr[0]))
        time = word_part(w, 1, w->text.len - 1);
    if (!nginx_has_variables(w->text) && !value_nginx_seconds(b->diags, &time, &seconds))
        return;
    struct action *a = action_add(b->config, l->scope, HOOK_REPLY, ACTION_EXPIRES, s->at);
    a->expr = nginx_expr(b, &b->http, w, NULL);
    a->number = last == 2;
    a->when = good_statuses(b);
}

static void compile_expires(struct build *b, const struct level *l)
{
    const struct kept *k = KEPT(l, expires);
    if (k == NULL || span_eq(text_at(&k->items[0], 1), SPAN("off")))
        return;
    const struct statement *s = &k->items[0];
    struct span when = text_at(s, 1);
    if (s->words.count > 2 || span_starts_with(when, SPAN("@")) || nginx_has_variables(when))
        expire_computed(b, l, s);
    else if (span_eq(when, SPAN("epoch")))
        set_both(b, l, s, "Thu, 01 Jan 1970 00:00:01 GMT", "no-cache");
    else if (span_eq(when, SPAN("max")))
        set_both(b, l, s, "Thu, 31 Dec 2037 23:55:55 GMT", "max-age=315360000");
    else
        expire_after(b, l, s);
}

void nginx_compile_headers(struct build *b, const struct level *l)
{
    compile_expires(b, l);
    add_fields(b, l, l);
}
