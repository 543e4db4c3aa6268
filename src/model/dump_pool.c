/* SPDX-License-Identifier: Apache-2.0 */
/* Pools, servers and checks in the dump. */
#include "model/dump_internal.h"
#include "model/name_resolver.h"
#include "model/sticky.h"

static const char *const algorithms[] = {
    [BALANCE_ROUND_ROBIN] = "round robin",
    [BALANCE_STATIC_RR] = "static round robin",
    [BALANCE_LEAST_CONN] = "least connections",
    [BALANCE_FIRST] = "first",
    [BALANCE_RANDOM] = "random",
    [BALANCE_IP_HASH] = "ip hash",
    [BALANCE_HASH] = "hash",
    [BALANCE_KETAMA] = "ketama",
    [BALANCE_HASH_MAP] = "hash map",
    [BALANCE_HASH_CONSISTENT] = "hash consistent",
    [BALANCE_LEAST_TIME] = "least time",
    [BALANCE_FAIR] = "fair",
    [BALANCE_STRIDE] = "stride",
    [BALANCE_LEAST_OLDEST] = "least connections, oldest first",
};
static const char *const check_kinds[] = {
    [CHECK_NONE] = "none",           [CHECK_TCP] = "tcp",           [CHECK_HTTP] = "http",
    [CHECK_TLS_HELLO] = "tls hello", [CHECK_MYSQL] = "mysql",       [CHECK_PGSQL] = "pgsql",
    [CHECK_REDIS] = "redis",         [CHECK_SMTP] = "smtp",         [CHECK_LDAP] = "ldap",
    [CHECK_SCRIPT] = "script",       [CHECK_EXTERNAL] = "external",
};
static const char *const step_kinds[] = {
    [CHECK_STEP_CONNECT] = "connect", [CHECK_STEP_SEND] = "send", [CHECK_STEP_EXPECT] = "expect"
};

static void dump_step(struct dump *d, const struct check_step *s)
{
    dump_line(d, "%s", step_kinds[s->kind]);
    d->depth++;
    dump_address(d, "address", &s->address);
    dump_number(d, "port", s->port);
    dump_flag(d, "send proxy", s->send_proxy);
    dump_flag(d, "tls", s->tls != NULL);
    if (s->tls)
        dump_tls_client(d, s->tls);
    dump_flag(d, "default options", s->default_options);
    dump_expr(d, "data", s->data);
    dump_text(d, "method", s->method);
    dump_text(d, "uri", s->uri);
    dump_text(d, "version", s->version);
    for (uint32_t i = 0; i < s->fields.count; i++) {
        dump_text(d, "field", s->fields.items[i].name);
        dump_expr(d, "value", s->fields.items[i].value);
    }
    dump_number(d, "expects", s->expects);
    dump_text(d, "of field", s->field);
    dump_number(d, "bytes at least", s->at_least);
    dump_text(d, "code when good", s->ok);
    dump_text(d, "code when bad", s->bad);
    dump_text(d, "code when late", s->late);
    if (s->expect) {
        struct buf b;
        buf_init(&b, 64 * 1024);
        test_put(&b, s->expect);
        dump_line(d, "%s%.*s", s->negate ? "not " : "", SPAN_ARGS(buf_span(&b)));
        buf_fini(&b);
    }
    d->depth--;
}

static void dump_check(struct dump *d, const struct check *c)
{
    dump_line(d, "check %s", check_kinds[c->kind]);
    d->depth++;
    dump_time(d, "interval", c->interval);
    dump_time(d, "fast interval", c->fast_interval);
    dump_time(d, "down interval", c->down_interval);
    dump_time(d, "timeout", c->timeout);
    dump_time(d, "connect timeout", c->connect_timeout);
    if (c->jitter.ms)
        dump_time(d, "jitter", c->jitter);
    dump_number(d, "rise", c->rise);
    dump_number(d, "fall", c->fall);
    dump_address(d, "address", &c->address);
    dump_number(d, "port", c->port);
    dump_flag(d, "tls", c->tls != NULL);
    if (c->tls)
        dump_tls_client(d, c->tls);
    dump_flag(d, "send proxy", c->send_proxy);
    dump_flag(d, "drains on 404", c->drains_on_404);
    dump_flag(d, "tells the state", c->tells_state);
    dump_text(d, "user", c->user);
    dump_text(d, "command", c->command);
    dump_text(d, "path", c->path);
    dump_text(d, "speaks", c->speaks);
    for (uint32_t i = 0; i < c->steps.count; i++)
        dump_step(d, &c->steps.items[i]);
    d->depth--;
}

static void dump_agent(struct dump *d, const struct agent *a)
{
    dump_line(d, "agent");
    d->depth++;
    dump_time(d, "interval", a->interval);
    dump_time(d, "timeout", a->timeout);
    dump_address(d, "address", &a->address);
    dump_number(d, "port", a->port);
    dump_text(d, "send", a->send);
    d->depth--;
}

