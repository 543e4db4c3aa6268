/* SPDX-License-Identifier: Apache-2.0 */
#include "model/reply.h"

const struct reply *reply_set_find(const struct reply_set *set, unsigned status)
{
    for (; set; set = set->below)
        for (uint32_t i = 0; i < set->replies.count; i++)
            if (set->replies.items[i]->status == status)
                return set->replies.items[i];
    return NULL;
}
