/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in a stick table now. The keys are spread over shards; a shard has a
 * short lock of its own, so that two threads meet only when they touch keys of
 * one shard in the same moment. It outlives configurations as long as the
 * table's name, type and data stay: a reload changes its size and expiry in
 * place, anything else begins an empty one.
 *
 * Entries are counted: who follows one (a connection, a request) holds a
 * reference, and such an entry is neither purged nor forgotten.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/clock.h"
#include "model/stick.h"
#include "model/value.h"
#include "state/state.h"

struct stick_entry;
struct stick_shard;
struct stick_state {
    struct named named;       /* "haproxy:web ip 4 gpc0 ..." */
    struct stick_table table; /* our own copy: how entries are laid out; of size and expiry see below */
    uint32_t shard_count, key_room;
    struct stick_shard *shards;
    _Atomic uint32_t used;
    _Atomic uint64_t tidied_us;       /* when stick_count forgot what was over */
    _Atomic uint32_t size, expire_ms; /* as the newest file says */
    _Atomic bool nopurge;
    _Atomic bool full; /* somebody was told so */
};

struct stick_state *stick_state_get(struct stick_state *s);
/* NULL-safe; any thread. */
void stick_state_put(struct stick_state *s);

/* A key in the table's own form; <room> holds what must be made, STICK_KEY_ROOM of it. */
#define STICK_KEY_ROOM 16
/*
 * An address, number or text as <t>'s key. False: the value is none, or cannot
 * be made so. Addresses of the other family are mapped where that can be.
 */
MUST_USE bool stick_key_of(const struct stick_table *t, const struct value *v, char room[STICK_KEY_ROOM],
                           struct span *key);

/* After stick_make gave NULL: is that because the table is full, and was it not told since it was emptier? */
MUST_USE bool stick_is_full_now(struct stick_state *s);

/* With a reference, or NULL. */
struct stick_entry *stick_find(struct stick_state *s, struct span key, instant now);
/* The same, made when it is not there; NULL: full, or no memory. */
struct stick_entry *stick_make(struct stick_state *s, struct span key, instant now);
/* Gives the reference back. <used>: it counts as used now, so it is kept for another <expire>. */
void stick_put(struct stick_state *s, struct stick_entry *e, bool used, instant now);

/* Of what the table keeps; <i> counts in arrays. Rates are events in the period. */
uint64_t stick_read(struct stick_state *s, struct stick_entry *e, enum stick_data d, uint32_t i, instant now);
/* Adds; what is then. Ignored when the table does not keep it. */
uint64_t stick_add(struct stick_state *s, struct stick_entry *e, enum stick_data d, uint32_t i, int64_t by,
                   instant now);
/* Sets; what was. Rates are set to have been in this period. */
uint64_t stick_set(struct stick_state *s, struct stick_entry *e, enum stick_data d, uint32_t i, uint64_t to,
                   instant now);
uint32_t stick_trackers(const struct stick_entry *e);
struct span stick_key(const struct stick_entry *e);
/* Milliseconds: until it is forgotten, since it was used. */
uint64_t stick_expires_ms(const struct stick_state *s, const struct stick_entry *e, instant now);
uint64_t stick_idle_ms(const struct stick_entry *e, instant now);
/* Keys that are there; forgets what is over before it counts: for who looks at the table. */
uint32_t stick_used(struct stick_state *s, instant now);
/* The same at a cost that does not grow with the table, for traffic: what was over for less than a moment
 * (STICK_TIDY), or is more than can be forgotten in one, may be counted still. */
#define STICK_TIDY DURATION_MS(250)
uint32_t stick_count(struct stick_state *s, instant now);

/*
 * Calls <each> for every key, with a reference that is <each>'s to
 * give back (stick_put, stick_forget), and no lock held; false from it ends. Entries that come meanwhile may
 * be missed.
 */
typedef bool stick_each_fn(void *to, struct stick_entry *e);
void stick_each(struct stick_state *s, instant now, stick_each_fn *each, void *to);
/* Forgets it. False: somebody else follows it. The caller's reference is given back in any case. */
bool stick_forget(struct stick_state *s, struct stick_entry *e);
