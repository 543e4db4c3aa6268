/* SPDX-License-Identifier: Apache-2.0 */
/* What resolver.c and resolver_tcp.c share. Only they may include it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/conn.h"
#include "io/dns.h"
#include "io/resolver.h"

#define ATTEMPTS 3 /* sockets of one entry that listen at a time */

struct attempt {
    struct watch watch; /* .fd -1 = free */
    struct resolver_entry *entry;
    uint16_t id;
    uint8_t server;
    bool edns;
};

struct exchange { /* over TCP: one at a time */
    struct conn conn;
    struct resolver_entry *entry;
    uint16_t id;
    uint8_t server;
    bool edns;
    uint8_t out[2 + DNS_QUERY_MAX];
    size_t out_len, out_sent;
    uint8_t head[2];
    uint8_t *in; /* malloc'd when its length is known */
    size_t in_len, in_got;
};

struct resolver_entry {
    struct resolver *resolver;
    struct resolver_entry *next; /* in its bucket */
    struct link idle;            /* of resolver->idle, when nobody waits */
    struct grave grave;
    struct list waiting; /* struct resolver_query */
    struct deferred deliver;
    struct deadline deadline; /* of the current try */
    enum resolver_type type;
    uint64_t hash;

    bool asking, no_edns;
    uint8_t first;              /* server of the first try */
    uint8_t server;             /* of the current try */
    uint16_t failed;            /* a bit for each server that answered and could not help */
    uint32_t tries;             /* made */
    enum resolver_status error; /* what to say when all tries are made */
    struct attempt attempts[ATTEMPTS];
    unsigned newest;
    struct exchange *tcp; /* NULL = none */

    enum resolver_status status; /* heard last */
    instant expires;             /* of that; 0 = never asked, or forgotten */
    bool has_good;
    struct dns_answer good;
    instant good_at;

    char name[DNS_NAME_MAX + 1];
};

struct resolver {
    struct loop *loop;
    struct resolver_options options;
    uint32_t preferred; /* the server that is asked first */
    struct resolver_entry **buckets;
    uint32_t bucket_count; /* a power of two */
    uint32_t entry_count;
    struct list idle; /* entries that nobody waits for, least recently used first */
    struct resolver_stats stats[RESOLVER_SERVERS];
};

static inline duration resolver_or_else(duration d, duration otherwise)
{
    return d.ms ? d : otherwise;
}

/* --- resolver.c --- */
uint16_t resolver_random_id(void);
/* <server> has answered. Takes what <a> owns. */
void resolver_hear(struct resolver_entry *e, uint8_t server, const struct dns_answer *a);
/* <server> cannot help with this question: the next one, if it was being asked. */
void resolver_server_failed(struct resolver_entry *e, uint8_t server, enum resolver_status why);

/* --- resolver_tcp.c --- */
/* Asks <server>, which becomes the current try. */
void resolver_exchange_start(struct resolver_entry *e, uint8_t server, bool edns);
/* Ends it, if there is one. */
void resolver_exchange_release(struct resolver_entry *e);
