/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/session.h"

#include <errno.h>
#include <unistd.h>

#include "engine/core/admit.h"
#include "engine/core/gate.h"
#include "engine/core/lease.h"
#include "engine/core/protocol.h"
#include "engine/core/stats.h"
#include "engine/core/thread.h"
#include "io/chunk.h"
#include "io/tls.h"
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
    else if (s->extra && s->extra->proxy_source.len)
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
    if (!conn_local_address(&s->conn, out))
        return false;
    if (session_extra(s))
        s->extra->local = *out;
    return true;
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
    slab_put(&t->extra_slab, s->extra);
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

    if (s->stage == SESSION_RUNNING)
        s->protocol->expired(s);
    else
        session_close(s, CLOSE_NORMAL);
}

void session_stop(struct session *s, bool now)
{
    if (s->stage == SESSION_RUNNING)
        s->protocol->stop(s, now);
    else if (now || s->stage != SESSION_LINGERING)
        session_close(s, CLOSE_NORMAL);
}

/* --- the beginning -----------------------------------------------------------------------------------------
 */
static void session_run(struct session *s)
{
    s->stage = SESSION_RUNNING;
    if (admit_session(s))
        s->protocol->begin(s);
}

static void session_on_tls(struct conn *c)
{
    struct session *s = session_of_conn(c);

    if (conn_is_open(c))
        session_run(s);
    else if (c->stage == CONN_FAILED)
        session_close(s, CLOSE_NORMAL);
}

/* After the PROXY header, if one is expected. */
static void session_secure(struct session *s)
{
    struct thread *t = s->thread;
    struct lease *l = s->gate->lease;
    struct tls_names *names =
        l->generation->listener_tls ? l->generation->listener_tls[s->gate->model->index] : NULL;

    if (!names) {
        session_run(s);
        return;
    }
    struct tls_session *tls = tls_session_server(t->loop, NULL, tls_names_pick, names);
    if (!tls) {
        session_close(s, CLOSE_RESET);
        return;
    }
    s->stage = SESSION_TLS;
    s->conn.on_ready = session_on_tls;
    conn_start_tls(&s->conn, tls);
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
    if (r == PROXY_MORE && d.len < PROXY_MOST)
        return;
    if (r != PROXY_DONE || !session_note_proxy(s, &h) || conn_discard(c, len).len != len) {
        session_close(s, CLOSE_NORMAL);
        return;
    }
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

static bool session_init(struct session *s, struct gate *g, int fd, const struct address *peer)
{
    struct thread *t = g->thread;

    struct service_state *service = snapshot_service(g->lease->snapshot, g->model->service);

    if (!service_enter(service, g->model->service->connections_max)) {
        (void)close(fd);
        return false;
    }
    if (!conn_open(&s->conn, t->loop, fd, session_ignore)) {
        service_leave(service);
        return false;
    }
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
    return true;
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
    if (!admit_connection(s))
        return true;
    if (g->model->accept_proxy)
        session_expect_proxy(s);
    else
        session_secure(s);
    return true;
}
