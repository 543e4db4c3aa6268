/* SPDX-License-Identifier: Apache-2.0 */
#include "os/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "os/netlink_read.h"

enum { MESSAGE_SIZE = 4096, ANSWER_SIZE = 32768, DUMP_TRIES = 3 };

struct netlink {
    struct mnl_socket *socket;
    uint32_t sequence;
    struct netlink_failure failure;
    _Alignas(struct nlmsghdr) char request[MESSAGE_SIZE];
    _Alignas(struct nlmsghdr) char answer[ANSWER_SIZE];
};

struct netlink *netlink_open(void)
{
    struct netlink *n = calloc(1, sizeof(*n));
    if (n == NULL)
        return NULL;
    n->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (n->socket == NULL || mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        int error = errno;
        netlink_close(&n);
        errno = error;
        return NULL;
    }
    /* Better words in errors; an old kernel answers without. */
    int on = 1;
    (void)mnl_socket_setsockopt(n->socket, NETLINK_EXT_ACK, &on, sizeof(on));
    (void)mnl_socket_setsockopt(n->socket, NETLINK_CAP_ACK, &on, sizeof(on));
    struct timeval patience = { .tv_sec = 2 };
    (void)setsockopt(mnl_socket_get_fd(n->socket), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    n->sequence = (uint32_t)time(NULL);
    return n;
}

void netlink_close(struct netlink **n)
{
    if (*n == NULL)
        return;
    if ((*n)->socket)
        mnl_socket_close((*n)->socket);
    free(*n);
    *n = NULL;
}

/* ---- talking ---- */

const struct netlink_failure *netlink_failure(const struct netlink *n)
{
    return &n->failure;
}

void netlink_put_failure(struct buf *out, const struct netlink_failure *f)
{
    buf_printf(out, "%s: %s", f->tried, strerrordesc_np(f->error));
    if (f->error == EPERM)
        buf_put(out, SPAN(" (it needs the capability CAP_NET_ADMIN)"));
    if (f->said[0] != '\0')
        buf_printf(out, " (%s)", f->said);
}

static struct buf *tried(struct netlink *n, struct buf *b, const char *doing)
{
    n->failure.error = 0;
    n->failure.said[0] = '\0';
    buf_init_fixed(b, n->failure.tried, sizeof(n->failure.tried) - 1);
    memset(n->failure.tried, 0, sizeof(n->failure.tried));
    buf_printf(b, "%s", doing);
    return b;
}

static void put_link_name(struct buf *b, unsigned index)
{
    char name[IFNAMSIZ];
    if (if_indextoname(index, name))
        buf_printf(b, "%s", name);
    else
        buf_printf(b, "interface %u", index);
}

/* The kernel's own words follow the header that it refused (NETLINK_EXT_ACK). */
static void keep_words(struct netlink *n, const struct nlmsghdr *h)
{
    if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
        return;
    size_t skip = sizeof(struct nlmsgerr);
    const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
    if (!(h->nlmsg_flags & NLM_F_CAPPED))
        skip += mnl_nlmsg_get_payload_len(&e->msg);
    const struct nlattr *a;
    NETLINK_EACH(a, h, (unsigned)skip)
    {
        if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG && mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0)
            snprintf(n->failure.said, sizeof(n->failure.said), "%s", mnl_attr_get_str(a));
    }
}

/* One datagram of answers: 0 when that was all, 1 when more follows, else -errno. */
static int read_answers(struct netlink *n, int len, netlink_message_fn *each, void *self, bool *interrupted)
{
    for (struct nlmsghdr *h = (struct nlmsghdr *)(void *)n->answer; mnl_nlmsg_ok(h, len);
         h = mnl_nlmsg_next(h, &len)) {
        if (h->nlmsg_seq != n->sequence) /* of a request that was given up */
            continue;
        if (h->nlmsg_flags & NLM_F_DUMP_INTR)
            *interrupted = true;
        if (h->nlmsg_type == NLMSG_DONE)
            return 0;
        if (h->nlmsg_type == NLMSG_ERROR) {
            const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
            if (e->error)
                keep_words(n, h);
            return e->error;
        }
        if (each)
            each(self, h);
        if (!(h->nlmsg_flags & NLM_F_MULTI))
            return 0;
    }
    return 1;
}

