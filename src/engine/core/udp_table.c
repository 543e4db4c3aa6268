/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/udp_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define FIRST_BUCKETS 64

static void put(uint8_t *to, const void *from, size_t len)
{
    memcpy(to, from, len);
}

void udp_key_of(struct udp_key *k, const struct address *client, const struct address *local)
{
    struct span from = address_bytes(client), to = local ? address_bytes(local) : SPAN("");
    uint16_t port = address_port(client);

    memset(k, 0, sizeof(*k));
    put(k->bytes, from.ptr, from.len < 16 ? from.len : 16);
    put(k->bytes + 16, &port, sizeof(port));
    put(k->bytes + 18, to.ptr, to.len < 16 ? to.len : 16);
    if (address_family(client) == AF_INET6) /* a link-local one is another client on another link */
        put(k->bytes + 34, &client->u.in6.sin6_scope_id, sizeof(client->u.in6.sin6_scope_id));
}

static uint64_t hash_of(const struct udp_key *k)
{
    return hash_span(span_of((const char *)k->bytes, sizeof(k->bytes)));
}

void udp_table_init(struct udp_table *t)
{
    *t = (struct udp_table){ 0 };
}

void udp_table_fini(struct udp_table *t)
{
    BUG_ON(t->count);
    free(t->buckets);
    t->buckets = NULL;
}

struct udp_entry *udp_table_find(const struct udp_table *t, const struct udp_key *k)
{
    uint64_t hash = hash_of(k);

    for (struct udp_entry *e = t->buckets ? t->buckets[hash & t->mask] : NULL; e; e = e->next)
        if (e->hash == hash && memcmp(&e->key, k, sizeof(*k)) == 0)
            return e;
    return NULL;
}

static void link_entry(struct udp_table *t, struct udp_entry *e)
{
    struct udp_entry **head = &t->buckets[e->hash & t->mask];

    e->next = *head;
    *head = e;
}

static bool grow(struct udp_table *t)
{
    uint32_t old = t->buckets ? t->mask + 1 : 0, room = old ? old * 2 : FIRST_BUCKETS;
    struct udp_entry **buckets = calloc(room, sizeof(struct udp_entry *)), **before = t->buckets;

    if (buckets == NULL)
        return before != NULL; /* the chains get longer */
    t->buckets = buckets;
    t->mask = room - 1;
    for (uint32_t i = 0; i < old; i++) {
        for (struct udp_entry *e = before[i], *next; e; e = next) {
            next = e->next;
            link_entry(t, e);
        }
    }
    free(before);
    return true;
}

bool udp_table_add(struct udp_table *t, struct udp_entry *e, struct udp_key k)
{
    BUG_ON(e->table);
    if ((t->buckets == NULL || t->count > t->mask) && !grow(t))
        return false;
    e->key = k;
    e->hash = hash_of(&k);
    e->table = t;
    link_entry(t, e);
    t->count++;
    return true;
}

void udp_table_remove(struct udp_entry *e)
{
    struct udp_table *t = e->table;

    if (t == NULL)
        return;
    struct udp_entry **at = &t->buckets[e->hash & t->mask];
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    e->table = NULL;
    t->count--;
}
