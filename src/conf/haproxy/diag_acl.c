/* SPDX-License-Identifier: Apache-2.0 */
/* ACLs and conditions: K0320 to K0329. */
#include "conf/haproxy/diag_haproxy.h"

const struct diag_kind haproxy_regex_dot = {
    .code = "K0320",
    .severity = SEVERITY_WARNING,
    .en = "a dot in a pattern stands for any character: `{0}` matches too",
    .zh = "正则中的点号匹配任意字符：`{0}` 也会匹配",
    .more = "In a regular expression \".\" is any character; \"\\.\" is a dot. And a Host field may hold a "
            "port, which a pattern that ends in \"$\" does not expect.",
};
const struct diag_kind haproxy_no_acl = {
    .code = "K0321",
    .severity = SEVERITY_ERROR,
    .en = "no ACL is called `{0}`",
    .zh = "没有名为 `{0}` 的 ACL",
    .haproxy = "no such ACL : '{0}'.",
};
const struct diag_kind haproxy_acl_name = {
    .code = "K0322",
    .severity = SEVERITY_ERROR,
    .en = "an ACL cannot be called `{0}`: the word has a meaning in conditions",
    .zh = "ACL 不能命名为 `{0}`，它在条件中另有含义",
    .haproxy = "acl name '{0}' will never match. 'or' is used to express a disjunctive condition.",
};
const struct diag_kind haproxy_acl_value = {
    .code = "K0323",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not {1}",
    .zh = "“{0}”不合法，应为：{1}",
    .haproxy = "'{0}' is not a valid pattern",
};
const struct diag_kind haproxy_acl_file = {
    .code = "K0324",
    .severity = SEVERITY_ERROR,
    .en = "the file of values `{0}` cannot be read: {1}",
    .zh = "无法读取 ACL 文件 `{0}`：{1}",
    .haproxy = "failed to open pattern file <{0}>.",
};
const struct diag_kind haproxy_acl_method = {
    .code = "K0325",
    .severity = SEVERITY_ERROR,
    .en = "`-m {0}`: there is no such way of matching",
    .zh = "`-m {0}`：没有这种匹配方式",
    .haproxy = "unknown matching method '{0}'",
};
const struct diag_kind haproxy_acl_no_method = {
    .code = "K0326",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` gives bytes: -m must say how they are compared",
    .zh = "`{0}` 的结果是二进制数据，必须用 -m 指定匹配方式",
    .haproxy = "sample fetch returns binary, matching method must be specified",
};
const struct diag_kind haproxy_acl_empty = {
    .code = "K0327",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` is compared with nothing, and so never holds",
    .zh = "`{0}` 后面没有给出匹配值，永远不会成立",
    .haproxy = "no pattern for ACL, it will never match",
};
const struct diag_kind haproxy_open_brace = {
    .code = "K0328",
    .severity = SEVERITY_ERROR,
    .en = "this \"{\" is never closed: a \"}\" with blanks around it is missing",
    .zh = "此“{”没有结束：缺少前后带空格的“}”",
    .haproxy = "missing closing '}' in condition",
};
const struct diag_kind haproxy_empty_condition = {
    .code = "K0329",
    .severity = SEVERITY_ERROR,
    .en = "a condition must follow `{0}`",
    .zh = "`{0}` 后面缺少条件",
    .haproxy = "missing condition after '{0}'",
};
