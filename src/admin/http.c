/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/http.h"

#include "admin/act.h"
#include "admin/csv.h"
#include "admin/form.h"
#include "admin/json.h"
#include "admin/page.h"
#include "state/snapshot.h"

#define BODY_LIMIT ((size_t)256 << 20)
#define LIVE_EVERY DURATION_S(5)

/* ---- the answer's parts ---- */

static void add_field(struct admin_reply *r, struct span name, struct span value)
{
    BUG_ON(r->field_count >= ADMIN_FIELDS);
    r->fields[r->field_count++] = (struct admin_field){ name, value };
}

static struct buf make_text(struct admin_reply *r)
{
    struct buf b;

    buf_init_fixed(&b, r->room + r->used, sizeof(r->room) - r->used);
    return b;
}

static struct span made_text(struct admin_reply *r, const struct buf *b)
{
    r->used += b->len;
    return buf_span(b);
}

static void plain(struct admin_reply *r, unsigned status, struct span text)
{
    r->status = (uint16_t)status;
    r->content_type = SPAN("text/plain");
    buf_put(&r->body, text);
}

void admin_reply_fini(struct admin_reply *r)
{
    buf_fini(&r->body);
}

/* ---- stub_status ---- */

void admin_put_stub(struct buf *out, const struct admin_totals *t)
{
    buf_printf(out,
               "Active connections: %u \nserver accepts handled requests\n %llu %llu %llu \n"
               "Reading: %u Writing: %u Waiting: %u \n",
               t->connections, (unsigned long long)t->accepted, (unsigned long long)t->handled,
               (unsigned long long)t->requests, t->reading, t->writing, t->waiting);
}

static bool is_look(struct span method)
{
    return span_eq(method, SPAN("GET")) || span_eq(method, SPAN("HEAD"));
}

static void answer_stub(const struct admin_request *q, struct admin_reply *out)
{
    if (!is_look(q->method)) {
        out->status = 405; /* the engine's own page says it */
        return;
    }
    out->status = 200;
    out->content_type = SPAN("text/plain");
    admin_put_stub(&out->body, &q->now.totals);
}

/* ---- who may ---- */

static void ask_password(const struct admin_request *q, struct admin_reply *out)
{
    struct buf b = make_text(out);

    plain(out, 401, SPAN("A name and a password are needed to see this page.\n"));
    buf_put(&b, SPAN("Basic realm=\""));
    for (size_t i = 0; i < q->page->realm.len && i < 200; i++) {
        if (q->page->realm.ptr[i] == '"' || q->page->realm.ptr[i] == '\\')
            buf_put_char(&b, '\\'); /* RFC 9110 5.6.4 */
        buf_put_char(&b, q->page->realm.ptr[i]);
    }
    buf_put_char(&b, '"');
    add_field(out, SPAN("WWW-Authenticate"), made_text(out, &b));
    add_field(out, SPAN("Cache-Control"), SPAN("no-store"));
}

static struct act_by by_of(const struct admin_request *q, const struct admin_reply *out)
{
    return (struct act_by){ .user = out->user, .from = q->client, .through = SPAN("page") };
}

/* False: it was answered already. */
static bool let_in(const struct admin_request *q, struct admin_reply *out)
{
    if (q->page->users.count == 0)
        return true;
    const struct stats_user *u = form_user(q->page, q->authorization);
    if (u == NULL) {
        if (q->authorization.len > 0) {
            struct act_by by = by_of(q, out);
            act_refused(&q->now, &by, SPAN("password"), SPAN("no such name and password"));
        }
        ask_password(q, out);
        return false;
    }
    struct buf b = make_text(out);
    buf_put(&b, span_first(u->name, 64));
    out->user = made_text(out, &b);
    return true;
}

/* ---- looking ---- */

static void put_in_form(struct buf *out, const struct view *v, enum form_view form,
                        const struct row_filter *f)
{
    switch (form) {
    case FORM_CSV:
        csv_put(out, v, f);
        buf_put_char(out, '\n');
        return;
    case FORM_TYPED:
        csv_put_typed(out, v, f);
        buf_put_char(out, '\n');
        return;
    case FORM_JSON:
        json_put_haproxy(out, v, f);
        return;
    case FORM_OVERVIEW:
        json_put(out, v, f);
        return;
    case FORM_SCHEMA:
        buf_put(out, json_schema());
        return;
    case FORM_PAGE:
        break;
    }
    BUG_ON(true);
}

