/* SPDX-License-Identifier: Apache-2.0 */
/* http {}: the block, what is said about clients, and the order of compiling. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"

/* Longest time that is not "none": nginx waits without an end for a client behind an upgraded connection. */
#define ENDLESS ((duration){ UINT32_MAX - 1 })

static void on_http(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    b->http.top = level_new(b, LEVEL_HTTP_TOP, NULL, s);
    nginx_predefine_formats(b, &b->http);
    nginx_read_block(b, IN_HTTP, b->http.top);
}

/* ---- words of their own ---- */

static struct setting *setting_at(struct build *b, const struct keyword *k)
{
    return (struct setting *)(void *)((char *)b->level + k->offset);
}

/* keepalive_timeout 65s [60s]: the second goes into a field of the answer. */
static void on_keepalive_timeout(struct build *b, const struct keyword *k, const struct statement *s)
{
    duration field;

    nginx_set_time(b, k, s);
    if (s->words.count > 2 && value_time(b->diags, WORDS_NGINX, word_at(s, 2), 1000, &field))
        setting_at(b, k)->n2 = field.ms / 1000;
}

static void on_choice(struct build *b, const struct keyword *k, const struct statement *s,
                      const char *const *words)
{
    unsigned i;
    if (value_choice(b->diags, word_at(s, 1), words, &i))
        *setting_at(b, k) = (struct setting){ .set = true, .n = i, .at = s->at };
}

static void on_lingering_close(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const words[] = { "off", "on", "always", NULL };
    on_choice(b, k, s, words);
}

static void on_modified_since(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const words[] = { "exact", "off", "before", NULL }; /* as in struct files */
    on_choice(b, k, s, words);
}

static void on_server_tokens(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const words[] = { "off", "on", "build", NULL };
    on_choice(b, k, s, words);
}

/* A size, or variables that say one. */
static void on_rate(struct build *b, const struct keyword *k, const struct statement *s)
{
    bool after = k->offset == offsetof(struct level, limit_rate_after);
    if (!nginx_has_variables(text_at(s, 1))) {
        nginx_set_size(b, k, s);
        return;
    }
    *ARENA_PUSH(b->arena, after ? &b->level->limit_rate_after_text : &b->level->limit_rate_text) = *s;
    *setting_at(b, k) = (struct setting){ .set = true, .n = UINT64_MAX, .at = s->at };
    b->level->says_more = true;
}

