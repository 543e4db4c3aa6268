/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/session.h"

#include <errno.h>
#include <unistd.h>

#include "engine/core/admit.h"
#include "engine/core/follow.h"
#include "engine/core/gate.h"
#include "engine/core/error_log.h"
#include "engine/core/lease.h"
#include "engine/core/lines.h"
#include "engine/core/protocol.h"
#include "engine/core/stats.h"
#include "engine/core/thread.h"
#include "io/chunk.h"
#include "io/tls.h"
#include "model/tls.h"
#include "state/snapshot.h"
#include "wire/proxy.h"

/* --- addresses --- */
void small_address_of(struct small_address *to, const struct address *from)
{
    to->u.family = AF_UNSPEC;
    if (address_family(from) == AF_INET)
        to->u.in = from->u.in;
    else if (address_family(from) == AF_INET6)
        to->u.in6 = from->u.in6;
}

void small_address_get(const struct small_address *from, struct address *to)
{
    to->len = 0;
    if (from->u.family == AF_INET) {
        to->len = sizeof(to->u.in);
        to->u.in = from->u.in;
    } else if (from->u.family == AF_INET6) {
        to->len = sizeof(to->u.in6);
        to->u.in6 = from->u.in6;
    }
}

void session_peer(const struct session *s, struct address *out)
{
    small_address_get(&s->peer, out);
}

void session_source(const struct session *s, struct address *out)
{
    if (s->extra && s->extra->source.len)
        *out = s->extra->source;
    else if (s->extra && s->extra->proxy_source.len && !s->gate->model->proxy_aside)
        *out = s->extra->proxy_source;
    else
        session_peer(s, out);
}

struct session_extra *session_extra(struct session *s)
{
    if (!s->extra) {
        s->extra = slab_get(&s->thread->extra_slab);
        if (s->extra)
            *s->extra = (struct session_extra){ 0 };
    }
    return s->extra;
}

bool session_local(struct session *s, struct address *out)
{
    if (s->extra && s->extra->local.len) {
        *out = s->extra->local;
        return true;
    }
    if (s->gate->udp) { /* a socket of one address */
        *out = s->gate->model->address;
        return true;
    }
    if (!conn_local_address(&s->conn, out))
        return false;
    if (session_extra(s))
        s->extra->local = *out;
    return true;
}

bool session_target(struct session *s, struct address *out)
{
    const struct session_extra *e = s->extra;

    if (e && e->target.len)
        *out = e->target;
    else if (e && e->proxy_target.len && !s->gate->model->proxy_aside)
        *out = e->proxy_target;
    else
        return session_local(s, out);
    return true;
}

/* --- a handshake that failed --- */
static void session_tls_failed(struct session *s, bool late)
{
    const struct tls_failure *f = tls_failure(s->conn.tls);
    const struct lease *l = s->owner;
    const struct scope *entry = s->gate->model->service->entry;
    bool closed = f->code == TLS_CLOSED;

    stats_session_failed(s->thread, s->gate);
    if (!entry->failed_line)
        error_log(
            s->thread, l, entry->error_logs, ERROR_TLS_FAILED,
            &(struct error_about){ .session = s, .text = late ? SPAN("timed out") : span_from(f->text) });
    lines_failed(s, l,
                 late     ? SPAN("Timeout during SSL handshake")
                 : closed ? SPAN("Connection closed during SSL handshake")
                          : SPAN("SSL handshake failure"),
                 closed);
}

/* --- the end --- */
static void session_release(struct grave *grave)
{
    struct session *s = CONTAINER_OF(grave, struct session, grave);

    slab_put(&s->thread->session_slab, s);
}

static void session_forget(struct session *s)
{
    struct thread *t = s->thread;

    s->stage = SESSION_CLOSED;
    loop_forget_deadline(t->loop, &s->deadline);
    if (s->extra)
        kept_free(&s->extra->values);
    slab_put(&t->extra_slab, s->extra);
    if (s->follows)
        follow_session_end(s, thread_now(t));
    link_remove(&s->link);
    t->session_count--;
    atomic_fetch_sub_explicit(&t->shared->connections, 1, memory_order_relaxed);
    service_leave(s->service);
    service_state_put(s->service);
    loop_bury(t->loop, &s->grave,
              session_release); /* before the gate: graves open in the order of last in, first out */
    gate_session_ended(s->gate);
    gates_resume(t);
    thread_check_drained(t);
}

void session_close(struct session *s, enum session_close how)
{
    struct lease *handshake = s->stage == SESSION_TLS ? s->owner : NULL;

    BUG_ON(s->stage == SESSION_CLOSED);
    switch (how) {
    case CLOSE_NORMAL:
        conn_close(&s->conn);
        break;
    case CLOSE_RESET:
        conn_reset(&s->conn);
        break;
    case CLOSE_VANISH:
        conn_vanish(&s->conn);
        break;
    }
    session_forget(s);
    if (handshake)
        lease_put(handshake);
}

