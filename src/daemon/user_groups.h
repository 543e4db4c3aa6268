/* SPDX-License-Identifier: Apache-2.0 */
/* The supplementary groups of a user, by libc's database. Apart, because <grp.h> takes common names. */
#pragma once

#include <stdint.h>

#define USER_GROUPS_MAX 256
/* How many there are, <primary> among them; 0 when the user is unknown or has too many. */
unsigned user_groups(const char *user, uint32_t primary, uint32_t groups[USER_GROUPS_MAX]);
