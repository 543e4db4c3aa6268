/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/proxy.h"

#include "base/reader.h"
#include "wire/chars.h"
#include "wire/proxy_internal.h"

#include <netinet/in.h>

/* ---- version 1: one line ---- */

/* The word up to the next blank; the blank is taken, and there must be one unless <last>. */
static bool word(struct span *line, bool last, struct span *out)
{
    size_t at = span_find_char(*line, ' ');
    if (last ? at != SPAN_NONE : at == SPAN_NONE)
        return false;
    *out = last ? *line : span_first(*line, at);
    *line = last ? span_of(span_end(*line), 0) : span_from_index(*line, at + 1);
    return out->len > 0;
}

/* "heading zeroes are not permitted" */
static bool port_parse(struct span text, struct address *a)
{
    uint64_t port;
    if (text.len > 5 || (text.len > 1 && text.ptr[0] == '0') || !span_to_u64(text, UINT16_MAX, &port))
        return false;
    address_set_port(a, (uint16_t)port);
    return true;
}

static bool addresses_parse(struct span line, sa_family_t family, struct proxy_header *out)
{
    struct span source, destination, source_port, destination_port;
    if (!word(&line, false, &source) || !word(&line, false, &destination) ||
        !word(&line, false, &source_port) || !word(&line, true, &destination_port))
        return false;
    return address_parse_ip(source, &out->source) && address_parse_ip(destination, &out->destination) &&
           address_family(&out->source) == family && address_family(&out->destination) == family &&
           port_parse(source_port, &out->source) && port_parse(destination_port, &out->destination);
}

/* The line without "PROXY " and CRLF. */
static bool line_parse(struct span line, struct proxy_header *out)
{
    *out = (struct proxy_header){ .version = 1 };
    if (span_starts_with(line, SPAN("TCP4 ")) || span_starts_with(line, SPAN("TCP6 "))) {
        out->transport = PROXY_STREAM;
        return addresses_parse(span_from_index(line, 5), line.ptr[3] == '4' ? AF_INET : AF_INET6, out);
    }
    /* What follows UNKNOWN is to be ignored. */
    out->local = true;
    return span_eq(line, SPAN("UNKNOWN")) || span_starts_with(line, SPAN("UNKNOWN "));
}

static enum proxy_result v1_parse(struct span bytes, size_t max, struct proxy_header *out, size_t *len)
{
    static const struct span start = SPAN_INIT("PROXY ");
    struct span common = span_first(bytes, start.len);
    if (!span_starts_with(start, common))
        return PROXY_BAD;
    size_t line_max = max < PROXY_V1_MAX ? max : PROXY_V1_MAX;
    struct span line = span_first(bytes, line_max);
    size_t lf = span_find_char(line, '\n');
    if (lf == SPAN_NONE)
        return bytes.len >= line_max ? PROXY_BAD : PROXY_MORE;
    if (lf < start.len || line.ptr[lf - 1] != '\r')
        return PROXY_BAD;
    line = span_from_index(span_first(line, lf - 1), start.len);
    if (span_find_char(line, '\r') != SPAN_NONE || !line_parse(line, out))
        return PROXY_BAD;
    *len = lf + 1;
    return PROXY_DONE;
}

/* ---- version 2: binary ---- */

bool proxy_tlv_next(struct span *tlvs, uint8_t *type, struct span *value)
{
    struct reader r = reader_of(*tlvs);
    uint8_t found = reader_u8(&r);
    struct span text = reader_take(&r, reader_u16(&r));
    if (r.failed)
        return false;
    *type = found;
    *value = text;
    *tlvs = span_from_index(*tlvs, r.at);
    return true;
}

bool proxy_tlv_find(struct span tlvs, uint8_t type, struct span *value)
{
    uint8_t found;
    struct span text;
    while (proxy_tlv_next(&tlvs, &found, &text)) {
        if (found == type) {
            *value = text;
            return true;
        }
    }
    return false;
}

static bool tlvs_are_whole(struct span tlvs)
{
    uint8_t type;
    struct span value;
    while (proxy_tlv_next(&tlvs, &type, &value))
        continue;
    return tlvs.len == 0;
}

bool proxy_ssl_parse(struct span value, struct proxy_ssl *out)
{
    struct reader r = reader_of(value);
    out->client = reader_u8(&r);
    out->verify = reader_u32(&r);
    out->tlvs = span_from_index(value, r.at);
    return !r.failed && tlvs_are_whole(out->tlvs);
}

static void ip4_read(struct reader *r, struct address *a)
{
    *a = (struct address){ .len = sizeof(a->u.in), .u.in.sin_family = AF_INET };
    struct span bytes = reader_take(r, sizeof(a->u.in.sin_addr));
    if (bytes.len)
        memcpy(&a->u.in.sin_addr, bytes.ptr, bytes.len);
}

