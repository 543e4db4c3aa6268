/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A regular expression, compiled by PCRE2 (with JIT) when the model is built;
 * shared by all threads, matched with each thread's own match data.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

struct regex;

#define REGEX_CAPTURES 16
struct regex_match {
    struct span part[REGEX_CAPTURES]; /* [0] all of it; ptr NULL when a group took no part */
    uint8_t count;
};

/* NULL on a pattern that does not compile: <why> gets the sentence, <at> the offset in the pattern. */
struct regex *regex_compile(struct arena *a, struct span pattern, bool nocase, struct buf *why, size_t *at);
/* Frees what PCRE2 holds outside the arena; the model's end calls it for all. */
void regex_release(struct regex *r);
/* Any thread. <match> may be NULL. A match that hits PCRE2's limits counts as none. */
bool regex_matches(const struct regex *r, struct span subject, struct regex_match *match);
struct span regex_source(const struct regex *r);
unsigned regex_groups(const struct regex *r);
/* Index of a named group, or -1; and the <i>-th name (empty span past the end). */
int regex_named(const struct regex *r, struct span name);
struct span regex_name_at(const struct regex *r, unsigned i, unsigned *group);