static int talk(struct netlink *n, struct nlmsghdr *h, netlink_message_fn *each, void *self,
                bool *interrupted)
{
    h->nlmsg_seq = ++n->sequence;
    if (mnl_socket_sendto(n->socket, h, h->nlmsg_len) < 0)
        return n->failure.error = errno;
    for (;;) {
        ssize_t len = mnl_socket_recvfrom(n->socket, n->answer, sizeof(n->answer));
        if (len < 0 && errno == EINTR)
            continue;
        if (len <= 0)
            return n->failure.error = len < 0 ? (errno == EAGAIN ? ETIMEDOUT : errno) : EIO;
        int more = read_answers(n, (int)len, each, self, interrupted);
        if (more <= 0)
            return n->failure.error = -more;
    }
}

static int change(struct netlink *n, struct nlmsghdr *h)
{
    bool interrupted = false;
    h->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    return talk(n, h, NULL, NULL, &interrupted);
}

/* A list that changed while it was read may lack something: it is read again. The caller's function must not
 * mind hearing twice of the same thing. */
static int dump(struct netlink *n, uint16_t type, int family, netlink_message_fn *each, void *self)
{
    for (int tries = 0;; tries++) {
        struct nlmsghdr *h = mnl_nlmsg_put_header(n->request);
        h->nlmsg_type = type;
        h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        struct rtgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
        g->rtgen_family = (unsigned char)family;
        bool interrupted = false;
        int error = talk(n, h, each, self, &interrupted);
        if (error || !interrupted || tries == DUMP_TRIES)
            return error;
    }
}

static void put_ip(struct nlmsghdr *h, uint16_t type, const struct address *a)
{
    struct span bytes = address_bytes(a);
    if (bytes.len > 0)
        mnl_attr_put(h, type, bytes.len, bytes.ptr);
}

/* ---- links ---- */

struct link_each {
    netlink_link_fn *each;
    void *self;
};

static void on_link(void *self, const struct nlmsghdr *h)
{
    const struct link_each *to = self;
    struct netlink_link l;
    if (h->nlmsg_type == RTM_NEWLINK && netlink_read_link(h, &l))
        to->each(to->self, &l);
}

int netlink_links(struct netlink *n, netlink_link_fn *each, void *self)
{
    struct buf b;
    tried(n, &b, "listing the interfaces");
    struct link_each to = { each, self };
    return dump(n, RTM_GETLINK, AF_UNSPEC, on_link, &to);
}

static void keep_link(void *self, const struct nlmsghdr *h)
{
    struct netlink_link l;
    if (h->nlmsg_type == RTM_NEWLINK && netlink_read_link(h, &l))
        *(struct netlink_link *)self = l;
}

static struct ifinfomsg *link_message(struct netlink *n, uint16_t type, unsigned index, struct nlmsghdr **h)
{
    *h = mnl_nlmsg_put_header(n->request);
    (*h)->nlmsg_type = type;
    struct ifinfomsg *m = mnl_nlmsg_put_extra_header(*h, sizeof(*m));
    m->ifi_family = AF_UNSPEC;
    m->ifi_index = (int)index;
    return m;
}

int netlink_link_find(struct netlink *n, const char *name, struct netlink_link *out)
{
    struct buf b;
    buf_printf(tried(n, &b, "looking for the interface "), "%s", name);
    struct nlmsghdr *h;
    link_message(n, RTM_GETLINK, 0, &h);
    h->nlmsg_flags = NLM_F_REQUEST;
    if (strlen(name) >= IFNAMSIZ)
        return n->failure.error = ENODEV;
    mnl_attr_put_strz(h, IFLA_IFNAME, name);
    bool interrupted = false;
    *out = (struct netlink_link){ 0 };
    int error = talk(n, h, keep_link, out, &interrupted);
    if (error == 0 && out->index == 0)
        error = n->failure.error = ENODEV;
    return error;
}

