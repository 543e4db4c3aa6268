/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rewrite module: set, rewrite, return, break, if. Its directives are one
 * program, run in their order before access and content; `if` and `break` are
 * jumps in it. A block of `if` that says more than rewriting is a scope of its
 * own: the last one whose condition held is entered when the program ends.
 */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"

/* ---- reading ---- */

/* Variables are known from their first mention on, wherever that stands. */
static void declare(struct build *b, const struct statement *s)
{
    struct side *side = b->context & IN_STREAM_SERVER ? &b->stream : &b->http;
    if (s->words.count < 2)
        return;
    struct span name = span_from_index(text_at(s, 1), 1);
    if (span_eq(text_at(s, 0), SPAN("rewrite")))
        nginx_declare_captures(b, side, text_at(s, 1), false, s->at);
    else if (span_eq(text_at(s, 0), SPAN("set")) && nginx_is_name(name) && !nginx_is_builtin(side, name) &&
             map_get(&side->variables, name) == NULL)
        (void)nginx_slot(b, side, name, word_at(s, 1)->at);
}

static void on_step(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    declare(b, s);
    *ARENA_PUSH(b->arena, &b->level->rewrites) = (struct rewrite_step){ .statement = *s };
}

static void on_if(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct level *block = level_new(b, LEVEL_IF, b->level, s);
    if (s->words.count > 3 && span_find_char(text_at(s, 2), '~') != SPAN_NONE) {
        struct span pattern = text_at(s, 3);
        pattern.len -= span_ends_with(pattern, SPAN(")"));
        nginx_declare_captures(b, &b->http, pattern, span_ends_with(text_at(s, 2), SPAN("*")), s->at);
    }
    *ARENA_PUSH(b->arena, &b->level->rewrites) = (struct rewrite_step){ .statement = *s, .block = block };
    nginx_read_block(b, b->context == IN_SERVER ? IN_SERVER_IF : IN_LOCATION_IF, block);
}

/* clang-format off */
const struct keyword nginx_rewrite_words[] = {
    { "set", IN_REWRITE | IN_STREAM_SERVER, 2, 2, .handle = on_step, .manual = "gives a variable a value" },
    { "rewrite", IN_REWRITE, 2, 3, .handle = on_step, .manual = "changes the path: last, break, redirect, permanent" },
    { "return", IN_REWRITE, 1, 2, .handle = on_step, .manual = "answers: a status with a text or a URL" },
    { "break", IN_REWRITE, 0, 0, .handle = on_step, .manual = "ends rewriting" },
    { "if", IN_SERVER | IN_LOCATION, 1, ARGS_ANY, .block = true, .handle = on_if, .manual = "when a condition holds" },
    { NULL },
};
/* clang-format on */

/* ---- compiling ---- */

struct program {
    struct build *b;
    struct level *level;
    struct scope *scope;
    LIST_OF(uint32_t) breaks; /* actions that jump to the program's end */
    LIST_OF(struct level *) entered;
    uint32_t chosen; /* slot: the last `if` whose block is a scope */
};

static uint32_t here(const struct program *p)
{
    return p->scope->on[HOOK_REQUEST].count;
}

static struct action *add(struct program *p, enum action_kind kind, const struct statement *s)
{
    struct action *a = action_add(p->b->config, p->scope, HOOK_REQUEST, kind, s->at);
    const char *from = word_at(s, 0)->raw.ptr;
    const struct word *last = word_at(s, s->words.count - 1);
    a->source = span_of(from, (size_t)(span_end(last->raw) - from));
    return a;
}

static void compile_set(struct program *p, const struct statement *s)
{
    struct build *b = p->b;
    struct span name;
    if (!nginx_new_variable(b, word_at(s, 1), &name))
        return;
    const struct expr *value = nginx_expr(b, &b->http, word_at(s, 2), NULL);
    if (span_eq_nocase(name, SPAN("args")) || span_eq_nocase(name, SPAN("limit_rate"))) {
        add(p, (name.ptr[0] | 0x20) == 'a' ? ACTION_SET_QUERY : ACTION_LIMIT_RATE, s)->expr = value;
        return;
    }
    if (nginx_is_builtin(&b->http, name)) {
        diag_add(b->diags, &nginx_duplicate_variable, word_at(s, 1)->at, DIAG_TEXT(name));
        return;
    }
    struct action *a = add(p, ACTION_SET_SLOT, s);
    a->expr = value;
    a->number = nginx_slot(b, &b->http, name, word_at(s, 1)->at);
}

