/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server {} of http: which servers share an address, what they are called, and
 * what a request meets there before it comes to a location.
 */
#include "conf/nginx/tls.h"

#include "base/macros.h"

static void on_server(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct level *l = level_new(b, LEVEL_SERVER, b->level, s);
    *ARENA_PUSH(b->arena, &b->level->servers) = l;
    nginx_read_block(b, IN_SERVER, l);
}

static void on_server_name(struct build *b, const struct keyword *k, const struct statement *s)
{
    nginx_keep(b, k, s);
    for (uint32_t i = 1; i < s->words.count; i++)
        if (span_starts_with(text_at(s, i), SPAN("~")) && text_at(s, i).len > 1)
            nginx_declare_captures(b, &b->http, span_from_index(text_at(s, i), 1), true, word_at(s, i)->at);
}

#define AT(member) .offset = offsetof(struct level, member)
/* clang-format off */
const struct keyword nginx_server_words[] = {
    { "server", IN_HTTP, 0, 0, .block = true, .handle = on_server, .manual = "a virtual server" },
    { "listen", IN_SERVER, 1, ARGS_ANY, .handle = nginx_keep, AT(listen), .manual = "an address, a port or unix:PATH; default_server, backlog=, reuseport, ipv6only=, deferred, fastopen=, proxy_protocol, bind" },
    { "server_name", IN_SERVER, 1, ARGS_ANY, .handle = on_server_name, AT(server_name), .manual = "its names: exact, *.suffix, prefix.*, ~regular expression" },
    { NULL },
};
/* clang-format on */

/* ---- addresses ---- */

static void take_default(struct build *b, struct listening *l, struct level *server,
                         const struct listen_options *o)
{
    if (!o->is_default)
        return;
    if (l->default_server) {
        struct diag *d = diag_add(b->diags, &nginx_two_defaults, o->at, DIAG_TEXT(o->written, o->plain));
        diag_also(b->diags, d, l->default_at, "the first one");
        return;
    }
    l->default_server = server;
    l->default_at = o->at;
}

static void join(struct build *b, struct level *server, const struct listen_options *o)
{
    struct listening *l = nginx_listening(b, &b->http, o);
    for (uint32_t i = 0; i < l->servers.count; i++) {
        if (l->servers.items[i] == server) {
            diag_add(b->diags, &nginx_duplicate_listen, o->at, DIAG_TEXT(o->written, o->plain));
            return;
        }
    }
    *ARENA_PUSH(b->arena, &l->servers) = server;
    take_default(b, l, server, o);
}

/* A server without listen is on port 80. */
static void listen_by_default(struct build *b, struct level *server)
{
    struct listen_options o = { .written = SPAN("*:80"),
                                .plain = SPAN("0.0.0.0:80"),
                                .at = word_at(&server->opening, 0)->at,
                                .backlog = 511 };
    BUG_ON(!address_parse_ip(SPAN("0.0.0.0"), &o.address));
    address_set_port(&o.address, 80);
    o.v6only = true;
    join(b, server, &o);
}

static void collect(struct build *b, struct level *server)
{
    if (server->listen.count == 0)
        listen_by_default(b, server);
    for (uint32_t i = 0; i < server->listen.count; i++) {
        struct listen_options o;
        if (nginx_parse_listen(b, &server->listen.items[i], false, &o))
            join(b, server, &o);
    }
}

/* ---- names ---- */

static void add_regex_name(struct build *b, struct listening *l, struct host_table *t, struct level *server,
                           const struct word *w)
{
    (void)l;
    struct span pattern = span_from_index(w->text, 1);
    const struct regex *r = pattern.len ? nginx_regex(b, &b->http, w, pattern, true) : NULL;
    if (pattern.len == 0)
        diag_add(b->diags, &nginx_bad_name, w->at, DIAG_TEXT(w->text));
    if (r)
        *ARENA_PUSH(b->arena, &t->regexes) = (struct host_regex){ .regex = r, .scope = server->scope };
}

