/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server's state: made by name, bound to a file, asked whether it may be used.
 * Results of checks are in server_health.c, what traffic says in server_traffic.c.
 */
#include "state/server_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "state/state_internal.h"

/* FNV-1a: the same in every process, for fingerprints that lie in the mirror. */
static uint64_t print_add(uint64_t h, struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
    return h;
}
#define PRINT_BEGIN 0xcbf29ce484222325u

/* Everything that a check's result depends on. */
static uint64_t print_of_check(const struct server *model)
{
    struct buf b;
    buf_init(&b, 64 * 1024);
    address_put(&b, &model->address);
    if (model->check)
        check_put(&b, model->check);
    buf_printf(&b, " %d", (int)model->init_state);
    uint64_t h = print_add(PRINT_BEGIN, buf_span(&b));
    buf_fini(&b);
    return h;
}

static uint16_t print_of_file(const struct server_state *s)
{
    uint64_t both = (uint64_t)s->file_weight << 16 | s->file_admin;
    uint64_t h = print_add(PRINT_BEGIN, span_of((const char *)&both, sizeof(both)));
    return (uint16_t)(h ^ h >> 32);
}

static uint16_t print_of_health(const struct server_state *s)
{
    return (uint16_t)(s->check_print ^ s->check_print >> 32);
}

/* ---- made and released ---- */

struct server_state *server_state_find(struct state_world *w, struct pool_state *pool,
                                       const struct server *model)
{
    char *text = NULL;
    int len = asprintf(&text, "%.*s/%.*s", SPAN_ARGS(pool->named.identity), SPAN_ARGS(model->identity));
    if (len < 0)
        oom_die(model->identity.len);
    struct named *known = name_table_find(&w->servers, span_of(text, (size_t)len));
    if (known) {
        free(text);
        return server_state_get(CONTAINER_OF(known, struct server_state, named));
    }
    struct server_state *s = state_alloc(_Alignof(struct server_state), sizeof(*s));
    s->named.identity = span_of(text, (size_t)len);
    s->pool = pool_state_get(pool);
    list_init(&s->queue);
    list_init(&s->trackers);
    link_init(&s->in_trackers);
    if (!counts_init(&s->counts, w->threads))
        oom_die(w->threads * sizeof(void *));
    name_table_add(&w->servers, w, &s->named);
    lock_take(&pool->lock);
    list_push_back(&pool->servers, &s->in_pool);
    lock_give(&pool->lock);
    return s;
}

struct server_state *server_state_get(struct server_state *s)
{
    atomic_fetch_add_explicit(&s->named.references, 1, memory_order_relaxed);
    return s;
}

void server_state_put(struct server_state *s)
{
    if (s == NULL || !named_put(&s->named))
        return;
    struct state_world *w = s->named.world;
    name_table_remove(&w->servers, &s->named);
    server_state_track(s, NULL);
    LIST_EACH (&s->trackers, t, struct server_state, in_trackers)
        server_state_track(t, NULL);
    world_unlock(w);
    BUG_ON(atomic_load(&s->active) || !list_is_empty(&s->queue));
    lock_take(&s->pool->lock);
    link_remove(&s->in_pool);
    lock_give(&s->pool->lock);
    pool_state_put(s->pool);
    counts_fini(&s->counts);
    free((void *)(uintptr_t)s->named.identity.ptr);
    free(s);
}

/* ---- bound to a file ---- */

/* A process before this one knew it: what its operator and checks said still counts. */
static bool take_from_mirror(struct server_state *s, const struct server *model)
{
    struct mirror_entry e;
    struct mirror_record *r = atomic_load_explicit(&s->mirror, memory_order_relaxed);
    if (r == NULL || !mirror_read(r, &e))
        return false;
    if (e.file == print_of_file(s)) {
        unsigned admin =
            (e.admin & ADMIN_RUNTIME) | (e.has_file_admin ? e.admin & ADMIN_FILE : s->file_admin);
        atomic_store_explicit(&s->admin, (uint8_t)admin, memory_order_relaxed);
        if (e.has_weight)
            atomic_store_explicit(&s->weight, e.weight, memory_order_relaxed);
    }
    struct mirror_limit l = mirror_read_limit(r);
    if (l.set && l.file == mirror_print(s->file_connections_max))
        atomic_store_explicit(&s->connections_max, l.most, memory_order_relaxed);
    if (model->check && e.check == print_of_health(s) && e.health != HEALTH_STARTING) {
        unsigned rise = model->check->rise, fall = model->check->fall;
        bool up = e.health == HEALTH_UP || e.health == HEALTH_GOING_DOWN;
        unsigned points = up ? (rise + fall > 0 ? rise + fall - 1 : 0) : 0;
        atomic_store_explicit(&s->points, (uint16_t)points, memory_order_relaxed);
        atomic_store_explicit(&s->health, up ? HEALTH_UP : HEALTH_DOWN, memory_order_relaxed);
    }
    return true;
}

