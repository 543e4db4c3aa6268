/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "engine/core/error_log.h"
#include "engine/core/gate.h"
#include "engine/core/l4.h"
#include "engine/core/l4_target.h"
#include "engine/core/stats.h"
#include "engine/core/thread.h"
#include "engine/core/udp_table.h"
#include "eval/eval.h"
#include "io/chunk.h"
#include "io/udp.h"

#define BATCH 8 /* datagrams that are read at once */
#define TURNS 4 /* then the others have their turn */

/* One client's datagrams. */
struct udp {
    struct l4 l4;           /* first: session->owner points here */
    struct udp_entry entry; /* in its gate's table, as long as the client's next datagram is this session's */
    uint64_t asked, answered; /* datagrams */
    char *held;               /* the first one, until a server has answered */
    size_t held_len;
    bool held_large; /* in a chunk */
    bool connected;
};

struct udp_gate {
    struct watch watch;
    struct gate *gate;
    struct udp_table table;
    bool any_address; /* answers must say from which of our addresses they come */
};

size_t udp_size(void)
{
    return sizeof(struct udp);
}

static struct udp *udp_of(const struct session *s)
{
    return s->owner;
}

/* ---- the first datagram ---- */

static bool hold(struct udp *d, const struct udp_packet *p)
{
    struct thread *t = d->l4.thread;

    d->held_large = p->len > UDP_HELD;
    d->held = d->held_large ? chunk_get(loop_chunks(t->loop), CHUNK_LARGE) : slab_get(&t->datagram_slab);
    if (d->held == NULL)
        return false;
    memcpy(d->held, p->data, p->len);
    d->held_len = p->len;
    return true;
}

static void drop_held(struct udp *d)
{
    struct thread *t = d->l4.thread;

    if (d->held_large)
        chunk_put(loop_chunks(t->loop), CHUNK_LARGE, d->held);
    else
        slab_put(&t->datagram_slab, d->held);
    d->held = NULL;
    d->held_large = false;
}

static bool udp_bytes(void *self, struct span *out)
{
    struct udp *d = self;

    *out = span_of(d->held ? d->held : "", d->held ? d->held_len : 0);
    return true;
}

/* ---- the end ---- */

static void udp_end(struct udp *d, struct end end)
{
    struct thread *t = d->l4.thread;

    udp_table_remove(&d->entry);
    drop_held(d);
    l4_finish(&d->l4, end, CLOSE_NORMAL);
    slab_put(&t->udp_slab, d);
}

/* Everything that was to come, has come. */
static bool is_complete(const struct udp *d)
{
    const struct server_policy *s = d->l4.rules.server;

    if (s->answers_max == UINT32_MAX || (s->datagrams_max && d->asked < s->datagrams_max))
        return false;
    return d->answered >= d->asked * s->answers_max;
}

static void start_clock(struct udp *d)
{
    loop_set_deadline(d->l4.thread->loop, &d->l4.session->deadline, d->l4.rules.server->read_timeout);
}

static void udp_expired(struct session *s)
{
    struct udp *d = udp_of(s);
    const struct server_policy *policy = d->l4.rules.server;

    if (policy->answers_max == UINT32_MAX || d->answered >= d->asked * policy->answers_max) {
        udp_end(d, l4_ended(END_DONE, MOMENT_NONE));
        return;
    }
    error_log(
        d->l4.thread, d->l4.lease, d->l4.rules.error_logs, ERROR_DATAGRAM_TIMEOUT,
        &(struct error_about){
            .session = s, .pool = d->l4.upstream.pool, .server = d->l4.upstream.server, .error = ETIMEDOUT });
    upstream_failed(&d->l4.upstream, FAILURE_TIMEOUT);
    d->l4.status = 502;
    udp_end(d, l4_ended(END_SERVER_TIMEOUT, MOMENT_DATA));
}

static void udp_stop(struct session *s, bool now)
{
    (void)now; /* the socket closes: no answer would find its way */
    udp_end(udp_of(s), l4_ended(END_STOPPED, MOMENT_DATA));
}

/* ---- to the client ---- */

