/* SPDX-License-Identifier: Apache-2.0 */
/* Response heads: the status line, and what a body is framed by. */
#include "h1_describe.h"

static const struct h1_limits usual = { .head_max = 16384, .target_max = 10, .fields_max = 100 };

#define OK_WITH(fields) "HTTP/1.1 200 OK\r\n" fields "\r\n"

static const struct {
    enum method request;
    const char *bytes, *want;
} accepted[] = {
    /* status lines */
    { METHOD_GET, "HTTP/1.1 200 OK\r\n\r\n", "200 reason=OK until-close close 1.1" },
    { METHOD_GET, "HTTP/1.1 200 \r\n\r\n", "200 until-close close 1.1" },
    { METHOD_GET, "HTTP/1.1 200\r\n\r\n", "200 until-close close 1.1" },
    { METHOD_GET, "HTTP/1.1 404 Not  Found\t\xe9 \r\n\r\n",
      "404 reason=Not  Found\t\xe9  until-close close 1.1" },
    { METHOD_GET, "HTTP/1.0 200 OK\r\n\r\n", "200 reason=OK until-close close 1.0" },
    { METHOD_GET, "HTTP/1.3 200 OK\r\nContent-Length: 1\r\n\r\n", "200 reason=OK length=1 keep 1.1" },
    { METHOD_GET, "HTTP/1.1 999 X\r\nContent-Length: 1\r\n\r\n", "999 reason=X length=1 keep 1.1" },
    /* lengths and codings */
    { METHOD_GET, OK_WITH("Content-Length: 5\r\n"), "200 reason=OK length=5 keep 1.1" },
    { METHOD_GET, OK_WITH("Content-Length: 0\r\n"), "200 reason=OK length=0 keep 1.1" },
    { METHOD_GET, OK_WITH("Content-Length: 0005\r\n"), "200 reason=OK length=5 keep 1.1" },
    { METHOD_GET, OK_WITH("Transfer-Encoding: Chunked\r\n"), "200 reason=OK chunked keep 1.1" },
    { METHOD_GET, OK_WITH("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
      "200 reason=OK chunked close 1.1" },
    { METHOD_GET, OK_WITH("Transfer-Encoding: Identity\r\n"), "200 reason=OK until-close close 1.1" },
    { METHOD_GET, OK_WITH("Content-Length: 5\r\nTransfer-Encoding: identity\r\n"),
      "200 reason=OK until-close close 1.1" },
    { METHOD_GET, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n",
      "200 reason=OK chunked close 1.0" },
    /* persistence */
    { METHOD_GET, OK_WITH("Content-Length: 5\r\nConnection: close\r\n"), "200 reason=OK length=5 close 1.1" },
    { METHOD_GET, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", "200 reason=OK length=5 close 1.0" },
    { METHOD_GET, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n",
      "200 reason=OK length=5 keep 1.0" },
    { METHOD_GET, OK_WITH("Connection: keep-alive\r\n"), "200 reason=OK until-close close 1.1" },
    /* no body whatever is announced: HEAD, 304 */
    { METHOD_HEAD, OK_WITH("Content-Length: 5\r\n"), "200 reason=OK none keep 1.1" },
    { METHOD_HEAD, OK_WITH("Transfer-Encoding: chunked\r\n"), "200 reason=OK none keep 1.1" },
    { METHOD_HEAD, OK_WITH(""), "200 reason=OK none keep 1.1" },
    { METHOD_GET, "HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n", "304 reason=X none keep 1.1" },
    { METHOD_GET, "HTTP/1.1 304 X\r\n\r\n", "304 reason=X none keep 1.1" },
    /* and where nothing should be announced, the body may come all the same */
    { METHOD_GET, "HTTP/1.1 204 X\r\n\r\n", "204 reason=X none keep 1.1" },
    { METHOD_GET, "HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n", "204 reason=X none keep 1.1" },
    { METHOD_GET, "HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\n", "204 reason=X none close 1.1" },
    { METHOD_GET, "HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n", "204 reason=X none close 1.1" },
    { METHOD_POST, "HTTP/1.1 100 Continue\r\n\r\n", "100 reason=Continue none keep 1.1" },
    { METHOD_GET, "HTTP/1.1 103 X\r\nLink: </a>\r\n\r\n", "103 reason=X none keep 1.1" },
    { METHOD_GET, "HTTP/1.1 199 X\r\nContent-Length: 5\r\n\r\n", "199 reason=X none close 1.1" },
    /* 205 has no special framing (RFC 9110 15.3.6) */
    { METHOD_GET, "HTTP/1.1 205 X\r\nContent-Length: 0\r\n\r\n", "205 reason=X length=0 keep 1.1" },
    /* tunnels */
    { METHOD_GET, "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      "101 reason=X tunnel close upgrade 1.1" },
    { METHOD_GET, "HTTP/1.0 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
      "101 reason=X tunnel close 1.0" },
    { METHOD_GET, "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n", "101 reason=X tunnel close 1.1" },
    { METHOD_CONNECT, OK_WITH(""), "200 reason=OK tunnel close 1.1" },
    { METHOD_CONNECT, OK_WITH("Content-Length: 5\r\n"), "200 reason=OK tunnel close 1.1" },
    { METHOD_CONNECT, "HTTP/1.1 299 X\r\nTransfer-Encoding: chunked\r\n\r\n",
      "299 reason=X tunnel close 1.1" },
    { METHOD_CONNECT, "HTTP/1.1 300 X\r\nContent-Length: 5\r\n\r\n", "300 reason=X length=5 keep 1.1" },
    { METHOD_CONNECT, "HTTP/1.1 100 X\r\n\r\n", "100 reason=X none keep 1.1" },
    { METHOD_CONNECT, "HTTP/1.1 407 X\r\nContent-Length: 5\r\n\r\n", "407 reason=X length=5 keep 1.1" },
    { METHOD_GET, "HTTP/1.1 426 X\r\nUpgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n",
      "426 reason=X length=0 keep upgrade 1.1" },
};

static void what_is_valid_is_read(void **state)
{
    (void)state;
    static struct parsed p;
    char got[512];
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct span bytes = span_from(accepted[i].bytes);
        parse_whole(bytes, &usual, accepted[i].request, &p);
        if (p.result != H1_DONE)
            fail_msg("%s: %s at %u", accepted[i].bytes, h1_error_text(p.scan.error), p.scan.error_at);
        describe(&p.m, got, sizeof(got));
        assert_string_equal(got, accepted[i].want);
        assert_int_equal(p.head_len, bytes.len);
        assert_int_equal(parse_dripping(bytes, 1, &usual, accepted[i].request, &p), bytes.len);
        assert_int_equal(p.result, H1_DONE);
    }
}

#define BYTES(text) SPAN_INIT(text)

static const struct {
    struct span bytes;
    enum h1_error why;
    unsigned at;
} refused[] = {
    /* by the first bytes */
    { BYTES("\x16\x03\x03\x00\x02\x02("), H1_ERR_STATUS, 0 },
    { BYTES("ICY 200 OK"), H1_ERR_STATUS, 0 },
    { BYTES("HTTQ"), H1_ERR_STATUS, 3 },
    { BYTES("http/1.1 200 OK"), H1_ERR_STATUS, 0 },
    { BYTES("\r\nHTTP/1.1 200 OK\r\n"), H1_ERR_STATUS, 0 },
    { BYTES(" HTTP/1.1 200 OK\r\n"), H1_ERR_STATUS, 0 },
    /* by the first line */
    { BYTES("HTTP/1.1\r\n"), H1_ERR_STATUS, 8 },
    { BYTES("HTTP/1.1 20\r\n"), H1_ERR_STATUS, 11 },
    { BYTES("HTTP/1.1 2 OK\r\n"), H1_ERR_STATUS, 8 },
    { BYTES("HTTP/1.1 20 OK\r\n"), H1_ERR_STATUS, 8 },
    { BYTES("HTTP/1.1 099 OK\r\n"), H1_ERR_STATUS, 8 },
    { BYTES("HTTP/1.1 abc OK\r\n"), H1_ERR_STATUS, 8 },
    { BYTES("HTTP/1.1 -20 OK\r\n"), H1_ERR_STATUS, 8 },
    { BYTES("HTTP/1.1\t200 OK\r\n"), H1_ERR_STATUS, 8 },
    { BYTES("HTTP/1.1  200 OK\r\n"), H1_ERR_STATUS, 8 },
    { BYTES("HTTP/1.1 2000 OK\r\n"), H1_ERR_STATUS, 12 },
    { BYTES("HTTP/1.1 200OK\r\n"), H1_ERR_STATUS, 12 },
    { BYTES("HTTP/1.1 200\tOK\r\n"), H1_ERR_STATUS, 12 },
    { BYTES("HTTP/2.0 200 OK\r\n"), H1_ERR_VERSION_MAJOR, 0 },
    { BYTES("HTTP/0.9 200 OK\r\n"), H1_ERR_VERSION, 0 },
    { BYTES("HTTP/1.10 200 OK\r\n"), H1_ERR_STATUS, 8 },
    { BYTES("HTTP/11.1 200 OK\r\n"), H1_ERR_VERSION, 0 },
    /* bytes and lines */
    { BYTES("HTTP/1.1 200 O\0K\r\n"), H1_ERR_CONTROL, 14 },
    { BYTES("HTTP/1.1 200 OK\n"), H1_ERR_LINE_END, 15 },
    { BYTES("HTTP/1.1 200 OK\rX"), H1_ERR_LINE_END, 15 },
    { BYTES(OK_WITH("X: a\rb\r\n")), H1_ERR_LINE_END, 21 },
    { BYTES(OK_WITH("X: a\x7f\r\n")), H1_ERR_CONTROL, 21 },
    { BYTES(OK_WITH(" X: a\r\n")), H1_ERR_FOLDED, 17 },
    { BYTES(OK_WITH("X: a\r\n b\r\n")), H1_ERR_FOLDED, 23 },
    { BYTES(OK_WITH("X : a\r\n")), H1_ERR_FIELD_NAME, 18 },
    { BYTES(OK_WITH("X Y: a\r\n")), H1_ERR_FIELD_NAME, 18 },
    { BYTES(OK_WITH("X\r\n")), H1_ERR_FIELD_NAME, 18 },
    /* framing */
    { BYTES(OK_WITH("Content-Length: 5x\r\n")), H1_ERR_LENGTH, 33 },
    { BYTES(OK_WITH("Content-Length:\r\n")), H1_ERR_LENGTH, 32 },
    { BYTES(OK_WITH("Content-Length: 5, 6\r\n")), H1_ERR_LENGTH, 33 },
    { BYTES(OK_WITH("Content-Length: 18446744073709551621\r\n")), H1_ERR_LENGTH, 33 },
    { BYTES(OK_WITH("Content-Length: 5\r\nContent-Length: 6\r\n")), H1_ERR_LENGTH, 52 },
    { BYTES("HTTP/1.1 304 X\r\nContent-Length: x\r\n\r\n"), H1_ERR_LENGTH, 32 },
    { BYTES(OK_WITH("Transfer-Encoding:\r\n")), H1_ERR_CODING_ORDER, 35 },
    { BYTES(OK_WITH("Transfer-Encoding: chunked, gzip\r\n")), H1_ERR_CODING_ORDER, 36 },
    { BYTES(OK_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), H1_ERR_CODING_ORDER,
      64 },
    { BYTES(OK_WITH("Transfer-Encoding: gzip, chunked\r\n")), H1_ERR_CODING, 36 },
    { BYTES(OK_WITH("Transfer-Encoding: gzip\r\n")), H1_ERR_CODING, 36 },
    { BYTES(OK_WITH("Transfer-Encoding: identity, gzip\r\n")), H1_ERR_CODING, 36 },
    /* upgrades */
    { BYTES("HTTP/1.1 101 X\r\n\r\n"), H1_ERR_STATUS, 9 },
    { BYTES("HTTP/1.1 101 X\r\nConnection: Upgrade\r\n\r\n"), H1_ERR_STATUS, 9 },
};

static void what_is_not_is_refused(void **state)
{
    (void)state;
    static struct parsed p;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct span bytes = refused[i].bytes;
        parse_whole(bytes, &usual, METHOD_GET, &p);
        if (p.result != H1_BAD || p.scan.error != refused[i].why || p.scan.error_at != refused[i].at)
            fail_msg("%.*s: %d, %s at %u", SPAN_ARGS(bytes), p.result, h1_error_text(p.scan.error),
                     p.scan.error_at);
        parse_dripping(bytes, 1, &usual, METHOD_GET, &p);
        if (p.result != H1_BAD || p.scan.error != refused[i].why)
            fail_msg("dripping %.*s: %d, %s", SPAN_ARGS(bytes), p.result, h1_error_text(p.scan.error));
    }
}

/* ---- a lone LF, where the caller allows it ---- */

static void lines_may_end_with_lf(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *want, *fields;
    } cases[] = {
        { "HTTP/1.1 200 OK\nContent-Length: 5\nX: a \n\n", "200 reason=OK length=5 keep 1.1",
          "Content-Length: 5|X: a" },
        { "HTTP/1.1 200 OK\r\n\n", "200 reason=OK until-close close 1.1", "" },
        { "HTTP/1.1 200 OK\n\r\n", "200 reason=OK until-close close 1.1", "" },
        { "HTTP/1.1 200\n\n", "200 until-close close 1.1", "" },
        { "HTTP/1.1 200 OK\r\nA: 1\nB: 2\r\nC:\n\r\n", "200 reason=OK until-close close 1.1",
          "A: 1|B: 2|C: " },
    };
    static struct parsed p;
    struct h1_limits limits = usual;
    char got[256];
    limits.lf_ends_lines = true;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span bytes = span_from(cases[i].bytes);
        assert_int_equal(parse_dripping(bytes, 1, &limits, METHOD_GET, &p), bytes.len);
        parse_whole(bytes, &limits, METHOD_GET, &p);
        assert_int_equal(p.result, H1_DONE);
        assert_int_equal(p.head_len, bytes.len);
        describe(&p.m, got, sizeof(got));
        assert_string_equal(got, cases[i].want);
        describe_fields(&p.m, got, sizeof(got));
        assert_string_equal(got, cases[i].fields);
        parse_whole(bytes, &usual, METHOD_GET, &p);
        assert_int_equal(p.result, H1_BAD);
    }
    /* a CR alone never ends one, and a request's never ends with LF alone */
    static const char *const bad[] = { "HTTP/1.1 200 OK\rX: 1\n\n", "HTTP/1.1 200 OK\r\r\n\n",
                                       "HTTP/1.1 200 OK\nX: a\rb\n\n" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        parse_whole(span_from(bad[i]), &limits, METHOD_GET, &p);
        assert_int_equal(p.result, H1_BAD);
        assert_int_equal(p.scan.error, H1_ERR_LINE_END);
    }
    limits.target_max = 100;
    parse_whole(SPAN("GET / HTTP/1.1\nHost: t\n\n"), &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_BAD);
}

