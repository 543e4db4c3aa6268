/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/body.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/slab.h"
#include "engine/core/thread.h"
#include "engine/http/spool.h"
#include "io/chunk.h"

#define SPOOL_AHEAD 8                    /* chunks that may wait for a helper to write them */
#define WARM_WINDOW ((size_t)512 * 1024) /* of a file, looked at or read at once */

void body_init(struct body *b, struct thread *t, body_fn on_change, uint32_t memory_max, uint64_t file_max)
{
    *b = (struct body){
        .thread = t, .on_change = on_change, .memory_max = memory_max, .file_max = file_max, .warm_file = -1
    };
}

/* --- segments --- */
static struct chunks *body_chunks(const struct body *b)
{
    return loop_chunks(b->thread->loop);
}

/* The first segment is part of the body: most bodies have no other. */
static struct body_segment *segment_new(struct body *b, enum segment_kind kind)
{
    struct body_segment *s = b->inline_used ? slab_get(&b->thread->segment_slab) : &b->inline_segment;

    if (!s)
        return NULL;
    if (s == &b->inline_segment)
        b->inline_used = true;
    *s = (struct body_segment){ .kind = (uint8_t)kind, .fd = -1 };
    if (b->last)
        b->last->next = s;
    else
        b->first = s;
    b->last = s;
    if (!b->cursor)
        b->cursor = s;
    return s;
}

/* A helper writes this chunk: it gives it back when it is done. */
static void segment_forsake(struct body *b, const struct body_segment *s)
{
    for (unsigned i = 0; i < b->spool->count; i++)
        if (b->spool->segments[i] == s)
            b->spool->segments[i] = NULL;
}

static void segment_free(struct body *b, struct body_segment *s)
{
    if (s->kind == SEGMENT_CHUNK && s->busy) {
        segment_forsake(b, s);
    } else if (s->kind == SEGMENT_CHUNK) {
        chunk_put(body_chunks(b), CHUNK_SMALL, s->bytes);
        b->chunk_count--;
    }
    if (s->kind == SEGMENT_FILE && s->own)
        (void)close(s->fd);
    if (s == &b->inline_segment)
        b->inline_used = false;
    else
        slab_put(&b->thread->segment_slab, s);
}

/* Frees what lies before <end> (NULL: all). */
static void body_drop(struct body *b, const struct body_segment *end)
{
    while (b->first != end) {
        struct body_segment *s = b->first;
        b->first = s->next;
        segment_free(b, s);
    }
    if (!b->first)
        b->last = NULL;
}

/* The file of ours that a helper may be reading: closed by the spool. */
static int take_own_file(struct body *b)
{
    for (struct body_segment *s = b->first; s; s = s->next) {
        if (s->kind == SEGMENT_FILE && s->own) {
            s->own = false;
            return s->fd;
        }
    }
    return -1;
}

void body_fini(struct body *b)
{
    int file = b->spool ? take_own_file(b) : -1;

    if (b->first)
        body_drop(b, NULL);
    if (b->spool)
        spool_leave(b->spool, file);
    b->spool = NULL;
    b->cursor = NULL;
    b->cursor_at = 0;
}

/* --- putting ----------------------------------------------------------------------------------------------
 */
/* Room at the end of the last chunk. */
static size_t tail_room(const struct body *b)
{
    if (!b->last || b->last->kind != SEGMENT_CHUNK || b->last->busy)
        return 0;
    return chunk_room(body_chunks(b), CHUNK_SMALL) - (size_t)b->last->len;
}

/* Chunks that may be in memory: what is allowed, and what waits to be written. */
static size_t chunks_most(const struct body *b)
{
    size_t chunk = chunk_room(body_chunks(b), CHUNK_SMALL);
    size_t most = ((size_t)b->memory_max + chunk - 1) / chunk;
    uint64_t written = b->spool ? b->spool->size : 0;

    return b->file_max > written + SPOOL_AHEAD * chunk ? most + SPOOL_AHEAD : most;
}

size_t body_room(const struct body *b)
{
    size_t most = chunks_most(b);

    if (b->failed || b->ended)
        return 0;
    return tail_room(b) +
           (most > b->chunk_count ? (most - b->chunk_count) * chunk_room(body_chunks(b), CHUNK_SMALL) : 0);
}