static void put_page(const struct admin_request *q, struct admin_reply *out, const struct view *v,
                     const struct form_options *f, const struct row_filter *filter)
{
    const struct stats_page *p = q->page;
    struct page_options o = {
        .filter = filter,
        .node = p->node,
        .description = p->description,
        .self = p->uri,
        .result = f->result,
        .scope = filter->part,
        .refresh = p->refresh.ms >= 1000 ? p->refresh
                   : p->refresh.ms > 0   ? DURATION_S(1)
                                         : LIVE_EVERY,
        .live = !f->no_refresh,
        .reload = p->refresh.ms > 0 && !f->no_refresh,
        .addresses = p->legends || q->may_act,
        .hide_version = p->hide_version,
        .may_act = q->may_act,
        .open = p->users.count == 0,
    };

    out->content_type = SPAN("text/html; charset=utf-8");
    add_field(out, SPAN("Content-Security-Policy"), page_policy());
    add_field(out, SPAN("X-Content-Type-Options"), SPAN("nosniff"));
    add_field(out, SPAN("Referrer-Policy"), SPAN("no-referrer"));
    page_put(&out->body, v, &o);
}

static void put_refresh(const struct admin_request *q, struct admin_reply *out, const struct form_options *f)
{
    if (q->page->refresh.ms == 0 || f->no_refresh)
        return;
    struct buf b = make_text(out);
    buf_put_u64(&b, (q->page->refresh.ms + 999) / 1000);
    add_field(out, SPAN("Refresh"), made_text(out, &b));
}

static bool show(const struct admin_request *q, struct admin_reply *out, const struct form_options *f)
{
    struct buf part = make_text(out);
    struct row_filter filter = ROW_FILTER_ALL;

    form_decode(&part, span_first(f->scope, 64));
    filter.part = made_text(out, &part);
    filter.only = q->page->scopes.items;
    filter.only_count = q->page->scopes.count;
    filter.up = f->up;
    filter.no_maint = f->no_maint;
    filter.brief = !q->page->legends;
    struct view *v = view_new(&q->now);
    if (v == NULL)
        return false;
    out->status = 200;
    add_field(out, SPAN("Cache-Control"), SPAN("no-store"));
    if (f->view == FORM_PAGE) {
        put_page(q, out, v, f, &filter);
    } else {
        bool text = f->view == FORM_CSV || f->view == FORM_TYPED;
        out->content_type = text ? SPAN("text/plain") : SPAN("application/json");
        put_refresh(q, out, f);
        put_in_form(&out->body, v, f->view, &filter);
    }
    view_free(&v);
    return !out->body.truncated;
}

/* ---- acting ---- */

struct order {
    enum act act;
    uint32_t value;
    bool known, given;
    const struct pool *pool;
};

