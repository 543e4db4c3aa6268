/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate in the words of HAProxy's `show ssl cert`, for operators and for who watches when it ends. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

/* <pem>: the leaf, then its chain; what else is in it is passed over. Appends a line each; false: there is no
 * certificate in it. Any thread. */
bool tls_describe(struct span pem, struct buf *out);
