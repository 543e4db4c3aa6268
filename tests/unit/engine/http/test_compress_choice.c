/* SPDX-License-Identifier: Apache-2.0 */
/* Which answers are compressed, by the two heads alone. */
#include "engine/http/compress_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/h1.h"

static enum content_coding codings[2] = { CODING_GZIP, CODING_DEFLATE };
static uint16_t statuses[1] = { 200 };
static struct span types[1] = { SPAN_INIT("text/html") };

static struct compression rules(void)
{
    struct compression c = { .minor_min = 1, .length_min = 20 };
    c.codings.items = codings;
    c.codings.count = 2;
    c.statuses.items = statuses;
    c.statuses.count = 1;
    c.types.items = types;
    c.types.count = 1;
    return c;
}

/* What is decided for a request with <asks> and an answer with <says>, 100 bytes of text/html but for them.
 */
static enum compress_choice decide(const struct compression *c, const char *asks, const char *says,
                                   enum content_coding *coding)
{
    struct field fields[2][16];
    struct message request, answer;
    struct h1_limits limits = { 65536, 8192, 16, false, false };
    struct h1_scan scan = { 0 };
    char text[2][512];
    size_t len;

    snprintf(text[0], sizeof(text[0]), "%s\r\nHost: a\r\n\r\n", asks);
    snprintf(text[1], sizeof(text[1]), "%s\r\n\r\n", says);
    message_init(&request, fields[0], 16);
    message_init(&answer, fields[1], 16);
    assert_int_equal(h1_parse_request(span_from(text[0]), &limits, &scan, &request, &len), H1_DONE);
    scan = (struct h1_scan){ 0 };
    assert_int_equal(h1_parse_response(span_from(text[1]), &limits, request.method, &scan, &answer, &len),
                     H1_DONE);
    return compress_choose(c, &request, &answer, false, coding);
}

#define GET    "GET / HTTP/1.1\r\n"
#define PAGE   "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=x\r\n"
#define LENGTH "Content-Length: 100"

static void what_the_client_wants_most(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum compress_choice choice;
        enum content_coding coding;
    } rows[] = {
        { "gzip", COMPRESS_YES, CODING_GZIP },
        { "DEFLATE", COMPRESS_YES, CODING_DEFLATE },
        { "deflate, gzip", COMPRESS_YES, CODING_DEFLATE },
        { "gzip;q=0.5, deflate;q=0.7", COMPRESS_YES, CODING_DEFLATE },
        { "gzip;q=0.7;x=y, deflate ; q=0.69", COMPRESS_YES, CODING_GZIP },
        { "gzip;q=0, deflate;q=0.000", COMPRESS_VARIES, 0 },
        { "gzip;q=0.001", COMPRESS_YES, CODING_GZIP },
        { "gzip;q=1.1", COMPRESS_VARIES, 0 },
        { "gzip;q=", COMPRESS_YES, CODING_GZIP },
        { "br, zstd", COMPRESS_VARIES, 0 },
        { "*", COMPRESS_VARIES, 0 },
        { "", COMPRESS_VARIES, 0 },
    };
    struct compression c = rules();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum content_coding coding = CODING_IDENTITY;
        char asks[200];
        snprintf(asks, sizeof(asks), GET "Accept-Encoding: %s", rows[i].accept);
        assert_int_equal(decide(&c, asks, PAGE LENGTH, &coding), rows[i].choice);
        if (rows[i].choice == COMPRESS_YES)
            assert_int_equal(coding, rows[i].coding);
    }
    enum content_coding coding;
    c.heeds_star = true;
    assert_int_equal(decide(&c, GET "Accept-Encoding: *", PAGE LENGTH, &coding), COMPRESS_YES);
    assert_int_equal(coding, CODING_DEFLATE);
    assert_int_equal(
        decide(&c, GET "Accept-Encoding: gzip;q=0\r\nAccept-Encoding: deflate;q=0.1", PAGE LENGTH, &coding),
        COMPRESS_YES);
}

