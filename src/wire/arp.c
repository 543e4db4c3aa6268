/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/arp.h"

#include <string.h>

#include "base/reader.h"
#include "wire/inet.h"

enum {
    ETHERNET = 14,
    IP6 = 40,
    HARDWARE_ETHERNET = 1,
    ETHERTYPE_IP = 0x0800,
    OP_REQUEST = 1,
    OP_REPLY = 2,
    PROTOCOL_ICMP6 = 58,
    ICMP6_NS = 135,
    ICMP6_NA = 136,
    OPTION_TARGET_MAC = 2,
    NA_ROUTER = 0x80,
    NA_SOLICITED = 0x40,
    NA_OVERRIDE = 0x20,
};

static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static uint8_t *put(uint8_t *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

static uint8_t *put_u16(uint8_t *at, uint16_t n)
{
    at[0] = (uint8_t)(n >> 8);
    at[1] = (uint8_t)n;
    return at + 2;
}

static uint8_t *put_ethernet(uint8_t *at, const uint8_t to[6], const uint8_t from[6], uint16_t type)
{
    return put_u16(put(put(at, to, 6), from, 6), type);
}

static void write_request(uint8_t *out, const uint8_t mac[6], const uint8_t sender[4],
                          const uint8_t target[4], const uint8_t target_mac[6])
{
    uint8_t *at = put_ethernet(out, everybody, mac, ARP_ETHERTYPE_ARP);
    at = put_u16(at, HARDWARE_ETHERNET);
    at = put_u16(at, ETHERTYPE_IP);
    *at++ = 6;
    *at++ = 4;
    at = put_u16(at, OP_REQUEST);
    at = put(put(at, mac, 6), sender, 4);
    put(put(at, target_mac, 6), target, 4);
}

void arp_write_announcement(uint8_t out[ARP_FRAME_SIZE], const uint8_t mac[6], const uint8_t ip[4])
{
    /* The target's MAC has no meaning here; all ones is what switches and tools have seen from VRRP for
     * years. */
    write_request(out, mac, ip, ip, everybody);
}

void arp_write_probe(uint8_t out[ARP_FRAME_SIZE], const uint8_t mac[6], const uint8_t ip[4])
{
    static const uint8_t nobody[6];
    write_request(out, mac, nobody, ip, nobody);
}

/* IPv6 header and ICMPv6 message of <body> bytes; the checksum is filled in last. */
static uint8_t *put_ip6(uint8_t *at, size_t body, const uint8_t from[16], const uint8_t to[16])
{
    static const uint8_t version[4] = { 0x60, 0, 0, 0 };
    at = put_u16(put(at, version, 4), (uint16_t)body);
    *at++ = PROTOCOL_ICMP6;
    *at++ = 255; /* RFC 4861 7.1: what crossed a router is not believed */
    return put(put(at, from, 16), to, 16);
}

static uint16_t icmp6_checksum(const uint8_t *frame, size_t body)
{
    const char *ip = (const char *)frame + ETHERNET;
    uint32_t sum = inet_sum_pseudo(span_of(ip + 8, 16), span_of(ip + 24, 16), PROTOCOL_ICMP6, (uint32_t)body);
    return inet_sum_finish(inet_sum(sum, span_of(ip + IP6, body)));
}

static uint8_t *put_neighbour(uint8_t *at, uint8_t type, uint8_t flags, const uint8_t target[16])
{
    *at++ = type;
    *at++ = 0;
    at = put_u16(at, 0);
    *at++ = flags;
    memset(at, 0, 3);
    return put(at + 3, target, 16);
}

void arp_write_na(uint8_t out[ARP_NA_SIZE], const uint8_t mac[6], const uint8_t ip[16], bool router)
{
    static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };
    static const uint8_t all_nodes_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
    enum { BODY = ARP_NA_SIZE - ETHERNET - IP6 };
    uint8_t *at = put_ethernet(out, all_nodes_mac, mac, ARP_ETHERTYPE_IP6);
    at = put_ip6(at, BODY, ip, all_nodes);
    at = put_neighbour(at, ICMP6_NA, (uint8_t)(NA_OVERRIDE | (router ? NA_ROUTER : 0)), ip);
    *at++ = OPTION_TARGET_MAC;
    *at++ = 1; /* in units of 8 bytes */
    put(at, mac, 6);
    put_u16(out + ETHERNET + IP6 + 2, icmp6_checksum(out, BODY));
}

void arp_write_ns_probe(uint8_t out[ARP_NS_SIZE], const uint8_t mac[6], const uint8_t ip[16])
{
    static const uint8_t nobody[16];
    enum { BODY = ARP_NS_SIZE - ETHERNET - IP6 };
    uint8_t solicited[16] = {
        0xff, 0x02, [11] = 1, [12] = 0xff, [13] = ip[13], [14] = ip[14], [15] = ip[15]
    };
    uint8_t solicited_mac[6] = { 0x33, 0x33, 0xff, ip[13], ip[14], ip[15] };
    uint8_t *at = put_ethernet(out, solicited_mac, mac, ARP_ETHERTYPE_IP6);
    at = put_ip6(at, BODY, nobody, solicited);
    put_neighbour(at, ICMP6_NS, 0, ip);
    put_u16(out + ETHERNET + IP6 + 2, icmp6_checksum(out, BODY));
}

