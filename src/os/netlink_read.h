/* SPDX-License-Identifier: Apache-2.0 */
/* What netlink.c and netlink_monitor.c share: messages of the kernel to our structs. */
#pragma once

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include "os/netlink.h"

/* libmnl's own loops, without its conversions between int and long. */
#define NETLINK_EACH(a, h, offset)                                                                           \
    for ((a) = mnl_nlmsg_get_payload_offset((h), (offset));                                                  \
         mnl_attr_ok((a), (int)((const char *)mnl_nlmsg_get_payload_tail(h) - (const char *)(a)));           \
         (a) = mnl_attr_next(a))
#define NETLINK_EACH_NESTED(a, nest)                                                                         \
    for ((a) = mnl_attr_get_payload(nest);                                                                   \
         mnl_attr_ok((a), (int)((const char *)mnl_attr_get_payload(nest) + mnl_attr_get_payload_len(nest) -  \
                                (const char *)(a)));                                                         \
         (a) = mnl_attr_next(a))

typedef void netlink_message_fn(void *self, const struct nlmsghdr *h);

/* False when the message is not of that kind or too short. */
MUST_USE bool netlink_read_link(const struct nlmsghdr *h, struct netlink_link *out);
MUST_USE bool netlink_read_address(const struct nlmsghdr *h, struct netlink_address *out);
