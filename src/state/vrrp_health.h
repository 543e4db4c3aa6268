/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the balancer and the process that holds the addresses know of each other:
 * one piece of shared memory, made by the parent, mapped by both. Numbers only,
 * and each side believes of the other's only what it can check: vrrp keeps its
 * own copy of the names that it asks for.
 *
 * Who writes what: the parent <worker>; the worker <first>, <threads>, <turns>
 * and the values of the items; vrrp the names of the items, <item_count> and
 * then <layout>, its own status as text, and <vrrp_turns>, which grows with each
 * of its turns. A worker that sees another <layout> than it last did looks its
 * names up again; a parent that sees <vrrp_turns> stand replaces that process.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"

#define VRRP_HEALTH_VERSION 4
#define VRRP_HEALTH_THREADS 256 /* a second worker during a hand-over uses others than the first */
#define VRRP_HEALTH_ITEMS   256
#define VRRP_HEALTH_NAME    120
#define VRRP_STATUS_MOST    ((size_t)1 << 20)
/* A thread, and the process that holds the addresses, turns at least that often, also when it is idle. */
#define VRRP_HEALTH_HEARTBEAT_MS 500

enum vrrp_worker {
    VRRP_WORKER_NONE,     /* no balancer in this program: nothing to track */
    VRRP_WORKER_STARTING, /* not yet, or not again: a dead one is being replaced */
    VRRP_WORKER_SERVING,
};

enum vrrp_item_state {
    VRRP_ITEM_UNKNOWN, /* nobody has said yet, or there is no such name */
    VRRP_ITEM_ABSENT,  /* the balancer has nothing of that name */
    VRRP_ITEM_KNOWN,
};
struct vrrp_health_item {
    char name[VRRP_HEALTH_NAME]; /* NUL-terminated; "haproxy:web" or "web" */
    uint32_t kind;               /* enum vrrp_health_kind of model/vrrp.h */
    _Atomic uint32_t state;      /* enum vrrp_item_state; written after <value> */
    _Atomic uint32_t value;      /* listener: 1 = bound and serving; pool: usable servers */
    _Atomic uint32_t total;      /* pool: servers in all */
};

struct vrrp_health_shared {
    uint32_t version;
    _Atomic uint32_t worker; /* enum vrrp_worker */
    _Atomic uint32_t first, threads;
    _Atomic uint64_t turns[VRRP_HEALTH_THREADS];
    _Atomic uint64_t vrrp_turns;
    _Atomic uint32_t layout, item_count;
    struct vrrp_health_item items[VRRP_HEALTH_ITEMS];

    /* What an operator asks of vrrp through the worker, one thing at a time: <wish> grows when it is written,
     * and vrrp, when it has taken it, makes <heard> the same. */
    _Atomic uint32_t wish, heard;
    uint32_t wish_away; /* 1: give the addresses away; 0: no longer */
    char wish_name[VRRP_HEALTH_NAME];

    /* What vrrp says of itself, as JSON: the text of an even turn lies in the first, of an odd one in the
     * second. 0 = nothing was said yet. */
    _Atomic uint32_t status_turn;
    _Atomic uint32_t status_len[2];
    char status[2][VRRP_STATUS_MOST];
};

/*
 * What one life of the process that holds the addresses leaves for the next, in
 * memory that the parent keeps: so that a crash is not a takeover, and what the
 * operator gave away stays given.
 */
#define VRRP_MEMORY_INSTANCES 255
struct vrrp_memory_instance {
    char name[VRRP_HEALTH_NAME];
    _Atomic uint32_t master;    /* 1: had the addresses */
    _Atomic uint32_t given;     /* 1: the operator gave them away */
    _Atomic uint64_t advert_us; /* CLOCK_MONOTONIC of its last advert */
};
struct vrrp_memory {
    uint32_t version;
    uint32_t count;
    struct vrrp_memory_instance instances[VRRP_MEMORY_INSTANCES];
};

