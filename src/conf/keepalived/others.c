/* SPDX-License-Identifier: Apache-2.0 */
/* What stands at the top beside the big blocks, and what is known but tuned or refused. */
#include <string.h>

#include "conf/keepalived/keepalived_internal.h"

#define SECONDS(n) ((int64_t)((n)*1000000LL))

/* ---- the big blocks ---- */

static void read_global(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    keepalived_read_block(b, IN_GLOBAL, &b->global_seen);
}

static bool is_known(const struct build *b, struct span name, bool group)
{
    for (uint32_t i = 0; !group && i < b->instances.count; i++)
        if (span_eq(b->instances.items[i]->model.name, name))
            return true;
    for (uint32_t i = 0; group && i < b->groups.count; i++)
        if (span_eq(b->groups.items[i]->name, name))
            return true;
    return false;
}

static void read_instance(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct instance_draft *d = ARENA_NEW(b->arena, struct instance_draft);
    (void)k;
    d->model.name = ka_keep(b, text_at(s, 1));
    d->model.at = word_at(s, 1)->at;
    if (is_known(b, d->model.name, false))
        diag_add(b->diags, &ka_twice, word_at(s, 1)->at, DIAG_TEXT(SPAN("vrrp_instance"), text_at(s, 1)));
    *ARENA_PUSH(b->arena, &b->instances) = b->instance = d;
    keepalived_read_block(b, IN_INSTANCE, &d->seen);
}

static void read_group(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct keyword_seen seen = { 0 };
    struct group_draft *d = ARENA_NEW(b->arena, struct group_draft);
    (void)k;
    d->name = ka_keep(b, text_at(s, 1));
    d->at = word_at(s, 1)->at;
    if (is_known(b, d->name, true))
        diag_add(b->diags, &ka_twice, word_at(s, 1)->at, DIAG_TEXT(SPAN("vrrp_sync_group"), text_at(s, 1)));
    *ARENA_PUSH(b->arena, &b->groups) = b->group = d;
    keepalived_read_block(b, IN_GROUP, &seen);
}

static void read_members(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct statement row;
    (void)k;
    (void)s;
    while (keepalived_next_row(b, &row))
        for (uint32_t i = 0; i < row.words.count; i++)
            *ARENA_PUSH(b->arena, &b->group->members) = *word_at(&row, i);
}

static void set_keep_weights(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    (void)s;
    b->group->keep_weights = true;
}

/* ---- static addresses and routes ---- */

static void read_static_addresses(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct statement row;
    struct vrrp_address a;
    bool vmac = false;
    (void)k;
    (void)s;
    while (keepalived_next_row(b, &row))
        if (ka_address_row(b, &row, &a, &vmac))
            *ARENA_PUSH(b->arena, &b->v->static_addresses) = a;
}

static void read_static_routes(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct statement row;
    struct vrrp_route r;
    (void)k;
    (void)s;
    while (keepalived_next_row(b, &row))
        if (ka_route_row(b, &row, &r))
            *ARENA_PUSH(b->arena, &b->v->static_routes) = r;
}

static void read_static_rules(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct statement row;
    (void)k;
    (void)s;
    while (keepalived_next_row(b, &row))
        ka_rule_row(b, &row, ARENA_PUSH(b->arena, &b->v->static_rules));
}

/* ---- interfaces ---- */

/* IFNAME down_delay [up_delay] */
static void read_delays(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct statement row;
    (void)k;
    (void)s;
    while (keepalived_next_row(b, &row)) {
        uint32_t i = ka_interface(b, word_at(&row, 0));
        struct opt down = { 0 }, up = { 0 };
        if (i == VRRP_NONE)
            continue;
        if (row.words.count < 2) {
            diag_add(b->diags, &ka_no_value, word_at(&row, 0)->at, DIAG_TEXT(text_at(&row, 0)));
            continue;
        }
        if (!ka_seconds(b, word_at(&row, 1), 0, SECONDS(255), &down))
            continue;
        up = down;
        if (row.words.count > 2 && !ka_seconds(b, word_at(&row, 2), 0, SECONDS(255), &up))
            continue;
        b->v->interfaces.items[i].down_delay_us = (uint64_t)down.n;
        b->v->interfaces.items[i].up_delay_us = (uint64_t)up.n;
    }
}

