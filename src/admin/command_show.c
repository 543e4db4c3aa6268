/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that look. */
#include "admin/command_internal.h"
#include "admin/csv.h"
#include "admin/json.h"
#include "admin/terms.h"
#include "state/snapshot.h"

static enum command_result no_memory(struct call *c)
{
    return call_fail(c, "There is no memory for that now.");
}

enum command_result show_version(struct call *c)
{
    buf_put(c->out, c->now->process->version);
    buf_put_char(c->out, '\n');
    return COMMAND_DONE;
}

enum command_result show_cli_level(struct call *c)
{
    buf_printf(c->out, "%s\n", command_level_name(c->session->level));
    return COMMAND_DONE;
}

enum command_result show_cli_sockets(struct call *c)
{
    const struct process *p = &c->now->snapshot->config->process;

    buf_put(c->out, SPAN("# socket lvl processes\n"));
    for (uint32_t i = 0; i < p->control_sockets.count; i++) {
        const struct control_socket *s = &p->control_sockets.items[i];
        if (address_family(&s->address) == AF_UNIX)
            buf_printf(c->out, "unix@%s", s->address.u.un.sun_path);
        else
            buf_put(c->out, address_family(&s->address) == AF_INET6 ? SPAN("ipv6@") : SPAN("ipv4@"));
        if (address_family(&s->address) != AF_UNIX)
            address_put(c->out, &s->address);
        buf_printf(c->out, " %s all\n", command_level_name((enum command_level)s->level));
    }
    return COMMAND_DONE;
}

/* ---- show env ---- */

enum command_result show_env(struct call *c)
{
    struct span name = call_arg(c, 0);
    bool found = false;

    for (char *const *e = c->now->process->environment; e != NULL && *e != NULL; e++) {
        struct span line = span_from(*e), rest = line;
        if (name.len > 0 && !span_eq(span_cut(&rest, '='), name))
            continue;
        found = true;
        buf_put(c->out, line);
        buf_put_char(c->out, '\n');
    }
    return found || name.len == 0 ? COMMAND_DONE : call_fail(c, "Variable not found");
}

/* ---- show stat ---- */

enum stat_form { STAT_CSV, STAT_JSON, STAT_TYPED };
struct stat_call {
    enum stat_form form;
    struct row_filter filter;
};

static bool signed_of(struct span text, int64_t *out)
{
    uint64_t n;
    bool negative = text.len > 0 && text.ptr[0] == '-';

    if (!span_to_u64(negative ? span_from_index(text, 1) : text, INT32_MAX, &n))
        return false;
    *out = negative ? -(int64_t)n : (int64_t)n;
    return true;
}

/* [{<iid>|<proxy>} <type> <sid>]: how many of the words they were, or -1 when they make no sense. */
static int read_which(const struct call *c, unsigned at, struct row_filter *f)
{
    int64_t type, number;

    if (c->count - at < 3 || !signed_of(c->args[at + 1], &type) || !signed_of(c->args[at + 2], &f->sid))
        return -1;
    if (!signed_of(c->args[at], &number))
        f->name = c->args[at];
    else
        f->iid = number;
    f->types = type < 0 ? 0 : (uint32_t)type & 7;
    return type == 0 ? -1 : 3;
}

static bool read_word(struct stat_call *s, struct span word)
{
    if (span_eq(word, SPAN("json")))
        s->form = STAT_JSON;
    else if (span_eq(word, SPAN("typed")))
        s->form = STAT_TYPED;
    else if (span_eq(word, SPAN("up")))
        s->filter.up = true;
    else if (span_eq(word, SPAN("no-maint")))
        s->filter.no_maint = true;
    else
        return false;
    return true;
}

static bool read_stat(const struct call *c, struct stat_call *s)
{
    *s = (struct stat_call){ .filter = ROW_FILTER_ALL };
    for (unsigned i = 0; i < c->count; i++) {
        bool domain = span_eq(c->args[i], SPAN("domain")) && span_eq(call_arg(c, i + 1), SPAN("proxy"));
        if (domain) {
            i++;
            continue;
        }
        if (read_word(s, c->args[i]))
            continue;
        int used = read_which(c, i, &s->filter);
        if (used < 0)
            return false;
        i += (unsigned)used - 1;
    }
    return true;
}

static bool is_proxy(const struct view *v, const struct row_filter *f)
{
    for (uint32_t i = 0; i < v->proxy_count; i++)
        if (row_filter_takes(f, v, &v->proxies[i]))
            return true;
    return false;
}

enum command_result show_stat(struct call *c)
{
    struct stat_call s;