static void compile_break(struct program *p, const struct statement *s)
{
    *ARENA_PUSH(p->b->arena, &p->breaks) = here(p);
    (void)add(p, ACTION_SKIP, s);
}

/* ---- rewrite ---- */

static bool is_absolute(struct span url)
{
    return span_starts_with(url, SPAN("http://")) || span_starts_with(url, SPAN("https://")) ||
           span_starts_with(url, SPAN("$scheme"));
}

static bool parse_flag(struct program *p, const struct statement *s, struct rewrite *r)
{
    static const char *const flags[] = { "last", "break", "redirect", "permanent", NULL };
    static const unsigned thens[] = { REWRITE_LAST, REWRITE_BREAK, REWRITE_REDIRECT, REWRITE_PERMANENT };
    unsigned i = 0;
    r->then = is_absolute(text_at(s, 2)) ? REWRITE_REDIRECT : REWRITE_NEXT;
    if (s->words.count < 4)
        return true;
    while (flags[i] && !span_eq(text_at(s, 3), span_from(flags[i])))
        i++;
    if (flags[i] == NULL) {
        struct diag *d = diag_add(p->b->diags, &nginx_bad_parameter, word_at(s, 3)->at,
                                  DIAG_TEXT(text_at(s, 3), SPAN("rewrite")));
        diag_label(p->b->diags, d, "last, break, redirect or permanent");
        return false;
    }
    if (r->then == REWRITE_NEXT || i == 3) {
        r->then = thens[i];
    }
    return true;
}

/* Named ones are variables to nginx, and go in as they are. */
static bool is_capture(const struct expr_part *part)
{
    return part->kind == PART_FETCH && part->fetch == FETCH_CAPTURE;
}

/* What is taken out of the path is quoted again where it becomes a URL, or a query behind a "?". */
static const struct expr *quote_captures(struct build *b, const struct expr *to, bool all)
{
    bool query = false;
    struct expr *e = ARENA_NEW(b->arena, struct expr);
    *e = *to;
    for (uint32_t i = 0; i < e->parts.count; i++) {
        struct expr_part *part = &e->parts.items[i];
        if (part->kind == PART_TEXT && span_find_char(part->text, '?') != SPAN_NONE)
            all = query = true;
        if (all && is_capture(part))
            expr_add_conversion(b->arena, part, CONVERT_QUOTE_CAPTURE)->number = !query;
    }
    expr_finish(b->arena, e);
    return e;
}

static void compile_rewrite(struct program *p, const struct statement *s)
{
    struct build *b = p->b;
    struct rewrite *r = ARENA_NEW(b->arena, struct rewrite);
    struct word to = *word_at(s, 2);
    r->regex = nginx_regex(b, &b->http, word_at(s, 1), text_at(s, 1), false);
    if (span_ends_with(to.text, SPAN("?"))) {
        r->drop_query = true;
        to = word_part(&to, 0, to.text.len - 1);
    }
    bool good = parse_flag(p, s, r);
    if (!good || r->regex == NULL)
        return;
    r->to = quote_captures(b, nginx_expr(b, &b->http, &to, r->regex),
                           r->then == REWRITE_REDIRECT || r->then == REWRITE_PERMANENT);
    r->whole = r->then == REWRITE_BREAK;
    bool in_server = p->level->kind == LEVEL_SERVER;
    if (r->then == REWRITE_LAST && in_server)
        r->then = REWRITE_BREAK; /* locations come next in any case */
    if (r->then == REWRITE_BREAK)
        *ARENA_PUSH(b->arena, &p->breaks) = here(p);
    if (r->then == REWRITE_LAST)
        r->skip = nginx_server_of(p->level)->route_index;
    struct action *a = add(p, ACTION_REWRITE, s);
    a->rewrite = r;
    nginx_save_captures(b, &b->http, p->scope, r->regex, s->at);
}

