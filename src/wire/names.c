/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names that HTTP registers: fields, methods, reason phrases (RFC 9110).
 * Constant tables behind message.h; nothing here keeps or changes a message.
 */
#include "wire/message.h"

#include <stdint.h>

#include "wire/chars.h"
#include "wire/names_internal.h"

/* ---- fields ---- */

/*
 * A perfect hash over the names below: their length and last four bytes. A
 * collision that a new name brings is a duplicate initializer, which -Wextra
 * reports; then look for another factor.
 */
#define KNOWN(id, text, a, b, c, d)                                                                          \
    [NAME_SLOT(sizeof(text) - 1, NAME_TAIL(a, b, c, d))] = { text, sizeof(text) - 1, (id),                   \
                                                             FIELD_IDS_HOP >> (id)&1, IDS_READ >> (id)&1 }

/* What decides framing and persistence. */
#define ID_BIT(id) (UINT64_C(1) << (id))
#define IDS_READ                                                                                             \
    (ID_BIT(FIELD_HOST) | ID_BIT(FIELD_CONNECTION) | ID_BIT(FIELD_CONTENT_LENGTH) |                          \
     ID_BIT(FIELD_TRANSFER_ENCODING) | ID_BIT(FIELD_UPGRADE) | ID_BIT(FIELD_EXPECT) | ID_BIT(FIELD_TE))

const struct known_field field_other = { .id = FIELD_OTHER };
const struct known_field field_te = { "te", 2, FIELD_TE, 1, 1 };
const struct known_field known_fields[NAME_SLOTS] = {
    // clang-format off
    KNOWN(FIELD_HOST, "host", 'h', 'o', 's', 't'),
    KNOWN(FIELD_CONNECTION, "connection", 't', 'i', 'o', 'n'),
    KNOWN(FIELD_KEEP_ALIVE, "keep-alive", 'l', 'i', 'v', 'e'),
    KNOWN(FIELD_PROXY_CONNECTION, "proxy-connection", 't', 'i', 'o', 'n'),
    KNOWN(FIELD_CONTENT_LENGTH, "content-length", 'n', 'g', 't', 'h'),
    KNOWN(FIELD_TRANSFER_ENCODING, "transfer-encoding", 'd', 'i', 'n', 'g'),
    KNOWN(FIELD_TRAILER, "trailer", 'i', 'l', 'e', 'r'),
    KNOWN(FIELD_UPGRADE, "upgrade", 'r', 'a', 'd', 'e'),
    KNOWN(FIELD_EXPECT, "expect", 'p', 'e', 'c', 't'),
    KNOWN(FIELD_DATE, "date", 'd', 'a', 't', 'e'),
    KNOWN(FIELD_SERVER, "server", 'r', 'v', 'e', 'r'),
    KNOWN(FIELD_LOCATION, "location", 't', 'i', 'o', 'n'),
    KNOWN(FIELD_COOKIE, "cookie", 'o', 'k', 'i', 'e'),
    KNOWN(FIELD_SET_COOKIE, "set-cookie", 'o', 'k', 'i', 'e'),
    KNOWN(FIELD_CONTENT_TYPE, "content-type", 't', 'y', 'p', 'e'),
    KNOWN(FIELD_CONTENT_ENCODING, "content-encoding", 'd', 'i', 'n', 'g'),
    KNOWN(FIELD_CONTENT_RANGE, "content-range", 'a', 'n', 'g', 'e'),
    KNOWN(FIELD_ACCEPT_ENCODING, "accept-encoding", 'd', 'i', 'n', 'g'),
    KNOWN(FIELD_ACCEPT_RANGES, "accept-ranges", 'n', 'g', 'e', 's'),
    KNOWN(FIELD_RANGE, "range", 'a', 'n', 'g', 'e'),
    KNOWN(FIELD_IF_RANGE, "if-range", 'a', 'n', 'g', 'e'),
    KNOWN(FIELD_IF_MODIFIED_SINCE, "if-modified-since", 'i', 'n', 'c', 'e'),
    KNOWN(FIELD_IF_UNMODIFIED_SINCE, "if-unmodified-since", 'i', 'n', 'c', 'e'),
    KNOWN(FIELD_IF_NONE_MATCH, "if-none-match", 'a', 't', 'c', 'h'),
    KNOWN(FIELD_IF_MATCH, "if-match", 'a', 't', 'c', 'h'),
    KNOWN(FIELD_LAST_MODIFIED, "last-modified", 'f', 'i', 'e', 'd'),
    KNOWN(FIELD_ETAG, "etag", 'e', 't', 'a', 'g'),
    KNOWN(FIELD_CACHE_CONTROL, "cache-control", 't', 'r', 'o', 'l'),
    KNOWN(FIELD_EXPIRES, "expires", 'i', 'r', 'e', 's'),
    KNOWN(FIELD_PRAGMA, "pragma", 'a', 'g', 'm', 'a'),
    KNOWN(FIELD_VARY, "vary", 'v', 'a', 'r', 'y'),
    KNOWN(FIELD_AUTHORIZATION, "authorization", 't', 'i', 'o', 'n'),
    KNOWN(FIELD_WWW_AUTHENTICATE, "www-authenticate", 'c', 'a', 't', 'e'),
    KNOWN(FIELD_REFERER, "referer", 'e', 'r', 'e', 'r'),
    KNOWN(FIELD_USER_AGENT, "user-agent", 'g', 'e', 'n', 't'),
    KNOWN(FIELD_X_FORWARDED_FOR, "x-forwarded-for", '-', 'f', 'o', 'r'),
    KNOWN(FIELD_X_REAL_IP, "x-real-ip", 'l', '-', 'i', 'p'),
    KNOWN(FIELD_X_ACCEL_REDIRECT, "x-accel-redirect", 'r', 'e', 'c', 't'),
    KNOWN(FIELD_X_ACCEL_BUFFERING, "x-accel-buffering", 'r', 'i', 'n', 'g'),
    // clang-format on
};

