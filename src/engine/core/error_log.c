/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/error_log.h"

#include <string.h>
#include <unistd.h>

#include "engine/core/access_log.h"
#include "engine/core/gate.h"
#include "engine/core/generation.h"
#include "engine/core/lease.h"
#include "engine/core/session.h"
#include "engine/core/thread.h"
#include "model/config.h"

#define LINE_ROOM   2048
#define A_SECOND    10 /* lines of one event, thread and second */
#define REASON_ROOM 128

static const struct {
    enum error_level level;
    const char *sentence;
} events[ERROR_EVENTS] = {
#define X(name, level, sentence) [ERROR_##name] = { level, sentence },
    ERROR_EVENT_LIST(X)
#undef X
};
_Static_assert(ERROR_EVENTS <= LOG_QUOTAS, "an event needs a quota");

/* As nginx calls them. */
static const char *const level_names[] = { "emerg", "alert",  "crit", "error",
                                           "warn",  "notice", "info", "debug" };

static void put_reason(struct buf *b, int error)
{
    char room[REASON_ROOM];
    const char *text = strerror_r(error, room, sizeof(room)); /* GNU's: may use the room or not */

    buf_printf(b, "%d: %s", error, text);
}

static void put_server(struct buf *b, const struct server *s)
{
    if (s == NULL)
        buf_put_char(b, '-');
    else
        address_put(b, &s->address);
}

/* A name may hold what a client wrote: no control byte of it ends the line. */
static void put_clean(struct buf *b, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f)
            buf_printf(b, "\\x%02X", c);
        else
            buf_put_char(b, (char)c);
    }
}

static void put_argument(struct buf *b, char kind, const struct error_about *about)
{
    switch (kind) {
    case 'a':
        put_server(b, about->server);
        return;
    case 's':
        buf_put(b, about->server ? about->server->name : SPAN("-"));
        return;
    case 'p':
        buf_put(b, about->pool ? about->pool->name : SPAN("-"));
        return;
    case 'e':
        put_reason(b, about->error);
        return;
    case 't':
        put_clean(b, about->text);
        return;
    case 'n':
        buf_put_u64(b, about->number);
        return;
    default:
        BUG_ON(true);
    }
}

static void put_sentence(struct buf *b, const char *sentence, const struct error_about *about)
{
    for (const char *p = sentence; *p != '\0'; p++) {
        if (*p == '%' && p[1] != '\0')
            put_argument(b, *++p, about);
        else
            buf_put_char(b, *p);
    }
}

/* What clients send is quoted text of a log: nothing in it may end the line. */
static void put_escaped(struct buf *b, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
            buf_printf(b, "\\x%02X", c);
        else
            buf_put_char(b, (char)c);
    }
}

static void put_quoted(struct buf *b, const char *label, struct span text)
{
    if (text.len == 0)
        return;
    buf_printf(b, ", %s: \"", label);
    put_escaped(b, text);
    buf_put_char(b, '"');
}

/* The listener, where no virtual server is known yet. */
static void put_server_name(struct buf *b, const struct error_about *about)
{
    buf_put(b, SPAN(", server: "));
    if (about->server_name.ptr != NULL || about->session == NULL)
        buf_put(b, about->server_name);
    else
        address_put(b, &about->session->gate->model->address);
}

static void put_upstream(struct buf *b, const struct error_about *about)
{
    if (about->server == NULL && about->pool == NULL)
        return;
    buf_put(b, SPAN(", upstream: \""));
    if (about->uri.ptr != NULL)
        buf_put(b, about->secure ? SPAN("https://") : SPAN("http://"));
    if (about->server != NULL)
        address_put(b, about->found ? about->found : &about->server->address);
    else
        buf_put(b, about->pool->name);
    put_escaped(b, about->uri);
    buf_put_char(b, '"');
}

/* "client: ..., server: ..., request: "...", upstream: "...", host: "...", referrer: "..."", in nginx's
 * order. */
static void put_about(struct buf *b, const struct error_about *about)
{
    struct address client;

    if (about->session != NULL) {
        session_source(about->session, &client);
        buf_put(b, SPAN(", client: "));
        address_put_ip(b, &client);
        put_server_name(b, about);
    }
    put_quoted(b, "request", about->request);
    put_upstream(b, about);
    put_quoted(b, "host", about->host);
    if (about->session_bytes)
        buf_printf(b, ", bytes from/to client:%llu/%llu, bytes from/to upstream:%llu/%llu",
                   (unsigned long long)about->from_client, (unsigned long long)about->to_client,
                   (unsigned long long)about->from_server, (unsigned long long)about->to_server);
    put_quoted(b, "referrer", about->referer);
}

static void put_line(struct buf *b, struct thread *t, enum error_event event, const struct error_about *about,
                     uint32_t left_out, bool bare)
{
    if (bare) {
        put_sentence(b, events[event].sentence, about);
        return;
    }
    /* The process and the thread, as nginx writes them; then the connection. */
    buf_printf(b, "%s [%s] %d#%u: ", loop_wall_text(t->loop)->error,
               level_names[about->level ? about->level : events[event].level], (int)getpid(), t->index);
    if (about->session != NULL)
        buf_printf(b, "*%llu ", (unsigned long long)about->session->serial);
    put_sentence(b, events[event].sentence, about);
    put_about(b, about);
    if (left_out > 0)
        buf_printf(b, " (%u more of these were left out)", left_out);
}

void error_log(struct thread *t, const struct lease *lease, const struct log_target_list *targets,
               enum error_event event, const struct error_about *about)
{
    const enum error_level level = about->level ? (enum error_level)about->level : events[event].level;
    struct error_about all = *about;
    uint32_t left_out;

    if (targets == NULL)
        targets = lease ? &lease->config->error_logs : NULL;
    for (uint32_t i = 0; targets != NULL && i < targets->count; i++) {
        const struct log_level_target *to = &targets->items[i];
        if (level > to->level_max || level < to->level_min)
            continue;
        if (!log_quota(t->log, event, thread_now(t).us / 1000000, A_SECOND, &left_out))
            return;
        if (all.describe != NULL)
            all.describe(all.of, &all);
        all.describe = NULL;
        struct buf *b =
            log_begin(t->log, log_sinks_at(lease->generation->sinks, to->target->index), LINE_ROOM);
        if (b == NULL)
            continue;
        put_line(b, t, event, &all, left_out, to->bare);
        log_end(t->log, to->facility, (uint8_t)level, loop_wall_us(t->loop));
    }
}