/* A program of a location that rewrites without a flag: is a changed path to be routed again? */
static bool has_plain_rewrite(const struct level *l)
{
    for (uint32_t i = 0; i < l->rewrites.count; i++) {
        const struct rewrite_step *step = &l->rewrites.items[i];
        const struct statement *s = &step->statement;
        if (step->block && has_plain_rewrite(step->block))
            return true;
        if (span_eq(text_at(s, 0), SPAN("rewrite")) && s->words.count == 3 && !is_absolute(text_at(s, 2)))
            return true;
    }
    return false;
}

static uint32_t own_slot(struct program *p, const char *what)
{
    return config_slot(p->b->config, arena_printf(p->b->arena, "nginx:%s %u", what, p->scope->index));
}

static void remember_path(struct program *p, uint32_t slot)
{
    struct action *a = add(p, ACTION_SET_SLOT, &p->level->opening);
    a->number = slot;
    a->expr = expr_fetch(p->b->arena, FETCH_URI_NORMAL, SPAN(""));
}

static void route_changed_path(struct program *p, uint32_t slot)
{
    struct arena *arena = p->b->arena;
    struct expr *compared = ARENA_NEW(arena, struct expr);
    struct expr_part *part = expr_add_fetch(arena, compared, FETCH_URI_NORMAL, SPAN(""));
    expr_add_conversion(arena, part, CONVERT_STRCMP)->number2 = (int64_t)slot + 1;
    expr_finish(arena, compared);
    struct test t = { .subject = compared, .how = MATCH_INT, .negate = true };
    *ARENA_PUSH(arena, &t.ranges) = (struct int_range){ 0, 0 };
    struct action *a = add(p, ACTION_REWRITE, &p->level->opening);
    a->when = cond_of_test(arena, &t);
    a->rewrite = ARENA_NEW(arena, struct rewrite);
    a->rewrite->then = REWRITE_LAST;
    a->rewrite->skip = nginx_server_of(p->level)->route_index;
}

/* ---- return ---- */

