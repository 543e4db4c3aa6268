/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "unit.h"

static const struct diag_kind unknown_word = {
    .code = "T0101",
    .severity = SEVERITY_ERROR,
    .en = "unknown word `{0}` in {1}",
    .zh = "{1} 中有未知的词 `{0}`",
    .nginx = "unknown directive \"{0}\"",
    .haproxy = "unknown keyword '{0}' in '{1}' section",
    .keepalived = "Unknown keyword '{0}'",
};
static const struct diag_kind no_mode = {
    .code = "T0305",
    .severity = SEVERITY_WARNING,
    .en = "cookie {0} has no mode",
};
static const struct diag_kind remark = {
    .code = "T0900",
    .severity = SEVERITY_NOTE,
    .en = "nothing is listening",
};

struct fixture {
    struct diags *diags;
    struct buf out;
    struct span text; /* of source 1 */
};

static void set_up(struct fixture *f, const char *name, const char *text)
{
    f->diags = diags_new();
    f->text = span_from(text);
    buf_init(&f->out, 10 << 20);
    assert_int_equal(diags_add_source(f->diags, span_from(name), f->text), 1);
}

static void tear_down(struct fixture *f)
{
    diags_free(&f->diags);
    assert_null(f->diags);
    buf_fini(&f->out);
}

/* The <n>-th place (from 0) of <word> in source 1. */
static struct where place(const struct fixture *f, const char *word, unsigned n)
{
    struct span what = span_from(word);
    size_t at = 0;
    for (;;) {
        size_t found = span_find(span_from_index(f->text, at), what);
        assert_true(found != SPAN_NONE);
        at += found;
        if (n-- == 0)
            return (struct where){ 1, (uint32_t)at, (uint32_t)what.len };
        at++;
    }
}

static struct diag *add_unknown(struct fixture *f, const char *word)
{
    return diag_add(f->diags, &unknown_word, place(f, word, 0), DIAG_TEXT(span_from(word), SPAN("server")));
}

static struct span show(struct fixture *f, enum diag_shape shape, bool terminal)
{
    buf_clear(&f->out);
    diags_show(f->diags, &f->out, shape, terminal);
    assert_false(f->out.truncated);
    return buf_span(&f->out);
}

static struct span picture(struct fixture *f)
{
    return show(f, DIAG_SHOW_PICTURE, true);
}

static void shows_the_line_with_a_caret(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "nginx.conf", "server {\n    lisen 80;\n}\n");
    struct diag *d = add_unknown(&f, "lisen");
    assert_ptr_equal(diag_label(f.diags, d, "did you mean `%s`?", "listen"), d);
    assert_ptr_equal(diag_help(f.diags, d, "listen 80;"), d);
    assert_span(picture(&f), "error[T0101]: unknown word `lisen` in server\n"
                             "  --> nginx.conf:2:5\n"
                             "2 |     lisen 80;\n"
                             "  |     ^^^^^ did you mean `listen`?\n"
                             "  = help: listen 80;\n"
                             "\n");
    tear_down(&f);
}

static void caret_stands_under_the_word_after_tabs_and_chinese(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "haproxy.cfg", "\tcookie 插入\twerd；  # 允许\n");
    add_unknown(&f, "werd");
    /* the tab ends at cell 8, `cookie ` at 15, two characters of two cells at 19, the tab at 24 */
    assert_span(picture(&f), "error[T0101]: unknown word `werd` in server\n"
                             "  --> haproxy.cfg:1:25\n"
                             "1 |         cookie 插入     werd；  # 允许\n"
                             "  |                         ^^^^\n"
                             "\n");
    tear_down(&f);
}

static void wide_words_get_wide_carets(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "f", "a 插入；b\n");
    add_unknown(&f, "插入");
    assert_holds(picture(&f), "1 | a 插入；b\n"
                              "  |   ^^^^\n");
    tear_down(&f);
}

