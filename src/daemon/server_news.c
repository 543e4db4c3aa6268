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

static void put_check(struct buf *out, const struct health_report *h)
{
    char room[REASON_ROOM];

    buf_printf(out, ", reason: %s", sentence(h->result));
    bool http = h->result == CHECKED_L7_OK || h->result == CHECKED_L7_CONDITIONAL ||
                h->result == CHECKED_L7_STATUS || h->result == CHECKED_L7_INVALID;
    bool program = h->result == CHECKED_PROCESS_OK || h->result == CHECKED_PROCESS_ERROR ||
                   h->result == CHECKED_PROCESS_TIMEOUT;
    if (program || (http && h->detail > 0))
        buf_printf(out, ", code: %d", h->detail);
    else if (h->detail != 0)
        buf_printf(out, ", info: \"%s\"", strerror_r(h->detail, room, sizeof(room)));
    buf_printf(out, ", check duration: %ums", h->duration_ms);
}

static void put_agent(struct buf *out, struct server_state *s)
{
    struct agent_report a;

    server_agent_report(s, &a);
    buf_printf(out, ", reason: %s, code: 0",
               a.said == SAID_DOWN ? "Layer7 wrong status" : "Layer7 check passed");
    if (a.text[0] != '\0')
        buf_printf(out, ", info: \"%s\"", a.text);
    buf_printf(out, ", check duration: %ums", a.duration_ms);
}

static void put_via(struct buf *out, const struct server *s)
{
    if (s->track != NULL)
        buf_printf(out, " via %.*s/%.*s", SPAN_ARGS(s->track->pool->name), SPAN_ARGS(s->track->name));
}

/* Why its health is another one. */
static void put_cause(struct buf *out, const struct bulletin *b)
{
    struct server_state *state = snapshot_server(b->snapshot, b->server);
    struct health_report h;

    if (b->server->track != NULL) {
        put_via(out, b->server);
        return;
    }
    switch (b->cause) {
    case BULLETIN_CHECK:
        server_health(state, &h);
        if (!b->server->pool->logs_checks) /* else it was told just before */
            put_check(out, &h);
        return;
    case BULLETIN_AGENT:
        put_agent(out, state);
        return;
    case BULLETIN_TRAFFIC:
        buf_printf(
            out, ", reason: Health analyze, info: \"Detected %u consecutive errors, last one was: %s\"",
            b->server->error_limit,
            b->server->observe == OBSERVE_LAYER7 ? "Wrong http response" : "L4 unsuccessful connection");
        return;
    case BULLETIN_SOCKET:
        buf_put(out, SPAN(", changed from CLI"));
        return;
    case BULLETIN_PAGE:
    case BULLETIN_PAGE_STOP:
    case BULLETIN_PAGE_DISABLE:
        buf_put(out, SPAN(", changed from Web interface"));
        return;
    case BULLETIN_NAME_GONE:
    case BULLETIN_NAME_SHORT:
        return; /* that changes no health */
    }
}

static void put_name(struct buf *out, const struct bulletin *b)
{
    const struct server *s = b->server;

    buf_printf(out, "%sServer %.*s/%.*s ", s->backup ? "Backup " : "", SPAN_ARGS(s->pool->name),
               SPAN_ARGS(s->name));
}

/* Who is left, and what becomes of the sessions. */
static void put_rest(struct buf *out, const struct bulletin *b)
{
    const struct server_state *s = snapshot_server(b->snapshot, b->server);
    bool down = b->after & (BULLETIN_DOWN | BULLETIN_MAINTAINED | BULLETIN_NO_ADDRESS);

    buf_printf(out, ". %u active and %u backup servers %s.%s ", b->active, b->backup,
               down ? "left" : "online", b->active == 0 && b->backup > 0 ? " Running on backup." : "");
    if (down)
        buf_printf(out, "%u sessions active, 0 requeued, %u remaining in queue.", atomic_load(&s->active),
                   atomic_load(&s->waiting));
    else
        buf_printf(out, "0 sessions requeued, %u total in queue.", atomic_load(&s->waiting));
}

/* What goes on of a drain while something else changed. */
static void tell_drain(struct buf *out, const struct bulletin *b, struct news *n)
{
    if (!(b->after & BULLETIN_DRAINED))
        return;
    buf_clear(out);
    put_name(out, b);
    if (b->after & BULLETIN_DRAIN) {
        buf_put(out, SPAN("remains in forced drain mode."));
    } else {
        buf_put(out, SPAN("is leaving forced drain but remains in drain mode"));
        put_via(out, b->server);
        buf_put_char(out, '.');
    }
    n->say(n->to, b, NEWS_NOTICE, buf_span(out));
}

