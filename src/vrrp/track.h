/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What instances depend on, looked at: check scripts (run by the host), processes,
 * files, and the health of the balancer from shared memory. Each has a verdict;
 * what a verdict is worth is judge.h's. Interfaces are links.h's.
 */
#pragma once

#include <stdatomic.h>

#include "base/buf.h"
#include "base/clock.h"
#include "model/vrrp.h"
#include "state/vrrp_health.h"
#include "vrrp/judge.h"
#include "vrrp/links.h"
#include "vrrp/say.h"

/* How a script ended, for vrrp_on_script. */
enum track_end { TRACK_EXITED, TRACK_SIGNALED, TRACK_NOT_STARTED };

struct track_script {
    const struct vrrp_script *model;
    bool used;
    struct judge_verdict verdict;
    uint32_t in_a_row; /* results against the verdict */
    uint32_t ticket;   /* of the run under way; 0 = none */
    bool overdue;      /* it was killed */
    instant started_at, next_at;
    enum track_end end; /* of the last run */
    int status;         /* exit status or signal */
};

struct track_process {
    const struct vrrp_process *model;
    bool used;
    struct judge_verdict verdict;
    uint32_t running;
    bool seen_well;    /* as of the last look */
    instant settle_at; /* the verdict becomes what was seen */
};

struct track_file {
    const struct vrrp_file *model;
    bool used;
    struct judge_verdict verdict;
    bool said_unreadable;
};

struct track_item { /* of the balancer */
    const struct vrrp_health *model;
    bool used;
    struct judge_verdict verdict;
    uint32_t total;
};

struct track_worker {
    bool used;
    struct judge_verdict verdict;
    instant unserved_since; /* 0 = it serves */
    bool stalled;
    uint32_t stalled_thread;
    uint64_t turns[VRRP_HEALTH_THREADS];
    instant turned_at[VRRP_HEALTH_THREADS];
};

struct track {
    const struct vrrp_config *config;
    const struct vrrp_host *host;
    const struct links *links;         /* for interfaces' verdicts */
    struct vrrp_health_shared *health; /* NULL: there is no balancer to look at */
    struct track_script *scripts;
    struct track_process *processes;
    struct track_file *files;
    struct track_item *items;
    struct track_worker worker;
    uint32_t tickets; /* the last one given out */
    instant began_at;
    instant processes_at, files_at, health_at; /* the next look */
    bool changed;
};

/* Only what some instance or group of <c> tracks is looked at. Out of memory dies. */
void track_init(struct track *t, const struct vrrp_config *c, const struct vrrp_host *host,
                const struct links *l, instant now);
/* Scripts that run are killed. */
void track_fini(struct track *t);
/* From a track of the configuration before: verdicts of what has the same name and is still tracked. */
void track_inherit(struct track *t, struct track *old);
/* The balancer's memory, mapped; NULL: none. Writes the names that it wants into it. */
void track_set_health(struct track *t, struct vrrp_health_shared *shared);

void track_turn(struct track *t, instant now);
instant track_next(const struct track *t);
/* False: that ticket is not one of its own. */
bool track_on_script(struct track *t, uint32_t ticket, enum track_end end, int status);
/* True once after any verdict changed. */
bool track_take_changed(struct track *t);

/* <interval_us>: a balancer that is away for less is not missed. */
struct judge_verdict track_verdict(const struct track *t, const struct vrrp_track *what, uint64_t interval_us,
                                   instant now);
/* "script chk_haproxy (exited with status 1)": for logs and status. */
void track_put_name(struct buf *out, const struct track *t, const struct vrrp_track *what);
void track_put_detail(struct buf *out, const struct track *t, const struct vrrp_track *what);
