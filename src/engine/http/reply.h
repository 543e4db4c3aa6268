/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that we give ourselves: which page belongs to a status (the scope's
 * replies, error_page, a language's default), its fields and body, redirects.
 * Fills s->answer and s->to_client's body (STEP_REPLY); sending is the stream's.
 */
#pragma once

#include "engine/http/stream.h"
#include "model/reply.h"

/* Is there another page for this status (error_page)? NULL: no, or one was looked for already. */
const struct error_page *reply_error_page(const struct stream *s, unsigned status);
