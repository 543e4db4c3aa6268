/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/haproxy/diag_haproxy.h"

#define ERROR   .severity = SEVERITY_ERROR
#define WARNING .severity = SEVERITY_WARNING
#define NOTE    .severity = SEVERITY_NOTE

/* ---- files, sections, lines ---- */

const struct diag_kind haproxy_unreadable = {
    .code = "K0300",
    ERROR,
    .en = "the file `{0}` cannot be read: {1}",
    .zh = "无法读取文件 `{0}`：{1}",
    .haproxy = "Could not open configuration file {0} : {1}",
};
const struct diag_kind haproxy_no_section = {
    .code = "K0301",
    ERROR,
    .en = "`{0}` stands before any section; `global`, `defaults`, `frontend` … begin one",
    .zh = "`{0}` 之前没有任何配置段，应先写 `global`、`defaults`、`frontend` 等",
    .haproxy = "unknown keyword '{0}' out of section.",
};
const struct diag_kind haproxy_bad_name = {
    .code = "K0302",
    ERROR,
    .en = "`{0}` cannot be a name: \"{1}\" is not allowed; letters, digits and \"-\" \"_\" \".\" \":\" are",
    .zh = "名称 `{0}` 中不允许使用“{1}”，只能使用字母、数字和 - _ . :",
    .haproxy = "character '{1}' is not permitted in name '{0}'.",
};
const struct diag_kind haproxy_section_word = {
    .code = "K0303",
    ERROR,
    .en = "`{0}` does not belong on the `{1}` line: a name stands there, and `from DEFAULTS`",
    .zh = "`{1}` 行只能写名称以及 `from 默认段名`，`{0}` 不应出现",
    .haproxy = "please use the 'bind' keyword for listening addresses.",
};
const struct diag_kind haproxy_ignored_here = {
    .code = "K0304",
    WARNING,
    .en = "`{0}` has no effect in a {1}: it belongs to the {2}'s side",
    .zh = "`{0}` 在 {1} 中不起作用，它属于 {2} 一侧",
    .haproxy = "'{0}' ignored because {1} '{3}' has no {2} capability.",
};
const struct diag_kind haproxy_defaults_unknown = {
    .code = "K0306",
    ERROR,
    .en = "no `defaults` section is called `{0}`",
    .zh = "没有名为 `{0}` 的 defaults 段",
    .haproxy = "failed to find defaults section called '{0}'.",
};
const struct diag_kind haproxy_defaults_twice = {
    .code = "K0307",
    ERROR,
    .en = "two `defaults` sections are called `{0}`: which one is meant?",
    .zh = "有两个 defaults 段都叫 `{0}`，无法确定引用哪一个",
    .haproxy = "ambiguous defaults section name '{0}'",
};
const struct diag_kind haproxy_no_no = {
    .code = "K0308",
    ERROR,
    .en = "`no` and `default` cannot stand before `{0}`",
    .zh = "`{0}` 前面不能写 no 或 default",
    .haproxy = "negation/default currently supported only for options, log, and busy-polling.",
};
const struct diag_kind haproxy_mode_refused = {
    .code = "K0309",
    ERROR,
    .en = "`mode {0}` is not served; `tcp` and `http` are",
    .zh = "不支持 `mode {0}`，只支持 tcp 和 http",
};
const struct diag_kind haproxy_later = {
    .code = "K0310",
    WARNING,
    .en = "`{0}` is understood, but nothing follows from it yet: {1}",
    .zh = "已识别 `{0}`，但暂不起作用：{1}",
};
const struct diag_kind haproxy_stray_lines = {
    .code = "K0311",
    WARNING,
    .en = "these lines belong to `{0} {1}`, not to the whole file",
    .zh = "这些行属于 `{0} {1}`，并非对整个文件生效",
    .more = "A section ends only where the next one begins. What stands after the last line of a section, "
            "indented or not, is a part of it: here lines that were hardly meant for a page of statistics.",
};
/* ---- .if and messages ---- */

