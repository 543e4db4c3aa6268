/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "os/netlink_read.h"

enum { RECEIVE_BUFFER = 1 << 20, DATAGRAM = 32768 };

struct netlink_monitor {
    struct mnl_socket *socket;
    _Alignas(struct nlmsghdr) char datagram[DATAGRAM];
};

struct netlink_monitor *netlink_monitor_open(void)
{
    struct netlink_monitor *m = calloc(1, sizeof(*m));
    if (m == NULL)
        return NULL;
    m->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    unsigned groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (m->socket == NULL || mnl_socket_bind(m->socket, groups, MNL_SOCKET_AUTOPID) < 0) {
        int error = errno;
        netlink_monitor_close(&m);
        errno = error;
        return NULL;
    }
    /* A burst of changes (a hundred VLANs) fits; needs CAP_NET_ADMIN, and without it <lost> still helps. */
    int size = RECEIVE_BUFFER;
    (void)setsockopt(mnl_socket_get_fd(m->socket), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
    return m;
}

void netlink_monitor_close(struct netlink_monitor **m)
{
    if (*m == NULL)
        return;
    if ((*m)->socket)
        mnl_socket_close((*m)->socket);
    free(*m);
    *m = NULL;
}

int netlink_monitor_fd(const struct netlink_monitor *m)
{
    return mnl_socket_get_fd(m->socket);
}

static void tell(const struct nlmsghdr *h, const struct netlink_events *to)
{
    struct netlink_link l;
    struct netlink_address a;
    switch (h->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        if (netlink_read_link(h, &l))
            to->link(to->self, &l, h->nlmsg_type == RTM_DELLINK);
        break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
        if (netlink_read_address(h, &a))
            to->address(to->self, &a, h->nlmsg_type == RTM_DELADDR);
        break;
    default:
        break;
    }
}

int netlink_monitor_read(struct netlink_monitor *m, unsigned messages, const struct netlink_events *to)
{
    for (unsigned i = 0; i < messages; i++) {
        ssize_t got = mnl_socket_recvfrom(m->socket, m->datagram, sizeof(m->datagram));
        if (got < 0 && errno == EAGAIN)
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == ENOBUFS || errno == ENOSPC)) { /* ENOSPC: a datagram was cut */
            to->lost(to->self);
            continue;
        }
        if (got < 0)
            return errno;
        int len = (int)got;
        for (struct nlmsghdr *h = (struct nlmsghdr *)(void *)m->datagram; mnl_nlmsg_ok(h, len);
             h = mnl_nlmsg_next(h, &len))
            tell(h, to);
    }
    return 0;
}
