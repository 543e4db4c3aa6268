/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Active checks: a thread with a loop of its own that looks at every server
 * whose file asks for it, and tells state/ what it saw. Start, publish, stop
 * are the control thread's; results are made in the checks' own thread.
 */
#pragma once

#include <stdint.h>

#include "model/pool.h"
#include "state/bulletin.h"

struct checks;
struct tls_context;

/* An agent's answer began to hold words that no agent says; <word> is the first, as it came. In the checks'
 * thread. */
typedef void (*checks_strange_fn)(void *to, const struct server *server, struct span word);

/* What is to be told of servers goes to <on_news>, in the checks' thread. NULL: errno. */
struct checks *checks_start(bulletin_fn on_news, checks_strange_fn on_strange, void *to);
/* From now on the servers of <s> are looked at; one reference is taken over. What is under way is dropped.
 * <tls>: by tls_client of its config; counted here. */
void checks_publish(struct checks *c, struct snapshot *s, struct tls_context *const *tls);
/* Ends the thread, gives the snapshot back. NULL-safe, empties the pointer. */
void checks_stop(struct checks **c);
