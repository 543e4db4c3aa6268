/* SPDX-License-Identifier: Apache-2.0 */
/* What parent.c and parent_commands.c share; nobody else includes it. */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "base/clock.h"
#include "daemon/channel.h"
#include "daemon/holdings.h"
#include "daemon/inherited.h"
#include "daemon/plan.h"
#include "os/process.h"

#define CHILDREN_MAX  32
#define MIRROR_MEMORY ((size_t)1 << 20)

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

struct parent {
    const struct plan *plan;
    char **argv; /* as exec'd, for an upgrade */
    const struct process_title *title;
    struct arena *arena;
    struct inherited left_to_us;
    int signals;
    int daemon_ready; /* who started us waits there; -1 = nobody */
    bool daemonized;
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
    struct child children[CHILDREN_MAX];
};

void parent_reload(struct parent *p);
void parent_reload_ended(struct parent *p, bool ok);
void parent_reopen_logs(struct parent *p);
void parent_stop(struct parent *p, enum parent_stop how);
void parent_drain_child(struct parent *p, struct child *c);
/* In a forked child: closes what belongs to the parent alone and unblocks signals. */
void parent_close_for_child(struct parent *p);

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
