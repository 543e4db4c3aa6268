/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes and their actions in the dump. */
#include "model/patterns.h"
#include "model/dump_internal.h"
#include "model/guard.h"
#include "model/name_resolver.h"
#include "model/zone.h"

#include "model/regex.h"
#include "model/route.h"

static const char *const hook_names[HOOK_COUNT] = {
    [HOOK_CONNECTION] = "connection", [HOOK_SESSION] = "session", [HOOK_CONTENT] = "content",
    [HOOK_REQUEST] = "request",       [HOOK_BODY] = "body",       [HOOK_PICK] = "pick",
    [HOOK_RESPONSE] = "response",     [HOOK_REPLY] = "reply",     [HOOK_LOG] = "log",
};

static const char *const action_names[ACTION_COUNT] = {
    [ACTION_ENTER] = "ENTER",
    [ACTION_ADOPT] = "ADOPT",
    [ACTION_ROUTE_HOST] = "ROUTE_HOST",
    [ACTION_ROUTE_LOCATION] = "ROUTE_LOCATION",
    [ACTION_ACCEPT] = "ACCEPT",
    [ACTION_SKIP] = "SKIP",
    [ACTION_REPLY] = "REPLY",
    [ACTION_CLOSE] = "CLOSE",
    [ACTION_TARPIT] = "TARPIT",
    [ACTION_PROXY] = "PROXY",
    [ACTION_FILES] = "FILES",
    [ACTION_STATUS] = "STATUS",
    [ACTION_FIELD_SET] = "FIELD_SET",
    [ACTION_FIELD_ADD] = "FIELD_ADD",
    [ACTION_FIELD_DELETE] = "FIELD_DELETE",
    [ACTION_FIELD_REPLACE] = "FIELD_REPLACE",
    [ACTION_FIELD_SET_DEFAULT] = "FIELD_SET_DEFAULT",
    [ACTION_SET_METHOD] = "SET_METHOD",
    [ACTION_SET_PATH] = "SET_PATH",
    [ACTION_SET_QUERY] = "SET_QUERY",
    [ACTION_SET_TARGET] = "SET_TARGET",
    [ACTION_SET_STATUS] = "SET_STATUS",
    [ACTION_SET_SLOT] = "SET_SLOT",
    [ACTION_SET_ADDRESS] = "SET_ADDRESS",
    [ACTION_REWRITE] = "REWRITE",
    [ACTION_ALLOW] = "ALLOW",
    [ACTION_DENY] = "DENY",
    [ACTION_AUTH_BASIC] = "AUTH_BASIC",
    [ACTION_FORWARDED_FOR] = "FORWARDED_FOR",
    [ACTION_REAL_IP] = "REAL_IP",
    [ACTION_CAPTURE] = "CAPTURE",
    [ACTION_SET_LOG_LEVEL] = "SET_LOG_LEVEL",
    [ACTION_LIMIT_RATE] = "LIMIT_RATE",
    [ACTION_LIMIT_CONN] = "LIMIT_CONN",
    [ACTION_LIMIT_REQ] = "LIMIT_REQ",
    [ACTION_RETRY_OFF] = "RETRY_OFF",
    [ACTION_USE_SERVER] = "USE_SERVER",
    [ACTION_COOKIE] = "COOKIE",
    [ACTION_WAIT_BODY] = "WAIT_BODY",
    [ACTION_LINES] = "LINES",
    [ACTION_TRACK] = "TRACK",
    [ACTION_STICK_ADD] = "STICK_ADD",
    [ACTION_STICK_SET] = "STICK_SET",
    [ACTION_STICK_MATCH] = "STICK_MATCH",
    [ACTION_EXPIRES] = "EXPIRES",
    [ACTION_REFERER] = "REFERER",
    [ACTION_SECURE_LINK] = "SECURE_LINK",
    [ACTION_STICK_STORE] = "STICK_STORE",
    [ACTION_PERSIST] = "PERSIST",
    [ACTION_SET_TIMEOUT] = "SET_TIMEOUT",
    [ACTION_PAUSE] = "PAUSE",
    [ACTION_NORMALIZE] = "NORMALIZE",
    [ACTION_SET_TOS] = "SET_TOS",
    [ACTION_PATTERNS] = "PATTERNS",
};

