/* SPDX-License-Identifier: Apache-2.0 */
/* Samples: fetches, converters and variables: K0370 to K0381. */
#include "conf/haproxy/diag_haproxy.h"

const struct diag_kind haproxy_no_fetch = {
    .code = "K0370",
    .severity = SEVERITY_ERROR,
    .en = "there is no sample fetch `{0}`",
    .zh = "没有名为 `{0}` 的取样方法",
    .haproxy = "unknown fetch method '{0}'",
};
const struct diag_kind haproxy_sample_refused = {
    .code = "K0371",
    .severity = SEVERITY_ERROR,
    .en = "the sample fetch `{0}` is known but not supported: {1}",
    .zh = "取样方法 `{0}` 已知但尚不支持：{1}",
};
const struct diag_kind haproxy_no_converter = {
    .code = "K0372",
    .severity = SEVERITY_ERROR,
    .en = "there is no converter `{0}`",
    .zh = "没有名为 `{0}` 的转换器",
    .haproxy = "unknown converter '{0}'",
};
const struct diag_kind haproxy_converter_refused = {
    .code = "K0373",
    .severity = SEVERITY_ERROR,
    .en = "the converter `{0}` is known but not supported: {1}",
    .zh = "转换器 `{0}` 已知但尚不支持：{1}",
};
const struct diag_kind haproxy_sample_arity = {
    .code = "K0374",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` takes {1} arguments",
    .zh = "`{0}` 需要 {1} 个参数",
    .haproxy = "missing or unexpected arguments for '{0}'",
};
const struct diag_kind haproxy_sample_args = {
    .code = "K0375",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not what may stand there",
    .zh = "“{0}”不是合法的参数",
    .haproxy = "invalid argument '{0}'",
};
const struct diag_kind haproxy_sample_name = {
    .code = "K0376",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` needs a name in its parentheses",
    .zh = "`{0}` 的括号中需要名称",
    .haproxy = "missing header name for '{0}'",
};
const struct diag_kind haproxy_sample_open = {
    .code = "K0377",
    .severity = SEVERITY_ERROR,
    .en = "this {0} is never closed",
    .zh = "{0} 没有结束",
    .haproxy = "expected ')' or quote to be closed",
};
const struct diag_kind haproxy_sample_after = {
    .code = "K0378",
    .severity = SEVERITY_ERROR,
    .en = "a \",\" and a converter may follow, not \"{0}\"",
    .zh = "后面只能是逗号和转换器，而不是“{0}”",
    .haproxy = "unexpected character '{0}' after fetch method",
};
const struct diag_kind haproxy_bad_regex = {
    .code = "K0379",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a regular expression: {1}",
    .zh = "“{0}”不是合法的正则表达式：{1}",
    .haproxy = "regex '{0}' is invalid ({1})",
};
const struct diag_kind haproxy_variable_name = {
    .code = "K0380",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a variable: txn., sess., proc., req. and res. stand before its name",
    .zh = "“{0}”不是变量名，应为 txn.名称、req.名称 或 res.名称",
    .haproxy = "invalid variable name '{0}'. A variable name must be start by its scope.",
};
const struct diag_kind haproxy_variable_scope = {
    .code = "K0381",
    .severity = SEVERITY_ERROR,
    .en = "`{0}`: variables of checks are not kept; txn., sess. and proc. ones are",
    .zh = "`{0}`：不支持检查范围的变量，可用 txn.、sess. 和 proc.",
};
