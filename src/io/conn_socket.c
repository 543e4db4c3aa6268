/* SPDX-License-Identifier: Apache-2.0 */
/* The socket below a connection: making one to a target, and what can be asked about one. */
#include "io/conn.h"

#include <errno.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "io/conn_internal.h"

static bool set_int(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

static bool set_tos(int fd, int family, int tos)
{
    return family == AF_INET6 ? set_int(fd, SOL_IPV6, IPV6_TCLASS, tos) : set_int(fd, SOL_IP, IP_TOS, tos);
}

static bool target_set_tcp(int fd, const struct conn_target *t)
{
    if (!t->delay && !set_int(fd, SOL_TCP, TCP_NODELAY, 1))
        return false;
    if (!duration_is_none(t->user_timeout) &&
        !set_int(fd, SOL_TCP, TCP_USER_TIMEOUT, (int)t->user_timeout.ms))
        return false;
    if (t->congestion &&
        setsockopt(fd, SOL_TCP, TCP_CONGESTION, t->congestion, (socklen_t)strlen(t->congestion)) < 0)
        return false;
    return t->tos < 0 || set_tos(fd, address_family(t->to), t->tos);
}

static bool target_set_options(int fd, const struct conn_target *t)
{
    if (t->keepalive && !set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1))
        return false;
    if (t->receive_buffer && !set_int(fd, SOL_SOCKET, SO_RCVBUF, (int)t->receive_buffer))
        return false;
    if (t->send_buffer && !set_int(fd, SOL_SOCKET, SO_SNDBUF, (int)t->send_buffer))
        return false;
    if (t->mark && !set_int(fd, SOL_SOCKET, SO_MARK, (int)t->mark))
        return false;
    if (t->interface &&
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, t->interface, (socklen_t)strlen(t->interface)) < 0)
        return false;
    return address_family(t->to) == AF_UNIX || t->datagram || target_set_tcp(fd, t);
}

static bool target_bind(int fd, const struct conn_target *t)
{
    if (!t->from || address_family(t->from) == AF_UNSPEC)
        return true;
    if (t->transparent) {
        bool v6 = address_family(t->from) == AF_INET6;
        if (!set_int(fd, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, 1))
            return false;
    }
    /* Without a port, connect chooses one by the whole four-tuple: else 28,000 connections would be all. */
    if (address_port(t->from) == 0)
        (void)set_int(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    else if (!set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1))
        return false;
    return bind(fd, &t->from->u.sa, t->from->len) == 0;
}

int conn_target_open(const struct conn_target *t)
{
    AUTO_FD int fd = socket(address_family(t->to),
                            (t->datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || !target_set_options(fd, t) || !target_bind(fd, t))
        return -1;
    if (connect(fd, &t->to->u.sa, t->to->len) < 0 && errno != EINPROGRESS)
        return -1; /* EAGAIN: a UNIX socket's queue is full */
    return fd_take(&fd);
}

static bool conn_address(const struct conn *c, struct address *out,
                         int (*get)(int, struct sockaddr *restrict, socklen_t *restrict))
{
    out->len = sizeof(out->u);
    if (get(c->watch.fd, &out->u.sa, &out->len) == 0 && out->len <= sizeof(out->u))
        return true;
    out->len = 0;
    return false;
}

bool conn_local_address(const struct conn *c, struct address *out)
{
    return conn_address(c, out, getsockname);
}

bool conn_peer_address(const struct conn *c, struct address *out)
{
    return conn_address(c, out, getpeername);
}

bool conn_original_destination(const struct conn *c, struct address *out)
{
    out->len = sizeof(out->u.in);
    if (getsockopt(c->watch.fd, SOL_IP, SO_ORIGINAL_DST, &out->u.sa, &out->len) == 0)
        return true;
    out->len = sizeof(out->u.in6);
    if (getsockopt(c->watch.fd, SOL_IPV6, IP6T_SO_ORIGINAL_DST, &out->u.sa, &out->len) == 0)
        return true;
    out->len = 0;
    return false;
}

bool conn_tcp_info(const struct conn *c, struct conn_info *out)
{
    struct tcp_info i = { 0 };
    socklen_t len = sizeof(i);

    if (getsockopt(c->watch.fd, SOL_TCP, TCP_INFO, &i, &len) < 0)
        return false;
    *out = (struct conn_info){ .rtt_us = i.tcpi_rtt,
                               .rtt_variance_us = i.tcpi_rttvar,
                               .congestion_window = i.tcpi_snd_cwnd,
                               .receive_space = i.tcpi_rcv_space,
                               .retransmits = i.tcpi_total_retrans,
                               .lost = i.tcpi_lost,
                               .reordering = i.tcpi_reordering };
    return true;
}

bool conn_set_tos(struct conn *c, int tos)
{
    int family = 0;
    socklen_t len = sizeof(family);

    if (getsockopt(c->watch.fd, SOL_SOCKET, SO_DOMAIN, &family, &len) < 0)
        return false;
    return set_tos(c->watch.fd, family, tos);
}

bool conn_set_mark(struct conn *c, uint32_t mark)
{
    return set_int(c->watch.fd, SOL_SOCKET, SO_MARK, (int)mark);
}
