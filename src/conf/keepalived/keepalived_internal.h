/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of keepalived's dialect share. Reading is done in two steps: the
 * text becomes drafts (settings as written, names not resolved), because a global
 * default may stand below the instance that uses it; then finish.c resolves and
 * checks, and check.c warns of what cannot work.
 *
 * Read keepalived.c first, then text.c (includes, parameters, sequences).
 */
#pragma once

#include "conf/common/dialect.h"
#include "conf/common/diag_conf.h"
#include "conf/common/keyword.h"
#include "conf/common/values.h"
#include "conf/common/words.h"
#include "conf/keepalived/diag_keepalived.h"
#include "model/vrrp.h"

enum keepalived_context {
    IN_MAIN = 1 << 0,
    IN_GLOBAL = 1 << 1,
    IN_INSTANCE = 1 << 2,
    IN_GROUP = 1 << 3,
    IN_SCRIPT = 1 << 4,
    IN_PROCESS = 1 << 5,
    IN_FILE = 1 << 6,
    IN_AUTH = 1 << 7,
    IN_GARP_GROUP = 1 << 8,
    /* instance or group */
    IN_BOTH = IN_INSTANCE | IN_GROUP,
};

/* A value that was written, or not. */
struct opt {
    bool set;
    int64_t n; /* a number, 0 or 1, microseconds */
    struct where at;
};

/* Settings that exist globally and for one instance. */
struct garp_draft {
    struct opt delay, repeat, lower_delay, lower_repeat, refresh, refresh_repeat, gap, gap6;
};

struct track_draft {
    enum vrrp_track_kind kind;
    enum vrrp_health_kind health;
    struct span name;
    struct where at;
    struct opt weight, reverse, usable;
    bool fault, yield; /* said in so many words */
};
struct track_drafts {
    struct track_draft *items;
    uint32_t count, room;
};

/* A script with its user, as written: becomes a vrrp_command when everything is read. */
struct command_draft {
    bool set;
    bool whole;                /* notify_deleted may stand without a script */
    struct word text;          /* the path, or the path with arguments */
    LIST_OF(struct word) more; /* `script` of several words */
    struct word user, group;
};
struct notify_draft {
    struct command_draft master, backup, fault, stop, deleted, lower, any;
    struct opt priority_changes;
};

struct instance_draft {
    struct vrrp_instance model; /* what needs no default and no name of others */
    struct opt version, state, priority, vrid, interval, preempt_delay, nopreempt, preempt, down_adverts;
    struct opt strict, skip_addresses, lower_no_advert, higher_advert, accept, no_accept, check_source,
        unicast_ttl;
    struct opt worker;
    struct word interface, auth_type, auth_pass, source, group_address;
    struct opt unicast_block;
    struct garp_draft garp;
    struct track_drafts tracks;
    struct notify_draft notify;
    struct where vmac_at;
    bool vrid_said; /* rightly or not: what is wrong is said once */
    struct opt vmac_mac;
    struct keyword_seen seen;
};
struct group_draft {
    struct span name;
    struct where at;
    LIST_OF(struct word) members;
    struct track_drafts tracks;
    struct notify_draft notify;
    bool keep_weights;
};
struct script_draft {
    struct vrrp_script model;
    struct command_draft command;
    struct opt interval, timeout, weight, reverse, rise, fall;
};
struct process_draft {
    struct vrrp_process model;
    struct opt weight, reverse, quorum, quorum_max, fork_delay, terminate_delay;
    bool match_set;
};
struct file_draft {
    struct vrrp_file model;
    struct opt weight, reverse;
};
struct fifo_draft {
    struct word path, user, group;
    struct command_draft script;
};
struct global_draft {
    struct opt version, down_adverts, strict, skip_addresses, lower_no_advert, higher_advert, check_source;
    struct opt garp_min, script_security, startup_timeout, shutdown_timeout, priority_changes;
    struct garp_draft garp;
    struct word group4, group6, default_interface, script_user, script_group, router_id, vmac_prefix;
    struct command_draft startup, shutdown;
    struct fifo_draft fifo, vrrp_fifo;
};
struct garp_group_draft {
    struct opt gap, gap6;
    LIST_OF(struct word) interfaces;
};

struct text; /* a file or an expansion that is being read */
struct parameter {
    struct span name, value;
    struct span lines; /* of several: its file up to its end, to be read again */
    struct where at;   /* of the value, when it was written in a file */
};
struct span_list {
    struct span *items;
    uint32_t count, room;
};

struct build {
    struct config *config;
    struct vrrp_config *v;
    struct arena *arena;
    struct diags *diags;
    const struct world *world;
    struct span config_id; /* keepalived -i, for lines that begin with @ */

