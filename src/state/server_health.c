/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Health by checks. It is counted as HAProxy documents it: points from 0 to
 * rise + fall - 1, up from <rise> on; a good check when up gives all points, a
 * bad one takes one, and who falls below <rise> has none. So <fall> bad ones in a
 * row take a server down and <rise> good ones in a row bring it back.
 */
#include "state/server_state.h"

#include "state/state_internal.h"

static const char *const health_names[] = {
    [HEALTH_UNCHECKED] = "unchecked",   [HEALTH_STARTING] = "starting", [HEALTH_UP] = "up",
    [HEALTH_GOING_DOWN] = "going down", [HEALTH_DOWN] = "down",         [HEALTH_GOING_UP] = "going up",
};

const char *health_name(enum health h)
{
    BUG_ON(h >= COUNT_OF(health_names));
    return health_names[h];
}

const char *check_result_code(enum check_result r)
{
    static const char *const codes[CHECKED_COUNT] = {
#define X(name, code) [CHECKED_##name] = (code),
        CHECK_RESULT_LIST(X)
#undef X
    };
    BUG_ON(r >= CHECKED_COUNT);
    return codes[r];
}

bool check_result_is_good(enum check_result r)
{
    return r == CHECKED_L4_OK || r == CHECKED_L6_OK || r == CHECKED_L7_OK || r == CHECKED_L7_CONDITIONAL ||
           r == CHECKED_PROCESS_OK;
}

enum health health_of_points(unsigned points, unsigned rise, unsigned fall)
{
    if (points >= rise)
        return points + 1 >= rise + fall ? HEALTH_UP : HEALTH_GOING_DOWN;
    return points ? HEALTH_GOING_UP : HEALTH_DOWN;
}

static bool is_up(enum health h, unsigned points, unsigned rise)
{
    return h == HEALTH_UNCHECKED || points >= rise;
}

static void limits_of(const struct check *c, unsigned *rise, unsigned *fall)
{
    *rise = c->rise ? c->rise : 1;
    *fall = c->fall ? c->fall : 1;
    /* Points are 16 bits. */
    *rise = *rise < 30000 ? *rise : 30000;
    *fall = *fall < 30000 ? *fall : 30000;
}

void server_health_begin(struct server_state *s, const struct server *model)
{
    unsigned rise = 1, fall = 1, points = 0;
    enum health h = model->check ? HEALTH_STARTING : HEALTH_UNCHECKED;
    if (model->check)
        limits_of(model->check, &rise, &fall);
    if (model->init_state == INIT_UP)
        points = rise;
    else if (model->init_state == INIT_FULLY_UP)
        points = rise + fall - 1;
    else if (model->init_state == INIT_DOWN)
        points = rise - 1;
    atomic_store_explicit(&s->rise, (uint16_t)rise, memory_order_relaxed);
    atomic_store_explicit(&s->fall, (uint16_t)fall, memory_order_relaxed);
    atomic_store_explicit(&s->points, (uint16_t)points, memory_order_relaxed);
    atomic_store_explicit(&s->health, (uint8_t)h, memory_order_relaxed);
    atomic_store_explicit(&s->result, CHECKED_NONE, memory_order_relaxed);
    atomic_store_explicit(&s->stops, false, memory_order_relaxed);
    atomic_store_explicit(&s->result_us, 0, memory_order_relaxed);
}

void server_kill(struct server_state *s, bool for_others)
{
    atomic_store_explicit(&s->killed_for_others, for_others, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->kills, 1, memory_order_release);
}

void server_went(struct server_state *s, bool up)
{
    unsigned wish = atomic_load_explicit(&s->on_change, memory_order_relaxed);
    if (!up && (wish & WISH_KILL))
        server_kill(s, false);
    if (!up || !(wish & WISH_KILL_BACKUPS))
        return;
    lock_take(&s->pool->lock);
    LIST_EACH (&s->pool->servers, other, struct server_state, in_pool)
        if (atomic_load_explicit(&other->on_change, memory_order_relaxed) & WISH_IS_BACKUP)
            server_kill(other, true);
    lock_give(&s->pool->lock);
}

