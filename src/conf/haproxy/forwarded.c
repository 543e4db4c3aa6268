/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option forwardfor and originalto. HAProxy joins what the frontend and the
 * backend say, and adds the field once, behind all rules. So each backend holds
 * the action; where its frontends differ, one for each kind of frontend.
 */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/rules.h"

struct forwarded {
    bool on, if_none;
    struct span header;
    LIST_OF(struct network) except;
    struct where at;
};

static bool take_word(struct build *b, const struct statement *s, uint32_t *i, struct forwarded *f)
{
    bool more = *i + 1 < s->words.count;
    struct network n;
    if (text_is(s, *i, "if-none")) {
        f->if_none = true;
        return true;
    }
    if (more && text_is(s, *i, "header")) {
        f->header = arena_span(b->arena, text_at(s, ++*i));
        return true;
    }
    if (more && text_is(s, *i, "except")) {
        if (!value_network(b->diags, word_at(s, ++*i), &n))
            return false;
        *ARENA_PUSH(b->arena, &f->except) = n;
        return true;
    }
    diag_add(b->diags, &haproxy_action_word, word_at(s, *i)->at, DIAG_TEXT(text_at(s, *i), text_at(s, 0)));
    return false;
}

static struct forwarded parse(struct build *b, const struct draft *d, enum kept k)
{
    struct forwarded f = { .on = false };
    const struct line *l = haproxy_line_last(d, k);
    if (l == NULL || l->no)
        return f;
    struct opened before = haproxy_line_begin(b, l);
    f.on = true;
    f.at = l->s.at;
    for (uint32_t i = 1; i < l->s.words.count; i++)
        f.on = take_word(b, &l->s, &i, &f) && f.on;
    haproxy_line_end(b, before);
    return f;
}

/* What a frontend and a backend say together. */
static struct forwarded joined(struct build *b, const struct forwarded *front, const struct forwarded *back)
{
    struct forwarded f = *back;
    f.except.room = f.except.count;
    f.on = front->on || back->on;
    f.if_none = (!front->on || front->if_none) && (!back->on || back->if_none);
    if (f.header.len == 0)
        f.header = front->header;
    for (uint32_t i = 0; i < front->except.count; i++)
        *ARENA_PUSH(b->arena, &f.except) = front->except.items[i];
    if (!back->on)
        f.at = front->at;
    return f;
}

static bool same(const struct forwarded *a, const struct forwarded *b)
{
    if (a->on != b->on || a->if_none != b->if_none || !span_eq_nocase(a->header, b->header) ||
        a->except.count != b->except.count)
        return false;
    for (uint32_t i = 0; i < a->except.count; i++)
        if (a->except.items[i].bits != b->except.items[i].bits ||
            !address_eq_ip(&a->except.items[i].base, &b->except.items[i].base))
            return false;
    return true;
}

/* ---- actions ---- */

/* A group of frontends that say the same. */
struct group_of_fronts {
    struct forwarded what;
    LIST_OF(struct span) names;
};
struct groups {
    struct group_of_fronts *items;
    uint32_t count, room;
};

static const struct cond *only_for(struct build *b, const struct groups *all, const struct group_of_fronts *g)
{
    if (all->count == 1)
        return NULL;
    struct test t = { .subject = expr_fetch(b->arena, FETCH_SERVICE_NAME, SPAN("")),
                      .how = MATCH_EXACT,
                      .source = g->names.items[0],
                      .at = g->what.at };
    for (uint32_t i = 0; i < g->names.count; i++)
        *ARENA_PUSH(b->arena, &t.texts) = g->names.items[i];
    return cond_of_test(b->arena, &t);
}

static void add_forwarded_for(struct build *b, struct draft *d, const struct groups *all,
                              const struct group_of_fronts *g)
{
    struct action *a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_FORWARDED_FOR, g->what.at);
    a->name = g->what.header.len ? g->what.header : SPAN("X-Forwarded-For");
    a->number = g->what.if_none;
    a->when = only_for(b, all, g);
    for (uint32_t i = 0; i < g->what.except.count; i++)
        *ARENA_PUSH(b->arena, &a->networks) = g->what.except.items[i];
}

/* The address that the client came to; nothing when it is one of the excepted. */
static void add_original_to(struct build *b, struct draft *d, const struct groups *all,
                            const struct group_of_fronts *g)
{
    if (g->what.except.count) {
        struct test t = { .subject = expr_fetch(b->arena, FETCH_LOCAL_IP, SPAN("")), .how = MATCH_IP };
        t.at = g->what.at;
        for (uint32_t i = 0; i < g->what.except.count; i++)
            *ARENA_PUSH(b->arena, &t.networks) = g->what.except.items[i];
        struct action *skip = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_SKIP, g->what.at);
        skip->when = cond_of_test(b->arena, &t);
        skip->number = 1;
    }
    struct action *a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_FIELD_ADD, g->what.at);
    a->name = g->what.header.len ? g->what.header : SPAN("X-Original-To");
    a->expr = expr_fetch(b->arena, FETCH_LOCAL_IP, SPAN(""));
    a->when = only_for(b, all, g);
}

static void compile(struct build *b, struct draft *d, enum kept k,
                    void (*add)(struct build *, struct draft *, const struct groups *,
                                const struct group_of_fronts *))
{
    struct forwarded back = parse(b, d, k);
    struct groups groups = { 0 };
    for (uint32_t i = 0; i < b->proxies.count; i++) {
        const struct draft *front = b->proxies.items[i];
        if (!haproxy_reaches(front, d) || !draft_is_http(front))
            continue;
        struct forwarded mine = parse(b, front, k), what = front == d ? back : joined(b, &mine, &back);
        uint32_t g = 0;
        while (g < groups.count && !same(&groups.items[g].what, &what))
            g++;
        if (g == groups.count)
            *ARENA_PUSH(b->arena, &groups) = (struct group_of_fronts){ .what = what };
        *ARENA_PUSH(b->arena, &groups.items[g].names) = front->name;
    }
    for (uint32_t g = 0; g < groups.count; g++)
        if (groups.items[g].what.on)
            add(b, d, &groups, &groups.items[g]);
}

