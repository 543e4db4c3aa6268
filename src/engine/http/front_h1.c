/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/front_h1.h"

#include <errno.h>
#include <string.h>

#include "engine/core/follow.h"
#include "engine/core/error_log.h"
#include "engine/core/gate.h"
#include "engine/core/lease.h"
#include "engine/core/relay.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/http/head.h"
#include "engine/http/internal.h"
#include "engine/http/trailers.h"
#include "io/chunk.h"

static void front_on_idle(struct conn *c);

static struct conn *front_conn(struct stream *s)
{
    return &s->session->conn;
}

static void front_on_ready(struct conn *c)
{
    stream_run(session_of_conn(c)->owner);
}

/* --- idle connections --- */
static const struct client_policy *idle_policy(const struct session *s)
{
    return s->gate->model->service->entry->client;
}

/* A stream for the bytes in <chunk>, which it takes over. NULL: no memory; the session is closed. */
static struct stream *front_begin_stream(struct session *session, char *chunk, enum chunk_size size,
                                         size_t len)
{
    struct stream *s = stream_new(session, &front_h1);

    if (!s) {
        chunk_put(loop_chunks(session->thread->loop), size, chunk);
        session_close(session, CLOSE_RESET);
        return NULL;
    }
    s->in = chunk;
    s->in_size = (uint8_t)size;
    s->in_len = (uint32_t)len;
    s->times.accepted = session->accepted;
    s->times.handshake = session->idle_since;
    s->times.begun = thread_now(session->thread);
    s->pipelined = session->pipelined;
    session->owner = s;
    session->requests++;
    session->conn.on_ready = front_on_ready;
    return s;
}

/* Nobody asked for anything. */
static void front_note_idle(struct session *session, bool expired)
{
    const struct scope *entry = session->gate->model->service->entry;

    error_log(session->thread, session->gate->lease, entry->error_logs,
              expired ? ERROR_IDLE_TIMEOUT : ERROR_IDLE_CLOSED,
              &(struct error_about){ .session = session, .error = ETIMEDOUT });
}

/* It ended without a byte. The first time that may be worth a line, and an answer when it was slow. */
static COLD void front_close_idle(struct session *session, bool expired)
{
    const struct client_policy *p = idle_policy(session);
    bool answer = expired && !p->quiet_preconnect;

    if (session->requests == 0 && !session->stopping)
        front_note_idle(session, expired);
    if (session->requests || session->stopping || p->quiet_preconnect || (p->quiet_probe && !answer)) {
        session_close(session, CLOSE_NORMAL);
        return;
    }
    struct stream *s = front_begin_stream(session, NULL, CHUNK_SMALL, 0);
    if (!s)
        return;
    s->front_silent = !answer;
    s->client_expired = expired;
    stream_run(s);
}

/* The first bytes of a request. NULL: there are none, or the session is gone. */
static struct stream *front_read_first(struct session *session)
{
    struct chunks *chunks = loop_chunks(session->thread->loop);
    char *chunk = chunk_get(chunks, CHUNK_SMALL);

    if (!chunk) {
        session_close(session, CLOSE_RESET);
        return NULL;
    }
    struct conn_done d = conn_read(&session->conn, chunk, chunk_room(chunks, CHUNK_SMALL));
    if (d.result == CONN_OK)
        return front_begin_stream(session, chunk, CHUNK_SMALL, d.len);
    chunk_put(chunks, CHUNK_SMALL, chunk);
    if (d.result != CONN_AGAIN)
        front_close_idle(session, false);
    return NULL;
}

static void front_on_idle(struct conn *c)
{
    struct stream *s = front_read_first(session_of_conn(c));

    if (s)
        stream_run(s);
}

static void http1_expired(struct session *session)
{
    if (session->owner)
        stream_expired(session->owner);
    else
        front_close_idle(session, true);
}

static struct stream *stream_of_session(const struct session *session)
{
    void *tunnel = relay_owner_of(session);

    return tunnel ? tunnel_stream(tunnel) : session->owner;
}

static bool http1_look(const struct session *session, struct protocol_view *out)
{
    if (!session->owner)
        return false;
    const struct stream *s = stream_of_session(session);
    *out = (struct protocol_view){ .upstream = &s->upstream,
                                   .begun = s->times.begun,
                                   .doing = stream_step_name(s->step) };
    return true;
}

static void http1_end(struct session *session, enum end_reason why)
{
    struct stream *s = stream_of_session(session);

    stream_note_end(s, why);
    s->keep_client = false;
    s->broken = true;
    s->step = STEP_END;
    stream_log(s);
    (void)s->front->end(s);
}

