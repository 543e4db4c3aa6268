/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a session of TCP or UDP goes when that is computed for each (nginx's
 * proxy_pass with variables): the name of a pool, "address:port", "unix:path",
 * or "name:port", for which a nameserver is asked. http/target.c is the same for
 * requests.
 */
#pragma once

#include "base/macros.h"

struct l4;
struct l4_target;
struct pool;
struct proxy;

typedef void (*l4_target_fn)(struct l4 *l);

enum l4_target_state {
    L4_TARGET_READY,   /* <pool>, and what l4_target_apply will say */
    L4_TARGET_WAIT,    /* <on_known> will come, in a later turn; then ask again */
    L4_TARGET_UNKNOWN, /* it leads nowhere; the error log has it */
};
/* The group of servers that <p> means. */
MUST_USE enum l4_target_state l4_target_find(struct l4 *l, const struct proxy *p, l4_target_fn on_known,
                                             struct pool **pool);
/* Tells l->upstream the addresses that were found, if any. */
void l4_target_apply(struct l4 *l);
/* Nobody waits for it any more. Harmless when there is none. */
void l4_target_cancel(struct l4 *l);
