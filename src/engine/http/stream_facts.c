/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions can read of a stream. */
#include <string.h>

#include "engine/core/error_log.h"
#include "engine/core/gate.h"
#include "engine/core/lease.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/http/compress.h"
#include "engine/http/files.h"
#include "engine/http/head.h"
#include "engine/http/internal.h"
#include "engine/http/target.h"
#include "engine/http/uri.h"
#include "eval/eval.h"
#include "state/snapshot.h"

/* --- on demand --- */
static bool timeout_of(const struct rules *r, enum fetch f, int64_t *out)
{
    duration t = DURATION_NONE;

    if (f == FETCH_TIMEOUT_CLIENT)
        t = r->client->body_timeout;
    else if (r->server)
        t = f == FETCH_TIMEOUT_SERVER ? r->server->read_timeout : r->server->tunnel_timeout;
    *out = duration_is_none(t) ? 0 : t.ms;
    return !duration_is_none(t);
}

static bool stream_number(void *self, enum fetch f, int64_t *out)
{
    const struct stream *s = self;

    if (f == FETCH_TIMEOUT_CLIENT || f == FETCH_TIMEOUT_SERVER || f == FETCH_TIMEOUT_TUNNEL)
        return timeout_of(&s->rules, f, out);
    if (f != FETCH_REQUEST_LENGTH)
        return live_number(self, f, out);
    *out = (int64_t)s->bytes_in;
    return true;
}

static bool stream_address(void *self, enum which_address which, struct address *out)
{
    const struct stream *s = self;

    if (which != ADDRESS_SERVER_SOURCE || !s->source_known || s->upstream.conn)
        return live_address(self, which, out);
    *out = s->server_source;
    return true;
}

static struct span stream_text(void *self, enum fetch f)
{
    struct stream *s = self;

    if (f == FETCH_COMPRESSION_RATIO)
        return compress_ratio(s);
    if (f == FETCH_LIMIT_REQ_STATUS)
        return rules_limit_text(s->rules.limit_req);
    if (f == FETCH_LIMIT_CONN_STATUS)
        return rules_limit_text(s->rules.limit_conn);
    if (f == FETCH_DOCUMENT_ROOT || f == FETCH_REQUEST_FILENAME)
        return files_fetch(self, f);
    return live_text(self, f);
}

/* The body as far as it is in memory and whole. */
static bool stream_body(void *self, struct span *out)
{
    struct stream *s = self;
    struct iovec parts[FLOW_PARTS];
    size_t len = 0;

    if (!s->body_begun || s->body_none || !(s->to_server.source_done || s->body_shown))
        return false;
    if (s->facts.end && !s->body_replaced && !body_rewind(&s->to_server.body))
        return false; /* it was passed on, and not kept */
    unsigned count = body_peek(&s->to_server.body, parts, FLOW_PARTS);
    for (unsigned i = 0; i < count; i++)
        len += parts[i].iov_len;
    char *all = len < body_waiting(&s->to_server.body) ? NULL : scratch_bytes(&s->scratch, len);
    if (!all) /* no memory, or a part of it lies in a file */
        return false;
    *out = span_of(all, len);
    for (unsigned i = 0; i < count; i++) {
        memcpy(all, parts[i].iov_base, parts[i].iov_len);
        all += parts[i].iov_len;
    }
    return true;
}

static bool stream_bytes(void *self, struct span *out)
{
    (void)self, (void)out;
    return false;
}

static bool stream_file(void *self, struct span path, char kind)
{
    return files_test(self, path, kind);
}

static const struct live stream_live = { .address = stream_address,
                                         .number = stream_number,
                                         .text = stream_text,
                                         .tls = live_tls,
                                         .kept = live_kept,
                                         .body = stream_body,
                                         .bytes = stream_bytes,
                                         .file = stream_file };

