/* SPDX-License-Identifier: Apache-2.0 */
/* What is said about TLS. That a key does not fit, and the like, is said by daemon/prepare_diag.c. */
#include "conf/haproxy/diag_haproxy.h"

#define ERROR   .severity = SEVERITY_ERROR
#define WARNING .severity = SEVERITY_WARNING
#define NOTE    .severity = SEVERITY_NOTE

const struct diag_kind haproxy_tls_unreadable = {
    .code = "K0840",
    ERROR,
    .en = "the file `{0}` cannot be read: {1}",
    .zh = "无法读取文件 `{0}`：{1}",
    .haproxy = "unable to stat SSL certificate from file '{0}' : {1}.",
};
const struct diag_kind haproxy_tls_empty = {
    .code = "K0841",
    ERROR,
    .en = "there is no certificate in `{0}`",
    .zh = "`{0}` 中没有证书",
    .haproxy = "unable to load any certificate from '{0}'.",
};
const struct diag_kind haproxy_tls_no_certificate = {
    .code = "K0842",
    ERROR,
    .en = "`bind {0} ssl` has no certificate to show",
    .zh = "`bind {0} ssl` 没有指定证书",
    .haproxy = "No SSL certificate specified for bind '{0}' (use 'crt').",
};
const struct diag_kind haproxy_tls_unused = {
    .code = "K0843",
    WARNING,
    .en = "`bind {0}` names a certificate and does not say `ssl`: its connections are plain",
    .zh = "`bind {0}` 指定了证书但没有写 `ssl`：连接不会加密",
    .haproxy = "A certificate was specified but SSL was not enabled on bind '{0}' (use 'ssl').",
};
const struct diag_kind haproxy_tls_no_client_ca = {
    .code = "K0844",
    ERROR,
    .en = "`bind {0}` wants certificates of clients, and `ca-file` does not say whose are good",
    .zh = "`bind {0}` 要求客户端证书，但没有用 `ca-file` 指定可信的 CA",
    .haproxy = "verify is enabled but no CA file specified for bind '{0}'.",
};
const struct diag_kind haproxy_tls_no_server_ca = {
    .code = "K0845",
    ERROR,
    .en = "the certificate of server `{0}` is to be verified, and `ca-file` does not say by whom",
    .zh = "需要验证服务器 `{0}` 的证书，但没有用 `ca-file` 指定可信的 CA",
    .haproxy =
        "server '{0}' : verify is enabled by default but no CA file specified. If you're running on a LAN "
        "where "
        "you're certain to trust the server's certificate, please set an explicit 'verify none' statement on "
        "the 'server' line, or use 'ssl-server-verify none' in the global section to disable server-side "
        "verifications by default.",
};
const struct diag_kind haproxy_tls_gap = {
    .code = "K0846",
    ERROR,
    .en = "versions of TLS with a gap between them cannot be offered",
    .zh = "TLS 版本之间不能有空缺",
    .more =
        "Say the range by ssl-min-ver and ssl-max-ver: clients and servers agree on the newest version that "
        "both have, from an oldest to a newest one.",
};
const struct diag_kind haproxy_old_version = {
    .code = "K0847",
    WARNING,
    .en = "`{0}` is broken, and this TLS library has it no more: TLSv1.0 is taken",
    .zh = "`{0}` 不安全，TLS 库已不再支持，按 TLSv1.0 处理",
};
const struct diag_kind haproxy_http2_later = {
    .code = "K0848",
    WARNING,
    .en = "`{0}`: HTTP/2 is not served yet, and is not offered",
    .zh = "`{0}`：尚不支持 HTTP/2，不会提供",
};
const struct diag_kind haproxy_tls_alpn_bad = {
    .code = "K0849",
    ERROR,
    .en = "`{0}`: names of protocols have 1 to 255 bytes, with commas between",
    .zh = "`{0}`：协议名称为 1 到 255 字节，用逗号分隔",
};
const struct diag_kind haproxy_tls_note = {
    .code = "K0850",
    NOTE,
    .en = "`{0}` has no effect: {1}",
    .zh = "`{0}` 没有作用：{1}",
};
const struct diag_kind haproxy_tls_default = {
    .code = "K0851",
    ERROR,
    .en = "`{0}` does not belong in {1}",
    .zh = "`{0}` 不能用于 {1}",
    .haproxy = "unknown option '{0}' on '{1}'.",
};
const struct diag_kind haproxy_tls_few_keys = {
    .code = "K0852",
    ERROR,
    .en = "`{0}` has {1} lines; at least 3 keys of session tickets must be there",
    .zh = "`{0}` 只有 {1} 行；至少需要 3 个会话票据密钥",
    .haproxy = "please supply at least 3 keys in the tls-tickets-file",
    .more = "One key a line, as `openssl rand -base64 80 | tr -d '\\n'` makes it. The last three lines "
            "count: the "
            "second of them encrypts, the others are for tickets given before and after a change.",
};
const struct diag_kind haproxy_tls_open_list = {
    .code = "K0853",
    ERROR,
    .en = "\"]\" is missing on this line of the list",
    .zh = "列表的这一行缺少“]”",
};
const struct diag_kind haproxy_tls_name = {
    .code = "K0854",
    ERROR,
    .en = "`{0}` is no name of a list: NAME, *.NAME or one of these behind \"!\" was expected",
    .zh = "`{0}` 不是有效的名称：应为 NAME、*.NAME，前面可加“!”",
};
