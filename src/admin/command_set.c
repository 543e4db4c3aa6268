/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that change what is true now. Answers are HAProxy's where a tool may read them; silence is
 * success. */
#include "admin/command_internal.h"
#include "state/snapshot.h"

#define WEIGHT_MOST 256

static enum command_result act_server(struct call *c, const struct server *s, enum act a, uint32_t value)
{
    switch (act_on_server(c->now, &c->session->by, s, a, value)) {
    case ACT_DONE:
    case ACT_SAME:
        return COMMAND_DONE;
    case ACT_NO_CHECK:
        return call_fail(c, a == ACT_CHECKS_ON
                                ? "Health check was not configured on this server, cannot enable."
                                : "Health checks are not enabled on this server.");
    case ACT_FAILED:
        break;
    }
    return call_fail(c, "There is no memory for that now.");
}

static enum command_result simple(struct call *c, enum act a)
{
    const struct server *s = call_server(c, call_arg(c, 0));

    return s ? act_server(c, s, a, 0) : COMMAND_FAILED;
}

enum command_result shutdown_sessions_server(struct call *c)
{
    return simple(c, ACT_END_SESSIONS);
}
/* HAProxy ends a drain with it too, and ansible's module counts on that. */
enum command_result enable_server(struct call *c)
{
    return simple(c, ACT_READY);
}
enum command_result disable_server(struct call *c)
{
    return simple(c, ACT_MAINT);
}
enum command_result enable_health(struct call *c)
{
    return simple(c, ACT_CHECKS_ON);
}
enum command_result disable_health(struct call *c)
{
    return simple(c, ACT_CHECKS_OFF);
}

/* ---- agents ---- */

enum command_result enable_agent(struct call *c)
{
    const struct server *s = call_server(c, call_arg(c, 0));

    if (s == NULL)
        return COMMAND_FAILED;
    if (s->agent == NULL)
        return call_fail(c, "Agent was not configured on this server, cannot enable.");
    return act_server(c, s, ACT_AGENT_ON, 0);
}

/* Without an agent there is nothing to do, and HAProxy says nothing either. */
enum command_result disable_agent(struct call *c)
{
    const struct server *s = call_server(c, call_arg(c, 0));

    if (s == NULL)
        return COMMAND_FAILED;
    return s->agent ? act_server(c, s, ACT_AGENT_OFF, 0) : COMMAND_DONE;
}

static enum command_result change_agent(struct call *c, const struct server *s, struct span word)
{
    const struct server_state *state = snapshot_server(c->now->snapshot, s);

    if (s->agent == NULL || atomic_load_explicit(&state->admin, memory_order_relaxed) & ADMIN_NO_AGENT)
        return call_fail(c, "agent checks are not enabled on this server.");
    if (span_eq(word, SPAN("up")))
        return act_server(c, s, ACT_AGENT_UP, 0);
    if (span_eq(word, SPAN("down")))
        return act_server(c, s, ACT_AGENT_DOWN, 0);
    return call_fail(c, "'set server <srv> agent' expects 'up' or 'down'.");
}

/* ---- weights ---- */

/* Its order is made once: a server is in it with the file's weight, or out of it. */
static bool is_static(const struct pool *p)
{
    return p->algorithm == BALANCE_STATIC_RR || p->algorithm == BALANCE_HASH_MAP;
}

/* "12", or a share of the file's weight: "50%". */
static bool weight_of(struct call *c, const struct server *s, struct span text, uint32_t *weight)
{
    uint64_t n;
    bool share = span_ends_with(text, SPAN("%"));

    if (text.len == 0) {
        (void)call_fail(c, "Require <weight> or <weight%%>.");
        return false;
    }
    if (!span_to_u64(share ? span_first(text, text.len - 1) : text, UINT32_MAX, &n)) {
        (void)call_fail(c, "A weight is a number from 0 to %d, or a share of the file's: 50%%.", WEIGHT_MOST);
        return false;
    }
    n = share ? (uint64_t)s->weight * n / 100 : n;
    if (n > WEIGHT_MOST) {
        (void)call_fail(c, "Absolute weight can only be between 0 and %d inclusive.", WEIGHT_MOST);
        return false;
    }
    if (is_static(s->pool) && n != 0 && n != s->weight) {
        (void)call_fail(c,
                        "Backend is using a static LB algorithm and only accepts weights '0%%' and '100%%'.");
        return false;
    }
    *weight = (uint32_t)n;
    return true;
}