/* The same by a file that another program may have written. */
static void take_saved(struct server_state *s, const struct server *model)
{
    const struct server_saved *saved = model->saved;
    uint64_t now = clock_now().us, ago = (uint64_t)saved->since_s * 1000000;
    unsigned admin = (saved->maint ? ADMIN_MAINT : 0u) | (saved->drain ? ADMIN_DRAIN : 0u);

    atomic_fetch_or_explicit(&s->admin, (uint8_t)admin, memory_order_relaxed);
    if (saved->has_weight)
        atomic_store_explicit(&s->weight, saved->weight, memory_order_relaxed);
    atomic_store_explicit(&s->since_us, ago < now ? now - ago : 1, memory_order_relaxed);
    if (model->check == NULL || saved->maint)
        return;
    unsigned rise = atomic_load_explicit(&s->rise, memory_order_relaxed);
    unsigned fall = atomic_load_explicit(&s->fall, memory_order_relaxed);
    unsigned points = saved->points < rise + fall ? saved->points : rise + fall - 1;
    points = saved->stopped ? (points < rise ? points : rise - 1) : points >= rise ? points : rise;
    atomic_store_explicit(&s->points, (uint16_t)points, memory_order_relaxed);
    atomic_store_explicit(&s->health, (uint8_t)health_of_points(points, rise, fall), memory_order_relaxed);
}

static uint8_t wishes_of(const struct server *model)
{
    return (uint8_t)((model->on_down_shutdown_sessions ? WISH_KILL : 0u) |
                     (model->on_up_shutdown_backup_sessions ? WISH_KILL_BACKUPS : 0u) |
                     (model->backup ? WISH_IS_BACKUP : 0u));
}

void server_address(struct server_state *s, const struct server *model, struct address *out)
{
    *out = model->address;
    if (LIKELY(atomic_load_explicit(&s->address_version, memory_order_acquire) == 0))
        return;
    lock_take(&s->pool->lock);
    *out = s->address;
    lock_give(&s->pool->lock);
}

/* What was learned of the name goes on; a file with another name, or none, begins anew. */
static void bind_address(struct server_state *s, const struct server *model)
{
    uint64_t print = model->host.len ? print_add(PRINT_BEGIN, model->host) : 0;
    if (print != s->host_print)
        atomic_store_explicit(&s->address_version, 0, memory_order_relaxed);
    s->host_print = print;
    struct address at;
    server_address(s, model, &at);
    atomic_store_explicit(&s->no_address, model->host.len && at.len == 0, memory_order_relaxed);
}

void server_set_address(struct server_state *s, const struct address *a, instant now)
{
    lock_take(&s->pool->lock);
    s->address = *a;
    atomic_fetch_add_explicit(&s->address_version, 1, memory_order_release);
    lock_give(&s->pool->lock);
    atomic_store_explicit(&s->no_address, a->len == 0, memory_order_relaxed);
    server_changed(s, now);
}

