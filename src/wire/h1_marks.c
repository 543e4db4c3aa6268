/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marking: 64 bytes of a head become four masks. Three kernels with the same
 * result: AVX2 where the machine has it, SSE2 which every x86-64 has, and plain
 * C for other machines. The intrinsics stay in this file.
 */
#include "wire/h1_internal.h"

#include "wire/chars.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

void h1_mark_scalar(const char *bytes, size_t count, struct h1_block *out)
{
    for (size_t b = 0; b < count; b++, bytes += BLOCK) {
        struct h1_block m = { 0 };
        for (unsigned i = 0; i < BLOCK; i++) {
            unsigned char c = (unsigned char)bytes[i];
            m.stop |= (uint64_t)!char_is((char)c, CHAR_TOKEN) << i;
            m.cr |= (uint64_t)(c == '\r') << i;
            m.lf |= (uint64_t)(c == '\n') << i;
            m.control |= (uint64_t)((c < 0x20 && c != '\t') || c == 0x7f) << i;
        }
        out[b] = m;
    }
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

void h1_mark_sse2(const char *bytes, size_t count, struct h1_block *out)
{
    for (size_t b = 0; b < count; b++, bytes += BLOCK) {
        struct h1_block m = { 0 };
        for (unsigned i = 0; i < BLOCK; i += 16) {
            __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
            __m128i low = _mm_andnot_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('\t')), in_range(c, 0, 0x1f));
            m.stop |= (uint64_t)(uint16_t)~_mm_movemask_epi8(is_token(c)) << i;
            m.cr |= bits_sse2(_mm_cmpeq_epi8(c, _mm_set1_epi8('\r')), i);
            m.lf |= bits_sse2(_mm_cmpeq_epi8(c, _mm_set1_epi8('\n')), i);
            m.control |= bits_sse2(_mm_or_si128(low, _mm_cmpeq_epi8(c, _mm_set1_epi8(0x7f))), i);
        }
        out[b] = m;
    }
}

/* ---- AVX2: token characters by two lookups of a nibble each ---- */

#define AVX2 __attribute__((target("avx2")))

/*
 * A byte is a token character when the entries of its two nibbles share a bit.
 * The high nibbles 2 to 7 have a bit each; bytes below 0x20 and above 0x7f have none.
 */
#define HIGH_NIBBLES 0, 0, 1, 2, 4, 8, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0
/* clang-format off */
#define LOW_NIBBLES                                                                                          \
    /* 0 */    2 |     8 | 16 | 32, /* 0 P ` p */   /* 1 */ 1 | 2 | 4 | 8 | 16 | 32,                         \
    /* 2 */    2 | 4 | 8 | 16 | 32,                 /* 3 */ 1 | 2 | 4 | 8 | 16 | 32,                         \
    /* 4 */ 1 | 2 | 4 | 8 | 16 | 32,                /* 5 */ 1 | 2 | 4 | 8 | 16 | 32,                         \
    /* 6 */ 1 | 2 | 4 | 8 | 16 | 32,                /* 7 */ 1 | 2 | 4 | 8 | 16 | 32,                         \
    /* 8 */    2 | 4 | 8 | 16 | 32,                 /* 9 */     2 | 4 | 8 | 16 | 32,                         \
    /* a */ 1 |     4 | 8 | 16 | 32,                /* b */ 1 |     4 |     16,                              \
    /* c */         4 |     16 | 32,                /* d */ 1 |     4 |     16,                              \
    /* e */ 1 |     4 | 8 | 16 | 32,                /* f */         4 | 8 | 16
/* clang-format on */

struct half {
    uint32_t stop, cr, lf, control;
};

static inline AVX2 uint32_t bits_avx2(__m256i m)
{
    return (uint32_t)_mm256_movemask_epi8(m);
}

static inline AVX2 __m256i is_byte(__m256i c, char what)
{
    return _mm256_cmpeq_epi8(c, _mm256_set1_epi8(what));
}

static inline AVX2 struct half mark_half(const char *bytes)
{
    const __m256i low = _mm256_setr_epi8(LOW_NIBBLES, LOW_NIBBLES);
    const __m256i high = _mm256_setr_epi8(HIGH_NIBBLES, HIGH_NIBBLES);
    const __m256i nibble = _mm256_set1_epi8(0x0f);
    const __m256i below_blank = _mm256_set1_epi8(0x1f);

    __m256i c = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    __m256i by_low = _mm256_shuffle_epi8(low, _mm256_and_si256(c, nibble));
    __m256i by_high = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(c, 4), nibble));
    __m256i stop = _mm256_cmpeq_epi8(_mm256_and_si256(by_low, by_high), _mm256_setzero_si256());
    __m256i below = _mm256_cmpeq_epi8(_mm256_min_epu8(c, below_blank), c);
    __m256i control = _mm256_or_si256(_mm256_andnot_si256(is_byte(c, '\t'), below), is_byte(c, 0x7f));
    return (struct half){ bits_avx2(stop), bits_avx2(is_byte(c, '\r')), bits_avx2(is_byte(c, '\n')),
                          bits_avx2(control) };
}

AVX2 void h1_mark_avx2(const char *bytes, size_t count, struct h1_block *out)
{
    for (size_t b = 0; b < count; b++, bytes += BLOCK) {
        struct half a = mark_half(bytes), z = mark_half(bytes + 32);
        out[b].stop = a.stop | (uint64_t)z.stop << 32;
        out[b].cr = a.cr | (uint64_t)z.cr << 32;
        out[b].lf = a.lf | (uint64_t)z.lf << 32;
        out[b].control = a.control | (uint64_t)z.control << 32;
    }
}

void h1_mark(const char *bytes, size_t count, struct h1_block *out)
{
    if (__builtin_cpu_supports("avx2"))
        h1_mark_avx2(bytes, count, out);
    else
        h1_mark_sse2(bytes, count, out);
}
#else
void h1_mark(const char *bytes, size_t count, struct h1_block *out)
{
    h1_mark_scalar(bytes, count, out);
}
#endif
