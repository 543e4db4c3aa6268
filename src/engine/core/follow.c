/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/follow.h"

#include <stdlib.h>

#include "base/scratch.h"
#include "engine/core/error_log.h"
#include "engine/core/gate.h"
#include "engine/core/rules_internal.h"
#include "engine/core/session.h"
#include "state/snapshot.h"

/* ---- following ---- */

static void count(const struct stick_follow *w, enum stick_data cnt, enum stick_data rate, uint64_t by,
                  instant now)
{
    if (cnt != STICK_DATA_COUNT)
        (void)stick_add(w->state, w->entry, cnt, 0, (int64_t)by, now);
    if (rate != STICK_DATA_COUNT)
        (void)stick_add(w->state, w->entry, rate, 0, (int64_t)by, now);
}

static void begin(struct stick_follow *w, struct stick_state *s, struct stick_entry *e, instant now)
{
    *w = (struct stick_follow){ .state = stick_state_get(s), .entry = e };
    count(w, STICK_CONN_CNT, STICK_CONN_RATE, 1, now);
    count(w, STICK_CONN_CUR, STICK_DATA_COUNT, 1, now);
}

static void end(struct stick_follow *w, instant now)
{
    if (w->state == NULL)
        return;
    count(w, STICK_CONN_CUR, STICK_DATA_COUNT, (uint64_t)-1, now);
    stick_put(w->state, w->entry, true, now);
    stick_state_put(w->state);
    *w = (struct stick_follow){ .state = NULL };
}

/* Where this hook's counters are: the connection's own outlive the request. NULL: no memory. */
static struct stick_follow *follows_of(struct rules *r)
{
    struct facts *f = r->facts;

    if (r->hook > HOOK_SESSION) {
        if (f->follows[0] == NULL)
            f->follows[0] = scratch_zalloc(f->scratch, STICK_COUNTERS * sizeof(struct stick_follow));
        return f->follows[0];
    }
    if (r->session->follows == NULL)
        r->session->follows = calloc(STICK_COUNTERS, sizeof(struct stick_follow));
    return f->follows[1] = r->session->follows;
}

/* Of a full table the operator hears once; requests go on without their keys. */
static struct stick_entry *make(const struct rules *r, struct stick_state *s, struct span key)
{
    struct stick_entry *e = stick_make(s, key, r->facts->now);

    if (UNLIKELY(e == NULL) && r->session && stick_is_full_now(s))
        error_log(r->session->thread, r->session->gate->lease, NULL, ERROR_TABLE_FULL,
                  &(struct error_about){ .session = r->session, .text = s->table.name });
    return e;
}

/* The first that a counter is told to follow stays. What cannot be had (a full table) is not followed. */
enum outcome act_track(struct rules *r, const struct action *a)
{
    struct facts *f = r->facts;
    struct stick_state *s = snapshot_stick(f->snapshot, a->table);
    struct span key;

    if (eval_follow(f, (uint32_t)a->number) || !eval_stick_key(f, a->table, eval_value(f, a->expr), &key))
        return NEXT;
    struct stick_follow *all = follows_of(r);
    struct stick_entry *e = all ? make(r, s, key) : NULL;
    if (e == NULL)
        return NEXT;
    begin(&all[a->number], s, e, f->now);
    if (r->request)
        count(&all[a->number], STICK_HTTP_REQ_CNT, STICK_HTTP_REQ_RATE, 1, f->now);
    return NEXT;
}

void follow_count(const struct facts *f, enum stick_data cnt, enum stick_data rate, uint64_t by)
{
    for (unsigned k = 0; k < COUNT_OF(f->follows); k++)
        for (unsigned i = 0; f->follows[k] && i < STICK_COUNTERS; i++)
            if (f->follows[k][i].state)
                count(&f->follows[k][i], cnt, rate, by, f->now);
}

void follow_status(const struct facts *f, unsigned status)
{
    if (LIKELY(status < 400) || (f->follows[0] == NULL && f->follows[1] == NULL))
        return;
    if (status < 500)
        follow_count(f, STICK_HTTP_ERR_CNT, STICK_HTTP_ERR_RATE, 1);
    else if (status < 600 && status != 501 && status != 505)
        follow_count(f, STICK_HTTP_FAIL_CNT, STICK_HTTP_FAIL_RATE, 1);
}

void follow_end(struct facts *f, uint64_t bytes_in, uint64_t bytes_out)
{
    if (LIKELY(f->follows[0] == NULL && f->follows[1] == NULL))
        return;
    follow_count(f, STICK_BYTES_IN_CNT, STICK_BYTES_IN_RATE, bytes_in);
    follow_count(f, STICK_BYTES_OUT_CNT, STICK_BYTES_OUT_RATE, bytes_out);
    for (unsigned i = 0; f->follows[0] && i < STICK_COUNTERS; i++)
        end(&f->follows[0][i], f->now);
    f->follows[0] = f->follows[1] = NULL;
}