enum field_id field_id_of(struct span name)
{
    const struct known_field *k = field_of_token(name.ptr, name.len);

    return k != &field_other && chars_of(name, CHAR_TOKEN) == name.len ? (enum field_id)k->id : FIELD_OTHER;
}

/* ---- methods: case matters (RFC 9110 9.1) ---- */

static const struct span methods[] = {
    [METHOD_OTHER] = SPAN_INIT(""),          [METHOD_GET] = SPAN_INIT("GET"),
    [METHOD_HEAD] = SPAN_INIT("HEAD"),       [METHOD_POST] = SPAN_INIT("POST"),
    [METHOD_PUT] = SPAN_INIT("PUT"),         [METHOD_DELETE] = SPAN_INIT("DELETE"),
    [METHOD_OPTIONS] = SPAN_INIT("OPTIONS"), [METHOD_CONNECT] = SPAN_INIT("CONNECT"),
    [METHOD_TRACE] = SPAN_INIT("TRACE"),     [METHOD_PATCH] = SPAN_INIT("PATCH"),
};

static enum method method_if(struct span text, enum method m)
{
    return span_eq(text, methods[m]) ? m : METHOD_OTHER;
}

enum method method_of(struct span text)
{
    if (LIKELY(text.len == 3 && memcmp(text.ptr, "GET", 3) == 0))
        return METHOD_GET;
    if (text.len < 3 || text.len > 7)
        return METHOD_OTHER;
    switch (text.ptr[0]) {
    case 'H':
        return method_if(text, METHOD_HEAD);
    case 'P':
        if (text.ptr[1] == 'O')
            return method_if(text, METHOD_POST);
        return text.ptr[1] == 'U' ? method_if(text, METHOD_PUT) : method_if(text, METHOD_PATCH);
    case 'D':
        return method_if(text, METHOD_DELETE);
    case 'O':
        return method_if(text, METHOD_OPTIONS);
    case 'C':
        return method_if(text, METHOD_CONNECT);
    case 'T':
        return method_if(text, METHOD_TRACE);
    default:
        return METHOD_OTHER;
    }
}

struct span method_name(enum method m)
{
    return (size_t)m < COUNT_OF(methods) ? methods[m] : methods[METHOD_OTHER];
}

/* ---- reason phrases: the IANA registry ---- */

