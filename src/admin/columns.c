/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/columns.h"

#include <string.h>

#include "admin/terms.h"

const struct column_info *column_at(enum column c)
{
    static const struct column_info columns[] = {
#define X(id, title, t, ty) { .name = SPAN_INIT(title), .type = SPAN_INIT(ty), .tag = t },
        COLUMN_LIST(X)
#undef X
    };
    BUG_ON(c >= COLUMNS);
    return &columns[c];
}

/* The dash between HAProxy's own columns and its modules' stands in CSV alone. */
unsigned column_position(enum column c)
{
    return c > COLUMN_dash ? c - 1u : c;
}

const char *column_tag(enum column c, enum row_kind kind)
{
    bool gauge = c == COLUMN_act || c == COLUMN_bck || c == COLUMN_rate || c == COLUMN_rate_max;

    return kind == ROW_BACKEND && gauge ? "MGP" : column_at(c)->tag;
}

/* ---- cells ---- */

static void number(struct row *r, enum column c, uint64_t n)
{
    r->cells[c] = (struct cell){ .kind = CELL_NUMBER, .number = (int64_t)(n & INT64_MAX) };
}

static void text(struct row *r, enum column c, struct span s)
{
    if (s.len > 0)
        r->cells[c] = (struct cell){ .kind = CELL_TEXT, .text = s };
}

/* Room of the row for a text that is made; end with made_text. What does not fit is cut. */
static struct buf make_text(struct row *r)
{
    struct buf b;

    buf_init_fixed(&b, r->room + r->used, sizeof(r->room) - r->used);
    return b;
}

static void made_text(struct row *r, enum column c, const struct buf *b)
{
    text(r, c, buf_span(b));
    r->used += b->len;
}

static uint64_t seconds(uint64_t us)
{
    return us / 1000000;
}

/* ---- what all rows have ---- */

static void fill_name(struct row *r, const struct view *v, const struct view_proxy *p)
{
    struct buf b = make_text(r);

    view_put_name(&b, v, p->language, p->name);
    made_text(r, COLUMN_pxname, &b);
    number(r, COLUMN_pid, 1); /* of processes: there is one */
    number(r, COLUMN_iid, p->iid);
    number(r, COLUMN_sid, 0);
    number(r, COLUMN_type, r->kind);
    text(r, COLUMN_dash, SPAN("-"));
    for (unsigned c = COLUMN_ssl_sess; c <= COLUMN_ssl_failed_handshake; c++)
        number(r, c, 0);
}

static void fill_counts(struct row *r, const struct view_counts *c)
{
    number(r, COLUMN_stot, c->sessions);
    number(r, COLUMN_bin, c->bytes_in);
    number(r, COLUMN_bout, c->bytes_out);
    number(r, COLUMN_dresp, c->denied_responses);
    number(r, COLUMN_rate, c->session_rate);
    number(r, COLUMN_rate_max, c->session_rate_most);
    number(r, COLUMN_wrew, 0); /* rewriting cannot fail for a message */
    number(r, COLUMN_eint, 0);
}

static void fill_statuses(struct row *r, const struct view_counts *c)
{
    number(r, COLUMN_hrsp_1xx, c->status_1xx);
    number(r, COLUMN_hrsp_2xx, c->status_2xx);
    number(r, COLUMN_hrsp_3xx, c->status_3xx);
    number(r, COLUMN_hrsp_4xx, c->status_4xx);
    number(r, COLUMN_hrsp_5xx, c->status_5xx);
    number(r, COLUMN_hrsp_other, c->status_other);
    number(r, COLUMN_req_tot, c->requests);
}

/* What this program does not have, and HAProxy counts for proxies. */
static void fill_absent(struct row *r)
{
    for (unsigned c = COLUMN_comp_in; c <= COLUMN_comp_rsp; c++)
        number(r, c, 0);
    for (unsigned c = COLUMN_h2_headers_rcvd; c <= COLUMN_h2_backend_total_streams; c++)
        number(r, c, 0);
}

/* Handshakes with servers are not counted. */
static void forget_tls(struct row *r)
{
    for (unsigned c = COLUMN_ssl_sess; c <= COLUMN_ssl_failed_handshake; c++)
        r->cells[c] = (struct cell){ .kind = CELL_EMPTY };
}

