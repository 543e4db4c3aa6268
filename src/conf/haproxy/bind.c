/* SPDX-License-Identifier: Apache-2.0 */
/* bind lines: addresses with their ranges, and their parameters. */
#include "conf/common/diag_conf.h"
#include "conf/haproxy/tls.h"

#include "base/macros.h"

/* What the parameters of one line say; the listeners are made of it. */
struct bind_options {
    struct listener like; /* everything but the address */
    struct tls_options tls;
    bool v4v6;
};

/* ---- parameters ---- */

static void on_flag(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)s;
    *(bool *)(void *)((char *)b->bind + k->offset) = true;
}

static void on_text(struct build *b, const struct keyword *k, const struct statement *s)
{
    *(struct span *)(void *)((char *)b->bind + k->offset) = arena_span(b->arena, text_at(s, 1));
}

static void on_number(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), k->low, k->high ? k->high : INT32_MAX, &n))
        *(uint32_t *)(void *)((char *)b->bind + k->offset) = (uint32_t)n;
}

static void on_maxconn(struct build *b, const struct keyword *k, const struct statement *s)
{
    on_number(b, k, s);
    haproxy_say_later(b, word_at(s, 0), "the frontend's maxconn counts for all its listeners together");
}

static void on_mode(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)haproxy_octal(b, word_at(s, 1), &b->bind->like.mode);
}

static void on_owner(struct build *b, const struct keyword *k, const struct statement *s)
{
    uint32_t gid;
    if (k->low)
        (void)haproxy_group(b, word_at(s, 1), &b->bind->like.gid);
    else
        (void)haproxy_user(b, word_at(s, 1), &b->bind->like.uid, &gid);
}

static void on_tfo(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    b->bind->like.fastopen = 256;
}

static void on_shards(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    int64_t n;
    if (text_is(s, 1, "by-thread"))
        b->bind->like.sockets = b->config->process.threads ? b->config->process.threads : 1;
    else if (text_is(s, 1, "by-group"))
        b->bind->like.sockets = 1;
    else if (value_number(b->diags, word_at(s, 1), 1, 4096, &n))
        b->bind->like.sockets = (uint32_t)n;
}

/* proto h1: of the line's own kind of connection */
void haproxy_on_proto(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    if (!text_is(s, 1, "h1") && !text_is(s, 1, "none"))
        diag_add(b->diags, &conf_refused, word_at(s, 1)->at,
                 DIAG_TEXT(text_at(s, 1), SPAN("HTTP/1 is spoken in mode http, and nothing in mode tcp")));
}

#define IN(member) .offset = offsetof(struct bind_options, member)
#define REFUSED(name, args, why)                                                                             \
    {                                                                                                        \
        name, IN_BIND, args, args, KEYWORD_REFUSED, .today = why                                             \
    }
#define TUNING(name, args, what)                                                                             \
    {                                                                                                        \
        name, IN_BIND, args, args, KEYWORD_TUNING, .manual = what                                            \
    }

