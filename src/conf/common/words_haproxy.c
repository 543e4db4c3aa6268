/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's words: a statement is a line, "#" begins a comment anywhere, a word
 * is put together of plain, "weak" and 'strong' pieces. Outside strong quotes a
 * backslash protects a blank, "#", a quote and itself, gives \n \r \t \xHH, and
 * stays before anything else. Within weak quotes the environment is expanded:
 * $NAME, ${NAME}, ${NAME-default}, and ${NAME[*]}, whose blanks end words.
 */
#include "base/macros.h"
#include "conf/common/words_internal.h"

static bool is_name(char c, bool first)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool at_line_end(const struct words *w)
{
    return words_ended(w) || words_peek(w, 0) == '\n';
}

static void take_hex(struct words *w)
{
    int high = hex_value(words_peek(w, 2)), low = high < 0 ? -1 : hex_value(words_peek(w, 3));
    if (low < 0) {
        struct span written = span_first(span_from_index(w->text, w->at), 2);
        diag_add(w->diags, &conf_bad_escape, words_where(w, w->at, w->at + 2), DIAG_TEXT(written));
        words_put_span(w, written);
        w->at += 2;
        return;
    }
    words_put(w, (char)(high * 16 + low));
    w->at += 4;
}

/* A backslash at the cursor; <weak>: within double quotes, where it protects a dollar too. */
static void take_escape(struct words *w, bool weak)
{
    static const char plain[] = "nrt", control[] = "\n\r\t";
    char c = words_peek(w, 1);
    w->draft_changed = true;
    if (c == 'x') {
        take_hex(w);
    } else if (c && strchr(plain, c)) {
        words_put(w, control[strchr(plain, c) - plain]);
        w->at += 2;
    } else if (c == ' ' || c == '#' || c == '\\' || c == '"' || c == '\'' || (weak && c == '$')) {
        words_put(w, c);
        w->at += 2;
    } else {
        words_put(w, '\\');
        w->at++;
    }
}

/* Ends the word that is being drafted and begins the next one at the same place. */
static void split(struct words *w, struct statement *s, size_t from, size_t to)
{
    words_finish(w, s, to);
    char quote = w->draft_quote;
    w->draft.count = 0;
    w->draft_from = from;
    w->draft_quote = quote;
    w->draft_changed = true;
}

static void put_list(struct words *w, struct statement *s, struct span value, size_t from, size_t to)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] != ' ') {
            words_put(w, value.ptr[i]);
            continue;
        }
        while (i + 1 < value.len && value.ptr[i + 1] == ' ')
            i++;
        split(w, s, from, to);
    }
}

/* What stands in "${" ... "}" or after "$". */
struct variable {
    struct span name, fallback;
    bool has_fallback, list, good;
    size_t end;
};
static struct variable variable_at(const struct words *w)
{
    struct variable v = { .end = w->at + 1 };
    size_t end = words_line_end(w, w->at);
    struct span line = span_of(w->text.ptr, end);
    bool braced = v.end < end && line.ptr[v.end] == '{';
    v.end += braced;
    size_t begin = v.end;
    if (v.end < end && line.ptr[v.end] == '.') /* .FILE .LINE .SECTION */
        v.end++;
    for (bool first = true; v.end < end && is_name(line.ptr[v.end], first); first = false)
        v.end++;
    v.name = span_of(line.ptr + begin, v.end - begin);
    v.good = v.name.len > 0;
    if (!braced || !v.good)
        return v;
    struct span rest = span_from_index(line, v.end);
    if ((v.list = span_starts_with(rest, SPAN("[*]"))))
        rest = span_from_index(rest, 3);
    size_t close = span_find_char(rest, '}');
    v.good = close != SPAN_NONE && (close == 0 || rest.ptr[0] == '-');
    if (!v.good)
        return v;
    v.has_fallback = close > 0;
    v.fallback = v.has_fallback ? span_of(rest.ptr + 1, close - 1) : SPAN("");
    v.end = (size_t)(rest.ptr - line.ptr) + close + 1;
    return v;
}

static void take_variable(struct words *w, struct statement *s)
{
    size_t from = w->draft_from;
    struct variable v = variable_at(w);
    if (!v.good) {
        diag_add(w->diags, &conf_expand_bad, words_where(w, w->at, v.end),
                 DIAG_TEXT(span_of(w->text.ptr + w->at, v.end - w->at)));
        w->at = v.end;
        return;
    }
    struct span value = v.fallback;
    if (!w->expand(w->self, v.name, &value)) {
        value = v.fallback;
        if (!v.has_fallback)
            diag_add(w->diags, &conf_expand_unset, words_where(w, w->at, v.end), DIAG_TEXT(v.name));
    }
    w->at = v.end;
    if (v.list)
        put_list(w, s, value, from, v.end);
    else
        words_put_span(w, value);
}

/* A quote at the cursor; the rest of the line is taken when it is never closed. */
static void take_quoted(struct words *w, struct statement *s)
{
    size_t begin = w->at;
    char quote = words_peek(w, 0);
    w->draft_changed = true;
    w->at++;
    while (!at_line_end(w) && words_peek(w, 0) != quote) {
        char c = words_peek(w, 0);
        if (quote == '"' && c == '\\') {
            take_escape(w, true);
        } else if (quote == '"' && c == '$' && w->expand) {
            take_variable(w, s);
        } else {
            words_put(w, c);
            w->at++;
        }
    }
    words_close_quote(w, begin, !at_line_end(w));
}

/* One piece of a word; false where the word ends. */
static bool take_piece(struct words *w, struct statement *s)
{
    char c = words_peek(w, 0);
    const struct lookalike *look = words_lookalike(w);
    if (at_line_end(w) || words_is_blank(c) || c == '#' || (look && look->ascii == ' '))
        return false;
    if (c == '"' || c == '\'') {
        take_quoted(w, s);
    } else if (c == '\\') {
        take_escape(w, false);
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
    words_finish(w, s, w->at);
}

/* Blanks and a comment; then the cursor is at a word, a line's end or the text's. */
static void skip(struct words *w)
{
    for (;;) {
        if (words_is_blank(words_peek(w, 0))) {
            w->at++;
        } else if (words_peek(w, 0) == '#') {
            words_skip_line(w);
        } else if (!words_skip_lookalike(w)) {
            return;
        }
    }
}

bool words_haproxy_next(struct words *w, struct statement *s)
{
    for (;;) {
        skip(w);
        if (at_line_end(w)) {
            if (s->words.count) {
                words_end(w, s, END_OF_LINE, w->at, w->at);
                return true;
            }
            if (words_ended(w))
                return false;
            w->at++;
            continue;
        }
        const struct lookalike *look = words_lookalike(w);
        if (look && (look->ascii == '"' || look->ascii == '\'') && words_take_typographic(w, s, look))
            continue;
        take_word(w, s);
    }
}
