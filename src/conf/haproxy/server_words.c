/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of server and default-server lines. */
#include "conf/haproxy/server.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

static void *member(struct build *b, const struct keyword *k)
{
    return (char *)b->server + k->offset;
}

static void on_flag(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)s;
    *(bool *)member(b, k) = (bool)k->low;
}

static void on_number(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), k->low, k->high ? k->high : INT32_MAX, &n))
        *(uint32_t *)member(b, k) = (uint32_t)n;
}

static void on_time(struct build *b, const struct keyword *k, const struct statement *s)
{
    duration t;
    if (value_time(b->diags, WORDS_HAPROXY, word_at(s, 1), k->low ? (uint32_t)k->low : 1, &t))
        *(duration *)member(b, k) = t;
}

static void on_text(struct build *b, const struct keyword *k, const struct statement *s)
{
    *(struct span *)member(b, k) = arena_span(b->arena, text_at(s, 1));
}

static void on_word(struct build *b, const struct keyword *k, const struct statement *s)
{
    *(struct word *)member(b, k) = *word_at(s, 1);
}

static void on_redir(struct build *b, const struct keyword *k, const struct statement *s)
{
    on_text(b, k, s);
    haproxy_say_later(b, word_at(s, 0), "requests are forwarded");
}

static void on_interval(struct build *b, const struct keyword *k, const struct statement *s)
{
    duration t;
    if (!value_time(b->diags, WORDS_HAPROXY, word_at(s, 1), 1, &t))
        return;
    if (t.ms == 0) {
        diag_add(b->diags, &haproxy_zero_interval, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 0)));
        return;
    }
    *(duration *)member(b, k) = t;
}

static void on_idle_max(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), -1, INT32_MAX, &n))
        b->server->like.idle_max = n < 0 ? UINT32_MAX : (uint32_t)n;
}

static void on_port(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), 1, 65535, &n))
        b->server->check.port = (uint16_t)n;
}

static void on_addr(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct parsed_address p = { .lazy = false };
    if (!haproxy_address(b, word_at(s, 1), text_at(s, 1), ADDRESS_SOURCE, &p))
        return;
    b->server->check.address = p.address;
    if (p.port_set)
        b->server->check.port = p.port;
}

static void on_choice(struct build *b, const struct statement *s, const char *const *words, unsigned *to)
{
    (void)value_choice(b->diags, word_at(s, 1), words, to);
}

static void on_observe(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const layers[] = { "none", "layer4", "layer7", NULL };
    (void)k;
    unsigned n = b->server->like.observe;
    on_choice(b, s, layers, &n);
    b->server->like.observe = (enum observe)n;
}

static void on_error(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const ways[] = { "fastinter", "fail-check", "sudden-death", "mark-down", NULL };
    (void)k;
    unsigned n = b->server->like.on_error;
    on_choice(b, s, ways, &n);
    b->server->like.on_error = (enum on_error)n;
}

static void on_marked(struct build *b, const struct keyword *k, const struct statement *s)
{
    const char *const ways[] = { k->today, NULL };
    unsigned n;
    if (!value_choice(b->diags, word_at(s, 1), ways, &n))
        return;
    *(bool *)member(b, k) = true;
}

static void on_init_state(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const states[] = { "up", "fully-up", "down", "fully-down", "none", NULL };
    static const enum init_state means[] = { INIT_UP, INIT_FULLY_UP, INIT_DOWN, INIT_FULLY_DOWN, INIT_UP };
    (void)k;
    unsigned n = 0;
    on_choice(b, s, states, &n);
    b->server->like.init_state = means[n];
}

static void on_prefer(struct build *b, const struct keyword *k, const struct statement *s)
{
    static const char *const families[] = { "ipv4", "ipv6", NULL };
    (void)k;
    unsigned n = 1;
    on_choice(b, s, families, &n);
    b->server->prefer = n ? 6 : 4;
}