/* When it went up or down, for views, slow start and the time that it was down. */
static void note_change(struct server_state *s, bool up, instant now)
{
    uint64_t since = atomic_exchange_explicit(&s->since_us, now.us, memory_order_relaxed);
    if (up)
        atomic_store_explicit(&s->usable_since_us, now.us, memory_order_relaxed);
    if (up && since)
        atomic_fetch_add_explicit(&s->down_ms, instant_ms_between((instant){ since }, now),
                                  memory_order_relaxed);
    if (!up)
        atomic_fetch_add_explicit(&s->downs, 1, memory_order_relaxed);
    server_went(s, up);
}

/* Puts new points in place and says what they mean. */
static enum health_change set_points(struct server_state *s, unsigned points, instant now)
{
    unsigned rise = atomic_load_explicit(&s->rise, memory_order_relaxed);
    unsigned fall = atomic_load_explicit(&s->fall, memory_order_relaxed);
    enum health before = atomic_load_explicit(&s->health, memory_order_relaxed);
    bool was_up = is_up(before, atomic_load_explicit(&s->points, memory_order_relaxed), rise);
    bool up = points >= rise;
    enum health after = health_of_points(points, rise, fall);
    atomic_store_explicit(&s->points, (uint16_t)points, memory_order_relaxed);
    atomic_store_explicit(&s->health, (uint8_t)after, memory_order_relaxed);
    bool heard = !atomic_load_explicit(&s->agent_down, memory_order_relaxed);
    if (was_up != up && heard)
        note_change(s, up, now);
    if (after != before)
        server_changed(s, now);
    return was_up == up || !heard ? HEALTH_SAME : up ? HEALTH_WENT_UP : HEALTH_WENT_DOWN;
}

/* One good or bad check from <points>. */
static unsigned next_points(unsigned points, unsigned rise, unsigned fall, bool good)
{
    if (good)
        return points + 1 >= rise ? rise + fall - 1 : points + 1;
    return points > rise ? points - 1 : 0;
}

enum health_change server_checked(struct server_state *s, const struct check *c, enum check_result result,
                                  int32_t detail, uint32_t duration_ms, instant now)
{
    unsigned rise, fall;
    limits_of(c, &rise, &fall);
    atomic_store_explicit(&s->rise, (uint16_t)rise, memory_order_relaxed);
    atomic_store_explicit(&s->fall, (uint16_t)fall, memory_order_relaxed);
    atomic_store_explicit(&s->result, (uint8_t)result, memory_order_relaxed);
    bool stops = result == CHECKED_L7_CONDITIONAL;
    bool stopped = atomic_exchange_explicit(&s->stops, stops, memory_order_relaxed);
    atomic_store_explicit(&s->detail, detail, memory_order_relaxed);
    atomic_store_explicit(&s->check_ms, duration_ms, memory_order_relaxed);
    atomic_store_explicit(&s->result_us, now.us, memory_order_relaxed);
    unsigned points = atomic_load_explicit(&s->points, memory_order_relaxed);
    bool good = check_result_is_good(result);
    if (!good && points >= rise)
        atomic_fetch_add_explicit(&s->checks_failed, 1, memory_order_relaxed);
    enum health_change change = set_points(s, next_points(points, rise, fall, good), now);
    if (stops != stopped)
        server_changed(s, now); /* it drains, or does no longer */
    return change;
}

enum health_change server_mark_down(struct server_state *s, instant now)
{
    if (atomic_load_explicit(&s->health, memory_order_relaxed) == HEALTH_UNCHECKED)
        return HEALTH_SAME;
    atomic_store_explicit(&s->result, CHECKED_TRAFFIC, memory_order_relaxed);
    atomic_store_explicit(&s->stops, false, memory_order_relaxed);
    atomic_store_explicit(&s->result_us, now.us, memory_order_relaxed);
    return set_points(s, 0, now);
}