    if (!read_stat(c, &s))
        return call_fail(c, "`show stat` takes [{<iid>|<proxy>} <type> <sid>] [json|typed] [up|no-maint].");
    s.filter.brief = c->session->level < COMMAND_OPERATOR;
    struct view *v = view_new(c->now);
    if (v == NULL)
        return no_memory(c);
    if (s.filter.name.len > 0 && !is_proxy(v, &s.filter)) {
        view_free(&v);
        return call_fail(c, "No such proxy.");
    }
    if (s.form == STAT_JSON)
        json_put_haproxy(c->out, v, &s.filter);
    else if (s.form == STAT_TYPED)
        csv_put_typed(c->out, v, &s.filter);
    else
        csv_put(c->out, v, &s.filter);
    view_free(&v);
    return COMMAND_DONE;
}

enum command_result show_overview(struct call *c)
{
    struct view *v = view_new(c->now);
    struct row_filter all = ROW_FILTER_ALL;

    if (v == NULL)
        return no_memory(c);
    json_put(c->out, v, &all);
    view_free(&v);
    return COMMAND_DONE;
}

static void put_status(struct buf *out, const struct view *v)
{
    buf_printf(out, "%s: ", view_verdict_word(v->verdict));
    view_put_verdict(out, v);
    buf_put_char(out, '\n');
    for (uint32_t i = 0; v->cause_count > 1 && i < v->cause_count; i++) {
        buf_put(out, SPAN("  "));
        view_put_cause(out, v, &v->causes[i]);
        buf_put_char(out, '\n');
    }
}

enum command_result show_status(struct call *c)
{
    struct view *v = view_new(c->now);

    if (v == NULL)
        return no_memory(c);
    put_status(c->out, v);
    view_free(&v);
    return COMMAND_DONE;
}

/* ---- backends and servers ---- */

enum command_result show_backend(struct call *c)
{
    struct view *v = view_new(c->now);

    if (v == NULL)
        return no_memory(c);
    buf_put(c->out, SPAN("# name\n"));
    for (uint32_t i = 0; i < v->proxy_count; i++) {
        if (v->proxies[i].pool == VIEW_NONE)
            continue;
        view_put_name(c->out, v, v->proxies[i].language, v->proxies[i].name);
        buf_put_char(c->out, '\n');
    }
    view_free(&v);
    return COMMAND_DONE;
}

typedef void put_line(struct buf *out, const struct view *v, const struct view_proxy *p,
                      const struct view_server *s);

/* A line for each server, of one backend or of all. */
static enum command_result each_server(struct call *c, const char *header, put_line *put)
{
    struct span name = call_arg(c, 0);
    const struct pool *only = name.len > 0 ? call_pool(c, name) : NULL;

    if (name.len > 0 && only == NULL)
        return COMMAND_FAILED;
    struct view *v = view_new(c->now);
    if (v == NULL)
        return no_memory(c);
    buf_put(c->out, span_from(header));
    for (uint32_t i = 0; i < v->proxy_count; i++) {
        const struct view_proxy *p = &v->proxies[i];
        if (p->pool == VIEW_NONE || (only != NULL && v->pools[p->pool].model != only))
            continue;
        const struct view_pool *pool = &v->pools[p->pool];
        for (uint32_t k = pool->first; k < pool->first + pool->count; k++)
            put(c->out, v, p, &v->servers[k]);
    }
    view_free(&v);
    return COMMAND_DONE;
}

static void put_address(struct buf *out, const struct server *s)
{
    if (address_family(&s->address) == AF_UNIX || address_family(&s->address) == AF_UNSPEC)
        buf_put_char(out, '-');
    else
        address_put_ip(out, &s->address);
}

/* HAProxy's numbers: management guide, "show servers state". */
static unsigned operational_state(const struct view_server *s)
{
    enum { STOPPED, STARTING, RUNNING, STOPPING };

    if (s->use == USE_MAINT || s->use == USE_DOWN || s->use == USE_STARTING || s->use == USE_FAILED)
        return STOPPED;
    if (s->health.stops)
        return STOPPING;
    return s->weight > 0 && s->weight16 < s->weight * WEIGHT_SCALE ? STARTING : RUNNING;
}

static unsigned admin_state(const struct view_server *s)
{
    enum {
        FORCED_MAINT = 1,
        INHERITED_MAINT = 2,
        FILE_MAINT = 4,
        FORCED_DRAIN = 8,
        INHERITED_DRAIN = 16,
    };
    unsigned state = 0;

    state |= s->admin & (ADMIN_MAINT | ADMIN_FILE_DOWN) ? FORCED_MAINT : 0u;
    state |= s->admin & ADMIN_TRACKED_MAINT ? INHERITED_MAINT : 0u;
    state |= s->model->down ? FILE_MAINT : 0u;
    state |= s->admin & (ADMIN_DRAIN | ADMIN_FILE_DRAIN) ? FORCED_DRAIN : 0u;
    state |= s->admin & ADMIN_TRACKED_DRAIN ? INHERITED_DRAIN : 0u;
    return state;
}

