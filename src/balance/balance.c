/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pick: the lock, the servers before the backups, the queue, the count. Who
 * may be chosen at all is said here and in candidates.c, for every algorithm alike.
 */
#include "balance/balance.h"

#include "balance/internal.h"
#include "base/scratch.h"
#include "state/waiter.h"

const char *pick_reason_text(enum pick_reason r)
{
    static const char *const texts[PICK_REASONS] = {
#define X(name, phrase) [PICK_##name] = (phrase),
        PICK_REASON_LIST(X)
#undef X
    };
    BUG_ON(r >= PICK_REASONS);
    return texts[r];
}

/* ---- tried ---- */

bool tried_add(struct tried *t, struct scratch *scratch, const struct server *s)
{
    uint32_t at = s->ordinal / 64;
    if (at >= TRIED_WORDS && t->more == NULL) {
        uint32_t words = (s->pool->servers.count + 63) / 64 - TRIED_WORDS;
        t->more = scratch_zalloc(scratch, words * sizeof(*t->more));
        if (t->more == NULL)
            return false;
        t->more_words = words;
    }
    uint64_t *word = at < TRIED_WORDS ? &t->few[at] : &t->more[at - TRIED_WORDS];
    uint64_t bit = 1ull << s->ordinal % 64;
    t->count += (*word & bit) == 0;
    *word |= bit;
    return true;
}

bool tried_has(const struct tried *t, const struct server *s)
{
    uint32_t at = s->ordinal / 64;
    uint64_t word = at < TRIED_WORDS                   ? t->few[at]
                    : at - TRIED_WORDS < t->more_words ? t->more[at - TRIED_WORDS]
                                                       : 0;
    return word >> s->ordinal % 64 & 1;
}

/* ---- prepared with the snapshot ---- */

static const struct algorithm *algorithm_of(enum balance_algorithm a)
{
    static const struct algorithm *const algorithms[] = {
        [BALANCE_ROUND_ROBIN] = &algorithm_round_robin,
        [BALANCE_STATIC_RR] = &algorithm_static_rr,
        [BALANCE_STRIDE] = &algorithm_stride,
        [BALANCE_LEAST_CONN] = &algorithm_least_conn,
        [BALANCE_LEAST_OLDEST] = &algorithm_least_oldest,
        [BALANCE_FIRST] = &algorithm_first,
        [BALANCE_RANDOM] = &algorithm_random,
        [BALANCE_FAIR] = &algorithm_fair,
        [BALANCE_LEAST_TIME] = &algorithm_least_time,
        [BALANCE_IP_HASH] = &algorithm_ip_hash,
        [BALANCE_HASH] = &algorithm_hash,
        [BALANCE_KETAMA] = &algorithm_ketama,
        [BALANCE_HASH_MAP] = &algorithm_hash_map,
        [BALANCE_HASH_CONSISTENT] = &algorithm_hash_ring,
    };
    const struct algorithm *found = a < COUNT_OF(algorithms) ? algorithms[a] : NULL;
    BUG_ON(found == NULL); /* the dialect refuses what is not here */
    return found;
}

/*
 * By turn among very many servers of different weights: the order of nginx would
 * cost a look at each of them for each request, one that is as just costs a few.
 */
static const struct algorithm *algorithm_for(const struct side *g)
{
    const struct algorithm *wanted = algorithm_of(g->pool->algorithm);
    if (wanted != &algorithm_round_robin || g->count <= SMOOTH_MANY)
        return wanted;
    for (uint32_t i = 1; i < g->count; i++)
        if (g->entries[i].model->weight != g->entries[0].model->weight)
            return &algorithm_stride;
    return wanted;
}

static void side_fill(struct balance *b, const struct snapshot *s, const struct pool *model, struct side *g,
                      bool backups)
{
    *g = (struct side){ .pool = model, .state = snapshot_pool(s, model) };
    for (uint32_t i = 0; i < model->servers.count; i++)
        g->count += model->servers.items[i]->backup == backups;
    if (g->count == 0)
        return;
    g->entries = ARENA_ARRAY(b->arena, g->count, struct entry);
    uint32_t at = 0;
    for (uint32_t i = 0; i < model->servers.count; i++) {
        const struct server *server = model->servers.items[i];
        if (server->backup != backups)
            continue;
        g->entries[at].model = server;
        g->entries[at++].state = snapshot_server(s, server);
    }
    g->algorithm = algorithm_for(g);
    if (g->algorithm->prepare)
        g->algorithm->prepare(b->arena, g);
    g->seen = atomic_load_explicit(&g->state->version, memory_order_relaxed) - 1; /* look at the first pick */
}

