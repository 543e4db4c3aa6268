/* SPDX-License-Identifier: Apache-2.0 */
/* The request's steps: what the rules make of its head, and its body as far as it must be there first. */
#include <string.h>

#include "engine/core/follow.h"
#include "engine/core/lease.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/http/internal.h"
#include "engine/http/proxy_memo.h"
#include "engine/http/target.h"
#include "eval/eval.h"
#include "model/zone.h"
#include "io/chunk.h"

#define STREAMED_MEMORY (64u * 1024) /* of a body that passes: what the server does not take at once */
#define KEPT_MEMORY     (16u * 1024) /* of it, what is kept to be sent again */
#define DROPPED_MOST    (1024u * 1024)

/* --- what the rules say --- */
static enum stream_step body_wait_begin(struct stream *s);

static enum stream_step reply_of_rules(struct stream *s)
{
    const struct reply *reply = s->rules.reply;

    s->status = reply ? reply->status : s->rules.status;
    if (reply && s->rules.action->kind == ACTION_REPLY && s->rules.action->number == 1)
        follow_error(&s->facts);
    stream_note_end(s, s->status >= 400 || s->status == 0 ? END_DENIED : END_LOCAL);
    server_release(s);
    return STEP_REPLY;
}

static enum stream_step close_of_rules(struct stream *s)
{
    s->close_how = (uint8_t)s->rules.action->number;
    s->silent = true;
    return stream_give_up(s, END_DENIED);
}

/* A body that the policy does not allow is refused before anybody is asked, where its length is told. */
bool request_is_too_large(const struct stream *s)
{
    uint64_t most = s->rules.client->body_max;

    if (s->request.framing == FRAMING_LENGTH)
        return most && s->request.body_length > most;
    return most && s->to_server.received > most;
}

COLD enum stream_step request_refuse_large(struct stream *s)
{
    uint64_t size = s->request.framing == FRAMING_LENGTH ? s->request.body_length : s->to_server.received;
    struct error_about about = stream_about(s);

    about.number = size;
    stream_error(s, ERROR_BODY_TOO_LARGE, &about);
    return stream_refuse(s, 413, END_REQUEST_TOO_LARGE);
}

/* What is known of the proxy action, and what is computed for this request. false: no memory. */
static bool set_proxy(struct stream *s, const struct proxy *p)
{
    s->proxy = s->facts.proxy = p;
    s->target = NULL;
    s->memo = s->lease->memos[p->index];
    if (UNLIKELY(!s->memo))
        s->memo = proxy_memo_make(s->lease, p);
    if (UNLIKELY(!s->memo || (p->target && !target_begin(s))))
        return false;
    s->facts.proxy_host = s->target ? s->target->host : s->memo->host;
    s->facts.proxy_port = s->target ? proxy_port_of(s->target->host, s->target->secure) : s->memo->port;
    return true;
}

static enum stream_step proxy_of_rules(struct stream *s)
{
    target_cancel(s);
    if (!set_proxy(s, s->rules.action->proxy))
        return stream_refuse(s, 500, END_INTERNAL);
    return request_is_too_large(s) ? request_refuse_large(s) : STEP_BODY;
}

static __attribute__((noinline)) enum stream_step step_of_rules_any(struct stream *s, enum rules_result r)
{
    switch (r) {
    case RULES_REPLY:
        return reply_of_rules(s);
    case RULES_CLOSE:
        return close_of_rules(s);
    case RULES_TARPIT:
        return STEP_TARPIT;
    case RULES_PROXY:
        return proxy_of_rules(s);
    case RULES_PAUSE:
        return STEP_PAUSE;
    case RULES_AUTH:
        return STEP_AUTH;
    case RULES_FILES:
        return STEP_FILES;
    case RULES_STATUS:
        return STEP_STATUS;
    case RULES_WAIT_BODY:
        return body_wait_begin(s);
    case RULES_DONE: /* nobody said what to do: a dialect appends an action that does */
    case RULES_WAIT_BYTES:
    case RULES_FAILED:
        break;
    }
    return stream_refuse(s, 500, END_INTERNAL);
}

