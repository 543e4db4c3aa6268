/* SPDX-License-Identifier: Apache-2.0 */
/* A server went up or down: who hears of it. All of it in the checks' thread. */
#include "daemon/server_news.h"
#include "daemon/words.h"
#include "daemon/worker_internal.h"

enum { LEVEL_EMERGENCY, LEVEL_ALERT, LEVEL_WARNING = 4, LEVEL_NOTICE = 5 }; /* syslog's */

static void say_nginx(struct worker *w, const struct snapshot *s, const struct server *server,
                      const struct server_state *state, enum health_change change)
{
    struct buf line;
    char room[1024];

    buf_init_fixed(&line, room, sizeof(room));
    server_news_nginx(&line, server, state, change);
    engine_say(w->engine, &s->config->error_logs, false,
               change == HEALTH_WENT_UP ? LEVEL_NOTICE : LEVEL_WARNING, buf_span(&line));
}

/* To who started us, and to the log targets of its section. */
static void say_haproxy(struct worker *w, const struct snapshot *s, const struct server *server,
                        const struct server_state *state, enum health_change change)
{
    const bool up = change == HEALTH_WENT_UP;
    struct buf line;
    char room[1024];

    buf_init_fixed(&line, room, sizeof(room));
    server_news(&line, s, server, state, change);
    words_say(w->manifest->language, up ? WORDS_NOTICE : WORDS_WARNING, "%.*s", SPAN_ARGS(buf_span(&line)));
    if (server->pool->news)
        engine_say(w->engine, server->pool->news, true, up ? LEVEL_NOTICE : LEVEL_ALERT, buf_span(&line));
    if (!server_news_none_left(s, server, change))
        return;
    words_say(w->manifest->language, WORDS_ERROR, "%s '%.*s' has no server available!",
              server_news_kind(s, server), SPAN_ARGS(server->pool->name));
    buf_clear(&line);
    buf_printf(&line, "%s %.*s has no server available!", server_news_kind(s, server),
               SPAN_ARGS(server->pool->name));
    if (server->pool->news)
        engine_say(w->engine, server->pool->news, true, LEVEL_EMERGENCY, buf_span(&line));
}

void worker_on_server_change(void *to, const struct snapshot *s, const struct server *server,
                             struct server_state *state, enum health_change change)
{
    struct worker *w = to;

    if (server->pool->language == LANGUAGE_NGINX)
        say_nginx(w, s, server, state, change);
    else
        say_haproxy(w, s, server, state, change);
}

void worker_on_strange_agent(void *to, const struct server *server, struct span word)
{
    struct worker *w = to;
    struct buf line;
    char room[256];

    buf_init_fixed(&line, room, sizeof(room));
    server_news_strange_agent(&line, server, word);
    words_say(w->manifest->language, WORDS_WARNING, "%.*s", SPAN_ARGS(buf_span(&line)));
    if (server->pool->news)
        engine_say(w->engine, server->pool->news, true, LEVEL_WARNING, buf_span(&line));
}
