/* SPDX-License-Identifier: Apache-2.0 */
#include "io/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

/* Room for one IP_PKTINFO or IPV6_PKTINFO; the union aligns it. */
union udp_control {
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    struct cmsghdr align;
};

int udp_open(int family, const struct address *local, const struct address *peer)
{
    AUTO_FD int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || (local && local->len && bind(fd, &local->u.sa, local->len) < 0) ||
        (peer && connect(fd, &peer->u.sa, peer->len) < 0))
        return -1;
    return fd_take(&fd);
}

bool udp_want_local(int fd, int family)
{
    int one = 1;

    if (family == AF_INET6)
        return setsockopt(fd, SOL_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one)) == 0;
    return setsockopt(fd, SOL_IP, IP_PKTINFO, &one, sizeof(one)) == 0;
}

/* --- receiving --- */
static void udp_read_local(struct msghdr *m, struct address *local)
{
    local->len = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            local->u.in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = info.ipi_addr };
            local->len = sizeof(local->u.in);
        } else if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            local->u.in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = info.ipi6_addr };
            if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
                local->u.in6.sin6_scope_id = info.ipi6_ifindex;
            local->len = sizeof(local->u.in6);
        }
    }
}

int udp_receive(int fd, struct udp_packet *packets, unsigned count)
{
    struct mmsghdr m[UDP_BATCH];
    struct iovec parts[UDP_BATCH];
    union udp_control controls[UDP_BATCH];

    BUG_ON(count == 0 || count > UDP_BATCH);
    for (unsigned i = 0; i < count; i++) {
        struct udp_packet *p = &packets[i];
        parts[i] = (struct iovec){ p->data, p->room };
        m[i].msg_hdr = (struct msghdr){ .msg_name = &p->peer.u,
                                        .msg_namelen = sizeof(p->peer.u),
                                        .msg_iov = &parts[i],
                                        .msg_iovlen = 1,
                                        .msg_control = &controls[i],
                                        .msg_controllen = sizeof(controls[i]) };
    }
    int got = recvmmsg(fd, m, count, 0, NULL);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    for (int i = 0; i < got; i++) {
        struct msghdr *h = &m[i].msg_hdr;
        packets[i].len = m[i].msg_len;
        packets[i].peer.len = h->msg_namelen;
        packets[i].truncated = (h->msg_flags & MSG_TRUNC) != 0;
        udp_read_local(h, &packets[i].local);
    }
    return got;
}

/* --- sending --- */
static void udp_put_control(struct msghdr *m, union udp_control *control, int level, int type,
                            const void *info, size_t len)
{
    memset(control, 0, sizeof(*control));
    m->msg_control = control;
    m->msg_controllen = CMSG_SPACE(len);
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), info, len);
}

static void udp_write_local(struct msghdr *m, union udp_control *control, const struct address *local)
{
    if (address_family(local) == AF_INET) {
        struct in_pktinfo info = { .ipi_spec_dst = local->u.in.sin_addr };
        udp_put_control(m, control, SOL_IP, IP_PKTINFO, &info, sizeof(info));
    } else if (address_family(local) == AF_INET6) {
        struct in6_pktinfo info = { .ipi6_addr = local->u.in6.sin6_addr,
                                    .ipi6_ifindex = local->u.in6.sin6_scope_id };
        udp_put_control(m, control, SOL_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    }
}

int udp_send(int fd, const struct udp_packet *packets, unsigned count)
{
    struct mmsghdr m[UDP_BATCH];
    struct iovec parts[UDP_BATCH];
    union udp_control controls[UDP_BATCH];

    BUG_ON(count == 0 || count > UDP_BATCH);
    for (unsigned i = 0; i < count; i++) {
        const struct udp_packet *p = &packets[i];
        parts[i] = (struct iovec){ p->data, p->len };
        m[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
        if (p->peer.len) {
            m[i].msg_hdr.msg_name = (void *)(uintptr_t)&p->peer.u;
            m[i].msg_hdr.msg_namelen = p->peer.len;
        }
        udp_write_local(&m[i].msg_hdr, &controls[i], &p->local);
    }
    return sendmmsg(fd, m, count, MSG_NOSIGNAL);
}
