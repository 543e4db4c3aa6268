/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making sockets with the options that configurations know. Thin: each call
 * says which step failed, so that the operator's message can name it; retries
 * and words are the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/address.h"
#include "base/macros.h"

enum socket_step { /* what failed; the name of the system call is socket_step_name */
                   SOCKET_OK,
                   SOCKET_CREATE,
                   SOCKET_OPTION,
                   SOCKET_BIND,
                   SOCKET_LISTEN,
                   SOCKET_MODE,  /* chmod of a UNIX socket */
                   SOCKET_OWNER, /* chown of it */
};
struct socket_failure {
    enum socket_step step;
    int error;          /* errno */
    const char *option; /* "SO_REUSEPORT"; NULL unless <step> is SOCKET_OPTION */
};
const char *socket_step_name(enum socket_step s); /* "bind()" */

struct socket_listen {
    struct address at;
    bool datagram;         /* UDP; else a stream */
    int backlog;           /* 0 = the kernel's maximum (somaxconn) */
    bool reuse_port;       /* SO_REUSEPORT */
    int v6only;            /* -1 = the system's; 0, 1 */
    const char *interface; /* NULL = any */
    bool transparent;      /* IP_TRANSPARENT: addresses that are not ours */
    bool free_bind;        /* IP_FREEBIND: addresses that are not here yet */
    bool keepalive;
    int keep_idle, keep_interval, keep_count; /* seconds, seconds, probes; 0 = the system's */
    uint32_t defer_accept;                    /* seconds; 0 = off */
    int fast_open;                            /* queue; 0 = off */
    uint32_t max_segment;                     /* TCP_MAXSEG; 0 = off */
    uint32_t user_timeout;                    /* ms; 0 = off */
    uint32_t receive_buffer, send_buffer;     /* bytes; 0 = the system's */
    const char *congestion;                   /* NULL = the system's */
    uint32_t mark;                            /* 0 = none */
    int tos;                                  /* -1 = the system's */
    bool delay; /* leave Nagle on; else TCP_NODELAY, which accepted ones inherit */
    /* UNIX sockets; an abstract one has none of these */
    bool replace; /* also a path on which somebody listens: who asks there from now on meets us */
    mode_t mode;  /* 0 = leave */
    uid_t uid;    /* (uid_t)-1 = leave */
    gid_t gid;
};
#define SOCKET_LISTEN_INIT                                                                                   \
    {                                                                                                        \
        .v6only = -1, .tos = -1, .uid = (uid_t)-1, .gid = (gid_t)-1                                          \
    }

/*
 * A bound, listening, non-blocking, close-on-exec socket. SO_REUSEADDR always, but not for datagrams.
 * A UNIX path on which nobody listens is replaced atomically (bound under a
 * temporary name, renamed); one that is in use gives EADDRINUSE unless it is to be replaced. -1: <why>.
 */
MUST_USE int socket_listen(const struct socket_listen *s, struct socket_failure *why);
/* Sets what may change on a living socket (backlog, keepalive, defer_accept, mode, ...). */
MUST_USE bool socket_apply(int fd, const struct socket_listen *s, struct socket_failure *why);

/* True when <fd> is a listening stream or a bound datagram socket; <at> is where. For inherited ones (fd@3,
 * socket activation). */
bool socket_is_listening(int fd, struct address *at, bool *datagram);
/* IP_TRANSPARENT, for the connections of a listening socket: they are answered from an address that is not
 * here any more. Without CAP_NET_ADMIN or CAP_NET_RAW nothing changes. */
void socket_outlive_address(int fd);
/* IP_TOS or IPV6_TCLASS of what is sent from now on; what cannot be set stays. */
void socket_set_tos(int fd, int tos);
MUST_USE bool socket_set_blocking(int fd, bool blocking);
MUST_USE bool socket_set_cloexec(int fd, bool cloexec);
/* Who is at the other end of a UNIX socket. */
struct socket_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};
bool socket_unix_peer(int fd, struct socket_peer *out);
/* net.core.somaxconn, or 4096 when it cannot be read. */
int socket_max_backlog(void);
