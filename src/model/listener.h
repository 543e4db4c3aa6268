/* SPDX-License-Identifier: Apache-2.0 */
/* A listening address, and the service that answers there. */
#pragma once

#include "base/address.h"
#include "model/scope.h"

enum protocol { PROTOCOL_TCP, PROTOCOL_HTTP, PROTOCOL_UDP };

#define SOCKETS_BY_THREAD UINT32_MAX /* as many as there are threads */

struct tls_listener; /* model/tls.h */
struct listener {
    uint32_t index;
    struct address address;
    struct span written; /* as in the file: "*:80" */
    struct span interface, namespace;
    int fd; /* HAProxy fd@N: inherited; else -1 */
    bool datagram;
    int backlog;      /* 0: the language's default, already filled in */
    uint32_t sockets; /* SO_REUSEPORT sockets of this address: shards; 1 normally, or SOCKETS_BY_THREAD */
    bool reuseport;   /* set SO_REUSEPORT so that another process may bind too (HAProxy) */
    bool retry_bind;  /* five tries, half a second apart (nginx) */
    bool v6only, transparent, defer_accept, accept_proxy;
    bool proxy_aside; /* what a PROXY header says is known, but the client is who connected, until a rule says
                         otherwise; rules of `connection` come after it (nginx) */
    bool probe_idle;  /* TCP keep-alive packets; a client that is gone is found by them */
    int fastopen;
    uint32_t mode, uid, gid;  /* UNIX sockets; UINT32_MAX = leave */
    uint32_t id;              /* HAProxy's; 0: none was given */
    uint32_t connections_max; /* 0 = no limit of its own */
    struct service *service;
    const struct tls_listener *tls; /* NULL: plain */
    struct span name;
    struct where at;
};

/* What answers on one or more listeners: a frontend; in nginx, all servers of one address. */
struct service {
    uint32_t index;
    enum language language;
    struct span name;
    uint32_t id;
    enum protocol protocol;
    struct scope *entry;       /* every connection begins here */
    uint32_t connections_max;  /* 0 = no limit; over it accepting pauses */
    uint32_t session_rate_max; /* a second; the same */
    bool disabled;
    const struct log_target_list *news; /* who hears that it was paused; NULL: nobody */
    struct where at;
};
