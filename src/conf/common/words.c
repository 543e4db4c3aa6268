/* SPDX-License-Identifier: Apache-2.0 */
/* Drafting words, opening and closing blocks; each language's scanner is in its own file. */
#include "conf/common/words.h"

#include "base/macros.h"
#include "conf/common/words_internal.h"

struct words *words_open(struct arena *a, struct diags *d, enum word_language l, struct span text,
                         uint32_t source, words_expand_fn *expand, void *self)
{
    struct words *w = ARENA_NEW(a, struct words);
    *w = (struct words){
        .arena = a, .diags = d, .language = l, .source = source, .expand = expand, .self = self
    };
    w->text = span_first(text, UINT32_MAX - 1); /* a place has 32 bits */
    words_check_bytes(w);
    return w;
}

struct words *words_open_part(struct arena *a, struct diags *d, enum word_language l, struct span text,
                              uint32_t source, size_t from, words_expand_fn *expand, void *self)
{
    struct words *w = ARENA_NEW(a, struct words);
    *w = (struct words){
        .arena = a, .diags = d, .language = l, .source = source, .at = from, .expand = expand, .self = self
    };
    w->text = span_first(text, UINT32_MAX - 1);
    return w;
}

static bool scan(struct words *w, struct statement *s)
{
    switch (w->language) {
    case WORDS_NGINX:
        return words_nginx_next(w, s);
    case WORDS_HAPROXY:
        return words_haproxy_next(w, s);
    case WORDS_KEEPALIVED:
        return words_keepalived_next(w, s);
    }
    BUG_ON(true);
}

/* Words are collected in a list that all statements share, and then copied: a model keeps many of them. */
bool words_next(struct words *w, struct statement *s)
{
    *s = (struct statement){ .end = END_OF_TEXT };
    s->words.items = w->collected.items;
    s->words.room = w->collected.room;
    bool found = scan(w, s);
    w->collected.items = s->words.items;
    w->collected.room = s->words.room;
    uint32_t count = s->words.count;
    s->words.items = found ? ARENA_ARRAY(w->arena, count, struct word) : NULL;
    s->words.room = count;
    if (found && count)
        memcpy(s->words.items, w->collected.items, count * sizeof(struct word));
    return found;
}

uint32_t words_offset(const struct words *w)
{
    return (uint32_t)w->at;
}

struct where words_where(const struct words *w, size_t from, size_t to)
{
    return (struct where){ .source = w->source, .offset = (uint32_t)from, .length = (uint32_t)(to - from) };
}

size_t words_line_end(const struct words *w, size_t from)
{
    size_t length = span_find_char(span_from_index(w->text, from), '\n');
    return length == SPAN_NONE ? w->text.len : from + length;
}

void words_skip_line(struct words *w)
{
    w->at = words_line_end(w, w->at);
}

void words_close_quote(struct words *w, size_t begin, bool closed)
{
    if (closed)
        w->at++;
    else
        diag_add(w->diags, &conf_open_quote, words_where(w, begin, begin + 1),
                 DIAG_TEXT(span_of(w->text.ptr + begin, 1)));
}

void words_draft(struct words *w, char quote)
{
    w->draft.count = 0;
    w->draft_from = w->at;
    w->draft_changed = quote != '\0';
    w->draft_quote = quote;
}

void words_put(struct words *w, char c)
{
    *ARENA_PUSH(w->arena, &w->draft) = c;
}

void words_put_span(struct words *w, struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        words_put(w, text.ptr[i]);
}

struct word *words_finish(struct words *w, struct statement *s, size_t to)
{
    struct word *word = ARENA_PUSH(w->arena, &s->words);
    *word = (struct word){
        .raw = span_of(w->text.ptr + w->draft_from, to - w->draft_from),
        .at = words_where(w, w->draft_from, to),
        .quote = w->draft_quote,
    };
    struct span draft = w->draft.count ? span_of(w->draft.items, w->draft.count) : SPAN("");
    word->text = w->draft_changed ? arena_span(w->arena, draft) : word->raw;
    word->keyword = s->words.items[0].text;
    return word;
}

void words_end(struct words *w, struct statement *s, enum statement_end end, size_t from, size_t to)
{
    s->end = end;
    s->end_at = words_where(w, from, to);
    if (s->words.count == 0) {
        s->at = s->end_at;
        return;
    }
    struct where last = s->words.items[s->words.count - 1].at;
    s->at = s->words.items[0].at;
    s->at.length = last.offset + last.length - s->at.offset;
}

/* Blanks at the beginning of the line that holds <offset>; <alone>: nothing else stands before it. */
static size_t indent_at(const struct words *w, size_t offset, bool *alone)
{
    size_t begin = offset;
    while (begin > 0 && w->text.ptr[begin - 1] != '\n')
        begin--;
    size_t indent = begin;
    while (indent < offset && words_is_blank(w->text.ptr[indent]))
        indent++;
    *alone = indent == offset;
    return indent - begin;
}

bool words_open_brace(struct words *w, struct statement *s)
{
    if (w->blocks.count >= WORDS_DEPTH_MAX) {
        diag_add(w->diags, &conf_too_deep, words_where(w, w->at, w->at + 1),
                 DIAG_TEXT(arena_printf(w->arena, "%d", WORDS_DEPTH_MAX)));
        w->at = w->text.len;
        w->blocks.count = 0;
        return false;
    }
    words_end(w, s, END_BLOCK_BEGINS, w->at, w->at + 1);
    bool alone;
    struct where keyword = s->words.count ? s->words.items[0].at : s->end_at;
    *ARENA_PUSH(w->arena, &w->blocks) = (struct open_block){ .brace = s->end_at,
                                                             .keyword = keyword,
                                                             .indent = indent_at(w, keyword.offset, &alone) };
    w->at++;
    return true;
}

/* A "}" that stands further left than the line it would close belongs, by its looks, to an outer block. */
static void suspect(struct words *w, const struct open_block *block)
{
    bool alone;
    size_t indent = indent_at(w, w->at, &alone);
    if (alone && indent < block->indent && w->suspect.length == 0) {
        w->suspect = block->keyword;
        w->suspicion = words_where(w, w->at, w->at + 1);
    }
}

bool words_close_brace(struct words *w, struct statement *s)
{
    if (w->blocks.count == 0) {
        diag_add(w->diags, &conf_lone_brace, words_where(w, w->at, w->at + 1), DIAG_TEXT(SPAN("}")));
        w->at++;
        return false;
    }
    suspect(w, &w->blocks.items[--w->blocks.count]);
    words_end(w, s, END_BLOCK_ENDS, w->at, w->at + 1);
    w->at++;
    return true;
}

void words_check_open(struct words *w)
{
    if (w->blocks.count == 0)
        return;
    const struct open_block *inner = &w->blocks.items[w->blocks.count - 1];
    size_t end = w->text.len;
    struct diag *d = diag_add(w->diags, &conf_open_block, words_where(w, end, end), DIAG_NO_TEXT);
    if (w->suspect.length) {
        diag_also(w->diags, d, w->suspect, "probably this block is not closed");
        diag_also(w->diags, d, w->suspicion, "this one stands too far left for it");
    } else {
        diag_also(w->diags, d, inner->keyword, "this block is still open");
    }
    w->blocks.count = 0;
}
