/* SPDX-License-Identifier: Apache-2.0 */
/* Against the real kernel, in a network namespace of our own; skipped where none can be made. */
#include "os/netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static struct address ip(const char *text)
{
    struct address a;
    assert_true(address_parse_ip(span_from(text), &a));
    return a;
}

struct seen {
    unsigned addresses, links, gone;
    struct netlink_address last;
    struct netlink_link link;
    const char *want;
};

static void see_address(void *self, const struct netlink_address *a)
{
    struct seen *s = self;
    struct address want = ip(s->want);
    if (address_eq_ip(&a->ip, &want)) {
        s->addresses++;
        s->last = *a;
    }
}

static unsigned count(struct netlink *n, const char *want, struct netlink_address *out)
{
    struct seen s = { .want = want };
    assert_int_equal(netlink_addresses(n, AF_UNSPEC, see_address, &s), 0);
    if (out)
        *out = s.last;
    return s.addresses;
}

static struct netlink *n;
static unsigned veth;

static void addresses_come_and_go(void **state)
{
    (void)state;
    struct netlink_address a = { .index = veth, .ip = ip("10.7.0.1"), .bits = 24, .label = "here:9" }, got;
    assert_int_equal(netlink_address_add(n, &a), 0);
    assert_int_equal(count(n, "10.7.0.1", &got), 1);
    assert_int_equal(got.bits, 24);
    assert_int_equal(got.index, veth);
    assert_string_equal(got.label, "here:9");
    assert_int_equal(address_family(&got.broadcast), AF_UNSPEC);
    assert_int_equal(netlink_address_add(n, &a), EEXIST);
    assert_int_equal(netlink_address_delete(n, &a), 0);
    assert_int_equal(count(n, "10.7.0.1", NULL), 0);
    assert_int_equal(netlink_address_delete(n, &a), EADDRNOTAVAIL);
    const struct netlink_failure *f = netlink_failure(n);
    assert_string_equal(f->tried, "removing 10.7.0.1/24 from here");
    struct buf b;
    buf_init(&b, 1000);
    netlink_put_failure(&b, f);
    assert_holds(buf_span(&b), "removing 10.7.0.1/24 from here: Cannot assign requested address");
    buf_fini(&b);
}

static void addresses_of_version_6_skip_duplicate_detection(void **state)
{
    (void)state;
    struct netlink_address a = {
        .index = veth, .ip = ip("fd07::1"), .bits = 128, .flags = IFA_F_NODAD, .deprecated = true
    };
    struct netlink_address got;
    assert_int_equal(netlink_address_add(n, &a), 0);
    assert_int_equal(count(n, "fd07::1", &got), 1);
    assert_true(got.deprecated);
    assert_false(got.flags & IFA_F_TENTATIVE);
    assert_int_equal(netlink_address_delete(n, &a), 0);
    assert_int_equal(count(n, "fd07::1", NULL), 0);
}

static void scope_broadcast_and_peer_are_kept(void **state)
{
    (void)state;
    struct netlink_address a = {
        .index = veth, .ip = ip("10.8.0.1"), .bits = 24, .broadcast = ip("10.8.0.255"), .scope = RT_SCOPE_LINK
    };
    struct netlink_address got;
    assert_int_equal(netlink_address_add(n, &a), 0);
    assert_int_equal(count(n, "10.8.0.1", &got), 1);
    assert_int_equal(got.scope, RT_SCOPE_LINK);
    assert_true(address_eq_ip(&got.broadcast, &a.broadcast));
    assert_int_equal(netlink_address_delete(n, &a), 0);
    a = (struct netlink_address){ .index = veth, .ip = ip("10.8.0.1"), .bits = 32, .peer = ip("10.8.0.2") };
    assert_int_equal(netlink_address_add(n, &a), 0);
    assert_int_equal(count(n, "10.8.0.1", &got), 1);
    assert_true(address_eq_ip(&got.peer, &a.peer));
    assert_int_equal(netlink_address_delete(n, &a), 0);
}

