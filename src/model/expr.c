/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabulary's tables, and building expressions. Computing them is eval's. */
#include "model/expr.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/macros.h"
#include "model/lookup.h"
#include "model/regex.h"
#include "model/stick.h"

static const struct {
    const char *name;
    enum value_type type;
    uint32_t needs;
} fetches[FETCH_COUNT] = {
#define X(name, type, needs) { #name, VALUE_##type, NEEDS_##needs },
    FETCH_LIST(X)
#undef X
};

static const struct {
    const char *name;
    enum value_type takes, gives;
} converts[CONVERT_COUNT] = {
#define X(name, takes, gives) { #name, VALUE_##takes, VALUE_##gives },
    CONVERT_LIST(X)
#undef X
};

const char *fetch_name(enum fetch f)
{
    BUG_ON(f >= FETCH_COUNT);
    return fetches[f].name;
}

enum value_type fetch_type(enum fetch f)
{
    BUG_ON(f >= FETCH_COUNT);
    return fetches[f].type;
}

uint32_t fetch_needs(enum fetch f)
{
    BUG_ON(f >= FETCH_COUNT);
    return fetches[f].needs;
}

const char *convert_name(enum convert c)
{
    BUG_ON(c >= CONVERT_COUNT);
    return converts[c].name;
}

enum value_type convert_takes(enum convert c)
{
    BUG_ON(c >= CONVERT_COUNT);
    return converts[c].takes;
}

enum value_type convert_gives(enum convert c)
{
    BUG_ON(c >= CONVERT_COUNT);
    return converts[c].gives;
}

/* ---- building ---- */

struct expr_part *expr_add_text(struct arena *a, struct expr *e, struct span text)
{
    struct expr_part *p = ARENA_PUSH(a, &e->parts);
    *p = (struct expr_part){ .kind = PART_TEXT, .text = text };
    return p;
}

struct expr_part *expr_add_fetch(struct arena *a, struct expr *e, enum fetch f, struct span arg)
{
    struct expr_part *p = ARENA_PUSH(a, &e->parts);
    *p = (struct expr_part){ .kind = PART_FETCH, .fetch = f, .text = arg };
    return p;
}

struct conversion *expr_add_conversion(struct arena *a, struct expr_part *p, enum convert c)
{
    struct conversion *v = ARENA_PUSH(a, &p->conversions);
    *v = (struct conversion){ .kind = c };
    return v;
}

static uint32_t lookup_needs(const struct lookup *l)
{
    if (l == NULL)
        return 0;
    return l->needs | (l->subject ? l->subject->needs : 0);
}

static uint32_t part_needs(const struct expr_part *p)
{
    if (p->kind == PART_TEXT)
        return 0;
    uint32_t needs = fetches[p->fetch].needs | lookup_needs(p->lookup);
    for (uint32_t i = 0; i < p->conversions.count; i++)
        needs |= lookup_needs(p->conversions.items[i].lookup);
    return needs;
}

static enum value_type part_type(const struct expr_part *p)
{
    if (p->escape != ESCAPE_NONE || p->dash || p->quote != QUOTE_NONE)
        return VALUE_TEXT;
    enum value_type type = p->kind == PART_TEXT ? VALUE_TEXT : fetches[p->fetch].type;
    for (uint32_t i = 0; i < p->conversions.count; i++) {
        enum value_type gives = converts[p->conversions.items[i].kind].gives;
        type = gives == VALUE_NONE ? type : gives;
    }
    return type;
}

static bool is_constant(const struct expr *e)
{
    for (uint32_t i = 0; i < e->parts.count; i++) {
        const struct expr_part *p = &e->parts.items[i];
        if (p->kind != PART_TEXT || p->escape != ESCAPE_NONE || p->conversions.count)
            return false;
    }
    return true;
}

static struct span joined_text(struct arena *a, const struct expr *e)
{
    if (e->parts.count == 1 && e->parts.items[0].text.ptr)
        return e->parts.items[0].text;
    size_t len = 0;
    for (uint32_t i = 0; i < e->parts.count; i++)
        len += e->parts.items[i].text.len;
    char *text = arena_alloc(a, len + 1), *to = text;
    for (uint32_t i = 0; i < e->parts.count; i++)
        if (e->parts.items[i].text.len)
            to = mempcpy(to, e->parts.items[i].text.ptr, e->parts.items[i].text.len);
    return span_of(text, len);
}