static void other_places_stand_in_the_order_of_the_file(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "nginx.conf",
           "1\n2\n3\n4\n5\n6\n7\n8\n9\n  upstream app.com { }\n  x alpha beta gamma;\n  pass plugin.com;\n");
    struct diag *d = add_unknown(&f, "plugin.com");
    diag_label(f.diags, d, "no such upstream");
    diag_also(f.diags, d, place(&f, "gamma", 0), "third");
    diag_also(f.diags, d, place(&f, "alpha", 0), "first");
    assert_ptr_equal(diag_also(f.diags, d, place(&f, "app.com", 0), "defined here, used by nobody"), d);
    assert_span(picture(&f), "error[T0101]: unknown word `plugin.com` in server\n"
                             "  --> nginx.conf:12:8\n"
                             "10 |   upstream app.com { }\n"
                             "   |            ------- defined here, used by nobody\n"
                             "11 |   x alpha beta gamma;\n"
                             "   |     ----- first\n"
                             "   |                ----- third\n"
                             "12 |   pass plugin.com;\n"
                             "   |        ^^^^^^^^^^ no such upstream\n"
                             "\n");
    tear_down(&f);
}

/* Files that are included are named by what does not live long. */
static void the_name_of_a_source_is_kept(void **state)
{
    struct fixture f;
    char name[] = "site.conf";
    (void)state;
    set_up(&f, "nginx.conf", "include site.conf;\n");
    uint32_t other = diags_add_source(f.diags, span_from(name), SPAN("lisen 80;\n"));
    memset(name, 'x', sizeof(name) - 1);
    diag_add(f.diags, &no_mode, (struct where){ other, 0, 5 }, DIAG_TEXT(SPAN("a")));
    assert_holds(picture(&f), "  --> site.conf:1:1\n");
    tear_down(&f);
}

static void places_in_other_files_come_after_with_their_name(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "site.conf", "listen 80;\n");
    uint32_t other = diags_add_source(f.diags, SPAN("main.conf"), SPAN("\n\nhttp { listen 80; }\n"));
    uint32_t third = diags_add_source(f.diags, SPAN("ha.cfg"), SPAN("bind :80\n"));
    struct diag *d = add_unknown(&f, "listen");
    diag_also(f.diags, d, (struct where){ third, 5, 3 }, "and here");
    diag_also(f.diags, d, (struct where){ other, 9, 9 }, "already taken here");
    assert_span(picture(&f), "error[T0101]: unknown word `listen` in server\n"
                             "  --> site.conf:1:1\n"
                             "1 | listen 80;\n"
                             "  | ^^^^^^\n"
                             "  ::: ha.cfg:1:6\n"
                             "1 | bind :80\n"
                             "  |      --- and here\n"
                             "  ::: main.conf:3:8\n"
                             "3 | http { listen 80; }\n"
                             "  |        --------- already taken here\n"
                             "\n");
    tear_down(&f);
}

static void carriage_returns_and_controls_do_not_reach_the_terminal(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "evil\x1b[2J.cfg", "ok\r\n\x1b[31m\xff word\xe2\x80\xae here\r\n");
    struct diag *d = add_unknown(&f, "word");
    diag_label(f.diags, d, "say\x07");
    diag_help(f.diags, d, "a\rb");
    struct span shown = picture(&f);
    assert_span(shown, "error[T0101]: unknown word `word` in server\n"
                       "  --> evil\\x1b[2J.cfg:2:8\n"
                       "2 | \\x1b[31m\\xff word<U+202E> here\n"
                       "  |              ^^^^ say\\x07\n"
                       "  = help: a\\x0db\n"
                       "\n");
    diag_add(f.diags, &unknown_word, WHERE_NONE,
             DIAG_TEXT(SPAN("\x9b"
                            "A\n\tB"),
                       SPAN("")));
    assert_holds(picture(&f), "unknown word `\\x9bA\\x0a\\x09B` in \n");
    tear_down(&f);
}

