/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/say.h"

#include <stdio.h>

struct span say_number(struct say_number *room, int64_t n)
{
    int len = snprintf(room->text, sizeof(room->text), "%lld", (long long)n);
    return span_of(room->text, (size_t)len);
}

/* ---- states ---- */

const struct diag_kind say_master = {
    .code = "K0700",
    .severity = SEVERITY_NOTE,
    .en = "{0} has the addresses: MASTER",
    .zh = "{0} 接管地址：MASTER",
    .keepalived = "({0}) Entering MASTER STATE",
};
const struct diag_kind say_backup = {
    .code = "K0701",
    .severity = SEVERITY_NOTE,
    .en = "{0} listens: BACKUP",
    .zh = "{0} 处于备用状态：BACKUP",
    .keepalived = "({0}) Entering BACKUP STATE",
};
const struct diag_kind say_fault = {
    .code = "K0702",
    .severity = SEVERITY_ERROR,
    .en = "{0} cannot hold its addresses: FAULT ({1})",
    .zh = "{0} 无法持有地址：FAULT（{1}）",
    .keepalived = "({0}) Entering FAULT STATE",
};
const struct diag_kind say_stopped = {
    .code = "K0703",
    .severity = SEVERITY_NOTE,
    .en = "{0} is stopped",
    .zh = "{0} 已停止",
    .keepalived = "({0}) Stopped",
};
const struct diag_kind say_yielded = {
    .code = "K0704",
    .severity = SEVERITY_WARNING,
    .en = "{0} gives its addresses away ({1}); it takes them back only if nobody else does",
    .zh = "{0} 让出地址（{1}）；只有在无人接管时才会收回",
    .keepalived = "({0}) Entering BACKUP STATE",
};
const struct diag_kind say_holding = {
    .code = "K0705",
    .severity = SEVERITY_WARNING,
    .en = "{0} takes its addresses back because nobody else does, although {1}",
    .zh = "无人接管，{0} 收回地址，尽管{1}",
    .keepalived = "({0}) Entering MASTER STATE",
};
const struct diag_kind say_well_again = {
    .code = "K0706",
    .severity = SEVERITY_NOTE,
    .en = "{0} holds its addresses and is well again",
    .zh = "{0} 持有地址，已恢复正常",
};
const struct diag_kind say_priority = {
    .code = "K0707",
    .severity = SEVERITY_NOTE,
    .en = "{0}: the priority changes from {1} to {2}",
    .zh = "{0}：优先级由 {1} 变为 {2}",
    .keepalived = "({0}) Changing effective priority from {1} to {2}",
};
const struct diag_kind say_timeout = {
    .code = "K0708",
    .severity = SEVERITY_NOTE,
    .en = "{0}: no master was heard for {1} ms",
    .zh = "{0}：{1} 毫秒内没有收到主节点的通告",
    .keepalived = "({0}) Receive advertisement timeout",
};
const struct diag_kind say_preempts = {
    .code = "K0712",
    .severity = SEVERITY_NOTE,
    .en = "{0}: takes over from {1}, whose priority {2} is lower than ours, {3}",
    .zh = "{0}：从 {1} 接管，其优先级 {2} 低于本机的 {3}",
    .keepalived = "({0}) Receive advertisement timeout",
};
const struct diag_kind say_beaten = {
    .code = "K0709",
    .severity = SEVERITY_NOTE,
    .en = "{0}: {1} speaks with priority {2}, we with {3}",
    .zh = "{0}：{1} 的优先级为 {2}，本机为 {3}",
    .keepalived = "({0}) Master received advert from {1} with higher priority {2}, ours {3}",
};
const struct diag_kind say_goodbye_heard = {
    .code = "K0710",
    .severity = SEVERITY_NOTE,
    .en = "{0}: {1} gives its addresses away",
    .zh = "{0}：{1} 让出地址",
    .keepalived = "({0}) Backup received priority 0 advertisement",
};
const struct diag_kind say_group_state = {
    .code = "K0711",
    .severity = SEVERITY_NOTE,
    .en = "group {0}: {1}",
    .zh = "同步组 {0}：{1}",
    .keepalived = "VRRP_Group({0}) Syncing instances to {1} state",
};
/* ---- adverts ---- */

