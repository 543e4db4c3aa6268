/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/tcp.h"

#include <errno.h>

#include "base/scratch.h"
#include "engine/core/error_log.h"
#include "engine/core/gate.h"
#include "engine/core/lease.h"
#include "engine/core/lines.h"
#include "engine/core/live.h"
#include "engine/core/relay.h"
#include "engine/core/rules.h"
#include "engine/core/session.h"
#include "engine/core/stats.h"
#include "engine/core/thread.h"
#include "engine/core/upstream.h"
#include "eval/eval.h"
#include "io/chunk.h"
#include "state/snapshot.h"

#define TCP_MEMORY (64u * 1024) /* of expressions, a session */
#define HELLO_MOST 16384        /* bytes that conditions may look at */

/* From accept to the line in the log. */
struct tcp {
    struct live_self live; /* first: facts.self points here */
    struct thread *thread;
    struct session *session;
    struct lease *lease;
    struct rules rules;
    struct facts facts;
    struct facts_times times;
    struct facts_end facts_end;
    struct scratch scratch;
    struct upstream upstream;
    struct relay relay;
    bool relaying;
    bool logged_early;
    bool waits_bytes; /* a condition looks at the client's first bytes */
    char *hello;      /* a chunk with them, while it does */
    size_t hello_len;
    bool hello_ended; /* no more will come, or no more will be waited for */
    uint16_t status;  /* as nginx's $status of stream: 200, 403, 502 ... */
};

size_t tcp_size(void)
{
    return sizeof(struct tcp);
}

static struct tcp *tcp_of(const struct session *s)
{
    return s->owner;
}

/* ---- the end ---- */

static void drop_hello(struct tcp *t)
{
    chunk_put(loop_chunks(t->thread->loop), CHUNK_SMALL, t->hello);
    t->hello = NULL;
}

static uint64_t since(instant from, instant to)
{
    return from.us == 0 ? UINT64_MAX : instant_us_between(from, to);
}

static void count(struct tcp *t, struct end end)
{
    const struct upstream *u = &t->upstream;
    instant now = thread_now(t->thread);

    stats_stream_end(t->thread, t->lease,
                     &(struct stats_stream){
                         .gate = t->session->gate,
                         .pool = u->pool,
                         .server = u->server,
                         .end = end,
                         .tries = (uint16_t)u->tries,
                         .redispatched = u->redispatched,
                         .from_client = t->relay.to_server,
                         .to_client = t->relay.to_client,
                         .from_server = t->relay.to_client,
                         .to_server = t->relay.to_server,
                         .first_byte_us = UINT64_MAX,
                         .total_us = since(t->times.accepted, now),
                         .queue_us = since(u->started, u->picked),
                         .connect_us = since(u->picked, u->connected),
                     });
}

static void fill_end(struct tcp *t, struct end end)
{
    const struct upstream *u = &t->upstream;

    t->times.picked = u->picked;
    t->times.connected = u->connected;
    t->times.end = thread_now(t->thread);
    t->facts_end = (struct facts_end){
        .bytes_sent = t->relay.to_client,
        .body_bytes_sent = t->relay.to_client,
        .bytes_received = t->relay.to_server,
        .termination = { end_reason_letter(end.reason), end_moment_letter(end.moment), '-', '-' },
        .retries = u->tries > 1 ? u->tries - 1 : 0,
        .redispatched = u->redispatched,
        .complete = end.reason == END_DONE,
        .queue_server = u->queue_server,
        .queue_pool = u->queue_pool,
        .count_process = atomic_load_explicit(&t->thread->shared->connections, memory_order_relaxed),
        .count_service = atomic_load_explicit(&t->session->service->active, memory_order_relaxed),
    };
    stats_counts_left(t->lease, u->pool, u->server, &t->facts_end.count_pool, &t->facts_end.count_server);
    t->facts.times = &t->times;
    t->facts.end = &t->facts_end;
    t->facts.status = t->status;
    t->facts.tries = u->tried;
    t->facts.try_count = upstream_tries_kept(u);
    t->facts.server = u->server;
    t->facts.pool = u->pool;
    live_now(&t->facts);
}