static void send_to_client(struct udp *d, struct udp_packet *packets, unsigned count)
{
    struct session *s = d->l4.session;
    const struct udp_gate *g = s->gate->udp;

    for (unsigned i = 0; i < count; i++) {
        session_peer(s, &packets[i].peer);
        packets[i].local.len = 0;
        if (g->any_address)
            (void)session_local(s, &packets[i].local);
    }
    for (unsigned sent = 0; sent < count;) { /* one that cannot be sent must not keep the others */
        int n = udp_send(g->watch.fd, packets + sent, count - sent);
        sent += n > 0 ? (unsigned)n : 1;
    }
}

/* ---- to the server ---- */

static void on_upstream(struct upstream *u, enum upstream_result result);

/* What came back for a datagram that was sent: nobody is there. */
static void on_refused(struct udp *d, int error)
{
    struct upstream *u = &d->l4.upstream;

    error_log(d->l4.thread, d->l4.lease, d->l4.rules.error_logs, ERROR_DATAGRAM_REFUSED,
              &(struct error_about){
                  .session = d->l4.session, .pool = u->pool, .server = u->server, .error = error });
    d->connected = false;
    u->error = error;
    if (d->answered == 0 && d->held) {
        on_upstream(u, upstream_retry(u, FAILURE_CONNECT, true, true));
        return;
    }
    upstream_failed(u, FAILURE_CONNECT); /* the client's next datagram finds another */
    d->l4.status = 502;
    udp_end(d, l4_ended(END_SERVER_CLOSED, MOMENT_DATA));
}

/* The PROXY header stands before the first datagram, in it. */
static size_t put_greeting(struct udp *d, const char **data, size_t len)
{
    struct upstream *u = &d->l4.upstream;
    char *room = d->l4.thread->head;
    size_t greeting;

    greeting = upstream_greeting(u, room, THREAD_HEAD);
    if (greeting == 0 || greeting + len > THREAD_HEAD)
        return len;
    memcpy(room + greeting, *data, len);
    *data = room;
    return len + greeting;
}

/* False: it is over with this server, or with <d>. */
static bool send_to_server(struct udp *d, const char *data, size_t len, bool first)
{
    size_t all = first ? put_greeting(d, &data, len) : len;
    struct udp_packet p = { .data = (void *)(uintptr_t)data, .len = all };

    if (udp_send(d->l4.upstream.conn->conn.watch.fd, &p, 1) < 0 && errno == ECONNREFUSED) {
        on_refused(d, ECONNREFUSED);
        return false;
    }
    d->l4.to_server += len;
    return true;
}

/* After a datagram went either way. */
static void go_on(struct udp *d)
{
    const struct server_policy *s = d->l4.rules.server;

    if (s->datagrams_max && d->asked >= s->datagrams_max)
        udp_table_remove(&d->entry);
    if (is_complete(d))
        udp_end(d, l4_ended(END_DONE, MOMENT_NONE));
    else
        start_clock(d);
}

/* A later datagram of the client. */
static void forward(struct udp *d, const struct udp_packet *p)
{
    if (!d->connected) /* a server is still sought: as if the network had lost it */
        return;
    d->asked++;
    d->l4.from_client += p->len;
    if (send_to_server(d, p->data, p->len, false))
        go_on(d);
}

/* ---- from the server ---- */

/* How many came; -1: <d> is over. */
static int take_answers(struct udp *d)
{
    struct udp_packet packets[BATCH];
    char *room = d->l4.thread->datagrams;

    for (unsigned i = 0; i < BATCH; i++)
        packets[i] = (struct udp_packet){ .data = room + i * (UDP_ROOM / BATCH), .room = UDP_ROOM / BATCH };
    int n = udp_receive(d->l4.upstream.conn->conn.watch.fd, packets, BATCH);
    if (n < 0) {
        if (errno == ECONNREFUSED) {
            on_refused(d, ECONNREFUSED);
            return -1;
        }
        return 0;
    }
    for (int i = 0; i < n; i++)
        d->l4.to_client += packets[i].len;
    if (n > 0)
        send_to_client(d, packets, (unsigned)n);
    d->answered += (uint64_t)n;
    return n;
}

