/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true now and outlives a configuration: the world holds the states of
 * servers, pools and services by identity, as long as a snapshot or somebody
 * else counts on them. A reload finds what it had before (snapshot.h).
 *
 * One lock order: the world's mutex before a pool's lock. Traffic threads take
 * only pools' locks.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/span.h"

struct rates;
struct state_world;

/* What all states begin with: how the world finds them again. */
struct named {
    struct state_world *world;
    struct named *next;   /* of one bucket; under the world's mutex */
    struct span identity; /* "haproxy:web/s1"; the state's own */
    uint64_t hash;
    _Atomic uint32_t references;
};

/*
 * <threads>: who counts, numbered from 0. <mirror>: shared memory that outlives
 * this process, zeroed at first: MIRROR_MOST bytes of it are for state/mirror.h,
 * what is behind for state/journal.h; empty: none. It must stay until the world
 * ends. Dies on out of memory.
 */
#define MIRROR_MOST ((size_t)1 << 20)
struct state_world *state_world_new(struct span mirror, unsigned threads);
/* Every snapshot and every counted state is given back. NULL-safe. */
void state_world_free(struct state_world **w);
unsigned state_world_threads(const struct state_world *w);

/*
 * What the operator set as the limit of connections of the whole process, for the
 * next one: 0 = as the files say. <file>: what they say; another file's is void.
 */
void state_world_set_limit(struct state_world *w, uint32_t most, uint32_t file);
uint32_t state_world_limit(struct state_world *w, uint32_t file);

/*
 * What was changed of what the files say (model/amendment.h); NULL: nothing. The
 * control thread's. The new list is taken; it is there for the next process too.
 */
struct amendments;
const struct amendments *state_world_amendments(const struct state_world *w);
void state_world_set_amendments(struct state_world *w, struct amendments *l);
/* With <stays>, snapshots that are made keep what checks said of servers whose address or check is another
 * one now. The control thread's. */
void state_world_keep_health(struct state_world *w, bool stays);
/* How many may come a second; the world's own. */
struct rates *state_world_rates(struct state_world *w);
/* How many bad messages were captured (state/captured.h). */
uint32_t state_world_captures(const struct state_world *w);
