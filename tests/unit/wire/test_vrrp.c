/* SPDX-License-Identifier: Apache-2.0 */
/* Adverts as real routers send them, and every way of being refused. */
#include "wire/vrrp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct span hex(uint8_t *room, const char *text)
{
    size_t n = 0;
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        int high = *text <= '9' ? *text - '0' : *text - 'a' + 10;
        text++;
        int low = *text <= '9' ? *text - '0' : *text - 'a' + 10;
        room[n++] = (uint8_t)(high << 4 | low);
    }
    return span_of((char *)room, n);
}

#define ROUTER                                                                                               \
    {                                                                                                        \
        4,                                                                                                   \
        {                                                                                                    \
            10, 99, 0, 1                                                                                     \
        }                                                                                                    \
    }
#define GROUP                                                                                                \
    {                                                                                                        \
        4,                                                                                                   \
        {                                                                                                    \
            224, 0, 0, 18                                                                                    \
        }                                                                                                    \
    }
static const struct vrrp_ip router = ROUTER;
static const struct vrrp_ip peer = { 4, { 10, 99, 0, 2 } };
static const struct vrrp_ip group = GROUP;
static const struct vrrp_ip router6 = { 16, { 0xfe, 0x80, [15] = 1 } };
static const struct vrrp_ip group6 = { 16, { 0xff, 0x02, [15] = 0x12 } };
static const char vip[4] = { 10, 99, 0, 100 };

static struct vrrp_advert course(void)
{
    return (struct vrrp_advert){ .version = 2,
                                 .vrid = 80,
                                 .priority = 100,
                                 .auth_type = VRRP_AUTH_PASS,
                                 .password = "1111",
                                 .interval_cs = 100,
                                 .address_count = 1,
                                 .addresses = span_of(vip, 4) };
}

static struct vrrp_expected course_expected(void)
{
    return (struct vrrp_expected){ .version = 2,
                                   .vrid = 80,
                                   .auth_type = VRRP_AUTH_PASS,
                                   .password = "1111",
                                   .interval_cs = 100,
                                   .addresses = span_of(vip, 4),
                                   .own = &peer };
}

static const struct vrrp_envelope envelope = { .from = ROUTER, .to = GROUP, .ttl = 255 };

/* Captured from keepalived 2.2.7 with the course's file. */
#define CAPTURED                                                                                             \
    "45c0 0028 0001 0000 ff70 d02e 0a63 0001 e000 0012 2150 6401 0101 0c84 0a63 0064 3131 3131 0000 0000"

static void test_captured(void **state)
{
    (void)state;
    uint8_t room[128], again[128];
    struct span datagram = hex(room, CAPTURED), payload;
    struct vrrp_envelope e;
    struct vrrp_advert a;
    assert_int_equal(vrrp_ip4_read(datagram, &e, &payload), VRRP_TAKEN);
    assert_true(vrrp_ip_eq(&e.from, &router) && vrrp_ip_eq(&e.to, &group));
    assert_int_equal(e.ttl, 255);
    assert_int_equal(vrrp_advert_read(payload, &e, &a), VRRP_TAKEN);
    assert_int_equal(a.version, 2);
    assert_int_equal(a.vrid, 80);
    assert_int_equal(a.priority, 100);
    assert_int_equal(a.interval_cs, 100);
    assert_int_equal(a.address_count, 1);
    struct vrrp_expected x = course_expected();
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_TAKEN);
    /* What was read is written as the same bytes. */
    assert_int_equal(vrrp_advert_write(again, sizeof(again), &a, &e.from, &e.to), payload.len);
    assert_memory_equal(again, payload.ptr, payload.len);
}

