/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/stream.h"

#include "base/bytes.h"
#include "engine/core/follow.h"
#include "engine/core/gate.h"
#include "engine/core/lease.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/http/auth.h"
#include "engine/http/compress.h"
#include "engine/http/files.h"
#include "engine/http/internal.h"
#include "engine/http/target.h"
#include "io/chunk.h"

#define STREAM_MEMORY (256u * 1024) /* scratch of one request at most */
#define STREAMS_A_RUN 32            /* pipelined requests answered without letting others in */

static enum stream_step step_head(struct stream *s)
{
    return s->front->head(s);
}

static enum stream_step step_end(struct stream *s)
{
    (void)s;
    BUG_ON(true); /* stream_run ends it */
}

#define TO(step) (1u << STEP_##step)
struct step {
    const char *name; /* as logs and status show it */
    step_fn *run;
    uint32_t to; /* where it may go */
};
// clang-format off
static const struct step steps[STEP_COUNT] = {
    [STEP_HEAD]     = { "head",     step_head,     TO(REQUEST) | TO(REPLY) | TO(END) },
    [STEP_REQUEST]  = { "request",  step_request,  TO(BODY) | TO(FILES) | TO(STATUS) | TO(PAUSE) | TO(AUTH) | TO(TARPIT) | TO(REPLY) | TO(END) },
    [STEP_BODY]     = { "body",     step_body,     TO(PICK) | TO(BODY) | TO(TARPIT) | TO(REPLY) | TO(END) },
    [STEP_PICK]     = { "pick",     step_pick,     TO(CONNECT) | TO(SEND) | TO(REPLY) | TO(TARPIT) | TO(END) },
    [STEP_CONNECT]  = { "connect",  step_connect,  TO(CONNECT) | TO(SEND) | TO(REPLY) | TO(END) },
    [STEP_SEND]     = { "send",     step_send,     TO(SEND) | TO(CONNECT) | TO(RESPONSE) | TO(REPLY) | TO(END) },
    [STEP_RESPONSE] = { "response", step_response, TO(FORWARD) | TO(TUNNEL) | TO(REQUEST) | TO(SEND) | TO(CONNECT) | TO(REPLY) | TO(END) },
    [STEP_FORWARD]  = { "forward",  step_forward,  TO(DRAIN) | TO(REPLY) | TO(END) },
    [STEP_FILES]    = { "files",    step_files,    TO(FORWARD) | TO(REQUEST) | TO(REPLY) | TO(END) },
    [STEP_STATUS]   = { "status",   step_status,   TO(REPLY) | TO(END) },
    [STEP_PAUSE]    = { "pause",    step_pause,    TO(REQUEST) | TO(END) },
    [STEP_AUTH]     = { "auth",     step_auth,     TO(REQUEST) | TO(REPLY) | TO(END) },
    [STEP_TARPIT]   = { "tarpit",   step_tarpit,   TO(REPLY) | TO(END) },
    [STEP_REPLY]    = { "reply",    step_reply,    TO(FORWARD) | TO(REQUEST) | TO(REPLY) | TO(END) },
    [STEP_TUNNEL]   = { "tunnel",   step_tunnel,   TO(END) },
    [STEP_DRAIN]    = { "drain",    step_drain,    TO(END) },
    [STEP_END]      = { "end",      step_end,      0 },
};
// clang-format on

const char *stream_step_name(enum stream_step step)
{
    BUG_ON((unsigned)step >= STEP_COUNT);
    return steps[step].name;
}

/* --- time --- */
/* A deadline runs from the last progress on its side; what happens on the other one does not move it. */
static void settle(struct loop *l, struct deadline *d, duration most, uint64_t moved, uint64_t *before)
{
    if (duration_is_none(most)) {
        wheel_clear(d);
        return;
    }
    if (deadline_is_set(d) && moved == *before)
        return;
    *before = moved;
    loop_set_deadline(l, d, most);
}