static unsigned check_state(const struct view_server *s)
{
    enum { CONFIGURED = 2, ENABLED = 4, PAUSED = 8 };

    bool paused = s->model->check ? s->word == VIEW_MAINTENANCE : s->admin & ADMIN_FILE_DOWN;
    unsigned state = paused ? PAUSED : 0u;

    if (s->model->check != NULL)
        state |= CONFIGURED | (s->admin & ADMIN_NO_CHECK ? 0u : ENABLED);
    return state;
}

static unsigned agent_state(const struct view_server *s)
{
    enum { CONFIGURED = 2, ENABLED = 4, IS_AGENT = 16 };

    if (s->model->agent == NULL)
        return 0;
    return CONFIGURED | IS_AGENT | (s->admin & ADMIN_NO_AGENT ? 0u : ENABLED);
}

/* Who is not checked counts as HAProxy's default of rise 2, unless the file says disabled. */
static unsigned check_points(const struct view_server *s)
{
    if (s->model->check != NULL)
        return s->health.points;
    return s->model->down || s->admin & ADMIN_MAINT ? 0 : 2;
}

static unsigned check_outcome(const struct view_server *s)
{
    enum { UNKNOWN, NEUTRAL, FAILED, PASSED, CONDITIONALLY_PASSED };

    if (s->health.result == CHECKED_NONE)
        return UNKNOWN;
    if (s->health.result == CHECKED_L7_CONDITIONAL)
        return CONDITIONALLY_PASSED;
    return check_result_is_good(s->health.result) ? PASSED : FAILED;
}

static void put_state(struct buf *out, const struct view *v, const struct view_proxy *p,
                      const struct view_server *s)
{
    const struct server *m = s->model;
    uint64_t since = s->health.since.us ? s->health.since.us : v->now->process->started.us;

    buf_printf(out, "%u %.*s %u %.*s ", p->iid, SPAN_ARGS(p->name), m->id, SPAN_ARGS(m->name));
    put_address(out, m);
    buf_printf(out, " %u %u %u %u %llu %u %u %u %u %u 0 %d %.*s %u - %d ", operational_state(s),
               admin_state(s), s->weight, m->weight,
               (unsigned long long)(instant_us_between((instant){ since }, v->now->now) / 1000000),
               terms_check_number(&s->health), check_outcome(s), check_points(s), check_state(s),
               agent_state(s), m->id_given, m->host.len > 0 ? (int)m->host.len : 1,
               m->host.len > 0 ? m->host.ptr : "-", address_port(&m->address), m->tls != NULL);
    if (m->check != NULL && m->check->address.len > 0) {
        buf_printf(out, "%u ", m->check->port);
        address_put_ip(out, &m->check->address);
    } else {
        buf_printf(out, "%u -", m->check ? m->check->port : 0);
    }
    buf_put_char(out, ' ');
    if (m->agent != NULL && m->agent->address.len > 0)
        address_put_ip(out, &m->agent->address);
    else
        buf_put_char(out, '-');
    buf_printf(out, " %u\n", m->agent ? m->agent->port : 0);
}

enum command_result show_servers_state(struct call *c)
{
    return each_server(c,
                       "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "
                       "srv_iweight srv_time_since_last_change srv_check_status srv_check_result "
                       "srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id "
                       "srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr "
                       "srv_agent_port\n",
                       put_state);
}

static void put_conn(struct buf *out, const struct view *v, const struct view_proxy *p,
                     const struct view_server *s)
{
    const struct server *m = s->model;

    view_put_server_name(out, v, s);
    buf_printf(out, " %u/%u ", p->iid, m->id);
    put_address(out, m);
    buf_printf(out, " %u - 5000 %u %u 0 %u 0 %lld %u", address_port(&m->address), s->active, s->active_most,
               s->counts.idle, m->idle_max == UINT32_MAX ? -1 : (long long)m->idle_max, s->counts.idle);
    for (unsigned i = 0; i < s->state->counts.threads; i++) {
        const struct counts_block *b =
            atomic_load_explicit(&s->state->counts.blocks[i], memory_order_acquire);
        buf_printf(out, " %u", b ? atomic_load_explicit(&b->idle, memory_order_relaxed) : 0);
    }
    buf_put_char(out, '\n');
}

/* Nobody estimates how many will be needed, and which idle ones are safe for whom is not told apart. */
enum command_result show_servers_conn(struct call *c)
{
    struct buf title;
    char room[256];

    buf_init_fixed(&title, room, sizeof(room) - 1);
    buf_printf(
        &title,
        "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb "
        "idle_lim idle_cur idle_per_thr[%u]\n",
        c->now->process->threads);
    room[title.len] = '\0';
    return each_server(c, room, put_conn);
}

enum command_result show_schema_json(struct call *c)
{
    buf_put(c->out, json_schema());
    return COMMAND_DONE;
}
