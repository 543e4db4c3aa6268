/* SPDX-License-Identifier: Apache-2.0 */
/* What variables of the process begin as, when a file comes into force. */
#pragma once

#include "base/span.h"

struct snapshot;

/* Before any traffic thread sees <s>. */
void process_values_begin(const struct snapshot *s, struct span hostname);