static void stream_settle(struct stream *s)
{
    struct loop *l = s->thread->loop;

    s->client_expired = s->server_expired = false;
    if (s->tunnel)
        return; /* the relay's */
    if (s->step != STEP_HEAD)
        settle(l, &s->session->deadline, s->wait_client, s->bytes_in + s->interim_out + s->answer_out.written,
               &s->client_moved);
    if (s->upstream.conn && s->step != STEP_CONNECT)
        settle(l, &s->upstream.conn->deadline, s->wait_server, s->back_in + s->request_out.written,
               &s->server_moved);
}

void stream_expired(struct stream *s)
{
    s->client_expired = true;
    stream_run(s);
}

/* --- running --- */
void stream_run(struct stream *s)
{
    unsigned ended = 0;

    for (;;) {
        s->wait_client = s->wait_server = DURATION_NONE;
        const struct step *step = &steps[s->step];
        enum stream_step next = step->run(s);
        if (next == STEP_WAIT) {
            stream_settle(s);
            return;
        }
        BUG_ON(!(step->to >> next & 1));
        s->step = (uint8_t)next;
        if (next != STEP_END)
            continue;
        stream_log(s);
        rules_forget_source(&s->rules);
        s = s->front->end(s);
        if (!s)
            return;
        if (++ended == STREAMS_A_RUN) {
            loop_defer(s->thread->loop, &s->turn);
            return;
        }
    }
}

static void stream_on_turn(struct deferred *d)
{
    stream_run(CONTAINER_OF(d, struct stream, turn));
}

static void stream_on_pause(struct deadline *d)
{
    struct stream *s = CONTAINER_OF(d, struct stream, pause);

    s->paused = true;
    stream_run(s);
}

/* --- life --- */
/* Only this thread writes it; others read. */
struct stream *stream_new(struct session *session, const struct front *front)
{
    struct thread *t = session->thread;
    struct stream *s = slab_get(&t->stream_slab);

