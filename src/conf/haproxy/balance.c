/* SPDX-License-Identifier: Apache-2.0 */
/* balance, hash-type, hash-balance-factor: how a backend chooses. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/haproxy_internal.h"

struct chooser {
    struct build *b;
    struct draft *d;
    const struct statement *s;
    struct span argument; /* of the parentheses; ptr NULL: there are none */
};

static void bad_word(struct chooser *c, uint32_t i)
{
    diag_add(c->b->diags, &haproxy_balance_word, word_at(c->s, i)->at,
             DIAG_TEXT(text_at(c->s, i), text_at(c->s, 1)));
}

/* A key for the hash: the algorithm itself is what hash-type says. */
static struct expr *hash_by(struct chooser *c, enum fetch f, struct span arg)
{
    struct expr *e = ARENA_NEW(c->b->arena, struct expr);
    (void)expr_add_fetch(c->b->arena, e, f, arg);
    e->source = arena_span(c->b->arena, text_at(c->s, 1));
    e->at = c->s->at;
    c->d->pool->algorithm = BALANCE_HASH_MAP;
    c->d->pool->key = e;
    return e;
}

static bool no_words(struct chooser *c)
{
    if (c->s->words.count > 2)
        bad_word(c, 2);
    return c->s->words.count == 2;
}

static void on_plain(struct chooser *c, enum balance_algorithm a)
{
    if (no_words(c))
        c->d->pool->algorithm = a;
}
static void on_roundrobin(struct chooser *c)
{
    on_plain(c, BALANCE_STRIDE);
}
static void on_static_rr(struct chooser *c)
{
    on_plain(c, BALANCE_STATIC_RR);
}
static void on_leastconn(struct chooser *c)
{
    on_plain(c, BALANCE_LEAST_OLDEST);
}
static void on_first(struct chooser *c)
{
    on_plain(c, BALANCE_FIRST);
}

/* random, random(draws) */
static void on_random(struct chooser *c)
{
    uint64_t draws = 2;
    if (c->argument.ptr && (!span_to_u64(c->argument, 1000, &draws) || draws == 0)) {
        bad_word(c, 1);
        return;
    }
    on_plain(c, BALANCE_RANDOM);
    c->d->pool->draws = (uint32_t)draws;
}

static void on_source(struct chooser *c)
{
    if (no_words(c))
        expr_finish(c->b->arena, hash_by(c, FETCH_CLIENT_IP, SPAN("")));
}

/* ---- uri [len N] [depth N] [whole] [path-only] ---- */

struct uri_words {
    bool whole, path_only;
    int64_t len, depth;
};

static bool take_uri_words(struct chooser *c, struct uri_words *u)
{
    for (uint32_t i = 2; i < c->s->words.count; i++) {
        bool more = i + 1 < c->s->words.count;
        if (text_is(c->s, i, "whole")) {
            u->whole = true;
        } else if (text_is(c->s, i, "path-only")) {
            u->path_only = true;
        } else if (more && text_is(c->s, i, "len")) {
            if (!value_number(c->b->diags, word_at(c->s, ++i), 1, UINT16_MAX, &u->len))
                return false;
        } else if (more && text_is(c->s, i, "depth")) {
            if (!value_number(c->b->diags, word_at(c->s, ++i), 1, UINT8_MAX, &u->depth))
                return false;
        } else {
            bad_word(c, i);
            return false;
        }
    }
    return true;
}

static void on_uri(struct chooser *c)
{
    struct uri_words u = { .len = 0 };
    if (!take_uri_words(c, &u))
        return;
    enum fetch what = u.path_only ? (u.whole ? FETCH_PATH_AND_QUERY : FETCH_PATH) : FETCH_TARGET;
    struct expr *e = hash_by(c, what, SPAN(""));
    struct expr_part *p = &e->parts.items[0];
    if (what == FETCH_TARGET && !u.whole) { /* up to the question mark */
        struct conversion *v = expr_add_conversion(c->b->arena, p, CONVERT_FIELD);
        v->number = v->number2 = 1;
        v->text = SPAN("?");
    }
    if (u.len) {
        struct conversion *v = expr_add_conversion(c->b->arena, p, CONVERT_BYTES);
        v->number2 = u.len;
    }
    if (u.depth) { /* "/a/b/c", 2: the third slash ends it; the text before the first one is a piece too */
        struct conversion *v = expr_add_conversion(c->b->arena, p, CONVERT_FIELD);
        v->number = 1;
        v->number2 = u.depth + 1;
        v->text = SPAN("/");
    }
    expr_finish(c->b->arena, e);
}

