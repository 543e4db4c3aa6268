/* SPDX-License-Identifier: Apache-2.0 */
/* upstream {}: pools of http and of stream, and those that proxy_pass makes for an address. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"
#include "model/name_resolver.h"

/* nginx's own numbers since 1.29.7. */
enum { NAMED_SLOTS = 16 };
enum { KEEPALIVE = 32, KEEPALIVE_REQUESTS = 1000, KEEPALIVE_TIMEOUT_S = 60, KEEPALIVE_TIME_S = 3600 };

static struct side *side_of(struct build *b)
{
    return b->context & (IN_STREAM | IN_STREAM_SERVER | IN_STREAM_UPSTREAM) ? &b->stream : &b->http;
}

static struct pool *pool_new(struct build *b, struct side *side, struct span name, struct where at)
{
    struct pool *p = side->stream ? config_add_stream_pool(b->config, LANGUAGE_NGINX, name)
                                  : config_add_pool(b->config, LANGUAGE_NGINX, name);
    p->algorithm = BALANCE_ROUND_ROBIN;
    p->all_backups = true;
    p->single_never_fails = true;
    p->reuse = side->stream ? REUSE_NEVER : REUSE_ALWAYS;
    p->idle_max = side->stream ? 0 : KEEPALIVE;
    p->idle_timeout = DURATION_S(KEEPALIVE_TIMEOUT_S);
    p->idle_life = DURATION_S(KEEPALIVE_TIME_S);
    p->idle_requests = KEEPALIVE_REQUESTS;
    p->at = at;
    return p;
}

static struct server *add_server(struct build *b, struct pool *p, struct span name, const struct address *a,
                                 struct where at)
{
    struct server *s = config_add_server(b->config, p);
    s->name = name;
    s->address = *a;
    s->fails_max = 1;
    s->at = at;
    return s;
}

struct upstream *nginx_find_upstream(struct side *side, struct span name)
{
    return map_get(&side->upstream_names, name);
}

/* ---- addresses that are no upstream's name ---- */

struct pool *nginx_address_pool(struct build *b, struct side *side, const struct word *w, struct span host,
                                uint16_t default_port)
{
    struct addresses found = { 0 };
    if (!nginx_addresses(b, w, host, default_port, ADDRESS_OF_UPSTREAM, &found))
        return NULL;
    struct span name = nginx_has_port(host)
                           ? arena_span(b->arena, host)
                           : arena_printf(b->arena, "%.*s:%u", SPAN_ARGS(host), default_port);
    struct pool *p = side->stream ? config_find_stream_pool(b->config, LANGUAGE_NGINX, name)
                                  : config_find_pool(b->config, LANGUAGE_NGINX, name);
    if (p)
        return p;
    p = pool_new(b, side, name, w->at);
    p->implicit = true;
    for (uint32_t i = 0; i < found.count; i++)
        (void)add_server(b, p, name, &found.items[i], w->at);
    return p;
}

/* ---- server ---- */

struct server_options {
    int64_t weight, fails, conns;
    duration window, slow_start;
    struct span route;
    struct span service;
    bool backup, down, drain, resolve;
};

static bool is_refused_option(const struct word *w)
{
    static const char *const refused[] = { "id" };
    struct word value;
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        if (span_eq(w->text, span_from(refused[i])) || word_option(w, refused[i], &value))
            return true;
    return false;
}

static void server_option(struct build *b, const struct word *w, struct server_options *o)
{
    struct word value;
    if (word_option(w, "weight", &value))
        (void)value_number(b->diags, &value, 1, 65535, &o->weight);
    else if (word_option(w, "max_conns", &value))
        (void)value_number(b->diags, &value, 0, INT32_MAX, &o->conns);
    else if (word_option(w, "max_fails", &value))
        (void)value_number(b->diags, &value, 0, INT32_MAX, &o->fails);
    else if (word_option(w, "fail_timeout", &value))
        (void)value_time(b->diags, WORDS_NGINX, &value, 1000, &o->window);
    else if (span_eq(w->text, SPAN("backup")))
        o->backup = true;
    else if (span_eq(w->text, SPAN("down")))
        o->down = true;
    else if (span_eq(w->text, SPAN("resolve")))
        o->resolve = true;
    else if (word_option(w, "service", &value))
        o->service = arena_span(b->arena, value.text);
    else if (span_eq(w->text, SPAN("drain")))
        o->drain = true;
    else if (word_option(w, "slow_start", &value))
        (void)value_time(b->diags, WORDS_NGINX, &value, 1000, &o->slow_start);
    else if (word_option(w, "route", &value))
        o->route = arena_span(b->arena, value.text);
    else if (is_refused_option(w))
        diag_add(b->diags, &nginx_server_refused, w->at, DIAG_TEXT(w->text));
    else
        diag_add(b->diags, &nginx_bad_parameter, w->at, DIAG_TEXT(w->text, SPAN("server")));
}

