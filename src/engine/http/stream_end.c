/* SPDX-License-Identifier: Apache-2.0 */
/* The one end of a stream: what it was is counted and written down. */
#include "engine/core/follow.h"
#include "engine/core/gate.h"
#include "engine/core/lease.h"
#include "engine/core/lines.h"
#include "engine/core/session.h"
#include "engine/core/stats.h"
#include "engine/core/thread.h"
#include "engine/http/internal.h"

static void count_stream(struct stream *s)
{
    const struct upstream *u = &s->upstream;
    const struct facts_times *t = &s->times;
    struct stats_stream st = { .gate = s->session->gate,
                               .pool = u->pool ? u->pool : s->facts.pool,
                               .server = u->server,
                               .end = s->end,
                               .status = s->head_ready ? s->status : 0,
                               .reused = u->reused,
                               .from_client = s->bytes_in,
                               .to_client = s->answer_out.written + s->interim_out + s->tunnel_out,
                               .first_byte_us = UINT64_MAX,
                               .total_us = instant_us_between(t->begun, t->end) };

    if (t->answer.us)
        st.first_byte_us = instant_us_between(t->connected, t->answer);
    if (u->picked.us)
        st.queue_us = instant_us_between(u->started, u->picked);
    if (u->connected.us)
        st.connect_us = instant_us_between(u->picked, u->connected);
    stats_stream_end(s->thread, s->lease, &st);
}

static struct lines_about lines_about(const struct stream *s)
{
    bool good = s->end.reason == END_DONE || s->end.reason == END_LOCAL || s->end.reason == END_REASONS;

    return (struct lines_about){ .failed = !good || s->status >= 500 || s->upstream.tries > 1,
                                 .quiet = s->in_len == 0 && !s->head_read };
}

static void write_lines(struct stream *s)
{
    if (!lines_are_wanted(&s->rules) && s->rules.scope->on[HOOK_LOG].count == 0 &&
        s->rules.entry->on[HOOK_LOG].count == 0)
        return; /* nobody will read it */
    live_now(&s->facts);
    stream_facts_end(s);
    (void)rules_run(&s->rules, HOOK_LOG);
    struct lines_about about = lines_about(s);
    lines_write(s->thread, s->lease, &s->rules, s->logged_early ? LINES_LATE : LINES_ALL, &about);
}

void stream_log_early(struct stream *s)
{
    struct lines_about about = lines_about(s);

    s->logged_early = true;
    s->times.end = thread_now(s->thread);
    live_now(&s->facts);
    stream_facts_end(s);
    lines_write(s->thread, s->lease, &s->rules, LINES_EARLY, &about);
    s->times.end = (instant){ 0 };
    s->facts.end = NULL;
}

void stream_log(struct stream *s)
{
    const struct facts *f = &s->facts;

    if (s->end.reason == END_REASONS)
        stream_note_end(s, END_DONE);
    s->times.end = thread_now(s->thread);
    count_stream(s);
    write_lines(s);
    if (UNLIKELY(f->follows[0] || f->follows[1])) {
        live_now(&s->facts);
        follow_end(&s->facts, s->bytes_in, s->answer_out.written + s->interim_out + s->tunnel_out);
    }
}
