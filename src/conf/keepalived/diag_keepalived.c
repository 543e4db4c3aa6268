/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/keepalived/diag_keepalived.h"

const struct diag_kind ka_include_failed = {
    .code = "K0601",
    .severity = SEVERITY_ERROR,
    .en = "{0} cannot be read: {1}",
    .zh = "无法读取 {0}：{1}",
    .keepalived = "{0} - {1}",
};
const struct diag_kind ka_include_none = {
    .code = "K0602",
    .severity = SEVERITY_WARNING,
    .en = "no file matches {0}",
    .zh = "没有与 {0} 匹配的文件",
    .keepalived = "No files matched {0}",
};
const struct diag_kind ka_too_deep = {
    .code = "K0603",
    .severity = SEVERITY_ERROR,
    .en = "{0} go deeper than {1}: this one is left out",
    .zh = "{0}的嵌套超过 {1} 层：略去",
};
const struct diag_kind ka_bad_sequence = {
    .code = "K0604",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is no sequence; write ~SEQ(NAME, first, last) or ~LST(NAME, one, two) before the rest of "
          "the line",
    .zh = "`{0}` 不是序列；应写作 ~SEQ(名称, 起, 止) 或 ~LST(名称, 值, 值)",
};
const struct diag_kind ka_bad_seconds = {
    .code = "K0610",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is not a number of seconds from {1} to {2}",
    .zh = "`{0}` 不是 {1} 到 {2} 之间的秒数",
    .keepalived = "number '{0}' outside range [{1}, {2}]",
};
const struct diag_kind ka_bad_bool = {
    .code = "K0611",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is neither on nor off",
    .zh = "`{0}` 既不是 on 也不是 off",
};
const struct diag_kind ka_bad_ip = {
    .code = "K0612",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is not an IP address",
    .zh = "`{0}` 不是 IP 地址",
    .keepalived = "VRRP parsed invalid IP {0}. skipping IP...",
};
const struct diag_kind ka_bad_bits = {
    .code = "K0613",
    .severity = SEVERITY_ERROR,
    .en = "the prefix of `{0}` is longer than {1}",
    .zh = "`{0}` 的前缀长度超过 {1}",
};
const struct diag_kind ka_bad_name = {
    .code = "K0614",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` cannot be the name of an interface: 1 to 15 characters, without blanks and slashes",
    .zh = "`{0}` 不能作为接口名：应为 1 到 15 个字符，不含空格和斜杠",
};
const struct diag_kind ka_bad_option = {
    .code = "K0615",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is not an option of {1}",
    .zh = "`{0}` 不是{1}的选项",
    .keepalived = "Unknown configuration entry '{0}' for {1} - ignoring",
};
const struct diag_kind ka_no_value = {
    .code = "K0616",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` lacks its value",
    .zh = "`{0}` 缺少值",
};
const struct diag_kind ka_bad_mac = {
    .code = "K0617",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is not a MAC address; write six (or five, the id being the last) pairs of hex digits with "
          "colons",
    .zh = "`{0}` 不是 MAC 地址；应为六组（或五组，末组为虚拟路由器号）以冒号分隔的十六进制数",
};
const struct diag_kind ka_bad_rt_name = {
    .code = "K0618",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is neither a number nor a name in {1}",
    .zh = "`{0}` 既不是数字，也不是 {1} 中的名称",
};
const struct diag_kind ka_bad_quotes = {
    .code = "K0619",
    .severity = SEVERITY_ERROR,
    .en = "a quote in the script `{0}` is not closed",
    .zh = "脚本 `{0}` 中的引号没有结束",
};
const struct diag_kind ka_unknown_name = {
    .code = "K0620",
    .severity = SEVERITY_ERROR,
    .en = "there is no {0} `{1}`",
    .zh = "没有名为 `{1}` 的 {0}",
    .keepalived = "{0} {1} not found, ignoring...",
};
const struct diag_kind ka_twice = {
    .code = "K0621",
    .severity = SEVERITY_ERROR,
    .en = "there are two of {0} `{1}`",
    .zh = "{0} `{1}` 重复定义",
    .keepalived = "{0} {1} already defined",
};
const struct diag_kind ka_missing = {
    .code = "K0622",
    .severity = SEVERITY_ERROR,
    .en = "`{1}` lacks `{0}`",
    .zh = "`{1}` 缺少 `{0}`",
    .keepalived = "({1}) {0} not specified",
};
const struct diag_kind ka_two_families = {
    .code = "K0623",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` has IPv4 and IPv6 addresses: `{1}` belongs in virtual_ipaddress_excluded, or in an instance "
          "of its own",
    .zh = "`{0}` 同时含有 IPv4 和 IPv6 地址：`{1}` 应放入 virtual_ipaddress_excluded 或单独的实例",
    .keepalived = "({0}) address family must match VRRP instance [{1}] - ignoring",
};
const struct diag_kind ka_same_vrid = {
    .code = "K0624",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` and `{1}` both use virtual_router_id {2} on one interface: each would take the other's "
          "adverts for its peer's",
    .zh = "`{0}` 与 `{1}` 在同一接口上都使用 virtual_router_id {2}：会把对方的通告误认为同伴的通告",
    .keepalived = "{0} and {1} both use VRID {2} on the same interface",
};
const struct diag_kind ka_no_addresses = {
    .code = "K0625",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` has no virtual_ipaddress: it elects a master and moves nothing",
    .zh = "`{0}` 没有 virtual_ipaddress：只选主，不移动任何地址",
};
const struct diag_kind ka_two_groups = {
    .code = "K0626",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is in a sync group already: `{1}`",
    .zh = "`{0}` 已属于同步组 `{1}`",
};
const struct diag_kind ka_no_user = {
    .code = "K0627",
    .severity = SEVERITY_ERROR,
    .en = "there is no user or group `{0}` on this machine",
    .zh = "本机没有用户或组 `{0}`",
    .keepalived = "Unable to resolve script username/group '{0}' - ignoring",
};
const struct diag_kind ka_ah = {
    .code = "K0628",
    .severity = SEVERITY_ERROR,
    .en = "auth_type AH (IPsec) is not supported; use `auth_type PASS`, or unicast with a firewall between "
          "the directors",
    .zh = "不支持 auth_type AH（IPsec）；请用 `auth_type PASS`，或在两台机器之间使用单播与防火墙",
};
const struct diag_kind ka_no_peers = {
    .code = "K0629",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` speaks unicast and has no unicast_peer: it stays in FAULT",
    .zh = "`{0}` 使用单播但没有 unicast_peer：将停留在 FAULT",
};
const struct diag_kind ka_interval_long = {
    .code = "K0630",
    .severity = SEVERITY_ERROR,
    .en = "advert_int {0}: an interval is 0.01 to 40.95 s in version 3, and 1 to 255 s in version 2",
    .zh = "advert_int {0}：版本 3 的间隔为 0.01 至 40.95 秒，版本 2 为 1 至 255 秒",
};
const struct diag_kind ka_password_long = {
    .code = "K0640",
    .severity = SEVERITY_WARNING,
    .en = "only the first 8 characters of auth_pass count, and this one has {0}",
    .zh = "auth_pass 只有前 8 个字符有效，而这里有 {0} 个",
    .keepalived = "Truncating auth_pass to 8 characters",
};
const struct diag_kind ka_auth_version3 = {
    .code = "K0641",
    .severity = SEVERITY_WARNING,
    .en = "version 3 has no authentication: the password of `{0}` is not used",
    .zh = "版本 3 没有认证：`{0}` 的密码不会使用",
    .keepalived = "({0}) VRRP version 3 does not support authentication. Ignoring.",
};
const struct diag_kind ka_auth_strict = {
    .code = "K0642",
    .severity = SEVERITY_WARNING,
    .en = "strict mode has no authentication: the password of `{0}` is not used",
    .zh = "严格模式没有认证：`{0}` 的密码不会使用",
    .keepalived = "({0}) Strict mode does not support authentication. Ignoring.",
};
const struct diag_kind ka_interval_rounded = {
    .code = "K0643",
    .severity = SEVERITY_WARNING,
    .en = "version 2 counts whole seconds: advert_int {0} becomes {1}; `version 3` can do less than a second",
    .zh = "版本 2 以整秒计：advert_int {0} 变为 {1}；`version 3` 可以小于一秒",
    .keepalived = "VRRPv2 advertisement interval {0}s must be an integer. rounding",
};
const struct diag_kind ka_nopreempt_master = {
    .code = "K0644",
    .severity = SEVERITY_WARNING,
    .en = "`nopreempt` needs `state BACKUP`: with `state MASTER` `{0}` preempts",
    .zh = "`nopreempt` 需要 `state BACKUP`：在 `state MASTER` 下 `{0}` 会抢占",
    .keepalived = "({0}) Warning - nopreempt will not work with initial state MASTER - clearing",
};
const struct diag_kind ka_nopreempt_weight = {
    .code = "K0645",
    .severity = SEVERITY_WARNING,
    .en = "this weight can never move the addresses of `{0}`: under nopreempt nobody takes them from a "
          "living master, whatever its priority",
    .zh = "该权重永远无法移动 `{0}` 的地址：在 nopreempt 下，无论优先级如何，都没有节点会从存活的主节点接管",
};
const struct diag_kind ka_owner_weight = {
    .code = "K0646",
    .severity = SEVERITY_WARNING,
    .en =
        "a weight does not count for `{0}`: priority 255 is that of the addresses' owner and does not change",
    .zh = "权重对 `{0}` 无效：优先级 255 属于地址所有者，不会改变",
};
const struct diag_kind ka_owner_state = {
    .code = "K0647",
    .severity = SEVERITY_WARNING,
    .en = "priority 255 says that `{0}` owns its addresses; then `state MASTER` belongs to it, or it listens "
          "first",
    .zh = "优先级 255 表示 `{0}` 拥有这些地址；应配以 `state MASTER`，否则它会先监听",
};
const struct diag_kind ka_strict = {
    .code = "K0648",
    .severity = SEVERITY_WARNING,
    .en = "strict mode of `{0}`: {1}",
    .zh = "`{0}` 的严格模式：{1}",
    .keepalived = "({0}) {1}",
};
const struct diag_kind ka_no_accept = {
    .code = "K0649",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` will answer at its addresses all the same: no_accept (and strict mode) would need a "
          "firewall, which this program does not touch",
    .zh = "`{0}` 仍会在其地址上应答：no_accept（以及严格模式）需要防火墙，本程序不会改动防火墙",
};
const struct diag_kind ka_group_weight = {
    .code = "K0650",
    .severity = SEVERITY_WARNING,
    .en = "this weight of `{0}` does not count: it is in the sync group `{1}`, where a failure is a fault of "
          "all; "
          "track in the group, or say sync_group_tracking_weight there",
    .zh = "`{0}` 的这个权重无效：它属于同步组 `{1}`，其中一个失败即为全组故障；请在组内跟踪，或在组内写 "
          "sync_group_tracking_weight",
};
const struct diag_kind ka_no_mail = {
    .code = "K0652",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` is accepted, but no mail is ever sent: a `notify` script can send it",
    .zh = "接受 `{0}`，但不会发送任何邮件：可用 `notify` 脚本发送",
};
const struct diag_kind ka_ip6_vmac = {
    .code = "K0651",
    .severity = SEVERITY_NOTE,
    .en = "`{0}`: its addresses get the virtual MAC, its adverts go out with the interface's own, because a "
          "link-local address belongs to one MAC",
    .zh = "`{0}`：地址使用虚拟 MAC，通告使用接口自身的 MAC，因为链路本地地址只属于一个 MAC",
};
const struct diag_kind ka_script_missing = {
    .code = "K0660",
    .severity = SEVERITY_WARNING,
    .en = "the script {0} cannot be run: {1}",
    .zh = "脚本 {0} 无法运行：{1}",
    .keepalived = "Script {0} cannot be accessed - {1}",
};
const struct diag_kind ka_script_open = {
    .code = "K0661",
    .severity = SEVERITY_WARNING,
    .en = "{1} may be written by others: who does becomes the user that runs {0}",
    .zh = "{1} 可被他人改写：改写者即可获得运行 {0} 的用户权限",
    .keepalived = "Unsafe permissions found for script '{0}'",
};
const struct diag_kind ka_script_insecure = {
    .code = "K0662",
    .severity = SEVERITY_WARNING,
    .en = "{0} is not run: {1} may be written by others, and enable_script_security forbids that for root",
    .zh = "不运行 {0}：{1} 可被他人改写，enable_script_security 禁止以 root 运行它",
    .keepalived = "Unsafe permissions found for script '{0}' - disabling.",
};
const struct diag_kind ka_script_not_exec = {
    .code = "K0663",
    .severity = SEVERITY_WARNING,
    .en = "the script {0} is not executable",
    .zh = "脚本 {0} 没有执行权限",
    .keepalived = "WARNING - script '{0}' is not executable for uid:gid - disabling.",
};
const struct diag_kind ka_script_stops_us = {
    .code = "K0664",
    .severity = SEVERITY_WARNING,
    .en = "the script {0} stops its own daemon when the check fails; an exit status other than 0 is enough, "
          "and it comes back by itself",
    .zh = "脚本 {0} 在检查失败时停止自身所属的守护进程；只需以非 0 状态退出，之后会自行恢复",
};
const struct diag_kind ka_script_root = {
    .code = "K0665",
    .severity = SEVERITY_WARNING,
    .en = "the script {0} runs as root: say script_user in global_defs, or make a user keepalived_script",
    .zh = "脚本 {0} 以 root 运行：请在 global_defs 中写 script_user，或建立用户 keepalived_script",
    .keepalived = "Script user 'keepalived_script' does not exist",
};
const struct diag_kind ka_script_relative = {
    .code = "K0666",
    .severity = SEVERITY_WARNING,
    .en = "the script {0} is looked for on PATH: write its whole path",
    .zh = "脚本 {0} 将在 PATH 中查找：请写完整路径",
};
const struct diag_kind ka_second_file = {
    .code = "K0670",
    .severity = SEVERITY_NOTE,
    .en = "{0} is taken for the other director's file and compared with {1}, which is the one that runs here",
    .zh = "{0} 视为另一台机器的文件，与在本机运行的 {1} 比较",
};
const struct diag_kind ka_pair_missing = {
    .code = "K0671",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` has no partner in {1}",
    .zh = "`{0}` 在 {1} 中没有对应的实例",
};
const struct diag_kind ka_pair_differs = {
    .code = "K0672",
    .severity = SEVERITY_ERROR,
    .en = "the two directors disagree about `{0}`: {1} is {2} here and {3} there; each would refuse the "
          "other's adverts, and both would be master",
    .zh = "两台机器的 `{0}` 不一致：{1} 在此处为 {2}，在对方为 {3}；它们会拒绝彼此的通告，从而都成为主节点",
};
const struct diag_kind ka_pair_password = {
    .code = "K0673",
    .severity = SEVERITY_ERROR,
    .en = "the two directors have different passwords for `{0}`: both would be master",
    .zh = "两台机器的 `{0}` 密码不同：两者都会成为主节点",
};
const struct diag_kind ka_pair_addresses = {
    .code = "K0674",
    .severity = SEVERITY_ERROR,
    .en = "the two directors list different addresses for `{0}`: both would be master",
    .zh = "两台机器的 `{0}` 地址列表不同：两者都会成为主节点",
};
const struct diag_kind ka_pair_priority = {
    .code = "K0675",
    .severity = SEVERITY_WARNING,
    .en = "both directors have priority {1} for `{0}`: the higher address decides",
    .zh = "两台机器的 `{0}` 优先级都是 {1}：由较大的地址决定",
};
const struct diag_kind ka_pair_small_weight = {
    .code = "K0676",
    .severity = SEVERITY_WARNING,
    .en = "this weight of {1} never moves the addresses: the directors' priorities are {2} apart",
    .zh = "权重 {1} 永远无法移动地址：两台机器的优先级相差 {2}",
};

const struct diag_kind *const diag_keepalived_kinds[] = {
    &ka_include_failed,
    &ka_include_none,
    &ka_too_deep,
    &ka_bad_sequence,
    &ka_bad_seconds,
    &ka_bad_bool,
    &ka_bad_ip,
    &ka_bad_bits,
    &ka_bad_name,
    &ka_bad_option,
    &ka_no_value,
    &ka_bad_mac,
    &ka_bad_rt_name,
    &ka_bad_quotes,
    &ka_unknown_name,
    &ka_twice,
    &ka_missing,
    &ka_two_families,
    &ka_same_vrid,
    &ka_no_addresses,
    &ka_two_groups,
    &ka_no_user,
    &ka_ah,
    &ka_no_peers,
    &ka_interval_long,
    &ka_password_long,
    &ka_auth_version3,
    &ka_auth_strict,
    &ka_interval_rounded,
    &ka_nopreempt_master,
    &ka_nopreempt_weight,
    &ka_owner_weight,
    &ka_owner_state,
    &ka_strict,
    &ka_no_accept,
    &ka_group_weight,
    &ka_no_mail,
    &ka_ip6_vmac,
    &ka_script_missing,
    &ka_script_open,
    &ka_script_insecure,
    &ka_script_not_exec,
    &ka_script_stops_us,
    &ka_script_root,
    &ka_script_relative,
    &ka_second_file,
    &ka_pair_missing,
    &ka_pair_differs,
    &ka_pair_password,
    &ka_pair_addresses,
    &ka_pair_priority,
    &ka_pair_small_weight,
    NULL,
};
