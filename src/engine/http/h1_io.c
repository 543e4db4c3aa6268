/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/h1_io.h"

#include <errno.h>
#include <string.h>

#include "io/chunk.h"

/* ---- in ---- */

void h1_in_init(struct h1_in *i, enum framing framing, uint64_t length)
{
    i->framing = (uint8_t)framing;
    i->left = framing == FRAMING_LENGTH ? length : 0;
    i->ended = framing == FRAMING_NONE || (framing == FRAMING_LENGTH && length == 0);
    i->keep = NULL;
    i->trailers = (struct trailers){ 0 };
    if (framing == FRAMING_CHUNKED)
        h1_chunk_init(&i->chunk);
}

static void keep_trailers(struct h1_in *i)
{
    if (!trailers_add(&i->trailers, i->keep, i->chunk.trailers))
        i->keep = NULL;
}

static void add_part(struct iovec *parts, unsigned *count, struct span data)
{
    parts[(*count)++] = (struct iovec){ .iov_base = (void *)(uintptr_t)data.ptr, .iov_len = data.len };
}

static enum h1_result cut_chunks(struct h1_in *i, struct span raw, size_t *consumed, struct iovec *parts,
                                 unsigned room, unsigned *count)
{
    while (*count < room) {
        struct span data = { 0 };
        size_t used = 0;
        enum h1_result r = h1_chunk_next(&i->chunk, span_from_index(raw, *consumed), &used, &data);

        *consumed += used;
        if (UNLIKELY(i->chunk.trailers.len) && i->keep)
            keep_trailers(i);
        if (data.len)
            add_part(parts, count, data);
        if (r == H1_DONE)
            i->ended = true;
        if (r != H1_MORE || data.len == 0)
            return r;
    }
    return H1_MORE;
}

enum h1_result h1_in_cut(struct h1_in *i, struct span raw, size_t *consumed, struct iovec *parts,
                         unsigned room, unsigned *count)
{
    *consumed = 0;
    *count = 0;
    if (i->ended)
        return H1_DONE;
    if (i->framing == FRAMING_CHUNKED)
        return cut_chunks(i, raw, consumed, parts, room, count);

    if (i->framing == FRAMING_LENGTH) {
        raw = span_first(raw, i->left < raw.len ? (size_t)i->left : raw.len);
        i->left -= raw.len;
        i->ended = i->left == 0;
    }
    *consumed = raw.len;
    if (raw.len)
        add_part(parts, count, raw);
    return i->ended ? H1_DONE : H1_MORE;
}

struct span h1_parts_join(const struct iovec *parts, unsigned count)
{
    if (count == 0)
        return span_of(NULL, 0);
    char *bytes = parts[0].iov_base;
    size_t len = parts[0].iov_len;
    for (unsigned i = 1; i < count; i++) {
        memmove(bytes + len, parts[i].iov_base, parts[i].iov_len);
        len += parts[i].iov_len;
    }
    return span_of(bytes, len);
}

enum h1_result h1_in_cut_all(struct h1_in *i, char *raw, size_t len, size_t *consumed, struct iovec *parts,
                             unsigned room, unsigned *count)
{
    enum h1_result r;

    *consumed = 0;
    *count = 0;
    for (;;) {
        size_t used;
        unsigned more;
        r = h1_in_cut(i, span_of(raw + *consumed, len - *consumed), &used, parts + *count, room - *count,
                      &more);
        *consumed += used;
        *count += more;
        if (r != H1_MORE || *count < room)
            return r;
        struct span all = h1_parts_join(parts, *count);
        parts[0].iov_len = all.len;
        *count = 1;
    }
}

bool h1_in_eof(struct h1_in *i)
{
    if (i->framing == FRAMING_CLOSE || i->framing == FRAMING_TUNNEL)
        i->ended = true;
    return i->ended;
}

/* ---- out ---- */

#define PARTS      64 /* payload parts of one writev */
#define LAST_CHUNK "0\r\n\r\n"

void h1_out_init(struct h1_out *o, enum framing framing, uint64_t length)
{
    BUG_ON(o->rest);
    memset(o, 0, offsetof(struct h1_out, frame));
    o->trailers = span_of(NULL, 0);
    o->framing = (uint8_t)framing;
    o->left = framing == FRAMING_LENGTH ? length : 0;
}

void h1_out_fini(struct h1_out *o, struct chunks *c)
{
    chunk_put(c, (enum chunk_size)o->rest_size, o->rest);
    o->rest = NULL;
    o->rest_at = o->rest_len = 0;
}

/* One writev being put together: ours, the payload, ours again. */
struct out_batch {
    struct iovec iov[PARTS + 4];
    unsigned count;
    size_t size;                   /* of all */
    size_t payload;                /* of it */
    char before[2 * H1_OUT_FRAME]; /* framing in front of the payload */
    size_t before_len;
    char after[8]; /* and behind it */
    size_t after_len;
};

