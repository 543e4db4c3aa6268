/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body between who sends and who receives: a queue of payload bytes, without
 * framing, whatever holds them. Borrowed bytes (behind a head, a page), chunks
 * of the thread, an unlinked temporary file (when more than <memory_max> waits,
 * up to <file_max>), or a range of a file that is served. One type to everybody:
 * both framings, retry, buffering and static files. Nothing here blocks: file
 * I/O is done by helpers (core/work.h), and <on_change> says that room or bytes
 * are there again. One thread.
 *
 * A streaming body passes beside the queue (http/flow.h): only what the receiver
 * did not take at once is put here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/macros.h"
#include "base/span.h"

struct body;
struct spool; /* spool.h */
struct thread;
typedef void (*body_fn)(struct body *b);

enum segment_kind { SEGMENT_SPAN, SEGMENT_CHUNK, SEGMENT_FILE };
struct body_segment { /* body.c's own */
    struct body_segment *next;
    char *bytes;
    off_t offset; /* SEGMENT_FILE: where the range begins */
    uint64_t len;
    int fd;
    uint8_t kind; /* enum segment_kind */
    bool own;     /* SEGMENT_FILE: the body closes it */
    bool busy;    /* SEGMENT_CHUNK: a helper writes it to the file */
};

struct body {
    struct thread *thread;
    body_fn on_change;   /* never inside a call of ours */
    uint32_t memory_max; /* waiting in chunks at most (rounded up to chunks) */
    uint64_t file_max;   /* then in a temporary file at most; 0 = none */
    struct body_segment *first, *last;
    struct body_segment *cursor; /* the next byte to take lies at <cursor_at> of it */
    uint64_t cursor_at;
    struct spool *spool; /* the file and who works on it; NULL: none was needed */
    int warm_file;       /* the range of a file that is known to be in memory */
    off_t warm_from, warm_until;
    uint32_t chunk_count;
    bool inline_used;
    uint64_t put, taken; /* bytes in all; with <keep>, taken goes back to 0 by body_rewind */
    bool keep;           /* what was taken is kept, so that it can be sent again */
    bool ended;          /* nothing more will be put: body_end */
    bool failed;         /* the file could not be written or read: the body is lost. Sticky */
    bool spooled;        /* it went to a file, for the log */
    struct body_segment inline_segment;
};

/* An empty one: no memory is taken before something is put. */
void body_init(struct body *b, struct thread *t, body_fn on_change, uint32_t memory_max, uint64_t file_max);
/* Gives everything back; a file job that runs ends by itself. Harmless on a zeroed or finished one. */
void body_fini(struct body *b);

/* How many bytes may be put now: the credit of who sends. 0: none until on_change, or a body_take. */
size_t body_room(const struct body *b);
/* Copies; returns how many of the bytes were taken (all, when they were within body_room). */
size_t body_put(struct body *b, const struct iovec *parts, unsigned count);
/* Bytes that stay where they are until body_fini. Not bound by the room. false: out of memory. */
MUST_USE bool body_put_borrowed(struct body *b, struct span bytes);
/* A range of an open file, <fd> is closed by body_fini when <own>. false: out of memory. */
MUST_USE bool body_put_file(struct body *b, int fd, off_t offset, uint64_t len, bool own);
static inline void body_end(struct body *b)
{
    b->ended = true;
}

static inline uint64_t body_waiting(const struct body *b)
{
    return b->put - b->taken;
}
static inline bool body_is_empty(const struct body *b)
{
    return b->put == b->taken;
}
/* All of it was put and taken. */
static inline bool body_is_over(const struct body *b)
{
    return b->ended && b->put == b->taken;
}

/* The next bytes, as far as they are in memory: fills at most <room> parts and returns how many. 0 though not
 * empty: they are being fetched (on_change comes), or lie in a file that body_file gives. */
unsigned body_peek(struct body *b, struct iovec *parts, unsigned room);
/* The next bytes as a range of a file that is in the page cache as far as <len> says, for sendfile; false:
 * they are in memory, or being fetched (on_change comes). */
bool body_file(struct body *b, int *fd, off_t *offset, size_t *len);
/* <len> bytes were passed on: at most what peek or file gave. */
void body_take(struct body *b, size_t len);

/* Back to the first byte. false: it was not kept. */
bool body_rewind(struct body *b);
/* It will not be sent again: what was taken may go, and what comes need not stay. */
void body_forget(struct body *b);