static void finish_part(struct expr_part *p)
{
    p->as_is = p->conversions.count == 0;
    p->few_len = p->kind == PART_TEXT && p->text.len <= sizeof(p->few) ? (uint8_t)p->text.len : 0;
    if (p->few_len)
        memcpy(p->few, p->text.ptr, p->few_len);
}

void expr_finish(struct arena *a, struct expr *e)
{
    e->needs = NEEDS_NOTHING;
    for (uint32_t i = 0; i < e->parts.count; i++) {
        finish_part(&e->parts.items[i]);
        e->needs |= part_needs(&e->parts.items[i]);
    }
    e->type = e->parts.count == 1 ? part_type(&e->parts.items[0]) : VALUE_TEXT;
    e->constant = is_constant(e) ? joined_text(a, e) : span_of(NULL, 0);
}

struct expr *expr_text(struct arena *a, struct span text)
{
    struct expr *e = ARENA_NEW(a, struct expr);
    (void)expr_add_text(a, e, text);
    expr_finish(a, e);
    return e;
}

struct expr *expr_fetch(struct arena *a, enum fetch f, struct span arg)
{
    struct expr *e = ARENA_NEW(a, struct expr);
    (void)expr_add_fetch(a, e, f, arg);
    expr_finish(a, e);
    return e;
}

/* ---- showing ---- */

static const char *const escape_names[] = {
    [ESCAPE_NONE] = "none",
    [ESCAPE_NGINX_LOG] = "nginx_log",
    [ESCAPE_NGINX_JSON] = "nginx_json",
    [ESCAPE_HAPROXY_LOG] = "haproxy_log",
    [ESCAPE_HAPROXY_TEXT] = "haproxy_text",
    [ESCAPE_JSON] = "json",
};

static void put_number(struct buf *out, const char *name, int64_t n)
{
    if (n)
        buf_printf(out, " %s %lld", name, (long long)n);
}

static void put_text(struct buf *out, struct span s)
{
    if (s.len) {
        buf_put_char(out, ' ');
        buf_put_json(out, s);
    }
}

static void put_stick(struct buf *out, const struct stick_ask *a)
{
    if (a == NULL)
        return;
    buf_put_char(out, ' ');
    stick_ask_put(out, a);
}

static void put_conversion(struct buf *out, const struct conversion *v)
{
    buf_printf(out, " | %s", convert_name(v->kind));
    put_text(out, v->text);
    put_text(out, v->text2);
    put_number(out, "n", v->number);
    put_number(out, "n2", v->number2);
    if (v->regex)
        put_text(out, regex_source(v->regex));
    if (v->lookup)
        buf_printf(out, " map %.*s", SPAN_ARGS(v->lookup->name));
    put_stick(out, v->stick);
}

static void put_part(struct buf *out, const struct expr_part *p)
{
    if (p->kind == PART_TEXT) {
        buf_put_json(out, p->text);
    } else {
        buf_put(out, span_from(fetch_name(p->fetch)));
        put_text(out, p->text);
        put_number(out, "n", p->number);
        put_number(out, "n2", p->number2);
        if (p->lookup)
            buf_printf(out, " map %.*s", SPAN_ARGS(p->lookup->name));
        put_stick(out, p->stick);
    }
    for (uint32_t i = 0; i < p->conversions.count; i++)
        put_conversion(out, &p->conversions.items[i]);
    if (p->escape != ESCAPE_NONE)
        buf_printf(out, " escape %s", escape_names[p->escape]);
    if (p->quote != QUOTE_NONE)
        buf_put(out, p->quote == QUOTE_TYPED ? SPAN(" quote typed") : SPAN(" quote"));
    if (p->slash)
        buf_put(out, SPAN(" slash"));
    if (p->dash)
        buf_put(out, p->dash == DASH_NONE ? SPAN(" dash for none") : SPAN(" dash"));
}

void expr_put(struct buf *out, const struct expr *e)
{
    if (e == NULL || e->parts.count == 0)
        buf_put(out, SPAN("\"\""));
    else
        for (uint32_t i = 0; i < e->parts.count; i++) {
            if (i)
                buf_put(out, SPAN(" + "));
            put_part(out, &e->parts.items[i]);
        }
}
