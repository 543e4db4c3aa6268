/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/reply.h"

#include "admin/http.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/http/accel.h"
#include "engine/http/internal.h"
#include "engine/http/location.h"
#include "engine/http/media.h"
#include "engine/http/served_file.h"
#include "eval/eval.h"

/* --- error pages --- */
const struct error_page *reply_error_page(const struct stream *s, unsigned status)
{
    const struct scope *scope = s->rules.pages;

    if (s->page_sought && !s->rules.client->error_pages_recursive)
        return NULL;
    for (uint32_t i = 0; i < scope->error_pages.count; i++) {
        const struct error_page *page = &scope->error_pages.items[i];
        for (uint32_t k = 0; k < page->statuses.count; k++)
            if (page->statuses.items[k] == status)
                return page;
    }
    return NULL;
}

/* A body that was partly given away cannot be given to somebody else. */
static void forget_body(struct stream *s)
{
    if (!s->body_begun || body_rewind(&s->to_server.body)) {
        if (s->body_begun)
            flow_again(&s->to_server);
        return;
    }
    flow_fini(&s->to_server);
    flow_init(&s->to_server, s, s->front->source, 0, 0, stream_on_body);
    s->to_server.source_done = true;
    s->request.framing = FRAMING_NONE;
    (void)message_remove_id(&s->request, FIELD_CONTENT_LENGTH);
}