/* Connections and streams of HTTP/1, which is all that there is; of TCP there are none. */
static void fill_h1(struct row *r, bool http, uint64_t open, uint64_t connections, uint64_t streams)
{
    number(r, COLUMN_h1_open_connections, http ? open : 0);
    number(r, COLUMN_h1_total_connections, http ? connections : 0);
    number(r, COLUMN_h1_total_streams, http ? streams : 0);
}

static uint64_t mean_ms(uint64_t sum_us, uint64_t n)
{
    return n ? sum_us / n / 1000 : 0;
}

/* What servers and backends have. <last_us>: instant of the last request. */
static void fill_behind(struct row *r, const struct view *v, const struct view_counts *c, uint64_t last_us)
{
    number(r, COLUMN_econ, c->connect_errors + c->connect_timeouts);
    number(r, COLUMN_eresp, c->response_errors + c->response_timeouts + c->server_aborts);
    number(r, COLUMN_wretr, c->retries);
    number(r, COLUMN_wredis, c->redispatches);
    number(r, COLUMN_lbtot, c->sessions);
    number(r, COLUMN_cli_abrt, c->client_aborts);
    number(r, COLUMN_srv_abrt, c->server_aborts);
    number(r, COLUMN_connect, c->connects);
    number(r, COLUMN_reuse, c->reuses);
    number(r, COLUMN_qtime, mean_ms(c->queue_us, c->timed));
    number(r, COLUMN_ctime, mean_ms(c->connect_us, c->timed));
    number(r, COLUMN_rtime, mean_ms(c->response_us, c->timed));
    number(r, COLUMN_ttime, mean_ms(c->total_us, c->timed));
    number(r, COLUMN_qtime_max, c->queue_most_us / 1000);
    number(r, COLUMN_ctime_max, c->connect_most_us / 1000);
    number(r, COLUMN_rtime_max, c->response_most_us / 1000);
    number(r, COLUMN_ttime_max, c->total_most_us / 1000);
    number(r, COLUMN_lastsess, seconds(instant_us_between((instant){ last_us }, v->now->now)));
    if (last_us == 0)
        r->cells[COLUMN_lastsess].number = -1;
}

/* ---- frontends ---- */

static void fill_frontend(struct row *r, const struct view *v, const struct view_proxy *p)
{
    const struct view_service *s = &v->services[p->service];
    const struct view_counts *c = &s->counts;
    bool http = s->model->protocol == PROTOCOL_HTTP;

    fill_name(r, v, p);
    text(r, COLUMN_svname, SPAN("FRONTEND"));
    text(r, COLUMN_status, s->model->disabled ? SPAN("STOP") : s->disabled ? SPAN("PAUSED") : SPAN("OPEN"));
    text(r, COLUMN_mode, http ? SPAN("http") : SPAN("tcp"));
    fill_counts(r, c);
    fill_absent(r);
    number(r, COLUMN_scur, s->active);
    number(r, COLUMN_smax, s->active_most);
    number(r, COLUMN_slim, s->limit ? s->limit : view_connections_max(v->now));
    number(r, COLUMN_dreq, c->denied_requests);
    number(r, COLUMN_ereq, c->request_errors);
    number(r, COLUMN_rate_lim, s->model->session_rate_max);
    number(r, COLUMN_req_rate, c->request_rate);
    number(r, COLUMN_req_rate_max, c->request_rate_most);
    number(r, COLUMN_req_tot, c->requests);
    number(r, COLUMN_conn_rate, c->session_rate);
    number(r, COLUMN_conn_rate_max, c->session_rate_most);
    number(r, COLUMN_conn_tot, c->sessions);
    number(r, COLUMN_stot, c->sessions - c->denied_connections - c->denied_sessions);
    number(r, COLUMN_h1_bytes_in, http ? c->bytes_in : 0);
    number(r, COLUMN_h1_bytes_out, http ? c->bytes_out : 0);
    fill_h1(r, http, s->active, c->sessions - c->denied_connections, c->requests);
    number(r, COLUMN_ssl_sess, c->tls_sessions);
    number(r, COLUMN_ssl_reused_sess, c->tls_resumed);
    number(r, COLUMN_ssl_failed_handshake, c->tls_failed);
    number(r, COLUMN_dcon, c->denied_connections);
    number(r, COLUMN_dses, c->denied_sessions);
    if (http) {
        fill_statuses(r, c);
        number(r, COLUMN_intercepted, c->intercepted);
        number(r, COLUMN_cache_lookups, 0);
        number(r, COLUMN_cache_hits, 0);
    }
    r->recent = &s->recent;
    r->word = s->word;
    r->up = !s->disabled;
}