const char *action_name(enum action_kind k)
{
    BUG_ON(k >= ACTION_COUNT);
    return action_names[k];
}

const char *hook_name(enum hook h)
{
    BUG_ON(h >= HOOK_COUNT);
    return hook_names[h];
}

static void dump_fields(const struct dump *d, const char *name, const struct field_line *lines,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        dump_text(d, name, lines[i].name);
        dump_expr(d, "    =", lines[i].value);
    }
}

static void dump_target(const struct dump *d, const char *name, const struct scope *s)
{
    if (s)
        dump_line(d, "%s scope %u (%.*s)", name, s->index, SPAN_ARGS(s->name));
}

static void dump_reply(struct dump *d, const struct reply *r)
{
    dump_line(d, "reply %u", r->status);
    d->depth++;
    dump_number(d, "instead of", r->instead);
    dump_text(d, "reason", r->reason);
    dump_fields(d, "field", r->fields.items, r->fields.count);
    dump_text(d, "content type", r->content_type);
    dump_flag(d, "type by path", r->type_by_path);
    dump_expr(d, "body", r->body);
    dump_expr(d, "location", r->location);
    dump_flag(d, "relative", r->relative);
    dump_text(d, "raw", r->raw);
    dump_flag(d, "close", r->close);
    dump_flag(d, "default page", r->default_page);
    d->depth--;
}

static void dump_limits(struct dump *d, const struct limits *l)
{
    for (uint32_t i = 0; i < l->items.count; i++) {
        const struct limit *one = &l->items.items[i];
        dump_line(d, "zone \"%.*s\"", SPAN_ARGS(one->zone->identity));
        d->depth++;
        dump_expr(d, "key", one->zone->key);
        dump_number(d, "rate", one->zone->rate);
        dump_number(d, "burst", one->burst);
        dump_number(d, "delay from", one->delay_from);
        dump_number(d, "most", one->most);
        d->depth--;
    }
    dump_number(d, "status", l->status);
    dump_number(d, "level", l->level);
    dump_flag(d, "dry run", l->dry_run);
}

static void dump_resolver(struct dump *d, const struct name_resolver *r)
{
    dump_line(d, "resolver");
    d->depth++;
    for (uint32_t i = 0; i < r->servers.count; i++)
        dump_address(d, "nameserver", &r->servers.items[i]);
    dump_time(d, "valid", r->valid);
    dump_time(d, "timeout", r->timeout);
    dump_flag(d, "ipv4", r->ipv4);
    dump_flag(d, "ipv6", r->ipv6);
    d->depth--;
}

static void dump_maps(struct dump *d, const char *what, const struct redirect_map *maps, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        dump_line(d, "%s from", what);
        d->depth++;
        dump_expr(d, "text", maps[i].from);
        if (maps[i].regex)
            dump_text(d, "regex", regex_source(maps[i].regex));
        dump_expr(d, "to", maps[i].to);
        d->depth--;
    }
}

static void dump_cookie_flags(struct dump *d, const struct cookie_flags *f)
{
    dump_line(d, "cookie flags");
    d->depth++;
    dump_expr(d, "name", f->name);
    if (f->regex)
        dump_text(d, "regex", regex_source(f->regex));
    dump_number(d, "secure", f->secure);
    dump_number(d, "httponly", f->httponly);
    dump_number(d, "samesite", f->samesite);
    dump_text(d, "samesite", f->samesite_value);
    d->depth--;
}