static void what_is_compressed(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        enum compress_choice choice;
    } rows[] = {
        { PAGE LENGTH, COMPRESS_YES },
        { PAGE "Content-Length: 19", COMPRESS_NO },
        { PAGE "Content-Length: 0", COMPRESS_NO },
        { PAGE "Transfer-Encoding: chunked", COMPRESS_YES },
        { PAGE LENGTH "\r\nContent-Encoding: br", COMPRESS_NO },
        { "HTTP/1.1 200 OK\r\nContent-Type: TEXT/html\r\n" LENGTH, COMPRESS_YES },
        { "HTTP/1.1 200 OK\r\nContent-Type: text/htm\r\n" LENGTH, COMPRESS_NO },
        { "HTTP/1.1 200 OK\r\n" LENGTH, COMPRESS_NO },
        { "HTTP/1.1 206 OK\r\nContent-Type: text/html\r\n" LENGTH, COMPRESS_NO },
        { "HTTP/1.1 304 OK\r\nContent-Type: text/html\r\n" LENGTH, COMPRESS_NO },
        { PAGE, COMPRESS_YES },
    };
    enum content_coding coding;
    struct compression c = rules();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(decide(&c, GET "Accept-Encoding: gzip", rows[i].says, &coding), rows[i].choice);
    assert_int_equal(decide(&c, "GET / HTTP/1.0\r\nAccept-Encoding: gzip", PAGE LENGTH, &coding),
                     COMPRESS_VARIES);
    c.careful = true;
    static const char *const careful[] = {
        PAGE "X: y",
        PAGE LENGTH "\r\nCache-Control: a, no-transform",
        PAGE LENGTH "\r\nETag: x",
        PAGE LENGTH "\r\nETag: \"a\"\r\nETag: \"b\"",
        ("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n" LENGTH),
    };
    for (size_t i = 0; i < sizeof(careful) / sizeof(careful[0]); i++)
        assert_int_equal(decide(&c, GET "Accept-Encoding: gzip", careful[i], &coding), COMPRESS_NO);
    assert_int_equal(decide(&c, GET "Accept-Encoding: gzip", PAGE LENGTH "\r\nETag: W/\"a\"", &coding),
                     COMPRESS_YES);
}

static void old_browsers_and_proxies(void **state)
{
    (void)state;
    enum content_coding coding;
    struct compression c = rules();
    c.disabled_msie6 = true;
    assert_int_equal(decide(&c,
                            GET "Accept-Encoding: gzip\r\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0; x)",
                            PAGE LENGTH, &coding),
                     COMPRESS_VARIES);
    assert_int_equal(decide(&c, GET "Accept-Encoding: gzip\r\nUser-Agent: (compatible; MSIE 6.0; x; SV1)",
                            PAGE LENGTH, &coding),
                     COMPRESS_YES);
    assert_int_equal(decide(&c, GET "Accept-Encoding: gzip\r\nUser-Agent: MSIE 10.0", PAGE LENGTH, &coding),
                     COMPRESS_YES);
    c.heeds_via = true;
    static const struct {
        uint32_t proxied;
        const char *says;
        enum compress_choice choice;
    } rows[] = {
        { 0, PAGE LENGTH, COMPRESS_VARIES },
        { PROXIED_ANY, PAGE LENGTH, COMPRESS_YES },
        { PROXIED_NO_STORE, PAGE LENGTH "\r\nCache-Control: no-store, a", COMPRESS_YES },
        { PROXIED_NO_CACHE, PAGE LENGTH "\r\nCache-Control: no-store, a", COMPRESS_VARIES },
        { PROXIED_EXPIRED, PAGE LENGTH "\r\nExpires: Thu, 01 Jan 1970 00:00:01 GMT", COMPRESS_YES },
        { PROXIED_NO_CACHE, PAGE LENGTH "\r\nExpires: Thu, 01 Jan 1970 00:00:01 GMT", COMPRESS_VARIES },
        { PROXIED_NO_ETAG, PAGE LENGTH "\r\nETag: \"a\"", COMPRESS_VARIES },
        { PROXIED_NO_ETAG, PAGE LENGTH, COMPRESS_YES },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        c.proxied = rows[i].proxied;
        assert_int_equal(decide(&c, GET "Accept-Encoding: gzip\r\nVia: 1.1 x", rows[i].says, &coding),
                         rows[i].choice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_client_wants_most),
        cmocka_unit_test(what_is_compressed),
        cmocka_unit_test(old_browsers_and_proxies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
