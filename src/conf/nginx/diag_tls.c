/* SPDX-License-Identifier: Apache-2.0 */
/* TLS: K0286 to K0294. */
#include "conf/nginx/diag_nginx.h"

const struct diag_kind nginx_no_certificate = {
    .code = "K0286",
    .severity = SEVERITY_ERROR,
    .en = "no \"ssl_certificate\" is defined for the \"listen ... ssl\" of {0}",
    .zh = "{0} 的 listen ... ssl 没有定义 ssl_certificate",
    .nginx = "no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive",
    .more = "The default server of an address with `ssl` must have a certificate to show, or say "
            "`ssl_reject_handshake on`.",
};
const struct diag_kind nginx_no_certificate_key = {
    .code = "K0287",
    .severity = SEVERITY_ERROR,
    .en = "the certificate \"{0}\" has no key",
    .zh = "证书“{0}”没有对应的私钥",
    .nginx = "no \"ssl_certificate_key\" is defined for certificate \"{0}\"",
};
const struct diag_kind nginx_tls_unreadable = {
    .code = "K0288",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" cannot be read: {1}",
    .zh = "无法读取“{0}”：{1}",
    .nginx =
        "cannot load {2} \"{0}\": BIO_new_file() failed (SSL: error:80000002:system library::{1}:calling "
        "fopen({0}, r))",
};
const struct diag_kind nginx_no_client_ca = {
    .code = "K0289",
    .severity = SEVERITY_ERROR,
    .en = "clients must show certificates, and nobody says whose are good",
    .zh = "要求客户端证书，但没有指定可信的 CA",
    .nginx = "no ssl_client_certificate or ssl_trusted_certificate for ssl_verify_client",
    .more =
        "ssl_client_certificate names a file with the certificates of the CAs that sign those of clients.",
};
const struct diag_kind nginx_no_server_ca = {
    .code = "K0290",
    .severity = SEVERITY_ERROR,
    .en = "servers' certificates are verified, and nobody says whose are good",
    .zh = "要求验证后端证书，但没有指定可信的 CA",
    .nginx = "no proxy_ssl_trusted_certificate for proxy_ssl_verify",
    .more = "proxy_ssl_trusted_certificate names a file with the certificates of the CAs that sign those of "
            "servers; "
            "/etc/ssl/certs/ca-certificates.crt holds those that the system trusts.",
};
const struct diag_kind nginx_protocol_gap = {
    .code = "K0291",
    .severity = SEVERITY_ERROR,
    .en = "versions of TLS with a gap between them cannot be offered",
    .zh = "TLS 版本之间不能有空缺",
    .more = "Clients and servers agree on the newest version that both have, from an oldest to a newest one.",
};
const struct diag_kind nginx_old_protocol = {
    .code = "K0292",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` is broken, and this TLS library has it no more: it is left out",
    .zh = "`{0}` 不安全，TLS 库已不再支持，已忽略",
};
const struct diag_kind nginx_bad_session_cache = {
    .code = "K0293",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is no session cache: off, none, builtin:NUMBER or shared:NAME:SIZE was expected",
    .zh = "`{0}` 不是有效的会话缓存：应为 off、none、builtin:数量 或 shared:名称:大小",
    .nginx = "invalid session cache \"{0}\"",
};
const struct diag_kind nginx_half_tls = {
    .code = "K0294",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` and `{1}` share a socket: `ssl` must stand in both or in neither",
    .zh = "`{0}` 与 `{1}` 共用一个套接字：要么都写 ssl，要么都不写",
};
