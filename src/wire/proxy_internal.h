/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of version 2, shared by reading and writing; nobody else includes it. */
#pragma once

#include <stdint.h>

#include "base/span.h"

#define V2_SIGNATURE     "\r\n\r\n\0\r\nQUIT\n"
#define V2_SIGNATURE_LEN 12
#define V2_HEAD_LEN      16 /* signature, version and command, family and transport, length */
#define V2_UNIX_LEN      108
#define V2_TLV_HEAD_LEN  3

enum v2_family { V2_AF_UNSPEC, V2_AF_INET, V2_AF_INET6, V2_AF_UNIX };

/* CRC32c (Castagnoli) as RFC 9260, appendix A: start with 0, feed in pieces. */
uint32_t proxy_crc32c(uint32_t crc, struct span bytes);
