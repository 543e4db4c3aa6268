/* SPDX-License-Identifier: Apache-2.0 */
#include "io/acceptor.h"

#include <errno.h>
#include <sys/socket.h>

#define ACCEPTOR_PER_TURN 64u
#define ACCEPTOR_RETRY    DURATION_MS(200)
#define ACCEPTOR_QUEUED                                                                                      \
    4096u /* a kernel's usual limit of a queue; the loop has an end when others fill it                      \
           */

static bool acceptor_is_exhaustion(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* Errors of the one connection that was to be taken (accept(2) passes on what TCP and firewalls say). */
static bool acceptor_is_passing(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPERM || error == EPROTO ||
           error == ENETDOWN || error == ENETUNREACH || error == EHOSTDOWN || error == EHOSTUNREACH ||
           error == ENOPROTOOPT || error == ENONET || error == EOPNOTSUPP;
}

/* false: enough for this turn. */
static bool acceptor_take(struct acceptor *a)
{
    struct address peer;

    peer.len = sizeof(peer.u);
    int fd = accept4(a->watch.fd, &peer.u.sa, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        if (peer.len > sizeof(peer.u)) /* cannot be; the kernel tells the length that it wanted */
            peer.len = sizeof(peer.u);
        a->accepted++;
        if (a->on_accept(a, fd, &peer))
            return true;
        if (a->fd < 0)
            return false; /* it was closed meanwhile */
        a->error = 0;
        acceptor_rest(a, true);
        return false;
    }
    if (acceptor_is_passing(errno))
        return true;
    if (errno == EAGAIN) {
        a->budget = a->budget > 1 ? a->budget / 2 : 1;
        return false;
    }
    a->exhausted += acceptor_is_exhaustion(errno);
    a->error = errno;
    if (a->on_failed)
        a->on_failed(a);
    acceptor_rest(a, true);
    return false;
}

/*
 * The socket is level-triggered, so stopping early is free while asking once
 * too often costs a system call: take one a turn when connections trickle in,
 * more while each turn finds more.
 */
static void acceptor_on_event(struct watch *w, uint32_t events)
{
    struct acceptor *a = CONTAINER_OF(w, struct acceptor, watch);
    uint32_t left = a->budget;

    (void)events;
    if (a->may_go_on && !a->may_go_on(a)) {
        a->error = 0;
        acceptor_rest(a, true);
        return;
    }
    while (left && w->on_event && acceptor_take(a))
        left--;
    if (left == 0)
        a->budget = a->budget * 2 < a->per_turn ? a->budget * 2 : a->per_turn;
}

static void acceptor_on_retry(struct deadline *d)
{
    struct acceptor *a = CONTAINER_OF(d, struct acceptor, retry);

    if (a->may_go_on && !a->may_go_on(a))
        loop_set_deadline(a->loop, &a->retry, ACCEPTOR_RETRY);
    else
        acceptor_resume(a);
}

bool acceptor_open(struct acceptor *a, struct loop *l, int fd, uint32_t per_turn, acceptor_fn on_accept)
{
    *a = (struct acceptor){ .loop = l,
                            .on_accept = on_accept,
                            .per_turn = per_turn ? per_turn : ACCEPTOR_PER_TURN,
                            .budget = 1,
                            .fd = fd };
    deadline_init(&a->retry, acceptor_on_retry);
    return loop_watch_shared(l, &a->watch, fd, acceptor_on_event);
}

void acceptor_rest(struct acceptor *a, bool retry)
{
    /* EPOLLEXCLUSIVE entries cannot be changed, only taken out and put in again. */
    loop_unwatch(a->loop, &a->watch);
    a->resting = true;
    if (retry)
        loop_set_deadline(a->loop, &a->retry, ACCEPTOR_RETRY);
    else
        wheel_clear(&a->retry);
}

void acceptor_resume(struct acceptor *a)
{
    if (!a->resting || a->fd < 0)
        return;
    wheel_clear(&a->retry);
    a->resting = false;
    if (!loop_watch_shared(a->loop, &a->watch, a->fd, acceptor_on_event)) {
        a->error = errno;
        acceptor_rest(a, true);
    }
}

void acceptor_take_queued(struct acceptor *a)
{
    for (unsigned left = ACCEPTOR_QUEUED; left && a->fd >= 0 && !a->resting; left--)
        if (!acceptor_take(a))
            return;
}

void acceptor_close(struct acceptor *a)
{
    if (a->fd < 0)
        return;
    loop_unwatch(a->loop, &a->watch);
    loop_forget_deadline(a->loop, &a->retry);
    a->fd = -1;
}
