/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/upstream.h"

#include <errno.h>
#include <string.h>

#include "admin/admin.h"
#include "base/scratch.h"
#include "engine/core/gate.h"
#include "engine/core/session.h"
#include "engine/core/sticky.h"
#include "engine/core/upstream_internal.h"
#include "eval/eval.h"
#include "eval/recorder.h"
#include "state/bulletin.h"
#include "state/waiter.h"

/*
 * Waiting in a queue of state/. It is an object of its own because the wake-up
 * comes by mail: when the stream goes meanwhile, the mail must still find
 * something.
 */
struct upstream_ticket {
    struct waiter waiter;
    struct task task;
    struct thread *thread;
    struct upstream *upstream; /* NULL: it went; the task only frees */
};

/* --- small things --- */
static void upstream_flight_ends(struct upstream *u)
{
    if (LIKELY(u->flight_began.us == 0))
        return;
    server_flight_ends(upstream_state(u), u->flight_began);
    u->flight_began = (instant){ 0 };
}

static void upstream_let_go(struct upstream *u)
{
    upstream_flight_ends(u);
    if (u->counted)
        server_done(upstream_state(u), thread_now(u->thread));
    u->counted = false;
}

static enum upstream_result upstream_fail(struct upstream *u, enum end_reason reason, enum end_moment moment,
                                          unsigned status)
{
    upstream_cancel(u);
    u->end = (struct end){ .reason = (uint8_t)reason, .moment = (uint8_t)moment, .error = u->error };
    u->status = (uint16_t)status;
    return UPSTREAM_FAILED;
}

void upstream_log(struct upstream *u, enum error_event event, struct span text)
{
    error_log(u->thread, u->lease, u->error_logs, event,
              &(struct error_about){ .session = u->session,
                                     .pool = u->pool,
                                     .server = event == ERROR_NO_SERVER ? NULL : u->server,
                                     .found = u->found && u->tries ? upstream_this_try(u)->found : NULL,
                                     .error = u->error,
                                     .text = text,
                                     .describe = u->describe,
                                     .of = u->of });
}

/* What a stream is answered when a server could not even be connected to. */
static unsigned status_unreachable(const struct upstream *u, bool late)
{
    if (!u->policy->gateway_statuses)
        return 503;
    return late ? 504 : 502;
}

/* Our own want, not the server's fault. */
static bool is_local_error(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS ||
           error == EADDRNOTAVAIL || error == EADDRINUSE;
}

/* --- choosing --- */
static void upstream_note_try(struct upstream *u)
{
    u->tries++;
    u->tried_count++;
    bool again = u->tries == 1 && u->tried_count > 1; /* others were asked for this request before */
    u->try_began = thread_now(u->thread);
    if (UNLIKELY(u->pool->inflight)) {
        upstream_flight_ends(u);
        u->flight_began = u->try_began;
        server_flight_begins(upstream_state(u), u->try_began);
    }
    *upstream_this_try(u) =
        (struct try_facts){ .server = u->server,
                            .found = u->found ? &u->found[(u->tries - 1) % u->found_count] : NULL,
                            .began = u->try_began,
                            .again = again };
}

static COLD enum upstream_result upstream_not_opened(struct upstream *u)
{
    if (is_local_error(u->error)) {
        upstream_log(u, ERROR_CONNECT_FAILED, SPAN(""));
        return upstream_fail(u, END_LIMITED, MOMENT_CONNECT, status_unreachable(u, false));
    }
    /* The next one is tried in a later turn: however many servers refuse at once, the stack stays flat. */
    u->pending = FAILURE_CONNECT;
    loop_defer(u->thread->loop, &u->later);
    return UPSTREAM_WAIT;
}

static inline enum upstream_result upstream_opened(struct upstream *u, enum upstream_result r)
{
    return LIKELY(r != UPSTREAM_FAILED) ? r : upstream_not_opened(u);
}

/* The server that has just failed is not asked again at once. */
static COLD enum upstream_result upstream_pause(struct upstream *u)
{
    if (u->policy->retry_pause.ms == 0)
        return upstream_opened(u, upstream_open(u));
    loop_set_deadline(u->thread->loop, &u->wait, u->policy->retry_pause);
    return UPSTREAM_WAIT;
}

static enum upstream_result upstream_given(struct upstream *u, const struct server *server)
{
    bool again = u->server == server; /* redispatched, and there is no other */

