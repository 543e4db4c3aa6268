/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a message of `keel check` means, at more length than one line has:
 * by its code, or for all that were found in some files. Knows every kind of
 * diagnostic that the program has.
 */
#pragma once

#include "base/diag.h"

/* false: no message has this code, and nothing was put. <language> as in diags_set_language. */
MUST_USE bool explain(struct buf *out, const char *code, const char *language);
/* Each kind that <d> holds and that has more to say, once, by code. */
void explain_each(struct buf *out, const struct diags *d, const char *language);
/* The <i>-th of all kinds; NULL behind the last. */
const struct diag_kind *explain_kind(unsigned i);
