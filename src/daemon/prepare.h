/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sealed model needs beside it before it can be served: TLS contexts,
 * which are made of the bytes in the model. The reader runs the same code and
 * throws the result away, so that a wrong key is an error of the file, with its
 * place. Control thread; what is made is then read by any thread.
 */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/diag.h"
#include "model/config.h"

struct generation_parts;
struct tls_context;

/* What outlives configurations: keys of session tickets, sessions of clients without tickets. */
struct tls_store;
struct tls_store *tls_store_new(void);
void tls_store_free(struct tls_store **s);
/* Gives random keys their next one when it is time; the largest session lifetime is behind by then. Returns
 * when to call again. */
instant tls_store_turn(struct tls_store *s, instant now);

struct prepared;
/*
 * NULL: <d> says what is wrong, each at its place. <store> NULL: only to look
 * whether it could be served. Contexts that <before> (may be NULL) made of the
 * same bytes are taken from there. <c> outlives it.
 */
struct prepared *prepare(const struct config *c, struct tls_store *store, const struct prepared *before,
                         struct diags *d);
/* When the last generation that was given it has ended. NULL-safe; any thread. */
void prepared_free(struct prepared **p);
/* Fills in what the generation wants of it; borrowed. */
/* By tls_client, for checks. */
struct tls_context *const *prepared_clients(const struct prepared *p);
void prepared_parts(const struct prepared *p, struct generation_parts *parts);
extern const struct diag_kind *const prepare_kinds[]; /* ends with NULL */
