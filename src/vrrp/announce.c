/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/announce.h"

#include "base/fd.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int announce_open(void)
{
    /* Protocol 0: it receives nothing. */
    return socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int send_frame(int fd, unsigned index, const uint8_t *frame, size_t len)
{
    struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)index, .sll_halen = 6 };
    memcpy(&to.sll_protocol, frame + 12, 2);
    memcpy(to.sll_addr, frame, 6);
    return sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? errno : 0;
}

int announce_send(int fd, const struct announce_frame *f)
{
    uint8_t frame[ARP_NA_SIZE];
    if (f->ip.size == 4) {
        arp_write_announcement(frame, f->mac, f->ip.bytes);
        return send_frame(fd, f->index, frame, ARP_FRAME_SIZE);
    }
    arp_write_na(frame, f->mac, f->ip.bytes, f->router);
    return send_frame(fd, f->index, frame, ARP_NA_SIZE);
}

int announce_probe(int fd, const struct announce_frame *f)
{
    uint8_t frame[ARP_NS_SIZE];
    if (f->ip.size == 4) {
        arp_write_probe(frame, f->mac, f->ip.bytes);
        return send_frame(fd, f->index, frame, ARP_FRAME_SIZE);
    }
    arp_write_ns_probe(frame, f->mac, f->ip.bytes);
    return send_frame(fd, f->index, frame, ARP_NS_SIZE);
}

/* ---- hearing ---- */

enum {
    ARP_SENDER_IP_AT = 28,
    HOPS_OF_A_NEIGHBOUR = 255, /* RFC 4861 7.1.2 */
    KEEP = 0xffff,
};

static uint32_t word(const struct vrrp_ip *ip)
{
    const uint8_t *b = ip->bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* A frame whose sender is one of <ips> is kept: a comparison each, which jumps over those that follow it. */
static bool set_filter(int fd, const struct vrrp_ip *ips, unsigned count)
{
    struct sock_filter code[ANNOUNCE_WATCHED + 3];
    unsigned short len = 0;
    code[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARP_SENDER_IP_AT);
    for (unsigned i = 0; i < count; i++)
        code[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word(&ips[i]),
                                                   (unsigned char)(count - i), 0);
    code[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
    code[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, KEEP);
    struct sock_fprog prog = { .len = len, .filter = code };
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0;
}

static bool hear(int fd, bool on)
{
    struct sockaddr_ll any = { .sll_family = AF_PACKET, .sll_protocol = on ? htons(ETH_P_ARP) : 0 };
    return bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;
}

static int open_na(void)
{
    AUTO_FD int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
    struct icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter); /* until there are addresses */
    int on = 1;
    if (fd < 0 || setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) < 0 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on)) < 0)
        return -1;
    return fd_take(&fd);
}

bool announce_watch_open(struct announce_watch *w)
{
    w->arp_fd = announce_open(); /* protocol 0: nothing slips in before the filter is there */
    w->na_fd = open_na();        /* -1 where the kernel has no IPv6 */
    return w->arp_fd >= 0;
}

void announce_watch_close(struct announce_watch *w)
{
    fd_cleanup(&w->arp_fd);
    fd_cleanup(&w->na_fd);
    w->arp_fd = w->na_fd = -1;
}

bool announce_watch_set(struct announce_watch *w, const struct vrrp_ip *ips, unsigned count)
{
    struct vrrp_ip ip4[ANNOUNCE_WATCHED];
    unsigned found = 0;
    bool ip6 = false;
    for (unsigned i = 0; i < count; i++) {
        ip6 |= ips[i].size == 16;
        if (ips[i].size == 4 && found < ANNOUNCE_WATCHED)
            ip4[found++] = ips[i];
    }
    struct icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    if (ip6)
        ICMP6_FILTER_SETPASS(ND_NEIGHBOR_ADVERT, &filter);
    if (w->na_fd >= 0 && setsockopt(w->na_fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) < 0)
        return false;
    return set_filter(w->arp_fd, ip4, found) && hear(w->arp_fd, found > 0);
}

static void read_arp(int fd, unsigned most, announce_fn *each, void *self)
{
    for (unsigned i = 0; i < most; i++) {
        char frame[256];
        struct sockaddr_ll from;
        socklen_t size = sizeof(from);
        ssize_t len = recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &size);
        if (len < 0 && errno != EINTR && errno != ENETDOWN)
            return;
        struct arp_claim claim;
        if (len > 0 && from.sll_pkttype != PACKET_OUTGOING &&
            arp_read(span_of(frame, (size_t)len), &claim) != ARP_NOT)
            each(self, (unsigned)from.sll_ifindex, &claim);
    }
}

static unsigned neighbour_index(struct msghdr *m)
{
    unsigned index = 0;
    int hops = 0;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
        struct in6_pktinfo info;
        if (h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_PKTINFO) {
            memcpy(&info, CMSG_DATA(h), sizeof(info));
            index = info.ipi6_ifindex;
        } else if (h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_HOPLIMIT) {
            memcpy(&hops, CMSG_DATA(h), sizeof(hops));
        }
    }
    return hops == HOPS_OF_A_NEIGHBOUR ? index : 0;
}

static void read_na(int fd, unsigned most, announce_fn *each, void *self)
{
    for (unsigned i = 0; i < most && fd >= 0; i++) {
        char message[256];
        struct iovec part = { message, sizeof(message) };
        _Alignas(struct cmsghdr) char control[128];
        struct msghdr m = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
        };
        ssize_t len = recvmsg(fd, &m, 0);
        if (len < 0 && errno != EINTR && errno != ENETDOWN)
            return;
        unsigned index = len > 0 ? neighbour_index(&m) : 0;
        struct arp_claim claim;
        if (index && arp_read_icmp6(span_of(message, (size_t)len), &claim) != ARP_NOT)
            each(self, index, &claim);
    }
}

void announce_watch_read(struct announce_watch *w, unsigned most, announce_fn *each, void *self)
{
    read_arp(w->arp_fd, most, each, self);
    read_na(w->na_fd, most, each, self);
}
