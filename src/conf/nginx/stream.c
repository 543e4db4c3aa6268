/* SPDX-License-Identifier: Apache-2.0 */
/* stream {}: TCP services. */
#include "base/macros.h"
#include "conf/nginx/tls.h"

static void on_stream(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->stream.top = level_new(b, LEVEL_STREAM_TOP, NULL, s);
    nginx_read_block(b, IN_STREAM, b->stream.top);
}

static void on_server(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct level *l = level_new(b, LEVEL_STREAM_SERVER, b->level, s);
    *ARENA_PUSH(b->arena, &b->level->servers) = l;
    nginx_read_block(b, IN_STREAM_SERVER, l);
}

#define AT(member) .offset = offsetof(struct level, member)
#define ONCE       .once = true
/* clang-format off */
const struct keyword nginx_stream_words[] = {
    { "stream", IN_MAIN, 0, 0, ONCE, .block = true, .handle = on_stream, .manual = "everything about TCP and UDP" },
    { "server", IN_STREAM, 0, 0, .block = true, .handle = on_server, .manual = "a service" },
    { "listen", IN_STREAM_SERVER, 1, ARGS_ANY, .handle = nginx_keep, AT(listen), .manual = "an address with a port, or unix:PATH; udp, ssl, backlog=, reuseport, ipv6only=, proxy_protocol, bind" },
    { "proxy_pass", IN_STREAM_SERVER, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_pass), .manual = "sends connections to ADDRESS:PORT or an upstream" },
    { "return", IN_STREAM_SERVER, 1, 1, ONCE, .handle = nginx_keep, AT(stream_return), .manual = "sends a text and closes" },
    { "proxy_timeout", IN_TCP, 1, 1, ONCE, .handle = nginx_set_time, AT(proxy_timeout), .manual = "between two reads or writes, in both directions" },
    { "proxy_half_close", IN_TCP, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_half_close), .manual = "each direction ends by itself" },
    { "proxy_next_upstream", IN_TCP, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_next_upstream_switch), .manual = "try the next server when one cannot be reached" },
    { "proxy_requests", IN_TCP, 1, 1, ONCE, .handle = nginx_set_number, AT(proxy_requests), .manual = "UDP: datagrams of a client, after which its next one begins a new session; 0: no limit" },
    { "proxy_responses", IN_TCP, 1, 1, ONCE, .handle = nginx_set_number, AT(proxy_responses), .manual = "UDP: answers to each datagram, after which a session ends" },
    { "proxy_protocol", IN_TCP, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_protocol), .manual = "servers are told the client's address by a PROXY header, version 1" },
    { "proxy_upload_rate", IN_TCP, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_upload_rate), .manual = "bytes a second from the client; 0: no limit" },
    { "proxy_download_rate", IN_TCP, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_download_rate), .manual = "bytes a second from the server; 0: no limit" },
    { "preread_buffer_size", IN_TCP, 1, 1, ONCE, .handle = nginx_set_size, AT(preread_buffer_size), .low = 1, .high = INT32_MAX, .manual = "bytes of the client that are looked at before a server is chosen" },
    { NULL },
};
/* clang-format on */

/* ---- policies ---- */

static const struct client_policy *client_policy(struct build *b, const struct level *l)
{
    struct client_policy *p = ARENA_NEW(b->arena, struct client_policy);
    duration idle = TIME(l, proxy_timeout, 600000);
    p->head_timeout = TIME(l, tls.handshake_timeout, 60000);
    p->idle_timeout = p->body_timeout = p->send_timeout = p->tunnel_timeout = idle;
    p->half_closed_timeout = p->life_max = DURATION_NONE;
    p->head_max = (uint32_t)SETTING(l, preread_buffer_size, 16384);
    return p;
}

/* A size, or variables that give bytes a second; NULL: no limit. */
static const struct expr *rate(struct build *b, const struct kept *k)
{
    const struct word *w = k ? word_at(&k->items[0], 1) : NULL;
    uint64_t n;
    if (w == NULL)
        return NULL;
    if (nginx_has_variables(w->text))
        return nginx_expr(b, &b->stream, w, NULL);
    if (!value_size(b->diags, w, 0, INT64_MAX, &n) || n == 0)
        return NULL;
    return expr_text(b->arena, arena_printf(b->arena, "%llu", (unsigned long long)n));
}

