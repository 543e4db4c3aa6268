/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log-linear histogram of durations: 8 buckets an octave from 64 us to 67 s,
 * 160 buckets of 32 bits, 640 bytes. One thread writes it; who reads adds the
 * threads' buckets (relaxed loads). Never average percentiles: add buckets.
 */
#pragma once

#include <stdint.h>

#define HISTOGRAM_BUCKETS 160

struct histogram {
    uint32_t bucket[HISTOGRAM_BUCKETS];
};

unsigned histogram_bucket(uint64_t us); /* below 64 us: 0; above 67 s: the last */
void histogram_record(struct histogram *h, uint64_t us);
void histogram_add(struct histogram *sum, const struct histogram *part);
uint64_t histogram_count(const struct histogram *h);
/* The <permille>-th (500 = median), interpolated, in us; 0 when there are none. */
uint64_t histogram_quantile(const struct histogram *h, unsigned permille);