    u->server = server;
    u->counted = true;
    u->picked = thread_now(u->thread);
    u->same = again ? u->same + 1 : 1;
    upstream_note_try(u);
    return again ? upstream_pause(u) : upstream_opened(u, upstream_open(u));
}

size_t upstream_ticket_size(void)
{
    return sizeof(struct upstream_ticket);
}

static void ticket_free(struct upstream_ticket *k)
{
    slab_put(&k->thread->ticket_slab, k);
}

/* By mail: a place was given to us. */
static void upstream_on_place(struct task *task)
{
    struct upstream_ticket *k = CONTAINER_OF(task, struct upstream_ticket, task);
    struct upstream *u = k->upstream;
    const struct server *server = k->waiter.server;

    ticket_free(k);
    if (!u)
        return;
    u->ticket = NULL;
    wheel_clear(&u->wait);
    upstream_tell(u, upstream_given(u, server));
}

static void ticket_wake(struct waiter *w)
{
    struct upstream_ticket *k = CONTAINER_OF(w, struct upstream_ticket, waiter);

    loop_post(k->thread->loop, &k->task, upstream_on_place);
}

static struct upstream_ticket *ticket_new(struct upstream *u)
{
    struct upstream_ticket *k = slab_get(&u->thread->ticket_slab);

    if (k) {
        memset(k, 0, sizeof(*k));
        k->thread = u->thread;
        k->upstream = u;
        k->waiter.wake = ticket_wake;
    }
    return k;
}

static void upstream_leave_queue(struct upstream *u)
{
    struct upstream_ticket *k = u->ticket;

    if (!k)
        return;
    u->ticket = NULL;
    const struct server *given = waiter_leave(&k->waiter);
    if (!given) {
        ticket_free(k);
        return;
    }
    k->upstream = NULL; /* its mail is on the way */
    server_done(snapshot_server(u->lease->snapshot, given), thread_now(u->thread));
}

static enum upstream_result upstream_none(struct upstream *u, enum pick_reason why)
{
    counts_bump(pool_counts(snapshot_pool(u->lease->snapshot, u->pool), u->thread->index), no_server, 1);
    upstream_log(u, ERROR_NO_SERVER, SPAN(""));
    return upstream_fail(u, why == PICK_NONE_QUEUE_FULL ? END_QUEUE_FULL : END_NO_SERVER,
                         why == PICK_NONE_QUEUE_FULL ? MOMENT_QUEUE : MOMENT_CONNECT,
                         status_unreachable(u, false));
}

static enum upstream_result upstream_queued(struct upstream *u)
{
    duration most =
        duration_is_none(u->policy->queue_timeout) ? u->pool->queue_timeout : u->policy->queue_timeout;

    if (u->ticket->waiter.at_server)
        u->queue_server = u->ticket->waiter.before + 1;
    else
        u->queue_pool = u->ticket->waiter.before + 1;
    loop_set_deadline(u->thread->loop, &u->wait, most);
    return UPSTREAM_WAIT;
}

/* ptr NULL: the request has no key. */
static struct span upstream_key(struct upstream *u)
{
    struct span key;

    if (eval_text_found(u->facts, u->pool->key, &key))
        return key;
    if (u->pool->key_else && eval_text_found(u->facts, u->pool->key_else, &key))
        return key;
    return span_of(NULL, 0);
}

static inline enum pick_result upstream_ask(struct upstream *u, struct upstream_ticket *k, struct pick *out)
{
    struct address client;
    struct pick_request ask = { .now = thread_now(u->thread),
                                .rand = &u->thread->rand,
                                .tried = u->tried_servers.count ? &u->tried_servers : NULL,
                                .repeat = u->policy->tries_repeat,
                                .wanted = u->wanted,
                                .wanted_down = u->wanted_down,
                                .waiter = k ? &k->waiter : NULL };

    if (u->pool->key)
        ask.key = upstream_key(u);
    if (u->pool->algorithm == BALANCE_IP_HASH) {
        session_source(u->session, &client);
        ask.client = &client;
    }
    return balance_pick(u->lease->snapshot, u->pool, &ask, out);
}

/* Its addresses in turn, each once. */
static COLD enum upstream_result upstream_found(struct upstream *u)
{
    const struct server *server = u->pool->servers.items[0];

    u->server = NULL; /* no pause: another address is another server */
    server_take(snapshot_server(u->lease->snapshot, server), thread_now(u->thread));
    return upstream_given(u, server);
}

