/* SPDX-License-Identifier: Apache-2.0 */
#include "os/netlink_read.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* Copies a string of the kernel, cut where it does not fit. */
static void keep_text(char *to, size_t room, const struct nlattr *a)
{
    size_t len = strnlen(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
    len = len < room - 1 ? len : room - 1;
    memcpy(to, mnl_attr_get_payload(a), len);
    to[len] = '\0';
}

static bool read_u32(const struct nlattr *a, uint32_t *out)
{
    if (mnl_attr_get_payload_len(a) < sizeof(uint32_t))
        return false;
    *out = mnl_attr_get_u32(a);
    return true;
}

static void read_link_info(const struct nlattr *info, struct netlink_link *out)
{
    const struct nlattr *a;
    NETLINK_EACH_NESTED(a, info)
    {
        if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
            keep_text(out->kind, sizeof(out->kind), a);
    }
}

static void read_link_mac(const struct nlattr *a, struct netlink_link *out)
{
    size_t len = mnl_attr_get_payload_len(a);
    if (len > sizeof(out->mac))
        return;
    memcpy(out->mac, mnl_attr_get_payload(a), len);
    out->mac_size = (uint8_t)len;
}

bool netlink_read_link(const struct nlmsghdr *h, struct netlink_link *out)
{
    *out = (struct netlink_link){ 0 };
    if (mnl_nlmsg_get_payload_len(h) < sizeof(struct ifinfomsg))
        return false;
    const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
    out->index = (unsigned)m->ifi_index;
    out->admin_up = m->ifi_flags & IFF_UP;
    /* RUNNING follows the operational state (RFC 2863): also a bridge without ports, a VLAN of a dead link.
     */
    out->up = out->admin_up && m->ifi_flags & IFF_RUNNING;
    const struct nlattr *a;
    NETLINK_EACH(a, h, sizeof(*m))
    {
        switch (mnl_attr_get_type(a)) {
        case IFLA_IFNAME:
            keep_text(out->name, sizeof(out->name), a);
            break;
        case IFLA_ADDRESS:
            read_link_mac(a, out);
            break;
        case IFLA_MTU:
            (void)read_u32(a, &out->mtu);
            break;
        case IFLA_LINK:
            (void)read_u32(a, &out->parent);
            break;
        case IFLA_LINKINFO:
            read_link_info(a, out);
            break;
        default:
            break;
        }
    }
    return out->name[0] != '\0';
}

static void read_ip(const struct nlattr *a, int family, struct address *out)
{
    *out = (struct address){ 0 };
    size_t len = mnl_attr_get_payload_len(a);
    if (family == AF_INET && len == 4) {
        out->u.in.sin_family = AF_INET;
        memcpy(&out->u.in.sin_addr, mnl_attr_get_payload(a), len);
        out->len = sizeof(out->u.in);
    } else if (family == AF_INET6 && len == 16) {
        out->u.in6.sin6_family = AF_INET6;
        memcpy(&out->u.in6.sin6_addr, mnl_attr_get_payload(a), len);
        out->len = sizeof(out->u.in6);
    }
}

static void read_life(const struct nlattr *a, struct netlink_address *out)
{
    struct ifa_cacheinfo life;
    if (mnl_attr_get_payload_len(a) < sizeof(life))
        return;
    memcpy(&life, mnl_attr_get_payload(a), sizeof(life));
    out->deprecated = life.ifa_prefered == 0;
}

bool netlink_read_address(const struct nlmsghdr *h, struct netlink_address *out)
{
    *out = (struct netlink_address){ 0 };
    if (mnl_nlmsg_get_payload_len(h) < sizeof(struct ifaddrmsg))
        return false;
    const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
    int family = m->ifa_family;
    out->index = m->ifa_index;
    out->bits = m->ifa_prefixlen;
    out->scope = m->ifa_scope;
    out->flags = m->ifa_flags;
    struct address remote = { 0 };
    const struct nlattr *a;
    NETLINK_EACH(a, h, sizeof(*m))
    {
        switch (mnl_attr_get_type(a)) {
        case IFA_LOCAL:
            read_ip(a, family, &out->ip);
            break;
        case IFA_ADDRESS:
            read_ip(a, family, &remote);
            break;
        case IFA_BROADCAST:
            read_ip(a, family, &out->broadcast);
            break;
        case IFA_LABEL:
            keep_text(out->label, sizeof(out->label), a);
            break;
        case IFA_FLAGS:
            (void)read_u32(a, &out->flags);
            break;
        case IFA_CACHEINFO:
            read_life(a, out);
            break;
        default:
            break;
        }
    }
    /* IPv6 has no IFA_LOCAL but with a peer; IPv4 always has both. */
    if (address_family(&out->ip) == AF_UNSPEC)
        out->ip = remote;
    else if (!address_eq_ip(&out->ip, &remote))
        out->peer = remote;
    return address_family(&out->ip) != AF_UNSPEC;
}
