/* SPDX-License-Identifier: Apache-2.0 */
/* The server's steps: choosing and connecting, sending, reading the answer's head; and trying again. */
#include <errno.h>

#include "base/bytes.h"
#include "engine/core/cookie.h"
#include "engine/core/follow.h"
#include "engine/core/lease.h"
#include "engine/core/session.h"
#include "engine/core/sticky.h"
#include "engine/core/thread.h"
#include "engine/http/accel.h"
#include "engine/http/back_h1.h"
#include "engine/http/cookies.h"
#include "engine/http/internal.h"
#include "engine/http/location.h"
#include "engine/http/reply.h"
#include "engine/http/target.h"

/* --- the hold on a server --- */
/* The try is over, however: what it moved is noted for the log. */
static void server_note_try(struct stream *s)
{
    struct upstream *u = &s->upstream;

    if (u->tries == 0 || s->server_done)
        return;
    struct try_facts *try = upstream_this_try(u);
    if (UNLIKELY(s->rules.logs->logs_source) && u->conn)
        s->source_known = conn_local_address(&u->conn->conn, &s->server_source);
    try->sent = s->request_out.written;
    try->received = s->back_in;
    try->body = s->back_head ? s->back_in - s->back_head : 0;
    try->ended = thread_now(s->thread);
}

void server_release(struct stream *s)
{
    server_note_try(s);
    upstream_cancel(&s->upstream);
    s->server_done = true;
}

void server_finish(struct stream *s)
{
    server_note_try(s);
    if (UNLIKELY(s->back_garbage))
        stream_error_upstream(s, ERROR_BODY_EXCESS);
    upstream_done(&s->upstream, back_h1_is_reusable(s) && s->to_server.sink_done);
    s->server_done = true;
}

/* --- choosing, connecting --- */
static enum stream_step server_begin(struct stream *s)
{
    s->times.picked = s->upstream.picked;
    s->times.connected = s->upstream.connected;
    s->times.answer = (instant){ 0 };
    s->facts.server = s->upstream.server;
    if (!back_h1_begin(s))
        return stream_refuse(s, 500, END_INTERNAL);
    return STEP_SEND;
}

static enum stream_step server_result(struct stream *s, enum upstream_result r)
{
    struct upstream *u = &s->upstream;

    switch (r) {
    case UPSTREAM_READY:
        return server_begin(s);
    case UPSTREAM_WAIT:
        return STEP_CONNECT;
    case UPSTREAM_FAILED:
        break;
    }
    s->facts.server = upstream_named(u);
    s->times.picked = u->picked;
    if (s->end.reason == END_REASONS)
        s->end = u->end;
    return stream_refuse(s, u->status, END_NO_SERVER);
}

static void stream_on_upstream(struct upstream *u, enum upstream_result r)
{
    struct stream *s = CONTAINER_OF(u, struct stream, upstream);

    s->connect_result = (uint8_t)r;
    stream_run(s);
}

static void target_apply(struct stream *s)
{
    const struct target *t = s->target;
    struct upstream *u = &s->upstream;

    u->plain = !t->secure;
    if (t->pool) {
        u->pool = t->pool;
        return;
    }
    u->found = t->addresses;
    u->found_count = t->count;
}

static bool client_is_gone(const struct stream *s)
{
    return s->rules.server->abort_with_client && !s->front->is_there(s);
}

static COLD enum stream_step target_wait(struct stream *s)
{
    if (!client_is_gone(s))
        return STEP_WAIT;
    target_cancel(s);
    s->status = 499;
    return stream_give_up(s, END_CLIENT_CLOSED);
}

enum stream_step step_pick(struct stream *s)
{
    struct upstream *u = &s->upstream;
    uint32_t tried = u->tried_count; /* before an internal redirect: the log shows them too */

