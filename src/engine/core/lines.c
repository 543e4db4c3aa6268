/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/lines.h"

#include "engine/core/access_log.h"
#include "engine/core/generation.h"
#include "base/scratch.h"
#include "engine/core/gate.h"
#include "engine/core/lease.h"
#include "engine/core/live.h"
#include "engine/core/rules.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "eval/eval.h"

#define FAILED_MEMORY     (64u * 1024)
#define LEVEL_ERROR_LINES 3 /* syslog's err: what log-separate-errors raises a failed one to */

/* 1 of N and the like: by a count of the thread's own, so that the share is exact. */
static bool is_sampled(struct thread *t, const struct log_rule *r)
{
    if (r->sample_size == 0)
        return true;
    uint32_t turn = 1 + rand_below(&t->rand, r->sample_size);
    return turn >= r->sample_low && turn <= r->sample_high;
}

static bool is_wanted(struct thread *t, const struct rules *rules, const struct log_rule *r, uint8_t level)
{
    return level <= r->level_max && (r->when == NULL || eval_truth(rules->facts, r->when)) &&
           eval_cond(rules->facts, r->cond) && is_sampled(t, r);
}

static uint8_t level_of(const struct rules *rules, const struct log_rule *r, const struct lines_about *about)
{
    uint8_t level = rules->log_level != UINT8_MAX ? rules->log_level : r->level;

    if (about->failed && rules->client->log_errors_apart && level > LEVEL_ERROR_LINES)
        level = LEVEL_ERROR_LINES;
    /* A target's lower end: what is more severe is sent as that. */
    return level < r->level_min ? r->level_min : level;
}

static void write_line(struct thread *t, const struct lease *l, const struct rules *rules,
                       const struct log_rule *r, const struct expr *line, uint8_t level)
{
    struct log_sink *to = log_sinks_at(l->generation->sinks, r->target->index);
    struct buf *b = log_begin(t->log, to, LOG_LINE_MAX);

    if (b == NULL)
        return;
    eval_append(rules->facts, line, b);
    log_end(t->log, r->facility, level, loop_wall_us(t->loop));
}

void lines_write(struct thread *t, const struct lease *l, const struct rules *rules, enum lines_when when,
                 const struct lines_about *about)
{
    const struct scope *s = rules->logs;

    if (s == NULL || rules->client == NULL)
        return;
    if ((about->quiet && rules->client->quiet_probe) || (!about->failed && rules->client->log_normal_off))
        return;
    for (uint32_t i = 0; i < s->logs.count; i++) {
        const struct log_rule *r = &s->logs.items[i];
        uint8_t level = level_of(rules, r, about);
        if (r->on_accept == (when == LINES_EARLY) && is_wanted(t, rules, r, level))
            write_line(t, l, rules, r, r->line, level);
    }
}

void lines_failed(struct session *s, const struct lease *l, struct span why, bool quiet)
{
    const struct scope *entry = s->gate->model->service->entry;
    const struct lines_about about = { .failed = true };
    struct live_self self = { .session = s };
    struct scratch scratch;
    struct facts facts;
    struct rules rules = { .facts = &facts, .session = s };

    if (entry->failed_line == NULL || (quiet && entry->client->quiet_probe))
        return;
    scratch_init(&scratch, &s->thread->scratch_slab, FAILED_MEMORY);
    live_begin(&facts, &live_session, &self, &scratch, l);
    facts.connection_error = why;
    rules_begin(&rules, entry);
    for (uint32_t i = 0; i < entry->logs.count; i++) {
        const struct log_rule *r = &entry->logs.items[i];
        uint8_t level = level_of(&rules, r, &about);
        if (is_wanted(s->thread, &rules, r, level))
            write_line(s->thread, l, &rules, r, entry->failed_line, level);
    }
    scratch_reset(&scratch);
}