/* ---- servers ---- */

static const char *plain_status(const struct view_server *s)
{
    const struct health_report *h = &s->health;
    bool drains = s->admin & (ADMIN_DRAIN | ADMIN_FILE_DRAIN | ADMIN_TRACKED_DRAIN);

    if (s->admin & (ADMIN_MAINT | ADMIN_FILE_DOWN))
        return "MAINT";
    if (s->model->agent && atomic_load_explicit(&s->state->agent_down, memory_order_relaxed))
        return "DOWN (agent)";
    if (s->use == USE_DOWN || s->use == USE_STARTING || s->use == USE_FAILED)
        return "DOWN";
    if (drains)
        return "DRAIN";
    if (h->stops)
        return "NOLB";
    if (h->health == HEALTH_UNCHECKED || s->admin & ADMIN_NO_CHECK)
        return "no check";
    return "UP";
}

/* "UP 1/3": that many more bad checks take it down; "DOWN 1/2": so many good ones are there of two. */
static void fill_status(struct row *r, const struct view_server *s)
{
    const struct health_report *h = &s->health;
    const char *plain = plain_status(s);
    struct buf b = make_text(r);

    buf_put(&b, span_from(plain));
    if (strcmp(plain, "UP") == 0 && h->points + 1u < (unsigned)h->rise + h->fall)
        buf_printf(&b, " %u/%u", h->points - h->rise + 1u, h->fall);
    else if (strcmp(plain, "DOWN") == 0 && h->health == HEALTH_GOING_UP)
        buf_printf(&b, " %u/%u", h->points, h->rise);
    made_text(r, COLUMN_status, &b);
}

/* A server that tracks another one is in its maintenance too, and HAProxy says so. */
static void fill_tracked(struct row *r, const struct view *v, const struct view_server *s)
{
    if (s->model->track == NULL)
        return;
    struct buf b = make_text(r);
    view_put_name(&b, v, s->model->track->pool->language, s->model->track->pool->name);
    buf_put_char(&b, '/');
    buf_put(&b, s->model->track->name);
    made_text(r, COLUMN_tracked, &b);
    if (!(s->admin & ADMIN_TRACKED_MAINT) || s->admin & (ADMIN_MAINT | ADMIN_FILE_DOWN))
        return;
    b = make_text(r);
    buf_put(&b, SPAN("MAINT (via "));
    buf_put(&b, r->cells[COLUMN_tracked].text);
    buf_put_char(&b, ')');
    made_text(r, COLUMN_status, &b);
}

static void fill_traffic(struct row *r, const struct view_server *s)
{
    struct buf b = make_text(r);

    buf_printf(&b, "Detected %u consecutive errors, last one was: %s", s->model->error_limit,
               s->model->observe == OBSERVE_LAYER7 ? "Wrong http response" : "L4 unsuccessful connection");
    made_text(r, COLUMN_last_chk, &b);
}

