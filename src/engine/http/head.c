/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/head.h"

#include <string.h>

#include "engine/core/gate.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/http/internal.h"
#include "engine/http/proxy_memo.h"
#include "engine/http/target.h"
#include "engine/http/uri.h"
#include "eval/eval.h"

#include <stdio.h>

/* --- writing --- */
/*
 * A head in the making. Lines that go through as they came are not copied one
 * by one: neighbours in the bytes that were received are one run, one memcpy.
 */
struct writer {
    char *begin, *at, *end;
    const char *run, *run_end; /* noted, not yet copied */
    struct span source;        /* what was received: the head that goes through; NULL: nothing */
    size_t source_last;        /* where in it the last line's end begins */
    bool full;
};

static inline struct writer writer_of(struct stream *s, const char *source, size_t len)
{
    if (len < strlen("\r\n"))
        source = NULL, len = strlen("\r\n");
    return (struct writer){ .begin = s->thread->head,
                            .at = s->thread->head,
                            .end = s->thread->head + THREAD_HEAD,
                            .source = span_of(source, source ? len : 0),
                            .source_last = len - strlen("\r\n") };
}

static inline bool has_room(struct writer *w, size_t len)
{
    if (LIKELY((size_t)(w->end - w->at) >= len))
        return true;
    w->full = true;
    return false;
}

static void flush_run(struct writer *w)
{
    size_t len = (size_t)(w->run_end - w->run);

    if (len && has_room(w, len)) {
        memcpy(w->at, w->run, len);
        w->at += len;
    }
    w->run = w->run_end = NULL;
}

/* Bytes that lie where they came. */
static inline void put_raw(struct writer *w, const char *from, const char *to)
{
    if (from != w->run_end) {
        flush_run(w);
        w->run = from;
    }
    w->run_end = to;
}

/* In line: most texts are of a length that the compiler knows. */
static inline void put_text(struct writer *w, struct span text)
{
    if (w->run)
        flush_run(w);
    if (text.len == 0 || !has_room(w, text.len))
        return;
    memcpy(w->at, text.ptr, text.len);
    w->at += text.len;
}

static void put_field(struct writer *w, struct span name, struct span value)
{
    put_text(w, name);
    put_text(w, SPAN(": "));
    put_text(w, value);
    put_text(w, SPAN("\r\n"));
}

/* May the two bytes behind <end>, which is not NULL, be looked at? They are some of what was received. */
static inline bool has_two_behind(const struct writer *w, const char *end)
{
    return (uintptr_t)end - (uintptr_t)w->source.ptr <= w->source_last;
}

/* A line as it was received, or an edited one, whose name and value may lie anywhere. */
static inline void put_line(struct writer *w, const struct field *f)
{
    const char *colon = f->name.ptr + f->name.len, *end = f->value.ptr + f->value.len;

    if (LIKELY(f->value.ptr == colon + 2 && has_two_behind(w, end) && memcmp(colon, ": ", 2) == 0 &&
               memcmp(end, "\r\n", 2) == 0))
        put_raw(w, f->name.ptr, end + 2);
    else
        put_field(w, f->name, f->value);
}

static void put_length(struct writer *w, uint64_t length)
{
    char digits[24];
    struct buf b;

    buf_init_fixed(&b, digits, sizeof(digits));
    buf_put_u64(&b, length);
    put_field(w, SPAN("Content-Length"), buf_span(&b));
}

/* One run is all of the head, and the empty line stands behind it as it came: it need not be copied. */
static inline bool is_whole(const struct writer *w)
{
    return w->at == w->begin && w->run >= w->source.ptr && w->run_end + 2 <= span_end(w->source) &&
           memcmp(w->run_end, "\r\n", 2) == 0;
}

static struct span written(struct writer *w)
{
    if (is_whole(w))
        return span_of(w->run, (size_t)(w->run_end + 2 - w->run));
    put_text(w, SPAN("\r\n"));
    return w->full ? span_of(NULL, 0) : span_of(w->begin, (size_t)(w->at - w->begin));
}

/* --- which fields go through --- */
#define ID_BIT(id) ((uint64_t)1 << (id))

static inline bool same_name(struct span a, struct span b)
{
    return a.len == b.len && span_eq_nocase(a, b);
}

static bool sets_field(const struct proxy *p, struct span name)
{
    for (uint32_t i = 0; i < p->fields.count; i++)
        if (same_name(p->fields.items[i].name, name))
            return true;
    return false;
}

static bool spans_hold(const struct span *items, uint32_t count, struct span name)
{
    for (uint32_t i = 0; i < count; i++)
        if (same_name(items[i], name))
            return true;
    return false;
}

#define FRAMING_FIELDS (ID_BIT(FIELD_CONTENT_LENGTH) | ID_BIT(FIELD_TRANSFER_ENCODING))

