/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ACLs and conditions: "acl NAME CRITERION [FLAGS] [OPERATOR] [VALUES]" and
 * "if a !b or { path_beg /x }". Values are in acl_values.c.
 */
#include "conf/haproxy/acl.h"

#include "base/macros.h"

/* ---- what ACLs are there ---- */

static const struct {
    const char *name, *text;
} predefined[] = {
    { "FALSE", "always_false" },
    { "HTTP", "req.proto_http" },
    { "HTTP_1.0", "req.ver 1.0" },
    { "HTTP_1.1", "req.ver 1.1" },
    { "HTTP_2.0", "req.ver 2.0" },
    { "HTTP_3.0", "req.ver 3.0" },
    { "HTTP_CONTENT", "req.hdr_val(content-length) gt 0" },
    { "HTTP_URL_ABS", "url_reg ^[^/:]*://" },
    { "HTTP_URL_SLASH", "url_beg /" },
    { "HTTP_URL_STAR", "url *" },
    { "LOCALHOST", "src 127.0.0.1/8 ::1" },
    { "METH_CONNECT", "method CONNECT" },
    { "METH_DELETE", "method DELETE" },
    { "METH_GET", "method GET HEAD" },
    { "METH_HEAD", "method HEAD" },
    { "METH_OPTIONS", "method OPTIONS" },
    { "METH_POST", "method POST" },
    { "METH_PUT", "method PUT" },
    { "METH_TRACE", "method TRACE" },
    { "RDP_COOKIE", "req.rdp_cookie_cnt gt 0" },
    { "REQ_CONTENT", "req.len gt 0" },
    { "TRUE", "always_true" },
    { "WAIT_END", "wait_end" },
};

static struct acl *new_acl(struct build *b, struct span name, struct where at)
{
    struct acl *acl = ARENA_NEW(b->arena, struct acl);
    acl->name = name;
    acl->at = at;
    *ARENA_PUSH(b->arena, &b->at->all_acls) = acl;
    return acl;
}

/* Lines from defaults and a section's own do not see each other's ACLs. */
static struct map *names(struct build *b)
{
    return b->line && b->line->inherited ? &b->at->inherited_acls : &b->at->acls;
}

/* Made when it is first asked for, of words that stand where the name stands. */
static struct acl *make_predefined(struct build *b, const struct word *w, struct span name)
{
    for (size_t i = 0; i < COUNT_OF(predefined); i++) {
        if (!span_eq(name, span_from(predefined[i].name)))
            continue;
        struct statement s = { .at = w->at };
        for (struct span rest = span_from(predefined[i].text); rest.ptr;) {
            struct word piece = *w;
            piece.text = piece.raw = span_cut(&rest, ' ');
            piece.quote = '\0';
            *ARENA_PUSH(b->arena, &s.words) = piece;
        }
        struct acl *acl = new_acl(b, span_from(predefined[i].name), w->at);
        if (!haproxy_criterion(b, &s, 0, s.words.count, acl))
            return NULL;
        (void)map_put(b->arena, names(b), acl->name, acl);
        return acl;
    }
    return NULL;
}

static const char *const *known_names(struct build *b)
{
    LIST_OF(const char *) list = { 0 };
    for (uint32_t i = 0; i < b->at->all_acls.count; i++)
        if (b->at->all_acls.items[i]->name.len)
            *ARENA_PUSH(b->arena, &list) = arena_span(b->arena, b->at->all_acls.items[i]->name).ptr;
    for (size_t i = 0; i < COUNT_OF(predefined); i++)
        *ARENA_PUSH(b->arena, &list) = predefined[i].name;
    *ARENA_PUSH(b->arena, &list) = NULL;
    return list.items;
}

static void say_no_acl(struct build *b, const struct word *w, struct span name)
{
    struct diag *d = diag_add(b->diags, &haproxy_no_acl, w->at, DIAG_TEXT(name));
    for (uint32_t i = 0; i < b->at->kept[KEPT_RULE].count; i++) {
        const struct line *l = &b->at->kept[KEPT_RULE].items[i];
        if (text_is(&l->s, 0, "acl") && l->s.words.count > 1 && span_eq(text_at(&l->s, 1), name)) {
            diag_also(b->diags, d, word_at(&l->s, 1)->at, "it is defined below: move that line up");
            return;
        }
    }
    const char *near = diag_nearest(name, known_names(b));
    if (near)
        diag_help(b->diags, d, "did you mean `%s`?", near);
}

static struct acl *find_acl(struct build *b, const struct word *w, struct span name)
{
    struct acl *acl = map_get(names(b), name);
    if (acl == NULL)
        acl = make_predefined(b, w, name);
    if (acl == NULL)
        say_no_acl(b, w, name);
    return acl;
}