static bool takes_no_backup(const struct pool *p)
{
    return p->algorithm == BALANCE_IP_HASH || p->algorithm == BALANCE_HASH ||
           p->algorithm == BALANCE_KETAMA || p->algorithm == BALANCE_RANDOM;
}

static void set_options(struct server *server, const struct server_options *o)
{
    server->weight = (uint32_t)o->weight;
    server->connections_max = (uint32_t)o->conns;
    server->fails_max = (uint32_t)o->fails;
    server->fail_window = o->window;
    server->backup = o->backup;
    server->down = o->down;
    server->drain = o->drain;
    server->slow_start = o->slow_start;
    server->route = o->route;
}

/* ---- names that are asked for while running ---- */

/* "http" -> "_http._tcp.name"; what begins with "_" or has dots stands before the name as it is. */
static struct span service_name(struct build *b, struct span service, struct span name)
{
    bool whole = span_starts_with(service, SPAN("_")) || span_find_char(service, '.') != SPAN_NONE;
    return arena_printf(b->arena, whole ? "%.*s.%.*s" : "_%.*s._tcp.%.*s", SPAN_ARGS(service),
                        SPAN_ARGS(name));
}

/* The first addresses, when the name is known already; it need not be. */
static void first_addresses(struct build *b, const struct name_group *g, struct span name,
                            struct addresses *out)
{
    struct answer a = world_ask(b->world, ASK_HOST, arena_span(b->arena, name));
    struct span rest = a.error ? SPAN("") : a.bytes;
    while (rest.len && out->count < NAMED_SLOTS && !g->service) {
        struct address ip;
        if (!address_parse_ip(span_cut(&rest, '\0'), &ip))
            continue;
        address_set_port(&ip, g->port);
        *ARENA_PUSH(b->arena, out) = ip;
    }
}

/* server NAME[:PORT] resolve [service=NAME]: room for so many addresses as a name is likely to have. */
static void add_named(struct build *b, struct upstream *u, const struct statement *s,
                      const struct server_options *o)
{
    const struct word *w = word_at(s, 1);
    struct span port = w->text, name = span_cut(&port, ':');
    uint64_t number = u->side->stream ? 0 : 80;
    struct address literal;
    if (name.len == 0 || address_parse_ip(name, &literal) || span_eq(name, SPAN("unix")) ||
        (port.ptr && o->service.ptr)) {
        diag_add(b->diags, &nginx_bad_parameter, w->at,
                 DIAG_TEXT(o->service.ptr ? SPAN("service") : SPAN("resolve"), w->text));
        return;
    }
    if ((port.ptr && (!span_to_u64(port, 65535, &number) || number == 0)) ||
        (number == 0 && !o->service.ptr)) {
        diag_add(b->diags, port.ptr ? &nginx_bad_port : &nginx_no_port, w->at, DIAG_TEXT(w->text));
        return;
    }
    struct name_group *g = ARENA_NEW(b->arena, struct name_group);
    g->service = o->service.ptr != NULL;
    g->by_priority = true;
    g->name = g->service ? service_name(b, o->service, name) : arena_span(b->arena, name);
    g->port = (uint16_t)number;
    g->at = w->at;
    struct addresses found = { 0 };
    first_addresses(b, g, name, &found);
    for (uint32_t i = 0; i < NAMED_SLOTS; i++) {
        struct address none = { .len = 0 };
        struct server *server =
            add_server(b, u->pool, w->text, i < found.count ? &found.items[i] : &none, w->at);
        set_options(server, o);
        server->host = g->name;
        server->identity =
            arena_printf(b->arena, "%.*s resolve %u.%u", SPAN_ARGS(w->text), u->name_groups.count, i);
        *ARENA_PUSH(b->arena, &g->servers) = server;
    }
    *ARENA_PUSH(b->arena, &u->name_groups) = g;
}