int netlink_link_set_up(struct netlink *n, unsigned index, bool up)
{
    struct buf b;
    put_link_name(tried(n, &b, up ? "setting up " : "setting down "), index);
    struct nlmsghdr *h;
    struct ifinfomsg *m = link_message(n, RTM_NEWLINK, index, &h);
    m->ifi_change = IFF_UP;
    m->ifi_flags = up ? IFF_UP : 0;
    return change(n, h);
}

int netlink_link_delete(struct netlink *n, unsigned index)
{
    struct buf b;
    put_link_name(tried(n, &b, "deleting "), index);
    struct nlmsghdr *h;
    link_message(n, RTM_DELLINK, index, &h);
    return change(n, h);
}

int netlink_macvlan_add(struct netlink *n, unsigned parent, const char *name, const uint8_t mac[6],
                        unsigned *index)
{
    struct buf b;
    put_link_name(tried(n, &b, "making a macvlan on "), parent);
    struct nlmsghdr *h;
    link_message(n, RTM_NEWLINK, 0, &h);
    h->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
    mnl_attr_put_u32(h, IFLA_LINK, parent);
    mnl_attr_put_strz(h, IFLA_IFNAME, name);
    mnl_attr_put(h, IFLA_ADDRESS, 6, mac);
    struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
    mnl_attr_put_strz(h, IFLA_INFO_KIND, "macvlan");
    struct nlattr *data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
    mnl_attr_put_u32(h, IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE);
    mnl_attr_nest_end(h, data);
    mnl_attr_nest_end(h, info);
    int error = change(n, h);
    if (error)
        return error;
    struct netlink_link made = { 0 };
    error = netlink_link_find(n, name, &made);
    *index = made.index;
    return error;
}

/* ---- addresses ---- */

struct address_each {
    netlink_address_fn *each;
    void *self;
};

static void on_address(void *self, const struct nlmsghdr *h)
{
    const struct address_each *to = self;
    struct netlink_address a;
    if (h->nlmsg_type == RTM_NEWADDR && netlink_read_address(h, &a))
        to->each(to->self, &a);
}

int netlink_addresses(struct netlink *n, int family, netlink_address_fn *each, void *self)
{
    struct buf b;
    tried(n, &b, "listing the addresses");
    struct address_each to = { each, self };
    return dump(n, RTM_GETADDR, family, on_address, &to);
}

static struct nlmsghdr *address_message(struct netlink *n, uint16_t type, const struct netlink_address *a)
{
    struct nlmsghdr *h = mnl_nlmsg_put_header(n->request);
    h->nlmsg_type = type;
    struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
    m->ifa_family = (unsigned char)address_family(&a->ip);
    m->ifa_prefixlen = a->bits;
    m->ifa_scope = a->scope;
    m->ifa_index = a->index;
    put_ip(h, IFA_LOCAL, &a->ip);
    put_ip(h, IFA_ADDRESS, address_family(&a->peer) == AF_UNSPEC ? &a->ip : &a->peer);
    if (a->label[0] != '\0')
        mnl_attr_put_strz(h, IFA_LABEL, a->label);
    return h;
}

static void put_address_name(struct buf *b, const struct netlink_address *a, const char *preposition)
{
    address_put_ip(b, &a->ip);
    buf_printf(b, "/%u %s ", a->bits, preposition);
    put_link_name(b, a->index);
}

int netlink_address_add(struct netlink *n, const struct netlink_address *a)
{
    struct buf b;
    put_address_name(tried(n, &b, "adding "), a, "to");
    struct nlmsghdr *h = address_message(n, RTM_NEWADDR, a);
    h->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
    put_ip(h, IFA_BROADCAST, &a->broadcast);
    if (a->flags)
        mnl_attr_put_u32(h, IFA_FLAGS, a->flags);
    if (a->deprecated) {
        struct ifa_cacheinfo life = { .ifa_prefered = 0, .ifa_valid = UINT32_MAX };
        mnl_attr_put(h, IFA_CACHEINFO, sizeof(life), &life);
    }
    return change(n, h);
}