void follow_admitted(struct session *s, instant now)
{
    for (unsigned i = 0; s->follows && i < STICK_COUNTERS; i++)
        if (s->follows[i].state)
            count(&s->follows[i], STICK_SESS_CNT, STICK_SESS_RATE, 1, now);
}

void follow_session_end(struct session *s, instant now)
{
    for (unsigned i = 0; s->follows && i < STICK_COUNTERS; i++)
        end(&s->follows[i], now);
    free(s->follows);
    s->follows = NULL;
}

/* ---- general purpose counters and tags ---- */

static bool number_of(struct rules *r, const struct action *a, int64_t *n)
{
    *n = a->number;
    return a->expr == NULL || eval_number(r->facts, a->expr, n);
}

enum outcome act_stick_add(struct rules *r, const struct action *a)
{
    const struct stick_follow *w = eval_follow(r->facts, a->stick->counter);
    enum stick_data rate = a->stick->data == STICK_GPC0   ? STICK_GPC0_RATE
                           : a->stick->data == STICK_GPC1 ? STICK_GPC1_RATE
                                                          : STICK_GPC_RATE;
    int64_t n;

    if (w == NULL || !number_of(r, a, &n))
        return NEXT;
    (void)stick_add(w->state, w->entry, a->stick->data, a->stick->index, n, r->facts->now);
    (void)stick_add(w->state, w->entry, rate, a->stick->index, n, r->facts->now);
    return NEXT;
}

enum outcome act_stick_set(struct rules *r, const struct action *a)
{
    const struct stick_follow *w = eval_follow(r->facts, a->stick->counter);
    int64_t n;

    if (w != NULL && number_of(r, a, &n))
        (void)stick_set(w->state, w->entry, a->stick->data, a->stick->index, (uint32_t)n, r->facts->now);
    return NEXT;
}

/* ---- which server a key belongs to ---- */

struct stick_store {
    struct stick_store *next;
    const struct stick_table *table;
    struct span key;
};

static bool is_usable(const struct rules *r, const struct pool *pool, const struct server *server)
{
    enum server_use use = server_use(snapshot_server(r->facts->snapshot, server), server, r->facts->now);

    return use == USE_FULL || use == USE_STICKY || (use == USE_DOWN && (pool->persist || r->wanted_always));
}

enum outcome act_stick_match(struct rules *r, const struct action *a)
{
    struct facts *f = r->facts;
    struct stick_state *s = snapshot_stick(f->snapshot, a->table);
    const struct pool *pool = r->scope->pool;
    struct span key;

    if (r->wanted || r->cookie.ignored || !eval_stick_key(f, a->table, eval_value(f, a->expr), &key))
        return NEXT;
    struct stick_entry *e = stick_find(s, key, f->now);
    if (e == NULL)
        return NEXT;
    uint32_t id = (uint32_t)stick_read(s, e, STICK_SERVER_ID, 0, f->now);
    stick_put(s, e, true, f->now);
    const struct server *server = id ? pool_server_by_id(pool, id) : NULL;
    if (server && is_usable(r, pool, server)) {
        r->wanted = server;
        r->wanted_down = true;
    }
    return NEXT;
}

static void store(struct rules *r, const struct stick_table *t, struct span key, const struct server *server)
{
    struct stick_state *s = snapshot_stick(r->facts->snapshot, t);
    struct stick_entry *e = make(r, s, key);

    if (e == NULL)
        return;
    (void)stick_set(s, e, STICK_SERVER_ID, 0, server->id, r->facts->now);
    stick_put(s, e, true, r->facts->now);
}

enum outcome act_stick_store(struct rules *r, const struct action *a)
{
    struct facts *f = r->facts;
    struct span key;

    if (r->cookie.ignored || !eval_stick_key(f, a->table, eval_value(f, a->expr), &key))
        return NEXT;
    if (r->hook == HOOK_RESPONSE) {
        if (f->server)
            store(r, a->table, key, f->server);
        return NEXT;
    }
    struct stick_store *k = scratch_alloc(f->scratch, sizeof(*k));
    key = k ? scratch_span(f->scratch, key) : key;
    if (k == NULL || key.ptr == NULL)
        return NEXT;
    for (struct stick_store *known = r->stores; known; known = known->next)
        if (known->table == a->table) /* the first rule for a table counts */
            return NEXT;
    *k = (struct stick_store){ .next = r->stores, .table = a->table, .key = key };
    r->stores = k;
    return NEXT;
}

void follow_store(struct rules *r, const struct server *server)
{
    for (const struct stick_store *k = r->stores; k; k = k->next)
        store(r, k->table, k->key, server);
    r->stores = NULL;
}