void check_put(struct buf *out, const struct check *c)
{
    struct dump d = { .out = out };
    dump_check(&d, c);
}

static void dump_limits(const struct dump *d, const struct server *s)
{
    dump_number(d, "connections", s->connections_max);
    dump_number(d, "connections at least", s->connections_min);
    dump_number(d, "queue", s->queue_max);
    dump_number(d, "fails", s->fails_max);
    if (s->fails_max)
        dump_time(d, "fail window", s->fail_window);
    dump_time(d, "slow start", s->slow_start);
    if (s->idle_max != UINT32_MAX)
        dump_line(d, "idle %u", s->idle_max);
    if (!duration_is_none(s->idle_timeout))
        dump_time(d, "idle timeout", s->idle_timeout);
}

static void dump_server(struct dump *d, const struct server *s)
{
    dump_line(d, "server %.*s", SPAN_ARGS(s->name));
    d->depth++;
    dump_text(d, "identity", s->identity);
    dump_number(d, "id", s->id);
    dump_address(d, "address", &s->address);
    dump_text(d, "host", s->host);
    dump_line(d, "weight %u", s->weight);
    dump_limits(d, s);
    dump_flag(d, "backup", s->backup);
    dump_flag(d, "down", s->down);
    dump_flag(d, "drain", s->drain);
    dump_number(d, "initially", s->init_state);
    dump_number(d, "send proxy", s->send_proxy);
    for (uint32_t i = 0; i < s->greeting.count; i++)
        dump_expr(d, "greeting", s->greeting.items[i].value);
    for (uint32_t i = 0; i < s->greeting_tls.count; i++)
        dump_expr(d, "greeting of TLS", s->greeting_tls.items[i].value);
    dump_flag(d, "greeting has a sum", s->greeting_sum);
    dump_number(d, "observe layer", s->observe == OBSERVE_LAYER7 ? 7 : s->observe == OBSERVE_LAYER4 ? 4 : 0);
    dump_number(d, "on error", s->observe ? s->on_error : 0);
    dump_number(d, "errors", s->error_limit);
    dump_flag(d, "on down: close sessions", s->on_down_shutdown_sessions);
    dump_flag(d, "on up: close sessions of backups", s->on_up_shutdown_backup_sessions);
    if (s->tls)
        dump_line(d, "tls client %u", s->tls->index);
    dump_flag(d, "the client's target", s->client_address);
    dump_flag(d, "the client's port", s->client_port);
    if (s->port_add)
        dump_line(d, "and %d", s->port_add);
    dump_source(d, &s->source);
    dump_text(d, "cookie", s->cookie);
    dump_text(d, "route", s->route);
    dump_text(d, "redirect", s->redirect);
    if (s->saved)
        dump_line(d, "was%s%s%s%s, weight %u, points %u, for %u s", s->saved->maint ? " in maintenance" : "",
                  s->saved->drain ? " draining" : "", s->saved->stopped ? " down" : "",
                  s->saved->maint || s->saved->drain || s->saved->stopped ? "" : " up",
                  s->saved->has_weight ? s->saved->weight : s->weight, s->saved->points, s->saved->since_s);
    if (s->track)
        dump_line(d, "tracks %.*s/%.*s", SPAN_ARGS(s->track->pool->name), SPAN_ARGS(s->track->name));
    if (s->check)
        dump_check(d, s->check);
    if (s->agent)
        dump_agent(d, s->agent);
    d->depth--;
}

static void dump_cookie(struct dump *d, const struct cookie_policy *c)
{
    static const char *const modes[] = { "passive", "rewrite", "insert", "prefix" };
    dump_line(d, "cookie %.*s %s", SPAN_ARGS(c->name), modes[c->mode]);
    d->depth++;
    dump_flag(d, "indirect", c->indirect);
    dump_flag(d, "nocache", c->nocache);
    dump_flag(d, "postonly", c->postonly);
    dump_flag(d, "preserve", c->preserve);
    dump_flag(d, "httponly", c->httponly);
    dump_flag(d, "secure", c->secure);
    dump_flag(d, "dynamic", c->dynamic);
    if (!duration_is_none(c->idle_max))
        dump_time(d, "idle", c->idle_max);
    if (!duration_is_none(c->life_max))
        dump_time(d, "life", c->life_max);
    for (uint32_t i = 0; i < c->domains.count; i++)
        dump_text(d, "domain", c->domains.items[i]);
    for (uint32_t i = 0; i < c->attributes.count; i++)
        dump_text(d, "attribute", c->attributes.items[i]);
    d->depth--;
}

static void dump_line_load(struct dump *d, const struct pool *p)
{
    static const char *const names[] = { NULL, "connect", "first byte", "last byte" };
    if (p->load)
        dump_line(d, "by the time of the %s%s", names[p->load], p->inflight ? ", in flight too" : "");
}