/* ---- option forwarded (RFC 7239) ---- */

/* One of its parts: where the value comes from; NULL: it is not wanted. */
struct forwarded_part {
    struct expr *value;
};
enum { PART_PROTO, PART_HOST, PART_BY, PART_BY_PORT, PART_FOR, PART_FOR_PORT, FORWARDED_PARTS };
static const struct {
    const char *name;
    enum fetch fetch;
} forwarded_parts[FORWARDED_PARTS] = {
    { "proto", FETCH_SCHEME },       { "host", FETCH_HOST_FIELD }, { "by", FETCH_LOCAL_IP },
    { "by_port", FETCH_LOCAL_PORT }, { "for", FETCH_CLIENT_IP },   { "for_port", FETCH_CLIENT_PORT },
};

static void take_own(struct build *b, unsigned k, struct forwarded_part *parts)
{
    parts[k].value = expr_fetch(b->arena, forwarded_parts[k].fetch, SPAN(""));
}

/* "for", "for-expr EXPRESSION" at word <i>. False: it is none of them. */
static bool take_part(struct build *b, const struct statement *s, uint32_t *i, struct forwarded_part *parts)
{
    struct span word = text_at(s, *i);
    for (unsigned k = 0; k < FORWARDED_PARTS; k++) {
        struct span name = span_from(forwarded_parts[k].name);
        struct sample sample;
        if (span_eq(word, name)) {
            take_own(b, k, parts);
            return true;
        }
        if (k == PART_PROTO || word.len != name.len + 5 || !span_starts_with(word, name) ||
            !span_ends_with(word, SPAN("-expr")) || *i + 1 == s->words.count)
            continue;
        if (!haproxy_sample(b, word_at(s, ++*i), false, &sample))
            return false;
        parts[k].value = sample.expr;
        return true;
    }
    diag_add(b->diags, &haproxy_action_word, word_at(s, *i)->at, DIAG_TEXT(word, text_at(s, 0)));
    return false;
}

/* Behind <e>, with room for conversions of its own. */
static struct expr_part *append(struct build *b, struct expr *e, const struct expr *value)
{
    struct expr_part *p = ARENA_PUSH(b->arena, &e->parts);
    *p = value->parts.items[0];
    p->conversions.room = p->conversions.count;
    return p;
}

static void append_text(struct build *b, struct expr *e, const char *text)
{
    (void)expr_add_text(b->arena, e, span_from(text));
}

static void append_node(struct build *b, struct expr *e, const struct expr *name, const struct expr *port)
{
    if (port)
        append_text(b, e, "\"");
    if (name)
        expr_add_conversion(b->arena, append(b, e, name), CONVERT_NODE_TEXT)->number = port != NULL;
    else
        append_text(b, e, "unknown");
    if (port == NULL)
        return;
    append_text(b, e, ":");
    struct expr_part *p = append(b, e, port);
    if (port->type != VALUE_INT)
        (void)expr_add_conversion(b->arena, p, CONVERT_NODE_TEXT);
    append_text(b, e, "\"");
}

static const struct expr *forwarded_value(struct build *b, const struct forwarded_part *parts)
{
    struct expr *e = ARENA_NEW(b->arena, struct expr);
    if (parts[PART_PROTO].value) {
        append_text(b, e, "proto=");
        (void)append(b, e, parts[PART_PROTO].value);
    }
    if (parts[PART_HOST].value) {
        append_text(b, e, e->parts.count ? ";host=\"" : "host=\"");
        (void)append(b, e, parts[PART_HOST].value);
        append_text(b, e, "\"");
    }
    for (unsigned k = PART_BY; k < FORWARDED_PARTS; k += 2) {
        if (!parts[k].value && !parts[k + 1].value)
            continue;
        append_text(b, e, e->parts.count ? ";" : "");
        append_text(b, e, k == PART_BY ? "by=" : "for=");
        append_node(b, e, parts[k].value, parts[k + 1].value);
    }
    expr_finish(b->arena, e);
    return e;
}

static void compile_forwarded(struct build *b, struct draft *d)
{
    const struct line *l = haproxy_line_last(d, KEPT_FORWARDED);
    struct forwarded_part parts[FORWARDED_PARTS] = { { NULL } };
    if (l == NULL || l->no)
        return;
    struct opened before = haproxy_line_begin(b, l);
    bool good = true;
    for (uint32_t i = 1; i < l->s.words.count; i++)
        good = take_part(b, &l->s, &i, parts) && good;
    if (l->s.words.count == 1) {
        take_own(b, PART_PROTO, parts);
        take_own(b, PART_FOR, parts);
    }
    if (good) {
        struct action *a = haproxy_hook_action(b, d, HOOK_REQUEST, ACTION_FIELD_ADD, l->s.at);
        a->name = SPAN("forwarded");
        a->expr = forwarded_value(b, parts);
    }
    haproxy_line_end(b, before);
}

void haproxy_forwarded(struct build *b, struct draft *d)
{
    compile_forwarded(b, d);
    compile(b, d, KEPT_FORWARDFOR, add_forwarded_for);
    compile(b, d, KEPT_ORIGINALTO, add_original_to);
}
