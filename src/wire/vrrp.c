/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/vrrp.h"

#include <string.h>

#include "base/reader.h"
#include "wire/inet.h"

enum { TYPE_ADVERTISEMENT = 1, HEADER = 8 };

static const struct {
    const char *word, *text;
} refusals[VRRP_REFUSAL_COUNT] = {
    [VRRP_TAKEN] = { "taken", "taken" },
    [VRRP_BAD_IP] = { "bad_ip", "not a whole IP packet" },
    [VRRP_FRAGMENT] = { "fragment", "a fragment" },
    [VRRP_TRUNCATED] = { "truncated", "shorter than its address count says" },
    [VRRP_OVERLONG] = { "overlong", "longer than its address count says" },
    [VRRP_BAD_TTL] = { "bad_ttl", "TTL or hop limit is not 255" },
    [VRRP_BAD_VERSION] = { "bad_version", "no version of VRRP that we know" },
    [VRRP_BAD_TYPE] = { "bad_type", "not an advertisement" },
    [VRRP_BAD_CHECKSUM] = { "bad_checksum", "bad checksum" },
    [VRRP_AH] = { "auth_ah", "authenticated with AH, which is not supported" },
    [VRRP_OWN] = { "own", "our own packet came back" },
    [VRRP_UNKNOWN_VRID] = { "unknown_vrid", "a virtual router id that is not ours" },
    [VRRP_WRONG_VERSION] = { "wrong_version", "the other version of VRRP" },
    [VRRP_WRONG_SOURCE] = { "wrong_source", "sent by none of the peers" },
    [VRRP_WRONG_TARGET] = { "wrong_target", "unicast where multicast is used, or the other way" },
    [VRRP_WRONG_AUTH_TYPE] = { "wrong_auth_type", "wrong kind of authentication" },
    [VRRP_WRONG_PASSWORD] = { "wrong_password", "wrong password" },
    [VRRP_WRONG_INTERVAL] = { "wrong_interval", "advertisement interval differs" },
    [VRRP_WRONG_ADDRESSES] = { "wrong_addresses", "the list of addresses differs" },
};

const char *vrrp_refusal_text(enum vrrp_refusal r)
{
    return refusals[r].text;
}

const char *vrrp_refusal_word(enum vrrp_refusal r)
{
    return refusals[r].word;
}

