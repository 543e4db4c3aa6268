/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses as HAProxy writes them: "*:80", ":80", "10.0.0.1:80-90", "[::1]:80",
 * "::1:80", "ipv6@:::80", "unix@/path", "/path", "abns@name", "fd@3".
 */
#include "conf/haproxy/haproxy_internal.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

static const struct family_prefix {
    const char *prefix;
    int family;
    bool datagram;
    enum { KIND_IP, KIND_UNIX, KIND_ABSTRACT, KIND_FULL_ABSTRACT, KIND_FD, KIND_REFUSED } kind;
} prefixes[] = {
    { "ipv4@", AF_INET, false, KIND_IP },
    { "ipv6@", AF_INET6, false, KIND_IP },
    { "tcp@", AF_UNSPEC, false, KIND_IP },
    { "tcp4@", AF_INET, false, KIND_IP },
    { "tcp6@", AF_INET6, false, KIND_IP },
    { "stream+ipv4@", AF_INET, false, KIND_IP },
    { "stream+ipv6@", AF_INET6, false, KIND_IP },
    { "udp@", AF_UNSPEC, true, KIND_IP },
    { "udp4@", AF_INET, true, KIND_IP },
    { "udp6@", AF_INET6, true, KIND_IP },
    { "dgram+ipv4@", AF_INET, true, KIND_IP },
    { "dgram+ipv6@", AF_INET6, true, KIND_IP },
    { "unix@", AF_UNIX, false, KIND_UNIX },
    { "uxst@", AF_UNIX, false, KIND_UNIX },
    { "stream+unix@", AF_UNIX, false, KIND_UNIX },
    { "uxdg@", AF_UNIX, true, KIND_UNIX },
    { "dgram+unix@", AF_UNIX, true, KIND_UNIX },
    { "abns@", AF_UNIX, false, KIND_FULL_ABSTRACT },
    { "abnsz@", AF_UNIX, false, KIND_ABSTRACT },
    { "fd@", AF_UNSPEC, false, KIND_FD },
    { "sockpair@", AF_UNSPEC, false, KIND_REFUSED },
    { "mptcp@", AF_UNSPEC, false, KIND_REFUSED },
    { "mptcp4@", AF_UNSPEC, false, KIND_REFUSED },
    { "mptcp6@", AF_UNSPEC, false, KIND_REFUSED },
    { "quic4@", AF_UNSPEC, false, KIND_REFUSED },
    { "quic6@", AF_UNSPEC, false, KIND_REFUSED },
    { "rhttp@", AF_UNSPEC, false, KIND_REFUSED },
};

static bool bad(struct build *b, const struct word *w, const struct diag_kind *kind, struct span what)
{
    diag_add(b->diags, kind, w->at, DIAG_TEXT(what));
    return false;
}

static const struct family_prefix *take_prefix(struct span *text)
{
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        struct span p = span_from(prefixes[i].prefix);
        if (!span_starts_with(*text, p))
            continue;
        *text = span_from_index(*text, p.len);
        return &prefixes[i];
    }
    return NULL;
}

/* ---- ports ---- */

/* "80", "80-90"; of a server "+1000" and "-1000" too. */
static bool take_port(struct build *b, const struct word *w, struct span text, enum address_use use,
                      struct parsed_address *out)
{
    if (text.len == 0)
        return true;
    bool sign = text.ptr[0] == '+' || text.ptr[0] == '-';
    if (sign) {
        out->port_offset = true;
        out->port_negative = text.ptr[0] == '-';
        text = span_from_index(text, 1);
    }
    struct span last = text, first = span_cut(&last, '-');
    uint64_t from, to;
    if (!span_to_u64(first, 65535, &from) || (last.ptr && !span_to_u64(last, 65535, &to)))
        return bad(b, w, &haproxy_bad_port, text);
    out->port = (uint16_t)from;
    out->port_last = last.ptr ? (uint16_t)to : out->port;
    out->port_set = true;
    if (out->port_last < out->port ||
        (last.ptr && (sign || (use != ADDRESS_LISTEN && use != ADDRESS_SOURCE))))
        return bad(b, w, &haproxy_bad_port, text);
    return true;
}

/* Cuts "host:port" at the last colon; "[::1]" has its own. An IPv6 address without brackets needs its port.
 */
static void split(struct span text, struct span *host, struct span *port)
{
    *host = text;
    *port = SPAN("");
    if (span_starts_with(text, SPAN("["))) {
        size_t close = span_find_char(text, ']');
        if (close != SPAN_NONE) {
            *host = span_of(text.ptr + 1, close - 1);
            struct span rest = span_from_index(text, close + 1);
            if (span_starts_with(rest, SPAN(":")))
                *port = span_from_index(rest, 1);
            return;
        }
    }
    for (size_t i = text.len; i > 0; i--) {
        if (text.ptr[i - 1] != ':')
            continue;
        *host = span_first(text, i - 1);
        *port = span_from_index(text, i);
        return;
    }
}

