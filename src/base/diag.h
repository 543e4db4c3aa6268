/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What we tell an operator about their files: every error and warning of every
 * file, collected, then shown in one go. A diagnostic is a kind (a code with
 * its sentence in English and Chinese) and arguments; sentences live in tables
 * beside the code that raises them, so that terminal, log, page and command can
 * each say it in their own words.
 *
 * Arguments are spans, {0} to {5} in the sentence; they are copied.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* A place in a text that was read: which source, the first byte, how many. */
struct where {
    uint32_t source; /* index + 1 into the sources; 0 = no place */
    uint32_t offset;
    uint32_t length;
};
#define WHERE_NONE ((struct where){ 0, 0, 0 })

struct diag_kind {
    const char *code; /* "K0101"; unique in the program, listed in the manual */
    enum severity severity;
    const char *en;
    const char *zh;
    /* What the real program says, for the first line under its name; NULL: <en>. Without place or level. */
    const char *nginx;
    const char *haproxy;
    const char *keepalived;
    const char *more; /* `keel check --explain CODE`: a paragraph; NULL when the sentence says all */
};

#define DIAG_ARGS 6
struct diag_label { /* a secondary place with its own few words */
    struct where where;
    struct span text;
};
struct diag {
    const struct diag_kind *kind;
    struct where where;
    struct span args[DIAG_ARGS];
    struct span label; /* words under the caret; may be empty */
    struct {
        struct diag_label *items;
        uint32_t count, room;
    } others;
    struct span help;   /* what to write instead; may hold several lines; may be empty */
    uint32_t repeated;  /* alike ones (same kind, arguments and source) that were folded into this one */
    struct diag *alike; /* the first of them; each holds the next */
};

/* The texts that were read, so that a place can be shown. Their bytes are borrowed. */
struct source {
    struct span name; /* as the operator wrote it */
    struct span text;
};

struct diags; /* owns its arena; one thread */

struct diags *diags_new(void);
void diags_free(struct diags **d);
/* "zh", "zh_CN.UTF-8": Chinese sentences; anything else, and NULL: English. */
void diags_set_language(struct diags *d, const char *language);
/* Returns the index + 1 for struct where. <name> is copied; <text> must outlive <d>. */
uint32_t diags_add_source(struct diags *d, struct span name, struct span text);
/* The sources in the order they were added. */
uint32_t diags_source_count(const struct diags *d);
const struct source *diags_source_at(const struct diags *d, uint32_t i);

/*
 * Records a diagnostic; never NULL. <args> ends with a span whose ptr is NULL:
 *     diag_add(d, &unknown_word, where, DIAG_TEXT(word, block));
 */
struct diag *diag_add(struct diags *d, const struct diag_kind *kind, struct where where,
                      const struct span *args);
#define DIAG_TEXT(...) ((const struct span[]){ __VA_ARGS__, { NULL, 0 } })
#define DIAG_NO_TEXT   ((const struct span[]){ { NULL, 0 } })
/* All three return <at> so that calls can be chained. */
struct diag *diag_label(struct diags *d, struct diag *at, const char *format, ...) PRINTF_LIKE(3, 4);
struct diag *diag_also(struct diags *d, struct diag *at, struct where where, const char *format, ...)
    PRINTF_LIKE(4, 5);
struct diag *diag_help(struct diags *d, struct diag *at, const char *format, ...) PRINTF_LIKE(3, 4);

/* Alike ones count once, and diags_at does not give the folded ones. */
unsigned diags_count(const struct diags *d, enum severity s);
uint32_t diags_total(const struct diags *d);
const struct diag *diags_at(const struct diags *d, uint32_t i);
bool diags_place(const struct diags *d, struct where w, struct span *name, uint32_t *line,
                 uint32_t *column); /* column in display cells, from 1 */
/*
 * The sentence with its arguments filled in; bytes that a terminal must not
 * get are shown as \xNN. <language> as in diags_set_language.
 */
void diag_sentence(struct buf *out, const struct diag *d, const char *language);

/*
 * Show. DIAG_SHOW_PICTURE is clarity's shape (error[K0101]: ... with caret); the
 * peers' shapes print that program's own line first, and the picture only when
 * <terminal>. Sorted by file and place; at most 50 a file, errors first, then
 * "and N more" (JSON has all). The caller ends with its own sentence, for which
 * diags_put_counts gives the middle.
 */
enum diag_shape {
    DIAG_SHOW_PICTURE,
    DIAG_SHOW_SHORT, /* file:line:column: error[K0101]: sentence */
    DIAG_SHOW_JSON,
    DIAG_SHOW_NGINX,      /* nginx: [emerg] sentence in file:line */
    DIAG_SHOW_HAPROXY,    /* [ALERT]    (pid) : config : parsing [file:line] : sentence */
    DIAG_SHOW_KEEPALIVED, /* (file: Line n) sentence */
};
/* Only what is at least <s> is shown (but JSON shows all): a peer's name says nothing of mere notes. */
void diags_set_least(struct diags *d, enum severity s);
void diags_show(const struct diags *d, struct buf *out, enum diag_shape shape, bool terminal);
/* "1 error, 5 warnings, 2 notes in 3 files", in the language of <d>. */
void diags_put_counts(const struct diags *d, struct buf *out);

/*
 * The nearest of <words> (NULL-terminated array) for "did you mean", by edit
 * distance (insert, drop, change, swap neighbours) at most a third of the word
 * and one, ASCII case aside; the first of equals. NULL when none is near.
 */
const char *diag_nearest(struct span word, const char *const *words);
