/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/tcp.h"

#include "engine/core/error_log.h"
#include "engine/core/follow.h"
#include "engine/core/gate.h"
#include "engine/core/l4.h"
#include "engine/core/l4_target.h"
#include "engine/core/lease.h"
#include "engine/core/relay.h"
#include "engine/core/thread.h"
#include "eval/eval.h"
#include "io/chunk.h"

#define HELLO_MOST 16384 /* bytes that conditions may look at */

/* From accept to the line in the log. */
struct tcp {
    struct l4 l4; /* first: session->owner points here */
    struct relay relay;
    bool relaying;
    bool waits_bytes; /* a condition looks at the client's first bytes */
    char *hello;      /* a chunk with them, while it does */
    size_t hello_len;
    struct span kept; /* the same bytes for the log, once <hello> is gone; ptr NULL: not wanted */
    bool hello_full;  /* more of it cannot be kept */
    bool hello_ended; /* no more will come, or no more will be waited for */
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
    chunk_put(loop_chunks(t->l4.thread->loop), CHUNK_SMALL, t->hello);
    t->hello = NULL;
}

#define KEPT_MOST 4096 /* of a first message that the log wants to know of */

static bool log_wants_hello(const struct tcp *t)
{
    const struct scope *s = t->l4.rules.logs;

    for (uint32_t i = 0; i < s->logs.count; i++)
        if (s->logs.items[i].line && (s->logs.items[i].line->needs & NEEDS_BYTES))
            return true;
    return false;
}

/* The chunk goes to the server, or back; a line of the log may still ask what was in it. */
static void keep_hello(struct tcp *t)
{
    if (t->hello && !t->kept.ptr && log_wants_hello(t))
        t->kept = scratch_span(&t->l4.scratch,
                               span_of(t->hello, t->hello_len < KEPT_MOST ? t->hello_len : KEPT_MOST));
}

/* The one end of a TCP session. */
static void tcp_end(struct tcp *t, struct end end, enum session_close how)
{
    struct thread *thread = t->l4.thread;

    if (t->relaying)
        relay_cancel(&t->relay);
    t->relaying = false;
    t->l4.to_server = t->relay.to_server;
    t->l4.to_client = t->relay.to_client;
    t->l4.from_client = t->relay.to_server ? t->relay.to_server : t->hello_len;
    t->l4.first_byte = t->relay.first_byte;
    keep_hello(t);
    drop_hello(t);
    if (how == CLOSE_NORMAL && t->l4.rules.client && t->l4.rules.client->reset_at_end)
        how = CLOSE_RESET;
    if (t->l4.upstream.conn && t->l4.rules.server->reset_at_end)
        conn_reset(&t->l4.upstream.conn->conn); /* closing it again does no harm */
    l4_finish(&t->l4, end, how);
    slab_put(&thread->tcp_slab, t);
}

/* ---- the relay ---- */

static void on_relay_end(struct relay *r, struct end end)
{
    struct tcp *t = r->owner;

    t->relaying = false;
    if (end.reason == END_SERVER_TIMEOUT && t->l4.rules.server->one_timer)
        end.reason = END_DONE; /* nginx: an idle session that ends is a normal end */
    tcp_end(t, end, CLOSE_NORMAL);
}

/* For pools that choose by it; that it could be connected to says little of it. */
static void on_relay_byte(struct relay *r)
{
    struct tcp *t = r->owner;

    upstream_answered(&t->l4.upstream, instant_us_between(t->l4.upstream.try_began, r->first_byte));
}

static uint64_t rate_of(struct tcp *t, const struct expr *e)
{
    int64_t n = 0;

    return e && eval_number(&t->l4.facts, e, &n) && n > 0 ? (uint64_t)n : 0;
}

/* tcp-response content: the server's first bytes. */
static enum relay_verdict on_answer(struct relay *r, struct span bytes, bool last)
{
    struct tcp *t = r->owner;
    struct facts *f = &t->l4.facts;

