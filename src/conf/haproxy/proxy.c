/* SPDX-License-Identifier: Apache-2.0 */
/* Proxies: their words, and drafts becoming scopes, services and pools with their policies. */
#include "conf/haproxy/acl.h"

#include "base/macros.h"
#include "conf/haproxy/stick.h"

/* ---- asking drafts ---- */

enum proxy_mode haproxy_draft_mode(const struct draft *d)
{
    return (enum proxy_mode)value_or(&d->mode, MODE_TCP);
}

struct draft *haproxy_find_backend(const struct build *b, struct span name)
{
    for (uint32_t i = 0; i < b->proxies.count; i++)
        if (draft_is_back(b->proxies.items[i]) && span_eq(b->proxies.items[i]->name, name))
            return b->proxies.items[i];
    return NULL;
}

const char *const *haproxy_backend_names(const struct build *b)
{
    LIST_OF(const char *) names = { 0 };
    for (uint32_t i = 0; i < b->proxies.count; i++)
        if (draft_is_back(b->proxies.items[i]))
            *ARENA_PUSH(b->arena, &names) = b->proxies.items[i]->name.ptr;
    *ARENA_PUSH(b->arena, &names) = NULL;
    return names.items;
}

void haproxy_say_no_backend(struct build *b, const struct word *w, struct span name)
{
    struct diag *d = diag_add(b->diags, &haproxy_no_backend, w->at, DIAG_TEXT(name));
    const char *near = diag_nearest(name, haproxy_backend_names(b));
    if (near)
        diag_help(b->diags, d, "did you mean `%s`?", near);
}

uint32_t haproxy_buffer_size(const struct build *b)
{
    return (uint32_t)value_or(&b->global.tune_bufsize, 16384);
}

/* What of a buffer a head may fill: the rest is kept for what rules add. */
uint32_t haproxy_head_max(const struct build *b)
{
    uint32_t size = haproxy_buffer_size(b);
    uint32_t reserve = (uint32_t)value_or(&b->global.tune_maxrewrite, 1024);
    return size - (reserve < size / 2 ? reserve : size / 2);
}

/* ---- policies ---- */

static duration first_time(const struct setting *a, const struct setting *b, const struct setting *c)
{
    return haproxy_time(a->set ? a : b->set ? b : c);
}

static struct client_policy *client_policy(struct build *b, const struct draft *d)
{
    struct client_policy *p = ARENA_NEW(b->arena, struct client_policy);
    p->head_timeout = first_time(&d->timeout_http_request, &d->timeout_client, &d->timeout_client);
    p->idle_timeout = first_time(&d->timeout_http_keep_alive, &d->timeout_http_request, &d->timeout_client);
    p->body_timeout = p->send_timeout = haproxy_time(&d->timeout_client);
    p->tunnel_timeout = haproxy_time(&d->timeout_tunnel);
    p->half_closed_timeout = haproxy_time(&d->timeout_client_fin);
    p->life_max = DURATION_NONE;
    p->head_max = p->target_max = haproxy_head_max(b);
    p->fields_max = (uint16_t)value_or(&b->global.tune_maxhdr, 101);
    p->keep = haproxy_keep_mode(b, d, true);
    p->linger = is_on(&d->nolinger) ? LINGER_OFF : LINGER_ON;
    p->reset_at_end = is_on(&d->nolinger) && !draft_is_http(d);
    p->linger_time = p->linger_timeout = DURATION_S(1); /* as much as lets an early answer arrive */
    p->underscores = value_or(&d->restrict_names, 0) != NAMES_DELETE;
    p->drop_invalid_fields = !p->underscores;
    p->quiet_probe = is_on(&d->dontlognull);
    p->drop_trailers = is_on(&d->drop_response_trailers);
    p->quiet_preconnect = is_on(&d->http_ignore_probes);
    p->log_normal_off = is_on(&d->dontlog_normal);
    p->log_errors_apart = is_on(&d->log_separate_errors);
    return p;
}

/* A pause before the same server is tried again: a second, or the connect timeout when that is shorter. */
static duration retry_pause(const struct draft *d)
{
    duration connect = haproxy_time(&d->timeout_connect);
    return connect.ms < 1000 ? connect : DURATION_S(1);
}

