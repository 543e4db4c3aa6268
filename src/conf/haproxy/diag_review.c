/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a whole section lacks or has in vain, which is seen when all of it was read: K0330 to K0338,
 * K0401, K0402.
 */
#include "conf/haproxy/diag_haproxy.h"

const struct diag_kind haproxy_no_timeouts = {
    .code = "K0330",
    .severity = SEVERITY_WARNING,
    .en = "{0} `{1}` has no timeout for: {2}; who hangs, hangs for ever",
    .zh = "{0} `{1}` 缺少超时设置：{2}，连接可能永远挂起",
    .haproxy = "missing timeouts for {0} '{1}'.",
};
const struct diag_kind haproxy_rule_order = {
    .code = "K0331",
    .severity = SEVERITY_WARNING,
    .en = "this `{0}` is run before the `{1}` that stands above it",
    .zh = "此 `{0}` 会先于上面的 `{1}` 执行",
    .haproxy = "a '{0}' rule placed after a '{1}' rule will still be processed before.",
};
const struct diag_kind haproxy_log_nowhere = {
    .code = "K0332",
    .severity = SEVERITY_WARNING,
    .en = "a log format without a log: `{0}` writes no lines",
    .zh = "`{0}` 设置了日志格式但没有日志目标，不会写日志",
    .haproxy = "log format ignored for proxy '{0}' since it has no log address.",
};
const struct diag_kind haproxy_httplog_tcp = {
    .code = "K0333",
    .severity = SEVERITY_WARNING,
    .en = "`option httplog` in mode tcp: `{0}` writes lines as `option tcplog` does",
    .zh = "`{0}` 为 tcp 模式，`option httplog` 将按 `option tcplog` 处理",
    .haproxy =
        "'option httplog' not usable with proxy '{0}' (needs 'mode http'). Falling back to 'option tcplog'.",
};
const struct diag_kind haproxy_http_only = {
    .code = "K0334",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` has no effect in mode tcp, which `{1}` is in",
    .zh = "`{1}` 为 tcp 模式，`{0}` 不起作用",
    .haproxy = "'{0}' statement ignored for proxy '{1}' as it requires HTTP mode.",
};
const struct diag_kind haproxy_needs_http = {
    .code = "K0335",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` rules have no effect in mode tcp, which `{1}` is in",
    .zh = "`{1}` 为 tcp 模式，`{0}` 规则不起作用",
    .haproxy = "'{0}' rules ignored for proxy '{1}' as they require HTTP mode.",
};
const struct diag_kind haproxy_no_bind = {
    .code = "K0336",
    .severity = SEVERITY_WARNING,
    .en = "{0} `{1}` listens nowhere: a `bind` line is missing",
    .zh = "{0} `{1}` 没有 bind 行，不监听任何地址",
    .haproxy = "{0} '{1}' has no 'bind' directive. Please declare it as a backend if this was intended.",
};
const struct diag_kind haproxy_rule_dead = {
    .code = "K0338",
    .severity = SEVERITY_WARNING,
    .en = "this `{0}` is never reached: the one above it always ends them",
    .zh = "此 `{0}` 永远不会执行：上面的规则总会结束处理",
    .haproxy = "previous '{0}' action is final and has no condition attached, further entries are NOOP.",
};
const struct diag_kind haproxy_stats_easy = {
    .code = "K0401",
    .severity = SEVERITY_WARNING,
    .en = "anyone who reaches port {0} can stop your servers with {1}",
    .zh = "任何能访问端口 {0} 的人都可以用 {1} 停止你的服务器",
};
const struct diag_kind haproxy_stats_open = {
    .code = "K0402",
    .severity = SEVERITY_WARNING,
    .en = "anyone who reaches port {0} can stop your servers, without a password",
    .zh = "任何能访问端口 {0} 的人无需密码即可停止你的服务器",
};
