/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the algorithms share. A pool has two sides, its servers and its backups;
 * a side has an entry a server, side by side in memory, and what its algorithm
 * has prepared. Everything here is read and written with the pool's lock held.
 */
#pragma once

#include "balance/balance.h"
#include "base/arena.h"
#include "model/config.h"
#include "state/snapshot.h"

struct entry {
    const struct server *model;
    struct server_state *state;
    /* as they were when the side was looked at last (side_refresh) */
    uint32_t weight; /* in 16ths; 0: it gets no new requests by turn */
    bool usable;     /* by its state; not whether it is full or was tried */
    bool limited;    /* it may be full */
    /* smooth round robin (smooth.c) */
    int64_t current;
    /* stride.c */
    uint64_t due;    /* the choice at which it is due */
    uint32_t rest;   /* of due, in parts of <weight> */
    uint64_t queued; /* when it was put into the heap: ties go by age */
    uint8_t stage;   /* enum stride_stage */
    /* ketama.c: servers of one name are one on the ring */
    struct entry *same_name;
};

struct side;
struct choice;
struct algorithm {
    /* Once, when the snapshot is made: tables, in <a>. NULL: none. */
    void (*prepare)(struct arena *a, struct side *g);
    /* Entries changed (weight, usable). NULL: nothing to do. */
    void (*changed)(struct side *g);
    /* An entry that may_take; NULL: there is none. Sets why->... */
    struct entry *(*choose)(struct side *g, const struct choice *c, enum pick_reason *why);
};

struct side {
    const struct pool *pool;
    struct pool_state *state;
    const struct algorithm *algorithm;
    struct entry *entries; /* in the file's order */
    uint32_t count;
    uint32_t usable; /* entries with usable and weight */
    bool plain;      /* no usable entry is limited or has lost weight: by turn needs no look at each */
    uint32_t seen;   /* state->version of the last look */
    instant next;    /* when entries change by themselves */
    /* smooth.c: the order as a table, as long as nobody was skipped */
    struct {
        uint32_t *order; /* entries; NULL: none */
        uint32_t len, room, at;
        bool valid;  /* the order is that of the entries' weights now; <len> 0: it cannot be */
        bool exact;  /* it is followed: entries' <current> are as <at> says, and not kept up meanwhile */
        bool begins; /* the sums are all zero: the order would begin here */
    } turn;
    void *own; /* the algorithm's */
};

struct pool_balance {
    struct side sides[2]; /* servers, backups */
    struct entry **by_ordinal;
};
struct balance {
    struct arena *arena;
    struct pool_balance *pools; /* by pool index */
};

struct choice {
    const struct pick_request *request;
    const struct tried *tried; /* NULL: none, or they may be had again */
    instant now;
    struct entry **full; /* HAProxy's hashes: who the key belongs to, and is full: waited for */
};

/* Looks at every server again when something changed since the last look. */
void side_look(struct side *g, uint32_t version, instant now);
static inline void side_refresh(struct side *g, instant now)
{
    uint32_t version = atomic_load_explicit(&g->state->version, memory_order_acquire);
    if (UNLIKELY(version != g->seen || now.us >= g->next.us))
        side_look(g, version, now);
}
bool entry_is_full(const struct entry *e, instant now);

static inline bool may_take(const struct choice *c, const struct entry *e)
{
    if (!e->usable || e->weight == 0)
        return false;
    if (c->tried && tried_has(c->tried, e->model))
        return false;
    return !e->limited || !entry_is_full(e, c->now);
}

/* It may take but for being full. */
static inline bool is_only_full(const struct choice *c, const struct entry *e)
{
    return e->usable && e->weight && e->limited && !(c->tried && tried_has(c->tried, e->model)) &&
           entry_is_full(e, c->now);
}

/* HAProxy's fixed order of the usable servers (static_rr.c): static-rr walks it, map-based hashes count in
 * it. */
struct places {
    uint32_t *order; /* entries */
    uint32_t len, room, at;
};
void places_prepare(struct arena *a, struct side *g);
void places_changed(struct side *g);
/* The next place whose server may take. */
struct entry *places_next(struct places *p, struct side *g, const struct choice *c, enum pick_reason *why);

/* From so many servers on nobody sees which order by turn is followed, but everybody would pay for sums. */
enum { SMOOTH_MANY = 256 };
/* nginx's smooth weighted round robin over the entries that may take; also what others fall back to. */
struct entry *smooth_choose(struct side *g, const struct choice *c);
/* One step of it among the <count> entries of <some>. */
struct entry *smooth_among(struct entry *const *some, uint32_t count);
void smooth_prepare(struct arena *a, struct side *g);
void smooth_changed(struct side *g);
/* Writes down the sums that the table stands for; before weights change. */
void smooth_settle(struct side *g);

/* By what the pool calls load: below 0 when <a> has less of it for its weight than <b>, above when more. */
int entry_compare_load(const struct pool *p, const struct entry *a, const struct entry *b, instant now);

/* Sums of weights, for choosing by a number: entry_at(sum % total). */
struct weights {
    uint32_t *until; /* by entry: the sum up to and with it */
    uint32_t total;
};
struct weights *weights_new(struct arena *a, const struct side *g);
void weights_fill(struct weights *w, const struct side *g, bool only_usable);
/* The entry into whose share <n> (below total) falls. */
uint32_t weights_find(const struct weights *w, const struct side *g, uint32_t n);

extern const struct algorithm algorithm_round_robin, algorithm_static_rr, algorithm_stride,
    algorithm_least_conn, algorithm_least_oldest, algorithm_first, algorithm_random, algorithm_ip_hash,
    algorithm_hash, algorithm_ketama, algorithm_hash_map, algorithm_hash_ring, algorithm_fair,
    algorithm_least_time;
