/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/access_log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "engine/core/log_ring.h"
#include "engine/core/log_sink.h"
#include "engine/core/log_stream.h"
#include "model/config.h"
#include "os/event.h"
#include "os/process.h"

#define RING_DEFAULT   ((size_t)1 << 20)
#define LATEST_DEFAULT DURATION_MS(100)
#define PUSH_MS        100 /* a connection that was full, or not there */
#define LAST_TRIES     25
#define LAST_PAUSE_US  20000

struct access_log {
    pthread_t thread;
    pthread_mutex_t mutex; /* rings, sinks, and the reading of both */
    int wake;              /* eventfd: the helper sleeps on it between batches */
    pthread_cond_t wrote;  /* a batch is out */
    struct list rings;
    struct clock_text clock;
    size_t ring_size;
    duration latest;
    uint32_t pid;
    char host[256];
    _Atomic bool pending; /* the helper knows that there are lines, or has been told */
    _Atomic bool hurry;   /* a ring is half full, or somebody waits */
    _Atomic bool ending;
    bool waiting; /* lines wait for a connection; the helper's */
    uint64_t batches;
    uint64_t dropped_gone;           /* of rings that are gone */
    uint64_t written, failed, bytes; /* of sinks that are gone */
    struct log_sink **sinks;         /* all, for counting */
    uint32_t sink_count, sink_room;
    void (*say)(void *to, struct span line);
    void *to;
};

struct log_sinks {
    struct access_log *log;
    uint32_t count;
    struct log_sink *sinks[]; /* by log target */
};

/* ---- the helper ---- */

static void complain(struct access_log *l, struct log_sink *s)
{
    char room[512], why[128];
    struct buf line;

    buf_init_fixed(&line, room, sizeof(room));
    buf_put(&line, SPAN("log target "));
    sink_put_name(&line, s);
    buf_printf(&line, " takes no lines (%s): they are dropped until it does, and counted",
               strerror_r(s->complaint, why, sizeof(why)));
    s->complaint = 0;
    if (l->say != NULL)
        l->say(l->to, buf_span(&line));
}

/* Whose next record is the oldest one; NULL: all are read. */
static struct log_ring *oldest(struct access_log *l)
{
    struct log_ring *found = NULL;

    LIST_EACH (&l->rings, r, struct log_ring, link)
        if (r->next != NULL && (found == NULL || r->next->wall_us < found->next->wall_us))
            found = r;
    return found;
}

/* Reads the rings to their ends, by the time of their records, for a client may be served by one thread and
 * then by another: the lines are out, or dropped, when this returns. */
static void read_rings(struct access_log *l)
{
    struct log_ring *r;

    LIST_EACH (&l->rings, one, struct log_ring, link) {
        one->read = atomic_load_explicit(&one->tail, memory_order_relaxed);
        one->next = log_ring_next(one, &one->read);
    }
    while ((r = oldest(l)) != NULL) {
        sink_put(r->next->sink, r->next, &l->clock);
        r->next = log_ring_next(r, &r->read);
    }
    for (uint32_t i = 0; i < l->sink_count; i++) {
        sink_flush(l->sinks[i], &l->clock);
        if (l->sinks[i]->complaint)
            complain(l, l->sinks[i]);
    }
    LIST_EACH (&l->rings, one, struct log_ring, link)
        log_ring_read_to(one, one->read);
}

/* Holds the mutex. */
static void push_streams(struct access_log *l)
{
    l->waiting = false;
    for (uint32_t i = 0; i < l->sink_count; i++) {
        l->waiting |= log_stream_push(l->sinks[i]);
        if (l->sinks[i]->complaint)
            complain(l, l->sinks[i]);
    }
}

/* It may end a generation, whose sinks are given back: never under our own mutex. */
static void run_releases(struct log_release *it)
{
    while (it != NULL) {
        struct log_release *next = it->next;
        it->release(it->what);
        free(it);
        it = next;
    }
}

static struct log_release *join_releases(struct log_release *a, struct log_release *b)
{
    struct log_release **end = &a;

    while (*end != NULL)
        end = &(*end)->next;
    *end = b;
    return a;
}

/* Holds the mutex, but for the releases. They are taken before the rings are read: what they waited for is in
 * them. */
