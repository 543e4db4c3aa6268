/* SPDX-License-Identifier: Apache-2.0 */
/* Text with variables becomes an expression; regular expressions and what they capture. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"
#include "model/lookup.h"

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool nginx_has_variables(struct span text)
{
    return span_find_char(text, '$') != SPAN_NONE;
}

/* ---- the tables' names ---- */

static const struct known_variable *table_of(const struct side *side)
{
    return side->stream ? nginx_stream_variables : nginx_http_variables;
}

bool nginx_is_builtin(const struct side *side, struct span name)
{
    for (const struct known_variable *v = table_of(side); v->name; v++)
        if (span_eq(span_from(v->name), name))
            return true;
    return false;
}

/* An exact name first, then the longest beginning ("http_" takes $http_user_agent). */
static const struct known_variable *find_known(const struct side *side, struct span name, struct span *rest)
{
    const struct known_variable *best = NULL;
    size_t longest = 0;
    for (const struct known_variable *v = table_of(side); v->name; v++) {
        struct span known = span_from(v->name);
        if (span_eq_nocase(known, name)) {
            *rest = SPAN("");
            return v;
        }
        if (span_ends_with(known, SPAN("_")) && span_starts_with_nocase(name, known) &&
            name.len > known.len && known.len > longest) {
            longest = known.len;
            best = v;
            *rest = span_from_index(name, known.len);
        }
    }
    return best;
}

/* "user_agent" -> "user-agent": how a field is called in a variable's name. */
static struct span field_name(struct build *b, struct span name)
{
    char *text = arena_alloc(b->arena, name.len + 1);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        text[i] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    return span_of(text, name.len);
}

static bool names_field(enum fetch f)
{
    return f == FETCH_REQUEST_FIELD || f == FETCH_RESPONSE_FIELD || f == FETCH_SENT_FIELD;
}

static void suggest(struct build *b, struct side *side, struct diag *d, struct span name)
{
    LIST_OF(const char *) all = { 0 };
    for (const struct known_variable *v = table_of(side); v->name; v++)
        if (!v->refused && !span_ends_with(span_from(v->name), SPAN("_")))
            *ARENA_PUSH(b->arena, &all) = v->name;
    for (uint32_t i = 0; i < side->variables.room; i++) {
        const struct map_entry *e = map_at(&side->variables, i);
        if (e->value)
            *ARENA_PUSH(b->arena, &all) = arena_span(b->arena, e->key).ptr;
    }
    *ARENA_PUSH(b->arena, &all) = NULL;
    const char *nearest = diag_nearest(name, all.items);
    if (nearest)
        diag_help(b->diags, d, "did you mean `$%s`?", nearest);
}

/* ---- one variable ---- */

/* $https is "on" or nothing. */
static const struct lookup *https_lookup(struct build *b)
{
    if (b->https)
        return b->https;
    struct lookup *l = ARENA_NEW(b->arena, struct lookup);
    l->name = SPAN("https");
    l->subject = expr_fetch(b->arena, FETCH_SCHEME, SPAN(""));
    *ARENA_PUSH(b->arena, &l->rows) = (struct lookup_row){ .how = MATCH_EXACT,
                                                           .text = SPAN("https"),
                                                           .value = expr_text(b->arena, SPAN("on")) };
    l->fallback = expr_text(b->arena, SPAN(""));
    lookup_finish(b->arena, l);
    b->https = l;
    return l;
}

static struct expr_part *add_slot(struct build *b, struct expr *e, uint32_t slot)
{
    struct expr_part *p = expr_add_fetch(b->arena, e, FETCH_SLOT, SPAN(""));
    p->number = (int32_t)slot;
    expr_add_conversion(b->arena, p, CONVERT_DEFAULT)->text = SPAN(""); /* not set is empty */
    return p;
}