/* --- as it goes --- */
void stream_facts_begin(struct stream *s)
{
    live_begin_zeroed(&s->facts, &stream_live, &s->live, &s->scratch, s->lease);
    s->facts.begun_wall_us = s->facts.wall_us;
    s->facts.times = &s->times;
}

/* A host has no colon but within brackets: what is behind the last one is the port. */
static size_t without_port(struct span host)
{
    size_t end = host.len;

    while (end && host.ptr[end - 1] >= '0' && host.ptr[end - 1] <= '9')
        end--;
    return end && host.ptr[end - 1] == ':' ? end - 1 : host.len;
}

/* Is there an upper-case letter among 8 bytes? */
static bool word_has_upper(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, seven = word & (ones * 0x7f);

    return (seven + ones * (0x80 - 'A')) & ~(seven + ones * (0x80 - 'Z' - 1)) & ~word & (ones * 0x80);
}

static bool has_upper(struct span s)
{
    uint64_t word;

    if (s.len < sizeof(word)) {
        for (size_t i = 0; i < s.len; i++)
            if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
                return true;
        return false;
    }
    for (size_t at = 0; at < s.len - sizeof(word); at += sizeof(word)) {
        memcpy(&word, s.ptr + at, sizeof(word));
        if (word_has_upper(word))
            return true;
    }
    memcpy(&word, span_end(s) - sizeof(word), sizeof(word));
    return word_has_upper(word);
}

/* The effective host without its port, in lower case. Most are that already. */
static bool set_host(struct stream *s)
{
    struct span host = s->request.host;

    if (LIKELY(s->request.host_is_plain && host.ptr[host.len - 1] != '.')) {
        s->facts.host = host;
        return true;
    }
    host.len = without_port(host);
    if (host.len > 1 && host.ptr[host.len - 1] == '.')
        host.len--; /* the root's dot: the same name */
    s->facts.host = host;
    if (host.len == 0 || !has_upper(host))
        return true;
    char *lower = scratch_bytes(&s->scratch, host.len);
    if (!lower)
        return false;
    for (size_t i = 0; i < host.len; i++)
        lower[i] = (char)(host.ptr[i] >= 'A' && host.ptr[i] <= 'Z' ? host.ptr[i] | 0x20 : host.ptr[i]);
    s->facts.host.ptr = lower;
    return true;
}

bool stream_facts_request(struct stream *s)
{
    const struct client_policy *p = s->rules.client;
    struct facts *f = &s->facts;

    f->request = &s->request;
    f->target = s->request.target;
    if (!set_host(s))
        return false;
    if (!p->normalize_path || s->request.path.len == 0 || s->request.path.ptr[0] != '/')
        return true;
    return uri_normalize(&s->scratch, s->request.path, p->merge_slashes, &f->uri);
}

bool stream_keep_response(struct stream *s)
{
    const struct message *m = &s->answer;
    struct message *kept = scratch_alloc(&s->scratch, sizeof(*kept));
    struct field *fields = scratch_alloc(&s->scratch, m->field_count * sizeof(*fields) + 1);

    if (!kept || !fields)
        return false;
    *kept = *m;
    kept->fields = fields;
    for (unsigned i = 0; i < m->field_count; i++) {
        fields[i] = m->fields[i];
        fields[i].name = scratch_span(&s->scratch, m->fields[i].name);
        fields[i].value = scratch_span(&s->scratch, m->fields[i].value);
        if (!fields[i].name.ptr || !fields[i].value.ptr)
            return false;
    }
    s->facts.response = kept;
    return true;
}

/* nginx counts the framing of a body as a part of it. */
static uint64_t behind_head(uint64_t bytes, uint32_t head)
{
    return bytes > head ? bytes - head : 0;
}

