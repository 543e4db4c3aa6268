/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that were not HTTP, as HAProxy shows them: who sent what, and where the first wrong byte is. */
#include <stdlib.h>

#include "admin/command_internal.h"
#include "admin/view.h"
#include "base/buf.h"
#include "state/snapshot.h"

/* A line of the dump, with its place in front. */
#define LINE_MOST 80

enum which { REQUESTS = 1, ANSWERS = 2 };

static void put_date(struct buf *out, uint64_t wall_us)
{
    struct clock_text text = { 0 };

    clock_text_at(&text, wall_us);
    buf_printf(out, "[%s.%03u]", text.haproxy, (unsigned)(wall_us / 1000 % 1000));
}

/* As it is written between quotes; at most 4 bytes. */
static size_t put_byte(char *to, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";
    const char *names = "n\nr\rt\te\033\\\\";

    for (const char *n = names; *n; n += 2)
        if ((unsigned char)n[1] == c) {
            to[0] = '\\';
            to[1] = n[0];
            return 2;
        }
    if (c >= ' ' && c < 127) {
        to[0] = (char)c;
        return 1;
    }
    to[0] = '\\';
    to[1] = 'x';
    to[2] = hex[c >> 4];
    to[3] = hex[c & 15];
    return 4;
}

/* One line; where the next begins. */
static uint32_t put_line(struct buf *out, const struct captured *c, uint32_t at, bool goes_on)
{
    char text[8];
    size_t used = 9; /* "  00000  " */

    buf_printf(out, "  %05u%c ", at, goes_on ? '+' : ' ');
    while (at < c->len) {
        size_t len = put_byte(text, (unsigned char)c->bytes[at]);
        if (used + len >= LINE_MOST)
            break;
        buf_put(out, span_of(text, len));
        used += len;
        if (c->bytes[at++] == '\n')
            break;
    }
    buf_put_char(out, '\n');
    return at;
}

static void put_bytes(struct buf *out, const struct captured *c)
{
    for (uint32_t at = 0; at < c->len && !out->truncated;) {
        bool goes_on = at > 0 && c->bytes[at - 1] != '\n';
        at = put_line(out, c, at, goes_on);
    }
}

static int iid_of(const struct view *v, const char *name)
{
    for (uint32_t i = 0; i < v->proxy_count; i++)
        if (span_eq(v->proxies[i].name, span_from(name)))
            return (int)v->proxies[i].iid;
    return -1;
}

static int sid_of(const struct pool *p, const char *name)
{
    for (uint32_t i = 0; p && i < p->servers.count; i++)
        if (span_eq(p->servers.items[i]->name, span_from(name)))
            return (int)p->servers.items[i]->id;
    return -1;
}

static const char *or_none(const char *name)
{
    return name[0] ? name : "<NONE>";
}

static void put_captured(struct buf *out, const struct view *v, const struct view_proxy *p,
                         const struct captured *c, const struct pool *pool)
{
    buf_put(out, SPAN(" \n"));
    put_date(out, c->wall_us);
    if (pool == NULL)
        buf_printf(out,
                   " frontend %.*s (#%u): invalid request\n  backend <NONE> (#-1), server <NONE> (#-1), "
                   "event #%u, src %s\n",
                   SPAN_ARGS(p->name), p->iid, c->event, c->source);
    else
        buf_printf(out,
                   " backend %.*s (#%u): invalid response\n  frontend %s (#%d), server %s (#%d), event #%u, "
                   "src %s\n",
                   SPAN_ARGS(p->name), p->iid, or_none(c->other), iid_of(v, c->other), or_none(c->server),
                   sid_of(pool, c->server), c->event, c->source);
    buf_printf(
        out,
        "  buffer starts at 0 (including 0 out), %u free,\n  len %u, wraps at %u, error at position %u\n",
        c->room, c->len, c->len + c->room, c->at);
    buf_put(out, SPAN("  \n"));
    put_bytes(out, c);
}

/* <only> NULL: all; else also what it had to do with as the other side. */
static void put_proxy(struct buf *out, const struct view *v, const struct view_proxy *p,
                      const struct view_proxy *only, unsigned which, struct captured *room)
{
    const struct snapshot *s = v->now->snapshot;
    bool meant = only == NULL || p == only;

    if ((which & REQUESTS) && meant && p->service != VIEW_NONE &&
        captured_get(&snapshot_service(s, v->services[p->service].model)->bad_request, room))
        put_captured(out, v, p, room, NULL);
    if ((which & ANSWERS) && p->pool != VIEW_NONE &&
        captured_get(&snapshot_pool(s, v->pools[p->pool].model)->bad_answer, room) &&
        (meant || span_eq(only->name, span_from(room->other))))
        put_captured(out, v, p, room, v->pools[p->pool].model);
}

/* A name or a number. */
static const struct view_proxy *find_proxy(const struct view *v, struct span word)
{
    uint64_t iid;

    for (uint32_t i = 0; i < v->proxy_count; i++)
        if (span_eq(v->proxies[i].name, word) ||
            (span_to_u64(word, UINT32_MAX, &iid) && v->proxies[i].iid == iid))
            return &v->proxies[i];
    return NULL;
}

static enum command_result put_errors(struct call *c, const struct view *v, struct captured *room)
{
    struct span proxy = call_arg(c, 0), kind = call_arg(c, 1);
    unsigned which = span_eq(kind, SPAN("request"))    ? REQUESTS
                     : span_eq(kind, SPAN("response")) ? ANSWERS
                                                       : REQUESTS | ANSWERS;
    bool all = proxy.len == 0 || span_eq(proxy, SPAN("-1"));
    const struct view_proxy *only = all ? NULL : find_proxy(v, proxy);

    if (!all && only == NULL)
        return call_fail(c, "No such proxy.");
    buf_put(c->out, SPAN("Total events captured on "));
    put_date(c->out, c->now->wall_us);
    buf_printf(c->out, " : %u\n", state_world_captures(c->now->snapshot->world));
    for (uint32_t i = 0; i < v->proxy_count; i++)
        put_proxy(c->out, v, &v->proxies[i], only, which, room);
    return COMMAND_DONE;
}

enum command_result show_errors(struct call *c)
{
    struct view *v = view_new(c->now);
    struct captured *room = malloc(sizeof(*room));
    enum command_result result =
        v && room ? put_errors(c, v, room) : call_fail(c, "There is no memory for that now.");

    view_free(&v);
    free(room);
    return result;
}

/* Of what there is none, as an empty list. */
enum command_result show_nothing(struct call *c)
{
    (void)c;
    return COMMAND_DONE;
}
