/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a plan and a world to a sealed model: the one place that knows all
 * dialects. The reader runs it on the real machine, a worker on a bundle; the
 * same code gives the same model with the same indexes.
 */
#pragma once

#include "base/diag.h"
#include "daemon/plan.h"
#include "model/config.h"

/*
 * Everything wrong goes to <d>. NULL when there was an error. The caller owns
 * the config; texts of diagnostics may lie in its arena or in the world's, so
 * show <d> before freeing either.
 */
struct config *build_config(const struct plan *p, const struct world *w, struct diags *d);
/* The dialect that a file is written in: said, or told by its content and name. Never NULL. */
const struct dialect *build_dialect_of(const struct plan_file *f, struct span text);
const struct dialect *build_dialect(enum language l);
/* All that are built in. */
const struct dialect *const *build_dialects(unsigned *count);
extern const struct diag_kind *const build_kinds[]; /* ends with NULL */

/* build_vrrp.c: what is tracked must be there. */
void build_check_vrrp(const struct config *c, struct diags *d);
extern const struct diag_kind *const build_vrrp_kinds[];
