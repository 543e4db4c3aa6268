/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers that are added, taken away, or told other words than their line says:
 * such a command is looked at here, then the files are built again with it
 * (model/amendment.h), by who carries the conversation.
 */
#include <string.h>

#include "admin/command_internal.h"
#include "base/address.h"
#include "state/snapshot.h"

#define BY_US " by 'stats socket command'"

/* ---- what is asked ---- */

static struct span keep(struct command_amend *m, struct span text)
{
    if (text.len > sizeof(m->room) - m->used)
        return SPAN("");
    char *to = m->room + m->used;
    memcpy(to, text.ptr, text.len);
    m->used += text.len;
    return span_of(to, text.len);
}

static void begin_set(struct call *c)
{
    struct command_amend *m = &c->session->amend;

    m->count = 0;
    m->used = m->reply_len = 0;
    m->refused = NULL;
}

static struct amendment *begin(struct call *c, enum amendment_kind kind, struct span pool, struct span server)
{
    struct command_amend *m = &c->session->amend;

    m->count = 1;
    m->what[0] = (struct amendment){ .kind = kind, .pool = keep(m, pool), .server = keep(m, server) };
    return &m->what[0];
}

static enum command_result ask(struct call *c, const char *what)
{
    struct command_amend *m = &c->session->amend;
    char room[200];
    struct buf text;

    buf_init_fixed(&text, room, sizeof(room));
    buf_printf(&text, "%s %.*s/%.*s", what, SPAN_ARGS(m->what[0].pool), SPAN_ARGS(m->what[0].server));
    act_note(c->now, &c->session->by, buf_span(&text));
    c->session->asks = ASK_AMEND;
    return COMMAND_ASKS;
}

/* "key value" behind the words of a server's line. */
static void set_word(struct call *c, const struct server *s, struct span key, struct span value)
{
    struct command_amend *m = &c->session->amend;
    struct amendment *a = m->count == 0 ? begin(c, AMEND_SET, s->pool->name, s->name) : &m->what[m->count++];
    char room[4096];
    struct buf text;

    *a = (struct amendment){
        .kind = AMEND_SET, .pool = m->what[0].pool, .server = m->what[0].server, .line = s->line
    };
    buf_init_fixed(&text, room, sizeof(room));
    buf_put(&text, key);
    if (value.ptr) {
        buf_put_char(&text, AMENDMENT_BLANK);
        buf_put(&text, value);
    }
    a->words = keep(m, buf_span(&text));
}

static void reply(struct call *c, const char *format, ...) PRINTF_LIKE(2, 3);
static void reply(struct call *c, const char *format, ...)
{
    struct command_amend *m = &c->session->amend;
    struct buf text;
    va_list args;

    buf_init_fixed(&text, m->reply, sizeof(m->reply));
    text.len = m->reply_len;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    m->reply_len = text.len;
}

/* ---- set server ... addr, fqdn, ssl, check-*, agent-* ---- */

static bool to_port(struct span text, uint64_t *port)
{
    return span_to_u64(text, UINT32_MAX, port);
}

static void put_ip(struct buf *out, const struct address *a)
{
    address_put_ip(out, a);
}

static void set_address(struct call *c, const struct server *s, const struct address *ip, uint16_t port)
{
    char room[80];
    struct buf text;

    buf_init_fixed(&text, room, sizeof(room));
    if (address_family(ip) == AF_INET6)
        buf_put_char(&text, '[');
    put_ip(&text, ip);
    buf_put(&text, address_family(ip) == AF_INET6 ? SPAN("]:") : SPAN(":"));
    buf_put_u64(&text, port);
    set_word(c, s, SPAN("address"), buf_span(&text));
}

static bool same_ip(const struct address *a, const struct address *b)
{
    return span_eq(address_bytes(a), address_bytes(b));
}

/* Says what becomes of the address; false: nothing. */
static bool say_ip(struct call *c, const struct address *now, const struct address *ip)
{
    char room[2][64];
    struct buf text[2];

    if (same_ip(now, ip)) {
        reply(c, "no need to change the addr");
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        buf_init_fixed(&text[i], room[i], sizeof(room[i]));
        put_ip(&text[i], i ? ip : now);
    }
    reply(c, "IP changed from '%.*s' to '%.*s'", SPAN_ARGS(buf_span(&text[0])),
          SPAN_ARGS(buf_span(&text[1])));
    return true;
}

/* The same of the port; <*port> is what it is afterwards. */
static bool say_port(struct call *c, uint16_t before, struct span text, uint16_t *port)
{
    uint64_t n;

    if (!to_port(text, &n)) {
        reply(c, ", problem converting port '%.*s' to an int", SPAN_ARGS(text));
        return false;
    }
    if (n > UINT16_MAX) {
        reply(c, ", provided port is not valid");
        return false;
    }
    *port = (uint16_t)n;
    if (*port == before)
        reply(c, ", no need to change the port");
    else
        reply(c, ", port changed from '%u' to '%u'", before, *port);
    return *port != before;
}

static enum command_result change_addr(struct call *c, const struct server *s)
{
    struct span text = call_arg(c, 2);
    struct address before, ip;