void haproxy_define_acl(struct build *b, const struct statement *s)
{
    const struct word *w = word_at(s, 1);
    if (!haproxy_name(b, w))
        return;
    if (span_eq(w->text, SPAN("or")) || span_eq(w->text, SPAN("if")) || span_eq(w->text, SPAN("unless"))) {
        diag_add(b->diags, &haproxy_acl_name, w->at, DIAG_TEXT(w->text));
        return;
    }
    struct acl *acl = map_get(names(b), w->text);
    if (acl == NULL) {
        acl = new_acl(b, arena_span(b->arena, w->text), w->at);
        (void)map_put(b->arena, names(b), acl->name, acl);
    }
    (void)haproxy_criterion(b, s, 2, s->words.count, acl);
}

/* ---- conditions ---- */

struct reader {
    struct build *b;
    const struct statement *s;
    uint32_t at;
    bool failed;
};

/* "{ path_beg /x }" from the word behind the brace; leaves the cursor behind the closing one. */
static struct acl *take_anonymous(struct reader *r, const struct word *brace)
{
    uint32_t from = r->at;
    while (r->at < r->s->words.count && !(text_is(r->s, r->at, "}") && word_at(r->s, r->at)->quote == 0))
        r->at++;
    if (r->at == r->s->words.count) {
        diag_add(r->b->diags, &haproxy_open_brace, brace->at, DIAG_NO_TEXT);
        return NULL;
    }
    uint32_t to = r->at++;
    if (from == to) {
        diag_add(r->b->diags, &haproxy_empty_condition, brace->at, DIAG_TEXT(SPAN("{ }")));
        return NULL;
    }
    struct acl *acl = new_acl(r->b, SPAN(""), brace->at);
    return haproxy_criterion(r->b, r->s, from, to, acl) ? acl : NULL;
}

/* "!name", "! name", "{ ... }", "!{ ... }" */
static bool take_term(struct reader *r, struct group *g)
{
    const struct word *w = word_at(r->s, r->at);
    struct span text = w->text;
    bool negate = false;
    for (;;) {
        while (span_starts_with(text, SPAN("!"))) {
            negate = !negate;
            text = span_from_index(text, 1);
        }
        if (text.len || ++r->at == r->s->words.count)
            break;
        w = word_at(r->s, r->at);
        text = w->text;
    }
    if (text.len == 0) {
        diag_add(r->b->diags, &haproxy_empty_condition, w->at, DIAG_TEXT(SPAN("!")));
        return false;
    }
    r->at++;
    const struct acl *acl = span_eq(text, SPAN("{")) ? take_anonymous(r, w) : find_acl(r->b, w, text);
    if (acl == NULL)
        return false;
    *ARENA_PUSH(r->b->arena, &g->terms) = (struct term){ .acl = acl, .negate = negate };
    return true;
}

static bool is_or(const struct statement *s, uint32_t i)
{
    return text_is(s, i, "||") || text_is(s, i, "or");
}

static struct span source_of(const struct statement *s, uint32_t from)
{
    struct span first = word_at(s, from)->raw, last = word_at(s, s->words.count - 1)->raw;
    return span_of(first.ptr, (size_t)(span_end(last) - first.ptr));
}

static struct cond *keep(struct build *b, struct cond *c)
{
    *ARENA_PUSH(b->arena, &b->at->all_conds) = c;
    return c;
}

struct cond *haproxy_condition(struct build *b, const struct statement *s, uint32_t from)
{
    struct reader r = { .b = b, .s = s, .at = from + 1 };
    struct cond *c = ARENA_NEW(b->arena, struct cond);
    c->negate = text_is(s, from, "unless");
    c->at = word_at(s, from)->at;
    c->source = source_of(s, from);
    if (r.at == s->words.count) {
        diag_add(b->diags, &haproxy_empty_condition, c->at, DIAG_TEXT(text_at(s, from)));
        return NULL;
    }
    struct group *g = ARENA_PUSH(b->arena, &c->groups);
    *g = (struct group){ 0 };
    bool good = true;
    while (r.at < s->words.count) {
        if (is_or(s, r.at) && g->terms.count) {
            r.at++;
            g = ARENA_PUSH(b->arena, &c->groups);
            *g = (struct group){ 0 };
            continue;
        }
        good = take_term(&r, g) && good;
    }
    if (good && g->terms.count == 0) {
        diag_add(b->diags, &haproxy_empty_condition, word_at(s, s->words.count - 1)->at,
                 DIAG_TEXT(text_at(s, s->words.count - 1)));
        good = false;
    }
    return good ? keep(b, c) : NULL;
}

const struct cond *haproxy_condition_of(struct build *b, const struct test *t)
{
    return cond_of_test(b->arena, t);
}

void haproxy_finish_acls(struct build *b, struct draft *d)
{
    for (uint32_t i = 0; i < d->all_acls.count; i++)
        acl_finish(b->arena, d->all_acls.items[i]);
    for (uint32_t i = 0; i < d->all_conds.count; i++)
        cond_finish(d->all_conds.items[i]);
}
