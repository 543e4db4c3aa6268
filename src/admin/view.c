/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/view.h"

#include <stdlib.h>

#include "model/scope.h"
#include "state/snapshot.h"

/* ---- figures ---- */

static void copy_counts(struct view_counts *to, const struct counts_sum *from)
{
#define X(name) to->name = from->name;
    COUNT_LIST(X)
#undef X
    to->session_rate = from->session_rate;
    to->request_rate = from->request_rate;
    to->session_rate_most = from->session_rate_most;
    to->request_rate_most = from->request_rate_most;
    to->idle = from->idle;
    to->queue_most_us = from->queue_most_us;
    to->connect_most_us = from->connect_most_us;
    to->response_most_us = from->response_most_us;
    to->total_most_us = from->total_most_us;
}

static void read_counts(const struct admin_now *n, const struct counts *c, const struct named *state,
                        struct view_counts *counts, struct view_recent *recent)
{
    struct counts_sum sum = { 0 };
    struct window_look look;

    counts_add_up(c, n->now, &sum);
    copy_counts(counts, &sum);
    window_look(n->process->window, state, &sum, n->now, &look);
    *recent = (struct view_recent){
        .us = look.us,
        .answers = look.answers,
        .failed = look.failed,
        .samples = histogram_count(&look.first_byte),
        .p50 = histogram_quantile(&look.first_byte, 500),
        .p95 = histogram_quantile(&look.first_byte, 950),
        .p99 = histogram_quantile(&look.first_byte, 990),
    };
}

static uint32_t load32(const _Atomic uint32_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

static uint64_t load64(const _Atomic uint64_t *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

static void read_server(const struct admin_now *n, const struct server *model, struct view_server *v)
{
    struct server_state *s = snapshot_server(n->snapshot, model);

    *v = (struct view_server){
        .model = model,
        .state = s,
        .use = server_use(s, model, n->now),
        .admin = atomic_load_explicit(&s->admin, memory_order_relaxed),
        .active = load32(&s->active),
        .active_most = load32(&s->active_most),
        .waiting = load32(&s->waiting),
        .waiting_most = load32(&s->waiting_most),
        .limit = server_limit(s, model, n->now),
        .connections_max = load32(&s->connections_max),
        .weight = load32(&s->weight),
        .weight16 = server_weight(s, model, n->now),
        .fails = load32(&s->fails),
        .last_us = atomic_load_explicit(&s->last_us, memory_order_relaxed),
    };
    server_health(s, &v->health);
    read_counts(n, &s->counts, &s->named, &v->counts, &v->recent);
    v->counts.sessions += v->active; /* those that go on are counted at their end */
}

/* Whether a backend hands TCP sessions over is told by the list in which it does so. */
static void find_tcp_pools(struct view *v)
{
    const struct config *c = v->now->snapshot->config;

    for (uint32_t i = 0; i < c->scopes.count; i++) {
        const struct scope *s = c->scopes.items[i];
        if (s->pool != NULL && s->on[HOOK_REQUEST].count == 0 && s->on[HOOK_CONTENT].count > 0)
            v->pools[s->pool->index].tcp = true;
    }
}

static void count_usable(struct view_pool *p, const struct view_server *servers)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (servers[i].use == USE_FULL)
            ++*(servers[i].model->backup ? &p->backup_usable : &p->active_usable);
}

static void read_pool(struct view *v, const struct pool *model, struct view_pool *p)
{
    const struct admin_now *n = v->now;
    const struct pool_state *s = snapshot_pool(n->snapshot, model);

    *p = (struct view_pool){
        .model = model,
        .state = s,
        .tcp = model->stream,
        .first = v->server_count,
        .count = model->servers.count,
        .usable = pool_usable(n->snapshot, model, n->now),
        .active = load32(&s->active),
        .active_most = load32(&s->active_most),
        .waiting = load32(&s->waiting),
        .waiting_most = load32(&s->waiting_most),
        .downs = load64(&s->downs),
        .down_us = load64(&s->down_us),
        .since_us = load64(&s->since_us),
        .down = atomic_load_explicit(&s->down, memory_order_relaxed),
    };
    read_counts(n, &s->counts, &s->named, &p->counts, &p->recent);
    p->counts.sessions += (uint64_t)p->active + p->waiting;
    for (uint32_t i = 0; i < model->servers.count; i++)
        read_server(n, model->servers.items[i], &v->servers[v->server_count++]);
    count_usable(p, &v->servers[p->first]);
}

static void read_service(struct view *v, const struct service *model, struct view_service *to)
{
    struct service_state *s = snapshot_service(v->now->snapshot, model);
    uint32_t set = load32(&s->connections_max);

    *to = (struct view_service){
        .model = model,
        .state = s,
        .active = load32(&s->active),
        .active_most = load32(&s->active_most),
        .limit = set == UINT32_MAX ? model->connections_max : set,
        .disabled = model->disabled || atomic_load_explicit(&s->disabled, memory_order_relaxed),
    };
    read_counts(v->now, &s->counts, &s->named, &to->counts, &to->recent);
    v->total.us = to->recent.us;
    v->total.answers += to->recent.answers;
    v->total.failed += to->recent.failed;
}

/* ---- proxies, in the order of the files ---- */

struct placed {
    struct where at;
    struct view_proxy proxy;
};

static int by_place(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;

    if (x->at.source != y->at.source)
        return x->at.source < y->at.source ? -1 : 1;
    if (x->at.offset != y->at.offset)
        return x->at.offset < y->at.offset ? -1 : 1;
    /* what stands nowhere, or in one place: as it was added, listening sides first */
    if ((x->proxy.service == VIEW_NONE) != (y->proxy.service == VIEW_NONE))
        return x->proxy.service == VIEW_NONE ? 1 : -1;
    if (x->proxy.service != y->proxy.service)
        return x->proxy.service < y->proxy.service ? -1 : 1;
    return x->proxy.pool < y->proxy.pool ? -1 : x->proxy.pool > y->proxy.pool;
}

static bool is_one_section(const struct placed *a, const struct placed *b)
{
    return a->at.source != 0 && a->at.source == b->at.source && a->at.offset == b->at.offset &&
           a->proxy.pool == VIEW_NONE && b->proxy.service == VIEW_NONE &&
           a->proxy.language == b->proxy.language && span_eq(a->proxy.name, b->proxy.name);
}

static uint32_t collect_placed(const struct view *v, struct placed *all)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < v->service_count; i++) {
        const struct service *s = v->services[i].model;
        all[n++] = (struct placed){ s->at, { s->name, s->language, s->id, i, VIEW_NONE } };
    }
    for (uint32_t i = 0; i < v->pool_count; i++) {
        const struct pool *p = v->pools[i].model;
        all[n++] = (struct placed){ p->at, { p->name, p->language, p->id, VIEW_NONE, i } };
    }
    return n;
}

