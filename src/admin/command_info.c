/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `show info`: HAProxy's lines, under its names and at its positions, as far as
 * there is something behind them. Tools end without some that mean nothing here
 * (pipes, tasks): these say 0.
 */
#include <stdio.h>

#include "admin/command_internal.h"
#include "admin/json.h"
#include "state/snapshot.h"

struct info {
    const struct admin_now *now;
    uint64_t up_s;
    uint32_t connections_rate, connections_rate_most, requests_rate, tls_rate, tls_rate_most;
    uint64_t bytes_out, tls_sessions;
};

/* One line: a text or a number. */
struct info_line {
    unsigned position;
    const char *name, *tag, *type, *words;
    struct span text; /* ptr NULL: <number> */
    uint64_t number;
};
typedef void put_line(struct buf *out, const struct info_line *l);

static void read_info(struct info *i, const struct admin_now *now)
{
    const struct config *c = now->snapshot->config;

    *i = (struct info){ .now = now, .up_s = instant_us_between(now->process->started, now->now) / 1000000 };
    for (uint32_t k = 0; k < c->services.count; k++) {
        struct counts_sum sum = { 0 };
        counts_add_up(&now->snapshot->services[k]->counts, now->now, &sum);
        i->connections_rate += sum.session_rate;
        i->connections_rate_most += sum.session_rate_most;
        i->requests_rate += sum.request_rate;
        i->bytes_out += sum.bytes_out;
        i->tls_rate += sum.tls_rate;
        i->tls_rate_most += sum.tls_rate_most;
        i->tls_sessions += sum.tls_sessions;
    }
}

static struct span up_text(char room[64], uint64_t s)
{
    struct buf b;

    buf_init_fixed(&b, room, 64);
    buf_printf(&b, "%llud %lluh%02llum%02llus", (unsigned long long)(s / 86400),
               (unsigned long long)(s / 3600 % 24), (unsigned long long)(s / 60 % 60),
               (unsigned long long)(s % 60));
    return buf_span(&b);
}

/* X(HAProxy's position, name, tag, type, T(text) or N(number), what `show info desc` says) */
// clang-format off
#define INFO_LIST(X)                                                                                         \
    X(0, "Name", "POS", "str", T(SPAN("evenkeel")), "Product name")                                          \
    X(1, "Version", "POS", "str", T(p->version), "HAProxy's version whose language this is, then our own")   \
    X(2, "Release_date", "POS", "str", T(SPAN("2026/11/22")), "Date of this version")                        \
    X(3, "Nbthread", "CGS", "u32", N(p->threads), "Number of traffic threads")                               \
    X(4, "Nbproc", "CGS", "u32", N(1), "Number of worker processes")                                         \
    X(5, "Process_num", "KGP", "u32", N(1), "Relative worker process number")                                \
    X(6, "Pid", "SGP", "u32", N(p->pid), "Process id")                                                       \
    X(7, "Uptime", "MDP", "str", T(up_text(room, i->up_s)), "How long ago this process was started")         \
    X(8, "Uptime_sec", "MDP", "u32", N(i->up_s), "How long ago this process was started (seconds)")          \
    X(9, "Memmax_MB", "CLP", "u32", N(0), "Limit on memory usage in MB (0: none)")                           \
    X(13, "Ulimit-n", "CLP", "u32", N(p->files_max), "Limit on file descriptors")                            \
    X(14, "Maxsock", "CLP", "u32", N(p->files_max), "Limit on file descriptors")                             \
    X(15, "Maxconn", "CLP", "u32", N(view_connections_max(i->now)), "Limit on connections of clients")       \
    X(16, "Hard_maxconn", "CLP", "u32", N(view_connections_max(i->now)), "Limit on connections of clients")  \
    X(17, "CurrConns", "MGP", "u32", N(t->connections), "Connections of clients now")                        \
    X(18, "CumConns", "MCP", "u32", N(t->accepted), "Connections of clients since the start")                \
    X(19, "CumReq", "MCP", "u32", N(t->requests), "Requests since the start")                                \
    X(22, "CumSslConns", "MCP", "u32", N(i->tls_sessions), "Handshakes with clients since the start") \
    X(23, "Maxpipes", "CLP", "u32", N(0), "Pipes are not limited here")                                      \
    X(24, "PipesUsed", "MGP", "u32", N(0), "Pipes are not counted here")                                     \
    X(25, "PipesFree", "MGP", "u32", N(0), "Pipes are not counted here")                                     \
    X(26, "ConnRate", "MRP", "u32", N(i->connections_rate), "Connections in the last second")                \
    X(27, "ConnRateLimit", "CLP", "u32", N(rates_most(rates, RATE_CONNECTIONS)), "Limit on connections a second (0: none)") \
    X(28, "MaxConnRate", "MMP", "u32", N(i->connections_rate_most), "Most connections in a second")          \
    X(29, "SessRate", "MRP", "u32", N(i->connections_rate), "Sessions in the last second")                   \
    X(30, "SessRateLimit", "CLP", "u32", N(rates_most(rates, RATE_SESSIONS)), "Limit on sessions a second (0: none)") \
    X(31, "MaxSessRate", "MRP", "u32", N(i->connections_rate_most), "Most sessions in a second")             \
    X(32, "SslRate", "MRP", "u32", N(i->tls_rate), "Handshakes with clients in the last second") \
    X(33, "SslRateLimit", "CLP", "u32", N(rates_most(rates, RATE_TLS)), "Limit on connections with TLS a second (0: none)") \
    X(34, "MaxSslRate", "MMP", "u32", N(i->tls_rate_most), "Most handshakes with clients in a second") \
    X(47, "Tasks", "MGP", "u32", N(t->connections), "Connections now: there are no tasks beside them")       \
    X(48, "Run_queue", "MGP", "u32", N(0), "There is no queue of tasks")                                     \
    X(50, "node", "COS", "str", T(p->hostname), "Name of the machine")                                       \
    X(52, "Stopping", "MGP", "u32", N(0), "This process serves")                                             \
    X(55, "Listeners", "MGP", "u32", N(c->listeners.count), "Listening addresses")                           \
    X(58, "DroppedLogs", "MGP", "u32", N(t->logs_dropped), "Log lines that no target could take")            \
    X(61, "TotalBytesOut", "MGP", "u64", N(i->bytes_out), "Bytes to clients since the start")                \
    X(66, "Build info", "POS", "str", T(p->version), "Build info")                                           \
    X(70, "Start_time_sec", "MDP", "u32", N(p->started_wall_us / 1000000), "When it was started (since 1970)") \
    X(200, "ReqRate", "MRP", "u32", N(i->requests_rate), "Requests in the last second")                      \
    X(201, "Generation", "MCP", "u64", N(generation), "How often files were read and served")
