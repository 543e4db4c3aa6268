/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this the password behind a hash of htpasswd's or crypt(3)'s? Pure, and slow
 * on purpose where the hash is: password_is_quick says whether a traffic thread
 * may ask.
 */
#pragma once

#include <stdbool.h>

#include "base/span.h"

/* "{PLAIN}", "{SHA}", "{SSHA}", "$apr1$" and all that crypt(3) knows ($2y$, $6$, ...). */
bool password_matches(struct span password, struct span hash);
bool password_is_quick(struct span hash);
