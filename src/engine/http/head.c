/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/head.h"

#include <string.h>

#include "engine/core/gate.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/http/internal.h"
#include "engine/http/uri.h"
#include "eval/eval.h"

/* --- writing
 * ----------------------------------------------------------------------------------------------------- */
struct writer {
    char *begin, *at, *end;
    bool full;
};

static struct writer writer_of(struct stream *s)
{
    return (struct writer){ .begin = s->thread->head,
                            .at = s->thread->head,
                            .end = s->thread->head + THREAD_HEAD };
}

static bool has_room(struct writer *w, size_t len)
{
    if (LIKELY((size_t)(w->end - w->at) >= len))
        return true;
    w->full = true;
    return false;
}

static void put_field(struct writer *w, struct span name, struct span value)
{
    if (!has_room(w, name.len + value.len + 4))
        return;
    w->at += h1_write_field(w->at, (size_t)(w->end - w->at), name, value);
}

static void put_length(struct writer *w, uint64_t length)
{
    char digits[24];
    struct buf b;

    buf_init_fixed(&b, digits, sizeof(digits));
    buf_put_u64(&b, length);
    put_field(w, SPAN("Content-Length"), buf_span(&b));
}

static struct span written(struct writer *w)
{
    if (has_room(w, 2)) {
        memcpy(w->at, "\r\n", 2);
        w->at += 2;
    }
    return w->full ? span_of(NULL, 0) : span_of(w->begin, (size_t)(w->at - w->begin));
}

/* --- the request's target
 * ------------------------------------------------------------------------------------------ */
static void put_text(struct writer *w, struct span text)
{
    if (text.len == 0 || !has_room(w, text.len))
        return;
    memcpy(w->at, text.ptr, text.len);
    w->at += text.len;
}

static void put_escaped(struct writer *w, struct stream *s, struct span path)
{
    struct span out;

    if (uri_escape(&s->scratch, path, &out))
        put_text(w, out);
    else
        w->full = true;
}

/*
 * What stands in the request line. As received, unless it was edited; with
 * proxy_pass's own uri in place of what the location matched; escaped when it
 * had been decoded.
 */
static void put_target(struct writer *w, struct stream *s)
{
    const struct message *m = &s->request;
    const struct proxy *p = s->proxy;
    struct span path = s->facts.uri.ptr ? s->facts.uri : m->path;

    if (m->method == METHOD_CONNECT) {
        put_text(w, m->authority);
        return;
    }
    if (s->rules.uri_changed) {
        put_escaped(w, s, path);
    } else if (p->replace_prefix) {
        put_text(w, eval_text(&s->facts, p->uri));
        path = span_from_index(path, s->rules.scope->prefix.len);
        if (s->facts.uri.ptr && s->facts.uri.ptr != m->path.ptr)
            put_escaped(w, s, path);
        else
            put_text(w, path);
    } else {
        put_text(w, m->path);
    }
    if (m->query.ptr) {
        put_text(w, SPAN("?"));
        put_text(w, m->query);
    }
}

static void put_request_line(struct writer *w, struct stream *s)
{
    struct span method = s->proxy->method ? eval_text(&s->facts, s->proxy->method) : s->request.method_text;

    put_text(w, method);
    put_text(w, SPAN(" "));
    put_target(w, s);
    put_text(w, s->proxy->minor ? SPAN(" HTTP/1.1\r\n") : SPAN(" HTTP/1.0\r\n"));
}

/* --- the request's fields
 * --------------------------------------------------------------------------------------- */
static bool same_name(struct span a, struct span b)
{
    return a.len == b.len && span_eq_nocase(a, b);
}

/* Does the proxy action set this field itself? */
static bool is_overridden(const struct proxy *p, const struct field *f)
{
    for (uint32_t i = 0; i < p->fields.count; i++)
        if (same_name(p->fields.items[i].name, f->name))
            return true;
    return false;
}

static bool overrides(const struct proxy *p, struct span name)
{
    for (uint32_t i = 0; i < p->fields.count; i++)
        if (same_name(p->fields.items[i].name, name))
            return true;
    return false;
}

static bool is_framing(const struct field *f)
{
    return f->id == FIELD_CONTENT_LENGTH || f->id == FIELD_TRANSFER_ENCODING;
}

/* What the client sent, as far as it goes to the server. */
static bool request_field_passes(const struct stream *s, const struct field *f)
{
    const struct proxy *p = s->proxy;

    if (f->gone || f->hop || is_framing(f) || !p->pass_fields)
        return false;
    if (p->default_fields && (f->id == FIELD_HOST || f->id == FIELD_EXPECT))
        return false;
    if (f->id == FIELD_EXPECT && s->to_server.body.keep && s->to_server.source_done)
        return false; /* the body is there: nobody waits any more */
    return !is_overridden(p, f);
}

