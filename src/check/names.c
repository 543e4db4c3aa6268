/* SPDX-License-Identifier: Apache-2.0 */
#include "check/names.h"

#include <stdlib.h>
#include <string.h>

#include "io/resolver.h"
#include "model/name_resolver.h"

enum { FOUND_MAX = 256, NAME_MAX_BYTES = 256 };

struct found {
    struct address address;
    uint16_t weight; /* of SRV; 0: the file's */
    bool taken;
};

struct name_watch;
/* A host that SRV named without its address. */
struct target {
    struct resolver_query query[2];
    struct name_watch *watch;
    uint16_t port, weight;
    char name[NAME_MAX_BYTES];
};

struct name_watch {
    struct names *names;
    const struct name_group *group;
    struct resolver *resolver;
    struct resolver_query query[2];
    struct deadline next;
    struct target *targets; /* of the last answer */
    uint32_t target_count;
    uint32_t pending; /* answers that are awaited */
    bool failed;      /* one of them could not be had */
    instant expires;
    uint32_t count;
    struct found found[FOUND_MAX];
};

struct names {
    struct loop *loop;
    const struct snapshot *snapshot;
    bulletin_fn on_news;
    void *to;
    struct resolver **resolvers; /* by index of the model's */
    uint32_t resolver_count, count;
    struct name_watch watches[];
};

/* ---- an answer takes effect ---- */

static void add_found(struct name_watch *w, const struct address *a, uint16_t port, uint16_t weight)
{
    struct address at = *a;
    address_set_port(&at, port);
    for (uint32_t i = 0; i < w->count; i++)
        if (address_eq(&w->found[i].address, &at))
            return;
    if (w->count < FOUND_MAX)
        w->found[w->count++] = (struct found){ .address = at, .weight = weight };
}

/* SRV's 0 to 65535 become 1 to 256, as HAProxy makes them; nginx's weights are what they are. */
static void set_weight(struct name_watch *w, const struct server *model, struct server_state *s,
                       const struct found *f, instant now)
{
    if (!w->group->service || w->group->weights_kept)
        return;
    uint32_t weight = !w->group->by_priority ? f->weight / 256u + 1 : f->weight ? f->weight : model->weight;
    if (atomic_load_explicit(&s->weight, memory_order_relaxed) != weight)
        server_set_weight(s, weight, now);
}

/* Who has one of them already keeps it; the others get what is left, in the file's order. */
static void apply(struct name_watch *w)
{
    const struct name_group *g = w->group;
    instant now = loop_now(w->names->loop);
    bool *settled = calloc(g->servers.count, sizeof(bool));
    if (settled == NULL)
        return; /* as it is until next time */
    for (uint32_t i = 0; i < g->servers.count; i++) {
        struct server_state *s = snapshot_server(w->names->snapshot, g->servers.items[i]);
        struct address at;
        server_address(s, g->servers.items[i], &at);
        for (uint32_t k = 0; at.len && k < w->count && !settled[i]; k++) {
            if (w->found[k].taken || !address_eq(&w->found[k].address, &at))
                continue;
            w->found[k].taken = settled[i] = true;
            set_weight(w, g->servers.items[i], s, &w->found[k], now);
        }
    }
    uint32_t next = 0;
    for (uint32_t i = 0; i < g->servers.count; i++) {
        if (settled[i])
            continue;
        struct server_state *s = snapshot_server(w->names->snapshot, g->servers.items[i]);
        struct address at, fresh = { .len = 0 };
        while (next < w->count && w->found[next].taken)
            next++;
        server_address(s, g->servers.items[i], &at);
        if (next < w->count) {
            set_weight(w, g->servers.items[i], s, &w->found[next], now);
            fresh = w->found[next++].address;
        }
        if (fresh.len || at.len)
            server_set_address(s, &fresh, now);
    }
    free(settled);
    for (uint32_t i = 0; i < g->servers.count; i++)
        bulletin_issue(w->names->snapshot, g->servers.items[i],
                       w->count ? BULLETIN_NAME_SHORT : BULLETIN_NAME_GONE, w->names->on_news, w->names->to);
}

/* ---- asking ---- */