static void batch_add(struct out_batch *b, const char *bytes, size_t len)
{
    if (len == 0)
        return;
    b->iov[b->count++] = (struct iovec){ .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
    b->size += len;
}

/* Payload that the caller gave and that did not go yet. */
struct out_payload {
    const struct iovec *parts;
    unsigned count;
    size_t offset; /* in the first of them */
    size_t size;   /* of all */
    bool last;
    bool more; /* other bytes follow at once */
};

/* How much of it one batch can carry. */
static size_t payload_fits(const struct out_payload *p)
{
    size_t size = 0;

    if (p->count <= PARTS)
        return p->size;
    for (unsigned i = 0; i < PARTS; i++)
        size += p->parts[i].iov_len;
    return size - p->offset;
}

static void payload_skip(struct out_payload *p, size_t len)
{
    p->size -= len;
    len += p->offset;
    while (p->count && len >= p->parts->iov_len) {
        len -= p->parts->iov_len;
        p->parts++;
        p->count--;
    }
    p->offset = len;
}

static void batch_add_payload(struct out_batch *b, const struct out_payload *p, size_t limit)
{
    size_t offset = p->offset;

    b->payload = limit;
    for (const struct iovec *part = p->parts; limit; part++, offset = 0) {
        size_t len = part->iov_len - offset;
        if (len > limit)
            len = limit;
        batch_add(b, (const char *)part->iov_base + offset, len);
        limit -= len;
    }
}

/*
 * A chunk that is announced is committed: framing that the socket does not take
 * waits in o->frame, payload with the caller. Returns how much payload goes in
 * this batch.
 */
static size_t frame_chunk(struct h1_out *o, struct out_batch *b, size_t size, bool last)
{
    if (size && o->left == 0) {
        b->before_len += h1_write_chunk_head(b->before + b->before_len, size);
        o->left = size;
    }
    size_t now = size < o->left ? size : (size_t)o->left;
    if (now && now == o->left) {
        memcpy(b->after, "\r\n", 2);
        b->after_len = 2;
    }
    if (last && now == size && o->trailers.len == 0) {
        memcpy(b->after + b->after_len, LAST_CHUNK, strlen(LAST_CHUNK));
        b->after_len += strlen(LAST_CHUNK);
        o->closing = true;
    }
    return now;
}

static size_t frame_payload(struct h1_out *o, struct out_batch *b, const struct out_payload *p)
{
    size_t size = payload_fits(p);
    bool last = p->last && size == p->size;

    b->before_len = (size_t)(o->frame_len - o->frame_at);
    memcpy(b->before, o->frame + o->frame_at, b->before_len);
    o->frame_at = o->frame_len = 0;
    if (o->closing) {
        BUG_ON(size);
        return 0;
    }
    if (o->framing == FRAMING_CHUNKED)
        return frame_chunk(o, b, size, last);
    BUG_ON(o->framing == FRAMING_LENGTH && size > o->left);
    BUG_ON(o->framing == FRAMING_NONE && size);
    o->closing = last;
    return size;
}

/* A head that the socket did not take whole waits in a chunk. false: no memory for it. */
static bool keep_rest(struct h1_out *o, struct chunks *chunks, struct span rest)
{
    enum chunk_size size = rest.len > chunk_room(chunks, CHUNK_SMALL) ? CHUNK_LARGE : CHUNK_SMALL;

    if (rest.len > chunk_room(chunks, size))
        return false;
    o->rest = chunk_get(chunks, size);
    if (!o->rest)
        return false;
    o->rest_size = (uint8_t)size;
    memcpy(o->rest, rest.ptr, rest.len);
    o->rest_at = 0;
    o->rest_len = (uint32_t)rest.len;
    return true;
}

static void keep_frame(struct h1_out *o, const char *bytes, size_t len)
{
    BUG_ON(o->frame_len + len > H1_OUT_FRAME);
    memcpy(o->frame + o->frame_len, bytes, len);
    o->frame_len = (uint8_t)(o->frame_len + len);
}

static size_t take(size_t *from, size_t most)
{
    size_t part = *from < most ? *from : most;

    *from -= part;
    return part;
}

/* <sent> bytes of the batch's frame, payload and frame went out. Returns the payload among them. */
static size_t batch_settle(struct h1_out *o, const struct out_batch *b, size_t sent)
{
    size_t before = take(&sent, b->before_len);
    size_t payload = take(&sent, b->payload);

    if (o->framing == FRAMING_LENGTH || o->framing == FRAMING_CHUNKED)
        o->left -= payload;
    keep_frame(o, b->before + before, b->before_len - before);
    if (payload == b->payload)
        keep_frame(o, b->after + sent, b->after_len - sent);
    else
        o->closing = false; /* what ends the chunk, or the body, is framed again behind the rest */
    o->payload += payload;
    return payload;
}

/* The head's share of what was sent; the rest of the head is kept. */
static bool head_settle(struct h1_out *o, struct chunks *chunks, struct span head, size_t *sent)
{
    if (o->rest) {
        o->rest_at += (uint32_t)take(sent, o->rest_len - o->rest_at);
        if (o->rest_at == o->rest_len)
            h1_out_fini(o, chunks);
        return true;
    }
    size_t went = take(sent, head.len);
    return went == head.len || keep_rest(o, chunks, span_from_index(head, went));
}

/* One writev. */
static enum h1_sent send_batch(struct h1_out *o, struct conn *c, struct chunks *chunks, struct span head,
                               struct out_payload *p, size_t *taken, int *error)
{
    struct out_batch b;
    b.count = 0;
    b.size = b.payload = b.before_len = b.after_len = 0;

    batch_add(&b, o->rest ? o->rest + o->rest_at : head.ptr, o->rest ? o->rest_len - o->rest_at : head.len);
    size_t now = frame_payload(o, &b, p);
    batch_add(&b, b.before, b.before_len);
    batch_add_payload(&b, p, now);
    batch_add(&b, b.after, b.after_len);
    if (b.size == 0)
        return H1_SENT_ALL;

    struct conn_done d = conn_writev(c, b.iov, b.count, p->more);
    size_t sent = d.result == CONN_OK ? d.len : 0;
    bool all = sent == b.size;
    o->written += sent;
    if (!head_settle(o, chunks, head, &sent)) {
        *error = ENOMEM;
        return H1_SENT_ERROR;
    }
    size_t payload = batch_settle(o, &b, sent);
    payload_skip(p, payload);
    *taken += payload;
    if (d.result == CONN_ERROR) {
        *error = d.error;
        return H1_SENT_ERROR;
    }
    return all ? H1_SENT_ALL : H1_SENT_PART;
}

/* The last chunk, the trailers and the end: as a head's rest, which waits for the socket as a whole. */
static enum h1_sent send_trailers(struct h1_out *o, struct conn *c, struct chunks *chunks, int *error)
{
    struct out_payload nothing = { .last = true };
    size_t len = o->trailers.len + strlen(LAST_CHUNK), taken = 0;
    enum chunk_size size = len > chunk_room(chunks, CHUNK_SMALL) ? CHUNK_LARGE : CHUNK_SMALL;

    o->rest = len <= chunk_room(chunks, size) ? chunk_get(chunks, size) : NULL;
    if (o->rest) {
        memcpy(o->rest, "0\r\n", 3);
        memcpy(o->rest + 3, o->trailers.ptr, o->trailers.len);
        memcpy(o->rest + 3 + o->trailers.len, "\r\n", 2);
        o->rest_size = (uint8_t)size;
        o->rest_at = 0;
        o->rest_len = (uint32_t)len;
        o->closing = true;
    }
    o->trailers = span_of(NULL, 0); /* without memory for them the body ends as it would have without */
    return send_batch(o, c, chunks, span_of(NULL, 0), &nothing, &taken, error);
}

static enum h1_sent out_send(struct h1_out *o, struct conn *c, struct chunks *chunks, struct span head,
                             struct out_payload *p, size_t *taken, int *error)
{
    enum h1_sent sent;

    BUG_ON(o->rest && head.len);
    *taken = 0;
    do {
        sent = send_batch(o, c, chunks, head, p, taken, error);
        head = span_of(NULL, 0);
    } while (sent == H1_SENT_ALL && p->size);
    if (sent == H1_SENT_ALL && p->last && UNLIKELY(o->trailers.len) && !o->closing)
        sent = send_trailers(o, c, chunks, error);
    if (sent == H1_SENT_ALL && o->closing)
        o->ended = true;
    return sent;
}

/* The usual case: a head and at most one piece, nothing of ours waits, nothing is framed. */
static bool is_plain(const struct h1_out *o, unsigned count)
{
    return count <= 1 && o->framing != FRAMING_CHUNKED && !o->rest && o->frame_at == o->frame_len &&
           !o->closing;
}

/* One writev of it. false: it did not go out whole, and the rest is as if it had been sent the long way. */
static enum h1_sent send_plain(struct h1_out *o, struct conn *c, struct chunks *chunks, struct span head,
                               const struct iovec *part, bool last, size_t *taken, int *error)
{
    size_t size = part ? part->iov_len : 0, first = head.len;
    struct conn_done d;

    BUG_ON(size && (o->framing == FRAMING_NONE || (o->framing == FRAMING_LENGTH && size > o->left)));
    if (size == 0 || part->iov_base == span_end(head)) { /* nothing lies between them */
        d = conn_write(c, head.ptr, first + size);
    } else if (first == 0) {
        d = conn_writev(c, part, 1, false);
    } else {
        struct iovec iov[] = { { .iov_base = (void *)(uintptr_t)head.ptr, .iov_len = first }, *part };
        d = conn_writev(c, iov, 2, false);
    }
    size_t sent = d.result == CONN_OK ? d.len : 0;
    o->written += sent;
    if (sent < first && !keep_rest(o, chunks, span_from_index(head, sent))) {
        *error = ENOMEM;
        return H1_SENT_ERROR;
    }
    *taken = sent > first ? sent - first : 0;
    o->payload += *taken;
    if (o->framing == FRAMING_LENGTH)
        o->left -= *taken;
    if (d.result == CONN_ERROR) {
        *error = d.error;
        return H1_SENT_ERROR;
    }
    if (sent < first + size)
        return H1_SENT_PART;
    o->closing = o->ended = last;
    return H1_SENT_ALL;
}

static enum h1_sent send_framed(struct h1_out *o, struct conn *c, struct chunks *chunks, struct span head,
                                const struct iovec *parts, unsigned count, bool last, size_t *taken,
                                int *error)
{
    struct out_payload p = { .parts = parts, .count = count, .last = last };

    for (unsigned i = 0; i < count; i++)
        p.size += parts[i].iov_len;
    return out_send(o, c, chunks, head, &p, taken, error);
}

enum h1_sent h1_out_send(struct h1_out *o, struct conn *c, struct chunks *chunks, struct span head,
                         const struct iovec *parts, unsigned count, bool last, size_t *taken, int *error)
{
    if (LIKELY(is_plain(o, count) && (head.len || count)))
        return send_plain(o, c, chunks, head, count ? parts : NULL, last, taken, error);
    return send_framed(o, c, chunks, head, parts, count, last, taken, error);
}

/* --- from a file, and past us ----------------------------------------------------------------------------
 */
bool h1_out_takes_raw(const struct h1_out *o)
{
    return !o->rest && o->frame_at == o->frame_len && !o->closing &&
           (o->framing == FRAMING_LENGTH || o->framing == FRAMING_CLOSE);
}

void h1_out_passed(struct h1_out *o, size_t len)
{
    BUG_ON(o->framing == FRAMING_LENGTH && len > o->left);
    if (o->framing == FRAMING_LENGTH || o->framing == FRAMING_CHUNKED)
        o->left -= len;
    o->payload += len;
    o->written += len;
}

/* Everything that goes before the file's bytes. */
static enum h1_sent send_before_file(struct h1_out *o, struct conn *c, struct chunks *chunks,
                                     struct span *head, size_t len, int *error)
{
    struct out_payload nothing = { .more = true };
    size_t taken;

    if (o->framing == FRAMING_CHUNKED && o->left == 0 && !o->closing) {
        char size[H1_CHUNK_HEAD_MAX];
        keep_frame(o, size, h1_write_chunk_head(size, len));
        o->left = len;
    }
    struct span first = *head;
    *head = span_of(NULL, 0);
    return out_send(o, c, chunks, first, &nothing, &taken, error);
}

/* The body's, or its chunk's, end. */
static enum h1_sent send_after_file(struct h1_out *o, struct conn *c, struct chunks *chunks, bool last,
                                    int *error)
{
    struct out_payload nothing = { .last = last };
    size_t taken;

    if (o->framing == FRAMING_CHUNKED && o->left == 0)
        keep_frame(o, "\r\n", 2);
    return out_send(o, c, chunks, span_of(NULL, 0), &nothing, &taken, error);
}

enum h1_sent h1_out_send_file(struct h1_out *o, struct conn *c, struct chunks *chunks, struct span *head,
                              int file, off_t *offset, size_t len, bool last, size_t *taken, int *error)
{
    size_t limit = len;

    *taken = 0;
    enum h1_sent sent = send_before_file(o, c, chunks, head, len, error);
    if (sent != H1_SENT_ALL)
        return sent;
    if (o->framing == FRAMING_CHUNKED && limit > o->left)
        limit = (size_t)o->left;
    while (*taken < limit) {
        struct conn_done d = conn_sendfile(c, file, offset, limit - *taken);
        if (d.result == CONN_AGAIN)
            return H1_SENT_PART;
        if (d.result != CONN_OK) {
            *error = d.result == CONN_EOF ? ENODATA : d.error;
            return H1_SENT_ERROR;
        }
        *taken += d.len;
        h1_out_passed(o, d.len);
    }
    return send_after_file(o, c, chunks, last && limit == len, error);
}
