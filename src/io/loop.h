/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop: one a thread, epoll, edge-triggered. A turn is
 *
 *   wait -> read the clock once -> mailbox -> events -> deadlines -> deferred work -> graveyard
 *
 * Each fd is registered once with IN|OUT|RDHUP|ET and epoll_ctl is not called
 * for it again; who stops reading before EAGAIN remembers that itself (struct
 * conn does) and, to go on without a new event, defers (struct deferred).
 *
 * Everything here belongs to the loop's own thread except loop_post and
 * loop_stop. What runs in a turn takes loop_now: nobody reads the clock.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/macros.h"
#include "io/wheel.h"

struct loop;
struct chunks;
struct pipes;

struct loop_options {
    uint32_t spin_us;   /* 0 = never spin. Only used while it pays: it is given up when events come later */
    uint32_t events;    /* epoll events a turn at most; 0 = 256 */
    duration heartbeat; /* turns at least that often also when idle; 0 or DURATION_NONE: sleeps as it likes */
    _Atomic uint64_t *turns; /* counts turns, in the caller's (maybe shared) memory; NULL = nobody watches */
    size_t chunk_small;      /* see chunks_init; 0 = default */
    size_t chunk_large;
    size_t chunk_ceiling;
    uint32_t pipes; /* pooled pipes for splice at most; 0 = 512 */
};

/* NULL when the kernel refuses (errno says why). Dies on out of memory. The thread that runs it may differ
 * from the one that makes it, but only one at a time. */
struct loop *loop_new(const struct loop_options *o);
/* Every watch, deadline and chunk must be gone. Mail that nobody took is not run. NULL-safe; empties <l>. */
void loop_free(struct loop **l);

/* Turns until loop_stop. */
void loop_run(struct loop *l);
/* One turn that sleeps at most <most> ms. For tests and for waiting in a bounded way. */
void loop_turn(struct loop *l, uint32_t most);
/* The current turn is the last one. Any thread. */
void loop_stop(struct loop *l);

/* --- time --- */
/* The first member of struct loop, so that reading it is one load. */
struct loop_clock {
    instant now; /* of this turn */
};
static inline instant loop_now(const struct loop *l)
{
    return ((const struct loop_clock *)(const void *)l)->now;
}
/* Reads the clock again: only where an exact time is worth 50 ns (the timers of a log line are not). */
instant loop_now_exact(struct loop *l);
/* Microseconds since 1970, read at most once a turn. */
uint64_t loop_wall_us(struct loop *l);
/* Dates for logs and headers, formatted at most once a second. Valid until the next turn. */
const struct clock_text *loop_wall_text(struct loop *l);
const char *loop_wall_http(struct loop *l); /* CLOCK_HTTP_LEN characters */
/* What loop_wall_text fills: for who may need a text later (clock_text_at). */
struct clock_text *loop_wall_cache(struct loop *l);

struct wheel *loop_wheel(struct loop *l);
/* Sets or moves <d> to <after> from now; DURATION_NONE clears. */
static inline void loop_set_deadline(struct loop *l, struct deadline *d, duration after)
{
    wheel_set(loop_wheel(l), d, instant_after(loop_now(l), after));
}
static inline void loop_hasten_deadline(struct loop *l, struct deadline *d, duration after)
{
    wheel_hasten(loop_wheel(l), d, instant_after(loop_now(l), after));
}
static inline void loop_forget_deadline(struct loop *l, struct deadline *d)
{
    wheel_forget(loop_wheel(l), d);
}

/* --- file descriptors --- */
struct watch;
/* <events>: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR. */
typedef void (*watch_fn)(struct watch *w, uint32_t events);
/* Embedded in its owner, which lives until the end of the turn in which it was unwatched: free it by
 * loop_bury, so that an event that this turn already fetched meets no freed memory. */
struct watch {
    watch_fn on_event; /* may be changed at any time; NULL = not watched, events are dropped */
    int fd;
};

/* Edge-triggered, IN|OUT|RDHUP. The first event comes in a later turn, also for what is ready already.
 * false: errno (ENOSPC, ENOMEM: refuse that one connection). */
MUST_USE bool loop_watch(struct loop *l, struct watch *w, int fd, watch_fn on_event);
/* Level-triggered, IN, EPOLLEXCLUSIVE: a listening socket that several loops share. */
MUST_USE bool loop_watch_shared(struct loop *l, struct watch *w, int fd, watch_fn on_event);
/* Level-triggered with <events>, for the odd one (a signalfd, a pipe); loop_unwatch and watch again to
 * change. */
MUST_USE bool loop_watch_level(struct loop *l, struct watch *w, int fd, uint32_t events, watch_fn on_event);
/* Takes the fd out of epoll (one system call) and drops what was fetched. The fd stays open. */
void loop_unwatch(struct loop *l, struct watch *w);
/* The same when the caller closes the fd at once and nobody else holds a copy of it: no system call. */
static inline void loop_unwatch_closing(struct watch *w)
{
    w->on_event = NULL;
    w->fd = -1;
}

/* --- work of this thread --- */
struct deferred;
typedef void (*deferred_fn)(struct deferred *d);
/* Work that goes on by itself: at the end of this turn or, when deferred from deferred work, at the end of
 * the next, with one epoll_wait(0) between. So who used up its fair share lets the others in and needs no
 * event to continue. */
struct deferred {
    struct link link;
    deferred_fn run;
};
static inline void deferred_init(struct deferred *d, deferred_fn run)
{
    d->run = run;
    link_init(&d->link);
}
/* Harmless when it waits already. */
void loop_defer(struct loop *l, struct deferred *d);
static inline void loop_undefer(struct deferred *d)
{
    link_remove(&d->link);
}

struct grave;
typedef void (*grave_fn)(struct grave *g);
/* What is really freed at the end of the turn, by its function. */
struct grave {
    struct grave *next;
    grave_fn release;
};
/* Once for each grave. */
void loop_bury(struct loop *l, struct grave *g, grave_fn release);

/* --- mail from other threads --- */
struct task;
typedef void (*task_fn)(struct task *t);
/* Embedded in what is sent. The receiver's function owns it from then on. */
struct task {
    struct task *next;
    task_fn run;
};
/* Any thread, lock-free; <t> runs in the loop's thread in its next turn, tasks of one sender in order. Wakes
 * the loop only when it sleeps. <t> must not be in a mailbox already. */
void loop_post(struct loop *l, struct task *t, task_fn run);

/* --- what the thread's connections share --- */
struct chunks *loop_chunks(struct loop *l);
struct pipes *loop_pipes(struct loop *l);

/* For the status page and tests. */
struct loop_stats {
    uint64_t turns, events, sleeps, spins_won, spins_lost, deferred, tasks;
};
const struct loop_stats *loop_stats(const struct loop *l);
/* The counter of turns, given or its own; any thread. */
const _Atomic uint64_t *loop_turns(const struct loop *l);
