/* SPDX-License-Identifier: Apache-2.0 */
/* Formats and logs: K0393 to K0399, K0403, K0404, K0855, K0898. */
#include "conf/haproxy/diag_haproxy.h"

const struct diag_kind haproxy_format_unknown = {
    .code = "K0393",
    .severity = SEVERITY_ERROR,
    .en = "log formats have no word `%{0}`",
    .zh = "日志格式中没有 `%{0}`",
    .haproxy = "no such format variable '{0}'.",
};
const struct diag_kind haproxy_format_refused = {
    .code = "K0394",
    .severity = SEVERITY_ERROR,
    .en = "`%{0}` is known but not supported: {1}",
    .zh = "`%{0}` 已知但尚不支持：{1}",
};
const struct diag_kind haproxy_format_http = {
    .code = "K0395",
    .severity = SEVERITY_ERROR,
    .en = "`%{0}` is of requests, and `{1}` is in mode tcp",
    .zh = "`%{0}` 只能用于 http 模式，而 `{1}` 为 tcp 模式",
    .haproxy = "format variable '{0}' is reserved for HTTP mode.",
};
const struct diag_kind haproxy_format_flag = {
    .code = "K0396",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a flag of a format; +Q, -Q, +X and -X are",
    .zh = "“{0}”不是合法的格式标志：+ 或 - 之后可用 Q、X、E、json",
    .haproxy = "character '{0}' is not a valid flag",
};
const struct diag_kind haproxy_format_open = {
    .code = "K0397",
    .severity = SEVERITY_ERROR,
    .en = "this {0} is never closed by a \"{1}\"",
    .zh = "此处的 {0} 缺少“{1}”",
    .haproxy = "missing closing '{1}' in format string",
};
const struct diag_kind haproxy_log_target = {
    .code = "K0398",
    .severity = SEVERITY_ERROR,
    .en = "logs cannot be sent to `{0}` yet; addresses, paths, stdout and stderr can be",
    .zh = "尚不支持 `{0}` 日志目标，可用地址、路径、stdout、stderr",
};
const struct diag_kind haproxy_log_facility = {
    .code = "K0399",
    .severity = SEVERITY_ERROR,
    .en = "a facility such as local0 is missing",
    .zh = "缺少日志设施，例如 local0",
    .haproxy = "'log' : missing facility name",
};
const struct diag_kind haproxy_log_global = {
    .code = "K0403",
    .severity = SEVERITY_WARNING,
    .en = "`log global` takes what `log` lines of `global` say, and there are none",
    .zh = "global 段中没有 log 行，`log global` 没有作用",
    .haproxy = "'log global' : no global logs defined",
};
const struct diag_kind haproxy_log_sample = {
    .code = "K0404",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a sample such as 1-2:8; one range can be said",
    .zh = "“{0}”不是合法的采样，例如 1-2:8，只支持一个范围",
    .haproxy = "invalid sample '{0}'",
};
const struct diag_kind haproxy_no_ring = {
    .code = "K0898",
    .severity = SEVERITY_ERROR,
    .en = "no `ring` section is called as `{0}` says",
    .zh = "没有 `{0}` 所指的 ring 段",
};
const struct diag_kind haproxy_ring_alone = {
    .code = "K0855",
    .severity = SEVERITY_ERROR,
    .en = "the ring `{0}` has no server: what is written to it goes nowhere, as `show events` is not served",
    .zh = "ring `{0}` 没有 server：写入的内容无处可去（不支持 `show events`）",
};
