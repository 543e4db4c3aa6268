/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bucket 0 holds what is below 72 us (64 us and less included); from there each
 * octave is cut into 8 equal parts: the three bits below the highest one.
 */
#include "base/histogram.h"

enum { LOWEST_BIT = 6, PARTS_BITS = 3, PARTS = 1 << PARTS_BITS };

unsigned histogram_bucket(uint64_t us)
{
    if (us < 1u << LOWEST_BIT)
        return 0;
    unsigned octave = 63u - (unsigned)__builtin_clzll(us);
    unsigned part = (unsigned)(us >> (octave - PARTS_BITS)) & (PARTS - 1);
    unsigned bucket = (octave - LOWEST_BIT) * PARTS + part;
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

void histogram_record(struct histogram *h, uint64_t us)
{
    /* relaxed: another thread may read while this one, the only writer, counts */
    uint32_t *bucket = &h->bucket[histogram_bucket(us)];
    __atomic_store_n(bucket, *bucket + 1, __ATOMIC_RELAXED);
}

void histogram_add(struct histogram *sum, const struct histogram *part)
{
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum->bucket[i] += __atomic_load_n(&part->bucket[i], __ATOMIC_RELAXED);
}

uint64_t histogram_count(const struct histogram *h)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        count += __atomic_load_n(&h->bucket[i], __ATOMIC_RELAXED);
    return count;
}

/* The smallest duration of bucket <i>; of the one past the last, where that ends. */
static uint64_t bucket_start(unsigned i)
{
    if (i == 0)
        return 0;
    return (uint64_t)(PARTS + i % PARTS) << (i / PARTS + LOWEST_BIT - PARTS_BITS);
}

uint64_t histogram_quantile(const struct histogram *h, unsigned permille)
{
    uint64_t count = histogram_count(h), before = 0;
    uint64_t rank = count * (permille < 1000 ? permille : 1000); /* in thousandths of one */
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t here = __atomic_load_n(&h->bucket[i], __ATOMIC_RELAXED);
        if (here && (before + here) * 1000 >= rank) {
            uint64_t from = bucket_start(i), width = bucket_start(i + 1) - from;
            return from + width * (rank - before * 1000) / (here * 1000);
        }
        before += here;
    }
    return 0;
}
