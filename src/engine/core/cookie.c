/* SPDX-License-Identifier: Apache-2.0 */
/* Measured on HAProxy 2.6: tests/differential has the rows. */
#include "engine/core/cookie.h"

#include "base/scratch.h"
#include "engine/core/rules_internal.h"
#include "state/snapshot.h"
#include "wire/message.h"

enum { DAY = 86400 };

/* ---- the request ---- */

enum outcome act_persist(struct rules *r, const struct action *a)
{
    if (a->number)
        r->wanted_always = true;
    else
        r->cookie.ignored = true;
    r->next += (uint32_t)a->number2;
    return NEXT;
}

static uint32_t now_s(const struct rules *r)
{
    return (uint32_t)(r->facts->wall_us / 1000000);
}

static int sextet(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? memchr(digits, c, 64) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Five digits of six bits: seconds in fours. 0: it is no date. */
static uint32_t read_date(struct span s)
{
    uint32_t n = 0;

    if (s.len != 5)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        int six = sextet(s.ptr[i]);
        if (six < 0)
            return 0;
        n = n << 6 | (uint32_t)six;
    }
    return n << 2;
}

/* Older than it may be, or further in the future than clocks differ. */
static bool is_over(uint32_t now, uint32_t date, duration most)
{
    int64_t age = (int64_t)now - date;

    return date && !duration_is_none(most) && (age > most.ms / 1000 || -age > DAY);
}

/* What the value says: which server, and whether that still counts. */
static void judge(struct rules *r, const struct pool *pool, struct span value)
{
    const struct cookie_policy *c = pool->cookie;
    struct rules_cookie *k = &r->cookie;
    struct span rest = value, name = c->mode == COOKIE_PREFIX ? value : span_cut(&rest, '|');
    const struct server *server = map_get(c->servers, name);

    k->request = 'I';
    if (c->mode != COOKIE_PREFIX) {
        k->used = read_date(span_cut(&rest, '|'));
        k->given = rest.ptr ? read_date(rest) : 0;
    }
    if (is_over(now_s(r), k->used, c->idle_max))
        k->request = 'E';
    if (is_over(now_s(r), k->given, c->life_max))
        k->request = 'O';
    if (k->request != 'I') {
        k->used = k->given = 0;
        return;
    }
    if (server == NULL)
        return;
    k->server = server;
    enum server_use use = server_use(snapshot_server(r->facts->snapshot, server), server, r->facts->now);
    bool up = use == USE_FULL || use == USE_STICKY;
    k->request = up || (pool->persist && use == USE_DOWN) ? 'V' : 'D';
    r->wanted_down = r->wanted_always || (pool->persist && use == USE_DOWN);
    if (k->request == 'V' || r->wanted_always)
        r->wanted = server;
}

/* Does another cookie of the name count, after what this one said? */
static bool looks_on(const struct rules *r, const struct pool *pool)
{
    char found = r->cookie.request;

    return found == 'N' || found == 'I' || (found == 'D' && !r->wanted_always && !pool->persist);
}

struct pair {
    struct span raw; /* between semicolons, blanks and all */
    struct span value;
    bool named; /* it is the cookie that counts */
};

static bool next_pair(struct span *rest, struct span name, struct pair *p)
{
    if (rest->ptr == NULL)
        return false;
    p->raw = span_cut(rest, ';');
    struct span value = p->raw, key = span_trim(span_cut(&value, '='));
    p->named = value.ptr != NULL && span_eq(key, name);
    p->value = p->named ? span_trim(value) : value;
    return true;
}

/* One pair on its way to the server: as it came, without our part, or not at all. */
static void pass_pair(const struct cookie_policy *c, const struct pair *p, struct buf *out, bool first)
{
    struct span own = p->value;

    if (p->named && c->mode == COOKIE_INSERT && c->indirect)
        return;
    if (!first)
        buf_put_char(out, ';');
    if (!p->named) {
        buf_put(out, first ? span_trim(p->raw) : p->raw);
        return;
    }
    if (c->mode == COOKIE_PREFIX && span_find_char(own, '~') != SPAN_NONE)
        (void)span_cut(&own, '~');
    if (!first && p->raw.len && p->raw.ptr[0] == ' ')
        buf_put_char(out, ' ');
    buf_put(out, c->name);
    buf_put_char(out, '=');
    buf_put(out, own);
}

