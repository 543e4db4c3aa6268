/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/server_news.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/config.h"

#define REASON_ROOM 128

/* HAProxy's sentence for each result (management guide, "show stat": last_chk). */
static const char *sentence(enum check_result r)
{
    switch (r) {
    case CHECKED_SOCKET_ERROR:
        return "Socket error";
    case CHECKED_L4_OK:
        return "Layer4 check passed";
    case CHECKED_L4_TIMEOUT:
        return "Layer4 timeout";
    case CHECKED_L4_REFUSED:
        return "Layer4 connection problem";
    case CHECKED_L6_OK:
        return "Layer6 check passed";
    case CHECKED_L6_TIMEOUT:
        return "Layer6 timeout";
    case CHECKED_L6_INVALID:
        return "Layer6 invalid response";
    case CHECKED_L7_OK:
        return "Layer7 check passed";
    case CHECKED_L7_CONDITIONAL:
        return "Layer7 check conditionally passed";
    case CHECKED_L7_TIMEOUT:
        return "Layer7 timeout";
    case CHECKED_L7_INVALID:
        return "Layer7 invalid response";
    case CHECKED_L7_STATUS:
        return "Layer7 wrong status";
    case CHECKED_PROCESS_OK:
        return "External check passed";
    case CHECKED_PROCESS_ERROR:
        return "External check error";
    case CHECKED_PROCESS_TIMEOUT:
        return "External check timeout";
    case CHECKED_TRAFFIC:
        return "Health analyze";
    case CHECKED_AGENT:
        return "Agent check";
    case CHECKED_NONE:
    case CHECKED_COUNT:
        break;
    }
    return "Unknown";
}

static void put_cause(struct buf *out, const struct health_report *h)
{
    char room[REASON_ROOM];

    buf_printf(out, ", reason: %s", sentence(h->result));
    bool http =
        h->result == CHECKED_L7_OK || h->result == CHECKED_L7_STATUS || h->result == CHECKED_L7_INVALID;
    if (http && h->detail > 0)
        buf_printf(out, ", code: %d", h->detail);
    else if (h->detail != 0)
        buf_printf(out, ", info: \"%s\"", strerror_r(h->detail, room, sizeof(room)));
    buf_printf(out, ", check duration: %ums", h->duration_ms);
}

static void count(const struct snapshot *s, const struct pool *p, unsigned *active, unsigned *backup)
{
    *active = *backup = 0;
    for (uint32_t i = 0; i < p->servers.count; i++) {
        const struct server *server = p->servers.items[i];
        enum server_use use = server_use(snapshot_server(s, server), server, clock_now());
        if (use == USE_FULL || use == USE_STICKY)
            ++*(server->backup ? backup : active);
    }
}

void server_news(struct buf *out, const struct snapshot *s, const struct server *server,
                 const struct server_state *state, enum health_change change)
{
    struct health_report h;
    unsigned active, backup;
    const bool up = change == HEALTH_WENT_UP;

    server_health(state, &h);
    count(s, server->pool, &active, &backup);
    buf_printf(out, "%sServer %.*s/%.*s is %s", server->backup ? "Backup " : "",
               SPAN_ARGS(server->pool->name), SPAN_ARGS(server->name), up ? "UP" : "DOWN");
    put_cause(out, &h);
    buf_printf(out, ". %u active and %u backup servers %s.%s ", active, backup, up ? "online" : "left",
               active == 0 && backup > 0 ? " Running on backup." : "");
    if (up)
        buf_printf(out, "0 sessions requeued, %u total in queue.", atomic_load(&state->waiting));
    else
        buf_printf(out, "%u sessions active, 0 requeued, %u remaining in queue.", atomic_load(&state->active),
                   atomic_load(&state->waiting));
}

bool server_news_none_left(const struct snapshot *s, const struct server *server, enum health_change change)
{
    unsigned active, backup;

    count(s, server->pool, &active, &backup);
    return change == HEALTH_WENT_DOWN && active + backup == 0;
}

void server_news_strange_agent(struct buf *out, const struct server *server, struct span word)
{
    const size_t most = 32;

    buf_printf(out, "Agent of %.*s/%.*s says \"", SPAN_ARGS(server->pool->name), SPAN_ARGS(server->name));
    for (size_t i = 0; i < word.len && i < most; i++)
        buf_put_char(out, word.ptr[i] >= ' ' && word.ptr[i] <= '~' && word.ptr[i] != '"' ? word.ptr[i] : '.');
    buf_printf(out, "%s\", which no agent says: that changes nothing.", word.len > most ? "..." : "");
}

const char *server_news_kind(const struct snapshot *s, const struct server *server)
{
    const struct pool *p = server->pool;

    return config_find_service(s->config, p->language, p->name) ? "proxy" : "backend";
}

/* What nginx was doing when it failed. */
static const char *doing(enum check_result r)
{
    switch ((unsigned)r) {
    case CHECKED_L4_TIMEOUT:
    case CHECKED_L4_REFUSED:
    case CHECKED_SOCKET_ERROR:
        return "connecting to upstream";
    case CHECKED_L6_TIMEOUT:
    case CHECKED_L6_INVALID:
        return "SSL handshaking to upstream";
    case CHECKED_L7_TIMEOUT:
        return "reading response header from upstream";
    case CHECKED_L7_STATUS:
        return "checking status code";
    default:
        return "checking response";
    }
}

void server_news_nginx(struct buf *out, const struct server *server, const struct server_state *state,
                       enum health_change change)
{
    struct clock_text clock = { 0 };
    struct health_report h;
    const bool up = change == HEALTH_WENT_UP;

    server_health(state, &h);
    clock_text_at(&clock, clock_wall_us());
    buf_printf(out, "%s [%s] %d#0: peer is %s", clock.error, up ? "notice" : "warn", (int)getpid(),
               up ? "healthy" : "unhealthy");
    if (!up)
        buf_printf(out, " while %s", doing(h.result));
    if (h.result == CHECKED_L7_STATUS)
        buf_printf(out, " (%d)", h.detail);
    buf_put(out, SPAN(", health check \"\" of peer "));
    address_put(out, &server->address);
    buf_printf(out, " in upstream \"%.*s\"", SPAN_ARGS(server->pool->name));
}
