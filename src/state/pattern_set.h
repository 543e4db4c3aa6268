/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns in the form in which they are looked up: made once for one user, then
 * asked by any thread without a lock. Only two things of a row change
 * afterwards: it may die, and its value may be replaced; both are one atomic
 * store. A list that is edited gets a new set (state/pattern_state.h).
 */
#pragma once

#include "base/address.h"
#include "base/buf.h"
#include "model/patterns.h"
#include "model/regex.h"

struct pattern_set;

/* What a row says; freed by who took it out. */
struct pattern_value {
    size_t len;
    char bytes[];
};
/* NULL: no memory. */
struct pattern_value *pattern_value_new(struct span text);

/* Dies on out of memory. */
struct pattern_set *pattern_set_new(const struct pattern_user *u);
/* Everything that is needed is copied. False: <t> is no pattern of that kind; <why> says so. */
MUST_USE bool pattern_set_add(struct pattern_set *s, const struct pattern_text *t, struct buf *why);
/* Behind the last add. */
void pattern_set_finish(struct pattern_set *s);
/* NULL-safe. */
void pattern_set_free(struct pattern_set **s);
uint32_t pattern_set_count(const struct pattern_set *s);
/* Could <t> be added, with a value that suits the user? */
MUST_USE bool pattern_is_good(const struct pattern_user *u, const struct pattern_text *t, struct buf *why);

/*
 * The row for a subject, or NULL: the first, the longest network, the longest
 * beginning. <ip> is the subject when it is an address; else NULL. <match> may be
 * NULL; it gets a regular expression's groups.
 */
struct pattern_row;
const struct pattern_row *pattern_set_find(const struct pattern_set *s, struct span subject,
                                           const struct address *ip, struct regex_match *match);
/* Of two sets' rows for one subject, the better one. Either may be NULL. */
const struct pattern_row *pattern_better(const struct pattern_row *a, const struct pattern_row *b);
/* Borrowed as long as nobody retires it: copy it before the thread's next turn. */
struct span pattern_row_value(const struct pattern_row *r);
struct span pattern_row_key(const struct pattern_row *r);
/* As an operator is shown it: an address with its length. */
void pattern_row_put_key(const struct pattern_row *r, struct buf *out);

/* ---- of who edits ---- */
/* Rows that are found by their text itself: then one dies without a new set. */
bool pattern_set_is_by_text(const struct pattern_set *s);
/* Only then. False: there is none. */
bool pattern_set_kill(struct pattern_set *s, struct span key);
/* Rows of that key get <text>; what they had before goes to <retire>, one by one. False: no memory. */
MUST_USE bool pattern_set_change(struct pattern_set *s, struct span key, struct span text,
                                 void (*retire)(void *to, void *memory), void *to);