bool vrrp_ip_eq(const struct vrrp_ip *a, const struct vrrp_ip *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

int vrrp_ip_cmp(const struct vrrp_ip *a, const struct vrrp_ip *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static struct vrrp_ip ip_of(struct span bytes)
{
    struct vrrp_ip ip = { 0 };
    if (bytes.len == 4 || bytes.len == 16) {
        ip.size = (uint8_t)bytes.len;
        memcpy(ip.bytes, bytes.ptr, bytes.len);
    }
    return ip;
}

static bool ip_is_multicast(const struct vrrp_ip *ip)
{
    return ip->size == 4 ? (ip->bytes[0] & 0xf0) == 0xe0 : ip->size == 16 && ip->bytes[0] == 0xff;
}

enum vrrp_refusal vrrp_ip4_read(struct span datagram, struct vrrp_envelope *envelope, struct span *payload)
{
    struct reader r = reader_of(datagram);
    uint8_t first = reader_u8(&r);
    reader_u8(&r); /* TOS */
    uint16_t total = reader_u16(&r);
    reader_u16(&r); /* identification */
    uint16_t fragment = reader_u16(&r);
    envelope->ttl = reader_u8(&r);
    uint8_t protocol = reader_u8(&r);
    reader_u16(&r); /* the kernel has checked the header's checksum */
    envelope->from = ip_of(reader_take(&r, 4));
    envelope->to = ip_of(reader_take(&r, 4));
    size_t header = (size_t)(first & 0x0f) * 4;
    if (r.failed || first >> 4 != 4 || header < VRRP_IP4_HEADER || total < header || total > datagram.len)
        return VRRP_BAD_IP;
    if (fragment & 0x3fff) /* more to come, or an offset */
        return VRRP_FRAGMENT;
    *payload = span_of(datagram.ptr + header, total - header);
    if (protocol == VRRP_PROTOCOL_AH)
        return VRRP_AH;
    return protocol == VRRP_PROTOCOL ? VRRP_TAKEN : VRRP_BAD_IP;
}

/* RFC 3768 5.3.8: the message alone; RFC 9568 5.2.8: with the pseudo-header of the IP version. */
static uint16_t checksum(uint8_t version, struct span message, const struct vrrp_ip *from,
                         const struct vrrp_ip *to)
{
    uint32_t sum = 0;
    if (version == 3)
        sum =
            inet_sum_pseudo(span_of((const char *)from->bytes, from->size),
                            span_of((const char *)to->bytes, to->size), VRRP_PROTOCOL, (uint32_t)message.len);
    return inet_sum_finish(inet_sum(sum, message));
}

static size_t advert_size(uint8_t version, size_t addresses, size_t address_size)
{
    return HEADER + addresses * address_size + (version == 2 ? VRRP_AUTH_SIZE : 0);
}

static enum vrrp_refusal read_rest(struct reader *r, size_t address_size, struct vrrp_advert *out)
{
    out->addresses = reader_take(r, out->address_count * address_size);
    if (out->version == 2) {
        struct span password = reader_take(r, VRRP_AUTH_SIZE);
        if (!r->failed)
            memcpy(out->password, password.ptr, VRRP_AUTH_SIZE);
    }
    if (r->failed)
        return VRRP_TRUNCATED;
    return reader_left(r) > 0 ? VRRP_OVERLONG : VRRP_TAKEN;
}

enum vrrp_refusal vrrp_advert_read(struct span payload, const struct vrrp_envelope *envelope,
                                   struct vrrp_advert *out)
{
    *out = (struct vrrp_advert){ 0 };
    struct reader r = reader_of(payload);
    uint8_t first = reader_u8(&r);
    out->vrid = reader_u8(&r);
    out->priority = reader_u8(&r);
    out->address_count = reader_u8(&r);
    uint16_t timing = reader_u16(&r);
    reader_u16(&r); /* checksum */
    if (r.failed) {
        *out = (struct vrrp_advert){ 0 };
        return VRRP_TRUNCATED;
    }
    out->version = first >> 4;
    if (ip_is_multicast(&envelope->to) && envelope->ttl != VRRP_TTL)
        return VRRP_BAD_TTL;
    if (out->version != 3 && !(out->version == 2 && envelope->from.size == 4))
        return VRRP_BAD_VERSION;
    if ((first & 0x0f) != TYPE_ADVERTISEMENT)
        return VRRP_BAD_TYPE;
    if (out->version == 2) {
        out->auth_type = (uint8_t)(timing >> 8);
        out->interval_cs = (uint16_t)((timing & 0xff) * 100);
        if (out->auth_type == VRRP_AUTH_AH)
            return VRRP_AH; /* before the length: its data has another shape */
    } else {
        out->interval_cs = timing & VRRP_INTERVAL3_MAX; /* the upper four bits are reserved */
    }
    enum vrrp_refusal refusal = read_rest(&r, envelope->from.size, out);
    if (refusal != VRRP_TAKEN)
        return refusal;
    /* A sum over a message with its own checksum in it is zero. */
    return checksum(out->version, payload, &envelope->from, &envelope->to) ? VRRP_BAD_CHECKSUM : VRRP_TAKEN;
}

static bool is_among(struct span list, size_t size, const char *address)
{
    for (size_t at = 0; at < list.len; at += size)
        if (memcmp(list.ptr + at, address, size) == 0)
            return true;
    return false;
}

/* RFC 9568 7.1: the same addresses; the order may differ between two implementations. */
static bool same_addresses(struct span theirs, struct span ours, size_t size)
{
    if (span_eq(theirs, ours))
        return true;
    if (theirs.len != ours.len)
        return false;
    for (size_t at = 0; at < theirs.len; at += size)
        if (!is_among(ours, size, theirs.ptr + at) || !is_among(theirs, size, ours.ptr + at))
            return false;
    return true;
}

static enum vrrp_refusal check_auth(const struct vrrp_advert *advert, const struct vrrp_expected *expected)
{
    if (advert->auth_type != expected->auth_type)
        return VRRP_WRONG_AUTH_TYPE;
    if (expected->auth_type != VRRP_AUTH_PASS)
        return VRRP_TAKEN;
    uint8_t differs = 0; /* every byte is looked at: the time must not tell how many were right */
    for (size_t i = 0; i < VRRP_AUTH_SIZE; i++)
        differs |= (uint8_t)(advert->password[i] ^ expected->password[i]);
    return differs ? VRRP_WRONG_PASSWORD : VRRP_TAKEN;
}

static enum vrrp_refusal check_peer(const struct vrrp_envelope *envelope,
                                    const struct vrrp_expected *expected)
{
    for (size_t i = 0; i < expected->peer_count; i++) {
        const struct vrrp_peer *p = &expected->peers[i];
        if (vrrp_ip_eq(&p->ip, &envelope->from))
            return envelope->ttl < p->ttl_min || envelope->ttl > p->ttl_max ? VRRP_BAD_TTL : VRRP_TAKEN;
    }
    return VRRP_WRONG_SOURCE;
}

enum vrrp_refusal vrrp_advert_check(const struct vrrp_advert *advert, const struct vrrp_envelope *envelope,
                                    const struct vrrp_expected *expected)
{
    if (advert->vrid != expected->vrid)
        return VRRP_UNKNOWN_VRID;
    if (expected->own && vrrp_ip_eq(&envelope->from, expected->own))
        return VRRP_OWN;
    if (advert->version != expected->version)
        return VRRP_WRONG_VERSION;
    if (ip_is_multicast(&envelope->to) == expected->unicast)
        return VRRP_WRONG_TARGET;
    enum vrrp_refusal refusal =
        expected->unicast && expected->check_source ? check_peer(envelope, expected) : VRRP_TAKEN;
    if (refusal == VRRP_TAKEN && advert->version == 2)
        refusal = check_auth(advert, expected);
    if (refusal != VRRP_TAKEN)
        return refusal;
    /* Version 3 learns the interval of the master (RFC 9568 6.4.2); zero would make its timers zero. */
    bool interval_fits =
        advert->version == 2 ? advert->interval_cs == expected->interval_cs : advert->interval_cs > 0;
    if (!interval_fits)
        return VRRP_WRONG_INTERVAL;
    if (!expected->skip_addresses &&
        !same_addresses(advert->addresses, expected->addresses, envelope->from.size))
        return VRRP_WRONG_ADDRESSES;
    return VRRP_TAKEN;
}

static void put_u16(uint8_t *out, uint16_t n)
{
    out[0] = (uint8_t)(n >> 8);
    out[1] = (uint8_t)n;
}

size_t vrrp_advert_write(uint8_t *out, size_t room, const struct vrrp_advert *advert,
                         const struct vrrp_ip *from, const struct vrrp_ip *to)
{
    size_t size = advert_size(advert->version, advert->address_count, from->size);
    bool fits = advert->version == 2 ? advert->interval_cs % 100 == 0 && advert->interval_cs / 100 <= 255
                                     : advert->interval_cs <= VRRP_INTERVAL3_MAX;
    if (size > room || !fits || advert->address_count > VRRP_ADDRESSES_MAX)
        return 0;
    BUG_ON(advert->addresses.len != (size_t)advert->address_count * from->size);
    out[0] = (uint8_t)(advert->version << 4 | TYPE_ADVERTISEMENT);
    out[1] = advert->vrid;
    out[2] = advert->priority;
    out[3] = (uint8_t)advert->address_count;
    if (advert->version == 2) {
        out[4] = advert->auth_type;
        out[5] = (uint8_t)(advert->interval_cs / 100);
    } else {
        put_u16(out + 4, advert->interval_cs);
    }
    put_u16(out + 6, 0);
    if (advert->addresses.len > 0)
        memcpy(out + HEADER, advert->addresses.ptr, advert->addresses.len);
    if (advert->version == 2)
        memcpy(out + size - VRRP_AUTH_SIZE, advert->password, VRRP_AUTH_SIZE);
    put_u16(out + 6, checksum(advert->version, span_of((const char *)out, size), from, to));
    return size;
}

void vrrp_ip4_write(uint8_t out[VRRP_IP4_HEADER], const struct vrrp_ip *from, const struct vrrp_ip *to,
                    uint8_t ttl, size_t payload)
{
    memset(out, 0, VRRP_IP4_HEADER);
    out[0] = 0x45;
    out[1] = 0xc0; /* RFC 2474: class selector 6, internetwork control */
    put_u16(out + 2, (uint16_t)(VRRP_IP4_HEADER + payload));
    out[8] = ttl;
    out[9] = VRRP_PROTOCOL;
    memcpy(out + 12, from->bytes, 4);
    memcpy(out + 16, to->bytes, 4);
}

void vrrp_mac(uint8_t mac[6], uint8_t vrid, bool ip6)
{
    const uint8_t made[6] = { 0x00, 0x00, 0x5e, 0x00, ip6 ? 0x02 : 0x01, vrid };
    memcpy(mac, made, sizeof(made));
}
