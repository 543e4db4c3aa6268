/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples: "hdr(host,1),lower,field(1,:)" becomes an expression of one part.
 * The vocabulary is in fetch_table.c and convert.c.
 */
#include "conf/haproxy/fetch.h"

#include "base/macros.h"
#include "conf/haproxy/stick.h"

bool haproxy_sample_fail(struct sample_reader *r, const struct diag_kind *kind, struct span what,
                         struct span more)
{
    diag_add(r->b->diags, kind, r->w->at, DIAG_TEXT(what, more.ptr ? more : SPAN("")));
    return false;
}

bool haproxy_sample_number(struct sample_reader *r, const struct word *arg, int64_t low, int64_t high,
                           int64_t *out)
{
    (void)r;
    return value_number(r->b->diags, arg, low, high, out);
}

const struct regex *haproxy_regex(struct build *b, const struct word *w, struct span pattern, bool nocase)
{
    struct buf why;
    size_t at = 0;
    buf_init(&why, 4096);
    struct regex *r = config_regex(b->config, arena_span(b->arena, pattern), nocase, &why, &at);
    if (r == NULL) {
        struct diag *d = diag_add(b->diags, &haproxy_bad_regex, w->at, DIAG_TEXT(pattern, buf_span(&why)));
        diag_label(b->diags, d, "wrong from character %zu on", at + 1);
    }
    buf_fini(&why);
    return r;
}

/* ---- arguments ---- */

/* A piece in quotes at the cursor, without them. */
static bool take_quoted(struct sample_reader *r, struct buf *out)
{
    char quote = r->rest.ptr[0];
    r->rest = span_from_index(r->rest, 1);
    while (r->rest.len && r->rest.ptr[0] != quote) {
        if (quote == '"' && r->rest.ptr[0] == '\\' && r->rest.len > 1)
            r->rest = span_from_index(r->rest, 1);
        buf_put_char(out, r->rest.ptr[0]);
        r->rest = span_from_index(r->rest, 1);
    }
    if (r->rest.len == 0)
        return haproxy_sample_fail(r, &haproxy_sample_open, span_of(&quote, 1), SPAN(""));
    r->rest = span_from_index(r->rest, 1);
    return true;
}

/* One argument, to the "," or ")" behind it. */
static bool take_argument(struct sample_reader *r, struct buf *out)
{
    while (r->rest.len && r->rest.ptr[0] != ',' && r->rest.ptr[0] != ')') {
        char c = r->rest.ptr[0];
        if (c == '"' || c == '\'') {
            if (!take_quoted(r, out))
                return false;
            continue;
        }
        if (c == '\\' && r->rest.len > 1 && strchr("\\\"', )", r->rest.ptr[1]))
            r->rest = span_from_index(r->rest, 1);
        buf_put_char(out, r->rest.ptr[0]);
        r->rest = span_from_index(r->rest, 1);
    }
    return true;
}

static bool take_arguments(struct sample_reader *r, struct sample_args *args)
{
    *args = (struct sample_args){ .count = 0 };
    if (!span_starts_with(r->rest, SPAN("(")))
        return true;
    r->rest = span_from_index(r->rest, 1);
    if (span_starts_with(r->rest, SPAN(")"))) {
        r->rest = span_from_index(r->rest, 1);
        return true;
    }
    for (;;) {
        if (args->count == SAMPLE_ARGS_MAX)
            return haproxy_sample_fail(r, &haproxy_sample_args, r->w->text, SPAN(""));
        struct buf text;
        buf_init(&text, 1 << 16);
        size_t from = (size_t)(r->rest.ptr - r->w->text.ptr);
        bool good = take_argument(r, &text);
        size_t to = (size_t)(r->rest.ptr - r->w->text.ptr);
        struct word *arg = &args->items[args->count++];
        *arg = haproxy_part(r->w, from, to - from);
        arg->text = arena_span(r->b->arena, buf_span(&text));
        buf_fini(&text);
        if (!good)
            return false;
        if (r->rest.len == 0)
            return haproxy_sample_fail(r, &haproxy_sample_open, SPAN("("), SPAN(""));
        char end = r->rest.ptr[0];
        r->rest = span_from_index(r->rest, 1);
        if (end == ')')
            return true;
    }
}

static struct span take_name(struct sample_reader *r)
{
    size_t n = 0;
    while (n < r->rest.len && !strchr("(,) \t", r->rest.ptr[n]))
        n++;
    struct span name = span_first(r->rest, n);
    r->rest = span_from_index(r->rest, n);
    return name;
}

/* ---- fetches ---- */