static void on_resolve_opts(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    for (struct span rest = text_at(s, 1); rest.len;) {
        struct span word = span_cut(&rest, ',');
        if (span_eq(word, SPAN("ignore-weight")))
            b->server->weights_kept = true;
        else if (span_eq(word, SPAN("allow-dup-ip")))
            diag_add(b->diags, &conf_refused, word_at(s, 1)->at,
                     DIAG_TEXT(word, SPAN("servers of one name have different addresses")));
        else if (!span_eq(word, SPAN("prevent-dup-ip")))
            diag_add(b->diags, &conf_bad_choice, word_at(s, 1)->at,
                     DIAG_TEXT(word, SPAN("ignore-weight, prevent-dup-ip")));
    }
}

/* Rings are made of ids; by address they would be others than HAProxy's. */
static void on_hash_key(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    if (!text_is(s, 1, "id"))
        diag_add(b->diags, &conf_refused, word_at(s, 1)->at,
                 DIAG_TEXT(text_at(s, 1), SPAN("hashes go by the servers' ids")));
}

static void on_agent_addr(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct parsed_address p = { .lazy = false };
    if (haproxy_address(b, word_at(s, 1), text_at(s, 1), ADDRESS_SOURCE, &p))
        b->server->agent.address = p.address;
}

static void on_agent_port(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), 1, 65535, &n))
        b->server->agent.port = (uint16_t)n;
}

static void on_send_proxy(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)s;
    if (k->low)
        b->server->like.send_proxy = (int)k->low == 2 ? SEND_PROXY_V2 : SEND_PROXY_V1;
    else if ((int)b->server->like.send_proxy == (int)k->high)
        b->server->like.send_proxy = SEND_PROXY_NONE;
}

static void on_init_addr(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    struct address ip;
    for (struct span rest = text_at(s, 1); rest.len;) {
        struct span way = span_cut(&rest, ',');
        if (span_eq(way, SPAN("last")) || span_eq(way, SPAN("libc")) || span_eq(way, SPAN("none")) ||
            address_parse_ip(way, &ip))
            continue;
        diag_add(b->diags, &conf_bad_choice, word_at(s, 1)->at,
                 DIAG_TEXT(way, SPAN("last, libc, none, an address")));
        return;
    }
    b->server->init_addr = arena_span(b->arena, text_at(s, 1));
}

/* An address of ours, or with `usesrc` of anybody. */
static bool source_address(struct build *b, const struct word *w, struct address *out)
{
    struct parsed_address p = { .lazy = false };
    if (!haproxy_address(b, w, w->text, ADDRESS_SOURCE, &p))
        return false;
    if (p.any && !p.port_set)
        return true; /* as if nothing was said */
    if (p.port_last != p.port) {
        diag_add(b->diags, &haproxy_source_range, w->at, DIAG_TEXT(w->text));
        return false;
    }
    *out = p.address;
    return true;
}

static void take_usesrc(struct build *b, const struct word *w, struct source_rule *out)
{
    bool client = span_eq(w->text, SPAN("client"));
    struct sample sample;
    b->config->process.needs_net_raw = out->transparent = true;
    out->address = (struct address){ .len = 0 };
    if (client || span_eq(w->text, SPAN("clientip"))) {
        out->from = expr_fetch(b->arena, FETCH_CLIENT_IP, SPAN(""));
        out->client_port = client;
    } else if (!span_starts_with(w->text, SPAN("hdr_ip("))) {
        (void)source_address(b, w, &out->address);
    } else if (haproxy_sample(b, w, false, &sample)) {
        out->from = sample.expr;
    }
}