const struct diag_kind haproxy_if_open = {
    .code = "K0312",
    ERROR,
    .en = "this .if is never closed: a .endif is missing",
    .zh = "此 .if 没有对应的 .endif",
    .haproxy = "unmatched '.if' at end of file",
};
const struct diag_kind haproxy_if_lone = {
    .code = "K0313",
    ERROR,
    .en = "`{0}` stands without an .if",
    .zh = "`{0}` 没有对应的 .if",
    .haproxy = "lone '{0}' with no matching '.if'",
};
const struct diag_kind haproxy_if_after_else = {
    .code = "K0314",
    ERROR,
    .en = "`{0}` after .else: only .endif may follow",
    .zh = ".else 之后只能是 .endif，不能是 `{0}`",
    .haproxy = "'{0}' after '.else' is not permitted",
};
const struct diag_kind haproxy_if_bad = {
    .code = "K0315",
    ERROR,
    .en = "\"{0}\" is no condition",
    .zh = "“{0}”不是合法的条件表达式",
    .haproxy = "error in conditional expression",
    .more = "Conditions are numbers and predicates: defined(NAME) feature(NAME) streq(A,B) strneq(A,B) "
            "strstr(A,B) version_atleast(V) version_before(V) openssl_version_atleast(V) enabled(NAME), "
            "joined with \"!\", \"&&\", \"||\" and parentheses.",
};
const struct diag_kind haproxy_notice = {
    .code = "K0316",
    NOTE,
    .en = "{0}",
    .zh = "{0}",
    .haproxy = "'{0}'",
};
const struct diag_kind haproxy_warning = {
    .code = "K0317",
    WARNING,
    .en = "{0}",
    .zh = "{0}",
    .haproxy = "'{0}'",
};
const struct diag_kind haproxy_alert = {
    .code = "K0318",
    ERROR,
    .en = "{0}",
    .zh = "{0}",
    .haproxy = "'{0}'",
};
const struct diag_kind haproxy_defaults_rules = {
    .code = "K0319",
    ERROR,
    .en = "`{0}` in `defaults` needs a name for the section: rules are for those that ask for it by `from`",
    .zh = "defaults 段必须有名称才能使用 `{0}`，供其他段用 from 引用",
    .haproxy = "'{0}' not allowed in anonymous 'defaults' section.",
};
const struct diag_kind haproxy_defaults_chain = {
    .code = "K0339",
    ERROR,
    .en = "`defaults` cannot begin as `{0}`, which holds rules",
    .zh = "defaults 段不能继承含有规则的 `{0}`",
    .haproxy = "a defaults section cannot inherit from a defaults section defining TCP/HTTP rules",
};
/* ---- aCLs and conditions ---- */

const struct diag_kind haproxy_regex_dot = {
    .code = "K0320",
    WARNING,
    .en = "a dot in a pattern stands for any character: `{0}` matches too",
    .zh = "正则中的点号匹配任意字符：`{0}` 也会匹配",
    .more = "In a regular expression \".\" is any character; \"\\.\" is a dot. And a Host field may hold a "
            "port, which a pattern that ends in \"$\" does not expect.",
};
const struct diag_kind haproxy_no_acl = {
    .code = "K0321",
    ERROR,
    .en = "no ACL is called `{0}`",
    .zh = "没有名为 `{0}` 的 ACL",
    .haproxy = "no such ACL : '{0}'.",
};
const struct diag_kind haproxy_acl_name = {
    .code = "K0322",
    ERROR,
    .en = "an ACL cannot be called `{0}`: the word has a meaning in conditions",
    .zh = "ACL 不能命名为 `{0}`，它在条件中另有含义",
    .haproxy = "acl name '{0}' will never match. 'or' is used to express a disjunctive condition.",
};
const struct diag_kind haproxy_acl_value = {
    .code = "K0323",
    ERROR,
    .en = "\"{0}\" is not {1}",
    .zh = "“{0}”不合法，应为：{1}",
    .haproxy = "'{0}' is not a valid pattern",
};
const struct diag_kind haproxy_acl_file = {
    .code = "K0324",
    ERROR,
    .en = "the file of values `{0}` cannot be read: {1}",
    .zh = "无法读取 ACL 文件 `{0}`：{1}",
    .haproxy = "failed to open pattern file <{0}>.",
};
const struct diag_kind haproxy_acl_method = {
    .code = "K0325",
    ERROR,
    .en = "`-m {0}`: there is no such way of matching",
    .zh = "`-m {0}`：没有这种匹配方式",
    .haproxy = "unknown matching method '{0}'",
};
const struct diag_kind haproxy_acl_no_method = {
    .code = "K0326",
    ERROR,
    .en = "`{0}` gives bytes: -m must say how they are compared",
    .zh = "`{0}` 的结果是二进制数据，必须用 -m 指定匹配方式",
    .haproxy = "sample fetch returns binary, matching method must be specified",
};
const struct diag_kind haproxy_acl_empty = {
    .code = "K0327",
    WARNING,
    .en = "`{0}` is compared with nothing, and so never holds",
    .zh = "`{0}` 后面没有给出匹配值，永远不会成立",
    .haproxy = "no pattern for ACL, it will never match",
};
const struct diag_kind haproxy_open_brace = {
    .code = "K0328",
    ERROR,
    .en = "this \"{\" is never closed: a \"}\" with blanks around it is missing",
    .zh = "此“{”没有结束：缺少前后带空格的“}”",
    .haproxy = "missing closing '}' in condition",
};
const struct diag_kind haproxy_empty_condition = {
    .code = "K0329",
    ERROR,
    .en = "a condition must follow `{0}`",
    .zh = "`{0}` 后面缺少条件",
    .haproxy = "missing condition after '{0}'",
};
/* ---- what a section lacks ---- */

