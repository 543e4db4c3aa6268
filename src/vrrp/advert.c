/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/advert.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/fd.h"

enum {
    PRIORITY_CONTROL = 7,                  /* SO_PRIORITY: before everything else in the queue */
    TRAFFIC_CLASS = 0xc0,                  /* RFC 2474: class selector 6 */
    PACKET_MAX = VRRP_ADVERT_MAX + 60 + 1, /* with the longest IPv4 header; one more shows what is too long */
};

void advert_put_failure(struct buf *out, const struct advert_failure *f)
{
    buf_printf(out, "%s: %s", f->step, strerrordesc_np(f->error));
    if (f->error == EPERM)
        buf_put(out, SPAN(" (it needs the capability CAP_NET_RAW)"));
}

static bool failed(struct advert_failure *why, const char *step)
{
    *why = (struct advert_failure){ step, errno };
    return false;
}

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool bind_to(int fd, unsigned index)
{
    char name[IFNAMSIZ];
    return index == 0 || (if_indextoname(index, name) && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name,
                                                                    (socklen_t)strlen(name) + 1) == 0);
}

/* IP_MULTICAST_ALL: without it a socket hears the groups of every other socket of the machine. */
static bool set_ip4(int fd)
{
    return set(fd, IPPROTO_IP, IP_HDRINCL, 1) && set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0) &&
           set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) && set(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

static bool set_ip6(int fd)
{
    (void)set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0); /* Linux 4.20 */
    return set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0) && set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
           set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) && set(fd, IPPROTO_IPV6, IPV6_TCLASS, TRAFFIC_CLASS);
}

static int open_socket(int family, int protocol, unsigned index, struct advert_failure *why)
{
    AUTO_FD int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        (void)failed(why, "a raw socket");
    else if (!bind_to(fd, index))
        (void)failed(why, "binding to the interface");
    else if (!(family == AF_INET ? set_ip4(fd) : set_ip6(fd)))
        (void)failed(why, "socket options");
    else
        return fd_take(&fd);
    return -1;
}

static bool join(int fd, const struct vrrp_ip *group, unsigned index)
{
    if (group->size == 4) {
        struct ip_mreqn m = { .imr_ifindex = (int)index };
        memcpy(&m.imr_multiaddr, group->bytes, 4);
        return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)) == 0;
    }
    struct ipv6_mreq m = { .ipv6mr_interface = index };
    memcpy(&m.ipv6mr_multiaddr, group->bytes, 16);
    return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m, sizeof(m)) == 0;
}

bool advert_open(struct advert_channel *c, int family, unsigned index, struct advert_failure *why)
{
    *c = (struct advert_channel){ .family = family, .index = index, .fd = -1, .ah_fd = -1 };
    c->fd = open_socket(family, VRRP_PROTOCOL, index, why);
    if (c->fd < 0)
        return false;
    (void)set(c->fd, SOL_SOCKET, SO_PRIORITY, PRIORITY_CONTROL);
    struct advert_failure ignored;
    if (family == AF_INET)
        c->ah_fd = open_socket(family, VRRP_PROTOCOL_AH, index, &ignored);
    return true;
}

void advert_close(struct advert_channel *c)
{
    fd_cleanup(&c->fd);
    fd_cleanup(&c->ah_fd);
    c->fd = c->ah_fd = -1;
}

bool advert_join(struct advert_channel *c, const struct vrrp_ip *group, struct advert_failure *why)
{
    for (unsigned i = 0; i < c->group_count; i++)
        if (vrrp_ip_eq(&c->groups[i], group))
            return true;
    if (c->group_count == ADVERT_GROUPS_MAX) {
        errno = ENOBUFS;
        return failed(why, "joining another multicast group");
    }
    if (!join(c->fd, group, c->index) && errno != EADDRINUSE)
        return failed(why, "joining the multicast group");
    if (c->ah_fd >= 0)
        (void)join(c->ah_fd, group, c->index);
    c->groups[c->group_count++] = *group;
    return true;
}

/* ---- sending ---- */

static int send_ip4(const struct advert_channel *c, const struct vrrp_ip *from, const struct vrrp_ip *to,
                    uint8_t ttl, struct span advert)
{
    uint8_t header[VRRP_IP4_HEADER];
    vrrp_ip4_write(header, from, to, ttl, advert.len);
    struct sockaddr_in sin = { .sin_family = AF_INET };
    memcpy(&sin.sin_addr, to->bytes, 4);
    struct iovec parts[2] = { { header, sizeof(header) }, { (void *)(uintptr_t)advert.ptr, advert.len } };
    /* The interface is said for multicast, which has no route. */
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(struct in_pktinfo))] = { 0 };
    struct msghdr m = { .msg_name = &sin, .msg_namelen = sizeof(sin), .msg_iov = parts, .msg_iovlen = 2 };
    if (c->index) {
        m.msg_control = room;
        m.msg_controllen = sizeof(room);
        struct cmsghdr *h = CMSG_FIRSTHDR(&m);
        *h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)),
                               .cmsg_level = IPPROTO_IP,
                               .cmsg_type = IP_PKTINFO };
        struct in_pktinfo info = { .ipi_ifindex = (int)c->index };
        memcpy(CMSG_DATA(h), &info, sizeof(info));
    }
    return sendmsg(c->fd, &m, 0) < 0 ? errno : 0;
}