enum stream_step step_of_rules(struct stream *s, enum rules_result r)
{
    return LIKELY(r == RULES_PROXY) ? proxy_of_rules(s) : step_of_rules_any(s, r);
}

enum stream_step step_pause(struct stream *s)
{
    if (!deadline_is_set(&s->pause) && !s->paused)
        loop_set_deadline(s->thread->loop, &s->pause, s->rules.pause);
    if (!s->front->is_there(s)) {
        s->status = 499;
        return stream_give_up(s, END_CLIENT_CLOSED);
    }
    if (!s->paused)
        return STEP_WAIT;
    s->paused = false;
    s->routed_again = true; /* on where the list was left */
    return STEP_REQUEST;
}

/* As nginx words it: a rate tells how much too early, "5.040". */
void stream_on_limit(struct rules *r, const struct rules_limit *l)
{
    struct stream *s = CONTAINER_OF(r, struct stream, rules);
    struct error_about about = stream_about(s);
    char room[256];
    struct buf b;

    buf_init_fixed(&b, room, sizeof(room));
    rules_limit_put(&b, l);
    about.text = buf_span(&b);
    about.level = (uint8_t)(l->limits->level + (l->how == LIMITED_DELAYED));
    stream_error(s, ERROR_LIMITED, &about);
}

enum stream_step step_tarpit(struct stream *s)
{
    if (!deadline_is_set(&s->pause) && !s->paused)
        loop_set_deadline(s->thread->loop, &s->pause, s->rules.pause);
    if (!s->front->is_there(s))
        return stream_give_up(s, END_CLIENT_CLOSED);
    if (!s->paused)
        return STEP_WAIT;
    s->status = s->rules.reply->status;
    follow_error(&s->facts);
    stream_note_end(s, END_DENIED);
    return STEP_REPLY;
}

/* --- the body --- */
void stream_on_body(struct body *b)
{
    stream_run(CONTAINER_OF(b, struct flow, body)->stream);
}

void request_body_begin(struct stream *s, uint32_t memory_max, uint64_t file_max)
{
    struct flow *f = &s->to_server;
    struct iovec parts[FLOW_PARTS];
    unsigned count;
    size_t used;

    flow_init(f, s, s->front->source, memory_max, file_max, stream_on_body);
    s->body_begun = true;
    if (s->rules.server && s->rules.server->pass_request_trailers)
        s->request_in.keep = &s->scratch;
    enum h1_result r = h1_in_cut_all(&s->request_in, s->in + s->in_at, s->in_len - s->in_at, &used, parts,
                                     FLOW_PARTS, &count);
    struct span payload = h1_parts_join(parts, count);
    s->in_at += (uint32_t)used;
    s->bytes_in += used;
    s->body_bad = r == H1_BAD;
    f->received = payload.len;
    f->source_done = r == H1_DONE;
    if (!body_put_borrowed(&f->body, payload))
        s->body_bad = true;
    if (f->source_done)
        body_end(&f->body);
}

/* An HTTP/1.0 server understands no chunks: it must be told the length. */
static bool length_is_needed(const struct stream *s)
{
    return s->proxy->minor == 0 && s->request.framing == FRAMING_CHUNKED;
}

static bool is_kept_whole(const struct stream *s)
{
    return s->request.framing != FRAMING_NONE && (s->rules.server->buffer_request || length_is_needed(s));
}

/* proxy_set_body, proxy_pass_request_body off: the client's own stays unread until the answer is out. */
static void body_replace(struct stream *s)
{
    struct flow *f = &s->to_server;
    struct span bytes = s->proxy->body ? eval_text(&s->facts, s->proxy->body) : SPAN("");

    flow_init(f, s, NULL, 0, 0, stream_on_body);
    s->body_begun = s->body_replaced = true;
    f->source_done = f->body.keep = true;
    f->received = bytes.len;
    s->body_bad = !body_put_borrowed(&f->body, bytes);
    body_end(&f->body);
}

