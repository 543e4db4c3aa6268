/* SPDX-License-Identifier: Apache-2.0 */
/* "host", "host:port", "[::1]:port", "unix:/path": what nginx writes where an address is meant. */
#include <errno.h>

#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"

/* How nginx says in what it found something wrong. */
static struct span told_as(struct build *b, const struct word *w, struct span text, enum address_of of)
{
    if (of == ADDRESS_OF_UPSTREAM)
        return arena_printf(b->arena, "upstream \"%.*s\"", SPAN_ARGS(text));
    if (of == ADDRESS_OF_LISTEN)
        return arena_printf(b->arena, "\"%.*s\" of the \"listen\" directive", SPAN_ARGS(text));
    return arena_printf(b->arena, "%.*s \"%.*s\"", SPAN_ARGS(w->keyword), SPAN_ARGS(text));
}

static bool say(struct build *b, const struct diag_kind *kind, const struct word *w, struct span what,
                struct span text, enum address_of of)
{
    diag_add(b->diags, kind, w->at, DIAG_TEXT(what, told_as(b, w, text, of)));
    return false;
}

/* Cuts the port off <host>: what stands behind its last colon, if any. */
static bool cut_port(struct span *host, struct span *port)
{
    *port = SPAN("");
    if (span_starts_with(*host, SPAN("["))) {
        size_t end = span_find_char(*host, ']');
        if (end == SPAN_NONE)
            return false;
        struct span rest = span_from_index(*host, end + 1);
        *host = span_of(host->ptr + 1, end - 1);
        if (rest.len == 0)
            return true;
        *port = span_from_index(rest, 1);
        return rest.ptr[0] == ':' && port->len > 0;
    }
    size_t colon = span_find_char(*host, ':');
    if (colon == SPAN_NONE)
        return true;
    *port = span_from_index(*host, colon + 1);
    *host = span_first(*host, colon);
    return port->len > 0 && span_find_char(*port, ':') == SPAN_NONE;
}

bool nginx_has_port(struct span text)
{
    struct span port;
    return span_starts_with(text, SPAN("unix:")) || (cut_port(&text, &port) && port.len > 0);
}

static void add(struct build *b, struct addresses *out, struct address a, uint16_t port)
{
    address_set_port(&a, port);
    *ARENA_PUSH(b->arena, out) = a;
}

/* Every address of a name, as nginx takes them all. */
static bool resolve(struct build *b, const struct word *w, struct span host, uint16_t port,
                    enum address_of of, struct addresses *out)
{
    struct answer a = world_ask(b->world, ASK_HOST, arena_span(b->arena, host));
    uint32_t before = out->count;
    for (struct span all = a.error || a.bytes.ptr == NULL ? SPAN("") : a.bytes; all.len;) {
        struct address ip;
        if (address_parse_ip(span_cut(&all, '\0'), &ip))
            add(b, out, ip, port);
    }
    if (out->count > before)
        return true;
    if (a.error == 0 || a.error == ENOENT)
        return say(b, &nginx_host_unknown, w, host, host, of);
    diag_add(b->diags, &nginx_host_failed, w->at,
             DIAG_TEXT(host, told_as(b, w, host, of), span_from(strerrordesc_np(a.error))));
    return false;
}

bool nginx_addresses(struct build *b, const struct word *w, struct span text, uint16_t port,
                     enum address_of of, struct addresses *out)
{
    struct span host = text, number;
    struct address ip;
    if (span_starts_with(text, SPAN("unix:"))) {
        struct span path = span_from_index(text, 5);
        bool abstract = span_starts_with(path, SPAN("@"));
        if (path.len == 0 || path.len >= sizeof(ip.u.un.sun_path))
            return say(b, &nginx_bad_address, w, text, text, of);
        address_unix(span_from_index(path, abstract), abstract, &ip);
        *ARENA_PUSH(b->arena, out) = ip;
        return true;
    }
    if (!cut_port(&host, &number) || host.len == 0)
        return say(b, &nginx_bad_address, w, text, text, of);
    if (number.len) {
        uint64_t n;
        if (!span_to_u64(number, 65535, &n) || n == 0) {
            return say(b, &nginx_bad_port, w, number, text, of);
        }
        port = (uint16_t)n;
    } else if (port == 0) {
        return say(b, &nginx_no_port, w, text, text, of);
    }
    if (address_parse_ip(host, &ip)) {
        add(b, out, ip, port);
        return true;
    }
    if (span_starts_with(text, SPAN("[")))
        return say(b, &nginx_bad_address, w, text, text, of);
    return resolve(b, w, host, port, of, out);
}
