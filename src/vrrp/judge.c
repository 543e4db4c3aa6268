/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/judge.h"

#include "wire/vrrp.h"

enum { WEIGHT_FLOOR = -253 }; /* a file that says less is a fault, as keepalived documents */

void judge_begin(struct judge *j, uint8_t base, bool weightless)
{
    *j = (struct judge){ .base = base, .weightless = weightless || base == VRRP_OWNER };
}

static enum judge_state state_of(const struct vrrp_track *t, struct judge_verdict v)
{
    if (t->kind == VRRP_TRACK_HEALTH && t->usable_min && v.state == JUDGE_WELL)
        return v.value >= t->usable_min ? JUDGE_WELL : JUDGE_ILL;
    return v.state;
}

static int64_t weight_of_file(const struct vrrp_track *t, struct judge_verdict v)
{
    int64_t product;
    if (v.state == JUDGE_UNKNOWN)
        return 0;
    if (__builtin_mul_overflow(v.value, (int64_t)t->weight, &product))
        product = (v.value < 0) == (t->weight < 0) ? INT32_MAX : INT32_MIN;
    if (product > INT32_MAX)
        product = INT32_MAX;
    if (product < INT32_MIN)
        product = INT32_MIN;
    return t->reverse ? -product : product;
}

int64_t judge_weight(const struct vrrp_track *t, struct judge_verdict v)
{
    if (t->effect != VRRP_EFFECT_WEIGHT)
        return 0;
    if (t->kind == VRRP_TRACK_FILE)
        return weight_of_file(t, v);
    /* A positive weight counts while all is well, a negative one while it is not; reverse turns the sign. */
    enum judge_state counts_when = t->weight > 0 ? JUDGE_WELL : JUDGE_ILL;
    if (state_of(t, v) != counts_when)
        return 0;
    return t->reverse ? -t->weight : t->weight;
}

bool judge_is_ill(const struct vrrp_track *t, struct judge_verdict v)
{
    enum judge_state s = state_of(t, v);
    if (t->kind == VRRP_TRACK_FILE && s != JUDGE_UNKNOWN) {
        if (t->effect == VRRP_EFFECT_WEIGHT)
            return weight_of_file(t, v) < WEIGHT_FLOOR;
        s = v.value ? JUDGE_ILL : JUDGE_WELL;
    }
    return s == (t->reverse ? JUDGE_WELL : JUDGE_ILL);
}

void judge_add(struct judge *j, const struct vrrp_track *t, struct judge_verdict v)
{
    if (v.state == JUDGE_UNKNOWN && j->pending_by == NULL)
        j->pending_by = t;
    if (!j->weightless)
        j->sum += judge_weight(t, v);
    if (!judge_is_ill(t, v))
        return;
    bool file_fault = t->kind == VRRP_TRACK_FILE && t->effect == VRRP_EFFECT_WEIGHT && !j->weightless;
    if ((t->effect == VRRP_EFFECT_FAULT || file_fault) && j->fault_by == NULL)
        j->fault_by = t;
    else if (t->effect == VRRP_EFFECT_YIELD && j->yield_by == NULL)
        j->yield_by = t;
}

uint8_t judge_priority(const struct judge *j)
{
    if (j->base == VRRP_OWNER)
        return VRRP_OWNER;
    int64_t p = j->base + j->sum;
    return (uint8_t)(p < 1 ? 1 : p > VRRP_OWNER - 1 ? VRRP_OWNER - 1 : p);
}
