/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/json.h"

#include "admin/health.h"

/* ---- HAProxy's shape ---- */

static const char *origin(char c)
{
    return c == 'M' ? "Metric" : c == 'S' ? "Status" : c == 'K' ? "Key" : c == 'C' ? "Config" : "Product";
}

static const char *nature(char c)
{
    static const struct {
        char letter;
        const char *word;
    } rows[] = { { 'G', "Gauge" }, { 'M', "Max" }, { 'L', "Limit" },    { 'C', "Counter" }, { 'R', "Rate" },
                 { 'A', "Age" },   { 'a', "Avg" }, { 'D', "Duration" }, { 'O', "Output" },  { 'N', "Name" } };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].letter == c)
            return rows[i].word;
    return "Gauge";
}

void json_put_tags(struct buf *out, const char *tag)
{
    buf_printf(out, "\"processNum\":1,\"tags\":{\"origin\":\"%s\",\"nature\":\"%s\",\"scope\":\"%s\"}",
               origin(tag[0]), nature(tag[1]), tag[2] == 'P' ? "Process" : "Service");
}

static void put_field(struct buf *out, const struct row *r, enum column c)
{
    static const char *const kinds[] = { "Frontend", "Backend", "Server" };
    const char *tag = column_tag(c, r->kind);
    const struct cell *cell = &r->cells[c];

    buf_printf(out,
               "{\"objType\":\"%s\",\"proxyId\":%u,\"id\":%lld,\"field\":{\"pos\":%u,\"name\":\"%.*s\"},",
               kinds[r->kind], r->proxy->iid, (long long)r->cells[COLUMN_sid].number, column_position(c),
               SPAN_ARGS(column_at(c)->name));
    json_put_tags(out, tag);
    buf_printf(out, ",\"value\":{\"type\":\"%.*s\",\"value\":", SPAN_ARGS(column_at(c)->type));
    if (cell->kind == CELL_NUMBER)
        buf_put_i64(out, cell->number);
    else
        buf_put_json(out, cell->text);
    buf_put(out, SPAN("}}"));
}

struct comma_list {
    struct buf *out;
    bool begun;
};

static void put_haproxy_row(void *to, const struct row *r)
{
    struct comma_list *l = to;
    bool begun = false;

    buf_put(l->out, l->begun ? SPAN(",[") : SPAN("["));
    l->begun = true;
    for (unsigned i = 0; i < COLUMNS; i++) {
        if (r->cells[i].kind == CELL_EMPTY || i == COLUMN_dash)
            continue;
        if (begun)
            buf_put_char(l->out, ',');
        begun = true;
        put_field(l->out, r, i);
    }
    buf_put_char(l->out, ']');
}

void json_put_haproxy(struct buf *out, const struct view *v, const struct row_filter *f)
{
    struct comma_list l = { .out = out };

    buf_put_char(out, '[');
    rows_each(v, f, put_haproxy_row, &l);
    buf_put(out, SPAN("]\n"));
}

/* ---- ours ---- */

typedef void put_words(struct buf *out, const struct view *v, const void *thing);

/* A text that is made, as a JSON string. */
static void put_made(struct buf *out, const struct view *v, put_words *words, const void *thing)
{
    char room[1024];
    struct buf b;

    buf_init_fixed(&b, room, sizeof(room));
    words(&b, v, thing);
    buf_put_json(out, buf_span(&b));
}

static void proxy_words(struct buf *out, const struct view *v, const void *thing)
{
    const struct view_proxy *p = thing;
    view_put_name(out, v, p->language, p->name);
}
static void check_words(struct buf *out, const struct view *v, const void *thing)
{
    view_put_check(out, v, thing);
}
static void cause_words(struct buf *out, const struct view *v, const void *thing)
{
    view_put_cause(out, v, thing);
}
static void verdict_words(struct buf *out, const struct view *v, const void *thing)
{
    (void)thing;
    view_put_verdict(out, v);
}
static void address_words(struct buf *out, const struct view *v, const void *thing)
{
    (void)v;
    address_put(out, thing);
}

static void put_recent(struct buf *out, const struct view_recent *r)
{
    buf_printf(out, "\"window_us\":%llu,\"answers\":%llu,\"failed\":%llu", (unsigned long long)r->us,
               (unsigned long long)r->answers, (unsigned long long)r->failed);
    if (r->samples < VIEW_SAMPLES_MIN)
        buf_put(out, SPAN(",\"p50\":null,\"p95\":null,\"p99\":null"));
    else
        buf_printf(out, ",\"p50\":%llu,\"p95\":%llu,\"p99\":%llu", (unsigned long long)r->p50,
                   (unsigned long long)r->p95, (unsigned long long)r->p99);
}

static void put_counts(struct buf *out, const struct view_counts *c)
{
    buf_put(out, SPAN(",\"counts\":{"));
#define X(name) buf_printf(out, "\"" #name "\":%llu,", (unsigned long long)c->name);
    COUNT_LIST(X)
#undef X
    buf_printf(out, "\"session_rate\":%u,\"request_rate\":%u}", c->session_rate, c->request_rate);
}

static void put_since(struct buf *out, const struct view *v, const struct view_server *s)
{
    uint64_t us;

    buf_put(out, SPAN(",\"since\":"));
    if (view_since(v, s, &us))
        buf_put_u64(out, (v->now->wall_us - us) / 1000);
    else
        buf_put(out, SPAN("null"));
}

