/* SPDX-License-Identifier: Apache-2.0 */
/* Actions that allow so much and no more: by time, and at once. */
#include "engine/core/rules_internal.h"
#include "model/zone.h"
#include "state/snapshot.h"

static struct zone_state *state_of(const struct rules *r, const struct limit *l)
{
    return r->facts->snapshot->zones[l->zone->index];
}

static struct span key_of(struct rules *r, const struct limit *l)
{
    return eval_text(r->facts, l->zone->key);
}

static void tell(struct rules *r, const struct action *a, const struct limit *l, uint64_t early,
                 enum limited how)
{
    struct rules_limit about = { .limits = a->limits, .zone = l->zone, .early = early, .how = how };

    if (r->on_limit)
        r->on_limit(r, &about);
}

static uint8_t noted(const struct action *a, enum limited how)
{
    return (uint8_t)(how + (a->limits->dry_run && how > LIMITED_PASSED ? LIMITED_DRY : 0));
}

struct span rules_limit_text(uint8_t how)
{
    bool dry = how & LIMITED_DRY;

    switch ((enum limited)(how & ~LIMITED_DRY)) {
    case LIMITED_PASSED:
        return SPAN("PASSED");
    case LIMITED_DELAYED:
        return dry ? SPAN("DELAYED_DRY_RUN") : SPAN("DELAYED");
    case LIMITED_REJECTED:
        return dry ? SPAN("REJECTED_DRY_RUN") : SPAN("REJECTED");
    case LIMITED_NOT:
    case LIMITED_DRY:
        break;
    }
    return span_of(NULL, 0);
}

void rules_limit_put(struct buf *b, const struct rules_limit *l)
{
    bool rate = l->zone->kind == ZONE_RATE;

    buf_put(b, !rate                       ? SPAN("limiting connections")
               : l->how == LIMITED_DELAYED ? SPAN("delaying request")
                                           : SPAN("limiting requests"));
    if (l->limits->dry_run)
        buf_put(b, SPAN(", dry run"));
    if (rate)
        buf_printf(b, ", excess: %u.%03u", (unsigned)(l->early / 1000), (unsigned)(l->early % 1000));
    buf_printf(b, " by zone \"%.*s\"", SPAN_ARGS(l->zone->name));
}

/* ---- by time ---- */

/* Counts the request with every zone, once it is known that all allow it. */
static void count_request(struct rules *r, const struct action *a)
{
    for (uint32_t i = 0; i < a->limits->items.count; i++) {
        const struct limit *l = &a->limits->items.items[i];
        struct span key = key_of(r, l);
        if (key.len)
            (void)zone_rate(state_of(r, l), key, l->zone->rate, l->burst, true, r->facts->now);
    }
}

static uint64_t delay_us(const struct limit *l, uint64_t early)
{
    return early > l->delay_from ? (early - l->delay_from) * 1000000 / l->zone->rate : 0;
}

static enum outcome refuse_early(struct rules *r, const struct action *a, const struct limit *l,
                                 uint64_t early)
{
    r->limit_req = noted(a, LIMITED_REJECTED);
    tell(r, a, l, early, LIMITED_REJECTED);
    return a->limits->dry_run ? NEXT : rules_answer(r, a->limits->status, span_of(NULL, 0));
}

static enum outcome delay(struct rules *r, const struct action *a, const struct limit *l, uint64_t early)
{
    uint64_t ms = (delay_us(l, early) + 999) / 1000;

    r->limit_req = noted(a, LIMITED_DELAYED);
    tell(r, a, l, early, LIMITED_DELAYED);
    if (a->limits->dry_run)
        return NEXT;
    r->pause = DURATION_MS(ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX - 1);
    return rules_end(r, RULES_PAUSE);
}

enum outcome act_limit_req(struct rules *r, const struct action *a)
{
    const struct limit *slowest = NULL;
    uint64_t by = 0;
    bool limited = false;

    if (r->limit_req) /* a request is counted once, however often it is routed */
        return NEXT;
    for (uint32_t i = 0; i < a->limits->items.count; i++) {
        const struct limit *l = &a->limits->items.items[i];
        struct span key = key_of(r, l);
        if (key.len == 0)
            continue;
        limited = true;
        uint64_t early = zone_rate(state_of(r, l), key, l->zone->rate, l->burst, false, r->facts->now);
        if (early > l->burst)
            return refuse_early(r, a, l, early);
        if (delay_us(l, early) > (slowest ? delay_us(slowest, by) : 0)) {
            slowest = l;
            by = early;
        }
    }
    if (!limited)
        return NEXT;
    count_request(r, a);
    if (slowest)
        return delay(r, a, slowest, by);
    r->limit_req = LIMITED_PASSED;
    return NEXT;
}

/* ---- at once ---- */

void rules_give_up_holds(struct rules *r)
{
    while (r->hold_count) {
        r->hold_count--;
        zone_leave(r->holds[r->hold_count].zone, r->holds[r->hold_count].ticket);
    }
}

static bool hold(struct rules *r, const struct limit *l, struct span key)
{
    struct zone_state *z = state_of(r, l);

    if (r->hold_count == RULES_HOLDS || !zone_enter(z, key, l->most, &r->holds[r->hold_count].ticket))
        return false;
    r->holds[r->hold_count++].zone = z;
    return true;
}

static enum outcome refuse_more(struct rules *r, const struct action *a, const struct limit *l)
{
    r->limit_conn = noted(a, LIMITED_REJECTED);
    tell(r, a, l, 0, LIMITED_REJECTED);
    if (a->limits->dry_run)
        return NEXT;
    rules_end_limits(r);
    if (r->request)
        return rules_answer(r, a->limits->status, span_of(NULL, 0));
    r->status = a->limits->status;
    return rules_end(r, RULES_CLOSE);
}

enum outcome act_limit_conn(struct rules *r, const struct action *a)
{
    if (r->limit_conn)
        return NEXT;
    for (uint32_t i = 0; i < a->limits->items.count; i++) {
        const struct limit *l = &a->limits->items.items[i];
        struct span key = key_of(r, l);
        if (key.len == 0)
            continue;
        if (!hold(r, l, key))
            return refuse_more(r, a, l);
        r->limit_conn = LIMITED_PASSED;
    }
    return NEXT;
}
