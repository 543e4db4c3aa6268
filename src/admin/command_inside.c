/* SPDX-License-Identifier: Apache-2.0 */
/* What there is inside: threads, and the names that are asked for while running. Only what is counted. */
#include "admin/command_internal.h"
#include "model/config.h"
#include "model/name_resolver.h"
#include "state/snapshot.h"

#define THREADS_MOST 256

/* ---- threads ---- */

static uint32_t read_threads(const struct call *c, struct admin_thread *threads)
{
    const struct admin_process *p = c->now->process;

    return p->read_threads ? p->read_threads(p->self, threads, THREADS_MOST) : 0;
}

static void put_line(struct buf *out, const char *name, const struct admin_thread *threads, uint32_t count,
                     size_t member)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < count; i++)
        sum += *(const uint64_t *)(const void *)((const char *)&threads[i] + member);
    buf_printf(out, "%s: %llu [", name, (unsigned long long)sum);
    for (uint32_t i = 0; i < count; i++)
        buf_printf(out, " %llu",
                   (unsigned long long)*(const uint64_t *)(const void *)((const char *)&threads[i] + member));
    buf_put(out, SPAN(" ]\n"));
}

/* HAProxy's form: a sum, then each thread's part of it. */
enum command_result show_activity(struct call *c)
{
    struct admin_thread threads[THREADS_MOST];
    uint32_t count = read_threads(c, threads);
    uint64_t us = c->now->wall_us;

    buf_printf(c->out, "date_now: %llu.%06llu\n", (unsigned long long)(us / 1000000),
               (unsigned long long)(us % 1000000));
    put_line(c->out, "loops", threads, count, offsetof(struct admin_thread, turns));
    put_line(c->out, "requests", threads, count, offsetof(struct admin_thread, requests));
    put_line(c->out, "streams", threads, count, offsetof(struct admin_thread, streams));
    put_line(c->out, "relays", threads, count, offsetof(struct admin_thread, relays));
    return COMMAND_DONE;
}

enum command_result show_threads(struct call *c)
{
    struct admin_thread threads[THREADS_MOST];
    uint32_t count = read_threads(c, threads);

    for (uint32_t i = 0; i < count; i++)
        buf_printf(c->out, "  Thread %u : loops=%llu requests=%llu streams=%llu relays=%llu\n", i + 1,
                   (unsigned long long)threads[i].turns, (unsigned long long)threads[i].requests,
                   (unsigned long long)threads[i].streams, (unsigned long long)threads[i].relays);
    return COMMAND_DONE;
}

/* ---- names ---- */

static void put_server(struct buf *out, const struct snapshot *s, const struct server *model)
{
    struct address a;

    buf_printf(out, "  %.*s/%.*s %.*s: ", SPAN_ARGS(model->pool->name), SPAN_ARGS(model->name),
               SPAN_ARGS(model->host));
    server_address(snapshot_server(s, model), model, &a);
    if (a.len > 0)
        address_put(out, &a);
    else
        buf_put(out, SPAN("no address"));
    buf_put_char(out, '\n');
}

static void put_resolver(struct buf *out, const struct snapshot *s, const struct name_resolver *r)
{
    buf_printf(out, "Resolvers section %.*s\n", SPAN_ARGS(r->name));
    for (uint32_t i = 0; i < r->servers.count; i++) {
        buf_put(out, SPAN(" nameserver "));
        address_put(out, &r->servers.items[i]);
        buf_put_char(out, '\n');
    }
    for (uint32_t i = 0; i < s->config->name_groups.count; i++) {
        const struct name_group *g = s->config->name_groups.items[i];
        for (uint32_t k = 0; g->resolver == r && k < g->servers.count; k++)
            put_server(out, s, g->servers.items[k]);
    }
}

/* Nameservers' answers are not counted: HAProxy's numbers of them are left out. */
enum command_result show_resolvers(struct call *c)
{
    const struct config *config = c->now->snapshot->config;
    struct span wanted = call_arg(c, 0);
    bool any = false;

    for (uint32_t i = 0; i < config->name_resolvers.count; i++) {
        const struct name_resolver *r = config->name_resolvers.items[i];
        if (wanted.len > 0 && !span_eq(wanted, r->name))
            continue;
        any = true;
        put_resolver(c->out, c->now->snapshot, r);
    }
    return any || wanted.len == 0 ? COMMAND_DONE : call_fail(c, "Can't find that resolvers section");
}
