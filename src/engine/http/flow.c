/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/flow.h"

#include "engine/core/thread.h"
#include "engine/http/stream.h"
#include "io/chunk.h"

#define READ_LEAST   (16u * 1024)
#define READ_MOST    (64u * 1024)
#define SHARE        (256u * 1024) /* bytes a pump before others get their turn */
#define SPLICE_LEAST (64u * 1024)  /* less than that is copied */

void flow_init(struct flow *f, struct stream *s, const struct flow_source *source, uint32_t memory_max,
               uint64_t file_max, body_fn on_change)
{
    body_init(&f->body, s->thread, on_change, memory_max, file_max);
    f->stream = s;
    f->source = source;
    f->sink = NULL;
    f->splice = (struct splice){ 0 };
    f->received = f->passed = 0;
    f->read_size = READ_LEAST;
    f->buffer = f->may_splice = f->source_done = f->sink_done = f->started = f->sink_full = false;
    f->source_failed = FLOW_DONE;
}

void flow_fini(struct flow *f)
{
    if (!f->stream)
        return;
    conn_splice_drop(f->stream->thread->loop, &f->splice);
    body_fini(&f->body);
    f->stream = NULL;
}

void flow_again(struct flow *f)
{
    f->sink = NULL;
    f->sink_done = f->started = f->sink_full = false;
    f->passed = 0;
}

/* --- to the sink --- */
static bool flow_is_last(const struct flow *f)
{
    return f->source_done && body_is_empty(&f->body) && f->splice.held == 0;
}

/* What a put means. Parts that were taken are counted; the rest is the caller's. */
static enum flow_state flow_sent(struct flow *f, enum flow_put put, size_t taken)
{
    f->started = true;
    f->passed += taken;
    f->sink_full = put == PUT_PART;
    return put == PUT_ERROR ? FLOW_SINK_ERROR : put == PUT_PART ? FLOW_WAIT_SINK : FLOW_DONE;
}

static enum flow_state flow_drain_memory(struct flow *f, const struct iovec *parts, unsigned count)
{
    size_t taken = 0, size = 0;

    for (unsigned i = 0; i < count; i++)
        size += parts[i].iov_len;
    bool last = f->source_done && size == body_waiting(&f->body);
    enum flow_put put = f->sink->put(f->stream, parts, count, last, &taken);
    body_take(&f->body, taken);
    if (put == PUT_ALL && last)
        f->sink_done = true;
    return flow_sent(f, put, taken);
}

static enum flow_state flow_drain_file(struct flow *f, int fd, off_t offset, size_t len)
{
    size_t taken = 0;
    bool last = f->source_done && len == body_waiting(&f->body);
    enum flow_put put = f->sink->put_file(f->stream, fd, &offset, len, last, &taken);

    body_take(&f->body, taken);
    if (put == PUT_ALL && taken == len && last)
        f->sink_done = true;
    return flow_sent(f, put, taken);
}

/* Nothing waits: the head alone, or the end alone. */
static enum flow_state flow_put_nothing(struct flow *f, bool last)
{
    size_t taken = 0;
    enum flow_put put = f->sink->put(f->stream, NULL, 0, last, &taken);

    if (put == PUT_ALL && last)
        f->sink_done = true;
    return flow_sent(f, put, 0);
}

/* The next bytes are being read back, or lost. The head cannot wait for them: it lies in the thread's room.
 */
static enum flow_state flow_wait_file(struct flow *f)
{
    if (f->body.failed)
        return FLOW_LOST;
    enum flow_state st = f->started ? FLOW_DONE : flow_put_nothing(f, false);
    return st == FLOW_DONE ? FLOW_WAIT_FILE : st;
}

/* What waits in the body goes out. FLOW_DONE: nothing waits any more. */
static enum flow_state flow_drain(struct flow *f)
{
    struct iovec parts[FLOW_PARTS];

