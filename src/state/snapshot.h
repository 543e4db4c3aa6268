/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sealed config bound to what is true now: tables from the config's indices
 * to states. A reload makes a new snapshot on the same world; a server of the
 * same identity is the same state in both. What no snapshot knows any more is
 * released when the last one that knew it ends.
 *
 * Counted: one reference each for the threads' leases. The last may be given
 * back in any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "model/config.h"
#include "state/kept.h"
#include "state/pattern_state.h"
#include "state/pool_state.h"
#include "state/server_state.h"
#include "state/service_state.h"
#include "state/state.h"
#include "state/stick.h"
#include "state/zone_state.h"

struct balance; /* balance/balance.h: prepared choices by pool; same lifetime */

struct snapshot {
    _Atomic uint32_t references;
    struct state_world *world;
    struct rates *rates; /* the world's */
    const struct config *config;
    struct server_state **servers; /* by server->index */
    struct pool_state **pools;     /* by pool->index */
    struct service_state **services;
    struct stick_state **sticks;           /* by stick_table->index */
    struct zone_state **zones;             /* by zone->index */
    struct kept_values *values;            /* variables of the process; NULL: the file has none */
    pattern_slot *patterns;                /* by pattern_user->index */
    struct pattern_binding *pattern_lists; /* by pattern_list->index */
    struct balance *balance;               /* NULL until balance_prepare */
    void (*balance_free)(struct balance *b);
    /* The last reference is gone: what the config lies in may go too. Any thread. NULL = nobody wants to know
     */
    void (*on_end)(void *to);
    void *to;
};

/*
 * With one reference. <c> is sealed, borrowed, and must outlive the snapshot.
 * One thread at a time (the control thread). Dies on out of memory. From here on
 * the states follow this file: weights and admin bits that the operator set stay
 * while the file's own are unchanged, health stays while address and check are.
 */
struct snapshot *snapshot_new(struct state_world *w, const struct config *c);
struct snapshot *snapshot_get(struct snapshot *s);
/* NULL-safe; any thread. */
void snapshot_put(struct snapshot *s);

static inline struct server_state *snapshot_server(const struct snapshot *s, const struct server *model)
{
    return s->servers[model->index];
}
static inline struct pool_state *snapshot_pool(const struct snapshot *s, const struct pool *model)
{
    return s->pools[model->index];
}
static inline struct service_state *snapshot_service(const struct snapshot *s, const struct service *model)
{
    return s->services[model->index];
}
static inline struct stick_state *snapshot_stick(const struct snapshot *s, const struct stick_table *model)
{
    return s->sticks[model->index];
}
struct pattern_state *snapshot_patterns_of(const struct snapshot *s, const struct pattern_list *model);
/* <user>: 1 + its index, of a test or a lookup of this snapshot's config; NULL: what the file says. Good
 * until the thread's turn ends. */
static inline const struct pattern_live *snapshot_pattern_live(const struct snapshot *s, uint32_t user)
{
    return s != NULL && s->patterns != NULL
               ? atomic_load_explicit(&s->patterns[user - 1], memory_order_acquire)
               : NULL;
}
