/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last message of a kind that was not HTTP: its bytes, where the first wrong
 * one is, who sent it. One of requests a service, one of answers a pool; memory
 * is taken with the first. For operators (`show errors`).
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "state/lock.h"

#define CAPTURED_MOST 16384
#define CAPTURED_NAME 128

struct captured {
    struct lock lock;
    uint64_t wall_us;
    uint32_t event;         /* counted over the process */
    uint32_t len, at, room; /* bytes; the wrong one; what the buffer could have held besides */
    char source[64];        /* who the client is: "127.0.0.1:4711" */
    char other[CAPTURED_NAME], server[CAPTURED_NAME]; /* an answer's frontend and server; empty: none */
    char bytes[CAPTURED_MOST];
};
typedef struct captured *_Atomic captured_slot;

/* What is to be kept; borrowed. */
struct captured_note {
    uint64_t wall_us;
    struct span bytes, source, other, server;
    uint32_t at, room;
};

/* Any thread. <events>: the process's count, which goes on. Without memory nothing is kept. */
void captured_put(captured_slot *slot, _Atomic uint32_t *events, const struct captured_note *n);
/* A copy into <out>; false: nothing was kept yet. Any thread. */
bool captured_get(const captured_slot *slot, struct captured *out);
void captured_free(captured_slot *slot);
