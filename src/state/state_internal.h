/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of state share. Nobody outside state needs this. */
#pragma once

#include <pthread.h>

#include "model/amendment.h"
#include "model/config.h"
#include "state/journal.h"
#include "state/mirror.h"
#include "state/pattern_state.h"
#include "state/pool_state.h"
#include "state/server_state.h"
#include "state/retire.h"
#include "state/service_state.h"
#include "state/stick.h"
#include "state/waiter.h"
#include "state/zone_state.h"

/* States of one type, by identity. Under the world's mutex. */
struct name_table {
    struct named **buckets;
    uint32_t count, room; /* a power of two */
};

struct state_world {
    pthread_mutex_t mutex;
    unsigned threads;
    struct mirror *mirror;     /* NULL: none */
    _Atomic uint32_t captures; /* of bad messages, so far */
    struct rates rates;
    bool health_stays; /* though addresses and checks change; the control thread's */
    struct name_table servers, pools, services, sticks, zones, pattern_lists;

    /* of everything below; taken inside the other, never the other way round */
    pthread_mutex_t patterns_mutex;
    struct list patterns; /* struct pattern_state, all */
    struct retired retired;
    struct journal *journal;       /* NULL: none */
    struct amendments *amendments; /* NULL: none; the control thread's */
    bool journal_read;             /* the first snapshot has taken what was in it */
    bool journal_full;             /* it is to be written anew */
    bool journal_lost;             /* and even that did not fit */
};

void world_lock(struct state_world *w);
void world_unlock(struct state_world *w);
struct named *name_table_find(const struct name_table *t, struct span identity);
/* <n>->identity is set; it begins with one reference. */
void name_table_add(struct name_table *t, struct state_world *w, struct named *n);
void name_table_remove(struct name_table *t, const struct named *n);
/*
 * One reference less. True: it was the last; the world is locked now, and the
 * caller takes the state out of its table, unlocks and frees it.
 */
MUST_USE bool named_put(struct named *n);

/* Memory of a state: zeroed, aligned for its hot lines. Dies when there is none. */
void *state_alloc(size_t align, size_t size);

/* All under the world's mutex, with one reference for the caller. */
struct pattern_state *pattern_state_find(struct state_world *w, const struct pattern_list *model);
struct pool_state *pool_state_find(struct state_world *w, const struct pool *model);
struct zone_state *zone_state_find(struct state_world *w, const struct zone *model);
struct service_state *service_state_find(struct state_world *w, const struct service *model);
struct stick_state *stick_state_find(struct state_world *w, const struct stick_table *model);
struct server_state *server_state_find(struct state_world *w, struct pool_state *pool,
                                       const struct server *model);
/* The state follows this file from now on. */
void server_state_bind(struct server_state *s, const struct server *model);
/* <tracked> may be NULL. */
void server_state_track(struct server_state *s, struct server_state *tracked);

/* Patterns: a snapshot's lists, and its end. The world is locked for the first. */
void patterns_bind(struct snapshot *s);
void patterns_unbind(struct snapshot *s);
/* With patterns_mutex held: the whole truth, for the next process. */
bool patterns_write(struct state_world *w);
void world_write_journal(struct state_world *w);
/* amended.c: out of the journal, into it. */
void amended_read(struct state_world *w);
bool amended_write(struct state_world *w);

/* As if nobody had checked it yet. */
void server_health_begin(struct server_state *s, const struct server *model);
/* Back from maintenance: up, but the first bad check takes it down, and one is due. */
void server_begin_anew(struct server_state *s, instant now);
enum health health_of_points(unsigned points, unsigned rise, unsigned fall);
/* It went up or down: what the file wants done then. */
void server_went(struct server_state *s, bool up);
/* Under the world's mutex. */
void server_mirror(struct server_state *s);
void service_mirror(struct service_state *s);
void server_followers_follow(struct server_state *s, instant now);
/* Health, weight or admin changed: the mirror, those that track <s>, and the pool's choices follow. Takes the
 * world's mutex. */
void server_changed(struct server_state *s, instant now);
/* Balancers look again; requests that wait get places that there are now. */
void pool_changed(struct pool_state *p, instant now);
