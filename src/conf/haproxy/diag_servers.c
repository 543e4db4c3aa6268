/* SPDX-License-Identifier: Apache-2.0 */
/* Backends, servers and cookies: K0305, K0340 to K0355, K0368, K0369. */
#include "conf/haproxy/diag_haproxy.h"

const struct diag_kind haproxy_cookie_no_mode = {
    .code = "K0305",
    .severity = SEVERITY_WARNING,
    .en = "`cookie {0}` has no mode: no client will ever receive this cookie",
    .zh = "`cookie {0}` 没有模式：任何客户端都不会收到此 cookie",
    .more = "Without insert, rewrite or prefix the cookie is only read. Unless the application itself sets "
            "one with the names of the servers, nobody ever has it, and nobody is kept with a server.",
};
const struct diag_kind haproxy_no_backend = {
    .code = "K0340",
    .severity = SEVERITY_ERROR,
    .en = "no backend is called `{0}`",
    .zh = "没有名为 `{0}` 的 backend",
    .haproxy = "unable to find required default_backend/use_backend: '{0}'.",
};
const struct diag_kind haproxy_mode_differs = {
    .code = "K0341",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` speaks {1} and `{2}` speaks {3}: one cannot send to the other",
    .zh = "`{0}` 为 {1} 模式而 `{2}` 为 {3} 模式，无法转发",
    .haproxy = "{1} frontend '{0}' tries to use incompatible {3} backend '{2}'.",
};
const struct diag_kind haproxy_no_server = {
    .code = "K0342",
    .severity = SEVERITY_ERROR,
    .en = "`{1}` has no server called `{0}`",
    .zh = "`{1}` 中没有名为 `{0}` 的 server",
    .haproxy = "unable to find server '{0}' in backend '{1}'.",
};
const struct diag_kind haproxy_server_port = {
    .code = "K0343",
    .severity = SEVERITY_ERROR,
    .en = "server address \"{0}\" has no port of its own, so checks need one",
    .zh = "服务器地址“{0}”没有自己的端口，健康检查需要另写端口",
};
const struct diag_kind haproxy_track_and_check = {
    .code = "K0345",
    .severity = SEVERITY_ERROR,
    .en = "server `{0}` has both `check` and `track`: its state comes from one of them",
    .zh = "服务器 `{0}` 不能同时使用 check 和 track",
    .haproxy = "unable to enable checks and tracking at the same time!",
};
const struct diag_kind haproxy_observe_tcp = {
    .code = "K0346",
    .severity = SEVERITY_ERROR,
    .en = "server `{0}`: `observe layer7` needs mode http",
    .zh = "服务器 `{0}`：observe layer7 需要 mode http",
    .haproxy = "server {0} can not use observe mode 'layer7' without mode http.",
};
const struct diag_kind haproxy_zero_interval = {
    .code = "K0347",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` of 0: checks would never stop",
    .zh = "`{0}` 不能为 0",
    .haproxy = "invalid value '0' for argument '{0}'.",
};
const struct diag_kind haproxy_source_range = {
    .code = "K0348",
    .severity = SEVERITY_ERROR,
    .en = "`{0}`: one source port, or none, can be said",
    .zh = "`{0}`：源端口只能是一个或不写",
};
const struct diag_kind haproxy_retry_word = {
    .code = "K0349",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is nothing that can be tried again",
    .zh = "`{0}` 不是合法的 retry-on 条件",
    .haproxy = "'{0}' is not a valid retry condition.",
};
const struct diag_kind haproxy_no_algorithm = {
    .code = "K0350",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is no way of balancing",
    .zh = "`{0}` 不是合法的负载均衡算法",
    .haproxy = "unable to find balance algorithm '{0}'",
};
const struct diag_kind haproxy_balance_word = {
    .code = "K0351",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` means nothing to `balance {1}`",
    .zh = "`balance {1}` 不接受 `{0}`",
    .haproxy = "unexpected argument '{0}' for 'balance {1}'.",
};
const struct diag_kind haproxy_balance_http = {
    .code = "K0352",
    .severity = SEVERITY_WARNING,
    .en = "`balance {0}` needs mode http, which `{1}` is not in: servers are taken in turn",
    .zh = "`{1}` 不是 http 模式，`balance {0}` 不起作用，改为轮询",
    .haproxy = "Layer 7 hash not possible for proxy '{1}' (needs 'mode http'). Falling back to round robin.",
};
const struct diag_kind haproxy_cookie_conflict = {
    .code = "K0353",
    .severity = SEVERITY_ERROR,
    .en = "this cookie cannot be: {0}",
    .zh = "cookie 设置互相矛盾：{0}",
    .haproxy = "'rewrite', 'insert' and 'prefix' are mutually exclusive",
};
const struct diag_kind haproxy_cookie_unnamed = {
    .code = "K0354",
    .severity = SEVERITY_WARNING,
    .en = "no server of `{1}` has a cookie value: `cookie {0}` can name none of them",
    .zh = "`{1}` 的服务器都没有 cookie 值，`cookie {0}` 无法起作用",
};
const struct diag_kind haproxy_cookie_attribute = {
    .code = "K0355",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" cannot be an attribute: neither \";\" nor control characters may be in it",
    .zh = "“{0}”不能作为 cookie 属性，不能含有分号或控制字符",
    .haproxy = "character ';' or control character found in attribute value.",
};
const struct diag_kind haproxy_no_resolvers = {
    .code = "K0368",
    .severity = SEVERITY_ERROR,
    .en = "there is no section `resolvers {0}`",
    .zh = "没有名为 `{0}` 的 resolvers 段",
    .haproxy = "unable to find required resolvers '{0}'",
};
const struct diag_kind haproxy_agent_port = {
    .code = "K0369",
    .severity = SEVERITY_ERROR,
    .en = "server `{0}` has `agent-check` without `agent-port`: nobody knows where the agent is",
    .zh = "服务器 `{0}` 使用了 agent-check，但没有 agent-port",
    .haproxy = "agent-check requires an agent-port",
};