/* The queue of the server that a cookie or a rule names is full: another one may do. */
static enum pick_result upstream_ask_others(struct upstream *u, struct pick *out)
{
    counts_bump(pool_counts(snapshot_pool(u->lease->snapshot, u->pool), u->thread->index), redispatches, 1);
    u->wanted = NULL;
    u->redispatched = true;
    return upstream_ask(u, NULL, out);
}

/* All are full: in a queue, or what is to be done instead. */
static COLD enum pick_result upstream_ask_again(struct upstream *u, struct pick *out)
{
    enum pick_result r = PICK_NONE;

    u->ticket = ticket_new(u);
    if (u->ticket)
        r = upstream_ask(u, u->ticket, out);
    if (r == PICK_NONE && out->reason == PICK_NONE_QUEUE_FULL && u->wanted && !u->wanted_only &&
        u->policy->redispatch) {
        r = upstream_ask_others(u, out);
        if (r == PICK_NONE && out->reason == PICK_NONE_FULL && u->ticket)
            r = upstream_ask(u, u->ticket, out);
    }
    if (u->ticket && r != PICK_WAIT) {
        ticket_free(u->ticket);
        u->ticket = NULL;
    }
    return r;
}

/* Nobody was found at once, or somebody wants to know who. */
static COLD enum upstream_result upstream_pick_on(struct upstream *u, enum pick_result r, struct pick pick)
{
    if (r == PICK_NONE && u->wanted &&
        (pick.reason == PICK_NONE_NOT_USABLE || (pick.reason == PICK_NONE_FULL && u->pool->sticky))) {
        u->wanted = NULL; /* it is down, or cannot take it: as if nobody had asked for it */
        r = upstream_ask(u, NULL, &pick);
    }
    if (r == PICK_NONE && pick.reason == PICK_NONE_FULL && u->pool->queue_max)
        r = upstream_ask_again(u, &pick);
    if (u->facts->recorder)
        u->facts->recorder->on_pick(u->facts->recorder, u->pool, &pick);
    switch (r) {
    case PICK_SERVER:
        return upstream_given(u, pick.server);
    case PICK_WAIT:
        return upstream_queued(u);
    case PICK_NONE:
        break;
    }
    return upstream_none(u, pick.reason);
}

static enum upstream_result upstream_pick(struct upstream *u)
{
    struct pick pick = { 0 };

    if (UNLIKELY(u->found != NULL))
        return upstream_found(u);
    enum pick_result r = upstream_ask(u, NULL, &pick);
    if (UNLIKELY(r != PICK_SERVER || u->facts->recorder))
        return upstream_pick_on(u, r, pick);
    return upstream_given(u, pick.server);
}

static void upstream_on_wait(struct deadline *d)
{
    struct upstream *u = CONTAINER_OF(d, struct upstream, wait);

    if (u->ticket) {
        u->picked = thread_now(u->thread); /* the wait is over */
        counts_bump(pool_counts(snapshot_pool(u->lease->snapshot, u->pool), u->thread->index), queue_timeouts,
                    1);
        upstream_tell(u, upstream_fail(u, END_QUEUE_TIMEOUT, MOMENT_QUEUE, status_unreachable(u, false)));
        return;
    }
    upstream_tell(u, upstream_opened(u, upstream_open(u))); /* the pause before the same server is over */
}

static void upstream_on_later(struct deferred *d)
{
    struct upstream *u = CONTAINER_OF(d, struct upstream, later);

    upstream_connect_failed(u, (enum upstream_failure)u->pending, u->error);
}

enum upstream_result upstream_start(struct upstream *u)
{
    if (UNLIKELY(u->pool->sticky != NULL) && !u->wanted)
        u->wanted = sticky_wanted(u->facts, u->pool);

    deadline_init(&u->wait, upstream_on_wait);
    deferred_init(&u->later, upstream_on_later);
    u->started = thread_now(u->thread);
    return upstream_pick(u);
}

const struct server *upstream_named(const struct upstream *u)
{
    bool queued = u->end.reason == END_QUEUE_TIMEOUT || u->end.reason == END_QUEUE_FULL;

    return u->server == NULL && queued ? u->wanted : u->server;
}