static void tell_maintenance(struct buf *out, const struct bulletin *b, struct news *n)
{
    put_name(out, b);
    if (b->before & BULLETIN_DOWN)
        buf_put(out, SPAN("was DOWN and now enters maintenance"));
    else
        buf_put(out, SPAN("is going DOWN for maintenance"));
    if (b->cause == BULLETIN_PAGE_DISABLE)
        buf_put(out, SPAN(" ('disable' on stats page)"));
    if (!(b->after & BULLETIN_MAINT))
        put_via(out, b->server);
    if (b->before & BULLETIN_DOWN)
        buf_put_char(out, '.');
    else
        put_rest(out, b);
    n->say(n->to, b, b->before ? NEWS_NOTICE : NEWS_ALERT, buf_span(out));
}

/* Maintenance of its own and of the server that it tracks. */
static void tell_other_maintenance(struct buf *out, const struct bulletin *b, struct news *n)
{
    if (((b->before ^ b->after) & BULLETIN_MAINTAINED) == 0 || b->after & ~b->before & BULLETIN_MAINT)
        return;
    put_name(out, b);
    if (b->after & BULLETIN_MAINT) {
        if (b->after & BULLETIN_MAINT_VIA)
            return;
        buf_put(out, SPAN("remains in forced maintenance."));
    } else {
        buf_put(out, SPAN("is leaving forced maintenance but remains in maintenance"));
        put_via(out, b->server);
        buf_put_char(out, '.');
    }
    n->say(n->to, b, NEWS_NOTICE, buf_span(out));
}

static void tell_end_of_maintenance(struct buf *out, const struct bulletin *b, struct news *n)
{
    put_name(out, b);
    buf_printf(out, "is %s/%s (leaving %smaintenance).", b->after & BULLETIN_DOWN ? "DOWN" : "UP",
               b->after & BULLETIN_DRAINED ? "DRAIN" : "READY", b->before & BULLETIN_MAINT ? "forced " : "");
    n->say(n->to, b, NEWS_NOTICE, buf_span(out));
    tell_drain(out, b, n);
}

static void tell_health(struct buf *out, const struct bulletin *b, struct news *n)
{
    put_name(out, b);
    buf_printf(out, "is %s",
               b->after & BULLETIN_DOWN       ? "DOWN"
               : b->after & BULLETIN_STOPPING ? "stopping"
                                              : "UP");
    put_cause(out, b);
    put_rest(out, b);
    n->say(n->to, b, b->after & BULLETIN_DOWN && b->before == 0 ? NEWS_ALERT : NEWS_NOTICE, buf_span(out));
    if (b->before & BULLETIN_DRAINED)
        tell_drain(out, b, n);
}

static void tell_begin_of_drain(struct buf *out, const struct bulletin *b, struct news *n)
{
    buf_clear(out);
    put_name(out, b);
    buf_put(out, SPAN("enters drain state"));
    if (b->cause == BULLETIN_PAGE_STOP)
        buf_put(out, SPAN(" ('stop' on stats page)"));
    if (!(b->after & BULLETIN_DRAIN))
        put_via(out, b->server);
    put_rest(out, b);
    n->say(n->to, b, NEWS_NOTICE, buf_span(out));
}

static void tell_end_of_drain(struct buf *out, const struct bulletin *b, struct news *n)
{
    buf_clear(out);
    put_name(out, b);
    buf_printf(out, "is %s (leaving forced drain).", b->after & BULLETIN_DOWN ? "DOWN" : "UP");
    n->say(n->to, b, NEWS_NOTICE, buf_span(out));
}

static void tell_no_address(struct buf *out, const struct bulletin *b, struct news *n)
{
    put_name(out, b);
    if (b->cause == BULLETIN_NAME_SHORT)
        buf_printf(out, "is going DOWN for maintenance (No IP for server %.*s)", SPAN_ARGS(b->server->name));
    else
        buf_put(out, SPAN("is going DOWN for maintenance (DNS NX status)"));
    put_rest(out, b);
    n->say(n->to, b, b->before ? NEWS_NOTICE : NEWS_ALERT, buf_span(out));
}

static void tell_address(struct buf *out, const struct bulletin *b, struct news *n)
{
    const struct server *s = b->server;

    buf_printf(out, "%sServer %.*s/%.*s ('%.*s') is UP/READY (resolves again).", s->backup ? "Backup " : "",
               SPAN_ARGS(s->pool->name), SPAN_ARGS(s->name), SPAN_ARGS(s->host));
    n->say(n->to, b, NEWS_NOTICE, buf_span(out));
    buf_clear(out);
    put_name(out, b);
    buf_put(out, SPAN("administratively READY thanks to valid DNS answer."));
    n->say(n->to, b, NEWS_NOTICE, buf_span(out));
}