static void dump_proxy(struct dump *d, const struct proxy *p)
{
    if (p->pool)
        dump_line(d, "pool %s:%.*s", language_name(p->pool->language), SPAN_ARGS(p->pool->name));
    dump_expr(d, "target", p->target);
    if (p->resolver)
        dump_resolver(d, p->resolver);
    dump_text(d, "scheme", p->scheme);
    dump_text(d, "host", p->host);
    dump_flag(d, "replace prefix", p->replace_prefix);
    dump_flag(d, "replace target", p->replace_target);
    dump_expr(d, "uri", p->uri);
    dump_fields(d, "field", p->fields.items, p->fields.count);
    dump_flag(d, "default fields", p->default_fields);
    dump_expr(d, "method", p->method);
    dump_expr(d, "body", p->body);
    dump_flag(d, "pass fields", p->pass_fields);
    dump_flag(d, "pass body", p->pass_body);
    dump_line(d, "HTTP/1.%u", p->minor);
    for (uint32_t i = 0; i < p->hide_fields.count; i++)
        dump_text(d, "hide", p->hide_fields.items[i]);
    for (uint32_t i = 0; i < p->pass_hidden_fields.count; i++)
        dump_text(d, "pass", p->pass_hidden_fields.items[i]);
    dump_maps(d, "redirect", p->redirects.items, p->redirects.count);
    dump_flag(d, "redirect default", p->redirect_default);
    dump_maps(d, "cookie domain", p->cookie_domains.items, p->cookie_domains.count);
    dump_maps(d, "cookie path", p->cookie_paths.items, p->cookie_paths.count);
    for (uint32_t i = 0; i < p->cookie_flags.count; i++)
        dump_cookie_flags(d, &p->cookie_flags.items[i]);
    if (p->accel)
        dump_line(d, "accel %#x", p->accel);
}

static void dump_files(struct dump *d, const struct files *f)
{
    static const char *const listings[] = { "html", "xml", "json", "jsonp" };
    dump_expr(d, f->alias ? "alias" : "root", f->root);
    for (uint32_t i = 0; i < f->index.count; i++)
        dump_expr(d, "index", f->index.items[i]);
    for (uint32_t i = 0; i < f->tries.count; i++)
        dump_expr(d, "try", f->tries.items[i]);
    if (f->fallback_reply)
        dump_reply(d, f->fallback_reply);
    if (f->ranges_most != UINT32_MAX)
        dump_line(d, "ranges %u", f->ranges_most);
    dump_flag(d, "no etag", f->no_etag);
    dump_number(d, "modified", f->modified);
    dump_target(d, "fallback", f->fallback_scope);
    dump_expr(d, "fallback", f->fallback_uri);
    dump_flag(d, "only look", f->only_look);
    dump_flag(d, "any file", f->any_file);
    if (f->packed)
        dump_line(d, "packed %s%s", f->packed_always ? "always" : "for who accepts it",
                  f->packed->vary ? ", vary" : "");
    if (f->listing)
        dump_line(d, "listing %s%s%s", listings[f->listing->format],
                  f->listing->rough_sizes ? ", rough sizes" : "",
                  f->listing->local_time ? ", local time" : "");
}

static void dump_rewrite(struct dump *d, const struct rewrite *r)
{
    static const char *const thens[] = { "next", "last", "break", "redirect", "permanent" };
    if (r->regex)
        dump_text(d, "regex", regex_source(r->regex));
    dump_expr(d, "to", r->to);
    dump_line(d, "then %s", thens[r->then]);
    dump_flag(d, "drop query", r->drop_query);
    dump_flag(d, "whole path", r->whole);
    dump_number(d, "skip", r->skip);
}

/* The map's own order depends on the hash; that of the scopes does not. */
static void dump_names(struct dump *d, const char *name, const struct map *m)
{
    uint32_t shown = 0;
    struct span last = { NULL, 0 };
    while (shown < m->count) {
        const struct map_entry *next = NULL;
        for (uint32_t i = 0; i < m->room; i++) {
            const struct map_entry *e = map_at(m, i);
            if (e->value == NULL || (last.ptr && span_cmp(e->key, last) <= 0))
                continue;
            if (next == NULL || span_cmp(e->key, next->key) < 0)
                next = e;
        }
        if (next == NULL)
            return;
        const struct scope *s = next->value;
        dump_line(d, "%s \"%.*s\" scope %u", name, SPAN_ARGS(next->key), s->index);
        last = next->key;
        shown++;
    }
}

