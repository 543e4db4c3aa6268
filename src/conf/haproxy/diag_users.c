/* SPDX-License-Identifier: Apache-2.0 */
/* What can be wrong with lists of users. */
#include "conf/haproxy/diag_haproxy.h"

#define ERROR .severity = SEVERITY_ERROR

const struct diag_kind haproxy_no_user_list = {
    .code = "K0430",
    ERROR,
    .en = "no `userlist` section is called `{0}`",
    .zh = "没有名为 `{0}` 的 userlist 段",
    .haproxy = "unable to find userlist '{0}'.",
};
const struct diag_kind haproxy_no_user_group = {
    .code = "K0431",
    ERROR,
    .en = "the userlist `{1}` has no group `{0}`",
    .zh = "userlist `{1}` 中没有组 `{0}`",
    .haproxy = "userlist '{1}': no such group '{0}'.",
};
const struct diag_kind haproxy_no_list_user = {
    .code = "K0432",
    ERROR,
    .en = "the userlist `{1}` has no user `{0}`",
    .zh = "userlist `{1}` 中没有用户 `{0}`",
    .haproxy = "userlist '{1}': no such user '{0}'.",
};
const struct diag_kind haproxy_user_twice = {
    .code = "K0433",
    ERROR,
    .en = "`{0}` is there already",
    .zh = "`{0}` 已经定义过",
    .haproxy = "'{0}' is already defined.",
};