static void session_on_linger(struct conn *c)
{
    struct session *s = session_of_conn(c);
    struct thread *t = s->thread;
    struct conn_done d;

    do
        d = conn_discard(c, CHUNK_SCRATCH);
    while (d.result == CONN_OK);
    if (d.result != CONN_AGAIN) {
        session_close(s, CLOSE_NORMAL);
        return;
    }
    instant at = instant_after(thread_now(t), s->linger_quiet);
    wheel_set(loop_wheel(t->loop), &s->deadline, at.us < s->idle_since.us ? at : s->idle_since);
}

void session_linger(struct session *s, duration quiet, duration all)
{
    s->stage = SESSION_LINGERING;
    s->owner = NULL;
    s->linger_quiet = quiet;
    s->idle_since = instant_after(thread_now(s->thread), all);
    s->conn.on_ready = session_on_linger;
    conn_shutdown_write(&s->conn);
    session_on_linger(&s->conn);
}

static void session_on_expired(struct deadline *d)
{
    struct session *s = CONTAINER_OF(d, struct session, deadline);

    if (s->stage == SESSION_RUNNING) {
        s->protocol->expired(s);
        return;
    }
    if (s->stage == SESSION_TLS)
        session_tls_failed(s, true);
    session_close(s, CLOSE_NORMAL);
}

#define HANDSHAKE_PARTING DURATION_S(5)

void session_stop(struct session *s, bool now)
{
    if (s->stage == SESSION_RUNNING)
        s->protocol->stop(s, now);
    else if (now)
        session_close(s, CLOSE_NORMAL);
    else if (s->stage != SESSION_LINGERING) /* a handshake, and then the request that it was for */
        loop_hasten_deadline(s->thread->loop, &s->deadline, HANDSHAKE_PARTING);
}

/* --- the beginning -----------------------------------------------------------------------------------------
 */
static void session_run(struct session *s)
{
    bool looked = s->stage == SESSION_PROXY_HEADER || s->stage == SESSION_FIRST_BYTE;

    s->stage = SESSION_RUNNING;
    if (!admit_session(s))
        return;
    if (looked) /* the event of what lies behind was spent on looking */
        conn_again(&s->conn);
    s->protocol->begin(s);
}

static void session_on_tls(struct conn *c)
{
    struct session *s = session_of_conn(c);

    if (conn_is_open(c)) {
        struct lease *l = s->owner;
        s->owner = NULL;
        stats_session_secured(s->thread, s->gate, tls_is_resumed(c->tls));
        session_run(s);
        lease_put(l);
    } else if (c->stage == CONN_FAILED) {
        session_tls_failed(s, false);
        session_close(s, CLOSE_NORMAL);
    }
}

static const struct listener_tls *session_tls(const struct session *s)
{
    const struct generation *g = s->gate->lease->generation;

    return s->gate->model->tls ? &g->listener_tls[s->gate->model->index] : NULL;
}

/* One socket takes connections to several addresses, and some are met otherwise. */
static const struct listener_tls *session_tls_here(struct session *s)
{
    const struct listener_tls *how = session_tls(s);
    struct address local;

    if (how->at_count == 0 || !session_local(s, &local))
        return how;
    for (uint32_t i = 0; i < how->at_count; i++)
        if (address_eq_ip(&how->at[i].address, &local))
            return &how->at[i].how;
    return how;
}

static void session_start_tls(struct session *s)
{
    const struct listener_tls *how = session_tls_here(s);
    struct tls_session *tls = tls_session_server(s->thread->loop, how->first, how->pick, how->picker);

    if (!tls) {
        session_close(s, CLOSE_RESET);
        return;
    }
    s->stage = SESSION_TLS;
    s->owner = lease_get(s->gate->lease);
    s->conn.on_ready = session_on_tls;
    conn_start_tls(&s->conn, tls);
}

/* RFC 8446 5.1: a handshake record; or what SSL 2 began with, which is refused as TLS. */
static bool is_tls(char first)
{
    return first == 0x16 || ((unsigned char)first & 0x80);
}

static void session_on_first_byte(struct conn *c)
{
    struct session *s = session_of_conn(c);
    char first;
    struct conn_done d = conn_peek(c, &first, 1);

    if (d.result == CONN_AGAIN)
        return;
    if (d.result != CONN_OK) {
        session_close(s, CLOSE_NORMAL);
    } else if (is_tls(first)) {
        session_start_tls(s);
    } else {
        s->plain = true;
        session_run(s);
    }
}

/* After the PROXY header, if one is expected. */
static void session_secure(struct session *s)
{
    const struct listener_tls *how = session_tls(s);

    if (!how) {
        session_run(s);
    } else if (!s->gate->model->tls->plain_too) {
        session_start_tls(s);
    } else {
        bool looked = s->stage == SESSION_PROXY_HEADER;
        s->stage = SESSION_FIRST_BYTE;
        s->conn.on_ready = session_on_first_byte;
        if (looked)
            conn_again(&s->conn);
    }
}