/* The server's own source, else the section's. */
void haproxy_source(struct build *b, struct draft *d, const struct server_options *o, struct server *server)
{
    const struct line *l = haproxy_line_last(d, KEPT_SOURCE);
    struct server_options section = { .like.weight = 1 };
    if (o->source.text.len == 0 && o->interface.text.len == 0) {
        if (l == NULL)
            return;
        b->server = &section;
        bool good = haproxy_parameters(b, IN_SERVER, &l->s, 0);
        b->server = NULL;
        if (!good)
            return;
        o = &section;
    }
    struct source_rule *to = &server->source;
    if (o->source.text.len && !source_address(b, &o->source, &to->address))
        return;
    if (o->usesrc.text.len)
        take_usesrc(b, &o->usesrc, to);
    if (o->interface.text.len >= 16) {
        diag_add(b->diags, &haproxy_long_interface, o->interface.at, DIAG_TEXT(o->interface.text));
    } else if (o->interface.text.len) {
        b->config->process.needs_net_raw = true; /* older kernels */
        to->interface = arena_span(b->arena, o->interface.text);
    }
}

#define IN(member)  .offset = offsetof(struct server_options, member)
#define ON(member)  .handle = on_flag, IN(member), .low = 1
#define OFF(member) .handle = on_flag, IN(member), .low = 0
#define WORD(name, args, support_, why)                                                                      \
    {                                                                                                        \
        name, IN_SERVER, args, args, support_, .today = why, .manual = why                                   \
    }
#define REFUSED(name, args, why) WORD(name, args, KEYWORD_REFUSED, why)
#define TUNING(name, args, what) WORD(name, args, KEYWORD_TUNING, what)

