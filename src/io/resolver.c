/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry a name and type. While it asks, it tries one server after the
 * other; sockets of earlier tries stay open, so that a slow answer still
 * counts. The last good answer is kept beside what was heard last.
 */
#include "io/resolver_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "io/chunk.h"
#include "io/udp.h"

#define MESSAGE_MAX 65535u

static void entry_try(struct resolver_entry *e);

/* --- ending a question --- */
static void attempt_close(struct attempt *a)
{
    if (a->watch.fd < 0)
        return;
    int fd = a->watch.fd;
    loop_unwatch_closing(&a->watch);
    (void)close(fd);
}

static void entry_quiet(struct resolver_entry *e)
{
    for (unsigned i = 0; i < ATTEMPTS; i++)
        attempt_close(&e->attempts[i]);
    resolver_exchange_release(e);
    wheel_clear(&e->deadline);
    e->asking = false;
}

/* What everybody who waits is told, at the end of this turn. */
static void entry_settle(struct resolver_entry *e, enum resolver_status status, duration keep)
{
    struct loop *l = e->resolver->loop;

    entry_quiet(e);
    e->status = status;
    e->expires = instant_after(loop_now(l), keep);
    loop_defer(l, &e->deliver);
}

static void entry_fail(struct resolver_entry *e, enum resolver_status status)
{
    entry_settle(e, status, resolver_or_else(e->resolver->options.again, DURATION_S(1)));
}

static duration good_lifetime(const struct resolver_options *o, uint32_t ttl)
{
    uint64_t min = resolver_or_else(o->ttl_min, DURATION_S(1)).ms,
             max = resolver_or_else(o->ttl_max, DURATION_S(86400)).ms;
    uint64_t ms = (uint64_t)ttl * 1000;

    if (o->valid.ms && !duration_is_none(o->valid))
        return o->valid;
    ms = ms < max ? ms : max;
    return DURATION_MS((uint32_t)(ms > min ? ms : min));
}

/* The old answer instead of an error, as long as the file allows. */
static bool entry_holds(const struct resolver_entry *e)
{
    const struct resolver *r = e->resolver;
    duration hold = r->options.hold[e->status];

    return e->status != RESOLVER_OK && e->has_good && hold.ms &&
           loop_now(r->loop).us < instant_after(e->good_at, hold).us;
}

static void entry_rest(struct resolver_entry *e)
{
    if (!e->asking && list_is_empty(&e->waiting) && !link_is_linked(&e->idle))
        list_push_back(&e->resolver->idle, &e->idle);
}

static void entry_on_deliver(struct deferred *d)
{
    struct resolver_entry *e = CONTAINER_OF(d, struct resolver_entry, deliver);
    bool old = entry_holds(e), good = old || e->status == RESOLVER_OK;
    struct resolver_answer a = { .status = good ? RESOLVER_OK : e->status,
                                 .trouble = old ? e->status : RESOLVER_OK,
                                 .addresses = good ? e->good.addresses : NULL,
                                 .services = good ? e->good.services : NULL,
                                 .count = good ? e->good.count : 0,
                                 .expires = e->expires };
    struct link mark; /* who asks from a callback waits for the next delivery */

    link_init(&mark);
    list_push_back(&e->waiting, &mark);
    for (struct link *l; (l = list_take_first(&e->waiting)) != &mark;) {
        struct resolver_query *q = LIST_ITEM(l, struct resolver_query, link);
        q->entry = NULL;
        q->on_answer(q, &a);
    }
    entry_rest(e);
}

/* --- asking over UDP --- */
uint16_t resolver_random_id(void)
{
    uint16_t id;
    BUG_ON(getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id));
    return id;
}

void resolver_server_failed(struct resolver_entry *e, uint8_t server, enum resolver_status why)
{
    e->resolver->stats[server].errors++;
    e->failed |= (uint16_t)(1u << server);
    e->error = why;
    if (e->server == server) /* else another server is being asked, and its time runs */
        entry_try(e);
}

static void attempt_hear(struct attempt *a, struct span bytes)
{
    struct resolver_entry *e = a->entry;
    struct resolver_stats *stats = &e->resolver->stats[a->server];
    struct dns_answer answer;

    switch (dns_parse(bytes, e->name, e->type, a->id, a->edns, &answer)) {
    case DNS_NOT_OURS:
        stats->ignored++;
        break;
    case DNS_TRUNCATED:
        stats->truncated++;
        attempt_close(a);
        resolver_exchange_start(e, a->server, a->edns);
        break;
    case DNS_NO_EDNS:
        attempt_close(a);
        e->no_edns = true;
        e->tries -= e->server == a->server; /* the same server again */
        if (e->server == a->server)
            entry_try(e);
        break;
    case DNS_NO_MEMORY:
        attempt_close(a);
        entry_fail(e, RESOLVER_BAD);
        break;
    case DNS_ANSWER:
        attempt_close(a);
        resolver_hear(e, a->server, &answer);
        break;
    }
}