static void write_batch(struct access_log *l)
{
    struct log_release *due = NULL;

    atomic_store(&l->pending, false);
    atomic_store(&l->hurry, false);
    LIST_EACH (&l->rings, r, struct log_ring, link)
        due = join_releases(atomic_exchange(&r->releases, NULL), due);
    read_rings(l);
    push_streams(l);
    (void)pthread_mutex_unlock(&l->mutex);
    run_releases(due);
    (void)pthread_mutex_lock(&l->mutex);
    l->batches++;
    (void)pthread_cond_broadcast(&l->wrote);
}

static void add_ms(struct timespec *t, uint32_t ms)
{
    t->tv_sec += ms / 1000;
    t->tv_nsec += (long)(ms % 1000) * 1000000;
    if (t->tv_nsec >= 1000000000) {
        t->tv_sec++;
        t->tv_nsec -= 1000000000;
    }
}

/* Sleeps until it is woken, or <most> has passed. Traffic threads wake by an eventfd: they never take the
 * mutex. */
static void sleep_most(struct access_log *l, int most_ms)
{
    struct pollfd p = { .fd = l->wake, .events = POLLIN };

    (void)poll(&p, 1, most_ms);
    (void)event_take(l->wake);
}

/* Until the lines that there are have become as old as they may, or somebody is in a hurry. */
static void let_lines_gather(struct access_log *l)
{
    instant until = instant_after(clock_now(), l->latest);

    for (instant now = clock_now(); now.us < until.us && !atomic_load(&l->hurry) && !atomic_load(&l->ending);
         now = clock_now())
        sleep_most(l, (int)instant_ms_between(now, until) + 1);
}

static void *run(void *argument)
{
    struct access_log *l = argument;

    process_set_name("keel-log");
    while (!atomic_load(&l->ending)) {
        if (!atomic_load(&l->pending)) {
            sleep_most(l, l->waiting ? PUSH_MS : -1);
            if (!l->waiting)
                continue;
            (void)pthread_mutex_lock(&l->mutex);
            push_streams(l);
            (void)pthread_mutex_unlock(&l->mutex);
            continue;
        }
        let_lines_gather(l);
        (void)pthread_mutex_lock(&l->mutex);
        write_batch(l);
        (void)pthread_mutex_unlock(&l->mutex);
    }
    (void)pthread_mutex_lock(&l->mutex);
    write_batch(l);
    for (int i = 0; l->waiting && i < LAST_TRIES; i++) {
        (void)usleep(LAST_PAUSE_US);
        push_streams(l);
    }
    (void)pthread_mutex_unlock(&l->mutex);
    return NULL;
}

struct access_log *access_log_new(const struct access_log_options *o)
{
    struct access_log *l = calloc(1, sizeof(*l));
    pthread_condattr_t monotonic;

    if (l == NULL)
        return NULL;
    list_init(&l->rings);
    l->say = o->say;
    l->to = o->to;
    l->ring_size = o->ring ? o->ring : RING_DEFAULT;
    l->latest = o->latest.ms ? o->latest : LATEST_DEFAULT;
    l->pid = o->pid ? o->pid : (uint32_t)getpid();
    memcpy(l->host, o->host.ptr ? o->host.ptr : "",
           o->host.len < sizeof(l->host) ? o->host.len : sizeof(l->host) - 1);
    (void)pthread_mutex_init(&l->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&l->wrote, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    l->wake = event_open();
    int error = l->wake < 0 ? errno : pthread_create(&l->thread, NULL, run, l);
    if (error == 0)
        return l;
    free(l);
    errno = error;
    return NULL;
}

void access_log_flush(struct access_log *l, duration most)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    add_ms(&until, most.ms);
    (void)pthread_mutex_lock(&l->mutex);
    uint64_t before = l->batches;
    atomic_store(&l->hurry, true);
    atomic_store(&l->pending, true);
    event_raise(l->wake);
    while (l->batches == before && !atomic_load(&l->ending))
        if (pthread_cond_timedwait(&l->wrote, &l->mutex, &until) == ETIMEDOUT)
            break;
    (void)pthread_mutex_unlock(&l->mutex);
}

void access_log_free(struct access_log **owner, duration most)
{
    struct access_log *l = *owner;

    *owner = NULL;
    if (l == NULL)
        return;
    access_log_flush(l, most);
    atomic_store(&l->ending, true);
    event_raise(l->wake);
    (void)pthread_join(l->thread, NULL);
    BUG_ON(!list_is_empty(&l->rings));
    (void)pthread_mutex_destroy(&l->mutex);
    (void)close(l->wake);
    (void)pthread_cond_destroy(&l->wrote);
    free(l->sinks);
    free(l);
}

