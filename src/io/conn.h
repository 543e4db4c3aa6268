/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream connection, plain or TLS: the same calls do the same on both. It
 * belongs to one loop, is registered there once, and remembers in which
 * directions the kernel has more (edge-triggered), so that no call is made
 * which would only say EAGAIN.
 *
 * Life: conn_open (accepted) or conn_connect -> on_ready calls -> conn_close,
 * once, after which the struct must live until the end of the turn (loop_bury
 * its owner). Embedded in its owner; never moves.
 *
 * on_ready comes when the connection opened (for TLS: when the handshake is
 * done), when there is something to read or room to write again, and when it
 * failed. It says only "look again": the owner tries what it wants to do, and
 * CONN_AGAIN means another on_ready will come for that. Spurious calls happen.
 *
 * The process ignores SIGPIPE: sendfile and splice have no flag against it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/address.h"
#include "base/macros.h"
#include "io/loop.h"
#include "io/pipes.h"

struct conn;
struct tls_session;
typedef void (*conn_fn)(struct conn *c);

enum conn_stage {
    CONN_CLOSED,
    CONN_CONNECTING,
    CONN_HANDSHAKING, /* TLS */
    CONN_OPEN,
    CONN_FAILED, /* connect or handshake: c->error, and tls_failure() for TLS; conn_close is left to do */
};

enum conn_result {
    CONN_OK,    /* <len> bytes, at least 1 */
    CONN_AGAIN, /* nothing now; on_ready will come */
    CONN_EOF,   /* reading only: the peer closed its direction; again and again */
    CONN_ERROR, /* <error> is an errno: the connection is of no more use in this direction */
};
struct conn_done {
    enum conn_result result;
    int error; /* errno with CONN_ERROR, else 0. EPROTO: TLS, see tls_failure() */
    size_t len;
};

struct conn {
    struct watch watch; /* .fd is the descriptor */
    struct loop *loop;
    struct tls_session *tls; /* NULL = plain; owned */
    conn_fn on_ready;        /* may be changed at any time */
    struct deferred again;   /* conn_again's */
    int error;               /* with CONN_FAILED; 0 = none */
    uint8_t stage;           /* enum conn_stage */
    bool can_read : 1;       /* a read may bring something: bytes, EOF or an error */
    bool can_write : 1;
    bool hangup_seen : 1;       /* the peer's FIN or an error is on its way through the queue */
    bool read_closed : 1;       /* EOF was read */
    bool write_closed : 1;      /* conn_shutdown_write was called */
    bool close_after_flush : 1; /* TLS: shutdown waits for ciphertext */
    bool unclean_eof : 1;       /* TLS: FIN without close_notify; the bytes may be cut short */
};

/* --- beginning --- */
/* Takes an accepted, connected, non-blocking <fd>. false: errno, and <fd> is closed. Reading may be tried at
 * once (an accepted connection with TCP_DEFER_ACCEPT has bytes already), or wait for on_ready. */
MUST_USE bool conn_open(struct conn *c, struct loop *l, int fd, conn_fn on_ready);

struct conn_target {
    const struct address *to;
    const struct address *from;           /* NULL = the kernel's choice; port 0 = any, chosen at connect */
    const char *interface;                /* NULL = any (SO_BINDTODEVICE) */
    const char *congestion;               /* NULL = the system's */
    bool transparent;                     /* <from> may be a foreign address (IP_TRANSPARENT) */
    bool datagram;                        /* UDP: open at once; bytes are the caller's, by io/udp.h */
    bool keepalive;                       /* SO_KEEPALIVE */
    bool delay;                           /* leave Nagle on; normally TCP_NODELAY is set */
    uint32_t mark;                        /* SO_MARK; 0 = none */
    int tos;                              /* -1 = the system's */
    duration user_timeout;                /* TCP_USER_TIMEOUT; DURATION_NONE = the system's */
    uint32_t receive_buffer, send_buffer; /* bytes; 0 = the system's */
};
#define CONN_TARGET_INIT                                                                                     \
    {                                                                                                        \
        .tos = -1, .user_timeout = { UINT32_MAX }                                                            \
    }
/* Starts connecting; the outcome comes by on_ready in a later turn (stage OPEN or FAILED). false: it failed
 * at once, errno says why (also the local ones: EADDRNOTAVAIL, EMFILE), and there is nothing to close. */
MUST_USE bool conn_connect(struct conn *c, struct loop *l, const struct conn_target *t, conn_fn on_ready);

/* Makes it TLS from the next byte on; takes <tls> (tls_session_server, tls_session_client). Any stage before
 * FAILED; on_ready comes when the handshake is done or failed. What was peeked before is part of it. */
void conn_start_tls(struct conn *c, struct tls_session *tls);

