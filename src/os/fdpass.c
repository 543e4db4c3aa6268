/* SPDX-License-Identifier: Apache-2.0 */
#include "os/fdpass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One more than is taken, so that a message with too many is noticed. */
#define CONTROL_FDS 253
union control {
    char bytes[CMSG_SPACE(sizeof(int) * CONTROL_FDS)];
    struct cmsghdr align;
};

bool fdpass_pair(int ends[2], bool non_blocking)
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (non_blocking ? SOCK_NONBLOCK : 0), 0, ends) ==
           0;
}

static enum fdpass_result result_of_errno(void)
{
    switch (errno) {
    case EAGAIN:
        return FDPASS_AGAIN;
    case EPIPE:
    case ECONNRESET:
        return FDPASS_EOF;
    default:
        return FDPASS_ERROR;
    }
}

enum fdpass_result fdpass_send(int socket, struct span bytes, const int *fds, unsigned count)
{
    union control control = { 0 };
    struct iovec part = { .iov_base = (void *)(uintptr_t)bytes.ptr, .iov_len = bytes.len };
    struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

    BUG_ON(count > FDPASS_FDS || bytes.len == 0); /* an empty message would look like the end */
    if (count) {
        m.msg_control = &control;
        m.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * count);
    }
    ssize_t n;
    while ((n = sendmsg(socket, &m, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    if (n < 0)
        return result_of_errno();
    if ((size_t)n == bytes.len)
        return FDPASS_OK;
    errno = EMSGSIZE; /* a stream took a part of it: the other side cannot know that */
    return FDPASS_ERROR;
}

/* Takes the fds of <h>; those for which there is no room are closed. Returns how many there were. */
static unsigned take_fds(struct msghdr *h, struct fdpass_message *m)
{
    unsigned total = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++, total++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
            if (m->fd_count < m->fd_room)
                m->fds[m->fd_count++] = fd;
            else
                (void)close(fd);
        }
    }
    return total;
}

enum fdpass_result fdpass_receive(int socket, struct fdpass_message *m)
{
    union control control;
    struct iovec part = { .iov_base = m->data, .iov_len = m->room };
    struct msghdr h = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
    };
    ssize_t n;

    m->len = 0;
    m->fd_count = 0;
    while ((n = recvmsg(socket, &h, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    if (n < 0)
        return result_of_errno();
    unsigned sent = take_fds(&h, m);
    if (n == 0 && sent == 0)
        return FDPASS_EOF;
    if (sent == m->fd_count && !(h.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
        m->len = (size_t)n;
        return FDPASS_OK;
    }
    while (m->fd_count)
        (void)close(m->fds[--m->fd_count]);
    errno = EMSGSIZE;
    return FDPASS_ERROR;
}
