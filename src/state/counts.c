/* SPDX-License-Identifier: Apache-2.0 */
#include "state/counts.h"

#include <stdlib.h>
#include <string.h>

bool counts_init(struct counts *c, unsigned threads)
{
    c->threads = threads;
    c->blocks = calloc(threads, sizeof(*c->blocks));
    return c->blocks != NULL;
}

void counts_fini(struct counts *c)
{
    for (unsigned i = 0; c->blocks && i < c->threads; i++)
        free(atomic_load_explicit(&c->blocks[i], memory_order_relaxed));
    free(c->blocks);
    c->blocks = NULL;
}

struct counts_block *counts_make(struct counts *c, unsigned thread)
{
    BUG_ON(thread >= c->threads);
    struct counts_block *b = aligned_alloc(_Alignof(struct counts_block), sizeof(*b));
    if (b == NULL)
        return NULL;
    memset(b, 0, sizeof(*b));
    atomic_store_explicit(&c->blocks[thread], b, memory_order_release);
    return b;
}

/* ---- rates ---- */

static uint32_t load(const _Atomic uint32_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

/* The first one of a second. */
void counts_rate_anew(struct rate *r, uint32_t second)
{
    uint32_t now = atomic_load_explicit(&r->now, memory_order_relaxed);
    uint32_t then = atomic_load_explicit(&r->second, memory_order_relaxed);

    /* A second in between without anything: the one before had none. */
    atomic_store_explicit(&r->before, second == then + 1 ? now : 0, memory_order_relaxed);
    atomic_store_explicit(&r->second, second, memory_order_relaxed);
    atomic_store_explicit(&r->now, 0, memory_order_relaxed);
}

/*
 * How many there were in the second that ends at <now>: those of the running
 * one, and of the one before as much as lies in it. One alone fades in one step.
 */
static uint32_t rate_of(const struct rate *r, instant now)
{
    const uint32_t second = (uint32_t)(now.us / 1000000), then = load(&r->second);
    const uint64_t left = 1000000 - now.us % 1000000;
    uint32_t running = then == second ? load(&r->now) : 0;
    uint32_t past = then == second ? load(&r->before) : then + 1 == second ? load(&r->now) : 0;

    if (past <= 1 && running == 0)
        return past;
    return running + (uint32_t)(past * left / 1000000);
}

/* ---- reading ---- */

static uint64_t load64(const _Atomic uint64_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

static void add_block(const struct counts_block *b, instant now, struct counts_sum *sum)
{
#define X(name) sum->name += atomic_load_explicit(&b->name, memory_order_relaxed);
    COUNT_LIST(X)
#undef X
    sum->session_rate += rate_of(&b->session_rate, now);
    sum->request_rate += rate_of(&b->request_rate, now);
    sum->tls_rate += rate_of(&b->tls_rate, now);
    sum->tls_rate_most += atomic_load_explicit(&b->tls_rate.most, memory_order_relaxed);
    sum->session_rate_most += atomic_load_explicit(&b->session_rate.most, memory_order_relaxed);
    sum->request_rate_most += atomic_load_explicit(&b->request_rate.most, memory_order_relaxed);
#define X(name)                                                                                              \
    if (load64(&b->name) > sum->name)                                                                        \
        sum->name = load64(&b->name);
    X(queue_most_us)
    X(connect_most_us)
    X(response_most_us)
    X(total_most_us)
#undef X
    sum->idle += atomic_load_explicit(&b->idle, memory_order_relaxed);
    histogram_add(&sum->first_byte, &b->first_byte);
    histogram_add(&sum->total, &b->total);
}

void counts_add_up(const struct counts *c, instant now, struct counts_sum *sum)
{
    for (unsigned i = 0; i < c->threads; i++) {
        const struct counts_block *b = atomic_load_explicit(&c->blocks[i], memory_order_acquire);
        if (b)
            add_block(b, now, sum);
    }
}

static void clear_histogram(struct histogram *h)
{
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        __atomic_store_n(&h->bucket[i], 0, __ATOMIC_RELAXED);
}

void counts_clear_peaks(struct counts_block *b)
{
    atomic_store_explicit(&b->session_rate.most, 0, memory_order_relaxed);
    atomic_store_explicit(&b->request_rate.most, 0, memory_order_relaxed);
    atomic_store_explicit(&b->tls_rate.most, 0, memory_order_relaxed);
    atomic_store_explicit(&b->queue_most_us, 0, memory_order_relaxed);
    atomic_store_explicit(&b->connect_most_us, 0, memory_order_relaxed);
    atomic_store_explicit(&b->response_most_us, 0, memory_order_relaxed);
    atomic_store_explicit(&b->total_most_us, 0, memory_order_relaxed);
}

void counts_clear(struct counts *c)
{
    for (unsigned i = 0; i < c->threads; i++) {
        struct counts_block *b = atomic_load_explicit(&c->blocks[i], memory_order_acquire);
        if (b == NULL)
            continue;
#define X(name) atomic_store_explicit(&b->name, 0, memory_order_relaxed);
        COUNT_LIST(X)
#undef X
        counts_clear_peaks(b);
        clear_histogram(&b->first_byte);
        clear_histogram(&b->total);
    }
}

void counts_status(struct counts_block *b, unsigned status)
{
    switch (status / 100) {
    case 1:
        counts_bump(b, status_1xx, 1);
        break;
    case 2:
        counts_bump(b, status_2xx, 1);
        break;
    case 3:
        counts_bump(b, status_3xx, 1);
        break;
    case 4:
        counts_bump(b, status_4xx, 1);
        break;
    case 5:
        counts_bump(b, status_5xx, 1);
        break;
    default:
        counts_bump(b, status_other, 1);
    }
}
