/* SPDX-License-Identifier: Apache-2.0 */
/* The one end of a stream: what it was is counted and written down. */
#include "engine/core/access_log.h"
#include "engine/core/gate.h"
#include "engine/core/generation.h"
#include "engine/core/lease.h"
#include "engine/core/session.h"
#include "engine/core/stats.h"
#include "engine/core/thread.h"
#include "engine/http/internal.h"
#include "eval/eval.h"

static void count_stream(struct stream *s)
{
    const struct upstream *u = &s->upstream;
    const struct facts_times *t = &s->times;
    struct stats_stream st = { .gate = s->session->gate,
                               .pool = u->pool,
                               .server = u->server,
                               .end = s->end,
                               .status = s->head_ready ? s->status : 0,
                               .tries = (uint16_t)u->tries,
                               .redispatched = u->redispatched,
                               .reused = u->reused,
                               .from_client = s->bytes_in,
                               .to_client = s->facts_end.bytes_sent,
                               .from_server = s->back_in,
                               .to_server = s->request_out.written,
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

/* A request that brought nothing but its connection's end is worth no line. */
static bool is_normal(const struct stream *s)
{
    return s->end.reason == END_DONE && s->status < 500;
}

static bool rule_is_due(struct stream *s, const struct log_rule *rule)
{
    uint8_t level = s->rules.log_level == UINT8_MAX ? rule->level : s->rules.log_level;

    if (s->rules.client->log_normal_off && is_normal(s))
        return false;
    if (level > 7 || level > rule->level_max)
        return false;
    if (rule->when && !eval_truth(&s->facts, rule->when))
        return false;
    return !rule->cond || eval_cond(&s->facts, rule->cond);
}

/* log ... sample 1:10: of <sample_size> lines in a row, those from low to high. */
static bool rule_is_sampled(struct stream *s, const struct log_rule *rule)
{
    if (rule->sample_size == 0)
        return true;
    uint32_t at = s->thread->log_samples++ % rule->sample_size + 1;
    return at >= rule->sample_low && at <= rule->sample_high;
}

static void write_line(struct stream *s, const struct log_rule *rule)
{
    struct log_ring *ring = s->thread->log;
    uint8_t level = s->rules.log_level == UINT8_MAX ? rule->level : s->rules.log_level;

    if (level < rule->level_min)
        level = rule->level_min;
    struct buf *line =
        log_begin(ring, log_sinks_at(s->lease->generation->sinks, rule->target->index), LOG_LINE_MAX);
    if (!line)
        return;
    eval_append(&s->facts, rule->line, line);
    log_end(ring, rule->facility, level, s->facts.wall_us);
}

void stream_log(struct stream *s)
{
    const struct scope *logs = s->rules.logs;

    if (s->end.reason == END_REASONS)
        stream_note_end(s, END_DONE);
    stream_facts_end(s);
    count_stream(s);
    if (s->rules.scope->on[HOOK_LOG].count)
        (void)rules_run(&s->rules, HOOK_LOG);
    for (uint32_t i = 0; i < logs->logs.count; i++) {
        const struct log_rule *rule = &logs->logs.items[i];
        if (rule_is_due(s, rule) && rule_is_sampled(s, rule))
            write_line(s, rule);
    }
}
