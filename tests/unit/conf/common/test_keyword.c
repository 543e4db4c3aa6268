/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/common/keyword.h"

#include "unit.h"

enum { IN_MAIN = 1, IN_HTTP = 2, IN_SERVER = 4 };

struct build {
    struct buf calls;
};
static void note_call(struct build *b, const struct keyword *k, const struct statement *s)
{
    buf_printf(&b->calls, "%s/%u ", k->manual ? k->manual : k->name, s->words.count - 1);
}

static const struct keyword main_words[] = {
    { "user", IN_MAIN, 1, 2, .handle = note_call, .once = true },
    { "http", IN_MAIN, 0, 0, .handle = note_call, .block = true },
    { "if", IN_SERVER, 1, ARGS_ANY, .handle = note_call, .block_optional = true },
    { NULL },
};
static const struct keyword http_words[] = {
    { "root", IN_HTTP | IN_SERVER, 1, 1, .handle = note_call },
    { "listen", IN_SERVER, 1, ARGS_ANY, .handle = note_call },
    { "sets", IN_HTTP, 1, 1, .handle = note_call, .manual = "one" },
    { "sets", IN_HTTP, 2, 2, .handle = note_call, .manual = "two" },
    { "hash_size", IN_HTTP, 1, 1, KEYWORD_TUNING },
    { "oldroot", IN_HTTP, 1, 1, KEYWORD_OLD, .handle = note_call, .today = "root PATH" },
    { "perl", IN_HTTP, 0, ARGS_ANY, KEYWORD_REFUSED, .today = "no interpreter is built in" },
    { NULL },
};
static const struct keyword *const lists[] = { main_words, http_words, NULL };
static const char *const contexts[] = { "main", "http", "server", NULL };
static const char *const synonyms[] = { "HAProxy:bind", "listen", "HAProxy:option forwardfor",
                                        "proxy_set_header", NULL };
static const struct keyword_table table = { lists, contexts, synonyms, LANGUAGE_NGINX };

/* Walks every statement of <text> in <context>; calls, then codes with places, labels and help. */
static void check(uint32_t context, struct span text, const char *expected, int line)
{
    struct arena *a = arena_new(0);
    struct diags *d = diags_new();
    struct build b = { 0 };
    struct keyword_seen seen = { 0 };
    struct statement s;
    buf_init(&b.calls, 10000);
    struct words *w = words_open(a, d, WORDS_NGINX, text, diags_add_source(d, SPAN("f"), text), NULL, NULL);
    while (words_next(w, &s))
        if (s.words.count)
            keyword_walk(&table, &b, a, d, context, &seen, &s);
    for (uint32_t i = 0; i < diags_total(d); i++) {
        const struct diag *at = diags_at(d, i);
        buf_printf(&b.calls, "%s<%.*s> ", at->kind->code, (int)at->where.length, text.ptr + at->where.offset);
        diag_sentence(&b.calls, at, "en");
        if (at->help.len)
            buf_printf(&b.calls, " HELP %.*s", SPAN_ARGS(at->help));
    }
    unit_assert_text(buf_span(&b.calls), span_from(expected), "walk", __FILE__, line);
    buf_fini(&b.calls);
    diags_free(&d);
    arena_free(&a);
}
#define WALK(context, text, expected) check(context, SPAN(text), expected, __LINE__)

static void good_words_are_handled(void **state)
{
    (void)state;
    WALK(IN_MAIN, "user a b; http {}", "user/2 http/0 ");
    WALK(IN_SERVER, "if a {} if b; listen 1 2 3 4;", "if/1 if/1 listen/4 ");
    WALK(IN_HTTP, "sets a; sets a b;", "one/1 two/2 ");
}

static void unknown_words_get_a_suggestion(void **state)
{
    (void)state;
    WALK(IN_MAIN, "usr a;", "K0130<usr> unknown word `usr` in main HELP did you mean `user`?");
    WALK(IN_MAIN, "lisen 80;",
         "K0130<lisen> unknown word `lisen` in main HELP did you mean `listen`? It belongs in: server");
    WALK(IN_SERVER, "bind :80;",
         "K0130<bind> unknown word `bind` in server HELP `bind` is a word of HAProxy; nginx says: listen");
    WALK(IN_HTTP, "option forwardfor;",
         "K0130<option> unknown word `option` in http HELP `option forwardfor` is a word of HAProxy; nginx "
         "says: "
         "proxy_set_header");
    WALK(IN_MAIN, "xyzzy;", "K0130<xyzzy> unknown word `xyzzy` in main");
}

static void each_mistake_reads_differently(void **state)
{
    (void)state;
    WALK(IN_MAIN, "root a;", "K0133<root> `root` is not allowed in main; it belongs in http, server");
    WALK(IN_MAIN, "user a; user b;", "user/1 K0135<user> `user` is there twice");
    WALK(IN_MAIN, "user;", "K0134<user> `user`: arguments wanted: 1 to 2, found: 0");
    WALK(IN_MAIN, "user a b c;", "K0134<c> `user`: arguments wanted: 1 to 2, found: 3");
    WALK(IN_SERVER, "listen;", "K0134<listen> `listen`: arguments wanted: 1 or more, found: 0");
    WALK(IN_MAIN, "http;", "K0136<http> `http` needs a block: \"{\" … \"}\"");
    WALK(IN_MAIN, "user a {}", "K0137<user> `user` has no block; a \";\" should end it");
    WALK(IN_HTTP, "hash_size 1;",
         "K0132<hash_size> `hash_size` tunes the inside of nginx only, and has no effect here");
    WALK(IN_HTTP, "hash_size;", "K0134<hash_size> `hash_size`: arguments wanted: 1, found: 0");
    WALK(IN_HTTP, "oldroot /;", "oldroot/1 K0102<oldroot> `oldroot` is an old word; today: root PATH");
    WALK(IN_HTTP, "perl x {}", "K0131<perl> `perl` is known but not supported: no interpreter is built in");
    WALK(IN_MAIN, "perl x;", "K0131<perl> `perl` is known but not supported: no interpreter is built in");
}

static void the_peer_has_its_own_sentence(void **state)
{
    (void)state;
    struct diags *d = diags_new();
    struct arena *a = arena_new(0);
    struct span text = SPAN("upstrem {}\n");
    struct words *w =
        words_open(a, d, WORDS_NGINX, text, diags_add_source(d, SPAN("/etc/x"), text), NULL, NULL);
    struct statement s;
    struct build b = { 0 };
    assert_true(words_next(w, &s));
    keyword_walk(&table, &b, a, d, IN_HTTP, NULL, &s);
    struct buf out;
    buf_init(&out, 10000);
    diags_show(d, &out, DIAG_SHOW_NGINX, false);
    assert_holds(buf_span(&out), "nginx: [emerg] unknown directive \"upstrem\" in /etc/x:1\n");
    buf_fini(&out);
    diags_free(&d);
    arena_free(&a);
}

static void the_manual_has_every_row(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 10000);
    keyword_manual(&table, &out);
    assert_holds(buf_span(&out), "# nginx: every word\n\n## main\n");
    assert_holds(buf_span(&out), "| `user` | 1 to 2 | yes |  |\n");
    assert_holds(buf_span(&out), "| `http` | 0, block | yes |  |\n");
    assert_holds(buf_span(&out), "| `perl` | 0 or more | no | no interpreter is built in |\n");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_words_are_handled),         cmocka_unit_test(unknown_words_get_a_suggestion),
        cmocka_unit_test(each_mistake_reads_differently), cmocka_unit_test(the_peer_has_its_own_sentence),
        cmocka_unit_test(the_manual_has_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