static void on_url_param(struct chooser *c)
{
    if (c->s->words.count < 3) {
        diag_add(c->b->diags, &conf_arity, c->s->at, DIAG_TEXT(text_at(c->s, 1), SPAN("1"), SPAN("0")));
        return;
    }
    struct span name = arena_span(c->b->arena, text_at(c->s, 2));
    if (c->s->words.count > 3) {
        if (!text_is(c->s, 3, "check_post") || c->s->words.count > 5) {
            bad_word(c, text_is(c->s, 3, "check_post") ? 4 : 3);
            return;
        }
        int64_t old; /* how much of a body had to be there; all that the buffer holds is looked at */
        if (c->s->words.count == 5 && !value_number(c->b->diags, word_at(c->s, 4), 1, INT32_MAX, &old))
            return;
        struct expr *e = ARENA_NEW(c->b->arena, struct expr);
        struct expr_part *p = expr_add_fetch(c->b->arena, e, FETCH_REQUEST_BODY, SPAN(""));
        expr_add_conversion(c->b->arena, p, CONVERT_QUERY_PARAM)->text = name;
        expr_finish(c->b->arena, e);
        e->source = SPAN("check_post");
        e->at = word_at(c->s, 3)->at;
        c->d->pool->key_else = e;
    }
    expr_finish(c->b->arena, hash_by(c, FETCH_QUERY_PARAM, name));
}

static void on_hdr(struct chooser *c)
{
    if (!c->argument.ptr || c->argument.len == 0) {
        bad_word(c, 1);
        return;
    }
    bool domain = c->s->words.count == 3 && text_is(c->s, 2, "use_domain_only");
    if (c->s->words.count > 2 && !domain) {
        bad_word(c, 2);
        return;
    }
    struct expr *e = hash_by(c, FETCH_REQUEST_FIELD, arena_span(c->b->arena, c->argument));
    struct expr_part *p = &e->parts.items[0];
    p->number = 1; /* the first member of its list */
    p->number2 = 1;
    if (domain)
        (void)expr_add_conversion(c->b->arena, p, CONVERT_MAIN_DOMAIN);
    expr_finish(c->b->arena, e);
}

/* Addresses and numbers are hashed as bytes; the address of `balance source` alone is its own hash. */
static struct expr *bytes_of(struct chooser *c, const struct expr *from)
{
    struct expr *e = ARENA_NEW(c->b->arena, struct expr);
    *e = *from;
    if (e->parts.count != 1 || e->type == VALUE_TEXT || e->type == VALUE_BINARY)
        return e;
    struct conversion *v = expr_add_conversion(c->b->arena, &e->parts.items[0], CONVERT_BYTES);
    v->number2 = -1;
    expr_finish(c->b->arena, e);
    return e;
}

/* hash EXPRESSION */
static void on_hash(struct chooser *c)
{
    struct sample sample;
    if (c->s->words.count != 3) {
        diag_add(
            c->b->diags, &conf_arity, c->s->at,
            DIAG_TEXT(text_at(c->s, 1), SPAN("1"), arena_printf(c->b->arena, "%u", c->s->words.count - 2)));
        return;
    }
    if (!haproxy_sample(c->b, word_at(c->s, 2), false, &sample))
        return;
    c->d->pool->algorithm = BALANCE_HASH_MAP;
    c->d->pool->key = bytes_of(c, sample.expr);
}

static void refuse(struct chooser *c, const char *why)
{
    diag_add(c->b->diags, &conf_refused, word_at(c->s, 1)->at, DIAG_TEXT(text_at(c->s, 1), span_from(why)));
}

/* rdp-cookie, rdp-cookie(NAME) */
static void on_rdp_cookie(struct chooser *c)
{
    struct span name = c->argument.ptr && c->argument.len ? c->argument : SPAN("mstshash");
    if (no_words(c))
        expr_finish(c->b->arena, hash_by(c, FETCH_RDP_COOKIE, arena_span(c->b->arena, name)));
}
static void on_log_hash(struct chooser *c)
{
    refuse(c, "it belongs to backends of logs");
}

static const struct {
    const char *name;
    void (*choose)(struct chooser *c);
    bool http; /* in mode tcp HAProxy takes round robin instead */
} algorithms[] = {
    { "roundrobin", on_roundrobin, false },
    { "static-rr", on_static_rr, false },
    { "leastconn", on_leastconn, false },
    { "first", on_first, false },
    { "random", on_random, false },
    { "source", on_source, false },
    { "uri", on_uri, true },
    { "url_param", on_url_param, true },
    { "hdr", on_hdr, true },
    { "hash", on_hash, false },
    { "rdp-cookie", on_rdp_cookie, false },
    { "log-hash", on_log_hash, false },
    { "log-sticky", on_log_hash, false },
};

