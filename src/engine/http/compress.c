/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/compress.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/list.h"
#include "engine/core/thread.h"
#include "engine/http/compress_choice.h"
#include "engine/http/front.h"
#include "engine/http/internal.h"
#include "io/chunk.h"

#define ACTIVE_MOST 256 /* compressors at work in a thread: about a quarter of a MiB each */
#define IDLE_MOST   8   /* kept for the next answer */
#define FILE_PIECE  16384

struct compressor {
    struct link link; /* of the thread's idle ones */
    z_stream zip;
    uint8_t coding, level;
    bool finished;  /* zlib has given its last byte */
    bool unflushed; /* it holds bytes back */
    bool ended;     /* the end was given to the front */
    char *out;      /* a small chunk: what the front did not take yet */
    uint32_t at, len;
};

struct compressors {
    struct list idle;
    unsigned idle_count, active;
};

/* ---- a thread's ---- */

static void compressor_free(struct compressor *c)
{
    (void)deflateEnd(&c->zip);
    free(c);
}

static struct compressors *compressors_of(struct thread *t)
{
    if (t->compressors == NULL) {
        t->compressors = calloc(1, sizeof(*t->compressors));
        if (t->compressors != NULL)
            list_init(&t->compressors->idle);
    }
    return t->compressors;
}

void compressors_free(struct thread *t)
{
    struct compressors *all = t->compressors;

    t->compressors = NULL;
    if (all == NULL)
        return;
    BUG_ON(all->active);
    while (!list_is_empty(&all->idle))
        compressor_free(CONTAINER_OF(list_take_first(&all->idle), struct compressor, link));
    free(all);
}

static struct compressor *take_idle(struct compressors *all, enum content_coding coding, uint8_t level)
{
    LIST_EACH (&all->idle, c, struct compressor, link) {
        if (c->coding != coding || c->level != level)
            continue;
        link_remove(&c->link);
        all->idle_count--;
        return c;
    }
    return NULL;
}

static struct compressor *compressor_new(enum content_coding coding, uint8_t level)
{
    static const int windows[] = {
        [CODING_GZIP] = 15 + 16, [CODING_DEFLATE] = 15, [CODING_RAW_DEFLATE] = -15
    };
    struct compressor *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->coding = (uint8_t)coding;
    c->level = level;
    if (deflateInit2(&c->zip, level, Z_DEFLATED, windows[coding], 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(c);
        return NULL;
    }
    return c;
}

/* NULL: there is no memory, or too many are at work: the answer goes as it is. */
static struct compressor *compressor_get(struct thread *t, enum content_coding coding, uint8_t level)
{
    struct compressors *all = compressors_of(t);

    if (all == NULL || all->active >= ACTIVE_MOST)
        return NULL;
    char *out = chunk_get(loop_chunks(t->loop), CHUNK_SMALL);
    struct compressor *c = out ? take_idle(all, coding, level) : NULL;
    if (out != NULL && c == NULL)
        c = compressor_new(coding, level);
    if (c == NULL) {
        chunk_put(loop_chunks(t->loop), CHUNK_SMALL, out);
        return NULL;
    }
    c->out = out;
    c->at = c->len = 0;
    c->finished = c->unflushed = c->ended = false;
    all->active++;
    return c;
}

void compress_end(struct stream *s)
{
    struct compressor *c = s->compressor;
    struct compressors *all = s->thread->compressors;

    s->compressor = NULL;
    if (c == NULL)
        return;
    chunk_put(loop_chunks(s->thread->loop), CHUNK_SMALL, c->out);
    c->out = NULL;
    all->active--;
    if (all->idle_count == IDLE_MOST || deflateReset(&c->zip) != Z_OK) {
        compressor_free(c);
        return;
    }
    list_push_front(&all->idle, &c->link);
    all->idle_count++;
}

struct span compress_ratio(struct stream *s)
{
    const struct compressor *c = s->compressor;
    char *room = c != NULL && c->zip.total_out != 0 ? scratch_bytes(&s->scratch, 32) : NULL;
    struct buf b;

