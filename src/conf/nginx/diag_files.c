/* SPDX-License-Identifier: Apache-2.0 */
/* Files, blocks and what a process is told: K0201 to K0207. */
#include "conf/nginx/diag_nginx.h"

const struct diag_kind nginx_unreadable = {
    .code = "K0201",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" cannot be read: {1}",
    .zh = "无法读取“{0}”：{1}",
    .nginx = "open() \"{0}\" failed ({2}: {1})",
};
const struct diag_kind nginx_include_circle = {
    .code = "K0202",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" includes itself, by way of others or at once",
    .zh = "“{0}”直接或间接地包含了自己",
};
const struct diag_kind nginx_include_deep = {
    .code = "K0203",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\": files that include files, too deep",
    .zh = "“{0}”：include 嵌套过深",
};
const struct diag_kind nginx_no_events = {
    .code = "K0204",
    .severity = SEVERITY_ERROR,
    .en = "the file has no `events` block",
    .zh = "缺少 events 块",
    .nginx = "no \"events\" section in configuration",
    .more = "Write `events { }`: nginx wants it, though it may be empty.",
};
const struct diag_kind nginx_no_user = {
    .code = "K0205",
    .severity = SEVERITY_ERROR,
    .en = "this machine has no user `{0}`",
    .zh = "系统中没有用户 `{0}`",
    .nginx = "getpwnam(\"{0}\") failed",
};
const struct diag_kind nginx_no_group = {
    .code = "K0206",
    .severity = SEVERITY_ERROR,
    .en = "this machine has no group `{0}`",
    .zh = "系统中没有用户组 `{0}`",
    .nginx = "getgrnam(\"{0}\") failed",
};
const struct diag_kind nginx_module = {
    .code = "K0207",
    .severity = SEVERITY_NOTE,
    .en = "modules are not loaded: what {0} does is built in, or refused by name",
    .zh = "不加载模块：{0} 的功能已内置，或按名称拒绝",
};
