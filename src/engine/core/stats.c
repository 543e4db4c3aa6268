/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/stats.h"

#include "engine/core/gate.h"
#include "engine/core/lease.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "state/snapshot.h"

static struct service_state *service_of(const struct gate *g)
{
    return snapshot_service(g->lease->snapshot, g->model->service);
}

static uint32_t second_of(const struct thread *t)
{
    return (uint32_t)(thread_now(t).us / 1000000);
}

void stats_session_begin(struct thread *t, const struct gate *g)
{
    struct counts_block *b = service_counts(service_of(g), t->index);

    counts_bump(b, sessions, 1);
    if (b != NULL)
        counts_rate(&b->session_rate, second_of(t));
}

void stats_session_refused(struct thread *t, const struct gate *g)
{
    struct counts_block *b = service_counts(service_of(g), t->index);
    counts_bump(b, refused_connections, 1);
}

void stats_session_denied(struct thread *t, const struct gate *g)
{
    struct counts_block *b = service_counts(service_of(g), t->index);
    counts_bump(b, denied_requests, 1);
}

/* How it ended, as the columns of views have it: whose fault, and in which moment. */
static void count_end(struct counts_block *b, const struct stats_stream *s)
{
    const bool before_answer = s->end.moment == MOMENT_CONNECT || s->end.moment == MOMENT_QUEUE;

    switch ((enum end_reason)s->end.reason) {
    case END_REQUEST_BAD:
    case END_REQUEST_TOO_LARGE:
    case END_CLIENT_TLS:
        counts_bump(b, request_errors, 1);
        return;
    case END_CLIENT_TIMEOUT:
        if (s->end.moment == MOMENT_REQUEST)
            counts_bump(b, request_errors, 1);
        else
            counts_bump(b, client_aborts, 1);
        return;
    case END_DENIED:
        counts_bump(b, denied_requests, 1);
        return;
    case END_CLIENT_CLOSED:
        counts_bump(b, client_aborts, 1);
        return;
    case END_SERVER_REFUSED:
        counts_bump(b, connect_errors, 1);
        return;
    case END_SERVER_CONNECT_TIMEOUT:
        counts_bump(b, connect_timeouts, 1);
        return;
    case END_SERVER_CLOSED:
        if (before_answer || s->end.moment == MOMENT_HEADERS)
            counts_bump(b, response_errors, 1);
        else
            counts_bump(b, server_aborts, 1);
        return;
    case END_SERVER_BAD:
        counts_bump(b, response_errors, 1);
        return;
    case END_SERVER_TIMEOUT:
        counts_bump(b, response_timeouts, 1);
        return;
    case END_QUEUE_TIMEOUT:
        counts_bump(b, queue_timeouts, 1);
        return;
    case END_NO_SERVER:
    case END_QUEUE_FULL:
        counts_bump(b, no_server, 1);
        return;
    case END_DONE:
    case END_LOCAL:
    case END_SERVER_DOWN:
    case END_LIMITED:
    case END_KILLED:
    case END_STOPPED:
    case END_INTERNAL:
    case END_REASONS:
        return;
    }
}

static void count_times(struct counts_block *b, const struct stats_stream *s)
{
    if (b == NULL)
        return;
    if (s->first_byte_us != UINT64_MAX) {
        histogram_record(&b->first_byte, s->first_byte_us);
        counts_bump(b, response_us, s->first_byte_us);
        counts_bump(b, queue_us, s->queue_us == UINT64_MAX ? 0 : s->queue_us);
        counts_bump(b, connect_us, s->connect_us == UINT64_MAX ? 0 : s->connect_us);
        counts_bump(b, total_us, s->total_us);
        counts_bump(b, timed, 1);
    }
    if (s->total_us != UINT64_MAX)
        histogram_record(&b->total, s->total_us);
}

static void count_stream(struct thread *t, struct counts_block *b, const struct stats_stream *s,
                         bool is_service)
{
    if (b == NULL)
        return;
    counts_bump(b, bytes_in, s->from_client);
    counts_bump(b, bytes_out, s->to_client);
    if (s->status != 0) {
        counts_bump(b, requests, 1);
        counts_rate(&b->request_rate, second_of(t));
        counts_status(b, s->status);
    }
    if (!is_service) {
        counts_bump(b, sessions, 1);
        counts_rate(&b->session_rate, second_of(t));
        if (s->reused)
            counts_bump(b, reuses, 1);
        else if (s->server != NULL)
            counts_bump(b, connects, 1);
        if (s->tries > 1)
            counts_bump(b, retries, (uint64_t)s->tries - 1);
        if (s->redispatched)
            counts_bump(b, redispatches, 1);
    }
    count_end(b, s);
    count_times(b, s);
}

void stats_stream_end(struct thread *t, const struct lease *l, const struct stats_stream *s)
{
    count_stream(t, service_counts(service_of(s->gate), t->index), s, true);
    if (s->pool != NULL)
        count_stream(t, pool_counts(snapshot_pool(l->snapshot, s->pool), t->index), s, false);
    if (s->server != NULL)
        count_stream(t, server_counts(snapshot_server(l->snapshot, s->server), t->index), s, false);
}

void stats_counts_left(const struct lease *l, const struct pool *pool, const struct server *server,
                       uint32_t *of_pool, uint32_t *of_server)
{
    *of_pool =
        pool ? atomic_load_explicit(&snapshot_pool(l->snapshot, pool)->active, memory_order_relaxed) : 0;
    *of_server =
        server ? atomic_load_explicit(&snapshot_server(l->snapshot, server)->active, memory_order_relaxed)
               : 0;
}

/* ---- the engine's own numbers ---- */

static void add(_Atomic uint32_t *to, uint32_t n)
{
    atomic_store_explicit(to, atomic_load_explicit(to, memory_order_relaxed) + n, memory_order_relaxed);
}

void stats_stream_reads(struct thread *t)
{
    add(&t->numbers.reading, 1);
}

void stats_stream_has_head(struct thread *t)
{
    uint64_t requests = atomic_load_explicit(&t->numbers.requests, memory_order_relaxed);

    add(&t->numbers.reading, (uint32_t)-1);
    add(&t->numbers.writing, 1);
    atomic_store_explicit(&t->numbers.requests, requests + 1, memory_order_relaxed);
}

void stats_stream_over(struct thread *t, bool had_head)
{
    add(had_head ? &t->numbers.writing : &t->numbers.reading, (uint32_t)-1);
}

void stats_put_stub(const struct shared *shared, struct buf *out)
{
    uint64_t requests = 0, accepted = atomic_load_explicit(&shared->accepted, memory_order_relaxed);
    uint32_t active = atomic_load_explicit(&shared->connections, memory_order_relaxed), reading = 0,
             writing = 0;

    for (uint32_t i = 0; i < shared->thread_count; i++) {
        const struct thread_numbers *n = &shared->threads[i]->numbers;
        requests += atomic_load_explicit(&n->requests, memory_order_relaxed);
        reading += atomic_load_explicit(&n->reading, memory_order_relaxed);
        writing += atomic_load_explicit(&n->writing, memory_order_relaxed);
    }
    uint32_t busy = reading + writing;
    buf_printf(out,
               "Active connections: %u \nserver accepts handled requests\n %llu %llu %llu \n"
               "Reading: %u Writing: %u Waiting: %u \n",
               active, (unsigned long long)accepted,
               (unsigned long long)(accepted - atomic_load_explicit(&shared->refused, memory_order_relaxed)),
               (unsigned long long)requests, reading, writing, active > busy ? active - busy : 0);
}
