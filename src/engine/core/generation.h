/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one publishing brings to the threads: a snapshot (sealed config bound to
 * its state) with everything that belongs to it and comes from outside the
 * model: sockets, log sinks, TLS contexts. Built by the control thread, then
 * only read, counted: one reference each for the threads' leases. The last
 * reference may be given back in any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/address.h"
#include "base/macros.h"
#include "io/tls.h"
#include "model/config.h"

struct access_log;
struct log_sinks;
struct snapshot;

/* An open listening socket. Several of one listener are its shards. The same fd as in the generation before
 * is the same socket: what sits on it is not touched. */
struct engine_socket {
    uint32_t listener; /* index in the config */
    int fd;            /* stays the caller's, open until a later generation without it was adopted */
};

struct listener_tls_at;
/* How a listener meets TLS clients. */
struct listener_tls {
    struct tls_context *first; /* what a session is made with before its client said a name; NULL: plain */
    tls_pick_fn pick;
    void *picker;
    const struct listener_tls_at *at; /* connections to these addresses: otherwise */
    uint32_t at_count;
};
struct listener_tls_at {
    struct address address;
    struct listener_tls how;
};
/* How servers are connected to. */
struct client_tls {
    struct tls_context *context;
    uint64_t id; /* of everything that it was made of: equal ones are alike, over reloads too. Never 0 */
};

/* What the caller of generation_new hands in. Arrays are copied; fds are not duplicated. */
struct generation_parts {
    struct snapshot *snapshot; /* one reference is taken over */
    const struct engine_socket *sockets;
    uint32_t socket_count;
    const int *log_fds; /* by log target; -1: none (syslog over UDP is opened here) */
    /* NULL when the config has none of them. What they point to lives until on_end. */
    const struct listener_tls *listener_tls; /* by listener */
    struct tls_context *const *tls_servers;  /* by tls_server; NULL: one that refuses */
    const struct client_tls *tls_clients;    /* by tls_client */
    void (*on_end)(
        void *to); /* the last reference is gone: TLS contexts may be freed. Any thread. NULL = none */
    void *to;
};

struct generation {
    _Atomic uint32_t references;
    uint64_t number;
    struct snapshot *snapshot;
    const struct config *config;
    struct engine_socket *sockets;
    uint32_t socket_count;
    struct log_sinks *sinks;           /* by log target */
    _Atomic uint32_t *log_counters;    /* lines so far, of rules that write samples */
    struct listener_tls *listener_tls; /* as in the parts */
    struct tls_context **tls_servers;
    struct client_tls *tls_clients;
    void (*on_end)(void *to);
    void *to;
};

/* With one reference. Never NULL (configuration time: dies on out of memory). <log> makes the sinks; those
 * of <before> (may be NULL) that stay are kept. */
struct generation *generation_new(const struct generation_parts *p, struct access_log *log,
                                  const struct generation *before, uint64_t number);
struct generation *generation_get(struct generation *g);
/* NULL-safe; any thread. */
void generation_put(struct generation *g);
