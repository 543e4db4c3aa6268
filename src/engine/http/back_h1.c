/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/back_h1.h"

#include <errno.h>
#include <string.h>

#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/http/head.h"
#include "engine/http/internal.h"
#include "engine/http/trailers.h"
#include "io/chunk.h"

static struct conn *back_conn(struct stream *s)
{
    return &s->upstream.conn->conn;
}

/* --- events --- */
static void back_on_ready(struct conn *c)
{
    stream_run(upstream_conn_of(c)->owner);
}

static void back_on_expired(struct upstream_conn *c)
{
    struct stream *s = c->owner;

    s->server_expired = true;
    stream_run(s);
}

/* --- the request --- */
bool back_h1_begin(struct stream *s)
{
    struct upstream_conn *c = s->upstream.conn;

    c->owner = s;
    c->on_expired = back_on_expired;
    c->conn.on_ready = back_on_ready;
    s->server_expired = s->request_cut = false; /* were the last server's */
    s->back_in = s->back_head = 0;
    s->back_len = s->back_at = 0;
    s->back_scan = (struct h1_scan){ 0 };
    h1_out_fini(&s->request_out, loop_chunks(s->thread->loop));
    s->pending_head = head_of_request(s);
    s->to_server.sink = &back_h1_sink;
    return s->pending_head.len != 0;
}

static enum flow_put put_of(struct stream *s, enum h1_sent sent)
{
    (void)s;
    return sent == H1_SENT_ALL ? PUT_ALL : sent == H1_SENT_PART ? PUT_PART : PUT_ERROR;
}

static enum flow_put back_put(struct stream *s, const struct iovec *parts, unsigned count, bool last,
                              size_t *taken)
{
    if (last)
        s->request_out.trailers = trailers_pass(&s->request_in.trailers);
    enum h1_sent sent = h1_out_send(&s->request_out, back_conn(s), loop_chunks(s->thread->loop),
                                    s->pending_head, parts, count, last, taken, &s->error);

    s->pending_head = span_of(NULL, 0);
    return put_of(s, sent);
}

static enum flow_put back_put_file(struct stream *s, int fd, off_t *offset, size_t len, bool last,
                                   size_t *taken)
{
    if (last)
        s->request_out.trailers = trailers_pass(&s->request_in.trailers);
    return put_of(s, h1_out_send_file(&s->request_out, back_conn(s), loop_chunks(s->thread->loop),
                                      &s->pending_head, fd, offset, len, last, taken, &s->error));
}

static struct conn *back_splice_sink(struct stream *s)
{
    struct conn *c = back_conn(s);

    return conn_can_splice(c) && h1_out_takes_raw(&s->request_out) ? c : NULL;
}

static void back_spliced_out(struct stream *s, size_t n)
{
    h1_out_passed(&s->request_out, n);
}

const struct flow_sink back_h1_sink = {
    .put = back_put, .put_file = back_put_file, .conn = back_splice_sink, .spliced = back_spliced_out
};

/* --- the answer's head --- */
static enum back_head back_ended(const struct stream *s, struct conn_done d)
{
    (void)d;
    if (s->back_in == 0)
        return s->upstream.reused ? BACK_STALE : BACK_CLOSED;
    return BACK_CLOSED;
}

/* Room for more of the head; false: it is larger than any head may be. */
static bool back_make_room(struct stream *s)
{
    struct chunks *chunks = loop_chunks(s->thread->loop);
    size_t room = chunk_room(chunks, (enum chunk_size)s->back_size);

    if (s->back && s->back_len < room)
        return true;
    if (s->back && s->back_size == CHUNK_LARGE) {
        s->back_scan.error = H1_ERR_HEAD_LONG;
        return false;
    }
    enum chunk_size size = s->back ? CHUNK_LARGE : CHUNK_SMALL;
    char *more = chunk_get(chunks, size);
    if (!more)
        return false;
    if (s->back)
        memcpy(more, s->back, s->back_len);
    chunk_put(chunks, (enum chunk_size)s->back_size, s->back);
    s->back = more;
    s->back_size = (uint8_t)size;
    return true;
}

static struct conn_done back_read(struct stream *s)
{
    struct conn *c = back_conn(s);
    struct conn_done again = { .result = CONN_AGAIN };

    if (!c->can_read)
        return again;
    if (!back_make_room(s))
        return (struct conn_done){ .result = CONN_ERROR, .error = ENOBUFS };
    size_t room = chunk_room(loop_chunks(s->thread->loop), (enum chunk_size)s->back_size);
    struct conn_done d = conn_read(c, s->back + s->back_len, room - s->back_len);
    if (d.result == CONN_OK) {
        s->back_len += (uint32_t)d.len;
        s->back_in += d.len;
    }
    return d;
}

static enum h1_result back_parse(struct stream *s, size_t *len)
{
    const struct server_policy *p = s->rules.server;
    struct h1_limits limits = { .head_max = p->head_buffer ? p->head_buffer : UINT32_MAX,
                                .target_max = 8192,
                                .fields_max = MESSAGE_FIELDS_MAX };
    struct span bytes = span_of(s->back + s->back_at, s->back_len - s->back_at);
    struct field *fields = s->answer_fields;
    uint16_t room = STREAM_FIELDS;

    for (;;) {
        message_init(&s->answer, fields, room);
        enum h1_result r =
            h1_parse_response(bytes, &limits, s->request.method, &s->back_scan, &s->answer, len);
        if (r != H1_BAD || s->back_scan.error != H1_ERR_TOO_MANY || room == MESSAGE_FIELDS_MAX)
            return r;
        room = MESSAGE_FIELDS_MAX;
        fields = scratch_alloc(&s->scratch, room * sizeof(*fields));
        if (!fields)
            return r;
        s->back_scan = (struct h1_scan){ 0 };
    }
}

