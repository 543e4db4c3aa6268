/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `keel check` found, for other programs: editors (short), scripts (JSON),
 * code scanning (SARIF 2.1.0), GitHub's annotations of a change.
 */
#pragma once

#include "base/diag.h"
#include "daemon/plan.h"

void check_output(struct buf *out, const struct diags *d, enum plan_format format);