/* Those without a number of their own get the lowest that are free; 1 is the control sockets', where there
 * are any, as in HAProxy. */
static bool number_proxies(struct view *v)
{
    uint32_t most = v->proxy_count + 2;
    uint32_t next = v->now->snapshot->config->process.control_sockets.count > 0 ? 2 : 1;
    bool *taken = calloc(most, sizeof(*taken));

    if (taken == NULL)
        return false;
    for (uint32_t i = 0; i < v->proxy_count; i++)
        if (v->proxies[i].iid < most)
            taken[v->proxies[i].iid] = true;
    for (uint32_t i = 0; i < v->proxy_count; i++) {
        if (v->proxies[i].iid != 0)
            continue;
        while (next < most && taken[next])
            next++;
        v->proxies[i].iid = next++;
    }
    free(taken);
    return true;
}

static bool read_proxies(struct view *v)
{
    struct placed *all = calloc(v->service_count + v->pool_count + 1, sizeof(*all));

    if (all == NULL)
        return false;
    uint32_t n = collect_placed(v, all);
    qsort(all, n, sizeof(*all), by_place);
    for (uint32_t i = 0; i < n; i++) {
        struct view_proxy *p = &v->proxies[v->proxy_count++];
        *p = all[i].proxy;
        if (i + 1 < n && is_one_section(&all[i], &all[i + 1]))
            p->pool = all[++i].proxy.pool;
    }
    free(all);
    return number_proxies(v);
}

static bool has_many_languages(const struct config *c)
{
    enum language first = LANGUAGE_NONE;

    for (uint32_t i = 0; i < c->services.count + c->pools.count; i++) {
        enum language l = i < c->services.count ? c->services.items[i]->language
                                                : c->pools.items[i - c->services.count]->language;
        if (first != LANGUAGE_NONE && l != first)
            return true;
        first = l;
    }
    return false;
}

/* ---- the whole ---- */

uint32_t view_connections_max(const struct admin_now *now)
{
    uint32_t set = atomic_load_explicit(&now->process->connections_max, memory_order_relaxed);
    uint32_t said = set ? set : now->snapshot->config->process.connections_max;
    uint64_t files = now->process->files_max; /* as os/limits.h counts */
    uint64_t room = files > 128 ? (files - 64) / 2 : files / 2;

    return said && (said < room || files == 0) ? said : (uint32_t)(room < UINT32_MAX ? room : UINT32_MAX);
}

static bool make_room(struct view *v, const struct config *c)
{
    v->servers = calloc(c->servers.count + 1, sizeof(*v->servers));
    v->pools = calloc(c->pools.count + 1, sizeof(*v->pools));
    v->services = calloc(c->services.count + 1, sizeof(*v->services));
    v->proxies = calloc(c->services.count + c->pools.count + 1, sizeof(*v->proxies));
    return v->servers && v->pools && v->services && v->proxies;
}

struct view *view_new(const struct admin_now *now)
{
    const struct config *c = now->snapshot->config;
    struct view *v = calloc(1, sizeof(*v));

    if (v == NULL)
        return NULL;
    v->now = now;
    v->many_languages = has_many_languages(c);
    if (!make_room(v, c)) {
        view_free(&v);
        return NULL;
    }
    for (uint32_t i = 0; i < c->pools.count; i++)
        read_pool(v, c->pools.items[i], &v->pools[v->pool_count++]);
    find_tcp_pools(v);
    for (uint32_t i = 0; i < c->services.count; i++)
        read_service(v, c->services.items[i], &v->services[v->service_count++]);
    if (!read_proxies(v) || !view_judge(v))
        view_free(&v);
    return v;
}

void view_free(struct view **owner)
{
    struct view *v = *owner;

    *owner = NULL;
    if (v == NULL)
        return;
    free(v->servers);
    free(v->pools);
    free(v->services);
    free(v->proxies);
    free(v->causes);
    free(v);
}