static void on_upstream_resolver(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    *ARENA_PUSH(b->arena, &b->upstream->resolver) = *s;
}

static void compile_names(struct build *b, struct side *side, const struct upstream *u)
{
    struct level *own = ARENA_NEW(b->arena, struct level);
    own->parent = side->top;
    own->resolver = u->resolver;
    const struct name_resolver *r = u->name_groups.count ? nginx_resolver(b, own) : NULL;
    for (uint32_t i = 0; i < u->name_groups.count; i++) {
        struct name_group *g = u->name_groups.items[i];
        if (r == NULL) {
            diag_add(b->diags, &nginx_no_upstream_resolver, g->at, DIAG_TEXT(u->name));
            continue;
        }
        g->resolver = r;
        *ARENA_PUSH(b->arena, &b->config->name_groups) = g;
    }
}

static void on_upstream_server(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct upstream *u = b->upstream;
    u->lines++;
    struct server_options o = { .weight = 1, .fails = 1, .window = DURATION_S(10) };
    for (uint32_t i = 2; i < s->words.count; i++) {
        server_option(b, word_at(s, i), &o);
        const char *not_here = span_eq(text_at(s, i), SPAN("backup"))                 ? "backup"
                               : span_starts_with(text_at(s, i), SPAN("slow_start=")) ? "slow_start"
                                                                                      : NULL;
        if (not_here && takes_no_backup(u->pool)) {
            struct diag *d =
                diag_add(b->diags, &nginx_no_backup, word_at(s, i)->at, DIAG_TEXT(span_from(not_here)));
            diag_also(b->diags, d, u->balance_at, "how servers are chosen is said here");
        }
    }
    if (o.resolve || o.service.ptr) {
        add_named(b, u, s, &o);
        return;
    }
    struct addresses found = { 0 };
    if (!nginx_addresses(b, word_at(s, 1), text_at(s, 1), u->side->stream ? 0 : 80, ADDRESS_OF_UPSTREAM,
                         &found))
        return;
    for (uint32_t i = 0; i < found.count; i++)
        set_options(add_server(b, u->pool, text_at(s, 1), &found.items[i], word_at(s, 1)->at), &o);
}

/* ---- how to choose ---- */

static void balance(struct build *b, const struct statement *s, enum balance_algorithm algorithm)
{
    struct upstream *u = b->upstream;
    if (u->balanced) {
        struct diag *d = diag_add(b->diags, &nginx_two_methods, s->at, DIAG_TEXT(text_at(s, 0)));
        diag_also(b->diags, d, u->balance_at, "the first one");
    }
    u->balanced = true;
    u->balance_at = s->at;
    u->pool->algorithm = algorithm;
}

static void on_least_conn(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    balance(b, s, BALANCE_LEAST_CONN);
}

static void on_ip_hash(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    balance(b, s, BALANCE_IP_HASH);
}

static void on_hash(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    bool consistent = s->words.count > 2 && span_eq(text_at(s, 2), SPAN("consistent"));
    if (s->words.count > 2 && !consistent) {
        diag_add(b->diags, &nginx_bad_parameter, word_at(s, 2)->at, DIAG_TEXT(text_at(s, 2), SPAN("hash")));
        return;
    }
    balance(b, s, consistent ? BALANCE_KETAMA : BALANCE_HASH);
    *ARENA_PUSH(b->arena, &b->upstream->hash) = *s;
}

/* random; random two; random two least_conn */
static void on_random(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    static const char *const methods[] = {
        "least_conn",         "least_time=header",     "least_time=last_byte",
        "least_time=connect", "least_time=first_byte", NULL
    };
    static const enum load loads[] = { LOAD_CONNECTIONS, LOAD_FIRST_BYTE, LOAD_LAST_BYTE, LOAD_CONNECT,
                                       LOAD_FIRST_BYTE };
    unsigned method = 0;
    if (s->words.count > 1 && !span_eq(text_at(s, 1), SPAN("two"))) {
        diag_add(b->diags, &nginx_bad_parameter, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1), SPAN("random")));
        return;
    }
    if (s->words.count > 2 && !value_choice(b->diags, word_at(s, 2), methods, &method))
        return;
    if ((method == 1 && b->upstream->side->stream) || (method >= 3 && !b->upstream->side->stream)) {
        diag_add(b->diags, &nginx_server_refused, word_at(s, 2)->at, DIAG_TEXT(text_at(s, 2)));
        return;
    }
    balance(b, s, BALANCE_RANDOM);
    b->upstream->pool->load = loads[method];
    b->upstream->pool->draws = s->words.count > 1 ? 2 : 1;
}

