/* SPDX-License-Identifier: Apache-2.0 */
/* What sealing a model may find wrong with it; each list ends with NULL. For `keel check --explain`. */
#pragma once

#include "base/diag.h"

extern const struct diag_kind *const seal_kinds[];
extern const struct diag_kind *const seal_listener_kinds[];
extern const struct diag_kind *const seal_server_kinds[];