static void long_lines_are_cut_round_the_caret(void **state)
{
    struct fixture f;
    (void)state;
    char text[2000], expected[600];
    memset(text, 'a', sizeof(text));
    memcpy(text + 1000, " word ", 6);
    text[sizeof(text) - 1] = '\0';
    set_up(&f, "f", text);
    add_unknown(&f, "word");
    char letters[161];
    memset(letters, 'a', 160);
    letters[160] = '\0';
    (void)snprintf(expected, sizeof(expected),
                   "  --> f:1:1002\n"
                   "1 | ...%.59s word %.95s...\n"
                   "  |    %60s^^^^\n\n",
                   letters, letters, "");
    assert_holds(picture(&f), expected);
    tear_down(&f);
    memset(text, 'a', 1000); /* near the start: cut at the end only; a mark that is cut ends with the line */
    memcpy(text, "word ", 5);
    set_up(&f, "f", text);
    struct diag *d = diag_add(f.diags, &unknown_word, (struct where){ 1, 0, 1500 }, DIAG_NO_TEXT);
    diag_label(f.diags, d, "x");
    (void)snprintf(expected, sizeof(expected), "1 | word %.155s...\n", letters);
    assert_holds(picture(&f), expected);
    assert_holds(picture(&f), "^^^^ x\n");
    tear_down(&f);
}

static void the_end_of_a_line_or_file_gets_one_caret(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "f", "server {\nlisten 80\n");
    diag_add(f.diags, &unknown_word, (struct where){ 1, 18, 1 }, DIAG_TEXT(SPAN("a"))); /* the newline */
    diag_add(f.diags, &unknown_word, (struct where){ 1, 19, 0 },
             DIAG_TEXT(SPAN("b"))); /* the end of the file */
    diag_add(f.diags, &unknown_word, (struct where){ 1, 99, 5 }, DIAG_TEXT(SPAN("c"))); /* after it */
    assert_span(picture(&f), "error[T0101]: unknown word `a` in \n"
                             "  --> f:2:10\n"
                             "2 | listen 80\n"
                             "  |          ^\n"
                             "\n"
                             "error[T0101]: unknown word `b` in \n"
                             "  --> f:3:1\n"
                             "3 |\n"
                             "  | ^\n"
                             "\n"
                             "error[T0101]: unknown word `c` in \n"
                             "  --> f:3:1\n"
                             "3 |\n"
                             "  | ^\n"
                             "\n");
    tear_down(&f);
}

static void a_mark_over_several_lines_ends_with_its_first(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "f", "a { b\n}\n");
    diag_add(f.diags, &remark, (struct where){ 1, 2, 6 }, DIAG_NO_TEXT);
    assert_holds(picture(&f), "1 | a { b\n"
                              "  |   ^^^\n\n");
    tear_down(&f);
}

static void a_bom_takes_no_column(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "f", "\xef\xbb\xbfworker 1;\n");
    add_unknown(&f, "worker");
    assert_holds(picture(&f), "  --> f:1:1\n"
                              "1 | <U+FEFF>worker 1;\n"
                              "  |         ^^^^^^\n");
    tear_down(&f);
}

static void alike_ones_are_folded(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "f", "cookie X\n\ncookie X\ncookie X cookie X\ncookie Y cookie X\n");
    for (unsigned i = 0; i < 5; i++) {
        struct diag *d = diag_add(f.diags, &no_mode, place(&f, "cookie X", i), DIAG_TEXT(SPAN("X")));
        diag_label(f.diags, d, "label %u", i);
    }
    diag_add(f.diags, &no_mode, place(&f, "cookie Y", 0), DIAG_TEXT(SPAN("Y")));
    assert_int_equal(diags_total(f.diags), 2);
    assert_int_equal(diags_count(f.diags, SEVERITY_WARNING), 2);
    assert_int_equal(diags_at(f.diags, 0)->repeated, 4);
    assert_span(picture(&f), "warning[T0305]: cookie X has no mode\n"
                             "  --> f:1:1        also line 3, 4, 5\n"
                             "1 | cookie X\n"
                             "  | ^^^^^^^^ label 0\n"
                             "\n"
                             "warning[T0305]: cookie Y has no mode\n"
                             "  --> f:5:1\n"
                             "5 | cookie Y cookie X\n"
                             "  | ^^^^^^^^\n"
                             "\n");
    uint32_t other = diags_add_source(f.diags, SPAN("g"), f.text);
    diag_add(f.diags, &no_mode, (struct where){ other, 0, 6 }, DIAG_TEXT(SPAN("X")));
    assert_int_equal(diags_total(f.diags), 3); /* another file is not alike */
    tear_down(&f);
}

