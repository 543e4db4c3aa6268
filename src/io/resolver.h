/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asynchronous DNS: A, AAAA and SRV over UDP, over TCP when an answer was cut,
 * from several nameservers, with a cache by name and type. c-ares only builds
 * and parses messages: sockets, timers, retries, lifetimes and holding are
 * ours. One resolver belongs to one loop and is used in its thread only.
 *
 * The file's resolv.conf is not read here: who opens files is another process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/macros.h"
#include "base/span.h"
#include "io/loop.h"

enum resolver_type { RESOLVER_A, RESOLVER_AAAA, RESOLVER_SRV, RESOLVER_TYPES };
enum resolver_status {
    RESOLVER_OK,      /* at least one record */
    RESOLVER_NO_NAME, /* NXDOMAIN */
    RESOLVER_NO_DATA, /* the name exists, no record of this type */
    RESOLVER_REFUSED,
    RESOLVER_SERVFAIL,
    RESOLVER_BAD,     /* answers that make no sense */
    RESOLVER_TIMEOUT, /* nobody answered, or nobody could be asked */
    RESOLVER_STATUSES
};

struct resolver_srv {
    struct span target; /* without a dot at the end */
    uint16_t port, priority, weight;
    struct address addresses[2]; /* from the additional section, if any: IPv4, IPv6; len 0 = not told */
};
/* Borrowed: valid during the callback. */
struct resolver_answer {
    enum resolver_status status;
    enum resolver_status trouble;    /* why the answer is an old one; RESOLVER_OK when it is fresh */
    const struct address *addresses; /* A, AAAA; port 0; in the nameserver's order */
    const struct resolver_srv *services;
    uint32_t count;
    instant expires; /* ask again then; of errors too (the hold time of that error) */
};

struct resolver;
struct resolver_query;
typedef void (*resolver_fn)(struct resolver_query *q, const struct resolver_answer *a);
/* Embedded in who asks. */
struct resolver_query {
    struct link link;
    resolver_fn on_answer;
    struct resolver_entry *entry; /* NULL when it is not waiting */
};

#define RESOLVER_SERVERS 16
struct resolver_options {
    struct address servers[RESOLVER_SERVERS]; /* port 0 = 53 */
    uint32_t server_count;
    struct address from;              /* source address; len 0 = the kernel's choice */
    duration retry;                   /* wait for an answer that long before the next try; 0 = 1 s */
    uint32_t tries;                   /* a server, at most; 0 = 3 */
    duration valid;                   /* keep good answers that long; 0 = as their TTL says */
    duration ttl_min, ttl_max;        /* bounds for the TTL; 0 = 1 s and 1 day */
    duration hold[RESOLVER_STATUSES]; /* after such an answer go on giving the last good one until it is that
                                         old; 0 = do not. [RESOLVER_OK] is not used */
    duration again;                   /* after a failure, ask again then at the earliest; 0 = 1 s */
    uint16_t payload;                 /* EDNS size that we accept; 0 = no EDNS, 512 bytes */
    uint32_t cache_limit; /* names at most; 0 = 4096. Over it, idle ones are dropped, oldest first */
};

/* Ids are drawn from the system's generator, the source port is new for each try. Dies on out of memory. */
MUST_USE struct resolver *resolver_new(struct loop *l, const struct resolver_options *o);
/* Queries that wait are dropped without an answer. Not from an on_answer. NULL-safe. */
void resolver_free(struct resolver **r);

/* Asks. The answer comes by <on_answer> exactly once, always in a later step of the loop, never inside this
 * call. From the cache while it is valid. false: <name> cannot be a name (empty, over 253 bytes, an empty or
 * over-long label), or out of memory (errno ENOMEM); nothing will come. A literal address is not a name. */
MUST_USE bool resolver_ask(struct resolver *r, struct resolver_query *q, struct span name,
                           enum resolver_type type, resolver_fn on_answer);
/* No answer will come. Harmless when none is awaited. */
void resolver_cancel(struct resolver_query *q);
/* Forgets what is cached (a command, a reload). Waiting queries go on. */
void resolver_flush(struct resolver *r);

struct resolver_stats {                                           /* a nameserver */
    uint64_t sent, answers, truncated, errors, timeouts, ignored; /* ignored: wrong id, name or sender */
};
const struct resolver_stats *resolver_server_stats(const struct resolver *r, uint32_t server);
const char *resolver_status_name(enum resolver_status s);