static void on_server(struct conn *c)
{
    struct udp *d = upstream_conn_of(c)->owner;
    uint64_t before = d->answered;

    for (unsigned turn = 0; turn < TURNS; turn++) {
        int n = take_answers(d);
        if (n < 0)
            return;
        if (n < BATCH)
            break;
        if (turn + 1 == TURNS)
            conn_again(c);
    }
    if (d->answered == before)
        return;
    if (before == 0) {
        d->l4.first_byte = thread_now(d->l4.thread);
        upstream_answered(&d->l4.upstream, instant_us_between(d->l4.upstream.connected, d->l4.first_byte));
        drop_held(d);
    }
    go_on(d);
}

static void on_open(struct udp *d)
{
    struct upstream_conn *c = d->l4.upstream.conn;

    c->owner = d;
    c->conn.on_ready = on_server;
    d->connected = true;
    d->l4.status = 200;
    d->l4.to_server = 0;
    if (send_to_server(d, d->held, d->held_len, true))
        go_on(d);
}

static void on_upstream(struct upstream *u, enum upstream_result result)
{
    struct udp *d = CONTAINER_OF(u, struct udp, l4.upstream);

    switch (result) {
    case UPSTREAM_READY:
        on_open(d);
        return;
    case UPSTREAM_FAILED:
        d->l4.status = 502;
        udp_end(d, u->end);
        return;
    case UPSTREAM_WAIT:
        return;
    }
}

static void find_server(struct udp *d, const struct proxy *p);

static void on_target(struct l4 *l)
{
    find_server(CONTAINER_OF(l, struct udp, l4), l->rules.action->proxy);
}

static void find_server(struct udp *d, const struct proxy *p)
{
    struct upstream *u = &d->l4.upstream;
    struct pool *pool;
    enum l4_target_state found = l4_target_find(&d->l4, p, on_target, &pool);

    if (found == L4_TARGET_UNKNOWN) {
        d->l4.status = 500;
        udp_end(d, l4_ended(END_NO_SERVER, MOMENT_CONNECT));
        return;
    }
    if (found == L4_TARGET_WAIT)
        return;
    l4_ask(&d->l4, p, pool);
    u->datagram = true;
    u->on_result = on_upstream;
    on_upstream(u, upstream_start(u));
}

/* ---- rules ---- */

static void send_reply(struct udp *d, const struct reply *r)
{
    struct span body = r != NULL && r->body != NULL ? eval_text(&d->l4.facts, r->body) : SPAN("");
    struct udp_packet p = { .data = (void *)(uintptr_t)body.ptr, .len = body.len };

    d->l4.status = 200;
    d->l4.to_client = body.len;
    send_to_client(d, &p, 1);
    udp_end(d, l4_ended(END_DONE, MOMENT_NONE));
}

static void udp_begin(struct session *s)
{
    struct udp *d = udp_of(s);
    static const enum hook hooks[] = { HOOK_CONNECTION, HOOK_CONTENT, HOOK_REQUEST };
    enum rules_result r = RULES_DONE;

    for (unsigned i = 0; i < COUNT_OF(hooks) && r == RULES_DONE; i++)
        r = rules_run(&d->l4.rules, hooks[i]);
    switch (r) {
    case RULES_PROXY:
        find_server(d, d->l4.rules.action->proxy);
        return;
    case RULES_REPLY:
        send_reply(d, d->l4.rules.reply);
        return;
    case RULES_CLOSE:
    case RULES_TARPIT:
        d->l4.status = l4_denied_as(&d->l4);
        udp_end(d, l4_ended(END_DENIED, MOMENT_REQUEST));
        return;
    case RULES_DONE:
    case RULES_WAIT_BYTES:
    case RULES_FILES:
    case RULES_STATUS:
    case RULES_PAUSE:
    case RULES_AUTH:
    case RULES_WAIT_BODY:
    case RULES_FAILED:
        d->l4.status = 500;
        udp_end(d, l4_ended(END_INTERNAL, MOMENT_REQUEST));
        return;
    }
}

/* ---- from clients ---- */

static const struct live live_udp = { .address = live_address,
                                      .number = live_number,
                                      .text = l4_text,
                                      .tls = live_tls,
                                      .kept = live_kept,
                                      .bytes = udp_bytes };

