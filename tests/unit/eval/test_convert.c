/* SPDX-License-Identifier: Apache-2.0 */
/* Converters. What is expected where HAProxy has the same converter is what HAProxy 2.6 gave. */
#include "eval/fixture.h"
#include "model/lookup.h"

static struct expr_part *part;
static struct expr *whole;

static void begin_text(const char *text)
{
    whole = ARENA_NEW(s.a, struct expr);
    /* A fetch that gives the text: a constant would not be converted as one is while running. */
    part = expr_add_fetch(s.a, whole, FETCH_ENV, span_from(text));
}

static void begin_number(int32_t n)
{
    whole = ARENA_NEW(s.a, struct expr);
    part = expr_add_fetch(s.a, whole, FETCH_NUMBER, SPAN(""));
    part->number = n;
}

static struct conversion *then(enum convert c)
{
    return expr_add_conversion(s.a, part, c);
}

static struct span result(void)
{
    struct span out;
    expr_finish(s.a, whole);
    return eval_text_found(&s.f, whole, &out) ? out : SPAN("(none)");
}

/* <text> through <c> with its operands; NULL texts are empty. */
static struct span made(const char *text, enum convert c, int64_t n, int64_t n2, const char *t,
                        const char *t2)
{
    begin_text(text);
    struct conversion *v = then(c);
    v->number = n;
    v->number2 = n2;
    v->text = span_from(t);
    v->text2 = span_from(t2);
    return result();
}

static void pieces_by_separators(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum convert c;
        int n, count;
        const char *expected;
    } rows[] = {
        { "a/b//c", CONVERT_FIELD, 2, 1, "b" },     { "a/b//c", CONVERT_FIELD, 3, 1, "" },
        { "a/b//c", CONVERT_FIELD, 4, 1, "c" },     { "a/b//c", CONVERT_FIELD, 5, 1, "(none)" },
        { "a/b//c", CONVERT_FIELD, -1, 1, "c" },    { "a/b//c", CONVERT_FIELD, -2, 1, "" },
        { "a/b//c", CONVERT_FIELD, 2, 2, "b/" },    { "a/b//c", CONVERT_FIELD, 2, 0, "b//c" },
        { "a/b//c", CONVERT_FIELD, -2, 2, "b/" },   { "a/b//c", CONVERT_FIELD, -2, 0, "a/b/" },
        { "a/b//c", CONVERT_WORD, 2, 1, "b" },      { "a/b//c", CONVERT_WORD, 3, 1, "c" },
        { "a/b//c", CONVERT_WORD, 4, 1, "(none)" }, { "a/b//c", CONVERT_WORD, -1, 1, "c" },
        { "a/b//c", CONVERT_WORD, 2, 2, "b//c" },   { "a/b//c", CONVERT_WORD, 1, 0, "a/b//c" },
        { "a/b//c", CONVERT_WORD, -2, 2, "a/b" },   { "a/b//c", CONVERT_WORD, -2, 0, "a/b" },
        { "/a/b/", CONVERT_FIELD, 1, 1, "" },       { "/a/b/", CONVERT_WORD, 1, 1, "a" },
        { "/a/b/", CONVERT_FIELD, -1, 1, "" },      { "/a/b/", CONVERT_WORD, -1, 1, "b" },
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_span(made(rows[i].text, rows[i].c, rows[i].n, rows[i].count, "/", NULL), rows[i].expected);
}

/* More pieces than any small table holds. */
static void the_last_of_very_many_pieces(void **state)
{
    (void)state;
    static char text[1001];
    memset(text, ',', 998);
    memcpy(text + 998, "xy", 3);
    assert_span(made(text, CONVERT_FIELD, -1, 1, ",", NULL), "xy");
    assert_span(made(text, CONVERT_FIELD, 999, 1, ",", NULL), "xy");
    assert_span(made(text, CONVERT_WORD, 1, 1, ",", NULL), "xy");
}