static void the_kernel_tells_why(void **state)
{
    (void)state;
    struct netlink_address a = { .index = 9999, .ip = ip("10.7.0.1"), .bits = 24 };
    assert_int_equal(netlink_address_add(n, &a), ENODEV);
    assert_string_equal(netlink_failure(n)->tried, "adding 10.7.0.1/24 to interface 9999");
    a.index = veth, a.bits = 77;
    assert_int_equal(netlink_address_add(n, &a), EINVAL);
    assert_string_not_equal(netlink_failure(n)->said, "");
}

static void links_are_found_by_name(void **state)
{
    (void)state;
    struct netlink_link l;
    assert_int_equal(netlink_link_find(n, "here", &l), 0);
    assert_int_equal(l.index, veth);
    assert_true(l.up && l.admin_up);
    assert_int_equal(l.mtu, 1500);
    assert_int_equal(l.mac_size, 6);
    assert_string_equal(l.kind, "veth");
    assert_int_equal(netlink_link_find(n, "nowhere", &l), ENODEV);
    assert_int_equal(netlink_link_find(n, "a-name-that-is-too-long", &l), ENODEV);
    assert_string_equal(netlink_failure(n)->tried, "looking for the interface a-name-that-is-too-long");
}

static void macvlans_carry_the_mac_they_are_given(void **state)
{
    (void)state;
    const uint8_t mac[6] = { 0, 0, 0x5e, 0, 1, 80 };
    unsigned index;
    struct netlink_link l;
    assert_int_equal(netlink_macvlan_add(n, veth, "vrrp.80", mac, &index), 0);
    assert_int_equal(netlink_link_find(n, "vrrp.80", &l), 0);
    assert_int_equal(l.index, index);
    assert_int_equal(l.parent, veth);
    assert_memory_equal(l.mac, mac, 6);
    assert_string_equal(l.kind, "macvlan");
    assert_false(l.admin_up);
    assert_int_equal(netlink_link_set_up(n, index, true), 0);
    assert_int_equal(netlink_link_find(n, "vrrp.80", &l), 0);
    assert_true(l.admin_up);
    assert_int_equal(netlink_macvlan_add(n, veth, "vrrp.80", mac, &index), EEXIST);
    assert_int_equal(netlink_link_delete(n, l.index), 0);
    assert_int_equal(netlink_link_find(n, "vrrp.80", &l), ENODEV);
}

static void routes_come_and_go(void **state)
{
    (void)state;
    struct netlink_address a = { .index = veth, .ip = ip("10.7.0.1"), .bits = 24 };
    assert_int_equal(netlink_address_add(n, &a), 0);
    struct netlink_route r = { .family = AF_INET,
                               .type = RTN_UNICAST,
                               .to = ip("10.77.0.0"),
                               .bits = 16,
                               .source = ip("10.7.0.1"),
                               .protocol = 18,
                               .metric = 7,
                               .metrics = { [RTAX_MTU] = 1400, [RTAX_INITCWND] = 20 },
                               .table = 1000,
                               .hop_count = 1,
                               .hops = { { .via = ip("10.7.0.2"), .index = veth } } };
    assert_int_equal(netlink_route_add(n, &r), 0);
    assert_int_equal(
        system("ip route show table 1000 | grep -q "
               "'^10.77.0.0/16 via 10.7.0.2 dev here .*src 10.7.0.1 metric 7 mtu 1400 initcwnd 20'"),
        0);
    assert_int_equal(netlink_route_add(n, &r), EEXIST);
    assert_int_equal(netlink_route_delete(n, &r), 0);
    assert_int_equal(netlink_route_delete(n, &r), ESRCH);
    r.table = 0, r.bits = 0, r.metrics[RTAX_MTU] = 0;
    r.hop_count = 2;
    r.hops[0].weight = 1;
    r.hops[1] = (struct netlink_hop){ .via = ip("10.7.0.3"), .index = veth, .weight = 5 };
    assert_int_equal(netlink_route_add(n, &r), 0);
    assert_int_equal(system("ip route show default | grep -q 'nexthop via 10.7.0.3 dev here weight 5'"), 0);
    assert_int_equal(netlink_route_delete(n, &r), 0);
    r = (struct netlink_route){ .family = AF_INET, .type = RTN_BLACKHOLE, .to = ip("10.78.0.0"), .bits = 16 };
    assert_int_equal(netlink_route_add(n, &r), 0);
    assert_int_equal(system("ip route show type blackhole | grep -q 10.78.0.0/16"), 0);
    assert_int_equal(netlink_route_delete(n, &r), 0);
    r = (struct netlink_route){ .family = AF_INET,
                                .type = RTN_UNICAST,
                                .to = ip("10.79.0.0"),
                                .bits = 16,
                                .hop_count = 1,
                                .hops = { { .via = ip("192.0.2.1") } } };
    assert_int_equal(netlink_route_add(n, &r), ENETUNREACH);
    assert_string_equal(netlink_failure(n)->tried, "adding the route 10.79.0.0/16 via 192.0.2.1");
    assert_int_equal(netlink_address_delete(n, &a), 0);
}