static void put_own_fields(struct writer *w, struct stream *s)
{
    const struct proxy *p = s->proxy;

    for (uint32_t i = 0; i < p->fields.count; i++) {
        struct span value = span_trim(eval_text(&s->facts, p->fields.items[i].value));
        if (value.len == 0 ||
            (same_name(p->fields.items[i].name, SPAN("Upgrade")) && list_has_token(value, SPAN("h2c"))))
            continue;
        if (field_value_is_valid(value))
            put_field(w, p->fields.items[i].name, value);
        else
            w->full = true; /* what a client wrote must not become a line of its own */
    }
}

static bool server_is_kept(const struct stream *s)
{
    enum keep_mode keep = s->rules.client->keep;

    return s->rules.server->keepalive && keep != KEEP_CLOSE && keep != KEEP_SERVER_CLOSE;
}

static void put_default_fields(struct writer *w, struct stream *s)
{
    const struct proxy *p = s->proxy;

    if (!overrides(p, SPAN("Host")))
        put_field(w, SPAN("Host"), s->facts.proxy_host);
    if (!overrides(p, SPAN("Connection")) && !(p->minor && server_is_kept(s)))
        put_field(w, SPAN("Connection"), SPAN("close"));
}

/* Cleartext HTTP/2 would be a tunnel past every rule: it is never asked for on a client's behalf. */
static bool asks_for_h2c(const struct field *upgrade)
{
    return upgrade && list_has_token(upgrade->value, SPAN("h2c"));
}

/* Upgrade goes through where the language passes it by itself; nginx's files name both fields. */
static void put_connection(struct writer *w, struct stream *s)
{
    const struct field *upgrade = message_find(&s->request, FIELD_UPGRADE);

    s->request_upgrades = false;
    if (s->proxy->default_fields) {
        s->request_upgrades = overrides(s->proxy, SPAN("Upgrade")) && !asks_for_h2c(upgrade);
        return;
    }
    if (s->request.wants_upgrade && upgrade && s->proxy->minor && !asks_for_h2c(upgrade)) {
        s->request_upgrades = true;
        put_field(w, SPAN("Connection"), SPAN("upgrade"));
        put_field(w, SPAN("Upgrade"), upgrade->value);
    } else if (!server_is_kept(s)) {
        put_field(w, SPAN("Connection"), SPAN("close"));
    } else if (s->proxy->minor == 0) {
        put_field(w, SPAN("Connection"), SPAN("keep-alive"));
    }
}

static void put_request_framing(struct writer *w, struct stream *s)
{
    const struct flow *f = &s->to_server;

    if (s->body_replaced) {
        h1_out_init(&s->request_out, f->received ? FRAMING_LENGTH : FRAMING_NONE, f->received);
        if (f->received)
            put_length(w, f->received);
        return;
    }
    if (s->request.framing == FRAMING_CHUNKED && !(f->source_done && f->body.keep)) {
        h1_out_init(&s->request_out, FRAMING_CHUNKED, 0);
        put_field(w, SPAN("Transfer-Encoding"), SPAN("chunked"));
        return;
    }
    uint64_t length = s->request.framing == FRAMING_CHUNKED ? f->received : s->request.body_length;
    if (s->request.framing == FRAMING_NONE && !message_find(&s->request, FIELD_CONTENT_LENGTH)) {
        h1_out_init(&s->request_out, FRAMING_NONE, 0);
        return;
    }
    h1_out_init(&s->request_out, FRAMING_LENGTH, length);
    put_length(w, length);
}

struct span head_of_request(struct stream *s)
{
    const struct message *m = &s->request;
    struct writer w = writer_of(s);

    put_request_line(&w, s);
    if (s->proxy->default_fields)
        put_default_fields(&w, s);
    if (s->proxy->fields.count)
        put_own_fields(&w, s);
    put_connection(&w, s);
    put_request_framing(&w, s);
    for (unsigned i = 0; i < m->field_count; i++)
        if (request_field_passes(s, &m->fields[i]))
            put_field(&w, m->fields[i].name, m->fields[i].value);
    return written(&w);
}

/* --- the answer
 * ------------------------------------------------------------------------------------------------------ */
static bool spans_hold(const struct span *items, uint32_t count, struct span name)
{
    for (uint32_t i = 0; i < count; i++)
        if (same_name(items[i], name))
            return true;
    return false;
}