/* least_time header|last_byte [inflight]; of streams connect|first_byte|last_byte */
static void on_least_time(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    static const char *const http[] = { "header", "last_byte", NULL };
    static const char *const stream[] = { "connect", "first_byte", "last_byte", NULL };
    static const enum load http_loads[] = { LOAD_FIRST_BYTE, LOAD_LAST_BYTE },
                           stream_loads[] = { LOAD_CONNECT, LOAD_FIRST_BYTE, LOAD_LAST_BYTE };
    bool is_stream = b->upstream->side->stream;
    unsigned n;
    if (!value_choice(b->diags, word_at(s, 1), is_stream ? stream : http, &n))
        return;
    bool inflight = s->words.count > 2 && span_eq(text_at(s, 2), SPAN("inflight"));
    if (s->words.count > 2 && !inflight) {
        diag_add(b->diags, &nginx_bad_parameter, word_at(s, 2)->at, DIAG_TEXT(text_at(s, 2), text_at(s, 0)));
        return;
    }
    balance(b, s, BALANCE_LEAST_TIME);
    b->upstream->pool->load = is_stream ? stream_loads[n] : http_loads[n];
    b->upstream->pool->inflight = inflight;
}

/* fair [weight_mode=idle|peak] [no_rr] */
static void on_fair(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct pool *p = b->upstream->pool;
    balance(b, s, BALANCE_FAIR);
    for (uint32_t i = 1; i < s->words.count; i++) {
        if (span_eq(text_at(s, i), SPAN("no_rr")))
            p->fair_first = true;
        else if (span_eq(text_at(s, i), SPAN("weight_mode=idle")))
            p->fair_weights = FAIR_WEIGHTS_IDLE;
        else if (span_eq(text_at(s, i), SPAN("weight_mode=peak")))
            p->fair_weights = FAIR_WEIGHTS_PEAK;
        else
            diag_add(b->diags, &nginx_bad_parameter, word_at(s, i)->at,
                     DIAG_TEXT(text_at(s, i), text_at(s, 0)));
    }
}

/* queue NUMBER [timeout=TIME] */
static void on_queue(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct pool *p = b->upstream->pool;
    struct word value;
    int64_t most;
    p->queue_timeout = DURATION_S(60);
    if (value_number(b->diags, word_at(s, 1), 1, INT32_MAX, &most))
        p->queue_max = (uint32_t)most;
    if (s->words.count < 3)
        return;
    if (word_option(word_at(s, 2), "timeout", &value))
        (void)value_time(b->diags, WORDS_NGINX, &value, 1000, &p->queue_timeout);
    else
        diag_add(b->diags, &nginx_bad_parameter, word_at(s, 2)->at, DIAG_TEXT(text_at(s, 2), text_at(s, 0)));
}

/* ---- idle connections ---- */

static void on_keepalive(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n;
    if (s->words.count > 2 && !span_eq(text_at(s, 2), SPAN("local")))
        diag_add(b->diags, &nginx_bad_parameter, word_at(s, 2)->at,
                 DIAG_TEXT(text_at(s, 2), SPAN("keepalive")));
    if (value_number(b->diags, word_at(s, 1), 0, INT32_MAX, &n))
        b->upstream->pool->idle_max = (uint32_t)n;
}

static void on_keepalive_requests(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), 0, INT64_MAX, &n))
        b->upstream->pool->idle_requests = (uint64_t)n;
}

static void on_keepalive_timeout(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)value_time(b->diags, WORDS_NGINX, word_at(s, 1), 1000, &b->upstream->pool->idle_timeout);
}

static void on_keepalive_time(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)value_time(b->diags, WORDS_NGINX, word_at(s, 1), 1000, &b->upstream->pool->idle_life);
}

