/* SPDX-License-Identifier: Apache-2.0 */
/* A view in words: codes become sentences here and nowhere else. */
#include <string.h>

#include "admin/view.h"

const char *view_word(enum view_word w)
{
    static const char *const words[] = {
#define X(name, word, glyph) word,
        VIEW_WORD_LIST(X)
#undef X
    };
    BUG_ON(w >= COUNT_OF(words));
    return words[w];
}

const char *view_glyph(enum view_word w)
{
    static const char *const glyphs[] = {
#define X(name, word, glyph) glyph,
        VIEW_WORD_LIST(X)
#undef X
    };
    BUG_ON(w >= COUNT_OF(glyphs));
    return glyphs[w];
}

const char *view_verdict_word(enum view_verdict v)
{
    static const char *const words[] = { "well", "degraded", "failing" };
    return words[v];
}

/* ---- names and times ---- */

static struct span language_prefix(enum language l)
{
    switch (l) {
    case LANGUAGE_NGINX:
        return SPAN("nginx:");
    case LANGUAGE_HAPROXY:
        return SPAN("haproxy:");
    case LANGUAGE_KEEPALIVED:
        return SPAN("keepalived:");
    case LANGUAGE_NONE:
        break;
    }
    return SPAN("");
}

void view_put_name(struct buf *out, const struct view *v, enum language l, struct span name)
{
    if (v->many_languages)
        buf_put(out, language_prefix(l));
    buf_put(out, name);
}

void view_put_server_name(struct buf *out, const struct view *v, const struct view_server *s)
{
    view_put_name(out, v, s->model->pool->language, s->model->pool->name);
    buf_put_char(out, '/');
    buf_put(out, s->model->name);
}

void view_put_span_of_time(struct buf *out, uint64_t us)
{
    uint64_t s = us / 1000000, minutes = s / 60, hours = minutes / 60;

    if (s < 120)
        buf_printf(out, "%llu s", (unsigned long long)s);
    else if (minutes < 120)
        buf_printf(out, "%llu min", (unsigned long long)minutes);
    else if (hours < 48)
        buf_printf(out, "%llu h %llu min", (unsigned long long)hours, (unsigned long long)(minutes % 60));
    else
        buf_printf(out, "%llu d %llu h", (unsigned long long)(hours / 24), (unsigned long long)(hours % 24));
}

void view_put_short_time(struct buf *out, uint64_t us)
{
    if (us < 10000)
        buf_printf(out, "%llu.%llu ms", (unsigned long long)(us / 1000),
                   (unsigned long long)(us % 1000 / 100));
    else if (us < 1000000)
        buf_printf(out, "%llu ms", (unsigned long long)(us / 1000));
    else
        buf_printf(out, "%llu.%02llu s", (unsigned long long)(us / 1000000),
                   (unsigned long long)(us % 1000000 / 10000));
}

bool view_since(const struct view *v, const struct view_server *s, uint64_t *us)
{
    uint64_t since = s->health.since.us;

    /* Of checks it is kept; when an operator began something, or traffic began to fail, is not. */
    if (s->word == VIEW_MAINTENANCE || s->word == VIEW_DRAINING || s->word == VIEW_SLOW ||
        s->word == VIEW_ERRORS || s->use == USE_FAILED)
        return false;
    if (since == 0)
        since = v->now->process->started.us;
    *us = instant_us_between((instant){ since }, v->now->now);
    return true;
}

/* ---- checks ---- */

static void put_lower(struct buf *out, const char *text)
{
    for (size_t i = 0; text[i]; i++)
        buf_put_char(out, i == 0 && text[0] >= 'A' && text[0] <= 'Z' ? (char)(text[0] + 32) : text[i]);
}

static void put_errno(struct buf *out, int32_t error, const char *otherwise)
{
    const char *text = error > 0 ? strerrordesc_np(error) : NULL;

    put_lower(out, text ? text : otherwise);
}

static void put_within(struct buf *out, const char *what, const struct health_report *h)
{
    buf_printf(out, "%s within %u ms", what, h->duration_ms);
}

static void put_result(struct buf *out, const struct health_report *h)
{
    switch (h->result) {
    case CHECKED_L4_OK:
        buf_printf(out, "connected in %u ms", h->duration_ms);
        return;
    case CHECKED_L6_OK:
        buf_printf(out, "TLS handshake in %u ms", h->duration_ms);
        return;
    case CHECKED_L7_OK:
    case CHECKED_L7_CONDITIONAL:
    case CHECKED_L7_STATUS:
        if (h->detail > 0)
            buf_printf(out, "answered %d in %u ms", h->detail, h->duration_ms);
        else
            buf_printf(out, "%s in %u ms", h->result == CHECKED_L7_STATUS ? "answered wrong" : "answered",
                       h->duration_ms);
        return;
    case CHECKED_L4_TIMEOUT:
        put_within(out, "no connection", h);
        return;
    case CHECKED_L6_TIMEOUT:
        put_within(out, "no TLS handshake", h);
        return;
    case CHECKED_L7_TIMEOUT:
        put_within(out, "no answer", h);
        return;
    case CHECKED_PROCESS_TIMEOUT:
        put_within(out, "the check's program did not end", h);
        return;
    case CHECKED_L4_REFUSED:
        put_errno(out, h->detail, "connection failed");
        return;
    case CHECKED_SOCKET_ERROR:
        buf_put(out, SPAN("no socket for the check: "));
        put_errno(out, h->detail, "unknown reason");
        return;
    case CHECKED_L6_INVALID:
        buf_put(out, SPAN("TLS handshake failed"));
        return;
    case CHECKED_L7_INVALID:
        buf_put(out, SPAN("its answer makes no sense"));
        return;
    case CHECKED_PROCESS_OK:
        buf_put(out, SPAN("the check's program was content"));
        return;
    case CHECKED_PROCESS_ERROR:
        buf_put(out, SPAN("the check's program was not content"));
        return;
    case CHECKED_TRAFFIC:
        buf_put(out, SPAN("too many errors in traffic"));
        return;
    case CHECKED_AGENT:
        buf_put(out, SPAN("its agent said so"));
        return;
    case CHECKED_NONE:
    case CHECKED_COUNT:
        break;
    }
    buf_put(out, SPAN("not yet checked"));
}