static void attempt_on_event(struct watch *w, uint32_t events)
{
    struct attempt *a = CONTAINER_OF(w, struct attempt, watch);
    struct resolver_entry *e = a->entry;
    char *scratch = loop_chunks(e->resolver->loop)->scratch;

    (void)events;
    while (w->fd >= 0) {
        ssize_t n = recv(w->fd, scratch, MESSAGE_MAX, 0);
        if (n >= 0) {
            attempt_hear(a, span_of(scratch, (size_t)n));
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) { /* ECONNREFUSED: nobody is there */
            attempt_close(a);
            resolver_server_failed(e, a->server, RESOLVER_TIMEOUT);
        }
    }
}

static bool attempt_send(struct resolver_entry *e, uint8_t server)
{
    const struct resolver_options *o = &e->resolver->options;
    const struct address *to = &o->servers[server];
    uint8_t query[DNS_QUERY_MAX];
    size_t len;

    e->newest = (e->newest + 1) % ATTEMPTS;
    struct attempt *a = &e->attempts[e->newest];
    attempt_close(a);
    a->id = resolver_random_id();
    a->server = server;
    a->edns = !e->no_edns && o->payload;
    if (!dns_build(e->name, e->type, a->id, a->edns ? o->payload : 0, query, &len))
        return false;
    int fd = udp_open(address_family(to), &o->from, to);
    if (fd < 0)
        return false;
    if (!loop_watch(e->resolver->loop, &a->watch, fd, attempt_on_event)) {
        (void)close(fd);
        return false;
    }
    e->resolver->stats[server].sent++;
    if (send(fd, query, len, MSG_NOSIGNAL) == (ssize_t)len)
        return true;
    attempt_close(a);
    return false;
}

/* The next try: the next server that has not said yet that it cannot help. */
static void entry_try(struct resolver_entry *e)
{
    const struct resolver *r = e->resolver;
    uint32_t count = r->options.server_count, limit = (r->options.tries ? r->options.tries : 3) * count;

    while (e->tries < limit) {
        uint8_t server = (uint8_t)((e->first + e->tries++) % count);
        if (e->failed & 1u << server || !attempt_send(e, server))
            continue;
        e->server = server;
        loop_set_deadline(r->loop, &e->deadline, resolver_or_else(r->options.retry, DURATION_S(1)));
        return;
    }
    entry_fail(e, e->error);
}

static void entry_on_deadline(struct deadline *d)
{
    struct resolver_entry *e = CONTAINER_OF(d, struct resolver_entry, deadline);
    struct resolver *r = e->resolver;

    r->stats[e->server].timeouts++;
    if (r->preferred == e->server) /* others need not wait for it first */
        r->preferred = (r->preferred + 1) % r->options.server_count;
    resolver_exchange_release(e);
    entry_try(e);
}

static void entry_ask(struct resolver_entry *e)
{
    e->asking = true;
    e->no_edns = false;
    e->failed = 0;
    e->tries = 0;
    e->first = (uint8_t)e->resolver->preferred;
    e->error = RESOLVER_TIMEOUT;
    entry_try(e);
}

/* --- hearing --- */
void resolver_hear(struct resolver_entry *e, uint8_t server, const struct dns_answer *a)
{
    struct resolver *r = e->resolver;

    r->stats[server].answers++;
    switch (a->status) {
    case RESOLVER_OK:
        dns_answer_free(&e->good);
        e->good = *a;
        e->has_good = true;
        e->good_at = loop_now(r->loop);
        entry_settle(e, RESOLVER_OK, good_lifetime(&r->options, a->ttl));
        break;
    case RESOLVER_NO_NAME:
    case RESOLVER_NO_DATA:
        entry_fail(e, a->status);
        break;
    case RESOLVER_REFUSED:
    case RESOLVER_SERVFAIL:
    case RESOLVER_BAD:
    case RESOLVER_TIMEOUT:
    case RESOLVER_STATUSES:
        resolver_server_failed(e, server, a->status);
        break;
    }
}

/* --- entries --- */
static struct resolver_entry **bucket_of(struct resolver *r, uint64_t hash)
{
    return &r->buckets[hash & (r->bucket_count - 1)];
}

static void entry_release(struct grave *g)
{
    struct resolver_entry *e = CONTAINER_OF(g, struct resolver_entry, grave);

    dns_answer_free(&e->good);
    free(e->tcp);
    free(e);
}

/* Nobody hears of it any more. */
static void entry_drop(struct resolver_entry *e)
{
    struct resolver *r = e->resolver;
    struct resolver_entry **at = bucket_of(r, e->hash);

    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    r->entry_count--;
    entry_quiet(e);
    loop_forget_deadline(r->loop, &e->deadline);
    loop_undefer(&e->deliver);
    link_remove(&e->idle);
    for (struct link *l; (l = list_take_first(&e->waiting)) != NULL;)
        LIST_ITEM(l, struct resolver_query, link)->entry = NULL;
    loop_bury(r->loop, &e->grave, entry_release);
}

