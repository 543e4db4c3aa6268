/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/sticky.h"

#include <string.h>
#include <time.h>

#include "base/md5.h"
#include "base/scratch.h"
#include "engine/core/rules_internal.h"
#include "model/sticky.h"
#include "state/snapshot.h"
#include "wire/message.h"

#define ROUTE_ROOM (2 * MD5_SIZE)

/* ---- routes ---- */

/* Its own, or the sum of the address that it has now; <room> is for that. Empty: it has no address. */
static struct span route_of(const struct facts *f, const struct server *server, char room[ROUTE_ROOM])
{
    struct address now;
    struct buf b;
    char text[128];

    if (server->host.len == 0)
        return server->route;
    server_address(snapshot_server(f->snapshot, server), server, &now);
    if (now.len == 0)
        return SPAN("");
    if (server->route.len)
        return server->route;
    buf_init_fixed(&b, text, sizeof(text));
    address_put(&b, &now);
    md5_hex(buf_span(&b), room);
    return span_of(room, ROUTE_ROOM);
}

/* Among those whose addresses come and go. */
static const struct server *find_moving(const struct facts *f, const struct pool *pool, struct span route)
{
    char room[ROUTE_ROOM];

    for (uint32_t i = 0; i < pool->servers.count; i++) {
        const struct server *server = pool->servers.items[i];
        if (server->host.len && span_eq(route_of(f, server, room), route))
            return server;
    }
    return NULL;
}

static const struct server *find_route(const struct facts *f, const struct pool *pool, struct span route)
{
    const struct server *server = map_get(&pool->sticky->routes, route);

    return server || !pool->sticky->moves ? server : find_moving(f, pool, route);
}

/* ---- sessions ---- */

/* Texts of any length, told apart by their sum. */
static struct span key_of(struct span session, uint8_t sum[MD5_SIZE])
{
    md5(session, sum);
    return span_of((const char *)sum, MD5_SIZE);
}

static uint64_t mark_of(struct span route)
{
    uint8_t sum[MD5_SIZE];
    uint64_t mark;

    md5(route, sum);
    memcpy(&mark, sum, sizeof(mark));
    return mark;
}

static const struct server *find_mark(const struct facts *f, const struct pool *pool, uint64_t mark)
{
    const struct sticky *k = pool->sticky;
    const struct server *server = map_get(&k->marks, span_of((const char *)&mark, sizeof(mark)));
    char room[ROUTE_ROOM];

    for (uint32_t i = 0; server == NULL && k->moves && i < pool->servers.count; i++) {
        struct span route = route_of(f, pool->servers.items[i], room);
        if (route.len && mark_of(route) == mark)
            server = pool->servers.items[i];
    }
    return server;
}

static const struct server *find_session(const struct facts *f, const struct pool *pool, struct span session)
{
    struct stick_state *s = snapshot_stick(f->snapshot, pool->sticky->sessions);
    uint8_t sum[MD5_SIZE];
    struct stick_entry *e = stick_find(s, key_of(session, sum), f->now);

    if (e == NULL)
        return NULL;
    uint64_t mark = stick_read(s, e, STICK_GPT0, 0, f->now);
    stick_put(s, e, true, f->now);
    return find_mark(f, pool, mark);
}

static void learn(const struct facts *f, const struct server *server, struct span session)
{
    struct stick_state *s = snapshot_stick(f->snapshot, server->pool->sticky->sessions);
    uint8_t sum[MD5_SIZE];
    char room[ROUTE_ROOM];
    struct span route = route_of(f, server, room);
    struct stick_entry *e = route.len ? stick_make(s, key_of(session, sum), f->now) : NULL;

    if (e == NULL)
        return;
    (void)stick_set(s, e, STICK_GPT0, 0, mark_of(route), f->now);
    stick_put(s, e, true, f->now);
}

/* ---- the request ---- */

const struct server *sticky_wanted(struct facts *f, const struct pool *pool)
{
    const struct sticky *k = pool->sticky;
    struct span said = SPAN("");

    for (uint32_t i = 0; i < k->lookup.count && said.len == 0; i++)
        said = eval_text(f, k->lookup.items[i]);
    if (said.len == 0)
        return NULL;
    return k->sessions ? find_session(f, pool, said) : find_route(f, pool, said);
}

