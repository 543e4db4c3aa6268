/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operator wants, in full: built by dialects, sealed, then read by
 * everybody and written by nobody. It lives in one arena and ends at once.
 * One config may hold files of several languages.
 */
#pragma once

#include "base/arena.h"
#include "base/diag.h"
#include "model/listener.h"
#include "model/stick.h"

struct name_resolver; /* model/name_resolver.h */
struct zone;          /* model/zone.h */
struct tls_client;    /* model/tls.h */
struct tls_server;
struct pattern_list; /* model/patterns.h */
struct pattern_user;
struct vrrp_config; /* model/vrrp.h */

struct control_socket {
    struct address address;
    uint32_t mode, uid, gid; /* UINT32_MAX = leave */
    uint8_t level;           /* 0 user, 1 operator, 2 admin */
    bool expose_fds;
    bool optional; /* our own default: when it cannot be had, we go on without */
    struct where at;
};
struct env_setting {
    struct span name, value;
    bool unset;
};

/*
 * Who asked for a user, a group or a chroot: several files may. In one language
 * the later word replaces the earlier; two languages must agree (config_seal).
 */
struct process_claim {
    enum language language;
    struct span value;
    uint32_t id; /* UINT32_MAX = none: then <value> is compared */
    struct where at;
};
struct process_claims {
    struct process_claim *items;
    uint32_t count, room;
};

/* What the parent must know: it becomes the manifest. */
struct process {
    enum language
        language; /* whose rules for pid files and signals, when one file is run under a peer's name */
    bool daemonize;
    bool daemonize_set;
    LIST_OF(struct span) pid_files;
    struct process_claims users, groups, chroots; /* config_claim_*; seal sets the next two lines */
    struct span user, group, chroot;              /* empty = none */
    uint32_t uid, gid;                            /* resolved; UINT32_MAX = none */
    uint32_t threads;                             /* 0 = as many as CPUs allowed */
    uint32_t threads_max;
    uint64_t files_max;              /* RLIMIT_NOFILE wanted; 0 = by connections */
    uint32_t connections_max;        /* in all; 0 = by descriptors */
    uint32_t connections_per_thread; /* worker_connections; 0 = no limit */
    uint32_t rate_max[3];            /* connections, sessions, connections with TLS a second; 0 = no limit */
    bool core_dumps;
    duration drain_max; /* worker_shutdown_timeout, hard-stop-after; NONE = as long as it takes */
    LIST_OF(struct control_socket) control_sockets;
    uint32_t buffer_size; /* tune.bufsize */
    uint32_t accept_batch;
    LIST_OF(struct env_setting) environment;
    bool needs_net_raw, needs_net_admin, needs_net_bind; /* capabilities a feature asks for */
    bool checks_keep_environment; /* programs of checks see ours beside what they are told */
    struct where user_at, group_at, chroot_at, pid_at;
};

/* A variable of the process (global's set-var). */
struct process_value {
    uint32_t slot;
    const struct expr *expr; /* needs nothing */
};

/* A slot from here on is no stream's: connections and the process keep it by name. */
#define SLOT_KEPT    (1u << 28)
#define SLOT_PROCESS (1u << 29) /* set in those of the process */

