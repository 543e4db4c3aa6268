/* SPDX-License-Identifier: Apache-2.0 */
/* What is said about servers: timeouts, buffers, tries, and how the request and the answer are changed. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/nginx/tls.h"

static void on_http_version(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    static const char *const versions[] = { "1.0", "1.1", NULL };
    unsigned i;
    if (span_eq(text_at(s, 1), SPAN("2")) || span_eq(text_at(s, 1), SPAN("2.0")))
        diag_add(b->diags, &nginx_no_http2, word_at(s, 1)->at, DIAG_NO_TEXT);
    else if (value_choice(b->diags, word_at(s, 1), versions, &i))
        b->level->proxy_http_version = (struct setting){ .set = true, .n = i, .at = s->at };
    b->level->says_more = true;
}

#define AT(member) .offset = offsetof(struct level, member)
#define ONCE       .once = true
#define BOTH       (IN_HSL | IN_TCP)
/* clang-format off */
const struct keyword nginx_proxy_words[] = {
    { "proxy_pass", IN_LOCATION | IN_LOCATION_IF, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_pass), .manual = "sends requests to http://ADDRESS or an upstream, with or without a path" },
    { "proxy_connect_timeout", BOTH, 1, 1, ONCE, .handle = nginx_set_time, AT(proxy_connect_timeout), .manual = "for connecting to a server" },
    { "proxy_send_timeout", IN_HSL, 1, 1, ONCE, .handle = nginx_set_time, AT(proxy_send_timeout), .manual = "between two writes to a server" },
    { "proxy_read_timeout", IN_HSL, 1, 1, ONCE, .handle = nginx_set_time, AT(proxy_read_timeout), .manual = "between two reads from a server" },
    { "proxy_next_upstream", IN_HSL, 1, ARGS_ANY, ONCE, .handle = nginx_keep, AT(proxy_next_upstream), .manual = "when the next server is tried" },
    { "proxy_next_upstream_tries", BOTH, 1, 1, ONCE, .handle = nginx_set_number, AT(proxy_next_upstream_tries), .manual = "servers tried at most; 0: all" },
    { "proxy_next_upstream_timeout", BOTH, 1, 1, ONCE, .handle = nginx_set_time, AT(proxy_next_upstream_timeout), .manual = "for all tries together; 0: no limit" },
    { "proxy_buffering", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_buffering), .manual = "read answers ahead of slow clients" },
    { "proxy_request_buffering", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_request_buffering), .manual = "read the whole body before a server is asked" },
    { "proxy_buffer_size", BOTH, 1, 1, ONCE, .handle = nginx_set_size, AT(proxy_buffer_size), .low = 1, .high = INT32_MAX, .manual = "for the head of an answer; stream: for each direction" },
    { "proxy_buffers", IN_HSL, 2, 2, ONCE, .handle = nginx_set_buffers, AT(proxy_buffers), .low = 2, .manual = "of an answer in memory" },
    { "proxy_max_temp_file_size", IN_HSL, 1, 1, ONCE, .handle = nginx_set_size, AT(proxy_max_temp_file_size), .manual = "of an answer in a file; 0: none" },
    { "proxy_pass_trailers", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_pass_trailers), .manual = "trailer fields of answers in chunks go to the client" },
    { "proxy_intercept_errors", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_intercept_errors), .manual = "error_page for the server's own errors too" },
    { "proxy_ignore_client_abort", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_ignore_client_abort), .manual = "go on though the client is gone" },
    { "proxy_bind", BOTH, 1, 2, ONCE, .handle = nginx_keep, AT(proxy_bind), .manual = "our address towards servers, or with `transparent` anybody's; variables; off" },
    { "proxy_socket_keepalive", BOTH, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_socket_keepalive), .manual = "TCP keep-alive packets to servers" },
    { "proxy_http_version", IN_HSL, 1, 1, ONCE, .handle = on_http_version, .manual = "1.0 or 1.1" },
    { "proxy_set_header", IN_HSL, 2, 2, .handle = nginx_keep, AT(proxy_set_header), .manual = "a field of the request as sent to servers; empty: not sent" },
    { "proxy_method", IN_HSL, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_method), .manual = "the method sent to servers" },
    { "proxy_set_body", IN_HSL, 1, 1, ONCE, .handle = nginx_keep, AT(proxy_set_body), .manual = "the body sent to servers" },
    { "proxy_pass_request_headers", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_pass_request_headers), .manual = "send the client's fields" },
    { "proxy_pass_request_body", IN_HSL, 1, 1, ONCE, .handle = nginx_set_switch, AT(proxy_pass_request_body), .manual = "send the client's body" },
    { "proxy_hide_header", IN_HSL, 1, 1, .handle = nginx_keep, AT(proxy_hide_header), .manual = "a field of answers that clients do not get" },
    { "proxy_pass_header", IN_HSL, 1, 1, .handle = nginx_keep, AT(proxy_pass_header), .manual = "a field of answers that is hidden otherwise" },
    { "proxy_redirect", IN_HSL, 1, 2, .handle = nginx_keep, AT(proxy_redirect), .manual = "changes Location and Refresh of answers" },
    { "proxy_cookie_domain", IN_HSL, 1, 2, .handle = nginx_keep, AT(proxy_cookie_domain), .manual = "changes the domain of cookies" },
    { "proxy_cookie_path", IN_HSL, 1, 2, .handle = nginx_keep, AT(proxy_cookie_path), .manual = "changes the path of cookies" },
    { "proxy_cookie_flags", IN_HSL, 1, 4, .handle = nginx_keep, AT(proxy_cookie_flags), .manual = "sets or clears Secure, HttpOnly and SameSite of cookies" },
    { "proxy_ignore_headers", IN_HSL, 1, ARGS_ANY, ONCE, .handle = nginx_keep, AT(proxy_ignore_headers), .manual = "X-Accel-* fields of answers that are not obeyed; others are for a cache, which there is none of" },
    { NULL },
};
/* clang-format on */