static bool act_of(struct span word, enum act *act)
{
    static const struct {
        struct span word;
        enum act act;
    } rows[] = {
        { SPAN_INIT("ready"), ACT_READY },           { SPAN_INIT("drain"), ACT_DRAIN },
        { SPAN_INIT("maint"), ACT_MAINT },           { SPAN_INIT("stop"), ACT_STOP },
        { SPAN_INIT("start"), ACT_READY },           { SPAN_INIT("enable"), ACT_ENABLE },
        { SPAN_INIT("disable"), ACT_DISABLE },       { SPAN_INIT("dhlth"), ACT_CHECKS_OFF },
        { SPAN_INIT("ehlth"), ACT_CHECKS_ON },       { SPAN_INIT("hrunn"), ACT_HEALTH_UP },
        { SPAN_INIT("hdown"), ACT_HEALTH_DOWN },     { SPAN_INIT("weight"), ACT_WEIGHT },
        { SPAN_INIT("shutdown"), ACT_END_SESSIONS }, { SPAN_INIT("eagent"), ACT_AGENT_ON },
        { SPAN_INIT("dagent"), ACT_AGENT_OFF },      { SPAN_INIT("arunn"), ACT_AGENT_UP },
        { SPAN_INIT("adown"), ACT_AGENT_DOWN },      { SPAN_INIT("hnolb"), ACT_HEALTH_STOPPING },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (span_eq(rows[i].word, word)) {
            *act = rows[i].act;
            return true;
        }
    return false;
}

/* By name, or by number behind a #. Proxies that the page does not show are not there. */
static const struct pool *pool_of(const struct view *v, const struct row_filter *f, struct span text)
{
    uint64_t id = 0;
    bool by_number =
        text.len > 1 && text.ptr[0] == '#' && span_to_u64(span_from_index(text, 1), UINT32_MAX, &id);

    for (uint32_t i = 0; i < v->proxy_count; i++) {
        const struct view_proxy *p = &v->proxies[i];
        if (p->pool == VIEW_NONE || !row_filter_takes(f, v, p))
            continue;
        if (by_number ? p->iid == id : span_eq(p->name, text))
            return v->pools[p->pool].model;
    }
    return NULL;
}

static void read_order(const struct view *v, const struct row_filter *f, struct span body, struct order *o)
{
    struct span name, value;
    char room[256];
    struct buf text;
    uint64_t weight = UINT64_MAX;

    while (form_next(&body, &name, &value)) {
        buf_init_fixed(&text, room, sizeof(room));
        form_decode(&text, value);
        if (span_eq(name, SPAN("action")) && text.len > 0) {
            o->given = true;
            o->known = act_of(buf_span(&text), &o->act);
        } else if (span_eq(name, SPAN("b"))) {
            o->pool = pool_of(v, f, buf_span(&text));
        } else if (span_eq(name, SPAN("weight"))) {
            (void)!span_to_u64(buf_span(&text), 256, &weight);
        }
    }
    if (o->known && o->act == ACT_WEIGHT && weight == UINT64_MAX)
        o->known = false;
    o->value = (uint32_t)weight;
}

static const struct server *server_of(const struct pool *p, struct span name)
{
    for (uint32_t i = 0; i < p->servers.count; i++)
        if (span_eq(p->servers.items[i]->name, name))
            return p->servers.items[i];
    return NULL;
}

/* HAProxy's four letters for how it went. */
static struct span carry_out(const struct admin_request *q, const struct act_by *by, const struct order *o)
{
    struct span body = q->body, name, value;
    unsigned asked = 0, done = 0;

    if (!o->given)
        return SPAN("NONE");
    if (!o->known || o->pool == NULL)
        return SPAN("ERRP");
    while (form_next(&body, &name, &value)) {
        char room[256];
        struct buf text;
        if (!span_eq(name, SPAN("s")))
            continue;
        buf_init_fixed(&text, room, sizeof(room));
        form_decode(&text, value);
        const struct server *s = server_of(o->pool, buf_span(&text));
        asked++;
        if (s != NULL)
            done += act_on_server(&q->now, by, s, o->act, o->value) == ACT_DONE;
    }
    return asked == 0 ? SPAN("NONE") : done == asked ? SPAN("DONE") : done ? SPAN("PART") : SPAN("ERRP");
}

static bool act(const struct admin_request *q, const struct act_by *by, struct span *how)
{
    struct row_filter f = ROW_FILTER_ALL;
    struct order o = { 0 };
    struct view *v = view_new(&q->now);

    if (v == NULL)
        return false;
    f.only = q->page->scopes.items;
    f.only_count = q->page->scopes.count;
    read_order(v, &f, q->body, &o);
    *how = carry_out(q, by, &o);
    view_free(&v);
    return true;
}

/* Back to the page, which says how it went: so that a reload of it does nothing again. */
static void send_back(const struct admin_request *q, struct admin_reply *out, const struct form_options *f,
                      struct span how)
{
    struct buf b = make_text(out);

    out->status = 303;
    out->content_type = SPAN("text/plain");
    buf_put(&b, q->page->uri);
    buf_printf(&b, ";st=%.*s%s%s", SPAN_ARGS(how), f->up ? ";up" : "", f->no_refresh ? ";norefresh" : "");
    if (f->scope.len > 0 && f->scope.len <= 64)
        buf_printf(&b, "?scope=%.*s", SPAN_ARGS(f->scope));
    add_field(out, SPAN("Location"), made_text(out, &b));
    add_field(out, SPAN("Cache-Control"), SPAN("no-store"));
}

static bool answer_post(const struct admin_request *q, struct admin_reply *out, const struct form_options *f)
{
    struct act_by by = by_of(q, out);
    struct span how = SPAN("DENY");

    if (!q->may_act)
        act_refused(&q->now, &by, q->body, SPAN("stats admin does not allow it"));
    else if (!form_is_ours(q->host, q->origin, q->fetch_site, q->now.process->hostname,
                           q->page->users.count > 0))
        act_refused(&q->now, &by, q->body, SPAN("another site's page asked for it"));
    else if (q->body_cut)
        how = SPAN("EXCD");
    else if (!act(q, &by, &how))
        return false;
    send_back(q, out, f, how);
    return true;
}

bool admin_answer(const struct admin_request *q, struct admin_reply *out)
{
    *out = (struct admin_reply){ 0 };
    buf_init(&out->body, BODY_LIMIT);
    if (q->page == NULL) {
        answer_stub(q, out);
        return !out->body.truncated;
    }
    if (!let_in(q, out))
        return true;
    struct form_options f = form_options(span_from_index(q->target, q->page->uri.len));
    if (span_eq(q->method, SPAN("POST")))
        return answer_post(q, out, &f);
    if (!is_look(q->method)) {
        plain(out, 405, SPAN("This page is looked at (GET) or acted on (POST).\n"));
        add_field(out, SPAN("Allow"), SPAN("GET, HEAD, POST"));
        return true;
    }
    return show(q, out, &f);
}
