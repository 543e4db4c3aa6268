/* SPDX-License-Identifier: Apache-2.0 */
/* What words.c shares with the scanners of each language. Nobody else includes it. */
#pragma once

#include "conf/common/diag_conf.h"
#include "conf/common/words.h"

/* Blocks within blocks: readers of blocks call themselves, so there is an end. */
enum { WORDS_DEPTH_MAX = 64 };

struct open_block {
    struct where brace, keyword;
    size_t indent; /* blanks before the line that opened it */
};
struct words {
    struct arena *arena;
    struct diags *diags;
    enum word_language language;
    uint32_t source;
    struct span text;
    size_t at;
    words_expand_fn *expand;
    void *self;
    LIST_OF(struct open_block) blocks;
    struct where suspect;           /* a block whose "}" seems to be that of an outer one; length 0: none */
    struct where suspicion;         /* that "}" */
    LIST_OF(struct word) collected; /* of the statement that is being read */
    LIST_OF(char) draft;            /* the word that is being read, escapes resolved */
    size_t draft_from;
    bool draft_changed; /* it is not what stands in the source */
    char draft_quote;
};

bool words_nginx_next(struct words *w, struct statement *s);
bool words_haproxy_next(struct words *w, struct statement *s);
bool words_keepalived_next(struct words *w, struct statement *s);

/* The byte <ahead> of the cursor; 0 past the end. */
static inline char words_peek(const struct words *w, size_t ahead)
{
    return ahead < w->text.len - w->at ? w->text.ptr[w->at + ahead] : '\0';
}
static inline bool words_ended(const struct words *w)
{
    return w->at >= w->text.len;
}
static inline bool words_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}
struct where words_where(const struct words *w, size_t from, size_t to);
void words_skip_line(struct words *w);
size_t words_line_end(const struct words *w, size_t from);
/* The quote that began at <begin> ends at the cursor, or, where it is not <closed>, with its line: diagnosed.
 */
void words_close_quote(struct words *w, size_t begin, bool closed);

/* A draft begins at the cursor; bytes are put; it ends at <to> as the next word of <s>. */
void words_draft(struct words *w, char quote);
void words_put(struct words *w, char c);
void words_put_span(struct words *w, struct span text);
struct word *words_finish(struct words *w, struct statement *s, size_t to);

/* Statement's end, just before or at the cursor; fills in .at, .end and .end_at. */
void words_end(struct words *w, struct statement *s, enum statement_end end, size_t from, size_t to);
/* "{" and "}" at the cursor: remembers and checks. words_open_brace is false when blocks are too deep. */
bool words_open_brace(struct words *w, struct statement *s);
bool words_close_brace(struct words *w, struct statement *s);
void words_check_open(struct words *w);

/* Characters that look like ASCII ones: words_unicode.c. */
struct lookalike {
    const char *bytes;
    char ascii;
    bool closing;
};
/* At the cursor, or NULL. */
const struct lookalike *words_lookalike(const struct words *w);
/* Diagnoses the one at the cursor as read as ASCII, and steps over it. */
void words_take_lookalike(struct words *w, const struct lookalike *look);
/* A blank or the begin of a comment that only looks like one; false: there is none at the cursor. */
bool words_skip_lookalike(struct words *w);
/* Diagnoses it as a part of a word, where it may hurt; does not step. */
void words_keep_lookalike(struct words *w, const struct lookalike *look);
/* A word that a typographic quote began; false, and nothing taken, when it does not end on this line. */
bool words_take_typographic(struct words *w, struct statement *s, const struct lookalike *look);
void words_check_bytes(struct words *w);
