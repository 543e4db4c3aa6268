/* SPDX-License-Identifier: Apache-2.0 */
#include "io/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/chunk.h"
#include "io/pipes.h"
#include "os/event.h"

#define LOOP_EVENTS 256u
#define LOOP_SLEEP  60000u /* ms: longer waits only wake up in between */

/*
 * Whether polling before sleeping pays is found out by doing it. A poll that
 * found something earns a point, one that did not costs four; with none left,
 * the next waits sleep at once, twice as many each time up to SPIN_PAUSE, and
 * then one poll probes again.
 */
#define SPIN_CREDIT 8
#define SPIN_FINE   4
#define SPIN_PAUSE  256u
struct loop_spin {
    uint32_t us; /* 0 = never */
    int credit;
    uint32_t pause; /* length of the next pause */
    uint32_t left;  /* waits left of this one */
};

struct loop {
    struct loop_clock clock; /* must be first: loop_now reads it without knowing the rest */
    int epoll;
    int event; /* raised by other threads while the loop sleeps; edge-triggered, so never read */
    struct watch event_watch;
    struct wheel wheel;
    struct list deferred;
    struct grave *graves;
    struct epoll_event *events;
    int event_at, event_count; /* the batch that is being served */
    int event_room;
    struct loop_spin spin;
    duration heartbeat;
    _Atomic uint64_t *turns;
    _Atomic uint64_t own_turns; /* when nobody gave a counter */
    struct chunks chunks;
    struct pipes pipes;
    uint64_t wall_us; /* 0 = not read in this turn */
    struct clock_text wall_text;
    struct clock_http wall_http;
    struct loop_stats stats;

    /* Written by other threads: on a cache line of its own. */
    _Alignas(64) _Atomic(struct task *) mail; /* a stack; the loop takes all and turns it round */
    atomic_bool asleep;                       /* nobody will look into the mailbox without being woken */
    atomic_bool stop;
};

static void loop_on_event(struct watch *w, uint32_t events)
{
    (void)w, (void)events; /* waking up was all */
}

struct loop *loop_new(const struct loop_options *o)
{
    struct loop *l = aligned_alloc(_Alignof(struct loop), sizeof(*l));

    if (!l)
        oom_die(sizeof(*l));
    *l = (struct loop){ .epoll = -1, .event = -1 };
    l->event_room = (int)(o->events ? o->events : LOOP_EVENTS);
    l->events = calloc((size_t)l->event_room, sizeof(*l->events));
    if (!l->events)
        oom_die((size_t)l->event_room * sizeof(*l->events));
    l->clock.now = clock_now();
    wheel_init(&l->wheel, l->clock.now);
    list_init(&l->deferred);
    l->spin = (struct loop_spin){ .us = o->spin_us, .pause = 1 };
    l->heartbeat = o->heartbeat;
    l->turns = o->turns ? o->turns : &l->own_turns;
    chunks_init(&l->chunks, o->chunk_small, o->chunk_large, o->chunk_ceiling);
    pipes_init(&l->pipes, o->pipes);

    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->event = event_open();
    if (l->epoll < 0 || l->event < 0 || !loop_watch(l, &l->event_watch, l->event, loop_on_event))
        loop_free(&l);
    return l;
}

static void loop_release_graves(struct loop *l)
{
    while (l->graves) {
        struct grave *g = l->graves;
        l->graves = g->next;
        g->release(g);
    }
}

void loop_free(struct loop **l)
{
    struct loop *loop = *l;
    int saved = errno;

    if (!loop)
        return;
    *l = NULL;
    loop_release_graves(loop);
    chunks_fini(&loop->chunks);
    pipes_fini(&loop->pipes);
    if (loop->epoll >= 0)
        (void)close(loop->epoll);
    if (loop->event >= 0)
        (void)close(loop->event);
    free(loop->events);
    free(loop);
    errno = saved;
}

/* --- waiting --- */
static int loop_poll(struct loop *l, int timeout)
{
    int n = epoll_wait(l->epoll, l->events, l->event_room, timeout);
    return n > 0 ? n : 0; /* EINTR is an empty turn */
}

static bool loop_is_called(struct loop *l)
{
    return atomic_load(&l->mail) != NULL || atomic_load(&l->stop);
}