static bool rules_show(const char *line)
{
    char command[300];
    snprintf(command, sizeof(command), "(ip rule; ip -6 rule) | grep -qx '%s'", line);
    return system(command) == 0; // NOLINT(cert-env33-c)
}

static void rules_come_and_go(void **state)
{
    (void)state;
    struct routing_rule r = { .family = AF_INET,
                              .from = ip("10.7.0.0"),
                              .from_bits = 16,
                              .to = ip("10.8.0.0"),
                              .to_bits = 24,
                              .action = FR_ACT_TO_TBL,
                              .tos = 0x10,
                              .protocol = RTPROT_STATIC,
                              .ip_protocol = 6,
                              .priority = 700,
                              .table = 1000,
                              .has_mark = true,
                              .mark = 24,
                              .mask = 12,
                              .has_users = true,
                              .user_low = 5,
                              .user_high = 9,
                              .port_low = 80,
                              .port_high = 81,
                              .suppress_bits = -1,
                              .in = "here",
                              .out = "lo" };
    assert_int_equal(netlink_rule_add(n, &r), 0);
    /* iproute2 knows the name where the machine has /etc/protocols */
    assert_true(
        rules_show("700:\tfrom 10.7.0.0/16 to 10.8.0.0/24 tos 0x10 fwmark 0x18/0xc iif here oif lo "
                   "uidrange 5-9 ipproto \\(tcp\\|ipproto-6\\) dport 80-81 lookup 1000 proto static"));
    assert_int_equal(netlink_rule_add(n, &r), EEXIST);
    assert_int_equal(netlink_rule_delete(n, &r), 0);
    assert_int_equal(netlink_rule_delete(n, &r), ENOENT);
    assert_string_equal(netlink_failure(n)->tried, "removing the routing rule 700");
    r = (struct routing_rule){ .family = AF_INET6,
                               .from = ip("fd00::"),
                               .from_bits = 16,
                               .action = FR_ACT_PROHIBIT,
                               .invert = true,
                               .priority = 12,
                               .suppress_bits = -1 };
    assert_int_equal(netlink_rule_add(n, &r), 0);
    assert_true(rules_show("12:\tnot from fd00::/16 prohibit"));
    assert_int_equal(netlink_rule_delete(n, &r), 0);
    r = (struct routing_rule){
        .family = AF_INET, .action = FR_ACT_GOTO, .target = 32766, .priority = 13, .suppress_bits = -1
    };
    assert_int_equal(netlink_rule_add(n, &r), 0);
    assert_true(rules_show("13:\tfrom all goto 32766"));
    assert_int_equal(netlink_rule_delete(n, &r), 0);
}