static struct server_policy *server_policy(struct build *b, const struct level *l)
{
    struct server_policy *p = ARENA_NEW(b->arena, struct server_policy);

    p->gateway_statuses = p->one_timer = true;
    p->end_together = !SETTING(l, proxy_half_close, false);
    duration idle = TIME(l, proxy_timeout, 600000), limit = TIME(l, proxy_next_upstream_timeout, 0);
    p->connect_timeout = TIME(l, proxy_connect_timeout, 60000);
    p->send_timeout = p->read_timeout = p->tunnel_timeout = idle;
    p->queue_timeout = p->half_closed_timeout = DURATION_NONE;
    if (SETTING(l, proxy_next_upstream_switch, true))
        p->retry_on = RETRY_CONNECT | RETRY_CONNECT_REFUSED | RETRY_CONNECT_TIMEOUT;
    p->tries_max = (uint32_t)SETTING(l, proxy_next_upstream_tries, 0);
    p->tries_time = limit.ms ? limit : DURATION_NONE;
    p->redispatch = 1;
    p->head_buffer = (uint32_t)SETTING(l, proxy_buffer_size, 16384);
    nginx_bind_address(b, &b->stream, l, &p->source);
    p->probe_idle = SETTING(l, proxy_socket_keepalive, false);
    p->datagrams_max = (uint32_t)SETTING(l, proxy_requests, 0);
    p->answers_max = (uint32_t)SETTING(l, proxy_responses, UINT32_MAX);
    p->send_proxy = SETTING(l, proxy_protocol, false) ? SEND_PROXY_V1 : SEND_PROXY_NONE;
    p->rate_to_server = rate(b, KEPT(l, proxy_upload_rate));
    p->rate_to_client = rate(b, KEPT(l, proxy_download_rate));
    return p;
}

/* ---- what happens to a connection ---- */

static void compile_sets(struct build *b, const struct level *l)
{
    for (uint32_t i = 0; i < l->rewrites.count; i++) {
        const struct statement *s = &l->rewrites.items[i].statement;
        struct span name;
        if (!nginx_new_variable(b, word_at(s, 1), &name))
            continue;
        const struct expr *value = nginx_expr(b, &b->stream, word_at(s, 2), NULL);
        uint32_t slot = nginx_slot(b, &b->stream, name, word_at(s, 1)->at);
        struct action *a = action_add(b->config, l->scope, HOOK_CONTENT, ACTION_SET_SLOT, s->at);
        a->number = slot;
        a->expr = value;
    }
}

static void compile_return(struct build *b, const struct level *l)
{
    const struct statement *s = &l->stream_return.items[0];
    struct reply *r = ARENA_NEW(b->arena, struct reply);
    r->body = nginx_expr(b, &b->stream, word_at(s, 1), NULL);
    r->close = true;
    r->at = s->at;
    action_add(b->config, l->scope, HOOK_CONTENT, ACTION_REPLY, s->at)->reply = r;
}

static void compile_pass(struct build *b, const struct level *l)
{
    const struct word *w = word_at(&l->proxy_pass.items[0], 1);
    struct proxy *p = ARENA_NEW(b->arena, struct proxy);
    p->at = w->at;
    if (nginx_has_variables(w->text)) {
        p->target = nginx_expr(b, &b->stream, w, NULL);
        p->pools = nginx_all_pools(b, &b->stream);
        p->resolver = nginx_resolver(b, l);
        p->pool = nginx_found_pool(b, w);
    } else {
        p->pool = nginx_target_pool(b, &b->stream, w, false);
    }
    if (p->pool == NULL && p->pools == NULL)
        return;
    action_add(b->config, l->scope, HOOK_CONTENT, ACTION_PROXY, p->at)->proxy = p;
}

/* What proxy_ssl_name is when nobody says: proxy_pass's own. */
static const struct expr *passed_name(struct build *b, const struct level *l)
{
    return nginx_expr(b, &b->stream, word_at(&l->proxy_pass.items[0], 1), NULL);
}

