/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the reader tells the parent to do: a flat record in a sealed memory
 * file. The parent never sees the model; it opens, binds and starts what is
 * listed here. Indexes are those of the model (config->listeners, log_targets),
 * so that worker and parent speak of the same thing.
 */
#pragma once

#include "base/address.h"
#include "base/arena.h"
#include "model/config.h"

#define MANIFEST_SOCKETS_MAX 1024
enum manifest_keep { MANIFEST_KEEP_RAW = 1, MANIFEST_KEEP_ADMIN = 2, MANIFEST_KEEP_BIND = 4 };

struct manifest_listener {
    struct address address;
    struct span written;   /* "0.0.0.0:80", for messages */
    struct span place;     /* "nginx.conf:12", for messages */
    struct span service;   /* "web", for messages */
    struct span interface; /* empty = any */
    enum language language;
    int32_t inherited_fd; /* fd@N; -1 = none */
    int32_t backlog, fastopen;
    uint32_t sockets;
    uint32_t mode, uid, gid;
    bool datagram, reuseport, retry_bind, v6only, transparent, defer_accept, probe_idle;
    bool free_bind; /* an address that vrrp moves: it may be elsewhere now */
    bool floating;  /* connections to such an address come here: they are answered when it has moved, too */
};
struct manifest_log { /* a log file to open for append */
    struct span path, place;
};
struct manifest_control {
    struct address address;
    uint32_t mode, uid, gid;
    uint8_t level;
    bool optional; /* when it cannot be had, the rest is served all the same */
    struct span place;
};
/* What may follow the words of the file when a script is started. */
enum manifest_script_takes {
    SCRIPT_TAKES_NOTHING,
    SCRIPT_TAKES_STATE,  /* INSTANCE or GROUP, a name, a state, a priority */
    SCRIPT_TAKES_SERVER, /* of a check: the server's address, port, id, name, connections, maxconn, TLS */
    SCRIPT_READS_FIFO,   /* the path is among its words already; it runs once, for as long as it likes */
};
struct manifest_script { /* what the runner may be asked to start, by number: vrrp->commands, check_programs
                          */
    struct span name;    /* for messages */
    LIST_OF(struct span) argv;
    LIST_OF(struct span) environment; /* TAKES_SERVER: "NAME=VALUE"; all that it has unless it keeps ours */
    bool keeps_environment;
    enum manifest_script_takes takes;
    uint32_t uid, gid;
    duration timeout; /* NONE: as long as it takes */
};
#define MANIFEST_NO_SCRIPT UINT32_MAX
struct manifest {
    uint64_t generation;
    enum language language; /* whose words errors of opening use */
    bool daemonize;
    bool has_traffic, has_vrrp;
    uint32_t threads;  /* decided: at least 1 */
    uint32_t uid, gid; /* UINT32_MAX = stay */
    LIST_OF(uint32_t) groups;
    struct span user_name, chroot;
    uint32_t keep;        /* enum manifest_keep: capabilities of the worker */
    uint64_t files_max;   /* RLIMIT_NOFILE as the file says; 0: it does not */
    uint64_t files_least; /* then this much, if it can be had: UINT64_MAX all */
    bool core_dumps;
    duration drain_max;
    LIST_OF(struct span) pid_files;
    LIST_OF(struct manifest_listener) listeners;
    LIST_OF(struct manifest_log) logs;
    LIST_OF(struct manifest_control) controls;
    LIST_OF(struct manifest_script) scripts;
    uint32_t startup, shutdown; /* of these: before and after everything; MANIFEST_NO_SCRIPT */
    struct span net_namespace;  /* of vrrp and its scripts; empty = ours */
    uint32_t server_count;      /* size of the mirror */
};

void manifest_of(struct arena *a, struct manifest *m, const struct config *c, const struct diags *places);
void manifest_write(const struct manifest *m, struct buf *out);
/* False when the bytes are not a whole manifest of this version. Spans lie in <bytes>. */
bool manifest_read(struct arena *a, struct span bytes, struct manifest *m);
/* True when going from <old> to <new> cannot happen inside the running worker; <why> names the first reason.
 */
bool manifest_needs_handover(const struct manifest *old, const struct manifest *new, const char **why);