/* ---- the server's policy ---- */

struct reason {
    const char *word;
    uint32_t retry;
    uint16_t status;
};
static const struct reason reasons[] = {
    { "error", RETRY_CONNECT_REFUSED | RETRY_CLOSED, 0 },
    { "timeout", RETRY_CONNECT_TIMEOUT | RETRY_TIMEOUT, 0 },
    { "invalid_header", RETRY_GARBAGE, 0 },
    { "non_idempotent", RETRY_NON_IDEMPOTENT, 0 },
    { "http_403", RETRY_STATUS, 403 },
    { "http_404", RETRY_STATUS, 404 },
    { "http_429", RETRY_STATUS, 429 },
    { "http_500", RETRY_STATUS, 500 },
    { "http_502", RETRY_STATUS, 502 },
    { "http_503", RETRY_STATUS, 503 },
    { "http_504", RETRY_STATUS, 504 },
    { "off", 0, 0 },
};

static void add_reason(struct build *b, const struct word *w, struct server_policy *p)
{
    const char *words[COUNT_OF(reasons) + 1] = { NULL };
    unsigned i;
    for (size_t n = 0; n < COUNT_OF(reasons); n++)
        words[n] = reasons[n].word;
    if (!value_choice(b->diags, w, words, &i))
        return;
    p->retry_on |= reasons[i].retry;
    if (reasons[i].status)
        *ARENA_PUSH(b->arena, &p->retry_statuses) = reasons[i].status;
}

static void fill_retries(struct build *b, const struct level *l, struct server_policy *p)
{
    const struct kept *k = KEPT(l, proxy_next_upstream);
    bool off = false;
    if (k == NULL)
        p->retry_on = reasons[0].retry | reasons[1].retry;
    for (uint32_t i = 1; k && i < k->items[0].words.count; i++) {
        add_reason(b, word_at(&k->items[0], i), p);
        off |= span_eq(text_at(&k->items[0], i), SPAN("off"));
    }
    if (off)
        p->retry_on = 0;
    uint32_t connect = RETRY_CONNECT_REFUSED | RETRY_CONNECT_TIMEOUT;
    if ((p->retry_on & connect) == connect)
        p->retry_on |= RETRY_CONNECT;
    duration limit = TIME(l, proxy_next_upstream_timeout, 0);
    p->tries_time = limit.ms ? limit : DURATION_NONE;
    p->tries_max = (uint32_t)SETTING(l, proxy_next_upstream_tries, 0);
    p->redispatch = 1;
}

