/* SPDX-License-Identifier: Apache-2.0 */
/* The pages we answer with, and the checks: K0356 to K0359, K0405 to K0409, K0896, K0897. */
#include "conf/haproxy/diag_haproxy.h"

const struct diag_kind haproxy_check_unused = {
    .code = "K0356",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` lines have no effect: `{1}` is missing in `{2}`",
    .zh = "`{2}` 中缺少 `{1}`，`{0}` 行不起作用",
    .haproxy = "backend '{2}' uses {0} rules without '{1}', so the rules are ignored.",
};
const struct diag_kind haproxy_check_user = {
    .code = "K0357",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` needs: user NAME",
    .zh = "`{0}` 需要：user 用户名",
    .haproxy = "'{0}' expects 'user <username>' as argument.",
};
const struct diag_kind haproxy_check_constant = {
    .code = "K0358",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\": checks have no request, so they can send texts only",
    .zh = "“{0}”：检查中没有请求，只能发送固定文本",
};
const struct diag_kind haproxy_check_status = {
    .code = "K0359",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a list of statuses such as 200,301-303",
    .zh = "“{0}”不是合法的状态码列表，例如 200,301-303",
    .haproxy = "invalid status codes: '{0}'",
};
const struct diag_kind haproxy_page_status = {
    .code = "K0405",
    .severity = SEVERITY_ERROR,
    .en = "{0} is not a status that we answer by ourselves",
    .zh = "{0} 不是本程序会自行返回的状态码",
    .haproxy = "status code '{0}' not handled by 'errorfile'.",
};
const struct diag_kind haproxy_errorfile_missing = {
    .code = "K0406",
    .severity = SEVERITY_ERROR,
    .en = "the page `{0}` cannot be read: {1}",
    .zh = "无法读取页面文件 `{0}`：{1}",
    .haproxy = "error opening file <{0}> for custom error message.",
};
const struct diag_kind haproxy_errorfile_bad = {
    .code = "K0407",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` does not hold a whole HTTP answer: {1}",
    .zh = "`{0}` 不是完整的 HTTP 响应：{1}",
    .haproxy = "unable to convert custom error message file <{0}>: {1}",
};
const struct diag_kind haproxy_errorfile_length = {
    .code = "K0408",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` says Content-Length {1}, and holds {2} bytes; the shorter is sent",
    .zh = "`{0}` 的 Content-Length 为 {1}，实际 {2} 字节，按较短者发送",
};
const struct diag_kind haproxy_no_http_errors = {
    .code = "K0409",
    .severity = SEVERITY_ERROR,
    .en = "no `http-errors` section is called `{0}`",
    .zh = "没有名为 `{0}` 的 http-errors 段",
    .haproxy = "unknown http-errors section '{0}'.",
};
const struct diag_kind haproxy_external_global = {
    .code = "K0896",
    .severity = SEVERITY_ERROR,
    .en =
        "`{0}` wants to start programs for its checks, which `global` does not allow: `external-check` there "
        "does",
    .zh = "`{0}` 的检查要启动外部程序，但 `global` 未允许：请在其中写 `external-check`",
    .haproxy = "Proxy '{0}' : 'option external-check' unable to find required 'global.external-check'.",
};
const struct diag_kind haproxy_external_command = {
    .code = "K0897",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` has `option external-check` and does not say which program: `external-check command FILE` "
          "does",
    .zh = "`{0}` 有 `option external-check` 却没有说明程序：请写 `external-check command FILE`",
    .haproxy = "Proxy '{0}' : 'option external-check' unable to find required 'external-check command'.",
};
