/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Views of our own numbers: nginx's stub_status and HAProxy's page, with what its
 * form asks for. admin/http.h answers; here its question is put together, the
 * form's body is waited for, and the answer becomes this stream's.
 */
#include "admin/http.h"
#include "engine/core/lease.h"
#include "engine/core/session.h"
#include "engine/core/stats.h"
#include "engine/core/thread.h"
#include "engine/http/internal.h"
#include "eval/eval.h"

#define BODY_PARTS 32

static const struct stats_page *page_of(const struct stream *s)
{
    return s->rules.action->number == STATUS_PAGE ? s->rules.action->page : NULL;
}

/* --- the question --- */
static struct span field_of(const struct stream *s, struct span name)
{
    const struct field *f = message_find_name(&s->request, name);

    return f ? f->value : SPAN("");
}

static struct span target_of(struct stream *s)
{
    const struct message *m = &s->request;

    if (m->query.ptr == NULL)
        return m->path;
    struct span with_mark = scratch_join(&s->scratch, m->path, SPAN("?"));
    return with_mark.ptr ? scratch_join(&s->scratch, with_mark, m->query) : with_mark;
}

static bool may_act(struct stream *s, const struct stats_page *p)
{
    for (uint32_t i = 0; i < p->admins.count; i++)
        if (eval_cond(&s->facts, p->admins.items[i]))
            return true;
    return false;
}

/* What came of the body, in one piece. */
static struct span body_of(struct stream *s)
{
    struct body *b = &s->to_server.body;
    struct iovec parts[BODY_PARTS];
    size_t len = (size_t)body_waiting(b), used = 0;
    char *bytes = scratch_bytes(&s->scratch, len + 1);

    for (unsigned n; bytes && used < len && (n = body_peek(b, parts, BODY_PARTS)) > 0;) {
        size_t took = 0;
        for (unsigned i = 0; i < n; i++) {
            memcpy(bytes + used + took, parts[i].iov_base, parts[i].iov_len);
            took += parts[i].iov_len;
        }
        body_take(b, took);
        used += took;
    }
    return span_of(bytes, bytes ? used : 0);
}

static struct span client_of(struct stream *s)
{
    struct address a;
    struct buf b;
    char *text = scratch_bytes(&s->scratch, 64);

    if (!text || !live_address(&s->live, ADDRESS_CLIENT, &a))
        return SPAN("");
    buf_init_fixed(&b, text, 64);
    address_put(&b, &a);
    return buf_span(&b);
}

static struct admin_now now_of(struct stream *s)
{
    const struct shared *shared = s->thread->shared;
    struct stats_totals t;

    stats_read_totals(shared, &t);
    return (struct admin_now){ .process = shared->admin,
                               .snapshot = s->lease->snapshot,
                               .now = thread_now(s->thread),
                               .wall_us = loop_wall_us(s->thread->loop),
                               .totals = { .accepted = t.accepted,
                                           .handled = t.accepted,
                                           .requests = t.requests,
                                           .connections = t.connections,
                                           .reading = t.reading,
                                           .writing = t.writing,
                                           .waiting = t.waiting } };
}

static bool ask(struct stream *s, struct admin_reply *reply)
{
    const struct stats_page *p = page_of(s);
    struct admin_request q = { .now = now_of(s), .page = p, .method = s->request.method_text };

    if (p != NULL) {
        q.target = target_of(s);
        q.host = field_of(s, SPAN("Host"));
        q.authorization = field_of(s, SPAN("Authorization"));
        q.origin = field_of(s, SPAN("Origin"));
        q.fetch_site = field_of(s, SPAN("Sec-Fetch-Site"));
        q.may_act = may_act(s, p);
        q.client = client_of(s);
    }
    if (s->body_begun) {
        q.body_cut = !s->to_server.source_done;
        q.body = body_of(s);
    }
    return admin_answer(&q, reply);
}

/* --- the step --- */
static bool has_form(const struct stream *s)
{
    return page_of(s) != NULL && s->request.method == METHOD_POST && s->request.framing != FRAMING_NONE;
}

static bool body_is_enough(const struct stream *s)
{
    return s->to_server.source_done || body_room(&s->to_server.body) == 0;
}

/* To HAProxy's log the page is a server, which takes no time. */
static void stand_in(struct stream *s)
{
    s->facts.by_page = true;
    s->times.picked = s->times.connected = s->times.answer = thread_now(s->thread);
}

static enum stream_step answer(struct stream *s)
{
    struct admin_reply *reply =
        s->thread->shared->admin ? SCRATCH_NEW(&s->scratch, struct admin_reply) : NULL;

    if (!reply)
        return stream_refuse(s, 503, END_LIMITED);
    s->view = reply; /* from here on the stream empties it */
    if (!ask(s, reply))
        return stream_refuse(s, 503, END_LIMITED);
    if (page_of(s))
        stand_in(s);
    s->status = reply->status;
    s->status_view = reply->content_type.len > 0;
    if (reply->user.len)
        s->facts.auth_user = reply->user;
    stream_note_end(s, END_LOCAL);
    return STEP_REPLY;
}

enum stream_step step_status(struct stream *s)
{
    if (!has_form(s))
        return answer(s);
    if (!s->body_begun)
        request_body_begin(s, ADMIN_BODY_MAX, 0);
    if (s->body_bad)
        return stream_refuse(s, 400, END_REQUEST_BAD);
    if (!body_is_enough(s)) {
        enum stream_step next = request_body_collect(s, STEP_STATUS);
        if (next != STEP_STATUS && !(next == STEP_WAIT && body_is_enough(s)))
            return next;
    }
    return answer(s);
}

void status_fini(struct stream *s)
{
    if (s->view)
        admin_reply_fini(s->view);
    s->view = NULL;
}
