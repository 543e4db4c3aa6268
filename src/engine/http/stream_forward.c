/* SPDX-License-Identifier: Apache-2.0 */
/* The answer on its way to the client: a server's, a file, or our own page. */
#include <errno.h>

#include "engine/core/lines.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/http/accel.h"
#include "engine/http/compress.h"
#include "engine/http/internal.h"
#include "engine/http/media.h"
#include "engine/http/slow.h"

/* Everything was sent. */
static enum stream_step forward_done(struct stream *s)
{
    stream_note_end(s, END_DONE);
    s->whole = true;
    if (!s->server_done && s->upstream.conn)
        server_release(s); /* it answered before it had the whole request */
    return s->keep_client && !s->request_in.ended ? STEP_DRAIN : STEP_END;
}

/* The server failed in the middle: the client can only be told by the missing end. */
static COLD enum stream_step answer_cut(struct stream *s, enum flow_state st)
{
    bool late = st == FLOW_WAIT_SOURCE;

    if (late)
        s->error = ETIMEDOUT;
    stream_error_upstream(s, late                    ? ERROR_BODY_TIMEOUT
                             : st == FLOW_SOURCE_BAD ? ERROR_BODY_BAD
                                                     : ERROR_BODY_CLOSED);
    stream_note_end(s, late                    ? END_SERVER_TIMEOUT
                       : st == FLOW_SOURCE_BAD ? END_SERVER_BAD
                                               : END_SERVER_CLOSED);
    if (s->upstream.conn)
        upstream_failed(&s->upstream, FAILURE_BODY);
    return stream_give_up(s, END_SERVER_CLOSED);
}

static COLD enum stream_step client_failed(struct stream *s, enum end_reason reason)
{
    if (reason == END_CLIENT_TIMEOUT && s->rules.client->reset_timed_out)
        s->close_how = 1;
    return stream_give_up(s, reason);
}

/* What is waited for, and whether that took too long. */
static enum stream_step forward_wait(struct stream *s, enum flow_state st)
{
    if (st == FLOW_WAIT_SOURCE || st == FLOW_WAIT_BOTH) {
        if (s->server_expired)
            return answer_cut(s, FLOW_WAIT_SOURCE);
        s->wait_server = s->rules.server->read_timeout;
    }
    if ((st == FLOW_WAIT_SINK || st == FLOW_WAIT_BOTH) && !slow_waits(s)) {
        if (s->client_expired)
            return client_failed(s, END_CLIENT_TIMEOUT);
        s->wait_client = s->rules.client->send_timeout;
    }
    if (st == FLOW_WAIT_SOURCE && s->rules.server->abort_with_client && !s->front->is_there(s))
        return client_failed(s, END_CLIENT_CLOSED);
    return STEP_WAIT;
}

/* The whole answer at once. What the client does not take becomes a flow like any other. */
static enum flow_state forward_direct(struct stream *s)
{
    struct flow *f = &s->to_client;
    struct iovec part = { .iov_base = (void *)(uintptr_t)s->answer_whole.ptr,
                          .iov_len = s->answer_whole.len };
    size_t taken = 0;
    const struct flow_sink *sink = f->sink;
    enum flow_put put = sink->put(s, &part, part.iov_len != 0, true, &taken);

    s->answer_direct = false;
    if (LIKELY(put == PUT_ALL))
        return FLOW_DONE;
    flow_init(f, s, NULL, 0, 0, stream_on_body);
    f->sink = sink;
    f->source_done = f->started = true;
    f->received = part.iov_len;
    f->passed = taken;
    if (put == PUT_ERROR || !body_put_borrowed(&f->body, span_from_index(s->answer_whole, taken)))
        return FLOW_SINK_ERROR;
    return FLOW_WAIT_SINK;
}

static enum stream_step forward_pump(struct stream *s)
{
    enum flow_state st = LIKELY(s->answer_direct)          ? forward_direct(s)
                         : UNLIKELY(s->compressor != NULL) ? compress_pump(s)
                                                           : flow_pump(&s->to_client);