static const struct {
    const char *suffix;
    enum match match;
} suffixes[] = {
    { "_beg", MATCH_BEGIN }, { "_dir", MATCH_DIR }, { "_dom", MATCH_DOM },   { "_end", MATCH_END },
    { "_len", MATCH_LEN },   { "_sub", MATCH_SUB }, { "_reg", MATCH_REGEX }, { "_str", MATCH_EXACT },
};

static const struct fetch_row *find_row(struct span name)
{
    for (const struct fetch_row *row = haproxy_fetches; row->name; row++)
        if (span_eq(name, span_from(row->name)))
            return row;
    return NULL;
}

static const struct fetch_row *find_fetch(const struct sample_reader *r, struct span name, struct sample *out)
{
    const struct fetch_row *row = find_row(name);
    for (size_t i = 0; row == NULL && r->acl && i < COUNT_OF(suffixes); i++) {
        struct span suffix = span_from(suffixes[i].suffix);
        if (!span_ends_with(name, suffix))
            continue;
        const struct fetch_row *base = find_row(span_first(name, name.len - suffix.len));
        if (base == NULL || !base->derived)
            continue;
        out->has_match = true;
        out->match = suffixes[i].match;
        row = base;
    }
    return row;
}

const char *haproxy_refused_name(const struct refused_names *families, struct span name)
{
    for (; families->names; families++) {
        for (struct span rest = span_from(families->names); rest.ptr;)
            if (span_eq(span_cut(&rest, ' '), name))
                return families->why;
    }
    return NULL;
}

static bool say_unknown_fetch(struct sample_reader *r, struct span name)
{
    const char *why = haproxy_refused_name(haproxy_refused_fetches, name);
    if (why)
        return haproxy_sample_fail(r, &haproxy_sample_refused, name, span_from(why));
    struct diag *d = diag_add(r->b->diags, &haproxy_no_fetch, r->w->at, DIAG_TEXT(name));
    LIST_OF(const char *) names = { 0 };
    for (const struct fetch_row *row = haproxy_fetches; row->name; row++) {
        *ARENA_PUSH(r->b->arena, &names) = row->name;
        for (size_t i = 0; r->acl && row->derived && i < COUNT_OF(suffixes); i++)
            *ARENA_PUSH(r->b->arena, &names) =
                arena_printf(r->b->arena, "%s%s", row->name, suffixes[i].suffix).ptr;
    }
    *ARENA_PUSH(r->b->arena, &names) = NULL;
    const char *near = diag_nearest(name, names.items);
    if (near)
        diag_help(r->b->diags, d, "did you mean `%s`?", near);
    return false;
}

static bool take_fetch(struct sample_reader *r, struct sample *out)
{
    struct span name = take_name(r);
    struct sample_args args;
    if (!take_arguments(r, &args))
        return false;
    const struct fetch_row *row = find_fetch(r, name, out);
    if (row == NULL) {
        bool known, good = haproxy_stick_fetch(r, name, &args, &known);
        return known ? good : say_unknown_fetch(r, name);
    }
    if (row->make == NULL)
        return haproxy_sample_fail(r, &haproxy_sample_refused, name, span_from(row->why));
    if (args.count < row->min || args.count > row->max)
        return haproxy_sample_fail(r, &haproxy_sample_arity, name,
                                   row->min == row->max
                                       ? arena_printf(r->b->arena, "%u", row->min)
                                       : arena_printf(r->b->arena, "%u to %u", row->min, row->max));
    if (!row->make(r, row, &args))
        return false;
    if (row->converts)
        expr_add_conversion(r->b->arena, r->part, row->then)->number = row->then_number;
    return true;
}

static bool take_converters(struct sample_reader *r, struct sample *out)
{
    while (r->rest.len) {
        if (r->rest.ptr[0] != ',')
            return haproxy_sample_fail(r, &haproxy_sample_after, r->rest, SPAN(""));
        r->rest = span_from_index(r->rest, 1);
        struct span name = take_name(r);
        struct sample_args args;
        if (!take_arguments(r, &args) || !haproxy_take_converter(r, name, &args))
            return false;
        out->has_match = false; /* what counts now is what the converter gives */
        r->groups = NULL;
    }
    return true;
}

bool haproxy_sample(struct build *b, const struct word *w, bool acl, struct sample *out)
{
    struct sample_reader r = { .b = b, .w = w, .rest = w->text, .acl = acl };
    *out = (struct sample){ .expr = ARENA_NEW(b->arena, struct expr) };
    r.expr = out->expr;
    if (!take_fetch(&r, out) || !take_converters(&r, out))
        return false;
    out->expr->source = arena_span(b->arena, w->text);
    out->expr->at = r.part->at = w->at;
    expr_finish(b->arena, out->expr);
    out->type = out->expr->type;
    out->groups = r.groups;
    return true;
}
