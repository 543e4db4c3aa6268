/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines on their way out: each thread writes into a ring of its own, one
 * helper thread empties the rings in batches, at the latest 100 ms after a line
 * was written, at once when a ring is half full, and at flush. Traffic never
 * waits: a line that finds no room, or whose target is full, slow or gone, is
 * dropped and counted. Files, stderr and stdout get one writev a batch; syslog
 * one sendmmsg. Also used for error logs (error_log.h).
 *
 * A *sink* is an open target. It outlives the generation that named it until
 * its last line is out: the lines in the rings count on it.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/macros.h"
#include "base/span.h"
#include "model/log.h"

struct access_log;
struct config;   /* engine-wide: the helper thread and all rings */
struct log_ring; /* one traffic thread's */
struct log_sink; /* an open target; opaque */

struct access_log_options {
    size_t ring;     /* bytes a thread; 0 = 1 MiB */
    duration latest; /* 0 = 100 ms */
    uint32_t
        pid; /* for syslog's tag "haproxy[123]:"; 0 = getpid(). The parent's where a language logs that */
    struct span host; /* for frames with a host name */
    /* A target takes no lines: said once, until it has taken them for a minute. In the helper's thread, which
     * must not be kept. NULL: nobody wants to know. */
    void (*say)(void *to, struct span line);
    void *to;
};
/* NULL: errno (the helper thread could not be started). */
struct access_log *access_log_new(const struct access_log_options *o);
/* Writes what is there, waits at most <most> for slow targets, ends the helper. NULL-safe. */
void access_log_free(struct access_log **l, duration most);

/* --- targets (control thread) --- */
/* The sinks of a config's log targets, by index. A target that <before> (NULL: none) has too keeps its sink,
 * with the new fd. <fds> by target: -1 for those that are opened here (syslog); they are duplicated. A
 * syslog server that cannot be reached is tried again at most once a second. Counted by the generation. */
struct log_sinks *log_sinks_new(struct access_log *l, const struct config *c, const int *fds,
                                const struct log_sinks *before);
void log_sinks_free(struct log_sinks **s);
struct log_sink *log_sinks_at(const struct log_sinks *s, uint32_t target);
/* Reopen: what was written before goes to the old fds, what comes after the call to the new ones. Blocks
 * until the old ones are written (at most <most>). <fds> as above. */
void log_sinks_reopen(struct log_sinks *s, const int *fds, duration most);

/* --- lines (traffic threads) --- */
/* A thread's ring. NULL: out of memory. */
struct log_ring *log_ring_new(struct access_log *l);
/* Its lines are written first. */
void log_ring_free(struct log_ring **r);

#define LOG_LINE_MAX 8192

/*
 * Where the next line's text goes: a fixed buf over free room of the ring, of
 * at most <room> bytes (LOG_LINE_MAX at most). NULL: no room, the line is
 * counted as dropped. Between begin and end nothing else may be logged.
 */
struct buf *log_begin(struct log_ring *r, struct log_sink *to, size_t room);
/* The line is complete: text that did not fit is cut there. Framing (priority, time, tag, newline) is the
 * helper's work. <wall_us> is the time of the line. <facility> and <level> are syslog's numbers. */
void log_end(struct log_ring *r, uint8_t facility, uint8_t level, uint64_t wall_us);
/* What the line holds so far is structured data of RFC 5424: other frames do not show it. */
void log_structure_ends(struct log_ring *r);
/* It is not wanted after all. */
void log_abandon(struct log_ring *r);
/*
 * At most <most> lines of one <kind> (below LOG_QUOTAS) a second: false when they are used up. The first of a
 * later second tells how many were <left_out> before it.
 */
#define LOG_QUOTAS 64
MUST_USE bool log_quota(struct log_ring *r, unsigned kind, uint64_t second, uint32_t most,
                        uint32_t *left_out);
/* The thread stops using the sinks of a generation that it gives back: they must live until the helper has
 * read the ring up to here. <release> is called by the helper thread. */
void log_release(struct log_ring *r, void (*release)(void *what), void *what);

/* --- from other threads --- */
/* A line of the process's own, rare: written at once, or dropped and counted. Any thread but the helper's. */
void access_log_say(struct access_log *l, struct log_sink *to, uint8_t facility, uint8_t level,
                    struct span line);
/* The sink of <like>, whichever config <like> is of; NULL: there is none any more. */
struct log_sink *log_sinks_find(const struct log_sinks *s, const struct log_target *like);

/* --- about it --- */
struct log_counts {
    uint64_t written, dropped_full, dropped_failed, bytes;
};
/* Any thread; sums of all rings and sinks. */
void access_log_counts(const struct access_log *l, struct log_counts *out);
/* Asks the helper to write now, and waits for it at most <most>. For stop and tests; not a traffic thread. */
void access_log_flush(struct access_log *l, duration most);