int netlink_address_delete(struct netlink *n, const struct netlink_address *a)
{
    struct buf b;
    put_address_name(tried(n, &b, "removing "), a, "from");
    return change(n, address_message(n, RTM_DELADDR, a));
}

/* ---- routes ---- */

static void put_hops(struct nlmsghdr *h, const struct netlink_route *r)
{
    struct nlattr *list = mnl_attr_nest_start(h, RTA_MULTIPATH);
    for (unsigned i = 0; i < r->hop_count; i++) {
        const struct netlink_hop *hop = &r->hops[i];
        struct rtnexthop *next = mnl_nlmsg_get_payload_tail(h);
        memset(next, 0, sizeof(*next));
        h->nlmsg_len += (uint32_t)sizeof(*next); /* 8: aligned */
        next->rtnh_hops = (unsigned char)(hop->weight ? hop->weight - 1 : 0);
        next->rtnh_ifindex = (int)hop->index;
        next->rtnh_flags = hop->onlink ? RTNH_F_ONLINK : 0;
        put_ip(h, RTA_GATEWAY, &hop->via);
        next->rtnh_len = (unsigned short)((char *)mnl_nlmsg_get_payload_tail(h) - (char *)next);
    }
    mnl_attr_nest_end(h, list);
}

static void put_hop(struct nlmsghdr *h, struct rtmsg *m, const struct netlink_hop *hop)
{
    put_ip(h, RTA_GATEWAY, &hop->via);
    if (hop->index)
        mnl_attr_put_u32(h, RTA_OIF, hop->index);
    if (hop->onlink)
        m->rtm_flags |= RTNH_F_ONLINK;
}

static void put_metrics(struct nlmsghdr *h, const struct netlink_route *r)
{
    struct nlattr *list = mnl_attr_nest_start(h, RTA_METRICS);
    bool any = false;
    for (uint16_t i = 1; i < ROUTE_METRICS; i++)
        if (r->metrics[i]) {
            mnl_attr_put_u32(h, i, r->metrics[i]);
            any = true;
        }
    if (any)
        mnl_attr_nest_end(h, list);
    else
        mnl_attr_nest_cancel(h, list);
}

static struct nlmsghdr *route_message(struct netlink *n, uint16_t type, const struct netlink_route *r)
{
    struct nlmsghdr *h = mnl_nlmsg_put_header(n->request);
    h->nlmsg_type = type;
    struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
    m->rtm_family = (unsigned char)r->family;
    m->rtm_dst_len = r->bits;
    m->rtm_tos = r->tos;
    m->rtm_table = (unsigned char)(r->table == 0    ? RT_TABLE_MAIN
                                   : r->table < 256 ? r->table
                                                    : RT_TABLE_UNSPEC);
    m->rtm_protocol = r->protocol;
    m->rtm_scope = r->scope;
    m->rtm_type = r->type;
    if (r->bits)
        put_ip(h, RTA_DST, &r->to);
    if (r->table >= 256)
        mnl_attr_put_u32(h, RTA_TABLE, r->table);
    if (r->metric)
        mnl_attr_put_u32(h, RTA_PRIORITY, r->metric);
    put_ip(h, RTA_PREFSRC, &r->source);
    put_metrics(h, r);
    if (r->hop_count > 1)
        put_hops(h, r);
    else if (r->hop_count == 1)
        put_hop(h, m, &r->hops[0]);
    return h;
}

static void put_route_name(struct buf *b, const struct netlink_route *r)
{
    if (r->bits) {
        address_put_ip(b, &r->to);
        buf_printf(b, "/%u", r->bits);
    } else {
        buf_put(b, SPAN("default"));
    }
    if (r->hop_count && address_family(&r->hops[0].via) != AF_UNSPEC) {
        buf_put(b, SPAN(" via "));
        address_put_ip(b, &r->hops[0].via);
    }
}

