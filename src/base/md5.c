/* SPDX-License-Identifier: Apache-2.0 */
#include "base/md5.h"

#include <string.h>

enum { BLOCK = 64, LENGTH_AT = 56 };

/* RFC 1321 3.4: the i-th is the integer part of 2^32 times |sin(i + 1)|. */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static uint32_t word_of(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put_word(uint8_t *to, uint32_t w)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(w >> 8 * i);
}

/* What round <i> makes of three words, and which word of the block it takes. */
static uint32_t mix(unsigned i, uint32_t b, uint32_t c, uint32_t d, unsigned *takes)
{
    switch (i / 16) {
    case 0:
        *takes = i;
        return (b & c) | (~b & d);
    case 1:
        *takes = (5 * i + 1) % 16;
        return (b & d) | (c & ~d);
    case 2:
        *takes = (3 * i + 5) % 16;
        return b ^ c ^ d;
    default:
        *takes = 7 * i % 16;
        return c ^ (b | ~d);
    }
}

static void add_block(uint32_t state[4], const uint8_t *block)
{
    static const uint8_t turns[4][4] = {
        { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
    };
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];

    for (unsigned i = 0; i < 64; i++) {
        unsigned takes;
        uint32_t sum = a + mix(i, b, c, d, &takes) + sines[i];
        sum += word_of(block + 4 * takes);
        a = d;
        d = c;
        c = b;
        b += rotate(sum, turns[i / 16][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void md5(struct span text, uint8_t out[MD5_SIZE])
{
    uint32_t state[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
    uint64_t bits = (uint64_t)text.len * 8;
    uint8_t last[2 * BLOCK] = { 0 };
    size_t rest = text.len % BLOCK, at = 0;

    for (; text.len - at >= BLOCK; at += BLOCK)
        add_block(state, (const uint8_t *)text.ptr + at);
    if (rest)
        memcpy(last, text.ptr + at, rest);
    last[rest] = 0x80;
    size_t blocks = rest < LENGTH_AT ? 1 : 2;
    put_word(last + blocks * BLOCK - 8, (uint32_t)bits);
    put_word(last + blocks * BLOCK - 4, (uint32_t)(bits >> 32));
    for (size_t i = 0; i < blocks; i++)
        add_block(state, last + i * BLOCK);
    for (unsigned i = 0; i < 4; i++)
        put_word(out + 4 * i, state[i]);
}

void md5_hex(struct span text, char out[2 * MD5_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t sum[MD5_SIZE];

    md5(text, sum);
    for (unsigned i = 0; i < MD5_SIZE; i++) {
        out[2 * i] = digits[sum[i] >> 4];
        out[2 * i + 1] = digits[sum[i] & 15];
    }
}