/* State is one for all threads in any case; the size is not needed. */
static void on_zone(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    uint64_t size;
    if (s->words.count > 2)
        (void)value_size(b->diags, word_at(s, 2), 0, INT64_MAX, &size);
}

/* ---- the block ---- */

static void on_upstream(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct side *side = side_of(b);
    struct upstream *u = ARENA_NEW(b->arena, struct upstream);
    u->name = text_at(s, 1);
    u->side = side;
    u->at = word_at(s, 1)->at;
    u->pool = pool_new(b, side, u->name, u->at);
    struct upstream *outer = b->upstream;
    b->upstream = u;
    nginx_read_block(b, side->stream ? IN_STREAM_UPSTREAM : IN_UPSTREAM, b->level);
    b->upstream = outer;
    *ARENA_PUSH(b->arena, &side->upstreams) = u;
    if (nginx_find_upstream(side, u->name) == NULL)
        (void)map_put(b->arena, &side->upstream_names, u->name, u);
    if (u->lines == 0)
        diag_add(b->diags, &nginx_no_servers, u->at, DIAG_TEXT(u->name));
}

void nginx_compile_upstreams(struct build *b, struct side *side)
{
    for (uint32_t i = 0; i < side->upstreams.count; i++) {
        struct upstream *u = side->upstreams.items[i];
        if (u->hash.count)
            u->pool->key = nginx_expr(b, side, word_at(&u->hash.items[u->hash.count - 1], 1), NULL);
        nginx_compile_sticky(b, side, u);
        compile_names(b, side, u);
    }
}

#define IN_BOTH (IN_UPSTREAM | IN_STREAM_UPSTREAM)
/* clang-format off */
const struct keyword nginx_upstream_words[] = {
    { "upstream", IN_HTTP | IN_STREAM, 1, 1, .block = true, .handle = on_upstream, .manual = "a group of servers" },
    { "server", IN_BOTH, 1, ARGS_ANY, .handle = on_upstream_server, .manual = "a server: weight=, max_conns=, max_fails=, fail_timeout=, slow_start=, route=, backup, down, drain, resolve, service=" },
    { "least_conn", IN_BOTH, 0, 0, .handle = on_least_conn, .manual = "the server with the fewest connections" },
    { "ip_hash", IN_UPSTREAM, 0, 0, .handle = on_ip_hash, .manual = "by the client's address" },
    { "hash", IN_BOTH, 1, 2, .handle = on_hash, .manual = "by a key; consistent: with as little change as can be when servers come and go" },
    { "least_time", IN_BOTH, 1, 2, .handle = on_least_time, .manual = "header or last_byte (stream: connect, first_byte or last_byte) [inflight]: the server that answers soonest, with the fewest connections" },
    { "fair", IN_UPSTREAM, 0, 2, .handle = on_fair, .manual = "[weight_mode=idle|peak] [no_rr]: the least busy server; in turn when several are idle" },
    { "queue", IN_UPSTREAM, 1, 2, .once = true, .handle = on_queue, .manual = "NUMBER [timeout=60s]: requests that wait when every server has max_conns" },
    { "random", IN_BOTH, 0, 2, .handle = on_random, .manual = "at random; two [least_conn|least_time=...]: of two the one with less load" },
    { "keepalive", IN_UPSTREAM, 1, 2, .once = true, .handle = on_keepalive, .manual = "idle connections kept by each thread" },
    { "keepalive_requests", IN_UPSTREAM, 1, 1, .once = true, .handle = on_keepalive_requests, .manual = "requests on one connection at most" },
    { "keepalive_timeout", IN_UPSTREAM, 1, 1, .once = true, .handle = on_keepalive_timeout, .manual = "how long a connection is kept idle" },
    { "keepalive_time", IN_UPSTREAM, 1, 1, .once = true, .handle = on_keepalive_time, .manual = "how old a connection gets" },
    { "resolver", IN_BOTH, 1, ARGS_ANY, .once = true, .handle = on_upstream_resolver, .manual = "nameservers for servers with `resolve`; else those of http or stream" },
    { "zone", IN_BOTH, 1, 2, .once = true, .handle = on_zone, .manual = "accepted: state is shared by all threads in any case" },
    { NULL },
};
/* clang-format on */
