/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marking: 64 bytes of a head become four masks. Three kernels with the same
 * result: AVX2 where the machine has it, SSE2 which every x86-64 has, and plain
 * C for other machines. The intrinsics stay in this file, and with them what
 * must be compiled for each kernel: the search for the end of a head.
 */
#include "wire/h1_internal.h"

#include "wire/chars.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* A kernel: marks the 64 bytes at <bytes>. It is a constant wherever it is an argument, and inlined. */
typedef void mark_fn(const char *bytes, struct h1_block *out);
#define INLINED static inline __attribute__((always_inline))

/* ---- the search ---- */

/* What a block must know of the bytes before it. */
struct carry {
    uint64_t cr; /* bit 0: the byte before is CR */
    uint64_t lf; /* bits 0 and 1: the second and the first byte before is LF */
};

static struct carry carry_into(const char *head, size_t at)
{
    if (at == 0) /* else a multiple of BLOCK */
        return (struct carry){ 0, 0 };
    uint64_t before = head[at - 1] == '\n', second = head[at - 2] == '\n';
    return (struct carry){ head[at - 1] == '\r', second | before << 1 };
}

/* What is to be seen in a block: bit i is about byte i. */
struct sight {
    uint64_t bad; /* a control byte; LF without CR; for a CR without LF, the byte after it */
    uint64_t end; /* the LF of an empty line */
};

INLINED struct sight look_at(const struct h1_block *b, uint64_t valid, bool lf_ends_lines,
                             struct carry *carry)
{
    uint64_t after_cr = (b->cr << 1 | carry->cr) & valid;
    uint64_t after_lf = b->lf << 1 | carry->lf >> 1;
    uint64_t two_after_lf = b->lf << 2 | carry->lf;
    uint64_t lone_lf = lf_ends_lines ? 0 : b->lf & ~after_cr;
    carry->cr = b->cr >> (BLOCK - 1);
    carry->lf = b->lf >> (BLOCK - 2);
    return (struct sight){
        .bad = (b->control & ~(b->cr | b->lf)) | (after_cr & ~b->lf) | lone_lf,
        .end = b->lf & (after_lf | (after_cr & two_after_lf)),
    };
}

INLINED void drop_bits(struct h1_block *b, unsigned drop)
{
    b->stop >>= drop;
    b->cr >>= drop;
    b->lf >>= drop;
    b->control >>= drop;
}

/*
 * <text> is where l->head's bytes are: BLOCK of them at least may be read that end
 * with the last one, so that a last block which is not full is a full one, read
 * earlier, of which the first bits are dropped.
 */
INLINED enum h1_found search(mark_fn *mark, const char *text, struct h1_lines *l, size_t at,
                             bool lf_ends_lines)
{
    struct carry carry = carry_into(l->head, at);
    struct h1_block *const unkept = &l->blocks[WINDOW_BLOCKS], *const first = at ? unkept : l->blocks,
                           *b = first;

    for (size_t len = l->len; at < len; at += BLOCK) {
        unsigned drop = len - at < BLOCK ? BLOCK - (unsigned)(len - at) : 0;
        mark(text + at - drop, b);
        drop_bits(b, drop);
        struct sight seen = look_at(b, UINT64_MAX >> drop, lf_ends_lines, &carry);
        if (b->lf && l->line == 0)
            l->line = at + (size_t)__builtin_ctzll(b->lf) + 1;
        b += b != unkept;
        if (LIKELY((seen.bad | seen.end) == 0))
            continue;
        unsigned bit = (unsigned)__builtin_ctzll(seen.bad | seen.end);
        l->found = at + bit;
        l->marked = (size_t)(b - first);
        return seen.bad >> bit & 1 ? H1_FOUND_BAD : H1_FOUND_END;
    }
    return H1_FOUND_NOTHING;
}

/* ---- plain C ---- */

INLINED void mark_scalar(const char *bytes, struct h1_block *out)
{
    struct h1_block m = { 0 };
    for (unsigned i = 0; i < BLOCK; i++) {
        unsigned char c = (unsigned char)bytes[i];
        m.stop |= (uint64_t)!char_is((char)c, CHAR_TOKEN) << i;
        m.cr |= (uint64_t)(c == '\r') << i;
        m.lf |= (uint64_t)(c == '\n') << i;
        m.control |= (uint64_t)((c < 0x20 && c != '\t') || c == 0x7f) << i;
    }
    *out = m;
}

void h1_mark_scalar(const char *bytes, size_t count, struct h1_block *out)
{
    for (size_t b = 0; b < count; b++)
        mark_scalar(bytes + b * BLOCK, &out[b]);
}