const struct diag_kind haproxy_no_timeouts = {
    .code = "K0330",
    WARNING,
    .en = "{0} `{1}` has no timeout for: {2}; who hangs, hangs for ever",
    .zh = "{0} `{1}` 缺少超时设置：{2}，连接可能永远挂起",
    .haproxy = "missing timeouts for {0} '{1}'.",
};
const struct diag_kind haproxy_rule_order = {
    .code = "K0331",
    WARNING,
    .en = "this `{0}` is run before the `{1}` that stands above it",
    .zh = "此 `{0}` 会先于上面的 `{1}` 执行",
    .haproxy = "a '{0}' rule placed after a '{1}' rule will still be processed before.",
};
const struct diag_kind haproxy_rule_dead = {
    .code = "K0338",
    WARNING,
    .en = "this `{0}` is never reached: the one above it always ends them",
    .zh = "此 `{0}` 永远不会执行：上面的规则总会结束处理",
    .haproxy = "previous '{0}' action is final and has no condition attached, further entries are NOOP.",
};
const struct diag_kind haproxy_log_nowhere = {
    .code = "K0332",
    WARNING,
    .en = "a log format without a log: `{0}` writes no lines",
    .zh = "`{0}` 设置了日志格式但没有日志目标，不会写日志",
    .haproxy = "log format ignored for proxy '{0}' since it has no log address.",
};
const struct diag_kind haproxy_httplog_tcp = {
    .code = "K0333",
    WARNING,
    .en = "`option httplog` in mode tcp: `{0}` writes lines as `option tcplog` does",
    .zh = "`{0}` 为 tcp 模式，`option httplog` 将按 `option tcplog` 处理",
    .haproxy =
        "'option httplog' not usable with proxy '{0}' (needs 'mode http'). Falling back to 'option tcplog'.",
};
const struct diag_kind haproxy_http_only = {
    .code = "K0334",
    WARNING,
    .en = "`{0}` has no effect in mode tcp, which `{1}` is in",
    .zh = "`{1}` 为 tcp 模式，`{0}` 不起作用",
    .haproxy = "'{0}' statement ignored for proxy '{1}' as it requires HTTP mode.",
};
const struct diag_kind haproxy_needs_http = {
    .code = "K0335",
    WARNING,
    .en = "`{0}` rules have no effect in mode tcp, which `{1}` is in",
    .zh = "`{1}` 为 tcp 模式，`{0}` 规则不起作用",
    .haproxy = "'{0}' rules ignored for proxy '{1}' as they require HTTP mode.",
};
const struct diag_kind haproxy_no_bind = {
    .code = "K0336",
    WARNING,
    .en = "{0} `{1}` listens nowhere: a `bind` line is missing",
    .zh = "{0} `{1}` 没有 bind 行，不监听任何地址",
    .haproxy = "{0} '{1}' has no 'bind' directive. Please declare it as a backend if this was intended.",
};
/* ---- backends and servers ---- */

