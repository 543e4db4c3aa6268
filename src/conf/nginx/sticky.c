/* SPDX-License-Identifier: Apache-2.0 */
/* sticky: what keeps a client with its server: a cookie of ours, a route that a request tells, or a session
 * that an answer began. */
#include "conf/nginx/nginx_internal.h"

#include <string.h>

#include "base/macros.h"
#include "base/md5.h"
#include "conf/common/diag_conf.h"
#include "model/sticky.h"

enum { SESSION_BYTES = 256, SESSION_TIME_S = 600, ZONE_LEAST = 32 * 1024 };

/* ---- reading ---- */

static void on_sticky(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    static const char *const ways[] = { "cookie", "route", "learn", NULL };
    unsigned way;
    if (!value_choice(b->diags, word_at(s, 1), ways, &way))
        return;
    if (s->words.count < 3) {
        diag_add(b->diags, &conf_arity, s->at,
                 DIAG_TEXT(arena_printf(b->arena, "sticky %s", ways[way]), SPAN("1"), SPAN("0")));
        return;
    }
    *ARENA_PUSH(b->arena, &b->upstream->sticky) = *s;
}

/* clang-format off */
const struct keyword nginx_sticky_words[] = {
    { "sticky", IN_UPSTREAM, 1, ARGS_ANY, .once = true, .handle = on_sticky, .manual = "cookie NAME [expires=] [domain=] [path=] [samesite=] [httponly] [secure]: the server of the client's first answer; route $variable...: the server whose route= it is; learn create=$variable lookup=$variable zone=NAME:SIZE [timeout=10m] [header]: the server that began the session" },
    { NULL },
};
/* clang-format on */

/* ---- what is common ---- */

struct reading {
    struct build *b;
    struct side *side;
    const struct statement *s;
    struct sticky *k;
};

static void refuse(const struct reading *r, const struct word *w)
{
    diag_add(r->b->diags, &nginx_bad_parameter, w->at, DIAG_TEXT(w->text, SPAN("sticky")));
}

static void add_lookup(const struct reading *r, const struct word *w)
{
    const struct expr *e = nginx_expr(r->b, r->side, w, NULL);
    if (e)
        *ARENA_PUSH(r->b->arena, &r->k->lookup) = e;
}

/* ---- cookie ---- */

static void expires(const struct reading *r, const struct word *w, struct sticky_cookie *c)
{
    int64_t life;
    c->expires = true;
    if (span_eq(w->text, SPAN("max")))
        c->never = true;
    else if (value_nginx_seconds(r->b->diags, w, &life))
        c->life_s = life < UINT32_MAX ? (uint32_t)life : UINT32_MAX;
}

static void samesite(const struct reading *r, const struct word *w, struct sticky_cookie *c)
{
    static const char *const values[] = { "strict", "lax", "none", NULL };
    unsigned n;
    if (nginx_has_variables(w->text) || value_choice(r->b->diags, w, values, &n))
        c->samesite = nginx_expr(r->b, r->side, w, NULL);
}

static void cookie_option(const struct reading *r, const struct word *w, struct sticky_cookie *c)
{
    struct word value;
    if (word_option(w, "expires", &value))
        expires(r, &value, c);
    else if (word_option(w, "domain", &value))
        c->domain = nginx_expr(r->b, r->side, &value, NULL);
    else if (word_option(w, "path", &value))
        c->path = nginx_expr(r->b, r->side, &value, NULL);
    else if (word_option(w, "samesite", &value))
        samesite(r, &value, c);
    else if (span_eq(w->text, SPAN("httponly")))
        c->httponly = true;
    else if (span_eq(w->text, SPAN("secure")))
        c->secure = true;
    else
        refuse(r, w);
}

static void compile_cookie(const struct reading *r)
{
    struct arena *a = r->b->arena;
    struct sticky_cookie *c = ARENA_NEW(a, struct sticky_cookie);
    c->name = arena_span(a, text_at(r->s, 2));
    r->k->cookie = c;
    struct expr *given = expr_fetch(a, FETCH_REQUEST_COOKIE, c->name);
    given->parts.items[0].number = given->parts.items[0].number2 = 1; /* the first, in either case */
    *ARENA_PUSH(a, &r->k->lookup) = given;
    for (uint32_t i = 3; i < r->s->words.count; i++)
        cookie_option(r, word_at(r->s, i), c);
}

/* ---- learn ---- */

/* Upstreams may share one. */
static struct stick_table *sessions_of(struct build *b, struct span name)
{
    for (uint32_t i = 0; i < b->config->stick_tables.count; i++) {
        struct stick_table *t = b->config->stick_tables.items[i];
        if (t->language == LANGUAGE_NGINX && span_eq(t->name, name))
            return t;
    }
    struct stick_table *t = config_add_stick_table(b->config, LANGUAGE_NGINX, arena_span(b->arena, name));
    t->type = STICK_BINARY;
    t->key_len = MD5_SIZE;
    t->expire = DURATION_S(SESSION_TIME_S);
    t->counts[STICK_GPT0] = 1;
    stick_table_finish(t);
    return t;
}