void server_state_bind(struct server_state *s, const struct server *model)
{
    unsigned admin = (model->down ? ADMIN_FILE_DOWN : 0u) | (model->drain ? ADMIN_FILE_DRAIN : 0u);
    uint64_t print = print_of_check(model);
    bool first = !s->bound;
    if (first || s->file_weight != model->weight)
        atomic_store_explicit(&s->weight, model->weight, memory_order_relaxed);
    if (first || s->file_connections_max != model->connections_max)
        atomic_store_explicit(&s->connections_max, model->connections_max, memory_order_relaxed);
    if (first || s->file_admin != admin)
        atomic_store_explicit(&s->admin, (uint8_t)admin, memory_order_relaxed);
    if (first || (s->check_print != print && !s->named.world->health_stays) ||
        (atomic_load_explicit(&s->health, memory_order_relaxed) == HEALTH_UNCHECKED && model->check))
        server_health_begin(s, model);
    if (model->agent == NULL)
        atomic_store_explicit(&s->agent_down, false, memory_order_relaxed);
    atomic_store_explicit(&s->on_change, wishes_of(model), memory_order_relaxed);
    s->bound = true;
    s->checked = model->check != NULL;
    s->file_weight = model->weight;
    s->file_connections_max = model->connections_max;
    s->file_admin = (uint8_t)admin;
    s->check_print = print;
    if (s->named.world->mirror && atomic_load_explicit(&s->mirror, memory_order_relaxed) == NULL)
        atomic_store_explicit(&s->mirror, mirror_find(s->named.world->mirror, s->named.identity),
                              memory_order_relaxed);
    if (first && !take_from_mirror(s, model) && model->saved != NULL)
        take_saved(s, model);
    bind_address(s, model);
    server_mirror(s);
}

void server_mirror(struct server_state *s)
{
    struct mirror_record *r = atomic_load_explicit(&s->mirror, memory_order_relaxed);
    if (r == NULL)
        return;
    uint32_t weight = atomic_load_explicit(&s->weight, memory_order_relaxed);
    unsigned admin = atomic_load_explicit(&s->admin, memory_order_relaxed);
    struct mirror_entry e = {
        .admin = (uint8_t)(admin & (ADMIN_RUNTIME | ADMIN_FILE)),
        .health = atomic_load_explicit(&s->health, memory_order_relaxed),
        .has_weight = weight != s->file_weight && weight <= UINT16_MAX,
        .has_file_admin = (admin & ADMIN_FILE) != s->file_admin,
        .weight = (uint16_t)weight,
        .file = print_of_file(s),
        .check = print_of_health(s),
    };
    mirror_write(r, &e);
    uint32_t most = atomic_load_explicit(&s->connections_max, memory_order_relaxed);
    mirror_write_limit(r, &(struct mirror_limit){ .set = most != s->file_connections_max,
                                                  .most = most,
                                                  .file = mirror_print(s->file_connections_max) });
}

/* ---- use ---- */

static bool is_alone(const struct server *model)
{
    return model->pool->single_never_fails && model->pool->servers.count == 1;
}

/* The instant until which passive failures keep it out; 0: they do not. */
static uint64_t failed_until(const struct server_state *s, const struct server *model)
{
    uint32_t fails = atomic_load_explicit(&s->fails, memory_order_relaxed);
    if (LIKELY(fails == 0) || model->fails_max == 0 || fails < model->fails_max || is_alone(model))
        return 0;
    instant tried = { atomic_load_explicit(&s->tried_us, memory_order_relaxed) };
    return instant_after(tried, model->fail_window).us;
}

static enum server_use use_by_health(const struct server_state *s)
{
    switch ((enum health)atomic_load_explicit(&s->health, memory_order_relaxed)) {
    case HEALTH_DOWN:
    case HEALTH_GOING_UP:
        return USE_DOWN;
    case HEALTH_STARTING:
        return atomic_load_explicit(&s->points, memory_order_relaxed) <
                       atomic_load_explicit(&s->rise, memory_order_relaxed)
                   ? USE_STARTING
                   : USE_FULL;
    case HEALTH_UNCHECKED:
    case HEALTH_UP:
    case HEALTH_GOING_DOWN:
        break;
    }
    return atomic_load_explicit(&s->stops, memory_order_relaxed) ? USE_STICKY : USE_FULL;
}

enum server_use server_use(const struct server_state *s, const struct server *model, instant now)
{
    unsigned admin = atomic_load_explicit(&s->admin, memory_order_relaxed);
    if (admin & (ADMIN_MAINT | ADMIN_FILE_DOWN | ADMIN_TRACKED_MAINT) ||
        UNLIKELY(atomic_load_explicit(&s->no_address, memory_order_relaxed)))
        return USE_MAINT;
    if (atomic_load_explicit(&s->agent_down, memory_order_relaxed))
        return USE_DOWN;
    enum server_use use = use_by_health(s);
    if (use != USE_FULL && use != USE_STICKY)
        return use;
    uint64_t until = failed_until(s, model);
    if (until && now.us <= until)
        return USE_FAILED;
    bool drains = admin & (ADMIN_DRAIN | ADMIN_FILE_DRAIN | ADMIN_TRACKED_DRAIN);
    if (drains || atomic_load_explicit(&s->weight, memory_order_relaxed) == 0)
        return USE_STICKY;
    return use;
}