const struct diag_kind haproxy_no_backend = {
    .code = "K0340",
    ERROR,
    .en = "no backend is called `{0}`",
    .zh = "没有名为 `{0}` 的 backend",
    .haproxy = "unable to find required default_backend/use_backend: '{0}'.",
};
const struct diag_kind haproxy_mode_differs = {
    .code = "K0341",
    ERROR,
    .en = "`{0}` speaks {1} and `{2}` speaks {3}: one cannot send to the other",
    .zh = "`{0}` 为 {1} 模式而 `{2}` 为 {3} 模式，无法转发",
    .haproxy = "{1} frontend '{0}' tries to use incompatible {3} backend '{2}'.",
};
const struct diag_kind haproxy_no_server = {
    .code = "K0342",
    ERROR,
    .en = "`{1}` has no server called `{0}`",
    .zh = "`{1}` 中没有名为 `{0}` 的 server",
    .haproxy = "unable to find server '{0}' in backend '{1}'.",
};
const struct diag_kind haproxy_server_port = {
    .code = "K0343",
    ERROR,
    .en = "server address \"{0}\" has no port of its own, so checks need one",
    .zh = "服务器地址“{0}”没有自己的端口，健康检查需要另写端口",
};
const struct diag_kind haproxy_track_and_check = {
    .code = "K0345",
    ERROR,
    .en = "server `{0}` has both `check` and `track`: its state comes from one of them",
    .zh = "服务器 `{0}` 不能同时使用 check 和 track",
    .haproxy = "unable to enable checks and tracking at the same time!",
};
const struct diag_kind haproxy_no_resolvers = {
    .code = "K0368",
    ERROR,
    .en = "there is no section `resolvers {0}`",
    .zh = "没有名为 `{0}` 的 resolvers 段",
    .haproxy = "unable to find required resolvers '{0}'",
};
const struct diag_kind haproxy_agent_port = {
    .code = "K0369",
    ERROR,
    .en = "server `{0}` has `agent-check` without `agent-port`: nobody knows where the agent is",
    .zh = "服务器 `{0}` 使用了 agent-check，但没有 agent-port",
    .haproxy = "agent-check requires an agent-port",
};
const struct diag_kind haproxy_observe_tcp = {
    .code = "K0346",
    ERROR,
    .en = "server `{0}`: `observe layer7` needs mode http",
    .zh = "服务器 `{0}`：observe layer7 需要 mode http",
    .haproxy = "server {0} can not use observe mode 'layer7' without mode http.",
};
const struct diag_kind haproxy_zero_interval = {
    .code = "K0347",
    ERROR,
    .en = "`{0}` of 0: checks would never stop",
    .zh = "`{0}` 不能为 0",
    .haproxy = "invalid value '0' for argument '{0}'.",
};
const struct diag_kind haproxy_source_range = {
    .code = "K0348",
    ERROR,
    .en = "`{0}`: one source port, or none, can be said",
    .zh = "`{0}`：源端口只能是一个或不写",
};
const struct diag_kind haproxy_retry_word = {
    .code = "K0349",
    ERROR,
    .en = "`{0}` is nothing that can be tried again",
    .zh = "`{0}` 不是合法的 retry-on 条件",
    .haproxy = "'{0}' is not a valid retry condition.",
};
const struct diag_kind haproxy_no_algorithm = {
    .code = "K0350",
    ERROR,
    .en = "`{0}` is no way of balancing",
    .zh = "`{0}` 不是合法的负载均衡算法",
    .haproxy = "unable to find balance algorithm '{0}'",
};
const struct diag_kind haproxy_balance_word = {
    .code = "K0351",
    ERROR,
    .en = "`{0}` means nothing to `balance {1}`",
    .zh = "`balance {1}` 不接受 `{0}`",
    .haproxy = "unexpected argument '{0}' for 'balance {1}'.",
};
const struct diag_kind haproxy_balance_http = {
    .code = "K0352",
    WARNING,
    .en = "`balance {0}` needs mode http, which `{1}` is not in: servers are taken in turn",
    .zh = "`{1}` 不是 http 模式，`balance {0}` 不起作用，改为轮询",
    .haproxy = "Layer 7 hash not possible for proxy '{1}' (needs 'mode http'). Falling back to round robin.",
};
/* ---- cookies ---- */

const struct diag_kind haproxy_cookie_no_mode = {
    .code = "K0305",
    WARNING,
    .en = "`cookie {0}` has no mode: no client will ever receive this cookie",
    .zh = "`cookie {0}` 没有模式：任何客户端都不会收到此 cookie",
    .more = "Without insert, rewrite or prefix the cookie is only read. Unless the application itself sets "
            "one with the names of the servers, nobody ever has it, and nobody is kept with a server.",
};
const struct diag_kind haproxy_cookie_conflict = {
    .code = "K0353",
    ERROR,
    .en = "this cookie cannot be: {0}",
    .zh = "cookie 设置互相矛盾：{0}",
    .haproxy = "'rewrite', 'insert' and 'prefix' are mutually exclusive",
};
const struct diag_kind haproxy_cookie_unnamed = {
    .code = "K0354",
    WARNING,
    .en = "no server of `{1}` has a cookie value: `cookie {0}` can name none of them",
    .zh = "`{1}` 的服务器都没有 cookie 值，`cookie {0}` 无法起作用",
};
const struct diag_kind haproxy_cookie_attribute = {
    .code = "K0355",
    ERROR,
    .en = "\"{0}\" cannot be an attribute: neither \";\" nor control characters may be in it",
    .zh = "“{0}”不能作为 cookie 属性，不能含有分号或控制字符",
    .haproxy = "character ';' or control character found in attribute value.",
};
/* ---- addresses ---- */