    if (text.len == 0)
        return call_fail(c, "set server <b>/<s> addr requires an address and optionally a port.");
    if (!address_parse_ip(text, &ip))
        return call_fail(c, "Invalid addr '%.*s'" BY_US, SPAN_ARGS(text));
    if (s->client_address || address_family(&s->address) == AF_UNIX)
        return call_fail(c, "the address of this server is not one that can be changed" BY_US);
    begin_set(c);
    server_address(snapshot_server(c->now->snapshot, s), s, &before);
    uint16_t port = before.len ? address_port(&before) : 0, was = port;
    bool changed = say_ip(c, &before, &ip), good = true;
    if (span_eq(call_arg(c, 3), SPAN("port"))) {
        bool moved = say_port(c, was, call_arg(c, 4), &port);
        good = moved || port == was;
        changed = changed || moved;
    }
    reply(c, BY_US);
    if (changed && good) {
        set_address(c, s, &ip, port);
        return ask(c, "set server addr");
    }
    buf_put(c->out, span_of(c->session->amend.reply, c->session->amend.reply_len));
    buf_put_char(c->out, '\n');
    return COMMAND_DONE;
}

static enum command_result change_fqdn(struct call *c, const struct server *s)
{
    struct span name = call_arg(c, 2);
    char room[300];
    struct buf text;

    if (name.len == 0)
        return call_fail(c, "set server <b>/<s> fqdn requires a FQDN.");
    if (s->host.len == 0)
        return call_fail(c, "set server <b>/<s> fqdn failed because no resolution is configured.");
    buf_init_fixed(&text, room, sizeof(room));
    buf_printf(&text, "%.*s:%u", SPAN_ARGS(name), address_port(&s->address));
    begin_set(c);
    set_word(c, s, SPAN("address"), buf_span(&text));
    reply(c, "%.*s/%.*s changed its FQDN from %.*s to %.*s" BY_US, SPAN_ARGS(s->pool->name),
          SPAN_ARGS(s->name), SPAN_ARGS(s->host), SPAN_ARGS(name));
    return ask(c, "set server fqdn");
}

static enum command_result change_ssl(struct call *c, const struct server *s)
{
    bool on = span_eq(call_arg(c, 2), SPAN("on"));

    if (!on && !span_eq(call_arg(c, 2), SPAN("off")))
        return call_fail(c, "'set server <srv> ssl' expects 'on' or 'off'.");
    begin_set(c);
    if (on == (s->tls != NULL))
        return COMMAND_DONE;
    set_word(c, s, SPAN("ssl-is"), on ? SPAN("ssl") : SPAN("no-ssl"));
    reply(c, "server ssl setting updated.");
    return ask(c, "set server ssl");
}

struct where_to {
    const char *word;        /* of the command */
    const char *addr, *port; /* of the line */
    bool agent, takes_address;
};

static enum command_result change_where(struct call *c, const struct server *s, const struct where_to *w)
{
    struct span value = call_arg(c, 2);
    struct address ip;
    uint64_t port = 0;

    if (w->agent ? s->agent == NULL : s->check == NULL)
        return call_fail(c, "%s are not enabled on this server", w->agent ? "agent checks" : "health checks");
    if (value.len == 0)
        return call_fail(c, "set server <b>/<s> %s requires %s.", w->word,
                         w->takes_address ? "an address and optionally a port" : "a port");
    if (w->takes_address && !address_parse_ip(value, &ip))
        return call_fail(c, "invalid addr '%.*s'", SPAN_ARGS(value));
    bool more = w->takes_address && span_eq(call_arg(c, 3), SPAN("port"));
    struct span number = w->takes_address ? (more ? call_arg(c, 4) : SPAN("0")) : value;
    if (!to_port(number, &port))
        return call_fail(c, "provided port is not an integer");
    if (port > UINT16_MAX || (port == 0 && !w->takes_address))
        return call_fail(c, "provided port is invalid");
    begin_set(c);
    if (w->takes_address)
        set_word(c, s, span_from(w->addr), value);
    if (more || !w->takes_address)
        set_word(c, s, span_from(w->port), number);
    return ask(c, w->agent ? "set server agent" : "set server check");
}

static enum command_result change_agent_send(struct call *c, const struct server *s)
{
    if (s->agent == NULL)
        return call_fail(c, "agent checks are not enabled on this server.");
    begin_set(c);
    set_word(c, s, SPAN("agent-send"), call_arg(c, 2));
    return ask(c, "set server agent-send");
}

static const struct where_to places[] = {
    { "check-addr", "addr", "port", false, true },
    { "check-port", "addr", "port", false, false },
    { "agent-addr", "agent-addr", "agent-port", true, true },
    { "agent-port", "agent-addr", "agent-port", true, false },
};

static bool is_of_line(struct span what)
{
    static const char *const words[] = { "addr", "fqdn", "ssl", "agent-send" };

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (span_eq(what, span_from(words[i])))
            return true;
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (span_eq(what, span_from(places[i].word)))
            return true;
    return false;
}