static void tell_none_left(struct buf *out, const struct bulletin *b, struct news *n)
{
    const struct pool *p = b->server->pool;
    const char *kind = config_find_service(b->snapshot->config, p->language, p->name) ? "proxy" : "backend";

    buf_clear(out);
    buf_printf(out, "%s %.*s has no server available!", kind, SPAN_ARGS(p->name));
    n->say(n->to, b, NEWS_EMERGENCY, buf_span(out));
}

void server_news(const struct bulletin *b, struct news *n)
{
    unsigned changed = b->before ^ b->after;
    struct buf out;
    char room[1024];

    buf_init_fixed(&out, room, sizeof(room));
    if (changed & BULLETIN_NO_ADDRESS)
        (b->after & BULLETIN_NO_ADDRESS ? tell_no_address : tell_address)(&out, b, n);
    else if (b->before & BULLETIN_MAINTAINED && b->after & BULLETIN_MAINTAINED)
        tell_other_maintenance(&out, b, n);
    else if (b->after & BULLETIN_MAINTAINED)
        tell_maintenance(&out, b, n);
    else if (b->before & BULLETIN_MAINTAINED)
        tell_end_of_maintenance(&out, b, n);
    else {
        if (changed & (BULLETIN_DOWN | BULLETIN_STOPPING))
            tell_health(&out, b, n);
        else if (changed & BULLETIN_DRAINED && b->before & BULLETIN_DRAINED && b->after & BULLETIN_DRAINED)
            tell_drain(&out, b, n);
        if (!(b->before & BULLETIN_DRAINED) && b->after & BULLETIN_DRAINED)
            tell_begin_of_drain(&out, b, n);
        else if (b->before & BULLETIN_DRAINED && !(b->after & BULLETIN_DRAINED))
            tell_end_of_drain(&out, b, n);
    }
    if (b->none_left)
        tell_none_left(&out, b, n);
}

void server_news_strange_agent(struct buf *out, const struct server *server, struct span word)
{
    const size_t most = 32;

    buf_printf(out, "Agent of %.*s/%.*s says \"", SPAN_ARGS(server->pool->name), SPAN_ARGS(server->name));
    for (size_t i = 0; i < word.len && i < most; i++)
        buf_put_char(out, word.ptr[i] >= ' ' && word.ptr[i] <= '~' && word.ptr[i] != '"' ? word.ptr[i] : '.');
    buf_printf(out, "%s\", which no agent says: that changes nothing.", word.len > most ? "..." : "");
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

bool server_news_nginx(struct buf *out, const struct bulletin *b)
{
    struct clock_text clock = { 0 };
    struct health_report h;
    const bool up = !(b->after & BULLETIN_DOWN);

    if (!((b->before ^ b->after) & BULLETIN_DOWN) || b->cause != BULLETIN_CHECK)
        return false;
    server_health(snapshot_server(b->snapshot, b->server), &h);
    clock_text_at(&clock, clock_wall_us());
    buf_printf(out, "%s [%s] %d#0: peer is %s", clock.error, up ? "notice" : "warn", (int)getpid(),
               up ? "healthy" : "unhealthy");
    if (!up)
        buf_printf(out, " while %s", doing(h.result));
    if (h.result == CHECKED_L7_STATUS)
        buf_printf(out, " (%d)", h.detail);
    buf_put(out, SPAN(", health check \"\" of peer "));
    address_put(out, &b->server->address);
    buf_printf(out, " in upstream \"%.*s\"", SPAN_ARGS(b->server->pool->name));
    return true;
}

void server_news_result(struct buf *out, const struct server *server, const struct server_state *state)
{
    struct health_report h;

    server_health(state, &h);
    const bool up = h.points >= h.rise;
    buf_printf(out, "Health check for %sserver %.*s/%.*s %s", server->backup ? "backup " : "",
               SPAN_ARGS(server->pool->name), SPAN_ARGS(server->name),
               h.result == CHECKED_L7_CONDITIONAL ? "conditionally succeeded"
               : check_result_is_good(h.result)   ? "succeeded"
                                                  : "failed");
    put_check(out, &h);
    buf_printf(out, ", status: %u/%u %s.", up ? h.points - h.rise + 1u : h.points, up ? h.fall : h.rise,
               up ? "UP" : "DOWN");
}
