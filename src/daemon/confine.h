/* SPDX-License-Identifier: Apache-2.0 */
/* How a worker gives up what it does not need: descriptors raised first, then chroot, user, capabilities. */
#pragma once

#include <stdbool.h>

#include "daemon/manifest.h"

/* A folder for unlinked temporary files, opened while names still mean something; -1: memory files are used.
 */
int confine_open_temp(const struct manifest *m);
/* All of it, in the order the kernel wants. false: one sentence on stderr said what failed. */
MUST_USE bool confine(const struct manifest *m);
/* The same for vrrp, which stays who it is, with two capabilities and the calls that it needs. */
MUST_USE bool confine_vrrp(void);
