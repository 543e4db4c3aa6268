/* SPDX-License-Identifier: Apache-2.0 */
/* The stream becomes a tunnel: the head of the 101 (or 2xx to CONNECT) goes out, then core/relay passes
 * bytes. */
#include "engine/core/relay.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "engine/http/internal.h"

struct tunnel {
    struct relay relay;
    struct stream *stream;
};

struct stream *tunnel_stream(const struct tunnel *t)
{
    return t->stream;
}

static void tunnel_on_end(struct relay *r, struct end end)
{
    struct tunnel *t = CONTAINER_OF(r, struct tunnel, relay);
    struct stream *s = t->stream;

    s->session->owner = s;
    s->tunnel_end = end;
    s->tunnel_over = true;
    stream_run(s);
}

static struct relay_options tunnel_options(const struct stream *s)
{
    const struct client_policy *c = s->rules.client;
    const struct server_policy *p = s->rules.server;

    return (struct relay_options){
        .client_timeout = c->body_timeout,
        .server_timeout = p->read_timeout,
        .tunnel_timeout = duration_is_none(p->tunnel_timeout) ? c->tunnel_timeout : p->tunnel_timeout,
        .client_fin = c->half_closed_timeout,
        .server_fin = p->half_closed_timeout,
        .splice_request = p->splice_request,
        .splice_response = p->splice_response,
    };
}

static enum stream_step tunnel_begin(struct stream *s)
{
    struct tunnel *t = scratch_zalloc(&s->scratch, sizeof(*t));
    struct relay_options o = tunnel_options(s);

    if (!t)
        return stream_give_up(s, END_LIMITED);
    t->stream = s;
    t->relay = (struct relay){ .thread = s->thread,
                               .client = s->session,
                               .server = s->upstream.conn,
                               .owner = t,
                               .on_end = tunnel_on_end };
    wheel_clear(&s->session->deadline);
    wheel_clear(&s->upstream.conn->deadline);
    if (!relay_start(&t->relay, &o, span_of(s->in + s->in_at, s->in_len - s->in_at),
                     span_of(s->back + s->back_at, s->back_len - s->back_at)))
        return stream_give_up(s, END_LIMITED);
    s->tunnel = t;
    return STEP_WAIT;
}

/* The head goes out before the first byte of the tunnel. */
static enum stream_step tunnel_send_head(struct stream *s)
{
    size_t taken;

    if (!s->head_ready) {
        s->facts.sent = s->rules.answer = &s->answer;
        if (s->rules.scope->on[HOOK_REPLY].count || s->rules.entry->on[HOOK_REPLY].count)
            (void)rules_run(&s->rules, HOOK_REPLY);
        if (!s->front->begin(s))
            return stream_give_up(s, END_INTERNAL);
        s->head_ready = true;
    }
    enum flow_put put = s->front->sink->put(s, NULL, 0, false, &taken);
    if (put == PUT_ERROR)
        return stream_give_up(s, END_CLIENT_CLOSED);
    if (put == PUT_ALL)
        return tunnel_begin(s);
    if (s->client_expired)
        return stream_give_up(s, END_CLIENT_TIMEOUT);
    s->wait_client = s->rules.client->send_timeout;
    return STEP_WAIT;
}

void tunnel_cancel(struct stream *s)
{
    if (s->tunnel && !s->tunnel_over)
        relay_cancel(&s->tunnel->relay);
}

enum stream_step step_tunnel(struct stream *s)
{
    if (!s->tunnel)
        return tunnel_send_head(s);
    if (!s->tunnel_over)
        return STEP_WAIT;
    s->end = s->tunnel_end;
    s->bytes_in += s->tunnel->relay.to_server;
    s->tunnel_out = s->tunnel->relay.to_client;
    s->back_in += s->tunnel_out;
    s->keep_client = false;
    server_release(s);
    return STEP_END;
}
