/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first message of a TLS client, read without a handshake, so that a TCP
 * listener can route by the name that is asked for (RFC 8446 4.1.2, RFC 6066 3,
 * RFC 7301). It checks the layout of everything that it passes, and no
 * cryptography. Names are copied into the result: they may lie across two
 * records, and outlive the buffer so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

enum client_hello_result { CLIENT_HELLO_DONE, CLIENT_HELLO_MORE, CLIENT_HELLO_BAD };

#define CLIENT_HELLO_NAME_MAX     255
#define CLIENT_HELLO_ALPN_MAX     255
#define CLIENT_HELLO_VERSIONS_MAX 16

struct client_hello {
    uint16_t record_version; /* of the first record: 0x0301 mostly */
    uint16_t legacy_version; /* client_version: at most 0x0303 from anybody who speaks TLS 1.3 */
    uint16_t versions[CLIENT_HELLO_VERSIONS_MAX]; /* supported_versions, in order, without GREASE */
    uint8_t version_count;            /* 0: the extension was not there; more than fit are not listed */
    uint8_t name_len, alpn_len;       /* 0: not there */
    char name[CLIENT_HELLO_NAME_MAX]; /* host_name as sent: no NUL, blanks, control bytes or bytes >= 0x80 */
    char alpn[CLIENT_HELLO_ALPN_MAX]; /* length and name, again and again; see client_hello_alpn */
};

/*
 * Reads <bytes>, which begin with the first record. CLIENT_HELLO_DONE when the
 * message is complete, over as many records as it takes; CLIENT_HELLO_BAD when
 * it is no ClientHello or not one that two parsers would read alike (an
 * extension twice, two names). A list of protocols over 255 bytes is bad too.
 */
MUST_USE enum client_hello_result client_hello_parse(struct span bytes, struct client_hello *out);

static inline struct span client_hello_name(const struct client_hello *h)
{
    return span_of(h->name, h->name_len);
}
/* One protocol after the other ("h2", "http/1.1"): start with <at> 0; false at the end. */
bool client_hello_alpn(const struct client_hello *h, size_t *at, struct span *protocol);
/* The highest version that is offered, as 0x0304. */
uint16_t client_hello_version(const struct client_hello *h);
