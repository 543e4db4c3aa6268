/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/garp.h"

static const instant never = { UINT64_MAX };

static instant in_us(instant now, uint64_t us)
{
    return (instant){ now.us + us };
}

static void burst(struct garp *g, uint32_t rounds, instant now)
{
    if (rounds > g->left)
        g->left = rounds;
    g->at = 0;
    g->frame_at = now;
}

void garp_begin(struct garp *g, const struct vrrp_garp *c, instant now)
{
    *g = (struct garp){ 0 };
    burst(g, c->repeat, now);
    if (c->delay_us) {
        g->again_at = in_us(now, c->delay_us);
        g->again = c->repeat;
    }
    if (c->refresh_us)
        g->refresh_at = in_us(now, c->refresh_us);
}

void garp_lower(struct garp *g, const struct vrrp_garp *c, instant now)
{
    if (g->left == 0)
        burst(g, c->lower_repeat, now);
    if (c->lower_delay_us && g->again_at.us == 0) {
        g->again_at = in_us(now, c->lower_delay_us);
        g->again = c->lower_repeat;
    }
}

void garp_end(struct garp *g)
{
    *g = (struct garp){ 0 };
}

static void begin_what_is_due(struct garp *g, const struct vrrp_garp *c, instant now)
{
    if (g->again_at.us && now.us >= g->again_at.us) {
        g->again_at.us = 0;
        burst(g, g->again, now);
    }
    if (g->refresh_at.us && now.us >= g->refresh_at.us) {
        g->refresh_at = in_us(now, c->refresh_us);
        burst(g, c->refresh_repeat, now);
    }
}

bool garp_due(struct garp *g, const struct vrrp_garp *c, uint32_t count, uint64_t gap_us, instant now,
              uint32_t *which)
{
    begin_what_is_due(g, c, now);
    if (count == 0)
        g->left = 0;
    if (g->left == 0 || now.us < g->frame_at.us)
        return false;
    if (g->at >= count) /* a reload took addresses away */
        g->at = 0;
    *which = g->at++;
    if (g->at == count) {
        g->at = 0;
        g->left--;
    }
    g->frame_at = in_us(now, gap_us);
    return true;
}

static instant earlier(instant a, instant b)
{
    return b.us && b.us < a.us ? b : a;
}

instant garp_next(const struct garp *g)
{
    instant next = g->left ? g->frame_at : never;
    return earlier(earlier(next, g->again_at), g->refresh_at);
}
