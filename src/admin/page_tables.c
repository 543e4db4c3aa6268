/* SPDX-License-Identifier: Apache-2.0 */
/* The page's tables: a pool with its servers and what can be done to them, and the listeners. */
#include "admin/page.h"

#include "admin/page_internal.h"
#include "admin/terms.h"
#include "state/snapshot.h"

#define LISTENERS_NAMED 256 /* with more of them their addresses are left out */

/* ---- cells ---- */

static void put_cell_number(struct buf *out, uint64_t n)
{
    buf_printf(out, "<td>%llu</td>", (unsigned long long)n);
}

static void put_of(struct buf *out, uint64_t n, uint64_t most)
{
    buf_printf(out, "<td>%llu", (unsigned long long)n);
    if (most > 0)
        buf_printf(out, " <small>of %llu</small>", (unsigned long long)most);
    buf_put(out, SPAN("</td>"));
}

static void put_percentile(struct buf *out, const struct view_recent *r, uint64_t us)
{
    buf_put(out, SPAN("<td>"));
    if (r->samples < VIEW_SAMPLES_MIN)
        buf_put(out, SPAN("\u2013"));
    else
        view_put_short_time(out, us);
    buf_put(out, SPAN("</td>"));
}

static void put_recent(struct buf *out, const struct view_recent *r)
{
    buf_put(out, SPAN("<td>"));
    page_put_rate(out, r);
    buf_put(out, SPAN("</td>"));
    put_percentile(out, r, r->p50);
    put_percentile(out, r, r->p95);
    put_percentile(out, r, r->p99);
    buf_put(out, SPAN("<td>"));
    page_put_share(out, r);
    buf_put(out, SPAN("</td>"));
}

static void put_word(struct buf *out, enum view_word w)
{
    buf_put(out, SPAN("<td class=\"l "));
    page_put_class(out, w);
    buf_printf(out, "\"><span class=\"g\" aria-hidden=\"true\">%s</span> %s</td>", view_glyph(w),
               view_word(w));
}

/* ---- one server ---- */

static void put_server_name(struct buf *out, const struct view_server *s, bool may_act, bool address_too)
{
    char room[160];
    struct buf address;

    buf_put(out, SPAN("<th scope=\"row\">"));
    if (may_act) {
        buf_put(out, SPAN("<label><input type=\"checkbox\" name=\"s\" value=\""));
        page_put_text(out, s->model->name);
        buf_printf(out, "\" data-u=\"%d\"> ", s->use == USE_FULL);
    }
    page_put_text(out, s->model->name);
    buf_put(out, may_act ? SPAN("</label>") : SPAN(""));
    buf_init_fixed(&address, room, sizeof(room));
    address_put(&address, &s->model->address);
    if (address_too && !span_eq(buf_span(&address), s->model->name)) {
        buf_put(out, SPAN(" <small>"));
        page_put_text(out, buf_span(&address));
        buf_put(out, SPAN("</small>"));
    }
    buf_put(out, s->model->backup ? SPAN(" <small>backup</small></th>") : SPAN("</th>"));
}

static void put_server_since(struct buf *out, const struct view *v, const struct view_server *s)
{
    uint64_t us;

    buf_put(out, SPAN("<td>"));
    if (view_since(v, s, &us))
        view_put_span_of_time(out, us);
    else
        buf_put(out, SPAN("\u2013"));
    buf_put(out, SPAN("</td>"));
}

static void put_server_check(struct buf *out, const struct view *v, const struct view_server *s)
{
    char room[512];
    struct buf words;

    buf_init_fixed(&words, room, sizeof(room));
    view_put_check(&words, v, s);
    buf_put(out, SPAN("<td class=\"l c\">"));
    page_put_text(out, buf_span(&words));
    buf_put(out, SPAN("</td>"));
}

/* What was set while it runs stands beside what the file says. */
static void put_server_weight(struct buf *out, const struct view_server *s)
{
    buf_printf(out, "<td>%u", s->weight);
    if (s->weight != s->model->weight)
        buf_printf(out, " <small>file: %u</small>", s->model->weight);
    else if (s->weight > 0 && s->weight16 < s->weight * WEIGHT_SCALE)
        buf_printf(out, " <small>slow start %u %%</small>", s->weight16 * 100 / (s->weight * WEIGHT_SCALE));
    buf_put(out, SPAN("</td>"));
}

