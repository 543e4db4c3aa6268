/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/inet.h"

static uint32_t fold(uint32_t sum)
{
    return (sum & 0xffff) + (sum >> 16);
}

uint32_t inet_sum(uint32_t sum, struct span bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    size_t i = 0;
    for (; i + 1 < bytes.len; i += 2)
        sum = fold(sum + (uint32_t)(at[i] << 8 | at[i + 1]));
    if (i < bytes.len)
        sum = fold(sum + (uint32_t)(at[i] << 8));
    return sum;
}

uint32_t inet_sum_pseudo(struct span from, struct span to, uint8_t protocol, uint32_t length)
{
    uint32_t sum = inet_sum(inet_sum(0, from), to);
    return fold(sum + protocol + (length >> 16) + (length & 0xffff));
}

uint16_t inet_sum_finish(uint32_t sum)
{
    return (uint16_t)~fold(fold(sum));
}
