/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One kind of keyword table for all dialects, and one walker that checks
 * context, arity, duplicates and support before any handler runs. Tables are
 * static const and listed by name; the last column is the manual.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "conf/common/words.h"
#include "conf/common/world.h"
#include "model/config.h"

enum keyword_support {
    KEYWORD_SERVED,  /* does what the manual says */
    KEYWORD_TUNING,  /* tunes the inside of the real program only: accepted with a note */
    KEYWORD_OLD,     /* served, with a warning that gives today's words (.today) */
    KEYWORD_REFUSED, /* known, and refused by name with a reason (.today holds it) */
};

#define ARGS_ANY 255

struct build; /* the dialect's own: config, current block, ... */
struct keyword;
typedef void keyword_fn(struct build *b, const struct keyword *k, const struct statement *s);

struct keyword {
    const char *name;
    uint32_t in;      /* contexts, bits of the dialect's own enum */
    uint8_t min, max; /* arguments, without the keyword; ARGS_ANY: no limit */
    enum keyword_support support;
    bool block; /* must be followed by "{" ... "}" */
    bool block_optional;
    bool once;          /* a second one in the same block is an error */
    keyword_fn *handle; /* NULL for TUNING and REFUSED */
    uint32_t offset;    /* for simple handlers (keyword_store_*): where in b's target it goes */
    int64_t low, high;  /* for simple handlers: limits, or what the dialect says */
    const char *today;  /* OLD: what to write today; REFUSED: why */
    const char *manual; /* one line */
};

struct keyword_table {                  /* several lists make one language */
    const struct keyword *const *lists; /* NULL-terminated; each list ends with a NULL name */
    const char *const *context_names;   /* of each context bit, for "not allowed here"; NULL-terminated */
    /* Words of the other languages, for hints: pairs of "HAProxy:option httpchk" and our "health_check";
     * NULL-terminated. */
    const char *const *synonyms;
    enum language language;
};

/*
 * Finds the row for s->words[0] in <context> (one bit), checks it, diagnoses
 * what is wrong, or calls the handler. False when nothing was called. <seen> is
 * the block's own memory of which once-keywords it had (zeroed struct).
 */
struct keyword_seen_item {
    const struct keyword *row;
    struct where at;
};
struct keyword_seen {
    LIST_OF(struct keyword_seen_item) items;
};
bool keyword_walk(const struct keyword_table *t, struct build *b, struct arena *a, struct diags *d,
                  uint32_t context, struct keyword_seen *seen, const struct statement *s);
/* The first row of that name in one of <context>'s contexts; NULL when there is none. */
const struct keyword *keyword_find(const struct keyword_table *t, uint32_t context, struct span name);
const char *keyword_language_name(enum language l); /* "nginx", "HAProxy", "keepalived" */
const char *keyword_context_name(const struct keyword_table *t, uint32_t context);
/* "http, server, location" */
struct span keyword_contexts(const struct keyword_table *t, struct arena *a, uint32_t contexts);
/* docs/manual/<language>.md: every row, by context; used by `make docs` and the stale check. */
void keyword_manual(const struct keyword_table *t, struct buf *out);