static void test_ip4_header(void **state)
{
    (void)state;
    uint8_t room[128];
    struct span d = hex(room, CAPTURED), payload;
    struct vrrp_envelope e;
    for (size_t len = 0; len < d.len; len++)
        assert_int_equal(vrrp_ip4_read(span_first(d, len), &e, &payload), VRRP_BAD_IP);
    room[0] = 0x46; /* a longer header: four bytes less payload */
    assert_int_equal(vrrp_ip4_read(d, &e, &payload), VRRP_TAKEN);
    assert_int_equal(payload.len, 16);
    room[0] = 0x44;
    assert_int_equal(vrrp_ip4_read(d, &e, &payload), VRRP_BAD_IP);
    room[0] = 0x65;
    assert_int_equal(vrrp_ip4_read(d, &e, &payload), VRRP_BAD_IP);
    room[0] = 0x45;
    room[6] = 0x20;
    assert_int_equal(vrrp_ip4_read(d, &e, &payload), VRRP_FRAGMENT);
    room[6] = 0x40; /* "don't fragment" is fine */
    assert_int_equal(vrrp_ip4_read(d, &e, &payload), VRRP_TAKEN);
    room[9] = VRRP_PROTOCOL_AH;
    assert_int_equal(vrrp_ip4_read(d, &e, &payload), VRRP_AH);
    room[9] = 17;
    assert_int_equal(vrrp_ip4_read(d, &e, &payload), VRRP_BAD_IP);
}

static enum vrrp_refusal read_back(const struct vrrp_advert *a, const struct vrrp_envelope *e,
                                   struct vrrp_advert *out, uint8_t *bytes, size_t *len)
{
    *len = vrrp_advert_write(bytes, VRRP_ADVERT_MAX, a, &e->from, &e->to);
    return vrrp_advert_read(span_of((char *)bytes, *len), e, out);
}