/* zone=NAME:SIZE */
static struct stick_table *sessions(const struct reading *r, const struct word *w)
{
    size_t colon = span_find_char(w->text, ':');
    uint64_t bytes;
    if (colon == SPAN_NONE || colon == 0) {
        diag_add(r->b->diags, &nginx_bad_zone, w->at, DIAG_TEXT(w->text));
        return NULL;
    }
    struct word size = word_part(w, colon + 1, w->text.len - colon - 1);
    if (!value_size(r->b->diags, &size, ZONE_LEAST, UINT64_C(1) << 34, &bytes))
        return NULL;
    struct stick_table *t = sessions_of(r->b, span_first(w->text, colon));
    t->size = (uint32_t)(bytes / SESSION_BYTES);
    t->at = w->at;
    return t;
}

static void compile_learn(const struct reading *r)
{
    duration timeout = DURATION_S(SESSION_TIME_S);
    struct stick_table *t = NULL;
    for (uint32_t i = 2; i < r->s->words.count; i++) {
        const struct word *w = word_at(r->s, i);
        struct word value;
        if (word_option(w, "create", &value)) {
            const struct expr *e = nginx_expr(r->b, r->side, &value, NULL);
            if (e)
                *ARENA_PUSH(r->b->arena, &r->k->create) = e;
        } else if (word_option(w, "lookup", &value)) {
            add_lookup(r, &value);
        } else if (word_option(w, "zone", &value)) {
            t = sessions(r, &value);
        } else if (word_option(w, "timeout", &value)) {
            (void)value_time(r->b->diags, WORDS_NGINX, &value, 1000, &timeout);
        } else if (span_eq(w->text, SPAN("sync"))) {
            diag_add(r->b->diags, &nginx_server_refused, w->at, DIAG_TEXT(SPAN("sync")));
        } else if (!span_eq(w->text, SPAN("header"))) { /* sessions begin with the head in any case */
            refuse(r, w);
        }
    }
    if (t)
        t->expire = timeout;
    r->k->sessions = t;
    const char *missing = r->k->create.count == 0   ? "create="
                          : r->k->lookup.count == 0 ? "lookup="
                          : t == NULL               ? "zone="
                                                    : NULL;
    if (missing)
        diag_add(r->b->diags, &nginx_sticky_needs, r->s->at, DIAG_TEXT(span_from(missing)));
}

/* ---- servers by their routes ---- */

static struct span sum_of(struct build *b, const struct address *a)
{
    struct buf name;
    char text[128], *hex = arena_alloc(b->arena, 2 * MD5_SIZE);
    buf_init_fixed(&name, text, sizeof(text));
    address_put(&name, a);
    md5_hex(buf_span(&name), hex);
    return span_of(hex, 2 * MD5_SIZE);
}

static void give_routes(struct build *b, struct pool *p)
{
    map_init(&p->sticky->routes, false);
    map_init(&p->sticky->marks, false);
    for (uint32_t i = 0; i < p->servers.count; i++) {
        struct server *server = p->servers.items[i];
        if (server->host.len) { /* where it is, is known only then */
            p->sticky->moves = true;
            continue;
        }
        if (server->route.len == 0)
            server->route = sum_of(b, &server->address);
        uint8_t sum[MD5_SIZE];
        md5(server->route, sum);
        memcpy(&server->mark, sum, sizeof(server->mark));
        struct span mark = span_of((const char *)&server->mark, sizeof(server->mark));
        if (map_get(&p->sticky->routes, server->route))
            continue;
        (void)map_put(b->arena, &p->sticky->routes, server->route, server);
        (void)map_put(b->arena, &p->sticky->marks, mark, server);
    }
}

void nginx_compile_sticky(struct build *b, struct side *side, struct upstream *u)
{
    if (u->sticky.count == 0)
        return;
    const struct statement *s = &u->sticky.items[u->sticky.count - 1];
    struct sticky *k = ARENA_NEW(b->arena, struct sticky);
    struct reading r = { .b = b, .side = side, .s = s, .k = k };
    u->pool->sticky = k;
    give_routes(b, u->pool);
    if (span_eq(text_at(s, 1), SPAN("cookie")))
        compile_cookie(&r);
    else if (span_eq(text_at(s, 1), SPAN("learn")))
        compile_learn(&r);
    else
        for (uint32_t i = 2; i < s->words.count; i++)
            add_lookup(&r, word_at(s, i));
}