static bool read_field(struct rules *r, const struct pool *pool, struct field *f, bool unused)
{
    const struct cookie_policy *c = pool->cookie;
    char *room = scratch_bytes(r->facts->scratch, f->value.len + 2);
    struct span rest = f->value;
    struct pair p;
    struct buf out;
    bool found = false;

    if (!room)
        return false;
    buf_init_fixed(&out, room, f->value.len + 2);
    while (next_pair(&rest, c->name, &p)) {
        struct span value = p.value, own = c->mode == COOKIE_PREFIX ? span_cut(&value, '~') : value;
        if (p.named && unused)
            r->cookie.request = 'U';
        else if (p.named && looks_on(r, pool))
            judge(r, pool, own);
        found |= p.named;
        pass_pair(c, &p, &out, out.len == 0);
    }
    if (!found)
        return true;
    f->value = span_trim(buf_span(&out));
    if (f->value.len == 0)
        message_drop(r->request, f);
    return true;
}

enum outcome act_cookie(struct rules *r, const struct action *a)
{
    const struct pool *pool = r->scope->pool;
    const struct cookie_policy *c = pool->cookie;
    bool ignored = r->cookie.ignored, unused = ignored || r->wanted;

    (void)a;
    r->cookie = (struct rules_cookie){ .request = 'N', .answer = 'N', .ignored = ignored };
    r->cookie.shown = c->mode != COOKIE_PASSIVE || c->indirect || c->preserve;
    for (unsigned i = 0; i < r->request->field_count; i++) {
        struct field *f = &r->request->fields[i];
        if (!f->gone && f->id == FIELD_COOKIE && !read_field(r, pool, f, unused))
            return rules_end(r, RULES_FAILED);
    }
    return NEXT;
}

/* ---- the answer ---- */

/* "NAME=value; path=/" of the server: in its place <before><value> or, with <replace>, <before> alone. */
static bool rewrite(struct rules *r, struct field *f, struct span before, bool replace)
{
    struct span rest = f->value, key = span_cut(&rest, '=');
    size_t end = replace ? span_find_char(rest, ';') : 0;
    struct scratch *s = r->facts->scratch;

    rest = span_from_index(rest, end == SPAN_NONE ? rest.len : end);
    struct span to = scratch_join(s, scratch_join(s, key, SPAN("=")), before);
    if (to.ptr && !replace)
        to = scratch_join(s, to, SPAN("~"));
    to = to.ptr ? scratch_join(s, to, rest) : to;
    f->value = span_trim(to);
    return to.ptr != NULL;
}

/* One Set-Cookie of the server that has our name. */
static bool take_own(struct rules *r, const struct cookie_policy *c, const struct server *server,
                     struct field *f)
{
    struct rules_cookie *k = &r->cookie;

    k->answer = 'P';
    if (c->preserve)
        return true;
    if (c->mode == COOKIE_INSERT || (c->indirect && k->request == 'V')) {
        k->answer = 'D';
        message_drop(r->answer, f);
        return true;
    }
    if (server->cookie.len == 0 || c->mode == COOKIE_PASSIVE)
        return true;
    k->answer = 'R';
    return rewrite(r, f, server->cookie, c->mode == COOKIE_REWRITE);
}

static bool take_all(struct rules *r, const struct cookie_policy *c, const struct server *server)
{
    for (unsigned i = 0; i < r->answer->field_count; i++) {
        struct field *f = &r->answer->fields[i];
        if (f->gone || f->id != FIELD_SET_COOKIE)
            continue;
        struct span rest = f->value, key = span_trim(span_cut(&rest, '='));
        if (rest.ptr && span_eq(key, c->name) && !take_own(r, c, server, f))
            return false;
    }
    return true;
}

/* The client has one that is as it should be. */
static bool is_fresh(const struct rules *r, const struct cookie_policy *c, const struct server *server)
{
    const struct rules_cookie *k = &r->cookie;

    if (r->wanted != server)
        return false;
    if ((!duration_is_none(c->idle_max) || k->used) && (k->used == 0 || k->used < now_s(r)))
        return false;
    return duration_is_none(c->life_max) == (k->given == 0);
}

static void put_date(struct buf *out, uint32_t fours)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    buf_put_char(out, '|');
    for (int shift = 24; shift >= 0; shift -= 6)
        buf_put_char(out, digits[fours >> shift & 63]);
}

static void put_value(const struct rules *r, const struct cookie_policy *c, const struct server *server,
                      struct buf *out)
{
    bool idle = !duration_is_none(c->idle_max), life = !duration_is_none(c->life_max);
    uint32_t now = (now_s(r) + 3) >> 2;

    buf_put(out, c->name);
    buf_put_char(out, '=');
    if (server->cookie.len == 0) {
        buf_put(out, SPAN("; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/"));
        return;
    }
    buf_put(out, server->cookie);
    if (idle || life)
        put_date(out, now);
    if (life)
        put_date(out, r->cookie.given ? r->cookie.given >> 2 : now);
    buf_put(out, SPAN("; path=/"));
}