static void put_server(struct buf *out, const struct view *v, const struct view_proxy *p,
                       const struct view_server *s, const struct page_options *o)
{
    buf_printf(out, "<tr data-k=\"%u/%u\">", p->iid, s->model->id);
    put_server_name(out, s, o->may_act, o->addresses);
    put_word(out, s->word);
    put_server_since(out, v, s);
    put_recent(out, &s->recent);
    put_of(out, s->active, s->limit);
    put_cell_number(out, s->waiting);
    put_server_check(out, v, s);
    put_server_weight(out, s);
    buf_put(out, SPAN("</tr>\n"));
}

/* ---- a pool ---- */

static void put_actions(struct buf *out)
{
    static const struct {
        const char *action, *words;
    } rows[] = {
        { "ready", "Ready: take requests again" },
        { "drain", "Drain: only clients that belong to it" },
        { "maint", "Maintenance: no requests" },
        { "hrunn", "Force up, until the next check" },
        { "hdown", "Force down" },
        { "dhlth", "Checks off" },
        { "ehlth", "Checks on" },
        { "shutdown", "End its sessions" },
        { "weight", "Set the weight to \u2192" },
    };

    buf_put(out, SPAN("<div class=\"act\"><label>Ticked servers: <select name=\"action\"><option "
                      "value=\"\">choose\u2026</option>"));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        buf_printf(out, "<option value=\"%s\">%s</option>", rows[i].action, rows[i].words);
    buf_put(out, SPAN("</select></label><label>Weight <input type=\"number\" name=\"weight\" min=\"0\" "
                      "max=\"256\"></label><button>Do it</button></div>"));
}

static void put_form(struct buf *out, const struct view *v, const struct view_proxy *p,
                     const struct page_options *o)
{
    buf_put(out, SPAN("<form class=\"p\" method=\"post\" action=\""));
    page_put_text(out, o->self);
    buf_printf(out, "\" data-usable=\"%u\" data-pool=\"", v->pools[p->pool].usable);
    page_put_text(out, p->name);
    buf_printf(out, "\"><input type=\"hidden\" name=\"b\" value=\"#%u\">", p->iid);
}

static void put_pool_foot(struct buf *out, const struct view_proxy *p, const struct view_pool *pool)
{
    buf_printf(out, "</tbody><tfoot><tr data-k=\"%u\"><th scope=\"row\">together</th>", p->iid);
    put_word(out, pool->word);
    buf_put(out, SPAN("<td></td>"));
    put_recent(out, &pool->recent);
    put_of(out, pool->active, 0);
    put_cell_number(out, pool->waiting);
    buf_put(out, SPAN("<td class=\"l c\">"));
    if (pool->counts.retries > 0)
        buf_printf(out, "%llu tries again since the start", (unsigned long long)pool->counts.retries);
    buf_put(out, SPAN("</td><td></td></tr></tfoot></table>"));
}

static bool is_shown(const struct page_options *o, const struct view_server *s)
{
    if (o->filter->no_maint && s->word == VIEW_MAINTENANCE)
        return false;
    return !o->filter->up || s->use == USE_FULL || s->use == USE_STICKY;
}