static void add_name(struct build *b, struct listening *l, struct host_table *t, struct level *server,
                     const struct word *w)
{
    struct span name = w->text;
    if (span_starts_with(name, SPAN("~"))) {
        add_regex_name(b, l, t, server, w);
        return;
    }
    if (span_eq(name, SPAN("$hostname"))) {
        struct answer a = world_ask(b->world, ASK_HOSTNAME, SPAN(""));
        name = a.error ? SPAN("") : arena_span(b->arena, a.bytes);
    }
    switch (host_table_add(b->arena, t, name, server->scope)) {
    case HOST_NAME_ADDED:
        break;
    case HOST_NAME_TAKEN:
        diag_add(b->diags, &nginx_name_taken, w->at, DIAG_TEXT(name, l->options.written, l->options.plain));
        break;
    case HOST_NAME_BAD:
        diag_add(b->diags, &nginx_bad_name, w->at, DIAG_TEXT(name));
        break;
    }
}

/* What stands in every server_name of <server>. A server without any has the empty name. */
static void add_names(struct build *b, struct listening *l, struct host_table *t, struct level *server)
{
    if (server->server_name.count == 0 &&
        host_table_add(b->arena, t, SPAN(""), server->scope) == HOST_NAME_TAKEN)
        diag_add(b->diags, &nginx_name_taken, word_at(&server->opening, 0)->at,
                 DIAG_TEXT(SPAN(""), l->options.written, l->options.plain));
    for (uint32_t i = 0; i < server->server_name.count; i++)
        for (uint32_t k = 1; k < server->server_name.items[i].words.count; k++)
            add_name(b, l, t, server, word_at(&server->server_name.items[i], k));
}

/* $server_name: the first name; of ".example.com" without the dot. */
static struct span first_name(const struct level *server)
{
    if (server->server_name.count == 0)
        return SPAN("");
    struct span name = text_at(&server->server_name.items[0], 1);
    return span_from_index(name, span_starts_with(name, SPAN(".")));
}

/* ---- entries ---- */

static bool is_wildcard(const struct address *a)
{
    return (address_family(a) == AF_INET && a->u.in.sin_addr.s_addr == 0) ||
           (address_family(a) == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->u.in6.sin6_addr));
}

/* The listening on every address of the same port: that socket serves this address too. */
static struct listening *wildcard_of(struct side *side, const struct listening *l)
{
    if (l->options.has_options || is_wildcard(&l->options.address))
        return NULL;
    for (uint32_t i = 0; i < side->listenings.count; i++) {
        struct listening *other = side->listenings.items[i];
        if (is_wildcard(&other->options.address) &&
            address_family(&other->options.address) == address_family(&l->options.address) &&
            address_port(&other->options.address) == address_port(&l->options.address))
            return other;
    }
    return NULL;
}

static struct level *fallback_of(const struct listening *l)
{
    return l->default_server ? l->default_server : l->servers.items[0];
}

/* What happens before a request's host is known is the default server's business. */
static void make_entry(struct build *b, struct listening *l)
{
    const struct level *fallback = fallback_of(l);
    l->entry = config_add_scope(b->config, LANGUAGE_NGINX, l->options.written);
    l->entry->at = l->options.at;
    l->entry->client = fallback->client;
    l->entry->replies = nginx_replies(b, fallback);
    nginx_compile_access_logs(b, &b->http, fallback, l->entry);
    nginx_compile_error_logs(b, fallback, l->entry);
    l->entry->server_name = fallback->scope->server_name;
}

static void route_hosts(struct build *b, struct listening *l)
{
    struct host_table *t = ARENA_NEW(b->arena, struct host_table);
    host_table_init(t, fallback_of(l)->scope);
    for (uint32_t i = 0; i < l->servers.count; i++)
        add_names(b, l, t, l->servers.items[i]);
    action_add(b->config, l->entry, HOOK_REQUEST, ACTION_ROUTE_HOST, l->options.at)->hosts = l->hosts = t;
}

/* Connections that came in by the wildcard's socket, but for this address. */
static void enter_by_address(struct build *b, struct listening *wildcard, const struct listening *l)
{
    struct test t = { .subject = expr_fetch(b->arena, FETCH_LOCAL_IP, SPAN("")),
                      .how = MATCH_IP,
                      .at = l->options.at };
    struct network one = { .base = l->options.address,
                           .bits = (uint8_t)(address_family(&l->options.address) == AF_INET ? 32 : 128) };
    address_set_port(&one.base, 0);
    *ARENA_PUSH(b->arena, &t.networks) = one;
    struct action *a = action_add(b->config, wildcard->entry, HOOK_REQUEST, ACTION_ENTER, l->options.at);
    a->when = cond_of_test(b->arena, &t);
    a->scope = l->entry;
}