static void arguments_that_join_alike_are_not_alike(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "f", "text\n");
    struct where w = { 1, 0, 4 };
    diag_add(f.diags, &unknown_word, w, DIAG_TEXT(SPAN("ab"), SPAN("c")));
    diag_add(f.diags, &unknown_word, w, DIAG_TEXT(SPAN("a"), SPAN("bc")));
    assert_int_equal(diags_total(f.diags), 2);
    tear_down(&f);
}

static void many_alike_ones_are_counted(void **state)
{
    struct fixture f;
    char text[200] = "";
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        memcpy(text + 2 * i, "x\n", 3);
    set_up(&f, "f", text);
    for (unsigned i = 0; i < 20; i++)
        diag_add(f.diags, &no_mode, place(&f, "x", i), DIAG_TEXT(SPAN("X")));
    assert_holds(picture(&f), "  --> f:1:1        also line 2, 3, 4, 5, 6, 7, 8, 9 and 11 more\n");
    tear_down(&f);
}

static void sorted_by_file_and_place(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "b", "one\ntwo\n");
    uint32_t second = diags_add_source(f.diags, SPAN("a"), SPAN("three\n"));
    diag_add(f.diags, &unknown_word, (struct where){ second, 0, 5 }, DIAG_TEXT(SPAN("three"), SPAN("x")));
    add_unknown(&f, "two");
    add_unknown(&f, "one");
    diag_add(f.diags, &remark, WHERE_NONE, DIAG_NO_TEXT);
    assert_span(show(&f, DIAG_SHOW_SHORT, false), "note[T0900]: nothing is listening\n"
                                                  "b:1:1: error[T0101]: unknown word `one` in server\n"
                                                  "b:2:1: error[T0101]: unknown word `two` in server\n"
                                                  "a:1:1: error[T0101]: unknown word `three` in x\n");
    tear_down(&f);
}

static unsigned count_lines(struct span s, const char *part)
{
    unsigned count = 0;
    while (s.ptr)
        count += span_find(span_cut(&s, '\n'), span_from(part)) != SPAN_NONE;
    return count;
}

static void at_most_fifty_a_file_and_errors_first(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "f", "words of a file\n");
    for (uint32_t i = 0; i < 120; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "w%u", i);
        const struct diag_kind *kind = i >= 100 ? &unknown_word : &no_mode;
        diag_add(f.diags, kind, (struct where){ 1, i / 10, 1 }, DIAG_TEXT(span_from(name)));
    }
    uint32_t other = diags_add_source(f.diags, SPAN("g"), SPAN("x\n"));
    diag_add(f.diags, &no_mode, (struct where){ other, 0, 1 }, DIAG_TEXT(SPAN("in g")));
    struct span shown = show(&f, DIAG_SHOW_SHORT, false);
    assert_int_equal(count_lines(shown, "error["), 20);
    assert_int_equal(count_lines(shown, "f:1:"), 50);
    assert_holds(shown, "\nand 70 more in f\n");
    assert_holds(shown, "cookie in g has no mode\n");
    assert_holds(show(&f, DIAG_SHOW_NGINX, false), "\nnginx: [notice] and 70 more in f\n");
    assert_int_equal(count_lines(show(&f, DIAG_SHOW_JSON, false), "\"code\""), 121);
    tear_down(&f);
}

