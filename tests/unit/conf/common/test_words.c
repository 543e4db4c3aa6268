/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/common/words.h"

#include "unit.h"

/* What the languages' expansions find here. */
static bool expand(void *self, struct span name, struct span *value)
{
    (void)self;
    static const struct {
        const char *name, *value;
    } environment[] = { { "ADDR", "10.0.0.1" }, { "LIST", "a  b c" }, { "EMPTY", "" }, { ".LINE", "7" } };
    for (size_t i = 0; i < sizeof(environment) / sizeof(environment[0]); i++) {
        if (span_eq(name, span_from(environment[i].name))) {
            *value = span_from(environment[i].value);
            return true;
        }
    }
    return false;
}

/* Every statement as "[word|word];", then the codes of the diagnostics with the text that each points at. */
static void show(struct buf *out, enum word_language l, struct span text)
{
    struct arena *a = arena_new(0);
    struct diags *d = diags_new();
    uint32_t source = diags_add_source(d, SPAN("file"), text);
    struct words *w = words_open(a, d, l, text, source, expand, NULL);
    static const char ends[] = { [END_OF_LINE] = '$',
                                 [END_SEMICOLON] = ';',
                                 [END_BLOCK_BEGINS] = '{',
                                 [END_BLOCK_ENDS] = '}',
                                 [END_OF_TEXT] = '.' };
    struct statement s;
    unsigned statements = 0;
    while (words_next(w, &s)) {
        assert_true(++statements < 1000);
        if (s.words.count)
            buf_put_char(out, '[');
        for (uint32_t i = 0; i < s.words.count; i++) {
            const struct word *word = &s.words.items[i];
            buf_printf(out, "%s%.*s", i ? "|" : "", SPAN_ARGS(word->text));
            assert_spans_equal(word->raw, span_of(text.ptr + word->at.offset, word->at.length));
        }
        if (s.words.count)
            buf_put_char(out, ']');
        buf_put_char(out, ends[s.end]);
    }
    for (uint32_t i = 0; i < diags_total(d); i++) {
        const struct diag *at = diags_at(d, i);
        buf_printf(out, " %s<%.*s>", at->kind->code, (int)at->where.length, text.ptr + at->where.offset);
        for (uint32_t o = 0; o < at->others.count; o++)
            buf_printf(out, "<%.*s>", (int)at->others.items[o].where.length,
                       text.ptr + at->others.items[o].where.offset);
    }
    diags_free(&d);
    arena_free(&a);
}

static void check(enum word_language l, struct span text, const char *expected, int line)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    show(&out, l, text);
    unit_assert_text(buf_span(&out), span_from(expected), "words", __FILE__, line);
    buf_fini(&out);
}
#define NGINX(text, expected)      check(WORDS_NGINX, SPAN(text), expected, __LINE__)
#define HAPROXY(text, expected)    check(WORDS_HAPROXY, SPAN(text), expected, __LINE__)
#define KEEPALIVED(text, expected) check(WORDS_KEEPALIVED, SPAN(text), expected, __LINE__)

static void nginx_statements_and_blocks(void **state)
{
    (void)state;
    NGINX("", "");
    NGINX("user  nobody;\n", "[user|nobody];");
    NGINX("events{worker_connections 1;}daemon off;", "[events]{[worker_connections|1];}[daemon|off];");
    NGINX("a {\n b { c d; }\n}\n", "[a]{[b]{[c|d];}}");
    NGINX("a b # c; }\n ;", "[a|b];");
    NGINX("#only\n# comments", "");
    NGINX("a\r\n\tb\n;", "[a|b]; K0114<\r>");
    NGINX("foo#bar a}b c;", "[foo#bar|a}b|c];"); /* only at a word's beginning do they mean something */
}

static void nginx_quotes_and_escapes(void **state)
{
    (void)state;
    NGINX("a 'b \"c' \"d 'e\" '';", "[a|b \"c|d 'e|];");
    NGINX("a 'b;{}#\nc';", "[a|b;{}#\nc];");
    NGINX("a \"b\\\"c\" 'd\\'e' \\\\f;", "[a|b\"c|d'e|\\f];");
    NGINX("a b\\ c d\\;e f\\{g;", "[a|b\\ c|d\\;e|f\\{g];"); /* protected, but the backslash stays */
    NGINX("a \\.php$ \\d+;", "[a|\\.php$|\\d+];");
    NGINX("a x\\ty 'x\\ny' \\r;", "[a|x\ty|x\ny|\r];");
    NGINX("a fo'o b\"c;", "[a|fo'o|b\"c];");
    NGINX("if ($a = \"b\") {}", "[if|($a|=|b|)]{}");
}

static void nginx_variables_with_braces(void **state)
{
    (void)state;
    NGINX("a b${c}d{e;}", "[a|b${c}d]{[e];}");
    NGINX("a ${c};", "[a|${c}];");
    NGINX("a $c{}", "[a|$c]{}");
    NGINX("location ~ ^/a$ {}", "[location|~|^/a$]{}");
}

