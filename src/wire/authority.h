/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host [":" port], as in Host, in an absolute target, in CONNECT and in HTTP/2's
 * :authority (RFC 3986 3.2, RFC 9110 7.2). No userinfo: RFC 9110 4.2.4 wants it
 * treated as an error. Resolves nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

struct authority {
    struct span host; /* an IPv6 address keeps its brackets */
    uint16_t port;    /* 0 when none was given */
    bool plain;       /* the host is made of a-z, 0-9, '-' and '.' only */
};

/*
 * False when it is no authority: empty host, bytes that no host has, brackets
 * without an IPv6 address in them, a port over 65535. "a:" is "a" (RFC 3986 6.2.3).
 * Stricter than reg-name in one point: no comma, which would make Host a list.
 */
MUST_USE bool authority_parse(struct span text, struct authority *out);
/* The same place? A missing port is <default_port>. */
bool authority_eq(const struct authority *a, const struct authority *b, uint16_t default_port);