enum health_change server_agent_health(struct server_state *s, bool up, instant now)
{
    bool was_up = !atomic_exchange_explicit(&s->agent_down, !up, memory_order_relaxed);
    if (was_up == up)
        return HEALTH_SAME;
    enum health h = atomic_load_explicit(&s->health, memory_order_relaxed);
    bool by_checks = is_up(h, atomic_load_explicit(&s->points, memory_order_relaxed),
                           atomic_load_explicit(&s->rise, memory_order_relaxed));
    if (by_checks)
        note_change(s, up, now);
    server_changed(s, now);
    return !by_checks ? HEALTH_SAME : up ? HEALTH_WENT_UP : HEALTH_WENT_DOWN;
}

void server_agent_said(struct server_state *s, const struct agent_report *r)
{
    lock_take(&s->pool->lock);
    s->agent = *r;
    lock_give(&s->pool->lock);
}

void server_agent_report(struct server_state *s, struct agent_report *out)
{
    lock_take(&s->pool->lock);
    *out = s->agent;
    lock_give(&s->pool->lock);
}

void server_hurry(struct server_state *s)
{
    atomic_store_explicit(&s->hurry, true, memory_order_relaxed);
}

/* What an operator said of a server that nobody looks at has ended. */
static void trust_if_unchecked(struct server_state *s)
{
    bool up = atomic_load_explicit(&s->points, memory_order_relaxed) >=
              atomic_load_explicit(&s->rise, memory_order_relaxed);

    if (up && !s->checked && s->tracks == NULL)
        atomic_store_explicit(&s->health, HEALTH_UNCHECKED, memory_order_relaxed);
}

void server_begin_anew(struct server_state *s, instant now)
{
    enum health h = atomic_load_explicit(&s->health, memory_order_relaxed);

    if (h == HEALTH_UNCHECKED || h == HEALTH_STARTING)
        return;
    atomic_store_explicit(&s->stops, false, memory_order_relaxed);
    (void)set_points(s, atomic_load_explicit(&s->rise, memory_order_relaxed), now);
    trust_if_unchecked(s);
    server_hurry(s);
}

bool server_take_hurry(struct server_state *s)
{
    return atomic_load_explicit(&s->hurry, memory_order_relaxed) &&
           atomic_exchange_explicit(&s->hurry, false, memory_order_relaxed);
}

void server_sudden_death(struct server_state *s, instant now)
{
    unsigned rise = atomic_load_explicit(&s->rise, memory_order_relaxed);
    if (atomic_load_explicit(&s->health, memory_order_relaxed) != HEALTH_UNCHECKED &&
        atomic_load_explicit(&s->points, memory_order_relaxed) > rise)
        (void)set_points(s, rise, now);
}

void server_set_health(struct server_state *s, enum health h, instant now)
{
    unsigned rise = atomic_load_explicit(&s->rise, memory_order_relaxed);
    unsigned fall = atomic_load_explicit(&s->fall, memory_order_relaxed);
    unsigned points = h == HEALTH_UP ? rise + fall - 1 : h == HEALTH_GOING_DOWN ? rise : 0;

    if (atomic_exchange_explicit(&s->stops, false, memory_order_relaxed))
        server_changed(s, now);
    if (atomic_load_explicit(&s->health, memory_order_relaxed) == HEALTH_UNCHECKED)
        atomic_store_explicit(&s->points, (uint16_t)(rise + fall - 1), memory_order_relaxed); /* it was up */
    (void)set_points(s, points, now);
    trust_if_unchecked(s);
}

void server_set_stopping(struct server_state *s, instant now)
{
    server_set_health(s, HEALTH_UP, now);
    atomic_store_explicit(&s->stops, true, memory_order_relaxed);
    server_changed(s, now);
}