const struct diag_kind say_advert_refused = {
    .code = "K0720",
    .severity = SEVERITY_WARNING,
    .en = "{0}: adverts from {1} are refused: {2} ({3} so far)",
    .zh = "{0}：拒绝来自 {1} 的通告：{2}（共 {3} 个）",
};
const struct diag_kind say_unknown_vrid = {
    .code = "K0721",
    .severity = SEVERITY_NOTE,
    .en = "adverts of virtual router {0} from {1} on {2}: not one of ours",
    .zh = "{2} 上收到来自 {1} 的虚拟路由器 {0} 的通告：不属于本机",
    .keepalived = "Unknown VRID {0} received on interface {2}",
};
const struct diag_kind say_two_masters_one_way = {
    .code = "K0722",
    .severity = SEVERITY_ERROR,
    .en = "{0}: two masters: {1} holds the addresses too, with priority {2}: it does not hear our adverts; "
          "look for a "
          "filter of IP protocol 112 or of multicast between us and it",
    .zh = "{0}：出现两个主节点：{1}（优先级 {2}）也持有地址：它收不到本机的通告；请检查两机之间是否过滤了 IP "
          "协议 112 "
          "或组播",
    .more =
        "A master that is weaker gives way as soon as it hears a stronger one. One that goes on does not "
        "hear "
        "us, or refuses what it hears: a firewall that drops IP protocol 112, a switch whose multicast "
        "(IGMP) "
        "snooping has no querier, or a network that carries no multicast at all; there unicast_peer helps.",
};
const struct diag_kind say_two_masters_refused = {
    .code = "K0727",
    .severity = SEVERITY_ERROR,
    .en = "{0}: two masters: {1} speaks for the same virtual router, with priority {2}, but we refuse its "
          "adverts: {3}; "
          "make both configurations agree",
    .zh =
        "{0}：出现两个主节点：{1}（优先级 {2}）使用同一虚拟路由器，但其通告被本机拒绝：{3}；请使两边配置一致",
};
const struct diag_kind say_two_masters_silent = {
    .code = "K0735",
    .severity = SEVERITY_ERROR,
    .en = "{0}: {1} is answered by another host too, {2} on {3}, from which no advert is heard: adverts are "
          "filtered on "
          "the way here, or the address is configured there by hand",
    .zh = "{0}：{3} 上的另一台主机 {2} 也在应答 "
          "{1}，但收不到它的通告：通告在途中被过滤，或该地址在那台主机上被手工配置",
};
const struct diag_kind say_one_master_again = {
    .code = "K0723",
    .severity = SEVERITY_NOTE,
    .en = "{0}: one master again",
    .zh = "{0}：恢复为一个主节点",
};
const struct diag_kind say_weaker = {
    .code = "K0724",
    .severity = SEVERITY_NOTE,
    .en = "{0}: {1} speaks as master with priority {2}, lower than ours, {3}",
    .zh = "{0}：{1} 以优先级 {2} 自称主节点，低于本机的 {3}",
    .keepalived = "({0}) Received advert from {1} with lower priority {2}, ours {3}, forcing new election",
};
const struct diag_kind say_not_sent = {
    .code = "K0725",
    .severity = SEVERITY_ERROR,
    .en = "{0}: an advert could not be sent: {1}",
    .zh = "{0}：无法发送通告：{1}",
    .keepalived = "({0}) send advert error {1}",
};
const struct diag_kind say_no_channel = {
    .code = "K0726",
    .severity = SEVERITY_ERROR,
    .en = "{0}: {1}",
    .zh = "{0}：{1}",
};
/* ---- addresses ---- */

const struct diag_kind say_not_added = {
    .code = "K0730",
    .severity = SEVERITY_ERROR,
    .en = "{0}: {1}; it is tried again every 5 s",
    .zh = "{0}：{1}；每 5 秒重试一次",
};
const struct diag_kind say_not_removed = {
    .code = "K0731",
    .severity = SEVERITY_ERROR,
    .en = "{0}: {1}",
    .zh = "{0}：{1}",
};
const struct diag_kind say_added_late = {
    .code = "K0737",
    .severity = SEVERITY_NOTE,
    .en = "{0}: {1} is on {2} at last",
    .zh = "{0}：{1} 终于加到了 {2} 上",
};
const struct diag_kind say_adopted = {
    .code = "K0732",
    .severity = SEVERITY_NOTE,
    .en = "{0}: {1} was on {2} already; it is ours now",
    .zh = "{0}：{1} 已在 {2} 上，现由本机管理",
};
const struct diag_kind say_put_back = {
    .code = "K0733",
    .severity = SEVERITY_WARNING,
    .en = "{0}: somebody took {1} off {2}; it was put back",
    .zh = "{0}：{1} 被从 {2} 上移除，已恢复",
    .keepalived = "Restoring deleted address {1}",
};
const struct diag_kind say_keeps_vanishing = {
    .code = "K0734",
    .severity = SEVERITY_ERROR,
    .en = "{0}: {1} keeps vanishing from {2}: another program removes it",
    .zh = "{0}：{1} 反复从 {2} 上消失：另有程序在移除它",
};
const struct diag_kind say_route_failed = {
    .code = "K0736",
    .severity = SEVERITY_ERROR,
    .en = "{0}: {1}",
    .zh = "{0}：{1}",
};
/* ---- interfaces ---- */