static void spin_won(struct loop_spin *s)
{
    s->credit += s->credit < SPIN_CREDIT;
    s->pause = s->pause > 1 ? s->pause / 2 : 1;
}

static void spin_lost(struct loop_spin *s)
{
    s->credit -= SPIN_FINE;
    if (s->credit >= 0)
        return;
    s->credit = 0;
    s->left = s->pause;
    s->pause = s->pause < SPIN_PAUSE ? s->pause * 2 : SPIN_PAUSE;
}

static bool spin_may(struct loop_spin *s)
{
    if (s->us == 0)
        return false;
    if (s->left == 0)
        return true;
    s->left--;
    return false;
}

/* Polls for a while. Returns events; <*called> when there is something else to do. */
static int loop_spin(struct loop *l, uint32_t timeout, bool *called)
{
    int n = loop_poll(l, 0);
    if (n)
        return n;

    instant begin = clock_now(), now;
    uint64_t until = l->spin.us < timeout * UINT64_C(1000) ? l->spin.us : timeout * UINT64_C(1000);
    do {
        n = loop_poll(l, 0);
        *called = loop_is_called(l);
        if (n || *called) {
            spin_won(&l->spin);
            l->stats.spins_won++;
            return n;
        }
        now = clock_now();
    } while (instant_us_between(begin, now) < until);
    spin_lost(&l->spin);
    l->stats.spins_lost++;
    return 0;
}

static int loop_sleep(struct loop *l, uint32_t timeout)
{
    /* Either the sender sees <asleep> and wakes us, or we see its mail: both orders are sequentially
     * consistent. */
    atomic_store(&l->asleep, true);
    bool called = loop_is_called(l);
    l->stats.sleeps += !called;
    int n = loop_poll(l, called ? 0 : (int)timeout);
    atomic_store(&l->asleep, false);
    return n;
}

static int loop_wait(struct loop *l, uint32_t most)
{
    if (most > LOOP_SLEEP)
        most = LOOP_SLEEP;
    if (!duration_is_none(l->heartbeat) && l->heartbeat.ms && most > l->heartbeat.ms)
        most = l->heartbeat.ms;
    if (!list_is_empty(&l->deferred))
        most = 0;
    if (most)
        most = wheel_sleep_ms(&l->wheel, l->clock.now, most);
    if (most == 0)
        return loop_poll(l, 0);
    if (spin_may(&l->spin)) {
        bool called = false;
        int n = loop_spin(l, most, &called);
        if (n || called)
            return n;
    }
    return loop_sleep(l, most);
}

/* --- a turn --- */
static void loop_take_mail(struct loop *l)
{
    if (atomic_load_explicit(&l->mail, memory_order_relaxed) == NULL)
        return;
    struct task *stack = atomic_exchange_explicit(&l->mail, NULL, memory_order_acquire), *queue = NULL;

    while (stack) { /* last in first: turned round, it is the order in which they were sent */
        struct task *next = stack->next;
        stack->next = queue;
        queue = stack;
        stack = next;
    }
    while (queue) {
        struct task *t = queue;
        queue = t->next; /* <t> belongs to its function from the call on */
        l->stats.tasks++;
        t->run(t);
    }
}

static void loop_serve_events(struct loop *l)
{
    l->stats.events += (unsigned)l->event_count;
    while (l->event_at < l->event_count) {
        const struct epoll_event *e = &l->events[l->event_at++];
        struct watch *w = e->data.ptr;
        if (l->event_at < l->event_count) /* it was put away a turn ago, and a lot went through the cache */
            __builtin_prefetch(l->events[l->event_at].data.ptr, 1);
        if (w && w->on_event)
            w->on_event(w, e->events);
    }
    l->event_count = 0;
}

static void loop_run_deferred(struct loop *l)
{
    if (list_is_empty(&l->deferred))
        return;
    /* A mark at the end of today's work: what is deferred from now on is for the next turn. */
    struct link mark;
    link_init(&mark);
    list_push_back(&l->deferred, &mark);
    for (struct link *first; (first = list_take_first(&l->deferred)) != &mark;) {
        l->stats.deferred++;
        struct deferred *d = LIST_ITEM(first, struct deferred, link);
        d->run(d);
    }
}