static struct server_policy *server_policy(struct build *b, const struct draft *d)
{
    struct server_policy *p = ARENA_NEW(b->arena, struct server_policy);
    bool http = draft_is_http(d);
    p->connect_timeout = haproxy_time(&d->timeout_connect);
    p->read_timeout = p->send_timeout = haproxy_time(&d->timeout_server);
    p->queue_timeout = first_time(&d->timeout_queue, &d->timeout_connect, &d->timeout_connect);
    p->tunnel_timeout = haproxy_time(&d->timeout_tunnel);
    p->half_closed_timeout = haproxy_time(&d->timeout_server_fin);
    p->tries_max = (uint32_t)value_or(&d->retries, 3) + 1;
    p->tries_time = DURATION_NONE;
    p->tries_repeat = true;
    p->retry_on = haproxy_retry_on(b, d, p);
    p->redispatch = (int32_t)(int64_t)value_or(&d->redispatch, 0);
    p->reset_at_end = is_on(&d->nolinger) && !http;
    p->retry_pause = retry_pause(d);
    p->buffer_request = http && haproxy_balances_by_body(d);
    p->head_buffer = haproxy_head_max(b);
    p->body_memory = p->response_memory = haproxy_buffer_size(b);
    p->pass_request_trailers = http && !is_on(&d->drop_request_trailers);
    p->pass_trailers = http;
    p->abort_with_client = is_on(&d->abortonclose);
    p->splice_request = is_on(&d->splice_request) || is_on(&d->splice_auto);
    p->splice_response = is_on(&d->splice_response) || is_on(&d->splice_auto);
    p->probe_idle = is_on(&d->srvtcpka) || is_on(&d->tcpka);
    p->keepalive = http && haproxy_keep_mode(b, d, false) == KEEP_ALIVE;
    return p;
}

/* ---- from drafts to the model ---- */

/* One scope a section; of a `listen` it is the frontend's and the backend's. */
static void create(struct build *b, struct draft *d)
{
    d->scope = config_add_scope(b->config, LANGUAGE_HAPROXY, d->name);
    d->scope->at = d->at;
    map_init(&d->acls, false);
    map_init(&d->inherited_acls, false);
    d->scope->compression = draft_is_http(d) ? haproxy_compression(b, d) : NULL;
    if (draft_is_front(d)) {
        d->service = config_add_service(b->config, LANGUAGE_HAPROXY, d->name);
        d->service->protocol = draft_is_http(d) ? PROTOCOL_HTTP : PROTOCOL_TCP;
        d->service->entry = d->scope;
        d->service->at = d->at;
        d->service->id = (uint32_t)value_or(&d->id, 0);
        d->service->connections_max = haproxy_connections_max(b, d);
        d->service->disabled = is_on(&d->disabled);
        d->service->session_rate_max = (uint32_t)value_or(&d->session_rate, 0);
        d->scope->client = client_policy(b, d);
        d->scope->connections_max = d->service->connections_max;
        d->scope->replies = haproxy_replies(b, d);
    }
    if (draft_is_back(d)) {
        d->pool = config_add_pool(b->config, LANGUAGE_HAPROXY, d->name);
        d->pool->at = d->at;
        d->scope->pool = d->pool;
        d->scope->server = server_policy(b, d);
        if (d->scope->replies == NULL && d->kept[KEPT_ERROR].count)
            d->scope->replies = haproxy_replies(b, d);
    }
}

uint32_t haproxy_connections_max(const struct build *b, const struct draft *d)
{
    uint64_t n = value_or(&d->maxconn, 0);
    if (b->options && b->options->connections_per_proxy && !d->maxconn.set)
        n = b->options->connections_per_proxy;
    return (uint32_t)(n ? n : b->config->process.connections_max);
}

/*
 * Ids count up in the order of the file, around those that the file gives; one
 * that is given uses its place up too. The first is the control sockets' own.
 */
static void number_services(struct build *b)
{
    uint32_t next = b->config->process.control_sockets.count > 0 ? 2 : 1;
    for (uint32_t i = 0; i < b->proxies.count; i++, next++) {
        struct draft *d = b->proxies.items[i];
        while (!d->id.set && haproxy_id_taken(b, next))
            next++;
        uint32_t id = d->id.set ? (uint32_t)d->id.n : next;
        if (d->service)
            d->service->id = id;
        if (d->pool)
            d->pool->id = id;
    }
}

bool haproxy_id_taken(const struct build *b, uint32_t id)
{
    for (uint32_t i = 0; i < b->proxies.count; i++)
        if (b->proxies.items[i]->id.set && b->proxies.items[i]->id.n == id)
            return true;
    return false;
}

static void compile_pool(struct build *b, struct draft *d)
{
    d->pool->reuse = (enum reuse)value_or(&d->http_reuse, REUSE_SAFE);
    d->pool->idle_max = UINT32_MAX;
    d->pool->fullconn = (uint32_t)value_or(&d->fullconn, 0);
    d->pool->queue_max = UINT32_MAX;
    d->pool->queue_timeout = d->scope->server->queue_timeout;
    d->pool->all_backups = is_on(&d->allbackups);
    d->pool->persist = is_on(&d->persist);
    d->pool->prefer_last = is_on(&d->prefer_last_server);
    haproxy_compile_cookie(b, d);
    haproxy_compile_balance(b, d);
    haproxy_compile_servers(b, d);
    haproxy_compile_state(b, d);
}

