/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/teller.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/server_news.h"
#include "engine/engine.h"
#include "io/loop.h"
#include "model/config.h"

/* One line that waits for the control thread. */
struct note {
    struct task task;
    struct teller *teller;
    struct snapshot *snapshot; /* <targets> lie in its config */
    const struct log_target_list *targets;
    uint8_t level;
    bool bare;
    size_t len;
    char text[];
};

/* ---- one line ---- */

/* HAProxy writes the name between quotes to who started it, and without them to the log. */
static void say_words(const struct teller *t, uint8_t level, struct span line)
{
    struct span rest = line;

    if (level != NEWS_EMERGENCY) {
        words_say(t->language, WORDS_WARNING, "%.*s", SPAN_ARGS(line));
        return;
    }
    struct span what = span_cut(&rest, ' '), name = span_cut(&rest, ' ');
    words_say(t->language, WORDS_ERROR, "%.*s '%.*s' %.*s", SPAN_ARGS(what), SPAN_ARGS(name),
              SPAN_ARGS(rest));
}

static void say(const struct teller *t, const struct log_target_list *targets, bool bare, uint8_t level,
                struct span line)
{
    if (bare)
        say_words(t, level, line);
    if (targets != NULL && t->engine != NULL)
        engine_say(t->engine, targets, bare, level, line);
}

static void on_note(struct task *task)
{
    struct note *n = CONTAINER_OF(task, struct note, task);

    say(n->teller, n->targets, n->bare, n->level, span_of(n->text, n->len));
    snapshot_put(n->snapshot);
    free(n);
}

static void say_later(struct teller *t, const struct snapshot *s, const struct log_target_list *targets,
                      bool bare, uint8_t level, struct span line)
{
    struct note *n = malloc(sizeof(*n) + line.len);

    if (n == NULL)
        return; /* one line less */
    *n = (struct note){ .teller = t,
                        .snapshot = snapshot_get((struct snapshot *)(uintptr_t)s),
                        .targets = targets,
                        .level = level,
                        .bare = bare,
                        .len = line.len };
    memcpy(n->text, line.ptr, line.len);
    (void)pthread_mutex_lock(&t->mutex);
    bool closed = t->closed;
    if (!closed)
        loop_post(t->loop, &n->task, on_note);
    (void)pthread_mutex_unlock(&t->mutex);
    if (closed) {
        snapshot_put(n->snapshot);
        free(n);
    }
}

/* ---- servers ---- */

static void say_now_of(void *to, const struct bulletin *b, enum news_level level, struct span line)
{
    say(to, b->server->pool->news, true, (uint8_t)level, line);
}

static void say_later_of(void *to, const struct bulletin *b, enum news_level level, struct span line)
{
    say_later(to, b->snapshot, b->server->pool->news, true, (uint8_t)level, line);
}

static void tell(struct teller *t, const struct bulletin *b, bool later)
{
    struct news n = { .say = later ? say_later_of : say_now_of, .to = t };
    struct buf line;
    char room[1024];

    if (b->server->pool->language != LANGUAGE_NGINX) {
        server_news(b, &n);
        return;
    }
    buf_init_fixed(&line, room, sizeof(room));
    if (!server_news_nginx(&line, b))
        return;
    const struct log_target_list *targets = &b->snapshot->config->error_logs;
    uint8_t level = b->after & BULLETIN_DOWN ? NEWS_WARNING : NEWS_NOTICE;
    if (later)
        say_later(t, b->snapshot, targets, false, level, buf_span(&line));
    else
        say(t, targets, false, level, buf_span(&line));
}

void teller_tell(void *teller, const struct bulletin *b)
{
    tell(teller, b, false);
}

static bool is_control(const struct teller *t)
{
    return pthread_equal(pthread_self(), t->control);
}

void teller_tell_later(void *teller, const struct bulletin *b)
{
    struct teller *t = teller;

    tell(t, b, !is_control(t));
}

void teller_tell_strange_agent(void *teller, const struct server *server, struct span word)
{
    struct buf line;
    char room[256];

    buf_init_fixed(&line, room, sizeof(room));
    server_news_strange_agent(&line, server, word);
    say(teller, server->pool->news, true, NEWS_WARNING, buf_span(&line));
}

/* ---- frontends ---- */

void teller_tell_frontend(void *teller, const struct snapshot *s, const struct service *service, bool paused)
{
    struct teller *t = teller;
    struct buf line;
    char room[512];

    if (service->language != LANGUAGE_HAPROXY)
        return;
    buf_init_fixed(&line, room, sizeof(room));
    buf_printf(&line, "%s frontend %.*s.", paused ? "Paused" : "Resumed", SPAN_ARGS(service->name));
    if (is_control(t))
        say(t, service->news, true, NEWS_WARNING, buf_span(&line));
    else
        say_later(t, s, service->news, true, NEWS_WARNING, buf_span(&line));
}

/* ---- begin and end ---- */

void teller_init(struct teller *t, enum language language, struct loop *l)
{
    *t = (struct teller){ .language = language, .loop = l, .control = pthread_self() };
    (void)pthread_mutex_init(&t->mutex, NULL);
}

void teller_close(struct teller *t)
{
    (void)pthread_mutex_lock(&t->mutex);
    t->closed = true;
    (void)pthread_mutex_unlock(&t->mutex);
}

void teller_fini(struct teller *t)
{
    (void)pthread_mutex_destroy(&t->mutex);
}

void teller_tell_check(void *teller, const struct server *server, const struct server_state *state)
{
    const struct teller *t = teller;
    struct buf line;
    char room[1024];

    buf_init_fixed(&line, room, sizeof(room));
    server_news_result(&line, server, state);
    say(t, server->pool->news, true, NEWS_NOTICE, buf_span(&line));
}
