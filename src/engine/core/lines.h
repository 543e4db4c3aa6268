/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access log's lines of a stream or a TCP session: which rules write one,
 * and each computed straight into the thread's ring. One thread.
 */
#pragma once

#include <stdbool.h>

#include "base/span.h"

struct lease;
struct rules;
struct scope;
struct session;
struct thread;

enum lines_when { LINES_EARLY, LINES_AT_END }; /* rules with on_accept, and the others */

struct lines_about {
    bool failed; /* an error: log-separate-errors raises its level, dontlog-normal writes only these */
    bool quiet;  /* nothing happened on the connection (dontlognull) */
};

/*
 * Writes the lines of <rules>' log scope. <early_done>: those with on_accept were
 * written before. <facts> is complete as far as the moment allows.
 */
void lines_write(struct thread *t, const struct lease *l, const struct rules *rules, enum lines_when when,
                 const struct lines_about *about);
/* A connection that failed before anything was spoken on it: <why> as the language says it. */
void lines_failed(struct session *s, const struct lease *l, struct span why, bool quiet);