static void drop_targets(struct name_watch *w)
{
    for (uint32_t i = 0; i < w->target_count; i++) {
        resolver_cancel(&w->targets[i].query[0]);
        resolver_cancel(&w->targets[i].query[1]);
    }
    free(w->targets);
    w->targets = NULL;
    w->target_count = 0;
}

/* Addresses of one family alone, when there is any. */
static void prefer(struct name_watch *w)
{
    int family = w->group->prefer == 4 ? AF_INET : AF_INET6;
    uint32_t kept = 0;
    for (uint32_t i = 0; w->group->prefer && i < w->count; i++)
        if (address_family(&w->found[i].address) == family)
            w->found[kept++] = w->found[i];
    w->count = kept ? kept : w->count;
}

static void answered(struct name_watch *w)
{
    if (--w->pending)
        return;
    instant now = loop_now(w->names->loop);
    prefer(w);
    if (w->count || !w->failed)
        apply(w);
    bool known = w->expires.us != UINT64_MAX && w->expires.us > now.us;
    uint64_t wait = known ? instant_ms_between(now, w->expires) : 0;
    wait = wait < 1000 ? 1000 : wait > 3600000 ? 3600000 : wait;
    loop_set_deadline(w->names->loop, &w->next, DURATION_MS((uint32_t)wait));
}

static void note_answer(struct name_watch *w, const struct resolver_answer *a)
{
    bool told = a->status == RESOLVER_OK || a->status == RESOLVER_NO_NAME || a->status == RESOLVER_NO_DATA;
    w->failed |= !told;
    if (a->expires.us < w->expires.us)
        w->expires = a->expires;
}

static void on_addresses(struct name_watch *w, const struct resolver_answer *a, uint16_t port,
                         uint16_t weight)
{
    note_answer(w, a);
    for (uint32_t i = 0; a->status == RESOLVER_OK && i < a->count; i++)
        add_found(w, &a->addresses[i], port, weight);
    answered(w);
}

static void on_target4(struct resolver_query *q, const struct resolver_answer *a)
{
    struct target *t = CONTAINER_OF(q, struct target, query[0]);
    on_addresses(t->watch, a, t->port, t->weight);
}
static void on_target6(struct resolver_query *q, const struct resolver_answer *a)
{
    struct target *t = CONTAINER_OF(q, struct target, query[1]);
    on_addresses(t->watch, a, t->port, t->weight);
}

static void on_host4(struct resolver_query *q, const struct resolver_answer *a)
{
    struct name_watch *w = CONTAINER_OF(q, struct name_watch, query[0]);
    on_addresses(w, a, w->group->port, 0);
}
static void on_host6(struct resolver_query *q, const struct resolver_answer *a)
{
    struct name_watch *w = CONTAINER_OF(q, struct name_watch, query[1]);
    on_addresses(w, a, w->group->port, 0);
}

/* Both families, as far as the file wants them. What cannot be asked has failed. */
static void ask_addresses(struct name_watch *w, struct resolver_query *q, struct span name, resolver_fn on4,
                          resolver_fn on6)
{
    const struct name_resolver *m = w->group->resolver;
    if (m->ipv4 && resolver_ask(w->resolver, &q[0], name, RESOLVER_A, on4))
        w->pending++;
    else
        w->failed |= m->ipv4;
    if (m->ipv6 && resolver_ask(w->resolver, &q[1], name, RESOLVER_AAAA, on6))
        w->pending++;
    else
        w->failed |= m->ipv6;
}

static bool is_literal(struct span name, struct address *out)
{
    return address_parse_ip(name, out);
}

static void ask_target(struct name_watch *w, const struct resolver_srv *s)
{
    struct address literal;
    bool told = false;
    for (unsigned i = 0; i < 2; i++) {
        if (s->addresses[i].len == 0 || !(i ? w->group->resolver->ipv6 : w->group->resolver->ipv4))
            continue;
        add_found(w, &s->addresses[i], s->port, s->weight);
        told = true;
    }
    if (told || s->target.len >= NAME_MAX_BYTES)
        return;
    if (is_literal(s->target, &literal)) {
        add_found(w, &literal, s->port, s->weight);
        return;
    }
    struct target *t = &w->targets[w->target_count++];
    t->watch = w;
    t->port = s->port;
    t->weight = s->weight;
    memcpy(t->name, s->target.ptr, s->target.len);
    ask_addresses(w, t->query, span_of(t->name, s->target.len), on_target4, on_target6);
}