const struct keyword haproxy_bind_words[] = {
    { "accept-proxy", IN_BIND, 0, 0, .handle = on_flag, IN(like.accept_proxy),
      .manual = "each connection begins with a PROXY header" },
    { "backlog", IN_BIND, 1, 1, .handle = on_number, IN(like.backlog),
      .manual = "connections that wait in the kernel" },
    { "defer-accept", IN_BIND, 0, 0, .handle = on_flag, IN(like.defer_accept),
      .manual = "accept only when the first bytes are there" },
    { "gid", IN_BIND, 1, 1, .handle = on_number, IN(like.gid), .manual = "of a UNIX socket" },
    { "group", IN_BIND, 1, 1, .handle = on_owner, .low = 1, .manual = "of a UNIX socket" },
    { "id", IN_BIND, 1, 1, .handle = on_number, IN(like.id), .low = 1, .manual = "the number in statistics" },
    { "interface", IN_BIND, 1, 1, .handle = on_text, IN(like.interface),
      .manual = "only connections that come in there" },
    { "maxconn", IN_BIND, 1, 1, .handle = on_maxconn, IN(like.connections_max),
      .manual = "connections at a time" },
    { "mode", IN_BIND, 1, 1, .handle = on_mode, .manual = "octal permissions of a UNIX socket" },
    { "name", IN_BIND, 1, 1, .handle = on_text, IN(like.name), .manual = "for logs and statistics" },
    { "shards", IN_BIND, 1, 1, .handle = on_shards,
      .manual = "how many sockets share the address: N, by-thread" },
    { "tfo", IN_BIND, 0, 0, .handle = on_tfo, .manual = "TCP fast open" },
    { "transparent", IN_BIND, 0, 0, .handle = on_flag, IN(like.transparent),
      .manual = "the address need not be one of this machine" },
    { "uid", IN_BIND, 1, 1, .handle = on_number, IN(like.uid), .manual = "of a UNIX socket" },
    { "user", IN_BIND, 1, 1, .handle = on_owner, .low = 0, .manual = "of a UNIX socket" },
    { "v4v6", IN_BIND, 0, 0, .handle = on_flag, IN(v4v6), .manual = "an IPv6 wildcard takes IPv4 too" },
    { "v6only", IN_BIND, 0, 0, .handle = on_flag, IN(like.v6only),
      .manual = "an IPv6 wildcard takes IPv6 only" },

    TUNING("nice", 1, "priority among HAProxy's own tasks"),
    TUNING("process", 1, "which process or threads; threads share every listener"),
    TUNING("thread", 1, "which threads; threads share every listener"),
    TUNING("level", 1, "of a statistics socket"),
    TUNING("severity-output", 1, "of a statistics socket"),
    TUNING("guid-prefix", 1, "names of listeners for HAProxy's own tools"),
    TUNING("idle-ping", 1, "of HTTP/2 and QUIC"),

    REFUSED("accept-netscaler-cip", 1, "NetScaler's header is not understood; `accept-proxy` is"),
    REFUSED("expose-fd", 1, "it belongs on a `stats socket` line"),
    REFUSED("namespace", 1, "listening in other network namespaces is not served yet"),
    REFUSED("mss", 1, "the segment size of listeners is left to the kernel"),
    REFUSED("tcp-ut", 1, "TCP_USER_TIMEOUT is not set by this program"),
    REFUSED("tcp-md5sig", 1, "TCP_MD5SIG is not set by this program"),
    REFUSED("cc", 1, "the congestion control of listeners is left to the kernel"),
    { "proto", IN_BIND, 1, 1, .handle = haproxy_on_proto, .manual = "h1, none: what is spoken in any case" },
    REFUSED("nbconn", 1, "reverse HTTP is not served"),
    REFUSED("quic-cc-algo", 1, "QUIC is not served"),
    REFUSED("quic-force-retry", 0, "QUIC is not served"),
    REFUSED("quic-socket", 1, "QUIC is not served"),
    REFUSED("ech", 1, "encrypted client hellos are not served"),

    { NULL },
};

/* ---- lines ---- */

/* What stands behind an unknown word is likely its value: it gets no message of its own. */
static bool looks_like_value(struct span s)
{
    if (s.len && s.ptr[0] >= '0' && s.ptr[0] <= '9')
        return true;
    for (size_t i = 0; i < s.len; i++)
        if (strchr("/.:,@", s.ptr[i]))
            return true;
    return false;
}

bool haproxy_parameters(struct build *b, uint32_t context, const struct statement *s, uint32_t from)
{
    bool all = true;
    for (uint32_t i = from; i < s->words.count;) {
        const struct keyword *row = haproxy_row(context, text_at(s, i));
        uint32_t left = s->words.count - i - 1, args = row == NULL ? 0 : row->max < left ? row->max : left;
        if (row == NULL || row->support == KEYWORD_REFUSED)
            all = false;
        (void)haproxy_walk_part(b, context, s, i, args + 1);
        i += args + 1;
        if (row == NULL && i < s->words.count && looks_like_value(text_at(s, i)))
            i++;
    }
    return all;
}

