/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCP session: hooks connection, session and content of its service's scope,
 * a server, a relay, a log line. What http/stream is for requests. One thread.
 */
#pragma once

#include <stddef.h>

#include "engine/core/protocol.h"

extern const struct protocol_ops tcp_protocol;
/* What thread->tcp_slab's objects must hold. */
size_t tcp_size(void);