static void peers_lines_have_their_shape(void **state)
{
    struct fixture f;
    char expected[512];
    (void)state;
    set_up(&f, "a.cfg", "\nlisen 80\n");
    add_unknown(&f, "lisen");
    diag_add(f.diags, &no_mode, place(&f, "80", 0), DIAG_TEXT(SPAN("X")));
    diag_add(f.diags, &remark, WHERE_NONE, DIAG_NO_TEXT);
    assert_span(show(&f, DIAG_SHOW_NGINX, false), "nginx: [notice] nothing is listening\n"
                                                  "nginx: [emerg] unknown directive \"lisen\" in a.cfg:2\n"
                                                  "nginx: [warn] cookie X has no mode in a.cfg:2\n");
    (void)snprintf(
        expected, sizeof(expected),
        "[NOTICE]   (%d) : config : nothing is listening\n"
        "[ALERT]    (%d) : config : parsing [a.cfg:2] : unknown keyword 'lisen' in 'server' section\n"
        "[WARNING]  (%d) : config : parsing [a.cfg:2] : cookie X has no mode\n",
        (int)getpid(), (int)getpid(), (int)getpid());
    assert_span(show(&f, DIAG_SHOW_HAPROXY, false), expected);
    assert_span(show(&f, DIAG_SHOW_KEEPALIVED, false), "nothing is listening\n"
                                                       "(a.cfg: Line 2) Unknown keyword 'lisen'\n"
                                                       "(a.cfg: Line 2) cookie X has no mode\n");
    tear_down(&f);
}

static void on_a_terminal_the_picture_follows_the_peers_line(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "a.cfg", "lisen 80\n");
    add_unknown(&f, "lisen");
    assert_span(show(&f, DIAG_SHOW_NGINX, true), "nginx: [emerg] unknown directive \"lisen\" in a.cfg:1\n"
                                                 "error[T0101]: unknown word `lisen` in server\n"
                                                 "  --> a.cfg:1:1\n"
                                                 "1 | lisen 80\n"
                                                 "  | ^^^^^\n");
    tear_down(&f);
}

static void speaks_chinese(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "a.cfg", "lisen 80\nx\nx\n");
    struct diag *d = add_unknown(&f, "lisen");
    diag_help(f.diags, d, "listen 80");
    diag_add(f.diags, &no_mode, place(&f, "x", 0), DIAG_TEXT(SPAN("X")));
    diag_add(f.diags, &no_mode, place(&f, "x", 1), DIAG_TEXT(SPAN("X")));
    diags_set_language(f.diags, "zh_CN.UTF-8");
    assert_span(picture(&f), "错误[T0101]: server 中有未知的词 `lisen`\n"
                             "  --> a.cfg:1:1\n"
                             "1 | lisen 80\n"
                             "  | ^^^^^\n"
                             "  = 建议：listen 80\n"
                             "\n"
                             "警告[T0305]: cookie X has no mode\n" /* it has no Chinese sentence */
                             "  --> a.cfg:2:1        还有第 3 行\n"
                             "2 | x\n"
                             "  | ^\n"
                             "\n");
    buf_clear(&f.out);
    diags_put_counts(f.diags, &f.out);
    assert_span(buf_span(&f.out), "1 个错误，1 个警告，共 1 个文件");
    /* under a peer's name the first line stays as scripts know it */
    assert_holds(show(&f, DIAG_SHOW_NGINX, false), "nginx: [emerg] unknown directive \"lisen\" in a.cfg:1\n");
    diags_set_language(f.diags, NULL);
    assert_holds(picture(&f), "error[T0101]: unknown");
    tear_down(&f);
}

static void help_may_have_several_lines(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "a.cfg", "1\n2\n3\n4\n5\n6\n7\n8\n9\nlisen\n");
    diag_help(f.diags, add_unknown(&f, "lisen"), "listen 80;\nlisten 443 ssl;");
    assert_holds(picture(&f), "   = help: listen 80;\n"
                              "           listen 443 ssl;\n");
    tear_down(&f);
}