static void fill_check(struct row *r, const struct view_server *s)
{
    const struct health_report *h = &s->health;

    if (s->model->check == NULL)
        return;
    number(r, COLUMN_chkfail, h->checks_failed);
    number(r, COLUMN_chkdown, h->downs);
    if (s->admin & (ADMIN_MAINT | ADMIN_FILE_DOWN | ADMIN_NO_CHECK))
        return;
    text(r, COLUMN_check_status, span_from(terms_check_code(h)));
    text(r, COLUMN_check_desc, span_from(terms_check(h)));
    number(r, COLUMN_check_rise, h->rise);
    number(r, COLUMN_check_fall, h->fall);
    number(r, COLUMN_check_health, h->points);
    if (h->result == CHECKED_NONE)
        return;
    number(r, COLUMN_check_duration, h->duration_ms);
    bool layer7 = h->result >= CHECKED_L7_OK && h->result <= CHECKED_L7_STATUS;
    const bool program = h->result >= CHECKED_PROCESS_OK && h->result <= CHECKED_PROCESS_TIMEOUT;
    if (program || (layer7 && h->detail > 0 && h->result != CHECKED_L7_TIMEOUT))
        number(r, COLUMN_check_code, (uint32_t)h->detail);
    if (h->result == CHECKED_TRAFFIC)
        fill_traffic(r, s);
    else if (!layer7 && !program && h->detail > 0)
        text(r, COLUMN_last_chk, span_from(strerrordesc_np(h->detail)));
}

/* Every answer counts at once: rise and fall are 1. */
static void fill_agent(struct row *r, const struct view_server *s)
{
    static const struct {
        const char *code, *words;
    } said[] = {
        [SAID_NOTHING_YET] = { "INI", "Initializing" },
        [SAID_UP] = { "L7OK", "Layer7 check passed" },
        [SAID_DOWN] = { "L7STS", "Layer7 wrong status" },
        [SAID_OTHER] = { "CHECKED", "No status change" },
        [SAID_NO_CONNECTION] = { "L4CON", "Layer4 connection problem" },
        [SAID_TOO_LATE] = { "L4TOUT", "Layer4 timeout" },
    };
    struct agent_report a;

    if (s->model->agent == NULL || s->admin & (ADMIN_FILE_DOWN | ADMIN_NO_AGENT))
        return;
    server_agent_report(s->state, &a);
    text(r, COLUMN_agent_status, span_from(said[a.said].code));
    text(r, COLUMN_agent_desc, span_from(said[a.said].words));
    number(r, COLUMN_agent_rise, 1);
    number(r, COLUMN_agent_fall, 1);
    number(r, COLUMN_agent_health, !atomic_load_explicit(&s->state->agent_down, memory_order_relaxed));
    if (a.said == SAID_NOTHING_YET)
        return;
    number(r, COLUMN_agent_duration, a.duration_ms);
    if (a.said == SAID_UP || a.said == SAID_DOWN)
        number(r, COLUMN_agent_code, 0);
    struct buf b = make_text(r);
    buf_put(&b, span_from(a.text));
    made_text(r, COLUMN_last_agt, &b);
}

static void fill_times(struct row *r, const struct view *v, const struct view_server *s)
{
    uint64_t since = s->health.since.us ? s->health.since.us : v->now->process->started.us;
    uint64_t for_us = instant_us_between((instant){ since }, v->now->now);
    bool is_down = s->use == USE_DOWN && s->model->check != NULL;

    number(r, COLUMN_lastchg, seconds(for_us));
    if (s->model->check != NULL)
        number(r, COLUMN_downtime, s->health.down_ms / 1000 + (is_down ? seconds(for_us) : 0));
    if (s->weight > 0 && s->weight16 < s->weight * WEIGHT_SCALE)
        number(r, COLUMN_throttle, (uint64_t)s->weight16 * 100 / ((uint64_t)s->weight * WEIGHT_SCALE));
}

