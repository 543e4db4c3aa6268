/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to a server: taken from those that are kept, or opened; closed, or kept for whoever comes
 * next. */
#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "engine/core/lease.h"
#include "engine/core/session.h"
#include "engine/core/slot.h"
#include "engine/core/thread.h"
#include "engine/core/upstream_internal.h"
#include "engine/core/upstream_tls.h"
#include "eval/eval.h"
#include "io/tls.h"
#include "wire/proxy.h"

/* --- kept ones --- */
static void conn_release_memory(struct grave *g)
{
    struct upstream_conn *c = CONTAINER_OF(g, struct upstream_conn, grave);

    slab_put(&c->thread->upstream_slab, c);
}

static void idle_remove(struct upstream_conn *c)
{
    link_remove(&c->link);
    link_remove(&c->in_pool);
    c->slot->idle_count--;
    if (LIKELY(c->slot->gauge))
        atomic_store_explicit(c->slot->gauge, atomic_load_explicit(c->slot->gauge, memory_order_relaxed) - 1,
                              memory_order_relaxed);
    c->slot->pool->idle_count--;
    c->idle = false;
}

void upstream_conn_close(struct upstream_conn *c)
{
    struct thread *t = c->thread;

    if (c->idle)
        idle_remove(c);
    else
        link_remove(&c->link);
    loop_forget_deadline(t->loop, &c->deadline);
    conn_close(&c->conn);
    tls_session_free(&c->tls_later);
    slot_resume_put(c->resume);
    t->upstream_count--;
    loop_bury(t->loop, &c->grave, conn_release_memory);
}

static void conn_on_expired(struct deadline *d)
{
    struct upstream_conn *c = CONTAINER_OF(d, struct upstream_conn, deadline);

    if (c->idle)
        upstream_conn_close(c);
    else
        c->on_expired(c);
}

/* A server has nothing to say unasked: whatever comes, the connection is over. Out of line, as its byte on
 * the stack would cost whoever keeps a connection a guard. */
static __attribute__((noinline)) void conn_on_idle(struct conn *conn)
{
    char byte;

    if (conn_read(conn, &byte, 1).result != CONN_AGAIN)
        upstream_conn_close(upstream_conn_of(conn));
}

/* May <c> be kept for whoever comes next? */
static bool conn_is_keepable(const struct upstream *u, const struct upstream_conn *c)
{
    const struct pool *p = u->pool;
    instant now = thread_now(u->thread);

    if (!c->pooled || u->found || !u->policy->keepalive || u->thread->draining || p->idle_max == 0 ||
        u->server->idle_max == 0)
        return false;
    if (p->idle_requests && c->requests >= p->idle_requests)
        return false;
    if (instant_after(c->opened, p->idle_life).us <= now.us)
        return false;
    enum server_use use = server_use(upstream_state(u), u->server, now);
    return use != USE_MAINT && use != USE_DOWN && conn_is_flushed(&c->conn);
}

static void idle_make_room(const struct upstream *u)
{
    struct server_slot *s = u->slot;
    struct pool_slot *p = s->pool;

    if (u->server->idle_max != UINT32_MAX && s->idle_count >= u->server->idle_max)
        upstream_conn_close(LIST_ITEM(list_last(&s->idle), struct upstream_conn, link));
    if (u->pool->idle_max != UINT32_MAX && p->idle_count >= u->pool->idle_max)
        upstream_conn_close(LIST_ITEM(list_first(&p->idle), struct upstream_conn, in_pool));
}

static void idle_add(const struct upstream *u, struct upstream_conn *c)
{
    duration a = u->pool->idle_timeout, b = u->server->idle_timeout;

    idle_make_room(u);
    c->idle = true;
    c->owner = NULL;
    c->conn.on_ready = conn_on_idle;
    link_remove(&c->link);
    list_push_front(&c->slot->idle, &c->link);
    list_push_back(&c->slot->pool->idle, &c->in_pool);
    c->slot->idle_count++;
    if (UNLIKELY(!c->slot->gauge))
        slot_find_gauge(c->slot);
    if (LIKELY(c->slot->gauge))
        atomic_store_explicit(c->slot->gauge, atomic_load_explicit(c->slot->gauge, memory_order_relaxed) + 1,
                              memory_order_relaxed);
    c->slot->pool->idle_count++;
    loop_set_deadline(u->thread->loop, &c->deadline, a.ms < b.ms ? a : b);
    if (c->conn.can_read) /* a FIN behind the answer, or bytes nobody asked for */
        conn_on_idle(&c->conn);
}

void upstream_conn_keep(struct upstream *u, struct upstream_conn *c)
{
    if (conn_is_keepable(u, c))
        idle_add(u, c);
    else
        upstream_conn_close(c);
}