/*
 * A request may be on its way, or read by nobody yet: it is waited for a little, and answered with
 * "Connection: close". Closing at once would reset it.
 */
#define PARTING DURATION_S(1)

static void http1_stop(struct session *session, bool now)
{
    session->stopping = true;
    if (session->owner == NULL && now)
        session_close(session, CLOSE_NORMAL);
    else if (session->owner == NULL)
        loop_hasten_deadline(session->thread->loop, &session->deadline, PARTING);
    else if (now)
        http1_end(session, END_STOPPED);
}

static void http1_begin(struct session *session)
{
    session->conn.on_ready = front_on_idle;
    wheel_set(loop_wheel(session->thread->loop), &session->deadline,
              instant_after(session->accepted, idle_policy(session)->head_timeout));
    if (session->thread->draining)
        http1_stop(session, false);
    /* With deferred accept, or after a handshake, the request is there already. */
    if (session->gate->model->defer_accept || session->conn.tls)
        front_on_idle(&session->conn);
}

const struct protocol_ops http1_protocol = {
    .begin = http1_begin, .expired = http1_expired, .stop = http1_stop, .look = http1_look, .end = http1_end
};

/* --- heads --- */
/* As far as it came: what the log shows of a request that is none. */
static struct span first_line(const struct stream *s)
{
    struct span line = span_of(s->in, s->in_len);

    while (line.len && (line.ptr[0] == '\r' || line.ptr[0] == '\n'))
        line = span_from_index(line, 1);
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '\r' || line.ptr[i] == '\n')
            return span_first(line, i);
    return line;
}

static COLD enum stream_step head_is_bad(struct stream *s)
{
    unsigned status = h1_error_status(s->scan.error);
    struct error_about about;

    stream_capture_request(s);
    follow_request(&s->facts);
    follow_error(&s->facts);
    s->facts.first_line = first_line(s);
    about = stream_about(s);
    about.text = span_from(h1_error_text(s->scan.error));
    stream_error(s, ERROR_REQUEST_BAD, &about);
    if (status == 431 && s->rules.client->reject_error_codes_nginx)
        status = 494;
    s->end.h1 = (uint8_t)s->scan.error;
    return stream_refuse(s, status, END_REQUEST_BAD);
}

static enum h1_result head_parse(struct stream *s, size_t *len)
{
    const struct client_policy *p = s->rules.client;
    uint16_t most = p->fields_max && p->fields_max < MESSAGE_FIELDS_MAX ? p->fields_max : MESSAGE_FIELDS_MAX;
    struct h1_limits limits = { .head_max = p->head_max ? p->head_max : UINT32_MAX,
                                .target_max = p->target_max ? p->target_max : UINT32_MAX,
                                .fields_max = most,
                                .host_not_empty = p->host_not_empty,
                                .target_host_wins = p->target_host_wins,
                                .drop_odd_names = p->drop_invalid_fields,
                                .drop_odd_lines = p->drop_odd_lines,
                                .underscore_is_odd = !p->underscores };
    struct field *fields = s->request_fields;
    uint16_t room = STREAM_FIELDS;

    for (;;) {
        message_init(&s->request, fields, room);
        enum h1_result r = h1_parse_request(span_of(s->in, s->in_len), &limits, &s->scan, &s->request, len);
        if (r != H1_BAD || s->scan.error != H1_ERR_TOO_MANY || room >= most)
            return r;
        room = most;
        fields = scratch_alloc(&s->scratch, room * sizeof(*fields));
        if (!fields)
            return r;
        s->scan = (struct h1_scan){ 0 };
    }
}

static bool head_make_room(struct stream *s)
{
    struct chunks *chunks = loop_chunks(s->thread->loop);

    if (s->in && s->in_len < chunk_room(chunks, (enum chunk_size)s->in_size))
        return true;
    if (s->in && s->in_size == CHUNK_LARGE)
        return false;
    enum chunk_size size = s->in ? CHUNK_LARGE : CHUNK_SMALL;
    char *more = chunk_get(chunks, size);
    if (!more)
        return false;
    if (s->in)
        memcpy(more, s->in, s->in_len);
    chunk_put(chunks, (enum chunk_size)s->in_size, s->in);
    s->in = more;
    s->in_size = (uint8_t)size;
    return true;
}

/* What there is of it, for the logs. */
static COLD struct error_about head_about(struct stream *s, int error)
{
    struct error_about about;

    s->facts.first_line = first_line(s);
    about = stream_about(s);
    about.error = error;
    about.text = memchr(s->in ? s->in : "", '\n', s->in_len) ? SPAN("headers") : SPAN("line");
    return about;
}

