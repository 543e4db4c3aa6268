/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1 towards clients: reads heads, runs one stream at a time, keeps the
 * connection between requests (an idle one holds a session and nothing else),
 * takes pipelined requests in order, lingers when it must close early.
 */
#pragma once

#include "engine/core/protocol.h"
#include "engine/http/front.h"

extern const struct protocol_ops http1_protocol;
extern const struct front front_h1;