    bool again = f->answered.ptr != NULL;
    f->answered = bytes;
    f->inspected = last;
    f->server = t->l4.upstream.server;
    enum rules_result result = again ? rules_resume(&t->l4.rules) : rules_run(&t->l4.rules, HOOK_RESPONSE);
    if (result == RULES_WAIT_BYTES && !last)
        return RELAY_MORE;
    f->answered = span_of(NULL, 0); /* the chunk goes its way */
    if (result == RULES_CLOSE && t->l4.rules.action->number == CLOSE_AFTER)
        return RELAY_LAST;
    return result == RULES_DONE || result == RULES_WAIT_BYTES ? RELAY_PASS : RELAY_END;
}

static bool answer_is_looked_at(const struct rules *r)
{
    return r->scope->on[HOOK_RESPONSE].count || r->entry->on[HOOK_RESPONSE].count;
}

static void start_relay(struct tcp *t)
{
    const struct client_policy *c = t->l4.rules.client;
    const struct server_policy *s = t->l4.rules.server;
    struct relay_options o = {
        .client_timeout = s->one_timer ? s->read_timeout : c->body_timeout,
        .server_timeout = s->read_timeout,
        .tunnel_timeout = s->tunnel_timeout,
        .client_fin = c->half_closed_timeout,
        .server_fin = s->half_closed_timeout,
        .nginx_timeout = s->one_timer,
        .splice_request = s->splice_request,
        .splice_response = s->splice_response,
        .rate_to_server = rate_of(t, s->rate_to_server),
        .rate_to_client = s->rate_to_client ? rate_of(t, s->rate_to_client) : c->limit_rate,
        .half_close = !s->end_together,
    };

    if (UNLIKELY(answer_is_looked_at(&t->l4.rules))) {
        o.inspect = on_answer;
        o.inspect_delay = t->l4.rules.scope->answer_delay;
    }

    t->l4.upstream.conn->owner = NULL;
    t->relay.thread = t->l4.thread;
    t->relay.client = t->l4.session;
    t->relay.server = t->l4.upstream.conn;
    t->relay.owner = t;
    t->relay.on_end = on_relay_end;
    t->l4.status = 200;
    follow_store(&t->l4.rules, t->l4.upstream.server);
    if (t->l4.upstream.pool->load == LOAD_FIRST_BYTE)
        t->relay.on_first_byte = on_relay_byte;
    else
        upstream_answered(&t->l4.upstream,
                          instant_us_between(t->l4.upstream.try_began, t->l4.upstream.connected));
    l4_log_early(&t->l4);
    keep_hello(t);
    t->relaying = relay_start(&t->relay, &o, span_of(t->hello, t->hello_len), SPAN(""));
    drop_hello(t);
    if (!t->relaying)
        tcp_end(t, l4_ended(END_LIMITED, MOMENT_DATA), CLOSE_RESET);
}

/* ---- a server ---- */

