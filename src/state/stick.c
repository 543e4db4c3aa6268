/* SPDX-License-Identifier: Apache-2.0 */
#include "state/stick.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/list.h"
#include "state/lock.h"
#include "state/state_internal.h"

enum {
    SHARDS = 64,
    SHARDS_FROM = 4096, /* a small table is one shard, so that the oldest of all goes first */
    CHUNK = 64,         /* entries that are allocated at once */
    LOOKS = 256,        /* followed entries that are passed over to find one that is not */
};

struct stick_entry {
    struct stick_entry *next; /* of a bucket, or of what is free */
    struct link by_use;       /* the longest unused first */
    struct stick_shard *shard;
    uint64_t hash;
    _Atomic uint64_t used_us;
    _Atomic uint32_t references;
    uint32_t key_len, words; /* of the data, behind which the key is */
    bool listed;             /* can be found */
    uint64_t data[];
};
struct stick_chunk {
    struct stick_chunk *next;
    char entries[];
};
struct stick_shard {
    struct lock lock __attribute__((aligned(64)));
    struct stick_entry **buckets;
    uint32_t room, count; /* a power of two; entries */
    struct list by_use;
    struct stick_entry *free;
    struct stick_chunk *chunks;
};

/* ---- the table ---- */

static struct span identity_of(const struct stick_table *t)
{
    struct buf b;
    buf_init(&b, 65536);
    buf_printf(&b, "haproxy:%.*s %s %u%s", SPAN_ARGS(t->name), stick_type_word(t->type), t->key_len,
               t->size < SHARDS_FROM ? " small" : "");
    stick_table_put_data(&b, t);
    char *text = malloc(b.len + 1);
    if (text == NULL || b.truncated)
        oom_die(b.len);
    memcpy(text, b.data, b.len);
    struct span name = span_of(text, b.len);
    buf_fini(&b);
    return name;
}

static void shard_init(struct stick_shard *s, uint32_t keys)
{
    s->room = 16;
    while (s->room < keys && s->room < 1u << 20)
        s->room *= 2;
    s->buckets = calloc(s->room, sizeof(struct stick_entry *));
    if (s->buckets == NULL)
        oom_die(s->room * sizeof(struct stick_entry *));
    list_init(&s->by_use);
}

/* Memory of its own: the state outlives the file. */
static struct span state_name(struct span name)
{
    char *text = malloc(name.len + 1);
    if (text == NULL)
        oom_die(name.len);
    memcpy(text, name.ptr, name.len);
    return span_of(text, name.len);
}

static void state_follow(struct stick_state *s, const struct stick_table *t)
{
    atomic_store_explicit(&s->size, t->size, memory_order_relaxed);
    atomic_store_explicit(&s->expire_ms, t->expire.ms, memory_order_relaxed);
    atomic_store_explicit(&s->nopurge, t->nopurge, memory_order_relaxed);
}

struct stick_state *stick_state_get(struct stick_state *s)
{
    atomic_fetch_add_explicit(&s->named.references, 1, memory_order_relaxed);
    return s;
}

struct stick_state *stick_state_find(struct state_world *w, const struct stick_table *t)
{
    struct span name = identity_of(t);
    struct named *known = name_table_find(&w->sticks, name);
    if (known) {
        free((void *)(uintptr_t)name.ptr);
        atomic_fetch_add_explicit(&known->references, 1, memory_order_relaxed);
        state_follow(CONTAINER_OF(known, struct stick_state, named), t);
        return CONTAINER_OF(known, struct stick_state, named);
    }
    struct stick_state *s = state_alloc(_Alignof(struct stick_state), sizeof(*s));
    s->named.identity = name;
    s->table = *t;
    s->table.name = state_name(t->name);
    state_follow(s, t);
    s->key_room = (t->key_len + 7) / 8;
    s->shard_count = t->size < SHARDS_FROM ? 1 : SHARDS;
    s->shards = state_alloc(_Alignof(struct stick_shard), s->shard_count * sizeof(*s->shards));
    for (uint32_t i = 0; i < s->shard_count; i++)
        shard_init(&s->shards[i], t->size / s->shard_count);
    name_table_add(&w->sticks, w, &s->named);
    return s;
}

