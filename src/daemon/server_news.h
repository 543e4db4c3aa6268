/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operator reads when a server goes up or down: HAProxy's sentences,
 * and for nginx's groups those that nginx's own active checks write. Only text.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "state/server_state.h"
#include "state/snapshot.h"

/* "Server web/s1 is DOWN, reason: ...": one line. */
void server_news(struct buf *out, const struct snapshot *s, const struct server *server,
                 const struct server_state *state, enum health_change change);
/* It was the last one of its pool. */
bool server_news_none_left(const struct snapshot *s, const struct server *server, enum health_change change);
/* "Agent of web/s1 says "hello", ...": one line, whatever it said. */
void server_news_strange_agent(struct buf *out, const struct server *server, struct span word);
/* "proxy" of a listen section, "backend" of any other. */
const char *server_news_kind(const struct snapshot *s, const struct server *server);
/* The same as a line of nginx's error log, with its date and level. */
void server_news_nginx(struct buf *out, const struct server *server, const struct server_state *state,
                       enum health_change change);
