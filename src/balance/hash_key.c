/* SPDX-License-Identifier: Apache-2.0 */
#include "balance/hash_key.h"

#include "base/classic_hash.h"

enum hash_function { HASH_SDBM, HASH_DJB2, HASH_WT6, HASH_CRC32, HASH_NONE, HASH_AVALANCHE = 0x80 };

/* An address is its own hash: its words in host order, one over the other. No function is asked. */
static uint32_t hash_of_address(const struct address *a)
{
    struct span ip = address_bytes(a);
    uint32_t hash = 0;
    for (size_t i = 0; i + 4 <= ip.len; i += 4) {
        const unsigned char *b = (const unsigned char *)ip.ptr + i;
        hash ^= (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    return hash;
}

/* `hash-type ... none`: the key is a hash already, made by a converter: a number. */
static uint32_t hash_as_is(struct span key)
{
    uint64_t n;
    return span_to_u64(key, UINT64_MAX, &n) ? (uint32_t)n : classic_sdbm(key);
}

static uint32_t hash_by(unsigned function, struct span key)
{
    switch (function) {
    case HASH_DJB2:
        return classic_djb2(key);
    case HASH_WT6:
        return classic_wt6(key);
    case HASH_CRC32:
        return classic_crc32(key);
    case HASH_NONE:
        return hash_as_is(key);
    default:
        return classic_sdbm(key);
    }
}

uint32_t hash_of_key(const struct pool *pool, const struct pick_request *r)
{
    struct address ip;
    bool is_ip = pool->key && pool->key->type == VALUE_IP && address_parse_ip(r->key, &ip);
    uint32_t hash =
        is_ip ? hash_of_address(&ip) : hash_by(pool->hash_function & ~(unsigned)HASH_AVALANCHE, r->key);
    return pool->hash_function & HASH_AVALANCHE ? classic_avalanche(hash) : hash;
}