int netlink_route_add(struct netlink *n, const struct netlink_route *r)
{
    struct buf b;
    put_route_name(tried(n, &b, "adding the route "), r);
    struct nlmsghdr *h = route_message(n, RTM_NEWROUTE, r);
    h->nlmsg_flags = NLM_F_CREATE;
    if (r->append)
        h->nlmsg_flags |= NLM_F_APPEND;
    return change(n, h);
}

int netlink_route_delete(struct netlink *n, const struct netlink_route *r)
{
    struct buf b;
    put_route_name(tried(n, &b, "removing the route "), r);
    return change(n, route_message(n, RTM_DELROUTE, r));
}

/* ---- rules ---- */

static void put_ports(struct nlmsghdr *h, uint16_t type, uint16_t low, uint16_t high)
{
    struct fib_rule_port_range ports = { .start = low, .end = high };
    if (low)
        mnl_attr_put(h, type, sizeof(ports), &ports);
}

static void put_choice(struct nlmsghdr *h, const struct routing_rule *r)
{
    struct fib_rule_uid_range users = { .start = r->user_low, .end = r->user_high };
    if (r->from_bits)
        put_ip(h, FRA_SRC, &r->from);
    if (r->to_bits)
        put_ip(h, FRA_DST, &r->to);
    if (r->in[0])
        mnl_attr_put_strz(h, FRA_IIFNAME, r->in);
    if (r->out[0])
        mnl_attr_put_strz(h, FRA_OIFNAME, r->out);
    if (r->has_mark) {
        mnl_attr_put_u32(h, FRA_FWMARK, r->mark);
        mnl_attr_put_u32(h, FRA_FWMASK, r->mask);
    }
    if (r->has_users)
        mnl_attr_put(h, FRA_UID_RANGE, sizeof(users), &users);
    if (r->ip_protocol)
        mnl_attr_put_u8(h, FRA_IP_PROTO, r->ip_protocol);
    put_ports(h, FRA_SPORT_RANGE, r->source_low, r->source_high);
    put_ports(h, FRA_DPORT_RANGE, r->port_low, r->port_high);
}

static struct nlmsghdr *rule_message(struct netlink *n, uint16_t type, const struct routing_rule *r)
{
    struct nlmsghdr *h = mnl_nlmsg_put_header(n->request);
    h->nlmsg_type = type;
    struct fib_rule_hdr *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
    m->family = (uint8_t)r->family;
    m->src_len = r->from_bits;
    m->dst_len = r->to_bits;
    m->tos = r->tos;
    m->action = r->action;
    m->flags = r->invert ? FIB_RULE_INVERT : 0;
    put_choice(h, r);
    mnl_attr_put_u32(h, FRA_PRIORITY, r->priority);
    mnl_attr_put_u8(h, FRA_PROTOCOL, r->protocol);
    if (r->action == FR_ACT_GOTO)
        mnl_attr_put_u32(h, FRA_GOTO, r->target);
    if (r->action == FR_ACT_TO_TBL)
        mnl_attr_put_u32(h, FRA_TABLE, r->table);
    if (r->suppress_bits >= 0)
        mnl_attr_put_u32(h, FRA_SUPPRESS_PREFIXLEN, (uint32_t)r->suppress_bits);
    return h;
}

int netlink_rule_add(struct netlink *n, const struct routing_rule *r)
{
    struct buf b;
    buf_printf(tried(n, &b, "adding the routing rule "), "%u", r->priority);
    struct nlmsghdr *h = rule_message(n, RTM_NEWRULE, r);
    h->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
    return change(n, h);
}

int netlink_rule_delete(struct netlink *n, const struct routing_rule *r)
{
    struct buf b;
    buf_printf(tried(n, &b, "removing the routing rule "), "%u", r->priority);
    return change(n, rule_message(n, RTM_DELRULE, r));
}
