/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of h1 share; nobody outside may include it (the unit tests do,
 * to run every kernel). Read h1_head.c first: 64 bytes of a head become two
 * 64-bit masks, and the lines are cut by walking the masks, so that no byte is
 * looked at one by one. Most heads come whole and are right: they are cut at
 * once. Only where that fails is the end looked for, to tell what is not there
 * yet from what is wrong, and what is wrong first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/h1.h"

/* ---- marks ---- */

#define BLOCK 64

/* Bit i says something about byte i of a block. */
struct h1_marks {
    uint64_t stop;    /* not a token character; what is in <control> included */
    uint64_t control; /* below 0x20 but not HTAB, or DEL; CR and LF included */
};

/* A kernel marks the BLOCK bytes at <bytes>. All give the same masks. */
typedef struct h1_marks h1_marker(const char *bytes);
h1_marker h1_mark_scalar;
#if defined(__x86_64__)
h1_marker h1_mark_sse2, h1_mark_avx2;
#endif
/* The best of them that this machine can run. */
h1_marker h1_mark;

/* ---- heads ---- */

/* A cursor over the marks of a head: it only moves forward. */
struct h1_lines {
    const char *head; /* the first byte of the first line */
    size_t len;       /* so many may be read; the head may end before */
    size_t base;      /* the block that <marks> are of begins there */
    struct h1_marks marks;
};

void h1_lines_init(struct h1_lines *l, const char *head, size_t len);
void h1_lines_mark_end(struct h1_lines *l, size_t at);
/* Marks the block that begins at <at>; bits behind <len> are set. */
static inline void h1_lines_mark(struct h1_lines *l, size_t at)
{
    l->base = at;
    if (LIKELY(at + BLOCK <= l->len))
        l->marks = h1_mark(l->head + at);
    else
        h1_lines_mark_end(l, at);
}

/*
 * The first byte at or after <at> that is a control character; <len> or more
 * when there is none. <at> must not go back from call to call.
 */
static inline size_t h1_lines_control(struct h1_lines *l, size_t at)
{
    for (uint64_t bits;; at = l->base + BLOCK) {
        if (UNLIKELY(at - l->base >= BLOCK))
            h1_lines_mark(l, at);
        bits = l->marks.control >> (at - l->base);
        if (LIKELY(bits))
            return at + (unsigned)__builtin_ctzll(bits);
    }
}

/* <stop>: the first byte that is no token character; <end>: the first control character. */
struct h1_line {
    size_t stop, end;
};
/* Of a line that is longer than a block. */
struct h1_line h1_line_long(struct h1_lines *l, size_t at);
/* Of the line that begins at <at>; <end> is <len> or more when there is none. <at> must not go back. */
static inline struct h1_line h1_line_at(struct h1_lines *l, size_t at)
{
    size_t by = at - l->base;

    if (UNLIKELY(by >= BLOCK) || UNLIKELY(l->marks.control >> by == 0)) {
        h1_lines_mark(l, at);
        if (UNLIKELY(l->marks.control == 0))
            return h1_line_long(l, at);
        by = 0;
    }
    return (struct h1_line){ at + (unsigned)__builtin_ctzll(l->marks.stop >> by),
                             at + (unsigned)__builtin_ctzll(l->marks.control >> by) };
}

/* How long the line's end at <at> is: 2, 1 for a lone LF that is allowed, or 0: there is none. */
static inline size_t h1_line_end(const struct h1_lines *l, size_t at, bool lf_ends_lines)
{
    if (LIKELY(at + 2 <= l->len && memcmp(l->head + at, "\r\n", 2) == 0))
        return 2;
    return lf_ends_lines && at < l->len && l->head[at] == '\n';
}

/*
 * Looks for the end of the head in <bytes>, whose first <skip> bytes are
 * leading empty lines. H1_DONE: it is there, and nothing before it is a control
 * byte but HTAB and line ends. Refuses control bytes, CR without LF, LF without
 * CR unless <lf_ends_lines>, and more than head_max bytes. Sets scan->line
 * when the first line's end is seen.
 */
MUST_USE enum h1_result h1_head_find(struct span bytes, size_t skip, const struct h1_limits *limits,
                                     bool lf_ends_lines, struct h1_scan *scan);

/* Sets the reason; always false, so that a check can return it. */
static inline bool h1_refuse(struct h1_scan *scan, enum h1_error why, size_t at)
{
    scan->error = why;
    scan->error_at = (uint32_t)at;
    return false;
}

/* "HTTP/1.1" at <p>, eight bytes. A minor above 1 is read as 1 (RFC 9112 2.3). */
MUST_USE enum h1_error h1_version_parse(const char *p, struct message *m);

/* ---- fields ---- */

/* What the fields say about framing and persistence, before anybody judges it. */
struct h1_seen {
    uint16_t hosts, connections, lengths, codings, upgrades; /* how often */
    bool expect_continue;
    bool te_trailers;
    bool close, keep_alive, upgrade;      /* members of Connection */
    size_t host_at, length_at, coding_at; /* offsets of the last values, for error_at */
    struct span host;                     /* the last value */
    bool coding_chunked;                  /* chunked is among the codings */
    bool coding_after_chunked;            /* and something follows it */
    bool coding_other;                    /* something else is among them */
    bool coding_unknown;                  /* and that is not "identity" */
    bool coding_plain;                    /* the last value has no room for more than "chunked" */
    uint64_t length;                      /* of the only Content-Length */
};

/*
 * Cuts the field lines from <at> to the blank line into <m>, reads the values
 * that matter here, and marks what is hop-by-hop. <end>: the bytes up to behind
 * the blank line. Offsets in <scan> are of the head. False: it is wrong, or not whole.
 */
MUST_USE bool h1_fields_parse(struct h1_lines *l, size_t at, const struct h1_limits *limits,
                              struct h1_scan *scan, struct message *m, struct h1_seen *s, size_t *end);

/*
 * H1_OK when the codings are "chunked" alone, written once, or others without
 * chunked. A coding under chunked would have to be forwarded as one, which we
 * do not; empty members and repeated fields are what nobody honest sends.
 */
enum h1_error h1_coding_judge(const struct h1_seen *s);
