/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which answers are compressed for a client, and how: nginx's gzip and HAProxy's
 * compression are one thing. What their files do not say is part of the model
 * too, so that the engine has one set of rules.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "model/list_of.h"

struct regex;

enum content_coding {
    CODING_IDENTITY,
    CODING_GZIP,
    CODING_DEFLATE,     /* zlib's format, as RFC 9110 8.4.1.2 says */
    CODING_RAW_DEFLATE, /* without zlib's wrapping, as some old clients meant it; called "deflate" too */
};

/* nginx's gzip_proxied: which answers to requests with Via are compressed all the same. */
enum compress_proxied {
    PROXIED_EXPIRED = 1 << 0,
    PROXIED_NO_CACHE = 1 << 1,
    PROXIED_NO_STORE = 1 << 2,
    PROXIED_PRIVATE = 1 << 3,
    PROXIED_NO_LAST_MODIFIED = 1 << 4,
    PROXIED_NO_ETAG = 1 << 5,
    PROXIED_AUTH = 1 << 6,
    PROXIED_ANY = 1 << 7,
};

/* Without codings nothing is compressed here. */
struct compression {
    LIST_OF(enum content_coding) codings; /* the first of those that the client wants most */
    LIST_OF(uint16_t) statuses;
    LIST_OF(struct span) types; /* empty: all */
    bool types_begin;           /* a type begins with one of them (HAProxy); else it is one of them */
    uint64_t length_min;        /* of a length that is known */
    uint8_t level;              /* 1-9 */
    uint8_t minor_min;          /* the request's HTTP/1.x */
    bool vary;                  /* Vary: Accept-Encoding on what is compressed */
    bool vary_all;              /* and on what would be, for another client */
    uint32_t proxied;           /* enum compress_proxied; with <heeds_via> */
    bool heeds_via;
    LIST_OF(const struct regex *) disabled; /* User-Agent */
    bool disabled_msie6;                    /* nginx's "msie6" */
    bool disabled_mozilla4;                 /* HAProxy: Mozilla/4 that is no MSIE from 6 with SP2 on */
    bool heeds_star;                        /* "*" in Accept-Encoding is every coding */
    bool own;                               /* our own answers too */
    bool careful; /* HAProxy: not multipart, no-transform, a bad or second ETag, an answer of
                     HTTP/1.0 or one that the connection's end ends */
    bool offload; /* the server is not told what the client accepts */
};