void haproxy_compile(struct build *b)
{
    map_init(&b->maps, false);
    for (uint32_t i = 0; i < b->proxies.count; i++)
        create(b, b->proxies.items[i]);
    number_services(b);
    for (uint32_t i = 0; i < b->proxies.count; i++)
        haproxy_compile_stick_table(b, b->proxies.items[i]);
    for (uint32_t i = 0; i < b->proxies.count; i++)
        if (b->proxies.items[i]->pool)
            compile_pool(b, b->proxies.items[i]);
    haproxy_compile_tracks(b);
    haproxy_compile_names(b);
    for (uint32_t i = 0; i < b->proxies.count; i++) {
        struct draft *d = b->proxies.items[i];
        b->at = d;
        if (d->service && !d->service->disabled)
            haproxy_compile_binds(b, d);
        haproxy_compile_rules(b, d);
        haproxy_compile_logs(b, d); /* how many captures there are is known now */
        haproxy_review(b, d);
    }
    haproxy_compile_process_values(b);
    haproxy_finish_stick_tables(b);
    haproxy_finish_patterns(b);
}

/* ---- words ---- */

static void on_mode(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const modes[] = { "tcp", "http", NULL };
    (void)k;
    if (text_is(s, 1, "health") || text_is(s, 1, "log") || text_is(s, 1, "spop")) {
        diag_add(b->diags, &haproxy_mode_refused, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1)));
        return;
    }
    unsigned mode;
    if (value_choice(b->diags, word_at(s, 1), modes, &mode))
        b->draft->mode = (struct setting){ .set = true, .n = mode ? MODE_HTTP : MODE_TCP, .at = s->at };
}

static void on_http_reuse(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const ways[] = { "never", "safe", "aggressive", "always", NULL };
    (void)k;
    unsigned way;
    if (value_choice(b->diags, word_at(s, 1), ways, &way))
        b->draft->http_reuse = (struct setting){ .set = true, .n = way, .at = s->at };
}

static void on_disabled(struct build *b, const struct keyword *k, const struct statement *s)
{
    b->draft->disabled = (struct setting){ .set = true, .n = (uint64_t)k->low, .at = s->at };
}

const struct keyword haproxy_proxy_words[] = {
    { "mode", IN_D_PROXY, 1, 1, .handle = on_mode, .manual = "tcp or http" },
    { "id", IN_PROXY, 1, 1, .handle = haproxy_set_number, TO(id), .low = 1,
      .manual = "the number in statistics" },
    { "disabled", IN_D_PROXY, 0, 0, .handle = on_disabled, .low = 1,
      .manual = "the section is there but not served" },
    { "enabled", IN_D_PROXY, 0, 0, .handle = on_disabled, .low = 0,
      .manual = "undoes `disabled` of the defaults" },
    { "description", IN_PROXY, 1, ARGS_ANY, KEEP(KEPT_NOTE), .manual = "a remark for statistics" },
    { "maxconn", IN_D_FRONT, 1, 1, .handle = haproxy_set_number, TO(maxconn),
      .manual = "connections at a time; more wait in the backlog" },
    { "backlog", IN_D_FRONT, 1, 1, .handle = haproxy_set_number, TO(backlog),
      .manual = "connections that the kernel keeps waiting" },
    { "fullconn", IN_D_BACK, 1, 1, .handle = haproxy_set_number, TO(fullconn), .low = 1,
      .manual = "connections at which servers get their full maxconn" },
    { "retries", IN_D_BACK, 1, 1, .handle = haproxy_set_number, TO(retries),
      .manual = "how often connecting is tried again" },
    { "retry-on", IN_D_BACK, 1, ARGS_ANY, .handle = haproxy_keep_one, .offset = KEPT_RETRY_ON,
      .manual =
          "what else is tried again: conn-failure empty-response response-timeout junk-response STATUS ..." },
    { "http-reuse", IN_D_BACK, 1, 1, .handle = on_http_reuse,
      .manual = "never, safe, aggressive, always: when an idle connection serves another client" },
    { "bind", IN_FRONT, 1, ARGS_ANY, KEEP(KEPT_BIND),
      .manual = "[ADDRESS]:PORT ... [PARAMETERS]: where to listen" },
    { "server-template", IN_BACK, 3, ARGS_ANY, KEEP(KEPT_SERVER),
      .manual = "PREFIX COUNT|FIRST-LAST NAME[:PORT] [PARAMETERS]" },
    { "server", IN_BACK, 2, ARGS_ANY, KEEP(KEPT_SERVER), .manual = "NAME ADDRESS[:PORT] [PARAMETERS]" },
    { "default-server", IN_D_BACK, 1, ARGS_ANY, KEEP(KEPT_SERVER),
      .manual = "parameters of the servers that follow" },
    { "bind-process", IN_D_PROXY, 1, ARGS_ANY, KEYWORD_TUNING, .manual = "threads share every listener" },
    { NULL },
};
