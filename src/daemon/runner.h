/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts scripts that the manifest lists and tells how they ended. The parent's:
 * nobody else may start a program. A script leads its own process group, has no
 * descriptor but its three standard streams (/dev/null), and runs as the user
 * that the manifest says. What a child adds to its words is checked here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "daemon/manifest.h"

#define RUNNER_MOST 256

enum runner_end { RUNNER_EXITED, RUNNER_SIGNALED, RUNNER_NOT_STARTED };
/* <ticket> 0: nobody waits for it, and the owner is not told. */
typedef void runner_fn(void *self, uint64_t ticket, enum runner_end end, int status);

struct runner_job {
    pid_t pid; /* of the leader and of its group; 0 = free */
    uint64_t ticket;
    bool reads_fifo, asked; /* asked: it was told to end */
    struct span name;       /* reads_fifo: the FIFO, to know it again; our own copy */
    char room[128];
    instant deadline; /* then it is told to end, or killed; UINT64_MAX = never */
};
struct runner {
    runner_fn *ended;
    void *self;
    struct runner_job jobs[RUNNER_MOST];
};

struct runner_order {
    const struct manifest_script *script;
    uint64_t ticket;
    struct span more; /* as a child wrote it: counted spans (record.h); checked against script->takes */
    struct span net_namespace, root; /* empty: ours */
};
/* False: it was not started. */
MUST_USE bool runner_start(struct runner *r, const struct runner_order *o);
/* It has taken too long: TERM, and KILL a second later. */
void runner_kill(struct runner *r, uint64_t ticket);
/* Nobody waits any more for those with a ticket: they are killed, and nobody is told. */
void runner_forget(struct runner *r);
/* The same of those with tickets of which this is the upper half. */
void runner_forget_of(struct runner *r, uint32_t high);
/* The program ends: what runs has until then. FIFO readers are told to end. */
void runner_stop(struct runner *r, instant until);
/* True when <pid> was one of its own. */
bool runner_reaped(struct runner *r, pid_t pid, int status);
bool runner_is_busy(const struct runner *r);
void runner_turn(struct runner *r, instant now);
instant runner_next(const struct runner *r);
