/* SPDX-License-Identifier: Apache-2.0 */
/* The world: finding states again by name, and letting go of the last reference. */
#include "state/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "state/state_internal.h"

enum { FIRST_ROOM = 64 };

void *state_alloc(size_t align, size_t size)
{
    size_t rounded = (size + align - 1) & ~(align - 1);
    void *at = aligned_alloc(align, rounded);
    if (at == NULL)
        oom_die(size);
    return memset(at, 0, rounded);
}

static void table_init(struct name_table *t)
{
    t->room = FIRST_ROOM;
    t->buckets = calloc(t->room, sizeof(struct named *));
    if (t->buckets == NULL)
        oom_die(t->room * sizeof(struct named *));
}

struct state_world *state_world_new(struct span mirror, unsigned threads)
{
    BUG_ON(threads == 0);
    struct state_world *w = calloc(1, sizeof(*w));
    if (w == NULL)
        oom_die(sizeof(*w));
    int failed = pthread_mutex_init(&w->mutex, NULL);
    BUG_ON(failed);
    w->threads = threads;
    failed = pthread_mutex_init(&w->patterns_mutex, NULL);
    BUG_ON(failed);
    list_init(&w->patterns);
    retire_init(&w->retired);
    w->mirror = mirror_open(span_first(mirror, MIRROR_MOST));
    w->journal = journal_open(span_from_index(mirror, MIRROR_MOST));
    table_init(&w->servers);
    table_init(&w->pools);
    table_init(&w->services);
    table_init(&w->sticks);
    table_init(&w->zones);
    table_init(&w->pattern_lists);
    amended_read(w);
    return w;
}

void state_world_free(struct state_world **w)
{
    if (*w == NULL)
        return;
    BUG_ON((*w)->servers.count || (*w)->pools.count || (*w)->services.count || (*w)->sticks.count ||
           (*w)->zones.count || (*w)->pattern_lists.count);
    retire_fini(&(*w)->retired);
    amendments_free(&(*w)->amendments);
    free((*w)->servers.buckets);
    free((*w)->pools.buckets);
    free((*w)->services.buckets);
    free((*w)->sticks.buckets);
    free((*w)->zones.buckets);
    free((*w)->pattern_lists.buckets);
    mirror_close(&(*w)->mirror);
    journal_close(&(*w)->journal);
    (void)pthread_mutex_destroy(&(*w)->patterns_mutex);
    (void)pthread_mutex_destroy(&(*w)->mutex);
    free(*w);
    *w = NULL;
}

unsigned state_world_threads(const struct state_world *w)
{
    return w->threads;
}

void world_lock(struct state_world *w)
{
    int failed = pthread_mutex_lock(&w->mutex);
    BUG_ON(failed);
}

void world_unlock(struct state_world *w)
{
    int failed = pthread_mutex_unlock(&w->mutex);
    BUG_ON(failed);
}

void world_write_journal(struct state_world *w)
{
    if (!w->journal_read) /* who has not read it yet does not know the whole truth */
        return;
    journal_begin(w->journal);
    w->journal_lost = !amended_write(w) || !patterns_write(w);
    w->journal_full = false;
    journal_end(w->journal);
}

/* ---- names ---- */

static struct named **bucket_of(const struct name_table *t, uint64_t hash)
{
    return &t->buckets[hash & (t->room - 1)];
}

struct named *name_table_find(const struct name_table *t, struct span identity)
{
    uint64_t hash = hash_span(identity);
    for (struct named *n = *bucket_of(t, hash); n; n = n->next)
        if (n->hash == hash && span_eq(n->identity, identity))
            return n;
    return NULL;
}

static void table_grow(struct name_table *t)
{
    struct name_table old = *t;
    t->room = old.room * 2;
    t->buckets = calloc(t->room, sizeof(struct named *));
    if (t->buckets == NULL)
        oom_die(t->room * sizeof(struct named *));
    for (uint32_t i = 0; i < old.room; i++) {
        for (struct named *n = old.buckets[i], *next; n; n = next) {
            next = n->next;
            n->next = *bucket_of(t, n->hash);
            *bucket_of(t, n->hash) = n;
        }
    }
    free(old.buckets);
}

void name_table_add(struct name_table *t, struct state_world *w, struct named *n)
{
    if (t->count >= t->room)
        table_grow(t);
    n->world = w;
    n->hash = hash_span(n->identity);
    n->next = *bucket_of(t, n->hash);
    *bucket_of(t, n->hash) = n;
    atomic_store_explicit(&n->references, 1, memory_order_relaxed);
    t->count++;
}

void name_table_remove(struct name_table *t, const struct named *n)
{
    struct named **at = bucket_of(t, n->hash);
    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    t->count--;
}

/* While it is not the last reference nobody needs the lock; the last one goes
 * under it, so that nobody finds a state in the table that is being freed. */
bool named_put(struct named *n)
{
    uint32_t seen = atomic_load_explicit(&n->references, memory_order_relaxed);
    while (seen > 1)
        if (atomic_compare_exchange_weak_explicit(&n->references, &seen, seen - 1, memory_order_acq_rel,
                                                  memory_order_relaxed))
            return false;
    struct state_world *w = n->world;
    world_lock(w);
    if (atomic_fetch_sub_explicit(&n->references, 1, memory_order_acq_rel) == 1)
        return true;
    world_unlock(w);
    return false;
}

struct rates *state_world_rates(struct state_world *w)
{
    return &w->rates;
}