static void free_balance(struct balance *b)
{
    struct arena *arena = b->arena; /* it holds the struct too */
    arena_free(&arena);
}

void balance_prepare(struct snapshot *s)
{
    BUG_ON(s->balance);
    const struct config *c = s->config;
    struct arena *arena = arena_new(64 * 1024);
    struct balance *b = ARENA_NEW(arena, struct balance);
    b->arena = arena;
    b->pools = ARENA_ARRAY(arena, c->pools.count, struct pool_balance);
    for (uint32_t i = 0; i < c->pools.count; i++)
        for (unsigned backups = 0; backups < 2; backups++)
            side_fill(b, s, c->pools.items[i], &b->pools[i].sides[backups], backups);
    s->balance = b;
    s->balance_free = free_balance;
}

/* ---- a pick ---- */

static struct entry *choose_first_usable(struct side *g, const struct choice *c)
{
    for (uint32_t i = 0; i < g->count; i++)
        if (g->entries[i].usable && g->entries[i].weight)
            return may_take(c, &g->entries[i]) ? &g->entries[i] : NULL;
    return NULL;
}

static struct entry *choose_in(struct side *g, const struct choice *c, enum pick_reason *why)
{
    if (g->usable == 0)
        return NULL;
    if (g->count == 1) {
        *why = PICK_ONLY;
        return may_take(c, &g->entries[0]) ? &g->entries[0] : NULL;
    }
    return g->algorithm->choose(g, c, why);
}

/* nginx asks the backups whenever the others have nothing to give; HAProxy when no other is usable. */
static struct entry *choose(struct pool_balance *b, const struct choice *c, struct pick *out)
{
    struct side *servers = &b->sides[0], *backups = &b->sides[1];
    struct entry *e = choose_in(servers, c, &out->reason);
    if (e || backups->count == 0 || (servers->usable && !servers->pool->backups_help))
        return e;
    out->backup = true;
    if (backups->pool->all_backups)
        return choose_in(backups, c, &out->reason);
    out->reason = PICK_FIRST;
    return choose_first_usable(backups, c);
}

static void look_for_hope(const struct side *g, const struct choice *c, bool *usable, bool *untried)
{
    BUG_ON(g->count && g->entries == NULL);
    for (uint32_t i = 0; i < g->count; i++) {
        const struct entry *e = &g->entries[i];
        if (!e->usable || e->weight == 0)
            continue;
        *usable = true;
        *untried |= c->tried == NULL || !tried_has(c->tried, e->model);
    }
}

/* Why nobody was found; of those that were asked. */
static enum pick_reason why_none(const struct pool_balance *b, const struct choice *c)
{
    const struct side *servers = &b->sides[0], *backups = &b->sides[1];
    if (servers->count + backups->count == 0)
        return PICK_NONE_EMPTY;
    bool untried = false, usable = false;
    look_for_hope(servers, c, &usable, &untried);
    if (!usable || servers->pool->backups_help)
        look_for_hope(backups, c, &usable, &untried);
    return untried ? PICK_NONE_FULL : usable ? PICK_NONE_UNTRIED : PICK_NONE_USABLE;
}

static struct entry *find(struct pool_balance *b, struct choice *c, struct pick *out)
{
    *out = (struct pick){ .reason = PICK_TURN };
    struct entry *e = choose(b, c, out);
    if (e)
        return e;
    out->reason = why_none(b, c);
    if (out->reason == PICK_NONE_UNTRIED && c->request->repeat) {
        c->tried = NULL;
        e = choose(b, c, out);
        if (e == NULL)
            out->reason = why_none(b, c);
    }
    return e;
}

