/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From conditions to a priority: the arithmetic of tracking, pure. A condition
 * is well, ill, or not known yet; its effect on an instance is a fault, a yield,
 * or a weight on the priority.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/vrrp.h"

enum judge_state { JUDGE_UNKNOWN, JUDGE_WELL, JUDGE_ILL };
struct judge_verdict {
    enum judge_state state;
    int64_t value; /* a file's number; a pool's usable servers */
};

struct judge {
    uint8_t base;
    int64_t sum;                                               /* of weights */
    const struct vrrp_track *fault_by, *yield_by, *pending_by; /* the first of each; NULL = none */
    bool weightless; /* weights do not count: an owner, a member of a sync group */
};

void judge_begin(struct judge *j, uint8_t base, bool weightless);
void judge_add(struct judge *j, const struct vrrp_track *t, struct judge_verdict v);
/* What one condition adds to the priority. */
int64_t judge_weight(const struct vrrp_track *t, struct judge_verdict v);
/* Is it ill, as this track sees it (reverse, the number of servers)? Unknown is not ill. */
bool judge_is_ill(const struct vrrp_track *t, struct judge_verdict v);
/* 255 for an owner, else 1 to 254. */
uint8_t judge_priority(const struct judge *j);
