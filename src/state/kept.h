/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values by name that outlive a request: variables of a connection (sess.) and
 * of the process (proc.). They are few, so a list does. Any thread.
 */
#pragma once

#include <stdbool.h>

#include "base/macros.h"
#include "base/span.h"
#include "model/value.h"

struct kept_values;
struct scratch;

#define KEPT_VALUES_MOST 256   /* in one list */
#define KEPT_TEXT_MOST   65536 /* bytes of one */

/* NULL: no memory. */
struct kept_values *kept_new(void);
/* NULL-safe; empties the owner's pointer. */
void kept_free(struct kept_values **k);

/* NONE forgets it. Copied. False: no room. */
MUST_USE bool kept_set(struct kept_values *k, struct span name, const struct value *v);
/* NONE: there is none, or no room. Text is copied to <to>. */
struct value kept_get(struct kept_values *k, struct span name, struct scratch *to);
