/* SPDX-License-Identifier: Apache-2.0 */
/* Files, sections and their lines, .if, and the messages that a file gives itself: K0300 to K0319, K0339. */
#include "conf/haproxy/diag_haproxy.h"

const struct diag_kind haproxy_unreadable = {
    .code = "K0300",
    .severity = SEVERITY_ERROR,
    .en = "the file `{0}` cannot be read: {1}",
    .zh = "无法读取文件 `{0}`：{1}",
    .haproxy = "Could not open configuration file {0} : {1}",
};
const struct diag_kind haproxy_no_section = {
    .code = "K0301",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` stands before any section; `global`, `defaults`, `frontend` … begin one",
    .zh = "`{0}` 之前没有任何配置段，应先写 `global`、`defaults`、`frontend` 等",
    .haproxy = "unknown keyword '{0}' out of section.",
};
const struct diag_kind haproxy_bad_name = {
    .code = "K0302",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` cannot be a name: \"{1}\" is not allowed; letters, digits and \"-\" \"_\" \".\" \":\" are",
    .zh = "名称 `{0}` 中不允许使用“{1}”，只能使用字母、数字和 - _ . :",
    .haproxy = "character '{1}' is not permitted in name '{0}'.",
};
const struct diag_kind haproxy_section_word = {
    .code = "K0303",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` does not belong on the `{1}` line: a name stands there, and `from DEFAULTS`",
    .zh = "`{1}` 行只能写名称以及 `from 默认段名`，`{0}` 不应出现",
    .haproxy = "please use the 'bind' keyword for listening addresses.",
};
const struct diag_kind haproxy_ignored_here = {
    .code = "K0304",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` has no effect in a {1}: it belongs to the {2}'s side",
    .zh = "`{0}` 在 {1} 中不起作用，它属于 {2} 一侧",
    .haproxy = "'{0}' ignored because {1} '{3}' has no {2} capability.",
};
const struct diag_kind haproxy_defaults_unknown = {
    .code = "K0306",
    .severity = SEVERITY_ERROR,
    .en = "no `defaults` section is called `{0}`",
    .zh = "没有名为 `{0}` 的 defaults 段",
    .haproxy = "failed to find defaults section called '{0}'.",
};
const struct diag_kind haproxy_defaults_twice = {
    .code = "K0307",
    .severity = SEVERITY_ERROR,
    .en = "two `defaults` sections are called `{0}`: which one is meant?",
    .zh = "有两个 defaults 段都叫 `{0}`，无法确定引用哪一个",
    .haproxy = "ambiguous defaults section name '{0}'",
};
const struct diag_kind haproxy_no_no = {
    .code = "K0308",
    .severity = SEVERITY_ERROR,
    .en = "`no` and `default` cannot stand before `{0}`",
    .zh = "`{0}` 前面不能写 no 或 default",
    .haproxy = "negation/default currently supported only for options, log, and busy-polling.",
};
const struct diag_kind haproxy_mode_refused = {
    .code = "K0309",
    .severity = SEVERITY_ERROR,
    .en = "`mode {0}` is not served; `tcp` and `http` are",
    .zh = "不支持 `mode {0}`，只支持 tcp 和 http",
};
const struct diag_kind haproxy_later = {
    .code = "K0310",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` is understood, but nothing follows from it yet: {1}",
    .zh = "已识别 `{0}`，但暂不起作用：{1}",
};
const struct diag_kind haproxy_stray_lines = {
    .code = "K0311",
    .severity = SEVERITY_WARNING,
    .en = "these lines belong to `{0} {1}`, not to the whole file",
    .zh = "这些行属于 `{0} {1}`，并非对整个文件生效",
    .more = "A section ends only where the next one begins. What stands after the last line of a section, "
            "indented or not, is a part of it: here lines that were hardly meant for a page of statistics.",
};
const struct diag_kind haproxy_if_open = {
    .code = "K0312",
    .severity = SEVERITY_ERROR,
    .en = "this .if is never closed: a .endif is missing",
    .zh = "此 .if 没有对应的 .endif",
    .haproxy = "unmatched '.if' at end of file",
};
const struct diag_kind haproxy_if_lone = {
    .code = "K0313",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` stands without an .if",
    .zh = "`{0}` 没有对应的 .if",
    .haproxy = "lone '{0}' with no matching '.if'",
};
const struct diag_kind haproxy_if_after_else = {
    .code = "K0314",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` after .else: only .endif may follow",
    .zh = ".else 之后只能是 .endif，不能是 `{0}`",
    .haproxy = "'{0}' after '.else' is not permitted",
};
const struct diag_kind haproxy_if_bad = {
    .code = "K0315",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is no condition",
    .zh = "“{0}”不是合法的条件表达式",
    .haproxy = "error in conditional expression",
    .more = "Conditions are numbers and predicates: defined(NAME) feature(NAME) streq(A,B) strneq(A,B) "
            "strstr(A,B) version_atleast(V) version_before(V) openssl_version_atleast(V) enabled(NAME), "
            "joined with \"!\", \"&&\", \"||\" and parentheses.",
};
const struct diag_kind haproxy_notice = {
    .code = "K0316",
    .severity = SEVERITY_NOTE,
    .en = "{0}",
    .zh = "{0}",
    .haproxy = "'{0}'",
};
const struct diag_kind haproxy_warning = {
    .code = "K0317",
    .severity = SEVERITY_WARNING,
    .en = "{0}",
    .zh = "{0}",
    .haproxy = "'{0}'",
};
const struct diag_kind haproxy_alert = {
    .code = "K0318",
    .severity = SEVERITY_ERROR,
    .en = "{0}",
    .zh = "{0}",
    .haproxy = "'{0}'",
};
const struct diag_kind haproxy_defaults_rules = {
    .code = "K0319",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` in `defaults` needs a name for the section: rules are for those that ask for it by `from`",
    .zh = "defaults 段必须有名称才能使用 `{0}`，供其他段用 from 引用",
    .haproxy = "'{0}' not allowed in anonymous 'defaults' section.",
};
const struct diag_kind haproxy_defaults_chain = {
    .code = "K0339",
    .severity = SEVERITY_ERROR,
    .en = "`defaults` cannot begin as `{0}`, which holds rules",
    .zh = "defaults 段不能继承含有规则的 `{0}`",
    .haproxy = "a defaults section cannot inherit from a defaults section defining TCP/HTTP rules",
};