static void on_services(struct resolver_query *q, const struct resolver_answer *a)
{
    struct name_watch *w = CONTAINER_OF(q, struct name_watch, query[0]);
    uint16_t best = UINT16_MAX;
    note_answer(w, a);
    uint32_t count = a->status == RESOLVER_OK ? a->count : 0;
    for (uint32_t i = 0; i < count; i++)
        best = a->services[i].priority < best ? a->services[i].priority : best;
    w->targets = calloc(count + 1u, sizeof(*w->targets));
    if (w->targets == NULL) {
        w->failed = true;
        count = 0;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!w->group->by_priority || a->services[i].priority == best)
            ask_target(w, &a->services[i]);
    answered(w);
}

static void ask(struct name_watch *w)
{
    drop_targets(w);
    w->count = 0;
    w->failed = false;
    w->expires = (instant){ UINT64_MAX };
    w->pending = 1; /* this call */
    if (!w->group->service)
        ask_addresses(w, w->query, w->group->name, on_host4, on_host6);
    else if (resolver_ask(w->resolver, &w->query[0], w->group->name, RESOLVER_SRV, on_services))
        w->pending++;
    else
        w->failed = true;
    answered(w);
}

static void on_time(struct deadline *d)
{
    ask(CONTAINER_OF(d, struct name_watch, next));
}

/* ---- begin and end ---- */

static struct resolver *resolver_of(struct names *n, const struct name_resolver *m)
{
    struct resolver_options o = { .valid = m->valid, .tries = m->tries, .payload = m->payload };
    duration most = DURATION_MS(m->timeout.ms < 5000 ? m->timeout.ms : 5000);
    if (n->resolvers[m->index])
        return n->resolvers[m->index];
    o.retry = m->retry.ms ? m->retry : most;
    if (m->tries == 0)
        o.tries = most.ms ? m->timeout.ms / most.ms : 1;
    for (unsigned i = 0; m->hold.ms && i < RESOLVER_STATUSES; i++)
        o.hold[i] = m->hold;
    for (uint32_t i = 0; i < m->servers.count && i < RESOLVER_SERVERS; i++)
        o.servers[o.server_count++] = m->servers.items[i];
    return n->resolvers[m->index] = resolver_new(n->loop, &o);
}

struct names *names_start(struct loop *l, const struct snapshot *s, bulletin_fn on_news, void *to)
{
    const struct config *c = s->config;
    struct names *n = calloc(1, sizeof(*n) + c->name_groups.count * sizeof(struct name_watch));
    if (n == NULL)
        oom_die(c->name_groups.count * sizeof(struct name_watch));
    n->loop = l;
    n->snapshot = s;
    n->on_news = on_news;
    n->to = to;
    n->resolver_count = c->name_resolvers.count;
    n->resolvers = calloc(n->resolver_count + 1u, sizeof(*n->resolvers));
    if (n->resolvers == NULL)
        oom_die(n->resolver_count * sizeof(*n->resolvers));
    for (uint32_t i = 0; i < c->name_groups.count; i++) {
        struct name_watch *w = &n->watches[n->count++];
        w->names = n;
        w->group = c->name_groups.items[i];
        w->resolver = resolver_of(n, w->group->resolver);
        deadline_init(&w->next, on_time);
        loop_set_deadline(l, &w->next, DURATION_MS(0));
    }
    return n;
}

void names_stop(struct names *n)
{
    for (uint32_t i = 0; n && i < n->count; i++) {
        struct name_watch *w = &n->watches[i];
        loop_forget_deadline(n->loop, &w->next);
        resolver_cancel(&w->query[0]);
        resolver_cancel(&w->query[1]);
        drop_targets(w);
    }
}

void names_free(struct names **owner)
{
    struct names *n = *owner;
    *owner = NULL;
    if (n == NULL)
        return;
    for (uint32_t i = 0; i < n->resolver_count; i++)
        resolver_free(&n->resolvers[i]);
    free(n->resolvers);
    free(n);
}
