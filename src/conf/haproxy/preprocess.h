/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that begin with a dot (.if, .notice ...), and the environment that words are expanded from. */
#pragma once

#include "conf/haproxy/haproxy_internal.h"

/* Whose language this is: for version_atleast(), and the environment. */
#define HAPROXY_VERSION "3.2.0"
#define HAPROXY_BRANCH  "3.2"

/* True when the line was such a one, or stands where `.if` does not hold: then nobody else reads it. */
bool haproxy_preprocess(struct build *b, const struct statement *s);
/* Each file begins with no `.if` open, and must end so. */
void haproxy_preprocess_begin(struct build *b);
void haproxy_preprocess_end(struct build *b);

/* What HAProxy itself puts into the environment of a file. */
void haproxy_environment_begin(struct build *b, const struct span *files, uint32_t count);
/* For the lexer: haproxy_variable and pseudo variables (.FILE .LINE .SECTION). */
bool haproxy_expand(struct build *b, struct span name, struct span *value);
/* Does the condition of an .if hold? False and a diagnostic at <at> when it is none. */
bool haproxy_predicate(struct build *b, struct span text, struct where at);
/* setenv, presetenv, unsetenv, resetenv: words of global. */
extern const struct keyword haproxy_environment_words[];
