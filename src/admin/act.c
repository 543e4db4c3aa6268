/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/act.h"

#include "state/bulletin.h"

#define LINE_MOST 4096

const char *act_name(enum act a)
{
    static const char *const names[ACTS] = {
        [ACT_READY] = "ready",
        [ACT_DRAIN] = "drain",
        [ACT_MAINT] = "maintenance",
        [ACT_ENABLE] = "enable",
        [ACT_STOP] = "stop",
        [ACT_DISABLE] = "disable",
        [ACT_CHECKS_ON] = "checks on",
        [ACT_CHECKS_OFF] = "checks off",
        [ACT_HEALTH_UP] = "force up",
        [ACT_HEALTH_DOWN] = "force down",
        [ACT_HEALTH_STOPPING] = "force stopping",
        [ACT_WEIGHT] = "weight",
        [ACT_LIMIT] = "limit",
        [ACT_END_SESSIONS] = "end sessions",
        [ACT_AGENT_ON] = "agent on",
        [ACT_AGENT_OFF] = "agent off",
        [ACT_AGENT_UP] = "agent up",
        [ACT_AGENT_DOWN] = "agent down",
        [ACT_FRONTEND_ON] = "frontend on",
        [ACT_FRONTEND_OFF] = "frontend off",
        [ACT_FRONTEND_LIMIT] = "frontend limit",
    };
    return names[a];
}

/* ---- the record ---- */

static void put_member(struct buf *b, const char *name, struct span value)
{
    if (value.len == 0)
        return;
    buf_printf(b, ",\"%s\":", name);
    buf_put_json(b, value);
}

static void begin_line(struct buf *b, char *room, const struct admin_now *now, const struct act_by *by,
                       struct span what)
{
    struct clock_text text = { 0 };

    buf_init_fixed(b, room, LINE_MOST);
    clock_text_at(&text, now->wall_us);
    buf_printf(b, "{\"time\":\"%s\",\"ms\":%llu", text.iso, (unsigned long long)(now->wall_us / 1000));
    put_member(b, "user", by->user);
    put_member(b, "from", by->from);
    put_member(b, "through", by->through);
    put_member(b, "what", what);
}

static void end_line(struct buf *b, const struct admin_now *now, struct span result)
{
    put_member(b, "result", result);
    buf_put_char(b, '}');
    if (now->process->audit != NULL && !b->truncated)
        now->process->audit(now->process->self, buf_span(b));
}

void act_refused(const struct admin_now *now, const struct act_by *by, struct span what, struct span why)
{
    char room[LINE_MOST];
    struct buf b;

    begin_line(&b, room, now, by, span_first(what, 200));
    put_member(&b, "why", why);
    end_line(&b, now, SPAN("refused"));
}

void act_note(const struct admin_now *now, const struct act_by *by, struct span what)
{
    char room[LINE_MOST];
    struct buf b;

    begin_line(&b, room, now, by, what);
    end_line(&b, now, SPAN("done"));
}

/* ---- servers ---- */

struct before {
    const char *use;
    uint32_t weight, limit;
};

static struct before look_at(const struct admin_now *now, const struct server *server)
{
    const struct server_state *s = snapshot_server(now->snapshot, server);

    return (struct before){ server_use_name(server_use(s, server, now->now)),
                            atomic_load_explicit(&s->weight, memory_order_relaxed),
                            atomic_load_explicit(&s->connections_max, memory_order_relaxed) };
}

static void put_look(struct buf *b, const char *name, const struct before *l)
{
    buf_printf(b, ",\"%s\":\"%s, weight %u", name, l->use, l->weight);
    if (l->limit > 0)
        buf_printf(b, ", limit %u", l->limit);
    buf_put_char(b, '"');
}

static void record(const struct admin_now *now, const struct act_by *by, const struct server *server,
                   enum act a, const struct before *before, enum act_result result)
{
    char room[LINE_MOST], name[512];
    struct buf b, object;
    struct before after = look_at(now, server);

