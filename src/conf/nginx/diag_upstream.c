/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Upstreams, their servers, and names to be resolved: K0209 to K0217, K0275 to K0277, K0282, K0298,
 * K0299, K0862.
 */
#include "conf/nginx/diag_nginx.h"

const struct diag_kind nginx_no_upstream_resolver = {
    .code = "K0209",
    .severity = SEVERITY_ERROR,
    .en = "upstream `{0}` has servers with `resolve`, and nobody names a `resolver`",
    .zh = "upstream `{0}` 中有使用 `resolve` 的服务器，但没有指定 `resolver`",
    .nginx = "no resolver defined to resolve names at run time in upstream \"{0}\"",
};
const struct diag_kind nginx_unknown_upstream = {
    .code = "K0210",
    .severity = SEVERITY_ERROR,
    .en = "proxy_pass names an unknown upstream `{0}`",
    .zh = "proxy_pass 指向未知的 upstream `{0}`",
    .nginx = "host not found in upstream \"{0}\"",
    .more = "A name in proxy_pass is that of an upstream block, or a host that has an address when the file "
            "is read. This one is neither, and nginx does not start with it either.",
};
const struct diag_kind nginx_underscore_host = {
    .code = "K0211",
    .severity = SEVERITY_WARNING,
    .en = "the servers get `Host: {0}`, and an underscore is not allowed in a host name",
    .zh = "后端将收到 `Host: {0}`，而主机名中不允许有下划线",
    .nginx = "the servers get \"Host: {0}\", and an underscore is not allowed in a host name: write "
             "\"proxy_set_header Host $host;\"",
    .more = "Without proxy_set_header Host the upstream's name is what servers get as Host. Tomcat since "
            "8.5.31 answers 400 to one with an underscore.",
};
const struct diag_kind nginx_upstream_port = {
    .code = "K0212",
    .severity = SEVERITY_ERROR,
    .en = "the upstream `{0}` may not have the port {1}",
    .zh = "upstream `{0}` 后面不能写端口 {1}",
    .nginx = "upstream \"{0}\" may not have port {1}",
};
const struct diag_kind nginx_no_servers = {
    .code = "K0213",
    .severity = SEVERITY_ERROR,
    .en = "there are no servers in the upstream `{0}`",
    .zh = "upstream `{0}` 中没有 server",
    .nginx = "no servers are inside upstream",
};
const struct diag_kind nginx_two_methods = {
    .code = "K0214",
    .severity = SEVERITY_WARNING,
    .en = "`{0}`: how to choose a server is said twice; the last one counts",
    .zh = "`{0}`：重复指定负载均衡方法，以最后一个为准",
    .nginx = "load balancing method redefined",
};
const struct diag_kind nginx_no_backup = {
    .code = "K0215",
    .severity = SEVERITY_ERROR,
    .en = "this way of choosing a server has no `{0}`",
    .zh = "该负载均衡方法不支持 `{0}`",
    .nginx = "balancing method does not support parameter \"{0}\"",
};
const struct diag_kind nginx_server_refused = {
    .code = "K0216",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is known but not supported yet",
    .zh = "`{0}` 是已知的参数，但尚不支持",
};
const struct diag_kind nginx_bad_parameter = {
    .code = "K0217",
    .severity = SEVERITY_ERROR,
    .en = "`{1}` has no parameter \"{0}\"",
    .zh = "`{1}` 没有参数“{0}”",
    .nginx = "invalid parameter \"{0}\"",
};
const struct diag_kind nginx_host_unknown = {
    .code = "K0276",
    .severity = SEVERITY_ERROR,
    .en = "no address is known for the name `{0}`",
    .zh = "域名 `{0}` 无法解析",
    .nginx = "host not found in {1}",
};
const struct diag_kind nginx_host_failed = {
    .code = "K0277",
    .severity = SEVERITY_ERROR,
    .en = "the name `{0}` could not be resolved: {2}",
    .zh = "解析域名 `{0}` 失败：{2}",
    .nginx = "host not found in {1}",
};
const struct diag_kind nginx_no_nameserver = {
    .code = "K0282",
    .severity = SEVERITY_ERROR,
    .en = "`resolver` asks nobody: it names no nameserver, or switches both IPv4 and IPv6 off",
    .zh = "resolver 没有可查询的对象：未指定域名服务器，或同时关闭了 IPv4 与 IPv6",
    .more = "Give at least one address: resolver 10.0.0.2 valid=30s;",
};
const struct diag_kind nginx_no_match = {
    .code = "K0298",
    .severity = SEVERITY_ERROR,
    .en = "there is no `match {0}`",
    .zh = "没有名为 `{0}` 的 match",
};
const struct diag_kind nginx_health_target = {
    .code = "K0299",
    .severity = SEVERITY_ERROR,
    .en = "`health_check` needs a `proxy_pass` to an upstream beside it, by name",
    .zh = "`health_check` 需要同一位置的 `proxy_pass` 指向一个 upstream",
};
const struct diag_kind nginx_sticky_needs = {
    .code = "K0862",
    .severity = SEVERITY_ERROR,
    .en = "`sticky learn` needs {0}",
    .zh = "sticky learn 缺少 {0}",
    .more = "Write sticky learn create=$upstream_cookie_NAME lookup=$cookie_NAME zone=NAME:SIZE, where the "
            "application's cookie is called NAME.",
};
