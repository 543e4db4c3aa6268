/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/inherited.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/socket.h"

#define VARIABLE  "KEEL_SOCKETS"   /* "5;6;7": descriptors, as nginx's NGINX is written */
#define ADDRESSES "KEEL_ADDRESSES" /* "8;9" */
#define FD_MAX    1000000

static void add(struct arena *a, struct inherited *in, int fd)
{
    struct inherited_socket s = { .fd = fd };

    if (!socket_is_listening(fd, &s.at, &s.datagram))
        return;
    (void)!socket_set_cloexec(fd, true);
    *ARENA_PUSH(a, &in->sockets) = s;
}

void inherited_from_environment(struct arena *a, struct inherited *in)
{
    char *value = getenv(VARIABLE); // NOLINT(concurrency-mt-unsafe): before any thread
    struct span rest = arena_span(a, span_from(value));
    uint64_t fd;

    while (rest.len > 0) {
        struct span one = span_cut(&rest, ';');
        if (span_to_u64(one, FD_MAX, &fd))
            add(a, in, (int)fd);
    }
    if (value != NULL)
        *value = '\0'; /* no child of ours inherits the numbers */
}

int inherited_take(const struct inherited *in, const struct address *at, bool datagram, uint32_t nth)
{
    for (uint32_t i = 0; in != NULL && i < in->sockets.count; i++) {
        const struct inherited_socket *s = &in->sockets.items[i];
        if (s->datagram == datagram && address_eq(&s->at, at) && nth-- == 0)
            return fcntl(s->fd, F_DUPFD_CLOEXEC, 3);
    }
    return -1;
}

void inherited_addresses(int *memory, int *before)
{
    char *value = getenv(ADDRESSES); // NOLINT(concurrency-mt-unsafe): before any thread
    struct span rest = span_from(value), first = span_cut(&rest, ';');
    uint64_t a, b;

    *memory = *before = -1;
    if (!span_to_u64(first, FD_MAX, &a) || !span_to_u64(rest, FD_MAX, &b))
        return;
    if (fcntl((int)a, F_SETFD, FD_CLOEXEC) == 0 && fcntl((int)b, F_SETFD, FD_CLOEXEC) == 0) {
        *memory = (int)a;
        *before = (int)b;
    }
    *value = '\0'; /* no child of ours inherits the numbers */
}

bool inherited_leave_addresses(int memory, int before)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%d;%d", memory, before);
    return fcntl(memory, F_SETFD, 0) == 0 && fcntl(before, F_SETFD, 0) == 0 &&
           setenv(ADDRESSES, text, 1) == 0; // NOLINT(concurrency-mt-unsafe)
}

void inherited_close(struct inherited *in)
{
    for (uint32_t i = 0; i < in->sockets.count; i++)
        (void)close(in->sockets.items[i].fd);
    in->sockets.count = 0;
}
