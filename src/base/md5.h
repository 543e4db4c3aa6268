/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MD5 (RFC 1321), for names that other programs make with it: nginx's routes of
 * servers. It protects nothing; who needs that asks the TLS library, which would
 * allocate for each sum, on the path of a request.
 */
#pragma once

#include <stdint.h>

#include "base/span.h"

#define MD5_SIZE 16

void md5(struct span text, uint8_t out[MD5_SIZE]);
/* The same as 32 hexadecimal digits, without a NUL. */
void md5_hex(struct span text, char out[2 * MD5_SIZE]);
