/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of diagnostics of stream {}: K0860 to K0869. */
#include "conf/nginx/diag_nginx.h"

const struct diag_kind nginx_not_with_udp = {
    .code = "K0860",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is about connections: it cannot stand beside `udp`",
    .zh = "`{0}` 只用于连接，不能与 udp 同时使用",
    .nginx = "\"{0}\" parameter is incompatible with \"udp\"",
};
const struct diag_kind nginx_tcp_only = {
    .code = "K0861",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is served for TCP only, and this server listens to datagrams",
    .zh = "`{0}` 只支持 TCP，而此 server 监听 UDP 数据报",
};
