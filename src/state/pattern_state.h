/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators and traffic changed in lists of patterns. A list that nobody
 * touched has no copy here and costs one load and a comparison where it is used.
 * One that was touched is kept as a list of entries, from which each user's
 * *live* sets are made: threads find them through the snapshot without a lock;
 * who edits takes the one lock of all lists, makes new sets and puts the old ones
 * aside until no thread reads them. docs/design/patterns.md says why so.
 *
 * A list belongs to an identity, and keeps its changes over a reload as long as
 * its file says the same. They are in the journal, for the next process.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/patterns.h"
#include "state/pattern_set.h"
#include "state/state.h"

struct pattern_state;
struct snapshot;
struct config;

/* ---- asking: any thread, no lock ---- */
/* What a user of a changed list asks; never changes. */
struct pattern_live {
    const struct pattern_set *base, *delta; /* NULL: none */
};
/* Of a snapshot: by index of users; NULL: what the file says. */
typedef const struct pattern_live *_Atomic pattern_slot;

/* The best row of both, or NULL; as pattern_set_find. */
static inline const struct pattern_row *pattern_live_find(const struct pattern_live *l, struct span subject,
                                                          const struct address *ip, struct regex_match *match)
{
    const struct pattern_row *row = l->base ? pattern_set_find(l->base, subject, ip, match) : NULL;

    if (l->delta == NULL)
        return row;
    return pattern_better(row, pattern_set_find(l->delta, subject, ip, row ? NULL : match));
}

/* ---- editing and showing: any thread, under the lock of all lists ---- */
enum pattern_result {
    PATTERN_DONE,
    PATTERN_NO_KEY,
    PATTERN_BAD,    /* <why> says what is wrong with the key or the value */
    PATTERN_FUTURE, /* a version that nobody prepared */
};
/* The version that is used. */
#define PATTERN_CURRENT UINT32_MAX

/*
 * At the end of the list. All of them or none. <version> PATTERN_CURRENT, or one
 * that was prepared: then nobody sees them before it is committed.
 */
enum pattern_result pattern_add(struct pattern_state *p, uint32_t version, const struct pattern_text *texts,
                                uint32_t count, struct buf *why);
/* All of that key in the current version. */
enum pattern_result pattern_delete(struct pattern_state *p, struct span key);
enum pattern_result pattern_set_value(struct pattern_state *p, struct span key, struct span value,
                                      struct buf *why);
/* The same for one entry, by the number that pattern_each tells. */
enum pattern_result pattern_delete_one(struct pattern_state *p, uint64_t entry);
enum pattern_result pattern_set_one(struct pattern_state *p, uint64_t entry, struct span value,
                                    struct buf *why);
/* Of one thread's point of view: adds <key> when it is not there, else gives it the value. */
enum pattern_result pattern_put(struct pattern_state *p, struct span key, struct span value, struct buf *why);
void pattern_clear(struct pattern_state *p, uint32_t version);
/* The number of a new, empty version. */
uint32_t pattern_prepare(struct pattern_state *p);
/* It replaces the current one and what was prepared before it. False: no such version. */
bool pattern_commit(struct pattern_state *p, uint32_t version);

struct pattern_numbers {
    uint32_t current, next, entries; /* entries of all versions */
};
void pattern_numbers(struct pattern_state *p, struct pattern_numbers *out);
/* <version> as above. Stops when <each> says false. */
void pattern_each(struct pattern_state *p, uint32_t version,
                  bool (*each)(void *to, uint64_t entry, const struct pattern_text *t), void *to);

/* Frees old sets, now and then. */
void patterns_collect(struct state_world *w);
/* Who reads without a lock: a counter of turns for each thread. NULL: nobody any more. */
void patterns_watch(struct state_world *w, const _Atomic uint64_t *const *turns, unsigned threads);
/* False: the journal has no room; what was changed since then is lost with the process. */
bool patterns_are_kept(struct state_world *w);

/* ---- snapshot.c ---- */
void pattern_state_put(struct pattern_state *p);
