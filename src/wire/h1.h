/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.x heads, bodies and how to write them: a pure codec (RFC 9112). It
 * does no I/O and allocates nothing. It is strict: what two parsers could read
 * in two ways is refused, never repaired. Rules that matter most: no bare CR or
 * LF, no blank before the colon, no folded lines, one length or one chunked but
 * never both in a request, one Host, no control bytes.
 *
 * Heads: the caller collects bytes in one contiguous buffer and calls h1_parse_*
 * with all of them until it is no longer H1_MORE. <scan> remembers how far the
 * end of the head has been looked for, so that a dripping client costs O(n).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "wire/message.h"

enum h1_result { H1_DONE, H1_MORE, H1_BAD };

/* Why a message was refused: a code, which log, page and tests put into words. */
enum h1_error {
    H1_OK,
    H1_ERR_METHOD,        /* 400 */
    H1_ERR_TARGET,        /* 400 */
    H1_ERR_VERSION,       /* 400: not HTTP/d.d */
    H1_ERR_VERSION_MAJOR, /* 505: HTTP/2.0 and above in an HTTP/1 request line */
    H1_ERR_LINE_END,      /* 400: bare CR or LF */
    H1_ERR_CONTROL,       /* 400: a control byte */
    H1_ERR_FIELD_NAME,    /* 400 */
    H1_ERR_FIELD_VALUE,   /* 400 */
    H1_ERR_FOLDED,        /* 400: obs-fold */
    H1_ERR_TOO_MANY,      /* 431 (nginx: 400): more fields than allowed */
    H1_ERR_TARGET_LONG,   /* 414 */
    H1_ERR_HEAD_LONG,     /* 431 (nginx: 400) */
    H1_ERR_HOST,          /* 400: missing in 1.1, twice, or not a host */
    H1_ERR_HOST_MISMATCH, /* 400: Host differs from an absolute target's authority */
    H1_ERR_LENGTH,        /* 400: not a length, or more than one */
    H1_ERR_CODING,        /* 501: a transfer coding other than chunked */
    H1_ERR_CODING_ORDER,  /* 400: chunked is not last, is there twice, or no coding at all */
    H1_ERR_BOTH,          /* 400: Content-Length and Transfer-Encoding */
    H1_ERR_CODING_1_0,    /* 400: Transfer-Encoding in HTTP/1.0 */
    H1_ERR_STATUS,        /* a response's status line; 101 without Upgrade */
    H1_ERR_SWITCH,        /* 101 that nobody asked for: the caller's to see */
    H1_ERR_CHUNK_SIZE,    /* 400 */
    H1_ERR_CHUNK_END,     /* 400: data not followed by CRLF */
    H1_ERR_TRAILER,       /* 400 */
};

/* The status a client is answered with, 400, 414, 431, 501 or 505. */
unsigned h1_error_status(enum h1_error e);
/* A short phrase for logs: "bare LF in the head". */
const char *h1_error_text(enum h1_error e);

struct h1_limits {
    uint32_t head_max;   /* bytes of the whole head, its blank line included */
    uint32_t target_max; /* bytes of the request line */
    uint16_t fields_max;
    /*
     * In responses a lone LF ends a line too (RFC 9112 2.2 allows it): scripts
     * that answer health checks write so, and nginx and HAProxy read it.
     */
    bool lf_ends_lines;
    bool host_not_empty;   /* of requests: a Host without a name is H1_ERR_HOST */
    bool target_host_wins; /* of requests: Host may differ from an absolute target's authority */
    /* Of requests: fields whose names have more than letters, digits and '-' are dropped (but counted). */
    bool drop_odd_names;
    bool underscore_is_odd; /* '_' is more */
    bool drop_odd_lines;    /* with drop_odd_names: bytes that no name may have do not make the head wrong */
};

/* Zeroed by the caller before the first bytes of each head. */
struct h1_scan {
    uint32_t looked;     /* bytes that hold no end of head */
    uint32_t line;       /* bytes up to the end of the first line, once it has been seen and checked */
    enum h1_error error; /* why H1_BAD */
    uint32_t error_at;   /* offset of the offending byte, for `show errors` and logs */
};