static void read_garp_group(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct keyword_seen seen = { 0 };
    (void)k;
    (void)s;
    *ARENA_PUSH(b->arena, &b->garp_groups) = b->garp_group = ARENA_NEW(b->arena, struct garp_group_draft);
    keepalived_read_block(b, IN_GARP_GROUP, &seen);
}

static void set_gap(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct opt *out = (struct opt *)(void *)((char *)b->garp_group + k->offset);
    (void)ka_seconds(b, word_at(s, 1), k->low, k->high, out);
}

static void set_garp_interface(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    *ARENA_PUSH(b->arena, &b->garp_group->interfaces) = *word_at(s, 1);
}

static void read_garp_interfaces(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct statement row;
    (void)k;
    (void)s;
    while (keepalived_next_row(b, &row))
        for (uint32_t i = 0; i < row.words.count; i++)
            *ARENA_PUSH(b->arena, &b->garp_group->interfaces) = *word_at(&row, i);
}

#define GARP(member) .offset = offsetof(struct garp_group_draft, member)
#define EVERYWHERE                                                                                           \
    (IN_MAIN | IN_GLOBAL | IN_INSTANCE | IN_GROUP | IN_SCRIPT | IN_PROCESS | IN_FILE | IN_AUTH |             \
     IN_GARP_GROUP)

// clang-format off
const struct keyword keepalived_main_words[] = {
    { "global_defs", IN_MAIN, 0, 0, .block = true, .handle = read_global, .manual = "defaults, and what concerns the whole program" },
    { "vrrp_instance", IN_MAIN, 1, 1, .block = true, .handle = read_instance, .manual = "a virtual router: addresses, and who may hold them" },
    { "vrrp_sync_group", IN_MAIN, 1, 1, .block = true, .handle = read_group, .manual = "instances that are master together or not at all" },
    { "group", IN_GROUP, 0, 0, .block = true, .handle = read_members, .manual = "names of instances" },
    { "sync_group_tracking_weight", IN_GROUP, 0, 0, .handle = set_keep_weights, .manual = "members keep weights of their own" },
    { "global_tracking", IN_GROUP, 0, 0, .support = KEYWORD_OLD, .handle = set_keep_weights, .today = "sync_group_tracking_weight, or track_* in the group", .manual = "members keep weights of their own" },
    { "static_ipaddress", IN_MAIN, 0, 0, .block = true, .handle = read_static_addresses, .manual = "addresses that are put there at the start and stay" },
    { "static_routes", IN_MAIN, 0, 0, .block = true, .handle = read_static_routes, .manual = "routes that are put there at the start and stay" },
    { "static_rules", IN_MAIN, 0, 0, .block = true, .handle = read_static_rules, .manual = "routing rules that are put there at the start and stay" },
    { "interface_up_down_delays", IN_MAIN, 0, 0, .block = true, .handle = read_delays, .manual = "NAME down [up]: seconds that a change must last to count" },
    { "garp_group", IN_MAIN, 0, 0, .block = true, .handle = read_garp_group, .manual = "gaps between announcements on some interfaces" },
    { "garp_interval", IN_GARP_GROUP, 1, 1, .once = true, .handle = set_gap, GARP(gap), .high = SECONDS(1000), .manual = "seconds between two gratuitous ARPs" },
    { "gna_interval", IN_GARP_GROUP, 1, 1, .once = true, .handle = set_gap, GARP(gap6), .high = SECONDS(1000), .manual = "seconds between two neighbour advertisements" },
    { "interface", IN_GARP_GROUP, 1, 1, .handle = set_garp_interface, .manual = "where it applies" },
    { "interfaces", IN_GARP_GROUP, 0, 0, .block = true, .handle = read_garp_interfaces, .manual = "where it applies" },
    { "linkbeat_interfaces", IN_MAIN, 0, 0, .support = KEYWORD_TUNING, .block = true, .manual = "the kernel tells of a carrier by itself" },
    { "include", EVERYWHERE, 1, 1, .manual = "another file, or all that a pattern matches; also includer, includem, includew, includeb, includea" },
    { NULL },
};

