/* SPDX-License-Identifier: Apache-2.0 */
/* Locations, and what answers in them: K0232 to K0237, K0250 to K0262, K0272, K0278 to K0281. */
#include "conf/nginx/diag_nginx.h"

const struct diag_kind nginx_bad_modifier = {
    .code = "K0232",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is none of = ~ ~* ^~",
    .zh = "“{0}”应为 = ~ ~* ^~ 之一",
    .nginx = "invalid location modifier \"{0}\"",
};
const struct diag_kind nginx_duplicate_location = {
    .code = "K0233",
    .severity = SEVERITY_ERROR,
    .en = "there are two locations `{0}`",
    .zh = "有两个 location `{0}`",
    .nginx = "duplicate location \"{0}\"",
};
const struct diag_kind nginx_nested_in = {
    .code = "K0234",
    .severity = SEVERITY_ERROR,
    .en = "location `{0}` cannot be inside `{1}`, which takes one path only",
    .zh = "location `{0}` 不能写在 `{1}` 中",
    .nginx = "location \"{0}\" cannot be inside the exact location \"{1}\"",
};
const struct diag_kind nginx_nested_named = {
    .code = "K0235",
    .severity = SEVERITY_ERROR,
    .en = "a named location such as `{0}` stands in server only",
    .zh = "命名 location `{0}` 只能写在 server 中",
    .nginx = "named location \"{0}\" can be on the server level only",
};
const struct diag_kind nginx_nested_outside = {
    .code = "K0236",
    .severity = SEVERITY_ERROR,
    .en = "no path of `{0}` is one of the outer `{1}`",
    .zh = "`{0}` 不在外层 `{1}` 的路径之内",
    .nginx = "location \"{0}\" is outside location \"{1}\"",
};
const struct diag_kind nginx_unknown_named = {
    .code = "K0237",
    .severity = SEVERITY_WARNING,
    .en = "there is no location `{0}` in this server: who is sent there gets 500",
    .zh = "该 server 中没有 location `{0}`：转到那里的请求会得到 500",
};
const struct diag_kind nginx_bad_url = {
    .code = "K0250",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a URL; http://10.0.0.1:8080 and http://upstream/path/ are",
    .zh = "“{0}”不是合法的 URL，例如 http://10.0.0.1:8080、http://upstream/path/",
    .nginx = "invalid URL prefix",
};
const struct diag_kind nginx_no_uri_here = {
    .code = "K0251",
    .severity = SEVERITY_ERROR,
    .en = "the path \"{0}\" cannot stand in a location given by a regular expression, in a named one, or in "
          "`if`",
    .zh = "在正则 location、命名 location 或 if 中，proxy_pass 不能带路径“{0}”",
    .nginx = "\"proxy_pass\" cannot have URI part in location given by regular expression, or inside named "
             "location, or inside \"if\" statement, or inside \"limit_except\" block",
};
const struct diag_kind nginx_no_http2 = {
    .code = "K0254",
    .severity = SEVERITY_ERROR,
    .en = "HTTP/2 towards servers is not spoken yet",
    .zh = "尚不支持以 HTTP/2 访问后端",
};
const struct diag_kind nginx_no_handler = {
    .code = "K0255",
    .severity = SEVERITY_ERROR,
    .en = "this server neither passes connections on nor answers: `proxy_pass` is missing",
    .zh = "该 server 缺少 proxy_pass",
    .nginx = "no handler for server",
};
const struct diag_kind nginx_two_handlers = {
    .code = "K0256",
    .severity = SEVERITY_ERROR,
    .en = "a server either passes on (`proxy_pass`) or answers (`return`)",
    .zh = "proxy_pass 与 return 不能同时使用",
};
const struct diag_kind nginx_two_roots = {
    .code = "K0257",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is there though `{1}` was said already",
    .zh = "已有 `{1}`，不能再写 `{0}`",
    .nginx = "\"{0}\" directive is duplicate, \"{1}\" directive was specified earlier",
};
const struct diag_kind nginx_alias_inherited = {
    .code = "K0258",
    .severity = SEVERITY_ERROR,
    .en = "an `alias` of an outer location does not serve `{0}`; write one of its own",
    .zh = "外层 location 的 alias 不适用于 `{0}`，请另写",
};
const struct diag_kind nginx_no_extension = {
    .code = "K0259",
    .severity = SEVERITY_WARNING,
    .en = "no extension stands behind \"{0}\"",
    .zh = "“{0}”后面没有扩展名",
};
const struct diag_kind nginx_duplicate_extension = {
    .code = "K0260",
    .severity = SEVERITY_WARNING,
    .en = "the extension \"{0}\" is {1} now, and was {2}",
    .zh = "扩展名“{0}”由 {2} 改为 {1}",
    .nginx = "duplicate extension \"{0}\", content type: \"{1}\", previous content type: \"{2}\"",
};
const struct diag_kind nginx_page_without_status = {
    .code = "K0261",
    .severity = SEVERITY_ERROR,
    .en = "`error_page` needs a status and what to show for it",
    .zh = "error_page 需要状态码和目标",
};
const struct diag_kind nginx_no_page = {
    .code = "K0262",
    .severity = SEVERITY_ERROR,
    .en = "there is no page for {0}",
    .zh = "{0} 没有对应的页面",
    .nginx = "invalid value \"{0}\"",
};
const struct diag_kind nginx_only = {
    .code = "K0272",
    .severity = SEVERITY_ERROR,
    .en = "`{0} {2}` is known but not supported yet; only `{1}` is",
    .zh = "`{0} {2}` 尚不支持，目前只能是 `{1}`",
};
const struct diag_kind nginx_bad_return = {
    .code = "K0278",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is no status and no URL",
    .zh = "“{0}”不是状态码，也不是 URL",
    .nginx = "invalid return code \"{0}\"",
};
const struct diag_kind nginx_bad_status = {
    .code = "K0279",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a status from 300 to 599",
    .zh = "“{0}”不是 300 到 599 之间的状态码",
    .nginx = "value \"{0}\" must be between 300 and 599",
};
const struct diag_kind nginx_nested_in_named = {
    .code = "K0280",
    .severity = SEVERITY_ERROR,
    .en = "location `{0}` cannot be inside `{1}`, which is entered by its name only",
    .zh = "location `{0}` 不能写在命名 location `{1}` 中",
    .nginx = "location \"{0}\" cannot be inside the named location \"{1}\"",
};
const struct diag_kind nginx_no_host = {
    .code = "K0281",
    .severity = SEVERITY_ERROR,
    .en = "no host stands in \"{0}\"",
    .zh = "“{0}”中没有主机",
    .nginx = "no host in upstream \"\"",
};
