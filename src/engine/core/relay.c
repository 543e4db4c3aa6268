/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/relay.h"

#include <errno.h>

#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/core/upstream.h"
#include "io/chunk.h"

#define READ_FIRST   ((size_t)16 * 1024)
#define READ_MOST    ((size_t)64 * 1024)  /* what a slow reader may leave with us */
#define SPLICE_AFTER ((size_t)128 * 1024) /* bytes that went through without a pause: from there on bulk */
#define SPLICE_PIECE ((size_t)1024 * 1024)
#define TURN_MOST    ((size_t)512 * 1024) /* then the others have their turn */
#define RATE_PAUSE   DURATION_MS(20)

/* One direction. */
struct way {
    struct conn *from, *to;
    struct splice pipe;
    char *chunk; /* CHUNK_LARGE, while something waits in it */
    size_t begin, end;
    size_t read_size; /* grows while writes are whole */
    size_t run;       /* bytes without a pause */
    uint64_t *passed;
    uint64_t rate; /* bytes a second; 0 = no limit */
    bool splices;  /* as was asked for, or as it wins; never with TLS */
    bool ended;    /* EOF was read */
    bool closed;   /* and passed on */
    bool held;     /* its first bytes are looked at */
};

enum { TO_SERVER, TO_CLIENT };

struct relay_state {
    struct relay *relay;
    struct way ways[2];
    struct relay_options options;
    struct deferred start;
    struct deadline later;  /* rate limits */
    struct deadline looked; /* the answer was looked at long enough */
    bool look_over;
    deadline_fn client_expired; /* the session's own, put back at the end */
    instant began;
};

size_t relay_state_size(void)
{
    return sizeof(struct relay_state);
}

/* ---- ending ---- */

static void way_drop(struct loop *l, struct way *w)
{
    conn_splice_drop(l, &w->pipe);
    chunk_put(loop_chunks(l), CHUNK_LARGE, w->chunk);
    w->chunk = NULL;
}

void relay_cancel(struct relay *r)
{
    struct relay_state *s = r->state;
    struct loop *l = r->thread->loop;

    if (s == NULL)
        return;
    r->state = NULL;
    loop_undefer(&s->start);
    loop_forget_deadline(l, &s->later);
    loop_forget_deadline(l, &s->looked);
    way_drop(l, &s->ways[TO_SERVER]);
    way_drop(l, &s->ways[TO_CLIENT]);
    loop_forget_deadline(l, &r->client->deadline);
    loop_forget_deadline(l, &r->server->deadline);
    r->client->deadline.on_expired = s->client_expired;
    r->client->conn.on_ready = r->server->conn.on_ready = NULL;
    r->client->owner = r->server->owner = NULL;
    r->server->on_expired = NULL;
    slab_put(&r->thread->relay_slab, s);
}

static void finish(struct relay *r, enum end_reason reason, enum end_moment moment, int error)
{
    relay_cancel(r);
    r->on_end(r, (struct end){ .reason = (uint8_t)reason, .moment = (uint8_t)moment, .error = error });
}

/* ---- time ---- */

static duration side_timeout(const struct relay_state *s, bool client)
{
    const struct relay_options *o = &s->options;
    duration usual = client ? o->client_timeout : o->server_timeout;
    duration fin = client ? o->client_fin : o->server_fin;
    bool both_spoke = s->relay->to_server > 0 && s->relay->to_client > 0;

    if (!duration_is_none(fin) && (s->ways[TO_SERVER].ended || s->ways[TO_CLIENT].ended))
        return fin;
    return both_spoke && !duration_is_none(o->tunnel_timeout) ? o->tunnel_timeout : usual;
}

/* Something moved: each side's clock begins anew; a store for each, as a rule. */
static void set_deadlines(struct relay_state *s)
{
    struct loop *l = s->relay->thread->loop;

    loop_set_deadline(l, &s->relay->client->deadline, side_timeout(s, true));
    if (!s->options.nginx_timeout)
        loop_set_deadline(l, &s->relay->server->deadline, side_timeout(s, false));
}