/* --- trying again --- */
static uint32_t failure_bit(enum upstream_failure f)
{
    switch (f) {
    case FAILURE_CONNECT:
        return RETRY_CONNECT | RETRY_CONNECT_REFUSED;
    case FAILURE_CONNECT_TIMEOUT:
        return RETRY_CONNECT | RETRY_CONNECT_TIMEOUT;
    case FAILURE_STALE:
    case FAILURE_CLOSED:
        return RETRY_CLOSED;
    case FAILURE_TIMEOUT:
        return RETRY_TIMEOUT;
    case FAILURE_GARBAGE:
        return RETRY_GARBAGE;
    case FAILURE_STATUS:
    case FAILURE_DECLINED:
        return RETRY_STATUS;
    case FAILURE_BODY:
        break;
    }
    return 0;
}

static bool was_sent(enum upstream_failure f)
{
    return f != FAILURE_CONNECT && f != FAILURE_CONNECT_TIMEOUT;
}

static bool tries_are_left(const struct upstream *u)
{
    uint32_t most = u->policy->tries_max ? u->policy->tries_max : u->pool->servers.count;

    if (u->found && (u->policy->tries_max == 0 || most > u->found_count))
        most = u->found_count;
    instant until = instant_after(u->started, u->policy->tries_time);

    return u->tries < most && thread_now(u->thread).us < until.us;
}

bool upstream_may_retry(const struct upstream *u, enum upstream_failure f, bool replayable, bool idempotent)
{
    bool harmless = idempotent || (u->policy->retry_on & RETRY_NON_IDEMPOTENT);

    if (was_sent(f) && !(replayable && harmless))
        return false;
    if (f == FAILURE_STALE)
        return true;
    return (u->policy->retry_on & failure_bit(f)) && tries_are_left(u);
}

/* May this retry go to another server? */
static bool may_go_elsewhere(const struct upstream *u)
{
    int32_t every = u->policy->redispatch,
            retry = (int32_t)u->tries; /* the first retry follows the first try */

    if (u->wanted_only)
        return false;
    if (every > 0)
        return retry % every == 0;
    return every < 0 && retry >= (int32_t)u->policy->tries_max + every;
}

static enum upstream_result upstream_same_again(struct upstream *u)
{
    u->same++;
    upstream_note_try(u);
    return upstream_pause(u);
}

static enum upstream_result upstream_elsewhere(struct upstream *u)
{
    upstream_bump(u, redispatches);
    upstream_let_go(u);
    if (!tried_add(&u->tried_servers, u->facts->scratch, u->server))
        return upstream_fail(u, END_LIMITED, MOMENT_CONNECT, 500);
    u->wanted = NULL;
    u->redispatched = true;
    return upstream_pick(u);
}

static enum upstream_result upstream_give_up(struct upstream *u, enum upstream_failure f)
{
    switch (f) {
    case FAILURE_CONNECT:
        return upstream_fail(u, END_SERVER_REFUSED, MOMENT_CONNECT, status_unreachable(u, false));
    case FAILURE_CONNECT_TIMEOUT:
        return upstream_fail(u, END_SERVER_CONNECT_TIMEOUT, MOMENT_CONNECT, status_unreachable(u, true));
    case FAILURE_TIMEOUT:
        return upstream_fail(u, END_SERVER_TIMEOUT, MOMENT_HEADERS, 504);
    case FAILURE_GARBAGE:
        return upstream_fail(u, END_SERVER_BAD, MOMENT_HEADERS, 502);
    case FAILURE_STALE:
    case FAILURE_CLOSED:
    case FAILURE_STATUS:
    case FAILURE_DECLINED:
        return upstream_fail(u, END_SERVER_CLOSED, MOMENT_HEADERS, 502);
    case FAILURE_BODY:
        break;
    }
    return upstream_fail(u, END_SERVER_CLOSED, MOMENT_DATA, 502);
}

/* on_error: what the file asks for when <error_limit> errors came in a row. */
static void upstream_error_limit(struct upstream *u)
{
    struct server_state *s = upstream_state(u);

    server_hurry(s);
    switch (u->server->on_error) {
    case ON_ERROR_MARK_DOWN:
        (void)server_mark_down(s, thread_now(u->thread));
        break;
    case ON_ERROR_SUDDEN_DEATH:
        server_sudden_death(s, thread_now(u->thread));
        break;
    case ON_ERROR_FAIL_CHECK:
        if (u->server->check)
            (void)server_checked(s, u->server->check, CHECKED_TRAFFIC, 0, 0, thread_now(u->thread));
        break;
    case ON_ERROR_FASTINTER:
        break;
    }
    const struct admin_process *admin = u->thread->shared->admin;
    bulletin_issue(u->lease->snapshot, u->server, BULLETIN_TRAFFIC, admin ? admin->tell : NULL,
                   admin ? admin->teller : NULL);
}

