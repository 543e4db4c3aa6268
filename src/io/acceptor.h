/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One loop's share of a listening socket: EPOLLEXCLUSIVE, a bounded number of
 * accepts a turn, and rest when there are no descriptors left. Making the
 * socket is os/socket's work; limits and what a connection means are the
 * engine's. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/macros.h"
#include "io/loop.h"

struct acceptor;
/*
 * A new connection: non-blocking, close-on-exec, owned by the callee from now
 * on. <peer> is valid during the call. false: "no more for now" (a limit was
 * reached, <fd> was still taken or closed): the acceptor rests until
 * acceptor_resume or, at the latest, 200 ms.
 */
typedef bool (*acceptor_fn)(struct acceptor *a, int fd, const struct address *peer);

struct acceptor {
    struct watch watch;
    struct loop *loop;
    acceptor_fn on_accept;
    struct deadline retry;
    uint32_t per_turn; /* accepts a turn at most */
    uint32_t budget;   /* accepts in the next turn: grows while there are more, see acceptor.c */
    int fd;            /* -1 = closed */
    bool resting;
    int error;                             /* errno of the accept that made it rest; 0 when the owner did */
    uint64_t accepted;                     /* connections, for the status page */
    bool (*may_go_on)(struct acceptor *a); /* NULL, or asked before it takes the first of a turn, and before
                                              it goes on by itself */
    void (*on_failed)(struct acceptor *a); /* NULL, or told when it rests because of <error> */
    uint64_t exhausted;                    /* times that descriptors or memory ran out */
};

/* <fd> stays the caller's and may be shared with other loops and processes. <per_turn> 0 = 64.
 * false: errno. */
MUST_USE bool acceptor_open(struct acceptor *a, struct loop *l, int fd, uint32_t per_turn,
                            acceptor_fn on_accept);
/* Stops accepting; the kernel queues meanwhile. With <retry> it goes on by itself after 200 ms. */
void acceptor_rest(struct acceptor *a, bool retry);
void acceptor_resume(struct acceptor *a);
/* Takes what the kernel has queued already, as far as the owner takes it: whoever closes the socket next
 * would reset it. Before acceptor_close. */
void acceptor_take_queued(struct acceptor *a);
/* Leaves the fd open. The struct must live until the end of the turn (loop_bury). Twice is harmless. */
void acceptor_close(struct acceptor *a);
