/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the parent share; nobody else includes it. */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "base/clock.h"
#include "daemon/channel.h"
#include "daemon/holdings.h"
#include "daemon/inherited.h"
#include "daemon/plan.h"
#include "daemon/runner.h"
#include "os/memfd.h"
#include "os/process.h"
#include "state/vrrp_health.h"

#define CHILDREN_MAX  32
#define WORKER_TIME   DURATION_S(60)     /* that a worker may take to build */
#define MIRROR_MEMORY ((size_t)17 << 20) /* of which pages that were never written take nothing */

enum child_kind { CHILD_READER, CHILD_WORKER, CHILD_VRRP, CHILD_UPGRADE };
enum child_stage {
    CHILD_STARTING, /* reads, or builds its first model */
    CHILD_SERVING,
    CHILD_DRAINING,
    CHILD_STOPPING, /* was told to end */
};
struct child {
    enum child_kind kind;
    enum child_stage stage;
    pid_t pid; /* 0 = free slot */
    uint64_t generation;
    instant started;
    instant deadline; /* what must have happened by then; UINT64_MAX = nothing */
    struct channel channel;
};

enum parent_stop { PARENT_STOP_NOW, PARENT_STOP_DRAIN };

/* What the parent keeps for the process that holds the addresses. */
struct parent_vrrp {
    int memory;              /* struct vrrp_memory: what one life leaves for the next */
    struct memfd_map health; /* struct vrrp_health_shared */
    struct runner runner;
    bool awaited; /* a reload waits for its READY */
    bool lent;    /* a new program holds the addresses */
    int heir;     /* the new program asks for them there; -1 = there is none */
    int before;   /* we are the new one: the old one is asked there; -1 */
    bool swept;   /* its last life ended badly while we stop: another one has cleaned up */
    bool shut;    /* the script that comes after everything was started */
    unsigned young_deaths;
    instant restart_at; /* UINT64_MAX = not waiting */
    struct {            /* does the process turn? */
        uint64_t turns; /* as last seen */
        unsigned looks; /* in a row at which it had not */
        instant next;   /* UINT64_MAX = there is none, or it has a deadline */
    } watch;
    instant stop_by; /* scripts have until then when everything ends */
};

struct parent {
    const struct plan *plan;
    char **argv; /* as exec'd, for an upgrade */
    const struct process_title *title;
    struct arena *arena;
    struct inherited left_to_us;
    int signals;
    int daemon_ready; /* who started us waits there; -1 = nobody */
    bool daemonized;
    instant started;
    bool stopping;
    int exit_code;

    uint64_t generation;        /* of the last reader that was started */
    struct holdings *published; /* what serves; NULL before the first READY */
    struct holdings *next;      /* what a worker is building; NULL = no reload under way */
    bool reloading, reload_again;
    struct { /* who asked for the reload on a control socket */
        uint64_t number;
        pid_t worker;
        size_t len;
        char text[MESSAGE_TEXT_MAX];
    } answer;

    int mirror, health; /* shared memory */
    unsigned young_deaths;
    uint64_t last_dead_generation;
    instant restart_at; /* UINT64_MAX = not waiting */
    pid_t upgrade;      /* the new program; 0 = none */
    struct {
        pid_t vrrp;               /* who is named in its file; 0 = nobody */
        bool own_said, vrrp_said; /* that one could not be written */
        instant again_at;         /* UINT64_MAX = all are */
    } pid_files;
    struct parent_vrrp vrrp;
    struct runner checks; /* programs of checks; tickets: the worker that asked << 32 | its own */
    struct child children[CHILDREN_MAX];
};

/* Programs are numbered by the file that a child goes by, which around a reload is either. NULL: unknown. */
const struct manifest *parent_manifest_of(const struct parent *p, uint32_t generation);
void parent_reopen_logs(struct parent *p);
void parent_stop(struct parent *p, enum parent_stop how);
void parent_drain_child(struct parent *p, struct child *c);
void parent_stop_child(struct child *c);
/*
 * Forks a child with a channel. Returns in both: NULL in the child, where <end>
 * is its own end of the channel; in the parent the child, or <failed>.
 */
