/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/common/diag_conf.h"

#define ERROR   .severity = SEVERITY_ERROR
#define WARNING .severity = SEVERITY_WARNING
#define NOTE    .severity = SEVERITY_NOTE

/* ---- the text ---- */

const struct diag_kind conf_open_quote = {
    .code = "K0101",
    ERROR,
    .en = "this {0} is never closed",
    .zh = "引号 {0} 没有结束",
    .nginx = "unexpected end of file, expecting \";\" or \"}\"",
    .haproxy = "unmatched quote at position shown below",
    .more =
        "A quoted word ends at the next quote of the same kind. When that is missing, everything up to some "
        "later quote is read as one word, and what follows makes no sense any more; so reading went on at "
        "the end of the line.",
};
const struct diag_kind conf_after_quote = {
    .code = "K0103",
    ERROR,
    .en = "a blank or \";\" must follow the closing quote, not \"{0}\"",
    .zh = "右引号后面应为空格或分号，而不是“{0}”",
    .nginx = "unexpected \"{0}\"",
};
const struct diag_kind conf_lone_brace = {
    .code = "K0104",
    ERROR,
    .en = "this \"{0}\" closes nothing",
    .zh = "多余的“{0}”，没有与之对应的左括号",
    .nginx = "unexpected \"{0}\"",
};
const struct diag_kind conf_open_block = {
    .code = "K0105",
    ERROR,
    .en = "a \"}\" is missing at the end of the file",
    .zh = "文件结尾缺少“}”",
    .nginx = "unexpected end of file, expecting \"}\"",
};
const struct diag_kind conf_open_statement = {
    .code = "K0106",
    ERROR,
    .en = "the file ends in the middle of `{0}`: a \";\" is missing",
    .zh = "文件在 `{0}` 中间结束：缺少分号",
    .nginx = "unexpected end of file, expecting \";\" or \"}\"",
};
const struct diag_kind conf_unfinished = {
    .code = "K0107",
    ERROR,
    .en = "`{0}` needs a \";\" before this \"}\"",
    .zh = "“}”之前的 `{0}` 缺少分号",
    .nginx = "unexpected \"}\"",
};
const struct diag_kind conf_missing_semicolon = {
    .code = "K0108",
    ERROR,
    .en = "`{0}` is not ended by a \";\", so `{1}` on the next line became a part of it",
    .zh = "`{0}` 末尾缺少分号，下一行的 `{1}` 被当作它的参数",
    .nginx = "invalid number of arguments in \"{0}\" directive",
};
const struct diag_kind conf_swallowed = {
    .code = "K0121",
    WARNING,
    .en = "`{1}` begins a line, but is an argument of `{0}`: is a \";\" missing?",
    .zh = "行首的 `{1}` 被当作 `{0}` 的参数：是否缺少分号？",
};
const struct diag_kind conf_empty_statement = {
    .code = "K0109",
    ERROR,
    .en = "a word must stand before this \"{0}\"",
    .zh = "“{0}”之前缺少指令",
    .nginx = "unexpected \"{0}\"",
};
const struct diag_kind conf_nul_byte = {
    .code = "K0110",
    ERROR,
    .en = "a NUL byte: is this a text file?",
    .zh = "含有 NUL 字节：这是文本文件吗？",
};
const struct diag_kind conf_wide_character = {
    .code = "K0111",
    ERROR,
    .en = "this is `{0}`, not the ASCII `{1}`",
    .zh = "这里是 `{0}`，应为 ASCII 字符 `{1}`",
    .more =
        "An input method for Chinese or Japanese, or a word processor, wrote a character that looks like the "
        "ASCII one but is another. Reading went on as if the ASCII one stood there.",
};
const struct diag_kind conf_wide_in_word = {
    .code = "K0112",
    WARNING,
    .en = "`{0}` is a part of this word; was the ASCII `{1}` meant?",
    .zh = "`{0}` 会成为参数的一部分，是否应为 ASCII 字符 `{1}`？",
};
const struct diag_kind conf_no_break_space = {
    .code = "K0113",
    ERROR,
    .en = "a no-break space (U+00A0) stands where a blank was meant",
    .zh = "此处是不间断空格 (U+00A0)，应为普通空格",
    .more =
        "Text copied from a web page often has them. They look like blanks, but no program takes them for "
        "one. Reading went on as if it were a blank.",
};
const struct diag_kind conf_crlf = {
    .code = "K0114",
    NOTE,
    .en = "the lines of this file end as on Windows (CR LF)",
    .zh = "本文件使用 Windows 换行符 (CR LF)",
};
const struct diag_kind conf_byte_order_mark = {
    .code = "K0115",
    WARNING,
    .en = "the file begins with a byte order mark (BOM), which was skipped",
    .zh = "文件开头有字节顺序标记 (BOM)，已忽略",
    .more = "Save the file as UTF-8 without BOM: nginx, HAProxy and keepalived read it as a part of the "
            "first word.",
};
const struct diag_kind conf_not_utf8 = {
    .code = "K0116",
    NOTE,
    .en = "this is not UTF-8 (an old encoding such as GBK?); bytes are taken as they are",
    .zh = "此处不是 UTF-8 编码（可能是 GBK），按原字节处理",
};
const struct diag_kind conf_too_deep = {
    .code = "K0117",
    ERROR,
    .en = "blocks within blocks, more than {0} deep",
    .zh = "嵌套超过 {0} 层",
};
const struct diag_kind conf_expand_bad = {
    .code = "K0118",
    ERROR,
    .en = "\"{0}\" is not the name of a variable",
    .zh = "“{0}”不是合法的变量名",
    .haproxy = "syntax error in environment variable name",
};
const struct diag_kind conf_expand_unset = {
    .code = "K0119",
    NOTE,
    .en = "the environment has no variable {0}: nothing stands here",
    .zh = "环境变量 {0} 未设置，此处为空",
};
const struct diag_kind conf_bad_escape = {
    .code = "K0120",
    ERROR,
    .en = "\"{0}\" is no escape: \\x needs two hexadecimal digits",
    .zh = "“{0}”不是合法的转义：\\x 后应为两位十六进制数字",
    .haproxy = "truncated or invalid '\\x' sequence",
};

