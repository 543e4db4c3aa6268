/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keepalived's words: a statement is a line, "#" and "!" begin a comment, "{"
 * at a line's end or alone on the next line begins a block, "}" ends one.
 * Quotes protect blanks, and within them escapes are the shell's. $NAME before
 * a blank and ${NAME} anywhere are asked for; what has no value stays.
 *
 * "$NAME=..." is a definition and comes as two words: "$NAME=" and its value as
 * written, with every line of it.
 */
#include "base/macros.h"
#include "conf/common/words_internal.h"

static bool at_line_end(const struct words *w)
{
    return words_ended(w) || words_peek(w, 0) == '\n';
}

static bool ends_word(char c)
{
    return words_is_blank(c) || c == '\n' || c == '#' || c == '!';
}

/* "{" or "}" at the cursor is a mark when nothing but a blank follows. */
static bool is_brace(const struct words *w)
{
    char c = words_peek(w, 0);
    return (c == '{' && (w->at + 1 == w->text.len || ends_word(words_peek(w, 1)))) || c == '}';
}

static bool is_name(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9');
}

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 99;
}

static void take_number(struct words *w, unsigned base, unsigned most)
{
    unsigned n = 0;
    for (unsigned i = 0; i < most && digit(words_peek(w, 0)) < base; i++)
        n = n * base + digit(w->text.ptr[w->at++]);
    words_put(w, (char)(n & 0xff));
}

/* A backslash within quotes. */
static void take_escape(struct words *w)
{
    static const char plain[] = "abEfnrtv", control[] = "\a\b\033\f\n\r\t\v";
    char c = words_peek(w, 1);
    if (c >= '0' && c <= '7') {
        w->at++;
        take_number(w, 8, 3);
    } else if (c == 'x' && digit(words_peek(w, 2)) < 16) {
        w->at += 2;
        take_number(w, 16, 2);
    } else if (c == 'c' && words_peek(w, 2) > ' ') {
        words_put(w, (char)(words_peek(w, 2) & 0x1f));
        w->at += 3;
    } else if (c == '\0' || c == '\n') {
        words_put(w, '\\');
        w->at++;
    } else {
        words_put(w, strchr(plain, c) ? control[strchr(plain, c) - plain] : c);
        w->at += 2;
    }
}

static void split_at_blanks(struct words *w, struct statement *s, struct span value, size_t from, size_t to)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!words_is_blank(value.ptr[i]) && value.ptr[i] != '\n') {
            words_put(w, value.ptr[i]);
        } else if (w->draft.count) {
            words_finish(w, s, to);
            w->draft.count = 0;
            w->draft_from = from;
        }
    }
}

/* "$" at the cursor: false when it is not a parameter that has a value. */
static bool take_parameter(struct words *w, struct statement *s, bool quoted)
{
    size_t begin = w->at + 1, end = begin, line = words_line_end(w, w->at);
    bool braced = words_peek(w, 1) == '{';
    if (braced) {
        begin++;
        size_t close = span_find_char(span_of(w->text.ptr + begin, line - begin), '}');
        if (close == SPAN_NONE)
            return false;
        end = begin + close;
    } else {
        while (end < line && is_name(w->text.ptr[end]))
            end++;
        if (end < line && !words_is_blank(w->text.ptr[end]))
            return false;
    }
    struct span value;
    if (end == begin || !w->expand(w->self, span_of(w->text.ptr + begin, end - begin), &value))
        return false;
    w->at = end + braced;
    w->draft_changed = true;
    if (quoted)
        words_put_span(w, value);
    else
        split_at_blanks(w, s, value, w->draft_from, w->at);
    return true;
}

static void take_quoted(struct words *w, struct statement *s)
{
    size_t begin = w->at;
    char quote = words_peek(w, 0);
    w->draft_changed = true;
    w->at++;
    while (!at_line_end(w) && words_peek(w, 0) != quote) {
        char c = words_peek(w, 0);
        if (c == '\\') {
            take_escape(w);
        } else if (c != '$' || !w->expand || !take_parameter(w, s, true)) {
            words_put(w, c);
            w->at++;
        }
    }
    words_close_quote(w, begin, !at_line_end(w));
}

static bool take_piece(struct words *w, struct statement *s)
{
    char c = words_peek(w, 0);
    const struct lookalike *look = words_lookalike(w);
    if (words_ended(w) || ends_word(c) || (look && look->ascii == ' '))
        return false;
    if (c == '{' && is_brace(w)) /* "VI_1{" */
        return false;
    if (c == '"' || c == '\'') {
        take_quoted(w, s);
    } else if (c == '$' && w->expand && take_parameter(w, s, false)) {
        return true;
    } else if (look) {
        words_keep_lookalike(w, look);
        words_put_span(w, span_from(look->bytes));
        w->at += strlen(look->bytes);
    } else {
        words_put(w, c);
        w->at++;
    }
    return true;
}

