/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/flap.h"

enum { WITHIN_S = 60, HOLD_FIRST_S = 30, HOLD_MOST_S = 300, FORGIVEN_S = 600 };

static uint64_t seconds_between(instant a, instant b)
{
    return instant_us_between(a, b) / 1000000;
}

static void hold(struct flap *f, instant now)
{
    uint32_t s = f->hold_s ? f->hold_s : HOLD_FIRST_S;
    f->held_until = instant_after(now, DURATION_S(s));
    f->hold_s = s * 2 < HOLD_MOST_S ? s * 2 : HOLD_MOST_S;
}

void flap_fail(struct flap *f, instant now)
{
    if (f->failed_at[0].us && seconds_between(f->failed_at[0], now) >= FORGIVEN_S)
        *f = (struct flap){ 0 };
    for (int i = FLAP_REMEMBERED - 1; i > 0; i--)
        f->failed_at[i] = f->failed_at[i - 1];
    f->failed_at[0] = now;
    instant oldest = f->failed_at[FLAP_REMEMBERED - 1];
    if (flap_is_held(f, now) || (oldest.us && seconds_between(oldest, now) <= WITHIN_S))
        hold(f, now);
}

bool flap_is_held(const struct flap *f, instant now)
{
    return now.us < f->held_until.us;
}