#define AT(member) .offset = offsetof(struct level, member)
#define ONCE       .once = true
/* clang-format off */
const struct keyword nginx_http_words[] = {
    { "http", IN_MAIN, 0, 0, ONCE, .block = true, .handle = on_http, .manual = "everything about HTTP" },
    { "client_header_timeout", IN_HTTP | IN_SERVER, 1, 1, ONCE, .handle = nginx_set_time, AT(client_header_timeout), .manual = "for the whole head of a request" },
    { "client_body_timeout", IN_HSL, 1, 1, ONCE, .handle = nginx_set_time, AT(client_body_timeout), .manual = "between two reads of a body" },
    { "send_timeout", IN_HSL, 1, 1, ONCE, .handle = nginx_set_time, AT(send_timeout), .manual = "between two writes to a client" },
    { "keepalive_timeout", IN_HSL, 1, 2, ONCE, .handle = on_keepalive_timeout, AT(keepalive_timeout), .manual = "how long an idle client connection is kept; 0: not at all" },
    { "keepalive_requests", IN_HSL, 1, 1, ONCE, .handle = nginx_set_number, AT(keepalive_requests), .manual = "requests on one client connection at most" },
    { "keepalive_time", IN_HSL, 1, 1, ONCE, .handle = nginx_set_time, AT(keepalive_time), .manual = "how old a client connection gets" },
    { "client_header_buffer_size", IN_HTTP | IN_SERVER, 1, 1, ONCE, .handle = nginx_set_size, AT(client_header_buffer_size), .low = 1, .high = INT32_MAX, .manual = "first buffer for a head" },
    { "large_client_header_buffers", IN_HTTP | IN_SERVER, 2, 2, ONCE, .handle = nginx_set_buffers, AT(client_header_buffers), .low = 1, .manual = "how long a head may be" },
    { "max_headers", IN_HTTP | IN_SERVER, 1, 1, ONCE, .handle = nginx_set_number, AT(max_headers), .low = 1, .high = UINT16_MAX, .manual = "fields of a request at most" },
    { "client_max_body_size", IN_HSL, 1, 1, ONCE, .handle = nginx_set_size, AT(client_max_body_size), .manual = "longer bodies are answered 413; 0: no limit" },
    { "client_body_buffer_size", IN_HSL, 1, 1, ONCE, .handle = nginx_set_size, AT(client_body_buffer_size), .high = UINT32_MAX, .manual = "of a body in memory, before it goes to a file" },
    { "lingering_close", IN_HSL, 1, 1, ONCE, .handle = on_lingering_close, AT(lingering_close), .manual = "read on before closing" },
    { "lingering_time", IN_HSL, 1, 1, ONCE, .handle = nginx_set_time, AT(lingering_time), .manual = "how long in all" },
    { "lingering_timeout", IN_HSL, 1, 1, ONCE, .handle = nginx_set_time, AT(lingering_timeout), .manual = "between two reads" },
    { "reset_timedout_connection", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(reset_timedout_connection), .manual = "close by RST after a timeout" },
    { "ignore_invalid_headers", IN_HTTP | IN_SERVER, 1, 1, ONCE, .handle = nginx_set_switch, AT(ignore_invalid_headers), .manual = "drop fields with odd names" },
    { "underscores_in_headers", IN_HTTP | IN_SERVER, 1, 1, ONCE, .handle = nginx_set_switch, AT(underscores_in_headers), .manual = "let names with \"_\" pass" },
    { "merge_slashes", IN_HTTP | IN_SERVER, 1, 1, ONCE, .handle = nginx_set_switch, AT(merge_slashes), .manual = "take \"//\" in a path as \"/\"" },
    { "server_name_in_redirect", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(server_name_in_redirect), .manual = "the server's first name in redirects, not the request's" },
    { "port_in_redirect", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(port_in_redirect), .manual = "the port in redirects" },
    { "absolute_redirect", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(absolute_redirect), .manual = "scheme and host in redirects" },
    { "server_tokens", IN_HSL, 1, 1, ONCE, .handle = on_server_tokens, AT(server_tokens), .manual = "our version in the Server field and in pages; off unless it is said" },
    { "etag", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(etag), .manual = "ETag of files" },
    { "if_modified_since", IN_HSL, 1, 1, ONCE, .handle = on_modified_since, AT(if_modified_since), .manual = "when a file counts as unchanged: exact, before, off" },
    { "chunked_transfer_encoding", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(chunked_transfer_encoding), .manual = "off: answers of unknown length end with the connection" },
    { "limit_rate", IN_HSLI, 1, 1, ONCE, .handle = on_rate, AT(limit_rate), .manual = "bytes a second to a client; variables" },
    { "limit_rate_after", IN_HSLI, 1, 1, ONCE, .handle = on_rate, AT(limit_rate_after), .manual = "after so many bytes; variables" },
    { NULL },
};
/* clang-format on */

/* ---- the client's policy ---- */

static void fill_times(struct client_policy *p, const struct level *l)
{
    p->head_timeout = TIME(l, client_header_timeout, 60000);
    const struct setting *keep = level_setting(l, offsetof(struct level, keepalive_timeout));
    p->idle_timeout = TIME(l, keepalive_timeout, 75000);
    p->keep_told = keep ? (uint32_t)keep->n2 : 0;
    p->body_timeout = TIME(l, client_body_timeout, 60000);
    p->send_timeout = TIME(l, send_timeout, 60000);
    p->tunnel_timeout = ENDLESS;
    p->half_closed_timeout = DURATION_NONE;
    p->life_max = TIME(l, keepalive_time, 3600000);
    p->linger_time = TIME(l, lingering_time, 30000);
    p->linger_timeout = TIME(l, lingering_timeout, 5000);
}

static const struct expr *rate_text(struct build *b, uint64_t rate, const struct kept *k)
{
    return rate == UINT64_MAX ? nginx_expr(b, &b->http, word_at(&k->items[0], 1), NULL) : NULL;
}

static void fill_limits(struct build *b, struct client_policy *p, const struct level *l)
{
    const struct setting *heads = level_setting(l, offsetof(struct level, client_header_buffers));
    uint64_t count = heads ? heads->n : 4, size = heads ? heads->n2 : 8192;
    uint64_t head_max = count * size;
    p->requests_max = SETTING(l, keepalive_requests, 1000);
    p->head_max = head_max > UINT32_MAX ? UINT32_MAX : (uint32_t)head_max;
    p->target_max = (uint32_t)size;
    p->fields_max = (uint16_t)SETTING(l, max_headers, 1000);
    p->body_max = SETTING(l, client_max_body_size, 1 << 20);
    p->limit_rate = SETTING(l, limit_rate, 0);
    p->limit_rate_after = SETTING(l, limit_rate_after, 0);
    p->limit_rate_from = rate_text(b, p->limit_rate, KEPT(l, limit_rate_text));
    p->limit_rate_after_from = rate_text(b, p->limit_rate_after, KEPT(l, limit_rate_after_text));
}