static struct expr_part *add_known(struct build *b, struct expr *e, const struct known_variable *v,
                                   struct span rest)
{
    if (v->constant)
        return expr_add_text(b->arena, e, span_from(v->arg));
    if (v->slot)
        return add_slot(b, e, nginx_own_variable(b, v->name));
    struct span arg = v->arg ? span_from(v->arg) : rest;
    if (rest.len && names_field(v->fetch))
        arg = field_name(b, rest);
    struct expr_part *p = expr_add_fetch(b->arena, e, v->fetch, arg);
    p->number = v->number;
    p->number2 = v->fetch == FETCH_REQUEST_COOKIE || v->fetch == FETCH_RESPONSE_COOKIE;
    return p;
}

static struct expr_part *add_defined(struct build *b, struct side *side, struct expr *e,
                                     const struct variable_def *def, const struct word *w)
{
    if (def->kind == VARIABLE_SLOT)
        return add_slot(b, e, def->slot);
    const struct lookup *l = nginx_lookup(b, side, def->lookup, w->at);
    if (l == NULL)
        return NULL;
    struct expr_part *p = expr_add_fetch(b->arena, e, FETCH_MAP, SPAN(""));
    p->lookup = l;
    return p;
}

struct expr_part *nginx_add_variable(struct build *b, struct side *side, struct expr *e, struct span name,
                                     const struct word *w, struct span seen, const struct regex *captures)
{
    struct word at = w->raw.ptr ? word_part(w, (size_t)(seen.ptr - w->text.ptr), seen.len) : *w;
    if (name.len == 1 && name.ptr[0] >= '1' && name.ptr[0] <= '9') {
        struct expr_part *p = expr_add_fetch(b->arena, e, FETCH_CAPTURE, SPAN(""));
        p->number = name.ptr[0] - '0';
        return p;
    }
    if (captures && regex_named(captures, name) >= 0)
        return expr_add_fetch(b->arena, e, FETCH_CAPTURE_NAMED, name);
    const struct variable_def *def = map_get(&side->variables, name);
    if (def)
        return add_defined(b, side, e, def, &at);
    if (span_eq_nocase(name, SPAN("https"))) {
        struct expr_part *p = expr_add_fetch(b->arena, e, FETCH_MAP, SPAN(""));
        p->lookup = https_lookup(b);
        return p;
    }
    struct span rest;
    const struct known_variable *v = find_known(side, name, &rest);
    if (v && !v->refused)
        return add_known(b, e, v, rest);
    struct diag *d =
        diag_add(b->diags, v ? &nginx_variable_refused : &nginx_unknown_variable, at.at, DIAG_TEXT(name));
    if (v == NULL)
        suggest(b, side, d, name);
    return NULL;
}

/* ---- a word ---- */

/* The name after the "$" at <from>; <*end> is where the text goes on. Empty: it is no variable. */
static struct span name_at(struct span text, size_t from, size_t *end)
{
    size_t begin = from + 1;
    bool braced = begin < text.len && text.ptr[begin] == '{';
    begin += braced;
    size_t at = begin;
    if (at < text.len && text.ptr[at] >= '1' && text.ptr[at] <= '9')
        at++; /* $1 and then text */
    else
        while (at < text.len && is_name_char(text.ptr[at]))
            at++;
    *end = at;
    if (braced && (at >= text.len || text.ptr[at] != '}'))
        return SPAN("");
    *end = at + braced;
    return span_of(text.ptr + begin, at - begin);
}

const struct expr *nginx_expr(struct build *b, struct side *side, const struct word *w,
                              const struct regex *captures)
{
    struct expr *e = ARENA_NEW(b->arena, struct expr);
    struct span text = w->text;
    e->source = w->raw.ptr ? w->raw : text;
    e->at = w->at;
    size_t from = 0;
    while (from < text.len) {
        size_t dollar = span_find_char(span_from_index(text, from), '$');
        size_t to = dollar == SPAN_NONE ? text.len : from + dollar;
        if (to > from)
            (void)expr_add_text(b->arena, e, span_of(text.ptr + from, to - from));
        if (dollar == SPAN_NONE)
            break;
        struct span name = name_at(text, to, &from);
        struct span seen = span_of(text.ptr + to, from - to);
        if (name.len == 0) {
            struct word at = w->raw.ptr ? word_part(w, to, seen.len) : *w;
            diag_add(b->diags, &nginx_bad_variable, at.at, DIAG_TEXT(seen, text));
        } else {
            (void)nginx_add_variable(b, side, e, name, w, seen, captures);
        }
    }
    if (text.len == 0)
        (void)expr_add_text(b->arena, e, SPAN(""));
    expr_finish(b->arena, e);
    return e;
}

