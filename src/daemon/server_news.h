/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operator reads when a server is another one than it was: HAProxy's
 * sentences, and for nginx's groups those that nginx's own active checks write.
 * Only text.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "state/bulletin.h"

/* syslog's numbers. */
enum news_level { NEWS_EMERGENCY, NEWS_ALERT, NEWS_WARNING = 4, NEWS_NOTICE = 5 };

struct news {
    /* One line, borrowed. */
    void (*say)(void *to, const struct bulletin *b, enum news_level level, struct span line);
    void *to;
};

/* "Server web/s1 is DOWN, reason: ...", and what follows from it: one line or more. */
void server_news(const struct bulletin *b, struct news *n);
/* "Health check for server web/s1 failed, reason: ...": one line about the last result. */
void server_news_result(struct buf *out, const struct server *server, const struct server_state *state);
/* "Agent of web/s1 says "hello", ...": one line, whatever it said. */
void server_news_strange_agent(struct buf *out, const struct server *server, struct span word);
/* As a line of nginx's error log, with its date and level; false: nginx has nothing to say. */
bool server_news_nginx(struct buf *out, const struct bulletin *b);