static bool all_zero(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i])
            return false;
    return true;
}

static void claim_set(struct arp_claim *out, struct span mac, struct span ip)
{
    memcpy(out->mac, mac.ptr, 6);
    memcpy(out->ip, ip.ptr, ip.len);
    out->ip_size = (uint8_t)ip.len;
}

static enum arp_kind read_arp(struct reader *r, struct arp_claim *out)
{
    uint16_t hardware = reader_u16(r), protocol = reader_u16(r);
    uint8_t hardware_size = reader_u8(r), protocol_size = reader_u8(r);
    uint16_t operation = reader_u16(r);
    struct span mac = reader_take(r, 6), sender = reader_take(r, 4);
    reader_take(r, 6);
    struct span target = reader_take(r, 4);
    if (r->failed || hardware != HARDWARE_ETHERNET || protocol != ETHERTYPE_IP || hardware_size != 6 ||
        protocol_size != 4 || (operation != OP_REQUEST && operation != OP_REPLY))
        return ARP_NOT;
    if (operation == OP_REQUEST && all_zero(sender)) {
        claim_set(out, mac, target);
        return ARP_PROBE;
    }
    claim_set(out, mac, sender);
    if (span_eq(sender, target))
        return ARP_ANNOUNCEMENT;
    return operation == OP_REQUEST ? ARP_REQUEST : ARP_REPLY;
}

/* The MAC of the target option, or of the frame when there is none (RFC 4861 4.4 allows that when solicited).
 */
static struct span target_mac(struct reader *r, struct span frame_mac)
{
    while (reader_left(r) >= 8) {
        uint8_t type = reader_u8(r);
        size_t size = (size_t)reader_u8(r) * 8;
        struct span body = reader_take(r, size >= 8 ? size - 2 : SIZE_MAX);
        if (r->failed)
            break;
        if (type == OPTION_TARGET_MAC && size == 8)
            return body;
    }
    return frame_mac;
}

static enum arp_kind read_message(struct span message, struct span frame_mac, bool from_nobody,
                                  struct arp_claim *out)
{
    struct reader r = reader_of(message);
    uint8_t type = reader_u8(&r), code = reader_u8(&r);
    reader_u16(&r); /* checksum */
    uint8_t flags = reader_u8(&r);
    reader_take(&r, 3);
    struct span target = reader_take(&r, 16);
    if (r.failed || code != 0)
        return ARP_NOT;
    if (type == ICMP6_NS && from_nobody) {
        claim_set(out, frame_mac, target);
        return ARP_PROBE;
    }
    if (type != ICMP6_NA)
        return ARP_NOT;
    claim_set(out, target_mac(&r, frame_mac), target);
    return flags & NA_SOLICITED ? ARP_REPLY : ARP_ANNOUNCEMENT;
}

static enum arp_kind read_ip6(struct span ip, struct span frame_mac, struct arp_claim *out)
{
    struct reader r = reader_of(ip);
    uint8_t version = reader_u8(&r) >> 4;
    reader_take(&r, 3);
    uint16_t size = reader_u16(&r);
    uint8_t next = reader_u8(&r), hops = reader_u8(&r);
    struct span from = reader_take(&r, 16), to = reader_take(&r, 16);
    struct span body = reader_take(&r, size);
    if (r.failed || version != 6 || next != PROTOCOL_ICMP6 || hops != 255)
        return ARP_NOT;
    if (inet_sum_finish(inet_sum(inet_sum_pseudo(from, to, PROTOCOL_ICMP6, size), body)))
        return ARP_NOT;
    return read_message(body, frame_mac, all_zero(from), out);
}

enum arp_kind arp_read_icmp6(struct span message, struct arp_claim *out)
{
    static const char unknown[6];
    *out = (struct arp_claim){ 0 };
    return out->kind = read_message(message, span_of(unknown, sizeof(unknown)), false, out);
}

enum arp_kind arp_read(struct span frame, struct arp_claim *out)
{
    *out = (struct arp_claim){ 0 };
    struct reader r = reader_of(frame);
    reader_take(&r, 6);
    struct span mac = reader_take(&r, 6);
    uint16_t type = reader_u16(&r);
    if (r.failed)
        return ARP_NOT;
    if (type == ARP_ETHERTYPE_ARP)
        out->kind = read_arp(&r, out);
    else if (type == ARP_ETHERTYPE_IP6)
        out->kind = read_ip6(span_from_index(frame, r.at), mac, out);
    return out->kind;
}