/* The blank line's LF in every place of a block, after LF, CRLF and both. */
static void the_end_is_found_in_every_place(void **state)
{
    (void)state;
    static struct parsed p;
    static const char *const ends[] = { "\n\n", "\r\n\r\n", "\n\r\n", "\r\n\n" };
    struct h1_limits limits = usual;
    char bytes[256];
    limits.lf_ends_lines = true;
    for (size_t e = 0; e < COUNT_OF(ends); e++) {
        for (int pad = 0; pad < 140; pad++) {
            int len = snprintf(bytes, sizeof(bytes), "HTTP/1.1 200 %0*d%sx", pad + 1, 0, ends[e]);
            parse_whole(span_of(bytes, (size_t)len), &limits, METHOD_GET, &p);
            assert_int_equal(p.result, H1_DONE);
            assert_int_equal(p.head_len, len - 1);
            assert_int_equal(p.m.reason.len, pad + 1);
            for (size_t step = 1; step < 70; step += 13) {
                parse_dripping(span_of(bytes, (size_t)len), step, &limits, METHOD_GET, &p);
                assert_int_equal(p.result, H1_DONE);
                assert_int_equal(p.head_len, len - 1);
            }
        }
    }
}

static void fields_are_kept_as_the_origin_wrote_them(void **state)
{
    (void)state;
    static struct parsed p;
    char got[256];
    struct h1_limits limits = usual;
    limits.drop_odd_names = limits.underscore_is_odd = limits.drop_odd_lines = true; /* of requests */
    parse_whole(SPAN(OK_WITH("X_Y: 1\r\nConnection: X-Drop\r\nX-Drop: 2\r\nContent-Length: 3\r\n"
                             "Transfer-Encoding: chunked\r\n")),
                &limits, METHOD_GET, &p);
    assert_int_equal(p.result, H1_DONE);
    describe_fields(&p.m, got, sizeof(got));
    assert_string_equal(
        got, "X_Y: 1|Connection: X-Drop*|X-Drop: 2*|Content-Length: 3-|Transfer-Encoding: chunked*");
    assert_null(message_find(&p.m, FIELD_CONTENT_LENGTH));
}

static void heads_have_a_limit(void **state)
{
    (void)state;
    static struct parsed p;
    struct span head = SPAN(OK_WITH("X: 1\r\n"));
    struct h1_limits limits = usual;
    limits.head_max = (uint32_t)head.len;
    parse_whole(head, &limits, METHOD_GET, &p);
    assert_int_equal(p.result, H1_DONE);
    for (limits.head_max = 5; limits.head_max < head.len; limits.head_max++) {
        parse_whole(head, &limits, METHOD_GET, &p);
        assert_int_equal(p.result, H1_BAD);
        assert_int_equal(p.scan.error, H1_ERR_HEAD_LONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_valid_is_read),
        cmocka_unit_test(what_is_not_is_refused),
        cmocka_unit_test(lines_may_end_with_lf),
        cmocka_unit_test(the_end_is_found_in_every_place),
        cmocka_unit_test(fields_are_kept_as_the_origin_wrote_them),
        cmocka_unit_test(heads_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
