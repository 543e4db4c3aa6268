/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <string.h>

#include "vrrp/internal.h"

struct vrrp_ip ip_of_address(const struct address *a)
{
    struct vrrp_ip ip = { 0 };
    struct span bytes = address_bytes(a);
    if (bytes.len == 4 || bytes.len == 16) {
        ip.size = (uint8_t)bytes.len;
        memcpy(ip.bytes, bytes.ptr, bytes.len);
    }
    return ip;
}

void ip_put(struct buf *out, const struct vrrp_ip *ip)
{
    char text[INET6_ADDRSTRLEN];
    if (ip->size && inet_ntop(ip->size == 4 ? AF_INET : AF_INET6, ip->bytes, text, sizeof(text)))
        buf_put(out, span_from(text));
}