    if (s->target) {
        enum target_state st = target_find(s);
        if (st != TARGET_READY)
            return st == TARGET_WAIT ? target_wait(s) : stream_refuse(s, 502, END_NO_SERVER);
    }
    if (s->rules.entry->captured_cookie)
        s->captured_cookie[0] =
            cookie_captured(&s->scratch, s->rules.entry->captured_cookie, &s->request, false);
    if (s->rules.scope->on[HOOK_PICK].count) {
        enum rules_result r = rules_run(&s->rules, HOOK_PICK);
        if (r != RULES_DONE)
            return step_of_rules(s, r);
    }
    if (u->started.us) /* else it is as a new stream's */
        bytes_clear(u, offsetof(struct upstream, tried));
    u->thread = s->thread;
    u->lease = s->lease;
    u->session = s->session;
    u->tried_count = tried;
    u->pool = s->proxy->pool;
    if (s->target)
        target_apply(s);
    u->policy = s->rules.server;
    u->wanted = s->rules.wanted;
    u->wanted_down = s->rules.wanted_down;
    u->wanted_only = u->wanted && s->rules.wanted_always;
    u->facts = &s->facts;
    u->error_logs = s->rules.error_logs;
    u->on_result = stream_on_upstream;
    u->describe = stream_describe;
    u->of = s;
    u->careful = !stream_is_idempotent(s);
    s->live.upstream = u;
    s->server_done = false;
    s->facts.pool = u->pool;
    s->facts.tries = u->tried;
    return server_result(s, upstream_start(u));
}

enum stream_step step_connect(struct stream *s)
{
    enum upstream_result r = (enum upstream_result)s->connect_result;

    if (r == UPSTREAM_WAIT && client_is_gone(s)) {
        s->status = 499;
        return stream_give_up(s, END_CLIENT_CLOSED);
    }
    if (r == UPSTREAM_WAIT)
        return STEP_WAIT;
    s->connect_result = UPSTREAM_WAIT;
    return server_result(s, r);
}

/* --- trying again --- */
static bool request_is_replayable(const struct stream *s)
{
    return !s->rules.retry_off && (s->to_server.body.keep || s->to_server.passed == 0);
}

static enum error_event event_of(const struct stream *s, enum upstream_failure f)
{
    if (f == FAILURE_TIMEOUT)
        return s->to_server.sink_done ? ERROR_ANSWER_TIMEOUT : ERROR_SEND_TIMEOUT;
    return f == FAILURE_GARBAGE ? ERROR_ANSWER_BAD : ERROR_ANSWER_CLOSED;
}

static COLD enum stream_step server_failed_as(struct stream *s, enum upstream_failure f,
                                              enum error_event event)
{
    struct upstream *u = &s->upstream;

    if (f == FAILURE_TIMEOUT)
        s->error = ETIMEDOUT;
    if (f != FAILURE_STALE && f != FAILURE_STATUS && f != FAILURE_DECLINED)
        stream_error_upstream(s, event);
    server_note_try(s);
    u->error = s->error;
    enum upstream_result r = upstream_retry(u, f, request_is_replayable(s), stream_is_idempotent(s));
    if (r == UPSTREAM_FAILED) {
        u->end.h1 = (uint8_t)s->back_scan.error;
        return server_result(s, r);
    }
    flow_again(&s->to_server);
    (void)body_rewind(&s->to_server.body);
    return server_result(s, r);
}

static enum stream_step server_failed_with(struct stream *s, enum upstream_failure f)
{
    return server_failed_as(s, f, event_of(s, f));
}

/* --- sending --- */
/* The request's body failed on the client's side. */
static COLD enum stream_step request_failed(struct stream *s, enum flow_state st)
{
    if (st == FLOW_SOURCE_BAD)
        return stream_refuse(s, 400, END_REQUEST_BAD);
    if (st == FLOW_LOST)
        return stream_refuse(s, 500, END_INTERNAL);
    s->status = 400;
    return stream_give_up(s, END_CLIENT_CLOSED);
}

/* It takes no more of the request. It may have answered before it closed: reading tells. */
static COLD void request_is_cut(struct stream *s)
{
    s->request_cut = true;
    s->upstream.conn->conn.can_read = true;
}

/* A request without a body is its head. */
static enum stream_step server_send_head(struct stream *s)
{
    size_t taken;

    switch (back_h1_sink.put(s, NULL, 0, true, &taken)) {
    case PUT_ALL:
        s->to_server.sink_done = true;
        break;
    case PUT_PART:
        s->wait_server = s->rules.server->send_timeout;
        break;
    case PUT_ERROR:
        request_is_cut(s);
        break;
    }
    return STEP_WAIT;
}

static __attribute__((noinline)) enum stream_step server_send_body(struct stream *s)
{
    struct flow *f = &s->to_server;
    enum flow_state st = flow_pump(f);
    if (request_is_too_large(s))
        return request_refuse_large(s);
    switch (st) {
    case FLOW_DONE:
    case FLOW_WAIT_FILE:
        break;
    case FLOW_WAIT_SOURCE:
        s->wait_client = s->rules.client->body_timeout;
        break;
    case FLOW_WAIT_SINK:
    case FLOW_WAIT_BOTH:
        s->wait_server = s->rules.server->send_timeout;
        break;
    case FLOW_SHARE_USED:
        loop_defer(s->thread->loop, &s->turn);
        break;
    case FLOW_SINK_ERROR:
        request_is_cut(s);
        break;
    case FLOW_SOURCE_EOF:
    case FLOW_SOURCE_ERROR:
    case FLOW_SOURCE_BAD:
    case FLOW_LOST:
        return request_failed(s, st);
    }
    return STEP_WAIT;
}

