/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that traffic threads may still be reading: it is put aside when nobody
 * new can find it, and freed when every traffic thread has begun two more turns
 * of its loop, because what is read without a lock is kept no longer than one turn.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/list.h"

typedef void retire_fn(void *what);
struct retired {
    struct list waiting;
    const _Atomic uint64_t *const *turns; /* of each thread; NULL: nobody reads but who edits */
    unsigned threads;
};

void retire_init(struct retired *r);
/* <turns>: a counter for each thread, which it adds to between two turns. It must outlive <r>'s use. */
void retire_watch(struct retired *r, const _Atomic uint64_t *const *turns, unsigned threads);
/* Who edits, under one lock: <what> goes to <release>, now or by a later call. NULL <what> is nothing. */
void retire_put(struct retired *r, void *what, retire_fn *release);
/* Frees what nobody can be reading any more. The same lock. */
void retire_collect(struct retired *r);
/* No thread runs any more: frees all. */
void retire_fini(struct retired *r);