/* The one end of a TCP session. */
static void tcp_end(struct tcp *t, struct end end, enum session_close how)
{
    struct session *s = t->session;
    struct thread *thread = t->thread;
    struct lines_about about = { .failed = end.reason != END_DONE || t->upstream.tries > 1,
                                 .quiet = t->relay.to_server == 0 && t->relay.to_client == 0 };

    if (t->relaying)
        relay_cancel(&t->relay);
    t->relaying = false;
    upstream_done(&t->upstream, false);
    fill_end(t, end);
    (void)rules_run(&t->rules, HOOK_LOG);
    lines_write(thread, t->lease, &t->rules, t->logged_early ? LINES_LATE : LINES_ALL, &about);
    count(t, end);
    upstream_cancel(&t->upstream);
    drop_hello(t);
    scratch_reset(&t->scratch);
    struct lease *lease = t->lease;
    s->owner = NULL;
    slab_put(&thread->tcp_slab, t);
    session_close(s, how);
    lease_put(lease);
}

static struct end ended(enum end_reason reason, enum end_moment moment)
{
    return (struct end){ .reason = (uint8_t)reason, .moment = (uint8_t)moment };
}

/* ---- the relay ---- */

static void on_relay_end(struct relay *r, struct end end)
{
    struct tcp *t = r->owner;

    t->relaying = false;
    if (end.reason == END_SERVER_TIMEOUT && t->rules.server->one_timer)
        end.reason = END_DONE; /* nginx: an idle session that ends is a normal end */
    tcp_end(t, end, CLOSE_NORMAL);
}

/* logasap: the server is connected. */
static void log_early(struct tcp *t)
{
    const struct lines_about about = { .failed = t->upstream.tries > 1 };

    if (!lines_are_wanted_early(&t->rules))
        return;
    fill_end(t, ended(END_DONE, MOMENT_NONE));
    lines_write(t->thread, t->lease, &t->rules, LINES_EARLY, &about);
    t->logged_early = true;
}

static void start_relay(struct tcp *t)
{
    const struct client_policy *c = t->rules.client;
    const struct server_policy *s = t->rules.server;
    struct relay_options o = {
        .client_timeout = s->one_timer ? s->read_timeout : c->body_timeout,
        .server_timeout = s->read_timeout,
        .tunnel_timeout = s->tunnel_timeout,
        .client_fin = c->half_closed_timeout,
        .server_fin = s->half_closed_timeout,
        .nginx_timeout = s->one_timer,
        .splice_request = s->splice_request,
        .splice_response = s->splice_response,
        .rate_to_client = c->limit_rate,
        .half_close = !s->end_together,
    };

    t->upstream.conn->owner = NULL;
    t->relay.thread = t->thread;
    t->relay.client = t->session;
    t->relay.server = t->upstream.conn;
    t->relay.owner = t;
    t->relay.on_end = on_relay_end;
    t->status = 200;
    upstream_answered(&t->upstream, instant_us_between(t->upstream.try_began, t->upstream.connected));
    log_early(t);
    t->relaying = relay_start(&t->relay, &o, span_of(t->hello, t->hello_len), SPAN(""));
    drop_hello(t);
    if (!t->relaying)
        tcp_end(t, ended(END_LIMITED, MOMENT_DATA), CLOSE_RESET);
}

/* ---- a server ---- */

static void on_upstream(struct upstream *u, enum upstream_result result)
{
    struct tcp *t = CONTAINER_OF(u, struct tcp, upstream);

    switch (result) {
    case UPSTREAM_READY:
        start_relay(t);
        return;
    case UPSTREAM_FAILED:
        t->status = 502;
        tcp_end(t, u->end, CLOSE_NORMAL);
        return;
    case UPSTREAM_WAIT:
        return;
    }
}

