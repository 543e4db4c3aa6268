/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Internet checksum (RFC 1071) in steps, for codecs that carry it in their
 * own header: VRRP, neighbour advertisements.
 */
#pragma once

#include <stdint.h>

#include "base/span.h"

/* Adds <bytes> to <sum>. Only the last piece of a message may have an odd length. */
uint32_t inet_sum(uint32_t sum, struct span bytes);
/* The pseudo-header of IPv4 or IPv6 (RFC 8200 8.1), by the length of the addresses. */
uint32_t inet_sum_pseudo(struct span from, struct span to, uint8_t protocol, uint32_t length);
/* Folds and inverts; 0 means that a message with its checksum in it is whole. */
uint16_t inet_sum_finish(uint32_t sum);