const struct keyword haproxy_server_words[] = {
    { "addr", IN_SERVER, 1, 1, .handle = on_addr, .manual = "where checks connect" },
    { "agent-addr", IN_SERVER, 1, 1, .handle = on_agent_addr, .manual = "where the agent listens" },
    { "agent-check", IN_SERVER, 0, 0, ON(agent_checked),
      .manual = "asks an agent how much the server can take" },
    { "no-agent-check", IN_SERVER, 0, 0, OFF(agent_checked), .manual = "undoes `agent-check`" },
    { "agent-inter", IN_SERVER, 1, 1, .handle = on_interval, IN(agent.interval),
      .manual = "time between its questions" },
    { "agent-port", IN_SERVER, 1, 1, .handle = on_agent_port, .manual = "the agent's port" },
    { "agent-send", IN_SERVER, 1, 1, .handle = on_text, IN(agent.send), .manual = "what the agent is sent" },
    { "backup", IN_SERVER, 0, 0, ON(like.backup), .manual = "used when no other server can be" },
    { "no-backup", IN_SERVER, 0, 0, OFF(like.backup), .manual = "undoes `backup`" },
    { "check", IN_SERVER, 0, 0, ON(checked), .manual = "asks the server regularly whether it works" },
    { "no-check", IN_SERVER, 0, 0, OFF(checked), .manual = "undoes `check`" },
    { "check-send-proxy", IN_SERVER, 0, 0, ON(check.send_proxy),
      .manual = "checks begin with a PROXY header" },
    { "no-check-send-proxy", IN_SERVER, 0, 0, OFF(check.send_proxy), .manual = "undoes `check-send-proxy`" },
    { "cookie", IN_SERVER, 1, 1, .handle = on_text, IN(like.cookie),
      .manual = "the cookie's value that means it" },
    { "disabled", IN_SERVER, 0, 0, ON(like.down), .manual = "begins in maintenance" },
    { "enabled", IN_SERVER, 0, 0, OFF(like.down), .manual = "undoes `disabled`" },
    { "error-limit", IN_SERVER, 1, 1, .handle = on_number, IN(like.error_limit), .low = 1,
      .manual = "errors of traffic in a row that `on-error` follows" },
    { "fall", IN_SERVER, 1, 1, .handle = on_number, IN(check.fall), .low = 1,
      .manual = "failed checks in a row that take it out" },
    { "rise", IN_SERVER, 1, 1, .handle = on_number, IN(check.rise), .low = 1,
      .manual = "good checks in a row that bring it back" },
    { "hash-key", IN_SERVER, 1, 1, .handle = on_hash_key, .manual = "id: what rings of hashes are made of" },
    { "init-state", IN_SERVER, 1, 1, .handle = on_init_state,
      .manual = "up, fully-up, down, fully-down: before its first check" },
    { "id", IN_SERVER, 1, 1, .handle = on_number, IN(like.id), .low = 1,
      .manual = "the number in statistics" },
    { "init-addr", IN_SERVER, 1, 1, .handle = on_init_addr,
      .manual = "ways to a first address: last,libc,none,IP" },
    { "inter", IN_SERVER, 1, 1, .handle = on_interval, IN(check.interval), .manual = "time between checks" },
    { "fastinter", IN_SERVER, 1, 1, .handle = on_interval, IN(check.fast_interval),
      .manual = "time between checks while it changes" },
    { "downinter", IN_SERVER, 1, 1, .handle = on_interval, IN(check.down_interval),
      .manual = "time between checks while it is down" },
    { "maxconn", IN_SERVER, 1, 1, .handle = on_number, IN(like.connections_max),
      .manual = "connections at a time; more requests wait" },
    { "minconn", IN_SERVER, 1, 1, .handle = on_number, IN(like.connections_min),
      .manual = "the limit when there is little load" },
    { "maxqueue", IN_SERVER, 1, 1, .handle = on_number, IN(like.queue_max),
      .manual = "requests that wait for it" },
    { "observe", IN_SERVER, 1, 1, .handle = on_observe,
      .manual = "layer4, layer7: judged by its traffic too" },
    { "on-error", IN_SERVER, 1, 1, .handle = on_error,
      .manual = "fastinter, fail-check, sudden-death, mark-down: after error-limit errors" },
    { "on-marked-down", IN_SERVER, 1, 1, .handle = on_marked, IN(like.on_down_shutdown_sessions),
      .today = "shutdown-sessions", .manual = "shutdown-sessions: when it goes down" },
    { "on-marked-up", IN_SERVER, 1, 1, .handle = on_marked, IN(like.on_up_shutdown_backup_sessions),
      .today = "shutdown-backup-sessions", .manual = "shutdown-backup-sessions: when it comes back" },
    { "pool-max-conn", IN_SERVER, 1, 1, .handle = on_idle_max,
      .manual = "idle connections kept; -1: no limit" },
    { "pool-purge-delay", IN_SERVER, 1, 1, .handle = on_time, IN(like.idle_timeout),
      .manual = "how long an idle connection is kept" },
    { "port", IN_SERVER, 1, 1, .handle = on_port, .manual = "where checks connect" },
    { "redir", IN_SERVER, 1, 1, .handle = on_redir, IN(like.redirect),
      .manual = "GET and HEAD are answered with a redirect to this prefix" },
    { "resolvers", IN_SERVER, 1, 1, .handle = on_word, IN(resolvers),
      .manual = "SECTION: its name is asked for while running" },
    { "resolve-prefer", IN_SERVER, 1, 1, .handle = on_prefer, .manual = "ipv4, ipv6: of several addresses" },
    { "resolve-opts", IN_SERVER, 1, 1, .handle = on_resolve_opts, .manual = "ignore-weight, prevent-dup-ip" },
    { "send-proxy", IN_SERVER, 0, 0, .handle = on_send_proxy, .low = 1,
      .manual = "connections begin with a PROXY header, version 1" },
    { "send-proxy-v2", IN_SERVER, 0, 0, .handle = on_send_proxy, .low = 2, .manual = "the same, version 2" },
    { "proxy-v2-options", IN_SERVER, 1, 1, .handle = haproxy_on_proxy_options,
      .manual = "ssl, cert-cn, ssl-cipher, authority, crc32c, unique-id: what version 2 says besides" },
    { "send-proxy-v2-ssl", IN_SERVER, 0, 0, .handle = haproxy_on_proxy_ssl,
      .manual = "version 2, with the client's TLS" },
    { "send-proxy-v2-ssl-cn", IN_SERVER, 0, 0, .handle = haproxy_on_proxy_ssl, .low = 1,
      .manual = "the same, with the name in the client's certificate" },
    { "no-send-proxy-v2-ssl", IN_SERVER, 0, 0, .handle = haproxy_on_no_proxy_ssl, .manual = "undoes it" },
    { "no-send-proxy-v2-ssl-cn", IN_SERVER, 0, 0, .handle = haproxy_on_no_proxy_ssl, .manual = "undoes it" },
    { "no-send-proxy", IN_SERVER, 0, 0, .handle = on_send_proxy, .high = SEND_PROXY_V1,
      .manual = "undoes it" },
    { "no-send-proxy-v2", IN_SERVER, 0, 0, .handle = on_send_proxy, .high = SEND_PROXY_V2,
      .manual = "undoes it" },
    { "slowstart", IN_SERVER, 1, 1, .handle = on_time, IN(like.slow_start),
      .manual = "its weight grows over this time when it comes back" },
    { "source", IN_SERVER, 1, 1, .handle = on_word, IN(source),
      .manual = "ADDRESS that connections come from" },
    { "usesrc", IN_SERVER, 1, 1, .handle = on_word, IN(usesrc),
      .manual = "behind `source`: client, clientip, hdr_ip(NAME), ADDRESS: an address that is not ours" },
    { "interface", IN_SERVER, 1, 1, .handle = on_word, IN(interface),
      .manual = "behind `source`: connections leave through it" },
    { "track", IN_SERVER, 1, 1, .handle = on_word, IN(track),
      .manual = "[BACKEND/]SERVER whose state is its own too" },
    { "weight", IN_SERVER, 1, 1, .handle = on_number, IN(like.weight), .high = 256, .manual = "0 to 256" },

    TUNING("non-stick", 0, "there are no stick tables yet, so nothing sticks"),
    TUNING("stick", 0, "there are no stick tables yet, so nothing sticks"),
    TUNING("pool-low-conn", 1, "how threads share idle connections"),
    TUNING("idle-ping", 1, "of HTTP/2"),
    TUNING("guid", 1, "names of servers for HAProxy's own tools"),
    TUNING("log-bufsize", 1, "of ring buffers"),
    TUNING("shard", 1, "of peers"),
    TUNING("check-reuse-pool", 0, "checks open connections of their own"),
    TUNING("no-check-reuse-pool", 0, "checks open connections of their own"),
    TUNING("check-pool-conn-name", 1, "checks open connections of their own"),

    REFUSED("namespace", 1, "servers in other network namespaces are not served yet"),
    REFUSED("max-reuse", 1, "a limit of requests a connection is not served yet"),
    REFUSED("strict-maxconn", 0, "maxconn counts requests in service, as without it"),
    { "proto", IN_SERVER, 1, 1, .handle = haproxy_on_proto,
      .manual = "h1, none: what is spoken in any case" },
    { "check-proto", IN_SERVER, 1, 1, .handle = haproxy_on_proto,
      .manual = "h1, none: what is spoken in any case" },
    REFUSED("check-via-socks4", 0, "SOCKS is not spoken"),
    REFUSED("socks4", 1, "SOCKS is not spoken"),
    REFUSED("log-proto", 1, "it belongs to log servers"),
    REFUSED("set-proxy-v2-tlv-fmt", 2, "optional parts of the PROXY header are not sent yet"),
    REFUSED("tcp-ut", 1, "TCP_USER_TIMEOUT is not set by this program"),
    REFUSED("tcp-md5sig", 1, "TCP_MD5SIG is not set by this program"),
    REFUSED("cc", 1, "the congestion control is left to the kernel"),
    TUNING("tfo", 0, "connections to servers are opened without TCP fast open"),
    TUNING("no-tfo", 0, "connections to servers are opened without TCP fast open"),
    TUNING("ws", 1, "WebSocket goes over HTTP/1, which needs no word"),

    REFUSED("resolve-net", 1, "every address of a name may be used"),

    { NULL },
};