static enum command_result change_weight(struct call *c, const struct server *s, struct span text)
{
    uint32_t weight;

    return weight_of(c, s, text, &weight) ? act_server(c, s, ACT_WEIGHT, weight) : COMMAND_FAILED;
}

enum command_result set_weight(struct call *c)
{
    const struct server *s = call_server(c, call_arg(c, 0));

    return s ? change_weight(c, s, call_arg(c, 1)) : COMMAND_FAILED;
}

enum command_result get_weight(struct call *c)
{
    const struct server *s = call_server(c, call_arg(c, 0));

    if (s == NULL)
        return COMMAND_FAILED;
    buf_printf(c->out, "%u (initial %u)\n",
               atomic_load_explicit(&snapshot_server(c->now->snapshot, s)->weight, memory_order_relaxed),
               s->weight);
    return COMMAND_DONE;
}

/* ---- set server ---- */

static enum command_result change_state(struct call *c, const struct server *s, struct span word)
{
    if (span_eq(word, SPAN("ready")))
        return act_server(c, s, ACT_READY, 0);
    if (span_eq(word, SPAN("drain")))
        return act_server(c, s, ACT_DRAIN, 0);
    if (span_eq(word, SPAN("maint")))
        return act_server(c, s, ACT_MAINT, 0);
    return call_fail(c, "'set server <srv> state' expects 'ready', 'drain' and 'maint'.");
}

static enum command_result change_health(struct call *c, const struct server *s, struct span word)
{
    if (s->track != NULL)
        return call_fail(c, "cannot change health on a tracking server.");
    if (span_eq(word, SPAN("up")))
        return act_server(c, s, ACT_HEALTH_UP, 0);
    if (span_eq(word, SPAN("stopping")))
        return act_server(c, s, ACT_HEALTH_STOPPING, 0);
    if (span_eq(word, SPAN("down")))
        return act_server(c, s, ACT_HEALTH_DOWN, 0);
    return call_fail(c, "'set server <srv> health' expects 'up', 'stopping', or 'down'.");
}

enum command_result set_server(struct call *c)
{
    const struct server *s = call_server(c, call_arg(c, 0));
    struct span what = call_arg(c, 1), value = call_arg(c, 2);
    enum command_result result;

    if (s == NULL)
        return COMMAND_FAILED;
    if (span_eq(what, SPAN("state")))
        return change_state(c, s, value);
    if (span_eq(what, SPAN("weight")))
        return change_weight(c, s, value);
    if (span_eq(what, SPAN("health")))
        return change_health(c, s, value);
    if (span_eq(what, SPAN("agent")))
        return change_agent(c, s, value);
    if (call_changes_line(c, s, what, &result))
        return result;
    return call_fail(c, "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | "
                        "agent-send | check-addr | check-port | fqdn | health | ssl | state | weight");
}

/* ---- limits ---- */

enum command_result set_maxconn_server(struct call *c)
{
    const struct server *s = call_server(c, call_arg(c, 0));
    uint64_t n;

    if (s == NULL)
        return COMMAND_FAILED;
    if (call_arg(c, 1).len == 0)
        return call_fail(c, "Require <maxconn>.");
    if (!span_to_u64(call_arg(c, 1), INT32_MAX, &n))
        return call_fail(c, "maxconn string empty or preceded by garbage");
    return act_server(c, s, ACT_LIMIT, (uint32_t)n);
}

/* Never more than the files allow, as descriptors were set aside for that many. */
enum command_result set_maxconn_global(struct call *c)
{
    const uint32_t most = c->now->snapshot->config->process.connections_max;
    uint64_t n;

    if (!span_to_u64(call_arg(c, 0), UINT32_MAX - 1, &n))
        return call_fail(c, "Expects an integer value.");
    if (most > 0 && n > most)
        return call_fail(c, "Value out of range.");
    act_on_process_limit(c->now, &c->session->by, (uint32_t)n);
    return COMMAND_DONE;
}

static enum command_result rate_usage(struct call *c)
{
    return call_fail(c, "'set rate-limit' only supports :\n"
                        "   - 'connections global' to set the per-process maximum connection rate\n"
                        "   - 'sessions global' to set the per-process maximum session rate\n"
                        "   - 'ssl-sessions global' to set the per-process maximum SSL session rate");
}