void stick_state_put(struct stick_state *s)
{
    if (s == NULL || !named_put(&s->named))
        return;
    struct state_world *w = s->named.world;
    name_table_remove(&w->sticks, &s->named);
    world_unlock(w);
    for (uint32_t i = 0; i < s->shard_count; i++) {
        for (struct stick_chunk *c = s->shards[i].chunks, *next; c; c = next) {
            next = c->next;
            free(c);
        }
        free(s->shards[i].buckets);
    }
    free(s->shards);
    free((void *)(uintptr_t)s->table.name.ptr);
    free((void *)(uintptr_t)s->named.identity.ptr);
    free(s);
}

/* ---- keys ---- */

static bool key_of_ip(const struct stick_table *t, const struct address *a, char room[STICK_KEY_ROOM],
                      struct span *key)
{
    static const char mapped[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";
    struct span bytes = address_bytes(a);

    if (bytes.len == 4 && t->type == STICK_IPV6) {
        memcpy(room, mapped, 12);
        memcpy(room + 12, bytes.ptr, 4);
        *key = span_of(room, 16);
        return true;
    }
    if (bytes.len == 16 && t->type == STICK_IPV4) {
        if (memcmp(bytes.ptr, mapped, 12) != 0)
            return false;
        bytes = span_from_index(bytes, 12);
    }
    memcpy(room, bytes.ptr, bytes.len);
    *key = span_of(room, bytes.len);
    return bytes.len == t->key_len;
}

static bool key_of_number(uint64_t n, char room[STICK_KEY_ROOM], struct span *key)
{
    for (unsigned i = 0; i < 4; i++)
        room[i] = (char)(n >> (24 - 8 * i) & 0xff);
    *key = span_of(room, 4);
    return true;
}

bool stick_key_of(const struct stick_table *t, const struct value *v, char room[STICK_KEY_ROOM],
                  struct span *key)
{
    bool text = v->type == VALUE_TEXT || v->type == VALUE_BINARY;