static const struct span reasons[] = {
    // clang-format off
    [100 - 100] = SPAN_INIT("Continue"),
    [101 - 100] = SPAN_INIT("Switching Protocols"),
    [102 - 100] = SPAN_INIT("Processing"),
    [103 - 100] = SPAN_INIT("Early Hints"),
    [200 - 100] = SPAN_INIT("OK"),
    [201 - 100] = SPAN_INIT("Created"),
    [202 - 100] = SPAN_INIT("Accepted"),
    [203 - 100] = SPAN_INIT("Non-Authoritative Information"),
    [204 - 100] = SPAN_INIT("No Content"),
    [205 - 100] = SPAN_INIT("Reset Content"),
    [206 - 100] = SPAN_INIT("Partial Content"),
    [207 - 100] = SPAN_INIT("Multi-Status"),
    [208 - 100] = SPAN_INIT("Already Reported"),
    [226 - 100] = SPAN_INIT("IM Used"),
    [300 - 100] = SPAN_INIT("Multiple Choices"),
    [301 - 100] = SPAN_INIT("Moved Permanently"),
    [302 - 100] = SPAN_INIT("Found"),
    [303 - 100] = SPAN_INIT("See Other"),
    [304 - 100] = SPAN_INIT("Not Modified"),
    [305 - 100] = SPAN_INIT("Use Proxy"),
    [307 - 100] = SPAN_INIT("Temporary Redirect"),
    [308 - 100] = SPAN_INIT("Permanent Redirect"),
    [400 - 100] = SPAN_INIT("Bad Request"),
    [401 - 100] = SPAN_INIT("Unauthorized"),
    [402 - 100] = SPAN_INIT("Payment Required"),
    [403 - 100] = SPAN_INIT("Forbidden"),
    [404 - 100] = SPAN_INIT("Not Found"),
    [405 - 100] = SPAN_INIT("Method Not Allowed"),
    [406 - 100] = SPAN_INIT("Not Acceptable"),
    [407 - 100] = SPAN_INIT("Proxy Authentication Required"),
    [408 - 100] = SPAN_INIT("Request Timeout"),
    [409 - 100] = SPAN_INIT("Conflict"),
    [410 - 100] = SPAN_INIT("Gone"),
    [411 - 100] = SPAN_INIT("Length Required"),
    [412 - 100] = SPAN_INIT("Precondition Failed"),
    [413 - 100] = SPAN_INIT("Content Too Large"),
    [414 - 100] = SPAN_INIT("URI Too Long"),
    [415 - 100] = SPAN_INIT("Unsupported Media Type"),
    [416 - 100] = SPAN_INIT("Range Not Satisfiable"),
    [417 - 100] = SPAN_INIT("Expectation Failed"),
    [421 - 100] = SPAN_INIT("Misdirected Request"),
    [422 - 100] = SPAN_INIT("Unprocessable Content"),
    [423 - 100] = SPAN_INIT("Locked"),
    [424 - 100] = SPAN_INIT("Failed Dependency"),
    [425 - 100] = SPAN_INIT("Too Early"),
    [426 - 100] = SPAN_INIT("Upgrade Required"),
    [428 - 100] = SPAN_INIT("Precondition Required"),
    [429 - 100] = SPAN_INIT("Too Many Requests"),
    [431 - 100] = SPAN_INIT("Request Header Fields Too Large"),
    [451 - 100] = SPAN_INIT("Unavailable For Legal Reasons"),
    [500 - 100] = SPAN_INIT("Internal Server Error"),
    [501 - 100] = SPAN_INIT("Not Implemented"),
    [502 - 100] = SPAN_INIT("Bad Gateway"),
    [503 - 100] = SPAN_INIT("Service Unavailable"),
    [504 - 100] = SPAN_INIT("Gateway Timeout"),
    [505 - 100] = SPAN_INIT("HTTP Version Not Supported"),
    [506 - 100] = SPAN_INIT("Variant Also Negotiates"),
    [507 - 100] = SPAN_INIT("Insufficient Storage"),
    [508 - 100] = SPAN_INIT("Loop Detected"),
    [510 - 100] = SPAN_INIT("Not Extended"),
    [511 - 100] = SPAN_INIT("Network Authentication Required"),
    // clang-format on
};

struct span status_reason(unsigned status)
{
    if (status < 100 || status - 100 >= COUNT_OF(reasons) || reasons[status - 100].ptr == NULL)
        return SPAN("");
    return reasons[status - 100];
}
