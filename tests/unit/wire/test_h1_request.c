/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request heads: what is accepted and how it is read, what is refused and why.
 * Each case is parsed at once and byte by byte.
 */
#include "h1_describe.h"

static const struct h1_limits usual = { .head_max = 16384, .target_max = 8192, .fields_max = 100 };

/* ---- accepted ---- */

#define HEAD(line)        line "\r\nHost: t\r\n\r\n"
#define GET_WITH(fields)  "GET / HTTP/1.1\r\nHost: t\r\n" fields "\r\n"
#define POST_WITH(fields) "POST / HTTP/1.1\r\nHost: t\r\n" fields "\r\n"
#define ROOT              "target=/ path=/ host=t "

static const struct {
    const char *bytes, *want;
} accepted[] = {
    /* targets: origin form */
    { HEAD("GET / HTTP/1.1"), "GET " ROOT "none keep 1.1" },
    { HEAD("GET /a/b?c=d&e[]=%20 HTTP/1.1"),
      "GET target=/a/b?c=d&e[]=%20 path=/a/b query=c=d&e[]=%20 host=t none keep 1.1" },
    { HEAD("GET /? HTTP/1.1"), "GET target=/? path=/ query= host=t none keep 1.1" },
    { HEAD("GET /a?b?c/d HTTP/1.1"), "GET target=/a?b?c/d path=/a query=b?c/d host=t none keep 1.1" },
    { HEAD("GET //x/a HTTP/1.1"), "GET target=//x/a path=//x/a host=t none keep 1.1" },
    { HEAD("GET /%0d%0aX:%zz HTTP/1.1"), "GET target=/%0d%0aX:%zz path=/%0d%0aX:%zz host=t none keep 1.1" },
    { HEAD("GET /\"<>|^`{}\\ HTTP/1.1"), "GET target=/\"<>|^`{}\\ path=/\"<>|^`{}\\ host=t none keep 1.1" },
    { HEAD("GET /\xc3\xa9?\xff HTTP/1.1"),
      "GET target=/\xc3\xa9?\xff path=/\xc3\xa9 query=\xff host=t none keep 1.1" },
    { HEAD("GET /http://x/ HTTP/1.1"), "GET target=/http://x/ path=/http://x/ host=t none keep 1.1" },
    /* absolute form */
    { HEAD("GET http://t/a?b HTTP/1.1"),
      "GET target=http://t/a?b scheme=http authority=t path=/a query=b host=t none keep 1.1" },
    { HEAD("GET HTTP://T HTTP/1.1"),
      "GET target=HTTP://T scheme=HTTP authority=T path=/ host=T none keep 1.1" },
    { HEAD("GET http://t?q HTTP/1.1"),
      "GET target=http://t?q scheme=http authority=t path=/ query=q host=t none keep 1.1" },
    { HEAD("GET http://t:80/ HTTP/1.1"),
      "GET target=http://t:80/ scheme=http authority=t:80 path=/ host=t:80 none keep 1.1" },
    { HEAD("GET https://t:443/ HTTP/1.1"),
      "GET target=https://t:443/ scheme=https authority=t:443 path=/ host=t:443 none keep 1.1" },
    { HEAD("GET coap+tcp.x-1://t/ HTTP/1.1"),
      "GET target=coap+tcp.x-1://t/ scheme=coap+tcp.x-1 authority=t path=/ host=t none keep 1.1" },
    { "GET http://[::1]:8/ HTTP/1.1\r\nHost: [::1]:8\r\n\r\n",
      "GET target=http://[::1]:8/ scheme=http authority=[::1]:8 path=/ host=[::1]:8 none keep 1.1" },
    { "GET http://t/ HTTP/1.0\r\n\r\n",
      "GET target=http://t/ scheme=http authority=t path=/ host=t none close 1.0" },
    { HEAD("OPTIONS http://t HTTP/1.1"),
      "OPTIONS target=http://t scheme=http authority=t path=* host=t none keep 1.1" },
    { HEAD("OPTIONS http://t/ HTTP/1.1"),
      "OPTIONS target=http://t/ scheme=http authority=t path=/ host=t none keep 1.1" },
    { HEAD("OPTIONS http://t?q HTTP/1.1"),
      "OPTIONS target=http://t?q scheme=http authority=t path=/ query=q host=t none keep 1.1" },
    /* asterisk and authority form */
    { HEAD("OPTIONS * HTTP/1.1"), "OPTIONS target=* path=* host=t none keep 1.1" },
    { "CONNECT t:443 HTTP/1.1\r\nHost: t:443\r\n\r\n",
      "CONNECT target=t:443 authority=t:443 host=t:443 none keep 1.1" },
    { "CONNECT t:443 HTTP/1.1\r\nHost: t\r\n\r\n",
      "CONNECT target=t:443 authority=t:443 host=t:443 none keep 1.1" },
    { "CONNECT t:443 HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n",
      "CONNECT target=t:443 authority=t:443 host=t:443 length=0 keep 1.1" },
    /* methods */
    { HEAD("PROPFIND / HTTP/1.1"), "PROPFIND " ROOT "none keep 1.1" },
    { HEAD("get / HTTP/1.1"), "get " ROOT "none keep 1.1" },
    { HEAD("!#$%&'*+-.^_`|~09Az / HTTP/1.1"), "!#$%&'*+-.^_`|~09Az " ROOT "none keep 1.1" },
    { HEAD("PRI / HTTP/1.1"), "PRI " ROOT "none keep 1.1" },
    /* versions */
    { HEAD("GET / HTTP/1.0"), "GET " ROOT "none close 1.0" },
    { "GET / HTTP/1.0\r\n\r\n", "GET target=/ path=/ none close 1.0" },
    { HEAD("GET / HTTP/1.2"), "GET " ROOT "none keep 1.1" },
    { HEAD("GET / HTTP/1.9"), "GET " ROOT "none keep 1.1" },
    /* one empty line first */
    { "\r\n" HEAD("GET / HTTP/1.1"), "GET " ROOT "none keep 1.1" },
    /* Host */
    { "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET target=/ path=/ none keep 1.1" },
    { "GET / HTTP/1.1\r\nhOST:\t web_pools:80 \t\r\n\r\n",
      "GET target=/ path=/ host=web_pools:80 none keep 1.1" },
    /* lengths and codings */
    { POST_WITH(""), "POST " ROOT "none keep 1.1" },
    { POST_WITH("Content-Length: 0\r\n"), "POST " ROOT "length=0 keep 1.1" },
    { POST_WITH("cONTENT-lENGTH:5\r\n"), "POST " ROOT "length=5 keep 1.1" },
    { POST_WITH("Content-Length: 0005\r\n"), "POST " ROOT "length=5 keep 1.1" },
    { POST_WITH("Content-Length: 9223372036854775807\r\n"),
      "POST " ROOT "length=9223372036854775807 keep 1.1" },
    { GET_WITH("Content-Length: 5\r\n"), "GET " ROOT "length=5 keep 1.1" },
    { "POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\n", "POST target=/ path=/ length=5 close 1.0" },
    { POST_WITH("Transfer-Encoding: chunked\r\n"), "POST " ROOT "chunked keep 1.1" },
    { POST_WITH("tRANSFER-eNCODING:\tcHuNkEd \r\n"), "POST " ROOT "chunked keep 1.1" },
    { POST_WITH("X-Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), "POST " ROOT "length=5 keep 1.1" },
    { POST_WITH("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n"), "POST " ROOT "length=5 keep 1.1" },
    /* persistence */
    { GET_WITH("Connection: close\r\n"), "GET " ROOT "none close 1.1" },
    { GET_WITH("Connection: keep-alive, CLOSE\r\n"), "GET " ROOT "none close 1.1" },
    { GET_WITH("Connection: x\r\nConnection: close\r\n"), "GET " ROOT "none close 1.1" },
    { GET_WITH("Connection: not-close\r\n"), "GET " ROOT "none keep 1.1" },
    { GET_WITH("Proxy-Connection: close\r\n"), "GET " ROOT "none keep 1.1" },
    { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET target=/ path=/ none keep 1.0" },
    { "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET target=/ path=/ none close 1.0" },
    /* expectations, upgrades, trailers */
    { POST_WITH("Expect: 100-Continue\r\nContent-Length: 5\r\n"), "POST " ROOT "length=5 keep expect 1.1" },
    { POST_WITH("Expect: 100-continuee\r\nContent-Length: 5\r\n"), "POST " ROOT "length=5 keep 1.1" },
    { "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
      "POST target=/ path=/ length=5 close 1.0" },
    { GET_WITH("Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"),
      "GET " ROOT "none keep upgrade 1.1" },
    { GET_WITH("Upgrade: websocket\r\n"), "GET " ROOT "none keep 1.1" },
    { GET_WITH("Connection: Upgrade\r\n"), "GET " ROOT "none keep 1.1" },
    { "GET / HTTP/1.0\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "GET target=/ path=/ none close 1.0" },
    { GET_WITH("TE: gzip;q=1, trailers\r\n"), "GET " ROOT "none keep trailers 1.1" },
    { GET_WITH("TE: gzip\r\n"), "GET " ROOT "none keep 1.1" },
};

static void what_is_valid_is_read(void **state)
{
    (void)state;
    static struct parsed p;
    char got[512];
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct span bytes = span_from(accepted[i].bytes);
        parse_whole(bytes, &usual, AS_REQUEST, &p);
        if (p.result != H1_DONE)
            fail_msg("%s: %s at %u", accepted[i].bytes, h1_error_text(p.scan.error), p.scan.error_at);
        describe(&p.m, got, sizeof(got));
        assert_string_equal(got, accepted[i].want);
        assert_int_equal(p.head_len, bytes.len);
        assert_int_equal(p.m.method, method_of(p.m.method_text));
        /* and complete only with the last byte */
        assert_int_equal(parse_dripping(bytes, 1, &usual, AS_REQUEST, &p), bytes.len);
        assert_int_equal(p.result, H1_DONE);
        assert_int_equal(p.head_len, bytes.len);
    }
}

/* ---- refused ---- */

#define BYTES(text) SPAN_INIT(text)

static const struct {
    struct span bytes;
    enum h1_error why;
    unsigned at;
} refused[] = {
    /* what is no HTTP is seen by its first bytes */
    { BYTES("\x16\x03\x01\x02\x00\x01\x00\x01"), H1_ERR_METHOD, 0 },
    { BYTES("\0\0\0\0"), H1_ERR_METHOD, 0 },
    { BYTES("\xff\xfe"), H1_ERR_METHOD, 0 },
    { BYTES(" GET / HTTP/1.1\r\n"), H1_ERR_METHOD, 0 },
    { BYTES("\tGET / HTTP/1.1\r\n"), H1_ERR_METHOD, 0 },
    { BYTES(":"), H1_ERR_METHOD, 0 },
    { BYTES("\r\n\r\n\0\r\nQUIT\n"), H1_ERR_METHOD, 4 },
    { BYTES("\r\n\nGET"), H1_ERR_LINE_END, 2 },
    { BYTES("\nGET"), H1_ERR_LINE_END, 0 },
    { BYTES("\rGET"), H1_ERR_LINE_END, 0 },
    { BYTES("\r\r\nGET"), H1_ERR_LINE_END, 0 },
    /* and a bad request line as soon as it ends */
    { BYTES("SSH-2.0-OpenSSH_9.2\r\n"), H1_ERR_METHOD, 19 },
    { BYTES("EHLO x\r\n"), H1_ERR_VERSION, 6 },
    { BYTES("GET\r\n"), H1_ERR_METHOD, 3 },
    { BYTES("GET \r\n"), H1_ERR_VERSION, 4 },
    { BYTES("GET /\r\n"), H1_ERR_VERSION, 5 },
    { BYTES("GET HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET  HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("G=T / HTTP/1.1\r\n"), H1_ERR_METHOD, 1 },
    { BYTES("GET: / HTTP/1.1\r\n"), H1_ERR_METHOD, 3 },
    { BYTES("G\xc9T / HTTP/1.1\r\n"), H1_ERR_METHOD, 1 },
    { BYTES("GET\t/ HTTP/1.1\r\n"), H1_ERR_METHOD, 3 },
    /* blanks */
    { BYTES("GET  / HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET /  HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET /\tHTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET /aHTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET / HTTP/1.1 \r\n"), H1_ERR_VERSION, 7 },
    { BYTES("GET /a b HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET /a\tb HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET /a?b c HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET /a HTTP/1.1 /b HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    /* fragments */
    { BYTES("GET /a#b HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET /a?b#c HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET # HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http://t/#c HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http://t#c HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    /* no form of a target */
    { BYTES("GET a HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET ?a HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET * HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("OPTIONS ** HTTP/1.1\r\n"), H1_ERR_TARGET, 8 },
    { BYTES("OPTIONS */a HTTP/1.1\r\n"), H1_ERR_TARGET, 8 },
    { BYTES("GET t:80 HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET javascript:alert(1) HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http:/a HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http: HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http:// HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http:///a HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http://?a HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http://u@t/ HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http://u:p@t/ HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http://t:x/ HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET http://t\\a HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET ://t/ HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET 1http://t/ HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("GET h_p://t/ HTTP/1.1\r\n"), H1_ERR_TARGET, 4 },
    { BYTES("CONNECT / HTTP/1.1\r\n"), H1_ERR_TARGET, 8 },
    { BYTES("CONNECT t HTTP/1.1\r\n"), H1_ERR_TARGET, 8 },
    { BYTES("CONNECT t: HTTP/1.1\r\n"), H1_ERR_TARGET, 8 },
    { BYTES("CONNECT t:0 HTTP/1.1\r\n"), H1_ERR_TARGET, 8 },
    { BYTES("CONNECT t:x HTTP/1.1\r\n"), H1_ERR_TARGET, 8 },
    { BYTES("CONNECT t:80/ HTTP/1.1\r\n"), H1_ERR_TARGET, 8 },
    { BYTES("CONNECT http://t:80 HTTP/1.1\r\n"), H1_ERR_TARGET, 8 },
    { BYTES("CONNECT * HTTP/1.1\r\n"), H1_ERR_TARGET, 8 },
    /* versions */
    { BYTES("GET / HTTP/0.9\r\n"), H1_ERR_VERSION, 6 },
    { BYTES("GET / HTTP/2.0\r\n"), H1_ERR_VERSION_MAJOR, 6 },
    { BYTES("GET / HTTP/9.9\r\n"), H1_ERR_VERSION_MAJOR, 6 },
    { BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), H1_ERR_VERSION_MAJOR, 6 },
    { BYTES("GET / HTTP/2\r\n"), H1_ERR_VERSION, 4 },
    { BYTES("GET / http/1.1\r\n"), H1_ERR_VERSION, 6 },
    { BYTES("GET / HTTP/1,1\r\n"), H1_ERR_VERSION, 6 },
    { BYTES("GET / HTTP/x.1\r\n"), H1_ERR_VERSION, 6 },
    { BYTES("GET / HTTP/1.x\r\n"), H1_ERR_VERSION, 6 },
    { BYTES("GET / HTTP//.1\r\n"), H1_ERR_VERSION, 6 },
    { BYTES("GET / HTTP/1./\r\n"), H1_ERR_VERSION, 6 },
    { BYTES("GET / HTTP/1:1\r\n"), H1_ERR_VERSION, 6 },
    { BYTES("GET / HTTP/:.1\r\n"), H1_ERR_VERSION, 6 },
    { BYTES("GET / HTTP/1.:\r\n"), H1_ERR_VERSION, 6 },
    { BYTES("GET / HTTP/.1\r\n"), H1_ERR_VERSION, 5 },
    { BYTES("GET / HTTP/1.10\r\n"), H1_ERR_VERSION, 7 },
    { BYTES("GET / HTTP/01.1\r\n"), H1_ERR_VERSION, 7 },
    { BYTES("GET / HTTP /1.1\r\n"), H1_ERR_VERSION, 7 },
    { BYTES("GET / ICE/1.0\r\n"), H1_ERR_VERSION, 5 },
    { BYTES("GET / RTSP/1.0\r\n"), H1_ERR_VERSION, 6 },
    /* line ends and control bytes, at once wherever they are */
    { BYTES("GET / HTTP/1.1\n"), H1_ERR_LINE_END, 14 },
    { BYTES("GET / HTTP/1.1\rH"), H1_ERR_LINE_END, 14 },
    { BYTES("GET / HTTP/1.1\r\r\n"), H1_ERR_LINE_END, 14 },
    { BYTES("GET / HTTP/1.1\r\nHost: t\n"), H1_ERR_LINE_END, 23 },
    { BYTES("GET / HTTP/1.1\r\nHost: t\rX"), H1_ERR_LINE_END, 23 },
    { BYTES("GET / HTTP/1.1\r\nHost: t\r\r\n"), H1_ERR_LINE_END, 23 },
    { BYTES("GET / HTTP/1.1\r\nHost: t\r\0"), H1_ERR_LINE_END, 23 },
    { BYTES("GET / HTTP/1.1\r\nHost: t\r\n\n"), H1_ERR_LINE_END, 25 },
    { BYTES("GET / HTTP/1.1\r\nHost: t\r\n\rX"), H1_ERR_LINE_END, 25 },
    { BYTES("GET /a\0b HTTP"), H1_ERR_CONTROL, 6 },
    { BYTES("GET /\x1f"), H1_ERR_CONTROL, 5 },
    { BYTES("GET /\x7f"), H1_ERR_CONTROL, 5 },
    { BYTES("GET / HTTP/1.1\r\nX: a\0"), H1_ERR_CONTROL, 20 },
    { BYTES("GET / HTTP/1.1\r\nX: a\x01"), H1_ERR_CONTROL, 20 },
    { BYTES("GET / HTTP/1.1\r\nX: a\x0b"), H1_ERR_CONTROL, 20 },
    { BYTES("GET / HTTP/1.1\r\nX: a\x0c"), H1_ERR_CONTROL, 20 },
    { BYTES("GET / HTTP/1.1\r\nX: a\x1b"), H1_ERR_CONTROL, 20 },
    { BYTES("GET / HTTP/1.1\r\nX: a\x7f"), H1_ERR_CONTROL, 20 },
    { BYTES("GET / HTTP/1.1\r\nX\0: a"), H1_ERR_CONTROL, 17 },
    /* field names */
    { BYTES("GET / HTTP/1.1\r\n Host: t\r\n\r\n"), H1_ERR_FOLDED, 16 },
    { BYTES("GET / HTTP/1.1\r\n\tHost: t\r\n\r\n"), H1_ERR_FOLDED, 16 },
    { BYTES(GET_WITH("X: a\r\n b\r\n")), H1_ERR_FOLDED, 31 },
    { BYTES(GET_WITH("X: a\r\n\tb\r\n")), H1_ERR_FOLDED, 31 },
    { BYTES(GET_WITH("X: a\r\n \r\n")), H1_ERR_FOLDED, 31 },
    { BYTES(GET_WITH("Content-Length:\r\n 5\r\n")), H1_ERR_LENGTH, 40 },
    { BYTES(GET_WITH(": a\r\n")), H1_ERR_FIELD_NAME, 25 },
    { BYTES(GET_WITH(":\r\n")), H1_ERR_FIELD_NAME, 25 },
    { BYTES(GET_WITH("X : a\r\n")), H1_ERR_FIELD_NAME, 26 },
    { BYTES(GET_WITH("X\t: a\r\n")), H1_ERR_FIELD_NAME, 26 },
    { BYTES(GET_WITH("X Y: a\r\n")), H1_ERR_FIELD_NAME, 26 },
    { BYTES(GET_WITH("X\r\n")), H1_ERR_FIELD_NAME, 26 },
    { BYTES(GET_WITH("GET /b HTTP/1.1\r\n")), H1_ERR_FIELD_NAME, 28 },
    { BYTES(GET_WITH("X@Y: a\r\n")), H1_ERR_FIELD_NAME, 26 },
    { BYTES(GET_WITH("X(Y: a\r\n")), H1_ERR_FIELD_NAME, 26 },
    { BYTES(GET_WITH("X\"Y: a\r\n")), H1_ERR_FIELD_NAME, 26 },
    { BYTES(GET_WITH("X\\Y: a\r\n")), H1_ERR_FIELD_NAME, 26 },
    { BYTES(GET_WITH("X\xc3\xa9: a\r\n")), H1_ERR_FIELD_NAME, 26 },
    /* Host */
    { BYTES("GET / HTTP/1.1\r\n\r\n"), H1_ERR_HOST, 0 },
    { BYTES("GET / HTTP/1.1\r\nX-Host: t\r\n\r\n"), H1_ERR_HOST, 0 },
    { BYTES(GET_WITH("Host: t\r\n")), H1_ERR_HOST, 31 },
    { BYTES(GET_WITH("hOST:\r\n")), H1_ERR_HOST, 30 },
    { BYTES("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), H1_ERR_HOST, 31 },
    { BYTES("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), H1_ERR_HOST, 22 },
    { BYTES("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), H1_ERR_HOST, 22 },
    { BYTES("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), H1_ERR_HOST, 22 },
    { BYTES("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), H1_ERR_HOST, 22 },
    { BYTES("GET / HTTP/1.0\r\nHost: a:x\r\n\r\n"), H1_ERR_HOST, 22 },
    { BYTES("GET / HTTP/1.1\r\nHost: \xff\r\n\r\n"), H1_ERR_HOST, 22 },
    { BYTES("\r\nGET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), H1_ERR_HOST, 24 },
    { BYTES("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n"), H1_ERR_HOST_MISMATCH, 30 },
    { BYTES("GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n"), H1_ERR_HOST_MISMATCH, 29 },
    { BYTES("GET http://a:8080/ HTTP/1.1\r\nHost: a\r\n\r\n"), H1_ERR_HOST_MISMATCH, 35 },
    { BYTES("GET http://a/ HTTP/1.1\r\nHost: a:443\r\n\r\n"), H1_ERR_HOST_MISMATCH, 30 },
    { BYTES("GET x://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n"), H1_ERR_HOST_MISMATCH, 27 },
    { BYTES("GET http://a/ HTTP/1.1\r\n\r\n"), H1_ERR_HOST, 0 },
    { BYTES("CONNECT a:443 HTTP/1.1\r\nHost: a:80\r\n\r\n"), H1_ERR_HOST_MISMATCH, 30 },
    { BYTES("CONNECT a:443 HTTP/1.1\r\nHost: b:443\r\n\r\n"), H1_ERR_HOST_MISMATCH, 30 },
    /* Content-Length */
    { BYTES(POST_WITH("Content-Length:\r\n")), H1_ERR_LENGTH, 41 },
    { BYTES(POST_WITH("Content-Length: +5\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: -5\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 0x5\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 5e0\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 5x\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 5 5\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 5.0\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 1_0\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: \"5\"\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: \xa0"
                      "5\r\n")),
      H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 5,\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: ,5\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 5, 5\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 5, 6\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 9223372036854775808\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 18446744073709551621\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 100000000000000000000000000005\r\n")), H1_ERR_LENGTH, 42 },
    { BYTES(POST_WITH("Content-Length: 5\r\nContent-Length: 5\r\n")), H1_ERR_LENGTH, 61 },
    { BYTES(POST_WITH("Content-Length: 5\r\ncontent-length: 6\r\n")), H1_ERR_LENGTH, 61 },
    { BYTES(POST_WITH("Content-Length: 5\r\nContent-Length:\r\n")), H1_ERR_LENGTH, 60 },
    { BYTES("CONNECT t:80 HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n"), H1_ERR_LENGTH, 48 },
    /* Transfer-Encoding */
    { BYTES(POST_WITH("Transfer-Encoding:\r\n")), H1_ERR_CODING_ORDER, 44 },
    { BYTES(POST_WITH("Transfer-Encoding: ,\r\n")), H1_ERR_CODING_ORDER, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: ,chunked\r\n")), H1_ERR_CODING_ORDER, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: chunked,\r\n")), H1_ERR_CODING_ORDER, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: chunked, chunked\r\n")), H1_ERR_CODING_ORDER, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: chunked, gzip\r\n")), H1_ERR_CODING_ORDER, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), H1_ERR_CODING_ORDER,
      73 },
    { BYTES(POST_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")), H1_ERR_CODING_ORDER,
      73 },
    { BYTES(POST_WITH("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n")), H1_ERR_CODING_ORDER, 72 },
    { BYTES(POST_WITH("Transfer-Encoding: gzip, chunked\r\n")), H1_ERR_CODING, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")), H1_ERR_CODING, 70 },
    { BYTES(POST_WITH("Transfer-Encoding: gzip\r\n")), H1_ERR_CODING, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: identity\r\n")), H1_ERR_CODING, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: chunk\r\n")), H1_ERR_CODING, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: chunkedchunked\r\n")), H1_ERR_CODING, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: chunked;q=1\r\n")), H1_ERR_CODING, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: \"chunked\"\r\n")), H1_ERR_CODING, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: x chunked\r\n")), H1_ERR_CODING, 45 },
    { BYTES(POST_WITH("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")), H1_ERR_BOTH, 45 },
    { BYTES(POST_WITH("Content-Length: 0\r\nTransfer-Encoding: gzip\r\n")), H1_ERR_BOTH, 64 },
    { BYTES("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), H1_ERR_CODING_1_0, 36 },
    { BYTES("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"), H1_ERR_CODING_1_0,
      36 },
    { BYTES("CONNECT t:80 HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"), H1_ERR_CODING, 51 },
};

static void what_is_not_is_refused(void **state)
{
    (void)state;
    static struct parsed p;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct span bytes = refused[i].bytes;
        parse_whole(bytes, &usual, AS_REQUEST, &p);
        if (p.result != H1_BAD || p.scan.error != refused[i].why || p.scan.error_at != refused[i].at)
            fail_msg("%.*s: %d, %s at %u", SPAN_ARGS(bytes), p.result, h1_error_text(p.scan.error),
                     p.scan.error_at);
        parse_dripping(bytes, 1, &usual, AS_REQUEST, &p);
        if (p.result != H1_BAD || p.scan.error != refused[i].why)
            fail_msg("dripping %.*s: %d, %s", SPAN_ARGS(bytes), p.result, h1_error_text(p.scan.error));
    }
}

/* ---- fields ---- */

static const struct {
    const char *fields, *want;
} kept[] = {
    { "A:1\r\nB: 2 \r\nC:\t \r\nD:\r\nA: 3\r\n", "A: 1|B: 2|C: |D: |A: 3" },
    { "X: a: b\r\n", "X: a: b" },
    { "X: \xc3\xa9 \ta\r\n", "X: \xc3\xa9 \ta" },
    /* hop-by-hop, whether Connection names them or not */
    { "TE: trailers\r\nKeep-Alive: 5\r\nUpgrade: x\r\nProxy-Connection: x\r\nTrailer: X\r\n",
      "TE: trailers*|Keep-Alive: 5*|Upgrade: x*|Proxy-Connection: x*|Trailer: X" },
    { "X-a: 1\r\nConnection: x-A, Cookie\r\nX-A: 2\r\nCookie: c\r\nX-B: 3\r\n",
      "X-a: 1*|Connection: x-A, Cookie*|X-A: 2*|Cookie: c*|X-B: 3" },
    { "Connection: X\r\nX: 1\r\nConnection: Y\r\nY: 1\r\n", "Connection: X*|X: 1*|Connection: Y*|Y: 1*" },
    /* but never what the message is framed and routed by */
    { "Connection: Host, Content-Length\r\nContent-Length: 5\r\n",
      "Connection: Host, Content-Length*|Content-Length: 5" },
    { "Connection: close, Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n",
      "Connection: close, Transfer-Encoding*|Transfer-Encoding: chunked*" },
};

static void fields_are_cut_and_marked(void **state)
{
    (void)state;
    static struct parsed p;
    char bytes[512], got[512], want[512];
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        snprintf(bytes, sizeof(bytes), "GET / HTTP/1.1\r\nHost: t\r\n%s\r\n", kept[i].fields);
        snprintf(want, sizeof(want), "Host: t|%s", kept[i].want);
        parse_whole(span_from(bytes), &usual, AS_REQUEST, &p);
        assert_int_equal(p.result, H1_DONE);
        describe_fields(&p.m, got, sizeof(got));
        assert_string_equal(got, want);
    }
}

static void chunked_stays_although_connection_names_it(void **state)
{
    (void)state;
    static struct parsed p;
    parse_whole(SPAN(POST_WITH("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n")), &usual,
                AS_REQUEST, &p);
    assert_int_equal(p.result, H1_DONE);
    assert_int_equal(p.m.framing, FRAMING_CHUNKED);
}

static void ids_lead_to_the_first_field(void **state)
{
    (void)state;
    static struct parsed p;
    parse_whole(SPAN(GET_WITH("Cookie: a\r\nX: 1\r\nCookie: b\r\n")), &usual, AS_REQUEST, &p);
    const struct field *f = message_find(&p.m, FIELD_COOKIE);
    assert_ptr_equal(f, &p.m.fields[1]);
    assert_ptr_equal(message_next(&p.m, f), &p.m.fields[3]);
}

static void underscores_are_dropped_when_asked(void **state)
{
    (void)state;
    static struct parsed p;
    char got[256];
    struct h1_limits limits = usual;
    struct span bytes = SPAN(GET_WITH("X_Y: 1\r\nContent_Length: 5\r\nX-Y: a_b\r\n_: 2\r\n"));
    limits.drop_odd_names = limits.underscore_is_odd = true;
    parse_whole(bytes, &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_DONE);
    describe_fields(&p.m, got, sizeof(got));
    assert_string_equal(got, "Host: t|X-Y: a_b");

    parse_whole(bytes, &usual, AS_REQUEST, &p);
    assert_int_equal(p.m.field_count, 5);

    limits.fields_max = 4; /* what is dropped was still there */
    parse_whole(bytes, &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_BAD);
    assert_int_equal(p.scan.error, H1_ERR_TOO_MANY);
}

static void odd_names_are_dropped_when_asked(void **state)
{
    (void)state;
    static struct parsed p;
    char got[256];
    struct h1_limits limits = usual;
    struct span bytes =
        SPAN(GET_WITH("X.Y: 1\r\nX(: 5\r\n\xe4: 1\r\nA@b:c\r\nX-Y: a\r\n{}: 2\r\nX_Y: 3\r\n"));
    limits.drop_odd_names = limits.drop_odd_lines = true;
    parse_whole(bytes, &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_DONE);
    describe_fields(&p.m, got, sizeof(got));
    assert_string_equal(got, "Host: t|X-Y: a|X_Y: 3");

    static const char *const wrong[] = { GET_WITH("X y: 1\r\n"),     GET_WITH("X\ty: 1\r\n"),
                                         GET_WITH("X( : 1\r\n"),     GET_WITH("X(y\r\n"),
                                         GET_WITH("(: 1\rX: 2\r\n"), GET_WITH(": 1\r\n") };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        parse_whole(span_from(wrong[i]), &limits, AS_REQUEST, &p);
        assert_int_equal(p.result, H1_BAD);
    }
    limits.fields_max = 6; /* what is dropped was still there */
    parse_whole(bytes, &limits, AS_REQUEST, &p);
    assert_int_equal(p.scan.error, H1_ERR_TOO_MANY);
    limits = usual;
    limits.drop_odd_names = true;
    parse_whole(bytes, &limits, AS_REQUEST, &p);
    assert_int_equal(p.scan.error, H1_ERR_FIELD_NAME);
}

static void empty_lines_may_come_first(void **state)
{
    (void)state;
    static struct parsed p;
    struct h1_limits limits = usual;
    parse_whole(SPAN("\r\n\r\n\r\n" HEAD("GET / HTTP/1.1")), &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_DONE);
    parse_whole(SPAN("\r\n\r\n\r"), &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_MORE);
    parse_whole(SPAN("\r\n\rG"), &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_BAD);
    limits.head_max = 4;
    parse_whole(SPAN("\r\n\r\n\r\n"), &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_BAD);
}

/* ---- limits ---- */

static void what_follows_the_head_is_left_alone(void **state)
{
    (void)state;
    static struct parsed p;
    struct span bytes = SPAN("GET / HTTP/1.1\r\nHost: t\r\n\r\n\0\n\rGET");
    parse_whole(bytes, &usual, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_DONE);
    assert_int_equal(p.head_len, 27);
}

static void nothing_wants_more(void **state)
{
    (void)state;
    static struct parsed p;
    parse_whole(span_of(NULL, 0), &usual, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_MORE);
    parse_whole(span_of(NULL, 0), &usual, METHOD_GET, &p);
    assert_int_equal(p.result, H1_MORE);
}

static void the_head_has_a_limit(void **state)
{
    (void)state;
    static struct parsed p;
    struct span head = SPAN(GET_WITH("X: 1\r\n"));
    struct h1_limits limits = usual;
    limits.head_max = (uint32_t)head.len;
    parse_whole(head, &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_DONE);
    for (limits.head_max = 0; limits.head_max < head.len; limits.head_max++) {
        parse_whole(head, &limits, AS_REQUEST, &p);
        assert_int_equal(p.result, H1_BAD);
        /* before the first line's end it is that line which is too long */
        assert_int_equal(p.scan.error, limits.head_max < 16 ? H1_ERR_TARGET_LONG : H1_ERR_HEAD_LONG);
        assert_int_equal(h1_error_status(p.scan.error), limits.head_max < 16 ? 414 : 431);
        size_t have = parse_dripping(head, 1, &limits, AS_REQUEST, &p);
        assert_int_equal(p.result, H1_BAD);
        assert_true(have <= limits.head_max + 1u);
    }
    /* a leading empty line counts */
    limits.head_max = 1;
    parse_whole(SPAN("\r\nG"), &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_BAD);
}

static void the_request_line_has_a_limit(void **state)
{
    (void)state;
    static struct parsed p;
    struct h1_limits limits = usual;
    struct span head = SPAN(HEAD("GET /0123456789 HTTP/1.1")); /* a line of 24 bytes */
    limits.target_max = 24;
    parse_whole(head, &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_DONE);
    parse_dripping(head, 1, &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_DONE);

    limits.target_max = 23;
    parse_whole(head, &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_BAD);
    assert_int_equal(p.scan.error, H1_ERR_TARGET_LONG);
    assert_int_equal(parse_dripping(head, 1, &limits, AS_REQUEST, &p), 25); /* a CR may have been its end */
    assert_int_equal(p.result, H1_BAD);
    assert_int_equal(p.scan.error, H1_ERR_TARGET_LONG);
}

static void fields_have_a_limit(void **state)
{
    (void)state;
    static struct parsed p;
    struct h1_limits limits = usual;
    struct span head = SPAN(GET_WITH("A: 1\r\nB: 2\r\n"));
    limits.fields_max = 3;
    parse_whole(head, &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_DONE);
    limits.fields_max = 2;
    parse_whole(head, &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_BAD);
    assert_int_equal(p.scan.error, H1_ERR_TOO_MANY);
    assert_int_equal(p.scan.error_at, 31);

    /* the storage may be smaller than the limit */
    size_t head_len;
    struct h1_scan scan = { 0 };
    struct message m;
    message_init(&m, p.storage, 2);
    assert_int_equal(h1_parse_request(head, &usual, &scan, &m, &head_len), H1_BAD);
    assert_int_equal(scan.error, H1_ERR_TOO_MANY);
}

static void connection_has_a_limit(void **state)
{
    (void)state;
    static struct parsed p;
    char bytes[1024];
    for (int members = 64; members <= 65; members++) {
        int at = snprintf(bytes, sizeof(bytes), "GET / HTTP/1.1\r\nHost: t\r\nConnection: a");
        for (int i = 1; i < members; i++)
            at += snprintf(bytes + at, sizeof(bytes) - (size_t)at, ",b");
        snprintf(bytes + at, sizeof(bytes) - (size_t)at, "\r\n\r\n");
        parse_whole(span_from(bytes), &usual, AS_REQUEST, &p);
        assert_int_equal(p.result, members == 64 ? H1_DONE : H1_BAD);
        assert_int_equal(p.scan.error, members == 64 ? H1_OK : H1_ERR_FIELD_VALUE);
    }
}

/* ---- long heads, odd sizes, odd steps ---- */

/* Marks come in windows of 4 kB and blocks of 64 bytes: names and values across every border. */
static void long_heads_are_cut_as_short_ones(void **state)
{
    (void)state;
    static struct parsed p;
    static char bytes[20000], name[32];
    const struct h1_limits limits = { .head_max = sizeof(bytes),
                                      .target_max = 8192,
                                      .fields_max = FIELDS_ROOM };
    for (size_t shift = 0; shift < 70; shift++) {
        size_t at =
            (size_t)snprintf(bytes, sizeof(bytes), "GET /%.*s HTTP/1.1\r\nHost: t\r\n", (int)shift,
                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        for (size_t i = 0; i < 700; i++)
            at += (size_t)snprintf(bytes + at, sizeof(bytes) - at, "X-Name-%zu: %zu%.*s\r\n", i, i,
                                   (int)(i % 7), "zzzzzzz");
        at += (size_t)snprintf(bytes + at, sizeof(bytes) - at, "\r\n");
        static const size_t steps[] = { 20000, 4096, 64, 63, 1000 };
        size_t step = steps[shift % COUNT_OF(steps)];
        parse_dripping(span_of(bytes, at), step, &limits, AS_REQUEST, &p);
        assert_int_equal(p.result, H1_DONE);
        assert_int_equal(p.head_len, at);
        parse_whole(span_of(bytes, at), &limits, AS_REQUEST, &p); /* the dripping one's buffer is gone */
        assert_int_equal(p.m.field_count, 701);
        for (size_t i = 0; i < 700; i++) {
            const struct field *f = &p.m.fields[i + 1];
            snprintf(name, sizeof(name), "X-Name-%zu", i);
            assert_true(span_eq(f->name, span_from(name)));
            snprintf(name, sizeof(name), "%zu%.*s", i, (int)(i % 7), "zzzzzzz");
            assert_true(span_eq(f->value, span_from(name)));
        }
    }
}

/* A value longer than a window, and the bad byte at every place of it. */
static void a_bad_byte_is_found_anywhere(void **state)
{
    (void)state;
    static struct parsed p;
    static char bytes[9000];
    const struct h1_limits limits = { .head_max = sizeof(bytes), .target_max = 8192, .fields_max = 10 };
    size_t start = (size_t)snprintf(bytes, sizeof(bytes), "GET / HTTP/1.1\r\nHost: t\r\nX: ");
    memset(bytes + start, 'a', sizeof(bytes) - start);
    for (size_t i = 4; i > 0; i--)
        bytes[sizeof(bytes) - i] = i % 2 ? '\n' : '\r';
    parse_whole(span_of(bytes, sizeof(bytes)), &limits, AS_REQUEST, &p);
    assert_int_equal(p.result, H1_DONE);
    assert_int_equal(p.m.fields[1].value.len, sizeof(bytes) - 4 - start);
    for (size_t i = start; i < sizeof(bytes) - 4; i += 1 + i % 3) {
        for (const char *bad = "\r\n\x01"; *bad; bad++) {
            bytes[i] = *bad;
            parse_whole(span_of(bytes, sizeof(bytes)), &limits, AS_REQUEST, &p);
            if (p.result != H1_BAD || p.scan.error_at != i)
                fail_msg("%02x at %zu: %d, %u", *bad, i, p.result, p.scan.error_at);
            assert_int_equal(p.scan.error, *bad == '\x01' ? H1_ERR_CONTROL : H1_ERR_LINE_END);
        }
        bytes[i] = 'a';
    }
}

static void errors_have_a_status_and_a_text(void **state)
{
    (void)state;
    for (int e = H1_ERR_METHOD; e <= H1_ERR_TRAILER; e++) {
        unsigned status = h1_error_status((enum h1_error)e);
        assert_true(status == 400 || status == 414 || status == 431 || status == 501 || status == 505);
        assert_true(strlen(h1_error_text((enum h1_error)e)) > 8);
    }
    assert_int_equal(h1_error_status(H1_ERR_VERSION_MAJOR), 505);
    assert_int_equal(h1_error_status(H1_ERR_CODING), 501);
    assert_int_equal(h1_error_status(H1_ERR_TOO_MANY), 431);
    assert_int_equal(h1_error_status((enum h1_error)99), 400);
    assert_string_equal(h1_error_text((enum h1_error)99), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_valid_is_read),
        cmocka_unit_test(what_is_not_is_refused),
        cmocka_unit_test(fields_are_cut_and_marked),
        cmocka_unit_test(chunked_stays_although_connection_names_it),
        cmocka_unit_test(ids_lead_to_the_first_field),
        cmocka_unit_test(underscores_are_dropped_when_asked),
        cmocka_unit_test(odd_names_are_dropped_when_asked),
        cmocka_unit_test(empty_lines_may_come_first),
        cmocka_unit_test(what_follows_the_head_is_left_alone),
        cmocka_unit_test(nothing_wants_more),
        cmocka_unit_test(the_head_has_a_limit),
        cmocka_unit_test(the_request_line_has_a_limit),
        cmocka_unit_test(fields_have_a_limit),
        cmocka_unit_test(connection_has_a_limit),
        cmocka_unit_test(long_heads_are_cut_as_short_ones),
        cmocka_unit_test(a_bad_byte_is_found_anywhere),
        cmocka_unit_test(errors_have_a_status_and_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
