/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of http share; nobody outside may include it. Read stream.c first. */
#pragma once

#include "engine/core/error_log.h"
#include "engine/http/front.h"
#include "engine/http/stream.h"

typedef enum stream_step step_fn(struct stream *s);

/* stream_request.c */
step_fn step_request, step_body, step_pause, step_tarpit, step_drain;
/* The request's body as it stands behind the head: framing, what came with it. */
void request_body_begin(struct stream *s, uint32_t memory_max, uint64_t file_max);
/* It is read until its end: <then>; or STEP_WAIT, or a failure's step. */
enum stream_step request_body_collect(struct stream *s, enum stream_step then);
/* Is its body larger than the policy allows, as far as can be told by now? */
bool request_is_too_large(const struct stream *s);
enum stream_step request_refuse_large(struct stream *s);
/* capture.c: a head that is not HTTP, as it lies in the buffer */
void stream_capture_request(struct stream *s);
void stream_capture_answer(struct stream *s);
/* auth.c */
step_fn step_auth;
/* stream_server.c */
step_fn step_pick, step_connect, step_send, step_response;
/* stream_forward.c */
step_fn step_forward;
/* upgrade.c */
step_fn step_tunnel;
void tunnel_cancel(struct stream *s);
struct stream *tunnel_stream(const struct tunnel *t);
/* Ends the hold on the server, whatever its state. */
void server_release(struct stream *s);
/* The whole answer was read, the whole request sent: the connection is kept if it may be. */
void server_finish(struct stream *s);
/* Moves the request on. STEP_WAIT: all is well, whether there is more or not. */
enum stream_step server_send(struct stream *s);
/* A body has room or bytes again. */
void stream_on_body(struct body *b);
/* reply.c */
step_fn step_reply;
/* files.c */
step_fn step_files;
/* stream_status.c */
step_fn step_status;
void status_fini(struct stream *s);
/* A limit was met: for the error log. */
/* The rest of its head is waited for, or not any more: for those who count. */
void stream_head_waits(struct stream *s, bool waits);
void stream_on_limit(struct rules *r, const struct rules_limit *l);
/* stream_end.c */
void stream_log(struct stream *s);
/* The lines that do not wait for the end (logasap). */
void stream_log_early(struct stream *s);
/* stream_facts.c */
void stream_facts_begin(struct stream *s);
/* The head was read. false: the path is none (400). */
MUST_USE bool stream_facts_request(struct stream *s);
void stream_facts_end(struct stream *s);
/* Another content takes the place of the server's answer, whose head can still be read. false: no memory. */
MUST_USE bool stream_keep_response(struct stream *s);
/* What the error log says of the stream, for the caller to add to; and the line itself. */
struct error_about stream_about(struct stream *s);
void stream_describe(void *stream, struct error_about *about); /* about->describe of it */
void stream_error(struct stream *s, enum error_event event, struct error_about *about);
/* About the server that was asked last. */
void stream_error_upstream(struct stream *s, enum error_event event);

/* The rules' answer, whatever they ended with, as a step. */
enum stream_step step_of_rules(struct stream *s, enum rules_result r);