/* ---- hosts ---- */

static void any_address(int family, struct address *out)
{
    (void)address_parse_ip(family == AF_INET6 ? SPAN("::") : SPAN("0.0.0.0"), out);
}

/* The first address of <host> that is of <family>, when that is asked for. */
static bool resolve(struct build *b, const struct word *w, struct span host, int family, struct address *out)
{
    if (family == AF_UNSPEC)
        return value_host(b->diags, b->world, b->arena, w, host, out);
    struct answer a = world_ask(b->world, ASK_HOST, arena_span(b->arena, host));
    for (struct span all = a.error ? SPAN("") : a.bytes; all.len;)
        if (address_parse_ip(span_cut(&all, '\0'), out) && address_family(out) == family)
            return true;
    diag_add(b->diags, &conf_host_unknown, w->at, DIAG_TEXT(host));
    return false;
}

/* Nobody calls a machine "10.0.0.256". */
static bool looks_like_ipv4(struct span host)
{
    for (size_t i = 0; i < host.len; i++)
        if ((host.ptr[i] < '0' || host.ptr[i] > '9') && host.ptr[i] != '.')
            return false;
    return true;
}

static bool take_ip(struct build *b, const struct word *w, struct span text, int family, enum address_use use,
                    struct parsed_address *out)
{
    struct span host, port;
    split(text, &host, &port);
    /* "::1" without a port: what looks like one is its last group */
    struct address whole;
    if (use != ADDRESS_LISTEN && !span_starts_with(text, SPAN("[")) && family != AF_INET &&
        span_find(text, SPAN("::")) != SPAN_NONE && address_parse_ip(text, &whole) &&
        !address_parse_ip(host, &whole)) {
        host = text;
        port = SPAN("");
    }
    if (!take_port(b, w, port, use, out))
        return false;
    if (host.len == 0 || span_eq(host, SPAN("*"))) {
        any_address(family, &out->address);
        out->any = true;
    } else if (address_parse_ip(host, &out->address)) {
        if (family != AF_UNSPEC && address_family(&out->address) != family)
            return bad(b, w, &haproxy_bad_address, text);
        out->any = span_eq(host, SPAN("0.0.0.0")) || span_eq(host, SPAN("::"));
    } else if (looks_like_ipv4(host)) {
        return bad(b, w, &haproxy_bad_address, text);
    } else {
        out->host = host;
        if (use == ADDRESS_CONNECT && out->lazy)
            return true; /* the server line says when names are resolved */
        if (!resolve(b, w, host, family, &out->address))
            return false;
    }
    if (out->address.len)
        address_set_port(&out->address, out->port_offset ? 0 : out->port);
    return true;
}

bool haproxy_address(struct build *b, const struct word *w, struct span text, enum address_use use,
                     struct parsed_address *out)
{
    *out = (struct parsed_address){ .fd = -1, .lazy = out->lazy };
    const struct family_prefix *p = take_prefix(&text);
    int family = p ? p->family : AF_UNSPEC;
    out->datagram = p && p->datagram;
    uint64_t fd;
    switch (p ? p->kind : span_starts_with(text, SPAN("/")) ? KIND_UNIX : KIND_IP) {
    case KIND_IP:
        if (out->datagram && use != ADDRESS_LOG)
            return bad(b, w, &haproxy_address_refused, span_from(p->prefix));
        return take_ip(b, w, text, family, use, out);
    case KIND_UNIX:
        if (use == ADDRESS_LISTEN && b->global.unix_prefix.len)
            text = arena_printf(b->arena, "%.*s%.*s", SPAN_ARGS(b->global.unix_prefix), SPAN_ARGS(text));
        if (!address_unix(text, false, &out->address))
            return bad(b, w, &haproxy_bad_path, text);
        return true;
    case KIND_ABSTRACT:
        return address_unix(text, true, &out->address) || bad(b, w, &haproxy_bad_path, text);
    case KIND_FULL_ABSTRACT: /* HAProxy's name is as long as can be: zeros follow it */
        if (!address_unix(text, true, &out->address))
            return bad(b, w, &haproxy_bad_path, text);
        out->address.len = sizeof(out->address.u.un);
        return true;
    case KIND_FD:
        if (!span_to_u64(text, INT32_MAX, &fd))
            return bad(b, w, &haproxy_bad_address, w->text);
        out->fd = (int)fd;
        return true;
    case KIND_REFUSED:
        return bad(b, w, &haproxy_address_refused, span_from(p->prefix));
    }
    return false;
}