static void texts(void **state)
{
    (void)state;
    assert_span(made("ABCdef", CONVERT_LOWER, 0, 0, NULL, NULL), "abcdef");
    assert_span(made("ABCdef[`{@", CONVERT_UPPER, 0, 0, NULL, NULL), "ABCDEF[`{@");
    assert_span(made("abc", CONVERT_LENGTH, 0, 0, NULL, NULL), "3");
    assert_span(made("xxabxx", CONVERT_LTRIM, 0, 0, "x", NULL), "abxx");
    assert_span(made("xxabxx", CONVERT_RTRIM, 0, 0, "x", NULL), "xxab");
    assert_span(made("a=1&b=2", CONVERT_QUERY_PARAM, 0, 0, "b", NULL), "2");
    assert_span(made("a=1;b=2&c", CONVERT_QUERY_PARAM, 0, 0, "b", ";"), "2&c");
    assert_span(made("a=1&b", CONVERT_QUERY_PARAM, 0, 0, "b", NULL), "");
    assert_span(made("a=1&b=2", CONVERT_QUERY_PARAM, 0, 0, "c", NULL), "(none)");
    assert_span(made("www.shop.example:80", CONVERT_MAIN_DOMAIN, 0, 0, NULL, NULL), "shop");
    assert_span(made("shop.example", CONVERT_MAIN_DOMAIN, 0, 0, NULL, NULL), "shop");
    assert_span(made("shop", CONVERT_MAIN_DOMAIN, 0, 0, NULL, NULL), "shop");
    assert_span(made("", CONVERT_MAIN_DOMAIN, 0, 0, NULL, NULL), "");
    assert_span(made("a\"b\\\n", CONVERT_JSON, 0, 0, NULL, NULL), "a\\\"b\\\\\\n");
    assert_span(made("", CONVERT_DEFAULT, 0, 0, "else", NULL), "else");
    assert_span(made("a", CONVERT_DEFAULT, 0, 0, "else", NULL), "a");
    assert_span(made("b", CONVERT_STRCMP, 0, 0, "b", NULL), "0");
}

static void percent_and_back(void **state)
{
    (void)state;
    assert_span(made("a%20b+c", CONVERT_URL_DECODE, 1, 0, NULL, NULL), "a b c");
    assert_span(made("a%20b+c", CONVERT_URL_DECODE, 0, 0, NULL, NULL), "a b+c");
    assert_span(made("a%41%4a", CONVERT_URL_DECODE, 0, 0, NULL, NULL), "aAJ");
    assert_span(made("a%zz", CONVERT_URL_DECODE, 0, 0, NULL, NULL), "(none)");
    assert_span(made("a%4", CONVERT_URL_DECODE, 0, 0, NULL, NULL), "(none)");
    assert_span(made("a b/c~\xc3\xa9", CONVERT_URL_ENCODE, 0, 0, NULL, NULL), "a%20b%2Fc~%C3%A9");
}

static void hosts_and_ports(void **state)
{
    (void)state;
    assert_span(made("www.a.b:80", CONVERT_HOST_ONLY, 0, 0, NULL, NULL), "www.a.b");
    assert_span(made("www.a.b", CONVERT_HOST_ONLY, 0, 0, NULL, NULL), "www.a.b");
    assert_span(made("[::1]:80", CONVERT_HOST_ONLY, 0, 0, NULL, NULL), "[::1]");
    assert_span(made("[::1]", CONVERT_HOST_ONLY, 0, 0, NULL, NULL), "[::1]");
    assert_span(made("::1", CONVERT_HOST_ONLY, 0, 0, NULL, NULL), ":");
    assert_span(made("[::1]:443", CONVERT_PORT_ONLY, 0, 0, NULL, NULL), "443");
    assert_span(made("www.a.b", CONVERT_PORT_ONLY, 0, 0, NULL, NULL), "0");
}

