/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file half of a body: an unlinked temporary file, and the one job at a time
 * that a helper does for it: writing chunks, or reading a range so that it is in
 * the page cache when it is sent. Only body.c includes this.
 *
 * It may outlive its body: what a running job touches stays until it is back.
 */
#pragma once

#include "engine/core/work.h"
#include "engine/http/body.h"

#define SPOOL_PARTS 16

enum spool_job { SPOOL_IDLE, SPOOL_WRITES, SPOOL_WARMS };

struct spool {
    struct work work;
    struct thread *thread;
    struct body *body; /* NULL: it is gone, the job's end frees */
    int file;          /* the temporary file; -1 = none yet */
    uint64_t size;     /* of what was written into it */
    uint8_t job;       /* enum spool_job */
    int error;         /* of the job; 0 = none */

    /* SPOOL_WRITES */
    struct iovec parts[SPOOL_PARTS];
    struct body_segment *segments[SPOOL_PARTS]; /* NULL: was consumed meanwhile */
    unsigned count;

    /* SPOOL_WARMS */
    int warm_file;
    bool warm_owned; /* the body, when it went, left the file to us */
    off_t warm_from;
    size_t warm_len;
};

/* The body's, made when needed. NULL: out of memory. */
struct spool *spool_of(struct body *b);
/* Gives the chunks in <parts> to a helper; they stay as they are until it is done. */
void spool_write(struct spool *s);
void spool_warm(struct spool *s, int file, off_t from, size_t len);
/* The body goes. <file>: it owns this one (-1: none), which is closed when no job reads it any more. */
void spool_leave(struct spool *s, int file);

/* body.c's, when a job is done. */
void body_was_written(struct body *b, struct spool *s);
void body_was_warmed(struct body *b, struct spool *s);
