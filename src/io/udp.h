/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams in batches: recvmmsg and sendmmsg with addresses, including the
 * local address that a datagram came to (so that the answer leaves from it).
 * No loop, no state; one thread a batch.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/macros.h"

#define UDP_BATCH 32

struct udp_packet {
    struct address peer; /* from whom; to whom (len 0: the fd is connected) */
    struct address
        local; /* to what address of ours; from which (len 0: the kernel's choice). Port is not filled */
    void *data;
    size_t room;    /* receiving: bytes at <data> */
    size_t len;     /* received or to send */
    bool truncated; /* received: it was longer than <room> */
};

/* A socket for <family>, non-blocking, bound to <local> (NULL = any port), connected to <peer> (NULL = not).
 * -1: errno. */
MUST_USE int udp_open(int family, const struct address *local, const struct address *peer);
/* Asks the kernel to tell local addresses (IP_PKTINFO); only sockets on a wildcard address need it. */
MUST_USE bool udp_want_local(int fd, int family);

/* Receives up to <count> (<= UDP_BATCH) packets into those whose <data> and <room> are set. Returns how many;
 * 0 = none now; -1 = errno (ECONNREFUSED and the like are errors of an earlier send: call again). */
int udp_receive(int fd, struct udp_packet *packets, unsigned count);
/* Returns how many of <count> (<= UDP_BATCH) the kernel took; -1 = errno, and the first was not sent. */
int udp_send(int fd, const struct udp_packet *packets, unsigned count);
