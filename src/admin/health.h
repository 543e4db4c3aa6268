/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Health for those who hold addresses: is a listener serving, how many servers
 * of a pool are usable. Written into memory that vrrp reads (state/vrrp_health.h),
 * and as text for one in another program. And the other way: what vrrp says of
 * itself, for the page and the commands.
 */
#pragma once

#include "admin/admin.h"
#include "base/buf.h"

struct vrrp_health_shared;

#define HEALTH_ADDRESSES_MOST ((size_t)2 << 20) /* what health_addresses may need */

/* Every value that vrrp asks for. One thread. */
void health_fill(struct vrrp_health_shared *h, const struct snapshot *s, instant now);
/* "turns 17 18\nlistener 1 1 haproxy:web\npool 2 3 haproxy:httpservers\nend\n" */
void health_put(struct buf *out, const struct admin_now *now);

/*
 * vrrp's words about itself, copied into <out>: its JSON object, and lines with
 * tabs for the page (vrrp_put_rows), both within <out>. False: there is no vrrp
 * here, or it does not run.
 */
bool health_addresses(struct buf *out, const struct admin_process *p, struct span *json, struct span *rows);
