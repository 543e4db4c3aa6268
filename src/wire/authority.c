/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/authority.h"

#include "wire/chars.h"

#include <arpa/inet.h>

/* Bytes of "[...]" at the start of <text>, or 0. */
static size_t ipv6_len(struct span text)
{
    const char *close = memchr(text.ptr, ']', text.len);
    char literal[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (close == NULL || (size_t)(close - text.ptr) > sizeof(literal))
        return 0;
    size_t len = (size_t)(close - text.ptr) - 1;
    memcpy(literal, text.ptr + 1, len);
    literal[len] = '\0';
    if (memchr(literal, '\0', len) || inet_pton(AF_INET6, literal, &address) != 1)
        return 0;
    return len + 2;
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
