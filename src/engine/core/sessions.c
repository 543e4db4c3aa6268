/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/sessions.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/core/gate.h"
#include "engine/core/session.h"
#include "engine/core/slot.h"
#include "engine/core/thread.h"
#include "engine/core/upstream.h"
#include "model/listener.h"
#include "state/server_state.h"

#define LIST_MOST ((size_t)64 << 20)
#define LOOK_US   500

enum what { WHAT_LIST, WHAT_END_OF, WHAT_END_ONE };

struct part { /* of one thread */
    struct task task;
    struct order *order;
    struct thread *thread;
    struct buf out;
    uint32_t ended;
};

/* Lives until the last thread has done its part and who waits has looked. */
struct order {
    _Atomic uint32_t holders;
    _Atomic uint32_t undone;
    enum what what;
    struct sessions_filter filter;
    struct server_state *server; /* counted; NULL */
    uint32_t count;
    struct part parts[];
};

static void order_put(struct order *o)
{
    if (atomic_fetch_sub(&o->holders, 1) > 1)
        return;
    for (uint32_t i = 0; i < o->count; i++)
        buf_fini(&o->parts[i].out);
    server_state_put(o->server);
    free(o);
}

/* ---- in a thread ---- */

/* The server where it is; NULL: at none. */
static struct server_state *server_of(const struct protocol_view *v)
{
    return v->upstream->counted && v->upstream->slot ? v->upstream->slot->state : NULL;
}

static void put_age(struct buf *out, uint64_t us)
{
    uint64_t s = us / 1000000;

    if (s >= 3600)
        buf_printf(out, "%lluh%llum", (unsigned long long)(s / 3600), (unsigned long long)(s / 60 % 60));
    else if (s >= 60)
        buf_printf(out, "%llum%llus", (unsigned long long)(s / 60), (unsigned long long)(s % 60));
    else
        buf_printf(out, "%llus", (unsigned long long)s);
}

static void put_source(struct buf *out, const struct session *s)
{
    struct address a;

    session_source(s, &a);
    switch (address_family(&a)) {
    case AF_INET:
        buf_put(out, SPAN("proto=tcpv4 src="));
        break;
    case AF_INET6:
        buf_put(out, SPAN("proto=tcpv6 src="));
        break;
    default:
        buf_put(out, SPAN("proto=unix_stream src=unix:"));
        buf_put_u64(out, s->gate->model->service->id);
        return;
    }
    address_put(out, &a);
}

static void put_session(struct part *p, const struct session *s, const struct protocol_view *v)
{
    const struct upstream *u = v->upstream;
    struct buf *out = &p->out;

    buf_printf(out, "0x%llx: ", (unsigned long long)s->serial);
    put_source(out, s);
    buf_printf(out,
               " fe=%.*s be=%.*s srv=%.*s ts=%02u epoch=0 age=", SPAN_ARGS(s->gate->model->service->name),
               SPAN_ARGS(u->pool ? u->pool->name : SPAN("<NONE>")),
               SPAN_ARGS(u->server ? u->server->name : SPAN("<none>")), p->thread->index);
    put_age(out, instant_us_between(v->begun, thread_now(p->thread)));
    buf_printf(out, " calls=%u doing=\"%s\" tries=%u", s->requests, v->doing, u->tries);
    if (p->order->filter.detailed && u->conn != NULL) {
        buf_put(out, SPAN(" to="));
        address_put(out, &u->slot->address);
        buf_printf(out, " reused=%u", (unsigned)u->reused);
    }
    buf_put_char(out, '\n');
}

static bool is_wanted(const struct part *p, const struct session *s, const struct protocol_view *v)
{
    const struct order *o = p->order;

    switch (o->what) {
    case WHAT_END_OF:
        return server_of(v) == o->server;
    case WHAT_LIST:
    case WHAT_END_ONE:
        break;
    }
    return (o->filter.serial == 0 || o->filter.serial == s->serial) &&
           instant_ms_between(v->begun, thread_now(p->thread)) >= o->filter.older_than.ms;
}

static void do_part(struct task *task)
{
    struct part *p = CONTAINER_OF(task, struct part, task);
    struct order *o = p->order;
    struct protocol_view v;

    LIST_EACH (&p->thread->sessions, s, struct session, link) {
        if (s->stage != SESSION_RUNNING || !s->protocol->look(s, &v) || !is_wanted(p, s, &v))
            continue;
        p->ended++;
        if (o->what == WHAT_LIST)
            put_session(p, s, &v);
        else
            s->protocol->end(s, END_KILLED);
    }
    atomic_fetch_sub_explicit(&o->undone, 1, memory_order_release);
    order_put(o);
}

void sessions_end_here(struct thread *t, const struct server_state *server, enum end_reason why)
{
    struct protocol_view v;

    LIST_EACH (&t->sessions, s, struct session, link)
        if (s->stage == SESSION_RUNNING && s->protocol->look(s, &v) && server_of(&v) == server)
            s->protocol->end(s, why);
}

/* ---- who asks ---- */

/* With one hold of the caller's. NULL: out of memory. */
static struct order *order_give(struct shared *shared, const struct order *like)
{
    struct order *o = calloc(1, sizeof(*o) + shared->thread_count * sizeof(o->parts[0]));

    if (o == NULL)
        return NULL;
    o->what = like->what;
    o->filter = like->filter;
    o->server = like->server ? server_state_get(like->server) : NULL;
    o->count = shared->thread_count;
    atomic_store(&o->holders, shared->thread_count + 1);
    atomic_store(&o->undone, shared->thread_count);
    for (uint32_t i = 0; i < o->count; i++) {
        struct part *p = &o->parts[i];
        p->order = o;
        p->thread = shared->threads[i];
        buf_init(&p->out, LIST_MOST);
        loop_post(p->thread->loop, &p->task, do_part);
    }
    return o;
}

static bool await(const struct order *o, duration most)
{
    for (uint64_t waited = 0; waited < (uint64_t)most.ms * 1000; waited += LOOK_US) {
        if (atomic_load_explicit(&o->undone, memory_order_acquire) == 0)
            return true;
        (void)usleep(LOOK_US);
    }
    return atomic_load_explicit(&o->undone, memory_order_acquire) == 0;
}

bool sessions_end_of(struct shared *shared, struct server_state *server)
{
    struct order *o = order_give(shared, &(struct order){ .what = WHAT_END_OF, .server = server });

    if (o == NULL)
        return false;
    order_put(o);
    return true;
}

enum sessions_end sessions_end_one(struct shared *shared, uint64_t serial, duration most)
{
    struct order *o =
        order_give(shared, &(struct order){ .what = WHAT_END_ONE, .filter = { .serial = serial } });
    enum sessions_end result = SESSIONS_LATE;

    if (o == NULL)
        return SESSIONS_LATE;
    if (await(o, most)) {
        result = SESSIONS_NONE;
        for (uint32_t i = 0; i < o->count; i++)
            result = o->parts[i].ended > 0 ? SESSIONS_ENDED : result;
    }
    order_put(o);
    return result;
}

bool sessions_list(struct shared *shared, const struct sessions_filter *f, struct buf *out, duration most)
{
    struct order *o = order_give(shared, &(struct order){ .what = WHAT_LIST, .filter = *f });

    if (o == NULL)
        return false;
    bool all = await(o, most);
    for (uint32_t i = 0; all && i < o->count; i++)
        buf_put(out, buf_span(&o->parts[i].out));
    order_put(o);
    return all;
}
