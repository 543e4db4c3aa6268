/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PROXY protocol, versions 1 and 2, after HAProxy's proxy-protocol.txt: who
 * the client of a forwarded connection was. Reading and writing of bytes only;
 * whom to believe is the listener's business.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/macros.h"
#include "base/span.h"

enum proxy_result { PROXY_DONE, PROXY_MORE, PROXY_BAD };

#define PROXY_V1_MAX 107           /* its line, CRLF included */
#define PROXY_V2_MAX (16 + 0xffff) /* the length field ends there */

enum proxy_transport { PROXY_UNSPEC, PROXY_STREAM, PROXY_DATAGRAM };

struct proxy_header {
    uint8_t version;
    /*
     * The sender speaks for itself (version 2's LOCAL, a health check) or does
     * not know (UNKNOWN, UNSPEC): use the connection's own addresses.
     */
    bool local;
    enum proxy_transport transport;
    struct address source, destination; /* both empty when local */
    struct span tlvs;                   /* version 2: well-formed, for proxy_tlv_next; else empty */
};

/*
 * Reads the header at the start of <bytes>. PROXY_DONE fills <out> and sets
 * <len>, what it took. PROXY_BAD as soon as the bytes cannot become a header of
 * at most <max> bytes. A version 2 header whose CRC32c is there and wrong is bad.
 */
MUST_USE enum proxy_result proxy_parse(struct span bytes, size_t max, struct proxy_header *out, size_t *len);

enum proxy_tlv {
    PROXY_TLV_ALPN = 0x01,
    PROXY_TLV_AUTHORITY = 0x02, /* the name that the client asked for: SNI */
    PROXY_TLV_CRC32C = 0x03,
    PROXY_TLV_NOOP = 0x04,
    PROXY_TLV_UNIQUE_ID = 0x05,
    PROXY_TLV_SSL = 0x20, /* proxy_ssl_parse */
    PROXY_TLV_SSL_VERSION = 0x21,
    PROXY_TLV_SSL_CN = 0x22,
    PROXY_TLV_SSL_CIPHER = 0x23,
    PROXY_TLV_SSL_SIG_ALG = 0x24,
    PROXY_TLV_SSL_KEY_ALG = 0x25,
    PROXY_TLV_NETNS = 0x30,
};

/* One TLV from the front of <tlvs>; false at the end or where it is cut short. */
bool proxy_tlv_next(struct span *tlvs, uint8_t *type, struct span *value);
/* The first of that type; false when there is none. */
bool proxy_tlv_find(struct span tlvs, uint8_t type, struct span *value);

#define PROXY_CLIENT_SSL       0x01 /* over TLS */
#define PROXY_CLIENT_CERT_CONN 0x02 /* certificate given in this connection */
#define PROXY_CLIENT_CERT_SESS 0x04 /* or in the session that it resumes */
struct proxy_ssl {
    uint8_t client;  /* PROXY_CLIENT_* */
    uint32_t verify; /* 0: the certificate was verified */
    struct span tlvs;
};
/* Reads the value of a PROXY_TLV_SSL. */
MUST_USE bool proxy_ssl_parse(struct span value, struct proxy_ssl *out);

/*
 * All write at <out> and return the bytes written; 0 when <room> is too small.
 * IPv4 with IPv6 becomes IPv6 with a mapped address; other mixtures, UNIX
 * addresses in version 1 and empty ones become UNKNOWN or UNSPEC.
 */
size_t proxy_write_v1(char *out, size_t room, const struct address *source,
                      const struct address *destination);
/* <tlvs>: as proxy_write_tlv made them. With <checksum> a CRC32c is added behind them. */
size_t proxy_write_v2(char *out, size_t room, const struct proxy_header *h, bool checksum);
size_t proxy_write_tlv(char *out, size_t room, uint8_t type, struct span value);
