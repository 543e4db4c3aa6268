/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marking: 64 bytes of a head become two masks. Three kernels with the same
 * result: AVX2 where the machine has it, SSE2 which every x86-64 has, and plain
 * C for other machines. The intrinsics stay in this file.
 */
#include "wire/h1_internal.h"

#include "wire/chars.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* ---- plain C ---- */

struct h1_marks h1_mark_scalar(const char *bytes)
{
    struct h1_marks m = { 0 };
    for (unsigned i = 0; i < BLOCK; i++) {
        unsigned char c = (unsigned char)bytes[i];
        m.stop |= (uint64_t)!char_is((char)c, CHAR_TOKEN) << i;
        m.control |= (uint64_t)((c < 0x20 && c != '\t') || c == 0x7f) << i;
    }
    return m;
}

#if defined(__x86_64__)

/* ---- SSE2: ranges by unsigned minimum ---- */

static inline __m128i in_range(__m128i c, char low, char high)
{
    __m128i from_low = _mm_sub_epi8(c, _mm_set1_epi8(low));
    return _mm_cmpeq_epi8(_mm_min_epu8(from_low, _mm_set1_epi8((char)(high - low))), from_low);
}

static inline __m128i is_token(__m128i c)
{
    __m128i t = in_range(c, '^', 'z'); /* ^ _ ` a-z */
    t = _mm_or_si128(t, in_range(c, 'A', 'Z'));
    t = _mm_or_si128(t, in_range(c, '0', '9'));
    t = _mm_or_si128(t, in_range(c, '#', '\''));
    t = _mm_or_si128(t, in_range(c, '*', '+'));
    t = _mm_or_si128(t, in_range(c, '-', '.'));
    t = _mm_or_si128(t, _mm_cmpeq_epi8(c, _mm_set1_epi8('!')));
    t = _mm_or_si128(t, _mm_cmpeq_epi8(c, _mm_set1_epi8('|')));
    return _mm_or_si128(t, _mm_cmpeq_epi8(c, _mm_set1_epi8('~')));
}

static inline uint64_t bits_sse2(__m128i m, unsigned at)
{
    return (uint64_t)(uint16_t)_mm_movemask_epi8(m) << at;
}

struct h1_marks h1_mark_sse2(const char *bytes)
{
    struct h1_marks m = { 0 };
    for (unsigned i = 0; i < BLOCK; i += 16) {
        __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
        __m128i low = _mm_andnot_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('\t')), in_range(c, 0, 0x1f));
        m.stop |= (uint64_t)(uint16_t)~_mm_movemask_epi8(is_token(c)) << i;
        m.control |= bits_sse2(_mm_or_si128(low, _mm_cmpeq_epi8(c, _mm_set1_epi8(0x7f))), i);
    }
    return m;
}

/* ---- AVX2: classes by two lookups of a nibble each ---- */

#define AVX2    __attribute__((target("avx2")))
#define INLINED static inline __attribute__((always_inline))

/*
 * The entries of a byte's two nibbles share bits: one of 1 to 32 for a token
 * character (the high nibbles 2 to 7 have one each), 128 for a control character,
 * 64 alone for 0x19 and DEL, which 128 cannot tell from HTAB's and 'o''s columns.
 */
static const uint8_t high_nibbles[16] = { 128, 128 | 64, 1, 2, 4, 8, 16, 32 | 64 };
/* clang-format off */
static const uint8_t low_nibbles[16] = {
    /* 0 */ 128 |     2 |     8 | 16 | 32, /* 0 P ` p */   /* 1 */ 128 | 1 | 2 | 4 | 8 | 16 | 32,
    /* 2 */ 128 |     2 | 4 | 8 | 16 | 32,                 /* 3 */ 128 | 1 | 2 | 4 | 8 | 16 | 32,
    /* 4 */ 128 | 1 | 2 | 4 | 8 | 16 | 32,                 /* 5 */ 128 | 1 | 2 | 4 | 8 | 16 | 32,
    /* 6 */ 128 | 1 | 2 | 4 | 8 | 16 | 32,                 /* 7 */ 128 | 1 | 2 | 4 | 8 | 16 | 32,
    /* 8 */ 128 |     2 | 4 | 8 | 16 | 32,                 /* 9 */  64 |     2 | 4 | 8 | 16 | 32,
    /* a */ 128 | 1 |     4 | 8 | 16 | 32,                 /* b */ 128 | 1 |     4 |     16,
    /* c */ 128 |         4 |     16 | 32,                 /* d */ 128 | 1 |     4 |     16,
    /* e */ 128 | 1 |     4 | 8 | 16 | 32,                 /* f */ 128 | 64 |    4 | 8 | 16
};
/* clang-format on */

struct half {
    uint32_t token, control; /* <token> may be wrong where <control> is set */
};

INLINED AVX2 __m128i load16(const uint8_t *table)
{
    return _mm_loadu_si128((const __m128i *)(const void *)table);
}

INLINED AVX2 uint32_t bits_avx2(__m256i m)
{
    return (uint32_t)_mm256_movemask_epi8(m);
}

INLINED AVX2 struct half mark_half(const char *bytes)
{
    const __m256i low = _mm256_broadcastsi128_si256(load16(low_nibbles));
    const __m256i high = _mm256_broadcastsi128_si256(load16(high_nibbles));
    const __m256i nibble = _mm256_set1_epi8(0x0f);

    __m256i c = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    __m256i by_low = _mm256_shuffle_epi8(low, _mm256_and_si256(c, nibble));
    __m256i by_high = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(c, 4), nibble));
    __m256i class = _mm256_and_si256(by_low, by_high);
    __m256i token = _mm256_cmpgt_epi8(class, _mm256_setzero_si256()); /* signed: 128 is below 0 */
    __m256i control =
        _mm256_or_si256(class, _mm256_cmpeq_epi8(class, _mm256_set1_epi8(64))); /* in the top bit */
    return (struct half){ bits_avx2(token), bits_avx2(control) };
}

AVX2 struct h1_marks h1_mark_avx2(const char *bytes)
{
    struct half a = mark_half(bytes), z = mark_half(bytes + BLOCK / 2);
    uint64_t control = a.control | (uint64_t)z.control << 32;
    return (struct h1_marks){ ~(a.token | (uint64_t)z.token << 32) | control, control };
}

/* ---- the best of them ---- */

struct h1_marks h1_mark(const char *bytes)
{
    return LIKELY(__builtin_cpu_supports("avx2")) ? h1_mark_avx2(bytes) : h1_mark_sse2(bytes);
}

#else
struct h1_marks h1_mark(const char *bytes)
{
    return h1_mark_scalar(bytes);
}
#endif
