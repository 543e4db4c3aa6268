/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of access_log.h: one open log target and how a batch of lines gets
 * there without ever waiting. Everything but counting references happens under
 * the log's mutex.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "model/log.h"

struct record;

#define SINK_BATCH 64 /* lines at a time */

struct log_sink {
    struct log_target target; /* spans are copies of ours */
    char *texts;              /* where they lie */
    uint32_t references;      /* of struct log_sinks */
    int fd;                   /* -1 = not open */
    bool is_datagram, may_block;
    struct log_stream *stream; /* LOG_STREAM: what waits, and for whom; NULL: another kind */
    struct span host;
    uint32_t pid;
    char *rest; /* of a line that was written in part: goes first */
    size_t rest_len;
    int open_error;    /* why fd is -1 */
    int complaint;     /* errno of a failure that nobody was told of yet; 0 = none */
    uint64_t bad_us;   /* wall time of the last failure */
    uint64_t retry_us; /* wall time before which it is not opened again */
    uint64_t written, bytes, failed;

    /* the batch under construction */
    const struct record *batch[SINK_BATCH];
    unsigned count;
};

/* NULL: out of memory. <fd> is duplicated; -1: opened here where the kind is syslog. */
struct log_sink *sink_new(const struct log_target *t, int fd, struct span host, uint32_t pid);
void sink_free(struct log_sink *s);
/* Two targets that are the same place with the same frame. */
bool sink_is(const struct log_sink *s, const struct log_target *t);
/* "/var/log/a.log", "10.0.0.1:514", "stderr" */
void sink_put_name(struct buf *out, const struct log_sink *s);
void sink_set_fd(struct log_sink *s, int fd);
/* A line's bytes in front of the message, at most <room>; 0: it goes out as it is. */
size_t sink_write_head(const struct log_sink *s, const struct record *r, struct clock_text *clock, char *out,
                       size_t room);
/* What stands behind the head, cut to the length of the target's lines. */
struct iovec sink_text(const struct log_sink *s, const struct record *r, size_t head);
/* <count> lines could not be written. The first time in a while somebody should know. */
void sink_failed(struct log_sink *s, uint64_t count, int error, uint64_t wall_us);
/* Adds to the batch; writes when it is full. */
void sink_put(struct log_sink *s, const struct record *r, struct clock_text *clock);
/* Writes what is in the batch; lines that the target does not take at once are dropped and counted. */
void sink_flush(struct log_sink *s, struct clock_text *clock);