static COLD enum stream_step head_is_late(struct stream *s)
{
    struct error_about about = head_about(s, ETIMEDOUT);

    if (s->in_len)
        stream_error(s, ERROR_REQUEST_TIMEOUT, &about);
    if (s->front_silent) {
        s->status = 408;
        return stream_give_up(s, END_CLIENT_TIMEOUT);
    }
    return stream_refuse(s, 408, END_CLIENT_TIMEOUT);
}

static COLD enum stream_step head_ended(struct stream *s, struct conn_done d)
{
    struct error_about about = head_about(s, d.error);

    s->error = d.error;
    if (s->in_len)
        stream_error(s, ERROR_CLIENT_CLOSED, &about);
    s->status = 400;
    return stream_give_up(s, END_CLIENT_CLOSED);
}

/* Reads more of it. STEP_HEAD: there is more to parse. */
static enum stream_step head_read(struct stream *s)
{
    if (!head_make_room(s)) {
        s->scan.error = H1_ERR_HEAD_LONG;
        return head_is_bad(s);
    }
    size_t room = chunk_room(loop_chunks(s->thread->loop), (enum chunk_size)s->in_size);
    struct conn_done d = conn_read(front_conn(s), s->in + s->in_len, room - s->in_len);

    switch (d.result) {
    case CONN_OK:
        s->in_len += (uint32_t)d.len;
        return STEP_HEAD;
    case CONN_AGAIN:
        if (s->client_expired)
            return head_is_late(s);
        stream_head_waits(s, true);
        wheel_set(loop_wheel(s->thread->loop), &s->session->deadline,
                  instant_after(s->session->requests > 1 ? s->times.begun : s->times.accepted,
                                s->rules.client->head_timeout));
        return STEP_WAIT;
    case CONN_EOF:
    case CONN_ERROR:
        break;
    }
    return head_ended(s, d);
}

/* A language with buffers of a size has no line that is longer. */
static COLD bool has_long_field(const struct stream *s)
{
    for (unsigned i = 0; i < s->request.field_count; i++) {
        const struct field *f = &s->request.fields[i];
        if (f->name.len + f->value.len + 4 > s->rules.client->target_max)
            return true;
    }
    return false;
}

/* Of capitals, as all methods are that there are. */
static bool method_is_plain(struct span method)
{
    for (size_t i = 0; i < method.len; i++)
        if ((method.ptr[i] < 'A' || method.ptr[i] > 'Z') && method.ptr[i] != '-' && method.ptr[i] != '_')
            return false;
    return true;
}

/* 0: it is taken. */
static unsigned method_refusal(const struct stream *s)
{
    switch (s->request.method) {
    case METHOD_TRACE:
        return 405;
    case METHOD_CONNECT:
        return 400;
    case METHOD_OTHER:
        return method_is_plain(s->request.method_text) ? 0 : 400;
    case METHOD_GET:
    case METHOD_HEAD:
    case METHOD_POST:
    case METHOD_PUT:
    case METHOD_DELETE:
    case METHOD_OPTIONS:
    case METHOD_PATCH:
        break;
    }
    return 0;
}

static COLD enum stream_step head_refuse(struct stream *s, unsigned status)
{
    s->keep_client = false;
    return stream_refuse(s, status, END_REQUEST_BAD);
}

/* What the language does not take, though it is HTTP. */
static enum stream_step head_judge(struct stream *s, size_t len)
{
    const struct client_policy *p = s->rules.client;
    unsigned refusal = p->plain_methods ? method_refusal(s) : 0;

    if (UNLIKELY(refusal))
        return head_refuse(s, refusal);
    if (UNLIKELY(p->reject_error_codes_nginx && len > p->target_max && has_long_field(s)))
        return head_refuse(s, 494);
    return STEP_REQUEST;
}

static enum stream_step head_done(struct stream *s, size_t len)
{
    s->head_len = s->in_at = (uint32_t)len;
    s->bytes_in = len;
    s->times.head = thread_now(s->thread);
    s->head_read = true;
    s->keep_client = s->request.keep_alive;
    s->continue_wanted = s->request.expect_continue;
    h1_in_init(&s->request_in, s->request.framing, s->request.body_length);
    if (!stream_facts_request(s))
        return stream_refuse(s, 400, END_REQUEST_BAD);
    follow_request(&s->facts);
    return head_judge(s, len);
}

