/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket address of the families we serve, by value. Parsing is of literal
 * addresses only: names are resolved elsewhere.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/span.h"

struct address {
    socklen_t len; /* of the sockaddr; 0 = none */
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un; /* abstract when sun_path[0] is NUL */
    } u;
};

static inline int address_family(const struct address *a)
{
    return a->len ? a->u.sa.sa_family : AF_UNSPEC;
}
/* "10.0.0.1", "::1" (no brackets, no port); sets port 0. */
bool address_parse_ip(struct span text, struct address *out);
/* The same with or without a port: "10.0.0.1:80", "[::1]:80". */
bool address_parse(struct span text, struct address *out);
/* False when the path is empty, too long for the kernel (107 bytes), or holds a NUL. */
bool address_unix(struct span path, bool abstract, struct address *out);
uint16_t address_port(const struct address *a); /* host order; 0 for UNIX */
void address_set_port(struct address *a, uint16_t port);
bool address_eq(const struct address *a, const struct address *b); /* with the port */
bool address_eq_ip(const struct address *a, const struct address *b);
/* The IP's bytes in network order: 4 or 16, or none for UNIX. */
struct span address_bytes(const struct address *a);
/* The other way, port 0; len 0 when they are neither 4 nor 16. */
void address_of_bytes(struct address *out, struct span bytes);
/* ::ffff:a.b.c.d becomes a.b.c.d. */
void address_unmap(struct address *a);
/* "10.0.0.1" or "2001:db8::1" or "unix:" (nginx's word for $remote_addr). */
void address_put_ip(struct buf *b, const struct address *a);
/* "10.0.0.1", "::1", "/path", "@name". */
void address_put_host(struct buf *b, const struct address *a);
/* "10.0.0.1:80", "[::1]:80", "unix:/path", "unix:@name". */
void address_put(struct buf *b, const struct address *a);

/* A network, for allow/deny, set_real_ip_from, src ACLs. */
struct network {
    struct address base; /* host bits are zero */
    uint8_t bits;
};
/* "10.0.0.0/8", "10.0.0.1", "10.0.0.0/255.0.0.0", "2001:db8::/32". */
bool network_parse(struct span text, struct network *out);
/* A v4-mapped IPv6 address is in a network of IPv4 too. False for UNIX addresses. */
bool network_contains(const struct network *n, const struct address *a);