static void on_client_expired(struct deadline *d)
{
    struct relay *r = CONTAINER_OF(d, struct session, deadline)->owner;
    bool either = r->state->options.nginx_timeout;

    finish(r, either ? END_SERVER_TIMEOUT : END_CLIENT_TIMEOUT, MOMENT_DATA, ETIMEDOUT);
}

static void on_server_expired(struct upstream_conn *c)
{
    finish(c->owner, END_SERVER_TIMEOUT, MOMENT_DATA, ETIMEDOUT);
}

/* ---- moving bytes ---- */

enum moved {
    MOVED_ALL,   /* nothing more to do in this direction for now */
    MOVED_SHARE, /* there is more, but the others have their turn */
    MOVED_BROKE_FROM,
    MOVED_BROKE_TO,
    MOVED_DENIED, /* by whoever looks at the answer */
};

static size_t rate_left(const struct relay_state *s, const struct way *w)
{
    uint64_t us = instant_us_between(s->began, thread_now(s->relay->thread)) + 100000;
    uint64_t allowed = (uint64_t)((double)us * (double)w->rate / 1e6);

    if (w->rate == 0)
        return SIZE_MAX;
    return allowed > *w->passed ? (size_t)(allowed - *w->passed) : 0;
}

static void passed(struct way *w, size_t n, bool whole)
{
    *w->passed += n;
    w->run += n;
    if (!whole)
        w->read_size = READ_FIRST;
    else if (w->read_size < READ_MOST && n >= w->read_size)
        w->read_size *= 2;
}

/* What waits from before: true when all of it is out. */
static bool send_waiting(struct loop *l, struct way *w, enum moved *broke)
{
    while (w->begin < w->end || w->pipe.held > 0) {
        struct conn_done done = w->pipe.held > 0 ? conn_splice_out(w->to, &w->pipe, false)
                                                 : conn_write(w->to, w->chunk + w->begin, w->end - w->begin);
        if (done.result == CONN_AGAIN)
            return false;
        if (done.result != CONN_OK) {
            *broke = MOVED_BROKE_TO;
            return false;
        }
        if (w->begin < w->end)
            w->begin += done.len;
        passed(w, done.len, true);
    }
    if (w->chunk != NULL) {
        chunk_put(loop_chunks(l), CHUNK_LARGE, w->chunk);
        w->chunk = NULL;
        w->begin = w->end = 0;
    }
    return true;
}

/* Bytes that the receiver did not take wait in a chunk. False: no memory. */
static bool park(struct loop *l, struct way *w, const char *bytes, size_t len)
{
    w->chunk = chunk_get(loop_chunks(l), CHUNK_LARGE);
    if (w->chunk == NULL)
        return false;
    memcpy(w->chunk, bytes, len);
    w->begin = 0;
    w->end = len;
    return true;
}

static struct conn_done copy_piece(struct loop *l, struct way *w, size_t most, enum moved *broke)
{
    char *scratch = loop_chunks(l)->scratch;
    struct conn_done in = conn_read(w->from, scratch, most < w->read_size ? most : w->read_size);

    if (in.result != CONN_OK)
        return in;
    struct conn_done out = conn_write(w->to, scratch, in.len);
    size_t taken = out.result == CONN_OK ? out.len : 0;
    if (out.result != CONN_OK && out.result != CONN_AGAIN)
        *broke = MOVED_BROKE_TO;
    else if (taken < in.len && !park(l, w, scratch + taken, in.len - taken))
        *broke = MOVED_BROKE_TO;
    passed(w, taken, taken == in.len);
    return in;
}

/* Bulk between two plain sockets stays in the kernel. A pipe that cannot be had means copying. */
static struct conn_done splice_piece(struct loop *l, struct way *w, size_t most, enum moved *broke)
{
    struct conn_done in = conn_splice_in(w->from, &w->pipe, most < SPLICE_PIECE ? most : SPLICE_PIECE);

    if (in.result == CONN_ERROR && in.error == EMFILE) {
        w->splices = false;
        return copy_piece(l, w, most, broke);
    }
    if (in.result == CONN_OK)
        (void)send_waiting(l, w, broke);
    return in;
}

