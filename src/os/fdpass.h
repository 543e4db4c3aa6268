/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages with file descriptors between our processes, over SEQPACKET UNIX
 * sockets: one send is one receive, and EOF tells that the other side died.
 * For other programs' protocols (haproxy -x, a stream socket) the same calls
 * work on a connected stream, without message borders.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/span.h"

#define FDPASS_FDS 250 /* the kernel takes 253 */

/* A connected pair, close-on-exec, blocking unless <non_blocking>. false: errno. */
MUST_USE bool fdpass_pair(int ends[2], bool non_blocking);

enum fdpass_result {
    FDPASS_OK,
    FDPASS_AGAIN,
    FDPASS_EOF,   /* the other side is gone */
    FDPASS_ERROR, /* errno; EMSGSIZE: the message is too long for the socket or for <room> */
};
/* <count> at most FDPASS_FDS; the fds stay the caller's. Whole or not at all. */
MUST_USE enum fdpass_result fdpass_send(int socket, struct span bytes, const int *fds, unsigned count);

struct fdpass_message {
    char *data; /* the caller's memory */
    size_t room;
    size_t len; /* received */
    int *fds;   /* the caller's memory; close-on-exec, owned by the caller from then on */
    unsigned fd_room;
    unsigned fd_count;
};
/* More fds than <fd_room>, or bytes than <room>: every fd is closed and the result is
 * FDPASS_ERROR, EMSGSIZE. */
MUST_USE enum fdpass_result fdpass_receive(int socket, struct fdpass_message *m);
