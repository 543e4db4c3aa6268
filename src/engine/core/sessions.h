/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator, or a check in his place, asks of all sessions: which there
 * are, and to end some. Each thread does its part between two events; who asks
 * waits, or does not care when it is done.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "engine/core/end.h"

struct server_state;
struct shared;
struct thread;

/* Which sessions: those where something runs. */
struct sessions_filter {
    uint64_t serial;     /* 0 = any */
    duration older_than; /* 0 = any */
    bool detailed;
};

/* Ends what runs at <server>, in every thread, for an operator. Any thread; false: out of memory. */
MUST_USE bool sessions_end_of(struct shared *shared, struct server_state *server);

/* The same in <t> alone, whose thread calls, for the reason <why>. */
void sessions_end_here(struct thread *t, const struct server_state *server, enum end_reason why);

enum sessions_end { SESSIONS_ENDED, SESSIONS_NONE, SESSIONS_LATE };
/* Not a traffic thread. Waits at most <most>. */
enum sessions_end sessions_end_one(struct shared *shared, uint64_t serial, duration most);
/*
 * A line each, as HAProxy's `show sess`: "0x1a: proto=tcpv4 src=... fe=... be=...
 * srv=... ts=00 age=3s ...". Not a traffic thread. false: not every thread
 * answered within <most>; what came is put.
 */
bool sessions_list(struct shared *shared, const struct sessions_filter *f, struct buf *out, duration most);
