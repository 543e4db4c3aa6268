/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Active checks: a thread with a loop of its own that looks at every server
 * whose file asks for it, and tells state/ what it saw. Start, publish, stop
 * are the control thread's; results are made in the checks' own thread.
 */
#pragma once

#include <stdint.h>

#include "model/pool.h"
#include "state/server_state.h"

struct checks;
struct snapshot;
struct tls_context;

/* A server went up or down: for the log. In the checks' thread. */
typedef void (*checks_fn)(void *to, const struct snapshot *s, const struct server *server,
                          struct server_state *state, enum health_change change);

/* An agent's answer began to hold words that no agent says; <word> is the first, as it came. In the checks'
 * thread. */
typedef void (*checks_strange_fn)(void *to, const struct server *server, struct span word);

/* NULL: errno. */
struct checks *checks_start(checks_fn on_change, checks_strange_fn on_strange, void *to);
/* From now on the servers of <s> are looked at; one reference is taken over. What is under way is dropped.
 * <tls>: by tls_client of its config; counted here. */
void checks_publish(struct checks *c, struct snapshot *s, struct tls_context *const *tls);
/* Ends the thread, gives the snapshot back. NULL-safe, empties the pointer. */
void checks_stop(struct checks **c);
