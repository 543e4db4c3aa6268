/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes expressions and conditions of the sealed model from a struct facts.
 * Nothing here allocates but from the facts' scratch; when that is used up a
 * value is none and eval_failed says so.
 *
 * What comes back is borrowed: from the model, the message or the scratch. It
 * lives as long as the request, unless the message is edited.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"
#include "eval/facts.h"
#include "model/expr.h"

/* The value in its own type; VALUE_NONE when it cannot be had. */
struct value eval_value(struct facts *f, const struct expr *e);
/* As text; what is none is empty (ptr not NULL). A constant costs nothing. */
struct span eval_text(struct facts *f, const struct expr *e);
/* The same, but false when an expression of one part gave none: a field that is absent. */
bool eval_text_found(struct facts *f, const struct expr *e, struct span *out);
/* False: none, or not a number. */
bool eval_number(struct facts *f, const struct expr *e, int64_t *out);
/* nginx: neither empty nor "0" (access_log if=, limit ...). */
bool eval_truth(struct facts *f, const struct expr *e);
/* Appends straight into a log line, a page: escapes and dashes as the parts say. */
void eval_append(struct facts *f, const struct expr *e, struct buf *out);

/* NULL holds always. A test by regular expression leaves its groups in the facts. */
bool eval_cond(struct facts *f, const struct cond *c);
/* The same where bytes may still come: <known> false, it depends on them. */
bool eval_cond_known(struct facts *f, const struct cond *c, bool *known);
bool eval_acl(struct facts *f, const struct acl *acl);
bool eval_test(struct facts *f, const struct test *t);
/* Does <v> match, with <t>'s subject put aside? For checks and for lists of fields. */
bool eval_match(struct facts *f, const struct test *t, const struct value *v);
/* As eval_test, on what was found in facts: a regular expression outside a condition (rewrite, location). */
bool eval_regex(struct facts *f, const struct regex *r, struct span subject);
/* <to> with \0 to \9 of the facts' last match put in; for replace actions. ptr NULL: no room. */
struct span eval_expand(struct facts *f, struct span to);

/* Sets a stream variable; text is copied. False: no room. */
MUST_USE bool eval_set_slot(struct facts *f, uint32_t slot, const struct value *v);
/* The same under conditions, bits of enum slot_when; <done>: they held. */
MUST_USE bool eval_set_slot_when(struct facts *f, uint32_t slot, unsigned when, const struct value *v,
                                 bool *done);
struct value eval_slot(const struct facts *f, uint32_t slot);
/* Keeps <text>, at most <most> bytes of it, as capture <slot> of <count>. <response> 0 or 1. */
MUST_USE bool eval_capture(struct facts *f, unsigned response, uint32_t slot, uint32_t count,
                           struct span text, size_t most);

/*
 * A password that is slow to compare: whose it is said to be, and the hash of <list>
 * for him. False: nobody asks, or the list has none of that name.
 */
struct auth;
MUST_USE bool eval_auth_ask(struct facts *f, const struct auth *list, struct span *password,
                            struct span *hash);
/* What came of it. False: no room. */
MUST_USE bool eval_auth_tell(struct facts *f, const struct auth *list, bool good);

/*
 * What counter <n> follows, of the request or else of its connection; NULL: nothing.
 * <v> as a key of <t>, which may lie in the scratch. False: it is none.
 */
const struct stick_follow *eval_follow(const struct facts *f, uint32_t n);
struct stick_table;
MUST_USE bool eval_stick_key(struct facts *f, const struct stick_table *t, struct value v, struct span *key);

/* A value as text. Numbers and addresses are written into the scratch. ptr NULL: none. */
struct span eval_as_text(struct facts *f, const struct value *v);
