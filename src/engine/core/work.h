/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that may block (reading and writing files), done by a few helper threads
 * so that no traffic thread ever waits for a disk. A job is embedded in its
 * owner, runs in a helper, and is handed back to the thread that gave it.
 */
#pragma once

#include <stdint.h>

#include "io/loop.h"

struct thread;
struct work_pool; /* engine-wide: shared->work */
struct work;
typedef void (*work_fn)(struct work *w);

struct work {
    struct task task;      /* the way back */
    struct work *next;     /* in the pool's queue */
    struct thread *thread; /* who gave it: it does not end before the job is back */
    work_fn run;           /* in a helper: touches only what belongs to the job */
    work_fn done;          /* in the giver's thread */
};

/* Starts <threads> helpers (0 = 4) at the first job. NULL: errno. */
struct work_pool *work_pool_new(unsigned threads);
/* Waits for what runs; jobs that were not begun are not run. Call it when no loop runs any more. NULL-safe.
 */
void work_pool_free(struct work_pool **p);
/* <w> must stay where it is until <done> was called; it cannot be taken back. */
void work_submit(struct thread *t, struct work *w, work_fn run, work_fn done);