static void dump_hosts(struct dump *d, const struct host_table *t)
{
    dump_names(d, "exact", &t->exact);
    dump_names(d, "suffix", &t->suffixes);
    dump_names(d, "exact or suffix", &t->exact_or_suffix);
    dump_names(d, "prefix", &t->prefixes);
    for (uint32_t i = 0; i < t->regexes.count; i++)
        dump_line(d, "regex %.*s scope %u", SPAN_ARGS(regex_source(t->regexes.items[i].regex)),
                  t->regexes.items[i].scope->index);
    dump_line(d, "else scope %u", t->fallback->index);
}

static void dump_locations(struct dump *d, const struct location_tree *t)
{
    for (uint32_t i = 0; i < t->prefixes.count; i++) {
        const struct location_prefix *p = &t->prefixes.items[i];
        dump_line(d, "%s \"%.*s\" scope %u%s%s", p->exact ? "exact" : "prefix", SPAN_ARGS(p->prefix),
                  p->scope->index, p->no_regex ? ", no regex" : "", p->auto_redirect ? ", redirect" : "");
        d->depth++;
        if (p->nested)
            dump_locations(d, p->nested);
        d->depth--;
    }
    for (uint32_t i = 0; i < t->regexes.count; i++) {
        const struct location_regex *r = &t->regexes.items[i];
        dump_line(d, "regex %.*s scope %u", SPAN_ARGS(regex_source(r->regex)), r->scope->index);
        d->depth++;
        if (r->nested)
            dump_locations(d, r->nested);
        d->depth--;
    }
    dump_names(d, "named", &t->named);
}

static void dump_networks(struct dump *d, const struct action *a)
{
    for (uint32_t i = 0; i < a->networks.count; i++) {
        char text[96];
        struct buf b;
        buf_init_fixed(&b, text, sizeof(text));
        address_put_ip(&b, &a->networks.items[i].base);
        dump_line(d, "network %.*s/%u", SPAN_ARGS(buf_span(&b)), a->networks.items[i].bits);
    }
}

static void dump_cond(const struct dump *d, const char *name, const struct cond *c)
{
    if (c == NULL)
        return;
    struct buf b;
    buf_init(&b, 1024 * 1024);
    cond_put(&b, c);
    dump_line(d, "%s %.*s", name, SPAN_ARGS(buf_span(&b)));
    buf_fini(&b);
}

/* Which names: the test has no subject. */
static void dump_names_test(const struct dump *d, const struct test *t)
{
    dump_line(d, "names %s%s", match_name(t->how), t->nocase ? " nocase" : "");
    for (uint32_t i = 0; i < t->texts.count; i++)
        dump_text(d, "name", t->texts.items[i]);
    for (uint32_t i = 0; i < t->regexes.count; i++)
        dump_text(d, "regex", regex_source(t->regexes.items[i]));
}

static void dump_stats_page(struct dump *d, const struct stats_page *p)
{
    dump_line(d, "statistics");
    d->depth++;
    dump_text(d, "uri", p->uri);
    dump_text(d, "realm", p->realm);
    for (uint32_t i = 0; i < p->users.count; i++)
        dump_text(d, "user", p->users.items[i].name);
    for (uint32_t i = 0; i < p->scopes.count; i++)
        dump_text(d, "shows", p->scopes.items[i]);
    dump_time(d, "refresh", p->refresh);
    dump_flag(d, "hides the version", p->hide_version);
    dump_flag(d, "legends", p->legends);
    dump_text(d, "node", p->node);
    dump_text(d, "description", p->description);
    for (uint32_t i = 0; i < p->admins.count; i++)
        dump_cond(d, "admin", p->admins.items[i]);
    d->depth--;
}

static void dump_referers(struct dump *d, const struct referers *k)
{
    dump_flag(d, "none", k->none);
    dump_flag(d, "blocked", k->blocked);
    for (uint32_t i = 0; k->hosts && i < k->hosts->rows.count; i++) {
        dump_text(d, "host", k->hosts->rows.items[i].text);
        dump_expr(d, "path", k->hosts->rows.items[i].value);
    }
    for (uint32_t i = 0; i < k->regexes.count; i++)
        dump_text(d, "regex", regex_source(k->regexes.items[i]));
    dump_number(d, "slot", k->slot);
}