/* ---- the status, one writer and any readers ---- */

static inline void vrrp_status_publish(struct vrrp_health_shared *s, struct span text)
{
    uint32_t turn = atomic_load_explicit(&s->status_turn, memory_order_relaxed) + 1;

    turn += turn == 0;
    if (text.len > VRRP_STATUS_MOST)
        return;
    memcpy(s->status[turn & 1], text.ptr, text.len);
    atomic_store_explicit(&s->status_len[turn & 1], (uint32_t)text.len, memory_order_relaxed);
    atomic_store_explicit(&s->status_turn, turn, memory_order_release);
}

/* Copies what was said last. False: nothing was, or it changed under our hands: try again. */
static inline bool vrrp_status_read(const struct vrrp_health_shared *s, char *room, size_t size, size_t *len)
{
    uint32_t turn = atomic_load_explicit(&s->status_turn, memory_order_acquire);

    *len = atomic_load_explicit(&s->status_len[turn & 1], memory_order_relaxed);
    if (turn == 0 || *len > size || *len > VRRP_STATUS_MOST)
        return false;
    memcpy(room, s->status[turn & 1], *len);
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&s->status_turn, memory_order_relaxed) == turn;
}

/* ---- wishes ---- */

/* False: the one before was not taken yet, or the name is too long. */
static inline bool vrrp_wish_send(struct vrrp_health_shared *s, struct span name, bool away)
{
    uint32_t wish = atomic_load_explicit(&s->wish, memory_order_relaxed);

    if (name.len >= VRRP_HEALTH_NAME || wish != atomic_load_explicit(&s->heard, memory_order_acquire))
        return false;
    memset(s->wish_name, 0, sizeof(s->wish_name));
    memcpy(s->wish_name, name.ptr, name.len);
    s->wish_away = away;
    atomic_store_explicit(&s->wish, wish + 1, memory_order_release);
    return true;
}

/* vrrp's side: true, and then <name> is good until vrrp_wish_taken. */
static inline bool vrrp_wish_get(const struct vrrp_health_shared *s, struct span *name, bool *away)
{
    if (atomic_load_explicit(&s->wish, memory_order_acquire) ==
        atomic_load_explicit(&s->heard, memory_order_relaxed))
        return false;
    *name = span_of(s->wish_name, strnlen(s->wish_name, VRRP_HEALTH_NAME));
    *away = s->wish_away != 0;
    return true;
}
static inline void vrrp_wish_taken(struct vrrp_health_shared *s)
{
    atomic_store_explicit(&s->heard, atomic_load_explicit(&s->wish, memory_order_relaxed),
                          memory_order_release);
}

/* ---- the worker's side ---- */

/* Is <wanted> ("web" or "haproxy:web") what <full> ("haproxy:web") names? */
static inline bool vrrp_health_is(struct span wanted, struct span full)
{
    struct span name = full;

    (void)span_cut(&name, ':');
    return span_eq(wanted, full) || span_eq(wanted, name);
}

/* Item <i>'s name, checked; empty when there is none. The kind goes to <kind>. */
static inline struct span vrrp_health_name(const struct vrrp_health_shared *s, uint32_t i, uint32_t *kind)
{
    if (i >= VRRP_HEALTH_ITEMS || i >= atomic_load_explicit(&s->item_count, memory_order_acquire))
        return (struct span){ 0 };
    *kind = s->items[i].kind;
    return span_of(s->items[i].name, strnlen(s->items[i].name, VRRP_HEALTH_NAME));
}

static inline void vrrp_health_say(struct vrrp_health_shared *s, uint32_t i, enum vrrp_item_state state,
                                   uint32_t value, uint32_t total)
{
    atomic_store_explicit(&s->items[i].value, value, memory_order_relaxed);
    atomic_store_explicit(&s->items[i].total, total, memory_order_relaxed);
    atomic_store_explicit(&s->items[i].state, (uint32_t)state, memory_order_release);
}