const struct diag_kind say_no_interface = {
    .code = "K0740",
    .severity = SEVERITY_ERROR,
    .en = "interface {0} is missing: what needs it waits in FAULT",
    .zh = "接口 {0} 不存在：依赖它的实例处于 FAULT",
    .keepalived = "WARNING - interface {0} doesn't exist",
};
const struct diag_kind say_interface_there = {
    .code = "K0741",
    .severity = SEVERITY_NOTE,
    .en = "interface {0} is there",
    .zh = "接口 {0} 已出现",
    .keepalived = "Interface {0} added",
};
const struct diag_kind say_interface_down = {
    .code = "K0742",
    .severity = SEVERITY_WARNING,
    .en = "interface {0} is down",
    .zh = "接口 {0} 已断开",
    .keepalived = "Netlink reports {0} down",
};
const struct diag_kind say_interface_up = {
    .code = "K0743",
    .severity = SEVERITY_NOTE,
    .en = "interface {0} is up",
    .zh = "接口 {0} 已恢复",
    .keepalived = "Netlink reports {0} up",
};
const struct diag_kind say_no_source = {
    .code = "K0744",
    .severity = SEVERITY_ERROR,
    .en = "{0}: {1} has no address to send adverts from",
    .zh = "{0}：{1} 没有可用于发送通告的地址",
    .keepalived = "({0}): Cannot find an IP address to use for interface {1}",
};
const struct diag_kind say_vmac_failed = {
    .code = "K0745",
    .severity = SEVERITY_ERROR,
    .en = "{0}: no interface with the virtual MAC: {1}",
    .zh = "{0}：无法创建带虚拟 MAC 的接口：{1}",
};
const struct diag_kind say_links_unknown = {
    .code = "K0746",
    .severity = SEVERITY_ERROR,
    .en = "{0}",
    .zh = "{0}",
};
/* ---- tracking ---- */

