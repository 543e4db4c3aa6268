/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's own checks of a section, and those that experience adds: what is
 * accepted but cannot be what was meant.
 */
#include "conf/haproxy/review.h"

#include "base/macros.h"

static struct span kind_of(const struct draft *d)
{
    return span_from(keyword_context_name(&haproxy_keywords, d->context));
}

/* ---- timeouts ---- */

static void check_timeouts(struct build *b, const struct draft *d)
{
    struct span missing = SPAN("");
    const struct {
        const struct setting *setting;
        const char *name;
        bool wanted;
    } timeouts[] = {
        { &d->timeout_client, "client", draft_is_front(d) },
        { &d->timeout_connect, "connect", d->pool && d->pool->servers.count },
        { &d->timeout_server, "server", d->pool && d->pool->servers.count },
    };
    for (size_t i = 0; i < COUNT_OF(timeouts); i++) {
        if (!timeouts[i].wanted || !duration_is_none(haproxy_time(timeouts[i].setting)))
            continue;
        missing =
            arena_printf(b->arena, "%.*s%s%s", SPAN_ARGS(missing), missing.len ? ", " : "", timeouts[i].name);
    }
    if (missing.len == 0)
        return;
    struct diag *w = diag_add(b->diags, &haproxy_no_timeouts, d->at, DIAG_TEXT(kind_of(d), d->name, missing));
    diag_help(b->diags, w, "in `defaults`: timeout client 30s, timeout server 30s, timeout connect 5s");
}

/* ---- the order of rules ---- */

static int rank_of(const struct statement *s)
{
    static const char *const order[] = { "tcp-request connection",
                                         "tcp-request session",
                                         "tcp-request content",
                                         "monitor fail",
                                         "block",
                                         "http-request",
                                         "redirect",
                                         "use_backend",
                                         "use-server" };
    for (int i = 0; i < (int)COUNT_OF(order); i++)
        if (text_is(s, 0, order[i]))
            return i;
    return -1;
}

/* Rules are run by kind, whatever their order in the file. */
static void check_order(struct build *b, const struct draft *d)
{
    const struct line *latest = NULL;
    int rank = -1;
    for (uint32_t i = 0; i < d->kept[KEPT_RULE].count; i++) {
        const struct line *l = &d->kept[KEPT_RULE].items[i];
        int mine = rank_of(&l->s);
        if (mine < 0 || l->inherited)
            continue;
        if (mine >= rank) {
            rank = mine;
            latest = l;
            continue;
        }
        struct diag *w = diag_add(b->diags, &haproxy_rule_order, word_at(&l->s, 0)->at,
                                  DIAG_TEXT(text_at(&l->s, 0), text_at(&latest->s, 0)));
        diag_also(b->diags, w, word_at(&latest->s, 0)->at, "this is run later, though it stands first");
    }
}

/* No rule of its kind is asked after it, whatever came. */
static bool ends_all(const struct action *a)
{
    return a->when == NULL &&
           (a->kind == ACTION_ACCEPT || a->kind == ACTION_REPLY || a->kind == ACTION_CLOSE ||
            a->kind == ACTION_TARPIT || (a->kind == ACTION_ENTER && a->expr == NULL));
}

static void check_ended(struct build *b, const struct draft *d)
{
    static const struct {
        enum ruleset set;
        const char *word;
    } kinds[] = { { RULES_CONNECTION, "tcp-request connection" },
                  { RULES_SESSION, "tcp-request session" },
                  { RULES_CONTENT, "tcp-request content" },
                  { RULES_HTTP_REQUEST, "http-request" },
                  { RULES_REDIRECT, "redirect" },
                  { RULES_USE_BACKEND, "use_backend" },
                  { RULES_HTTP_RESPONSE, "http-response" },
                  { RULES_HTTP_AFTER, "http-after-response" } };

    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        const struct action_list *list = &d->rules[kinds[k].set];
        for (uint32_t i = 0; i + 1 < list->count; i++) {
            if (!ends_all(&list->items[i]))
                continue;
            struct diag *w = diag_add(b->diags, &haproxy_rule_dead, list->items[i + 1].at,
                                      DIAG_TEXT(span_from(kinds[k].word)));
            diag_also(b->diags, w, list->items[i].at, "this ends them: it has no condition");
            break;
        }
    }
}

/* ---- lines of another mode, or without effect ---- */

static void ignore_in_tcp(struct build *b, const struct draft *d, enum kept k)
{
    const struct line *l = haproxy_line_last(d, k);
    if (l && !l->inherited && !l->no)
        diag_add(b->diags, &haproxy_http_only, haproxy_keyword_at(&l->s),
                 DIAG_TEXT(text_at(&l->s, 0), d->name));
}

static void check_mode(struct build *b, const struct draft *d)
{
    static const enum kept http_only[] = { KEPT_STATS, KEPT_COOKIE, KEPT_FORWARDFOR, KEPT_ORIGINALTO,
                                           KEPT_CAPTURE };
    if (draft_is_http(d))
        return;
    for (size_t i = 0; i < COUNT_OF(http_only); i++)
        ignore_in_tcp(b, d, http_only[i]);
    if (d->compression && !d->compression_inherited)
        diag_add(b->diags, &haproxy_http_only, d->compression_at, DIAG_TEXT(SPAN("compression"), d->name));
    uint64_t style = value_or(&d->log_style, LOG_STYLE_NONE);
    if (d->service && (style >= LOG_STYLE_HTTP) && !d->log_style.inherited)
        diag_add(b->diags, &haproxy_httplog_tcp, d->log_style.at, DIAG_TEXT(d->name));
}

static void check_logs(struct build *b, const struct draft *d)
{
    const struct line *format = haproxy_line_last(d, KEPT_LOG_FORMAT);
    bool said = (d->log_style.set && !d->log_style.inherited) || (format && !format->inherited);
    if (!d->service || !said || d->scope->logs.count)
        return;
    struct where at = format && !format->inherited ? format->s.at : d->log_style.at;
    struct diag *w = diag_add(b->diags, &haproxy_log_nowhere, at, DIAG_TEXT(d->name));
    diag_help(b->diags, w, b->global.logs.count ? "log global" : "log ADDRESS local0");
}

static void check_listeners(struct build *b, const struct draft *d)
{
    if (!d->service || d->service->disabled || d->kept[KEPT_BIND].count)
        return;
    diag_add(b->diags, &haproxy_no_bind, d->at, DIAG_TEXT(kind_of(d), d->name));
}

static void check_cookie(struct build *b, const struct draft *d)
{
    if (d->pool == NULL || d->pool->cookie == NULL || d->pool->cookie->mode == COOKIE_PASSIVE)
        return;
    for (uint32_t i = 0; i < d->pool->servers.count; i++)
        if (d->pool->servers.items[i]->cookie.len || d->pool->cookie->dynamic)
            return;
    if (d->pool->servers.count)
        diag_add(b->diags, &haproxy_cookie_unnamed, d->pool->cookie->at,
                 DIAG_TEXT(d->pool->cookie->name, d->name));
}

void haproxy_review(struct build *b, const struct draft *d)
{
    check_listeners(b, d);
    if (!is_on(&d->disabled)) {
        check_timeouts(b, d);
        check_mode(b, d);
        check_logs(b, d);
        check_cookie(b, d);
    }
    check_order(b, d);
    check_ended(b, d);
    haproxy_review_place(b, d);
}