static bool body_add_chunk(struct body *b)
{
    if (body_room(b) == 0)
        return false;
    char *bytes = chunk_get(body_chunks(b), CHUNK_SMALL);
    struct body_segment *s = bytes ? segment_new(b, SEGMENT_CHUNK) : NULL;
    if (!s) {
        chunk_put(body_chunks(b), CHUNK_SMALL, bytes);
        return false;
    }
    s->bytes = bytes;
    b->chunk_count++;
    return true;
}

static size_t put_bytes(struct body *b, const char *bytes, size_t len)
{
    size_t done = 0;

    while (done < len && (tail_room(b) || body_add_chunk(b))) {
        size_t part = len - done < tail_room(b) ? len - done : tail_room(b);
        memcpy(b->last->bytes + b->last->len, bytes + done, part);
        b->last->len += part;
        done += part;
    }
    b->put += done;
    return done;
}

/* --- into the file --- */
static void batch_add(struct spool *w, struct body_segment *s)
{
    w->parts[w->count] = (struct iovec){ .iov_base = s->bytes, .iov_len = (size_t)s->len };
    w->segments[w->count++] = s;
    s->busy = true;
}

/* What is over the memory that is allowed goes to the file: full chunks, the first ones stay. */
static void body_spool(struct body *b)
{
    size_t chunk = chunk_room(body_chunks(b), CHUNK_SMALL),
           keep = ((size_t)b->memory_max + chunk - 1) / chunk, at = 0;
    bool in_file = false;

    if (b->chunk_count <= keep || b->file_max == 0 || b->failed || (b->spool && b->spool->job != SPOOL_IDLE))
        return;
    struct spool *w = spool_of(b);
    if (!w)
        return;
    w->count = 0;
    for (struct body_segment *s = b->first; s && w->count < SPOOL_PARTS; s = s->next) {
        in_file |= s->kind == SEGMENT_FILE;
        if (s->kind == SEGMENT_CHUNK && (in_file || at++ >= keep) && s->len == chunk)
            batch_add(w, s);
    }
    if (w->count)
        spool_write(w);
}

/* Written: the chunk's place is taken by a range of the file, joined with the one before it. */
static void segment_to_file(struct body *b, struct body_segment *s, struct body_segment *before, int fd,
                            uint64_t at)
{
    chunk_put(body_chunks(b), CHUNK_SMALL, s->bytes);
    b->chunk_count--;
    if (!before || before->kind != SEGMENT_FILE || before->fd != fd ||
        (uint64_t)before->offset + before->len != at) {
        s->kind = SEGMENT_FILE;
        s->busy = s->own = false;
        s->bytes = NULL;
        s->fd = fd;
        s->offset = (off_t)at;
        return;
    }
    if (b->cursor == s) {
        b->cursor = before;
        b->cursor_at += before->len;
    }
    before->len += s->len;
    before->next = s->next;
    if (b->last == s)
        b->last = before;
    s->kind = SEGMENT_SPAN; /* it holds nothing any more */
    segment_free(b, s);
}

static struct body_segment *segment_before(struct body *b, const struct body_segment *s)
{
    struct body_segment *before = NULL;

    for (struct body_segment *i = b->first; i != s; i = i->next)
        before = i;
    return before;
}

void body_was_written(struct body *b, struct spool *w)
{
    uint64_t at = w->size;

    for (unsigned i = 0; i < w->count; i++) {
        struct body_segment *s = w->segments[i];
        if (!s) { /* consumed from memory meanwhile */
            chunk_put(body_chunks(b), CHUNK_SMALL, w->parts[i].iov_base);
            b->chunk_count--;
        } else if (w->error) {
            s->busy = false;
        } else {
            segment_to_file(b, s, segment_before(b, s), w->file, at);
        }
        at += w->parts[i].iov_len;
    }
    w->count = 0;
    b->failed |= w->error != 0;
    b->spooled = true;
    if (!w->error)
        w->size = at;
    body_spool(b);
    b->on_change(b);
}

size_t body_put(struct body *b, const struct iovec *parts, unsigned count)
{
    size_t done = 0;

    for (unsigned i = 0; i < count; i++) {
        size_t put = put_bytes(b, parts[i].iov_base, parts[i].iov_len);
        done += put;
        if (put < parts[i].iov_len)
            break;
    }
    body_spool(b);
    return done;
}

