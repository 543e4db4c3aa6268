/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds a client's UDP session by the address that its datagrams come from (and,
 * on a socket of every address, by the one that they go to). A hash table that
 * grows by itself; entries are embedded in their owners. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/macros.h"

struct udp_key {
    uint8_t bytes[40]; /* address, port, scope of the client; our address */
};

struct udp_table;
struct udp_entry {
    struct udp_entry *next;
    struct udp_table *table; /* NULL: it is in none */
    uint64_t hash;
    struct udp_key key;
};

struct udp_table {
    struct udp_entry **buckets;
    uint32_t count, mask;
};

/* <local> may be NULL. */
void udp_key_of(struct udp_key *k, const struct address *client, const struct address *local);
void udp_table_init(struct udp_table *t);
/* Every entry must have been removed. */
void udp_table_fini(struct udp_table *t);
struct udp_entry *udp_table_find(const struct udp_table *t, const struct udp_key *k);
/* False: out of memory. <e> must not be in a table. */
MUST_USE bool udp_table_add(struct udp_table *t, struct udp_entry *e, struct udp_key k);
/* Harmless when it is in none. */
void udp_table_remove(struct udp_entry *e);