static void ip6_read(struct reader *r, struct address *a)
{
    *a = (struct address){ .len = sizeof(a->u.in6), .u.in6.sin6_family = AF_INET6 };
    struct span bytes = reader_take(r, sizeof(a->u.in6.sin6_addr));
    if (bytes.len)
        memcpy(&a->u.in6.sin6_addr, bytes.ptr, bytes.len);
}

/* A path up to its NUL; a leading NUL makes it abstract, none at all an unnamed socket. */
static bool unix_read(struct reader *r, struct address *a)
{
    struct span path = reader_take(r, V2_UNIX_LEN);
    bool abstract = path.len && path.ptr[0] == '\0';
    if (abstract)
        path = span_from_index(path, 1);
    size_t end = span_find_char(path, '\0');
    if (end == 0) { /* an unnamed socket */
        *a = (struct address){ .len = sizeof(sa_family_t), .u.un.sun_family = AF_UNIX };
        return true;
    }
    return address_unix(end == SPAN_NONE ? path : span_first(path, end), abstract, a);
}

static bool v2_addresses(struct reader *r, enum v2_family family, struct proxy_header *out)
{
    switch (family) {
    case V2_AF_INET:
        ip4_read(r, &out->source);
        ip4_read(r, &out->destination);
        break;
    case V2_AF_INET6:
        ip6_read(r, &out->source);
        ip6_read(r, &out->destination);
        break;
    case V2_AF_UNIX:
        return unix_read(r, &out->source) && unix_read(r, &out->destination) && !r->failed;
    case V2_AF_UNSPEC:
        out->local = true;
        return true;
    }
    address_set_port(&out->source, reader_u16(r));
    address_set_port(&out->destination, reader_u16(r));
    return !r->failed;
}

/* The sum is over the whole header with the sum's own bytes as zeros. */
static bool checksum_holds(struct span header, struct span tlvs)
{
    static const char zeros[4];
    struct span sum;
    if (!proxy_tlv_find(tlvs, PROXY_TLV_CRC32C, &sum))
        return true;
    if (sum.len != sizeof(zeros))
        return false;
    struct reader r = reader_of(sum);
    uint32_t crc = proxy_crc32c(0, span_first(header, (size_t)(sum.ptr - header.ptr)));
    crc = proxy_crc32c(crc, span_of(zeros, sizeof(zeros)));
    crc = proxy_crc32c(crc, span_of(span_end(sum), (size_t)(span_end(header) - span_end(sum))));
    return crc == reader_u32(&r);
}

/* <header> is complete; its version is 2. */
static bool v2_body(struct span header, struct proxy_header *out)
{
    struct reader r = reader_of(header);
    reader_take(&r, V2_SIGNATURE_LEN);
    uint8_t command = reader_u8(&r) & 0x0f, protocol = reader_u8(&r);
    unsigned family = protocol >> 4, transport = protocol & 0x0f;
    reader_u16(&r);
    *out = (struct proxy_header){ .version = 2, .local = command == 0 };
    /* "Other values must be rejected"; a LOCAL's family is to be ignored. */
    if (command > 1 || family > V2_AF_UNIX || transport > PROXY_DATAGRAM)
        return false;
    out->transport = (enum proxy_transport)transport;
    if (out->local || transport == PROXY_UNSPEC)
        family = V2_AF_UNSPEC;
    if (!v2_addresses(&r, (enum v2_family)family, out))
        return false;
    if (out->local) { /* the layout is unknown, and nothing in it may be used */
        out->transport = PROXY_UNSPEC;
        return true;
    }
    out->tlvs = span_from_index(header, r.at);
    return tlvs_are_whole(out->tlvs) && checksum_holds(header, out->tlvs);
}

static enum proxy_result v2_parse(struct span bytes, size_t max, struct proxy_header *out, size_t *len)
{
    if (!span_starts_with(SPAN(V2_SIGNATURE), span_first(bytes, V2_SIGNATURE_LEN)))
        return PROXY_BAD;
    if (bytes.len > V2_SIGNATURE_LEN && (uint8_t)bytes.ptr[V2_SIGNATURE_LEN] >> 4 != 2)
        return PROXY_BAD;
    if (bytes.len < V2_HEAD_LEN)
        return max < V2_HEAD_LEN ? PROXY_BAD : PROXY_MORE;
    struct reader r = reader_of(span_from_index(bytes, V2_HEAD_LEN - 2));
    size_t need = V2_HEAD_LEN + (size_t)reader_u16(&r);
    if (need > max)
        return PROXY_BAD;
    if (bytes.len < need)
        return PROXY_MORE;
    *len = need;
    return v2_body(span_first(bytes, need), out) ? PROXY_DONE : PROXY_BAD;
}

enum proxy_result proxy_parse(struct span bytes, size_t max, struct proxy_header *out, size_t *len)
{
    if (bytes.len == 0)
        return PROXY_MORE;
    return bytes.ptr[0] == '\r' ? v2_parse(bytes, max, out, len) : v1_parse(bytes, max, out, len);
}