static void take_word(struct words *w, struct statement *s)
{
    char first = words_peek(w, 0);
    words_draft(w, first == '"' || first == '\'' ? first : '\0');
    while (take_piece(w, s))
        ;
    if (w->draft.count || w->draft_quote) /* a parameter may be empty: then no word is left */
        words_finish(w, s, w->at);
}

/* "$NAME=" at the cursor, where a definition may stand: its length, else 0. */
static size_t definition_at(const struct words *w, const struct statement *s)
{
    bool first =
        s->words.count == 0 || (s->words.count == 1 && span_starts_with(s->words.items[0].text, SPAN("@")));
    size_t length = 1;
    if (!first || words_peek(w, 0) != '$')
        return 0;
    while (is_name(words_peek(w, length)))
        length++;
    return length > 1 && words_peek(w, length) == '=' ? length + 1 : 0;
}

/* Where a definition's value ends: lines that end in a backslash go on, empty ones between do not count. */
static size_t value_end(const struct words *w, size_t from)
{
    size_t end = words_line_end(w, from);
    for (;;) {
        struct span line = span_of(w->text.ptr + from, end - from);
        while (line.len && words_is_blank(line.ptr[line.len - 1]))
            line.len--;
        if (!span_ends_with(line, SPAN("\\")))
            return end;
        do {
            if (end >= w->text.len)
                return end;
            from = end + 1;
            end = words_line_end(w, from);
        } while (span_trim(span_of(w->text.ptr + from, end - from)).len == 0);
    }
}

static void take_definition(struct words *w, struct statement *s, size_t length)
{
    words_draft(w, '\0');
    w->at += length;
    words_finish(w, s, w->at);
    size_t end = value_end(w, w->at);
    while (w->at < end && words_is_blank(words_peek(w, 0)))
        w->at++;
    words_draft(w, '\0');
    w->at = end;
    words_finish(w, s, end);
}

/* Blanks, a comment, and a backslash that carries on with the next line. */
static void skip(struct words *w)
{
    for (;;) {
        char c = words_peek(w, 0);
        if (words_is_blank(c)) {
            w->at++;
        } else if (c == '#' || c == '!') {
            words_skip_line(w);
        } else if (c == '\\' && words_peek(w, 1) == '\n') {
            w->at += 2;
        } else if (!words_skip_lookalike(w)) {
            return;
        }
    }
}

/* After a line: is the next thing a "{" on a line of its own? Then the cursor goes there. */
static bool brace_follows(struct words *w)
{
    size_t from = w->at;
    while (!words_ended(w) && (at_line_end(w) || words_is_blank(words_peek(w, 0))))
        w->at++;
    if (!words_ended(w) && words_peek(w, 0) == '{' && is_brace(w))
        return true;
    w->at = from;
    return false;
}

enum step { STEP_ON, STEP_STATEMENT, STEP_STOP };

static enum step take_brace(struct words *w, struct statement *s)
{
    if (words_peek(w, 0) == '{')
        return words_open_brace(w, s) ? STEP_STATEMENT : STEP_STOP;
    if (s->words.count) {
        words_end(w, s, END_OF_LINE, w->at, w->at);
        return STEP_STATEMENT;
    }
    return words_close_brace(w, s) ? STEP_STATEMENT : STEP_ON;
}

static enum step take_line_end(struct words *w, struct statement *s)
{
    if (s->words.count && brace_follows(w))
        return take_brace(w, s);
    if (s->words.count) {
        words_end(w, s, END_OF_LINE, w->at, w->at);
        return STEP_STATEMENT;
    }
    if (words_ended(w)) {
        words_check_open(w);
        return STEP_STOP;
    }
    w->at++;
    return STEP_ON;
}

static enum step take_one(struct words *w, struct statement *s)
{
    const struct lookalike *look = words_lookalike(w);
    if (at_line_end(w))
        return take_line_end(w, s);
    if (is_brace(w))
        return take_brace(w, s);
    if (look && (look->ascii == '"' || look->ascii == '\'') && words_take_typographic(w, s, look))
        return STEP_ON;
    size_t definition = definition_at(w, s);
    if (definition) {
        take_definition(w, s, definition);
        words_end(w, s, END_OF_LINE, w->at, w->at);
        return STEP_STATEMENT;
    }
    take_word(w, s);
    return STEP_ON;
}

bool words_keepalived_next(struct words *w, struct statement *s)
{
    for (;;) {
        skip(w);
        enum step step = take_one(w, s);
        if (step != STEP_ON)
            return step == STEP_STATEMENT;
    }
}
