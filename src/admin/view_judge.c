/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules by which figures become words. They are fixed, so that a word means
 * the same everywhere: docs/design/admin.md lists them for operators.
 */
#include <stdlib.h>

#include "admin/view.h"

#define ERRORS_PERCENT  5  /* failed, of at least ... */
#define ERRORS_ANSWERS  20 /* ... so many answers */
#define FAILING_PERCENT 50 /* of a service's answers */
#define SLOW_TIMES      4  /* its p99 against the median of its peers' */
#define SLOW_MORE_US    100000

static bool fails_over(const struct view_recent *r, unsigned percent)
{
    return r->answers >= ERRORS_ANSWERS && r->failed * 100 >= r->answers * percent && r->failed > 0;
}

/* ---- slow: in comparison with its peers ---- */

static bool is_measured(const struct view_server *s)
{
    return s->recent.samples >= VIEW_SAMPLES_MIN;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The median of <n> sorted values without the one at <left_out>. */
static uint64_t median_without(const uint64_t *sorted, uint32_t n, uint32_t left_out)
{
    uint32_t middle = (n - 1) / 2;
    uint32_t upper = middle >= left_out ? middle + 1 : middle;

    if ((n - 1) % 2)
        return sorted[upper];
    uint32_t lower = middle - 1 >= left_out ? middle : middle - 1;
    return (sorted[lower] + sorted[upper]) / 2;
}

static uint32_t position(const uint64_t *sorted, uint32_t n, uint64_t value)
{
    const uint64_t *at = bsearch(&value, sorted, n, sizeof(*sorted), by_value);
    return at ? (uint32_t)(at - sorted) : 0;
}

/* <room> has a place for each server of the pool. */
static void judge_slow(struct view *v, const struct view_pool *p, uint64_t *room)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->count; i++)
        if (is_measured(&v->servers[p->first + i]))
            room[n++] = v->servers[p->first + i].recent.p99;
    if (n < 2)
        return;
    qsort(room, n, sizeof(*room), by_value);
    for (uint32_t i = 0; i < p->count; i++) {
        struct view_server *s = &v->servers[p->first + i];
        if (!is_measured(s))
            continue;
        uint64_t median = median_without(room, n, position(room, n, s->recent.p99));
        if (s->recent.p99 >= median * SLOW_TIMES && s->recent.p99 >= median + SLOW_MORE_US)
            s->slow_peers = median;
    }
}

/* ---- words ---- */

static bool awaits_check(const struct view_server *s)
{
    return s->health.health == HEALTH_STARTING && !(s->admin & ADMIN_NO_CHECK);
}

static enum view_word word_of(const struct view_server *s)
{
    switch (s->use) {
    case USE_MAINT:
        return VIEW_MAINTENANCE;
    case USE_DOWN:
    case USE_FAILED:
        return VIEW_DOWN;
    case USE_STARTING:
        return VIEW_UNCHECKED;
    case USE_STICKY:
        return VIEW_DRAINING;
    case USE_FULL:
        break;
    }
    if (fails_over(&s->recent, ERRORS_PERCENT))
        return VIEW_ERRORS;
    if (s->slow_peers != 0)
        return VIEW_SLOW;
    if (awaits_check(s))
        return VIEW_UNCHECKED;
    return s->health.health == HEALTH_UNCHECKED || s->admin & ADMIN_NO_CHECK ? VIEW_NO_CHECK : VIEW_UP;
}

static void judge_pool(struct view *v, struct view_pool *p)
{
    if (p->count > 0 && p->usable == 0)
        p->word = VIEW_DOWN;
    else
        p->word = fails_over(&p->recent, ERRORS_PERCENT) ? VIEW_ERRORS : VIEW_UP;
    for (uint32_t i = 0; i < p->count; i++) {
        struct view_server *s = &v->servers[p->first + i];
        s->word = word_of(s);
    }
}

static void judge_service(struct view_service *s)
{
    if (s->disabled)
        s->word = VIEW_MAINTENANCE;
    else
        s->word = fails_over(&s->recent, ERRORS_PERCENT) ? VIEW_ERRORS : VIEW_UP;
}

/* ---- causes ---- */

/* Servers that are not asked for anything are nobody's trouble. */
static bool is_in_use(const struct view_pool *p)
{
    return p->model->uses > 0 && p->count > 0;
}

static enum view_cause_kind cause_of(enum view_word w)
{
    return w == VIEW_DOWN ? CAUSE_SERVER_DOWN : w == VIEW_ERRORS ? CAUSE_SERVER_ERRORS : CAUSE_SERVER_SLOW;
}

static void add_cause(struct view *v, enum view_cause_kind kind, uint32_t index)
{
    v->causes[v->cause_count++] = (struct view_cause){ kind, index };
}

static int by_weight(const void *a, const void *b)
{
    const struct view_cause *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void find_causes(struct view *v)
{
    for (uint32_t i = 0; i < v->service_count; i++)
        if (fails_over(&v->services[i].recent, FAILING_PERCENT + 1))
            add_cause(v, CAUSE_SERVICE_FAILING, i);
    for (uint32_t i = 0; i < v->pool_count; i++) {
        const struct view_pool *p = &v->pools[i];
        if (!is_in_use(p))
            continue;
        if (p->usable == 0)
            add_cause(v, CAUSE_POOL_EMPTY, i);
        for (uint32_t k = p->first; k < p->first + p->count; k++)
            if (v->servers[k].word >= VIEW_SLOW)
                add_cause(v, cause_of(v->servers[k].word), k);
    }
    qsort(v->causes, v->cause_count, sizeof(*v->causes), by_weight);
}

bool view_judge(struct view *v)
{
    uint64_t *room = calloc(v->server_count + 1, sizeof(*room));

    v->causes = calloc(v->service_count + v->pool_count + v->server_count + 1, sizeof(*v->causes));
    if (room == NULL || v->causes == NULL) {
        free(room);
        return false;
    }
    for (uint32_t i = 0; i < v->pool_count; i++) {
        judge_slow(v, &v->pools[i], room);
        judge_pool(v, &v->pools[i]);
    }
    free(room);
    for (uint32_t i = 0; i < v->service_count; i++)
        judge_service(&v->services[i]);
    find_causes(v);
    if (v->cause_count == 0)
        v->verdict = VERDICT_WELL;
    else
        v->verdict = v->causes[0].kind <= CAUSE_SERVICE_FAILING ? VERDICT_FAILING : VERDICT_DEGRADED;
    return true;
}
