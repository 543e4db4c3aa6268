/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/nginx/diag_nginx.h"

const struct diag_kind nginx_unreadable = {
    .code = "K0201",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" cannot be read: {1}",
    .zh = "无法读取“{0}”：{1}",
    .nginx = "open() \"{0}\" failed ({2}: {1})",
};
const struct diag_kind nginx_include_circle = {
    .code = "K0202",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" includes itself, by way of others or at once",
    .zh = "“{0}”直接或间接地包含了自己",
};
const struct diag_kind nginx_include_deep = {
    .code = "K0203",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\": files that include files, too deep",
    .zh = "“{0}”：include 嵌套过深",
};
const struct diag_kind nginx_no_events = {
    .code = "K0204",
    .severity = SEVERITY_ERROR,
    .en = "the file has no `events` block",
    .zh = "缺少 events 块",
    .nginx = "no \"events\" section in configuration",
    .more = "Write `events { }`: nginx wants it, though it may be empty.",
};
const struct diag_kind nginx_no_user = {
    .code = "K0205",
    .severity = SEVERITY_ERROR,
    .en = "this machine has no user `{0}`",
    .zh = "系统中没有用户 `{0}`",
    .nginx = "getpwnam(\"{0}\") failed",
};
const struct diag_kind nginx_no_group = {
    .code = "K0206",
    .severity = SEVERITY_ERROR,
    .en = "this machine has no group `{0}`",
    .zh = "系统中没有用户组 `{0}`",
    .nginx = "getgrnam(\"{0}\") failed",
};
const struct diag_kind nginx_module = {
    .code = "K0207",
    .severity = SEVERITY_NOTE,
    .en = "modules are not loaded: what {0} does is built in, or refused by name",
    .zh = "不加载模块：{0} 的功能已内置，或按名称拒绝",
};
const struct diag_kind nginx_unknown_upstream = {
    .code = "K0210",
    .severity = SEVERITY_ERROR,
    .en = "proxy_pass names an unknown upstream `{0}`",
    .zh = "proxy_pass 指向未知的 upstream `{0}`",
    .nginx = "host not found in upstream \"{0}\"",
    .more = "A name in proxy_pass is that of an upstream block, or a host that has an address when the file "
            "is read. This one is neither, and nginx does not start with it either.",
};
const struct diag_kind nginx_underscore_host = {
    .code = "K0211",
    .severity = SEVERITY_WARNING,
    .en = "the servers get `Host: {0}`, and an underscore is not allowed in a host name",
    .zh = "后端将收到 `Host: {0}`，而主机名中不允许有下划线",
    .nginx = "the servers get \"Host: {0}\", and an underscore is not allowed in a host name: write "
             "\"proxy_set_header Host $host;\"",
    .more = "Without proxy_set_header Host the upstream's name is what servers get as Host. Tomcat since "
            "8.5.31 answers 400 to one with an underscore.",
};
const struct diag_kind nginx_upstream_port = {
    .code = "K0212",
    .severity = SEVERITY_ERROR,
    .en = "the upstream `{0}` may not have the port {1}",
    .zh = "upstream `{0}` 后面不能写端口 {1}",
    .nginx = "upstream \"{0}\" may not have port {1}",
};
const struct diag_kind nginx_no_servers = {
    .code = "K0213",
    .severity = SEVERITY_ERROR,
    .en = "there are no servers in the upstream `{0}`",
    .zh = "upstream `{0}` 中没有 server",
    .nginx = "no servers are inside upstream",
};
const struct diag_kind nginx_two_methods = {
    .code = "K0214",
    .severity = SEVERITY_WARNING,
    .en = "`{0}`: how to choose a server is said twice; the last one counts",
    .zh = "`{0}`：重复指定负载均衡方法，以最后一个为准",
    .nginx = "load balancing method redefined",
};
const struct diag_kind nginx_no_backup = {
    .code = "K0215",
    .severity = SEVERITY_ERROR,
    .en = "this way of choosing a server has no `{0}`",
    .zh = "该负载均衡方法不支持 `{0}`",
    .nginx = "balancing method does not support parameter \"{0}\"",
};
const struct diag_kind nginx_server_refused = {
    .code = "K0216",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is known but not supported yet",
    .zh = "`{0}` 是已知的参数，但尚不支持",
};
const struct diag_kind nginx_no_upstream_resolver = {
    .code = "K0209",
    .severity = SEVERITY_ERROR,
    .en = "upstream `{0}` has servers with `resolve`, and nobody names a `resolver`",
    .zh = "upstream `{0}` 中有使用 `resolve` 的服务器，但没有指定 `resolver`",
    .nginx = "no resolver defined to resolve names at run time in upstream \"{0}\"",
};
const struct diag_kind nginx_no_match = {
    .code = "K0298",
    .severity = SEVERITY_ERROR,
    .en = "there is no `match {0}`",
    .zh = "没有名为 `{0}` 的 match",
};
const struct diag_kind nginx_health_target = {
    .code = "K0299",
    .severity = SEVERITY_ERROR,
    .en = "`health_check` needs a `proxy_pass` to an upstream beside it, by name",
    .zh = "`health_check` 需要同一位置的 `proxy_pass` 指向一个 upstream",
};
const struct diag_kind nginx_bad_parameter = {
    .code = "K0217",
    .severity = SEVERITY_ERROR,
    .en = "`{1}` has no parameter \"{0}\"",
    .zh = "`{1}` 没有参数“{0}”",
    .nginx = "invalid parameter \"{0}\"",
};
const struct diag_kind nginx_bad_address = {
    .code = "K0218",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not an address; 10.0.0.1:80, [::1]:80, localhost:80 and unix:/path are",
    .zh = "“{0}”不是地址，例如 10.0.0.1:80、[::1]:80、localhost:80、unix:/path",
    .nginx = "invalid host in {1}",
};
const struct diag_kind nginx_bad_port = {
    .code = "K0219",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a port: 1 to 65535",
    .zh = "“{0}”不是端口号（1 到 65535）",
    .nginx = "invalid port in {1}",
};
const struct diag_kind nginx_no_port = {
    .code = "K0220",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" has no port",
    .zh = "“{0}”没有端口",
    .nginx = "no port in {1}",
};
const struct diag_kind nginx_duplicate_listen = {
    .code = "K0221",
    .severity = SEVERITY_ERROR,
    .en = "this server listens on {0} already",
    .zh = "该 server 已经监听 {0}",
    .nginx = "a duplicate listen {1}",
};
const struct diag_kind nginx_two_defaults = {
    .code = "K0222",
    .severity = SEVERITY_ERROR,
    .en = "{0} has a default server already",
    .zh = "{0} 已有默认 server",
    .nginx = "a duplicate default server for {1}",
};
const struct diag_kind nginx_duplicate_options = {
    .code = "K0223",
    .severity = SEVERITY_ERROR,
    .en = "options of the socket for {0} are given twice; one server gives them for all",
    .zh = "{0} 的套接字参数重复，只应由一个 server 给出",
    .nginx = "duplicate listen options for {1}",
};
const struct diag_kind nginx_duplicate_pair = {
    .code = "K0224",
    .severity = SEVERITY_ERROR,
    .en = "two servers listen on {0}",
    .zh = "两个 server 监听同一地址 {0}",
    .nginx = "duplicate \"{1}\" address and port pair",
};
const struct diag_kind nginx_no_listen = {
    .code = "K0225",
    .severity = SEVERITY_ERROR,
    .en = "a server of stream needs `listen`",
    .zh = "stream 的 server 需要 listen",
    .nginx = "no \"listen\" is defined for server",
};
const struct diag_kind nginx_listen_refused = {
    .code = "K0226",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is known but not supported yet: {1}",
    .zh = "`{0}` 是已知的参数，但尚不支持：{1}",
};
const struct diag_kind nginx_listen_tuning = {
    .code = "K0227",
    .severity = SEVERITY_NOTE,
    .en = "`{0}` has no effect here",
    .zh = "`{0}` 在此没有作用",
};
const struct diag_kind nginx_tls_refused = {
    .code = "K0228",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is known but not supported: {1}",
    .zh = "`{0}` 是已知的写法，但不支持：{1}",
};
const struct diag_kind nginx_tls_note = {
    .code = "K0229",
    .severity = SEVERITY_NOTE,
    .en = "`{0}` has no effect: {1}",
    .zh = "`{0}` 没有作用：{1}",
};
const struct diag_kind nginx_name_taken = {
    .code = "K0230",
    .severity = SEVERITY_WARNING,
    .en = "the name \"{0}\" on {1} belongs to another server already; ignored here",
    .zh = "{1} 上的名称“{0}”已属于其他 server，此处忽略",
    .nginx = "conflicting server name \"{0}\" on {2}, ignored",
};
const struct diag_kind nginx_bad_name = {
    .code = "K0231",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is not a server name; example.com, *.example.com, www.example.* and ~^re$ are",
    .zh = "“{0}”不是合法的 server_name，例如 example.com、*.example.com、www.example.*、~^re$",
    .nginx = "invalid server name or wildcard \"{0}\"",
};
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
    .severity = SEVERITY_ERROR,
    .en = "there is no location `{0}` in this server",
    .zh = "该 server 中没有 location `{0}`",
};
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
const struct diag_kind nginx_geo_refused = {
    .code = "K0248",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` of geo is known but not supported yet",
    .zh = "geo 的 `{0}` 尚不支持",
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
const struct diag_kind nginx_only = {
    .code = "K0272",
    .severity = SEVERITY_ERROR,
    .en = "`{0} {2}` is known but not supported yet; only `{1}` is",
    .zh = "`{0} {2}` 尚不支持，目前只能是 `{1}`",
};
const struct diag_kind nginx_no_resolver = {
    .code = "K0274",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` is not asked yet: names are resolved once, when the file is read",
    .zh = "尚不使用 `{0}`：域名只在读取文件时解析一次",
};
const struct diag_kind nginx_keep_alive_field = {
    .code = "K0275",
    .severity = SEVERITY_NOTE,
    .en = "the field Keep-Alive is not sent",
    .zh = "不发送 Keep-Alive 头",
};
const struct diag_kind nginx_host_unknown = {
    .code = "K0276",
    .severity = SEVERITY_ERROR,
    .en = "no address is known for the name `{0}`",
    .zh = "域名 `{0}` 无法解析",
    .nginx = "host not found in {1}",
};
const struct diag_kind nginx_host_failed = {
    .code = "K0277",
    .severity = SEVERITY_ERROR,
    .en = "the name `{0}` could not be resolved: {2}",
    .zh = "解析域名 `{0}` 失败：{2}",
    .nginx = "host not found in {1}",
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
const struct diag_kind nginx_sticky_needs = {
    .code = "K0862",
    .severity = SEVERITY_ERROR,
    .en = "`sticky learn` needs {0}",
    .zh = "sticky learn 缺少 {0}",
    .more = "Write sticky learn create=$upstream_cookie_NAME lookup=$cookie_NAME zone=NAME:SIZE, where the "
            "application's cookie is called NAME.",
};

const struct diag_kind nginx_bad_zone = {
    .code = "K0295",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is no zone: its name and size are missing",
    .zh = "“{0}”不是共享区：缺少名称与大小",
    .more = "Write zone=NAME:SIZE, as in zone=perip:10m. A megabyte holds about 8,000 keys.",
};
const struct diag_kind nginx_bad_rate = {
    .code = "K0296",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is no rate of requests",
    .zh = "“{0}”不是有效的请求速率",
    .more = "Write a number and r/s or r/m: rate=10r/s.",
};
const struct diag_kind nginx_duplicate_zone = {
    .code = "K0297",
    .severity = SEVERITY_ERROR,
    .en = "there is a zone \"{0}\" already",
    .zh = "共享区“{0}”已存在",
};
const struct diag_kind nginx_unknown_zone = {
    .code = "K0867",
    .severity = SEVERITY_ERROR,
    .en = "no zone of this kind is called \"{0}\"",
    .zh = "没有名为“{0}”的同类共享区",
    .more = "limit_req names a limit_req_zone, limit_conn a limit_conn_zone; both stand in http.",
};
const struct diag_kind nginx_auth_without_users = {
    .code = "K0868",
    .severity = SEVERITY_ERROR,
    .en = "`auth_basic` needs `auth_basic_user_file`: nobody could come in",
    .zh = "auth_basic 需要 auth_basic_user_file，否则无人能通过认证",
    .more = "A line of the file is name:hash, as htpasswd or openssl passwd -apr1 writes it.",
};
const struct diag_kind nginx_bad_share = {
    .code = "K0869",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" is no share: all together are at most 100%",
    .zh = "“{0}”不是有效的份额：合计不得超过 100%",
    .more = "Write 0.01% to 100%, and * for the rest.",
};
const struct diag_kind nginx_no_nameserver = {
    .code = "K0282",
    .severity = SEVERITY_ERROR,
    .en = "`resolver` asks nobody: it names no nameserver, or switches both IPv4 and IPv6 off",
    .zh = "resolver 没有可查询的对象：未指定域名服务器，或同时关闭了 IPv4 与 IPv6",
    .more = "Give at least one address: resolver 10.0.0.2 valid=30s;",
};

const struct diag_kind nginx_http2_later = {
    .code = "K0285",
    .severity = SEVERITY_WARNING,
    .en = "`{0}`: HTTP/2 is not served yet, and clients are served HTTP/1.1",
    .zh = "`{0}`：尚不支持 HTTP/2，客户端将使用 HTTP/1.1",
};
const struct diag_kind nginx_no_certificate = {
    .code = "K0286",
    .severity = SEVERITY_ERROR,
    .en = "no \"ssl_certificate\" is defined for the \"listen ... ssl\" of {0}",
    .zh = "{0} 的 listen ... ssl 没有定义 ssl_certificate",
    .nginx = "no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive",
    .more = "The default server of an address with `ssl` must have a certificate to show, or say "
            "`ssl_reject_handshake on`.",
};
const struct diag_kind nginx_no_certificate_key = {
    .code = "K0287",
    .severity = SEVERITY_ERROR,
    .en = "the certificate \"{0}\" has no key",
    .zh = "证书“{0}”没有对应的私钥",
    .nginx = "no \"ssl_certificate_key\" is defined for certificate \"{0}\"",
};
const struct diag_kind nginx_tls_unreadable = {
    .code = "K0288",
    .severity = SEVERITY_ERROR,
    .en = "\"{0}\" cannot be read: {1}",
    .zh = "无法读取“{0}”：{1}",
    .nginx =
        "cannot load {2} \"{0}\": BIO_new_file() failed (SSL: error:80000002:system library::{1}:calling "
        "fopen({0}, r))",
};
const struct diag_kind nginx_no_client_ca = {
    .code = "K0289",
    .severity = SEVERITY_ERROR,
    .en = "clients must show certificates, and nobody says whose are good",
    .zh = "要求客户端证书，但没有指定可信的 CA",
    .nginx = "no ssl_client_certificate or ssl_trusted_certificate for ssl_verify_client",
    .more =
        "ssl_client_certificate names a file with the certificates of the CAs that sign those of clients.",
};
const struct diag_kind nginx_no_server_ca = {
    .code = "K0290",
    .severity = SEVERITY_ERROR,
    .en = "servers' certificates are verified, and nobody says whose are good",
    .zh = "要求验证后端证书，但没有指定可信的 CA",
    .nginx = "no proxy_ssl_trusted_certificate for proxy_ssl_verify",
    .more = "proxy_ssl_trusted_certificate names a file with the certificates of the CAs that sign those of "
            "servers; "
            "/etc/ssl/certs/ca-certificates.crt holds those that the system trusts.",
};
const struct diag_kind nginx_protocol_gap = {
    .code = "K0291",
    .severity = SEVERITY_ERROR,
    .en = "versions of TLS with a gap between them cannot be offered",
    .zh = "TLS 版本之间不能有空缺",
    .more = "Clients and servers agree on the newest version that both have, from an oldest to a newest one.",
};
const struct diag_kind nginx_old_protocol = {
    .code = "K0292",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` is broken, and this TLS library has it no more: it is left out",
    .zh = "`{0}` 不安全，TLS 库已不再支持，已忽略",
};
const struct diag_kind nginx_bad_session_cache = {
    .code = "K0293",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is no session cache: off, none, builtin:NUMBER or shared:NAME:SIZE was expected",
    .zh = "`{0}` 不是有效的会话缓存：应为 off、none、builtin:数量 或 shared:名称:大小",
    .nginx = "invalid session cache \"{0}\"",
};
const struct diag_kind nginx_half_tls = {
    .code = "K0294",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` and `{1}` share a socket: `ssl` must stand in both or in neither",
    .zh = "`{0}` 与 `{1}` 共用一个套接字：要么都写 ssl，要么都不写",
};

const struct diag_kind *const nginx_kinds[] = {
    &nginx_unreadable,
    &nginx_include_circle,
    &nginx_include_deep,
    &nginx_no_events,
    &nginx_no_user,
    &nginx_no_group,
    &nginx_module,
    &nginx_unknown_upstream,
    &nginx_underscore_host,
    &nginx_upstream_port,
    &nginx_no_servers,
    &nginx_two_methods,
    &nginx_no_backup,
    &nginx_server_refused,
    &nginx_no_upstream_resolver,
    &nginx_no_match,
    &nginx_health_target,
    &nginx_sticky_needs,
    &nginx_bad_parameter,
    &nginx_bad_address,
    &nginx_bad_port,
    &nginx_no_port,
    &nginx_duplicate_listen,
    &nginx_two_defaults,
    &nginx_duplicate_options,
    &nginx_duplicate_pair,
    &nginx_no_listen,
    &nginx_listen_refused,
    &nginx_listen_tuning,
    &nginx_tls_refused,
    &nginx_tls_note,
    &nginx_name_taken,
    &nginx_bad_name,
    &nginx_bad_modifier,
    &nginx_duplicate_location,
    &nginx_nested_in,
    &nginx_nested_named,
    &nginx_nested_outside,
    &nginx_unknown_named,
    &nginx_bad_regex,
    &nginx_unknown_variable,
    &nginx_variable_refused,
    &nginx_bad_variable,
    &nginx_not_a_name,
    &nginx_duplicate_variable,
    &nginx_variable_circle,
    &nginx_no_variables,
    &nginx_map_row,
    &nginx_map_conflict,
    &nginx_geo_refused,
    &nginx_geo_late_ranges,
    &nginx_geo_no_range,
    &nginx_bad_condition,
    &nginx_bad_url,
    &nginx_no_uri_here,
    &nginx_no_http2,
    &nginx_no_handler,
    &nginx_two_handlers,
    &nginx_two_roots,
    &nginx_alias_inherited,
    &nginx_no_extension,
    &nginx_duplicate_extension,
    &nginx_page_without_status,
    &nginx_no_page,
    &nginx_unknown_format,
    &nginx_no_format,
    &nginx_duplicate_format,
    &nginx_empty_format,
    &nginx_syslog_server,
    &nginx_log_memory,
    &nginx_log_variables,
    &nginx_log_gzip,
    &nginx_log_conflict,
    &nginx_only,
    &nginx_no_resolver,
    &nginx_keep_alive_field,
    &nginx_host_unknown,
    &nginx_host_failed,
    &nginx_bad_return,
    &nginx_bad_status,
    &nginx_nested_in_named,
    &nginx_no_host,
    &nginx_no_nameserver,
    &nginx_bad_share,
    &nginx_bad_zone,
    &nginx_bad_rate,
    &nginx_duplicate_zone,
    &nginx_unknown_zone,
    &nginx_auth_without_users,
    &nginx_http2_later,
    &nginx_no_certificate,
    &nginx_no_certificate_key,
    &nginx_tls_unreadable,
    &nginx_no_client_ca,
    &nginx_no_server_ca,
    &nginx_protocol_gap,
    &nginx_old_protocol,
    &nginx_bad_session_cache,
    &nginx_half_tls,
    &nginx_not_with_udp,
    &nginx_tcp_only,
    NULL,
};
