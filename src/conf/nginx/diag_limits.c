/* SPDX-License-Identifier: Apache-2.0 */
/* Zones, rates, shares and passwords: K0295 to K0297, K0867 to K0869. */
#include "conf/nginx/diag_nginx.h"

const struct diag_kind nginx_bad_zone = {
    .code = "K0295",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is no zone: its name and size are missing",
    .zh = "“{0}”不是共享区：缺少名称与大小",
    .more = "Write zone=NAME:SIZE, as in zone=perip:10m. A megabyte holds about 8,000 keys.",
};
const struct diag_kind nginx_bad_rate = {
    .code = "K0296",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is no rate of requests",
    .zh = "“{0}”不是有效的请求速率",
    .more = "Write a number and r/s or r/m: rate=10r/s.",
};
const struct diag_kind nginx_duplicate_zone = {
    .code = "K0297",
    .severity = SEVERITY_ERROR,
    .en = "there is a zone \"{0}\" already",
    .zh = "共享区“{0}”已存在",
};
const struct diag_kind nginx_unknown_zone = {
    .code = "K0867",
    .severity = SEVERITY_ERROR,
    .en = "no zone of this kind is called \"{0}\"",
    .zh = "没有名为“{0}”的同类共享区",
    .more = "limit_req names a limit_req_zone, limit_conn a limit_conn_zone; both stand in http.",
};
const struct diag_kind nginx_auth_without_users = {
    .code = "K0868",
    .severity = SEVERITY_ERROR,
    .en = "`auth_basic` needs `auth_basic_user_file`: nobody could come in",
    .zh = "auth_basic 需要 auth_basic_user_file，否则无人能通过认证",
    .more = "A line of the file is name:hash, as htpasswd or openssl passwd -apr1 writes it.",
};
const struct diag_kind nginx_bad_share = {
    .code = "K0869",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is no share: all together are at most 100%",
    .zh = "“{0}”不是有效的份额：合计不得超过 100%",
    .more = "Write 0.01% to 100%, and * for the rest.",
};