static enum stream_step front_head(struct stream *s)
{
    for (;;) {
        size_t len = 0;
        enum h1_result r = s->in_len ? head_parse(s, &len) : H1_MORE;
        if (UNLIKELY(s->head_waits) && r != H1_MORE)
            stream_head_waits(s, false);
        if (r == H1_DONE)
            return head_done(s, len);
        if (r == H1_BAD)
            return head_is_bad(s);
        enum stream_step next = head_read(s);
        if (next != STEP_HEAD)
            return next;
    }
}

/* --- the request's body --- */
/* Bytes behind a chunked body are the next request's. false: no memory for them. */
static bool keep_ahead(struct stream *s, const char *bytes, size_t len)
{
    struct chunks *chunks = loop_chunks(s->thread->loop);

    if (len == 0)
        return true;
    s->ahead_size = len > chunk_room(chunks, CHUNK_SMALL) ? CHUNK_LARGE : CHUNK_SMALL;
    s->ahead = chunk_get(chunks, (enum chunk_size)s->ahead_size);
    if (!s->ahead)
        return false;
    memcpy(s->ahead, bytes, len);
    s->ahead_len = (uint32_t)len;
    return true;
}

static enum flow_got front_get(struct stream *s, char *room, size_t len, struct iovec *parts, unsigned *count)
{
    struct h1_in *in = &s->request_in;
    size_t used;

    *count = 0;
    if (in->ended)
        return GOT_LAST;
    if (in->framing == FRAMING_LENGTH && in->left < len)
        len = (size_t)in->left;
    struct conn_done d = conn_read(front_conn(s), room, len);
    if (d.result == CONN_AGAIN)
        return GOT_AGAIN;
    s->error = d.error;
    if (d.result != CONN_OK)
        return d.result == CONN_EOF ? GOT_EOF : GOT_ERROR;
    enum h1_result r = h1_in_cut_all(in, room, d.len, &used, parts, FLOW_PARTS, count);
    s->bytes_in += used;
    if (r == H1_BAD || !keep_ahead(s, room + used, d.len - used))
        return GOT_BAD;
    return r == H1_DONE ? GOT_LAST : GOT_BYTES;
}

static struct conn *front_splice_conn(struct stream *s)
{
    struct conn *c = front_conn(s);

    return conn_can_splice(c) ? c : NULL;
}

static uint64_t front_splice_left(struct stream *s)
{
    return s->request_in.framing == FRAMING_LENGTH ? s->request_in.left : 0;
}

static bool front_spliced_in(struct stream *s, size_t n)
{
    s->bytes_in += n;
    s->request_in.left -= n;
    s->request_in.ended = s->request_in.left == 0;
    return s->request_in.ended;
}

static const struct flow_source front_source = {
    .get = front_get, .conn = front_splice_conn, .splice_left = front_splice_left, .spliced = front_spliced_in
};

/* --- the answer --- */
static bool front_begin(struct stream *s)
{
    s->pending_head = head_of_answer(s);
    s->answer_head = (uint32_t)s->pending_head.len;
    return s->pending_head.len != 0;
}

static enum flow_put put_of(enum h1_sent sent)
{
    return sent == H1_SENT_ALL ? PUT_ALL : sent == H1_SENT_PART ? PUT_PART : PUT_ERROR;
}

/*
 * A small body is put behind a head that was written into the thread's room:
 * one piece goes out by send, which costs less than a gathering sendmsg.
 */
#define JOINED_MOST 1024
static bool joins_head(const struct stream *s, const struct iovec *parts, unsigned count)
{
    struct span head = s->pending_head;

    return count == 1 && head.ptr == s->thread->head && parts->iov_len <= JOINED_MOST &&
           head.len <= THREAD_HEAD - JOINED_MOST;
}

static enum flow_put front_put(struct stream *s, const struct iovec *parts, unsigned count, bool last,
                               size_t *taken)
{
    struct iovec joined;

    if (last)
        s->answer_out.trailers = trailers_pass(&s->answer_in.trailers);
    if (joins_head(s, parts, count)) {
        joined = (struct iovec){ s->thread->head + s->pending_head.len, parts->iov_len };
        memmove(joined.iov_base, parts->iov_base, parts->iov_len);
        parts = &joined;
    }
    enum h1_sent sent = h1_out_send(&s->answer_out, front_conn(s), loop_chunks(s->thread->loop),
                                    s->pending_head, parts, count, last, taken, &s->error);

    s->pending_head = span_of(NULL, 0);
    return put_of(sent);
}

static enum flow_put front_put_file(struct stream *s, int fd, off_t *offset, size_t len, bool last,
                                    size_t *taken)
{
    if (last)
        s->answer_out.trailers = trailers_pass(&s->answer_in.trailers);
    return put_of(h1_out_send_file(&s->answer_out, front_conn(s), loop_chunks(s->thread->loop),
                                   &s->pending_head, fd, offset, len, last, taken, &s->error));
}

