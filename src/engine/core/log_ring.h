/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of access_log.h: a ring of records from one traffic thread to the
 * helper. One writer, one reader, no lock. A record is contiguous, so that a
 * line is formatted where it will be read. Only access_log.c and log_ring.c
 * include this.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "engine/core/access_log.h"

struct access_log;
struct log_sink;

enum record_kind { RECORD_LINE, RECORD_SKIP };
struct record {
    uint32_t size; /* of all of it, a multiple of 8 */
    uint32_t text_len;
    uint8_t kind;
    uint8_t facility, level;
    uint16_t structure_len; /* of the text: RFC 5424's structured data, and a blank */
    uint64_t wall_us;
    struct log_sink *sink;
    char text[];
};

/* What is to be released when the helper has written all that was in the ring before. */
struct log_release {
    struct log_release *next;
    void (*release)(void *what);
    void *what;
};

struct log_quota {
    uint64_t second;
    uint32_t used, left_out;
};

struct log_ring {
    struct link link; /* of the log's rings, under its mutex */
    struct access_log *log;
    char *bytes;
    size_t size;                          /* a power of two */
    struct buf line;                      /* what log_begin gave */
    struct log_quota quotas[LOG_QUOTAS];  /* the writer's */
    struct record *open;                  /* the record under construction */
    struct log_release *_Atomic releases; /* newest first; the helper takes all */
    uint64_t dropped;                     /* the writer's own, read by anybody (relaxed) */
    const struct record *next;            /* the helper's, within a batch: the first that is not read, */
    uint64_t read;                        /* and the position behind it */

    _Atomic uint64_t head __attribute__((aligned(64))); /* written so far; the writer's */
    uint64_t tail_seen;                                 /* what the writer last knew of <tail> */
    _Atomic uint64_t tail __attribute__((aligned(64))); /* read so far; the reader's */
};

/* False: out of memory. <size> is rounded up to a power of two. */
bool log_ring_init(struct log_ring *r, struct access_log *l, size_t size);
void log_ring_fini(struct log_ring *r);
/* A record with room for <text> bytes, not yet visible; NULL: no room. */
struct record *log_ring_open(struct log_ring *r, size_t text);
/* Makes it visible with <text> bytes used. True: the ring is half full or more now. */
bool log_ring_close(struct log_ring *r, size_t text);
/* The next record from <*at> on, or NULL; moves <*at> behind it. The reader's. */
struct record *log_ring_next(struct log_ring *r, uint64_t *at);
/* Everything before <at> may be written over. */
void log_ring_read_to(struct log_ring *r, uint64_t at);