static void fill_server(struct row *r, const struct view *v, const struct view_proxy *p,
                        const struct view_server *s)
{
    const struct view_counts *c = &s->counts;
    const struct server *m = s->model;

    fill_name(r, v, p);
    text(r, COLUMN_svname, m->name);
    fill_status(r, s);
    fill_tracked(r, v, s);
    fill_counts(r, c);
    fill_behind(r, v, c, s->last_us);
    fill_check(r, s);
    fill_agent(r, s);
    fill_times(r, v, s);
    if (!v->pools[p->pool].tcp)
        fill_statuses(r, c);
    number(r, COLUMN_sid, m->id);
    number(r, COLUMN_qcur, s->waiting);
    number(r, COLUMN_qmax, s->waiting_most);
    number(r, COLUMN_scur, s->active);
    number(r, COLUMN_smax, s->active_most);
    if (s->connections_max)
        number(r, COLUMN_slim, s->connections_max);
    if (m->queue_max)
        number(r, COLUMN_qlimit, m->queue_max);
    number(r, COLUMN_weight, (s->weight16 + WEIGHT_SCALE - 1) / WEIGHT_SCALE);
    number(r, COLUMN_uweight, s->weight);
    number(r, COLUMN_act, !m->backup);
    number(r, COLUMN_bck, m->backup);
    text(r, COLUMN_cookie, m->cookie);
    text(r, COLUMN_mode, v->pools[p->pool].tcp ? SPAN("tcp") : SPAN("http"));
    number(r, COLUMN_srv_icur, c->idle);
    number(r, COLUMN_idle_conn_cur, c->idle);
    number(r, COLUMN_safe_conn_cur, 0); /* of idle ones it is not told which are safe for whom */
    number(r, COLUMN_used_conn_cur, s->active);
    if (m->idle_max != UINT32_MAX)
        number(r, COLUMN_src_ilim, m->idle_max);
    if (m->tls != NULL)
        forget_tls(r);
    struct buf b = make_text(r);
    address_put(&b, &m->address);
    made_text(r, COLUMN_addr, &b);
    r->server = s;
    r->recent = &s->recent;
    r->word = s->word;
    r->up = s->use == USE_FULL || s->use == USE_STICKY;
}

/* ---- backends ---- */

/* The weights of those that take requests: backups only when they are what is used. */
static void fill_weight(struct row *r, const struct view *v, const struct view_pool *p)
{
    uint64_t sum = 0, set = 0;
    bool backups = p->active_usable == 0;
    bool first_only = backups && !p->model->all_backups;

    for (uint32_t i = p->first; i < p->first + p->count; i++) {
        const struct view_server *s = &v->servers[i];
        if (s->use != USE_FULL || s->model->backup != backups)
            continue;
        sum += s->weight16;
        set += s->weight;
        if (first_only)
            break;
    }
    number(r, COLUMN_weight, (sum + WEIGHT_SCALE - 1) / WEIGHT_SCALE);
    number(r, COLUMN_uweight, set);
    number(r, COLUMN_act, p->active_usable);
    number(r, COLUMN_bck, p->backup_usable);
}

static void fill_pool_change(struct row *r, const struct view *v, const struct view_pool *p)
{
    uint64_t for_us = instant_us_between((instant){ p->since_us }, v->now->now);
    bool down = p->count > 0 && p->usable == 0;

    number(r, COLUMN_lastchg, seconds(for_us));
    number(r, COLUMN_chkdown, p->downs);
    if (p->count > 0)
        number(r, COLUMN_downtime, seconds(p->down_us + (p->down ? for_us : 0)));
    text(r, COLUMN_status, down ? SPAN("DOWN") : SPAN("UP"));
    r->up = !down;
}

static uint64_t last_of_pool(const struct view *v, const struct view_pool *p)
{
    uint64_t last = 0;

    for (uint32_t i = p->first; i < p->first + p->count; i++)
        last = v->servers[i].last_us > last ? v->servers[i].last_us : last;
    return last;
}

static void fill_backend(struct row *r, const struct view *v, const struct view_proxy *p)
{
    const struct view_pool *b = &v->pools[p->pool];
    const struct view_counts *c = &b->counts;

    fill_name(r, v, p);
    text(r, COLUMN_svname, SPAN("BACKEND"));
    fill_counts(r, c);
    fill_behind(r, v, c, last_of_pool(v, b));
    fill_absent(r);
    fill_weight(r, v, b);
    fill_pool_change(r, v, b);
    number(r, COLUMN_qcur, b->waiting);
    number(r, COLUMN_qmax, b->waiting_most);
    number(r, COLUMN_scur, (uint64_t)b->active + b->waiting); /* who waits is a session of the backend */
    number(r, COLUMN_smax, b->active_most);
    if (b->model->fullconn)
        number(r, COLUMN_slim, b->model->fullconn);
    number(r, COLUMN_dreq, c->denied_requests);
    for (unsigned k = COLUMN_agg_server_status; k <= COLUMN_agg_check_status; k++)
        number(r, k, 0); /* sums of them are the exporters' */
    uint64_t open = b->active;
    for (uint32_t i = b->first; i < b->first + b->count; i++) {
        open += v->servers[i].counts.idle;
        if (v->servers[i].model->tls != NULL)
            forget_tls(r);
    }
    fill_h1(r, !b->tcp, open, c->connects, c->sessions);
    text(r, COLUMN_mode, b->tcp ? SPAN("tcp") : SPAN("http"));
    text(r, COLUMN_algo, span_from(terms_algorithm(b->model->algorithm)));
    if (!b->tcp) {
        fill_statuses(r, c);
        number(r, COLUMN_cache_lookups, 0);
        number(r, COLUMN_cache_hits, 0);
        if (b->model->cookie != NULL)
            text(r, COLUMN_cookie, b->model->cookie->name);
    }
    r->recent = &b->recent;
    r->word = b->word;
}