    if (!s)
        return NULL;
    /* In two parts: over 2 KiB the library takes the slower way. */
    bytes_clear(s, offsetof(struct stream, facts));
    bytes_clear(&s->facts, offsetof(struct stream, upstream.tried) - offsetof(struct stream, facts));
    thread_count(&t->streams, 1);
    atomic_store_explicit(&t->requests, atomic_load_explicit(&t->requests, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    s->live.session = s->session = session;
    s->thread = t;
    s->front = front;
    s->lease = lease_get(session->gate->lease);
    s->step = STEP_HEAD;
    s->connect_result = UPSTREAM_WAIT;
    s->end.reason = END_REASONS; /* not known yet */
    deferred_init(&s->turn, stream_on_turn);
    deadline_init(&s->pause, stream_on_pause);
    scratch_init(&s->scratch, &t->scratch_slab, STREAM_MEMORY);
    stream_facts_begin(s);
    s->rules.facts = &s->facts;
    s->rules.session = session;
    s->rules.request = &s->request;
    s->rules.on_limit = stream_on_limit;
    rules_begin_zeroed(&s->rules, session->gate->model->service->entry);
    return s;
}

void stream_head_waits(struct stream *s, bool waits)
{
    if (LIKELY(s->head_waits == waits))
        return;
    s->head_waits = waits;
    thread_count(&s->thread->heads, waits ? 1 : (uint32_t)-1);
}

/* Something that a request without a body, answered at once, never has. */
static bool has_extras(const struct stream *s)
{
    return s->tunnel || s->target || s->auth || s->file || s->view || s->compressor || s->to_server.stream ||
           s->to_client.stream || s->request_out.rest || s->answer_out.rest || s->ahead ||
           s->rules.hold_count || deadline_is_filed(&s->pause) || link_is_linked(&s->turn.link) ||
           s->head_waits;
}

static __attribute__((noinline)) void free_extras(struct stream *s)
{
    struct thread *t = s->thread;
    struct chunks *chunks = loop_chunks(t->loop);

    target_cancel(s);
    auth_fini(s);
    rules_end_limits(&s->rules);
    files_fini(s);
    status_fini(s);
    compress_end(s);
    flow_fini(&s->to_server);
    flow_fini(&s->to_client);
    h1_out_fini(&s->request_out, chunks);
    h1_out_fini(&s->answer_out, chunks);
    chunk_put(chunks, (enum chunk_size)s->ahead_size, s->ahead);
    loop_forget_deadline(t->loop, &s->pause);
    loop_undefer(&s->turn);
    stream_head_waits(s, false);
}

void stream_free(struct stream *s)
{
    struct thread *t = s->thread;
    struct chunks *chunks = loop_chunks(t->loop);

    if (UNLIKELY(s->tunnel != NULL))
        tunnel_cancel(s);
    server_release(s);
    if (UNLIKELY(has_extras(s)))
        free_extras(s);
    s->facts.follows[1] = NULL; /* the connection may be gone */
    follow_end(&s->facts, 0, 0);
    chunk_put(chunks, (enum chunk_size)s->in_size, s->in);
    chunk_put(chunks, (enum chunk_size)s->back_size, s->back);
    scratch_reset(&s->scratch);
    lease_put(s->lease);
    thread_count(&t->streams, (uint32_t)-1);
    slab_put(&t->stream_slab, s);
}

/* --- ends --- */
/* The moment that a stream is in, for its end. */
static enum end_moment moment_of(const struct stream *s)
{
    switch ((enum stream_step)s->step) {
    case STEP_HEAD:
    case STEP_REQUEST:
    case STEP_BODY:
    case STEP_FILES:
    case STEP_STATUS:
    case STEP_REPLY:
    case STEP_PAUSE:
    case STEP_AUTH:
        return MOMENT_REQUEST;
    case STEP_PICK:
    case STEP_CONNECT:
        return s->upstream.ticket ? MOMENT_QUEUE : MOMENT_CONNECT;
    case STEP_SEND:
    case STEP_RESPONSE:
        return MOMENT_HEADERS;
    case STEP_FORWARD:
        return s->own ? MOMENT_REQUEST : s->server_done ? MOMENT_LAST : MOMENT_DATA;
    case STEP_TUNNEL:
        return MOMENT_DATA;
    case STEP_TARPIT:
        return MOMENT_TARPIT;
    case STEP_DRAIN:
    case STEP_END:
    case STEP_COUNT:
        break;
    }
    return MOMENT_NONE;
}

void stream_note_end(struct stream *s, enum end_reason reason)
{
    if (s->end.reason != END_REASONS)
        return;
    s->end.reason = (uint8_t)reason;
    s->end.moment = (uint8_t)(reason == END_DONE ? MOMENT_NONE : moment_of(s));
    if (!s->end.error)
        s->end.error = s->error;
}

COLD enum stream_step stream_refuse(struct stream *s, unsigned status, enum end_reason reason)
{
    stream_note_end(s, reason);
    s->client_expired = s->server_expired = false;
    s->status = (uint16_t)status;
    s->rules.reply = NULL;
    s->rules.location = span_of(NULL, 0);
    server_release(s);
    return STEP_REPLY;
}

COLD enum stream_step stream_give_up(struct stream *s, enum end_reason reason)
{
    stream_note_end(s, reason);
    s->keep_client = false;
    s->broken = true;
    server_release(s);
    return STEP_END;
}

bool stream_is_idempotent(const struct stream *s)
{
    switch (s->request.method) {
    case METHOD_GET:
    case METHOD_HEAD:
    case METHOD_PUT:
    case METHOD_DELETE:
    case METHOD_OPTIONS:
    case METHOD_TRACE:
        return true;
    case METHOD_OTHER:
    case METHOD_POST:
    case METHOD_CONNECT:
    case METHOD_PATCH:
        break;
    }
    return false;
}