static int send_ip6(const struct advert_channel *c, const struct vrrp_ip *from, const struct vrrp_ip *to,
                    uint8_t ttl, struct span advert)
{
    struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_scope_id = c->index };
    memcpy(&sin6.sin6_addr, to->bytes, 16);
    struct in6_pktinfo info = { .ipi6_ifindex = c->index };
    memcpy(&info.ipi6_addr, from->bytes, 16);
    int hops = ttl;
    struct iovec part = { (void *)(uintptr_t)advert.ptr, advert.len };
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(info)) + CMSG_SPACE(sizeof(hops))] = { 0 };
    struct msghdr m = { .msg_name = &sin6,
                        .msg_namelen = sizeof(sin6),
                        .msg_iov = &part,
                        .msg_iovlen = 1,
                        .msg_control = room,
                        .msg_controllen = sizeof(room) };
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    *h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(info)),
                           .cmsg_level = IPPROTO_IPV6,
                           .cmsg_type = IPV6_PKTINFO };
    memcpy(CMSG_DATA(h), &info, sizeof(info));
    h = CMSG_NXTHDR(&m, h);
    *h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(hops)),
                           .cmsg_level = IPPROTO_IPV6,
                           .cmsg_type = IPV6_HOPLIMIT };
    memcpy(CMSG_DATA(h), &hops, sizeof(hops));
    return sendmsg(c->fd, &m, 0) < 0 ? errno : 0;
}

int advert_send(const struct advert_channel *c, const struct vrrp_ip *from, const struct vrrp_ip *to,
                uint8_t ttl, struct span advert)
{
    return c->family == AF_INET ? send_ip4(c, from, to, ttl, advert) : send_ip6(c, from, to, ttl, advert);
}

/* ---- receiving ---- */

static void read_control(struct msghdr *m, struct advert_packet *p)
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
        if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(h), sizeof(info));
            p->index = (unsigned)info.ipi_ifindex;
        } else if (h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(h), sizeof(info));
            p->index = info.ipi6_ifindex;
            p->envelope.to.size = 16;
            memcpy(p->envelope.to.bytes, &info.ipi6_addr, 16);
        } else if (h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_HOPLIMIT) {
            int hops;
            memcpy(&hops, CMSG_DATA(h), sizeof(hops));
            p->envelope.ttl = (uint8_t)hops;
        }
    }
}

static void read_packet(int family, struct span bytes, const struct sockaddr_in6 *from,
                        struct advert_packet *p)
{
    struct span payload = bytes;
    p->refusal = VRRP_TAKEN;
    if (family == AF_INET) {
        p->refusal = vrrp_ip4_read(bytes, &p->envelope, &payload);
    } else {
        p->envelope.from.size = 16;
        memcpy(p->envelope.from.bytes, &from->sin6_addr, 16);
    }
    if (p->refusal == VRRP_TAKEN)
        p->refusal = vrrp_advert_read(payload, &p->envelope, &p->advert);
}

/* False when there is nothing more. */
static bool receive_one(int fd, int family, advert_fn *each, void *self)
{
    char bytes[PACKET_MAX];
    struct sockaddr_in6 from = { 0 };
    struct iovec part = { bytes, sizeof(bytes) };
    _Alignas(struct cmsghdr) char control[256];
    struct msghdr m = { .msg_name = &from,
                        .msg_namelen = sizeof(from),
                        .msg_iov = &part,
                        .msg_iovlen = 1,
                        .msg_control = control,
                        .msg_controllen = sizeof(control) };
    ssize_t len = recvmsg(fd, &m, 0);
    if (len < 0)
        return errno == EINTR || errno == ENETDOWN; /* that one is told once, when the interface goes */
    struct advert_packet p = { 0 };
    read_control(&m, &p);
    read_packet(family, span_of(bytes, (size_t)len), &from, &p);
    if (m.msg_flags & MSG_TRUNC && p.refusal == VRRP_BAD_IP)
        p.refusal = VRRP_OVERLONG;
    each(self, &p);
    return true;
}

bool advert_receive(const struct advert_channel *c, unsigned most, advert_fn *each, void *self)
{
    bool more = true;
    for (unsigned i = 0; i < most && more; i++)
        more = receive_one(c->fd, c->family, each, self);
    bool more_ah = c->ah_fd >= 0;
    for (unsigned i = 0; i < most && more_ah; i++)
        more_ah = receive_one(c->ah_fd, c->family, each, self);
    return more || more_ah;
}
