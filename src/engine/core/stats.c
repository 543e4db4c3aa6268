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

/* How it ended, as the columns of views have it. What single tries did wrong, upstream.c has counted. */
static void count_end(struct counts_block *b, const struct stats_stream *s)
{
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
    case END_SERVER_CLOSED:
        if (s->end.moment == MOMENT_DATA)
            counts_bump(b, server_aborts, 1);
        return;
    case END_DONE:
    case END_LOCAL:
    case END_SERVER_REFUSED:
    case END_SERVER_CONNECT_TIMEOUT:
    case END_SERVER_BAD:
    case END_SERVER_TIMEOUT:
    case END_QUEUE_TIMEOUT:
    case END_NO_SERVER:
    case END_QUEUE_FULL:
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

void stats_session_denied(struct thread *t, const struct gate *g)
{
    struct counts_block *b = service_counts(service_of(g), t->index);
    counts_bump(b, denied_requests, 1);
}

void stats_put_stub(const struct shared *shared, struct buf *out)
{
    uint32_t active = atomic_load_explicit(&shared->connections, memory_order_relaxed);
    uint64_t accepted = atomic_load_explicit(&shared->accepted, memory_order_relaxed), requests = 0;
    uint32_t busy = 0;

    for (uint32_t i = 0; i < shared->thread_count; i++) {
        requests += atomic_load_explicit(&shared->threads[i]->requests, memory_order_relaxed);
        busy += atomic_load_explicit(&shared->threads[i]->streams, memory_order_relaxed);
    }
    buf_printf(out, "Active connections: %u \nserver accepts handled requests\n %llu %llu %llu \n", active,
               (unsigned long long)accepted, (unsigned long long)accepted, (unsigned long long)requests);
    buf_printf(out, "Reading: 0 Writing: %u Waiting: %u \n", busy, active > busy ? active - busy : 0);
}