static void dump_secure_link(struct dump *d, const struct secure_link *k)
{
    dump_expr(d, "given", k->given);
    dump_expr(d, "sum of", k->of);
    dump_flag(d, "secret", k->secret.len > 0);
}

static void dump_auth(struct dump *d, const struct auth *a)
{
    dump_expr(d, "realm", a->realm);
    dump_expr(d, "file", a->file);
}

static void dump_edit(const struct dump *d, const struct pattern_edit *e)
{
    static const char *const words[] = { "add to", "set in", "delete from" };
    dump_line(d, "%s %.*s", words[e->how], SPAN_ARGS(e->list->identity));
    dump_expr(d, "to", e->value);
}

static void dump_stick(const struct dump *d, const struct stick_ask *a)
{
    dump_line(d, "%s[%u] of sc%u", stick_data_word(a->data), a->index, a->counter);
}

/* The one member of the union that <a>'s kind uses. */
static void dump_operand(struct dump *d, const struct action *a)
{
    if (a->kind == ACTION_ENTER || a->kind == ACTION_ADOPT)
        dump_target(d, "into", a->scope);
    else if (a->kind == ACTION_ROUTE_HOST)
        dump_hosts(d, a->hosts);
    else if (a->kind == ACTION_ROUTE_LOCATION)
        dump_locations(d, a->locations);
    else if ((a->kind == ACTION_REPLY || a->kind == ACTION_TARPIT) && a->reply)
        dump_reply(d, a->reply);
    else if (a->kind == ACTION_PROXY)
        dump_proxy(d, a->proxy);
    else if (a->kind == ACTION_FILES)
        dump_files(d, a->files);
    else if (a->kind == ACTION_REWRITE)
        dump_rewrite(d, a->rewrite);
    else if (a->kind == ACTION_REFERER)
        dump_referers(d, a->referers);
    else if (a->kind == ACTION_SECURE_LINK)
        dump_secure_link(d, a->secure_link);
    else if (a->kind == ACTION_AUTH_BASIC)
        dump_auth(d, a->auth);
    else if (a->kind == ACTION_LIMIT_REQ || a->kind == ACTION_LIMIT_CONN)
        dump_limits(d, a->limits);
    else if (a->kind == ACTION_FIELD_REPLACE || a->kind == ACTION_LINES)
        dump_text(d, "regex", regex_source(a->regex));
    else if (a->kind == ACTION_FIELD_DELETE && a->match)
        dump_names_test(d, a->match);
    else if (a->kind == ACTION_USE_SERVER)
        dump_text(d, "server", a->server->name);
    else if (a->kind == ACTION_TRACK || a->kind == ACTION_STICK_MATCH || a->kind == ACTION_STICK_STORE)
        dump_text(d, "table", a->table->name);
    else if (a->kind == ACTION_STICK_ADD || a->kind == ACTION_STICK_SET)
        dump_stick(d, a->stick);
    else if (a->kind == ACTION_PATTERNS)
        dump_edit(d, a->edit);
    else if (a->kind == ACTION_STATUS && a->page)
        dump_stats_page(d, a->page);
}

static void dump_action(struct dump *d, const struct action *a)
{
    dump_line(d, "%s", action_name(a->kind));
    d->depth++;
    dump_cond(d, "when", a->when);
    dump_text(d, "name", a->name);
    dump_expr(d, "value", a->expr);
    if (a->number)
        dump_line(d, "number %lld", (long long)a->number);
    if (a->number2)
        dump_line(d, "second number %lld", (long long)a->number2);
    dump_networks(d, a);
    dump_operand(d, a);
    d->depth--;
}

