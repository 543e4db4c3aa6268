/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model of VRRP: which addresses this machine may hold, with whom it agrees
 * about them, and what must work for it to do so. No dialect is known here.
 * Lists refer to each other by index; VRRP_NONE is no index. Built by a dialect,
 * finished by vrrp_config_seal, then only read.
 */
#pragma once

#include <net/if.h>

#include "base/address.h"
#include "base/diag.h"
#include "base/routing_rule.h"
#include "model/list_of.h"

struct arena;

#define VRRP_NONE     UINT32_MAX
#define VRRP_PASSWORD 8

/* A program that the parent starts for us, by its index in vrrp_config.commands. */
struct vrrp_command {
    struct span name;           /* what it is for, in logs: "chk_haproxy", "notify of VI_1" */
    LIST_OF(struct span) words; /* the path and its arguments, NUL-terminated */
    struct span user, group;    /* as written; empty = the default */
    uint32_t uid, gid;          /* resolved */
    uint64_t timeout_us;        /* then it is killed; 0 = never (notify scripts) */
    struct where at;
};

/* An interface that anything refers to. */
struct vrrp_interface {
    char name[IFNAMSIZ];
    uint64_t down_delay_us, up_delay_us; /* a change counts only when it lasts */
    struct where at;
};

/* A script whose exit status is a condition. */
struct vrrp_script {
    struct span name;
    uint32_t command;
    uint64_t interval_us;
    int16_t weight;
    bool reverse;
    uint32_t rise, fall; /* results in a row that change the verdict */
    bool init_fail;      /* counts as failed until a result says else */
    struct where at;
};

enum vrrp_process_match {
    VRRP_MATCH_NAME,    /* the program's name */
    VRRP_MATCH_EXACT,   /* its name and every parameter */
    VRRP_MATCH_INITIAL, /* the last parameter may go on */
    VRRP_MATCH_PARTIAL, /* there may be more parameters */
};
/* A program that must run so and so many times. */
struct vrrp_process {
    struct span name;
    LIST_OF(struct span) words; /* its name, then parameters */
    enum vrrp_process_match match;
    bool full_command; /* the name is argv[0] as it was called, not the kernel's short name */
    int16_t weight;
    bool reverse;
    uint32_t quorum, quorum_max; /* from, to */
    uint64_t fork_delay_us, terminate_delay_us;
    struct where at;
};

/* A file whose number is a condition or is added to the priority. */
struct vrrp_file {
    struct span name;
    struct span path; /* NUL-terminated */
    int32_t weight;
    bool reverse;
    bool init, overwrite; /* write <init_value> at start when it is missing, or always */
    int64_t init_value;
    struct where at;
};

/* The health of the balancer in this program (or behind a control socket), by the names of its own files. */
enum vrrp_health_kind {
    VRRP_HEALTH_LISTENER, /* a frontend, server or listen that is bound and serving */
    VRRP_HEALTH_POOL,     /* a backend or upstream with usable servers */
};
struct vrrp_health {
    enum vrrp_health_kind kind;
    struct span name; /* "web", "haproxy:web" */
    struct where at;
};

enum vrrp_track_kind {
    VRRP_TRACK_INTERFACE,
    VRRP_TRACK_SCRIPT,
    VRRP_TRACK_PROCESS,
    VRRP_TRACK_FILE,
    VRRP_TRACK_HEALTH,
    VRRP_TRACK_WORKER, /* the balancer's process serves and its threads turn */
};
enum vrrp_track_effect {
    VRRP_EFFECT_FAULT,  /* must be well, or the instance is in FAULT */
    VRRP_EFFECT_WEIGHT, /* moves the priority */
    VRRP_EFFECT_YIELD,  /* must be well, or the instance is reluctant */
};
/* One condition of one instance or group. */
struct vrrp_track {
    enum vrrp_track_kind kind;
    uint32_t index; /* in the list of that kind; unused for WORKER */
    enum vrrp_track_effect effect;
    int32_t weight;
    bool reverse;
    uint32_t usable_min; /* of a pool: servers that make it well */
    struct where at;
};
struct vrrp_track_list {
    struct vrrp_track *items;
    uint32_t count, room;
};

enum vrrp_lifetime { VRRP_LIFE_AUTO, VRRP_LIFE_FOREVER, VRRP_LIFE_DEPRECATED };
struct vrrp_address {
    struct address ip;
    uint8_t bits;
    struct address broadcast, peer; /* none = none */
    bool broadcast_auto;            /* "brd +": all host bits set */
    uint32_t interface;             /* VRRP_NONE: the instance's own */
    uint8_t scope;                  /* RT_SCOPE_* */
    char label[IFNAMSIZ];
    uint32_t flags; /* IFA_F_* that the operator asked for */
    enum vrrp_lifetime preferred;
    bool no_track; /* not put back when it vanishes */
    struct where at;
};

struct vrrp_hop {
    struct address via; /* none: on the link */
    uint32_t interface; /* VRRP_NONE: the kernel finds it */
    uint8_t weight;
    bool onlink;
};
struct vrrp_route {
    int family;
    uint8_t type; /* RTN_* */
    struct address to;
    uint8_t bits;
    struct address source;
    uint8_t scope, protocol, tos;
    bool scope_set;
    uint32_t table, metric;
    uint32_t metrics[ROUTE_METRICS];
    bool append;
    LIST_OF(struct vrrp_hop) hops;
    struct where at;
};