bool body_put_borrowed(struct body *b, struct span bytes)
{
    if (bytes.len == 0)
        return true;
    struct body_segment *s = segment_new(b, SEGMENT_SPAN);
    if (!s)
        return false;
    s->bytes = (char *)(uintptr_t)bytes.ptr;
    s->len = bytes.len;
    b->put += bytes.len;
    return true;
}

bool body_put_file(struct body *b, int fd, off_t offset, uint64_t len, bool own)
{
    struct body_segment *s = segment_new(b, SEGMENT_FILE);

    if (!s)
        return false;
    s->fd = fd;
    s->offset = offset;
    s->len = len;
    s->own = own;
    b->put += len;
    return true;
}

/* --- taking --- */
/* Past what is used up. The last segment stays: more may be put into it. */
static void body_settle(struct body *b)
{
    while (b->cursor && b->cursor->next && b->cursor_at == b->cursor->len) {
        b->cursor = b->cursor->next;
        b->cursor_at = 0;
    }
    if (b->keep || !b->cursor)
        return;
    body_drop(b, b->cursor);
    if (body_is_empty(b)) {
        body_drop(b, NULL);
        b->cursor = NULL;
        b->cursor_at = 0;
    }
}

unsigned body_peek(struct body *b, struct iovec *parts, unsigned room)
{
    uint64_t at = b->cursor_at;
    unsigned count = 0;

    for (struct body_segment *s = b->cursor; s && count < room && s->kind != SEGMENT_FILE; s = s->next) {
        if (s->len > at)
            parts[count++] = (struct iovec){ .iov_base = s->bytes + at, .iov_len = (size_t)(s->len - at) };
        at = 0;
    }
    return count;
}

/* --- out of a file --- */
/* Is the byte at <at> in memory? A file system that cannot tell is taken as if. */
static bool is_cached(int fd, off_t at)
{
    char byte;
    struct iovec part = { .iov_base = &byte, .iov_len = 1 };

    return preadv2(fd, &part, 1, at, RWF_NOWAIT) >= 0 || errno != EAGAIN;
}

void body_was_warmed(struct body *b, struct spool *w)
{
    b->warm_file = w->warm_file;
    b->warm_from = w->warm_from;
    b->warm_until = w->warm_from + (off_t)w->warm_len;
    b->on_change(b);
}

/* As much of the range as may be sent without waiting for a disk; 0: a helper reads it first. */
static size_t warm_part(struct body *b, int fd, off_t from, size_t len)
{
    size_t window = len < WARM_WINDOW ? len : WARM_WINDOW;

    if (b->warm_file == fd && from >= b->warm_from && from < b->warm_until) {
        size_t left = (size_t)(b->warm_until - from);
        return left < len ? left : len;
    }
    if (is_cached(fd, from) && is_cached(fd, from + (off_t)window - 1)) {
        b->warm_file = fd;
        b->warm_from = from;
        b->warm_until = from + (off_t)window;
        return window;
    }
    struct spool *w = spool_of(b);
    if (w && w->job == SPOOL_IDLE)
        spool_warm(w, fd, from, window);
    return w ? 0 : window; /* without memory for a helper's job it has to do */
}

bool body_file(struct body *b, int *fd, off_t *offset, size_t *len)
{
    const struct body_segment *s = b->cursor;

    if (!s || s->kind != SEGMENT_FILE || s->len == b->cursor_at)
        return false;
    *fd = s->fd;
    *offset = s->offset + (off_t)b->cursor_at;
    *len = warm_part(b, s->fd, *offset, (size_t)(s->len - b->cursor_at));
    return *len != 0;
}

void body_take(struct body *b, size_t len)
{
    BUG_ON(len > body_waiting(b));
    b->taken += len;
    while (len) {
        size_t part = (size_t)(b->cursor->len - b->cursor_at);
        if (part > len)
            part = len;
        b->cursor_at += part;
        len -= part;
        if (b->cursor_at == b->cursor->len && b->cursor->next) {
            b->cursor = b->cursor->next;
            b->cursor_at = 0;
        }
    }
    body_settle(b);
}

/* --- sending again ---------------------------------------------------------------------------------------
 */
bool body_rewind(struct body *b)
{
    if (b->taken && !b->keep)
        return false;
    b->taken = 0;
    b->cursor = b->first;
    b->cursor_at = 0;
    return true;
}

void body_forget(struct body *b)
{
    b->keep = false;
    body_settle(b);
}
