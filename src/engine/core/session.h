/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One client connection, whatever is spoken on it: bytes, addresses, a deadline.
 * It is all that an idle keep-alive client costs, so it is small; whatever runs
 * on it (a stream, a relay) hangs at <owner>. One thread.
 *
 * Life: session_open (from a gate) -> PROXY header, TLS -> protocol->begin ->
 * session_close, the one exit, from which on it waits for the end of the turn.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/list.h"
#include "engine/core/end.h"
#include "io/conn.h"
#include "io/loop.h"

struct gate;
struct kept_values;
struct lease;
struct protocol_ops;
struct stick_follow;
struct thread;

/* An IP address in 28 bytes; UNIX clients have no name. */
struct small_address {
    union {
        sa_family_t family; /* AF_UNSPEC = none */
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } u;
};
void small_address_of(struct small_address *to, const struct address *from);
void small_address_get(const struct small_address *from, struct address *to);

/* Only for connections that have something to tell: from the thread's slab, NULL else. */
struct session_extra {
    struct address proxy_source, proxy_target; /* from a PROXY header; len 0 = none */
    struct address source;                     /* as rules changed it (real_ip, set-src); len 0 = not */
    bool source_of_request;                    /* REAL_IP has set <source>, for one request */
    struct address target;                     /* where it came to, as rules changed it; len 0 = not */
    struct kept_values *values;                /* its variables; NULL: none was set */
    struct address local;                      /* our end of the socket, once asked for */
};

enum session_stage {
    SESSION_NEW,
    SESSION_PROXY_HEADER,
    SESSION_FIRST_BYTE, /* is it TLS? */
    SESSION_TLS,
    SESSION_RUNNING,
    SESSION_LINGERING,
    SESSION_CLOSED
};

struct session {
    struct conn conn;
    struct deadline deadline; /* the client's side: one at a time, moved lazily */
    union {
        struct link link; /* of thread->sessions */
        struct grave grave;
    };
    struct thread *thread;
    struct gate *gate;             /* where it came in: listener, service */
    struct service_state *service; /* counted */
    const struct protocol_ops *protocol;
    void *owner; /* what runs on it, of the protocol's own type; NULL = idle. SESSION_TLS: the lease that
                    the handshake asks for certificates */
    struct session_extra *extra;
    struct stick_follow *follows; /* STICK_COUNTERS of them; NULL: none */
    instant accepted;
    instant idle_since; /* the last answer's end, or the accept; lingering: when that is over at the latest */
    duration linger_quiet;
    uint64_t serial;    /* of the process: $connection */
    uint32_t requests;  /* begun */
    uint8_t stage;      /* enum session_stage */
    bool plain : 1;     /* it came to a TLS listener, and does not speak TLS */
    bool stopping : 1;  /* no other request after the one that runs */
    bool pipelined : 1; /* the request that runs was there before its forerunner's answer was complete */
    struct small_address peer; /* what the socket says */
};

/* From a gate: <fd> is taken over in any case. false: refused (memory), counted there. */
bool session_open(struct gate *g, int fd, const struct address *peer);
/* Of a client that sends datagrams to <g>: there is no connection, and nothing to wait for. <local>: to which
 * of our addresses; NULL: the gate's. NULL: refused, counted there. */
struct session *session_open_datagram(struct gate *g, const struct address *peer,
                                      const struct address *local);
/* The end of the connection. <how> is what the peer sees. The owner is gone already. Once. */
enum session_close { CLOSE_NORMAL, CLOSE_RESET, CLOSE_VANISH };
void session_close(struct session *s, enum session_close how);
/* Half-closes, then reads and drops what the client still sends until it closes, <quiet> passes without a
 * byte or <all> is over; then closes. So that an answer given early is not destroyed by a RST (RFC 9112 9.6).
 */
void session_linger(struct session *s, duration quiet, duration all);

/* The program stops: the protocol decides what that means; what is not yet spoken on is closed. */
void session_stop(struct session *s, bool now);

static inline struct session *session_of_conn(struct conn *c)
{
    return CONTAINER_OF(c, struct session, conn);
}
/* Who asks: after PROXY header and real_ip. */
void session_source(const struct session *s, struct address *out);
void session_peer(const struct session *s, struct address *out);
/* Our end; asks the kernel once. */
bool session_local(struct session *s, struct address *out);
/* Where it wanted to go: as rules, else a PROXY header that counts, else the socket say. */
bool session_target(struct session *s, struct address *out);
/* NULL: out of memory. */
struct session_extra *session_extra(struct session *s);
