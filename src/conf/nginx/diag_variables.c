/* SPDX-License-Identifier: Apache-2.0 */
/* Variables, maps, geo and conditions: K0238 to K0249, K0863, K0864. */
#include "conf/nginx/diag_nginx.h"

const struct diag_kind nginx_bad_regex = {
    .code = "K0238",
    .severity = SEVERITY_ERROR,
    .en = "the regular expression \"{0}\" does not compile: {1}",
    .zh = "正则表达式“{0}”有误：{1}",
    .nginx = "pcre2_compile() failed: {1} in \"{0}\"{2}",
};
const struct diag_kind nginx_unknown_variable = {
    .code = "K0239",
    .severity = SEVERITY_ERROR,
    .en = "there is no variable ${0}",
    .zh = "没有变量 ${0}",
    .nginx = "unknown \"{0}\" variable",
};
const struct diag_kind nginx_variable_refused = {
    .code = "K0240",
    .severity = SEVERITY_ERROR,
    .en = "the variable ${0} is known but not supported yet",
    .zh = "变量 ${0} 是已知的，但尚不支持",
};
const struct diag_kind nginx_bad_variable = {
    .code = "K0241",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not the name of a variable",
    .zh = "“{0}”不是变量名",
    .nginx = "invalid variable name",
};
const struct diag_kind nginx_not_a_name = {
    .code = "K0242",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not the name of a variable: $ and letters, digits or _",
    .zh = "“{0}”不是变量名：应为 $ 加字母、数字或下划线",
    .nginx = "invalid variable name \"{0}\"",
};
const struct diag_kind nginx_duplicate_variable = {
    .code = "K0243",
    .severity = SEVERITY_ERROR,
    .en = "there is a variable ${0} already",
    .zh = "变量 ${0} 已经存在",
    .nginx = "the duplicate \"{0}\" variable",
};
const struct diag_kind nginx_variable_circle = {
    .code = "K0244",
    .severity = SEVERITY_ERROR,
    .en = "the variable ${0} depends on itself",
    .zh = "变量 ${0} 依赖于自身",
    .nginx = "cycle while evaluating variable \"{0}\"",
};
const struct diag_kind nginx_no_variables = {
    .code = "K0245",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` with variables is not supported yet",
    .zh = "`{0}` 尚不支持变量",
};
const struct diag_kind nginx_map_row = {
    .code = "K0246",
    .severity = SEVERITY_ERROR,
    .en = "a row of {0} is a key and a value",
    .zh = "{0} 的每一行应为键和值",
    .nginx = "invalid number of the {0} parameters",
};
const struct diag_kind nginx_map_conflict = {
    .code = "K0247",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is there twice",
    .zh = "“{0}”重复",
    .nginx = "conflicting parameter \"{0}\"",
};
const struct diag_kind nginx_map_again = {
    .code = "K0252",
    .severity = SEVERITY_WARNING,
    .en = "there is a variable ${0} already: this one takes its place",
    .zh = "变量 ${0} 已经存在：以此处的定义为准",
};
const struct diag_kind nginx_geo_again = {
    .code = "K0253",
    .severity = SEVERITY_WARNING,
    .en = "\"{0}\" is there twice: the last one counts",
    .zh = "“{0}”重复：以最后一个为准",
    .nginx = "duplicate network \"{0}\"",
};
const struct diag_kind nginx_geo_refused = {
    .code = "K0248",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` of geo is known but not supported yet",
    .zh = "geo 的 `{0}` 尚不支持",
};
const struct diag_kind nginx_bad_condition = {
    .code = "K0249",
    .severity = SEVERITY_ERROR,
    .en = "this is not a condition: {0}",
    .zh = "这不是合法的条件：{0}",
    .nginx = "invalid condition \"{1}\"",
    .more = "A condition is ($variable), ($variable = text), ($variable != text), ($variable ~ regular "
            "expression) or (-f file), with blanks round the operator. There is no \"and\", no \"or\" and no "
            "\"else\".",
};
const struct diag_kind nginx_geo_late_ranges = {
    .code = "K0863",
    .severity = SEVERITY_ERROR,
    .en = "`ranges` must stand before the rows of geo",
    .zh = "`ranges` 必须写在 geo 的各行之前",
    .nginx = "the \"ranges\" directive must be the first directive inside \"geo\" block",
};
const struct diag_kind nginx_geo_no_range = {
    .code = "K0864",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is no range of IPv4 addresses, as in 10.0.0.1-10.0.0.9",
    .zh = "“{0}”不是 IPv4 地址范围，应如 10.0.0.1-10.0.0.9",
    .nginx = "invalid range \"{0}\"",
};
