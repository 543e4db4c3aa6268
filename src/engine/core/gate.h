/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread's share of a listener: the acceptor on each of its sockets, and what
 * the sessions that came in here belong to. Identity across reloads is the
 * socket (its fd): a gate whose socket stays gets the new listener's model and
 * its sessions' next requests are served by it; a gate whose socket is gone
 * accepts no more, keeps its last lease until its sessions are done, and those
 * close after the next answer. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "io/acceptor.h"
#include "model/listener.h"

struct lease;
struct thread;
struct udp_gate;

struct gate {
    struct acceptor acceptor; /* of streams */
    struct udp_gate *udp;     /* of datagrams; NULL: <acceptor> counts */
    struct link link;         /* of thread->gates */
    struct grave grave;
    struct thread *thread;
    struct lease *lease;          /* the thread's current one; held (lease_get) only when <gone> */
    const struct listener *model; /* in that lease's config */
    uint32_t sessions;            /* of this gate */
    bool gone;                    /* its socket is no longer wanted */
    bool full;                    /* it rests because a limit was reached */
    struct deadline slow;         /* so many have come in this second that it rests until then */
};

/* Brings the thread's gates in line with its current lease: opens, rebinds, closes. */
void gates_adopt(struct thread *t);
/* Stops accepting for good; first takes what the kernel has queued, but for <now>. */
void gates_close(struct thread *t, bool now);
/* A connection of the limits was given back: who rests because of them may go on. */
void gates_resume(struct thread *t);
/* There is no limit that another session would go over, and nobody stopped the service. */
bool gate_may_take(const struct gate *g);
/* A session of <g> is gone; frees the gate when it was the last of one that is gone. */
void gate_session_ended(struct gate *g);
