/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets that another program left us: the parent before an upgrade
 * (KEEL_SOCKETS in the environment), or haproxy -x. They are found by what they
 * are bound to; nobody trusts a name.
 */
#pragma once

#include <stdbool.h>

#include "base/address.h"
#include "base/arena.h"
#include "model/list_of.h"

struct inherited_socket {
    struct address at;
    bool datagram;
    int fd;
};
struct inherited {
    LIST_OF(struct inherited_socket) sockets;
};

/* From the environment variable, which is then unset. */
void inherited_from_environment(struct arena *a, struct inherited *in);
/* The <nth> socket bound there, as a duplicate that the caller owns; -1: none. */
int inherited_take(const struct inherited *in, const struct address *at, bool datagram, uint32_t nth);
/*
 * What an older program leaves for the addresses: the memory of who holds them,
 * and a socket by which it is asked to let them go. -1: nothing.
 */
void inherited_addresses(int *memory, int *before);
/* For the program that is about to be started: the same, as its environment. */
MUST_USE bool inherited_leave_addresses(int memory, int before);
/* Closes all: what was wanted has been duplicated. */
void inherited_close(struct inherited *in);
