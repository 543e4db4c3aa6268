/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/proxy.h"

#include "wire/proxy_internal.h"

#include <arpa/inet.h>
#include <stdio.h>

/* ---- CRC32c ---- */

/* A nibble at a time: 64 bytes of table, and a header is short. */
static const uint32_t crc_nibbles[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t proxy_crc32c(uint32_t crc, struct span bytes)
{
    crc = ~crc;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (uint8_t)bytes.ptr[i];
        crc = crc >> 4 ^ crc_nibbles[crc & 15];
        crc = crc >> 4 ^ crc_nibbles[crc & 15];
    }
    return ~crc;
}

/* ---- which addresses can be said ---- */

static bool is_ip(const struct address *a)
{
    return address_family(a) == AF_INET || address_family(a) == AF_INET6;
}

/* The 16 bytes of an IPv6 address, or of an IPv4 one mapped into it (RFC 4291 2.5.5.2). */
static struct in6_addr as_ip6(const struct address *a)
{
    if (address_family(a) == AF_INET6)
        return a->u.in6.sin6_addr;
    struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
    memcpy(&mapped.s6_addr[12], &a->u.in.sin_addr, sizeof(a->u.in.sin_addr));
    return mapped;
}

static enum v2_family family_of(const struct address *source, const struct address *destination)
{
    if (is_ip(source) && is_ip(destination)) {
        bool both_4 = address_family(source) == AF_INET && address_family(destination) == AF_INET;
        return both_4 ? V2_AF_INET : V2_AF_INET6;
    }
    if (address_family(source) == AF_UNIX && address_family(destination) == AF_UNIX)
        return V2_AF_UNIX;
    return V2_AF_UNSPEC;
}

/* ---- version 1 ---- */

static void ip_text(const struct address *a, enum v2_family family, char text[static INET6_ADDRSTRLEN])
{
    if (family == V2_AF_INET) {
        inet_ntop(AF_INET, &a->u.in.sin_addr, text, INET6_ADDRSTRLEN);
        return;
    }
    struct in6_addr ip6 = as_ip6(a);
    inet_ntop(AF_INET6, &ip6, text, INET6_ADDRSTRLEN);
}

size_t proxy_write_v1(char *out, size_t room, const struct address *source, const struct address *destination)
{
    char line[PROXY_V1_MAX + 1], from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
    enum v2_family family = family_of(source, destination);
    int len;
    if (family == V2_AF_INET || family == V2_AF_INET6) {
        ip_text(source, family, from);
        ip_text(destination, family, to);
        len = snprintf(line, sizeof(line), "PROXY TCP%c %s %s %u %u\r\n", family == V2_AF_INET ? '4' : '6',
                       from, to, address_port(source), address_port(destination));
    } else {
        len = snprintf(line, sizeof(line), "PROXY UNKNOWN\r\n");
    }
    if ((size_t)len > room)
        return 0;
    memcpy(out, line, (size_t)len);
    return (size_t)len;
}

/* ---- version 2 ---- */

static char *put(char *at, const void *bytes, size_t len)
{
    if (len)
        memcpy(at, bytes, len);
    return at + len;
}

static char *put_u16(char *at, size_t n)
{
    at[0] = (char)(n >> 8);
    at[1] = (char)n;
    return at + 2;
}

static char *put_unix(char *at, const struct address *a)
{
    size_t header = offsetof(struct sockaddr_un, sun_path);
    size_t len = a->len > header ? a->len - header : 0;
    memset(at, 0, V2_UNIX_LEN);
    put(at, a->u.un.sun_path, len < V2_UNIX_LEN ? len : V2_UNIX_LEN);
    return at + V2_UNIX_LEN;
}

static size_t addresses_len(enum v2_family family)
{
    static const size_t lens[] = { [V2_AF_UNSPEC] = 0,
                                   [V2_AF_INET] = 2 * 4 + 2 * 2,
                                   [V2_AF_INET6] = 2 * 16 + 2 * 2,
                                   [V2_AF_UNIX] = 2 * V2_UNIX_LEN };
    return lens[family];
}

static char *put_addresses(char *at, enum v2_family family, const struct proxy_header *h)
{
    if (family == V2_AF_UNSPEC)
        return at;
    if (family == V2_AF_UNIX)
        return put_unix(put_unix(at, &h->source), &h->destination);
    if (family == V2_AF_INET) {
        at = put(at, &h->source.u.in.sin_addr, 4);
        at = put(at, &h->destination.u.in.sin_addr, 4);
    } else {
        struct in6_addr source = as_ip6(&h->source), destination = as_ip6(&h->destination);
        at = put(at, &source, sizeof(source));
        at = put(at, &destination, sizeof(destination));
    }
    return put_u16(put_u16(at, address_port(&h->source)), address_port(&h->destination));
}

size_t proxy_write_tlv(char *out, size_t room, uint8_t type, struct span value)
{
    if (value.len > UINT16_MAX || room < V2_TLV_HEAD_LEN + value.len)
        return 0;
    out[0] = (char)type;
    put(put_u16(out + 1, value.len), value.ptr, value.len);
    return V2_TLV_HEAD_LEN + value.len;
}

/* The sum's TLV ends the header; its four bytes are zeros while it is computed. */
static void put_checksum(char *header, char *at)
{
    at[0] = (char)PROXY_TLV_CRC32C;
    at = put_u16(at + 1, 4);
    memset(at, 0, 4);
    uint32_t crc = proxy_crc32c(0, span_of(header, (size_t)(at + 4 - header)));
    put_u16(put_u16(at, crc >> 16), crc & 0xffff);
}

size_t proxy_write_v2(char *out, size_t room, const struct proxy_header *h, bool checksum)
{
    enum v2_family family = h->local ? V2_AF_UNSPEC : family_of(&h->source, &h->destination);
    unsigned transport = family == V2_AF_UNSPEC ? PROXY_UNSPEC : h->transport;
    size_t tail = addresses_len(family) + h->tlvs.len + (checksum ? V2_TLV_HEAD_LEN + 4 : 0);
    if (tail > UINT16_MAX || room < V2_HEAD_LEN + tail)
        return 0;
    char *at = put(out, V2_SIGNATURE, V2_SIGNATURE_LEN);
    *at++ = h->local ? 0x20 : 0x21;
    *at++ = (char)((unsigned)family << 4 | transport);
    at = put_u16(at, tail);
    at = put_addresses(at, family, h);
    at = put(at, h->tlvs.ptr, h->tlvs.len);
    if (checksum)
        put_checksum(out, at);
    return V2_HEAD_LEN + tail;
}