/*
 * Parses the head at the start of <bytes>. H1_DONE fills <m> (message_init was
 * called) and sets <head_len>, the bytes that the head took, blank line and
 * leading empty lines (RFC 9112 2.2: at least one CRLF) included. A head that is
 * incomplete but already wrong is H1_BAD at once where that is cheap to see: a
 * first byte that begins no token, a first line that is complete and wrong, one
 * without end over target_max, a bare CR or LF, a control byte, a head over
 * head_max. Before H1_DONE <m> means nothing; the same <m> may be given again.
 *
 * Stricter than it must be, as no honest client does it: userinfo in a target,
 * a repeated Content-Length, any coding but chunked, over 64 members of
 * Connection, content of CONNECT. HTTP/1.2 and up are read as 1.1. An empty Host
 * is taken, as health checks send it, unless <limits> say otherwise; it is no host.
 */
MUST_USE enum h1_result h1_parse_request(struct span bytes, const struct h1_limits *limits,
                                         struct h1_scan *scan, struct message *m, size_t *head_len);
/*
 * <request> is the method that was asked: HEAD, CONNECT and 1xx, 204, 304 decide
 * the framing. Both Content-Length and Transfer-Encoding in a response: the
 * coding rules, the length is dropped and the connection is not kept (RFC 9112 6.3).
 * The same for chunked in HTTP/1.0, and for "identity", which lasts until close;
 * any other coding would have to be forwarded as one, and is refused. A 1xx or 204 that announces a body is
 * not kept either: the body may come. A 101 without Upgrade is refused; that nobody asked for it, or for what
 * it names, is for the caller to see. The reason phrase may be missing; a leading empty line is refused.
 */
MUST_USE enum h1_result h1_parse_response(struct span bytes, const struct h1_limits *limits,
                                          enum method request, struct h1_scan *scan, struct message *m,
                                          size_t *head_len);

/* ---- chunked bodies (RFC 9112 7.1) ---- */

/*
 * An incremental decoder. h1_chunk_next looks at <in> and consumes a prefix:
 *   H1_DONE: the body has ended, trailers included.
 *   H1_MORE with data.len > 0: that many payload bytes lie at data.ptr (in <in>).
 *   H1_MORE without data: all of <in> was consumed, wants more.
 *   H1_BAD: c->error says why.
 * Extensions are read and dropped. Trailers are checked; of each call c->trailers
 * is what <in> held of their lines, CRLFs included, without the blank line behind
 * them. What is no
 * payload is bounded: a size has at most 16 digits, leading zeros included; one
 * line's extensions at most H1_CHUNK_OVERHEAD_MAX bytes; so have the trailers,
 * and the extensions of all chunks as far as they are longer than their chunk's
 * data. Blanks are taken behind a size, as some origins pad with them.
 */
#define H1_CHUNK_OVERHEAD_MAX 16384
struct h1_chunk {
    uint8_t state;
    enum h1_error error;
    uint64_t left;     /* of the current chunk's data */
    uint32_t overhead; /* bytes of extensions in excess and of trailers, bounded */
    uint32_t line;     /* digits of the current size, then bytes of its extensions */
    struct span trailers;
};
void h1_chunk_init(struct h1_chunk *c);
MUST_USE enum h1_result h1_chunk_next(struct h1_chunk *c, struct span in, size_t *consumed,
                                      struct span *data);

/* ---- writing ---- */

/*
 * All write at <out> and return the bytes written; 0 when <room> is too small.
 * They write what they are given: text that did not come from a parser here is
 * checked by who made it (field_value_is_valid).
 */
size_t h1_write_request_line(char *out, size_t room, struct span method, struct span target, unsigned minor);
size_t h1_write_status_line(char *out, size_t room, unsigned minor, unsigned status, struct span reason);
size_t h1_write_field(char *out, size_t room, struct span name, struct span value);
/*
 * All fields that are neither gone nor hop-by-hop, which may be none; Content-Length
 * and Transfer-Encoding are skipped too: the writer decides framing. False when
 * <room> is too small.
 */
MUST_USE bool h1_write_fields(char *out, size_t room, const struct message *m, size_t *written);
/* "1a2b\r\n"; at most H1_CHUNK_HEAD_MAX bytes. */
#define H1_CHUNK_HEAD_MAX 18
size_t h1_write_chunk_head(char *out, uint64_t len);