/* Is a kept connection right for this request, by the pool's policy? */
static bool reuse_allows(const struct upstream *u, const struct upstream_conn *c)
{
    bool first = u->session->requests <= 1;

    switch (u->pool->reuse) {
    case REUSE_NEVER:
        return false;
    case REUSE_SAFE:
        return !first;
    case REUSE_AGGRESSIVE:
        return !first || c->requests > 1;
    case REUSE_ALWAYS:
        break;
    }
    return true;
}

/* One that the server has closed meanwhile would cost a request that cannot be sent twice. */
static __attribute__((noinline)) bool conn_is_alive(struct upstream_conn *c)
{
    char byte;

    conn_look_again(&c->conn);
    return conn_read(&c->conn, &byte, 1).result == CONN_AGAIN;
}

#define IDLE_LOOKS 16 /* kept ones of other names that are passed over: a bound, not a need */

/* The last used of those that are as this try wants them. */
static struct upstream_conn *idle_find(const struct server_slot *s, uint64_t tls_key)
{
    unsigned looks = 0;

    LIST_EACH (&s->idle, c, struct upstream_conn, link) {
        if (c->tls_key == tls_key)
            return c;
        if (++looks == IDLE_LOOKS)
            break;
    }
    return NULL;
}

static struct upstream_conn *idle_take(struct upstream *u, const struct upstream_wish *w)
{
    while (!u->fresh_only && !u->found) {
        struct upstream_conn *c = idle_find(u->slot, w->key);
        if (!c || !reuse_allows(u, c))
            return NULL;
        if (u->careful && !conn_is_alive(c)) {
            upstream_conn_close(c);
            continue;
        }
        idle_remove(c);
        list_push_back(&u->slot->busy, &c->link);
        wheel_clear(&c->deadline);
        return c;
    }
    return NULL;
}

/* --- connecting --- */
static void upstream_is_open(struct upstream *u)
{
    u->connected = thread_now(u->thread);
    upstream_this_try(u)->connected = u->connected;
    wheel_clear(&u->conn->deadline);
}

void upstream_connect_failed(struct upstream *u, enum upstream_failure f, int error)
{
    u->error = error;
    if (!upstream_tls_failed(u))
        upstream_log(u, f == FAILURE_CONNECT ? ERROR_CONNECT_FAILED : ERROR_CONNECT_TIMEOUT, SPAN(""));
    if (f == FAILURE_CONNECT)
        upstream_bump(u, connect_errors);
    else
        upstream_bump(u, connect_timeouts);
    upstream_tell(u, upstream_retry(u, f, true, true));
}

static bool upstream_send_proxy(struct upstream *u)
{
    char bytes[2304];
    size_t len = upstream_greeting(u, bytes, sizeof(bytes));
    struct iovec part = { .iov_base = bytes, .iov_len = len };
    return conn_writev(&u->conn->conn, &part, 1, true).len == len;
}

static void upstream_on_connecting(struct conn *conn)
{
    struct upstream_conn *c = upstream_conn_of(conn);
    struct upstream *u = c->owner;

    if (conn->stage == CONN_FAILED || (conn_is_open(conn) && c->greets && !upstream_send_proxy(u))) {
        upstream_connect_failed(u, FAILURE_CONNECT, conn->error);
    } else if (conn_is_open(conn) && c->tls_later) {
        c->greets = false;
        conn_start_tls(conn, c->tls_later);
        c->tls_later = NULL;
    } else if (conn_is_open(conn)) {
        c->greets = false;
        upstream_is_open(u);
        u->on_result(u, UPSTREAM_READY);
    }
}

static void upstream_on_connect_expired(struct upstream_conn *c)
{
    upstream_connect_failed(c->owner, FAILURE_CONNECT_TIMEOUT, ETIMEDOUT);
}

/* The PROXY header goes before TLS, in the clear. */
static bool conn_secure(struct upstream *u, struct upstream_conn *c, const struct upstream_wish *w)
{
    struct tls_session *tls = upstream_tls_session(u, c, w);

    if (!tls) {
        conn_close(&c->conn);
        slot_resume_put(c->resume);
        errno = ENOMEM;
        return false;
    }
    c->tls_key = w->key;
    if (upstream_greets(u) != SEND_PROXY_NONE)
        c->tls_later = tls;
    else
        conn_start_tls(&c->conn, tls);
    return true;
}

/* The server's line, else the policy. */
static const struct source_rule *upstream_source_said(const struct upstream *u)
{
    const struct source_rule *s = &u->server->source;

    return s->address.len || s->from || s->interface.len ? s : &u->policy->source;
}

