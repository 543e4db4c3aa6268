/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http/cookies.h"

#include "engine/http/internal.h"
#include "engine/http/location.h"
#include "eval/eval.h"

/* More attributes than any cookie has; one with more goes through as it came. */
#define ATTRIBUTES 16

struct cookie {
    struct pair {
        struct span key, value; /* <value> ptr NULL: without "=" */
        bool gone;
    } pairs[ATTRIBUTES];
    unsigned count;
    bool changed;
};

static bool split(struct span text, struct cookie *c)
{
    c->count = 0;
    c->changed = false;
    while (text.ptr) {
        struct span value = span_trim(span_cut(&text, ';')), key = span_cut(&value, '=');
        if (c->count == ATTRIBUTES)
            return false;
        if (key.len || value.ptr)
            c->pairs[c->count++] = (struct pair){ .key = key, .value = value };
    }
    return c->count > 0;
}

/* The attribute of that name; the first pair is the cookie itself. */
static struct pair *find(struct cookie *c, struct span name)
{
    for (unsigned i = 1; i < c->count; i++)
        if (!c->pairs[i].gone && span_eq_nocase(c->pairs[i].key, name))
            return &c->pairs[i];
    return NULL;
}

static void set_value(struct cookie *c, struct pair *p, struct span value)
{
    p->value = value;
    c->changed = true;
}

/* A dot before a domain means nothing any more. */
static struct span without_dot(struct span domain)
{
    return span_from_index(domain, span_starts_with(domain, SPAN(".")));
}

static void map_domain(struct stream *s, struct cookie *c)
{
    struct pair *p = find(c, SPAN("domain"));

    for (uint32_t i = 0; p && p->value.ptr && i < s->proxy->cookie_domains.count; i++) {
        const struct redirect_map *m = &s->proxy->cookie_domains.items[i];
        bool found = m->regex
                         ? eval_regex(&s->facts, m->regex, p->value)
                         : span_eq_nocase(without_dot(p->value), without_dot(eval_text(&s->facts, m->from)));
        if (!found)
            continue;
        struct span to = scratch_span(&s->scratch, eval_text(&s->facts, m->to));
        bool dot = !m->regex && span_starts_with(p->value, SPAN(".")); /* it stays */
        set_value(c, p, dot ? scratch_join(&s->scratch, SPAN("."), to) : to);
        return;
    }
}

static void map_path(struct stream *s, struct cookie *c)
{
    struct pair *p = find(c, SPAN("path"));
    struct span out;

    for (uint32_t i = 0; p && p->value.ptr && i < s->proxy->cookie_paths.count; i++) {
        if (!redirect_map_applies(s, &s->proxy->cookie_paths.items[i], p->value, &out))
            continue;
        set_value(c, p, out);
        return;
    }
}

/* --- flags --- */
static void change(struct cookie *c, enum flag_change to, struct span name, struct span value)
{
    struct pair *p = find(c, name);

    if (to == FLAG_KEEP || (to == FLAG_CLEAR && !p))
        return;
    if (to == FLAG_CLEAR) {
        p->gone = c->changed = true;
        return;
    }
    if (!p && c->count == ATTRIBUTES)
        return;
    p = p ? p : &c->pairs[c->count++];
    *p = (struct pair){ .key = name, .value = value };
    c->changed = true;
}

static void change_flags(struct stream *s, struct cookie *c)
{
    struct span name = c->pairs[0].key;

    for (uint32_t i = 0; i < s->proxy->cookie_flags.count; i++) {
        const struct cookie_flags *f = &s->proxy->cookie_flags.items[i];
        if (f->regex ? !eval_regex(&s->facts, f->regex, name)
                     : !span_eq_nocase(name, eval_text(&s->facts, f->name)))
            continue;
        change(c, f->secure, SPAN("Secure"), span_of(NULL, 0));
        change(c, f->httponly, SPAN("HttpOnly"), span_of(NULL, 0));
        change(c, f->samesite, SPAN("SameSite"), f->samesite_value);
        return;
    }
}

/* --- */
static struct span join(struct stream *s, const struct cookie *c)
{
    struct span all = SPAN("");

    for (unsigned i = 0; i < c->count && all.ptr; i++) {
        const struct pair *p = &c->pairs[i];
        if (p->gone)
            continue;
        if (i)
            all = scratch_join(&s->scratch, all, SPAN("; "));
        all = all.ptr ? scratch_join(&s->scratch, all, p->key) : all;
        if (all.ptr && p->value.ptr)
            all = scratch_join(&s->scratch, scratch_join(&s->scratch, all, SPAN("=")), p->value);
    }
    return all;
}

bool cookies_rewrite(struct stream *s)
{
    const struct proxy *p = s->proxy;
    struct cookie c;

    if (p->cookie_domains.count + p->cookie_paths.count + p->cookie_flags.count == 0)
        return true;
    for (unsigned i = 0; i < s->answer.field_count; i++) {
        struct field *f = &s->answer.fields[i];
        if (f->gone || f->id != FIELD_SET_COOKIE || !split(f->value, &c))
            continue;
        map_domain(s, &c);
        map_path(s, &c);
        change_flags(s, &c);
        if (!c.changed)
            continue;
        f->value = span_trim(join(s, &c));
        if (!f->value.ptr || !field_value_is_valid(f->value))
            return false;
    }
    return true;
}
