/* SPDX-License-Identifier: Apache-2.0 */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/macros.h"

bool address_parse_ip(struct span text, struct address *out)
{
    char z[INET6_ADDRSTRLEN]; /* inet_pton wants a NUL */
    if (text.len == 0 || text.len >= sizeof(z) || span_find_char(text, '\0') != SPAN_NONE)
        return false;
    memcpy(z, text.ptr, text.len);
    z[text.len] = '\0';
    struct address a = { 0 };
    if (inet_pton(AF_INET, z, &a.u.in.sin_addr) == 1) {
        a.u.in.sin_family = AF_INET;
        a.len = sizeof(a.u.in);
    } else if (inet_pton(AF_INET6, z, &a.u.in6.sin6_addr) == 1) {
        a.u.in6.sin6_family = AF_INET6;
        a.len = sizeof(a.u.in6);
    } else {
        return false;
    }
    *out = a;
    return true;
}

bool address_parse(struct span text, struct address *out)
{
    struct span port;
    uint64_t n;

    if (address_parse_ip(text, out))
        return true;
    size_t close = text.len && text.ptr[0] == '[' ? span_find_char(text, ']') : SPAN_NONE;
    if (close != SPAN_NONE) {
        port = span_from_index(text, close + 1);
        text = span_of(text.ptr + 1, close - 1);
    } else {
        size_t colon = span_find_char(text, ':');
        if (colon == SPAN_NONE)
            return false;
        port = span_from_index(text, colon);
        text = span_first(text, colon);
    }
    bool has_port = port.len > 0;
    if ((has_port && (port.ptr[0] != ':' || !span_to_u64(span_from_index(port, 1), 65535, &n))) ||
        !address_parse_ip(text, out))
        return false;
    if (has_port)
        address_set_port(out, (uint16_t)n);
    return true;
}

bool address_unix(struct span path, bool abstract, struct address *out)
{
    *out = (struct address){ 0 };
    size_t first = abstract ? 1 : 0;
    if (path.len == 0 || path.len + 1 > sizeof(out->u.un.sun_path) ||
        (!abstract && span_find_char(path, '\0') != SPAN_NONE))
        return false;
    out->u.un.sun_family = AF_UNIX;
    memcpy(out->u.un.sun_path + first, path.ptr, path.len);
    /* a path's NUL is counted, an abstract name's leading one is */
    out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len + 1);
    return true;
}

uint16_t address_port(const struct address *a)
{
    switch (address_family(a)) {
    case AF_INET:
        return ntohs(a->u.in.sin_port);
    case AF_INET6:
        return ntohs(a->u.in6.sin6_port);
    default:
        return 0;
    }
}

void address_set_port(struct address *a, uint16_t port)
{
    if (address_family(a) == AF_INET)
        a->u.in.sin_port = htons(port);
    else if (address_family(a) == AF_INET6)
        a->u.in6.sin6_port = htons(port);
}

/* The name of a UNIX address, without the NULs in front of and behind it. */
static struct span unix_name(const struct address *a)
{
    size_t head = offsetof(struct sockaddr_un, sun_path);
    if (address_family(a) != AF_UNIX || a->len <= head)
        return span_of(NULL, 0);
    struct span name = span_of(a->u.un.sun_path, a->len - head);
    if (name.ptr[0] == '\0') {
        while (name.len > 1 && name.ptr[name.len - 1] == '\0')
            name.len--;
        return span_from_index(name, 1);
    }
    return span_of(name.ptr, strnlen(name.ptr, name.len));
}

static bool is_abstract(const struct address *a)
{
    return address_family(a) == AF_UNIX && a->len > offsetof(struct sockaddr_un, sun_path) &&
           a->u.un.sun_path[0] == '\0';
}

bool address_eq(const struct address *a, const struct address *b)
{
    if (address_family(a) != address_family(b))
        return false;
    if (address_family(a) == AF_UNIX)
        /* the zeros behind an abstract name are part of it */
        return is_abstract(a) == is_abstract(b) && (!is_abstract(a) || a->len == b->len) &&
               span_eq(unix_name(a), unix_name(b));
    if (address_family(a) == AF_INET6 && a->u.in6.sin6_scope_id != b->u.in6.sin6_scope_id)
        return false;
    return address_port(a) == address_port(b) && span_eq(address_bytes(a), address_bytes(b));
}

bool address_eq_ip(const struct address *a, const struct address *b)
{
    struct span bytes = address_bytes(a);
    return bytes.len && span_eq(bytes, address_bytes(b));
}

struct span address_bytes(const struct address *a)
{
    switch (address_family(a)) {
    case AF_INET:
        return span_of((const char *)&a->u.in.sin_addr, 4);
    case AF_INET6:
        return span_of((const char *)&a->u.in6.sin6_addr, 16);
    default:
        return span_of(NULL, 0);
    }
}

