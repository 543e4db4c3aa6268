/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When to announce addresses: bursts at once, once more after a delay, and
 * refreshments while master. Pure: it says which announcement is due, the caller
 * sends it. Counts frames of one instance; the gap between two frames is kept
 * by the caller's call at garp_next.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/vrrp.h"

struct garp {
    uint32_t left;      /* rounds of the burst under way, each one frame for every address */
    uint32_t at;        /* next address in this round */
    instant frame_at;   /* of the burst under way */
    instant again_at;   /* the second burst; 0 = none */
    uint32_t again;     /* its rounds */
    instant refresh_at; /* 0 = none */
};

/* The addresses were taken. */
void garp_begin(struct garp *g, const struct vrrp_garp *c, instant now);
/* A weaker master was heard. One that keeps talking does not postpone the second burst. */
void garp_lower(struct garp *g, const struct vrrp_garp *c, instant now);
/* The addresses were released. */
void garp_end(struct garp *g);
/* True when a frame for address <which> of <count> is due now; call again until false. <gap_us> follows it.
 */
bool garp_due(struct garp *g, const struct vrrp_garp *c, uint32_t count, uint64_t gap_us, instant now,
              uint32_t *which);
/* When garp_due will be true again; UINT64_MAX never. */
instant garp_next(const struct garp *g);