const struct diag_kind haproxy_bad_address = {
    .code = "K0360",
    ERROR,
    .en = "\"{0}\" is not an address; *:80, 10.0.0.1:80, [::1]:80, ipv6@:::80, /path and abns@name are",
    .zh = "“{0}”不是合法的地址，例如 *:80、10.0.0.1:80、[::1]:80、/path",
    .haproxy = "invalid address: '{0}'",
};
const struct diag_kind haproxy_bad_port = {
    .code = "K0361",
    ERROR,
    .en = "\"{0}\" is not a port, or a range of ports such as 8000-8010",
    .zh = "“{0}”不是合法的端口或端口范围",
    .haproxy = "invalid port range '{0}'.",
};
const struct diag_kind haproxy_no_port = {
    .code = "K0362",
    ERROR,
    .en = "the address \"{0}\" has no port",
    .zh = "地址“{0}”缺少端口",
    .haproxy = "'bind' : missing port number: '{0}'",
};
const struct diag_kind haproxy_bad_path = {
    .code = "K0363",
    ERROR,
    .en = "\"{0}\" cannot be the path of a socket: it is empty, or longer than 107 bytes",
    .zh = "“{0}”不能作为套接字路径：为空或超过 107 字节",
    .haproxy = "socket path '{0}' too long",
};
const struct diag_kind haproxy_address_refused = {
    .code = "K0364",
    ERROR,
    .en = "addresses of the kind `{0}` are not served",
    .zh = "不支持 `{0}` 类型的地址",
};
/* ---- users, groups, permissions ---- */

const struct diag_kind haproxy_no_user = {
    .code = "K0365",
    ERROR,
    .en = "this machine has no user `{0}`",
    .zh = "本机没有用户 `{0}`",
    .haproxy = "cannot find user id for '{0}'",
};
const struct diag_kind haproxy_no_group = {
    .code = "K0366",
    ERROR,
    .en = "this machine has no group `{0}`",
    .zh = "本机没有用户组 `{0}`",
    .haproxy = "cannot find group id for '{0}'",
};
const struct diag_kind haproxy_bad_mode = {
    .code = "K0367",
    ERROR,
    .en = "\"{0}\" is not a mode such as 600 or 0660",
    .zh = "“{0}”不是合法的权限，例如 600、0660",
    .haproxy = "'mode' : missing or invalid mode '{0}' (octal integer expected)",
};
/* ---- samples ---- */

const struct diag_kind haproxy_no_fetch = {
    .code = "K0370",
    ERROR,
    .en = "there is no sample fetch `{0}`",
    .zh = "没有名为 `{0}` 的取样方法",
    .haproxy = "unknown fetch method '{0}'",
};
const struct diag_kind haproxy_sample_refused = {
    .code = "K0371",
    ERROR,
    .en = "the sample fetch `{0}` is known but not supported: {1}",
    .zh = "取样方法 `{0}` 已知但尚不支持：{1}",
};
const struct diag_kind haproxy_no_converter = {
    .code = "K0372",
    ERROR,
    .en = "there is no converter `{0}`",
    .zh = "没有名为 `{0}` 的转换器",
    .haproxy = "unknown converter '{0}'",
};
const struct diag_kind haproxy_converter_refused = {
    .code = "K0373",
    ERROR,
    .en = "the converter `{0}` is known but not supported: {1}",
    .zh = "转换器 `{0}` 已知但尚不支持：{1}",
};
const struct diag_kind haproxy_sample_arity = {
    .code = "K0374",
    ERROR,
    .en = "`{0}` takes {1} arguments",
    .zh = "`{0}` 需要 {1} 个参数",
    .haproxy = "missing or unexpected arguments for '{0}'",
};
const struct diag_kind haproxy_sample_args = {
    .code = "K0375",
    ERROR,
    .en = "\"{0}\" is not what may stand there",
    .zh = "“{0}”不是合法的参数",
    .haproxy = "invalid argument '{0}'",
};
const struct diag_kind haproxy_sample_name = {
    .code = "K0376",
    ERROR,
    .en = "`{0}` needs a name in its parentheses",
    .zh = "`{0}` 的括号中需要名称",
    .haproxy = "missing header name for '{0}'",
};
const struct diag_kind haproxy_sample_open = {
    .code = "K0377",
    ERROR,
    .en = "this {0} is never closed",
    .zh = "{0} 没有结束",
    .haproxy = "expected ')' or quote to be closed",
};
const struct diag_kind haproxy_sample_after = {
    .code = "K0378",
    ERROR,
    .en = "a \",\" and a converter may follow, not \"{0}\"",
    .zh = "后面只能是逗号和转换器，而不是“{0}”",
    .haproxy = "unexpected character '{0}' after fetch method",
};
const struct diag_kind haproxy_bad_regex = {
    .code = "K0379",
    ERROR,
    .en = "\"{0}\" is not a regular expression: {1}",
    .zh = "“{0}”不是合法的正则表达式：{1}",
    .haproxy = "regex '{0}' is invalid ({1})",
};
const struct diag_kind haproxy_variable_name = {
    .code = "K0380",
    ERROR,
    .en = "\"{0}\" is not a variable: txn., sess., proc., req. and res. stand before its name",
    .zh = "“{0}”不是变量名，应为 txn.名称、req.名称 或 res.名称",
    .haproxy = "invalid variable name '{0}'. A variable name must be start by its scope.",
};
const struct diag_kind haproxy_variable_scope = {
    .code = "K0381",
    ERROR,
    .en = "`{0}`: variables of checks are not kept; txn., sess. and proc. ones are",
    .zh = "`{0}`：不支持检查范围的变量，可用 txn.、sess. 和 proc.",
};
/* ---- rules ---- */

