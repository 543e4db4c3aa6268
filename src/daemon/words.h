/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How we speak under each name: keel's own sentences, or the first lines that
 * scripts know from nginx, haproxy and keepalived. Only text; nothing here
 * decides anything.
 */
#pragma once

#include "base/buf.h"
#include "base/diag.h"
#include "daemon/manifest.h"
#include "daemon/plan.h"
#include "os/socket.h"

enum diag_shape words_shape(enum language called_as);
/* From LC_ALL, LC_MESSAGES, LANG. */
const char *words_language(void); /* "en", "zh" */
/* The last line of a check or of a start that failed. <listens>: there is a listener. */
void words_verdict(struct buf *out, const struct plan *p, const struct diags *d, bool ok, bool listens);

/* A message of the parent to stderr, in the shape of that name, with its pid. */
enum words_level { WORDS_NOTICE, WORDS_WARNING, WORDS_ERROR };
void words_say(enum language called_as, enum words_level level, const char *format, ...) PRINTF_LIKE(3, 4);
/* A listening socket that could not be had: thing, place, remedy. */
void words_bind_failed(enum language called_as, const struct manifest_listener *l,
                       const struct socket_failure *why);
