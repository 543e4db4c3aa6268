/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/l4.h"

#include "base/map.h"
#include "engine/core/error_log.h"
#include "engine/core/follow.h"
#include "engine/core/gate.h"
#include "engine/core/l4_target.h"
#include "engine/core/lease.h"
#include "engine/core/lines.h"
#include "engine/core/stats.h"
#include "engine/core/thread.h"
#include "eval/eval.h"
#include "model/zone.h"
#include "state/snapshot.h"

#define L4_MEMORY (64u * 1024) /* of expressions, a session */

struct span l4_text(void *self, enum fetch f)
{
    const struct l4 *l = self;

    return f == FETCH_LIMIT_CONN_STATUS ? rules_limit_text(l->rules.limit_conn) : live_text(self, f);
}

/* ---- the beginning ---- */

static void on_limit(struct rules *r, const struct rules_limit *limit)
{
    struct l4 *l = CONTAINER_OF(r, struct l4, rules);
    char room[256];
    struct buf b;

    buf_init_fixed(&b, room, sizeof(room));
    rules_limit_put(&b, limit);
    error_log(
        l->thread, l->lease, r->error_logs, ERROR_LIMITED,
        &(struct error_about){ .session = l->session, .text = buf_span(&b), .level = limit->limits->level });
}

void l4_begin(struct l4 *l, struct session *s, const struct live *live)
{
    struct thread *t = s->gate->thread;

    l->live.session = l->session = s;
    l->thread = t;
    l->lease = lease_get(s->gate->gone ? s->gate->lease : t->lease);
    thread_count(&t->relays, 1);
    s->owner = l;
    s->requests++;
    scratch_init(&l->scratch, &t->scratch_slab, L4_MEMORY);
    live_begin(&l->facts, live, &l->live, &l->scratch, l->lease);
    l->times =
        (struct facts_times){ .accepted = s->accepted, .handshake = thread_now(t), .begun = s->accepted };
    l->facts.times = &l->times;
    l->rules.facts = &l->facts;
    l->rules.session = s;
    l->rules.on_limit = on_limit;
    loop_forget_deadline(t->loop, &s->deadline);
    rules_begin(&l->rules, s->gate->model->service->entry);
}

/* nginx's end of a line about a session of stream. */
static void describe(void *of, struct error_about *about)
{
    const struct l4 *l = of;

    about->session_bytes = true;
    about->from_client = l->from_client;
    about->to_client = about->from_server = l->to_client;
    about->to_server = l->to_server;
}

void l4_ask(struct l4 *l, const struct proxy *p, struct pool *pool)
{
    struct upstream *u = &l->upstream;

    l->facts.proxy = p;
    l->facts.pool = pool;
    (void)rules_run(&l->rules, HOOK_PICK); /* it only names a server */
    u->wanted = l->rules.wanted;
    u->wanted_down = l->rules.wanted_down;
    u->wanted_only = u->wanted && l->rules.wanted_always;
    u->thread = l->thread;
    u->lease = l->lease;
    u->session = l->session;
    u->pool = pool;
    u->policy = l->rules.server;
    u->facts = &l->facts;
    u->error_logs = l->rules.error_logs;
    u->describe = describe;
    u->of = l;
    u->fresh_only = true; /* bytes of nobody else */
    l4_target_apply(l);
    l->live.upstream = u;
}

/* ---- the end ---- */

static uint64_t since(instant from, instant to)
{
    return from.us == 0 ? UINT64_MAX : instant_us_between(from, to);
}

static void count(struct l4 *l, struct end end)
{
    const struct upstream *u = &l->upstream;
    instant now = thread_now(l->thread);

    stats_stream_end(l->thread, l->lease,
                     &(struct stats_stream){
                         .gate = l->session->gate,
                         .pool = u->pool,
                         .server = u->server,
                         .end = end,
                         .from_client = l->from_client,
                         .to_client = l->to_client,
                         .first_byte_us = UINT64_MAX,
                         .total_us = since(l->times.accepted, now),
                     });
}

static void fill_last_try(struct l4 *l)
{
    struct upstream *u = &l->upstream;
    struct try_facts *t;

    if (u->tried_count == 0)
        return;
    t = upstream_this_try(u);
    t->ended = l->times.end;
    if (u->connected.us == 0)
        return;
    t->sent = l->to_server + u->greeting;
    t->received = l->to_client;
    t->header = l->first_byte;
}

static void fill_end(struct l4 *l, struct end end)
{
    struct upstream *u = &l->upstream;

    l->times.picked = u->picked;
    l->times.connected = u->connected;
    l->times.end = thread_now(l->thread);
    l->facts_end = (struct facts_end){
        .bytes_sent = l->to_client,
        .body_bytes_sent = l->to_client,
        .bytes_received = l->from_client,
        .termination = { end_reason_letter(end.reason), end_moment_letter(end.moment), '-', '-' },
        .retries = u->tries > 1 ? u->tries - 1 : 0,
        .redispatched = u->redispatched,
        .complete = end.reason == END_DONE,
        .queue_server = u->queue_server,
        .queue_pool = u->queue_pool,
        .count_process = atomic_load_explicit(&l->thread->shared->connections, memory_order_relaxed),
        .count_service = atomic_load_explicit(&l->session->service->active, memory_order_relaxed),
    };
    stats_counts_left(l->lease, u->pool, u->server, &l->facts_end.count_pool, &l->facts_end.count_server);
    fill_last_try(l);
    l->facts.times = &l->times;
    l->facts.end = &l->facts_end;
    l->facts.status = l->status;
    l->facts.tries = u->tried;
    l->facts.try_count = upstream_tries_kept(u);
    l->facts.server = upstream_named(u);
    l->facts.pool = u->pool;
    live_now(&l->facts);
}

void l4_log_early(struct l4 *l)
{
    const struct lines_about about = { .failed = l->upstream.tries > 1 };

    if (!lines_are_wanted_early(&l->rules))
        return;
    fill_end(l, l4_ended(END_DONE, MOMENT_NONE));
    lines_write(l->thread, l->lease, &l->rules, LINES_EARLY, &about);
    l->logged_early = true;
}

void l4_finish(struct l4 *l, struct end end, enum session_close how)
{
    struct session *s = l->session;
    struct lease *lease = l->lease;
    struct lines_about about = { .failed = end.reason != END_DONE || l->upstream.tries > 1,
                                 .quiet = l->from_client == 0 && l->to_client == 0 };

    upstream_done(&l->upstream, false);
    fill_end(l, end);
    (void)rules_run(&l->rules, HOOK_LOG);
    lines_write(l->thread, lease, &l->rules, l->logged_early ? LINES_LATE : LINES_ALL, &about);
    count(l, end);
    upstream_cancel(&l->upstream);
    l4_target_cancel(l);
    rules_end_limits(&l->rules);
    follow_end(&l->facts, l->from_client, l->to_client);
    scratch_reset(&l->scratch);
    thread_count(&l->thread->relays, (uint32_t)-1);
    s->owner = NULL;
    session_close(s, how);
    lease_put(lease);
}