static void test_refused_bytes(void **state)
{
    (void)state;
    uint8_t b[VRRP_ADVERT_MAX];
    size_t len;
    struct vrrp_advert a = course(), out;
    struct vrrp_envelope e = envelope;
    assert_int_equal(read_back(&a, &e, &out, b, &len), VRRP_TAKEN);
    assert_int_equal(len, 20);
    for (size_t n = 0; n < len; n++)
        assert_int_equal(vrrp_advert_read(span_of((char *)b, n), &e, &out), VRRP_TRUNCATED);
    b[len] = 0;
    assert_int_equal(vrrp_advert_read(span_of((char *)b, len + 1), &e, &out), VRRP_OVERLONG);
    /* Every single flipped bit is noticed, by the checksum or before it. */
    for (size_t bit = 0; bit < len * 8; bit++) {
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(vrrp_advert_read(span_of((char *)b, len), &e, &out), VRRP_TAKEN);
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    b[6] ^= 1;
    assert_int_equal(vrrp_advert_read(span_of((char *)b, len), &e, &out), VRRP_BAD_CHECKSUM);
    b[6] ^= 1;
    e.ttl = 254;
    assert_int_equal(vrrp_advert_read(span_of((char *)b, len), &e, &out), VRRP_BAD_TTL);
    e.to = peer; /* unicast may cross routers */
    assert_int_equal(vrrp_advert_read(span_of((char *)b, len), &e, &out), VRRP_TAKEN);
    e = envelope;
    b[0] = 0x11;
    assert_int_equal(vrrp_advert_read(span_of((char *)b, len), &e, &out), VRRP_BAD_VERSION);
    b[0] = 0x22;
    assert_int_equal(vrrp_advert_read(span_of((char *)b, len), &e, &out), VRRP_BAD_TYPE);
    b[0] = 0x21;
    b[4] = VRRP_AUTH_AH;
    assert_int_equal(vrrp_advert_read(span_of((char *)b, len), &e, &out), VRRP_AH);
    /* A refused one still says whose it was. */
    assert_int_equal(out.vrid, 80);
}

static void test_version3(void **state)
{
    (void)state;
    uint8_t b[VRRP_ADVERT_MAX];
    size_t len;
    char two[8] = { 10, 0, 0, 1, 10, 0, 0, 2 };
    struct vrrp_advert a = { .version = 3,
                             .vrid = 51,
                             .priority = 150,
                             .interval_cs = 10,
                             .address_count = 2,
                             .addresses = span_of(two, 8) },
                       out;
    assert_int_equal(read_back(&a, &envelope, &out, b, &len), VRRP_TAKEN);
    assert_int_equal(len, 16);
    assert_int_equal(out.interval_cs, 10);
    /* RFC 9568 5.2.8: the pseudo-header is part of the sum. */
    struct vrrp_envelope moved = envelope;
    moved.from = peer;
    assert_int_equal(vrrp_advert_read(span_of((char *)b, len), &moved, &out), VRRP_BAD_CHECKSUM);
    /* Reserved bits are ignored on receipt. */
    a.interval_cs = 4095;
    assert_int_equal(read_back(&a, &envelope, &out, b, &len), VRRP_TAKEN);
    a.interval_cs = 4096;
    assert_int_equal(vrrp_advert_write(b, sizeof(b), &a, &envelope.from, &envelope.to), 0);
}

static void test_ip6(void **state)
{
    (void)state;
    uint8_t b[VRRP_ADVERT_MAX];
    size_t len;
    char address[16] = { (char)0xfd, (char)0x99, [15] = 1 };
    struct vrrp_envelope e = { .from = router6, .to = group6, .ttl = 255 };
    struct vrrp_advert a = { .version = 3,
                             .vrid = 51,
                             .priority = 100,
                             .interval_cs = 10,
                             .address_count = 1,
                             .addresses = span_of(address, 16) },
                       out;
    assert_int_equal(read_back(&a, &e, &out, b, &len), VRRP_TAKEN);
    assert_int_equal(len, 24);
    assert_memory_equal(out.addresses.ptr, address, 16);
    b[0] = 0x21; /* version 2 has no IPv6 */
    assert_int_equal(vrrp_advert_read(span_of((char *)b, len), &e, &out), VRRP_BAD_VERSION);
}

static void test_largest(void **state)
{
    (void)state;
    static char addresses[255 * 16];
    uint8_t b[VRRP_ADVERT_MAX];
    size_t len;
    struct vrrp_envelope e = { .from = router6, .to = group6, .ttl = 255 };
    struct vrrp_advert a = { .version = 3,
                             .vrid = 1,
                             .priority = 1,
                             .interval_cs = 1,
                             .address_count = 255,
                             .addresses = span_of(addresses, sizeof(addresses)) },
                       out;
    assert_int_equal(read_back(&a, &e, &out, b, &len), VRRP_TAKEN);
    assert_int_equal(len, VRRP_ADVERT_MAX);
    assert_int_equal(vrrp_advert_write(b, VRRP_ADVERT_MAX - 1, &a, &e.from, &e.to), 0);
}

static void test_check(void **state)
{
    (void)state;
    struct vrrp_advert a = course();
    struct vrrp_envelope e = envelope;
    struct vrrp_expected x = course_expected();
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_TAKEN);
    x.own = &router;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_OWN);
    x = course_expected(), a.vrid = 81;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_UNKNOWN_VRID);
    a = course(), a.version = 3;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_WRONG_VERSION);
    a = course(), a.auth_type = VRRP_AUTH_NONE;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_WRONG_AUTH_TYPE);
    a = course(), a.password[7] = 1;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_WRONG_PASSWORD);
    a = course(), a.interval_cs = 200;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_WRONG_INTERVAL);
    a = course(), x.addresses = span_of("\x0a\x63\x00\x65", 4);
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_WRONG_ADDRESSES);
    x.skip_addresses = true;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_TAKEN);
    x = course_expected(), x.addresses = span_of(vip, 0);
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_WRONG_ADDRESSES);
    x = course_expected(), e.to = peer;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_WRONG_TARGET);
}