static void on_upstream(struct upstream *u, enum upstream_result result)
{
    struct tcp *t = CONTAINER_OF(u, struct tcp, l4.upstream);

    switch (result) {
    case UPSTREAM_READY:
        start_relay(t);
        return;
    case UPSTREAM_FAILED:
        t->l4.status = 502;
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

    if (c->hangup_seen && t->l4.rules.server->abort_with_client && !c->tls) {
        struct conn_done d = conn_peek(c, loop_chunks(c->loop)->scratch, 1);
        if (d.result == CONN_EOF || d.result == CONN_ERROR)
            tcp_end(t, l4_ended(END_CLIENT_CLOSED, MOMENT_CONNECT), CLOSE_NORMAL);
    }
}

static void find_server(struct tcp *t, const struct proxy *p);

static void on_target(struct l4 *l)
{
    find_server(CONTAINER_OF(l, struct tcp, l4), l->rules.action->proxy);
}

static void find_server(struct tcp *t, const struct proxy *p)
{
    struct upstream *u = &t->l4.upstream;
    struct pool *pool;
    enum l4_target_state found = l4_target_find(&t->l4, p, on_target, &pool);

    if (found == L4_TARGET_UNKNOWN) { /* a name that no group of servers has, and nobody */
        t->l4.status = 500;
        tcp_end(t, l4_ended(END_NO_SERVER, MOMENT_CONNECT), CLOSE_NORMAL);
        return;
    }
    t->l4.session->conn.on_ready = on_client_while_connecting;
    loop_forget_deadline(t->l4.thread->loop, &t->l4.session->deadline);
    if (found == L4_TARGET_WAIT)
        return;
    l4_ask(&t->l4, p, pool);
    u->on_result = on_upstream;
    on_upstream(u, upstream_start(u));
}

/* ---- rules ---- */

static void send_reply(struct tcp *t, const struct reply *r)
{
    struct span body = r != NULL && r->body != NULL ? eval_text(&t->l4.facts, r->body) : SPAN("");

    t->l4.status = 200;
    if (body.len > 0)
        t->relay.to_client = conn_write(&t->l4.session->conn, body.ptr, body.len).len;
    conn_shutdown_write(&t->l4.session->conn);
    tcp_end(t, l4_ended(END_DONE, MOMENT_NONE), CLOSE_NORMAL);
}

static void denied(struct tcp *t)
{
    static const enum session_close how[] = { CLOSE_NORMAL, CLOSE_RESET, CLOSE_VANISH };
    int64_t number = t->l4.rules.action ? t->l4.rules.action->number : 0;

    t->l4.status = l4_denied_as(&t->l4);
    tcp_end(t, l4_ended(END_DENIED, MOMENT_REQUEST), how[number >= 0 && number < 3 ? number : 0]);
}

static void carry_on(struct tcp *t, enum rules_result result);

static bool tcp_bytes(void *self, struct span *out)
{
    struct tcp *t = self;

    if (t->hello == NULL && t->kept.ptr) {
        *out = t->kept;
        return true;
    }
    *out = span_of(t->hello ? t->hello : "", t->hello ? t->hello_len : 0);
    return t->hello_len > 0 || t->hello_ended;
}

/* More of the client's first bytes are there, or never will be. */
static void on_client_bytes(struct conn *c)
{
    struct tcp *t = tcp_of(session_of_conn(c));

    if (t->hello == NULL)
        t->hello = chunk_get(loop_chunks(t->l4.thread->loop), CHUNK_SMALL);
    if (t->hello == NULL) {
        tcp_end(t, l4_ended(END_LIMITED, MOMENT_REQUEST), CLOSE_RESET);
        return;
    }
    size_t most = chunk_room(loop_chunks(t->l4.thread->loop), CHUNK_SMALL);
    uint32_t wanted = t->l4.rules.client ? t->l4.rules.client->head_max : 0;
    most = most < HELLO_MOST ? most : HELLO_MOST;
    most = wanted && wanted < most ? wanted : most;
    size_t room = most - t->hello_len;
    struct conn_done d =
        room ? conn_read(c, t->hello + t->hello_len, room) : (struct conn_done){ .result = CONN_EOF };
    if (d.result == CONN_AGAIN)
        return;
    t->hello_len += d.len;
    t->hello_ended = d.result != CONN_OK || t->hello_len == most;
    t->hello_full = t->hello_len == most;
    t->l4.facts.inspected |= t->hello_ended && !t->l4.rules.scope->inspect_strict;
    carry_on(t, rules_resume(&t->l4.rules));
}

static void wait_for_bytes(struct tcp *t)
{
    if (t->hello_ended && t->l4.rules.scope->inspect_strict) {
        t->l4.status = t->hello_full ? 400 : 200;
        tcp_end(t, l4_ended(END_DONE, MOMENT_REQUEST), CLOSE_NORMAL);
        return;
    }
    if (t->hello_ended) { /* what is not there by now is not there */
        carry_on(t, RULES_DONE);
        return;
    }
    t->waits_bytes = true;
    t->l4.session->conn.on_ready = on_client_bytes;
    if (!deadline_is_set(&t->l4.session->deadline))
        loop_set_deadline(t->l4.thread->loop, &t->l4.session->deadline, t->l4.rules.scope->inspect_delay);
    conn_again(&t->l4.session->conn);
}

static void carry_on(struct tcp *t, enum rules_result result)
{
    if (result == RULES_DONE && t->l4.rules.hook == HOOK_CONTENT)
        result = rules_run(&t->l4.rules, HOOK_REQUEST);
    switch (result) {
    case RULES_PROXY:
        find_server(t, t->l4.rules.action->proxy);
        return;
    case RULES_REPLY:
        send_reply(t, t->l4.rules.reply);
        return;
    case RULES_CLOSE:
    case RULES_TARPIT:
        denied(t);
        return;
    case RULES_WAIT_BYTES:
        wait_for_bytes(t);
        return;
    case RULES_DONE: /* nobody says where to: HAProxy's "no server", as for a frontend without a backend */
        t->l4.status = 502;
        tcp_end(t, l4_ended(END_NO_SERVER, MOMENT_CONNECT), CLOSE_NORMAL);
        return;
    case RULES_FILES:
    case RULES_STATUS:
    case RULES_PAUSE:
    case RULES_AUTH:
    case RULES_WAIT_BODY:
    case RULES_FAILED:
        t->l4.status = 500;
        tcp_end(t, l4_ended(END_INTERNAL, MOMENT_REQUEST), CLOSE_NORMAL);
        return;
    }
}

/* ---- the protocol ---- */

static const struct live live_tcp = { .address = live_address,
                                      .number = live_number,
                                      .text = l4_text,
                                      .tls = live_tls,
                                      .kept = live_kept,
                                      .bytes = tcp_bytes };

static void tcp_begin(struct session *s)
{
    struct thread *thread = s->gate->thread;
    struct tcp *t = slab_get(&thread->tcp_slab);

    if (t == NULL) {
        error_log(thread, s->gate->lease, NULL, ERROR_MEMORY_FULL, &(struct error_about){ .session = s });
        session_close(s, CLOSE_RESET);
        return;
    }
    *t = (struct tcp){ 0 };
    l4_begin(&t->l4, s, &live_tcp);
    t->l4.facts.inspected = t->l4.rules.scope->inspect_delay.ms == 0;
    carry_on(t, rules_run(&t->l4.rules, HOOK_CONTENT));
}

static void tcp_expired(struct session *s)
{
    struct tcp *t = tcp_of(s);

    if (!t->waits_bytes)
        return;
    t->waits_bytes = false;
    t->hello_ended = true;
    if (t->l4.rules.scope->inspect_strict) {
        wait_for_bytes(t);
        return;
    }
    t->l4.facts.inspected = true;
    carry_on(t, rules_resume(&t->l4.rules));
}

static struct tcp *tcp_running(const struct session *s)
{
    struct tcp *relayed = relay_owner_of(s);

    return relayed ? relayed : tcp_of(s);
}

static bool tcp_look(const struct session *s, struct protocol_view *out)
{
    const struct tcp *t = tcp_running(s);

    if (t == NULL)
        return false;
    *out = (struct protocol_view){ .upstream = &t->l4.upstream,
                                   .begun = t->l4.times.accepted,
                                   .doing = t->relaying ? "relay" : "connect" };
    return true;
}

static void tcp_end_for(struct session *s, enum end_reason why)
{
    tcp_end(tcp_running(s), l4_ended(why, MOMENT_DATA), CLOSE_NORMAL);
}

static void tcp_stop(struct session *s, bool now)
{
    if (now)
        tcp_end_for(s, END_STOPPED);
}

const struct protocol_ops tcp_protocol = {
    .begin = tcp_begin, .expired = tcp_expired, .stop = tcp_stop, .look = tcp_look, .end = tcp_end_for
};