/* RFC 9110 15.2: any number of them may come before the answer. */
static bool back_pass_interim(struct stream *s)
{
    bool wanted = s->answer.status != 100 || s->continue_wanted;

    if (s->answer.status == 100)
        s->continue_wanted = false;
    if (!wanted || s->request.minor == 0)
        return true;
    return s->front->interim(s, s->answer.status, true) != PUT_ERROR;
}

static enum back_head back_judge(struct stream *s)
{
    bool asked = s->request.wants_upgrade && s->request_upgrades;

    if (s->answer.status == 101) {
        s->back_scan.error = H1_ERR_SWITCH;
        return asked && s->answer.wants_upgrade ? BACK_SWITCH : BACK_GARBAGE;
    }
    if (s->request.method == METHOD_CONNECT && s->answer.status / 100 == 2)
        return BACK_SWITCH;
    return s->answer.status < 200 ? BACK_MORE : BACK_HEAD;
}

/* Heads among the bytes that are there. */
static enum back_head back_take_heads(struct stream *s)
{
    while (s->back_at < s->back_len) {
        size_t len = 0;
        enum h1_result r = back_parse(s, &len);
        if (r == H1_MORE)
            break;
        if (r == H1_BAD) {
            stream_capture_answer(s);
            return BACK_GARBAGE;
        }
        s->back_at += (uint32_t)len;
        s->back_scan = (struct h1_scan){ 0 };
        enum back_head head = back_judge(s);
        if (head != BACK_MORE) {
            s->back_head = s->back_in - (s->back_len - s->back_at);
            return head;
        }
        if (!back_pass_interim(s))
            return BACK_CLIENT_GONE;
    }
    if (s->back_at == s->back_len)
        s->back_at = s->back_len = 0;
    return BACK_MORE;
}

/* What an interim head has used is room again. */
static void back_shift(struct stream *s)
{
    if (s->back_at == 0)
        return;
    memmove(s->back, s->back + s->back_at, s->back_len - s->back_at);
    s->back_len -= s->back_at;
    s->back_at = 0;
}

enum back_head back_h1_read_head(struct stream *s)
{
    for (;;) {
        struct conn_done d = back_read(s);

        switch (d.result) {
        case CONN_OK:
            break;
        case CONN_AGAIN:
            return BACK_MORE;
        case CONN_EOF:
        case CONN_ERROR:
            s->error = d.error;
            return d.error == ENOBUFS ? BACK_GARBAGE : back_ended(s, d);
        }
        enum back_head head = back_take_heads(s);
        if (head != BACK_MORE)
            return head;
        back_shift(s);
    }
}

/* --- the answer's body --- */
static enum flow_got back_ended_body(struct stream *s, struct conn_done d)
{
    s->error = d.error;
    if (d.result == CONN_EOF && h1_in_eof(&s->answer_in) && !back_conn(s)->unclean_eof)
        return GOT_LAST;
    return d.result == CONN_EOF ? GOT_EOF : GOT_ERROR;
}

static enum flow_got back_get(struct stream *s, char *room, size_t len, struct iovec *parts, unsigned *count)
{
    struct h1_in *in = &s->answer_in;
    size_t used;

    *count = 0;
    /* One byte more than the body: so a read that ends it is a short one, and needs no other to find out. */
    if (in->framing == FRAMING_LENGTH && in->left < len)
        len = (size_t)in->left + 1;
    struct conn_done d = conn_read(back_conn(s), room, len);
    if (d.result == CONN_AGAIN)
        return GOT_AGAIN;
    if (d.result != CONN_OK)
        return back_ended_body(s, d);
    s->back_in += d.len;
    enum h1_result r = h1_in_cut_all(in, room, d.len, &used, parts, FLOW_PARTS, count);
    if (r == H1_BAD)
        return GOT_BAD;
    if (used < d.len)
        s->back_garbage = true; /* bytes behind the answer that nobody asked for */
    return r == H1_DONE ? GOT_LAST : GOT_BYTES;
}

static struct conn *back_splice_source(struct stream *s)
{
    struct conn *c = back_conn(s);

    return conn_can_splice(c) ? c : NULL;
}

static uint64_t back_splice_left(struct stream *s)
{
    const struct h1_in *in = &s->answer_in;

    if (in->framing == FRAMING_LENGTH)
        return in->left;
    return in->framing == FRAMING_CLOSE ? UINT64_MAX : 0;
}

static bool back_spliced_in(struct stream *s, size_t n)
{
    struct h1_in *in = &s->answer_in;

    s->back_in += n;
    if (in->framing == FRAMING_LENGTH) {
        in->left -= n;
        in->ended = in->left == 0;
    }
    return in->ended;
}

const struct flow_source back_h1_source = {
    .get = back_get, .conn = back_splice_source, .splice_left = back_splice_left, .spliced = back_spliced_in
};

bool back_h1_is_reusable(const struct stream *s)
{
    enum keep_mode keep = s->rules.client->keep;

    if (keep == KEEP_CLOSE || keep == KEEP_SERVER_CLOSE)
        return false;
    return s->answer.keep_alive && s->answer_in.ended && s->answer_in.framing != FRAMING_CLOSE &&
           s->request_out.ended && !s->back_garbage && s->back_at == s->back_len;
}