/* Moves the request on. STEP_WAIT: all is well, whether there is more or not. */
enum stream_step server_send(struct stream *s)
{
    if (s->to_server.sink_done || s->request_cut)
        return STEP_WAIT;
    return LIKELY(s->body_none) ? server_send_head(s) : server_send_body(s);
}

/* Nothing has come yet. */
static enum stream_step server_is_silent(struct stream *s)
{
    if (s->request_cut)
        return server_failed_with(s, s->upstream.reused && s->back_in == 0 ? FAILURE_STALE : FAILURE_CLOSED);
    if (s->server_expired)
        return server_failed_with(s, FAILURE_TIMEOUT);
    if (s->client_expired && !duration_is_none(s->wait_client))
        return stream_refuse(s, 408, END_CLIENT_TIMEOUT);
    if (duration_is_none(s->wait_server) && duration_is_none(s->wait_client))
        s->wait_server = s->rules.server->read_timeout;
    return STEP_WAIT;
}

enum stream_step step_send(struct stream *s)
{
    if (client_is_gone(s)) {
        s->status = 499;
        return stream_give_up(s, END_CLIENT_CLOSED);
    }
    enum stream_step next = server_send(s);
    if (next != STEP_WAIT)
        return next;
    switch (back_h1_read_head(s)) {
    case BACK_MORE:
        return server_is_silent(s);
    case BACK_HEAD:
        return STEP_RESPONSE;
    case BACK_SWITCH:
        s->upgraded = true;
        return STEP_RESPONSE;
    case BACK_STALE:
        return server_failed_with(s, FAILURE_STALE);
    case BACK_CLOSED:
        return server_failed_with(s, FAILURE_CLOSED);
    case BACK_GARBAGE:
        return server_failed_with(s, FAILURE_GARBAGE);
    case BACK_CLIENT_GONE:
        break;
    }
    return stream_give_up(s, END_CLIENT_CLOSED);
}

/* --- the answer's head --- */
static __attribute__((noinline)) bool status_is_retried(const struct stream *s)
{
    const struct server_policy *p = s->rules.server;

    for (uint32_t i = 0; i < p->retry_statuses.count; i++)
        if (p->retry_statuses.items[i] == s->answer.status)
            return upstream_may_retry(&s->upstream, FAILURE_STATUS, request_is_replayable(s),
                                      stream_is_idempotent(s));
    return false;
}

static inline bool status_is_tried_elsewhere(const struct stream *s)
{
    return UNLIKELY(s->rules.server->retry_on & RETRY_STATUS) && status_is_retried(s);
}

/* Whoever says so works (ngx_http_proxy_module: proxy_next_upstream). */
static bool status_is_harmless(unsigned status)
{
    return status == 403 || status == 404;
}

/* For the log, whatever becomes of it. */
static void server_note_status(struct stream *s)
{
    struct try_facts *try = upstream_this_try(&s->upstream);

    try->status = s->answer.status;
    try->header = thread_now(s->thread);
}

static void server_answered_well(struct stream *s)
{
    struct upstream *u = &s->upstream;
    instant now = thread_now(s->thread);

    s->times.answer = now;
    upstream_answered_status(u, s->answer.status, instant_us_between(u->connected, now));
}

/* The whole body came behind the head: it needs no flow, unless the client is slow to take it. */
static bool answer_is_here(struct stream *s)
{
    size_t came = s->back_len - s->back_at;

    if (s->answer.framing != FRAMING_LENGTH || s->answer.body_length > came || came == 0)
        return s->answer.framing == FRAMING_NONE && came == 0;
    s->answer_whole = span_of(s->back + s->back_at, (size_t)s->answer.body_length);
    s->back_at += (uint32_t)s->answer.body_length;
    s->back_garbage = s->back_at != s->back_len;
    s->answer_in.left = 0;
    s->answer_in.ended = true;
    return true;
}

