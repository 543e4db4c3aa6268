/* SPDX-License-Identifier: Apache-2.0 */
/* The field Forwarded (RFC 7239): what is valid, its parts, and nodes that are written. */
#include "eval/fixture.h"

static struct span made(const char *text, enum convert c, const char *operand, int64_t n)
{
    struct span out;
    struct expr *e = ARENA_NEW(s.a, struct expr);
    struct expr_part *p = expr_add_fetch(s.a, e, FETCH_ENV, span_from(text));
    struct conversion *v = expr_add_conversion(s.a, p, c);
    v->text = span_from(operand);
    v->number = n;
    expr_finish(s.a, e);
    return eval_text_found(&s.f, e, &out) ? out : SPAN("(none)");
}

static void parts_of_a_field(void **state)
{
    const char *field = "proto=https;host=\"haproxy.org:80\";for=\"127.0.0.1:9999\";by=_me";

    (void)state;
    assert_span(made(field, CONVERT_FORWARDED_FIELD, "proto", 0), "https");
    assert_span(made(field, CONVERT_FORWARDED_FIELD, "host", 0), "haproxy.org:80");
    assert_span(made(field, CONVERT_FORWARDED_FIELD, "for", 0), "127.0.0.1:9999");
    assert_span(made(field, CONVERT_FORWARDED_FIELD, "by", 0), "_me");
    assert_span(made("proto=https", CONVERT_FORWARDED_FIELD, "by", 0), "(none)");
    assert_span(made("For=1.2.3.4", CONVERT_FORWARDED_FIELD, "for", 0), "1.2.3.4");
}

static void what_is_valid(void **state)
{
    static const struct {
        const char *field, *valid;
    } rows[] = {
        { "for=127.0.0.1;proto=http", "1" },
        { "for=\"[::1]:80\"", "1" },
        { "for=unknown;by=\"_x:_y\"", "1" },
        { "proto=http;host=a.example", "1" },
        { "for=127.0.0.1:80", "0" },
        { "for=[::1]", "0" },
        { "for=127.0.0.1;for=127.0.0.2", "0" },
        { "for=nobody", "0" },
        { "for", "0" },
        { "", "0" },
        { "for=\"127.0.0.1", "0" },
        { "proto=http;", "0" },
        { "other=x", "0" },
        { "for=\"127.0.0.1:99999\"", "0" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_span(made(rows[i].field, CONVERT_FORWARDED_VALID, "", 0), rows[i].valid);
}

static void names_and_ports_of_nodes(void **state)
{
    (void)state;
    assert_span(made("127.0.0.1:9999", CONVERT_NODE_NAME, "", 0), "127.0.0.1");
    assert_span(made("[ab:cd:ff:ff:ff:ff:ff:ff]:9998", CONVERT_NODE_NAME, "", 0), "ab:cd:ff:ff:ff:ff:ff:ff");
    assert_span(made("_name:9998", CONVERT_NODE_NAME, "", 0), "_name");
    assert_span(made("unknown", CONVERT_NODE_NAME, "", 0), "unknown");
    assert_span(made("name", CONVERT_NODE_NAME, "", 0), "(none)");
    assert_span(made("[127.0.0.1]", CONVERT_NODE_NAME, "", 0), "(none)");
    assert_span(made("127.0.0.1:9999", CONVERT_NODE_PORT, "", 0), "9999");
    assert_span(made("_name:_port", CONVERT_NODE_PORT, "", 0), "_port");
    assert_span(made("127.0.0.1", CONVERT_NODE_PORT, "", 0), "(none)");
    assert_span(made("127.0.0.1:70000", CONVERT_NODE_PORT, "", 0), "(none)");
}

static void nodes_as_they_are_written(void **state)
{
    (void)state;
    assert_span(made("127.0.0.1", CONVERT_NODE_TEXT, "", 0), "127.0.0.1");
    assert_span(made("::1", CONVERT_NODE_TEXT, "", 0), "\"[::1]\"");
    assert_span(made("::1", CONVERT_NODE_TEXT, "", 1), "[::1]");
    assert_span(made("A1F2", CONVERT_NODE_TEXT, "", 0), "_A1F2");
    assert_span(made("_x\";y", CONVERT_NODE_TEXT, "", 0), "_x--y");
    assert_span(made("", CONVERT_NODE_TEXT, "", 0), "unknown");
}

static void bytes_that_no_field_may_hold(void **state)
{
    (void)state;
    assert_span(made("a\r\nb\tc\x7f", CONVERT_FIELD_SAFE, "", 0), "a%0D%0Ab\tc%7F");
    assert_span(made("a b", CONVERT_FIELD_SAFE, "", 0), "a b");
}

static void entries_of_a_certificates_name(void **state)
{
    const char *name = "CN=www\\, the\\20second,OU=Two,OU=One,O=Caf\\C3\\A9,C=FR";

    (void)state;
    assert_span(made(name, CONVERT_NAME_ENTRY, "CN", 1), "www, the second");
    assert_span(made(name, CONVERT_NAME_ENTRY, "OU", 1), "One");
    assert_span(made(name, CONVERT_NAME_ENTRY, "OU", 2), "Two");
    assert_span(made(name, CONVERT_NAME_ENTRY, "OU", -1), "Two");
    assert_span(made(name, CONVERT_NAME_ENTRY, "OU", 3), "(none)");
    assert_span(made(name, CONVERT_NAME_ENTRY, "O", 1), "Caf\xc3\xa9");
    assert_span(made("O=x/CN=admin,C=FR", CONVERT_NAME_ENTRY, "CN", 1), "(none)");
    assert_span(made("O=x\\,CN=admin,C=FR", CONVERT_NAME_ENTRY, "CN", 1), "(none)");
}

#define T(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = { T(parts_of_a_field),
                                        T(what_is_valid),
                                        T(names_and_ports_of_nodes),
                                        T(nodes_as_they_are_written),
                                        T(bytes_that_no_field_may_hold),
                                        T(entries_of_a_certificates_name) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