static void counts_in_words(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "a.cfg", "a b c d\n");
    diags_put_counts(f.diags, &f.out);
    assert_span(buf_span(&f.out), "no problems in 1 file");
    buf_clear(&f.out);
    add_unknown(&f, "a");
    diag_add(f.diags, &no_mode, place(&f, "b", 0), DIAG_TEXT(SPAN("b")));
    diag_add(f.diags, &no_mode, place(&f, "c", 0), DIAG_TEXT(SPAN("c")));
    diag_add(f.diags, &remark, WHERE_NONE, DIAG_NO_TEXT);
    (void)diags_add_source(f.diags, SPAN("b.cfg"), SPAN(""));
    diags_put_counts(f.diags, &f.out);
    assert_span(buf_span(&f.out), "1 error, 2 warnings, 1 note in 2 files");
    tear_down(&f);
}

static void json_has_everything(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f, "a\"b.cfg", "\tlisen 80\nx\nx\n");
    assert_span(show(&f, DIAG_SHOW_JSON, false), "[]\n");
    struct diag *d = add_unknown(&f, "lisen");
    diag_label(f.diags, d, "here");
    diag_help(f.diags, d, "listen 80");
    diag_also(f.diags, d, place(&f, "80", 0), "and \"here\"");
    diag_add(f.diags, &no_mode, place(&f, "x", 0), DIAG_TEXT(SPAN("X")));
    diag_add(f.diags, &no_mode, place(&f, "x", 1), DIAG_TEXT(SPAN("X")));
    diag_add(f.diags, &remark, WHERE_NONE, DIAG_NO_TEXT);
    assert_span(
        show(&f, DIAG_SHOW_JSON, false),
        "[{\"code\":\"T0900\",\"severity\":\"note\",\"message\":\"nothing is listening\"},\n"
        " {\"code\":\"T0101\",\"severity\":\"error\",\"message\":\"unknown word `lisen` in server\","
        "\"file\":\"a\\\"b.cfg\",\"line\":1,\"column\":9,\"offset\":1,\"length\":5,"
        "\"label\":\"here\",\"help\":\"listen 80\","
        "\"labels\":[{\"text\":\"and "
        "\\\"here\\\"\",\"file\":\"a\\\"b.cfg\",\"line\":1,\"column\":15,\"offset\":7,\"length\":2}]},\n"
        " {\"code\":\"T0305\",\"severity\":\"warning\",\"message\":\"cookie X has no mode\","
        "\"file\":\"a\\\"b.cfg\",\"line\":2,\"column\":1,\"offset\":10,\"length\":1,"
        "\"also\":[{\"file\":\"a\\\"b.cfg\",\"line\":3,\"column\":1,\"offset\":12,\"length\":1}]}]\n");
    tear_down(&f);
}

static void arguments_are_copied_and_braces_kept(void **state)
{
    static const struct diag_kind braces = { .code = "T1",
                                             .severity = SEVERITY_NOTE,
                                             .en = "{0}{1}{5}{6}{x}{ {0" };
    struct fixture f;
    char word[] = "gone";
    (void)state;
    set_up(&f, "f", "");
    diag_add(f.diags, &braces, WHERE_NONE, DIAG_TEXT(span_from(word), SPAN("{0}")));
    memset(word, 'X', 4);
    diag_sentence(&f.out, diags_at(f.diags, 0), "en");
    assert_span(buf_span(&f.out), "gone{0}{6}{x}{ {0");
    tear_down(&f);
}

static void places_are_told(void **state)
{
    struct fixture f;
    struct span name;
    uint32_t line, column;
    (void)state;
    set_up(&f, "f", "a\n\t中b\n");
    assert_false(diags_place(f.diags, WHERE_NONE, &name, &line, &column));
    assert_true(diags_place(f.diags, place(&f, "b", 0), &name, &line, &column));
    assert_span(name, "f");
    assert_int_equal(line, 2);
    assert_int_equal(column, 11);
    tear_down(&f);
}

