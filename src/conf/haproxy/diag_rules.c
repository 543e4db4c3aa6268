/* SPDX-License-Identifier: Apache-2.0 */
/* Rules, and what their actions are given: K0382 to K0392. */
#include "conf/haproxy/diag_haproxy.h"

const struct diag_kind haproxy_action_word = {
    .code = "K0382",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` means nothing to `{1}`",
    .zh = "`{1}` 不接受 `{0}`",
    .haproxy = "unexpected argument '{0}' for '{1}'",
};
const struct diag_kind haproxy_redirect_where = {
    .code = "K0383",
    .severity = SEVERITY_ERROR,
    .en = "where to? `location`, `prefix` or `scheme` is missing",
    .zh = "缺少重定向目标：location、prefix 或 scheme",
    .haproxy = "redirection type expected ('prefix', 'location', or 'scheme').",
};
const struct diag_kind haproxy_no_content_type = {
    .code = "K0384",
    .severity = SEVERITY_ERROR,
    .en = "`{0}`: a body needs a content-type",
    .zh = "`{0}`：有正文时必须给出 content-type",
    .haproxy = "content type must be specified for a payload",
};
const struct diag_kind haproxy_replace_format = {
    .code = "K0385",
    .severity = SEVERITY_ERROR,
    .en = "`{0}`: the new text may hold \\0 to \\9, but no samples yet",
    .zh = "`{0}`：新文本中可用 \\0 至 \\9，尚不支持 %[...]",
};
const struct diag_kind haproxy_expect_proxy_if = {
    .code = "K0386",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is for every connection; a condition is not served yet",
    .zh = "`{0}` 对所有连接生效，尚不支持条件",
};
const struct diag_kind haproxy_capture_form = {
    .code = "K0387",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` reads: header NAME len N; cookie NAME len N; declare capture request|response len N",
    .zh = "`{0}` 格式不正确",
    .haproxy = "'{0}' expects 'header' <header_name> 'len' <len>.",
};
const struct diag_kind haproxy_capture_id = {
    .code = "K0388",
    .severity = SEVERITY_ERROR,
    .en = "`{1}` declares no capture with the id {0}",
    .zh = "`{1}` 没有声明 id 为 {0} 的 capture",
    .haproxy = "unable to find capture id '{0}' referenced by http-request capture rule",
};
const struct diag_kind haproxy_capture_len = {
    .code = "K0389",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` makes a slot in requests of a frontend; here `id` of a declared one is needed",
    .zh = "此处不能用 `{0}` 新建 capture，应使用已声明的 id",
};
const struct diag_kind haproxy_unique_id = {
    .code = "K0390",
    .severity = SEVERITY_WARNING,
    .en = "`unique-id-header` of `{0}` has nothing to send: `unique-id-format` is missing",
    .zh = "`{0}` 设置了 unique-id-header 但没有 unique-id-format",
};
const struct diag_kind haproxy_old_field = {
    .code = "K0391",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a field: NAME, \":\" and a value",
    .zh = "“{0}”不是合法的字段，应为 “名称: 值”",
};
const struct diag_kind haproxy_stats_admin = {
    .code = "K0392",
    .severity = SEVERITY_ERROR,
    .en = "`stats admin` needs a condition: if LOCALHOST",
    .zh = "`stats admin` 后面需要条件，例如 if LOCALHOST",
    .haproxy = "'stats admin' expects either 'if' or 'unless' followed by a condition.",
};
