/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS messages, built and taken apart with c-ares' functions; pure, no sockets
 * and no time. Only io/resolver uses it. What comes in is not trusted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "io/resolver.h"

#define DNS_NAME_MAX  253 /* as text, without a dot at the end */
#define DNS_QUERY_MAX 300 /* bytes: header, longest name, question, EDNS */
#define DNS_RECORDS   256 /* of one answer that are kept at most */

/* The same for every way to write a name: lower case, no dot at the end, NUL-terminated.
 * false: it is none. */
bool dns_normalize(struct span name, char out[DNS_NAME_MAX + 1]);

/* Writes the question into <out>, <*len> bytes; false when c-ares will not have the name. */
MUST_USE bool dns_build(const char *name, enum resolver_type type, uint16_t id, uint16_t payload,
                        uint8_t out[DNS_QUERY_MAX], size_t *len);

enum dns_verdict {
    DNS_NOT_OURS,  /* another id, another question, or no answer at all: go on waiting */
    DNS_TRUNCATED, /* ask again over TCP */
    DNS_NO_EDNS,   /* the server does not understand the option: ask again without */
    DNS_ANSWER,
    DNS_NO_MEMORY,
};
/* What an answer says; owned, see dns_answer_free. */
struct dns_answer {
    enum resolver_status status; /* RESOLVER_TIMEOUT never */
    uint32_t ttl;                /* seconds: the least of all records that led here */
    uint32_t count;
    struct address *addresses; /* A, AAAA */
    struct resolver_srv *services;
    char *text; /* where the targets of <services> lie */
};
/* <name> is normalized. Fills <out> only for DNS_ANSWER. */
MUST_USE enum dns_verdict dns_parse(struct span message, const char *name, enum resolver_type type,
                                    uint16_t id, bool edns, struct dns_answer *out);
void dns_answer_free(struct dns_answer *a);
