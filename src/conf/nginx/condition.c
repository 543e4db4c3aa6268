/* SPDX-License-Identifier: Apache-2.0 */
/* The condition of `if (...)`. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"

enum { MOST_WORDS = 3 };

/* The words between the parentheses, which may stick to the first and the last. */
struct inside {
    struct word words[MOST_WORDS];
    uint32_t count;
};

static bool take_inside(const struct statement *s, struct inside *in)
{
    uint32_t last = s->words.count - 1;
    if (!span_starts_with(text_at(s, 1), SPAN("(")) || word_at(s, 1)->quote)
        return false;
    if (!span_ends_with(text_at(s, last), SPAN(")")) || word_at(s, last)->quote)
        return false;
    for (uint32_t i = 1; i <= last; i++) {
        struct word w = *word_at(s, i);
        if (i == 1)
            w = word_part(&w, 1, w.text.len - 1);
        if (i == last)
            w = word_part(&w, 0, w.text.len - 1);
        if (w.text.len == 0 && (i == 1 || i == last))
            continue;
        if (in->count == MOST_WORDS)
            return false;
        in->words[in->count++] = w;
    }
    return in->count > 0;
}

static const struct expr *variable(struct build *b, const struct word *w)
{
    struct span name;
    if (!span_starts_with(w->text, SPAN("$")) || w->text.len < 2)
        return NULL;
    name = span_from_index(w->text, 1);
    for (size_t i = 0; i < name.len; i++)
        if (strchr("${}", name.ptr[i]))
            return NULL;
    return nginx_expr(b, &b->http, w, NULL);
}

/* "-f", "!-d": the letter, 0 when it is no such word. */
static char file_letter(struct span word, bool *negate)
{
    *negate = span_starts_with(word, SPAN("!"));
    word = span_from_index(word, *negate);
    bool good = word.len == 2 && word.ptr[0] == '-' && strchr("fdex", word.ptr[1]);
    return good ? word.ptr[1] : '\0';
}

/* What has no value is empty text. */
static const struct expr *never_none(struct build *b, const struct expr *e)
{
    struct expr *text = ARENA_NEW(b->arena, struct expr);
    *text = *e;
    if (text->parts.count == 1 && text->parts.items[0].kind == PART_FETCH)
        expr_add_conversion(b->arena, &text->parts.items[0], CONVERT_DEFAULT)->text = SPAN("");
    expr_finish(b->arena, text);
    return text;
}

/* With another variable on the right: it is put aside, and both are compared. */
static void compare_computed(struct build *b, struct scope *scope, const struct word *left,
                             const struct expr *right, struct test *t)
{
    uint32_t slot = config_slot(b->config, arena_printf(b->arena, "nginx:compared %u", scope->index));
    struct action *a = action_add(b->config, scope, HOOK_REQUEST, ACTION_SET_SLOT, left->at);
    a->number = slot;
    a->expr = never_none(b, right);
    struct expr *e = ARENA_NEW(b->arena, struct expr);
    *e = *never_none(b, nginx_expr(b, &b->http, left, NULL));
    if (e->parts.count)
        expr_add_conversion(b->arena, &e->parts.items[0], CONVERT_STRCMP)->number2 = (int64_t)slot + 1;
    expr_finish(b->arena, e);
    t->subject = e;
    t->how = MATCH_INT;
    *ARENA_PUSH(b->arena, &t->ranges) = (struct int_range){ 0, 0 };
}

static void compare(struct build *b, struct scope *scope, const struct inside *in, struct test *t)
{
    const struct expr *right = nginx_expr(b, &b->http, &in->words[2], NULL);
    t->negate = span_eq(in->words[1].text, SPAN("!="));
    if (right->constant.ptr == NULL) {
        compare_computed(b, scope, &in->words[0], right, t);
        return;
    }
    t->how = MATCH_EXACT;
    *ARENA_PUSH(b->arena, &t->texts) = right->constant;
}

static bool match(struct build *b, const struct inside *in, struct test *t, const struct regex **captures)
{
    struct span op = in->words[1].text;
    t->negate = span_starts_with(op, SPAN("!"));
    const struct regex *r =
        nginx_regex(b, &b->http, &in->words[2], in->words[2].text, span_ends_with(op, SPAN("*")));
    if (r == NULL)
        return false;
    t->how = MATCH_REGEX;
    *ARENA_PUSH(b->arena, &t->regexes) = r;
    if (!t->negate)
        *captures = r;
    return true;
}

static bool is_one_of(struct span word, const char *const *words)
{
    for (; *words; words++)
        if (span_eq(word, span_from(*words)))
            return true;
    return false;
}

/* Two words: a question about a file. */
static bool ask_file(struct build *b, const struct inside *in, struct test *t)
{
    char letter = file_letter(in->words[0].text, &t->negate);
    if (letter == '\0')
        return false;
    t->how = MATCH_FILE;
    t->subject = nginx_expr(b, &b->http, &in->words[1], NULL);
    *ARENA_PUSH(b->arena, &t->texts) = arena_printf(b->arena, "%c", letter);
    return true;
}

/* False when it is no condition; <said>: that was told already. */
static bool parse(struct build *b, struct scope *scope, const struct inside *in, struct test *t,
                  const struct regex **captures, bool *said)
{
    static const char *const equal[] = { "=", "!=", NULL };
    static const char *const like[] = { "~", "~*", "!~", "!~*", NULL };
    if (in->count == 2)
        return ask_file(b, in, t);
    t->subject = variable(b, &in->words[0]);
    if (t->subject == NULL)
        return false;
    t->how = MATCH_BOOL;
    if (in->count == 1)
        return true;
    if (is_one_of(in->words[1].text, equal)) {
        compare(b, scope, in, t);
        return true;
    }
    if (!is_one_of(in->words[1].text, like))
        return false;
    *said = true;
    return match(b, in, t, captures);
}

/* Without the parentheses. */
static struct span inside_of(struct span source)
{
    source = span_from_index(source, span_starts_with(source, SPAN("(")));
    return span_first(source, source.len - span_ends_with(source, SPAN(")")));
}

const struct cond *nginx_condition(struct build *b, struct scope *scope, const struct statement *s,
                                   const struct regex **captures)
{
    struct inside in = { .count = 0 };
    const char *from = word_at(s, 1)->raw.ptr;
    struct span source = span_of(from, (size_t)(span_end(word_at(s, s->words.count - 1)->raw) - from));
    struct where at = word_at(s, 1)->at;
    at.length = (uint32_t)source.len;
    struct test t = { .source = source, .at = at, .none_is_empty = true };
    bool said = false;
    *captures = NULL;
    if (take_inside(s, &in) && parse(b, scope, &in, &t, captures, &said))
        return cond_of_test(b->arena, &t);
    if (!said)
        diag_add(b->diags, &nginx_bad_condition, at, DIAG_TEXT(source, inside_of(source)));
    return NULL;
}
