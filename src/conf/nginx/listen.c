/* SPDX-License-Identifier: Apache-2.0 */
/* listen: addresses, their parameters, and which servers share one. */
#include "conf/nginx/tls.h"

#include "base/macros.h"

enum { BACKLOG = 511 }; /* nginx's on Linux */

/* ---- the address ---- */

static bool parse_port(struct span text, uint16_t *port)
{
    uint64_t n;
    if (!span_to_u64(text, 65535, &n) || n == 0)
        return false;
    *port = (uint16_t)n;
    return true;
}

static void any_address(const char *ip, uint16_t port, struct address *out)
{
    BUG_ON(!address_parse_ip(span_from(ip), out));
    address_set_port(out, port);
}

/* "80", "*:80", and everything that nginx_addresses knows; of a name's addresses the first. */
static bool parse_address(struct build *b, const struct word *w, bool stream, struct address *out)
{
    struct span text = w->text;
    uint16_t port;
    uint64_t n;
    if (parse_port(text, &port)) {
        any_address("0.0.0.0", port, out);
        return true;
    }
    if (span_starts_with(text, SPAN("*:")) && parse_port(span_from_index(text, 2), &port)) {
        any_address("0.0.0.0", port, out);
        return true;
    }
    if (span_find_char(text, '$') != SPAN_NONE || span_find_char(text, '/') != SPAN_NONE) {
        if (!span_starts_with(text, SPAN("unix:"))) {
            diag_add(b->diags, &nginx_bad_address, w->at, DIAG_TEXT(text, text));
            return false;
        }
    }
    if (span_to_u64(text, UINT64_MAX, &n)) {
        diag_add(
            b->diags, &nginx_bad_port, w->at,
            DIAG_TEXT(text, arena_printf(b->arena, "\"%.*s\" of the \"listen\" directive", SPAN_ARGS(text))));
        return false;
    }
    struct addresses found = { 0 };
    if (!nginx_addresses(b, w, text, stream ? 0 : 80, ADDRESS_OF_LISTEN, &found))
        return false;
    *out = found.items[0];
    return true;
}

/* "*:80", "10.0.0.1:80", "[::]:80", "unix:/run/x": one way to write one address. <plain>: "0.0.0.0:80", as
 * nginx tells it. */
static struct span written(struct build *b, const struct address *a, bool plain)
{
    char text[160];
    struct buf out;
    buf_init_fixed(&out, text, sizeof(text));
    if (!plain && address_family(a) == AF_INET && a->u.in.sin_addr.s_addr == 0)
        buf_printf(&out, "*:%u", address_port(a));
    else
        address_put(&out, a);
    return arena_span(b->arena, buf_span(&out));
}

/* ---- its parameters ---- */

/* Of the socket itself: one server of those that share the address says them. */
static bool socket_option(struct build *b, const struct word *w, struct listen_options *o)
{
    struct word value;
    int64_t n;
    if (word_option(w, "backlog", &value)) {
        if (value_number(b->diags, &value, -1, INT32_MAX, &n))
            o->backlog = n <= 0 ? BACKLOG : (int)n;
    } else if (word_option(w, "fastopen", &value)) {
        if (value_number(b->diags, &value, 0, INT32_MAX, &n))
            o->fastopen = (int)n;
    } else if (word_option(w, "ipv6only", &value)) {
        if (value_switch(b->diags, &value, &o->v6only))
            o->v6only_set = true;
    } else if (span_eq(w->text, SPAN("deferred"))) {
        o->deferred = true;
    } else if (span_eq(w->text, SPAN("reuseport"))) {
        o->reuseport = true;
    } else if (word_option(w, "rcvbuf", &value) || word_option(w, "sndbuf", &value) ||
               word_option(w, "so_keepalive", &value) || word_option(w, "setfib", &value) ||
               word_option(w, "accept_filter", &value)) {
        diag_add(b->diags, &nginx_listen_tuning, w->at, DIAG_TEXT(w->text));
    } else {
        return span_eq(w->text, SPAN("bind"));
    }
    return true;
}

