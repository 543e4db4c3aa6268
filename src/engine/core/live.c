/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/live.h"

#include "base/bytes.h"
#include "engine/core/gate.h"
#include "engine/core/lease.h"
#include "engine/core/session.h"
#include "engine/core/slot.h"
#include "engine/core/thread.h"
#include "engine/core/upstream.h"
#include "state/kept.h"

static bool proxy_address(const struct session_extra *e, enum which_address which, struct address *out)
{
    if (!e)
        return false;
    *out = which == ADDRESS_PROXY_SOURCE ? e->proxy_source : e->proxy_target;
    return out->len != 0;
}

bool live_address(void *self, enum which_address which, struct address *out)
{
    const struct live_self *l = self;

    switch (which) {
    case ADDRESS_CLIENT:
        session_source(l->session, out);
        return out->len != 0;
    case ADDRESS_PEER:
        session_peer(l->session, out);
        return out->len != 0;
    case ADDRESS_LOCAL:
        return session_target(l->session, out);
    case ADDRESS_PROXY_SOURCE:
    case ADDRESS_PROXY_TARGET:
        return proxy_address(l->session->extra, which, out);
    case ADDRESS_SERVER:
        if (!l->upstream || !l->upstream->slot)
            return false;
        *out = l->upstream->slot->address;
        return true;
    case ADDRESS_SERVER_SOURCE:
        return l->upstream && l->upstream->conn && conn_local_address(&l->upstream->conn->conn, out);
    }
    return false;
}

bool live_number(void *self, enum fetch f, int64_t *out)
{
    const struct live_self *l = self;
    const struct session *s = l->session;

    *out = 0;
    if (f == FETCH_CONNECTION_SERIAL)
        *out = (int64_t)s->serial;
    else if (f == FETCH_CONNECTION_REQUESTS)
        *out = s->requests;
    else if (f == FETCH_PROCESS_CONNECTIONS)
        *out = atomic_load_explicit(&s->thread->shared->connections, memory_order_relaxed);
    else if (f == FETCH_REQUEST_SERIAL)
        *out =
            (int64_t)atomic_fetch_add_explicit(&s->thread->shared->request_serials, 1, memory_order_relaxed);
    else if (f == FETCH_PROXY_HEADER)
        *out = s->extra && s->extra->proxy_source.len;
    else if (f == FETCH_THREAD)
        *out = s->thread->index;
    else if (f == FETCH_TLS_USED)
        *out = s->conn.tls != NULL;
    else
        return false;
    return true;
}

struct span live_text(void *self, enum fetch f)
{
    const struct live_self *l = self;

    return f == FETCH_LISTENER_NAME ? l->session->gate->model->name : span_of(NULL, 0);
}

struct kept_values *live_kept(void *self, bool make)
{
    const struct live_self *l = self;
    struct session_extra *e = make ? session_extra(l->session) : l->session->extra;

    if (e && !e->values && make)
        e->values = kept_new();
    return e ? e->values : NULL;
}

static bool no_bytes(void *self, struct span *out)
{
    (void)self, (void)out;
    return false;
}

static bool no_file(void *self, struct span path, char kind)
{
    (void)self, (void)path, (void)kind;
    return false;
}

const struct live live_session = { .address = live_address,
                                   .number = live_number,
                                   .text = live_text,
                                   .tls = live_tls,
                                   .body = no_bytes,
                                   .bytes = no_bytes,
                                   .kept = live_kept,
                                   .file = no_file };

void live_begin(struct facts *f, const struct live *live, struct live_self *self, struct scratch *scratch,
                const struct lease *lease)
{
    bytes_clear(f, sizeof(*f));
    live_begin_zeroed(f, live, self, scratch, lease);
}

void live_begin_zeroed(struct facts *f, const struct live *live, struct live_self *self,
                       struct scratch *scratch, const struct lease *lease)
{
    struct thread *t = lease->thread;
    const struct session *s = self->session;

    f->live = live;
    f->self = self;
    f->scratch = scratch;
    f->rand = &t->rand;
    f->snapshot = lease->snapshot;
    f->hostname = t->shared->hostname;
    f->service = s->gate->model->service;
    f->follows[1] = s->follows;
    live_now(f);
    f->accepted_wall_us = f->wall_us - instant_us_between(s->accepted, f->now);
}

void live_now(struct facts *f)
{
    const struct live_self *l = f->self;
    struct loop *loop = l->session->thread->loop;

    f->now = loop_now(loop);
    f->wall_us = loop_wall_us(loop);
    f->clock = loop_wall_cache(loop);
}