/* How far it is on the way to the other side. */
static void put_way(struct buf *out, const struct health_report *h)
{
    if (h->health == HEALTH_GOING_DOWN)
        buf_printf(out, " (%u of %u failed)", h->rise + h->fall - 1u - h->points, h->fall);
    else if (h->health == HEALTH_GOING_UP)
        buf_printf(out, " (%u of %u passed)", h->points, h->rise);
}

static void put_passive(struct buf *out, const struct view *v, const struct view_server *s)
{
    uint64_t until = server_next_change(s->state, s->model, v->now->now).us;

    buf_printf(out, "%u requests failed", s->fails);
    if (until != UINT64_MAX && until > v->now->now.us) {
        buf_put(out, SPAN(", tried again in "));
        view_put_span_of_time(out, until - v->now->now.us + 999998);
    }
}

void view_put_check(struct buf *out, const struct view *v, const struct view_server *s)
{
    if (s->use == USE_FAILED)
        put_passive(out, v, s);
    else if (s->admin & ADMIN_NO_CHECK)
        buf_put(out, SPAN("checks are off"));
    else if (s->health.health == HEALTH_UNCHECKED)
        buf_put(out, SPAN("no check"));
    else {
        put_result(out, &s->health);
        put_way(out, &s->health);
    }
}

/* ---- causes and the verdict ---- */

static void put_share(struct buf *out, const struct view_recent *r)
{
    uint64_t percent10 = r->answers ? r->failed * 1000 / r->answers : 0;

    if (percent10 < 100)
        buf_printf(out, "%llu.%llu %%", (unsigned long long)(percent10 / 10),
                   (unsigned long long)(percent10 % 10));
    else
        buf_printf(out, "%llu %%", (unsigned long long)(percent10 / 10));
}

static void put_server_cause(struct buf *out, const struct view *v, const struct view_server *s)
{
    uint64_t us;

    view_put_server_name(out, v, s);
    if (s->word == VIEW_ERRORS) {
        buf_put(out, SPAN(" fails "));
        put_share(out, &s->recent);
        buf_put(out, SPAN(" of its requests"));
        if (s->health.result != CHECKED_NONE && check_result_is_good(s->health.result)) {
            buf_put(out, SPAN("; its check does not see it: "));
            view_put_check(out, v, s);
        }
        return;
    }
    if (s->word == VIEW_SLOW) {
        buf_put(out, SPAN(" is slow: 1 of 100 answers takes over "));
        view_put_short_time(out, s->recent.p99);
        buf_put(out, SPAN(", at its peers "));
        view_put_short_time(out, s->slow_peers);
        return;
    }
    buf_put(out, SPAN(" is down"));
    if (view_since(v, s, &us)) {
        buf_put(out, SPAN(" since "));
        view_put_span_of_time(out, us);
    }
    buf_put(out, SPAN(": "));
    view_put_check(out, v, s);
}

void view_put_cause(struct buf *out, const struct view *v, const struct view_cause *c)
{
    switch (c->kind) {
    case CAUSE_POOL_EMPTY: {
        const struct view_pool *p = &v->pools[c->index];
        view_put_name(out, v, p->model->language, p->model->name);
        buf_printf(out, " has no usable server, of %u", p->count);
        return;
    }
    case CAUSE_SERVICE_FAILING: {
        const struct view_service *s = &v->services[c->index];
        view_put_name(out, v, s->model->language, s->model->name);
        buf_put(out, SPAN(" fails "));
        put_share(out, &s->recent);
        buf_put(out, SPAN(" of what it is asked"));
        return;
    }
    case CAUSE_SERVER_DOWN:
    case CAUSE_SERVER_ERRORS:
    case CAUSE_SERVER_SLOW:
        put_server_cause(out, v, &v->servers[c->index]);
        return;
    }
}

static void put_well(struct buf *out, const struct view *v)
{
    uint32_t usable = 0;

    for (uint32_t i = 0; i < v->server_count; i++)
        usable += v->servers[i].use == USE_FULL;
    if (v->server_count == 0)
        buf_put(out, SPAN("No servers, so none is down"));
    else if (usable == v->server_count)
        buf_printf(out, usable == 1 ? "The one server can be used" : "All %u servers can be used", usable);
    else
        buf_printf(out, "%u of %u servers can be used, the others rest as asked or are not yet checked",
                   usable, v->server_count);
    if (v->total.answers == 0)
        buf_put(out, SPAN("; nothing was asked lately."));
    else if (v->total.failed == 0)
        buf_printf(out, "; none of %llu answers failed lately.", (unsigned long long)v->total.answers);
    else {
        buf_put(out, SPAN("; "));
        put_share(out, &v->total);
        buf_put(out, SPAN(" of answers failed lately."));
    }
}

void view_put_verdict(struct buf *out, const struct view *v)
{
    if (v->cause_count == 0) {
        put_well(out, v);
        return;
    }
    view_put_cause(out, v, &v->causes[0]);
    buf_put_char(out, '.');
    if (v->cause_count > 1)
        buf_printf(out, " %u more %s attention.", v->cause_count - 1,
                   v->cause_count == 2 ? "thing needs" : "things need");
}
