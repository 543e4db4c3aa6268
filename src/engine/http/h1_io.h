/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framing of an HTTP/1 body while it passes, for either side: struct h1_in
 * cuts payload out of what a connection gave, struct h1_out puts payload (and a
 * head before it) on a connection, as few bytes at a time as the socket takes.
 * wire/h1 knows the grammar; this knows where a body stands. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "engine/http/trailers.h"
#include "io/conn.h"
#include "wire/h1.h"

struct chunks;

/* ---- in ---- */
struct h1_in {
    struct h1_chunk chunk;
    uint64_t left;   /* FRAMING_LENGTH: payload bytes to come */
    uint8_t framing; /* enum framing */
    bool ended;      /* the last byte of the body was seen */
    /* FRAMING_CHUNKED: where trailers are kept; NULL: they are dropped. Set behind h1_in_init. */
    struct scratch *keep;
    struct trailers trailers;
};
void h1_in_init(struct h1_in *i, enum framing framing, uint64_t length);
/*
 * Cuts <raw>: payload as parts (spans of <raw>), <consumed> bytes of it belong
 * to this body; what follows belongs to the next message. H1_DONE: the body has
 * ended there. H1_MORE: all parts were used up or <raw> is consumed.
 */
MUST_USE enum h1_result h1_in_cut(struct h1_in *i, struct span raw, size_t *consumed, struct iovec *parts,
                                  unsigned room, unsigned *count);
/*
 * The same for all of <raw>, which may be written: when there are more pieces
 * than <room>, they are moved together in place.
 */
MUST_USE enum h1_result h1_in_cut_all(struct h1_in *i, char *raw, size_t len, size_t *consumed,
                                      struct iovec *parts, unsigned room, unsigned *count);
/* Moves pieces of one piece of memory together, behind the first; returns them all. */
struct span h1_parts_join(const struct iovec *parts, unsigned count);
/* The connection ended: is that the end of the body (FRAMING_CLOSE)? */
bool h1_in_eof(struct h1_in *i);

/* ---- out ---- */
#define H1_OUT_FRAME 24
struct h1_out {
    uint64_t left;    /* FRAMING_LENGTH: payload to come; FRAMING_CHUNKED: of the chunk that was announced */
    uint64_t written; /* bytes given to the socket, with framing */
    uint64_t payload; /* of these, payload */
    char *rest;       /* a head that the socket did not take whole: a small chunk of the thread */
    uint32_t rest_at, rest_len;
    uint8_t framing;   /* enum framing */
    uint8_t rest_size; /* enum chunk_size */
    uint8_t frame_at, frame_len;
    bool closing;             /* the end of the body was framed; it may wait in <frame> */
    bool ended;               /* the last byte was given to the socket */
    char frame[H1_OUT_FRAME]; /* framing bytes that go before the next payload */
    struct span trailers; /* FRAMING_CHUNKED: lines with their CRLFs; set before the last payload is sent */
};
/* Of a zeroed or finished one. */
void h1_out_init(struct h1_out *o, enum framing framing, uint64_t length);
void h1_out_fini(struct h1_out *o, struct chunks *c);
/* Something of ours still waits before payload can go. */
static inline bool h1_out_is_blocked(const struct h1_out *o)
{
    return o->rest_at != o->rest_len;
}

enum h1_sent {
    H1_SENT_ALL,   /* everything was given to the socket */
    H1_SENT_PART,  /* the socket is full: on_ready will come */
    H1_SENT_ERROR, /* <error> */
};
/*
 * One writev of <head> (bytes that go first, copied when the socket does not
 * take them; empty: none), then payload. <last>: with the whole of the payload
 * the body ends. <taken>: payload bytes that went out; the caller keeps the rest
 * and calls again. More payload than a length allows is a bug of the caller.
 */
enum h1_sent h1_out_send(struct h1_out *o, struct conn *c, struct chunks *chunks, struct span head,
                         const struct iovec *parts, unsigned count, bool last, size_t *taken, int *error);
/* The same from a file, with the head in <*head> (emptied): <offset> is moved, at most <len>. A file that
 * ends before is an error (ENODATA). */
enum h1_sent h1_out_send_file(struct h1_out *o, struct conn *c, struct chunks *chunks, struct span *head,
                              int file, off_t *offset, size_t len, bool last, size_t *taken, int *error);
/* Payload may be put on the connection past us, for splice: nothing of ours waits, and it is not framed. */
bool h1_out_takes_raw(const struct h1_out *o);
/* <len> bytes of it were. */
void h1_out_passed(struct h1_out *o, size_t len);