static struct resolver_entry *entry_new(struct resolver *r, const char *name, enum resolver_type type,
                                        uint64_t hash)
{
    uint32_t limit = r->options.cache_limit;
    struct link *oldest = r->entry_count >= limit ? list_first(&r->idle) : NULL;

    if (oldest)
        entry_drop(LIST_ITEM(oldest, struct resolver_entry, idle));
    struct resolver_entry *e = calloc(1, sizeof(*e));
    if (!e)
        return NULL;
    e->resolver = r;
    e->type = type;
    e->hash = hash;
    memcpy(e->name, name, strlen(name) + 1);
    link_init(&e->idle);
    list_init(&e->waiting);
    deferred_init(&e->deliver, entry_on_deliver);
    deadline_init(&e->deadline, entry_on_deadline);
    for (unsigned i = 0; i < ATTEMPTS; i++)
        e->attempts[i] = (struct attempt){ .watch.fd = -1, .entry = e };
    struct resolver_entry **at = bucket_of(r, hash);
    e->next = *at;
    *at = e;
    r->entry_count++;
    return e;
}

static struct resolver_entry *entry_find(struct resolver *r, const char *name, enum resolver_type type,
                                         uint64_t hash)
{
    struct resolver_entry *e = *bucket_of(r, hash);

    while (e && (e->hash != hash || e->type != type || strcmp(e->name, name) != 0))
        e = e->next;
    return e;
}

/* --- the outside --- */
bool resolver_ask(struct resolver *r, struct resolver_query *q, struct span name, enum resolver_type type,
                  resolver_fn on_answer)
{
    char normal[DNS_NAME_MAX + 1];
    uint8_t query[DNS_QUERY_MAX];
    size_t len;

    q->entry = NULL;
    errno = EINVAL;
    if (!dns_normalize(name, normal))
        return false;
    uint64_t hash = hash_span(span_from(normal)) + (uint64_t)type;
    struct resolver_entry *e = entry_find(r, normal, type, hash);
    if (!e && !dns_build(normal, type, 0, 0, query, &len))
        return false;
    if (!e && !(e = entry_new(r, normal, type, hash))) {
        errno = ENOMEM;
        return false;
    }
    q->on_answer = on_answer;
    q->entry = e;
    link_remove(&e->idle);
    link_init(&q->link);
    list_push_back(&e->waiting, &q->link);
    if (e->asking)
        return true;
    if (loop_now(r->loop).us < e->expires.us)
        loop_defer(r->loop, &e->deliver);
    else
        entry_ask(e);
    return true;
}

void resolver_cancel(struct resolver_query *q)
{
    if (!q->entry)
        return;
    struct resolver_entry *e = q->entry;

    q->entry = NULL;
    link_remove(&q->link);
    entry_rest(e);
}

void resolver_flush(struct resolver *r)
{
    for (uint32_t i = 0; i < r->bucket_count; i++)
        for (struct resolver_entry *e = r->buckets[i]; e; e = e->next) {
            e->expires = (instant){ 0 };
            if (e->asking || list_is_empty(&e->waiting)) /* else it is being delivered */
                e->has_good = false;
        }
}

struct resolver *resolver_new(struct loop *l, const struct resolver_options *o)
{
    struct resolver *r = calloc(1, sizeof(*r));

    BUG_ON(o->server_count > RESOLVER_SERVERS);
    if (!r)
        oom_die(sizeof(*r));
    r->loop = l;
    r->options = *o;
    if (r->options.cache_limit == 0)
        r->options.cache_limit = 4096;
    for (uint32_t i = 0; i < o->server_count; i++)
        if (address_port(&o->servers[i]) == 0)
            address_set_port(&r->options.servers[i], 53);
    list_init(&r->idle);
    for (r->bucket_count = 16; r->bucket_count < r->options.cache_limit && r->bucket_count < 1u << 20;)
        r->bucket_count *= 2;
    r->buckets = calloc(r->bucket_count, sizeof(struct resolver_entry *));
    if (!r->buckets)
        oom_die(r->bucket_count * sizeof(struct resolver_entry *));
    return r;
}

void resolver_free(struct resolver **r)
{
    struct resolver *resolver = *r;

    if (!resolver)
        return;
    *r = NULL;
    for (uint32_t i = 0; i < resolver->bucket_count; i++)
        while (resolver->buckets[i])
            entry_drop(resolver->buckets[i]);
    free(resolver->buckets);
    free(resolver);
}

const struct resolver_stats *resolver_server_stats(const struct resolver *r, uint32_t server)
{
    BUG_ON(server >= r->options.server_count);
    return &r->stats[server];
}

const char *resolver_status_name(enum resolver_status s)
{
    static const char *const names[RESOLVER_STATUSES] = {
        [RESOLVER_OK] = "ok",
        [RESOLVER_NO_NAME] = "no such name",
        [RESOLVER_NO_DATA] = "no such record",
        [RESOLVER_REFUSED] = "refused",
        [RESOLVER_SERVFAIL] = "server failure",
        [RESOLVER_BAD] = "nonsense",
        [RESOLVER_TIMEOUT] = "timeout",
    };
    return names[s];
}
