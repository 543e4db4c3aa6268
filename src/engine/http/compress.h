/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compression of answers: a filter between the flow of an answer and the
 * client's front. compress_begin decides, by the answer's head, and edits it; a
 * stream without a compressor never comes here again. The memory of a compressor
 * is zlib's and one chunk; a thread keeps some of those that are done, and has a
 * limit of those at work, beyond which answers go as they are. One thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/http/flow.h"

struct compressor;
struct compressors; /* a thread's */
struct stream;
struct thread;

extern const struct flow_sink compress_sink; /* instead of the front's */

/* The head of the answer is as it shall be: is it to be compressed? Then s->compressor is set, and the answer
 * is a flow. false: an edit found no room. */
MUST_USE bool compress_begin(struct stream *s);
/* As flow_pump, with what is held back by the compressor. */
enum flow_state compress_pump(struct stream *s);
/* Bytes before to bytes after, so far; ptr NULL: none were. In the stream's scratch. */
struct span compress_ratio(struct stream *s);
/* NULL-safe. */
void compress_end(struct stream *s);
/* Ends a thread's. */
void compressors_free(struct thread *t);