static void put_pool(struct buf *out, const struct view *v, const struct view_proxy *p,
                     const struct page_options *o)
{
    const struct view_pool *pool = &v->pools[p->pool];
    bool acts = o->may_act && pool->count > 0;

    buf_put(out, SPAN("<section><h2>"));
    view_put_name(out, v, p->language, SPAN(""));
    page_put_text(out, p->name);
    buf_printf(out, "<small data-k=\"u\">%u of %u usable</small><small>%s</small></h2>", pool->usable,
               pool->count, terms_algorithm(pool->model->algorithm));
    if (acts)
        put_form(out, v, p, o);
    buf_put(out,
            SPAN("<div class=\"wrap\"><table class=\"t\"><thead><tr><th scope=\"col\">Server</th><th "
                 "scope=\"col\" "
                 "class=\"l\">State</th>"
                 "<th scope=\"col\">Since</th><th scope=\"col\">Req/s</th><th scope=\"col\" title=\"half of "
                 "the answers begin within\">p50</th>"
                 "<th scope=\"col\" title=\"95 of 100 answers begin within\">p95</th><th scope=\"col\" "
                 "title=\"99 of 100 answers begin within\">p99</th>"
                 "<th scope=\"col\" title=\"answers 5xx and those that broke off, last minute\">Failed</th>"
                 "<th scope=\"col\">Connections</th><th scope=\"col\">Queue</th><th scope=\"col\" "
                 "class=\"l\">Check</th>"
                 "<th scope=\"col\">Weight</th></tr></thead><tbody>\n"));
    for (uint32_t i = pool->first; i < pool->first + pool->count; i++)
        if (is_shown(o, &v->servers[i]))
            put_server(out, v, p, &v->servers[i], o);
    put_pool_foot(out, p, pool);
    if (acts)
        put_actions(out);
    buf_put(out, acts ? SPAN("</div></form></section>\n") : SPAN("</div></section>\n"));
}

void page_put_pools(struct buf *out, const struct view *v, const struct page_options *o)
{
    for (uint32_t i = 0; i < v->proxy_count; i++) {
        const struct view_proxy *p = &v->proxies[i];
        bool has_servers = p->pool != VIEW_NONE && v->pools[p->pool].count > 0;
        if (has_servers && row_filter_takes(o->filter, v, p))
            put_pool(out, v, p, o);
    }
}

/* ---- listeners ---- */

/* Where it listens, when that is not its name already. */
static void put_addresses(struct buf *out, const struct view *v, const struct service *service)
{
    const struct config *c = v->now->snapshot->config;

    for (uint32_t i = 0; c->listeners.count <= LISTENERS_NAMED && i < c->listeners.count; i++) {
        const struct listener *l = c->listeners.items[i];
        if (l->service != service || span_eq(l->written, service->name))
            continue;
        buf_put(out, SPAN(" <small>"));
        page_put_text(out, l->written);
        buf_put(out, SPAN("</small>"));
    }
}

static void put_listener(struct buf *out, const struct view *v, const struct view_proxy *p)
{
    const struct view_service *s = &v->services[p->service];

    buf_printf(out, "<tr data-k=\"%u\"><th scope=\"row\">", p->iid);
    view_put_name(out, v, p->language, SPAN(""));
    page_put_text(out, p->name);
    put_addresses(out, v, s->model);
    buf_put(out, SPAN("</th>"));
    put_word(out, s->word);
    put_recent(out, &s->recent);
    put_of(out, s->active, s->limit);
    put_cell_number(out, s->counts.refused_connections + s->counts.denied_connections +
                             s->counts.denied_sessions + s->counts.denied_requests);
    buf_put(out, SPAN("<td>"));
    page_put_bytes(out, s->counts.bytes_in);
    buf_put(out, SPAN("</td><td>"));
    page_put_bytes(out, s->counts.bytes_out);
    buf_put(out, SPAN("</td></tr>\n"));
}

void page_put_listeners(struct buf *out, const struct view *v, const struct page_options *o)
{
    if (v->service_count == 0)
        return;
    buf_put(
        out,
        SPAN(
            "<section><h2>Listeners</h2><div class=\"wrap\"><table><thead><tr><th scope=\"col\">Listener</th>"
            "<th scope=\"col\" class=\"l\">State</th><th scope=\"col\">Req/s</th><th scope=\"col\">p50</th>"
            "<th scope=\"col\">p95</th><th scope=\"col\">p99</th><th scope=\"col\">Failed</th>"
            "<th scope=\"col\">Connections</th><th scope=\"col\" title=\"connections over a limit and "
            "requests that a rule denied, since the start\">Refused</th>"
            "<th scope=\"col\">In</th><th scope=\"col\">Out</th></tr></thead><tbody>\n"));
    for (uint32_t i = 0; i < v->proxy_count; i++) {
        const struct view_proxy *p = &v->proxies[i];
        if (p->service != VIEW_NONE && row_filter_takes(o->filter, v, p))
            put_listener(out, v, p);
    }
    buf_put(out, SPAN("</tbody></table></div></section>\n"));
}