    if (room == NULL)
        return span_of(NULL, 0);
    uint64_t hundredths = ((uint64_t)c->zip.total_in * 1000 / c->zip.total_out + 5) / 10;
    buf_init_fixed(&b, room, 32);
    buf_printf(&b, "%llu.%02u", (unsigned long long)(hundredths / 100), (unsigned)(hundredths % 100));
    return buf_span(&b);
}

/* ---- to the front ---- */

/* What waits goes out, with the end when there is one. */
static enum flow_put push(struct stream *s)
{
    struct compressor *c = s->compressor;
    struct iovec part = { .iov_base = c->out + c->at, .iov_len = c->len - c->at };
    size_t taken = 0;

    if (part.iov_len == 0 && (!c->finished || c->ended) && s->pending_head.len == 0 &&
        !h1_out_is_blocked(&s->answer_out))
        return PUT_ALL;
    enum flow_put put = s->client_sink->put(s, &part, part.iov_len != 0, c->finished, &taken);
    c->at += (uint32_t)taken;
    if (c->at == c->len)
        c->at = c->len = 0;
    if (put == PUT_ALL && c->finished)
        c->ended = true;
    return put;
}

/* As much of zlib's output as there is room for; sends when the room is full. */
static enum flow_put deflate_some(struct stream *s, int how)
{
    struct compressor *c = s->compressor;
    size_t room = chunk_room(loop_chunks(s->thread->loop), CHUNK_SMALL);

    for (;;) {
        c->zip.next_out = (Bytef *)c->out + c->len;
        c->zip.avail_out = (uInt)(room - c->len);
        int r = deflate(&c->zip, how);
        BUG_ON(r == Z_STREAM_ERROR);
        c->len = (uint32_t)(room - c->zip.avail_out);
        c->finished = r == Z_STREAM_END;
        if (c->zip.avail_out != 0 || c->finished) /* all that it had to give */
            return PUT_ALL;
        enum flow_put put = push(s);
        if (put != PUT_ALL)
            return put;
    }
}

/* One piece; <used> of it were taken. */
static enum flow_put put_piece(struct stream *s, const void *bytes, size_t len, size_t *used)
{
    struct compressor *c = s->compressor;

    c->zip.next_in = (Bytef *)(uintptr_t)bytes;
    c->zip.avail_in = (uInt)len;
    c->unflushed = true;
    enum flow_put put = deflate_some(s, Z_NO_FLUSH);
    *used = len - c->zip.avail_in;
    return put;
}

/* All of the payload was taken: with the last of it comes the end. */
static enum flow_put put_end(struct stream *s, bool last)
{
    struct compressor *c = s->compressor;

    c->zip.avail_in = 0;
    if (last && !c->finished) {
        enum flow_put put = deflate_some(s, Z_FINISH);
        if (put != PUT_ALL)
            return put;
    }
    return push(s);
}

static enum flow_put compress_put(struct stream *s, const struct iovec *parts, unsigned count, bool last,
                                  size_t *taken)
{
    *taken = 0;
    enum flow_put put = push(s);
    for (unsigned i = 0; i < count && put == PUT_ALL; i++) {
        size_t used;
        put = put_piece(s, parts[i].iov_base, parts[i].iov_len, &used);
        *taken += used;
    }
    return put == PUT_ALL ? put_end(s, last) : put;
}

/* The range is in memory, as far as can be known: reading it waits for no disk. */
static enum flow_put compress_put_file(struct stream *s, int fd, off_t *offset, size_t len, bool last,
                                       size_t *taken)
{
    char piece[FILE_PIECE];

    *taken = 0;
    enum flow_put put = push(s);
    while (*taken < len && put == PUT_ALL) {
        size_t want = len - *taken < sizeof(piece) ? len - *taken : sizeof(piece), used;
        ssize_t n = pread(fd, piece, want, *offset);
        if (n <= 0) {
            s->error = n < 0 ? errno : ENODATA; /* it became shorter */
            return PUT_ERROR;
        }
        put = put_piece(s, piece, (size_t)n, &used);
        *taken += used;
        *offset += (off_t)used;
    }
    return put == PUT_ALL ? put_end(s, last) : put;
}

const struct flow_sink compress_sink = { .put = compress_put, .put_file = compress_put_file };

/* The source has nothing now: what a client may wait for is not held back, unless the answer is buffered. */
static enum flow_state flush(struct stream *s, enum flow_state st)
{
    struct compressor *c = s->compressor;
    enum flow_put put = PUT_ALL;