static void put_server(struct buf *out, const struct view *v, const struct view_server *s, bool brief)
{
    buf_put(out, SPAN("{\"name\":"));
    buf_put_json(out, s->model->name);
    buf_put(out, SPAN(",\"address\":"));
    if (brief)
        buf_put(out, SPAN("null"));
    else
        put_made(out, v, address_words, &s->model->address);
    buf_printf(out, ",\"word\":\"%s\",\"check\":", view_word(s->word));
    put_made(out, v, check_words, s);
    put_since(out, v, s);
    buf_printf(
        out, ",\"backup\":%s,\"active\":%u,\"limit\":%u,\"queue\":%u,\"weight\":%u,\"file_weight\":%u,",
        s->model->backup ? "true" : "false", s->active, s->limit, s->waiting, s->weight, s->model->weight);
    put_recent(out, &s->recent);
    put_counts(out, &s->counts);
    buf_put_char(out, '}');
}

static void put_pool(struct buf *out, const struct view *v, const struct view_proxy *proxy, bool brief)
{
    const struct view_pool *p = &v->pools[proxy->pool];

    buf_put(out, SPAN("{\"name\":"));
    put_made(out, v, proxy_words, proxy);
    buf_printf(out, ",\"id\":%u,\"word\":\"%s\",\"usable\":%u,\"active\":%u,\"queue\":%u,", proxy->iid,
               view_word(p->word), p->usable, p->active, p->waiting);
    put_recent(out, &p->recent);
    put_counts(out, &p->counts);
    buf_put(out, SPAN(",\"servers\":["));
    for (uint32_t i = p->first; i < p->first + p->count; i++) {
        if (i > p->first)
            buf_put_char(out, ',');
        put_server(out, v, &v->servers[i], brief);
    }
    buf_put(out, SPAN("]}"));
}

static void put_listener(struct buf *out, const struct view *v, const struct view_proxy *proxy, bool brief)
{
    (void)brief;
    const struct view_service *s = &v->services[proxy->service];

    buf_put(out, SPAN("{\"name\":"));
    put_made(out, v, proxy_words, proxy);
    buf_printf(out, ",\"id\":%u,\"word\":\"%s\",\"connections\":%u,\"limit\":%u,", proxy->iid,
               view_word(s->word), s->active, s->limit);
    put_recent(out, &s->recent);
    put_counts(out, &s->counts);
    buf_put_char(out, '}');
}

static void put_attention(struct buf *out, const struct view *v)
{
    buf_put(out, SPAN(",\"attention\":["));
    for (uint32_t i = 0; i < v->cause_count; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        put_made(out, v, cause_words, &v->causes[i]);
    }
    buf_put_char(out, ']');
}

static void put_head(struct buf *out, const struct view *v)
{
    const struct admin_process *p = v->now->process;
    const struct admin_totals *t = &v->now->totals;

    buf_printf(out, "{\"v\":1,\"generation\":%llu,\"t\":%llu,\"node\":",
               (unsigned long long)atomic_load_explicit(&p->generation, memory_order_relaxed),
               (unsigned long long)(v->now->wall_us / 1000));
    buf_put_json(out, p->hostname);
    buf_printf(out, ",\"verdict\":\"%s\",\"sentence\":", view_verdict_word(v->verdict));
    put_made(out, v, verdict_words, v);
    buf_printf(out,
               ",\"totals\":{\"accepted\":%llu,\"requests\":%llu,\"connections\":%u,\"answers\":%llu,"
               "\"failed\":%llu,\"window_us\":%llu}",
               (unsigned long long)t->accepted, (unsigned long long)t->requests, t->connections,
               (unsigned long long)v->total.answers, (unsigned long long)v->total.failed,
               (unsigned long long)v->total.us);
}

typedef void put_proxy(struct buf *out, const struct view *v, const struct view_proxy *p, bool brief);

static void put_list(struct buf *out, const struct view *v, const struct row_filter *f, put_proxy *put,
                     bool services)
{
    bool begun = false;

    for (uint32_t i = 0; i < v->proxy_count; i++) {
        const struct view_proxy *p = &v->proxies[i];
        if ((services ? p->service : p->pool) == VIEW_NONE || !row_filter_takes(f, v, p))
            continue;
        if (begun)
            buf_put_char(out, ',');
        begun = true;
        put(out, v, p, f->brief);
    }
}

/* vrrp's own object, whole. */
static void put_addresses(struct buf *out, const struct view *v)
{
    struct buf room;
    struct span json, rows;

    buf_init(&room, HEALTH_ADDRESSES_MOST);
    if (health_addresses(&room, v->now->process, &json, &rows)) {
        buf_put(out, SPAN(",\"addresses\":"));
        buf_put(out, span_trim(json));
    }
    buf_fini(&room);
}

void json_put(struct buf *out, const struct view *v, const struct row_filter *f)
{
    put_head(out, v);
    put_attention(out, v);
    buf_put(out, SPAN(",\"listeners\":["));
    put_list(out, v, f, put_listener, true);
    buf_put(out, SPAN("],\"pools\":["));
    put_list(out, v, f, put_pool, false);
    buf_put_char(out, ']');
    if (!f->brief)
        put_addresses(out, v);
    buf_put(out, SPAN("}\n"));
}
