/* SPDX-License-Identifier: Apache-2.0 */
#include "model/reply.h"

static unsigned asked_for(const struct reply *r)
{
    return r->instead ? r->instead : r->status;
}

const struct reply *reply_set_find(const struct reply_set *set, unsigned status)
{
    for (; set; set = set->below)
        for (uint32_t i = 0; i < set->replies.count; i++)
            if (asked_for(set->replies.items[i]) == status)
                return set->replies.items[i];
    return NULL;
}