static void bytes_and_encodings(void **state)
{
    (void)state;
    assert_span(made("abcdef", CONVERT_BYTES, 2, -1, NULL, NULL), "cdef");
    assert_span(made("abcdef", CONVERT_BYTES, 2, 2, NULL, NULL), "cd");
    assert_span(made("abcdef", CONVERT_BYTES, 2, 20, NULL, NULL), "cdef");
    assert_span(made("abc", CONVERT_HEX, 0, 0, NULL, NULL), "616263");
    assert_span(made("\xff\x01", CONVERT_HEX, 0, 0, NULL, NULL), "FF01");
    assert_span(made("abc", CONVERT_BASE64, 0, 0, NULL, NULL), "YWJj");
    assert_span(made("ab", CONVERT_BASE64, 0, 0, NULL, NULL), "YWI=");
    assert_span(made("YWJj", CONVERT_BASE64_DECODE, 0, 0, NULL, NULL), "abc");
    assert_span(made("YWI=", CONVERT_BASE64_DECODE, 0, 0, NULL, NULL), "ab");
    assert_span(made("YW", CONVERT_BASE64_DECODE, 0, 0, NULL, NULL), "(none)");
    assert_span(made("YW=J", CONVERT_BASE64_DECODE, 0, 0, NULL, NULL), "(none)");
    begin_number(255);
    (void)then(CONVERT_HEX);
    assert_span(result(), "00000000000000FF");
}

static struct span hashed(enum convert c, int64_t n)
{
    return made("abc", c, n, 0, NULL, NULL);
}

static struct span digest(enum convert c, int64_t bits)
{
    begin_text("abc");
    then(c)->number = bits;
    (void)then(CONVERT_HEX);
    return result();
}