/* "10.0.0.1", "10.0.0.1:80", "[::1]:80". */
static bool source_worked_out(struct facts *f, const struct source_rule *s, struct address *out)
{
    struct value v = eval_value(f, s->from);
    struct address client;

    if (v.type == VALUE_IP)
        *out = v.as.ip;
    else if (v.type != VALUE_TEXT || !address_parse(v.as.text, out))
        return false;
    if (s->client_port && f->live->address(f->self, ADDRESS_CLIENT, &client) &&
        address_family(&client) != AF_UNIX)
        address_set_port(out, address_port(&client));
    return true;
}

/* An address of the other family cannot be used, and is left out. */
static void upstream_source(struct upstream *u, struct conn_target *t, struct address *room)
{
    const struct source_rule *s = upstream_source_said(u);

    if (s->from ? source_worked_out(u->facts, s, room) : s->address.len > 0) {
        if (!s->from)
            *room = s->address;
        if (!s->from || address_family(room) == address_family(t->to))
            t->from = room;
        t->transparent = s->transparent;
    }
    t->interface = s->interface.len ? s->interface.ptr : NULL;
}

/* The address, or the port, may be what the client asked for. */
static bool target_of_client(struct upstream *u, struct address *to)
{
    const struct server *server = u->server;
    struct address asked;

    if (!server->client_address && !server->client_port)
        return true;
    if (!session_target(u->session, &asked) || address_family(&asked) == AF_UNIX)
        return false;
    uint16_t port =
        server->client_port ? (uint16_t)(address_port(&asked) + server->port_add) : address_port(to);
    if (server->client_address)
        *to = asked;
    address_set_port(to, port);
    return true;
}

static bool conn_begin(struct upstream *u, struct upstream_conn *c, const struct upstream_wish *w)
{
    struct server_slot *s = u->slot;
    struct conn_target target = CONN_TARGET_INIT;
    struct address source, to = u->found ? *upstream_this_try(u)->found : s->address;

    if (!target_of_client(u, &to)) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    target.to = &to;
    upstream_source(u, &target, &source);
    target.keepalive = u->policy->probe_idle;
    target.datagram = u->datagram;
    if (!conn_connect(&c->conn, u->thread->loop, &target, upstream_on_connecting))
        return false;
    return !w->model || conn_secure(u, c, w);
}

static COLD enum upstream_result upstream_connect(struct upstream *u, const struct upstream_wish *w)
{
    struct thread *t = u->thread;
    struct upstream_conn *c = slab_get(&t->upstream_slab);

    errno = ENOMEM;
    if (c)
        memset(c, 0, sizeof(*c));
    if (!c || !conn_begin(u, c, w)) {
        u->error = errno;
        slab_put(&t->upstream_slab, c);
        return UPSTREAM_FAILED;
    }
    deadline_init(&c->deadline, conn_on_expired);
    link_init(&c->in_pool);
    list_push_back(&u->slot->busy, &c->link);
    c->thread = t;
    c->slot = u->slot;
    c->opened = thread_now(t);
    c->owner = u;
    c->on_expired = upstream_on_connect_expired;
    c->greets = !u->datagram && upstream_greets(u) != SEND_PROXY_NONE;
    c->pooled =
        !c->greets && !upstream_source_said(u)->from && !u->server->client_address && !u->server->client_port;
    u->conn = c;
    u->reused = false;
    t->upstream_count++;
    upstream_bump(u, connects);
    if (u->datagram) {
        upstream_is_open(u);
        return UPSTREAM_READY;
    }
    loop_set_deadline(t->loop, &c->deadline, u->policy->connect_timeout);
    return UPSTREAM_WAIT;
}

/* For logs: where a server of a name was this time. */
static COLD void upstream_note_address(struct upstream *u)
{
    struct address *copy = scratch_alloc(u->facts->scratch, sizeof(*copy));

    if (copy == NULL)
        return;
    *copy = u->slot->address;
    upstream_this_try(u)->found = copy;
}

/* Most connections are plain, and plain ones are alike. */
static inline bool wish_of(struct upstream *u, struct upstream_wish *out)
{
    if (UNLIKELY(u->server->tls || u->policy->tls))
        return upstream_wish(u, out);
    *out = (struct upstream_wish){ 0 };
    return true;
}

enum upstream_result upstream_open(struct upstream *u)
{
    struct upstream_wish wish;

    u->slot = u->lease->servers[u->server->index];
    u->conn = NULL;
    if (UNLIKELY(slot_is_stale(u->slot)))
        slot_moved(u->slot, u->server);
    if (u->server->host.len && !u->found)
        upstream_note_address(u);
    if (!wish_of(u, &wish)) {
        u->error = EPROTO;
        return UPSTREAM_FAILED;
    }
    u->conn = idle_take(u, &wish);
    u->fresh_only = false;
    if (!u->conn)
        return upstream_connect(u, &wish);
    u->reused = true;
    u->conn->owner = u;
    upstream_is_open(u);
    return UPSTREAM_READY;
}
