/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of h1 share; nobody outside may include it (the unit tests do,
 * to run every kernel). Read h1_head.c first: a head is marked (64 bytes become
 * four 64-bit masks), its end is found in the masks, and the lines are then cut
 * by walking the masks, so that no byte is looked at one by one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/h1.h"

/* ---- marks ---- */

#define BLOCK 64

/* Bit i says something about byte i of a block. */
struct h1_block {
    uint64_t stop;    /* not a token character */
    uint64_t cr;      /* CR */
    uint64_t lf;      /* LF */
    uint64_t control; /* below 0x20 but not HTAB, or DEL; CR and LF included */
};

/* A kernel marks <count> blocks that begin at <bytes>. All give the same masks. */
typedef void h1_marker(const char *bytes, size_t count, struct h1_block *out);
h1_marker h1_mark_scalar;
#if defined(__x86_64__)
h1_marker h1_mark_sse2, h1_mark_avx2;
#endif
/* The best of them that this machine can run. */
h1_marker h1_mark;

/* ---- heads ---- */

#define WINDOW_BLOCKS 64

/* A cursor over the marks of a complete head: a window that only moves forward. */
struct h1_lines {
    const char *head;                          /* the first byte of the first line */
    size_t len;                                /* the blank line included */
    size_t window;                             /* index of the first block in <blocks> */
    size_t marked;                             /* how many of <blocks> are valid */
    size_t line;                               /* the bytes up to the first LF; 0: not seen */
    size_t found;                              /* see enum h1_found */
    struct h1_block blocks[WINDOW_BLOCKS + 1]; /* the last one: for who only looks */
};

/*
 * Looks for the end of the head in <bytes>, whose first <skip> bytes are a
 * leading empty line. H1_DONE makes <l> ready for the two functions below.
 * Refuses control bytes, CR without LF, LF without CR unless limits->lf_ends_lines,
 * and more than head_max bytes; so what is done holds no control byte but HTAB,
 * and CR only before LF. Sets scan->line when the first line's end is seen.
 */
MUST_USE enum h1_result h1_head_find(struct span bytes, size_t skip, const struct h1_limits *limits,
                                     struct h1_scan *scan, struct h1_lines *l);
/* Marks the window that begins with the block of byte <at>. */
void h1_lines_mark(struct h1_lines *l, size_t at);

enum h1_found {
    H1_FOUND_NOTHING,
    H1_FOUND_BAD, /* l->found: a byte that is not allowed, or the one behind a lone CR */
    H1_FOUND_END, /* l->found: the LF of the empty line */
};
/*
 * Looks from block <at> on through l->len bytes; sets l->line when it was 0 and there
 * is a LF. From 0 on the marks are kept in <l>, whose window is empty. <text> is
 * l->head, or where these bytes are at the end of a block when they are less than one.
 */
typedef enum h1_found h1_searcher(const char *text, struct h1_lines *l, size_t at, bool lf_ends_lines);
h1_searcher h1_search_scalar;
#if defined(__x86_64__)
h1_searcher h1_search_sse2, h1_search_avx2;
#endif
/* For less than a block. */
enum h1_found h1_search_short(h1_searcher *kernel, struct h1_lines *l, bool lf_ends_lines);

/* All of the head's marks are in the window: nothing need be looked up. */
static inline bool h1_lines_are_whole(const struct h1_lines *l)
{
    return LIKELY(l->window == 0 && l->marked * BLOCK >= l->len);
}

/* <whole>: what the function above says. */
static inline const struct h1_block *h1_lines_block(struct h1_lines *l, size_t at, bool whole)
{
    if (whole)
        return &l->blocks[at / BLOCK];
    if (UNLIKELY(at / BLOCK - l->window >= l->marked))
        h1_lines_mark(l, at);
    return &l->blocks[at / BLOCK - l->window];
}

/*
 * The first byte at or after <at> that is no token character; the line's end
 * is none, so there is always one. <at> must not go back from call to call.
 */
static inline size_t h1_lines_stop(struct h1_lines *l, size_t at, bool whole)
{
    uint64_t bits;
    while ((bits = h1_lines_block(l, at, whole)->stop >> (at % BLOCK)) == 0)
        at = (at / BLOCK + 1) * BLOCK;
    return at + (size_t)__builtin_ctzll(bits);
}

/* The first LF at or after <at>. <at> must not go back. */
static inline size_t h1_lines_lf(struct h1_lines *l, size_t at, bool whole)
{
    uint64_t bits;
    while ((bits = h1_lines_block(l, at, whole)->lf >> (at % BLOCK)) == 0)
        at = (at / BLOCK + 1) * BLOCK;
    return at + (size_t)__builtin_ctzll(bits);
}

/* Where the line ends whose LF is at <lf>: there, or at the CR before. */
static inline size_t h1_line_end(const char *head, size_t lf)
{
    return lf - (lf > 0 && head[lf - 1] == '\r');
}

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
    uint16_t hosts, lengths, codings, upgrades; /* how often */
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
 * that matter here, and marks what is hop-by-hop. Offsets in <scan> are of the head.
 */
MUST_USE bool h1_fields_parse(struct h1_lines *l, size_t at, const struct h1_limits *limits,
                              struct h1_scan *scan, struct message *m, struct h1_seen *s);

/*
 * H1_OK when the codings are "chunked" alone, written once, or others without
 * chunked. A coding under chunked would have to be forwarded as one, which we
 * do not; empty members and repeated fields are what nobody honest sends.
 */
enum h1_error h1_coding_judge(const struct h1_seen *s);
