/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a TCP session and a UDP session have in common: the facts and rules of
 * its service, the server it was given to, and the one way in which it ends:
 * counted, logged, everything given back. tcp.c and udp.c embed it. One thread.
 */
#pragma once

#include <stdint.h>

#include "base/scratch.h"
#include "engine/core/end.h"
#include "engine/core/live.h"
#include "engine/core/rules.h"
#include "engine/core/session.h"
#include "engine/core/upstream.h"
#include "eval/facts.h"

struct proxy;

struct l4 {
    struct live_self live; /* first: facts.self points here */
    struct thread *thread;
    struct session *session;
    struct lease *lease;
    struct rules rules;
    struct facts facts;
    struct facts_times times;
    struct facts_end facts_end;
    struct scratch scratch;
    struct upstream upstream;
    struct l4_target *target;      /* that is computed; NULL: a pool by its name, or none yet */
    uint64_t from_client;          /* bytes that came */
    uint64_t to_server, to_client; /* bytes that were passed on */
    instant first_byte;            /* of the server; {0} = none */
    bool logged_early;
    uint16_t status; /* as nginx's $status of stream: 200, 403, 502 ... */
};

/* Everything of <s> to <owner>, which begins with <l>; <live> answers for it. Its rules stand at the entry.
 */
void l4_begin(struct l4 *l, struct session *s, const struct live *live);
/* Everything that upstream_start wants, but on_result. */
void l4_ask(struct l4 *l, const struct proxy *p, struct pool *pool);
/* logasap: lines that do not wait for the end; the server is connected. */
void l4_log_early(struct l4 *l);
/* The log's hook and lines, counters, the server let go of, the session closed. What <l> is in, is not freed.
 */
void l4_finish(struct l4 *l, struct end end, enum session_close how);

/* The status of one that the rules have sent away. */
static inline uint16_t l4_denied_as(const struct l4 *l)
{
    return l->rules.status ? l->rules.status : 403;
}
/* live_text, and what only the rules know: facts.self is a struct l4, or begins with one. */
struct span l4_text(void *self, enum fetch f);

static inline struct end l4_ended(enum end_reason reason, enum end_moment moment)
{
    return (struct end){ .reason = (uint8_t)reason, .moment = (uint8_t)moment };
}