/* While a server is sought only the client's going away is of interest. */
static void on_client_while_connecting(struct conn *c)
{
    struct tcp *t = tcp_of(session_of_conn(c));

    if (c->hangup_seen && t->rules.server->abort_with_client && !c->tls) {
        struct conn_done d = conn_peek(c, loop_chunks(c->loop)->scratch, 1);
        if (d.result == CONN_EOF || d.result == CONN_ERROR)
            tcp_end(t, ended(END_CLIENT_CLOSED, MOMENT_CONNECT), CLOSE_NORMAL);
    }
}

static struct pool *target_pool(struct tcp *t, const struct proxy *p)
{
    return p->pool || p->pools == NULL ? p->pool : map_get(p->pools, eval_text(&t->facts, p->target));
}

static void find_server(struct tcp *t, const struct proxy *p)
{
    struct upstream *u = &t->upstream;
    struct pool *pool = target_pool(t, p);

    if (pool == NULL) { /* a name that no group of servers has */
        t->status = 500;
        tcp_end(t, ended(END_NO_SERVER, MOMENT_CONNECT), CLOSE_NORMAL);
        return;
    }

    t->session->conn.on_ready = on_client_while_connecting;
    loop_forget_deadline(t->thread->loop, &t->session->deadline);
    t->facts.proxy = p;
    t->facts.pool = pool;
    u->thread = t->thread;
    u->lease = t->lease;
    u->session = t->session;
    u->pool = pool;
    u->policy = t->rules.server;
    u->facts = &t->facts;
    u->error_logs = t->rules.error_logs;
    u->on_result = on_upstream;
    u->fresh_only = true; /* bytes of nobody else */
    t->live.upstream = u;
    on_upstream(u, upstream_start(u));
}

/* ---- rules ---- */

static void send_reply(struct tcp *t, const struct reply *r)
{
    struct span body = r != NULL && r->body != NULL ? eval_text(&t->facts, r->body) : SPAN("");

    t->status = 200;
    if (body.len > 0)
        t->relay.to_client = conn_write(&t->session->conn, body.ptr, body.len).len;
    conn_shutdown_write(&t->session->conn);
    tcp_end(t, ended(END_DONE, MOMENT_NONE), CLOSE_NORMAL);
}

static void denied(struct tcp *t)
{
    static const enum session_close how[] = { CLOSE_NORMAL, CLOSE_RESET, CLOSE_VANISH };
    int64_t number = t->rules.action ? t->rules.action->number : 0;

    t->status = 403;
    tcp_end(t, ended(END_DENIED, MOMENT_REQUEST), how[number >= 0 && number < 3 ? number : 0]);
}

static void carry_on(struct tcp *t, enum rules_result result);

static bool tcp_bytes(void *self, struct span *out)
{
    struct tcp *t = self;

    *out = span_of(t->hello ? t->hello : "", t->hello_len);
    return t->hello_len > 0 || t->hello_ended;
}

/* More of the client's first bytes are there, or never will be. */
static void on_client_bytes(struct conn *c)
{
    struct tcp *t = tcp_of(session_of_conn(c));

    if (t->hello == NULL)
        t->hello = chunk_get(loop_chunks(t->thread->loop), CHUNK_SMALL);
    if (t->hello == NULL) {
        tcp_end(t, ended(END_LIMITED, MOMENT_REQUEST), CLOSE_RESET);
        return;
    }
    size_t most = chunk_room(loop_chunks(t->thread->loop), CHUNK_SMALL);
    most = most < HELLO_MOST ? most : HELLO_MOST;
    size_t room = most - t->hello_len;
    struct conn_done d =
        room ? conn_read(c, t->hello + t->hello_len, room) : (struct conn_done){ .result = CONN_EOF };
    if (d.result == CONN_AGAIN)
        return;
    t->hello_len += d.len;
    t->hello_ended = d.result != CONN_OK || t->hello_len == most;
    t->facts.inspected |= t->hello_ended;
    carry_on(t, rules_resume(&t->rules));
}

