/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nginx's words: blanks and line ends separate, ";" and "{" end a statement, a
 * quote means something only at a word's beginning, "#" too. "${" begins no
 * block. A backslash protects the next character, and stays, but before a quote
 * or a backslash, and in \t \r \n.
 */
#include "conf/common/words_internal.h"

static bool separates(char c)
{
    return words_is_blank(c) || c == '\n';
}

/* A backslash at the cursor, and what follows. */
static void take_escape(struct words *w)
{
    char c = words_peek(w, 1);
    static const char plain[] = "trn", control[] = "\t\r\n";
    if (c == '"' || c == '\'' || c == '\\') {
        words_put(w, c);
        w->draft_changed = true;
    } else if (c && strchr(plain, c)) {
        words_put(w, control[strchr(plain, c) - plain]);
        w->draft_changed = true;
    } else {
        words_put(w, '\\');
        if (w->at + 1 < w->text.len)
            words_put(w, c);
    }
    w->at += w->at + 1 < w->text.len ? 2 : 1;
}

/* A quote that is not closed where it should be: the word ends with its line. */
static void end_open_quote(struct words *w, struct statement *s, size_t begin, size_t after)
{
    struct where at = words_where(w, begin, begin + 1);
    struct diag *d = diag_add(w->diags, &conf_open_quote, at, DIAG_TEXT(span_of(w->text.ptr + begin, 1)));
    if (after < w->text.len)
        diag_also(w->diags, d, words_where(w, after - 1, after), "the next one of its kind");
    w->at = begin;
    words_draft(w, w->text.ptr[begin]);
    size_t end = words_line_end(w, begin);
    while (end > begin + 1 && separates(w->text.ptr[end - 1]))
        end--;
    if (end > begin + 1 && w->text.ptr[end - 1] == ';')
        end--;
    words_put_span(w, span_of(w->text.ptr + begin + 1, end - begin - 1));
    words_finish(w, s, end);
    w->at = end;
}

static void take_quoted(struct words *w, struct statement *s)
{
    size_t begin = w->at;
    char quote = words_peek(w, 0);
    words_draft(w, quote);
    w->at++;
    while (!words_ended(w) && words_peek(w, 0) != quote) {
        if (words_peek(w, 0) == '\\')
            take_escape(w);
        else
            words_put(w, w->text.ptr[w->at++]);
    }
    if (words_ended(w)) {
        end_open_quote(w, s, begin, w->text.len);
        return;
    }
    w->at++;
    char next = words_peek(w, 0);
    bool fine = words_ended(w) || separates(next) || next == ';' || next == '{' || next == ')';
    if (!fine && span_find_char(span_of(w->text.ptr + begin, w->at - begin), '\n') != SPAN_NONE) {
        end_open_quote(w, s, begin, w->at);
        return;
    }
    words_finish(w, s, w->at);
    if (!fine)
        diag_add(w->diags, &conf_after_quote, words_where(w, w->at, w->at + 1),
                 DIAG_TEXT(span_of(w->text.ptr + w->at, 1)));
}

/* "；" where ";" would end the statement. */
static bool looks_like_end(const struct words *w, const struct lookalike *look)
{
    size_t after = strlen(look->bytes);
    char c = words_peek(w, after);
    return (look->ascii == ';' || look->ascii == '{') &&
           (w->at + after >= w->text.len || separates(c) || c == '}' || c == '#');
}

static void take_plain(struct words *w, struct statement *s)
{
    words_draft(w, '\0');
    bool dollar = false;
    while (!words_ended(w)) {
        char c = words_peek(w, 0);
        if (separates(c) || c == ';' || (c == '{' && !dollar))
            break;
        const struct lookalike *look = words_lookalike(w);
        if (look && (look->ascii == ' ' || looks_like_end(w, look)))
            break;
        dollar = c == '$';
        if (c == '\\') {
            take_escape(w);
        } else if (look) {
            words_keep_lookalike(w, look);
            words_put_span(w, span_from(look->bytes));
            w->at += strlen(look->bytes);
        } else {
            words_put(w, c);
            w->at++;
        }
    }
    words_finish(w, s, w->at);
}

/* Blanks, comments, and what looks like them. */
static void skip(struct words *w)
{
    while (!words_ended(w)) {
        if (separates(words_peek(w, 0))) {
            w->at++;
        } else if (words_peek(w, 0) == '#') {
            words_skip_line(w);
        } else if (!words_skip_lookalike(w)) {
            return;
        }
    }
}

static bool end_of_text(struct words *w, struct statement *s)
{
    if (s->words.count == 0) {
        words_check_open(w);
        return false;
    }
    diag_add(w->diags, &conf_open_statement, s->words.items[s->words.count - 1].at,
             DIAG_TEXT(s->words.items[0].text));
    words_end(w, s, END_OF_TEXT, w->text.len, w->text.len);
    return true;
}

static void end_before_brace(struct words *w, struct statement *s)
{
    struct where last = s->words.items[s->words.count - 1].at;
    struct diag *d = diag_add(w->diags, &conf_unfinished, words_where(w, w->at, w->at + 1),
                              DIAG_TEXT(s->words.items[0].text));
    diag_also(w->diags, d, last, "a \";\" is missing after this");
    words_end(w, s, END_SEMICOLON, w->at, w->at);
}

static void empty_statement(struct words *w, char mark)
{
    diag_add(w->diags, &conf_empty_statement, words_where(w, w->at, w->at + 1), DIAG_TEXT(span_of(&mark, 1)));
}

/* ";" "{" "}" or what looks like it, at the cursor. */
enum step { STEP_ON, STEP_STATEMENT, STEP_STOP };
static enum step take_mark(struct words *w, struct statement *s, char mark)
{
    switch (mark) {
    case ';':
        if (s->words.count == 0) {
            empty_statement(w, mark);
            w->at++;
            return STEP_ON;
        }
        words_end(w, s, END_SEMICOLON, w->at, w->at + 1);
        w->at++;
        return STEP_STATEMENT;
    case '{':
        if (s->words.count == 0)
            empty_statement(w, mark);
        return words_open_brace(w, s) ? STEP_STATEMENT : STEP_STOP;
    default:
        if (s->words.count) {
            end_before_brace(w, s);
            return STEP_STATEMENT;
        }
        return words_close_brace(w, s) ? STEP_STATEMENT : STEP_ON;
    }
}

static enum step take_one(struct words *w, struct statement *s)
{
    char c = words_peek(w, 0);
    const struct lookalike *look = words_lookalike(w);
    bool wide = look && strchr(";{}", look->ascii) && (look->ascii == '}' || looks_like_end(w, look));
    if (wide && look->ascii == '}' && s->words.count)
        return take_mark(w, s, '}'); /* comes again, alone */
    if (wide) {                      /* stands for one byte: the cursor is left on its last */
        words_take_lookalike(w, look);
        w->at--;
        return take_mark(w, s, look->ascii);
    }
    if (c == ';' || c == '{' || c == '}')
        return take_mark(w, s, c);
    if (look && (look->ascii == '"' || look->ascii == '\'') && words_take_typographic(w, s, look))
        return STEP_ON;
    if (c == '"' || c == '\'')
        take_quoted(w, s);
    else
        take_plain(w, s);
    return STEP_ON;
}

bool words_nginx_next(struct words *w, struct statement *s)
{
    for (;;) {
        skip(w);
        if (words_ended(w))
            return end_of_text(w, s);
        enum step step = take_one(w, s);
        if (step != STEP_ON)
            return step == STEP_STATEMENT;
    }
}
