/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/stats.h"

#include <stddef.h>

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

void stats_session_failed(struct thread *t, const struct gate *g)
{
    struct counts_block *b = service_counts(service_of(g), t->index);
    counts_bump(b, request_errors, 1);
    counts_bump(b, tls_failed, 1);
}

void stats_session_secured(struct thread *t, const struct gate *g, bool resumed)
{
    struct counts_block *b = service_counts(service_of(g), t->index);

    if (b == NULL)
        return;
    counts_add(&b->tls_sessions, 1);
    counts_add(&b->tls_resumed, resumed);
    counts_rate(&b->tls_rate, second_of(t));
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
        if (s->end.moment == MOMENT_HEADERS || s->end.moment == MOMENT_DATA)
            counts_bump(b, denied_responses, 1);
        else
            counts_bump(b, denied_requests, 1);
        return;
    case END_LOCAL:
        counts_bump(b, intercepted, 1);
        return;
    case END_CLIENT_CLOSED:
        counts_bump(b, client_aborts, 1);
        return;
    case END_SERVER_CLOSED:
        if (s->end.moment == MOMENT_DATA)
            counts_bump(b, server_aborts, 1);
        return;
    case END_DONE:
    case END_SERVER_REFUSED:
    case END_SERVER_CONNECT_TIMEOUT:
    case END_SERVER_BAD:
    case END_SERVER_TIMEOUT:
    case END_QUEUE_TIMEOUT:
    case END_NO_SERVER:
    case END_QUEUE_FULL:
    case END_SERVER_DOWN:
    case END_SERVER_UP:
    case END_LIMITED:
    case END_KILLED:
    case END_STOPPED:
    case END_INTERNAL:
    case END_REASONS:
        return;
    }
}

/* What is the same for the service's, the pool's and the server's block. */
struct worked_out {
    uint32_t second;
    size_t status;              /* where in a block this class is counted */
    unsigned first_byte, total; /* buckets */
};

static struct worked_out work_out(const struct thread *t, const struct stats_stream *s)
{
    static const uint16_t classes[] = {
        offsetof(struct counts_block, status_other), offsetof(struct counts_block, status_1xx),
        offsetof(struct counts_block, status_2xx),   offsetof(struct counts_block, status_3xx),
        offsetof(struct counts_block, status_4xx),   offsetof(struct counts_block, status_5xx),
    };
    unsigned class = s->status / 100u;

    return (struct worked_out){ .second = second_of(t),
                                .status = classes[class < COUNT_OF(classes) ? class : 0],
                                .first_byte = histogram_bucket(s->first_byte_us),
                                .total = histogram_bucket(s->total_us) };
}

static inline void count_times(struct counts_block *b, const struct stats_stream *s,
                               const struct worked_out *w)
{
    if (LIKELY(s->first_byte_us != UINT64_MAX)) {
        counts_add_bucket(&b->first_byte.bucket[w->first_byte]);
        counts_add(&b->response_us, s->first_byte_us);
        counts_add(&b->queue_us, s->queue_us);
        counts_add(&b->connect_us, s->connect_us);
        counts_add(&b->total_us, s->total_us);
        counts_add(&b->timed, 1);
        counts_raise(&b->response_most_us, s->first_byte_us);
        if (UNLIKELY(!s->reused || s->queue_us > 0)) {
            counts_raise(&b->queue_most_us, s->queue_us);
            counts_raise(&b->connect_most_us, s->connect_us);
        }
    }
    if (LIKELY(s->total_us != UINT64_MAX)) {
        counts_add_bucket(&b->total.bucket[w->total]);
        counts_raise(&b->total_most_us, s->total_us);
    }
}

static void count_stream(struct counts_block *b, const struct stats_stream *s, const struct worked_out *w,
                         bool is_service)
{
    if (UNLIKELY(b == NULL))
        return;
    counts_add(&b->bytes_in, s->from_client);
    counts_add(&b->bytes_out, s->to_client);
    if (LIKELY(s->status != 0)) {
        counts_add(&b->requests, 1);
        counts_rate(&b->request_rate, w->second);
        counts_add((_Atomic uint64_t *)(void *)((char *)b + w->status), 1);
    }
    if (!is_service) {
        counts_add(&b->sessions, 1);
        counts_rate(&b->session_rate, w->second);
        counts_add(&b->reuses, s->reused);
    }
    if (UNLIKELY(s->end.reason != END_DONE))
        count_end(b, s);
    count_times(b, s, w);
}

void stats_stream_end(struct thread *t, const struct lease *l, const struct stats_stream *s)
{
    struct worked_out w = work_out(t, s);

    count_stream(service_counts(service_of(s->gate), t->index), s, &w, true);
    if (s->pool != NULL)
        count_stream(pool_counts(snapshot_pool(l->snapshot, s->pool), t->index), s, &w, false);
    if (s->server != NULL)
        count_stream(server_counts(snapshot_server(l->snapshot, s->server), t->index), s, &w, false);
}

void stats_counts_left(const struct lease *l, const struct pool *pool, const struct server *server,
                       uint32_t *of_pool, uint32_t *of_server)
{
    *of_pool = pool ? pool_connections(snapshot_pool(l->snapshot, pool)) : 0;
    *of_server =
        server ? atomic_load_explicit(&snapshot_server(l->snapshot, server)->active, memory_order_relaxed)
               : 0;
}

void stats_session_denied(struct thread *t, const struct gate *g, bool at_once)
{
    struct counts_block *b = service_counts(service_of(g), t->index);

    if (at_once)
        counts_bump(b, denied_connections, 1);
    else
        counts_bump(b, denied_sessions, 1);
}

void stats_read_totals(const struct shared *shared, struct stats_totals *out)
{
    *out = (struct stats_totals){
        .accepted = atomic_load_explicit(&shared->accepted, memory_order_relaxed),
        .connections = atomic_load_explicit(&shared->connections, memory_order_relaxed),
    };
    uint32_t busy = 0;
    for (uint32_t i = 0; i < shared->thread_count; i++) {
        const struct thread *t = shared->threads[i];
        uint32_t streams = atomic_load_explicit(&t->streams, memory_order_relaxed),
                 heads = atomic_load_explicit(&t->heads, memory_order_relaxed);
        out->requests += atomic_load_explicit(&t->requests, memory_order_relaxed);
        out->reading += heads;
        out->writing += streams > heads ? streams - heads : 0;
        busy += streams + atomic_load_explicit(&t->relays, memory_order_relaxed);
    }
    out->waiting = out->connections > busy ? out->connections - busy : 0;
}
