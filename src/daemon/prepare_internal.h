/* SPDX-License-Identifier: Apache-2.0 */
/* What prepare.c, tls_store.c and prepare_diag.c share. */
#pragma once

#include "base/diag.h"
#include "daemon/prepare.h"
#include "io/tls.h"
#include "model/tls.h"

/* --- tls_store.c --- */
/* Before a configuration's contexts are made, and when all are: what nobody asked for meanwhile is let go. */
void tls_store_begin(struct tls_store *s);
void tls_store_end(struct tls_store *s);
/* Not counted for the caller. <keys> empty: the random ones of the process. */
struct tls_tickets *tls_store_tickets(struct tls_store *s, const struct tls_ticket_key *keys, unsigned count,
                                      uint32_t session_seconds);
/* NULL when there is to be none. */
struct tls_cache *tls_store_cache(struct tls_store *s, const struct tls_cache_rule *rule);

/* --- prepare_diag.c: a context could not be made --- */
struct culprit { /* who may be to blame */
    const struct tls_identity *identities;
    uint32_t identity_count;
    const struct tls_terms *terms;
    const struct tls_file *trusted, *revoked, *dh;
    struct where at;
};
void prepare_say(struct diags *d, struct arena *a, const struct culprit *c, const struct tls_settings *s,
                 const struct tls_failure *f);
/* Warnings about certificates that clients will not like. */
void prepare_look_at(struct diags *d, struct arena *a, const struct tls_context *context,
                     const struct tls_identity *identities, uint32_t count);
void prepare_say_ticket_key(struct diags *d, struct arena *a, const struct tls_file *key);