static void say_unknown(struct chooser *c, struct span name)
{
    const char *names[COUNT_OF(algorithms) + 1] = { NULL };
    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        names[i] = algorithms[i].name;
    struct diag *d = diag_add(c->b->diags, &haproxy_no_algorithm, word_at(c->s, 1)->at, DIAG_TEXT(name));
    const char *near = span_eq(name, SPAN("uri_param")) ? "url_param" : diag_nearest(name, names);
    if (near)
        diag_help(c->b->diags, d, "did you mean `balance %s`?", near);
}

static void compile_algorithm(struct chooser *c)
{
    struct span rest = text_at(c->s, 1), name = span_cut(&rest, '(');
    if (rest.ptr && span_ends_with(rest, SPAN(")")))
        c->argument = span_first(rest, rest.len - 1);
    for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
        if (!span_eq(name, span_from(algorithms[i].name)))
            continue;
        if (algorithms[i].http && !draft_is_http(c->d))
            diag_add(c->b->diags, &haproxy_balance_http, word_at(c->s, 1)->at,
                     DIAG_TEXT(text_at(c->s, 1), c->d->name));
        else
            algorithms[i].choose(c);
        return;
    }
    say_unknown(c, name);
}

/* ---- hash-type METHOD [FUNCTION [avalanche]] ---- */

static void compile_hash_type(struct build *b, struct draft *d, const struct statement *s)
{
    static const char *const methods[] = { "map-based", "consistent", NULL };
    static const char *const functions[] = { "sdbm", "djb2", "wt6", "crc32", "none", NULL };
    unsigned method, function = 0;
    if (!value_choice(b->diags, word_at(s, 1), methods, &method))
        return;
    if (s->words.count > 2 && !value_choice(b->diags, word_at(s, 2), functions, &function))
        return;
    bool avalanche = s->words.count > 3;
    if (avalanche && !text_is(s, 3, "avalanche")) {
        diag_add(b->diags, &conf_bad_choice, word_at(s, 3)->at, DIAG_TEXT(text_at(s, 3), SPAN("avalanche")));
        return;
    }
    if (method && s->words.count < 3)
        avalanche = true; /* HAProxy: consistent alone means sdbm with avalanche */
    if (d->pool->algorithm == BALANCE_HASH_MAP && method)
        d->pool->algorithm = BALANCE_HASH_CONSISTENT;
    d->pool->hash_function = (uint8_t)(function | (avalanche ? 0x80 : 0));
}

bool haproxy_balances_by_body(const struct draft *d)
{
    const struct line *l = haproxy_line_last(d, KEPT_BALANCE);
    return l && l->s.words.count > 3 && text_is(&l->s, 1, "url_param");
}

void haproxy_compile_balance(struct build *b, struct draft *d)
{
    const struct lines *algorithm = &d->kept[KEPT_BALANCE];
    const struct line *type = haproxy_line_last(d, KEPT_HASH_TYPE);
    b->at = d;
    for (uint32_t i = 0; i < algorithm->count; i++) { /* the last counts, but all are looked at */
        struct chooser c = { .b = b, .d = d, .s = &algorithm->items[i].s };
        struct opened before = haproxy_line_begin(b, &algorithm->items[i]);
        d->pool->algorithm = BALANCE_STRIDE;
        d->pool->key = d->pool->key_else = NULL;
        d->pool->draws = 0;
        compile_algorithm(&c);
        haproxy_line_end(b, before);
    }
    if (type) {
        struct opened before = haproxy_line_begin(b, type);
        compile_hash_type(b, d, &type->s);
        haproxy_line_end(b, before);
    }
    d->pool->balance_factor = (uint32_t)value_or(&d->hash_balance_factor, 0);
}

const struct keyword haproxy_balance_words[] = {
    { "balance", IN_D_BACK, 1, ARGS_ANY, KEEP(KEPT_BALANCE),
      .manual = "roundrobin static-rr leastconn first random source uri url_param hdr hash" },
    { "hash-type", IN_D_BACK, 1, 3, .handle = haproxy_keep_one, .offset = KEPT_HASH_TYPE,
      .manual = "map-based|consistent [sdbm|djb2|wt6|crc32|none [avalanche]]" },
    { "hash-balance-factor", IN_D_BACK, 1, 1, .handle = haproxy_set_number, TO(hash_balance_factor),
      .high = 65535, .manual = "percent of the average load that a server may have" },
    { "hash-preserve-affinity", IN_D_BACK, 1, 1, KEYWORD_REFUSED, .today = "it is not served yet" },
    { NULL },
};