void server_health(const struct server_state *s, struct health_report *out)
{
    *out = (struct health_report){
        .health = atomic_load_explicit(&s->health, memory_order_relaxed),
        .result = atomic_load_explicit(&s->result, memory_order_relaxed),
        .detail = atomic_load_explicit(&s->detail, memory_order_relaxed),
        .duration_ms = atomic_load_explicit(&s->check_ms, memory_order_relaxed),
        .stops = atomic_load_explicit(&s->stops, memory_order_relaxed),
        .points = atomic_load_explicit(&s->points, memory_order_relaxed),
        .rise = atomic_load_explicit(&s->rise, memory_order_relaxed),
        .fall = atomic_load_explicit(&s->fall, memory_order_relaxed),
        .at = { atomic_load_explicit(&s->result_us, memory_order_relaxed) },
        .since = { atomic_load_explicit(&s->since_us, memory_order_relaxed) },
        .downs = atomic_load_explicit(&s->downs, memory_order_relaxed),
        .down_ms = atomic_load_explicit(&s->down_ms, memory_order_relaxed),
        .checks_failed = atomic_load_explicit(&s->checks_failed, memory_order_relaxed),
    };
    if (atomic_load_explicit(&s->agent_down, memory_order_relaxed))
        out->health = HEALTH_DOWN;
}

/* ---- tracking ---- */

void server_state_track(struct server_state *s, struct server_state *tracked)
{
    if (s->tracks == tracked)
        return;
    link_remove(&s->in_trackers);
    s->tracks = tracked;
    if (tracked)
        list_push_back(&tracked->trackers, &s->in_trackers);
    else
        atomic_fetch_and_explicit(&s->admin, (uint8_t) ~(ADMIN_TRACKED_MAINT | ADMIN_TRACKED_DRAIN),
                                  memory_order_relaxed);
}

static void take_over(struct server_state *to, const struct server_state *from)
{
#define COPY(member)                                                                                         \
    atomic_store_explicit(&to->member, atomic_load_explicit(&from->member, memory_order_relaxed),            \
                          memory_order_relaxed)
    COPY(health);
    COPY(points);
    COPY(rise);
    COPY(fall);
    COPY(result);
    COPY(detail);
    COPY(stops);
    COPY(check_ms);
    COPY(result_us);
    COPY(since_us);
    COPY(usable_since_us);
    COPY(agent_down);
#undef COPY
    unsigned theirs = atomic_load_explicit(&from->admin, memory_order_relaxed);
    unsigned inherited = 0;
    if (theirs & (ADMIN_MAINT | ADMIN_FILE_DOWN | ADMIN_TRACKED_MAINT))
        inherited |= ADMIN_TRACKED_MAINT;
    if (theirs & (ADMIN_DRAIN | ADMIN_FILE_DRAIN | ADMIN_TRACKED_DRAIN))
        inherited |= ADMIN_TRACKED_DRAIN;
    uint8_t mine = atomic_load_explicit(&to->admin, memory_order_relaxed), fresh;
    do
        fresh = (uint8_t)((mine & ~(unsigned)(ADMIN_TRACKED_MAINT | ADMIN_TRACKED_DRAIN)) | inherited);
    while (!atomic_compare_exchange_weak_explicit(&to->admin, &mine, fresh, memory_order_relaxed,
                                                  memory_order_relaxed));
}

/* Everybody who tracks <s>, and who tracks them: a stack of work instead of a deep call. */
void server_followers_follow(struct server_state *s, instant now)
{
    s->next_work = NULL;
    for (struct server_state *work = s; work;) {
        struct server_state *from = work;
        work = from->next_work;
        LIST_EACH (&from->trackers, t, struct server_state, in_trackers) {
            take_over(t, from);
            server_mirror(t);
            pool_changed(t->pool, now);
            t->next_work = work;
            work = t;
        }
    }
}

void server_changed(struct server_state *s, instant now)
{
    struct state_world *w = s->named.world;
    world_lock(w);
    server_mirror(s);
    server_followers_follow(s, now);
    world_unlock(w);
    pool_changed(s->pool, now);
}