    /* where reading is */
    struct text *text;
    LIST_OF(struct parameter) parameters;
    uint32_t expansions; /* bounded, for all of a file */
    size_t expanded;     /* bytes, too */
    uint64_t random;
    uint32_t context;
    struct keyword_seen *seen;
    bool block_open; /* the statement being handled opened a block that nobody has read yet */

    bool no_mail_said;
    uint32_t rules_without_priority;
    struct keyword_seen main_seen;
    struct global_draft global;
    struct keyword_seen global_seen;
    LIST_OF(struct instance_draft *) instances;
    LIST_OF(struct group_draft *) groups;
    LIST_OF(struct script_draft *) scripts;
    LIST_OF(struct process_draft *) processes;
    LIST_OF(struct file_draft *) files;
    LIST_OF(struct garp_group_draft *) garp_groups;
    /* being read */
    struct instance_draft *instance;
    struct group_draft *group;
    struct script_draft *script;
    struct process_draft *process;
    struct file_draft *file;
    struct garp_group_draft *garp_group;
};

static inline const struct word *word_at(const struct statement *s, uint32_t i)
{
    return &s->words.items[i];
}
static inline struct span text_at(const struct statement *s, uint32_t i)
{
    return s->words.items[i].text;
}
static inline bool word_is(const struct statement *s, uint32_t i, const char *text)
{
    return i < s->words.count && span_eq(text_at(s, i), span_from(text));
}

/* ---- keepalived.c ---- */
extern const struct keyword_table keepalived_keywords;
/* Reads the open block as statements of <context>. */
void keepalived_read_block(struct build *b, uint32_t context, struct keyword_seen *seen);
void keepalived_skip_block(struct build *b);
/* The next line of the open block; false at its end. For blocks that are lists. */
bool keepalived_next_row(struct build *b, struct statement *s);

/* ---- text.c ---- */
bool text_begin(struct build *b, struct span path, struct where from);
/* The next statement of all texts together, with parameters, conditions and sequences resolved. */
bool text_next(struct build *b, struct statement *s);

/* ---- values.c: each diagnoses what it cannot read ---- */
bool ka_number(struct build *b, const struct word *w, int64_t low, int64_t high, struct opt *out);
/* Seconds with fractions, as microseconds. */
bool ka_seconds(struct build *b, const struct word *w, int64_t low_us, int64_t high_us, struct opt *out);
/* on off true false yes no; nothing: true. */
bool ka_bool(struct build *b, const struct statement *s, uint32_t at, struct opt *out);
bool ka_ip(struct build *b, const struct word *w, struct address *out);
/* "10.0.0.1/24"; without a prefix all bits. */
bool ka_ip_bits(struct build *b, const struct word *w, struct address *out, uint8_t *bits);
/* VRRP_NONE and a diagnostic when it cannot be a name. */
uint32_t ka_interface(struct build *b, const struct word *w);
/* Copies of words outlive the text: NUL-terminated. */
struct span ka_keep(struct build *b, struct span s);

/* ---- the parts of the language: tables, each ends with a NULL name ---- */
extern const struct keyword keepalived_main_words[], keepalived_global_words[], keepalived_instance_words[],
    keepalived_notify_words[], keepalived_track_words[], keepalived_refused_words[],
    keepalived_tuning_words[];

/* For words that only a mailer would need: says once that there is none. Leaves a block unread. */
keyword_fn ka_no_mail_sent;

/* ---- address.c, route.c, rule.c ---- */
typedef LIST_OF(struct vrrp_address) ka_address_list;
/* One row of virtual_ipaddress and the like; false when it is nothing. */
bool ka_address_row(struct build *b, const struct statement *s, struct vrrp_address *out, bool *vmac);
bool ka_route_row(struct build *b, const struct statement *s, struct vrrp_route *out);
void ka_rule_row(struct build *b, const struct statement *s, struct routing_rule *out);
/* The number of a table, protocol or scope, or its name in /etc/iproute2. */
bool ka_rt_name(struct build *b, const struct word *w, const char *file, uint32_t high, uint32_t *out);

/* ---- command.c ---- */
/* Words of a script line; the path and arguments within one word, blanks in single quotes kept. */
uint32_t ka_command(struct build *b, const struct command_draft *d, struct span name, uint64_t timeout_us);
void ka_user(struct build *b, const struct word *user, const struct word *group, uint32_t *uid,
             uint32_t *gid);
/* Reads the words of a script statement from <at> on. */
void ka_read_command(struct build *b, const struct statement *s, struct command_draft *d);

/* ---- finish.c, check.c, compare.c ---- */
void ka_finish(struct build *b);
void ka_check(struct build *b);
/* The file of the other director, which this machine does not run. */
void ka_compare(struct build *ours, struct build *theirs);