static void hashes(void **state)
{
    (void)state;
    assert_span(hashed(CONVERT_CRC32, 0), "891568578");
    assert_span(hashed(CONVERT_CRC32, 1), "930845320");
    assert_span(hashed(CONVERT_DJB2, 0), "193485963");
    assert_span(hashed(CONVERT_DJB2, 1), "2235766107");
    assert_span(hashed(CONVERT_SDBM, 0), "807794786");
    assert_span(hashed(CONVERT_SDBM, 1), "659243622");
    assert_span(hashed(CONVERT_WT6, 0), "2483038440");
    assert_span(hashed(CONVERT_WT6, 1), "266135527");
    assert_span(hashed(CONVERT_XXH32, 0), "852579327");
    assert_span(hashed(CONVERT_XXH32, 7), "1473238068");
    assert_span(hashed(CONVERT_XXH64, 0), "4952883123889572249");
    assert_span(hashed(CONVERT_XXH64, 7), "-7028621457359472937");
    assert_span(digest(CONVERT_SHA1, 0), "A9993E364706816ABA3E25717850C26C9CD0D89D");
    assert_span(digest(CONVERT_SHA2, 256),
                "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
    assert_span(digest(CONVERT_MD5, 0), "900150983CD24FB0D6963F7D28E17F72");
}

static struct span counted(int32_t a, enum convert c, int64_t b)
{
    begin_number(a);
    then(c)->number = b;
    return result();
}

static void numbers(void **state)
{
    (void)state;
    assert_span(counted(7, CONVERT_DIV, 2), "3");
    assert_span(counted(-7, CONVERT_DIV, 2), "-3");
    assert_span(counted(7, CONVERT_DIV, 0), "9223372036854775807");
    assert_span(counted(7, CONVERT_MOD, 3), "1");
    assert_span(counted(-7, CONVERT_MOD, 3), "-1");
    assert_span(counted(7, CONVERT_MOD, 0), "0");
    assert_span(counted(7, CONVERT_MUL, INT64_MAX), "9223372036854775807");
    assert_span(counted(-7, CONVERT_MUL, INT64_MAX), "-9223372036854775808");
    assert_span(counted(1, CONVERT_ADD, INT64_MAX), "9223372036854775807");
    assert_span(counted(-5, CONVERT_SUB, INT64_MAX), "-9223372036854775808");
    assert_span(counted(5, CONVERT_SUB, INT64_MIN), "9223372036854775807");
    assert_span(counted(-5, CONVERT_SUB, INT64_MIN), "9223372036854775803");
    assert_span(counted(12, CONVERT_AND, 10), "8");
    assert_span(counted(12, CONVERT_OR, 3), "15");
    assert_span(counted(12, CONVERT_XOR, 10), "6");
    assert_span(counted(5, CONVERT_NEG, 0), "-5");
    assert_span(counted(5, CONVERT_EVEN, 0), "0");
    assert_span(counted(5, CONVERT_ODD, 0), "1");
    assert_span(counted(5, CONVERT_NOT, 0), "0");
    assert_span(counted(0, CONVERT_NOT, 0), "1");
    assert_span(counted(5, CONVERT_BOOL, 0), "1");
}

/* What HAProxy makes of a value of another type. */
static void one_type_into_another(void **state)
{
    (void)state;
    assert_span(made("12abc", CONVERT_ADD, 1, 0, NULL, NULL), "13");
    assert_span(made("abc", CONVERT_ADD, 1, 0, NULL, NULL), "1");
    assert_span(made("0x10", CONVERT_ADD, 0, 0, NULL, NULL), "0");
    assert_span(made("-12", CONVERT_ADD, 1, 0, NULL, NULL), "-11");
    assert_span(made("", CONVERT_ADD, 1, 0, NULL, NULL), "(none)");
    assert_span(made("99999999999999999999", CONVERT_ADD, 0, 0, NULL, NULL), "9223372036854775807");
    assert_span(made("true", CONVERT_NOT, 0, 0, NULL, NULL), "1");
    assert_span(made("1", CONVERT_NOT, 0, 0, NULL, NULL), "0");
    assert_span(made("abc", CONVERT_BOOL, 0, 0, NULL, NULL), "0");
    whole = ARENA_NEW(s.a, struct expr);
    part = expr_add_fetch(s.a, whole, FETCH_CLIENT_IP, SPAN(""));
    then(CONVERT_ADD)->number = 1;
    assert_span(result(), "3221225992"); /* 192.0.2.7 and one */
    whole = ARENA_NEW(s.a, struct expr);
    part = expr_add_fetch(s.a, whole, FETCH_CLIENT_IP, SPAN(""));
    (void)then(CONVERT_HEX);
    assert_span(result(), "C0000207");
}

static void addresses(void **state)
{
    (void)state;
    assert_span(made("10.1.2.3", CONVERT_IP_MASK, 8, 0, NULL, NULL), "10.0.0.0");
    assert_span(made("10.1.2.255", CONVERT_IP_MASK, 30, 0, NULL, NULL), "10.1.2.252");
    assert_span(made("2001:db8::1", CONVERT_IP_MASK, 24, 32, NULL, NULL), "2001:db8::");
    assert_span(made("nonsense", CONVERT_IP_MASK, 24, 32, NULL, NULL), "(none)");
    assert_span(made("10.1.2.3", CONVERT_TO_IP, 0, 0, NULL, NULL), "10.1.2.3");
}

static void dates(void **state)
{
    (void)state;
    begin_number(86400);
    then(CONVERT_UTIME)->text = SPAN("%Y-%m-%d");
    assert_span(result(), "1970-01-02");
    begin_number(0);
    struct conversion *c = then(CONVERT_UTIME);
    c->text = SPAN("%d %H");
    c->number = 90000;
    assert_span(result(), "02 01");
    assert_span(counted(86400, CONVERT_HTTP_DATE, 0), "Fri, 02 Jan 1970 00:00:00 GMT");
    assert_span(counted(-5, CONVERT_HTTP_DATE, 0), "(none)");
}

static void replaced_by_a_regular_expression(void **state)
{
    (void)state;
    struct buf why;
    size_t at;
    char text[64];
    buf_init_fixed(&why, text, sizeof(text));
    static const struct {
        const char *text, *pattern, *to;
        int all;
        const char *expected;
    } rows[] = {
        { "abcabc", "b", "X", 0, "aXcabc" },
        { "abcabc", "b", "X", 1, "aXcaXc" },
        { "abcabc", "(b)(c)", "<\\2\\1>", 1, "a<cb>a<cb>" },
        { "abc", "x*", "-", 1, "-a-b-c-" },
        { "abc", "z", "X", 1, "abc" },
        { "", "^$", "e", 0, "e" },
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin_text(rows[i].text);
        struct conversion *c = then(CONVERT_REGSUB);
        c->regex = config_regex(s.c, span_from(rows[i].pattern), false, &why, &at);
        c->text = span_from(rows[i].to);
        c->number = rows[i].all;
        assert_span(result(), rows[i].expected);
    }
}

static void operands_from_variables(void **state)
{
    (void)state;
    struct value five = { .type = VALUE_INT, .as.number = 5 };
    assert_true(eval_set_slot(&s.f, 1, &five));
    begin_number(10);
    then(CONVERT_MUL)->number2 = 2; /* slot 1 */
    assert_span(result(), "50");
    assert_span(made("a", CONVERT_CONCAT, 0, 2, "-", "+"), "a-5+");
    assert_span(made("a", CONVERT_CONCAT, 0, 3, "-", "+"), "a-+"); /* slot 2 was never set */
    assert_span(made("a", CONVERT_CONCAT, 0, 0, "-", "+"), "a-+");
    assert_span(made("5", CONVERT_STRCMP, 0, 2, NULL, NULL), "0");
    assert_span(made("5", CONVERT_STRCMP, 0, 3, NULL, NULL), "(none)");
}

static void looked_up(void **state)
{
    (void)state;
    struct lookup *l = ARENA_NEW(s.a, struct lookup);
    *ARENA_PUSH(s.a, &l->rows) =
        (struct lookup_row){ .how = MATCH_EXACT, .text = SPAN("a"), .value = expr_text(s.a, SPAN("1")) };
    *ARENA_PUSH(s.a, &l->rows) = (struct lookup_row){ .how = MATCH_IP, .value = expr_text(s.a, SPAN("net")) };
    assert_true(network_parse(SPAN("192.0.2.0/24"), &l->rows.items[1].network));
    lookup_finish(s.a, l);
    begin_text("a");
    then(CONVERT_MAP)->lookup = l;
    assert_span(result(), "1");
    begin_text("b");
    then(CONVERT_MAP)->lookup = l;
    assert_span(result(), "(none)");
    whole = ARENA_NEW(s.a, struct expr);
    part = expr_add_fetch(s.a, whole, FETCH_CLIENT_IP, SPAN(""));
    then(CONVERT_MAP)->lookup = l;
    assert_span(result(), "net");
}

/* However little scratch there is, a value is right or none. */
static void no_room_is_no_value(void **state)
{
    (void)state;
    static char text[3000];
    memset(text, 'a', sizeof(text) - 1);
    static const enum convert all[] = { CONVERT_UPPER, CONVERT_HEX,    CONVERT_URL_ENCODE,
                                        CONVERT_JSON,  CONVERT_CONCAT, CONVERT_BASE64 };
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        scratch_reset(&s.scratch);
        scratch_init(&s.scratch, &s.slab, 2000);
        assert_span(made(text, all[i], 0, 0, "x", NULL), "(none)");
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(pieces_by_separators),
        T(the_last_of_very_many_pieces),
        T(texts),
        T(percent_and_back),
        T(hosts_and_ports),
        T(bytes_and_encodings),
        T(hashes),
        T(numbers),
        T(one_type_into_another),
        T(addresses),
        T(dates),
        T(replaced_by_a_regular_expression),
        T(operands_from_variables),
        T(looked_up),
        T(no_room_is_no_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
