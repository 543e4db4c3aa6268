/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packet sockets: one that announces addresses (gratuitous ARP, unsolicited
 * neighbour advertisements) and asks who else has them, and one that hears who
 * claims an address of ours.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "wire/arp.h"
#include "wire/vrrp.h"

/* A socket that only sends. -1: errno. */
MUST_USE int announce_open(void);
struct announce_frame {
    unsigned index; /* of the interface */
    const uint8_t *mac;
    struct vrrp_ip ip;
    bool router; /* IPv6: this host forwards */
};
/* 0 or an errno. */
MUST_USE int announce_send(int fd, const struct announce_frame *f);
/* "Does anybody else have it?" Answers come to the watch. */
MUST_USE int announce_probe(int fd, const struct announce_frame *f);

/*
 * Hears claims to addresses: one socket for ARP, whose filter knows the first
 * ANNOUNCE_WATCHED IPv4 addresses (the others are not watched), one for neighbour
 * advertisements. Neither costs anything per packet of other traffic.
 */
#define ANNOUNCE_WATCHED 64
struct announce_watch {
    int arp_fd, na_fd;
};
/* False: errno, and nothing is open. */
MUST_USE bool announce_watch_open(struct announce_watch *w);
void announce_watch_close(struct announce_watch *w);
/* The addresses that are ours now; with none nothing is heard. */
MUST_USE bool announce_watch_set(struct announce_watch *w, const struct vrrp_ip *ips, unsigned count);
typedef void announce_fn(void *self, unsigned index, const struct arp_claim *claim);
/* Reads what is there, at most <most> of each. */
void announce_watch_read(struct announce_watch *w, unsigned most, announce_fn *each, void *self);