/* --- the request's target --- */
static void put_escaped(struct writer *w, struct stream *s, struct span path)
{
    struct span out;

    if (uri_escape(&s->scratch, path, &out))
        put_text(w, out);
    else
        w->full = true;
}

/* What the proxy action computes, in place of the request's own. ptr NULL: nothing. */
static struct span whole_target(struct stream *s)
{
    if (s->target)
        return s->target->uri.len ? s->target->uri : span_of(NULL, 0);
    return s->proxy->replace_target ? eval_text(&s->facts, s->proxy->uri) : span_of(NULL, 0);
}

static void put_whole(struct writer *w, struct span target)
{
    for (size_t i = 0; i < target.len; i++)
        if ((unsigned char)target.ptr[i] <= ' ' || target.ptr[i] == 0x7f)
            w->full = true; /* what a client wrote must not end the line */
    if (!span_starts_with(target, SPAN("/")))
        put_text(w, SPAN("/"));
    put_text(w, target);
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
    struct span whole = whole_target(s);
    if (whole.ptr) {
        put_whole(w, whole);
        return;
    }
    if (p->replace_prefix && !s->rules.path_is_whole) {
        put_text(w, eval_text(&s->facts, p->uri));
        path = span_from_index(path, s->rules.scope->prefix.len);
        if (s->facts.uri.ptr && s->facts.uri.ptr != m->path.ptr)
            put_escaped(w, s, path);
        else
            put_text(w, path);
    } else if (s->rules.uri_changed) {
        put_escaped(w, s, path);
    } else {
        put_text(w, m->path);
    }
    if (m->query.ptr) {
        put_text(w, SPAN("?"));
        put_text(w, m->query);
    }
}

#define TARGET_SHOWN 2048

struct span head_target(struct stream *s)
{
    char *room = scratch_bytes(&s->scratch, TARGET_SHOWN);
    struct writer w = { .begin = room, .at = room, .end = room + TARGET_SHOWN };

    if (room == NULL)
        return SPAN("");
    put_target(&w, s);
    return span_of(w.begin, (size_t)(w.at - w.begin));
}

/* The line as it was received will do. */
static bool line_is_raw(const struct stream *s)
{
    const struct message *m = &s->request;

    return !s->rules.uri_changed && !s->rules.target_changed && !s->proxy->replace_prefix &&
           !s->proxy->replace_target && !s->target && !s->proxy->method && m->target.ptr == m->path.ptr &&
           m->minor == 1 && s->proxy->minor == 1 &&
           m->target.ptr == m->method_text.ptr + m->method_text.len + 1;
}

static void put_request_line(struct writer *w, struct stream *s)
{
    const struct message *m = &s->request;

    if (LIKELY(line_is_raw(s))) {
        put_raw(w, m->method_text.ptr, m->target.ptr + m->target.len + strlen(" HTTP/1.1\r\n"));
        return;
    }
    put_text(w, s->proxy->method ? eval_text(&s->facts, s->proxy->method) : m->method_text);
    put_text(w, SPAN(" "));
    put_target(w, s);
    put_text(w, s->proxy->minor ? SPAN(" HTTP/1.1\r\n") : SPAN(" HTTP/1.0\r\n"));
}

/* --- the request's fields --- */
static void put_own_field(struct writer *w, struct stream *s, const struct field_line *f)
{
    struct span value = span_trim(eval_text(&s->facts, f->value));

    if (value.len == 0 || (same_name(f->name, SPAN("Upgrade")) && list_has_token(value, SPAN("h2c"))))
        return;
    if (field_value_is_valid(value))
        put_field(w, f->name, value);
    else
        w->full = true; /* what a client wrote must not become a line of its own */
}

static void put_own_fields(struct writer *w, struct stream *s)
{
    const struct proxy *p = s->proxy;

    if (LIKELY(s->memo->own_is_fixed)) {
        put_text(w, s->memo->own);
        return;
    }
    for (const struct field_line *f = p->fields.items, *end = f + p->fields.count; f < end; f++)
        if (f->value->constant.ptr == NULL || f->value->constant.len)
            put_own_field(w, s, f);
}

static bool server_is_kept(const struct stream *s)
{
    enum keep_mode keep = s->rules.client->keep;

    return s->rules.server->keepalive && keep != KEEP_CLOSE && keep != KEEP_SERVER_CLOSE;
}