static void fill_buffers(const struct level *l, struct server_policy *p)
{
    const struct setting *buffers = level_setting(l, offsetof(struct level, proxy_buffers));
    uint64_t memory = buffers ? buffers->n * buffers->n2 : 8 * 4096;
    p->buffer_request = SETTING(l, proxy_request_buffering, true);
    p->buffer_response = SETTING(l, proxy_buffering, true);
    p->head_buffer = (uint32_t)SETTING(l, proxy_buffer_size, 4096);
    p->body_memory = (uint32_t)SETTING(l, client_body_buffer_size, 16384);
    p->response_memory = memory > UINT32_MAX ? UINT32_MAX : (uint32_t)memory;
    p->response_file_max = SETTING(l, proxy_max_temp_file_size, UINT64_C(1) << 30);
}

void nginx_bind_address(struct build *b, struct side *side, const struct level *l, struct source_rule *out)
{
    const struct kept *k = KEPT(l, proxy_bind);
    struct addresses found = { 0 };
    if (k == NULL || span_eq(text_at(&k->items[0], 1), SPAN("off")))
        return;
    const struct statement *s = &k->items[0];
    const struct word *w = word_at(s, 1);
    if (s->words.count > 2 && !span_eq(text_at(s, 2), SPAN("transparent"))) {
        diag_add(b->diags, &nginx_bad_parameter, word_at(s, 2)->at,
                 DIAG_TEXT(text_at(s, 2), SPAN("proxy_bind")));
        return;
    }
    out->transparent = s->words.count > 2;
    b->config->process.needs_net_raw |= out->transparent;
    if (nginx_has_variables(w->text)) {
        out->from = nginx_expr(b, side, w, NULL);
        return;
    }
    if (!nginx_addresses(b, w, w->text, 1, ADDRESS_OF_OTHER, &found))
        return;
    out->address = found.items[0];
    if (!nginx_has_port(w->text))
        address_set_port(&out->address, 0);
}

static struct server_policy *server_policy(struct build *b, const struct level *l)
{
    struct server_policy *p = ARENA_NEW(b->arena, struct server_policy);

    p->gateway_statuses = true;
    p->connect_timeout = TIME(l, proxy_connect_timeout, 60000);
    p->send_timeout = TIME(l, proxy_send_timeout, 60000);
    p->read_timeout = TIME(l, proxy_read_timeout, 60000);
    p->tunnel_timeout = p->read_timeout;
    p->queue_timeout = p->half_closed_timeout = DURATION_NONE;
    fill_retries(b, l, p);
    fill_buffers(l, p);
    p->abort_with_client = !SETTING(l, proxy_ignore_client_abort, false);
    p->pass_trailers = SETTING(l, proxy_pass_trailers, false);
    p->intercept_errors = SETTING(l, proxy_intercept_errors, false);
    p->keepalive = SETTING(l, proxy_http_version, 1) == 1;
    p->probe_idle = SETTING(l, proxy_socket_keepalive, false);
    nginx_bind_address(b, &b->http, l, &p->source);
    return p;
}

/* ---- the request ---- */

static void add_line(struct build *b, struct proxy *p, struct span name, const struct expr *value)
{
    *ARENA_PUSH(b->arena, &p->fields) = (struct field_line){ .name = name, .value = value };
}

static bool has_line(const struct proxy *p, const char *name)
{
    for (uint32_t i = 0; i < p->fields.count; i++)
        if (span_eq_nocase(p->fields.items[i].name, span_from(name)))
            return true;
    return false;
}