/* What came of it behind the head, and what is still to come. */
static __attribute__((noinline)) bool answer_flow_begin(struct stream *s)
{
    const struct server_policy *p = s->rules.server;
    struct flow *f = &s->to_client;
    struct iovec parts[FLOW_PARTS];
    unsigned count;
    size_t used;

    bool ahead = s->buffer_wanted == BUFFER_AS_POLICY ? p->buffer_response : s->buffer_wanted == BUFFER_ON;
    flow_init(f, s, &back_h1_source, ahead ? p->response_memory : 65536, ahead ? p->response_file_max : 0,
              stream_on_body);
    f->buffer = ahead;
    f->may_splice = true;
    enum h1_result r = h1_in_cut_all(&s->answer_in, s->back + s->back_at, s->back_len - s->back_at, &used,
                                     parts, FLOW_PARTS, &count);
    struct span payload = h1_parts_join(parts, count);
    s->back_at += (uint32_t)used;
    s->back_garbage = r == H1_DONE && s->back_at != s->back_len;
    f->received = payload.len;
    f->source_done = r == H1_DONE;
    return r != H1_BAD && body_put_borrowed(&f->body, payload);
}

static bool answer_body_begin(struct stream *s)
{
    h1_in_init(&s->answer_in, s->answer.framing, s->answer.body_length);
    if (s->rules.server->pass_trailers && !s->rules.client->drop_trailers)
        s->answer_in.keep = &s->scratch;
    s->answer_direct = answer_is_here(s);
    s->to_client.source_done = s->answer_direct;
    return s->answer_direct || answer_flow_begin(s);
}

/* An error page comes instead, which may look at what it replaces. */
static COLD enum stream_step answer_replaced(struct stream *s)
{
    unsigned status = s->answer.status;

    return stream_refuse(s, stream_keep_response(s) ? status : 500, END_DONE);
}

/* Does it tell of itself what only some answers have? Refresh is an unknown field. */
static inline bool answer_tells_of_server(const struct stream *s)
{
    const uint16_t *first = s->answer.first;

    return first[FIELD_LOCATION] || first[FIELD_OTHER] || first[FIELD_SET_COOKIE];
}

/* What a server tells of itself is told as if it came from us. false: no memory, or no valid field. */
static __attribute__((noinline)) bool answer_is_mapped(struct stream *s)
{
    const uint16_t *first = s->answer.first;

    if ((first[FIELD_LOCATION] || first[FIELD_OTHER]) && !location_rewrite(s))
        return false;
    return first[FIELD_SET_COOKIE] == 0 || cookies_rewrite(s);
}

enum stream_step step_response(struct stream *s)
{
    const struct upstream *u = &s->upstream;
    enum stream_step next;

    server_note_status(s);
    if (status_is_tried_elsewhere(s))
        return server_failed_with(s,
                                  status_is_harmless(s->answer.status) ? FAILURE_DECLINED : FAILURE_STATUS);
    server_answered_well(s);
    follow_status(&s->facts, s->answer.status);
    if (s->rules.stores)
        follow_store(&s->rules, u->server);
    s->facts.response = s->rules.answer = &s->answer;
    if (s->rules.entry->captured_cookie)
        s->captured_cookie[1] =
            cookie_captured(&s->scratch, s->rules.entry->captured_cookie, &s->answer, true);
    s->facts.status = s->answer.status;
    if (answer_tells_of_server(s) && !answer_is_mapped(s))
        return stream_refuse(s, 500, END_INTERNAL);
    if (s->rules.scope->on[HOOK_RESPONSE].count || s->rules.entry->on[HOOK_RESPONSE].count) {
        enum rules_result r = rules_run(&s->rules, HOOK_RESPONSE);
        if (r != RULES_DONE)
            return step_of_rules(s, r);
    }
    if (s->rules.cookie.request && !cookie_answer(&s->rules, u->server))
        return stream_refuse(s, 500, END_INTERNAL);
    if (UNLIKELY(u->pool->sticky != NULL) && !sticky_answer(&s->rules, u->server, u->wanted))
        return stream_refuse(s, 500, END_INTERNAL);
    if (s->rules.server->intercept_errors && reply_error_page(s, s->answer.status))
        return answer_replaced(s);
    if (s->proxy->accel && (next = accel_obey(s)) != STEP_FORWARD)
        return next;
    s->status = s->answer.status;
    if (s->upgraded)
        return STEP_TUNNEL;
    if (!answer_body_begin(s))
        return server_failed_as(s, FAILURE_GARBAGE, ERROR_BODY_BAD);
    return STEP_FORWARD;
}
