/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", with
 * one round a word and three at the end). The key is one of the few mutable
 * file-scope variables: written once before the first thread starts.
 */
#include "base/hash.h"

#include <endian.h>

static struct {
    uint64_t k0, k1;
} secret = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };

static uint64_t load_le64(const void *at)
{
    uint64_t n;
    memcpy(&n, at, sizeof(n));
    return le64toh(n);
}

void hash_seed(const uint8_t key[16])
{
    secret.k0 = load_le64(key);
    secret.k1 = load_le64(key + 8);
}

static inline uint64_t rotl(uint64_t n, unsigned by)
{
    return n << by | n >> (64 - by);
}

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 = rotl(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 = rotl(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

/* Lowers the ASCII capitals among eight bytes at once. */
static inline uint64_t lower8(uint64_t bytes)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t low7 = bytes & ones * 0x7f;
    uint64_t from_a = low7 + ones * (0x80 - 'A'); /* high bit: at least 'A' */
    uint64_t past_z = low7 + ones * (0x7f - 'Z'); /* high bit: over 'Z' */
    uint64_t capital = (from_a ^ past_z) & ~bytes & ones * 0x80;
    return bytes | capital >> 2;
}

static inline uint64_t sip13(struct span s, bool nocase)
{
    struct sip state = { secret.k0 ^ 0x736f6d6570736575u, secret.k1 ^ 0x646f72616e646f6du,
                         secret.k0 ^ 0x6c7967656e657261u, secret.k1 ^ 0x7465646279746573u };
    size_t at = 0;
    for (; s.len - at >= 8; at += 8) {
        uint64_t word = load_le64(s.ptr + at);
        sip_word(&state, nocase ? lower8(word) : word);
    }
    uint64_t last = 0;
    for (size_t i = s.len; i > at; i--)
        last = last << 8 | (unsigned char)s.ptr[i - 1];
    sip_word(&state, (nocase ? lower8(last) : last) | (uint64_t)s.len << 56);
    state.v2 ^= 0xff;
    sip_round(&state);
    sip_round(&state);
    sip_round(&state);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

uint64_t hash_span(struct span s)
{
    return sip13(s, false);
}

uint64_t hash_span_nocase(struct span s)
{
    return sip13(s, true);
}
