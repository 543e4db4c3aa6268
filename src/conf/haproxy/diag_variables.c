/* SPDX-License-Identifier: Apache-2.0 */
/* What can be wrong with variables of `global`. */
#include "conf/haproxy/diag_haproxy.h"

#define ERROR .severity = SEVERITY_ERROR

const struct diag_kind haproxy_variable_process = {
    .code = "K0434",
    ERROR,
    .en = "`{0}`: in `global` only variables of the process can be set: proc.NAME",
    .zh = "`{0}`：在 global 中只能设置进程变量 proc.NAME",
    .haproxy = "'set-var': only variables of scope 'proc' are permitted in the global section.",
};
const struct diag_kind haproxy_variable_early = {
    .code = "K0435",
    ERROR,
    .en = "`{0}` cannot be known before there is a connection",
    .zh = "`{0}` 在建立连接之前无法得知",
};
