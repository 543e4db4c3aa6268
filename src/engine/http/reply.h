/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that we give ourselves: which page belongs to a status (the scope's
 * replies, error_page, a language's default), its fields and body, redirects.
 * Fills s->answer and s->to_client's body; sending is the stream's.
 */
#pragma once

#include "engine/http/stream.h"
#include "model/reply.h"

/* STEP_REPLY: s->status is what is to be said, s->rules.reply how (NULL: the page of that status). Goes to
 * STEP_LOCAL, or back to STEP_REQUEST for an error page. */
enum stream_step reply_step(struct stream *s);
/* Does the policy look for another page for a server's answer of this status (proxy_intercept_errors)? */
const struct error_page *reply_error_page(const struct stream *s, unsigned status);