    if (s->to_client.source_done && !s->server_done && s->upstream.conn && s->to_server.sink_done)
        server_finish(s);
    switch (st) {
    case FLOW_DONE:
        return forward_done(s);
    case FLOW_WAIT_SOURCE:
    case FLOW_WAIT_SINK:
    case FLOW_WAIT_BOTH:
    case FLOW_WAIT_FILE:
        return forward_wait(s, st);
    case FLOW_SHARE_USED:
        loop_defer(s->thread->loop, &s->turn);
        return STEP_WAIT;
    case FLOW_SINK_ERROR:
        return client_failed(s, END_CLIENT_CLOSED);
    case FLOW_LOST:
        return stream_give_up(s, END_INTERNAL);
    case FLOW_SOURCE_EOF:
    case FLOW_SOURCE_ERROR:
    case FLOW_SOURCE_BAD:
        break;
    }
    return answer_cut(s, st);
}

/* An error page may say that there is nothing: 204 has no body, whatever was found for it. */
static COLD bool answer_empty(struct stream *s)
{
    (void)message_remove_id(&s->answer, FIELD_CONTENT_TYPE);
    (void)message_remove_id(&s->answer, FIELD_CONTENT_LENGTH);
    s->answer.framing = FRAMING_NONE;
    if (!s->own)
        server_release(s);
    s->own = true;
    s->answer_direct = false;
    flow_fini(&s->to_client);
    flow_init(&s->to_client, s, NULL, 0, 0, stream_on_body);
    s->to_client.source_done = true;
    return body_put_borrowed(&s->to_client.body, SPAN(""));
}

/* Of the servers as far as they were asked by now: fields of answers tell of them too. */
static void show_tries(struct stream *s)
{
    s->facts.try_count = upstream_tries_kept(&s->upstream);
    if (s->facts.try_count && !s->server_done)
        upstream_this_try(&s->upstream)->received = s->back_in;
}

/* HAProxy's rules for every answer see the fields of our own ones too. */
static enum rules_result run_reply(struct stream *s)
{
    bool own = s->facts.response == NULL && s->rules.scope->language == LANGUAGE_HAPROXY;

    if (own)
        s->facts.response = &s->answer;
    enum rules_result r = rules_run(&s->rules, HOOK_REPLY);
    if (own)
        s->facts.response = NULL;
    return r;
}

/* The last edits, then the head. */
static enum stream_step forward_begin(struct stream *s)
{
    if (s->status_kept) { /* an error page says what went wrong, whoever gives its content */
        s->status = s->answer.status = s->status_kept;
        s->answer.reason = status_reason(s->status);
        if (s->status == 204 && !answer_empty(s))
            return stream_give_up(s, END_INTERNAL);
    }
    s->facts.sent = s->rules.answer = &s->answer;
    s->facts.status = s->status;
    if (UNLIKELY(s->carried_count) && !accel_add_carried(s))
        return stream_give_up(s, END_INTERNAL);
    if (UNLIKELY(s->challenge.ptr) && s->status == 401 &&
        !message_add(&s->answer, SPAN("WWW-Authenticate"), s->challenge))
        return stream_give_up(s, END_INTERNAL);
    if (UNLIKELY(s->rules.scope->charset.len || s->charset.ptr) && !media_charset(s))
        return stream_give_up(s, END_INTERNAL);
    if (s->rules.scope->on[HOOK_REPLY].count || s->rules.entry->on[HOOK_REPLY].count) {
        show_tries(s);
        if (run_reply(s) == RULES_FAILED)
            return stream_give_up(s, END_INTERNAL);
    }
    s->status = s->facts.status = s->answer.status;
    if (UNLIKELY(s->rules.compression != NULL) && !compress_begin(s))
        return stream_give_up(s, END_INTERNAL);
    if (!s->front->begin(s))
        return stream_give_up(s, END_INTERNAL);
    s->head_ready = true;
    s->client_sink = UNLIKELY(slow_begin(s)) ? &slow_sink : s->front->sink;
    s->to_client.sink = LIKELY(s->compressor == NULL) ? s->client_sink : &compress_sink;
    return STEP_FORWARD;
}

enum stream_step step_forward(struct stream *s)
{
    if (!s->head_ready && forward_begin(s) != STEP_FORWARD)
        return STEP_END;
    enum stream_step next = forward_pump(s);
    if (UNLIKELY(lines_are_wanted_early(&s->rules)) && !s->logged_early)
        stream_log_early(s);
    if (next != STEP_WAIT || s->own || s->server_done)
        return next;
    /* An early answer: the server may still want the rest of the request. */
    next = server_send(s);
    return next == STEP_REPLY ? stream_give_up(s, END_CLIENT_CLOSED) : next;
}
