/* SPDX-License-Identifier: Apache-2.0 */
/* What can be wrong with lists that are changed while running. */
#include "conf/haproxy/diag_haproxy.h"

const struct diag_kind haproxy_pattern_id = {
    .code = "K0894",
    .severity = SEVERITY_ERROR,
    .en = "-u {0}: the number of an ACL is from 0 to 2147483647, and each is given once",
    .zh = "-u {0}：ACL 编号应在 0 到 2147483647 之间，且不能重复",
    .haproxy = "acl <unique_id> {0}: invalid, or already used.",
};
const struct diag_kind haproxy_no_pattern_list = {
    .code = "K0895",
    .severity = SEVERITY_WARNING,
    .en = "nothing looks into `{0}`, so this rule changes nothing",
    .zh = "没有任何行查询 `{0}`，此规则不起作用",
};