static struct conn *front_splice_sink(struct stream *s)
{
    struct conn *c = front_conn(s);

    return conn_can_splice(c) && h1_out_takes_raw(&s->answer_out) ? c : NULL;
}

static void front_spliced_out(struct stream *s, size_t n)
{
    h1_out_passed(&s->answer_out, n);
}

static const struct flow_sink front_sink = {
    .put = front_put, .put_file = front_put_file, .conn = front_splice_sink, .spliced = front_spliced_out
};

/* Interim heads are small and come when nothing else is on the way. */
static enum flow_put front_interim(struct stream *s, unsigned status, bool from_server)
{
    char *head = s->thread->head;
    size_t len = h1_write_status_line(head, THREAD_HEAD, 1, status, status_reason(status)), fields = 0;

    if (from_server && !h1_write_fields(head + len, THREAD_HEAD - len - 2, &s->answer, &fields))
        return PUT_ALL;
    len += fields;
    memcpy(head + len, "\r\n", 2);
    struct conn_done d = conn_write(front_conn(s), head, len + 2);
    s->interim_out += d.len;
    /* A socket that is full before the answer has begun: its reader is gone or does not care. */
    return d.result == CONN_OK && d.len == len + 2 ? PUT_ALL : PUT_ERROR;
}

static bool front_is_there(const struct stream *s)
{
    return !s->session->conn.hangup_seen;
}

/* --- the end --- */
static void front_close(struct session *session, const struct stream *s, bool more)
{
    const struct client_policy *p = s->rules.client;
    /* An answer that ends with the connection: only a reset tells a cut one from a whole one. */
    bool cut = s->broken && s->head_ready && s->answer_out.framing == FRAMING_CLOSE && !s->answer_out.ended;
    unsigned how = cut && s->close_how == 0 ? 1 : s->close_how;
    bool lingers = !s->broken && p->linger != LINGER_OFF && (more || p->linger == LINGER_ALWAYS);
    duration quiet = p->linger_timeout, all = p->linger_time;

    if (how == 0 && !s->broken && !conn_is_flushed(&session->conn)) /* TLS: the answer's end is still here */
        session_linger(session, p->send_timeout, p->send_timeout);
    else if (lingers && how == 0)
        session_linger(session, quiet, all);
    else
        session_close(session, how == 1 ? CLOSE_RESET : how == 2 ? CLOSE_VANISH : CLOSE_NORMAL);
}

/* Bytes of the next request that were read already, at the beginning of a chunk that is taken out of <s>. */
static char *front_take_ahead(struct stream *s, enum chunk_size *size, size_t *len)
{
    char *chunk = s->ahead ? s->ahead : s->in;

    *size = (enum chunk_size)(s->ahead ? s->ahead_size : s->in_size);
    *len = s->ahead ? s->ahead_len : s->in_len - s->in_at;
    if (*len == 0)
        return NULL;
    if (s->ahead)
        s->ahead = NULL;
    else
        s->in = NULL;
    return chunk;
}

static struct stream *front_next(struct session *session, duration idle)
{
    session->owner = NULL;
    session->pipelined = false;
    session->idle_since = thread_now(session->thread);
    session->conn.on_ready = front_on_idle;
    loop_set_deadline(session->thread->loop, &session->deadline, idle);
    return session->conn.can_read ? front_read_first(session) : NULL;
}

static struct stream *front_end(struct stream *s)
{
    struct session *session = s->session;
    duration idle = s->rules.client->idle_timeout;
    size_t from = s->in_at, len;
    enum chunk_size size;
    bool keep = s->keep_client && !s->broken;

    wheel_clear(&session->deadline);
    if (!keep) {
        session->owner = NULL;
        /* Bytes that nobody reads would make the kernel send a RST, which destroys the answer on its way. */
        front_close(session, s,
                    session->conn.can_read || !s->request_in.ended || s->in_len > s->in_at || s->ahead);
        stream_free(s);
        return NULL;
    }
    bool in_place = s->ahead == NULL;
    char *chunk = front_take_ahead(s, &size, &len);
    stream_free(s);
    if (!chunk)
        return front_next(session, idle);
    if (in_place)
        memmove(chunk, chunk + from, len);
    session->pipelined = true;
    session->idle_since = thread_now(session->thread);
    return front_begin_stream(session, chunk, size, len);
}

const struct front front_h1 = { .head = front_head,
                                .source = &front_source,
                                .sink = &front_sink,
                                .interim = front_interim,
                                .begin = front_begin,
                                .is_there = front_is_there,
                                .end = front_end };