static void open_session(struct udp_gate *g, const struct udp_packet *p, struct udp_key key)
{
    struct thread *t = g->gate->thread;
    struct session *s = session_open_datagram(g->gate, &p->peer, g->any_address ? &p->local : NULL);
    struct udp *d = s ? slab_get(&t->udp_slab) : NULL;

    if (s == NULL)
        return;
    if (d == NULL) {
        error_log(t, g->gate->lease, NULL, ERROR_MEMORY_FULL, &(struct error_about){ .session = s });
        session_close(s, CLOSE_NORMAL);
        return;
    }
    *d = (struct udp){ .asked = 1 };
    l4_begin(&d->l4, s, &live_udp);
    d->l4.facts.udp = d->l4.facts.inspected = true;
    d->l4.from_client = p->len;
    if (!hold(d, p) || !udp_table_add(&g->table, &d->entry, key)) {
        d->l4.status = 500;
        udp_end(d, l4_ended(END_LIMITED, MOMENT_REQUEST));
        return;
    }
    s->protocol->begin(s);
}

static void on_datagram(struct udp_gate *g, const struct udp_packet *p)
{
    struct udp_key key;

    udp_key_of(&key, &p->peer, g->any_address ? &p->local : NULL);
    struct udp_entry *e = udp_table_find(&g->table, &key);
    if (e)
        forward(CONTAINER_OF(e, struct udp, entry), p);
    else if (gate_may_take(g->gate))
        open_session(g, p, key);
    else
        stats_session_refused(g->gate->thread, g->gate);
}

static void on_readable(struct watch *w, uint32_t events)
{
    struct udp_gate *g = CONTAINER_OF(w, struct udp_gate, watch);
    struct udp_packet packets[BATCH];
    char *room = g->gate->thread->datagrams + UDP_ROOM;

    (void)events;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        for (unsigned i = 0; i < BATCH; i++)
            packets[i] =
                (struct udp_packet){ .data = room + i * (UDP_ROOM / BATCH), .room = UDP_ROOM / BATCH };
        int n = udp_receive(w->fd, packets, BATCH);
        for (int i = 0; i < n; i++)
            on_datagram(g, &packets[i]);
        if (n < BATCH)
            return;
    }
}

/* ---- the gate ---- */

static bool is_any(const struct address *a)
{
    return (address_family(a) == AF_INET && a->u.in.sin_addr.s_addr == 0) ||
           (address_family(a) == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->u.in6.sin6_addr));
}

struct udp_gate *udp_gate_open(struct gate *g, int fd)
{
    struct udp_gate *u = calloc(1, sizeof(*u));
    const struct address *at = &g->model->address;

    if (u == NULL)
        return NULL;
    /* Two halves: what clients say is looked at while answers of servers come in. */
    if (g->thread->datagrams == NULL)
        g->thread->datagrams = malloc((size_t)2 * UDP_ROOM);
    u->gate = g;
    u->any_address = is_any(at);
    udp_table_init(&u->table);
    if (g->thread->datagrams == NULL || (u->any_address && !udp_want_local(fd, address_family(at))) ||
        !loop_watch_shared(g->thread->loop, &u->watch, fd, on_readable)) {
        free(u);
        return NULL;
    }
    return u;
}

int udp_gate_fd(const struct udp_gate *u)
{
    return u->watch.fd;
}

void udp_gate_close(struct udp_gate **gate)
{
    struct udp_gate *u = *gate;

    if (u == NULL)
        return;
    LIST_EACH (&u->gate->thread->sessions, s, struct session, link)
        if (s->gate == u->gate)
            udp_stop(s, true);
    *gate = NULL;
    loop_unwatch(u->gate->thread->loop, &u->watch);
    udp_table_fini(&u->table);
    free(u);
}

static bool udp_look(const struct session *s, struct protocol_view *out)
{
    const struct udp *d = udp_of(s);

    if (d == NULL)
        return false;
    *out = (struct protocol_view){ .upstream = &d->l4.upstream,
                                   .begun = d->l4.times.accepted,
                                   .doing = d->connected ? "relay" : "connect" };
    return true;
}

static void udp_end_for(struct session *s, enum end_reason why)
{
    udp_end(udp_of(s), l4_ended(why, MOMENT_DATA));
}

const struct protocol_ops udp_protocol = {
    .begin = udp_begin, .expired = udp_expired, .stop = udp_stop, .look = udp_look, .end = udp_end_for
};