static bool add_field(struct rules *r, struct span name, struct span value)
{
    return rules_make_room(r, r->answer) && message_add(r->answer, name, value);
}

static bool add_own(struct rules *r, const struct cookie_policy *c, const struct server *server)
{
    size_t most = c->name.len + server->cookie.len + 128;
    for (uint32_t i = 0; i < c->domains.count; i++)
        most += c->domains.items[i].len + 9;
    for (uint32_t i = 0; i < c->attributes.count; i++)
        most += c->attributes.items[i].len + 2;
    char *room = scratch_bytes(r->facts->scratch, most);
    struct buf out;

    if (!room)
        return false;
    buf_init_fixed(&out, room, most);
    put_value(r, c, server, &out);
    for (uint32_t i = 0; i < c->domains.count; i++)
        buf_printf(&out, "; domain=%.*s", SPAN_ARGS(c->domains.items[i]));
    buf_put(&out, c->httponly ? SPAN("; HttpOnly") : SPAN(""));
    buf_put(&out, c->secure ? SPAN("; Secure") : SPAN(""));
    for (uint32_t i = 0; i < c->attributes.count; i++)
        buf_printf(&out, "; %.*s", SPAN_ARGS(c->attributes.items[i]));
    return !out.truncated && add_field(r, SPAN("Set-Cookie"), buf_span(&out));
}

/* ---- nocache ---- */

static bool status_is_cacheable(unsigned status)
{
    static const uint16_t statuses[] = { 200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501 };

    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (statuses[i] == status)
            return true;
    return false;
}

/* What Cache-Control says: does it forbid keeping, does it say for how long? */
static void read_cache_control(struct span value, bool *forbids, bool *lasts)
{
    struct span member;

    while (list_member(&value, &member)) {
        if (span_eq_nocase(member, SPAN("private")) || span_eq_nocase(member, SPAN("no-store")) ||
            span_eq_nocase(member, SPAN("no-cache")))
            *forbids = true;
        if (span_starts_with_nocase(member, SPAN("max-age=")) ||
            span_starts_with_nocase(member, SPAN("s-maxage=")))
            *lasts = true;
    }
}

/* May a cache keep it, with our cookie in it? */
static bool is_cacheable(const struct rules *r)
{
    const struct message *m = r->answer;
    bool forbids = false, lasts = message_find(m, FIELD_ETAG) || message_find(m, FIELD_LAST_MODIFIED) ||
                                  message_find(m, FIELD_EXPIRES);

    if (!r->request || (r->request->method != METHOD_GET && r->request->method != METHOD_HEAD) ||
        !status_is_cacheable(m->status))
        return false;
    for (const struct field *f = message_find(m, FIELD_CACHE_CONTROL); f; f = message_next(m, f))
        read_cache_control(f->value, &forbids, &lasts);
    const struct field *pragma = message_find(m, FIELD_PRAGMA);
    if (pragma && list_has_token(pragma->value, SPAN("no-cache")))
        forbids = true;
    return lasts && !forbids;
}

bool cookie_answer(struct rules *r, const struct server *server)
{
    struct rules_cookie *k = &r->cookie;
    const struct cookie_policy *c = server->pool->cookie;

    if (c == NULL)
        return true;
    if (k->request == 'V' && k->server != server)
        k->request = 'D'; /* it was taken elsewhere */
    if (!take_all(r, c, server))
        return false;
    bool own = k->answer == 'P' && c->preserve;
    if (c->mode != COOKIE_INSERT || own || k->ignored || is_fresh(r, c, server) ||
        (c->postonly && r->request->method != METHOD_POST))
        return true;
    k->answer = k->request == 'V' ? 'U' : 'I';
    if (!add_own(r, c, server))
        return false;
    return !c->nocache || !is_cacheable(r) || add_field(r, SPAN("Cache-control"), SPAN("private"));
}

/* ---- captures ---- */

struct span cookie_captured(struct scratch *s, const struct captured_cookie *c, const struct message *m,
                            bool answer)
{
    enum field_id id = answer ? FIELD_SET_COOKIE : FIELD_COOKIE;

    for (const struct field *f = message_find(m, id); f; f = message_next(m, f)) {
        for (struct span rest = f->value; rest.ptr && rest.len;) {
            struct span pair = span_trim(span_cut(&rest, ';'));
            struct span value = pair, name = span_cut(&value, '=');
            bool means = c->prefix ? span_starts_with(name, c->name) : span_eq(name, c->name);
            if (value.ptr && means)
                return scratch_span(s, span_first(pair, c->len));
            if (answer)
                break; /* what follows are attributes */
        }
    }
    return SPAN("");
}
