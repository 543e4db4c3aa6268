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

/* Are all 8 bytes of a-z, 0-9, '-' and '.'? */
static inline bool word_is_plain(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, low = word & (ones * 0x7f);
    uint64_t letter = (low + ones * (0x80 - 'a')) & ~(low + ones * (0x7f - 'z'));
    uint64_t other = (low + ones * (0x80 - '-')) & ~(low + ones * (0x7f - '9')); /* '/' is one of them */
    uint64_t no_slash = (low ^ ones * '/') + ones * 0x7f;
    return ((letter | (other & no_slash)) & ~word & (ones * 0x80)) == ones * 0x80;
}

/* Most hosts, without a port, as most clients write them. */
static inline bool is_plain(struct span text)
{
    uint64_t word;

    if (text.len < sizeof(word))
        return false;
    for (size_t at = 0; at < text.len - sizeof(word); at += sizeof(word)) {
        memcpy(&word, text.ptr + at, sizeof(word));
        if (!word_is_plain(word))
            return false;
    }
    memcpy(&word, span_end(text) - sizeof(word), sizeof(word));
    return word_is_plain(word);
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

static __attribute__((noinline)) bool parse_any(struct span text, struct authority *out)
{
    if (text.len == 0)
        return false;
    size_t len = text.ptr[0] == '[' ? ipv6_len(text) : name_len(text);
    if (len == 0)
        return false;
    out->host = span_first(text, len);
    out->port = 0;
    out->plain = false;
    if (len == text.len)
        return true;
    return text.ptr[len] == ':' && port_parse(span_from_index(text, len + 1), &out->port);
}

bool authority_parse(struct span text, struct authority *out)
{
    if (!is_plain(text))
        return parse_any(text, out);
    *out = (struct authority){ .host = text, .plain = true };
    return true;
}

bool authority_eq(const struct authority *a, const struct authority *b, uint16_t default_port)
{
    uint16_t port_a = a->port ? a->port : default_port;
    uint16_t port_b = b->port ? b->port : default_port;
    return port_a == port_b && span_eq_nocase(a->host, b->host);
}