static void dump_sticky(struct dump *d, const struct sticky *k)
{
    const struct sticky_cookie *c = k->cookie;
    dump_line(d, "sticky");
    d->depth++;
    for (uint32_t i = 0; i < k->lookup.count; i++)
        dump_expr(d, "looks for", k->lookup.items[i]);
    for (uint32_t i = 0; i < k->create.count; i++)
        dump_expr(d, "learns", k->create.items[i]);
    if (k->sessions)
        dump_text(d, "sessions in", k->sessions->name);
    dump_flag(d, "servers move", k->moves);
    if (c) {
        dump_text(d, "cookie", c->name);
        if (c->expires)
            dump_line(d, "expires after %u s%s", c->life_s, c->never ? ", never" : "");
        dump_expr(d, "domain", c->domain);
        dump_expr(d, "path", c->path);
        dump_expr(d, "samesite", c->samesite);
        dump_flag(d, "httponly", c->httponly);
        dump_flag(d, "secure", c->secure);
    }
    d->depth--;
}

void dump_news(struct dump *d, const struct log_target_list *news)
{
    for (uint32_t i = 0; news && i < news->count; i++)
        dump_line(d, "news to %u facility %u (%u to %u)", news->items[i].target->index,
                  news->items[i].facility, news->items[i].level_max, news->items[i].level_min);
}

void dump_pool(struct dump *d, const struct pool *p)
{
    dump_line(d, "pool %s%s:%.*s", language_name(p->language), p->stream ? " stream" : "",
              SPAN_ARGS(p->name));
    d->depth++;
    dump_line(d, "%s", algorithms[p->algorithm]);
    dump_flag(d, "implicit", p->implicit);
    dump_news(d, p->news);
    dump_expr(d, "key", p->key);
    dump_expr(d, "or else", p->key_else);
    if (p->sticky)
        dump_sticky(d, p->sticky);
    dump_number(d, "draws", p->draws);
    dump_line_load(d, p);
    dump_number(d, "fair weights", p->fair_weights);
    dump_flag(d, "fair first", p->fair_first);
    dump_number(d, "hash function", p->hash_function);
    dump_number(d, "balance factor", p->balance_factor);
    dump_number(d, "weight scale", p->weight_scale);
    dump_flag(d, "all backups", p->all_backups);
    dump_flag(d, "backups help", p->backups_help);
    dump_flag(d, "single never fails", p->single_never_fails);
    dump_number(d, "reuse", p->reuse);
    dump_number(d, "idle", p->idle_max);
    dump_time(d, "idle timeout", p->idle_timeout);
    dump_time(d, "idle life", p->idle_life);
    dump_number(d, "idle requests", p->idle_requests);
    dump_number(d, "full at", p->fullconn);
    dump_time(d, "queue timeout", p->queue_timeout);
    dump_number(d, "queue", p->queue_max);
    dump_number(d, "id", p->id);
    dump_flag(d, "persist", p->persist);
    dump_flag(d, "prefers the last server", p->prefer_last);
    dump_flag(d, "tells the results of checks", p->logs_checks);
    if (p->cookie)
        dump_cookie(d, p->cookie);
    if (p->check)
        dump_check(d, p->check);
    for (uint32_t i = 0; i < p->servers.count; i++)
        dump_server(d, p->servers.items[i]);
    d->depth--;
}

void dump_stick_table(struct dump *d, const struct stick_table *t)
{
    struct buf b;
    buf_init(&b, 4096);
    stick_table_put_data(&b, t);
    dump_line(d, "stick table %s:%.*s", language_name(t->language), SPAN_ARGS(t->name));
    d->depth++;
    dump_line(d, "%s of %u bytes, %u keys%s", stick_type_word(t->type), t->key_len, t->size,
              t->nopurge ? ", not purged" : "");
    if (!duration_is_none(t->expire))
        dump_time(d, "expire", t->expire);
    if (b.len)
        dump_line(d, "keeps%.*s", SPAN_ARGS(buf_span(&b)));
    d->depth--;
    buf_fini(&b);
}

void dump_name_group(struct dump *d, const struct name_group *g)
{
    const struct name_resolver *r = g->resolver;
    dump_line(d, "name %.*s", SPAN_ARGS(g->name));
    d->depth++;
    dump_flag(d, "service", g->service);
    dump_flag(d, "by priority", g->by_priority);
    dump_flag(d, "weights of its own", g->weights_kept);
    dump_number(d, "prefers family", g->prefer);
    dump_number(d, "port", g->port);
    dump_number(d, "servers", g->servers.count);
    dump_text(d, "resolver", r->name);
    for (uint32_t i = 0; i < r->servers.count; i++)
        dump_address(d, "nameserver", &r->servers.items[i]);
    dump_time(d, "valid", r->valid);
    dump_time(d, "timeout", r->timeout);
    dump_number(d, "tries", r->tries);
    dump_time(d, "retry", r->retry);
    dump_time(d, "hold", r->hold);
    dump_number(d, "payload", r->payload);
    dump_flag(d, "ipv4", r->ipv4);
    dump_flag(d, "ipv6", r->ipv6);
    d->depth--;
}