struct config {
    struct arena *arena;
    struct process process;
    LIST_OF(struct listener *) listeners;
    LIST_OF(struct service *) services;
    LIST_OF(struct scope *) scopes;
    LIST_OF(struct pool *) pools;
    LIST_OF(struct server *) servers; /* of all pools, by index */
    LIST_OF(struct stick_table *) stick_tables;
    LIST_OF(struct tls_server *) tls_servers;
    LIST_OF(struct tls_client *) tls_clients;
    LIST_OF(const struct pool *) check_programs; /* whose checks start a program */
    LIST_OF(struct name_resolver *) name_resolvers;
    LIST_OF(struct zone *) zones;
    LIST_OF(struct name_group *) name_groups;
    LIST_OF(struct pattern_list *) pattern_lists;
    LIST_OF(struct pattern_user *) pattern_users;
    struct map *pattern_names; /* identity -> struct pattern_list */
    LIST_OF(struct log_target *) log_targets;
    LIST_OF(struct regex *) regexes;   /* released with the config */
    LIST_OF(struct public_key *) keys; /* the same */
    struct log_target_list error_logs; /* the process's own */
    uint32_t log_counters;             /* of log rules that write samples */
    uint32_t slots;                    /* stream variables: how many a stream needs */
    uint32_t proxies;                  /* how many actions proxy; config_seal counts and numbers them */
    LIST_OF(struct span) slot_names;
    LIST_OF(struct span) kept_names; /* of variables that outlive a stream; slot SLOT_KEPT + index */
    uint32_t process_slots;          /* how many of these are the process's */
    LIST_OF(struct process_value) process_values; /* what they begin as, in order */
    struct vrrp_config *vrrp;                     /* NULL: none */
    bool sealed;
    struct config_names *names; /* the builders' own memory of names */
};

struct config *config_new(void);
/* NULL-safe; releases regexes, then the arena. */
void config_free(struct config **c);

/*
 * Builders: allocate, number, append, and set what is not zero by default
 * (weight 1, no time limits, no descriptor ...). Names are borrowed: give arena
 * spans. A name that is there already is added all the same; config_seal says so.
 */
struct listener *config_add_listener(struct config *c);
struct service *config_add_service(struct config *c, enum language l, struct span name);
struct scope *config_add_scope(struct config *c, enum language l, struct span name);
struct pool *config_add_pool(struct config *c, enum language l, struct span name);
/* nginx: upstreams of stream {} have names of their own beside those of http {}. */
struct pool *config_add_stream_pool(struct config *c, enum language l, struct span name);
struct stick_table *config_add_stick_table(struct config *c, enum language l, struct span name);
struct server *config_add_server(struct config *c, struct pool *p);
/* The same file or address is the same target: returns the one that is there. */
struct log_target *config_log_target(struct config *c, const struct log_target *like);
struct regex *config_regex(struct config *c, struct span pattern, bool nocase, struct buf *why, size_t *at);
/* NULL: <pem> is neither a public key nor a certificate. */
struct public_key *config_public_key(struct config *c, struct span pem);
/* Slot of a stream variable by name, new or old. */
uint32_t config_slot(struct config *c, struct span name);
/* The same of a variable of the client's connection, or of the process. */
uint32_t config_kept_slot(struct config *c, struct span name, bool process);
/* The first of that name, or NULL. */
struct pool *config_find_pool(const struct config *c, enum language l, struct span name);
struct pool *config_find_stream_pool(const struct config *c, enum language l, struct span name);
struct service *config_find_service(const struct config *c, enum language l, struct span name);
/* <uid>, <gid>: UINT32_MAX when not known. */
void config_claim_user(struct config *c, enum language l, struct span name, uint32_t uid, struct where at);
void config_claim_group(struct config *c, enum language l, struct span name, uint32_t gid, struct where at);
void config_claim_chroot(struct config *c, enum language l, struct span path, struct where at);
/* The larger number wins. */
void config_want_threads(struct config *c, uint32_t threads);

/* The action is valid until the next one is added to that hook. */
struct action *action_add(struct config *c, struct scope *s, enum hook h, enum action_kind k,
                          struct where at);

/*
 * Ends building: identities and ids of servers, how often pools are used,
 * location trees, lookup tables that were not finished, and the rules between
 * files: two listeners on one address, two pools, services or servers of one
 * name, different users, groups or chroots, a circle of tracked servers, a pool
 * that nothing uses (a warning). Diagnostics K0501 to K0519 go to <d>; false
 * when one of them was an error. Call it once.
 */
MUST_USE bool config_seal(struct config *c, struct diags *d);
/* What the program understood, as indented text; two equal files give equal dumps. */
void config_dump(const struct config *c, struct buf *out);