static void fill_switches(struct client_policy *p, const struct level *l)
{
    p->keep = KEEP_ALIVE;
    p->reset_timed_out = SETTING(l, reset_timedout_connection, false);
    p->drop_invalid_fields = p->drop_odd_lines = SETTING(l, ignore_invalid_headers, true);
    p->underscores = SETTING(l, underscores_in_headers, false);
    p->merge_slashes = SETTING(l, merge_slashes, true);
    p->normalize_path = true;
    p->no_chunks = !SETTING(l, chunked_transfer_encoding, true);
    p->quiet_probe = p->quiet_preconnect = true; /* who asks nothing gets no answer and no line */
    p->server_name_in_redirect = SETTING(l, server_name_in_redirect, false);
    p->port_in_redirect = SETTING(l, port_in_redirect, true);
    p->absolute_redirect = SETTING(l, absolute_redirect, true);
    p->independent_tokens = SETTING(l, server_tokens, 0) == 0;
    p->server_field = p->date_field = p->connection_field = true;
    p->reject_error_codes_nginx = true;
    p->error_pages_recursive = SETTING(l, recursive_error_pages, false);
    p->plain_methods = p->host_not_empty = p->target_host_wins = true;
    p->linger = LINGER_OFF;
    switch (SETTING(l, lingering_close, 1)) {
    case 1:
        p->linger = LINGER_ON;
        break;
    case 2:
        p->linger = LINGER_ALWAYS;
        break;
    default:
        break;
    }
}

/* A level that says nothing about it shares its parent's. */
const struct client_policy *nginx_client_policy(struct build *b, const struct level *l)
{
    struct client_policy p;
    memset(&p, 0, sizeof(p));
    fill_times(&p, l);
    fill_limits(b, &p, l);
    fill_switches(&p, l);
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): both were zeroed as a whole */
    if (l->parent && l->parent->client && memcmp(&p, l->parent->client, sizeof(p)) == 0)
        return l->parent->client;
    struct client_policy *fresh = ARENA_NEW(b->arena, struct client_policy);
    memcpy(fresh, &p, sizeof(p));
    return fresh;
}

/* ---- compiling ---- */

/*
 * A location's scope is entered from its server's, and says what is different
 * there. A named one is entered from anywhere, and says everything.
 */
static bool differs(const struct level *l, size_t offset)
{
    bool is_server = l->kind == LEVEL_SERVER;
    for (; l->kind != LEVEL_SERVER; l = l->parent) {
        if (l->location == LOCATION_NAMED)
            return true;
        const struct kept *k = (const struct kept *)(const void *)((const char *)l + offset);
        if (k->count)
            return true;
    }
    return is_server;
}

void nginx_compile_settings(struct build *b, struct level *l)
{
    const struct level *server = nginx_server_of(l);
    bool all = l == server || l->location == LOCATION_NAMED;
    l->client = nginx_client_policy(b, l);
    if (all || l->client != server->client)
        l->scope->client = l->client;
    if (all || nginx_replies(b, l) != nginx_replies(b, server))
        l->scope->replies = nginx_replies(b, l);
    nginx_compile_types(b, l);
    nginx_compile_folder(b, l);
    l->scope->compression = nginx_compression(b, l);
    if (differs(l, offsetof(struct level, error_page)))
        nginx_compile_error_pages(b, l);
    if (differs(l, offsetof(struct level, access_log)))
        nginx_compile_access_logs(b, &b->http, l, l->scope);
    if (differs(l, offsetof(struct level, error_log)))
        nginx_compile_error_logs(b, l, l->scope);
    nginx_compile_headers(b, l);
    nginx_check_proxy(b, l);
    nginx_check_resolver(b, l);
}

void nginx_compile_http(struct build *b)
{
    struct level *top = b->http.top;
    top->client = nginx_client_policy(b, top);
    nginx_compile_lookups(b, &b->http);
    nginx_compile_zones(b, &b->http);
    nginx_compile_formats(b, &b->http);
    nginx_check_proxy(b, top);
    nginx_check_resolver(b, top);
    nginx_compile_upstreams(b, &b->http);
    nginx_compile_hosts(b);
    for (uint32_t i = 0; i < top->servers.count; i++)
        nginx_compile_server(b, top->servers.items[i]);
    nginx_finish_entries(b);
    nginx_say_unresolved(b);
}