/* ---- the answer ---- */

/* As cookies of old have it: "Thu, 31-Dec-37 23:55:55 GMT"; RFC 6265 5.1.1 reads it. */
static void put_date(struct buf *b, uint64_t unix_s)
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t t = (time_t)unix_s;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL)
        return;
    buf_printf(b, "%.3s, %02d-%.3s-", days + 3 * (tm.tm_wday % 7), tm.tm_mday, months + 3 * (tm.tm_mon % 12));
    buf_printf(b, tm.tm_year > 137 ? "%04d" : "%02d",
               tm.tm_year > 137 ? tm.tm_year + 1900 : tm.tm_year % 100);
    buf_printf(b, " %02d:%02d:%02d GMT", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

enum {
    LAST_MOMENT = 2145916555,
    LONGEST_S = 315360000
}; /* of dates in 32 bits, and what nginx says with it */

static void put_life(struct buf *b, const struct facts *f, const struct sticky_cookie *c)
{
    if (!c->expires)
        return;
    buf_put(b, SPAN("; expires="));
    put_date(b, c->never ? LAST_MOMENT : f->wall_us / 1000000 + c->life_s);
    buf_printf(b, "; max-age=%u", c->never ? (unsigned)LONGEST_S : c->life_s);
}

/* A value made of the client's words may not end the attribute (RFC 6265 4.1.1). */
static bool is_attribute_value(struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < 0x20 || value.ptr[i] == 0x7f || value.ptr[i] == ';' ||
            value.ptr[i] == ',')
            return false;
    return value.len > 0;
}

static void put_attribute(struct buf *b, struct facts *f, const char *name, const struct expr *e)
{
    struct span value = e ? eval_text(f, e) : SPAN("");

    if (is_attribute_value(value))
        buf_printf(b, "; %s=%.*s", name, SPAN_ARGS(value));
}

/* Strict, where it says something else than one of the three. */
static void put_samesite(struct buf *b, struct facts *f, const struct expr *e)
{
    struct span value = e ? eval_text(f, e) : SPAN("");

    if (value.len == 0)
        return;
    buf_put(b, span_eq_nocase(value, SPAN("lax"))    ? SPAN("; samesite=lax")
               : span_eq_nocase(value, SPAN("none")) ? SPAN("; samesite=none")
                                                     : SPAN("; samesite=strict"));
}

#define COOKIE_ROOM 4096

static bool add_cookie(struct rules *r, const struct sticky_cookie *c, struct span route)
{
    struct facts *f = r->facts;
    char *room = scratch_bytes(f->scratch, COOKIE_ROOM);
    struct buf b;

    if (room == NULL)
        return false;
    buf_init_fixed(&b, room, COOKIE_ROOM);
    buf_put(&b, c->name);
    buf_put_char(&b, '=');
    buf_put(&b, route);
    put_life(&b, f, c);
    put_attribute(&b, f, "domain", c->domain);
    put_attribute(&b, f, "path", c->path);
    buf_put(&b, c->httponly ? SPAN("; httponly") : SPAN(""));
    buf_put(&b, c->secure ? SPAN("; secure") : SPAN(""));
    put_samesite(&b, f, c->samesite);
    return !b.truncated && rules_make_room(r, r->answer) &&
           message_add(r->answer, SPAN("Set-Cookie"), buf_span(&b));
}

bool sticky_answer(struct rules *r, const struct server *server, const struct server *wanted)
{
    const struct sticky *k = server->pool->sticky;
    struct span session = SPAN("");
    char room[ROUTE_ROOM];

    for (uint32_t i = 0; i < k->create.count && session.len == 0; i++)
        session = eval_text(r->facts, k->create.items[i]);
    if (session.len)
        learn(r->facts, server, session);
    if (k->cookie == NULL || wanted == server)
        return true;
    struct span route = route_of(r->facts, server, room);
    return route.len == 0 || add_cookie(r, k->cookie, route);
}