void loop_turn(struct loop *l, uint32_t most)
{
    l->event_at = 0;
    l->event_count = loop_wait(l, most);
    l->clock.now = clock_now();
    l->wall_us = 0;
    l->stats.turns++;
    atomic_store_explicit(l->turns, atomic_load_explicit(l->turns, memory_order_relaxed) + 1,
                          memory_order_release);
    loop_take_mail(l);
    loop_serve_events(l);
    (void)wheel_advance(&l->wheel, l->clock.now);
    loop_run_deferred(l);
    loop_release_graves(l);
}

void loop_run(struct loop *l)
{
    while (!atomic_load_explicit(&l->stop, memory_order_relaxed))
        loop_turn(l, UINT32_MAX);
    atomic_store(&l->stop, false);
}

static void loop_wake(struct loop *l)
{
    if (atomic_exchange(&l->asleep, false))
        event_raise(l->event);
}

void loop_stop(struct loop *l)
{
    atomic_store(&l->stop, true);
    loop_wake(l);
}

void loop_post(struct loop *l, struct task *t, task_fn run)
{
    t->run = run;
    t->next = atomic_load_explicit(&l->mail, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&l->mail, &t->next, t)) {
    }
    loop_wake(l);
}

/* --- time --- */
instant loop_now_exact(struct loop *l)
{
    (void)l;
    return clock_now();
}

uint64_t loop_wall_us(struct loop *l)
{
    if (l->wall_us == 0)
        l->wall_us = clock_wall_us();
    return l->wall_us;
}

const struct clock_text *loop_wall_text(struct loop *l)
{
    clock_text_at(&l->wall_text, loop_wall_us(l));
    return &l->wall_text;
}

const char *loop_wall_http(struct loop *l)
{
    clock_http_at(&l->wall_http, loop_wall_us(l));
    return l->wall_http.text;
}

struct clock_text *loop_wall_cache(struct loop *l)
{
    return &l->wall_text;
}

struct wheel *loop_wheel(struct loop *l)
{
    return &l->wheel;
}

/* --- file descriptors --- */
/* A struct that is watched again in the turn in which it was unwatched must not get the old fd's event. */
static void loop_drop_fetched(struct loop *l, const struct watch *w)
{
    for (int i = l->event_at; i < l->event_count; i++)
        if (l->events[i].data.ptr == w)
            l->events[i].data.ptr = NULL;
}

static bool loop_add(struct loop *l, struct watch *w, int fd, uint32_t events, watch_fn on_event)
{
    struct epoll_event e = { .events = events, .data.ptr = w };

    loop_drop_fetched(l, w);
    *w = (struct watch){ .fd = fd, .on_event = on_event };
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) == 0)
        return true;
    *w = (struct watch){ .fd = -1 };
    return false;
}

bool loop_watch(struct loop *l, struct watch *w, int fd, watch_fn on_event)
{
    return loop_add(l, w, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, on_event);
}

bool loop_watch_shared(struct loop *l, struct watch *w, int fd, watch_fn on_event)
{
    return loop_add(l, w, fd, EPOLLIN | EPOLLEXCLUSIVE, on_event);
}

bool loop_watch_level(struct loop *l, struct watch *w, int fd, uint32_t events, watch_fn on_event)
{
    return loop_add(l, w, fd, events, on_event);
}

void loop_unwatch(struct loop *l, struct watch *w)
{
    if (w->on_event)
        (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    loop_unwatch_closing(w);
}

/* --- the rest --- */
void loop_defer(struct loop *l, struct deferred *d)
{
    if (!link_is_linked(&d->link))
        list_push_back(&l->deferred, &d->link);
}

void loop_bury(struct loop *l, struct grave *g, grave_fn release)
{
    g->release = release;
    g->next = l->graves;
    l->graves = g;
}

struct chunks *loop_chunks(struct loop *l)
{
    return &l->chunks;
}

struct pipes *loop_pipes(struct loop *l)
{
    return &l->pipes;
}

const _Atomic uint64_t *loop_turns(const struct loop *l)
{
    return l->turns;
}

const struct loop_stats *loop_stats(const struct loop *l)
{
    return &l->stats;
}