static void suggests_the_nearest_word(void **state)
{
    static const char *const words[] = { "listen",     "server",  "server_name", "upstream", "proxy_pass",
                                         "roundrobin", "connect", "http",        "if",       NULL };
    static const struct {
        const char *word, *near;
    } known[] = {
        { "lisen", "listen" },
        { "litsen", "listen" }, /* neighbours swapped: one edit */
        { "LISTEN", "listen" },
        { "upstrem", "upstream" },
        { "servername", "server_name" },
        { "severs", "server" },
        { "conect", "connect" },
        { "htp", "http" },
        { "roundrobbin", "roundrobin" },
        { "proxypas", "proxy_pass" },
        { "fi", "if" },
        { "banana", NULL },
        { "x", NULL },
        { "", NULL },
        { "of", "if" },
        { "zz", NULL },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        const char *near = diag_nearest(span_from(known[i].word), words);
        if (known[i].near == NULL)
            assert_null(near);
        else
            assert_string_equal(near ? near : "(none)", known[i].near);
    }
    char long_word[500];
    memset(long_word, 'a', sizeof(long_word));
    assert_null(diag_nearest(span_of(long_word, sizeof(long_word)), words));
    static const char *const equals[] = { "bat", "cat", NULL };
    assert_string_equal(diag_nearest(SPAN("hat"), equals), "bat"); /* the first of equals */
}

/* Any bytes as a file, any place in it: the picture stays in its frame. */
static void no_text_breaks_the_picture(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 300; seed++) {
        char text[64];
        uint32_t x = seed;
        for (unsigned i = 0; i < sizeof(text); i++) {
            x = x * 1664525 + 1013904223;
            static const char sample[] = "a \t\n\r\x1b\xe4\xb8\xad\xff\x80\xef\xbb\xbf{;";
            text[i] = sample[(x >> 24) % (sizeof(sample) - 1)];
        }
        struct diags *d = diags_new();
        uint32_t s = diags_add_source(d, SPAN("f"), span_of(text, sizeof(text)));
        struct diag *at = diag_add(d, &remark, (struct where){ s, x % 70, x % 13 }, DIAG_NO_TEXT);
        diag_also(d, at, (struct where){ s, x % 67, x % 11 }, "also");
        struct buf out;
        buf_init(&out, 1 << 20);
        diags_show(d, &out, DIAG_SHOW_PICTURE, true);
        for (size_t i = 0; i < out.len; i++)
            assert_true((unsigned char)out.data[i] >= 0x20 || out.data[i] == '\n');
        buf_fini(&out);
        diags_free(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_line_with_a_caret),
        cmocka_unit_test(caret_stands_under_the_word_after_tabs_and_chinese),
        cmocka_unit_test(wide_words_get_wide_carets),
        cmocka_unit_test(other_places_stand_in_the_order_of_the_file),
        cmocka_unit_test(the_name_of_a_source_is_kept),
        cmocka_unit_test(places_in_other_files_come_after_with_their_name),
        cmocka_unit_test(carriage_returns_and_controls_do_not_reach_the_terminal),
        cmocka_unit_test(long_lines_are_cut_round_the_caret),
        cmocka_unit_test(the_end_of_a_line_or_file_gets_one_caret),
        cmocka_unit_test(a_mark_over_several_lines_ends_with_its_first),
        cmocka_unit_test(a_bom_takes_no_column),
        cmocka_unit_test(alike_ones_are_folded),
        cmocka_unit_test(arguments_that_join_alike_are_not_alike),
        cmocka_unit_test(many_alike_ones_are_counted),
        cmocka_unit_test(sorted_by_file_and_place),
        cmocka_unit_test(at_most_fifty_a_file_and_errors_first),
        cmocka_unit_test(peers_lines_have_their_shape),
        cmocka_unit_test(on_a_terminal_the_picture_follows_the_peers_line),
        cmocka_unit_test(speaks_chinese),
        cmocka_unit_test(help_may_have_several_lines),
        cmocka_unit_test(counts_in_words),
        cmocka_unit_test(json_has_everything),
        cmocka_unit_test(arguments_are_copied_and_braces_kept),
        cmocka_unit_test(places_are_told),
        cmocka_unit_test(suggests_the_nearest_word),
        cmocka_unit_test(no_text_breaks_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
