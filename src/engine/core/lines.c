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

/* 1 of N and the like: one count for all threads, so that the share is exact. */
static bool is_sampled(const struct lease *l, const struct log_rule *r)
{
    if (r->sample_size == 0)
        return true;
    uint32_t count =
        atomic_fetch_add_explicit(&l->generation->log_counters[r->sample_counter], 1, memory_order_relaxed);
    uint32_t turn = count % r->sample_size + 1;
    for (uint32_t i = 0; i < r->samples.count; i++)
        if (turn >= r->samples.items[i].low && turn <= r->samples.items[i].high)
            return true;
    return false;
}

static bool is_wanted(const struct lease *l, const struct rules *rules, const struct log_rule *r,
                      uint8_t level)
{
    return level <= r->level_max && (r->when == NULL || eval_truth(rules->facts, r->when)) &&
           eval_cond(rules->facts, r->cond) && is_sampled(l, r);
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
    rules->facts->early_line = r->early;
    if (r->structure) {
        eval_append(rules->facts, r->structure, b);
        log_structure_ends(t->log);
    }
    eval_append(rules->facts, line, b);
    log_end(t->log, r->facility, level, loop_wall_us(t->loop));
}

bool lines_are_wanted(const struct rules *rules)
{
    return rules->logs != NULL && rules->logs->logs.count > 0;
}

bool lines_are_wanted_early(const struct rules *rules)
{
    return rules->logs != NULL && rules->logs->logs_early;
}

static bool is_its_time(const struct log_rule *r, enum lines_when when)
{
    return when == LINES_ALL || r->early == (when == LINES_EARLY);
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
        if (is_its_time(r, when) && is_wanted(l, rules, r, level))
            write_line(t, l, rules, r, about->instead ? about->instead : r->line, level);
    }
}

void lines_failed(struct session *s, const struct lease *l, struct span why, bool quiet)
{
    const struct scope *entry = s->gate->model->service->entry;
    const struct lines_about about = { .failed = true, .quiet = quiet, .instead = entry->failed_line };
    struct live_self self = { .session = s };
    struct scratch scratch;
    struct facts facts;
    struct rules rules = { .facts = &facts, .session = s };

    if (entry->failed_line == NULL)
        return;
    scratch_init(&scratch, &s->thread->scratch_slab, FAILED_MEMORY);
    live_begin(&facts, &live_session, &self, &scratch, l);
    facts.connection_error = why;
    rules_begin(&rules, entry);
    lines_write(s->thread, l, &rules, LINES_ALL, &about);
    scratch_reset(&scratch);
}