static bool answer_field_passes(const struct stream *s, const struct field *f)
{
    const struct proxy *p = s->own ? NULL : s->proxy;

    if (f->gone || f->hop || is_framing(f))
        return false;
    if (!p || p->hide_fields.count == 0)
        return true;
    return !spans_hold(p->hide_fields.items, p->hide_fields.count, f->name) ||
           spans_hold(p->pass_hidden_fields.items, p->pass_hidden_fields.count, f->name);
}

/* May the client's connection carry another request after this answer? */
static bool client_may_stay(const struct stream *s)
{
    const struct client_policy *p = s->rules.client;
    const struct session *c = s->session;

    if (!s->keep_client || c->stopping || c->gate->gone || s->thread->draining)
        return false;
    if (p->keep == KEEP_CLOSE || p->idle_timeout.ms == 0 ||
        (p->requests_max && c->requests >= p->requests_max))
        return false;
    if (instant_after(c->accepted, p->life_max).us <= thread_now(s->thread).us)
        return false;
    /* A body that nobody will read: it is dropped when it is short and surely comes. */
    if (s->request_in.ended)
        return true;
    return !s->continue_wanted && s->request_in.framing == FRAMING_LENGTH && s->request_in.left <= 65536;
}

static enum framing answer_framing(struct stream *s)
{
    enum framing in = s->answer.framing;

    if (in == FRAMING_NONE || in == FRAMING_LENGTH || in == FRAMING_TUNNEL)
        return in;
    if (s->request.minor == 0 ||
        !s->head_read) { /* HTTP/1.0 knows no chunks: the end of the connection ends it */
        s->keep_client = false;
        return FRAMING_CLOSE;
    }
    return FRAMING_CHUNKED;
}

static void put_answer_framing(struct writer *w, struct stream *s, enum framing framing)
{
    const struct field *length = message_find(&s->answer, FIELD_CONTENT_LENGTH);

    if (framing == FRAMING_CHUNKED)
        put_field(w, SPAN("Transfer-Encoding"), SPAN("chunked"));
    else if (framing == FRAMING_LENGTH)
        put_length(w, s->answer.body_length);
    else if (framing == FRAMING_NONE && length && s->answer.status >= 200 && s->answer.status != 204)
        put_field(w, SPAN("Content-Length"), length->value); /* HEAD, 304: of what was not sent */
    h1_out_init(&s->answer_out, framing, s->answer.body_length);
}

static void put_persistence(struct writer *w, struct stream *s)
{
    if (s->upgraded) {
        const struct field *upgrade = message_find(&s->answer, FIELD_UPGRADE);
        if (upgrade) {
            put_field(w, SPAN("Connection"), SPAN("upgrade"));
            put_field(w, SPAN("Upgrade"), upgrade->value);
        }
    } else if (!s->keep_client) {
        put_field(w, SPAN("Connection"), SPAN("close"));
    } else if (s->rules.client->connection_field || s->request.minor == 0) {
        put_field(w, SPAN("Connection"), SPAN("keep-alive"));
    }
}

static bool answer_has(const struct stream *s, enum field_id id)
{
    const struct field *f = message_find(&s->answer, id);

    return f && answer_field_passes(s, f);
}

/* Fields that a language puts on every answer. */
static void put_signature(struct writer *w, struct stream *s)
{
    const struct client_policy *p = s->rules.client;

    if (p->server_field && !answer_has(s, FIELD_SERVER))
        put_field(w, SPAN("Server"),
                  p->independent_tokens ? SPAN("evenkeel") : SPAN("evenkeel/" KEEL_VERSION));
    if (p->date_field && !answer_has(s, FIELD_DATE))
        put_field(w, SPAN("Date"), span_from(loop_wall_text(s->thread->loop)->http));
}

struct span head_of_answer(struct stream *s)
{
    const struct message *m = &s->answer;
    struct writer w = writer_of(s);
    struct span reason = m->reason.len ? m->reason : status_reason(m->status);
    enum framing framing = answer_framing(s);

    s->keep_client = client_may_stay(s);
    if (has_room(&w, 32 + reason.len))
        w.at += h1_write_status_line(w.at, (size_t)(w.end - w.at), 1, m->status, reason);
    put_signature(&w, s);
    for (unsigned i = 0; i < m->field_count; i++)
        if (answer_field_passes(s, &m->fields[i]))
            put_field(&w, m->fields[i].name, m->fields[i].value);
    put_answer_framing(&w, s, framing);
    put_persistence(&w, s);
    return written(&w);
}
