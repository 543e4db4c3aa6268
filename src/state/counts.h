/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is counted of a server, a pool or a service: one block a thread, written
 * by that thread alone, summed by whoever reads. A block is made when a thread
 * counts for the first time, so that ten thousand idle servers cost nothing.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/macros.h"

/* X(name): sums since the start. HAProxy's columns and nginx's numbers are made of these. */
#define COUNT_LIST(X)                                                                                        \
    X(sessions)  /* connections accepted (service), streams or TCP sessions given (pool, server) */          \
    X(requests)  /* HTTP requests */                                                                         \
    X(connects)  /* connections opened to the server, without reused ones */                                 \
    X(reuses)    /* requests on a connection that had served before */                                       \
    X(bytes_in)  /* from clients */                                                                          \
    X(bytes_out) /* to clients */                                                                            \
    X(status_1xx)                                                                                            \
    X(status_2xx)                                                                                            \
    X(status_3xx)                                                                                            \
    X(status_4xx)                                                                                            \
    X(status_5xx)                                                                                            \
    X(status_other)                                                                                          \
    X(request_errors)      /* malformed, too large, timed out: ereq */                                       \
    X(denied_requests)     /* dreq */                                                                        \
    X(denied_responses)    /* dresp */                                                                       \
    X(denied_connections)  /* dcon: tcp-request connection */                                                \
    X(denied_sessions)     /* dses: tcp-request session */                                                   \
    X(intercepted)         /* answered without a server, and not because of a fault */                       \
    X(refused_connections) /* by a limit, or for want of memory */                                           \
    X(connect_errors)      /* refused, unreachable, TLS: econ */                                             \
    X(connect_timeouts)                                                                                      \
    X(response_errors) /* closed early or garbage: eresp */                                                  \
    X(response_timeouts)                                                                                     \
    X(queue_timeouts)                                                                                        \
    X(no_server) /* nobody was usable */                                                                     \
    X(client_aborts)                                                                                         \
    X(server_aborts)                                                                                         \
    X(retries)      /* wretr */                                                                              \
    X(redispatches) /* wredis */                                                                             \
    X(queue_us)     /* sums of durations, with <timed> of them */                                            \
    X(connect_us)                                                                                            \
    X(response_us)                                                                                           \
    X(total_us)                                                                                              \
    X(timed)                                                                                                 \
    X(tls_sessions) /* handshakes with clients: all that went well, */                                       \
    X(tls_resumed)  /* of these, of a session that was known; */                                             \
    X(tls_failed)   /* and those that failed */

/* Sessions or requests of the running second, of the one before, and the most ever. */
struct rate {
    _Atomic uint32_t second, now, before, most;
};

struct counts_block {
#define X(name) _Atomic uint64_t name;
    COUNT_LIST(X)
#undef X
    _Atomic uint64_t queue_most_us, connect_most_us, response_most_us, total_most_us; /* the longest */
    _Atomic uint32_t idle; /* connections that are kept; a gauge: nothing clears it */
    struct rate session_rate, request_rate, tls_rate;
    struct histogram first_byte, total; /* of the answer; of the whole request */
} __attribute__((aligned(128)));

/* A plain sum of blocks. */
struct counts_sum {
#define X(name) uint64_t name;
    COUNT_LIST(X)
#undef X
    uint32_t session_rate, request_rate; /* of the second that ends now */
    /* The threads' own peaks, added: never less than the peak of all, equal when they had it in one second.
     */
    uint32_t session_rate_most, request_rate_most;
    uint32_t tls_rate, tls_rate_most, idle;
    uint64_t queue_most_us, connect_most_us, response_most_us, total_most_us;
    struct histogram first_byte, total;
};

/* The blocks of one thing, by thread. Part of its state. */
struct counts {
    unsigned threads;
    struct counts_block *_Atomic *blocks;
};
/* False: out of memory. */
MUST_USE bool counts_init(struct counts *c, unsigned threads);
void counts_fini(struct counts *c);
struct counts_block *counts_make(struct counts *c, unsigned thread);
/* This thread's block; NULL when there is no memory for it: then nothing is counted. */
static inline struct counts_block *counts_of(struct counts *c, unsigned thread)
{
    struct counts_block *b = atomic_load_explicit(&c->blocks[thread], memory_order_relaxed);

    return LIKELY(b) ? b : counts_make(c, thread);
}
/* Any thread. Adds to <sum>, which the caller has zeroed. */
void counts_add_up(const struct counts *c, instant now, struct counts_sum *sum);
/* `clear counters`: any thread; what is counted meanwhile may be lost. */
void counts_clear(struct counts *c);

/* Only the block's own thread adds; others read. Of a load and a store compilers make three instructions. */
#if defined(__x86_64__)
static inline void counts_add(_Atomic uint64_t *to, uint64_t n)
{
    __asm__("addq %1, %0" : "+m"(*to) : "er"(n) : "cc");
}
static inline void counts_add_bucket(uint32_t *to)
{
    __asm__("addl $1, %0" : "+m"(*to) : : "cc");
}
#else
static inline void counts_add(_Atomic uint64_t *to, uint64_t n)
{
    atomic_store_explicit(to, atomic_load_explicit(to, memory_order_relaxed) + n, memory_order_relaxed);
}
static inline void counts_add_bucket(uint32_t *to)
{
    __atomic_store_n(to, *to + 1, __ATOMIC_RELAXED);
}
#endif
/* The block's own thread. */
static inline void counts_raise(_Atomic uint64_t *most, uint64_t now)
{
    if (UNLIKELY(now > atomic_load_explicit(most, memory_order_relaxed)))
        atomic_store_explicit(most, now, memory_order_relaxed);
}
/* What is the longest and the most begins anew; any thread. */
void counts_clear_peaks(struct counts_block *b);
/* counts_bump(block, requests, 1): only the block's own thread. */
#define counts_bump(block, name, n)                                                                          \
    do {                                                                                                     \
        if (block)                                                                                           \
            counts_add(&(block)->name, (n));                                                                 \
    } while (0)
void counts_rate_anew(struct rate *r, uint32_t second);
static inline void counts_rate(struct rate *r, uint32_t second)
{
    if (UNLIKELY(atomic_load_explicit(&r->second, memory_order_relaxed) != second))
        counts_rate_anew(r, second);
    uint32_t now = atomic_load_explicit(&r->now, memory_order_relaxed) + 1;
    atomic_store_explicit(&r->now, now, memory_order_relaxed);
    if (now > atomic_load_explicit(&r->most, memory_order_relaxed))
        atomic_store_explicit(&r->most, now, memory_order_relaxed);
}
/* The class of <status>, 0: other. */
void counts_status(struct counts_block *b, unsigned status);