static bool is_redirect(unsigned status)
{
    return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

/* Where the answer whose page is sought leads; empty: nowhere. */
static struct span own_location(struct stream *s)
{
    const struct reply *own = s->rules.reply;

    return own && own->location ? eval_text(&s->facts, own->location) : s->rules.location;
}

/* A redirect stays one, whatever is shown with it. */
static bool keep_location(struct stream *s)
{
    struct span to = is_redirect(s->status) ? own_location(s) : SPAN("");

    s->rules.location = SPAN("");
    if (LIKELY(to.len == 0))
        return true;
    to = scratch_span(&s->scratch, location_complete(s, to));
    return to.ptr && accel_carry_location(s, to);
}

static void be_get(struct stream *s)
{
    if (s->request.method == METHOD_HEAD)
        return;
    s->request.method = METHOD_GET;
    s->request.method_text = SPAN("GET");
}

/* Routes again, for a page inside: in the location <named>, or else at <uri>. */
static enum stream_step page_inside(struct stream *s, const struct error_page *page,
                                    const struct scope *named, struct span uri)
{
    s->page_sought = true;
    s->status_kept = page->status == 0 ? s->status : page->status == UINT16_MAX ? 0 : page->status;
    forget_body(s);
    if (!named)
        be_get(s);
    if (!keep_location(s))
        return stream_give_up(s, END_INTERNAL);
    if (!rules_again(&s->rules, 0)) {
        struct error_about about = stream_about(s);
        stream_error(s, ERROR_TOO_MANY_AGAIN, &about);
        return STEP_REPLY;
    }
    if (named) {
        rules_enter(&s->rules, named);
        s->rules.list = &named->on[HOOK_REQUEST];
        s->rules.next = 0;
    } else {
        rules_set_uri(&s->rules, uri);
    }
    s->routed_again = true;
    return STEP_REQUEST;
}

/* The page is elsewhere: the client is sent there. */
static enum stream_step page_outside(struct stream *s, const struct error_page *page, struct span url)
{
    s->page_sought = true;
    s->status = is_redirect(page->status) ? page->status : 302;
    s->rules.reply = NULL;
    s->rules.location = url;
    return STEP_WAIT;
}

static enum stream_step page_begin(struct stream *s, const struct error_page *page)
{
    const struct scope *named = page->named;
    struct span target = SPAN("");

    s->facts.status = s->status;
    if (!named) {
        target = scratch_span(&s->scratch, eval_text(&s->facts, page->target));
        if (!target.ptr)
            return STEP_WAIT;
        if (span_starts_with(target, SPAN("@")) && (named = rules_named(&s->rules, target)) == NULL)
            return STEP_WAIT;
    }
    if (named || span_starts_with(target, SPAN("/")))
        return page_inside(s, page, named, target);
    return page_outside(s, page, target);
}

/* --- an answer of ours --- */
static bool add(struct stream *s, struct span name, struct span value)
{
    value = span_trim(value);
    return value.len == 0 || (field_value_is_valid(value) && message_add(&s->answer, name, value));
}

static bool add_location(struct stream *s, const struct reply *r)
{
    const struct reply *own = s->rules.reply; /* its page may be another's, where to is its own business */
    struct span to = s->rules.location;

    if (own && own->location)
        to = eval_text(&s->facts, own->location);
    else if (r && r->location)
        to = eval_text(&s->facts, r->location);
    if (to.len == 0)
        return true;
    if (!r || !r->relative)
        to = location_complete(s, to);
    return to.ptr && add(s, SPAN("Location"), to);
}

static bool add_fields(struct stream *s, const struct reply *r)
{
    for (uint32_t i = 0; r && i < r->fields.count; i++)
        if (!add(s, r->fields.items[i].name, eval_text(&s->facts, r->fields.items[i].value)))
            return false;
    return true;
}

static bool add_length(struct stream *s, uint64_t length)
{
    struct buf b;
    char *digits = scratch_bytes(&s->scratch, 24);

    if (!digits)
        return false;
    buf_init_fixed(&b, digits, 24);
    buf_put_u64(&b, length);
    return message_add(&s->answer, SPAN("Content-Length"), buf_span(&b));
}

/* The answer's body is <bytes>, or would be, for HEAD. */
static bool set_body(struct stream *s, struct span bytes)
{
    bool none = s->answer.status == 204 || s->answer.status == 304;

    flow_fini(&s->to_client);
    flow_init(&s->to_client, s, NULL, 0, 0, stream_on_body);
    s->to_client.source_done = true;
    s->answer.framing = FRAMING_NONE;
    if (none || (s->head_read && s->request.method == METHOD_HEAD))
        return none || add_length(s, bytes.len);
    s->answer.framing = FRAMING_LENGTH;
    s->answer.body_length = s->to_client.received = bytes.len;
    return body_put_borrowed(&s->to_client.body, bytes);
}

/* A whole HTTP/1 answer from a file of the operator's. */
static bool reply_raw(struct stream *s, const struct reply *r)
{
    struct h1_limits limits = { .head_max = UINT32_MAX,
                                .target_max = UINT32_MAX,
                                .fields_max = STREAM_FIELDS };
    struct h1_scan scan = { 0 };
    size_t len = 0;

    if (h1_parse_response(r->raw, &limits, METHOD_GET, &scan, &s->answer, &len) != H1_DONE)
        return false;
    if (!s->answer.keep_alive)
        s->keep_client = false;
    (void)message_remove_id(&s->answer, FIELD_CONTENT_LENGTH);
    return set_body(s, span_from_index(r->raw, len));
}

static bool reply_view(struct stream *s)
{
    const struct admin_reply *v = s->view;

    for (unsigned i = 0; i < v->field_count; i++)
        if (!add(s, v->fields[i].name, v->fields[i].value))
            return false;
    return add(s, SPAN("Content-Type"), v->content_type) && set_body(s, buf_span(&v->body));
}

/* As for a file of that path, or as it is said. */
static bool add_type(struct stream *s, const struct reply *r)
{
    if (!r || s->answer.status == 204)
        return true;
    if (!r->type_by_path)
        return add(s, SPAN("Content-Type"), r->content_type);
    return add(s, SPAN("Content-Type"),
               media_type(s->rules.scope, s->facts.uri.ptr ? s->facts.uri : s->request.path));
}

/* RFC 9110 15.5.17: how long the file is that was asked for a part of. */
static bool add_unsatisfied(struct stream *s)
{
    struct buf b;
    char *text;

    if (s->status != 416 || !s->file)
        return true;
    text = scratch_bytes(&s->scratch, 40);
    if (!text)
        return false;
    buf_init_fixed(&b, text, 40);
    buf_printf(&b, "bytes */%llu", (unsigned long long)s->file->stat.st_size);
    return add(s, SPAN("Content-Range"), buf_span(&b));
}

static bool reply_page(struct stream *s, const struct reply *r)
{
    struct span body = r && r->body ? eval_text(&s->facts, r->body) : SPAN("");
    const struct reply *own = s->rules.reply; /* its page is another's, its fields go with it */

    if (r && r->reason.len)
        s->answer.reason = r->reason;
    if (r && r->close)
        s->keep_client = false;
    return add_type(s, r) && add_unsatisfied(s) && add_location(s, r) && add_fields(s, r) &&
           (own == r || add_fields(s, own)) && set_body(s, body);
}

static bool reply_build(struct stream *s, const struct reply *r)
{
    message_init(&s->answer, s->answer_fields, STREAM_FIELDS);
    s->answer.major = s->answer.minor = 1;
    s->answer.status = s->status;
    s->answer.reason = status_reason(s->status);
    if (s->status_view)
        return reply_view(s);
    return r && r->raw.len ? reply_raw(s, r) : reply_page(s, r);
}

/* The rules' own content, else the page of this status. */
static const struct reply *reply_choose(const struct stream *s)
{
    const struct reply *r = s->rules.reply;

    if (r && !r->default_page)
        return r;
    return reply_set_find(s->rules.replies, s->status);
}

/* Nothing of what the request had begun may be seen by the answer that takes its place. */
static bool reply_is_own(const struct stream *s)
{
    return s->rules.reply && !s->rules.reply->default_page;
}

enum stream_step step_reply(struct stream *s)
{
    if (s->status == 0)
        return stream_give_up(s, END_DENIED);
    const struct error_page *page = reply_is_own(s) ? NULL : reply_error_page(s, s->status);
    if (page) {
        s->facts.try_count = upstream_tries_kept(&s->upstream); /* what the page may tell of */
        enum stream_step next = page_begin(s, page);
        if (next != STEP_WAIT)
            return next;
    }
    if (s->status_kept && s->status >= 300 && !reply_is_own(s))
        s->status_kept = 0; /* the page went wrong itself: that is told */
    const struct reply *r = reply_choose(s);
    if (!r && s->status == 408)
        return stream_give_up(s, END_CLIENT_TIMEOUT); /* a language without a page for it closes */
    if (r && r->instead)
        s->status = r->status;
    s->own = true;
    s->upgraded = false;
    if (s->facts.response == &s->answer)
        s->facts.response = NULL;
    if (s->status == 400 || s->status == 408 || s->status == 413)
        s->keep_client = false; /* where the next request begins is not known */
    if (!reply_build(s, r))
        return stream_give_up(s, END_INTERNAL);
    return STEP_FORWARD;
}
