/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames by which a host says, or asks, where an address lives: ARP
 * (RFC 826, RFC 5227) for IPv4 and neighbour discovery (RFC 4861) for IPv6. A
 * pure codec of whole Ethernet frames: who sends one uses a packet socket, so
 * that the source MAC is exactly what is written here, also on a macvlan.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

#define ARP_ETHERTYPE_ARP 0x0806
#define ARP_ETHERTYPE_IP6 0x86dd
#define ARP_FRAME_SIZE    42 /* Ethernet and ARP for IPv4 */
#define ARP_NA_SIZE       86 /* Ethernet, IPv6, neighbour message, one link-layer option */
#define ARP_NS_SIZE       78 /* Ethernet, IPv6, neighbour message without option */

/* "<ip> is at <mac>", to everybody, as a request for itself (RFC 5227 3): a gratuitous ARP. */
void arp_write_announcement(uint8_t out[ARP_FRAME_SIZE], const uint8_t mac[6], const uint8_t ip[4]);
/* "Who has <ip>?" from nobody (RFC 5227 2.1.1): it changes no cache, and every holder answers. */
void arp_write_probe(uint8_t out[ARP_FRAME_SIZE], const uint8_t mac[6], const uint8_t ip[4]);
/* The same two for IPv6: an unsolicited neighbour advertisement (override set; <router> as
 * RFC 9568 8.2.2 asks of routers), and the solicitation of duplicate address detection (RFC 4862 5.4.2). */
void arp_write_na(uint8_t out[ARP_NA_SIZE], const uint8_t mac[6], const uint8_t ip[16], bool router);
void arp_write_ns_probe(uint8_t out[ARP_NS_SIZE], const uint8_t mac[6], const uint8_t ip[16]);

enum arp_kind {
    ARP_NOT,          /* nothing that tells where an address lives, or malformed */
    ARP_PROBE,        /* asks from nobody: <ip> is what it asks for */
    ARP_ANNOUNCEMENT, /* says <ip> is at <mac>, unasked */
    ARP_REQUEST,      /* asks; its sender <ip> is at <mac> */
    ARP_REPLY,        /* answers: <ip> is at <mac> */
};
struct arp_claim {
    enum arp_kind kind;
    uint8_t mac[6];
    uint8_t ip_size; /* 4 or 16 */
    uint8_t ip[16];
};
/* Reads an Ethernet frame of either protocol; both kinds' checks of RFC 826 and RFC 4861 7.1 are made. */
MUST_USE enum arp_kind arp_read(struct span frame, struct arp_claim *out);
/*
 * The same for an ICMPv6 message without its headers, as a raw socket gives it: the
 * kernel has checked the sum, the caller the hop limit. A claim without a
 * link-layer option has a MAC of zeros.
 */
MUST_USE enum arp_kind arp_read_icmp6(struct span message, struct arp_claim *out);