const char *server_use_name(enum server_use u)
{
    static const char *const names[] = {
        [USE_FULL] = "usable", [USE_STICKY] = "drained",    [USE_FAILED] = "failed",
        [USE_DOWN] = "down",   [USE_STARTING] = "starting", [USE_MAINT] = "maintenance",
    };
    BUG_ON(u >= COUNT_OF(names));
    return names[u];
}

/* How far slow start is, in 16ths from 1 on. */
static uint32_t slow_start_part(const struct server_state *s, const struct server *model, instant now)
{
    uint64_t since = atomic_load_explicit(&s->usable_since_us, memory_order_relaxed);
    if (LIKELY(since == 0 || model->slow_start.ms == 0 || duration_is_none(model->slow_start)))
        return WEIGHT_SCALE;
    uint64_t gone = instant_us_between((instant){ since }, now), all = (uint64_t)model->slow_start.ms * 1000;
    return gone >= all ? WEIGHT_SCALE : (uint32_t)(gone * WEIGHT_SCALE / all) + 1;
}

uint32_t server_weight(const struct server_state *s, const struct server *model, instant now)
{
    return atomic_load_explicit(&s->weight, memory_order_relaxed) * slow_start_part(s, model, now);
}

instant server_next_change(const struct server_state *s, const struct server *model, instant now)
{
    uint64_t next = UINT64_MAX, until = failed_until(s, model);
    if (until && now.us <= until)
        next = until + 1;
    uint32_t part = slow_start_part(s, model, now);
    if (part < WEIGHT_SCALE) {
        uint64_t since = atomic_load_explicit(&s->usable_since_us, memory_order_relaxed);
        uint64_t step =
            since + ((uint64_t)model->slow_start.ms * 1000 * part + WEIGHT_SCALE - 1) / WEIGHT_SCALE;
        next = step < next ? step : next;
    }
    return (instant){ next };
}

uint32_t server_limit(const struct server_state *s, const struct server *model, instant now)
{
    uint32_t most = atomic_load_explicit(&s->connections_max, memory_order_relaxed);
    uint32_t least = model->connections_min;
    if (LIKELY(most == 0))
        return 0;
    uint32_t limit = most;
    if (least && least < most && model->pool->fullconn) {
        uint64_t load = pool_connections(s->pool);
        uint64_t moved = load * most / model->pool->fullconn;
        limit = moved >= most ? most : moved > least ? (uint32_t)moved : least;
    }
    uint32_t part = slow_start_part(s, model, now);
    if (part < WEIGHT_SCALE)
        limit = limit * part / WEIGHT_SCALE;
    return limit ? limit : 1;
}

/* ---- the operator ---- */

void server_set_admin(struct server_state *s, unsigned set, unsigned clear, instant now)
{
    const unsigned mine = ADMIN_RUNTIME | ADMIN_FILE;
    uint8_t before = atomic_load_explicit(&s->admin, memory_order_relaxed), after;
    do
        after = (uint8_t)((before | (set & mine)) & ~(clear & mine));
    while (!atomic_compare_exchange_weak_explicit(&s->admin, &before, after, memory_order_relaxed,
                                                  memory_order_relaxed));
    bool was_out = before & (ADMIN_MAINT | ADMIN_DRAIN | ADMIN_FILE);
    bool is_out = after & (ADMIN_MAINT | ADMIN_DRAIN | ADMIN_FILE);
    if ((after & ~(unsigned)before) & (ADMIN_MAINT | ADMIN_FILE_DOWN))
        server_went(s, false);
    if (was_out && !is_out)
        atomic_store_explicit(&s->usable_since_us, now.us, memory_order_relaxed);
    if ((before & ~(unsigned)after) & (ADMIN_MAINT | ADMIN_FILE_DOWN)) {
        server_begin_anew(s, now);
        server_went(s, true);
    }
    server_changed(s, now);
}

void server_set_weight(struct server_state *s, uint32_t weight, instant now)
{
    atomic_store_explicit(&s->weight, weight, memory_order_relaxed);
    server_changed(s, now);
}

void server_set_connections_max(struct server_state *s, uint32_t most, instant now)
{
    atomic_store_explicit(&s->connections_max, most, memory_order_relaxed);
    server_changed(s, now);
}
