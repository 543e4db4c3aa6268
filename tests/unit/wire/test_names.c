/* SPDX-License-Identifier: Apache-2.0 */
/* Field names, methods and reason phrases. */
#include "wire/message.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    enum field_id id;
    const char *name;
} known[] = {
    { FIELD_HOST, "Host" },
    { FIELD_CONNECTION, "Connection" },
    { FIELD_KEEP_ALIVE, "Keep-Alive" },
    { FIELD_PROXY_CONNECTION, "Proxy-Connection" },
    { FIELD_CONTENT_LENGTH, "Content-Length" },
    { FIELD_TRANSFER_ENCODING, "Transfer-Encoding" },
    { FIELD_TE, "TE" },
    { FIELD_TRAILER, "Trailer" },
    { FIELD_UPGRADE, "Upgrade" },
    { FIELD_EXPECT, "Expect" },
    { FIELD_DATE, "Date" },
    { FIELD_SERVER, "Server" },
    { FIELD_LOCATION, "Location" },
    { FIELD_COOKIE, "Cookie" },
    { FIELD_SET_COOKIE, "Set-Cookie" },
    { FIELD_CONTENT_TYPE, "Content-Type" },
    { FIELD_CONTENT_ENCODING, "Content-Encoding" },
    { FIELD_CONTENT_RANGE, "Content-Range" },
    { FIELD_ACCEPT_ENCODING, "Accept-Encoding" },
    { FIELD_ACCEPT_RANGES, "Accept-Ranges" },
    { FIELD_RANGE, "Range" },
    { FIELD_IF_RANGE, "If-Range" },
    { FIELD_IF_MODIFIED_SINCE, "If-Modified-Since" },
    { FIELD_IF_UNMODIFIED_SINCE, "If-Unmodified-Since" },
    { FIELD_IF_NONE_MATCH, "If-None-Match" },
    { FIELD_IF_MATCH, "If-Match" },
    { FIELD_LAST_MODIFIED, "Last-Modified" },
    { FIELD_ETAG, "ETag" },
    { FIELD_CACHE_CONTROL, "Cache-Control" },
    { FIELD_EXPIRES, "Expires" },
    { FIELD_PRAGMA, "Pragma" },
    { FIELD_VARY, "Vary" },
    { FIELD_AUTHORIZATION, "Authorization" },
    { FIELD_WWW_AUTHENTICATE, "WWW-Authenticate" },
    { FIELD_REFERER, "Referer" },
    { FIELD_USER_AGENT, "User-Agent" },
    { FIELD_X_FORWARDED_FOR, "X-Forwarded-For" },
    { FIELD_X_REAL_IP, "X-Real-IP" },
    { FIELD_X_ACCEL_REDIRECT, "X-Accel-Redirect" },
    { FIELD_X_ACCEL_BUFFERING, "X-Accel-Buffering" },
};

static void every_id_has_its_name_in_any_case(void **state)
{
    (void)state;
    char text[64];
    assert_int_equal(COUNT_OF(known), FIELD_ID_COUNT - 1);
    for (size_t k = 0; k < COUNT_OF(known); k++) {
        size_t len = strlen(known[k].name);
        assert_int_equal(field_id_of(span_of(known[k].name, len)), known[k].id);
        for (size_t i = 0; i < len; i++)
            text[i] = (char)toupper((unsigned char)known[k].name[i]);
        assert_int_equal(field_id_of(span_of(text, len)), known[k].id);
        for (size_t i = 0; i < len; i++)
            text[i] = (char)tolower((unsigned char)known[k].name[i]);
        assert_int_equal(field_id_of(span_of(text, len)), known[k].id);
    }
}

/* Any other byte anywhere, also those that differ in the case bit only, makes another name. */
static void one_wrong_byte_is_another_name(void **state)
{
    (void)state;
    char text[64];
    for (size_t k = 0; k < COUNT_OF(known); k++) {
        size_t len = strlen(known[k].name);
        memcpy(text, known[k].name, len);
        for (size_t i = 0; i < len; i++) {
            for (int c = 0; c < 256; c++) {
                text[i] = (char)c;
                bool same = tolower(c) == tolower((unsigned char)known[k].name[i]);
                /* a letter more or less may give another known name: none of them differ in one byte */
                assert_int_equal(field_id_of(span_of(text, len)), same ? known[k].id : FIELD_OTHER);
            }
            text[i] = known[k].name[i];
        }
        assert_int_equal(field_id_of(span_of(text, len - 1)), FIELD_OTHER);
    }
}

static void other_names_are_other(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        "H",
        "X",
        "Hosts",
        "Content_Length",
        "Transfer_Encoding",
        "Transfer-Encodingg",
        "X-Transfer-Encoding",
        "Content-Length\r",
        "Sec-WebSocket-Key",
        "Access-Control-Allow-Credentials-And-So-On",
    };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_int_equal(field_id_of(span_from(others[i])), FIELD_OTHER);
    assert_int_equal(field_id_of(span_of("Host\0", 5)), FIELD_OTHER);
}

static void hop_by_hop_ids(void **state)
{
    (void)state;
    for (int id = 0; id < FIELD_ID_COUNT; id++) {
        bool hop = id == FIELD_CONNECTION || id == FIELD_KEEP_ALIVE || id == FIELD_PROXY_CONNECTION ||
                   id == FIELD_TE || id == FIELD_TRANSFER_ENCODING || id == FIELD_UPGRADE;
        assert_int_equal(field_id_is_hop((enum field_id)id), hop);
    }
}

static void methods_are_case_sensitive(void **state)
{
    (void)state;
    static const char *const names[] = { "GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                         "OPTIONS", "CONNECT", "TRACE", "PATCH" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        enum method m = method_of(span_from(names[i]));
        assert_int_equal(m, METHOD_GET + i);
        assert_true(span_eq(method_name(m), span_from(names[i])));
    }
    static const char *const others[] = { "",      "GE",     "get",      "Get",  "GETT",  "HEAT",
                                          "PUSH",  "PUTT",   "POTS",     "PROP", "PATCh", "DELET",
                                          "TRACK", "OPTION", "CONNECTS", "PRI" };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_int_equal(method_of(span_from(others[i])), METHOD_OTHER);
    assert_int_equal(method_name(METHOD_OTHER).len, 0);
    assert_int_equal(method_name((enum method)99).len, 0);
}

static void reasons_are_the_registered_ones(void **state)
{
    (void)state;
    static const struct {
        unsigned status;
        const char *reason;
    } cases[] = {
        { 100, "Continue" },
        { 200, "OK" },
        { 204, "No Content" },
        { 226, "IM Used" },
        { 301, "Moved Permanently" },
        { 306, "" },
        { 404, "Not Found" },
        { 418, "" },
        { 431, "Request Header Fields Too Large" },
        { 502, "Bad Gateway" },
        { 511, "Network Authentication Required" },
        { 512, "" },
        { 99, "" },
        { 0, "" },
        { 999, "" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(span_eq(status_reason(cases[i].status), span_from(cases[i].reason)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_id_has_its_name_in_any_case),
        cmocka_unit_test(one_wrong_byte_is_another_name),
        cmocka_unit_test(other_names_are_other),
        cmocka_unit_test(hop_by_hop_ids),
        cmocka_unit_test(methods_are_case_sensitive),
        cmocka_unit_test(reasons_are_the_registered_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