static void upstream_count_failure(struct upstream *u, enum upstream_failure f)
{
    if (f == FAILURE_STALE || f == FAILURE_BODY) /* nobody's fault; and a head had come: it works */
        return;
    if (f == FAILURE_DECLINED) {
        server_answered(upstream_state(u), UINT64_MAX, thread_now(u->thread));
        return;
    }
    if (f == FAILURE_TIMEOUT)
        upstream_bump(u, response_timeouts);
    else if (was_sent(f))
        upstream_bump(u, response_errors);
    switch (server_failed(upstream_state(u), u->server, was_sent(f) ? 7 : 4, thread_now(u->thread))) {
    case FAILED_COUNTED:
        break;
    case FAILED_TAKEN_OUT:
        upstream_log(u, ERROR_SERVER_TAKEN_OUT,
                     was_sent(f) ? SPAN("reading response header from") : SPAN("connecting to"));
        break;
    case FAILED_ERROR_LIMIT:
        upstream_error_limit(u);
        break;
    }
}

/* What nginx's log says of a try without an answer. */
static void upstream_note_failure(struct upstream *u, enum upstream_failure f)
{
    struct try_facts *try = upstream_this_try(u);

    if (f == FAILURE_STALE || f == FAILURE_STATUS || f == FAILURE_DECLINED)
        return;
    try->status = f == FAILURE_TIMEOUT || f == FAILURE_CONNECT_TIMEOUT ? 504 : 502;
    try->ended = thread_now(u->thread);
}

enum upstream_result upstream_retry(struct upstream *u, enum upstream_failure f, bool replayable,
                                    bool idempotent)
{
    bool again = upstream_may_retry(u, f, replayable, idempotent);

    u->failure = (uint8_t)f;
    upstream_note_failure(u, f);
    upstream_count_failure(u, f);
    if (u->conn)
        upstream_conn_close(u->conn);
    u->conn = NULL;
    if (!again)
        return upstream_give_up(u, f);
    if (f == FAILURE_STALE) {
        u->fresh_only = true;
        u->try_began = upstream_this_try(u)->began = thread_now(u->thread);
        return upstream_opened(u, upstream_open(u));
    }
    upstream_bump(u, retries);
    return may_go_elsewhere(u) ? upstream_elsewhere(u) : upstream_same_again(u);
}

/* --- the end --- */
void upstream_failed(struct upstream *u, enum upstream_failure f)
{
    u->failure = (uint8_t)f;
    upstream_count_failure(u, f);
    upstream_cancel(u);
}

void upstream_answered(struct upstream *u, uint64_t first_byte_us)
{
    if (u->pool->load != LOAD_LAST_BYTE)
        upstream_flight_ends(u);
    server_answered(upstream_state(u), first_byte_us, thread_now(u->thread));
}

/* HAProxy: 100 to 499, 501 and 505 are fine. */
static bool is_ill(unsigned status)
{
    return status < 100 || (status >= 500 && status != 501 && status != 505);
}

void upstream_answered_status(struct upstream *u, unsigned status, uint64_t first_byte_us)
{
    if (UNLIKELY(u->server->observe == OBSERVE_LAYER7 && is_ill(status))) {
        if (server_failed(upstream_state(u), u->server, 7, thread_now(u->thread)) == FAILED_ERROR_LIMIT)
            upstream_error_limit(u);
        return;
    }
    upstream_answered(u, first_byte_us);
}

void upstream_done(struct upstream *u, bool reusable)
{
    struct upstream_conn *c = u->conn;

    if (c && u->pool->load == LOAD_LAST_BYTE) /* who asked no server has no pool */
        server_finished(upstream_state(u), instant_us_between(u->try_began, thread_now(u->thread)));
    u->conn = NULL;
    if (!c) {
        upstream_let_go(u);
        return;
    }
    c->requests++;
    if (reusable)
        upstream_conn_keep(u, c);
    else
        upstream_conn_close(c);
    upstream_let_go(u);
}

void upstream_let_all_go(struct upstream *u)
{
    upstream_leave_queue(u);
    loop_forget_deadline(u->thread->loop, &u->wait);
    loop_undefer(&u->later);
    if (u->conn)
        upstream_conn_close(u->conn);
    u->conn = NULL;
    upstream_let_go(u);
}