enum command_result set_rate_limit(struct call *c)
{
    static const struct {
        struct span word;
        enum rate_kind kind;
    } kinds[] = { { SPAN_INIT("connections"), RATE_CONNECTIONS },
                  { SPAN_INIT("sessions"), RATE_SESSIONS },
                  { SPAN_INIT("ssl-sessions"), RATE_TLS } };
    uint64_t n;

    if (!span_eq(call_arg(c, 1), SPAN("global")))
        return rate_usage(c);
    if (span_eq(call_arg(c, 0), SPAN("http-compression")))
        return call_fail(c, "The speed of compression is not limited: it goes on as long as there is memory "
                            "for it.");
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!span_eq(call_arg(c, 0), kinds[i].word))
            continue;
        if (call_arg(c, 2).len == 0)
            return call_fail(c, "Expects an integer value.");
        if (!span_to_u64(call_arg(c, 2), INT32_MAX, &n))
            return call_fail(c, "Value out of range.");
        act_on_process_rate(c->now, &c->session->by, kinds[i].kind, (uint32_t)n);
        return COMMAND_DONE;
    }
    return rate_usage(c);
}

/* ---- frontends ---- */

static enum command_result act_frontend(struct call *c, enum act a, const char *same)
{
    const struct service *s = call_service(c, call_arg(c, 0));

    if (s == NULL)
        return COMMAND_FAILED;
    if (act_on_frontend(c->now, &c->session->by, s, a, 0) == ACT_SAME)
        return call_fail(c, "%s", same);
    return COMMAND_DONE;
}

enum command_result enable_frontend(struct call *c)
{
    return act_frontend(c, ACT_FRONTEND_ON, "All sockets are already enabled.");
}

enum command_result disable_frontend(struct call *c)
{
    return act_frontend(c, ACT_FRONTEND_OFF, "All sockets are already disabled.");
}

enum command_result set_maxconn_frontend(struct call *c)
{
    const struct service *s = call_service(c, call_arg(c, 0));
    uint64_t n;

    if (s == NULL)
        return COMMAND_FAILED;
    if (!span_to_u64(call_arg(c, 1), UINT32_MAX - 1, &n))
        return call_fail(c, "Integer value expected.");
    (void)act_on_frontend(c->now, &c->session->by, s, ACT_FRONTEND_LIMIT, (uint32_t)n);
    return COMMAND_DONE;
}

/* ---- the session, counters ---- */

/* "60" is seconds, as in HAProxy; a unit may follow. */
bool call_time(struct span text, duration *out)
{
    static const struct {
        struct span unit;
        uint64_t ms;
    } units[] = { { SPAN_INIT("us"), 0 },    { SPAN_INIT("ms"), 1 },      { SPAN_INIT("s"), 1000 },
                  { SPAN_INIT("m"), 60000 }, { SPAN_INIT("h"), 3600000 }, { SPAN_INIT("d"), 86400000 } };
    uint64_t n, factor = 1000;

    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (span_ends_with(text, units[i].unit)) {
            factor = units[i].ms;
            text = span_first(text, text.len - units[i].unit.len);
            break;
        }
    if (!span_to_u64(text, 86400000, &n) || n * factor > UINT32_MAX / 2)
        return false;
    *out = DURATION_MS((uint32_t)(n * factor));
    return true;
}

enum command_result set_timeout(struct call *c)
{
    if (!span_eq(call_arg(c, 0), SPAN("cli")))
        return call_fail(c, "'set timeout' only supports 'cli'.");
    if (call_arg(c, 1).len == 0)
        return call_fail(c, "Expects an integer value.");
    duration d;
    if (!call_time(call_arg(c, 1), &d) || d.ms == 0)
        return call_fail(c, "Invalid timeout value.");
    c->session->timeout = d;
    return COMMAND_DONE;
}

enum command_result clear_counters(struct call *c)
{
    struct span word = call_arg(c, 0);
    bool all = span_eq(word, SPAN("all"));

    if (word.len > 0 && !all)
        return call_fail(c, "'clear counters' knows 'all', or nothing behind it.");
    if (all && c->session->level < COMMAND_ADMIN) {
        act_refused(c->now, &c->session->by, SPAN("clear counters all"), SPAN("the socket's level"));
        return call_fail(c, "Permission denied");
    }
    act_clear_counters(c->now, &c->session->by, all);
    return COMMAND_DONE;
}
