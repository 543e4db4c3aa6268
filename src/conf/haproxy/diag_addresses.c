/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, and this machine's users and groups: K0360 to K0367. */
#include "conf/haproxy/diag_haproxy.h"

const struct diag_kind haproxy_bad_address = {
    .code = "K0360",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not an address; *:80, 10.0.0.1:80, [::1]:80, ipv6@:::80, /path and abns@name are",
    .zh = "“{0}”不是合法的地址，例如 *:80、10.0.0.1:80、[::1]:80、/path",
    .haproxy = "invalid address: '{0}'",
};
const struct diag_kind haproxy_bad_port = {
    .code = "K0361",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a port, or a range of ports such as 8000-8010",
    .zh = "“{0}”不是合法的端口或端口范围",
    .haproxy = "invalid port range '{0}'.",
};
const struct diag_kind haproxy_no_port = {
    .code = "K0362",
    .severity = SEVERITY_ERROR,
    .en = "the address \"{0}\" has no port",
    .zh = "地址“{0}”缺少端口",
    .haproxy = "'bind' : missing port number: '{0}'",
};
const struct diag_kind haproxy_bad_path = {
    .code = "K0363",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" cannot be the path of a socket: it is empty, or longer than 107 bytes",
    .zh = "“{0}”不能作为套接字路径：为空或超过 107 字节",
    .haproxy = "socket path '{0}' too long",
};
const struct diag_kind haproxy_address_refused = {
    .code = "K0364",
    .severity = SEVERITY_ERROR,
    .en = "addresses of the kind `{0}` are not served",
    .zh = "不支持 `{0}` 类型的地址",
};
const struct diag_kind haproxy_no_user = {
    .code = "K0365",
    .severity = SEVERITY_ERROR,
    .en = "this machine has no user `{0}`",
    .zh = "本机没有用户 `{0}`",
    .haproxy = "cannot find user id for '{0}'",
};
const struct diag_kind haproxy_no_group = {
    .code = "K0366",
    .severity = SEVERITY_ERROR,
    .en = "this machine has no group `{0}`",
    .zh = "本机没有用户组 `{0}`",
    .haproxy = "cannot find group id for '{0}'",
};
const struct diag_kind haproxy_bad_mode = {
    .code = "K0367",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a mode such as 600 or 0660",
    .zh = "“{0}”不是合法的权限，例如 600、0660",
    .haproxy = "'mode' : missing or invalid mode '{0}' (octal integer expected)",
};