static enum moved end_way(struct way *w)
{
    if (!w->closed) {
        w->closed = true;
        conn_shutdown_write(w->to);
    }
    return MOVED_ALL;
}

/* The server's first bytes stay in the chunk until somebody has decided on them. */
static enum moved hold(struct relay_state *s, struct way *w)
{
    struct loop *l = s->relay->thread->loop;
    size_t room = chunk_room(loop_chunks(l), CHUNK_LARGE);

    if (w->chunk == NULL)
        w->chunk = chunk_get(loop_chunks(l), CHUNK_LARGE);
    if (w->chunk == NULL)
        return MOVED_BROKE_TO;
    struct conn_done in = { .result = CONN_AGAIN };
    if (!w->ended && w->end < room)
        in = conn_read(w->from, w->chunk + w->end, room - w->end);
    if (in.result == CONN_ERROR)
        return MOVED_BROKE_FROM;
    w->ended = w->ended || in.result == CONN_EOF;
    w->end += in.result == CONN_OK ? in.len : 0;
    bool last = w->ended || w->end == room || s->look_over;
    switch (s->options.inspect(s->relay, span_of(w->chunk, w->end), last)) {
    case RELAY_MORE:
        return in.result == CONN_OK ? MOVED_SHARE : MOVED_ALL;
    case RELAY_END:
        return MOVED_DENIED;
    case RELAY_LAST:
        w->ended = true;
        break;
    case RELAY_PASS:
        break;
    }
    w->held = false;
    loop_forget_deadline(l, &s->looked);
    return MOVED_SHARE;
}

static enum moved move(struct relay_state *s, struct way *w)
{
    struct loop *l = s->relay->thread->loop;
    enum moved broke = MOVED_ALL;
    size_t total = 0;

    while (total < TURN_MOST) {
        if (!send_waiting(l, w, &broke))
            return broke;
        if (w->ended)
            return end_way(w);
        size_t most = rate_left(s, w);
        if (most == 0) {
            loop_set_deadline(l, &s->later, RATE_PAUSE);
            return MOVED_ALL;
        }
        bool bulk = w->splices && w->run >= SPLICE_AFTER;
        struct conn_done in = bulk ? splice_piece(l, w, most, &broke) : copy_piece(l, w, most, &broke);
        if (broke != MOVED_ALL)
            return broke;
        if (in.result == CONN_AGAIN) {
            if (w->pipe.held == 0 && total < READ_FIRST)
                w->run = 0; /* a trickle: small pieces are cheaper to copy */
            return MOVED_ALL;
        }
        if (in.result == CONN_ERROR)
            return MOVED_BROKE_FROM;
        w->ended = in.result == CONN_EOF;
        total += in.len;
    }
    return MOVED_SHARE;
}

static bool is_flushed(const struct way *w)
{
    return w->begin == w->end && w->pipe.held == 0 && conn_is_flushed(w->to);
}

static bool is_over(const struct relay_state *s)
{
    const struct way *up = &s->ways[TO_SERVER], *down = &s->ways[TO_CLIENT];

    if (up->closed && down->closed)
        return is_flushed(up) && is_flushed(down);
    return !s->options.half_close && ((up->closed && is_flushed(up)) || (down->closed && is_flushed(down))) &&
           is_flushed(up) && is_flushed(down);
}