static void nginx_mistakes_of_form(void **state)
{
    (void)state;
    NGINX("a b", "[a|b]. K0106<b>");
    NGINX("a { b c }", "[a]{[b|c];} K0107<}><c>");
    NGINX("a; } b;", "[a];[b]; K0104<}>");
    NGINX("; a;", "[a]; K0109<;>");
    NGINX("{ a; } b;", "{[a];}[b]; K0109<{>");
    NGINX("a { b;", "[a]{[b]; K0105<><a>");
    NGINX("a 'b'c;", "[a|b|c]; K0103<c>");
}

static void nginx_open_quote_costs_one_line(void **state)
{
    (void)state;
    NGINX("a 'b c;\nd e;\n", "[a|b c];[d|e]; K0101<'>");
    NGINX("a \"b c;\nd \"e\";\nf;", "[a|b c];[d|e];[f]; K0101<\"><\">");
    NGINX("a 'b\nc' d;", "[a|b\nc|d];"); /* a quoted word may have many lines */
}

static void nginx_names_the_block_that_is_open(void **state)
{
    (void)state;
    /* by the looks of it `location` is the one */
    NGINX("server {\n  location {\n    a;\n}\n", "[server]{[location]{[a];} K0105<><location><}>");
    NGINX("server {\n  location {\n    a;\n  }\n", "[server]{[location]{[a];} K0105<><server>");
}

static void nginx_blocks_have_a_bottom(void **state)
{
    (void)state;
    struct buf text, out;
    buf_init(&text, 1 << 16);
    buf_init(&out, 1 << 16);
    for (int i = 0; i < 100; i++)
        buf_put(&text, SPAN("a{"));
    show(&out, WORDS_NGINX, buf_span(&text));
    assert_holds(buf_span(&out), " K0117<{>");
    buf_fini(&text);
    buf_fini(&out);
}

static void characters_that_only_look_right(void **state)
{
    (void)state;
    NGINX("a b；\nc d;", "[a|b];[c|d]; K0111<；>");
    NGINX("a { b c；}", "[a]{[b|c];} K0111<；>");
    NGINX("a b；c;", "[a|b；c]; K0112<；>");
    NGINX("listen\xC2\xA0"
          "80;",
          "[listen|80]; K0113<\xC2\xA0>");
    NGINX("a “b c” d;", "[a|b c|d]; K0111<“>");
    NGINX("a 服务器;", "[a|服务器];");
    NGINX("a ｛ b; ｝", "[a]{[b];} K0111<｛> K0111<｝>");
    NGINX("a { b ｝", "[a]{[b];} K0107<\xEF><b> K0111<｝>");
    NGINX("listen 1.2.3.4：80;", "[listen|1.2.3.4：80]; K0112<：>");
    HAPROXY("bind\xC2\xA0:80\n", "[bind|:80]$ K0113<\xC2\xA0>");
    HAPROXY("log “a b”\n", "[log|a b]$ K0111<“>");
    KEEPALIVED("a＃b\n", "[a＃b]$");
    KEEPALIVED("a ＃b\n", "[a]$ K0111<＃>");
}

static void bytes_that_are_odd(void **state)
{
    (void)state;
    NGINX("\xEF\xBB\xBFuser a;", "[user|a]; K0115<\xEF\xBB\xBF>");
    NGINX("# \xC4\xE3\nuser a;", "[user|a]; K0116<\xC4>");
    HAPROXY("global\r\n daemon\r\n", "[global]$[daemon]$ K0114<\r>");
}

/* A NUL is no end of the text, whatever the language. */
static void a_nul_is_a_byte(void **state)
{
    (void)state;
    check(WORDS_NGINX, SPAN("a\0b c;"), "[a|c]; K0110<>", __LINE__);
    check(WORDS_HAPROXY, SPAN("\0 b\n"), "[|b]$ K0110<>", __LINE__);
    check(WORDS_KEEPALIVED, SPAN("\0\nb"), "[]$[b]$ K0110<>", __LINE__);
}

static void haproxy_lines_and_comments(void **state)
{
    (void)state;
    HAPROXY("global#x\n daemon#daemonize\n\n  frontend\tfoo  \n", "[global]$[daemon]$[frontend|foo]$");
    HAPROXY("a b", "[a|b]$");
    HAPROXY("a ; { }\n", "[a|;|{|}]$");
}