const struct keyword keepalived_tuning_words[] = {
    { "linkbeat_use_polling", IN_MAIN | IN_GLOBAL | IN_INSTANCE, 0, ARGS_ANY, .support = KEYWORD_TUNING, .manual = "the kernel tells of a carrier by itself" },
    { "child_wait_time", IN_MAIN | IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "the program ends within 5 s" },
    { "use_pid_dir", IN_MAIN | IN_GLOBAL, 0, 0, .support = KEYWORD_TUNING, .manual = "pid files are named on the command line" },
    { "process_names", IN_GLOBAL, 0, 0, .support = KEYWORD_TUNING, .manual = "processes are named so anyway" },
    { "process_name", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "vrrp_process_name", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "checker_process_name", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "bfd_process_name", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "tmp_config_directory", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "config_save_dir", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "dynamic_interfaces", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "interfaces may always come and go" },
    { "reload_check_config", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "a file is always checked before it takes effect" },
    { "include_check", IN_GLOBAL, 0, ARGS_ANY, .support = KEYWORD_TUNING, .manual = "a file that cannot be read is always an error" },
    { "data_use_instance", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "random_seed", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "umask", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "max_auto_priority", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "the process has priority from the start" },
    { "min_auto_priority_delay", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "vrrp_rlimit_rttime", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "vrrp_netlink_cmd_rcv_bufs", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "vrrp_netlink_cmd_rcv_bufs_force", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "lvs_netlink_cmd_rcv_bufs", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "lvs_netlink_cmd_rcv_bufs_force", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "lvs_netlink_monitor_rcv_bufs", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "lvs_netlink_monitor_rcv_bufs_force", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "vrrp_netlink_monitor_rcv_bufs", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "vrrp_netlink_monitor_rcv_bufs_force", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "process_monitor_rcv_bufs", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "process_monitor_rcv_bufs_force", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "vrrp_rx_bufs_policy", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "vrrp_rx_bufs_multiplier", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "kernel_rx_buf_size", IN_INSTANCE, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "checker_priority", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "bfd_priority", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "checker_no_swap", IN_GLOBAL, 0, 0, .support = KEYWORD_TUNING, .manual = "" },
    { "bfd_no_swap", IN_GLOBAL, 0, 0, .support = KEYWORD_TUNING, .manual = "" },
    { "checker_rt_priority", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "bfd_rt_priority", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "checker_cpu_affinity", IN_GLOBAL, 1, ARGS_ANY, .support = KEYWORD_TUNING, .manual = "" },
    { "bfd_cpu_affinity", IN_GLOBAL, 1, ARGS_ANY, .support = KEYWORD_TUNING, .manual = "" },
    { "checker_rlimit_rttime", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "bfd_rlimit_rttime", IN_GLOBAL, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "checker_log_all_failures", IN_GLOBAL, 0, 1, .support = KEYWORD_TUNING, .manual = "" },
    { "no_checker_emails", IN_GLOBAL, 0, 0, .support = KEYWORD_TUNING, .manual = "" },
    { "rs_init_notifies", IN_GLOBAL, 0, 0, .support = KEYWORD_TUNING, .manual = "" },
    { "disable_local_igmp", IN_GLOBAL, 0, 0, .support = KEYWORD_TUNING, .manual = "" },
    { "old_unicast_checksum", IN_INSTANCE, 0, 1, .support = KEYWORD_TUNING, .manual = "checksums are as RFC 9568 says" },
    { "debug", IN_INSTANCE, 1, 1, .support = KEYWORD_TUNING, .manual = "" },
    { NULL },
};

