/* SPDX-License-Identifier: Apache-2.0 */
/* haproxy -cc CONDITION: scripts ask what this program can, in the words of `.if`. */
#pragma once

#include <stdbool.h>

/* A condition that cannot be read does not hold. */
bool cli_condition_holds(const char *condition);