bool call_changes_line(struct call *c, const struct server *s, struct span what, enum command_result *result)
{
    if (!is_of_line(what))
        return false;
    *result = COMMAND_FAILED;
    if (s->pool->language != LANGUAGE_HAPROXY || s->line == 0)
        (void)call_fail(c, "Of this server only state, weight and health can be set: change the file and "
                           "`reload`.");
    else if (span_eq(what, SPAN("addr")))
        *result = change_addr(c, s);
    else if (span_eq(what, SPAN("fqdn")))
        *result = change_fqdn(c, s);
    else if (span_eq(what, SPAN("ssl")))
        *result = change_ssl(c, s);
    else if (span_eq(what, SPAN("agent-send")))
        *result = change_agent_send(c, s);
    for (size_t i = 0; s->line != 0 && i < COUNT_OF(places); i++)
        if (span_eq(what, span_from(places[i].word)))
            *result = change_where(c, s, &places[i]);
    return true;
}

/* ---- add server, del server ---- */

/* Those whose choice is made anew for each request, or on a ring, as HAProxy has it. */
static bool is_dynamic(const struct pool *p)
{
    switch (p->algorithm) {
    case BALANCE_STRIDE:
    case BALANCE_LEAST_OLDEST:
    case BALANCE_LEAST_CONN:
    case BALANCE_FIRST:
    case BALANCE_RANDOM:
    case BALANCE_HASH_CONSISTENT:
        return p->language == LANGUAGE_HAPROXY;
    case BALANCE_ROUND_ROBIN:
    case BALANCE_STATIC_RR:
    case BALANCE_IP_HASH:
    case BALANCE_HASH:
    case BALANCE_KETAMA:
    case BALANCE_HASH_MAP:
    case BALANCE_LEAST_TIME:
    case BALANCE_FAIR:
        break;
    }
    return false;
}

static bool has_server(const struct pool *p, struct span name)
{
    for (uint32_t i = 0; i < p->servers.count; i++)
        if (span_eq(p->servers.items[i]->name, name))
            return true;
    return false;
}

static const struct pool *pool_of(struct call *c, struct span *name)
{
    struct span server = call_arg(c, 0), pool = span_cut(&server, '/');

    if (server.ptr == NULL) {
        (void)call_fail(c, "Require 'backend/server'.");
        return NULL;
    }
    *name = server;
    const struct pool *p = call_find_pool(c, pool);
    if (p == NULL)
        (void)call_fail(c, "No such backend.");
    return p;
}

enum command_result add_server(struct call *c)
{
    struct span name;
    const struct pool *p = pool_of(c, &name);
    char room[4096];
    struct buf words;

    if (p == NULL)
        return COMMAND_FAILED;
    if (!is_dynamic(p))
        return call_fail(c, "Backend must use a dynamic load balancing to support dynamic servers.");
    if (has_server(p, name))
        return call_fail(c, "Already exists a server with the same name in backend.");
    if (span_find_char(name, '/') != SPAN_NONE)
        return call_fail(c, "character '/' is not permitted in server name '%.*s'.", SPAN_ARGS(name));
    if (c->count < 2)
        return call_fail(c, "'server' expects <name> and <addr>[:<port>] as arguments.");
    buf_init_fixed(&words, room, sizeof(room));
    for (unsigned i = 1; i < c->count; i++) {
        if (i > 1)
            buf_put_char(&words, AMENDMENT_BLANK);
        buf_put(&words, c->args[i]);
    }
    begin_set(c);
    struct amendment *a = begin(c, AMEND_ADD, p->name, name);
    a->words = keep(&c->session->amend, buf_span(&words));
    reply(c, "New server registered.");
    return ask(c, "add server");
}

bool call_is_maintained(const struct admin_now *now, const struct server *s)
{
    unsigned admin = atomic_load_explicit(&snapshot_server(now->snapshot, s)->admin, memory_order_relaxed);

    return admin & (ADMIN_MAINT | ADMIN_FILE_DOWN);
}

const char *call_why_not_removable(const struct admin_now *now, const struct server *s)
{
    const struct server_state *state = snapshot_server(now->snapshot, s);

    if (!call_is_maintained(now, s))
        return "Only servers in maintenance mode can be deleted.";
    if (atomic_load_explicit(&state->active, memory_order_relaxed) > 0 ||
        atomic_load_explicit(&state->waiting, memory_order_relaxed) > 0)
        return "Server still has connections attached to it, cannot remove.";
    return NULL;
}

enum command_result del_server(struct call *c)
{
    const struct server *s = call_server(c, call_arg(c, 0));

    if (s == NULL)
        return COMMAND_FAILED;
    const char *why = call_why_not_removable(c->now, s);
    if (s->pool->language != LANGUAGE_HAPROXY || s->line == 0)
        return call_fail(c, "This server cannot be removed at runtime: change the file and `reload`.");
    if (why)
        return call_fail(c, "%s", why);
    begin_set(c);
    struct amendment *a = begin(c, AMEND_DELETE, s->pool->name, s->name);
    a->line = s->line;
    a->id = s->id;
    c->session->amend.refused =
        "This server cannot be removed at runtime due to other configuration elements pointing to it.";
    reply(c, "Server deleted.");
    return ask(c, "del server");
}