    if (c->unflushed && !s->to_client.buffer) {
        c->zip.avail_in = 0;
        put = deflate_some(s, Z_SYNC_FLUSH);
        c->unflushed = put != PUT_ALL;
    }
    if (put == PUT_ALL)
        put = push(s);
    return put == PUT_ALL ? st : put == PUT_PART ? FLOW_WAIT_BOTH : FLOW_SINK_ERROR;
}

enum flow_state compress_pump(struct stream *s)
{
    enum flow_put put = s->to_client.started ? push(s) : PUT_ALL;

    if (put == PUT_ERROR)
        return FLOW_SINK_ERROR;
    if (put == PUT_PART)
        return FLOW_WAIT_SINK;
    enum flow_state st = flow_pump(&s->to_client);
    return st == FLOW_WAIT_SOURCE ? flush(s, st) : st;
}

/* ---- the head ---- */

static bool add_vary(struct stream *s)
{
    for (const struct field *f = message_find(&s->answer, FIELD_VARY); f != NULL;
         f = message_next(&s->answer, f))
        if (list_has_token(f->value, SPAN("accept-encoding")) || list_has_token(f->value, SPAN("*")))
            return true;
    return message_add(&s->answer, SPAN("Vary"), SPAN("Accept-Encoding"));
}

/* RFC 9110 8.8.1: the bytes are others now, the meaning is the same. */
static bool weaken_etag(struct stream *s)
{
    const struct field *tag = message_find(&s->answer, FIELD_ETAG);

    if (tag == NULL || span_starts_with(tag->value, SPAN("W/")))
        return true;
    struct span weak = scratch_join(&s->scratch, SPAN("W/"), tag->value);
    (void)message_remove_id(&s->answer, FIELD_ETAG);
    /* A tag that is none is left out (nginx). */
    return weak.ptr != NULL && (weak.ptr[2] != '"' || message_add(&s->answer, SPAN("ETag"), weak));
}

static bool edit_head(struct stream *s, const struct compression *c, enum content_coding coding)
{
    struct message *m = &s->answer;

    (void)message_remove_id(m, FIELD_CONTENT_LENGTH);
    if (!c->careful) /* HAProxy leaves it */
        (void)message_remove_id(m, FIELD_ACCEPT_RANGES);
    if (m->framing != FRAMING_NONE) { /* else to a HEAD */
        m->framing = FRAMING_CHUNKED;
        m->body_length = 0;
    }
    if (!weaken_etag(s) || (c->vary && !add_vary(s)))
        return false;
    return coding == CODING_IDENTITY ||
           message_add(m, SPAN("Content-Encoding"), coding == CODING_GZIP ? SPAN("gzip") : SPAN("deflate"));
}

/* An answer that is here as a whole becomes a flow like any other. */
static bool make_flow(struct stream *s)
{
    struct flow *f = &s->to_client;

    f->may_splice = false;
    if (!s->answer_direct)
        return true;
    s->answer_direct = false;
    flow_init(f, s, NULL, 0, 0, stream_on_body);
    f->source_done = true;
    f->received = s->answer_whole.len;
    return body_put_borrowed(&f->body, s->answer_whole);
}

bool compress_begin(struct stream *s)
{
    const struct compression *c = s->rules.compression;
    enum content_coding coding = CODING_IDENTITY;

    switch (compress_choose(c, &s->request, &s->answer, s->own, &coding)) {
    case COMPRESS_NO:
        return true;
    case COMPRESS_VARIES:
        return !c->vary_all || add_vary(s);
    case COMPRESS_YES:
        break;
    }
    /* A head alone; or HAProxy's identity, for tests: all of it but the coding. */
    if (s->request.method == METHOD_HEAD || coding == CODING_IDENTITY)
        return edit_head(s, c, coding);
    s->compressor = compressor_get(s->thread, coding, c->level);
    if (s->compressor == NULL)
        return !c->vary_all || add_vary(s);
    return make_flow(s) && edit_head(s, c, coding);
}