static void wait_for_bytes(struct tcp *t)
{
    if (t->hello_ended) { /* what is not there by now is not there */
        carry_on(t, RULES_DONE);
        return;
    }
    t->waits_bytes = true;
    t->session->conn.on_ready = on_client_bytes;
    if (!deadline_is_set(&t->session->deadline))
        loop_set_deadline(t->thread->loop, &t->session->deadline, t->rules.scope->inspect_delay);
    conn_again(&t->session->conn);
}

static void carry_on(struct tcp *t, enum rules_result result)
{
    if (result == RULES_DONE && t->rules.hook == HOOK_CONTENT)
        result = rules_run(&t->rules, HOOK_REQUEST);
    switch (result) {
    case RULES_PROXY:
        find_server(t, t->rules.action->proxy);
        return;
    case RULES_REPLY:
        send_reply(t, t->rules.reply);
        return;
    case RULES_CLOSE:
    case RULES_TARPIT:
        denied(t);
        return;
    case RULES_WAIT_BYTES:
        wait_for_bytes(t);
        return;
    case RULES_DONE: /* nobody says where to: HAProxy's "no server", as for a frontend without a backend */
        t->status = 502;
        tcp_end(t, ended(END_NO_SERVER, MOMENT_CONNECT), CLOSE_NORMAL);
        return;
    case RULES_FILES:
    case RULES_STATUS:
    case RULES_FAILED:
        t->status = 500;
        tcp_end(t, ended(END_INTERNAL, MOMENT_REQUEST), CLOSE_NORMAL);
        return;
    }
}

/* ---- the protocol ---- */

static const struct live live_tcp = {
    .address = live_address, .number = live_number, .text = live_text, .tls = live_tls, .bytes = tcp_bytes
};

static void tcp_begin(struct session *s)
{
    struct thread *thread = s->gate->thread;
    struct tcp *t = slab_get(&thread->tcp_slab);

    if (t == NULL) {
        error_log(thread, s->gate->lease, NULL, ERROR_MEMORY_FULL, &(struct error_about){ .session = s });
        session_close(s, CLOSE_RESET);
        return;
    }
    *t = (struct tcp){ .live = { .session = s }, .thread = thread, .session = s };
    t->lease = lease_get(s->gate->gone ? s->gate->lease : thread->lease);
    s->owner = t;
    s->requests++;
    scratch_init(&t->scratch, &thread->scratch_slab, TCP_MEMORY);
    live_begin(&t->facts, &live_tcp, &t->live, &t->scratch, t->lease);
    t->times = (struct facts_times){ .accepted = s->accepted,
                                     .handshake = thread_now(thread),
                                     .begun = s->accepted };
    t->facts.times = &t->times;
    t->rules.facts = &t->facts;
    t->rules.session = s;
    loop_forget_deadline(thread->loop, &s->deadline);
    rules_begin(&t->rules, s->gate->model->service->entry);
    t->facts.inspected = t->rules.scope->inspect_delay.ms == 0;
    carry_on(t, rules_run(&t->rules, HOOK_CONTENT));
}

static void tcp_expired(struct session *s)
{
    struct tcp *t = tcp_of(s);

    if (!t->waits_bytes)
        return;
    t->waits_bytes = false;
    t->hello_ended = t->facts.inspected = true;
    carry_on(t, rules_resume(&t->rules));
}

static void tcp_stop(struct session *s, bool now)
{
    struct tcp *relayed = relay_owner_of(s);

    if (now)
        tcp_end(relayed ? relayed : tcp_of(s), ended(END_STOPPED, MOMENT_DATA), CLOSE_NORMAL);
}

const struct protocol_ops tcp_protocol = { .begin = tcp_begin, .expired = tcp_expired, .stop = tcp_stop };
