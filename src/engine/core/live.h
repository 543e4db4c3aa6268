/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What expressions ask the engine while they are computed (eval/facts.h, struct
 * live): about a connection and the server it was given to. Streams add what
 * only HTTP knows (http/stream_facts.c). One thread.
 */
#pragma once

#include "eval/facts.h"

struct lease;
struct session;
struct upstream;

/* facts->self points to one of these, or to something that begins with one. */
struct live_self {
    struct session *session;
    const struct upstream *upstream; /* NULL: none is asked */
};

bool live_address(void *self, enum which_address which, struct address *out);
bool live_number(void *self, enum fetch f, int64_t *out);
struct span live_text(void *self, enum fetch f);
struct kept_values *live_kept(void *self, bool make);
/* live_tls.c */
struct value live_tls(void *self, enum fetch f, int32_t number, struct scratch *room);

/* For TCP sessions and for who was just accepted. */
extern const struct live live_session;

/* Everything that is known when a connection or a request begins; the rest of <f> is zeroed. */
void live_begin(struct facts *f, const struct live *live, struct live_self *self, struct scratch *scratch,
                const struct lease *lease);
/* The same where <f> is zeroed already. */
void live_begin_zeroed(struct facts *f, const struct live *live, struct live_self *self,
                       struct scratch *scratch, const struct lease *lease);
/* The time of this turn; whenever the work goes on. */
void live_now(struct facts *f);