/* ---- keywords ---- */

const struct diag_kind conf_old_word = {
    .code = "K0102",
    WARNING,
    .en = "`{0}` is an old word; today: {1}",
    .zh = "`{0}` 是旧写法，现应写作：{1}",
};
const struct diag_kind conf_unknown_word = {
    .code = "K0130",
    ERROR,
    .en = "unknown word `{0}` in {1}",
    .zh = "{1} 中有未知的关键字 `{0}`",
    .nginx = "unknown directive \"{0}\"",
    .haproxy = "unknown keyword '{0}' in '{1}' section",
    .keepalived = "Unknown keyword '{0}'",
};
const struct diag_kind conf_refused = {
    .code = "K0131",
    ERROR,
    .en = "`{0}` is known but not supported: {1}",
    .zh = "`{0}` 是已知的关键字，但尚不支持：{1}",
};
const struct diag_kind conf_tuning = {
    .code = "K0132",
    NOTE,
    .en = "`{0}` tunes the inside of {1} only, and has no effect here",
    .zh = "`{0}` 只调整 {1} 内部，在此没有作用",
};
const struct diag_kind conf_wrong_place = {
    .code = "K0133",
    ERROR,
    .en = "`{0}` is not allowed in {1}; it belongs in {2}",
    .zh = "`{0}` 不能写在 {1} 中，应写在 {2}",
    .nginx = "\"{0}\" directive is not allowed here",
    .haproxy = "'{0}' not allowed in '{1}' section",
    .keepalived = "Unknown keyword '{0}'",
};
const struct diag_kind conf_arity = {
    .code = "K0134",
    ERROR,
    .en = "`{0}`: arguments wanted: {1}, found: {2}",
    .zh = "`{0}` 需要的参数个数：{1}，实际：{2}",
    .nginx = "invalid number of arguments in \"{0}\" directive",
};
const struct diag_kind conf_duplicate = {
    .code = "K0135",
    ERROR,
    .en = "`{0}` is there twice",
    .zh = "`{0}` 重复",
    .nginx = "\"{0}\" directive is duplicate",
};
const struct diag_kind conf_no_block = {
    .code = "K0136",
    ERROR,
    .en = "`{0}` needs a block: \"{\" … \"}\"",
    .zh = "`{0}` 后面需要“{”……“}”",
    .nginx = "directive \"{0}\" has no opening \"{\"",
};
const struct diag_kind conf_not_a_block = {
    .code = "K0137",
    ERROR,
    .en = "`{0}` has no block; a \";\" should end it",
    .zh = "`{0}` 没有语句块，应以分号结束",
    .nginx = "directive \"{0}\" is not terminated by \";\"",
};