/* ---- new names ---- */

bool nginx_is_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_name_char(name.ptr[i]))
            return false;
    return name.len > 0;
}

bool nginx_new_variable(struct build *b, const struct word *w, struct span *name)
{
    *name = span_from_index(w->text, 1);
    bool good = span_starts_with(w->text, SPAN("$")) && nginx_is_name(*name);
    if (!good)
        diag_add(b->diags, &nginx_not_a_name, w->at, DIAG_TEXT(w->text));
    return good;
}

uint32_t nginx_slot(struct build *b, struct side *side, struct span name, struct where at)
{
    struct variable_def *def = map_get(&side->variables, name);
    if (def && def->kind == VARIABLE_SLOT)
        return def->slot;
    uint32_t slot = config_slot(
        b->config, arena_printf(b->arena, "nginx%s:%.*s", side->stream ? " stream" : "", SPAN_ARGS(name)));
    if (def) /* a map of the same name: said where the second one stands */
        return slot;
    def = ARENA_NEW(b->arena, struct variable_def);
    *def = (struct variable_def){ .kind = VARIABLE_SLOT, .slot = slot, .at = at };
    (void)map_put(b->arena, &side->variables, name, def);
    return slot;
}

/* ---- regular expressions ---- */

static void declare_captures(struct build *b, struct side *side, const struct regex *r, struct where at)
{
    for (unsigned i = 0;; i++) {
        unsigned group;
        struct span name = regex_name_at(r, i, &group);
        if (name.len == 0)
            return;
        (void)nginx_slot(b, side, arena_span(b->arena, name), at);
    }
}

void nginx_declare_captures(struct build *b, struct side *side, struct span pattern, bool nocase,
                            struct where at)
{
    struct buf unused;
    size_t offset;
    buf_init(&unused, 1000);
    const struct regex *r = config_regex(b->config, pattern, nocase, &unused, &offset);
    if (r)
        declare_captures(b, side, r, at);
    buf_fini(&unused);
}

/* What follows the mistake, as nginx tells it. */
static struct span regex_rest(struct build *b, struct span pattern, size_t offset)
{
    struct span rest = span_from_index(pattern, offset);
    return rest.len ? arena_printf(b->arena, " at \"%.*s\"", SPAN_ARGS(rest)) : SPAN("");
}

const struct regex *nginx_regex(struct build *b, struct side *side, const struct word *w, struct span pattern,
                                bool nocase)
{
    struct buf why;
    size_t offset = 0;
    buf_init(&why, 1000);
    const struct regex *r = config_regex(b->config, pattern, nocase, &why, &offset);
    if (r == NULL) {
        size_t skipped = (size_t)(pattern.ptr - w->text.ptr);
        struct word at = word_part(w, skipped + (offset < pattern.len ? offset : 0),
                                   offset < pattern.len ? 1 : pattern.len);
        diag_add(b->diags, &nginx_bad_regex, at.at,
                 DIAG_TEXT(pattern, buf_span(&why), regex_rest(b, pattern, offset)));
    } else {
        declare_captures(b, side, r, w->at);
    }
    buf_fini(&why);
    return r;
}

void nginx_save_captures(struct build *b, struct side *side, struct scope *scope, const struct regex *r,
                         struct where at)
{
    for (unsigned i = 0; r; i++) {
        unsigned group;
        struct span name = regex_name_at(r, i, &group);
        if (name.len == 0)
            return;
        name = arena_span(b->arena, name);
        const struct expr *value = expr_fetch(b->arena, FETCH_CAPTURE_NAMED, name);
        struct action *a = action_add(b->config, scope, HOOK_REQUEST, ACTION_SET_SLOT, at);
        a->number = nginx_slot(b, side, name, at);
        a->expr = value;
        struct test found = { .subject = value, .how = MATCH_FOUND, .at = at };
        a->when = cond_of_test(b->arena, &found);
    }
}