/* Announcing that an address moved: gratuitous ARP, unsolicited neighbour advertisements. */
struct vrrp_garp {
    uint64_t delay_us;       /* of the second burst; 0 = none */
    uint32_t repeat;         /* frames a burst and address */
    uint64_t lower_delay_us; /* after a weaker master was heard */
    uint32_t lower_repeat;
    uint64_t refresh_us; /* while master; 0 = never */
    uint32_t refresh_repeat;
    uint64_t gap_us, gap6_us; /* between two frames on one interface */
};

/* Commands by what they are told of; VRRP_NONE = none. */
struct vrrp_notify {
    uint32_t master, backup, fault, stop, deleted, lower, any;
    bool priority_changes; /* to the FIFO */
};

enum vrrp_auth_kind { VRRP_NO_AUTH, VRRP_PASS };

struct vrrp_unicast_peer {
    struct address ip;
    uint8_t ttl_min, ttl_max;
    struct where at;
};

struct vrrp_instance {
    struct span name;
    uint32_t index;
    uint32_t group; /* VRRP_NONE: none */
    int family;     /* AF_INET, AF_INET6: of its addresses */
    uint8_t version, vrid, priority;
    uint8_t down_adverts;
    uint16_t interval_cs;
    bool start_master, preempt;
    uint64_t preempt_delay_us;
    enum vrrp_auth_kind auth;
    uint8_t password[VRRP_PASSWORD];
    uint32_t interface; /* VRRP_NONE: unicast without one */

    LIST_OF(struct vrrp_address) addresses; /* said in adverts */
    LIST_OF(struct vrrp_address) excluded;  /* not said */
    LIST_OF(struct vrrp_route) routes;
    LIST_OF(struct routing_rule) rules;

    struct address source; /* none: the interface's first */
    bool track_source;     /* FAULT while the source is not an address of ours */
    struct address group_address;
    bool unicast;
    LIST_OF(struct vrrp_unicast_peer) peers;
    bool check_source;
    uint8_t unicast_ttl;

    bool vmac; /* a macvlan with the virtual router's MAC */
    char vmac_name[IFNAMSIZ];
    uint8_t vmac_mac[6];
    bool vmac_send_base; /* adverts go out of the real interface */

    bool ignore_interface; /* its own interface may be down */
    bool strict, skip_addresses, answer_lower, answer_higher;
    bool promote_secondaries;
    bool worker_tracked; /* unless the file says else; only where a balancer is */
    struct vrrp_garp garp;
    struct vrrp_track_list tracks;
    struct vrrp_notify notify;
    struct where at, vrid_at, priority_at, interval_at, auth_at, interface_at;
};

struct vrrp_group {
    struct span name;
    LIST_OF(uint32_t) members; /* instances */
    struct vrrp_track_list tracks;
    bool keep_weights; /* members may have weights of their own */
    struct vrrp_notify notify;
    struct where at;
};

struct vrrp_fifo {
    struct span path; /* NUL-terminated; empty = none */
    uint32_t uid, gid;
    uint32_t command; /* reads it; VRRP_NONE */
    struct where at;
};

enum vrrp_scheduling { VRRP_SCHED_AUTO, VRRP_SCHED_NICE, VRRP_SCHED_REALTIME };

struct vrrp_config {
    struct arena *arena;
    struct span router_id;
    struct span net_namespace; /* empty = ours */
    struct span file_instance; /* `instance NAME`: in names of pid files */

    LIST_OF(struct vrrp_instance) instances;
    LIST_OF(struct vrrp_group) groups;
    LIST_OF(struct vrrp_interface) interfaces;
    LIST_OF(struct vrrp_script) scripts;
    LIST_OF(struct vrrp_process) processes;
    LIST_OF(struct vrrp_file) files;
    LIST_OF(struct vrrp_health) health;
    LIST_OF(struct vrrp_command) commands;
    LIST_OF(struct vrrp_address) static_addresses; /* stay when we end */
    LIST_OF(struct vrrp_route) static_routes;
    LIST_OF(struct routing_rule) static_rules;

    struct vrrp_fifo fifo, vrrp_fifo;
    bool fifo_states_on_reload;
    uint32_t startup, shutdown; /* commands; VRRP_NONE */
    bool script_security;

    enum vrrp_scheduling scheduling;
    int scheduling_value; /* nice value, or real-time priority */
    bool no_swap;
    LIST_OF(uint32_t) cpus;
    uint64_t startup_delay_us;
    bool log_unknown_vrids;

    uint64_t stall_us;          /* a thread of the balancer that has not turned for so long hangs */
    struct span control_socket; /* of a balancer in another program; empty = none */
};

/* Empty, with the defaults of a file that says nothing. */
struct vrrp_config *vrrp_config_new(struct arena *a);
/* Index of the interface of that name, new or old; VRRP_NONE when the name cannot be one. */
uint32_t vrrp_config_interface(struct vrrp_config *c, struct span name, struct where at);
uint32_t vrrp_config_health(struct vrrp_config *c, enum vrrp_health_kind kind, struct span name,
                            struct where at);
/* VRRP_NONE when there is none. */
uint32_t vrrp_config_find_instance(const struct vrrp_config *c, struct span name);
