/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/authority.h"

#include "base/address.h"
#include "wire/chars.h"

/* Bytes of "[...]" at the start of <text>, or 0. No zone: it means nothing to the other side. */
static size_t ipv6_len(struct span text)
{
    size_t close = span_find_char(text, ']');
    struct address a;
    if (close == SPAN_NONE || !address_parse_ip(span_of(text.ptr + 1, close - 1), &a) ||
        address_family(&a) != AF_INET6)
        return 0;
    return close + 1;
}

/* Bytes of a reg-name or IPv4 address at the start of <text>. */
static size_t name_len(struct span text)
{
    size_t i = 0;
    for (;;) {
        i += chars_of(span_from_index(text, i), CHAR_HOST);
        if (text.len - i < 3 || text.ptr[i] != '%' || !char_is(text.ptr[i + 1], CHAR_HEX) ||
            !char_is(text.ptr[i + 2], CHAR_HEX))
            return i;
        i += 3;
    }
}

static bool port_parse(struct span digits, uint16_t *out)
{
    uint32_t port = 0;
    if (digits.len > 5)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (!char_is(digits.ptr[i], CHAR_DIGIT))
            return false;
        port = port * 10 + (uint32_t)(digits.ptr[i] - '0');
    }
    *out = (uint16_t)port;
    return port <= UINT16_MAX;
}

bool authority_parse(struct span text, struct authority *out)
{
    if (text.len == 0)
        return false;
    size_t len = text.ptr[0] == '[' ? ipv6_len(text) : name_len(text);
    if (len == 0)
        return false;
    out->host = span_first(text, len);
    out->port = 0;
    if (len == text.len)
        return true;
    return text.ptr[len] == ':' && port_parse(span_from_index(text, len + 1), &out->port);
}

bool authority_eq(const struct authority *a, const struct authority *b, uint16_t default_port)
{
    uint16_t port_a = a->port ? a->port : default_port;
    uint16_t port_b = b->port ? b->port : default_port;
    return port_a == port_b && span_eq_nocase(a->host, b->host);
}
