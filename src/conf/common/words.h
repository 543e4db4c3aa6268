/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lexer core that the dialects share: a text becomes statements, a
 * statement is words with their places. What ends a word, a line or a block,
 * and what quotes and backslashes mean, is said by a small table per language.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/span.h"
#include "model/list_of.h"

struct word {
    struct span
        text; /* unquoted, escapes resolved; NUL-terminated copy when it had any, else into the source */
    struct span raw; /* as written, quotes and escapes too */
    struct where at;
    char quote;          /* '"', '\'' when the word began with one; 0 otherwise */
    struct span keyword; /* the statement's first word, for messages about this one */
};

enum statement_end { END_OF_LINE, END_SEMICOLON, END_BLOCK_BEGINS, END_BLOCK_ENDS, END_OF_TEXT };
struct statement {
    LIST_OF(struct word) words; /* words[0] is the keyword; none for a lone "}" */
    enum statement_end end;
    struct where at;     /* of the whole statement */
    struct where end_at; /* of what ended it: ";" "{" "}" */
};

enum word_language { WORDS_NGINX, WORDS_HAPROXY, WORDS_KEEPALIVED };

struct words;
/*
 * <source> is the index + 1 from diags_add_source. Errors of the text itself
 * (an open quote, a lone brace, a NUL byte, a full-width ';' or a no-break space
 * where ASCII was meant, CRLF, BOM) are diagnosed here; the scan goes on.
 * <expand> is asked for each $NAME or ${NAME} where the language expands the
 * environment (HAProxy: within double quotes; keepalived: $WORD); NULL: never.
 */
typedef bool words_expand_fn(void *self, struct span name, struct span *value);
struct words *words_open(struct arena *a, struct diags *d, enum word_language l, struct span text,
                         uint32_t source, words_expand_fn *expand, void *self);
/* A part of a text that was opened before, from <from> to the end of <text>, with the same places; what is
 * wrong with its bytes was said. */
struct words *words_open_part(struct arena *a, struct diags *d, enum word_language l, struct span text,
                              uint32_t source, size_t from, words_expand_fn *expand, void *self);
/* False at the end of the text. The statement lives in the arena. */
bool words_next(struct words *w, struct statement *s);
/* Where the scan is: bytes from the text's beginning. For what is asked while a word is being read. */
uint32_t words_offset(const struct words *w);