const struct diag_kind haproxy_action_word = {
    .code = "K0382",
    ERROR,
    .en = "`{0}` means nothing to `{1}`",
    .zh = "`{1}` 不接受 `{0}`",
    .haproxy = "unexpected argument '{0}' for '{1}'",
};
const struct diag_kind haproxy_redirect_where = {
    .code = "K0383",
    ERROR,
    .en = "where to? `location`, `prefix` or `scheme` is missing",
    .zh = "缺少重定向目标：location、prefix 或 scheme",
    .haproxy = "redirection type expected ('prefix', 'location', or 'scheme').",
};
const struct diag_kind haproxy_no_content_type = {
    .code = "K0384",
    ERROR,
    .en = "`{0}`: a body needs a content-type",
    .zh = "`{0}`：有正文时必须给出 content-type",
    .haproxy = "content type must be specified for a payload",
};
const struct diag_kind haproxy_replace_format = {
    .code = "K0385",
    ERROR,
    .en = "`{0}`: the new text may hold \\0 to \\9, but no samples yet",
    .zh = "`{0}`：新文本中可用 \\0 至 \\9，尚不支持 %[...]",
};
const struct diag_kind haproxy_expect_proxy_if = {
    .code = "K0386",
    ERROR,
    .en = "`{0}` is for every connection; a condition is not served yet",
    .zh = "`{0}` 对所有连接生效，尚不支持条件",
};
const struct diag_kind haproxy_capture_form = {
    .code = "K0387",
    ERROR,
    .en = "`{0}` reads: header NAME len N; cookie NAME len N; declare capture request|response len N",
    .zh = "`{0}` 格式不正确",
    .haproxy = "'{0}' expects 'header' <header_name> 'len' <len>.",
};
const struct diag_kind haproxy_capture_id = {
    .code = "K0388",
    ERROR,
    .en = "`{1}` declares no capture with the id {0}",
    .zh = "`{1}` 没有声明 id 为 {0} 的 capture",
    .haproxy = "unable to find capture id '{0}' referenced by http-request capture rule",
};
const struct diag_kind haproxy_capture_len = {
    .code = "K0389",
    ERROR,
    .en = "`{0}` makes a slot in requests of a frontend; here `id` of a declared one is needed",
    .zh = "此处不能用 `{0}` 新建 capture，应使用已声明的 id",
};
const struct diag_kind haproxy_unique_id = {
    .code = "K0390",
    WARNING,
    .en = "`unique-id-header` of `{0}` has nothing to send: `unique-id-format` is missing",
    .zh = "`{0}` 设置了 unique-id-header 但没有 unique-id-format",
};
const struct diag_kind haproxy_old_field = {
    .code = "K0391",
    ERROR,
    .en = "\"{0}\" is not a field: NAME, \":\" and a value",
    .zh = "“{0}”不是合法的字段，应为 “名称: 值”",
};
const struct diag_kind haproxy_stats_admin = {
    .code = "K0392",
    ERROR,
    .en = "`stats admin` needs a condition: if LOCALHOST",
    .zh = "`stats admin` 后面需要条件，例如 if LOCALHOST",
    .haproxy = "'stats admin' expects either 'if' or 'unless' followed by a condition.",
};
/* ---- formats and logs ---- */