void address_of_bytes(struct address *out, struct span bytes)
{
    memset(out, 0, sizeof(*out));
    if (bytes.len == 4) {
        out->len = sizeof(out->u.in);
        out->u.in.sin_family = AF_INET;
        memcpy(&out->u.in.sin_addr, bytes.ptr, bytes.len);
    } else if (bytes.len == 16) {
        out->len = sizeof(out->u.in6);
        out->u.in6.sin6_family = AF_INET6;
        memcpy(&out->u.in6.sin6_addr, bytes.ptr, bytes.len);
    }
}

void address_unmap(struct address *a)
{
    if (address_family(a) != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->u.in6.sin6_addr))
        return;
    struct address v4 = { .len = sizeof(v4.u.in) };
    v4.u.in.sin_family = AF_INET;
    v4.u.in.sin_port = a->u.in6.sin6_port;
    memcpy(&v4.u.in.sin_addr, &a->u.in6.sin6_addr.s6_addr[12], 4);
    *a = v4;
}

/* By hand: this is written for each request that is logged or forwarded. */
static void put_ip4(struct buf *b, const unsigned char bytes[4])
{
    for (unsigned i = 0; i < 4; i++) {
        if (i)
            buf_put_char(b, '.');
        buf_put_u64(b, bytes[i]);
    }
}

void address_put_ip(struct buf *b, const struct address *a)
{
    char text[INET6_ADDRSTRLEN];
    switch (address_family(a)) {
    case AF_INET:
        put_ip4(b, (const unsigned char *)&a->u.in.sin_addr);
        break;
    case AF_INET6:
        if (inet_ntop(AF_INET6, &a->u.in6.sin6_addr, text, sizeof(text)))
            buf_put(b, span_from(text));
        break;
    case AF_UNIX:
        buf_put(b, SPAN("unix:"));
        break;
    default:
        break;
    }
}

void address_put_host(struct buf *b, const struct address *a)
{
    if (address_family(a) != AF_UNIX) {
        address_put_ip(b, a);
        return;
    }
    if (is_abstract(a))
        buf_put_char(b, '@');
    buf_put(b, unix_name(a));
}

void address_put(struct buf *b, const struct address *a)
{
    int family = address_family(a);
    if (family == AF_INET6)
        buf_put_char(b, '[');
    address_put_ip(b, a);
    if (family == AF_INET6)
        buf_put_char(b, ']');
    if (family == AF_UNIX) {
        if (is_abstract(a))
            buf_put_char(b, '@');
        buf_put(b, unix_name(a));
    } else if (family != AF_UNSPEC) {
        buf_put_char(b, ':');
        buf_put_u64(b, address_port(a));
    }
}

/* The bytes of an IP address that may be changed. */
static unsigned char *bytes_of(struct address *a)
{
    return address_family(a) == AF_INET ? (unsigned char *)&a->u.in.sin_addr : a->u.in6.sin6_addr.s6_addr;
}

/* 255.255.0.0 is 16; false when a one follows a zero. */
static bool mask_bits(const struct address *mask, uint8_t *bits)
{
    uint32_t ones = ntohl(mask->u.in.sin_addr.s_addr);
    uint32_t zeros = ~ones;
    if ((zeros & (zeros + 1)) != 0)
        return false;
    *bits = (uint8_t)__builtin_popcount(ones);
    return true;
}

static bool parse_bits(struct span text, const struct address *base, uint8_t *bits)
{
    uint64_t n;
    struct address mask;
    size_t most = address_bytes(base).len * 8;
    if (span_to_u64(text, most, &n)) {
        *bits = (uint8_t)n;
        return true;
    }
    return address_family(base) == AF_INET && address_parse_ip(text, &mask) &&
           address_family(&mask) == AF_INET && mask_bits(&mask, bits);
}

static void clear_host(struct address *a, unsigned bits)
{
    unsigned char *bytes = bytes_of(a);
    size_t len = address_bytes(a).len;
    size_t whole = bits / 8;
    if (whole == len)
        return;
    bytes[whole] = (unsigned char)(bytes[whole] & 0xff00u >> bits % 8);
    memset(bytes + whole + 1, 0, len - whole - 1);
}

bool network_parse(struct span text, struct network *out)
{
    struct network n;
    size_t slash = span_find_char(text, '/');
    if (!address_parse_ip(span_first(text, slash), &n.base))
        return false;
    if (slash == SPAN_NONE)
        n.bits = (uint8_t)(address_bytes(&n.base).len * 8);
    else if (!parse_bits(span_from_index(text, slash + 1), &n.base, &n.bits))
        return false;
    clear_host(&n.base, n.bits);
    *out = n;
    return true;
}

bool network_contains(const struct network *n, const struct address *a)
{
    struct address plain = *a;
    if (address_family(&n->base) == AF_INET)
        address_unmap(&plain);
    struct span mine = address_bytes(&n->base), theirs = address_bytes(&plain);
    if (mine.len == 0 || mine.len != theirs.len)
        return false;
    unsigned whole = n->bits / 8, rest = n->bits % 8;
    if (memcmp(mine.ptr, theirs.ptr, whole) != 0)
        return false;
    return rest == 0 || ((mine.ptr[whole] ^ theirs.ptr[whole]) & (0xff00 >> rest) & 0xff) == 0;
}