static void put_default_fields(struct writer *w, struct stream *s)
{
    const struct proxy *p = s->proxy;

    if (!sets_field(p, SPAN("Host")))
        put_field(w, SPAN("Host"), s->facts.proxy_host);
    if (!sets_field(p, SPAN("Connection")) && !(p->minor && server_is_kept(s)))
        put_text(w, SPAN("Connection: close\r\n"));
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
        s->request_upgrades = sets_field(s->proxy, SPAN("Upgrade")) && !asks_for_h2c(upgrade);
        return;
    }
    if (s->request.wants_upgrade && upgrade && s->proxy->minor && !asks_for_h2c(upgrade)) {
        s->request_upgrades = true;
        put_text(w, SPAN("Connection: upgrade\r\n"));
        put_field(w, SPAN("Upgrade"), upgrade->value);
    } else if (!server_is_kept(s)) {
        put_text(w, SPAN("Connection: close\r\n"));
    } else if (s->proxy->minor == 0) {
        put_text(w, SPAN("Connection: keep-alive\r\n"));
    }
}

/* Frames the body for the server. True: the client's own Content-Length says it. */
static bool put_request_framing(struct writer *w, struct stream *s)
{
    const struct flow *f = &s->to_server;

    if (s->body_replaced) {
        bool told = f->received || s->proxy->body; /* an empty one of the file's has a length too */
        h1_out_init(&s->request_out, told ? FRAMING_LENGTH : FRAMING_NONE, f->received);
        if (told)
            put_length(w, f->received);
        return false;
    }
    if (s->request.framing != FRAMING_CHUNKED) {
        bool told = s->request.first[FIELD_CONTENT_LENGTH] != 0;
        h1_out_init(&s->request_out, told ? FRAMING_LENGTH : FRAMING_NONE, s->request.body_length);
        return told;
    }
    if (f->source_done && f->body.keep) {
        h1_out_init(&s->request_out, FRAMING_LENGTH, f->received);
        put_length(w, f->received);
    } else {
        h1_out_init(&s->request_out, FRAMING_CHUNKED, 0);
        put_text(w, SPAN("Transfer-Encoding: chunked\r\n"));
    }
    return false;
}

/* What the client sent, as far as it goes to the server. */
static void put_request_fields(struct writer *w, struct stream *s, bool length)
{
    const struct proxy *p = s->proxy;
    const struct proxy_memo *masks = s->memo;
    uint64_t drop = FRAMING_FIELDS | masks->set;

    if (length)
        drop &= ~ID_BIT(FIELD_CONTENT_LENGTH);
    if (p->default_fields)
        drop |= ID_BIT(FIELD_HOST) | ID_BIT(FIELD_EXPECT);
    if (UNLIKELY(s->rules.compression != NULL) && s->rules.compression->offload)
        drop |= ID_BIT(FIELD_ACCEPT_ENCODING);
    if (s->to_server.body.keep && s->to_server.source_done)
        drop |= ID_BIT(FIELD_EXPECT); /* the body is there: nobody waits any more */
    for (const struct field *f = s->request.fields, *end = f + s->request.field_count; f < end; f++) {
        if (f->gone || f->hop || (drop & ID_BIT(f->id)))
            continue;
        if (f->id == FIELD_OTHER && masks->set_others && sets_field(p, f->name))
            continue;
        put_line(w, f);
    }
}

struct span head_of_request(struct stream *s)
{
    struct writer w = writer_of(s, s->in, s->head_len);

    put_request_line(&w, s);
    if (s->proxy->default_fields)
        put_default_fields(&w, s);
    if (s->proxy->fields.count)
        put_own_fields(&w, s);
    put_connection(&w, s);
    bool length = put_request_framing(&w, s);
    if (s->proxy->pass_fields)
        put_request_fields(&w, s, length);
    else if (length)
        put_length(&w, s->request.body_length);
    return written(&w);
}

/* --- the answer --- */
static bool answer_hides(const struct proxy *p, const struct field *f)
{
    return spans_hold(p->hide_fields.items, p->hide_fields.count, f->name) &&
           !spans_hold(p->pass_hidden_fields.items, p->pass_hidden_fields.count, f->name);
}

/* Fields that do not pass whatever their number; FIELD_OTHER's bit: look at the names. */
static uint64_t answer_drops(const struct stream *s)
{
    if (s->own || s->proxy->hide_fields.count == 0)
        return FRAMING_FIELDS;
    const struct proxy_memo *m = s->memo;
    return FRAMING_FIELDS | m->hide | (m->hide_others ? ID_BIT(FIELD_OTHER) : 0);
}

static void put_answer_fields(struct writer *w, const struct stream *s, uint64_t drop)
{
    for (const struct field *f = s->answer.fields, *end = f + s->answer.field_count; f < end; f++) {
        if (f->gone || f->hop)
            continue;
        if ((drop & ID_BIT(f->id)) && (f->id != FIELD_OTHER || answer_hides(s->proxy, f)))
            continue;
        put_line(w, f);
    }
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
    if (s->request.minor == 0 || s->rules.client->no_chunks ||
        !s->head_read) { /* HTTP/1.0 knows no chunks: the end of the connection ends it */
        s->keep_client = false;
        return FRAMING_CLOSE;
    }
    return FRAMING_CHUNKED;
}