static void parse_option(struct build *b, const struct word *w, bool stream, struct listen_options *o)
{
    if (socket_option(b, w, o)) {
        o->has_options = true;
    } else if (!stream && (span_eq(w->text, SPAN("default_server")) || span_eq(w->text, SPAN("default")))) {
        o->is_default = true;
    } else if (span_eq(w->text, SPAN("proxy_protocol"))) {
        o->proxy_protocol = true;
    } else if (span_eq(w->text, SPAN("ssl"))) {
        o->ssl = true;
        o->ssl_at = w->at;
    } else if (!stream && span_eq(w->text, SPAN("http2"))) {
        nginx_say_http2(b, w->at, SPAN("listen ... http2"));
    } else if (!stream && (span_eq(w->text, SPAN("quic")) || span_eq(w->text, SPAN("spdy")))) {
        diag_add(b->diags, &nginx_listen_refused, w->at, DIAG_TEXT(w->text, SPAN("only HTTP/1 is served")));
    } else if (stream && span_eq(w->text, SPAN("udp"))) {
        o->udp = true;
    } else if (span_eq(w->text, SPAN("multipath"))) {
        diag_add(b->diags, &nginx_listen_tuning, w->at, DIAG_TEXT(w->text));
    } else {
        diag_add(b->diags, &nginx_bad_parameter, w->at, DIAG_TEXT(w->text, SPAN("listen")));
    }
}

/* A parameter of connections on a socket of datagrams. */
static void check_udp(struct build *b, const struct statement *s, const struct listen_options *o)
{
    static const char *const alone[] = { "ssl", "proxy_protocol", "deferred" }, *const valued[] = {
        "backlog", "fastopen", "so_keepalive"
    };
    struct word value;
    for (uint32_t i = 2; i < s->words.count; i++) {
        const struct word *w = word_at(s, i);
        bool wrong = false;
        for (size_t n = 0; n < COUNT_OF(alone); n++)
            wrong |= span_eq(w->text, span_from(alone[n])) || word_option(w, valued[n], &value);
        if (wrong)
            diag_add(b->diags, &nginx_not_with_udp, w->at, DIAG_TEXT(w->text));
    }
    if (address_family(&o->address) == AF_UNIX)
        diag_add(b->diags, &nginx_listen_refused, o->at,
                 DIAG_TEXT(SPAN("udp"), SPAN("UNIX sockets are served as streams only")));
}

bool nginx_parse_listen(struct build *b, const struct statement *s, bool stream, struct listen_options *out)
{
    *out = (struct listen_options){ .at = word_at(s, 1)->at, .backlog = BACKLOG, .v6only = true };
    bool good = parse_address(b, word_at(s, 1), stream, &out->address);
    for (uint32_t i = 2; i < s->words.count; i++)
        parse_option(b, word_at(s, i), stream, out);
    if (out->udp)
        check_udp(b, s, out);
    if (good) {
        out->written = written(b, &out->address, false);
        out->plain = written(b, &out->address, true);
    }
    return good;
}

/* ---- who shares an address ---- */

static void join_options(struct build *b, struct listening *l, const struct listen_options *o)
{
    l->options.proxy_protocol |= o->proxy_protocol;
    if (o->ssl && !l->options.ssl)
        l->options.ssl_at = o->ssl_at;
    l->options.ssl |= o->ssl;
    if (!o->has_options)
        return;
    if (l->options.has_options) {
        struct diag *d = diag_add(b->diags, &nginx_duplicate_options, o->at, DIAG_TEXT(o->written, o->plain));
        diag_also(b->diags, d, l->options_at, "the first ones");
        return;
    }
    l->options.has_options = true;
    l->options.backlog = o->backlog;
    l->options.fastopen = o->fastopen;
    l->options.v6only = o->v6only;
    l->options.deferred = o->deferred;
    l->options.reuseport = o->reuseport;
    l->options_at = o->at;
}

struct listening *nginx_listening(struct build *b, struct side *side, const struct listen_options *o)
{
    for (uint32_t i = 0; i < side->listenings.count; i++) {
        struct listening *l = side->listenings.items[i];
        if (l->options.udp == o->udp && address_eq(&l->options.address, &o->address)) {
            join_options(b, l, o);
            return l;
        }
    }
    struct listening *l = ARENA_NEW(b->arena, struct listening);
    l->options = *o;
    l->options.is_default = false;
    l->options_at = o->at;
    *ARENA_PUSH(b->arena, &side->listenings) = l;
    return l;
}

struct listener *nginx_add_listener(struct build *b, const struct listening *l)
{
    const struct listen_options *o = &l->options;
    struct listener *out = config_add_listener(b->config);
    out->address = o->address;
    out->written = out->name = o->written;
    out->datagram = o->udp;
    out->backlog = o->backlog;
    out->sockets = o->reuseport ? SOCKETS_BY_THREAD : 1;
    out->retry_bind = true;
    out->v6only = address_family(&o->address) == AF_INET6 && o->v6only;
    out->defer_accept = o->deferred;
    out->accept_proxy = out->proxy_aside = o->proxy_protocol;
    out->fastopen = o->fastopen;
    out->service = l->service;
    out->at = o->at;
    if (address_family(&o->address) == AF_UNIX)
        out->mode = 0666; /* nginx's sockets are open to everybody */
    else if (address_port(&o->address) < 1024)
        b->config->process.needs_net_bind = true;
    return out;
}