static void open_listening(struct build *b, struct listening *l)
{
    l->service = config_add_service(b->config, LANGUAGE_NGINX, l->options.written);
    l->service->protocol = PROTOCOL_HTTP;
    l->service->entry = l->entry;
    l->service->at = l->options.at;
    l->listener = nginx_add_listener(b, l);
}

static void secure(struct build *b, struct listening *l)
{
    const struct tls_listener *tls = nginx_tls_listener(b, l, fallback_of(l), l->hosts);
    if (l->wildcard)
        nginx_tls_share(b, l, tls);
    else
        l->listener->tls = tls;
}

/* Once the servers' pages are there. */
void nginx_finish_entries(struct build *b)
{
    for (uint32_t i = 0; i < b->http.listenings.count; i++) {
        const struct listening *l = b->http.listenings.items[i];
        const struct scope *fallback = fallback_of(l)->scope;
        memcpy(&l->entry->error_pages, &fallback->error_pages, sizeof(fallback->error_pages));
        l->entry->error_pages_set = true;
    }
}

void nginx_compile_hosts(struct build *b)
{
    struct level *top = b->http.top;
    for (uint32_t i = 0; i < top->servers.count; i++) {
        struct level *server = top->servers.items[i];
        struct span name = first_name(server);
        server->client = nginx_client_policy(b, server);
        struct span shown =
            name.len ? arena_printf(b->arena, "server %.*s", SPAN_ARGS(name)) : SPAN("server");
        server->scope = config_add_scope(b->config, LANGUAGE_NGINX, shown);
        server->scope->server_name = name;
        server->scope->at = word_at(&server->opening, 0)->at;
        collect(b, server);
    }
    struct side *side = &b->http;
    for (uint32_t i = 0; i < side->listenings.count; i++)
        make_entry(b, side->listenings.items[i]);
    for (uint32_t i = 0; i < side->listenings.count; i++) {
        struct listening *l = side->listenings.items[i], *wildcard = wildcard_of(side, l);
        l->wildcard = wildcard;
        if (wildcard)
            enter_by_address(b, wildcard, l);
        else
            open_listening(b, l);
    }
    for (uint32_t i = 0; i < side->listenings.count; i++)
        route_hosts(b, side->listenings.items[i]);
    for (unsigned shared = 0; shared < 2; shared++)
        for (uint32_t i = 0; i < side->listenings.count; i++)
            if ((side->listenings.items[i]->wildcard != NULL) == shared)
                secure(b, side->listenings.items[i]);
}

/* ---- what a request meets ---- */

/* The regular expression whose match brought the request here may have named groups. */
static void save_name_captures(struct build *b, struct level *server)
{
    for (uint32_t i = 0; i < server->server_name.count; i++) {
        for (uint32_t k = 1; k < server->server_name.items[i].words.count; k++) {
            const struct word *w = word_at(&server->server_name.items[i], k);
            struct span pattern = span_from_index(w->text, 1);
            struct buf unused = { 0 };
            size_t at;
            if (span_starts_with(w->text, SPAN("~")) && pattern.len)
                nginx_save_captures(b, &b->http, server->scope,
                                    config_regex(b->config, pattern, true, &unused, &at), w->at);
        }
    }
}

void nginx_compile_server(struct build *b, struct level *server)
{
    struct scope *scope = server->scope;
    nginx_index_named(b, server);
    nginx_compile_settings(b, server);
    nginx_compile_tls(b, server);
    nginx_compile_real_ip(b, server, scope);
    save_name_captures(b, server);
    nginx_compile_rewrites(b, server);
    if (server->locations.count) {
        struct location_tree *tree = ARENA_NEW(b->arena, struct location_tree);
        map_init(&tree->named, false);
        server->route_index = scope->on[HOOK_REQUEST].count;
        action_add(b->config, scope, HOOK_REQUEST, ACTION_ROUTE_LOCATION, scope->at)->locations = tree;
        nginx_compile_locations(b, server, tree);
    }
    nginx_compile_content(b, server);
}