const struct diag_kind haproxy_format_unknown = {
    .code = "K0393",
    ERROR,
    .en = "log formats have no word `%{0}`",
    .zh = "日志格式中没有 `%{0}`",
    .haproxy = "no such format variable '{0}'.",
};
const struct diag_kind haproxy_format_refused = {
    .code = "K0394",
    ERROR,
    .en = "`%{0}` is known but not supported: {1}",
    .zh = "`%{0}` 已知但尚不支持：{1}",
};
const struct diag_kind haproxy_format_http = {
    .code = "K0395",
    ERROR,
    .en = "`%{0}` is of requests, and `{1}` is in mode tcp",
    .zh = "`%{0}` 只能用于 http 模式，而 `{1}` 为 tcp 模式",
    .haproxy = "format variable '{0}' is reserved for HTTP mode.",
};
const struct diag_kind haproxy_format_flag = {
    .code = "K0396",
    ERROR,
    .en = "\"{0}\" is not a flag of a format; +Q, -Q, +X and -X are",
    .zh = "“{0}”不是合法的格式标志：+ 或 - 之后可用 Q、X、E、json",
    .haproxy = "character '{0}' is not a valid flag",
};
const struct diag_kind haproxy_format_open = {
    .code = "K0397",
    ERROR,
    .en = "this {0} is never closed by a \"{1}\"",
    .zh = "此处的 {0} 缺少“{1}”",
    .haproxy = "missing closing '{1}' in format string",
};
const struct diag_kind haproxy_log_target = {
    .code = "K0398",
    ERROR,
    .en = "logs cannot be sent to `{0}` yet; addresses, paths, stdout and stderr can be",
    .zh = "尚不支持 `{0}` 日志目标，可用地址、路径、stdout、stderr",
};
const struct diag_kind haproxy_log_facility = {
    .code = "K0399",
    ERROR,
    .en = "a facility such as local0 is missing",
    .zh = "缺少日志设施，例如 local0",
    .haproxy = "'log' : missing facility name",
};
const struct diag_kind haproxy_log_global = {
    .code = "K0403",
    WARNING,
    .en = "`log global` takes what `log` lines of `global` say, and there are none",
    .zh = "global 段中没有 log 行，`log global` 没有作用",
    .haproxy = "'log global' : no global logs defined",
};
const struct diag_kind haproxy_log_sample = {
    .code = "K0404",
    ERROR,
    .en = "\"{0}\" is not a sample such as 1-2:8; one range can be said",
    .zh = "“{0}”不是合法的采样，例如 1-2:8，只支持一个范围",
    .haproxy = "invalid sample '{0}'",
};
/* ---- pages and checks ---- */

const struct diag_kind haproxy_page_status = {
    .code = "K0405",
    ERROR,
    .en = "{0} is not a status that we answer by ourselves",
    .zh = "{0} 不是本程序会自行返回的状态码",
    .haproxy = "status code '{0}' not handled by 'errorfile'.",
};
const struct diag_kind haproxy_errorfile_missing = {
    .code = "K0406",
    ERROR,
    .en = "the page `{0}` cannot be read: {1}",
    .zh = "无法读取页面文件 `{0}`：{1}",
    .haproxy = "error opening file <{0}> for custom error message.",
};
const struct diag_kind haproxy_errorfile_bad = {
    .code = "K0407",
    ERROR,
    .en = "`{0}` does not hold a whole HTTP answer: {1}",
    .zh = "`{0}` 不是完整的 HTTP 响应：{1}",
    .haproxy = "unable to convert custom error message file <{0}>: {1}",
};
const struct diag_kind haproxy_errorfile_length = {
    .code = "K0408",
    WARNING,
    .en = "`{0}` says Content-Length {1}, and holds {2} bytes; the shorter is sent",
    .zh = "`{0}` 的 Content-Length 为 {1}，实际 {2} 字节，按较短者发送",
};
const struct diag_kind haproxy_no_http_errors = {
    .code = "K0409",
    ERROR,
    .en = "no `http-errors` section is called `{0}`",
    .zh = "没有名为 `{0}` 的 http-errors 段",
    .haproxy = "unknown http-errors section '{0}'.",
};
const struct diag_kind haproxy_check_unused = {
    .code = "K0356",
    WARNING,
    .en = "`{0}` lines have no effect: `{1}` is missing in `{2}`",
    .zh = "`{2}` 中缺少 `{1}`，`{0}` 行不起作用",
    .haproxy = "backend '{2}' uses {0} rules without '{1}', so the rules are ignored.",
};
const struct diag_kind haproxy_check_user = {
    .code = "K0357",
    ERROR,
    .en = "`{0}` needs: user NAME",
    .zh = "`{0}` 需要：user 用户名",
    .haproxy = "'{0}' expects 'user <username>' as argument.",
};
const struct diag_kind haproxy_check_constant = {
    .code = "K0358",
    ERROR,
    .en = "\"{0}\": checks have no request, so they can send texts only",
    .zh = "“{0}”：检查中没有请求，只能发送固定文本",
};
const struct diag_kind haproxy_check_status = {
    .code = "K0359",
    ERROR,
    .en = "\"{0}\" is not a list of statuses such as 200,301-303",
    .zh = "“{0}”不是合法的状态码列表，例如 200,301-303",
    .haproxy = "invalid status codes: '{0}'",
};
/* ---- safety ---- */

const struct diag_kind haproxy_stats_easy = {
    .code = "K0401",
    WARNING,
    .en = "anyone who reaches port {0} can stop your servers with {1}",
    .zh = "任何能访问端口 {0} 的人都可以用 {1} 停止你的服务器",
};
const struct diag_kind haproxy_stats_open = {
    .code = "K0402",
    WARNING,
    .en = "anyone who reaches port {0} can stop your servers, without a password",
    .zh = "任何能访问端口 {0} 的人无需密码即可停止你的服务器",
};

