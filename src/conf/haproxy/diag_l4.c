/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of diagnostics of connections: K0850 to K0899. */
#include "conf/haproxy/diag_haproxy.h"

const struct diag_kind haproxy_long_interface = {
    .code = "K0870",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` cannot be an interface: their names have 15 characters at most",
    .zh = "`{0}` 不可能是接口名：最多 15 个字符",
};