// clang-format on

static void each_line(const struct info *i, put_line *put, struct buf *out)
{
    const struct admin_process *p = i->now->process;
    const struct admin_totals *t = &i->now->totals;
    const struct config *c = i->now->snapshot->config;
    const struct rates *rates = i->now->snapshot->rates;
    uint64_t generation = atomic_load_explicit(&p->generation, memory_order_relaxed);
    char room[64];

#define T(s) (s), 0
#define N(n) { NULL, 0 }, (uint64_t)(n)
#define X(position, name, tag, type, value, words)                                                           \
    put(out, &(struct info_line){ position, name, tag, type, words, value });
    INFO_LIST(X)
#undef X
#undef T
#undef N
}

/* ---- the three forms, and with descriptions ---- */

static void put_value(struct buf *out, const struct info_line *l)
{
    if (l->text.ptr != NULL)
        buf_put(out, l->text);
    else
        buf_put_u64(out, l->number);
}

static void put_plain(struct buf *out, const struct info_line *l)
{
    buf_printf(out, "%s: ", l->name);
    put_value(out, l);
    buf_put_char(out, '\n');
}

static void put_described(struct buf *out, const struct info_line *l)
{
    buf_printf(out, "%s: ", l->name);
    put_value(out, l);
    buf_printf(out, ":\"%s\"\n", l->words);
}

static void put_typed(struct buf *out, const struct info_line *l)
{
    buf_printf(out, "%u.%s.1:%s:%s:", l->position, l->name, l->tag, l->type);
    put_value(out, l);
    buf_put_char(out, '\n');
}

static void put_json(struct buf *out, const struct info_line *l)
{
    if (l->position > 0)
        buf_put_char(out, ',');
    buf_printf(out, "{\"field\":{\"pos\":%u,\"name\":\"%s\"},", l->position, l->name);
    json_put_tags(out, l->tag);
    buf_printf(out, ",\"value\":{\"type\":\"%s\",\"value\":", l->type);
    if (l->text.ptr != NULL)
        buf_put_json(out, l->text);
    else
        buf_put_u64(out, l->number);
    buf_put(out, SPAN("}}"));
}

enum command_result show_info(struct call *c)
{
    put_line *put = put_plain;
    struct info i;

    for (unsigned k = 0; k < c->count; k++) {
        if (span_eq(c->args[k], SPAN("desc")))
            put = put == put_plain ? put_described : put;
        else if (span_eq(c->args[k], SPAN("typed")))
            put = put_typed;
        else if (span_eq(c->args[k], SPAN("json")))
            put = put_json;
        else
            return call_fail(c, "`show info` takes typed, json or desc.");
    }
    read_info(&i, c->now);
    if (put == put_json)
        buf_put_char(c->out, '[');
    each_line(&i, put, c->out);
    if (put == put_json)
        buf_put(c->out, SPAN("]\n"));
    return COMMAND_DONE;
}

/* ---- show proc ---- */

static void put_process(struct call *c, uint32_t pid, const char *type, uint64_t reloads, instant started)
{
    uint64_t s = instant_us_between(started, c->now->now) / 1000000;
    char up[64];

    (void)snprintf(up, sizeof(up), "%llud%02lluh%02llum%02llus", (unsigned long long)(s / 86400),
                   (unsigned long long)(s / 3600 % 24), (unsigned long long)(s / 60 % 60),
                   (unsigned long long)(s % 60));
    buf_printf(c->out, "%-15u %-15s %-15llu %-15s %.*s\n", pid, type, (unsigned long long)reloads, up,
               SPAN_ARGS(c->now->process->version));
}

/* Reloads are done inside the worker: there are no old ones but during a hand-over, and those take no
 * commands. */
enum command_result show_proc(struct call *c)
{
    const struct admin_process *p = c->now->process;
    uint64_t generation = atomic_load_explicit(&p->generation, memory_order_relaxed);

    buf_printf(c->out, "%-15s %-15s %-15s %-15s %-15s\n", "#<PID>", "<type>", "<reloads>", "<uptime>",
               "<version>");
    put_process(c, p->parent_pid, "master", generation > 0 ? generation - 1 : 0, p->parent_started);
    buf_put(c->out, SPAN("# workers\n"));
    put_process(c, p->pid, "worker", 0, p->started);
    buf_put(c->out, SPAN("# programs\n"));
    return COMMAND_DONE;
}