    begin_line(&b, room, now, by, span_from(act_name(a)));
    buf_init_fixed(&object, name, sizeof(name));
    buf_printf(&object, "%.*s/%.*s", SPAN_ARGS(server->pool->name), SPAN_ARGS(server->name));
    put_member(&b, "object", buf_span(&object));
    put_look(&b, "before", before);
    put_look(&b, "after", &after);
    end_line(&b, now,
             result == ACT_DONE     ? SPAN("done")
             : result == ACT_FAILED ? SPAN("failed")
                                    : SPAN("not checked"));
}

static enum act_result end_sessions(const struct admin_now *now, struct server_state *s)
{
    const struct admin_sessions *a = now->process->sessions;

    return a != NULL && a->end_of(a->self, s) ? ACT_DONE : ACT_FAILED;
}

static enum act_result do_to_server(struct server_state *s, enum act a, uint32_t value, instant now)
{
    const unsigned maint = ADMIN_MAINT | ADMIN_FILE_DOWN, drain = ADMIN_DRAIN | ADMIN_FILE_DRAIN;

    switch (a) {
    case ACT_READY:
        server_set_admin(s, 0, maint | drain, now);
        return ACT_DONE;
    case ACT_DRAIN:
    case ACT_STOP:
        server_set_admin(s, ADMIN_DRAIN, maint, now);
        return ACT_DONE;
    case ACT_MAINT:
    case ACT_DISABLE:
        server_set_admin(s, ADMIN_MAINT, ADMIN_DRAIN, now);
        return ACT_DONE;
    case ACT_ENABLE:
        server_set_admin(s, 0, maint, now);
        return ACT_DONE;
    case ACT_CHECKS_ON:
        server_set_admin(s, 0, ADMIN_NO_CHECK, now);
        return ACT_DONE;
    case ACT_CHECKS_OFF:
        server_set_admin(s, ADMIN_NO_CHECK, 0, now);
        return ACT_DONE;
    case ACT_HEALTH_UP:
        server_set_health(s, HEALTH_UP, now);
        return ACT_DONE;
    case ACT_HEALTH_DOWN:
        server_set_health(s, HEALTH_DOWN, now);
        return ACT_DONE;
    case ACT_HEALTH_STOPPING:
        server_set_stopping(s, now);
        return ACT_DONE;
    case ACT_WEIGHT:
        server_set_weight(s, value, now);
        return ACT_DONE;
    case ACT_LIMIT:
        server_set_connections_max(s, value, now);
        return ACT_DONE;
    case ACT_AGENT_ON:
        server_set_admin(s, 0, ADMIN_NO_AGENT, now);
        return ACT_DONE;
    case ACT_AGENT_OFF:
        server_set_admin(s, ADMIN_NO_AGENT, 0, now);
        return ACT_DONE;
    case ACT_AGENT_UP:
    case ACT_AGENT_DOWN:
        (void)server_agent_health(s, a == ACT_AGENT_UP, now);
        return ACT_DONE;
    case ACT_END_SESSIONS:
    case ACT_FRONTEND_ON:
    case ACT_FRONTEND_OFF:
    case ACT_FRONTEND_LIMIT:
    case ACTS:
        break;
    }
    BUG_ON(true);
    return ACT_SAME;
}

static enum bulletin_cause cause_of(const struct act_by *by, enum act a)
{
    if (!span_eq(by->through, SPAN("page")))
        return BULLETIN_SOCKET;
    return a == ACT_STOP ? BULLETIN_PAGE_STOP : a == ACT_DISABLE ? BULLETIN_PAGE_DISABLE : BULLETIN_PAGE;
}

static bool is_said_of_health(enum act a)
{
    return a == ACT_HEALTH_UP || a == ACT_HEALTH_DOWN || a == ACT_HEALTH_STOPPING;
}

enum act_result act_on_server(const struct admin_now *now, const struct act_by *by,
                              const struct server *server, enum act a, uint32_t value)
{
    struct before before = look_at(now, server);
    bool checks = (a == ACT_CHECKS_ON && server->check == NULL) ||
                  (a >= ACT_AGENT_ON && a <= ACT_AGENT_DOWN && server->agent == NULL) ||
                  (is_said_of_health(a) && server->track != NULL);
    struct server_state *s = snapshot_server(now->snapshot, server);
    enum act_result r = checks                  ? ACT_NO_CHECK
                        : a == ACT_END_SESSIONS ? end_sessions(now, s)
                                                : do_to_server(s, a, value, now->now);
    record(now, by, server, a, &before, r);
    bulletin_issue(now->snapshot, server, cause_of(by, a), now->process->tell, now->process->teller);
    return r;
}

