/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing a server. One algorithm a file (balance/ALGORITHM.c); what all of them
 * honour (down, drain, weight 0, failed, full, tried, backups, queues) is in
 * one place, candidates.c. The choice and the count of the chosen server are one
 * step under the pool's lock, so it is exact however many threads ask.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/macros.h"
#include "base/span.h"
#include "model/pool.h"

struct rand;
struct scratch;
struct snapshot;
struct waiter;

/*
 * Prepares the pools of a new snapshot: tables, rings, the order of round robin.
 * Control thread, before it is published. Freed with the snapshot.
 */
void balance_prepare(struct snapshot *s);

/* Servers of a pool that were tried, by ordinal. Zeroed is empty. */
#define TRIED_WORDS 2
struct tried {
    uint64_t few[TRIED_WORDS];
    uint64_t *more; /* bits beyond <few>, in scratch */
    uint32_t more_words;
    uint32_t count;
};
/* False: out of scratch; then it is not remembered. */
MUST_USE bool tried_add(struct tried *t, struct scratch *scratch, const struct server *s);
bool tried_has(const struct tried *t, const struct server *s);

struct pick_request {
    instant now;
    struct rand *rand; /* the thread's */
    /* For the algorithms that ask: what the pool's key gave (BALANCE_HASH ...), whom ip_hash sees. */
    struct span key;
    const struct address *client;
    const struct tried *tried; /* NULL: none */
    /* Every usable one was tried: false: none is left (nginx); true: the tried ones may be had again
     * (HAProxy's redispatch). */
    bool repeat;
    /* Instead of the algorithm: this one, which then may be draining (cookie, stick table, use-server). NULL
     * when it is not usable at all: PICK_NONE and NONE_NOT_USABLE. */
    const struct server *wanted;
    bool wanted_down; /* though it is not usable */
    /* Where it waits when all are full; NULL: it does not wait. <wake> is set. */
    struct waiter *waiter;
};

/* Why this one, or why none: for the recorder, the log and messages. */
#define PICK_REASON_LIST(X)                                                                                  \
    X(WANTED, "the request belongs to it")                                                                   \
    X(ONLY, "the only server")                                                                               \
    X(TURN, "its turn by weight")                                                                            \
    X(LEAST, "fewest connections for its weight")                                                            \
    X(LEAST_TURN, "fewest connections, and its turn among equals")                                           \
    X(FIRST, "the first with a free place")                                                                  \
    X(DRAWN, "drawn, and the least loaded of those drawn")                                                   \
    X(HASHED, "the key's own")                                                                               \
    X(HASHED_ON, "the key's own is not usable: the next by hash")                                            \
    X(HASHED_TURN, "the hash found no usable one: by turn")                                                  \
    X(NONE_EMPTY, "the pool has no server")                                                                  \
    X(NONE_USABLE, "no server is usable")                                                                    \
    X(NONE_UNTRIED, "every usable server was tried")                                                         \
    X(NONE_FULL, "every usable server is full")                                                              \
    X(NONE_QUEUE_FULL, "every usable server is full, and so is the queue")                                   \
    X(NONE_NOT_USABLE, "the server that it belongs to is not usable")
enum pick_reason {
#define X(name, phrase) PICK_##name,
    PICK_REASON_LIST(X)
#undef X
        PICK_REASONS
};
const char *pick_reason_text(enum pick_reason r);

enum pick_result {
    PICK_SERVER, /* <server>: counted, server_done is due */
    PICK_WAIT,   /* the waiter is in a queue; wake will come, or waiter_leave */
    PICK_NONE,   /* <reason> says why */
};
struct pick {
    const struct server *server;
    enum pick_reason reason;
    bool backup;
};
/* Any thread. */
enum pick_result balance_pick(const struct snapshot *s, const struct pool *pool,
                              const struct pick_request *request, struct pick *out);
