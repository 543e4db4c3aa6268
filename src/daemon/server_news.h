/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator reads when a server goes up or down: in HAProxy's words where the file is HAProxy's. */
#pragma once

#include "base/buf.h"
#include "state/server_state.h"
#include "state/snapshot.h"

void server_news(struct buf *out, const struct snapshot *s, const struct server *server,
                 const struct server_state *state, enum health_change change);
