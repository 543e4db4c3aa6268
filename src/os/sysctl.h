/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers under /proc/sys/net, which CAP_NET_ADMIN may set. */
#pragma once

#include "base/macros.h"

/* "ipv4", "eth0", "arp_ignore": /proc/sys/net/ipv4/conf/eth0/arp_ignore. 0 or an errno. */
MUST_USE int sysctl_get(const char *family, const char *interface, const char *name, int *value);
MUST_USE int sysctl_set(const char *family, const char *interface, const char *name, int value);