/* Frames the body for the client. True: the Content-Length that is there says it. */
static bool frame_answer(struct stream *s, enum framing framing)
{
    bool told = s->answer.first[FIELD_CONTENT_LENGTH] != 0;

    h1_out_init(&s->answer_out, framing, s->answer.body_length);
    /* HEAD, 304: the length of what was not sent. */
    return told && (framing == FRAMING_LENGTH ||
                    (framing == FRAMING_NONE && s->answer.status >= 200 && s->answer.status != 204));
}

static void put_answer_framing(struct writer *w, const struct stream *s, enum framing framing, bool told)
{
    if (framing == FRAMING_CHUNKED)
        put_text(w, SPAN("Transfer-Encoding: chunked\r\n"));
    else if (framing == FRAMING_LENGTH && !told)
        put_length(w, s->answer.body_length);
}

static __attribute__((noinline)) void put_keep_told(struct writer *w, uint32_t seconds)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "timeout=%u", seconds);

    put_field(w, SPAN("Keep-Alive"), span_of(text, (size_t)len));
}

static void put_persistence(struct writer *w, struct stream *s)
{
    if (s->upgraded) {
        const struct field *upgrade = message_find(&s->answer, FIELD_UPGRADE);
        if (upgrade) {
            put_text(w, SPAN("Connection: upgrade\r\n"));
            put_field(w, SPAN("Upgrade"), upgrade->value);
        }
    } else if (!s->keep_client) {
        put_text(w, SPAN("Connection: close\r\n"));
    } else if (s->rules.client->connection_field || s->request.minor == 0) {
        put_text(w, SPAN("Connection: keep-alive\r\n"));
        if (UNLIKELY(s->rules.client->keep_told))
            put_keep_told(w, s->rules.client->keep_told);
    }
}

static inline void put_date(struct writer *w, const char date[CLOCK_HTTP_LEN])
{
    put_text(w, SPAN("Date: "));
    put_text(w, span_of(date, CLOCK_HTTP_LEN));
    put_text(w, SPAN("\r\n"));
}

/* Fields that a language puts on every answer. */
static void put_signature(struct writer *w, struct stream *s, uint64_t drop)
{
    const struct client_policy *p = s->rules.client;

    if (p->server_field && (!s->answer.first[FIELD_SERVER] || (drop & ID_BIT(FIELD_SERVER))))
        put_text(w, p->independent_tokens ? SPAN("Server: evenkeel\r\n")
                                          : SPAN("Server: evenkeel/" KEEL_VERSION "\r\n"));
    if (p->date_field && (!s->answer.first[FIELD_DATE] || (drop & ID_BIT(FIELD_DATE))))
        put_date(w, loop_wall_http(s->thread->loop));
}

#define STATUS_LINE "HTTP/1.1 200 " /* in front of the reason */

/* The line as it was received, with this status and reason, will do. */
static bool status_is_raw(const struct writer *w, const struct message *m)
{
    if (m->reason.len == 0 || m->reason.ptr < w->source.ptr + strlen(STATUS_LINE) ||
        span_end(m->reason) + 2 > span_end(w->source))
        return false;
    const char *line = m->reason.ptr - strlen(STATUS_LINE), *code = line + strlen("HTTP/1.1 ");
    return memcmp(line, STATUS_LINE, strlen("HTTP/1.1 ")) == 0 &&
           (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0') == m->status &&
           memcmp(span_end(m->reason), "\r\n", 2) == 0;
}

static void put_status_line(struct writer *w, const struct stream *s)
{
    const struct message *m = &s->answer;

    if (LIKELY(status_is_raw(w, m))) {
        put_raw(w, m->reason.ptr - strlen(STATUS_LINE), span_end(m->reason) + 2);
        return;
    }
    struct span reason = m->reason.len ? m->reason : status_reason(m->status);

    if (has_room(w, 32 + reason.len))
        w->at += h1_write_status_line(w->at, (size_t)(w->end - w->at), 1, m->status, reason);
}

struct span head_of_answer(struct stream *s)
{
    struct writer w = writer_of(s, s->back, s->back ? s->back_len : 0);
    enum framing framing = answer_framing(s);
    uint64_t drop = answer_drops(s);

    s->keep_client = client_may_stay(s);
    put_status_line(&w, s);
    put_signature(&w, s, drop);
    bool told = frame_answer(s, framing);
    if (told)
        drop &= ~ID_BIT(FIELD_CONTENT_LENGTH);
    put_answer_fields(&w, s, drop);
    put_answer_framing(&w, s, framing, told);
    put_persistence(&w, s);
    return written(&w);
}