/* ---- values ---- */

const struct diag_kind conf_bad_number = {
    .code = "K0410",
    ERROR,
    .en = "\"{0}\" is not a number from {1} to {2}",
    .zh = "“{0}”不是 {1} 到 {2} 之间的数字",
    .nginx = "\"{3}\" directive invalid value",
};
const struct diag_kind conf_bad_size = {
    .code = "K0411",
    ERROR,
    .en = "\"{0}\" is not a size; 512, 8k, 10m and 1g are",
    .zh = "“{0}”不是合法的大小，例如 512、8k、10m、1g",
    .nginx = "\"{3}\" directive invalid value",
};
const struct diag_kind conf_bad_size_range = {
    .code = "K0412",
    ERROR,
    .en = "\"{0}\" is out of range: {1} to {2} bytes",
    .zh = "“{0}”超出范围：{1} 到 {2} 字节",
    .nginx = "\"{3}\" directive invalid value",
};
const struct diag_kind conf_bad_time = {
    .code = "K0413",
    ERROR,
    .en = "\"{0}\" is not a time; {1} are",
    .zh = "“{0}”不是合法的时间，例如 {1}",
    .nginx = "\"{3}\" directive invalid value",
};
const struct diag_kind conf_bad_switch = {
    .code = "K0414",
    ERROR,
    .en = "\"{0}\" is neither \"on\" nor \"off\"",
    .zh = "“{0}”应为 on 或 off",
    .nginx = "invalid value \"{0}\" in \"{3}\" directive, it must be \"on\" or \"off\"",
};
const struct diag_kind conf_bad_choice = {
    .code = "K0415",
    ERROR,
    .en = "\"{0}\" is none of: {1}",
    .zh = "“{0}”应为其中之一：{1}",
    .nginx = "invalid value \"{0}\"",
};
const struct diag_kind conf_bad_network = {
    .code = "K0416",
    ERROR,
    .en = "\"{0}\" is not an address or network; 10.0.0.1, 10.0.0.0/8 and 2001:db8::/32 are",
    .zh = "“{0}”不是地址或网段，例如 10.0.0.1、10.0.0.0/8、2001:db8::/32",
    .nginx = "invalid parameter \"{0}\"",
};
const struct diag_kind conf_network_bits = {
    .code = "K0417",
    WARNING,
    .en = "\"{0}\" has bits behind its mask; the network is {1}",
    .zh = "“{0}”的主机位不为零，网段是 {1}",
    .nginx = "low address bits of {0} are meaningless",
};
const struct diag_kind conf_host_unknown = {
    .code = "K0418",
    ERROR,
    .en = "no address is known for the name `{0}`",
    .zh = "域名 `{0}` 无法解析",
    .nginx = "host not found in \"{0}\"",
    .haproxy = "could not resolve address '{0}'",
};
const struct diag_kind conf_host_failed = {
    .code = "K0419",
    ERROR,
    .en = "the name `{0}` could not be resolved: {1}",
    .zh = "解析域名 `{0}` 失败：{1}",
    .nginx = "host not found in \"{0}\"",
    .haproxy = "could not resolve address '{0}'",
};

const struct diag_kind *const diag_conf_kinds[] = {
    &conf_open_quote,   &conf_old_word,        &conf_after_quote, &conf_lone_brace,
    &conf_open_block,   &conf_open_statement,  &conf_unfinished,  &conf_missing_semicolon,
    &conf_swallowed,    &conf_empty_statement, &conf_nul_byte,    &conf_wide_character,
    &conf_wide_in_word, &conf_no_break_space,  &conf_crlf,        &conf_byte_order_mark,
    &conf_not_utf8,     &conf_too_deep,        &conf_expand_bad,  &conf_expand_unset,
    &conf_bad_escape,   &conf_unknown_word,    &conf_refused,     &conf_tuning,
    &conf_wrong_place,  &conf_arity,           &conf_duplicate,   &conf_no_block,
    &conf_not_a_block,  &conf_bad_number,      &conf_bad_size,    &conf_bad_size_range,
    &conf_bad_time,     &conf_bad_switch,      &conf_bad_choice,  &conf_bad_network,
    &conf_network_bits, &conf_host_unknown,    &conf_host_failed, NULL,
};
