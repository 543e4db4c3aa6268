/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access log's lines of a stream, of a TCP session, and of a connection that
 * failed before either: which rules write one, and each computed straight into
 * the thread's ring. The only place that does. One thread.
 */
#pragma once

#include <stdbool.h>

#include "base/span.h"

struct expr;
struct lease;
struct rules;
struct session;
struct thread;

/* Rules with <early>, the others, or all. */
enum lines_when { LINES_EARLY, LINES_LATE, LINES_ALL };

struct lines_about {
    bool failed; /* an error: log-separate-errors raises its level, dontlog-normal writes only these */
    bool quiet;  /* nothing happened on the connection (dontlognull) */
    const struct expr *instead; /* of what the rules say; NULL: that */
};

/* Somebody reads lines of this route, now or early. */
bool lines_are_wanted(const struct rules *rules);
bool lines_are_wanted_early(const struct rules *rules);
/* The facts are complete as far as the moment allows. */
void lines_write(struct thread *t, const struct lease *l, const struct rules *rules, enum lines_when when,
                 const struct lines_about *about);
/* A connection that failed before anything was spoken on it: <why> as the language says it. */
void lines_failed(struct session *s, const struct lease *l, struct span why, bool quiet);
