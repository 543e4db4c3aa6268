/* SPDX-License-Identifier: Apache-2.0 */
/* Formats and logs: K0263 to K0271. */
#include "conf/nginx/diag_nginx.h"

const struct diag_kind nginx_unknown_format = {
    .code = "K0263",
    .severity = SEVERITY_ERROR,
    .en = "there is no log_format `{0}`",
    .zh = "没有名为 `{0}` 的 log_format",
    .nginx = "unknown log format \"{0}\"",
};
const struct diag_kind nginx_no_format = {
    .code = "K0264",
    .severity = SEVERITY_ERROR,
    .en = "`access_log` of stream needs the name of a log_format",
    .zh = "stream 的 access_log 需要 log_format 的名称",
    .nginx = "log format is not specified",
};
const struct diag_kind nginx_duplicate_format = {
    .code = "K0265",
    .severity = SEVERITY_ERROR,
    .en = "there is a log_format `{0}` already",
    .zh = "log_format `{0}` 已经存在",
    .nginx = "duplicate \"log_format\" name \"{0}\"",
};
const struct diag_kind nginx_empty_format = {
    .code = "K0266",
    .severity = SEVERITY_ERROR,
    .en = "the log_format `{0}` is empty",
    .zh = "log_format `{0}` 为空",
    .nginx = "invalid number of arguments in \"log_format\" directive",
};
const struct diag_kind nginx_syslog_server = {
    .code = "K0267",
    .severity = SEVERITY_ERROR,
    .en = "syslog: needs server=ADDRESS",
    .zh = "syslog: 需要 server=地址",
    .nginx = "no syslog server specified",
};
const struct diag_kind nginx_log_memory = {
    .code = "K0268",
    .severity = SEVERITY_ERROR,
    .en = "logging to memory is known but not supported",
    .zh = "不支持写入内存的日志",
};
const struct diag_kind nginx_log_variables = {
    .code = "K0269",
    .severity = SEVERITY_ERROR,
    .en = "a log's name with variables is known but not supported yet",
    .zh = "日志文件名尚不支持变量",
};
const struct diag_kind nginx_log_gzip = {
    .code = "K0270",
    .severity = SEVERITY_ERROR,
    .en = "`{0}`: compressed logs are not written yet",
    .zh = "`{0}`：尚不支持压缩日志",
};
const struct diag_kind nginx_log_conflict = {
    .code = "K0271",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is logged to already, with another buffer",
    .zh = "“{0}”已用其他缓冲参数打开",
    .nginx = "access_log \"{0}\" already defined with conflicting parameters",
};
