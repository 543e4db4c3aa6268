/* SPDX-License-Identifier: Apache-2.0 */
/* What can be wrong with stick tables. */
#include "conf/haproxy/diag_haproxy.h"

#define ERROR .severity = SEVERITY_ERROR

const struct diag_kind haproxy_stick_data = {
    .code = "K0420",
    ERROR,
    .en = "`{0}` is nothing that a stick table keeps",
    .zh = "stick-table 不能存储 `{0}`",
    .haproxy = "'stick-table' : unknown data type '{0}'.",
};
const struct diag_kind haproxy_stick_argument = {
    .code = "K0421",
    ERROR,
    .en = "`{0}`: rates need a period, as in conn_rate(10s), and gpc, gpt a number first, as in "
          "gpc_rate(2,10s)",
    .zh = "`{0}`：速率需要周期（如 conn_rate(10s)），gpc、gpt 需要先写数量（如 gpc_rate(2,10s)）",
};
const struct diag_kind haproxy_stick_missing = {
    .code = "K0422",
    ERROR,
    .en = "this stick table has no `{0}`: stick-table type ip size 100k expire 30m",
    .zh = "stick-table 缺少 `{0}`，例如：stick-table type ip size 100k expire 30m",
    .haproxy = "'stick-table' : missing {0}.",
};
const struct diag_kind haproxy_no_stick_table = {
    .code = "K0423",
    ERROR,
    .en = "`{0}` has no stick table: a line `stick-table type ... size ...` makes one",
    .zh = "`{0}` 没有 stick-table，请先写 `stick-table type ... size ...`",
    .haproxy = "unable to find stick-table '{0}'.",
};
const struct diag_kind haproxy_stick_counter = {
    .code = "K0424",
    ERROR,
    .en = "`{0}` is no counter: they are numbered from 0 to {1}",
    .zh = "`{0}` 不是有效的计数器编号，范围是 0 到 {1}",
};
