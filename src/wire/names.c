/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names that HTTP registers: fields, methods, reason phrases (RFC 9110).
 * Constant tables behind message.h; nothing here keeps or changes a message.
 */
#include "wire/message.h"

#include <stdint.h>

/* ---- fields ---- */

/*
 * A perfect hash over the names below: length, first, middle and last byte. A
 * collision that a new name brings is a duplicate initializer, which -Wextra
 * reports; then look for other factors.
 */
#define SLOTS                       128
#define SLOT(len, first, mid, last) ((2u * (len) + 21u * (first) + 21u * (last) + (mid)) % SLOTS)
#define KNOWN(id, text, first, mid, last)                                                                    \
    [SLOT(sizeof(text) - 1, (first), (mid), (last))] = { sizeof(text) - 1, (id), text }

#define KNOWN_MIN 2
#define KNOWN_MAX 22
static const struct known_field {
    uint8_t len, id;
    char text[KNOWN_MAX]; /* lower case */
} known_fields[SLOTS] = {
    // clang-format off
    KNOWN(FIELD_HOST, "host", 'h', 's', 't'),
    KNOWN(FIELD_CONNECTION, "connection", 'c', 'c', 'n'),
    KNOWN(FIELD_KEEP_ALIVE, "keep-alive", 'k', 'a', 'e'),
    KNOWN(FIELD_PROXY_CONNECTION, "proxy-connection", 'p', 'n', 'n'),
    KNOWN(FIELD_CONTENT_LENGTH, "content-length", 'c', '-', 'h'),
    KNOWN(FIELD_TRANSFER_ENCODING, "transfer-encoding", 't', '-', 'g'),
    KNOWN(FIELD_TE, "te", 't', 'e', 'e'),
    KNOWN(FIELD_TRAILER, "trailer", 't', 'i', 'r'),
    KNOWN(FIELD_UPGRADE, "upgrade", 'u', 'r', 'e'),
    KNOWN(FIELD_EXPECT, "expect", 'e', 'e', 't'),
    KNOWN(FIELD_DATE, "date", 'd', 't', 'e'),
    KNOWN(FIELD_SERVER, "server", 's', 'v', 'r'),
    KNOWN(FIELD_LOCATION, "location", 'l', 't', 'n'),
    KNOWN(FIELD_COOKIE, "cookie", 'c', 'k', 'e'),
    KNOWN(FIELD_SET_COOKIE, "set-cookie", 's', 'o', 'e'),
    KNOWN(FIELD_CONTENT_TYPE, "content-type", 'c', 't', 'e'),
    KNOWN(FIELD_CONTENT_ENCODING, "content-encoding", 'c', 'e', 'g'),
    KNOWN(FIELD_CONTENT_RANGE, "content-range", 'c', 't', 'e'),
    KNOWN(FIELD_ACCEPT_ENCODING, "accept-encoding", 'a', 'e', 'g'),
    KNOWN(FIELD_ACCEPT_RANGES, "accept-ranges", 'a', '-', 's'),
    KNOWN(FIELD_RANGE, "range", 'r', 'n', 'e'),
    KNOWN(FIELD_IF_RANGE, "if-range", 'i', 'a', 'e'),
    KNOWN(FIELD_IF_MODIFIED_SINCE, "if-modified-since", 'i', 'i', 'e'),
    KNOWN(FIELD_IF_UNMODIFIED_SINCE, "if-unmodified-since", 'i', 'f', 'e'),
    KNOWN(FIELD_IF_NONE_MATCH, "if-none-match", 'i', 'e', 'h'),
    KNOWN(FIELD_IF_MATCH, "if-match", 'i', 'a', 'h'),
    KNOWN(FIELD_LAST_MODIFIED, "last-modified", 'l', 'o', 'd'),
    KNOWN(FIELD_ETAG, "etag", 'e', 'a', 'g'),
    KNOWN(FIELD_CACHE_CONTROL, "cache-control", 'c', 'c', 'l'),
    KNOWN(FIELD_EXPIRES, "expires", 'e', 'i', 's'),
    KNOWN(FIELD_PRAGMA, "pragma", 'p', 'g', 'a'),
    KNOWN(FIELD_VARY, "vary", 'v', 'r', 'y'),
    KNOWN(FIELD_AUTHORIZATION, "authorization", 'a', 'i', 'n'),
    KNOWN(FIELD_WWW_AUTHENTICATE, "www-authenticate", 'w', 'e', 'e'),
    KNOWN(FIELD_REFERER, "referer", 'r', 'e', 'r'),
    KNOWN(FIELD_USER_AGENT, "user-agent", 'u', 'a', 't'),
    KNOWN(FIELD_X_FORWARDED_FOR, "x-forwarded-for", 'x', 'r', 'r'),
    KNOWN(FIELD_X_REAL_IP, "x-real-ip", 'x', 'a', 'p'),
    KNOWN(FIELD_X_ACCEL_REDIRECT, "x-accel-redirect", 'x', 'r', 't'),
    KNOWN(FIELD_X_ACCEL_BUFFERING, "x-accel-buffering", 'x', 'b', 'g'),
    // clang-format on
};

static inline uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

/*
 * Eight bytes against lower-case letters and '-'. A letter (bit 0x40) may
 * differ in its case bit, anything else must be the same byte: '\r' | 0x20 is '-'.
 */
static inline bool same8(const char *text, const char *lower)
{
    uint64_t want = load8(lower);
    return (load8(text) | ((want >> 1) & 0x2020202020202020u)) == want;
}

/* The same for four. */
static inline bool same4(const char *text, const char *lower)
{
    uint32_t have, want;
    memcpy(&have, text, sizeof(have));
    memcpy(&want, lower, sizeof(want));
    return (have | ((want >> 1) & 0x20202020u)) == want;
}

static inline bool same_name(const char *text, const char *lower, size_t len)
{
    if (len >= 8) /* KNOWN_MAX is below 24: three overlapping words are all of it */
        return same8(text, lower) && same8(text + len - 8, lower + len - 8) &&
               (len <= 16 || same8(text + 8, lower + 8));
    if (len >= 4)
        return same4(text, lower) && same4(text + len - 4, lower + len - 4);
    for (size_t i = 0; i < len; i++) {
        unsigned want = (unsigned char)lower[i];
        if (((unsigned char)text[i] | ((want >> 1) & 0x20u)) != want)
            return false;
    }
    return true;
}

enum field_id field_id_of(struct span name)
{
    if (name.len < KNOWN_MIN || name.len > KNOWN_MAX)
        return FIELD_OTHER;
    unsigned first = (unsigned char)name.ptr[0] | 0x20u;
    unsigned mid = (unsigned char)name.ptr[name.len / 2] | 0x20u;
    unsigned last = (unsigned char)name.ptr[name.len - 1] | 0x20u;
    const struct known_field *k = &known_fields[SLOT((unsigned)name.len, first, mid, last)];
    if (k->len != name.len || !same_name(name.ptr, k->text, name.len))
        return FIELD_OTHER;
    return (enum field_id)k->id;
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
    if (text.len < 3 || text.len > 7)
        return METHOD_OTHER;
    switch (text.ptr[0]) {
    case 'G':
        return method_if(text, METHOD_GET);
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
