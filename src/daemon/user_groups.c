/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/user_groups.h"

#include <grp.h>

unsigned user_groups(const char *user, uint32_t primary, uint32_t groups[USER_GROUPS_MAX])
{
    gid_t list[USER_GROUPS_MAX];
    int count = USER_GROUPS_MAX;

    if (getgrouplist(user, primary, list, &count) < 0)
        return 0;
    for (int i = 0; i < count; i++)
        groups[i] = list[i];
    return (unsigned)count;
}
