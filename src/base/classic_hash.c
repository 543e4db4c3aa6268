/* SPDX-License-Identifier: Apache-2.0 */
#include "base/classic_hash.h"

#include <zlib.h>

static uint32_t rotate32(uint32_t n, unsigned by)
{
    return by ? n << by | n >> (32 - by) : n;
}

static uint64_t rotate64(uint64_t n, unsigned by)
{
    return n << by | n >> (64 - by);
}

uint32_t classic_sdbm(struct span s)
{
    uint32_t hash = 0;

    for (size_t i = 0; i < s.len; i++)
        hash = (uint8_t)s.ptr[i] + (hash << 6) + (hash << 16) - hash;
    return hash;
}

uint32_t classic_djb2(struct span s)
{
    uint32_t hash = 5381;

    for (size_t i = 0; i < s.len; i++)
        hash = hash * 33 + (uint8_t)s.ptr[i];
    return hash;
}

/* Two words that are turned into each other, by amounts that depend on what came before. */
uint32_t classic_wt6(struct span s)
{
    uint32_t first = 0xa53c965a, second = 0x5ca6953a;
    unsigned turn_first = 6, turn_second = 18;

    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = (uint8_t)s.ptr[i];
        first = ~(first ^ c);
        second = ~(second + c);
        uint32_t turned = rotate32(second, turn_first);
        second = rotate32(first, turn_second);
        first = turned;
        uint32_t mixed = ((first >> 16) ^ second) & 0xffff;
        turn_first = mixed & 31;
        turn_second = mixed >> 11;
    }
    return first ^ second;
}

uint32_t classic_crc32(struct span s)
{
    return (uint32_t)crc32_z(0, (const unsigned char *)s.ptr, s.len);
}

/* Bob Jenkins' integer hash in seven shifts, then a multiplication. */
uint32_t classic_avalanche(uint32_t a)
{
    a = (a + 0x7ed55d16) + (a << 12);
    a = (a ^ 0xc761c23c) ^ (a >> 19);
    a = (a + 0x165667b1) + (a << 5);
    a = (a + 0xd3a2646c) ^ (a << 9);
    a = (a + 0xfd7046c5) + (a << 3);
    a = (a ^ 0xb55a4f09) ^ (a >> 16);
    return a * 3221225473u;
}

/* ---- xxHash (its specification 0.1.1) ---- */

static uint32_t little32(const char *p)
{
    const uint8_t *b = (const uint8_t *)p;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static uint64_t little64(const char *p)
{
    return little32(p) | (uint64_t)little32(p + 4) << 32;
}

#define P32_1 0x9e3779b1u
#define P32_2 0x85ebca77u
#define P32_3 0xc2b2ae3du
#define P32_4 0x27d4eb2fu
#define P32_5 0x165667b1u

uint32_t classic_xxh32(struct span s, uint32_t seed)
{
    const char *p = s.ptr, *end = s.ptr + s.len;
    uint32_t h = seed + P32_5;

    if (s.len >= 16) {
        uint32_t v[4] = { seed + P32_1 + P32_2, seed + P32_2, seed, seed - P32_1 };
        for (; end - p >= 16; p += 16)
            for (int i = 0; i < 4; i++)
                v[i] = rotate32(v[i] + little32(p + 4 * i) * P32_2, 13) * P32_1;
        h = rotate32(v[0], 1) + rotate32(v[1], 7) + rotate32(v[2], 12) + rotate32(v[3], 18);
    }
    h += (uint32_t)s.len;
    for (; end - p >= 4; p += 4)
        h = rotate32(h + little32(p) * P32_3, 17) * P32_4;
    for (; p < end; p++)
        h = rotate32(h + (uint8_t)*p * P32_5, 11) * P32_1;
    h = (h ^ h >> 15) * P32_2;
    h = (h ^ h >> 13) * P32_3;
    return h ^ h >> 16;
}

#define P64_1 0x9e3779b185ebca87u
#define P64_2 0xc2b2ae3d27d4eb4fu
#define P64_3 0x165667b19e3779f9u
#define P64_4 0x85ebca77c2b2ae63u
#define P64_5 0x27d4eb2f165667c5u

static uint64_t round64(uint64_t acc, uint64_t lane)
{
    return rotate64(acc + lane * P64_2, 31) * P64_1;
}

uint64_t classic_xxh64(struct span s, uint64_t seed)
{
    const char *p = s.ptr, *end = s.ptr + s.len;
    uint64_t h = seed + P64_5;

    if (s.len >= 32) {
        uint64_t v[4] = { seed + P64_1 + P64_2, seed + P64_2, seed, seed - P64_1 };
        for (; end - p >= 32; p += 32)
            for (int i = 0; i < 4; i++)
                v[i] = round64(v[i], little64(p + 8 * i));
        h = rotate64(v[0], 1) + rotate64(v[1], 7) + rotate64(v[2], 12) + rotate64(v[3], 18);
        for (int i = 0; i < 4; i++)
            h = (h ^ round64(0, v[i])) * P64_1 + P64_4;
    }
    h += s.len;
    for (; end - p >= 8; p += 8)
        h = rotate64(h ^ round64(0, little64(p)), 27) * P64_1 + P64_4;
    if (end - p >= 4) {
        h = rotate64(h ^ little32(p) * P64_1, 23) * P64_2 + P64_3;
        p += 4;
    }
    for (; p < end; p++)
        h = rotate64(h ^ (uint8_t)*p * P64_5, 11) * P64_1;
    h = (h ^ h >> 33) * P64_2;
    h = (h ^ h >> 29) * P64_3;
    return h ^ h >> 32;
}