    switch (t->type) {
    case STICK_IPV4:
    case STICK_IPV6:
        return v->type == VALUE_IP && key_of_ip(t, &v->as.ip, room, key);
    case STICK_INTEGER:
        return v->type == VALUE_INT && key_of_number((uint64_t)v->as.number, room, key);
    case STICK_STRING:
    case STICK_BINARY:
        if (!text || (v->as.text.len == 0 && t->type == STICK_STRING))
            return false;
        *key = span_first(v->as.text, t->key_len);
        return true;
    }
    return false;
}

/* ---- entries ---- */

static char *key_at(struct stick_entry *e)
{
    return (char *)&e->data[e->words];
}

struct span stick_key(const struct stick_entry *e)
{
    return span_of((const char *)&e->data[e->words], e->key_len);
}

static bool shard_grow(const struct stick_state *s, struct stick_shard *h)
{
    size_t size = sizeof(struct stick_entry) + (s->table.words + s->key_room) * sizeof(uint64_t);
    struct stick_chunk *c = malloc(sizeof(*c) + CHUNK * size);
    if (c == NULL)
        return false;
    c->next = h->chunks;
    h->chunks = c;
    for (unsigned i = 0; i < CHUNK; i++) {
        struct stick_entry *e = (struct stick_entry *)(void *)(c->entries + i * size);
        e->next = h->free;
        h->free = e;
    }
    return true;
}

static struct stick_entry **bucket_of(const struct stick_shard *h, uint64_t hash)
{
    return &h->buckets[hash & (h->room - 1)];
}

static struct stick_shard *shard_of(const struct stick_state *s, uint64_t hash)
{
    return &s->shards[(hash >> 48) % s->shard_count];
}

static duration expire_of(const struct stick_state *s)
{
    return DURATION_MS(atomic_load_explicit(&s->expire_ms, memory_order_relaxed));
}

static uint64_t used_us(const struct stick_entry *e)
{
    return atomic_load_explicit(&e->used_us, memory_order_relaxed);
}

static bool is_over(const struct stick_state *s, const struct stick_entry *e, instant now)
{
    duration expire = expire_of(s);

    return !duration_is_none(expire) && instant_after((instant){ used_us(e) }, expire).us <= now.us &&
           atomic_load_explicit(&e->references, memory_order_relaxed) == 0;
}

/* With the shard's lock, like all down to stick_find; nobody follows <e>. */
static void entry_drop(struct stick_state *s, struct stick_entry *e)
{
    struct stick_shard *h = e->shard;
    struct stick_entry **at = bucket_of(h, e->hash);

    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    link_remove(&e->by_use);
    e->listed = false;
    e->next = h->free;
    h->free = e;
    h->count--;
    atomic_fetch_sub_explicit(&s->used, 1, memory_order_relaxed);
}

/* What is over goes, the oldest first; a few at a time, so that nobody waits long for the lock. */
static void shard_tidy(struct stick_state *s, struct stick_shard *h, instant now, unsigned most)
{
    for (struct link *l = h->by_use.head.next, *next; l != &h->by_use.head && most > 0; l = next, most--) {
        struct stick_entry *e = LIST_ITEM(l, struct stick_entry, by_use);
        next = l->next;
        if (is_over(s, e, now))
            entry_drop(s, e);
        else if (atomic_load_explicit(&e->references, memory_order_relaxed) == 0)
            return;
    }
}

/* The longest unused one that nobody follows makes room. Not all are looked at: others wait for the lock. */
static bool shard_purge(struct stick_state *s, struct stick_shard *h)
{
    unsigned looks = 0;

    LIST_EACH (&h->by_use, e, struct stick_entry, by_use) {
        if (atomic_load_explicit(&e->references, memory_order_relaxed) != 0) {
            if (++looks == LOOKS)
                return false;
            continue;
        }
        entry_drop(s, e);
        return true;
    }
    return false;
}

static struct stick_entry *shard_find(const struct stick_shard *h, uint64_t hash, struct span key)
{
    for (struct stick_entry *e = *bucket_of(h, hash); e; e = e->next)
        if (e->hash == hash && span_eq(stick_key(e), key))
            return e;
    return NULL;
}

/* Full again is news when a tenth had been free. */
static void note_room(struct stick_state *s)
{
    uint64_t used = atomic_load_explicit(&s->used, memory_order_relaxed),
             size = atomic_load_explicit(&s->size, memory_order_relaxed);

    if (used * 10 < size * 9)
        atomic_store_explicit(&s->full, false, memory_order_relaxed);
}

bool stick_is_full_now(struct stick_state *s)
{
    return atomic_load_explicit(&s->used, memory_order_relaxed) >=
               atomic_load_explicit(&s->size, memory_order_relaxed) &&
           !atomic_exchange_explicit(&s->full, true, memory_order_relaxed);
}

static struct stick_entry *shard_add(struct stick_state *s, struct stick_shard *h, uint64_t hash,
                                     struct span key, instant now)
{
    if (atomic_load_explicit(&s->used, memory_order_relaxed) >=
            atomic_load_explicit(&s->size, memory_order_relaxed) &&
        (atomic_load_explicit(&s->nopurge, memory_order_relaxed) || !shard_purge(s, h)))
        return NULL;
    if (h->free == NULL && !shard_grow(s, h))
        return NULL;
    struct stick_entry *e = h->free;
    h->free = e->next;
    memset(e, 0, sizeof(*e) + s->table.words * sizeof(uint64_t));
    e->shard = h;
    e->hash = hash;
    e->words = s->table.words;
    e->key_len = (uint32_t)key.len;
    e->listed = true;
    memcpy(key_at(e), key.ptr, key.len);
    struct stick_entry **at = bucket_of(h, hash);
    e->next = *at;
    *at = e;
    list_push_back(&h->by_use, &e->by_use);
    atomic_store_explicit(&e->used_us, now.us, memory_order_relaxed);
    h->count++;
    atomic_fetch_add_explicit(&s->used, 1, memory_order_relaxed);
    if (UNLIKELY(atomic_load_explicit(&s->full, memory_order_relaxed)))
        note_room(s);
    return e;
}

static struct stick_entry *get(struct stick_state *s, struct span key, instant now, bool make)
{
    enum { TIDY = 4 };
    uint64_t hash = hash_span(key);
    struct stick_shard *h = shard_of(s, hash);