enum h1_found h1_search_scalar(const char *text, struct h1_lines *l, size_t at, bool lf_ends_lines)
{
    return search(mark_scalar, text, l, at, lf_ends_lines);
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

INLINED void mark_sse2(const char *bytes, struct h1_block *out)
{
    struct h1_block m = { 0 };
    for (unsigned i = 0; i < BLOCK; i += 16) {
        __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
        __m128i low = _mm_andnot_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('\t')), in_range(c, 0, 0x1f));
        m.stop |= (uint64_t)(uint16_t)~_mm_movemask_epi8(is_token(c)) << i;
        m.cr |= bits_sse2(_mm_cmpeq_epi8(c, _mm_set1_epi8('\r')), i);
        m.lf |= bits_sse2(_mm_cmpeq_epi8(c, _mm_set1_epi8('\n')), i);
        m.control |= bits_sse2(_mm_or_si128(low, _mm_cmpeq_epi8(c, _mm_set1_epi8(0x7f))), i);
    }
    *out = m;
}

void h1_mark_sse2(const char *bytes, size_t count, struct h1_block *out)
{
    for (size_t b = 0; b < count; b++)
        mark_sse2(bytes + b * BLOCK, &out[b]);
}

enum h1_found h1_search_sse2(const char *text, struct h1_lines *l, size_t at, bool lf_ends_lines)
{
    return search(mark_sse2, text, l, at, lf_ends_lines);
}

/* ---- AVX2: classes by two lookups of a nibble each ---- */

#define AVX2 __attribute__((target("avx2")))

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
    uint32_t token, cr, lf, control; /* <token> may be wrong where <control> is set */
};

INLINED AVX2 __m128i load16(const uint8_t *table)
{
    return _mm_loadu_si128((const __m128i *)(const void *)table);
}

INLINED AVX2 uint32_t bits_avx2(__m256i m)
{
    return (uint32_t)_mm256_movemask_epi8(m);
}

INLINED AVX2 __m256i is_byte(__m256i c, char what)
{
    return _mm256_cmpeq_epi8(c, _mm256_set1_epi8(what));
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
    __m256i control = _mm256_or_si256(class, is_byte(class, 64));     /* in the top bit */
    return (struct half){ bits_avx2(token), bits_avx2(is_byte(c, '\r')), bits_avx2(is_byte(c, '\n')),
                          bits_avx2(control) };
}

INLINED AVX2 void mark_avx2(const char *bytes, struct h1_block *out)
{
    struct half a = mark_half(bytes), z = mark_half(bytes + 32);
    out->control = a.control | (uint64_t)z.control << 32;
    out->stop = ~(a.token | (uint64_t)z.token << 32) | out->control;
    out->cr = a.cr | (uint64_t)z.cr << 32;
    out->lf = a.lf | (uint64_t)z.lf << 32;
}

AVX2 void h1_mark_avx2(const char *bytes, size_t count, struct h1_block *out)
{
    for (size_t b = 0; b < count; b++)
        mark_avx2(bytes + b * BLOCK, &out[b]);
}

AVX2 enum h1_found h1_search_avx2(const char *text, struct h1_lines *l, size_t at, bool lf_ends_lines)
{
    return search(mark_avx2, text, l, at, lf_ends_lines);
}

/* ---- the best of them ---- */

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

enum h1_found h1_search_short(h1_searcher *kernel, struct h1_lines *l, bool lf_ends_lines)
{
    char copy[BLOCK] = { 0 };
    char *text = copy + BLOCK - l->len;

    memcpy(text, l->head, l->len);
    return kernel(text, l, 0, lf_ends_lines);
}

/* ---- a window further on ---- */

void h1_lines_mark(struct h1_lines *l, size_t at)
{
    BUG_ON(at >= l->len);
    l->window = at / BLOCK;
    size_t left = l->len - l->window * BLOCK, full = left / BLOCK;
    l->marked = full < WINDOW_BLOCKS ? full : WINDOW_BLOCKS;
    h1_mark(l->head + l->window * BLOCK, l->marked, l->blocks);
    if (l->marked == WINDOW_BLOCKS || left % BLOCK == 0)
        return;
    /* the last block, which is not full; a head this long has one before it */
    unsigned drop = BLOCK - (unsigned)(left % BLOCK);
    struct h1_block *last = &l->blocks[l->marked++];
    h1_mark(l->head + l->len - BLOCK, 1, last);
    drop_bits(last, drop);
}
