/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adverts and the frames that say where an address lives. The first byte says how
 * the rest came: as an IPv4 datagram, as a message over IPv6, as an Ethernet
 * frame, as an ICMPv6 message; and whether its checksum is put right first, so
 * that what lies behind is reached. What is taken says the same when it is
 * written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "wire/arp.h"
#include "wire/vrrp.h"

enum { IP4, IP6, FRAME, ICMP6, KINDS, REPAIR = 0x80 };

static struct vrrp_envelope envelope6(void)
{
    return (struct vrrp_envelope){ .from = { 16, { 0xfe, 0x80, [15] = 1 } },
                                   .to = { 16, { 0xff, 0x02, [15] = 0x12 } },
                                   .ttl = 255 };
}

static struct span text_of(const uint8_t *bytes, size_t len)
{
    return span_of((const char *)bytes, len);
}

/* Tries sums until one fits: 65,536 at most would be slow, so it is calculated from what is refused. */
static void repair(uint8_t *message, size_t len, const struct vrrp_envelope *e)
{
    struct vrrp_advert a;
    uint8_t again[VRRP_ADVERT_MAX];
    if (len < 8)
        return;
    if (vrrp_advert_read(text_of(message, len), e, &a) != VRRP_BAD_CHECKSUM)
        return;
    size_t written = vrrp_advert_write(again, sizeof(again), &a, &e->from, &e->to);
    if (written == len)
        memcpy(message, again, len);
}

static void check_taken(const struct vrrp_advert *a, const struct vrrp_envelope *e, size_t len)
{
    uint8_t again[VRRP_ADVERT_MAX];
    struct vrrp_advert b;
    struct vrrp_expected x = { .version = a->version,
                               .vrid = a->vrid,
                               .auth_type = (enum vrrp_auth)a->auth_type,
                               .interval_cs = a->interval_cs,
                               .addresses = a->addresses,
                               .unicast = e->from.size == 4 ? (e->to.bytes[0] & 0xf0) != 0xe0
                                                            : e->to.bytes[0] != 0xff };
    memcpy(x.password, a->password, sizeof(x.password));
    size_t written = vrrp_advert_write(again, sizeof(again), a, &e->from, &e->to);
    BUG_ON(written != len);
    enum vrrp_refusal refusal = vrrp_advert_read(text_of(again, written), e, &b);
    BUG_ON(refusal != VRRP_TAKEN);
    BUG_ON(a->version != b.version || a->vrid != b.vrid || a->priority != b.priority ||
           a->interval_cs != b.interval_cs || a->auth_type != b.auth_type ||
           !span_eq(a->addresses, b.addresses));
    refusal = vrrp_advert_check(a, e, &x);
    BUG_ON(refusal != VRRP_TAKEN && !(refusal == VRRP_WRONG_INTERVAL && a->interval_cs == 0));
    x.vrid++;
    refusal = vrrp_advert_check(a, e, &x);
    BUG_ON(refusal != VRRP_UNKNOWN_VRID);
}

static void check_message(uint8_t *message, size_t len, const struct vrrp_envelope *e, bool repaired)
{
    struct vrrp_advert a;
    if (repaired)
        repair(message, len, e);
    enum vrrp_refusal refusal = vrrp_advert_read(text_of(message, len), e, &a);
    BUG_ON(refusal >= VRRP_REFUSAL_COUNT || vrrp_refusal_text(refusal) == NULL);
    if (refusal == VRRP_TAKEN)
        check_taken(&a, e, len);
}

static void check_datagram(uint8_t *bytes, size_t len, bool repaired)
{
    struct vrrp_envelope e;
    struct span payload;
    if (vrrp_ip4_read(text_of(bytes, len), &e, &payload) != VRRP_TAKEN)
        return;
    BUG_ON(payload.ptr < (char *)bytes || payload.len > len);
    check_message(bytes + (payload.ptr - (char *)bytes), payload.len, &e, repaired);
}

static void check_claim(enum arp_kind kind, const struct arp_claim *c)
{
    BUG_ON(kind != c->kind);
    BUG_ON(kind != ARP_NOT && c->ip_size != 4 && c->ip_size != 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arp_claim claim;
    if (size == 0)
        return 0;
    bool repaired = data[0] & REPAIR;
    size_t len = size - 1;
    uint8_t *copy = malloc(len + !len);
    memcpy(copy, data + 1, len);
    struct vrrp_envelope e = envelope6();
    switch (data[0] % KINDS) {
    case IP4:
        check_datagram(copy, len, repaired);
        break;
    case IP6:
        check_message(copy, len, &e, repaired);
        break;
    case FRAME:
        check_claim(arp_read(text_of(copy, len), &claim), &claim);
        break;
    case ICMP6:
        check_claim(arp_read_icmp6(text_of(copy, len), &claim), &claim);
        break;
    }
    free(copy);
    return 0;
}
