/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ticket keys and session caches by what they are for: two configurations that
 * ask for the same get the same, so that clients resume over a reload.
 */
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "daemon/prepare.h"
#include "daemon/prepare_internal.h"

#define TURN_LEAST 3600u /* seconds between two random keys at least */

struct stored_tickets {
    struct tls_ticket_key keys[TLS_TICKET_KEYS];
    unsigned count;
    struct tls_tickets *tickets;
    bool used;
};
struct stored_cache {
    char *name;
    uint32_t entries;
    struct tls_cache *cache;
    bool used;
};
struct tls_store {
    struct tls_tickets *random;
    uint32_t session_seconds; /* the longest lifetime of a ticket by the random keys */
    instant next_turn;        /* {0}: none was planned */
    struct stored_tickets *tickets;
    struct stored_cache *caches;
    uint32_t ticket_count, cache_count;
};

struct tls_store *tls_store_new(void)
{
    struct tls_store *s = calloc(1, sizeof(*s));

    if (!s)
        oom_die(sizeof(*s));
    s->random = tls_tickets_new();
    return s;
}

static void let_go(struct tls_store *s, bool all)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < s->ticket_count; i++) {
        if (s->tickets[i].used && !all)
            s->tickets[kept++] = s->tickets[i];
        else
            tls_tickets_put(&s->tickets[i].tickets);
    }
    s->ticket_count = kept;
    kept = 0;
    for (uint32_t i = 0; i < s->cache_count; i++) {
        if (s->caches[i].used && !all) {
            s->caches[kept++] = s->caches[i];
        } else {
            tls_cache_put(&s->caches[i].cache);
            free(s->caches[i].name);
        }
    }
    s->cache_count = kept;
}

void tls_store_free(struct tls_store **store)
{
    struct tls_store *s = *store;

    *store = NULL;
    if (!s)
        return;
    let_go(s, true);
    tls_tickets_put(&s->random);
    free(s->tickets);
    free(s->caches);
    free(s);
}

void tls_store_begin(struct tls_store *s)
{
    for (uint32_t i = 0; i < s->ticket_count; i++)
        s->tickets[i].used = false;
    for (uint32_t i = 0; i < s->cache_count; i++)
        s->caches[i].used = false;
    s->session_seconds = 0;
}

void tls_store_end(struct tls_store *s)
{
    let_go(s, false);
}

instant tls_store_turn(struct tls_store *s, instant now)
{
    uint32_t every = s->session_seconds > TURN_LEAST ? s->session_seconds : TURN_LEAST;

    if (s->next_turn.us && s->next_turn.us <= now.us)
        tls_tickets_rotate(s->random);
    if (s->next_turn.us <= now.us)
        s->next_turn.us = now.us + (uint64_t)every * 1000000;
    return s->next_turn;
}

static void *grown(void *items, uint32_t count, size_t size)
{
    void *more = reallocarray(items, count + 1u, size);

    if (!more)
        oom_die(size * (count + 1u));
    return more;
}

struct tls_tickets *tls_store_tickets(struct tls_store *s, const struct tls_ticket_key *keys, unsigned count,
                                      uint32_t session_seconds)
{
    if (count == 0) {
        if (session_seconds > s->session_seconds)
            s->session_seconds = session_seconds;
        return s->random;
    }
    for (uint32_t i = 0; i < s->ticket_count; i++) {
        struct stored_tickets *t = &s->tickets[i];
        if (t->count == count && memcmp(t->keys, keys, count * sizeof(*keys)) == 0) {
            t->used = true;
            return t->tickets;
        }
    }
    s->tickets = grown(s->tickets, s->ticket_count, sizeof(*s->tickets));
    struct stored_tickets *t = &s->tickets[s->ticket_count++];
    *t = (struct stored_tickets){ .count = count, .tickets = tls_tickets_new(), .used = true };
    memcpy(t->keys, keys, count * sizeof(*keys));
    tls_tickets_set(t->tickets, keys, count);
    return t->tickets;
}

struct tls_cache *tls_store_cache(struct tls_store *s, const struct tls_cache_rule *rule)
{
    if (rule->name.len == 0 || rule->entries == 0)
        return NULL;
    for (uint32_t i = 0; i < s->cache_count; i++) {
        struct stored_cache *c = &s->caches[i];
        if (c->entries == rule->entries && span_eq(span_from(c->name), rule->name)) {
            c->used = true;
            return c->cache;
        }
    }
    s->caches = grown(s->caches, s->cache_count, sizeof(*s->caches));
    struct stored_cache *c = &s->caches[s->cache_count++];
    *c = (struct stored_cache){ .name = strndup(rule->name.ptr, rule->name.len),
                                .entries = rule->entries,
                                .cache = tls_cache_new(rule->entries),
                                .used = true };
    if (!c->name)
        oom_die(rule->name.len);
    return c->cache;
}
