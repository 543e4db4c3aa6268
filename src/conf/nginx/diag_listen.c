/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, `listen` and the names of servers: K0218 to K0231, K0285. */
#include "conf/nginx/diag_nginx.h"

const struct diag_kind nginx_bad_address = {
    .code = "K0218",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not an address; 10.0.0.1:80, [::1]:80, localhost:80 and unix:/path are",
    .zh = "“{0}”不是地址，例如 10.0.0.1:80、[::1]:80、localhost:80、unix:/path",
    .nginx = "invalid host in {1}",
};
const struct diag_kind nginx_bad_port = {
    .code = "K0219",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a port: 1 to 65535",
    .zh = "“{0}”不是端口号（1 到 65535）",
    .nginx = "invalid port in {1}",
};
const struct diag_kind nginx_no_port = {
    .code = "K0220",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" has no port",
    .zh = "“{0}”没有端口",
    .nginx = "no port in {1}",
};
const struct diag_kind nginx_duplicate_listen = {
    .code = "K0221",
    .severity = SEVERITY_ERROR,
    .en = "this server listens on {0} already",
    .zh = "该 server 已经监听 {0}",
    .nginx = "a duplicate listen {1}",
};
const struct diag_kind nginx_two_defaults = {
    .code = "K0222",
    .severity = SEVERITY_ERROR,
    .en = "{0} has a default server already",
    .zh = "{0} 已有默认 server",
    .nginx = "a duplicate default server for {1}",
};
const struct diag_kind nginx_duplicate_options = {
    .code = "K0223",
    .severity = SEVERITY_ERROR,
    .en = "options of the socket for {0} are given twice; one server gives them for all",
    .zh = "{0} 的套接字参数重复，只应由一个 server 给出",
    .nginx = "duplicate listen options for {1}",
};
const struct diag_kind nginx_duplicate_pair = {
    .code = "K0224",
    .severity = SEVERITY_ERROR,
    .en = "two servers listen on {0}",
    .zh = "两个 server 监听同一地址 {0}",
    .nginx = "duplicate \"{1}\" address and port pair",
};
const struct diag_kind nginx_no_listen = {
    .code = "K0225",
    .severity = SEVERITY_ERROR,
    .en = "a server of stream needs `listen`",
    .zh = "stream 的 server 需要 listen",
    .nginx = "no \"listen\" is defined for server",
};
const struct diag_kind nginx_listen_refused = {
    .code = "K0226",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is known but not supported yet: {1}",
    .zh = "`{0}` 是已知的参数，但尚不支持：{1}",
};
const struct diag_kind nginx_listen_tuning = {
    .code = "K0227",
    .severity = SEVERITY_NOTE,
    .en = "`{0}` has no effect here",
    .zh = "`{0}` 在此没有作用",
};
const struct diag_kind nginx_tls_refused = {
    .code = "K0228",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is known but not supported: {1}",
    .zh = "`{0}` 是已知的写法，但不支持：{1}",
};
const struct diag_kind nginx_tls_note = {
    .code = "K0229",
    .severity = SEVERITY_NOTE,
    .en = "`{0}` has no effect: {1}",
    .zh = "`{0}` 没有作用：{1}",
};
const struct diag_kind nginx_name_taken = {
    .code = "K0230",
    .severity = SEVERITY_WARNING,
    .en = "the name \"{0}\" on {1} belongs to another server already; ignored here",
    .zh = "{1} 上的名称“{0}”已属于其他 server，此处忽略",
    .nginx = "conflicting server name \"{0}\" on {2}, ignored",
};
const struct diag_kind nginx_bad_name = {
    .code = "K0231",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a server name; example.com, *.example.com, www.example.* and ~^re$ are",
    .zh = "“{0}”不是合法的 server_name，例如 example.com、*.example.com、www.example.*、~^re$",
    .nginx = "invalid server name or wildcard \"{0}\"",
};
const struct diag_kind nginx_http2_later = {
    .code = "K0285",
    .severity = SEVERITY_WARNING,
    .en = "`{0}`: HTTP/2 is not served yet, and clients are served HTTP/1.1",
    .zh = "`{0}`：尚不支持 HTTP/2，客户端将使用 HTTP/1.1",
};