struct child *parent_fork(struct parent *p, enum child_kind kind, struct channel *end, bool *failed);
/* NULL: there is none. */
struct child *parent_child_find(struct parent *p, enum child_kind kind, enum child_stage stage);
/* It ended. */
void parent_child_forget(struct child *c);
/* That serves <h>; NULL, which is said, when there can be none. */
struct child *parent_start_worker(struct parent *p, struct holdings *h);
/* In a forked child: closes what belongs to the parent alone and unblocks signals. */
void parent_close_for_child(struct parent *p);

/* parent_reload.c: reader -> open -> worker -> commit */
void parent_reload(struct parent *p);
/* The reader's result is here: opens what it lists, then lets a worker build from it. */
void parent_prepare(struct parent *p, int manifest, int bundle);
/* That one has built p->next and serves it. */
void parent_worker_ready(struct parent *p, struct child *ready);
/* Everybody has taken p->next: it is what is published. */
void parent_commit(struct parent *p);
void parent_refuse(struct parent *p);
void parent_reload_ended(struct parent *p, bool ok);

/* parent_vrrp.c: the process that holds the addresses */
void parent_vrrp_init(struct parent *p);
void parent_vrrp_fini(struct parent *p);
/* An upgrade: makes the way by which the new program asks for the addresses. -1: there are none, or it cannot
 * be had; else the new program's end. */
int parent_vrrp_offer(struct parent *p);
/* It asked. */
void parent_vrrp_on_heir(struct parent *p);
/* The new program is gone: the addresses are ours again. */
void parent_vrrp_heir_ended(struct parent *p);
MUST_USE bool parent_vrrp_memory(struct parent *p);
/* How the worker is. */
void parent_vrrp_worker(struct parent *p, enum vrrp_worker state);
/* True: it was told of p->next, and parent_commit or parent_refuse follows. */
MUST_USE bool parent_vrrp_publish(struct parent *p);
void parent_vrrp_message(struct parent *p, struct child *c, const struct message *m);
/* <status>: waitpid's. */
void parent_vrrp_ended(struct parent *p, const struct child *was, int status);
void parent_vrrp_dump(struct parent *p, enum vrrp_dump which);
void parent_vrrp_stop(struct parent *p);
/* Scripts run yet. */
bool parent_vrrp_is_busy(struct parent *p);
instant parent_vrrp_next(const struct parent *p);
void parent_vrrp_turn(struct parent *p, instant now);

/* parent_checks.c: programs that the worker's checks ask for */
void parent_checks_init(struct parent *p);
void parent_checks_run(struct parent *p, const struct child *worker, const struct message *m);
void parent_checks_kill(struct parent *p, const struct child *worker, const struct message *m);
/* Nobody waits any more for what it asked for. */
void parent_checks_ended(struct parent *p, const struct child *worker);

/* parent_pidfiles.c: a file that cannot be written is said once and tried again */
void parent_pidfiles_write(struct parent *p);
void parent_pidfiles_vrrp(struct parent *p, pid_t pid);
void parent_pidfiles_turn(struct parent *p, instant now);

/* parent_commands.c: signals, control commands, supervisors, upgrade */
void parent_on_signal(struct parent *p, int number);
void parent_on_command(struct parent *p, struct child *c, const struct message *m);
void parent_upgrade_ended(struct parent *p);
void parent_keep_answer(struct parent *p, struct span text);
void parent_answer_reload(struct parent *p, bool ok);
void parent_title(const struct parent *p, const char *what);
/* sd_notify's datagram, where a supervisor asked for it. */
void parent_tell_supervisor(const char *text);
/* haproxy -sf, -st: we serve, so those may go. */
void parent_signal_others(const struct parent *p);