static enum pick_result give(struct server_state *s, const struct server *model, instant now,
                             struct pick *out)
{
    server_take(s, now);
    (void)server_try_begins(s, model, now);
    out->server = model;
    return PICK_SERVER;
}

static bool queue_has_room(const struct pool *pool, const struct pool_state *p, const struct server *wanted,
                           const struct server_state *state)
{
    if (wanted)
        return wanted->queue_max == 0 ||
               atomic_load_explicit(&state->waiting, memory_order_relaxed) < wanted->queue_max;
    return p->queue_len < pool->queue_max;
}

/*
 * Into a queue. Who gave a place back between our first look
 * and our entering saw nobody waiting (state/waiter.c): the caller looks again.
 */
static void wait_in(const struct snapshot *s, const struct pool *pool, const struct pick_request *r,
                    struct server_state *wants)
{
    struct pool_state *p = snapshot_pool(s, pool);
    r->waiter->snapshot = s;
    r->waiter->pool = pool;
    waiter_enter(r->waiter, p, wants);
}

static enum pick_result pick_any(const struct snapshot *s, const struct pool *pool,
                                 const struct pick_request *r, struct pick *out)
{
    struct pool_balance *b = &s->balance->pools[pool->index];
    struct pool_state *p = snapshot_pool(s, pool);
    struct entry *full = NULL;
    struct choice c = {
        .request = r,
        .tried = r->tried && r->tried->count ? r->tried : NULL,
        .now = r->now,
        .full = &full,
    };
    struct entry *e = find(b, &c, out);
    if (e)
        return give(e->state, e->model, r->now, out);
    if (out->reason != PICK_NONE_FULL || r->waiter == NULL || pool->queue_max == 0)
        return PICK_NONE;
    struct server_state *wants = full ? full->state : NULL;
    if (!queue_has_room(pool, p, full ? full->model : NULL, wants)) {
        out->reason = PICK_NONE_QUEUE_FULL;
        return PICK_NONE;
    }
    wait_in(s, pool, r, wants);
    full = NULL;
    e = find(b, &c, out);
    if (e == NULL)
        return PICK_WAIT;
    waiter_out(r->waiter, p);
    return give(e->state, e->model, r->now, out);
}

static bool is_full(const struct server_state *s, const struct server *model, instant now)
{
    uint32_t limit = server_limit(s, model, now);
    return limit && atomic_load(&s->active) >= limit;
}

static enum pick_result pick_wanted(const struct snapshot *s, const struct pool *pool,
                                    const struct pick_request *r, struct pick *out)
{
    const struct server *model = r->wanted;
    struct server_state *state = snapshot_server(s, model);
    enum server_use use = server_use(state, model, r->now);
    *out = (struct pick){ .reason = PICK_WANTED, .backup = model->backup };
    if (use != USE_FULL && use != USE_STICKY && !r->wanted_down) {
        out->reason = PICK_NONE_NOT_USABLE;
        return PICK_NONE;
    }
    if (!is_full(state, model, r->now))
        return give(state, model, r->now, out);
    out->reason = PICK_NONE_FULL;
    if (r->waiter == NULL)
        return PICK_NONE;
    if (!queue_has_room(pool, state->pool, model, state)) {
        out->reason = PICK_NONE_QUEUE_FULL;
        return PICK_NONE;
    }
    wait_in(s, pool, r, state);
    if (is_full(state, model, r->now))
        return PICK_WAIT;
    waiter_out(r->waiter, state->pool);
    out->reason = PICK_WANTED;
    return give(state, model, r->now, out);
}

enum pick_result balance_pick(const struct snapshot *s, const struct pool *pool,
                              const struct pick_request *request, struct pick *out)
{
    struct pool_state *p = snapshot_pool(s, pool);
    struct pool_balance *b = &s->balance->pools[pool->index];
    lock_take(&p->lock);
    enum pick_result result;
    if (request->wanted) {
        result = pick_wanted(s, pool, request, out);
    } else {
        side_refresh(&b->sides[0], request->now);
        if (b->sides[1].count)
            side_refresh(&b->sides[1], request->now);
        result = pick_any(s, pool, request, out);
    }
    lock_give(&p->lock);
    return result;
}