/* ---- targets ---- */

static struct log_sink *find_sink(const struct log_sinks *before, const struct log_target *t)
{
    for (uint32_t i = 0; before != NULL && i < before->count; i++)
        if (before->sinks[i] != NULL && sink_is(before->sinks[i], t))
            return before->sinks[i];
    return NULL;
}

static void remember(struct access_log *l, struct log_sink *s)
{
    if (l->sink_count == l->sink_room) {
        l->sink_room = l->sink_room * 2 + 8;
        struct log_sink **grown = realloc(l->sinks, l->sink_room * sizeof(struct log_sink *));
        if (grown == NULL)
            oom_die(l->sink_room * sizeof(struct log_sink *));
        l->sinks = grown;
    }
    l->sinks[l->sink_count++] = s;
}

static struct log_sink *get_sink(struct access_log *l, const struct log_target *t, int fd,
                                 const struct log_sinks *before)
{
    struct log_sink *s = find_sink(before, t);

    if (s != NULL) {
        if (fd >= 0)
            sink_set_fd(s, fd);
    } else {
        s = sink_new(t, fd, span_from(l->host), l->pid);
        if (s == NULL)
            oom_die(sizeof(*s));
        remember(l, s);
    }
    s->references++;
    return s;
}

struct log_sinks *log_sinks_new(struct access_log *l, const struct config *c, const int *fds,
                                const struct log_sinks *before)
{
    struct log_sinks *sinks = calloc(1, sizeof(*sinks) + c->log_targets.count * sizeof(struct log_sink *));

    if (sinks == NULL)
        oom_die(sizeof(*sinks));
    sinks->log = l;
    sinks->count = c->log_targets.count;
    (void)pthread_mutex_lock(&l->mutex);
    for (uint32_t i = 0; i < sinks->count; i++)
        sinks->sinks[i] = get_sink(l, c->log_targets.items[i], fds ? fds[i] : -1, before);
    (void)pthread_mutex_unlock(&l->mutex);
    return sinks;
}

static void forget(struct access_log *l, struct log_sink *s)
{
    l->written += s->written;
    l->failed += s->failed;
    l->bytes += s->bytes;
    for (uint32_t i = 0; i < l->sink_count; i++)
        if (l->sinks[i] == s) {
            l->sinks[i] = l->sinks[--l->sink_count];
            break;
        }
    sink_free(s);
}

void log_sinks_free(struct log_sinks **owner)
{
    struct log_sinks *sinks = *owner;

    *owner = NULL;
    if (sinks == NULL)
        return;
    (void)pthread_mutex_lock(&sinks->log->mutex);
    for (uint32_t i = 0; i < sinks->count; i++)
        if (sinks->sinks[i] != NULL && --sinks->sinks[i]->references == 0)
            forget(sinks->log, sinks->sinks[i]);
    (void)pthread_mutex_unlock(&sinks->log->mutex);
    free(sinks);
}

struct log_sink *log_sinks_at(const struct log_sinks *s, uint32_t target)
{
    return target < s->count ? s->sinks[target] : NULL;
}

void log_sinks_reopen(struct log_sinks *s, const int *fds, duration most)
{
    access_log_flush(s->log, most);
    (void)pthread_mutex_lock(&s->log->mutex);
    for (uint32_t i = 0; i < s->count; i++)
        if (s->sinks[i] != NULL && fds[i] >= 0)
            sink_set_fd(s->sinks[i], fds[i]);
    (void)pthread_mutex_unlock(&s->log->mutex);
}

/* ---- lines ---- */

struct log_ring *log_ring_new(struct access_log *l)
{
    struct log_ring *r = aligned_alloc(64, (sizeof(*r) + 63) & ~(size_t)63);

    if (r == NULL || !log_ring_init(r, l, l->ring_size)) {
        free(r);
        return NULL;
    }
    (void)pthread_mutex_lock(&l->mutex);
    list_push_back(&l->rings, &r->link);
    (void)pthread_mutex_unlock(&l->mutex);
    return r;
}

void log_ring_free(struct log_ring **owner)
{
    struct log_ring *r = *owner;

    *owner = NULL;
    if (r == NULL)
        return;
    struct access_log *l = r->log;
    (void)pthread_mutex_lock(&l->mutex);
    struct log_release *due = atomic_exchange(&r->releases, NULL);
    read_rings(l);
    l->dropped_gone += r->dropped;
    link_remove(&r->link);
    (void)pthread_mutex_unlock(&l->mutex);
    run_releases(due);
    log_ring_fini(r);
    free(r);
}

