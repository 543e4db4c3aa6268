/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/body.h"

#include <string.h>
#include <unistd.h>

#include "base/slab.h"
#include "engine/core/thread.h"
#include "io/chunk.h"

void body_init(struct body *b, struct thread *t, body_fn on_change, uint32_t memory_max, uint64_t file_max)
{
    *b = (struct body){ .thread = t, .on_change = on_change, .memory_max = memory_max, .file_max = file_max };
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

static void segment_free(struct body *b, struct body_segment *s)
{
    if (s->kind == SEGMENT_CHUNK) {
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

void body_fini(struct body *b)
{
    if (b->first)
        body_drop(b, NULL);
    b->cursor = NULL;
    b->cursor_at = 0;
}

/* --- putting ----------------------------------------------------------------------------------------------
 */
/* Room at the end of the last chunk. */
static size_t tail_room(const struct body *b)
{
    if (!b->last || b->last->kind != SEGMENT_CHUNK)
        return 0;
    return chunk_room(body_chunks(b), CHUNK_SMALL) - (size_t)b->last->len;
}

size_t body_room(const struct body *b)
{
    size_t chunk = chunk_room(body_chunks(b), CHUNK_SMALL);
    size_t most = (b->memory_max + chunk - 1) / chunk;

    if (b->failed || b->ended)
        return 0;
    return tail_room(b) + (most > b->chunk_count ? (most - b->chunk_count) * chunk : 0);
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

size_t body_put(struct body *b, const struct iovec *parts, unsigned count)
{
    size_t done = 0;

    for (unsigned i = 0; i < count; i++) {
        size_t put = put_bytes(b, parts[i].iov_base, parts[i].iov_len);
        done += put;
        if (put < parts[i].iov_len)
            break;
    }
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

bool body_file(struct body *b, int *fd, off_t *offset, size_t *len)
{
    const struct body_segment *s = b->cursor;

    if (!s || s->kind != SEGMENT_FILE || s->len == b->cursor_at)
        return false;
    *fd = s->fd;
    *offset = s->offset + (off_t)b->cursor_at;
    *len = (size_t)(s->len - b->cursor_at);
    return true;
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