static void go_on(struct relay *r)
{
    static const enum end_reason from[] = { END_CLIENT_CLOSED, END_SERVER_CLOSED };
    static const enum end_reason to[] = { END_SERVER_CLOSED, END_CLIENT_CLOSED };
    struct relay_state *s = r->state;
    uint64_t before = r->to_server + r->to_client;
    bool more = false, half = s->ways[0].ended || s->ways[1].ended;

    for (unsigned i = 0; i < 2; i++) {
        struct way *w = &s->ways[i];
        if (w->closed && is_flushed(w))
            continue;
        enum moved moved = UNLIKELY(w->held) ? hold(s, w) : move(s, w);
        if (UNLIKELY(moved == MOVED_DENIED)) {
            finish(r, END_DENIED, MOMENT_DATA, 0);
            return;
        }
        if (moved == MOVED_BROKE_FROM || moved == MOVED_BROKE_TO) {
            finish(r, moved == MOVED_BROKE_FROM ? from[i] : to[i], MOMENT_DATA, 0);
            return;
        }
        more = more || moved == MOVED_SHARE;
    }
    if (r->first_byte.us == 0 && r->to_client > 0) {
        r->first_byte = thread_now(r->thread);
        if (r->on_first_byte)
            r->on_first_byte(r);
    }
    if (is_over(s)) {
        finish(r, END_DONE, MOMENT_NONE, 0);
        return;
    }
    if (r->to_server + r->to_client != before || half != (s->ways[0].ended || s->ways[1].ended))
        set_deadlines(s);
    if (more)
        conn_again(&r->client->conn);
}

static void on_client_ready(struct conn *c)
{
    go_on(session_of_conn(c)->owner);
}

void *relay_owner_of(const struct session *s)
{
    return s->conn.on_ready == on_client_ready ? ((const struct relay *)s->owner)->owner : NULL;
}

static void on_server_ready(struct conn *c)
{
    go_on(upstream_conn_of(c)->owner);
}

static void on_start(struct deferred *d)
{
    go_on(CONTAINER_OF(d, struct relay_state, start)->relay);
}

static void on_later(struct deadline *d)
{
    go_on(CONTAINER_OF(d, struct relay_state, later)->relay);
}

static void on_looked(struct deadline *d)
{
    struct relay_state *s = CONTAINER_OF(d, struct relay_state, looked);

    s->look_over = true;
    go_on(s->relay);
}

/* ---- beginning ---- */

static bool way_init(struct loop *l, struct way *w, struct conn *from, struct conn *to, bool splice,
                     struct span first)
{
    w->from = from;
    w->to = to;
    w->read_size = READ_FIRST;
    w->splices = conn_can_splice(from) && conn_can_splice(to);
    w->run = splice ? SPLICE_AFTER : 0;
    BUG_ON(first.len > READ_MOST);
    return first.len == 0 || park(l, w, first.ptr, first.len);
}

bool relay_start(struct relay *r, const struct relay_options *o, struct span from_client,
                 struct span from_server)
{
    struct loop *l = r->thread->loop;
    struct relay_state *s = slab_get(&r->thread->relay_slab);

    if (s == NULL)
        return false;
    *s = (struct relay_state){ .relay = r, .options = *o, .began = thread_now(r->thread) };
    struct conn *client = &r->client->conn, *server = &r->server->conn;
    if (!way_init(l, &s->ways[TO_SERVER], client, server, o->splice_request, from_client) ||
        !way_init(l, &s->ways[TO_CLIENT], server, client, o->splice_response, from_server)) {
        way_drop(l, &s->ways[TO_SERVER]);
        way_drop(l, &s->ways[TO_CLIENT]);
        slab_put(&r->thread->relay_slab, s);
        return false;
    }
    r->to_server = r->to_client = 0;
    r->first_byte = (instant){ 0 };
    s->ways[TO_SERVER].passed = &r->to_server;
    s->ways[TO_CLIENT].passed = &r->to_client;
    s->ways[TO_SERVER].rate = o->rate_to_server;
    s->ways[TO_CLIENT].rate = o->rate_to_client;
    deferred_init(&s->start, on_start);
    deadline_init(&s->later, on_later);
    deadline_init(&s->looked, on_looked);
    if (UNLIKELY(o->inspect)) {
        s->ways[TO_CLIENT].held = true;
        s->look_over = o->inspect_delay.ms == 0;
        if (!s->look_over)
            loop_set_deadline(l, &s->looked, o->inspect_delay);
    }
    r->state = s;
    r->client->owner = r->server->owner = r;
    client->on_ready = on_client_ready;
    server->on_ready = on_server_ready;
    s->client_expired = r->client->deadline.on_expired;
    r->client->deadline.on_expired = on_client_expired;
    r->server->on_expired = on_server_expired;
    set_deadlines(s);
    loop_defer(l, &s->start);
    return true;
}