static void test_check_version3(void **state)
{
    (void)state;
    struct vrrp_advert a = course();
    a.version = 3, a.auth_type = 0, a.interval_cs = 250;
    struct vrrp_expected x = course_expected();
    x.version = 3, x.auth_type = VRRP_AUTH_NONE;
    assert_int_equal(vrrp_advert_check(&a, &envelope, &x), VRRP_TAKEN); /* another interval is learned */
    a.interval_cs = 0;
    assert_int_equal(vrrp_advert_check(&a, &envelope, &x), VRRP_WRONG_INTERVAL);
}

static void test_check_unicast(void **state)
{
    (void)state;
    struct vrrp_advert a = course();
    struct vrrp_envelope e = { .from = router, .to = peer, .ttl = 60 };
    struct vrrp_peer peers[] = { { .ip = router, .ttl_min = 0, .ttl_max = 255 } };
    struct vrrp_expected x = course_expected();
    x.unicast = true, x.peers = peers, x.peer_count = 1;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_TAKEN);
    x.check_source = true;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_TAKEN);
    peers[0].ttl_min = 61;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_BAD_TTL);
    peers[0].ttl_min = 0, peers[0].ttl_max = 59;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_BAD_TTL);
    e.from.bytes[3] = 77;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_WRONG_SOURCE);
    x.check_source = false;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_TAKEN);
    e.to = group, e.ttl = 255;
    assert_int_equal(vrrp_advert_check(&a, &e, &x), VRRP_WRONG_TARGET);
}

static void test_address_order(void **state)
{
    (void)state;
    struct vrrp_advert a = course();
    struct vrrp_expected x = course_expected();
    char ours[8] = { 1, 1, 1, 1, 2, 2, 2, 2 }, theirs[8] = { 2, 2, 2, 2, 1, 1, 1, 1 };
    a.address_count = 2, a.addresses = span_of(theirs, 8), x.addresses = span_of(ours, 8);
    assert_int_equal(vrrp_advert_check(&a, &envelope, &x), VRRP_TAKEN);
    memset(theirs, 1, 8); /* one twice is not the same set */
    assert_int_equal(vrrp_advert_check(&a, &envelope, &x), VRRP_WRONG_ADDRESSES);
}

static void test_ip4_write(void **state)
{
    (void)state;
    uint8_t h[VRRP_IP4_HEADER + 20] = { 0 };
    vrrp_ip4_write(h, &router, &group, 255, 20);
    struct vrrp_envelope e;
    struct span payload;
    assert_int_equal(vrrp_ip4_read(span_of((char *)h, sizeof(h)), &e, &payload), VRRP_TAKEN);
    assert_int_equal(payload.len, 20);
    assert_true(vrrp_ip_eq(&e.from, &router) && vrrp_ip_eq(&e.to, &group));
    assert_int_equal(h[1], 0xc0);
}

static void test_names(void **state)
{
    (void)state;
    for (int r = 0; r < VRRP_REFUSAL_COUNT; r++) {
        assert_non_null(vrrp_refusal_text((enum vrrp_refusal)r));
        for (int other = 0; other < r; other++)
            assert_string_not_equal(vrrp_refusal_word((enum vrrp_refusal)r),
                                    vrrp_refusal_word((enum vrrp_refusal)other));
    }
    uint8_t mac[6];
    vrrp_mac(mac, 80, false);
    assert_memory_equal(mac, "\x00\x00\x5e\x00\x01\x50", 6);
    vrrp_mac(mac, 80, true);
    assert_memory_equal(mac, "\x00\x00\x5e\x00\x02\x50", 6);
    assert_true(vrrp_ip_cmp(&router, &peer) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captured),      cmocka_unit_test(test_ip4_header),
        cmocka_unit_test(test_refused_bytes), cmocka_unit_test(test_version3),
        cmocka_unit_test(test_ip6),           cmocka_unit_test(test_largest),
        cmocka_unit_test(test_check),         cmocka_unit_test(test_check_version3),
        cmocka_unit_test(test_check_unicast), cmocka_unit_test(test_address_order),
        cmocka_unit_test(test_ip4_write),     cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