static void mon_link(void *self, const struct netlink_link *l, bool gone)
{
    struct seen *s = self;
    if (strcmp(l->name, "here") != 0) /* the other end tells of itself, too */
        return;
    s->links++;
    s->link = *l;
    s->gone += gone;
}

static void mon_address(void *self, const struct netlink_address *a, bool gone)
{
    struct seen *s = self;
    struct address want = ip(s->want);
    if (!address_eq_ip(&a->ip, &want))
        return;
    s->addresses++;
    s->last = *a;
    s->gone += gone;
}

static void mon_lost(void *self)
{
    (void)self;
    fail();
}

static void read_monitor(struct netlink_monitor *m, struct seen *s)
{
    struct netlink_events to = { s, mon_link, mon_address, mon_lost };
    struct pollfd p = { .fd = netlink_monitor_fd(m), .events = POLLIN };
    unsigned before = s->addresses + s->links;
    while (s->addresses + s->links == before) {
        assert_int_equal(poll(&p, 1, 3000), 1);
        assert_int_equal(netlink_monitor_read(m, 100, &to), 0);
    }
}

static void the_monitor_sees_changes(void **state)
{
    (void)state;
    struct netlink_monitor *m = netlink_monitor_open();
    assert_non_null(m);
    struct seen s = { .want = "10.9.0.1" };
    struct netlink_events to = { &s, mon_link, mon_address, mon_lost };
    assert_int_equal(netlink_monitor_read(m, 100, &to), 0); /* nothing there: does not block */
    struct netlink_address a = { .index = veth, .ip = ip("10.9.0.1"), .bits = 32 };
    assert_int_equal(netlink_address_add(n, &a), 0);
    read_monitor(m, &s);
    assert_int_equal(s.addresses, 1);
    assert_int_equal(s.gone, 0);
    assert_int_equal(netlink_address_delete(n, &a), 0);
    read_monitor(m, &s);
    assert_int_equal(s.addresses, 2);
    assert_int_equal(s.gone, 1);
    assert_int_equal(netlink_link_set_up(n, veth, false), 0);
    for (int i = 0; i < 10 && (strcmp(s.link.name, "here") != 0 || s.link.up); i++)
        read_monitor(m, &s); /* its other end changes too, and may be told first */
    assert_string_equal(s.link.name, "here");
    assert_false(s.link.up);
    assert_int_equal(netlink_link_set_up(n, veth, true), 0);
    netlink_monitor_close(&m);
}

static int make_namespace(void **state)
{
    (void)state;
    if (geteuid() == 0 ? unshare(CLONE_NEWNET) : unshare(CLONE_NEWUSER | CLONE_NEWNET))
        return -1;
    if (system("ip link add here type veth peer name there && ip link set here up && ip link set there up && "
               "sleep 0.1"))
        return -1;
    n = netlink_open();
    struct netlink_link l;
    if (n == NULL || netlink_link_find(n, "here", &l))
        return -1;
    veth = l.index;
    return 0;
}

static int leave(void **state)
{
    (void)state;
    netlink_close(&n);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_come_and_go),
        cmocka_unit_test(addresses_of_version_6_skip_duplicate_detection),
        cmocka_unit_test(scope_broadcast_and_peer_are_kept),
        cmocka_unit_test(the_kernel_tells_why),
        cmocka_unit_test(links_are_found_by_name),
        cmocka_unit_test(macvlans_carry_the_mac_they_are_given),
        cmocka_unit_test(routes_come_and_go),
        cmocka_unit_test(rules_come_and_go),
        cmocka_unit_test(the_monitor_sees_changes),
    };
    if (make_namespace(NULL) != 0)
        return 77; /* skipped: no network namespace can be made here */
    return cmocka_run_group_tests(tests, NULL, leave);
}
