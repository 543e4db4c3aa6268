/* SPDX-License-Identifier: Apache-2.0 */
#include "state/rates.h"

#include "model/config.h"

#define SECOND_US 1000000u

/* With the lock held. */
static void roll(struct throttle *t, instant now)
{
    uint64_t second = now.us / SECOND_US;

    if (second <= t->second) /* another thread's clock may be behind */
        return;
    t->before = second == t->second + 1 ? t->now : 0;
    t->now = 0;
    t->second = second;
}

/* When what is left of the second before has become small enough, us from its beginning. */
static uint64_t free_at(const struct throttle *t, uint32_t most)
{
    if (t->now >= most)
        return SECOND_US;
    uint32_t room = most - t->now;
    return t->before < room ? 0 : SECOND_US - (uint64_t)(room - 1) * SECOND_US / t->before;
}

duration throttle_wait(struct throttle *t, uint32_t most, instant now)
{
    lock_take(&t->lock);
    roll(t, now);
    uint64_t begun = t->second * SECOND_US, at = free_at(t, most);
    lock_give(&t->lock);
    uint64_t gone = now.us > begun ? now.us - begun : 0;
    return DURATION_MS(gone >= at ? 0 : (uint32_t)((at - gone + 999) / 1000));
}

void throttle_count(struct throttle *t, instant now)
{
    lock_take(&t->lock);
    roll(t, now);
    t->now++;
    lock_give(&t->lock);
}

static void look_if_any(struct rates *r)
{
    bool any = r->of_services;

    for (unsigned i = 0; i < RATES; i++)
        any = any || rates_most(r, i) > 0;
    atomic_store_explicit(&r->any, any, memory_order_relaxed);
}

void rates_bind(struct rates *r, const struct config *c)
{
    r->of_services = false;
    for (uint32_t i = 0; i < c->services.count; i++)
        r->of_services = r->of_services || c->services.items[i]->session_rate_max > 0;
    for (unsigned i = 0; i < RATES; i++) {
        uint32_t file = c->process.rate_max[i];
        if (file != r->of[i].file)
            atomic_store_explicit(&r->of[i].most, file, memory_order_relaxed);
        r->of[i].file = file;
    }
    look_if_any(r);
}

void rates_set(struct rates *r, enum rate_kind kind, uint32_t most)
{
    atomic_store_explicit(&r->of[kind].most, most, memory_order_relaxed);
    look_if_any(r);
}