/* The kernel's queue: as the line says, else the section, else as many as may be served. */
static int backlog_of(const struct draft *d, const struct bind_options *o)
{
    if (o->like.backlog)
        return o->like.backlog;
    uint64_t n = value_or(&d->backlog, d->service->connections_max ? d->service->connections_max : 1024);
    return n < INT32_MAX ? (int)n : INT32_MAX;
}

/* What `unix-bind` says of all UNIX sockets, where the line says nothing. */
static void own_as_all(struct listener *l, const struct control_socket *all)
{
    l->mode = l->mode == UINT32_MAX ? all->mode : l->mode;
    l->uid = l->uid == UINT32_MAX ? all->uid : l->uid;
    l->gid = l->gid == UINT32_MAX ? all->gid : l->gid;
}

static void add_listener(struct build *b, struct draft *d, const struct bind_options *o,
                         const struct parsed_address *p, uint16_t port, const struct word *w)
{
    struct listener *l = config_add_listener(b->config);
    uint32_t index = l->index;
    *l = o->like;
    l->index = index;
    l->address = p->address;
    l->fd = p->fd;
    if (p->fd < 0)
        address_set_port(&l->address, port);
    if (address_family(&l->address) == AF_UNIX)
        own_as_all(l, &b->global.socket_like);
    l->written = p->port_last == p->port ? arena_span(b->arena, w->text)
                                         : arena_printf(b->arena, "%.*s (%u)", SPAN_ARGS(w->text), port);
    l->backlog = backlog_of(d, o);
    l->reuseport = !is_on(&b->global.noreuseport);
    l->v6only = l->v6only && !o->v4v6;
    l->service = d->service;
    l->at = w->at;
}

static void bind_address(struct build *b, struct draft *d, const struct bind_options *o, const struct word *w)
{
    struct parsed_address p = { .lazy = false };
    if (!haproxy_address(b, w, w->text, ADDRESS_LISTEN, &p))
        return;
    bool ip = p.fd < 0 && address_family(&p.address) != AF_UNIX;
    if (ip && !p.port_set) {
        struct diag *e = diag_add(b->diags, &haproxy_no_port, w->at, DIAG_TEXT(w->text));
        diag_help(b->diags, e, "bind %.*s:80", SPAN_ARGS(w->text));
        return;
    }
    if (!ip)
        p.port = p.port_last = 0;
    for (uint32_t port = p.port; port <= p.port_last; port++)
        add_listener(b, d, o, &p, (uint16_t)port, w);
}

static void compile_bind(struct build *b, struct draft *d, const struct statement *s)
{
    struct bind_options o = { .like = { .fd = -1, .sockets = 1 } };
    o.like.mode = o.like.uid = o.like.gid = UINT32_MAX;
    o.like.probe_idle = is_on(&d->clitcpka) || is_on(&d->tcpka);
    b->bind = &o;
    b->tls = &o.tls;
    bool good = haproxy_parameters(b, IN_BIND, s, 2);
    b->bind = NULL;
    b->tls = NULL;
    if (!good)
        return;
    const struct word *w = word_at(s, 1);
    o.like.tls = haproxy_tls_listener(b, d, w, &o.tls);
    if (o.like.tls && d->scope)
        haproxy_compile_failed_line(b, d);
    for (struct span rest = w->text; rest.ptr;) {
        size_t from = (size_t)(rest.ptr - w->text.ptr);
        struct word part = haproxy_part(w, from, span_cut(&rest, ',').len);
        bind_address(b, d, &o, &part);
    }
}

void haproxy_compile_binds(struct build *b, struct draft *d)
{
    for (uint32_t i = 0; i < d->kept[KEPT_BIND].count; i++)
        compile_bind(b, d, &d->kept[KEPT_BIND].items[i].s);
}