static void haproxy_quotes(void **state)
{
    (void)state;
    /* the manual's five lines that are one */
    static const char *const same[] = { "l %{+Q}o\\ %t\\ %s\\ %{-Q}r", "l \"%{+Q}o %t %s %{-Q}r\"",
                                        "l '%{+Q}o %t %s %{-Q}r'", "l \"%{+Q}o %t\"' %s %{-Q}r'",
                                        "l \"%{+Q}o %t\"' %s'\\ %{-Q}r" };
    for (size_t i = 0; i < 5; i++)
        check(WORDS_HAPROXY, span_from(same[i]), "[l|%{+Q}o %t %s %{-Q}r]$", __LINE__);
    HAPROXY("a \\# \\\\ \\\" \\' b\\ c", "[a|#|\\|\"|'|b c]$");
    HAPROXY("a \\x41\\n\\.x \"\\x42\\q\" '\\x43'", "[a|A\n\\.x|B\\q|\\x43]$");
    HAPROXY("a \"\" ''", "[a||]$");
    HAPROXY("a 'b\nc", "[a|b]$[c]$ K0101<'>");
    HAPROXY("a \\x4g", "[a|\\x4g]$ K0120<\\x>");
    HAPROXY("a b\\", "[a|b\\]$");
}

static void haproxy_environment(void **state)
{
    (void)state;
    HAPROXY("a \"$ADDR:80\" $ADDR '$ADDR' \"\\$ADDR\"", "[a|10.0.0.1:80|$ADDR|$ADDR|$ADDR]$");
    HAPROXY("a \"x${ADDR}y${NONE-z w}\"", "[a|x10.0.0.1yz w]$");
    HAPROXY("a \"${EMPTY-x}\"", "[a|]$"); /* empty is not unset */
    HAPROXY("a \"q${LIST[*]}r\" d", "[a|qa|b|cr|d]$");
    HAPROXY("a \"${NONE[*]-x y}\"", "[a|x|y]$");
    HAPROXY("a \"${LIST}\"", "[a|a  b c]$");
    HAPROXY("a \"${.LINE}\"", "[a|7]$");
    HAPROXY("a \"$NONE\"", "[a|]$ K0119<$NONE>");
    HAPROXY("a \"$ b\" c", "[a| b|c]$ K0118<$>");
    HAPROXY("a \"${ADDR b\" c", "[a| b|c]$ K0118<${ADDR>");
}

static void keepalived_lines_and_blocks(void **state)
{
    (void)state;
    KEEPALIVED("! comment\nvrrp_instance VI_1 { # c\n  state BACKUP!c\n}\n",
               "[vrrp_instance|VI_1]{[state|BACKUP]$}");
    KEEPALIVED("a VI_1{\n}\n", "[a|VI_1]{}");
    KEEPALIVED("a b\n{\n c\n}\n", "[a|b]{[c]$}");
    KEEPALIVED("t { chk }\n", "[t]{[chk]$}");
    KEEPALIVED("include {a,b}/c\n", "[include|{a,b}/c]$");
    KEEPALIVED("a {\n b\n", "[a]{[b]$ K0105<><a>");
    KEEPALIVED("a\n}\nb\n", "[a]$[b]$ K0104<}>");
}

static void keepalived_quotes(void **state)
{
    (void)state;
    KEEPALIVED("a abcd\" efg h jkl \"mnop", "[a|abcd efg h jkl mnop]$");
    KEEPALIVED("a abcd \"efg h jkl\" mnop", "[a|abcd|efg h jkl|mnop]$");
    KEEPALIVED("a \"\\x41\\102\\t\\\"\\cA\" '!#'", "[a|AB\t\"\x01|!#]$");
    KEEPALIVED("a \"b\nc", "[a|b]$[c]$ K0101<\">");
}

static void keepalived_parameters(void **state)
{
    (void)state;
    KEEPALIVED("a $ADDR ${ADDR}.5 x$ADDR.y", "[a|10.0.0.1|10.0.0.1.5|x$ADDR.y]$");
    KEEPALIVED("a $NONE ${NONE} \"${ADDR} b\"", "[a|$NONE|${NONE}|10.0.0.1 b]$");
    KEEPALIVED("$LIST x", "[a|b|c|x]$");
    KEEPALIVED("a $EMPTY b", "[a|b]$");
    KEEPALIVED("$X= a b # c\nd", "[$X=|a b # c]$[d]$");
    KEEPALIVED("@main $X=1\n", "[@main|$X=|1]$");
    KEEPALIVED("$X= \\\n a { \\\n b \\\n\n }\nc", "[$X=|\\\n a { \\\n b \\\n\n }]$[c]$");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nginx_statements_and_blocks),
        cmocka_unit_test(nginx_quotes_and_escapes),
        cmocka_unit_test(nginx_variables_with_braces),
        cmocka_unit_test(nginx_mistakes_of_form),
        cmocka_unit_test(nginx_open_quote_costs_one_line),
        cmocka_unit_test(nginx_names_the_block_that_is_open),
        cmocka_unit_test(nginx_blocks_have_a_bottom),
        cmocka_unit_test(characters_that_only_look_right),
        cmocka_unit_test(bytes_that_are_odd),
        cmocka_unit_test(a_nul_is_a_byte),
        cmocka_unit_test(haproxy_lines_and_comments),
        cmocka_unit_test(haproxy_quotes),
        cmocka_unit_test(haproxy_environment),
        cmocka_unit_test(keepalived_lines_and_blocks),
        cmocka_unit_test(keepalived_quotes),
        cmocka_unit_test(keepalived_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