static void body_begin(struct stream *s)
{
    const struct server_policy *p = s->rules.server;

    if (s->proxy->body || !s->proxy->pass_body) {
        body_replace(s);
        return;
    }
    if (s->request.framing == FRAMING_NONE) {
        s->body_begun = s->body_none = s->to_server.source_done = true;
        return;
    }

    if (is_kept_whole(s)) {
        request_body_begin(s, p->body_memory ? p->body_memory : KEPT_MEMORY, UINT64_MAX);
        s->to_server.body.keep = true;
        return;
    }
    request_body_begin(s, STREAMED_MEMORY, 0);
    s->to_server.may_splice = true;
    /* Something that may be sent again, and is small, is kept until the answer begins. */
    if ((p->retry_on & ~(uint32_t)(RETRY_CONNECT | RETRY_CONNECT_REFUSED | RETRY_CONNECT_TIMEOUT)) &&
        s->request.framing == FRAMING_LENGTH)
        s->to_server.body.keep = s->request.body_length <= KEPT_MEMORY;
}

static enum stream_step body_failed(struct stream *s, enum flow_state st)
{
    switch (st) {
    case FLOW_SOURCE_BAD:
        return stream_refuse(s, 400, END_REQUEST_BAD);
    case FLOW_SOURCE_EOF:
    case FLOW_SOURCE_ERROR:
        s->status = 400;
        return stream_give_up(s, END_CLIENT_CLOSED);
    case FLOW_LOST:
        return stream_refuse(s, 500, END_INTERNAL);
    case FLOW_DONE:
    case FLOW_WAIT_SOURCE:
    case FLOW_WAIT_SINK:
    case FLOW_WAIT_BOTH:
    case FLOW_WAIT_FILE:
    case FLOW_SHARE_USED:
    case FLOW_SINK_ERROR:
        break;
    }
    return STEP_WAIT;
}

enum stream_step request_body_collect(struct stream *s, enum stream_step then)
{
    if (s->continue_wanted && body_is_empty(&s->to_server.body)) {
        s->continue_wanted = false;
        if (s->front->interim(s, 100, false) == PUT_ERROR)
            return stream_give_up(s, END_CLIENT_CLOSED);
    }
    enum flow_state st = flow_pump(&s->to_server);
    if (request_is_too_large(s))
        return request_refuse_large(s);
    if (st == FLOW_DONE)
        return then;
    if (st == FLOW_SHARE_USED)
        loop_defer(s->thread->loop, &s->turn);
    else if (st == FLOW_WAIT_SOURCE)
        s->wait_client = s->rules.client->body_timeout;
    if (s->client_expired && st == FLOW_WAIT_SOURCE)
        return stream_refuse(s, 408, END_CLIENT_TIMEOUT);
    return body_failed(s, st);
}

/* --- rules that look at the body --- */
static bool body_is_enough(const struct stream *s)
{
    const struct flow *f = &s->to_server;
    uint64_t most = (uint64_t)s->rules.action->number2;

    return f->source_done || body_room(&f->body) == 0 || (most && f->received >= most);
}

static enum stream_step body_waited(struct stream *s)
{
    loop_forget_deadline(s->thread->loop, &s->pause);
    s->body_wait = s->paused = false;
    s->body_shown = true;
    return step_of_rules(s, rules_resume(&s->rules));
}

/* As much of it as there shall be, or the time is over. */
static enum stream_step body_wait(struct stream *s)
{
    if (s->body_bad)
        return stream_refuse(s, 400, END_REQUEST_BAD);
    if (s->paused) {
        s->paused = false;
        return stream_refuse(s, 408, END_CLIENT_TIMEOUT);
    }
    if (body_is_enough(s))
        return body_waited(s);
    enum stream_step next = request_body_collect(s, STEP_REQUEST);
    if (next == STEP_REQUEST || (next == STEP_WAIT && body_is_enough(s)))
        return body_waited(s);
    return next;
}