/* Lines are there: the helper is told once a batch, and at once when a ring fills up. */
static void tell(struct access_log *l, bool half_full)
{
    bool hurry = half_full && !atomic_load_explicit(&l->hurry, memory_order_relaxed);

    if (!hurry && atomic_load_explicit(&l->pending, memory_order_relaxed))
        return;
    if (hurry)
        atomic_store(&l->hurry, true);
    if (!atomic_exchange(&l->pending, true) || hurry)
        event_raise(l->wake);
}

struct buf *log_begin(struct log_ring *r, struct log_sink *to, size_t room)
{
    struct record *record;

    if (to == NULL)
        return NULL;
    record = log_ring_open(r, room > LOG_LINE_MAX ? LOG_LINE_MAX : room);
    if (record == NULL) {
        r->dropped++;
        tell(r->log, true);
        return NULL;
    }
    record->kind = RECORD_LINE;
    record->structure_len = 0;
    record->sink = to;
    buf_init_fixed(&r->line, record->text, room > LOG_LINE_MAX ? LOG_LINE_MAX : room);
    return &r->line;
}

void log_end(struct log_ring *r, uint8_t facility, uint8_t level, uint64_t wall_us)
{
    BUG_ON(r->open == NULL);
    r->open->facility = facility;
    r->open->level = level;
    r->open->wall_us = wall_us;
    tell(r->log, log_ring_close(r, r->line.len));
}

void log_structure_ends(struct log_ring *r)
{
    BUG_ON(r->open == NULL);
    if (r->line.len)
        buf_put_char(&r->line, ' ');
    r->open->structure_len = (uint16_t)r->line.len;
}

void log_abandon(struct log_ring *r)
{
    r->open = NULL;
}

bool log_quota(struct log_ring *r, unsigned kind, uint64_t second, uint32_t most, uint32_t *left_out)
{
    struct log_quota *q = &r->quotas[kind];

    BUG_ON(kind >= LOG_QUOTAS);
    *left_out = 0;
    if (q->second != second) {
        *left_out = q->left_out;
        *q = (struct log_quota){ .second = second };
    }
    if (q->used < most) {
        q->used++;
        return true;
    }
    q->left_out++;
    return false;
}

void log_release(struct log_ring *r, void (*release)(void *what), void *what)
{
    struct log_release *it = malloc(sizeof(*it));

    if (it == NULL)
        oom_die(sizeof(*it));
    *it = (struct log_release){ atomic_load(&r->releases), release, what };
    while (!atomic_compare_exchange_weak(&r->releases, &it->next, it))
        ;
    tell(r->log, false);
}

struct log_sink *log_sinks_find(const struct log_sinks *s, const struct log_target *like)
{
    return find_sink(s, like);
}

void access_log_say(struct access_log *l, struct log_sink *to, uint8_t facility, uint8_t level,
                    struct span line)
{
    struct record *r = malloc(sizeof(*r) + line.len);
    struct clock_text clock = { 0 }; /* the helper's may be in use: it waits for nobody but us */

    if (r == NULL)
        return;
    *r = (struct record){ .kind = RECORD_LINE,
                          .facility = facility,
                          .level = level,
                          .text_len = (uint32_t)line.len,
                          .wall_us = clock_wall_us() };
    memcpy(r->text, line.ptr, line.len);
    (void)pthread_mutex_lock(&l->mutex);
    sink_put(to, r, &clock);
    sink_flush(to, &clock);
    (void)pthread_mutex_unlock(&l->mutex);
    tell(l, false); /* what a connection did not take is the helper's */
    free(r);
}

void access_log_counts(const struct access_log *log, struct log_counts *out)
{
    struct access_log *l = (struct access_log *)(uintptr_t)log; /* the mutex is no part of what is told */

    (void)pthread_mutex_lock(&l->mutex);
    *out = (struct log_counts){ l->written, l->dropped_gone, l->failed, l->bytes };
    LIST_EACH (&l->rings, r, struct log_ring, link)
        out->dropped_full += __atomic_load_n(&r->dropped, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < l->sink_count; i++) {
        out->written += l->sinks[i]->written;
        out->dropped_failed += l->sinks[i]->failed;
        out->bytes += l->sinks[i]->bytes;
    }
    (void)pthread_mutex_unlock(&l->mutex);
}
