/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A balancer in another program, asked over its control socket ("show health")
 * and shown as if it were ours: the answers go into memory of the same shape
 * (state/vrrp_health.h), where vrrp looks. Who does not listen does not serve;
 * who listens and does not answer lets its counters stand still, and that is
 * what a hung balancer looks like. One thread, never waits.
 */
#pragma once

#include <poll.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/span.h"

struct vrrp_health_shared;
struct far_balancer;

/* Dies on out of memory. */
struct far_balancer *far_balancer_new(struct span path);
/* NULL-safe. */
void far_balancer_free(struct far_balancer **f);
struct span far_balancer_path(const struct far_balancer *f);
struct vrrp_health_shared *far_balancer_health(struct far_balancer *f);
/* What to wait for; fd -1: nothing. */
struct pollfd far_balancer_wants(const struct far_balancer *f);
instant far_balancer_next(const struct far_balancer *f);
void far_balancer_turn(struct far_balancer *f, instant now);
/* One whole answer into <h>; false: it is none. Pure, for tests. */
MUST_USE bool far_balancer_read(struct span answer, struct vrrp_health_shared *h);