static enum stream_step body_wait_begin(struct stream *s)
{
    if (s->request.framing == FRAMING_NONE || s->body_shown)
        return step_of_rules(s, rules_resume(&s->rules));
    if (!s->body_begun)
        request_body_begin(s, KEPT_MEMORY, 0);
    s->to_server.body.keep = s->request.framing == FRAMING_LENGTH && s->request.body_length <= KEPT_MEMORY;
    s->body_wait = true;
    if (s->rules.action->number)
        loop_set_deadline(s->thread->loop, &s->pause, DURATION_MS((uint32_t)s->rules.action->number));
    return body_wait(s);
}

enum stream_step step_request(struct stream *s)
{
    if (s->body_wait)
        return body_wait(s);
    if (!s->routed_again)
        return step_of_rules(s, rules_run(&s->rules, HOOK_REQUEST));
    s->routed_again = false;
    return step_of_rules(s, rules_resume(&s->rules));
}

/* Does the server see the client's Expect? */
static bool expect_is_passed(const struct proxy *p)
{
    for (uint32_t i = 0; i < p->fields.count; i++)
        if (span_eq_nocase(p->fields.items[i].name, SPAN("expect")))
            return false;
    return p->pass_fields && !p->default_fields;
}

/* 100-continue for a body that is streamed: ours to give where the server is not asked for it. false: the
 * client is gone. */
static bool body_invite(struct stream *s)
{
    if (!s->continue_wanted || s->body_replaced || s->to_server.source_done ||
        !body_is_empty(&s->to_server.body) || is_kept_whole(s) || expect_is_passed(s->proxy))
        return true;
    s->continue_wanted = false;
    return s->front->interim(s, 100, false) != PUT_ERROR;
}

static __attribute__((noinline)) enum stream_step step_body_any(struct stream *s)
{
    if (!s->body_begun)
        body_begin(s);
    if (s->body_bad)
        return stream_refuse(s, 400, END_REQUEST_BAD);
    if (request_is_too_large(s))
        return request_refuse_large(s);
    if (!body_invite(s))
        return stream_give_up(s, END_CLIENT_CLOSED);
    enum stream_step next =
        is_kept_whole(s) && !s->to_server.source_done ? request_body_collect(s, STEP_PICK) : STEP_PICK;
    if (next != STEP_PICK || s->rules.scope->on[HOOK_BODY].count == 0)
        return next;
    enum rules_result r = rules_run(&s->rules, HOOK_BODY);
    return r == RULES_DONE ? STEP_PICK : step_of_rules(s, r);
}

/* Most requests have none, and nobody gives them one. */
enum stream_step step_body(struct stream *s)
{
    if (s->request.framing != FRAMING_NONE || s->body_begun || s->proxy->body || !s->proxy->pass_body ||
        s->rules.scope->on[HOOK_BODY].count)
        return step_body_any(s);
    s->body_begun = s->body_none = s->to_server.source_done = true;
    return STEP_PICK;
}

/* --- what is left of it after the answer --- */
enum stream_step step_drain(struct stream *s)
{
    char *scratch = loop_chunks(s->thread->loop)->scratch;
    struct iovec parts[32];
    unsigned count;

    if (s->body_replaced)
        flow_fini(&s->to_server);
    if (!s->body_begun || s->body_replaced)
        request_body_begin(s, 0, 0);
    s->body_replaced = false;
    while (!s->body_bad && !s->request_in.ended && s->bytes_in < DROPPED_MOST) {
        enum flow_got got = s->front->source->get(s, scratch, 16384, parts, &count);
        if (got == GOT_AGAIN && !s->client_expired) {
            s->wait_client = s->rules.client->linger_timeout;
            return STEP_WAIT;
        }
        if (got != GOT_BYTES && got != GOT_LAST)
            break;
    }
    if (!s->request_in.ended)
        s->keep_client = false;
    return STEP_END;
}