static inline bool conn_is_open(const struct conn *c)
{
    return c->stage == CONN_OPEN;
}

/* --- bytes --- */
/* Reads into the caller's memory. Less than <len> means drained for now: the next call says CONN_AGAIN
 * without a system call until an event comes. */
struct conn_done conn_read(struct conn *c, void *into, size_t len);
/* Before conn_start_tls: what is queued, without taking it. Ask again only after on_ready: the same bytes
 * come. */
struct conn_done conn_peek(struct conn *c, void *into, size_t len);
/* The next read asks the kernel although no event came: for a kept connection that is about to carry what
 * cannot be sent twice. */
void conn_look_again(struct conn *c);
/* Drops up to <len> queued bytes (lingering close). */
struct conn_done conn_discard(struct conn *c, size_t len);

/* Writes from <parts> (at most 1024), which it does not change; less than all means the socket is full.
 * <more>: bytes follow soon, so a last partial segment may wait. TLS encrypts all that it reports in one
 * flight of records with one send; what the socket did not take stays inside and goes out before anything
 * else (conn_is_flushed). */
struct conn_done conn_writev(struct conn *c, const struct iovec *parts, unsigned count, bool more);
/* One piece, with no more to follow. */
struct conn_done conn_write(struct conn *c, const void *from, size_t len);
/* From a file's <offset> (moved), up to <len>. CONN_EOF: the file ended before that. On TLS it reads and
 * encrypts. */
struct conn_done conn_sendfile(struct conn *c, int file, off_t *offset, size_t len);
/* Everything that was reported as written has been given to the kernel. Always true for plain ones. */
bool conn_is_flushed(const struct conn *c);

/* --- splice: between two plain connections --- */
/* One direction of a relay. It holds a pipe only while bytes lie in it. Zeroed = empty. */
struct splice {
    struct pipe_pair pipe;
    size_t held; /* bytes in the pipe; it has one when > 0 */
};
static inline bool conn_can_splice(const struct conn *c)
{
    return c->tls == NULL;
}
/* Moves up to <max> bytes from <c> into an empty splice (BUG_ON otherwise). CONN_ERROR with EMFILE: no pipe
 * is to be had, copy instead (nothing was read). */
struct conn_done conn_splice_in(struct conn *c, struct splice *s, size_t max);
/* Moves what is held to <c>; the pipe goes back when it is empty. <more> as in conn_writev. */
struct conn_done conn_splice_out(struct conn *c, struct splice *s, bool more);
/* Drops what is held and gives the pipe up. */
void conn_splice_drop(struct loop *l, struct splice *s);

/* --- going on and ending --- */
/* on_ready again at the end of this or the next turn, without an event: for who used up its fair share. */
static inline void conn_again(struct conn *c)
{
    loop_defer(c->loop, &c->again);
}
/* Half-close: no more bytes from us (TLS: close_notify, after what is inside). Reading goes on. */
void conn_shutdown_write(struct conn *c);
/*
 * conn_start_tls's handshake failed because the client spoke plain HTTP (TLS_HTTP_REQUEST): the connection is
 * open and plain again, so that it can be told. What it sent is gone.
 */
void conn_strip_tls(struct conn *c);
/* The end. What the kernel has is still sent; what is not flushed (TLS) is lost, so wait for
 * conn_is_flushed where it matters. TLS: close_notify is tried once. NULL-safe, twice is harmless. */
void conn_close(struct conn *c);
/* The same with a RST: unsent bytes are dropped and the peer sees "connection reset". */
void conn_reset(struct conn *c);
/* The same without a word to the peer, as far as our privileges allow (else a RST that dies at the first
 * router). */
void conn_vanish(struct conn *c);
/* Takes the fd out of the loop and gives it to the caller. Plain only. */
MUST_USE int conn_release(struct conn *c);

/* --- about it --- */
bool conn_local_address(const struct conn *c, struct address *out); /* a system call: keep what you got */
bool conn_peer_address(const struct conn *c, struct address *out);
/* Where an intercepted connection wanted to go (SO_ORIGINAL_DST), for redirects by netfilter. */
bool conn_original_destination(const struct conn *c, struct address *out);

struct conn_info { /* TCP_INFO, for logs and conditions; us and counts */
    uint32_t rtt_us, rtt_variance_us, congestion_window, receive_space;
    uint32_t retransmits, lost, reordering;
};
bool conn_tcp_info(const struct conn *c, struct conn_info *out); /* false for UNIX sockets */
/* Sets IP_TOS or IPV6_TCLASS; SO_MARK. false: errno. */
bool conn_set_tos(struct conn *c, int tos);
bool conn_set_mark(struct conn *c, uint32_t mark);