const struct diag_kind *const haproxy_kinds[] = {
    &haproxy_unreadable,
    &haproxy_tls_unreadable,
    &haproxy_tls_empty,
    &haproxy_tls_no_certificate,
    &haproxy_tls_unused,
    &haproxy_tls_no_client_ca,
    &haproxy_tls_no_server_ca,
    &haproxy_tls_gap,
    &haproxy_old_version,
    &haproxy_http2_later,
    &haproxy_tls_alpn_bad,
    &haproxy_tls_note,
    &haproxy_tls_default,
    &haproxy_tls_few_keys,
    &haproxy_tls_open_list,
    &haproxy_tls_name,
    &haproxy_no_section,
    &haproxy_bad_name,
    &haproxy_section_word,
    &haproxy_ignored_here,
    &haproxy_cookie_no_mode,
    &haproxy_defaults_unknown,
    &haproxy_defaults_twice,
    &haproxy_no_no,
    &haproxy_mode_refused,
    &haproxy_later,
    &haproxy_stray_lines,
    &haproxy_if_open,
    &haproxy_if_lone,
    &haproxy_if_after_else,
    &haproxy_if_bad,
    &haproxy_notice,
    &haproxy_warning,
    &haproxy_alert,
    &haproxy_defaults_rules,
    &haproxy_regex_dot,
    &haproxy_no_acl,
    &haproxy_acl_name,
    &haproxy_acl_value,
    &haproxy_acl_file,
    &haproxy_acl_method,
    &haproxy_acl_no_method,
    &haproxy_acl_empty,
    &haproxy_open_brace,
    &haproxy_empty_condition,
    &haproxy_no_timeouts,
    &haproxy_rule_order,
    &haproxy_rule_dead,
    &haproxy_log_nowhere,
    &haproxy_httplog_tcp,
    &haproxy_http_only,
    &haproxy_needs_http,
    &haproxy_no_bind,
    &haproxy_defaults_chain,
    &haproxy_no_backend,
    &haproxy_mode_differs,
    &haproxy_no_server,
    &haproxy_server_port,
    &haproxy_track_and_check,
    &haproxy_no_resolvers,
    &haproxy_agent_port,
    &haproxy_observe_tcp,
    &haproxy_zero_interval,
    &haproxy_source_range,
    &haproxy_retry_word,
    &haproxy_long_interface,
    &haproxy_no_algorithm,
    &haproxy_balance_word,
    &haproxy_balance_http,
    &haproxy_cookie_conflict,
    &haproxy_cookie_unnamed,
    &haproxy_cookie_attribute,
    &haproxy_check_unused,
    &haproxy_check_user,
    &haproxy_check_constant,
    &haproxy_check_status,
    &haproxy_bad_address,
    &haproxy_bad_port,
    &haproxy_no_port,
    &haproxy_bad_path,
    &haproxy_address_refused,
    &haproxy_no_user,
    &haproxy_no_group,
    &haproxy_bad_mode,
    &haproxy_no_fetch,
    &haproxy_sample_refused,
    &haproxy_no_converter,
    &haproxy_converter_refused,
    &haproxy_sample_arity,
    &haproxy_sample_args,
    &haproxy_sample_name,
    &haproxy_sample_open,
    &haproxy_sample_after,
    &haproxy_bad_regex,
    &haproxy_variable_name,
    &haproxy_variable_scope,
    &haproxy_action_word,
    &haproxy_redirect_where,
    &haproxy_no_content_type,
    &haproxy_replace_format,
    &haproxy_expect_proxy_if,
    &haproxy_capture_form,
    &haproxy_capture_id,
    &haproxy_capture_len,
    &haproxy_unique_id,
    &haproxy_old_field,
    &haproxy_stats_admin,
    &haproxy_format_unknown,
    &haproxy_format_refused,
    &haproxy_format_http,
    &haproxy_format_flag,
    &haproxy_format_open,
    &haproxy_log_target,
    &haproxy_log_facility,
    &haproxy_stats_easy,
    &haproxy_stats_open,
    &haproxy_log_global,
    &haproxy_log_sample,
    &haproxy_page_status,
    &haproxy_errorfile_missing,
    &haproxy_errorfile_bad,
    &haproxy_errorfile_length,
    &haproxy_no_http_errors,
    &haproxy_stick_data,
    &haproxy_stick_argument,
    &haproxy_stick_missing,
    &haproxy_no_stick_table,
    &haproxy_stick_counter,
    &haproxy_no_user_list,
    &haproxy_no_user_group,
    &haproxy_no_list_user,
    &haproxy_user_twice,
    &haproxy_variable_process,
    &haproxy_variable_early,
    &haproxy_pattern_id,
    &haproxy_no_pattern_list,
    NULL,
};