const struct diag_kind say_script_failed = {
    .code = "K0750",
    .severity = SEVERITY_WARNING,
    .en = "check script {0} fails: {1}",
    .zh = "检查脚本 {0} 失败：{1}",
    .keepalived = "VRRP_Script({0}) failed ({1})",
};
const struct diag_kind say_script_well = {
    .code = "K0751",
    .severity = SEVERITY_NOTE,
    .en = "check script {0} succeeds",
    .zh = "检查脚本 {0} 成功",
    .keepalived = "VRRP_Script({0}) succeeded",
};
const struct diag_kind say_script_killed = {
    .code = "K0752",
    .severity = SEVERITY_WARNING,
    .en = "check script {0} was killed: it ran for more than {1} ms",
    .zh = "检查脚本 {0} 被终止：运行超过 {1} 毫秒",
    .keepalived = "VRRP_Script({0}) timed out",
};
const struct diag_kind say_script_not_run = {
    .code = "K0753",
    .severity = SEVERITY_ERROR,
    .en = "check script {0} could not be started",
    .zh = "无法启动检查脚本 {0}",
};
const struct diag_kind say_process_lost = {
    .code = "K0754",
    .severity = SEVERITY_WARNING,
    .en = "process {0}: {1} running, {2} to {3} wanted",
    .zh = "进程 {0}：运行数 {1}，期望 {2} 至 {3}",
    .keepalived = "Process {0} down",
};
const struct diag_kind say_process_there = {
    .code = "K0755",
    .severity = SEVERITY_NOTE,
    .en = "process {0}: {1} running",
    .zh = "进程 {0}：运行数 {1}",
    .keepalived = "Process {0} up",
};
const struct diag_kind say_file_value = {
    .code = "K0756",
    .severity = SEVERITY_NOTE,
    .en = "file {0} says {1}",
    .zh = "文件 {0} 的值为 {1}",
};
const struct diag_kind say_file_unreadable = {
    .code = "K0757",
    .severity = SEVERITY_WARNING,
    .en = "file {0} cannot be read as a number ({1}): it counts as 0",
    .zh = "文件 {0} 无法读作数字（{1}）：按 0 处理",
};
const struct diag_kind say_worker_gone = {
    .code = "K0760",
    .severity = SEVERITY_ERROR,
    .en = "the balancer is not serving",
    .zh = "负载均衡进程没有在服务",
};
const struct diag_kind say_worker_stalled = {
    .code = "K0761",
    .severity = SEVERITY_ERROR,
    .en = "the balancer hangs: thread {0} has not turned for {1} ms",
    .zh = "负载均衡进程挂起：线程 {0} 已 {1} 毫秒没有响应",
};
const struct diag_kind say_worker_well = {
    .code = "K0762",
    .severity = SEVERITY_NOTE,
    .en = "the balancer serves",
    .zh = "负载均衡进程正常服务",
};
const struct diag_kind say_item_ill = {
    .code = "K0763",
    .severity = SEVERITY_WARNING,
    .en = "{0} {1} is not well: {2}",
    .zh = "{0} {1} 异常：{2}",
};
const struct diag_kind say_item_well = {
    .code = "K0764",
    .severity = SEVERITY_NOTE,
    .en = "{0} {1} is well: {2}",
    .zh = "{0} {1} 正常：{2}",
};
const struct diag_kind say_flapping = {
    .code = "K0765",
    .severity = SEVERITY_WARNING,
    .en = "{0}: what it tracks fails again and again: a recovery counts after {1} s",
    .zh = "{0}：跟踪对象反复失败：恢复需持续 {1} 秒才算数",
};
/* ---- notification ---- */

const struct diag_kind say_fifo_failed = {
    .code = "K0770",
    .severity = SEVERITY_ERROR,
    .en = "notify FIFO {0} cannot be opened: {1}; it is tried again with each change",
    .zh = "无法打开通知 FIFO {0}：{1}；每次变化时重试",
    .keepalived = "Unable to open notify fifo {0} - {1}",
};
const struct diag_kind say_fifo_full = {
    .code = "K0771",
    .severity = SEVERITY_WARNING,
    .en = "notify FIFO {0} is full: nobody reads it, and a line was dropped",
    .zh = "通知 FIFO {0} 已满：无人读取，丢弃了一行",
};
const struct diag_kind say_fifo_there = {
    .code = "K0773",
    .severity = SEVERITY_NOTE,
    .en = "notify FIFO {0} is there now",
    .zh = "通知 FIFO {0} 现已可用",
};
const struct diag_kind say_notify_not_run = {
    .code = "K0772",
    .severity = SEVERITY_ERROR,
    .en = "{0}: its notify script could not be started",
    .zh = "{0}：无法启动通知脚本",
};

const struct diag_kind *const say_kinds[] = {
    &say_master,
    &say_backup,
    &say_fault,
    &say_stopped,
    &say_yielded,
    &say_holding,
    &say_well_again,
    &say_priority,
    &say_timeout,
    &say_preempts,
    &say_beaten,
    &say_goodbye_heard,
    &say_group_state,
    &say_advert_refused,
    &say_unknown_vrid,
    &say_two_masters_one_way,
    &say_two_masters_refused,
    &say_two_masters_silent,
    &say_one_master_again,
    &say_weaker,
    &say_not_sent,
    &say_no_channel,
    &say_not_added,
    &say_not_removed,
    &say_added_late,
    &say_adopted,
    &say_put_back,
    &say_keeps_vanishing,
    &say_route_failed,
    &say_no_interface,
    &say_interface_there,
    &say_interface_down,
    &say_interface_up,
    &say_no_source,
    &say_vmac_failed,
    &say_links_unknown,
    &say_script_failed,
    &say_script_well,
    &say_script_killed,
    &say_script_not_run,
    &say_process_lost,
    &say_process_there,
    &say_file_value,
    &say_file_unreadable,
    &say_worker_gone,
    &say_worker_stalled,
    &say_worker_well,
    &say_item_ill,
    &say_item_well,
    &say_flapping,
    &say_fifo_failed,
    &say_fifo_full,
    &say_fifo_there,
    &say_notify_not_run,
    NULL,
};
