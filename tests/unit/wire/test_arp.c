/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that say where an address lives: what we write is what we and others read. */
#include "wire/arp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const uint8_t mac[6] = { 0x02, 0, 0, 0, 0, 0x0a };
static const uint8_t ip[4] = { 10, 99, 0, 100 };
static const uint8_t ip6[16] = { 0xfd, 0x99, [14] = 0x12, [15] = 0x34 };

static struct span bytes(const uint8_t *b, size_t len)
{
    return span_of((const char *)b, len);
}

static void test_announcement(void **state)
{
    (void)state;
    uint8_t frame[ARP_FRAME_SIZE];
    struct arp_claim claim;
    arp_write_announcement(frame, mac, ip);
    assert_memory_equal(frame, "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x0a\x08\x06", 14);
    assert_memory_equal(frame + 20, "\x00\x01", 2); /* a request */
    assert_int_equal(arp_read(bytes(frame, sizeof(frame)), &claim), ARP_ANNOUNCEMENT);
    assert_memory_equal(claim.mac, mac, 6);
    assert_int_equal(claim.ip_size, 4);
    assert_memory_equal(claim.ip, ip, 4);
    for (size_t n = 0; n < sizeof(frame); n++)
        assert_int_equal(arp_read(bytes(frame, n), &claim), ARP_NOT);
}

static void test_probe_and_reply(void **state)
{
    (void)state;
    uint8_t frame[ARP_FRAME_SIZE + 18] = { 0 }; /* padded, as Ethernet does */
    struct arp_claim claim;
    arp_write_probe(frame, mac, ip);
    assert_int_equal(arp_read(bytes(frame, sizeof(frame)), &claim), ARP_PROBE);
    assert_memory_equal(claim.ip, ip, 4);
    /* The answer, as the kernel of another host sends it. */
    frame[21] = 2;
    memcpy(frame + 22, "\x02\x00\x00\x00\x00\x0b", 6);
    memcpy(frame + 28, ip, 4);
    memcpy(frame + 32, mac, 6);
    memset(frame + 38, 0, 4);
    assert_int_equal(arp_read(bytes(frame, sizeof(frame)), &claim), ARP_REPLY);
    assert_memory_equal(claim.mac, "\x02\x00\x00\x00\x00\x0b", 6);
    assert_memory_equal(claim.ip, ip, 4);
    frame[21] = 1; /* the same fields as a question */
    assert_int_equal(arp_read(bytes(frame, sizeof(frame)), &claim), ARP_REQUEST);
    for (size_t at = 14; at < 22; at++) { /* every field of the fixed head must be right */
        frame[at] ^= 0x40;
        assert_int_equal(arp_read(bytes(frame, sizeof(frame)), &claim), ARP_NOT);
        frame[at] ^= 0x40;
    }
}

static void test_neighbour_advertisement(void **state)
{
    (void)state;
    uint8_t frame[ARP_NA_SIZE];
    struct arp_claim claim;
    arp_write_na(frame, mac, ip6, false);
    assert_memory_equal(frame, "\x33\x33\x00\x00\x00\x01", 6);
    assert_int_equal(frame[14 + 40 + 4], 0x20); /* override, neither router nor solicited */
    assert_int_equal(arp_read(bytes(frame, sizeof(frame)), &claim), ARP_ANNOUNCEMENT);
    assert_memory_equal(claim.mac, mac, 6);
    assert_memory_equal(claim.ip, ip6, 16);
    for (size_t n = 0; n < sizeof(frame); n++)
        assert_int_equal(arp_read(bytes(frame, n), &claim), ARP_NOT);
    for (size_t at = 14 + 4; at < sizeof(frame); at++) { /* the checksum covers addresses and message */
        frame[at] ^= 0x10;
        assert_int_equal(arp_read(bytes(frame, sizeof(frame)), &claim), ARP_NOT);
        frame[at] ^= 0x10;
    }
    assert_int_equal(arp_read_icmp6(bytes(frame + 54, 32), &claim), ARP_ANNOUNCEMENT);
    assert_memory_equal(claim.mac, mac, 6);
    assert_int_equal(arp_read_icmp6(bytes(frame + 54, 24), &claim), ARP_ANNOUNCEMENT);
    assert_memory_equal(claim.mac, "\0\0\0\0\0\0", 6);
    assert_memory_equal(claim.ip, ip6, 16);
    assert_int_equal(arp_read_icmp6(bytes(frame + 54, 23), &claim), ARP_NOT);
    arp_write_na(frame, mac, ip6, true);
    assert_int_equal(frame[14 + 40 + 4], 0xa0);
}

static void test_neighbour_probe(void **state)
{
    (void)state;
    uint8_t frame[ARP_NS_SIZE];
    struct arp_claim claim;
    arp_write_ns_probe(frame, mac, ip6);
    assert_memory_equal(frame, "\x33\x33\xff\x00\x12\x34", 6);
    assert_int_equal(arp_read(bytes(frame, sizeof(frame)), &claim), ARP_PROBE);
    assert_memory_equal(claim.ip, ip6, 16);
}

static void test_option_lengths(void **state)
{
    (void)state;
    uint8_t frame[ARP_NA_SIZE];
    struct arp_claim claim;
    arp_write_na(frame, mac, ip6, false);
    frame[ARP_NA_SIZE - 7] = 0; /* an option of no length must not loop; the sum is repaired below */
    uint16_t sum = (uint16_t)(frame[56] << 8 | frame[57]);
    sum = (uint16_t)(sum + 1); /* one less in the message is one more in the sum */
    frame[56] = (uint8_t)(sum >> 8), frame[57] = (uint8_t)sum;
    assert_int_equal(arp_read(bytes(frame, sizeof(frame)), &claim), ARP_ANNOUNCEMENT);
    assert_memory_equal(claim.mac, mac, 6); /* of the frame */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_announcement),
        cmocka_unit_test(test_probe_and_reply),
        cmocka_unit_test(test_neighbour_advertisement),
        cmocka_unit_test(test_neighbour_probe),
        cmocka_unit_test(test_option_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