/* ---- which rows ---- */

bool row_filter_takes(const struct row_filter *f, const struct view *v, const struct view_proxy *p)
{
    char room[512];
    struct buf b;

    buf_init_fixed(&b, room, sizeof(room));
    view_put_name(&b, v, p->language, p->name);
    struct span full = buf_span(&b);
    if (f->iid >= 0 && f->iid != p->iid)
        return false;
    if (f->name.len > 0 && !span_eq(f->name, p->name) && !span_eq(f->name, full))
        return false;
    if (f->part.len > 0 && span_find(full, f->part) == SPAN_NONE)
        return false;
    for (uint32_t i = 0; i < f->only_count; i++)
        if (span_eq(f->only[i], p->name))
            return true;
    return f->only_count == 0;
}

static bool wants_type(const struct row_filter *f, enum row_kind kind)
{
    return f->types == 0 || f->types >> kind & 1;
}

static bool wants_server(const struct row_filter *f, const struct view_server *s)
{
    if (f->no_maint && s->word == VIEW_MAINTENANCE)
        return false;
    return f->sid < 0 || f->sid == s->model->id;
}

static void begin(struct row *r, const struct view_proxy *p, enum row_kind kind)
{
    *r = (struct row){ .kind = kind, .proxy = p };
}

static void give(const struct row_filter *f, struct row *r, void (*take)(void *to, const struct row *row),
                 void *to)
{
    static const enum column details[] = { COLUMN_addr, COLUMN_cookie, COLUMN_algo };

    for (size_t i = 0; f->brief && i < COUNT_OF(details); i++)
        r->cells[details[i]] = (struct cell){ .kind = CELL_EMPTY };
    if (!f->up || r->up)
        take(to, r);
}

static void each_of_pool(const struct view *v, const struct row_filter *f, const struct view_proxy *p,
                         void (*take)(void *to, const struct row *row), void *to)
{
    const struct view_pool *pool = &v->pools[p->pool];
    struct row r;

    for (uint32_t i = pool->first; wants_type(f, ROW_SERVER) && i < pool->first + pool->count; i++) {
        if (!wants_server(f, &v->servers[i]))
            continue;
        begin(&r, p, ROW_SERVER);
        fill_server(&r, v, p, &v->servers[i]);
        give(f, &r, take, to);
    }
    if (!wants_type(f, ROW_BACKEND) || f->sid > 0)
        return;
    begin(&r, p, ROW_BACKEND);
    fill_backend(&r, v, p);
    give(f, &r, take, to);
}

void rows_each(const struct view *v, const struct row_filter *f,
               void (*take)(void *to, const struct row *row), void *to)
{
    for (uint32_t i = 0; i < v->proxy_count; i++) {
        const struct view_proxy *p = &v->proxies[i];
        if (!row_filter_takes(f, v, p))
            continue;
        if (p->service != VIEW_NONE && wants_type(f, ROW_FRONTEND) && f->sid <= 0) {
            struct row r;
            begin(&r, p, ROW_FRONTEND);
            fill_frontend(&r, v, p);
            give(f, &r, take, to);
        }
        if (p->pool != VIEW_NONE)
            each_of_pool(v, f, p, take, to);
    }
}