static void compile_server(struct build *b, struct level *l)
{
    nginx_compile_access_logs(b, &b->stream, l, l->scope);
    nginx_compile_error_logs(b, l, l->scope);
    struct server_policy *policy = server_policy(b, l);
    l->scope->client = client_policy(b, l);
    l->scope->server = policy;
    nginx_compile_real_ip(b, l, l->scope);
    nginx_compile_access(b, l, l->scope, HOOK_CONNECTION);
    nginx_compile_limits(b, &b->stream, l);
    nginx_compile_preread(b, l);
    compile_sets(b, l);
    if (SETTING(l, tls.proxy, false) && l->proxy_pass.count)
        policy->tls = nginx_tls_client(b, &b->stream, l, passed_name(b, l), l->proxy_pass.items[0].at);
    const struct word *word = word_at(&l->opening, 0);
    if (l->proxy_pass.count && l->stream_return.count) {
        struct diag *d = diag_add(b->diags, &nginx_two_handlers, l->stream_return.items[0].at, DIAG_NO_TEXT);
        diag_also(b->diags, d, l->proxy_pass.items[0].at, "and this");
    } else if (l->stream_return.count) {
        compile_return(b, l);
    } else if (l->proxy_pass.count) {
        compile_pass(b, l);
    } else {
        diag_add(b->diags, &nginx_no_handler, word->at, DIAG_NO_TEXT);
    }
    nginx_compile_health(b, &b->stream, l, policy);
}

/* What only connections can have. */
static void check_udp(struct build *b, const struct level *l)
{
    const struct setting *tls = level_setting(l, offsetof(struct level, tls.proxy)),
                         *preread = level_setting(l, offsetof(struct level, tls.preread));
    const struct kept *rates[] = { KEPT(l, proxy_upload_rate), KEPT(l, proxy_download_rate) };
    if (tls && tls->n)
        diag_add(b->diags, &nginx_tcp_only, tls->at, DIAG_TEXT(SPAN("proxy_ssl")));
    if (preread && preread->n)
        diag_add(b->diags, &nginx_tcp_only, preread->at, DIAG_TEXT(SPAN("ssl_preread")));
    for (size_t i = 0; i < COUNT_OF(rates); i++)
        if (rates[i] && !span_eq(text_at(&rates[i]->items[0], 1), SPAN("0")))
            diag_add(b->diags, &nginx_tcp_only, rates[i]->items[0].at,
                     DIAG_TEXT(text_at(&rates[i]->items[0], 0)));
}

/* ---- addresses ---- */

static void open_service(struct build *b, struct listening *l, struct level *server)
{
    struct span name = l->options.udp ? arena_printf(b->arena, "%.*s/udp", SPAN_ARGS(l->options.written))
                                      : l->options.written;
    l->service = config_add_service(b->config, LANGUAGE_NGINX, name);
    l->service->protocol = l->options.udp ? PROTOCOL_UDP : PROTOCOL_TCP;
    l->service->entry = server->scope;
    l->service->at = l->options.at;
    l->listener = nginx_add_listener(b, l);
    l->listener->tls = nginx_tls_listener(b, l, server, NULL);
}

static void listen_to(struct build *b, struct level *server, const struct statement *s)
{
    struct listen_options o;
    if (!nginx_parse_listen(b, s, true, &o))
        return;
    struct listening *l = nginx_listening(b, &b->stream, &o);
    if (l->servers.count) {
        struct diag *d = diag_add(b->diags, &nginx_duplicate_pair, o.at, DIAG_TEXT(o.written, o.plain));
        diag_also(b->diags, d, l->options.at, "the first one");
        return;
    }
    if (o.udp)
        check_udp(b, server);
    *ARENA_PUSH(b->arena, &l->servers) = server;
    if (server->scope->name.len == 0)
        server->scope->name = o.written;
    open_service(b, l, server);
}

void nginx_compile_stream(struct build *b)
{
    struct level *top = b->stream.top;
    nginx_compile_lookups(b, &b->stream);
    nginx_compile_formats(b, &b->stream);
    nginx_compile_upstreams(b, &b->stream);
    nginx_compile_zones(b, &b->stream);
    for (uint32_t i = 0; i < top->servers.count; i++) {
        struct level *server = top->servers.items[i];
        const struct word *word = word_at(&server->opening, 0);
        server->scope = config_add_scope(b->config, LANGUAGE_NGINX, SPAN(""));
        server->scope->at = word->at;
        server->scope->log_refused = true;
        if (server->listen.count == 0)
            diag_add(b->diags, &nginx_no_listen, word->at, DIAG_NO_TEXT);
        for (uint32_t k = 0; k < server->listen.count; k++)
            listen_to(b, server, &server->listen.items[k]);
        compile_server(b, server);
    }
    nginx_say_unresolved(b);
}