const struct keyword keepalived_refused_words[] = {
    { "virtual_server", IN_MAIN, 1, ARGS_ANY, .support = KEYWORD_REFUSED, .block = true, .today = "balancing in the kernel (IPVS) is not built; write the same as an nginx upstream or a HAProxy backend", .manual = "kernel balancing" },
    { "virtual_server_group", IN_MAIN, 1, ARGS_ANY, .support = KEYWORD_REFUSED, .block = true, .today = "balancing in the kernel (IPVS) is not built", .manual = "kernel balancing" },
    { "SSL", IN_MAIN, 0, 0, .support = KEYWORD_REFUSED, .block = true, .today = "it belongs to the checks of virtual_server, which is not built", .manual = "kernel balancing" },
    { "lvs_sync_daemon", IN_GLOBAL, 1, ARGS_ANY, .support = KEYWORD_REFUSED, .today = "balancing in the kernel (IPVS) is not built", .manual = "kernel balancing" },
    { "lvs_timeouts", IN_GLOBAL, 1, ARGS_ANY, .support = KEYWORD_REFUSED, .today = "balancing in the kernel (IPVS) is not built", .manual = "kernel balancing" },
    { "lvs_flush", IN_GLOBAL, 0, 0, .support = KEYWORD_REFUSED, .today = "balancing in the kernel (IPVS) is not built", .manual = "kernel balancing" },
    { "lvs_flush_on_stop", IN_GLOBAL, 0, 1, .support = KEYWORD_REFUSED, .today = "balancing in the kernel (IPVS) is not built", .manual = "kernel balancing" },
    { "lvs_notify_fifo", IN_GLOBAL, 1, 3, .support = KEYWORD_REFUSED, .today = "balancing in the kernel (IPVS) is not built", .manual = "kernel balancing" },
    { "lvs_notify_fifo_script", IN_GLOBAL, 1, 3, .support = KEYWORD_REFUSED, .today = "balancing in the kernel (IPVS) is not built", .manual = "kernel balancing" },
    { "net_namespace_ipvs", IN_MAIN | IN_GLOBAL, 1, 1, .support = KEYWORD_REFUSED, .today = "balancing in the kernel (IPVS) is not built", .manual = "kernel balancing" },
    { "nftables_ipvs", IN_GLOBAL, 0, 1, .support = KEYWORD_REFUSED, .today = "balancing in the kernel (IPVS) is not built", .manual = "kernel balancing" },
    { "nftables_ipvs_priority", IN_GLOBAL, 1, 1, .support = KEYWORD_REFUSED, .today = "balancing in the kernel (IPVS) is not built", .manual = "kernel balancing" },
    { "nftables_ipvs_start_fwmark", IN_GLOBAL, 1, 1, .support = KEYWORD_REFUSED, .today = "balancing in the kernel (IPVS) is not built", .manual = "kernel balancing" },
    { "bfd_instance", IN_MAIN, 1, 1, .support = KEYWORD_REFUSED, .block = true, .today = "BFD is not built; advert_int 0.1 with version 3 notices a dead peer within 0.4 s", .manual = "BFD" },
    { "track_bfd", IN_BOTH, 0, 0, .support = KEYWORD_REFUSED, .block = true, .today = "BFD is not built", .manual = "BFD" },
    { "track_group", IN_MAIN, 1, 1, .support = KEYWORD_REFUSED, .block = true, .today = "static addresses are not tracked", .manual = "tracking of static addresses" },
    { "use_ipvlan", IN_INSTANCE, 0, 3, .support = KEYWORD_REFUSED, .today = "an ipvlan has its base's MAC, which the addresses have without it; leave it out", .manual = "ipvlan" },
    { "use_vmac_addr", IN_INSTANCE, 0, 0, .support = KEYWORD_REFUSED, .today = "a virtual MAC is made on the instance's own interface only", .manual = "virtual MACs on other interfaces" },
    { "vrf", IN_INSTANCE, 1, 1, .support = KEYWORD_REFUSED, .today = "name an interface", .manual = "VRF" },
    { "garp_extra_if", IN_INSTANCE, 1, 2, .support = KEYWORD_REFUSED, .today = "addresses are announced on the interface where they are; garp_master_refresh repeats it", .manual = "announcements on other interfaces" },
    { "vrrp_garp_extra_if", IN_GLOBAL, 1, 2, .support = KEYWORD_REFUSED, .today = "addresses are announced on the interface where they are; vrrp_garp_master_refresh repeats it", .manual = "announcements on other interfaces" },
    { "vrrp_iptables", IN_GLOBAL, 0, 2, .support = KEYWORD_REFUSED, .today = "no firewall is touched", .manual = "firewall" },
    { "vrrp_ipsets", IN_GLOBAL, 0, 5, .support = KEYWORD_REFUSED, .today = "no firewall is touched", .manual = "firewall" },
    { "nftables", IN_GLOBAL, 0, 1, .support = KEYWORD_REFUSED, .today = "no firewall is touched", .manual = "firewall" },
    { "nftables_priority", IN_GLOBAL, 1, 1, .support = KEYWORD_REFUSED, .today = "no firewall is touched", .manual = "firewall" },
    { "nftables_counters", IN_GLOBAL, 0, 0, .support = KEYWORD_REFUSED, .today = "no firewall is touched", .manual = "firewall" },
    { "nftables_ifindex", IN_GLOBAL, 0, 0, .support = KEYWORD_REFUSED, .today = "no firewall is touched", .manual = "firewall" },
    { "enable_snmp_vrrp", IN_GLOBAL, 0, 0, .support = KEYWORD_REFUSED, .today = "SNMP is not built; the status is JSON", .manual = "SNMP" },
    { "enable_snmp_rfc", IN_GLOBAL, 0, 0, .support = KEYWORD_REFUSED, .today = "SNMP is not built; the status is JSON", .manual = "SNMP" },
    { "enable_snmp_rfcv2", IN_GLOBAL, 0, 0, .support = KEYWORD_REFUSED, .today = "SNMP is not built; the status is JSON", .manual = "SNMP" },
    { "enable_snmp_rfcv3", IN_GLOBAL, 0, 0, .support = KEYWORD_REFUSED, .today = "SNMP is not built; the status is JSON", .manual = "SNMP" },
    { "enable_snmp_checker", IN_GLOBAL, 0, 0, .support = KEYWORD_REFUSED, .today = "SNMP is not built; the status is JSON", .manual = "SNMP" },
    { "enable_traps", IN_GLOBAL, 0, 0, .support = KEYWORD_REFUSED, .today = "SNMP is not built; use notify", .manual = "SNMP" },
    { "snmp_socket", IN_GLOBAL, 1, 1, .support = KEYWORD_REFUSED, .today = "SNMP is not built", .manual = "SNMP" },
    { "enable_dbus", IN_GLOBAL, 0, 0, .support = KEYWORD_REFUSED, .today = "D-Bus is not built; use notify_fifo", .manual = "D-Bus" },
    { "dbus_service_name", IN_GLOBAL, 1, 1, .support = KEYWORD_REFUSED, .today = "D-Bus is not built", .manual = "D-Bus" },
    { "reload_time_file", IN_GLOBAL, 1, 1, .support = KEYWORD_REFUSED, .today = "use a timer of systemd, or at(1), and a reload", .manual = "reload at a time" },
    { "reload_file", IN_GLOBAL, 0, 1, .support = KEYWORD_REFUSED, .today = "write the new file beside the old and rename it: a rename is whole at once", .manual = "a lock while reading" },
    { "reload_repeat", IN_GLOBAL, 0, 0, .support = KEYWORD_REFUSED, .today = "use a timer of systemd, or at(1), and a reload", .manual = "reload at a time" },
    { "vmac_addr_prefix", IN_GLOBAL, 1, 1, .support = KEYWORD_REFUSED, .today = "a virtual MAC is made on the instance's own interface only", .manual = "virtual MACs on other interfaces" },
    { NULL },
};
// clang-format on