    BUG_ON(key.len > s->key_room * sizeof(uint64_t));
    lock_take(&h->lock);
    shard_tidy(s, h, now, TIDY);
    struct stick_entry *e = shard_find(h, hash, key);
    if (e && is_over(s, e, now)) {
        entry_drop(s, e);
        e = NULL;
    }
    if (e == NULL && make)
        e = shard_add(s, h, hash, key, now);
    if (e)
        atomic_fetch_add_explicit(&e->references, 1, memory_order_relaxed);
    lock_give(&h->lock);
    return e;
}

struct stick_entry *stick_find(struct stick_state *s, struct span key, instant now)
{
    return get(s, key, now, false);
}

struct stick_entry *stick_make(struct stick_state *s, struct span key, instant now)
{
    return get(s, key, now, true);
}

void stick_put(struct stick_state *s, struct stick_entry *e, bool used, instant now)
{
    struct stick_shard *h = e->shard;

    (void)s;
    lock_take(&h->lock);
    if (used) {
        atomic_store_explicit(&e->used_us, now.us, memory_order_relaxed);
        link_remove(&e->by_use);
        list_push_back(&h->by_use, &e->by_use);
    }
    atomic_fetch_sub_explicit(&e->references, 1, memory_order_relaxed);
    lock_give(&h->lock);
}

bool stick_forget(struct stick_state *s, struct stick_entry *e)
{
    struct stick_shard *h = e->shard;

    lock_take(&h->lock);
    bool last = atomic_fetch_sub_explicit(&e->references, 1, memory_order_relaxed) == 1;
    if (last)
        entry_drop(s, e);
    lock_give(&h->lock);
    return last;
}

/* ---- what is kept of a key ---- */

enum { TICK, NOW, BEFORE }; /* of a rate: when the period began, its events, those of the one before */

static uint64_t *words_of(const struct stick_state *s, struct stick_entry *e, enum stick_data d, uint32_t i)
{
    const struct stick_table *t = &s->table;

    if (i >= t->counts[d])
        return NULL;
    return &e->data[t->offsets[d] + i * (stick_data_is_rate(d) ? STICK_RATE_WORDS : 1)];
}

static void rate_turn(uint64_t *w, uint64_t period, uint64_t now)
{
    if (now - w[TICK] < period)
        return;
    w[BEFORE] = now - w[TICK] < 2 * period ? w[NOW] : 0;
    w[NOW] = 0;
    w[TICK] = w[BEFORE] ? w[TICK] + period : now;
}

/* The events of this period, and of the one before as much as lies within one period from now. */
static uint64_t rate_read(const uint64_t *w, uint64_t period, uint64_t now)
{
    uint64_t age = now - w[TICK];

    if (age >= 2 * period)
        return 0;
    if (age >= period)
        return w[NOW] * (2 * period - age) / period;
    return w[NOW] + w[BEFORE] * (period - age) / period;
}

uint64_t stick_read(struct stick_state *s, struct stick_entry *e, enum stick_data d, uint32_t i, instant now)
{
    const uint64_t *w = words_of(s, e, d, i);
    uint64_t n = 0;

    if (w == NULL)
        return 0;
    lock_take(&e->shard->lock);
    n = stick_data_is_rate(d) ? rate_read(w, s->table.periods[d].ms, now.us / 1000) : *w;
    lock_give(&e->shard->lock);
    return n;
}

uint64_t stick_add(struct stick_state *s, struct stick_entry *e, enum stick_data d, uint32_t i, int64_t by,
                   instant now)
{
    uint64_t *w = words_of(s, e, d, i);
    uint64_t n = 0;

    if (w == NULL)
        return 0;
    lock_take(&e->shard->lock);
    if (stick_data_is_rate(d)) {
        rate_turn(w, s->table.periods[d].ms, now.us / 1000);
        w[NOW] += (uint64_t)by;
        n = rate_read(w, s->table.periods[d].ms, now.us / 1000);
    } else {
        n = *w += (uint64_t)by;
    }
    lock_give(&e->shard->lock);
    return n;
}

uint64_t stick_set(struct stick_state *s, struct stick_entry *e, enum stick_data d, uint32_t i, uint64_t to,
                   instant now)
{
    uint64_t *w = words_of(s, e, d, i);
    uint64_t was = 0;

    if (w == NULL)
        return 0;
    lock_take(&e->shard->lock);
    if (stick_data_is_rate(d)) {
        was = rate_read(w, s->table.periods[d].ms, now.us / 1000);
        w[TICK] = now.us / 1000;
        w[NOW] = to;
        w[BEFORE] = 0;
    } else {
        was = *w;
        *w = to;
    }
    lock_give(&e->shard->lock);
    return was;
}

uint32_t stick_trackers(const struct stick_entry *e)
{
    return atomic_load_explicit(&e->references, memory_order_relaxed);
}

uint64_t stick_expires_ms(const struct stick_state *s, const struct stick_entry *e, instant now)
{
    duration expire = expire_of(s);

    if (duration_is_none(expire))
        return 0;
    return instant_ms_between(now, instant_after((instant){ used_us(e) }, expire));
}

uint64_t stick_idle_ms(const struct stick_entry *e, instant now)
{
    return instant_ms_between((instant){ used_us(e) }, now);
}

/* ---- all of them ---- */

uint32_t stick_used(struct stick_state *s, instant now)
{
    for (uint32_t i = 0; i < s->shard_count; i++) {
        lock_take(&s->shards[i].lock);
        shard_tidy(s, &s->shards[i], now, UINT32_MAX);
        lock_give(&s->shards[i].lock);
    }
    return atomic_load_explicit(&s->used, memory_order_relaxed);
}

uint32_t stick_count(struct stick_state *s, instant now)
{
    enum { SOME = 128 };
    uint64_t last = atomic_load_explicit(&s->tidied_us, memory_order_relaxed);

    /* one thread at a time, a piece of each part at a time */
    if (now.us >= last + (uint64_t)STICK_TIDY.ms * 1000 &&
        atomic_compare_exchange_strong_explicit(&s->tidied_us, &last, now.us, memory_order_relaxed,
                                                memory_order_relaxed))
        for (uint32_t i = 0; i < s->shard_count; i++) {
            lock_take(&s->shards[i].lock);
            shard_tidy(s, &s->shards[i], now, SOME);
            lock_give(&s->shards[i].lock);
        }
    return atomic_load_explicit(&s->used, memory_order_relaxed);
}

/* Of a batch no lock is held while they are looked at. */
enum { BATCH = 256 };

/* The next entries of bucket <*at> and those behind it, as many whole buckets as fit. */
static unsigned take_batch(struct stick_shard *h, uint32_t *at, struct stick_entry *batch[BATCH])
{
    unsigned n = 0;

    lock_take(&h->lock);
    for (; *at < h->room && n < BATCH; ++*at) {
        unsigned before = n;
        struct stick_entry *e = h->buckets[*at];
        for (; e && n < BATCH; e = e->next)
            batch[n++] = e;
        if (e && before > 0) { /* it does not fit: next time */
            n = before;
            break;
        }
    }
    for (unsigned i = 0; i < n; i++)
        atomic_fetch_add_explicit(&batch[i]->references, 1, memory_order_relaxed);
    lock_give(&h->lock);
    return n;
}

void stick_each(struct stick_state *s, instant now, stick_each_fn *each, void *to)
{
    struct stick_entry *batch[BATCH];
    bool more = true;

    (void)stick_used(s, now);
    for (uint32_t i = 0; i < s->shard_count; i++) {
        for (uint32_t at = 0; at < s->shards[i].room;) {
            unsigned n = take_batch(&s->shards[i], &at, batch);
            for (unsigned k = 0; k < n; k++) {
                if (more)
                    more = each(to, batch[k]);
                else
                    stick_put(s, batch[k], false, now);
            }
        }
    }
}
