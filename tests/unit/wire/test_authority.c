/* SPDX-License-Identifier: Apache-2.0 */
/* host [":" port]: what is one, and when two are the same place. */
#include "wire/authority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *text, *host; /* NULL: refused */
    unsigned port;
} cases[] = {
    { "a", "a", 0 },
    { "example.com", "example.com", 0 },
    { "example.com.", "example.com.", 0 },
    { "EXAMPLE.com:8080", "EXAMPLE.com", 8080 },
    { "web_pools", "web_pools", 0 },
    { "10.0.0.1:80", "10.0.0.1", 80 },
    { "a:", "a", 0 },
    { "a:0", "a", 0 },
    { "a:00080", "a", 80 },
    { "a:65535", "a", 65535 },
    { "[::1]", "[::1]", 0 },
    { "[::1]:443", "[::1]", 443 },
    { "[2001:DB8::ffff:1.2.3.4]", "[2001:DB8::ffff:1.2.3.4]", 0 },
    { "xn--caf-dma.example", "xn--caf-dma.example", 0 },
    { "caf%C3%A9", "caf%C3%A9", 0 },
    { "a!$&'()*+;=~-b", "a!$&'()*+;=~-b", 0 },
    /* refused */
    { "", NULL, 0 },
    { ":80", NULL, 0 },
    { "a:65536", NULL, 0 },
    { "a:99999", NULL, 0 },
    { "a:000080", NULL, 0 },
    { "a:b", NULL, 0 },
    { "a:-1", NULL, 0 },
    { "a:8 0", NULL, 0 },
    { "a:80:80", NULL, 0 },
    { "a b", NULL, 0 },
    { " a", NULL, 0 },
    { "a,b", NULL, 0 },
    { "user@a", NULL, 0 },
    { "a/b", NULL, 0 },
    { "a?b", NULL, 0 },
    { "a#b", NULL, 0 },
    { "a\\b", NULL, 0 },
    { "<a>", NULL, 0 },
    { "a\"b", NULL, 0 },
    { "\xc3\xa9", NULL, 0 },
    { "a\x7f", NULL, 0 },
    { "a%", NULL, 0 },
    { "a%4", NULL, 0 },
    { "a%4g", NULL, 0 },
    { "a%g4", NULL, 0 },
    { "::1", NULL, 0 },
    { "[::1", NULL, 0 },
    { "[]", NULL, 0 },
    { "[1.2.3.4]", NULL, 0 },
    { "[::1]80", NULL, 0 },
    { "[::1]]", NULL, 0 },
    { "[fe80::1%25eth0]", NULL, 0 },
    { "[v1.a]", NULL, 0 },
    { "[:::1]", NULL, 0 },
    { "[1:2:3:4:5:6:7:8:9]", NULL, 0 },
    { "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", NULL, 0 },
    { "a[::1]", NULL, 0 },
};

static void the_grammar_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct authority a;
        bool ok = authority_parse(span_from(cases[i].text), &a);
        if (ok != (cases[i].host != NULL))
            fail_msg("\"%s\" was %s", cases[i].text, ok ? "accepted" : "refused");
        if (!ok)
            continue;
        assert_true(span_eq(a.host, span_from(cases[i].host)));
        assert_int_equal(a.port, cases[i].port);
    }
    struct authority a;
    assert_false(authority_parse(span_of("a\0b", 3), &a));
    assert_false(authority_parse(span_of("[::1\0]", 6), &a));
}

static void the_default_port_may_be_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        uint16_t port;
        bool same;
    } pairs[] = {
        { "a", "A", 80, true },      { "a", "a:80", 80, true },   { "a:80", "a", 80, true },
        { "a:443", "a", 80, false }, { "a:443", "a", 443, true }, { "a", "b", 80, false },
        { "a:1", "a:1", 0, true },   { "a:1", "a:2", 1, false },  { "[::1]", "[::1]:80", 80, true },
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct authority a, b;
        assert_true(authority_parse(span_from(pairs[i].a), &a));
        assert_true(authority_parse(span_from(pairs[i].b), &b));
        assert_int_equal(authority_eq(&a, &b, pairs[i].port), pairs[i].same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_grammar_holds),
        cmocka_unit_test(the_default_port_may_be_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
