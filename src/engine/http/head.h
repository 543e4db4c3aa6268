/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heads that we send: the one request or answer as edited, minus what is
 * hop-by-hop, plus framing, persistence and what the proxy action sets. Written
 * into the thread's head room; computed anew for each try. Pure but for reading
 * the stream.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct stream;

/* The request for the server of this try; empty: it does not fit. Sets the framing of s->request_out. */
struct span head_of_request(struct stream *s);
/* What stands in its request line, for logs. In the stream's scratch. */
struct span head_target(struct stream *s);
/* The answer for the client. Sets the framing of s->answer_out and s->keep_client. */
struct span head_of_answer(struct stream *s);