/* What is not passed on when nobody says otherwise: it is about one connection only. */
static void add_default_lines(struct build *b, struct proxy *p)
{
    static const char *const dropped[] = { "Connection", "TE", "Keep-Alive", "Expect", "Upgrade" };
    if (b->empty == NULL) {
        b->empty = expr_text(b->arena, SPAN(""));
        b->proxy_host = expr_fetch(b->arena, FETCH_PROXY_HOST, SPAN(""));
    }
    if (!has_line(p, "Host"))
        add_line(b, p, SPAN("Host"), b->proxy_host);
    for (size_t i = 0; i < COUNT_OF(dropped); i++)
        if (!has_line(p, dropped[i]))
            add_line(b, p, span_from(dropped[i]), b->empty);
}

static const struct expr *kept_expr(struct build *b, const struct kept *k)
{
    return k ? nginx_expr(b, &b->http, word_at(&k->items[0], 1), NULL) : NULL;
}

/* How long a body is, is told by whoever sends it: two lengths would be two requests to somebody. */
static bool frames_body(struct build *b, const struct level *l, const struct statement *line)
{
    struct span name = text_at(line, 1);
    bool frames =
        span_eq_nocase(name, SPAN("Content-Length")) || span_eq_nocase(name, SPAN("Transfer-Encoding"));

    if (!frames || text_at(line, 2).len == 0 || !SETTING(l, proxy_pass_request_body, true))
        return false;
    if (KEPT(l, proxy_set_header) == &l->proxy_set_header)
        diag_add(b->diags, &nginx_tls_note, word_at(line, 1)->at,
                 DIAG_TEXT(name, SPAN("it is as the body that is sent has it")));
    return true;
}

static void fill_request(struct build *b, const struct level *l, struct proxy *p)
{
    const struct kept *lines = KEPT(l, proxy_set_header);
    for (uint32_t i = 0; lines && i < lines->count; i++)
        if (!frames_body(b, l, &lines->items[i]))
            add_line(b, p, text_at(&lines->items[i], 1),
                     nginx_expr(b, &b->http, word_at(&lines->items[i], 2), NULL));
    add_default_lines(b, p);
    p->method = kept_expr(b, KEPT(l, proxy_method));
    const struct kept *body = KEPT(l, proxy_set_body);
    p->body = kept_expr(b, body);
    if (p->body && p->body->needs & NEEDS_BODY)
        diag_add(b->diags, &conf_refused, body->items[0].at,
                 DIAG_TEXT(SPAN("proxy_set_body"), SPAN("the client's own body cannot be a part of it")));
    p->pass_fields = SETTING(l, proxy_pass_request_headers, true);
    p->pass_body = SETTING(l, proxy_pass_request_body, true);
    p->minor = (uint8_t)SETTING(l, proxy_http_version, 1);
}

void nginx_check_proxy(struct build *b, const struct level *l)
{
    const struct kept *own[] = { &l->proxy_next_upstream, &l->proxy_set_header,  &l->proxy_bind,
                                 &l->proxy_redirect,      &l->proxy_method,      &l->proxy_set_body,
                                 &l->proxy_cookie_domain, &l->proxy_cookie_path, &l->proxy_cookie_flags,
                                 &l->proxy_ignore_headers };
    uint32_t count = 0;
    for (size_t i = 0; i < COUNT_OF(own); i++)
        count += own[i]->count;
    if (count == 0)
        return;
    struct proxy unused = { .minor = 1 };
    (void)server_policy(b, l);
    fill_request(b, l, &unused);
    nginx_fill_answer(b, l, true, &unused);
}

void nginx_compile_proxy(struct build *b, struct level *l, const struct statement *pass)
{
    struct proxy *p = ARENA_NEW(b->arena, struct proxy);
    p->at = word_at(pass, 1)->at;
    fill_request(b, l, p);
    struct server_policy *policy = server_policy(b, l);
    l->scope->server = l->server = policy;
    if (!nginx_proxy_target(b, l, word_at(pass, 1), p))
        return;
    nginx_fill_answer(b, l, nginx_has_variables(text_at(pass, 1)), p);
    if (span_eq(p->scheme, SPAN("https")))
        policy->tls =
            nginx_tls_client(b, &b->http, l, expr_fetch(b->arena, FETCH_PROXY_HOST, SPAN("")), p->at);
    action_add(b->config, l->scope, HOOK_REQUEST, ACTION_PROXY, p->at)->proxy = p;
}