static void dump_error_page(struct dump *d, const struct error_page *e)
{
    dump_line(d, "error page");
    d->depth++;
    for (uint32_t i = 0; i < e->statuses.count; i++)
        dump_number(d, "of", e->statuses.items[i]);
    dump_number(d, "becomes", e->status);
    dump_expr(d, "target", e->target);
    dump_target(d, "into", e->named);
    d->depth--;
}

static void dump_log(struct dump *d, const struct log_rule *r)
{
    dump_line(d, "log to %u", r->target->index);
    d->depth++;
    dump_expr(d, "line", r->line);
    dump_expr(d, "structure", r->structure);
    dump_text(d, "format", r->format_name);
    dump_expr(d, "if", r->when);
    dump_line(d, "facility %u level %u (%u to %u)", r->facility, r->level, r->level_max, r->level_min);
    dump_flag(d, "early", r->early);
    for (uint32_t i = 0; i < r->samples.count; i++)
        dump_line(d, "sample %u-%u:%u by %u", r->samples.items[i].low, r->samples.items[i].high,
                  r->sample_size, r->sample_counter);
    d->depth--;
}

static bool serves_files(const struct scope *s)
{
    const struct action_list *l = &s->on[HOOK_REQUEST];

    for (uint32_t i = 0; i < l->count; i++)
        if (l->items[i].kind == ACTION_FILES)
            return true;
    return false;
}

void dump_scope(struct dump *d, const struct scope *s)
{
    dump_line(d, "scope %u %s:%.*s", s->index, language_name(s->language), SPAN_ARGS(s->name));
    d->depth++;
    dump_target(d, "parent", s->parent);
    if (s->client)
        dump_client_policy(d, s->client);
    if (s->server)
        dump_server_policy(d, s->server);
    if (s->compression)
        dump_compression(d, s->compression);
    dump_number(d, "once", s->first_only);
    for (uint32_t h = 0; h < HOOK_COUNT; h++) {
        if (s->on[h].count)
            dump_line(d, "on %s", hook_name(h));
        d->depth++;
        for (uint32_t i = 0; i < s->on[h].count; i++)
            dump_action(d, &s->on[h].items[i]);
        d->depth--;
    }
    for (const struct reply_set *set = s->replies; set; set = set->below) {
        dump_text(d, "replies", set->name);
        for (uint32_t i = 0; i < set->replies.count && !set->name.len; i++)
            dump_reply(d, set->replies.items[i]);
    }
    dump_flag(d, "error pages replace", s->error_pages_set);
    for (uint32_t i = 0; i < s->error_pages.count; i++)
        dump_error_page(d, &s->error_pages.items[i]);
    dump_flag(d, "logs replace", s->logs_set);
    for (uint32_t i = 0; i < s->logs.count; i++)
        dump_log(d, &s->logs.items[i]);
    dump_expr(d, "failed connections", s->failed_line);
    dump_flag(d, "internal", s->internal);
    dump_text(d, "prefix", s->prefix);
    if (s->folder && !serves_files(s))
        dump_expr(d, s->folder->alias ? "names of files: alias" : "names of files: root", s->folder->root);
    dump_text(d, "server name", s->server_name);
    dump_text(d, "default type", s->default_type);
    dump_text(d, "charset", s->charset);
    if (s->tls)
        dump_line(d, "tls server %u", s->tls->index);
    if (s->pool)
        dump_line(d, "pool %.*s", SPAN_ARGS(s->pool->name));
    dump_number(d, "connections", s->connections_max);
    dump_number(d, "capture slots", s->slots);
    dump_number(d, "capture slots of answers", s->response_slots);
    if (s->captured_cookie)
        dump_line(d, "captures cookie %.*s%s, %u bytes", SPAN_ARGS(s->captured_cookie->name),
                  s->captured_cookie->prefix ? "..." : "", s->captured_cookie->len);
    dump_time(d, "waits for bytes", s->inspect_delay);
    if (s->answer_delay.ms)
        dump_time(d, "waits for bytes of answers", s->answer_delay);
    dump_flag(d, "ends without them", s->inspect_strict);
    dump_flag(d, "logs who is refused", s->log_refused);
    d->depth--;
}
