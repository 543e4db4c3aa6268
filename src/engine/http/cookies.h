/* SPDX-License-Identifier: Apache-2.0 */
/* Cookies of a server's answer: their domain, path and flags, as the proxy action maps them (RFC 6265 4.1).
 */
#pragma once

#include <stdbool.h>

struct stream;

/* false: no memory, or a value that may not be sent. */
bool cookies_rewrite(struct stream *s);