    while (!body_is_empty(&f->body)) {
        off_t offset;
        size_t len;
        int fd;
        unsigned count = body_peek(&f->body, parts, FLOW_PARTS);
        enum flow_state st;

        if (count)
            st = flow_drain_memory(f, parts, count);
        else if (body_file(&f->body, &fd, &offset, &len))
            st = flow_drain_file(f, fd, offset, len);
        else
            return flow_wait_file(f);
        if (st != FLOW_DONE)
            return st;
    }
    return FLOW_DONE;
}

/* --- from the source --- */
static enum flow_state flow_stopped(enum flow_got got)
{
    switch (got) {
    case GOT_EOF:
        return FLOW_SOURCE_EOF;
    case GOT_ERROR:
        return FLOW_SOURCE_ERROR;
    case GOT_BAD:
        return FLOW_SOURCE_BAD;
    case GOT_BYTES:
    case GOT_LAST:
    case GOT_AGAIN:
        break;
    }
    return FLOW_WAIT_SOURCE;
}

static size_t parts_size(const struct iovec *parts, unsigned count)
{
    size_t size = 0;

    for (unsigned i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

/* Drops the first <len> bytes. */
static unsigned parts_skip(struct iovec *parts, unsigned count, size_t len)
{
    unsigned i = 0, left = 0;

    for (; i < count && len >= parts[i].iov_len; i++)
        len -= parts[i].iov_len;
    for (; i < count; i++, len = 0)
        parts[left++] =
            (struct iovec){ .iov_base = (char *)parts[i].iov_base + len, .iov_len = parts[i].iov_len - len };
    return left;
}

/* Bytes that were just read go straight to the sink when nothing waits before them; the rest is kept. */
static enum flow_state flow_pass(struct flow *f, struct iovec *parts, unsigned count)
{
    enum flow_state st = FLOW_DONE;

    if (f->sink && !f->sink_full && body_is_empty(&f->body) && !f->body.keep) {
        size_t size = parts_size(parts, count), taken = 0;
        enum flow_put put = f->sink->put(f->stream, parts, count, f->source_done, &taken);
        if (put == PUT_ALL && f->source_done)
            f->sink_done = true;
        st = flow_sent(f, put, taken);
        if (st == FLOW_SINK_ERROR)
            return st;
        f->read_size = taken == size ? (f->read_size < READ_MOST ? f->read_size * 2 : READ_MOST) : READ_LEAST;
        count = parts_skip(parts, count, taken);
    }
    if (count && body_put(&f->body, parts, count) < parts_size(parts, count))
        return FLOW_LOST;
    return st;
}

/* One read. FLOW_DONE: there may be more. */
static enum flow_state flow_read(struct flow *f)
{
    struct iovec parts[FLOW_PARTS];
    unsigned count = 0;
    size_t room = body_room(&f->body);

    if (room == 0)
        return f->body.failed ? FLOW_LOST : FLOW_WAIT_SINK;
    char *scratch = loop_chunks(f->stream->thread->loop)->scratch;
    enum flow_got got =
        f->source->get(f->stream, scratch, room < f->read_size ? room : f->read_size, parts, &count);
    if (got != GOT_BYTES && got != GOT_LAST)
        return flow_stopped(got);
    f->received += parts_size(parts, count);
    f->source_done = got == GOT_LAST;
    if (f->source_done && body_is_empty(&f->body) && count == 0)
        return FLOW_DONE; /* the caller puts the end */
    return flow_pass(f, parts, count);
}

/* --- splice -----------------------------------------------------------------------------------------------
 */
static struct conn *flow_splice_sink(const struct flow *f)
{
    return f->sink && f->sink->conn ? f->sink->conn(f->stream) : NULL;
}

static bool flow_can_splice(const struct flow *f)
{
    return f->may_splice && f->started && !f->sink_full && body_is_empty(&f->body) && !f->body.keep &&
           f->source->conn && f->source->splice_left(f->stream) >= SPLICE_LEAST &&
           f->source->conn(f->stream) && flow_splice_sink(f);
}

static enum flow_state flow_splice_out(struct flow *f)
{
    struct conn *to = flow_splice_sink(f);
    struct conn_done d = conn_splice_out(to, &f->splice, false);

    if (d.result == CONN_ERROR)
        return FLOW_SINK_ERROR;
    f->passed += d.len;
    if (d.len)
        f->sink->spliced(f->stream, d.len);
    f->sink_full = f->splice.held != 0;
    if (f->sink_full && f->buffer)
        f->may_splice = false; /* a slow reader: from here on the server is read into the body */
    return f->sink_full ? FLOW_WAIT_SINK : FLOW_DONE;
}

static enum flow_state flow_splice(struct flow *f)
{
    struct conn *from = f->source->conn(f->stream);
    uint64_t left = f->source->splice_left(f->stream);
    struct conn_done d = conn_splice_in(from, &f->splice, left < SHARE ? (size_t)left : SHARE);

    switch (d.result) {
    case CONN_OK:
        f->received += d.len;
        f->source_done = f->source->spliced(f->stream, d.len);
        return flow_splice_out(f);
    case CONN_AGAIN:
        return FLOW_WAIT_SOURCE;
    case CONN_EOF:
    case CONN_ERROR:
        break;
    }
    f->may_splice = false; /* no pipe, or the end: reading says what it means */
    return FLOW_DONE;
}

/* --- the pump ---------------------------------------------------------------------------------------------
 */
/* Everything that is held goes out first. FLOW_DONE: nothing is held, or nobody takes it. */
static enum flow_state flow_push(struct flow *f)
{
    if (!f->sink)
        return FLOW_DONE;
    if (f->splice.held) {
        enum flow_state st = flow_splice_out(f);
        if (st != FLOW_DONE)
            return st;
    }
    enum flow_state st = flow_drain(f);
    if (st == FLOW_DONE && !f->sink_done && flow_is_last(f))
        st = flow_put_nothing(f, true);
    return st;
}

static enum flow_state flow_pull(struct flow *f)
{
    return flow_can_splice(f) ? flow_splice(f) : flow_read(f);
}

static bool flow_is_over(const struct flow *f)
{
    return f->sink ? f->sink_done : f->source_done;
}

/* The source has nothing now. Whoever waits for the head need not wait for the body. */
static enum flow_state flow_dry(struct flow *f)
{
    if (!f->sink || f->started)
        return FLOW_WAIT_SOURCE;
    enum flow_state st = flow_put_nothing(f, false);
    return st == FLOW_DONE ? FLOW_WAIT_SOURCE : st == FLOW_WAIT_SINK ? FLOW_WAIT_BOTH : st;
}

/* The sink takes no more now: does it make sense to read on? */
static bool flow_reads_ahead(const struct flow *f, enum flow_state st)
{
    if (st != FLOW_WAIT_SINK && st != FLOW_WAIT_FILE)
        return false;
    /* What a pipe holds goes out before the body: bytes may gather behind it. */
    return f->buffer && !f->source_done && f->source_failed == FLOW_DONE && body_room(&f->body) != 0;
}

enum flow_state flow_pump(struct flow *f)
{
    uint64_t until = f->received + SHARE;

    f->sink_full = false;
    for (;;) {
        enum flow_state st = flow_push(f);
        if (st != FLOW_DONE && !flow_reads_ahead(f, st))
            return st;
        if (flow_is_over(f))
            return FLOW_DONE;
        if (f->source_failed != FLOW_DONE) /* what had come before was passed on */
            return (enum flow_state)f->source_failed;
        if (f->received >= until)
            return FLOW_SHARE_USED;
        enum flow_state pulled = flow_pull(f);
        if (pulled == FLOW_WAIT_SOURCE)
            return st == FLOW_DONE ? flow_dry(f) : FLOW_WAIT_BOTH;
        if (pulled == FLOW_SINK_ERROR || pulled == FLOW_LOST)
            return pulled;
        if (pulled == FLOW_WAIT_SINK && !flow_reads_ahead(f, pulled))
            return FLOW_WAIT_SINK;
        if (pulled != FLOW_DONE && pulled != FLOW_WAIT_SINK)
            f->source_failed = (uint8_t)pulled;
    }
}