static bool is_redirect_status(int64_t status)
{
    return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

static bool parse_status(struct build *b, const struct word *w, int64_t *status)
{
    uint64_t n;
    if (!span_to_u64(w->text, 999, &n)) {
        diag_add(b->diags, &nginx_bad_return, w->at, DIAG_TEXT(w->text));
        return false;
    }
    *status = (int64_t)n;
    return true;
}

static void compile_return(struct program *p, const struct statement *s)
{
    struct build *b = p->b;
    struct reply *r = ARENA_NEW(b->arena, struct reply);
    const struct word *text = s->words.count > 2 ? word_at(s, 2) : NULL;
    int64_t status = 302;
    r->at = s->at;
    if (s->words.count == 2 && is_absolute(text_at(s, 1)))
        text = word_at(s, 1);
    else if (!parse_status(b, word_at(s, 1), &status))
        return;
    r->status = status == 444 ? 0 : (uint16_t)status;
    if (text && is_redirect_status(status))
        r->location = nginx_expr(b, &b->http, text, NULL);
    else if (text)
        r->body = nginx_expr(b, &b->http, text, NULL);
    r->type_by_path = r->body != NULL || status < 300;
    if (r->type_by_path)
        r->content_type = p->scope->default_type; /* of paths without a known extension */
    r->default_page = r->body == NULL && status >= 300 && status != 444;
    add(p, ACTION_REPLY, s)->reply = r;
}

/* ---- if ---- */

static void compile_steps(struct program *p, const struct level *block);

static void make_if_scope(struct program *p, struct level *block, const struct statement *s)
{
    struct build *b = p->b;
    struct scope *scope = config_add_scope(b->config, LANGUAGE_NGINX,
                                           arena_printf(b->arena, "if at %.*s", SPAN_ARGS(p->scope->name)));
    scope->parent = p->scope;
    scope->prefix = p->scope->prefix;
    scope->server_name = p->scope->server_name;
    scope->at = s->at;
    block->scope = scope;
    block->location = p->level->location;
    *ARENA_PUSH(b->arena, &p->entered) = block;
    struct action *a = add(p, ACTION_SET_SLOT, s);
    a->number = p->chosen;
    a->expr = expr_text(b->arena, arena_printf(b->arena, "%u", p->entered.count));
    add(p, ACTION_ADOPT, s)->scope = scope;
}

/* One whose condition holds is where the request is from then on. That shows only when it says something, or
 * when its location does something that nginx does not hand on to it. */
static bool is_scope(const struct level *l, const struct level *block)
{
    return block->says_more || l->try_files.count || l->stub_status.count || l->empty_gif.count;
}

static void compile_if(struct program *p, const struct rewrite_step *step)
{
    struct build *b = p->b;
    const struct regex *captures = NULL;
    const struct cond *cond = nginx_condition(b, p->scope, &step->statement, &captures);
    if (cond == NULL)
        return;
    struct cond *unless = ARENA_NEW(b->arena, struct cond);
    *unless = *cond;
    unless->negate = true;
    uint32_t jump = here(p);
    add(p, ACTION_SKIP, &step->statement)->when = unless;
    nginx_save_captures(b, &b->http, p->scope, captures, step->statement.at);
    if (is_scope(p->level, step->block))
        make_if_scope(p, step->block, &step->statement);
    compile_steps(p, step->block);
    p->scope->on[HOOK_REQUEST].items[jump].number = here(p) - jump - 1;
}

static void compile_steps(struct program *p, const struct level *block)
{
    for (uint32_t i = 0; i < block->rewrites.count; i++) {
        const struct rewrite_step *step = &block->rewrites.items[i];
        struct span word = text_at(&step->statement, 0);
        if (step->block)
            compile_if(p, step);
        else if (span_eq(word, SPAN("set")))
            compile_set(p, &step->statement);
        else if (span_eq(word, SPAN("rewrite")))
            compile_rewrite(p, &step->statement);
        else if (span_eq(word, SPAN("return")))
            compile_return(p, &step->statement);
        else
            compile_break(p, &step->statement);
    }
}

static bool has_scopes(const struct level *l)
{
    for (uint32_t i = 0; i < l->rewrites.count; i++)
        if (l->rewrites.items[i].block && is_scope(l, l->rewrites.items[i].block))
            return true;
    return false;
}

static void forget_choice(struct program *p)
{
    p->chosen = own_slot(p, "if");
    struct action *a = add(p, ACTION_SET_SLOT, &p->level->opening);
    a->number = p->chosen;
    a->expr = expr_text(p->b->arena, SPAN(""));
}

static void enter_chosen(struct program *p)
{
    struct build *b = p->b;
    for (uint32_t i = 0; i < p->entered.count; i++) {
        struct level *block = p->entered.items[i];
        struct expr *chosen = expr_fetch(b->arena, FETCH_SLOT, SPAN(""));
        chosen->parts.items[0].number = (int32_t)p->chosen;
        struct test t = { .subject = chosen, .how = MATCH_EXACT };
        *ARENA_PUSH(b->arena, &t.texts) = arena_printf(b->arena, "%u", i + 1);
        struct action *a = add(p, ACTION_ENTER, &block->opening);
        a->when = cond_of_test(b->arena, &t);
        a->scope = block->scope;
    }
}

static void land_breaks(struct program *p)
{
    for (uint32_t i = 0; i < p->breaks.count; i++) {
        uint32_t at = p->breaks.items[i], skip = here(p) - at - 1;
        struct action *a = &p->scope->on[HOOK_REQUEST].items[at];
        if (a->kind == ACTION_REWRITE)
            a->rewrite->skip = skip;
        else
            a->number = skip;
    }
}

void nginx_compile_rewrites(struct build *b, struct level *l)
{
    struct program p = { .b = b, .level = l, .scope = l->scope };
    bool routes = l->kind == LEVEL_LOCATION && has_plain_rewrite(l);
    uint32_t path = 0;
    nginx_compile_guards(b, l);
    if (has_scopes(l))
        forget_choice(&p);
    if (routes)
        remember_path(&p, path = own_slot(&p, "uri"));
    compile_steps(&p, l);
    if (routes)
        route_changed_path(&p, path);
    land_breaks(&p);
    enter_chosen(&p);
    for (uint32_t i = 0; i < p.entered.count; i++) {
        nginx_compile_settings(b, p.entered.items[i]);
        nginx_compile_content(b, p.entered.items[i]);
    }
}