static bool session_note_proxy(struct session *s, const struct proxy_header *h)
{
    if (h->local)
        return true;
    if (!session_extra(s))
        return false;
    s->extra->proxy_source = h->source;
    s->extra->proxy_target = h->destination;
    return true;
}

#define PROXY_MOST 4096 /* with every TLV that is in use; a longer one is refused */

static void session_on_proxy(struct conn *c)
{
    struct session *s = session_of_conn(c);
    char *bytes = loop_chunks(c->loop)->scratch;
    struct conn_done d = conn_peek(c, bytes, PROXY_MOST);
    struct proxy_header h;
    size_t len = 0;

    if (d.result == CONN_AGAIN)
        return;
    enum proxy_result r =
        d.result == CONN_OK ? proxy_parse(span_of(bytes, d.len), PROXY_MOST, &h, &len) : PROXY_BAD;
    if (r == PROXY_MORE && d.len < PROXY_MOST && !c->hangup_seen)
        return;
    if (r != PROXY_DONE || !session_note_proxy(s, &h) || conn_discard(c, len).len != len) {
        admit_refuse(s, 400, CLOSE_NORMAL);
        return;
    }
    if (!s->gate->model->proxy_aside || admit_connection(s))
        session_secure(s);
}

static void session_expect_proxy(struct session *s)
{
    s->stage = SESSION_PROXY_HEADER;
    s->conn.on_ready = session_on_proxy;
}

static void session_ignore(struct conn *c)
{
    (void)c;
}

/* Everything but the connection. */
static void session_fill(struct session *s, struct gate *g, struct service_state *service,
                         const struct address *peer)
{
    struct thread *t = g->thread;

    s->service = service_state_get(service);
    deadline_init(&s->deadline, session_on_expired);
    s->thread = t;
    s->gate = g;
    s->protocol = t->shared->protocols.of[g->model->service->protocol];
    s->accepted = s->idle_since = thread_now(t);
    s->serial = atomic_fetch_add_explicit(&t->shared->serials, 1, memory_order_relaxed) + 1;
    small_address_of(&s->peer, peer);
    list_push_back(&t->sessions, &s->link);
    t->session_count++;
    g->sessions++;
    atomic_fetch_add_explicit(&t->shared->connections, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->shared->accepted, 1, memory_order_relaxed);
    stats_session_begin(t, g);
}

static bool session_init(struct session *s, struct gate *g, int fd, const struct address *peer)
{
    struct service_state *service = snapshot_service(g->lease->snapshot, g->model->service);

    if (!service_enter(service, g->model->service->connections_max)) {
        (void)close(fd);
        return false;
    }
    if (!conn_open(&s->conn, g->thread->loop, fd, session_ignore)) {
        service_leave(service);
        return false;
    }
    session_fill(s, g, service, peer);
    return true;
}

static bool session_keep_local(struct session *s, const struct address *local)
{
    if (!session_extra(s))
        return false;
    s->extra->local = *local;
    address_set_port(&s->extra->local, address_port(&s->gate->model->address));
    return true;
}

struct session *session_open_datagram(struct gate *g, const struct address *peer, const struct address *local)
{
    struct thread *t = g->thread;
    struct service_state *service = snapshot_service(g->lease->snapshot, g->model->service);
    struct session *s = slab_get(&t->session_slab);

    if (!s || !service_enter(service, g->model->service->connections_max)) {
        slab_put(&t->session_slab, s);
        stats_session_refused(t, g);
        return NULL;
    }
    memset(s, 0, sizeof(*s));
    s->conn.watch.fd = -1;
    session_fill(s, g, service, peer);
    s->stage = SESSION_RUNNING;
    if (local && !session_keep_local(s, local)) {
        session_close(s, CLOSE_NORMAL);
        return NULL;
    }
    return s;
}

bool session_open(struct gate *g, int fd, const struct address *peer)
{
    struct thread *t = g->thread;
    struct session *s = slab_get(&t->session_slab);

    if (s)
        memset(s, 0, sizeof(*s));
    else
        (void)close(fd);
    if (!s || !session_init(s, g, fd, peer)) {
        slab_put(&t->session_slab, s);
        stats_session_refused(t, g);
        return false;
    }
    const struct client_policy *p = g->model->service->entry->client;
    if (p) /* for what comes before the protocol; it sets its own */
        loop_set_deadline(t->loop, &s->deadline, p->head_timeout);
    if (!(g->model->accept_proxy && g->model->proxy_aside) && !admit_connection(s))
        return true;
    if (g->model->accept_proxy)
        session_expect_proxy(s);
    else
        session_secure(s);
    return true;
}
