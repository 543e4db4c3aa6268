/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/inherited.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/socket.h"

#define VARIABLE "KEEL_SOCKETS" /* "5;6;7": descriptors, as nginx's NGINX is written */
#define FD_MAX   1000000

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
    const char *value = getenv(VARIABLE); // NOLINT(concurrency-mt-unsafe): before any thread
    struct span rest = arena_span(a, span_from(value));
    uint64_t fd;

    while (rest.len > 0) {
        struct span one = span_cut(&rest, ';');
        if (span_to_u64(one, FD_MAX, &fd))
            add(a, in, (int)fd);
    }
    (void)unsetenv(VARIABLE); // NOLINT(concurrency-mt-unsafe): before any thread
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

void inherited_close(struct inherited *in)
{
    for (uint32_t i = 0; i < in->sockets.count; i++)
        (void)close(in->sockets.items[i].fd);
    in->sockets.count = 0;
}