/* ---- frontends ---- */

enum act_result act_on_frontend(const struct admin_now *now, const struct act_by *by,
                                const struct service *service, enum act a, uint32_t value)
{
    struct service_state *s = snapshot_service(now->snapshot, service);
    char room[LINE_MOST];
    struct buf b;

    if (a == ACT_FRONTEND_LIMIT) {
        service_set_connections_max(s, value);
    } else if (!service_set_disabled(s, a == ACT_FRONTEND_OFF)) {
        return ACT_SAME;
    }
    if (a != ACT_FRONTEND_LIMIT && now->process->tell_frontend != NULL)
        now->process->tell_frontend(now->process->teller, now->snapshot, service, a == ACT_FRONTEND_OFF);
    begin_line(&b, room, now, by, span_from(act_name(a)));
    put_member(&b, "object", service->name);
    if (a == ACT_FRONTEND_LIMIT)
        buf_printf(&b, ",\"after\":%u", value);
    end_line(&b, now, SPAN("done"));
    return ACT_DONE;
}

void act_on_process_limit(const struct admin_now *now, const struct act_by *by, uint32_t connections)
{
    char room[LINE_MOST];
    struct buf b;

    atomic_store_explicit(&now->process->connections_max, connections, memory_order_relaxed);
    state_world_set_limit(now->snapshot->world, connections, now->snapshot->config->process.connections_max);
    begin_line(&b, room, now, by, SPAN("limit of the process"));
    buf_printf(&b, ",\"after\":%u", connections);
    end_line(&b, now, SPAN("done"));
}

void act_on_process_rate(const struct admin_now *now, const struct act_by *by, unsigned kind, uint32_t most)
{
    static const char *const names[RATES] = { "connections a second", "sessions a second",
                                              "TLS connections a second" };
    struct rates *r = now->snapshot->rates;
    char room[LINE_MOST];
    struct buf b;

    begin_line(&b, room, now, by, span_from(names[kind]));
    buf_printf(&b, ",\"before\":%u,\"after\":%u", rates_most(r, kind), most);
    rates_set(r, kind, most);
    end_line(&b, now, SPAN("done"));
}

/* ---- counters ---- */

static void lower32(_Atomic uint32_t *most, const _Atomic uint32_t *now)
{
    atomic_store_explicit(most, atomic_load_explicit(now, memory_order_relaxed), memory_order_relaxed);
}

static void clear_peaks(const struct counts *c)
{
    for (unsigned i = 0; i < c->threads; i++) {
        struct counts_block *b = atomic_load_explicit(&c->blocks[i], memory_order_acquire);
        if (b != NULL)
            counts_clear_peaks(b);
    }
}

static void clear(struct counts *c, bool all)
{
    if (all)
        counts_clear(c);
    else
        clear_peaks(c);
}

void act_clear_counters(const struct admin_now *now, const struct act_by *by, bool all)
{
    const struct config *c = now->snapshot->config;

    for (uint32_t i = 0; i < c->services.count; i++) {
        struct service_state *s = now->snapshot->services[i];
        clear(&s->counts, all);
        lower32(&s->active_most, &s->active);
    }
    for (uint32_t i = 0; i < c->pools.count; i++) {
        struct pool_state *s = now->snapshot->pools[i];
        clear(&s->counts, all);
        lower32(&s->active_most, &s->active);
        lower32(&s->waiting_most, &s->waiting);
    }
    for (uint32_t i = 0; i < c->servers.count; i++) {
        struct server_state *s = now->snapshot->servers[i];
        clear(&s->counts, all);
        lower32(&s->active_most, &s->active);
        lower32(&s->waiting_most, &s->waiting);
    }
    if (all)
        window_forget(now->process->window, now->now);
    act_note(now, by, all ? SPAN("clear counters all") : SPAN("clear counters"));
}