void stream_facts_end(struct stream *s)
{
    struct upstream *u = &s->upstream;
    const struct shared *shared = s->thread->shared;
    bool ended = s->end.reason != END_REASONS;

    s->facts.status = s->status;
    s->facts.try_count = upstream_tries_kept(u);
    s->facts_end = (struct facts_end){
        .bytes_sent = s->answer_out.written + s->interim_out + s->tunnel_out,
        .body_bytes_sent = behind_head(s->answer_out.written, s->answer_head) + s->tunnel_out,
        .bytes_received = s->bytes_in,
        .termination = { ended ? end_reason_letter((enum end_reason)s->end.reason) : '-',
                         end_moment_letter((enum end_moment)s->end.moment),
                         s->rules.cookie.shown ? s->rules.cookie.request : '-',
                         s->rules.cookie.shown ? s->rules.cookie.answer : '-' },
        .retries = u->tries ? u->tries - 1 : 0,
        .redispatched = u->redispatched,
        .complete = s->whole,
        .pipelined = s->pipelined,
        .count_process = atomic_load_explicit(&shared->connections, memory_order_relaxed),
        .count_service = atomic_load_explicit(&s->session->service->active, memory_order_relaxed),
        .queue_server = u->queue_server,
        .queue_pool = u->queue_pool,
        .captured_cookie_request = s->captured_cookie[0],
        .captured_cookie_response = s->captured_cookie[1],
    };
    if (u->pool)
        s->facts_end.count_pool = pool_connections(snapshot_pool(s->lease->snapshot, u->pool));
    if (u->server)
        s->facts_end.count_server = atomic_load_explicit(
            &snapshot_server(s->lease->snapshot, u->server)->active, memory_order_relaxed);
    s->facts.end = &s->facts_end;
}

/* "GET / HTTP/1.1" as received. */
static struct span request_line(struct stream *s)
{
    struct expr_part line = { .kind = PART_FETCH, .fetch = FETCH_REQUEST_LINE, .number = 1 };
    struct expr e = { .parts = { .items = &line, .count = 1 } };

    if (!s->facts.request)
        return s->facts.first_line;

    return eval_text(&s->facts, &e);
}

void stream_describe(void *of, struct error_about *about)
{
    struct stream *s = of;

    if (!s->head_read) {
        about->request = s->facts.first_line;
        if (about->request.len)
            about->server_name = SPAN(""); /* nobody knows which one was meant */
        return;
    }
    const struct field *referer = message_find(&s->request, FIELD_REFERER);
    about->host = s->request.host;
    about->request = request_line(s);
    about->referer = referer ? referer->value : SPAN("");
    about->server_name = s->rules.front->server_name.ptr ? s->rules.front->server_name : SPAN("");
    if (about->pool == NULL || s->proxy == NULL)
        return;
    about->secure = s->target ? s->target->secure : span_eq(s->proxy->scheme, SPAN("https"));
    about->uri = head_target(s);
}

struct error_about stream_about(struct stream *s)
{
    return (struct error_about){ .session = s->session, .describe = stream_describe, .of = s };
}

void stream_error(struct stream *s, enum error_event event, struct error_about *about)
{
    error_log(s->thread, s->lease, s->rules.error_logs, event, about);
}

/* What was wrong with its bytes. */
static const char *upstream_fault(const struct stream *s, enum error_event event)
{
    if (event == ERROR_BODY_BAD)
        return h1_error_text(s->answer_in.chunk.error);
    if (event == ERROR_BODY_EXCESS)
        return s->answer_in.framing == FRAMING_CHUNKED
                   ? "data after final chunk"
                   : "more data than specified in \"Content-Length\" header";
    return h1_error_text(s->back_scan.error);
}

void stream_error_upstream(struct stream *s, enum error_event event)
{
    struct error_about about = stream_about(s);

    about.pool = s->upstream.pool;
    about.server = s->upstream.server;
    about.found = s->upstream.found ? upstream_this_try(&s->upstream)->found : NULL;
    about.error = s->error;
    about.text = span_from(upstream_fault(s, event));
    stream_error(s, event, &about);
}
