/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UDP services. Datagrams of one client belong to one session as long as it
 * lasts: it has a server and a socket of its own towards it. Each thread reads
 * its own sockets (shards of an address: the kernel gives a client's datagrams
 * always to the same one) and keeps the table of their sessions for itself, so
 * there is no lock. A reload leaves sockets, tables and sessions as they are.
 */
#pragma once

#include <stddef.h>

#include "base/macros.h"
#include "engine/core/protocol.h"

struct gate;
struct udp_gate;

/* Reads <fd> for <g>. NULL: errno. */
MUST_USE struct udp_gate *udp_gate_open(struct gate *g, int fd);
/* Reads no more and ends the sessions: their answers would have no way back. NULL-safe. */
void udp_gate_close(struct udp_gate **u);
int udp_gate_fd(const struct udp_gate *u);

extern const struct protocol_ops udp_protocol;
/* What thread->udp_slab's and thread->datagram_slab's objects must hold. */
size_t udp_size(void);
#define UDP_HELD                                                                                             \
    2048 /* a first datagram of that size or less waits for its server in a small piece of memory */
#define UDP_ROOM (8u * 65536) /* thread->datagrams: as many as are read at once */
