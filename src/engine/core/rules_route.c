/* SPDX-License-Identifier: Apache-2.0 */
/* Actions that go elsewhere: scopes, virtual servers, locations, rewrites. */
#include "base/scratch.h"
#include "engine/core/rules_internal.h"
#include "model/route.h"
#include "state/snapshot.h"
#include "wire/message.h"

static enum outcome go(struct rules *r, const struct scope *scope)
{
    if (++r->entered > RULES_ENTER_MAX)
        return rules_end(r, RULES_FAILED);
    rules_enter(r, scope);
    if (scope->pool)
        r->facts->pool = scope->pool;
    r->list = &scope->on[r->hook];
    r->next = 0;
    return JUMPED;
}

static const struct scope *scope_by_name(const struct rules *r, struct span name)
{
    const struct config *c = r->facts->snapshot->config;

    for (uint32_t i = 0; i < c->scopes.count; i++) {
        const struct scope *s = c->scopes.items[i];
        if (s->pool && s->language == r->scope->language && span_eq(s->name, name))
            return s;
    }
    return NULL;
}

enum outcome act_enter(struct rules *r, const struct action *a)
{
    const struct scope *to = a->scope;

    if (a->expr)
        to = scope_by_name(r, eval_text(r->facts, a->expr));
    return to ? go(r, to) : NEXT;
}

enum outcome act_adopt(struct rules *r, const struct action *a)
{
    rules_enter(r, a->scope);
    return NEXT;
}

enum outcome act_route_host(struct rules *r, const struct action *a)
{
    struct facts *f = r->facts;
    const struct scope *to = host_table_find(a->hosts, f->host, &f->match, &f->matched);

    r->front = f->front = to;
    return go(r, to);
}

/* The current path: normalized where the language asks for it. */
static struct span current_path(const struct rules *r)
{
    return r->facts->uri.ptr ? r->facts->uri : r->request->path;
}

static enum outcome redirect_to_folder(struct rules *r)
{
    struct span path = scratch_join(r->facts->scratch, current_path(r), SPAN("/"));

    if (path.ptr && r->request->query.ptr) {
        path = scratch_join(r->facts->scratch, path, SPAN("?"));
        path = path.ptr ? scratch_join(r->facts->scratch, path, r->request->query) : path;
    }
    return path.ptr ? rules_answer(r, 301, path) : rules_end(r, RULES_FAILED);
}

enum outcome act_route_location(struct rules *r, const struct action *a)
{
    struct location_choice c = location_tree_route(a->locations, current_path(r), &r->facts->match);

    if (c.redirect)
        return redirect_to_folder(r);
    if (!c.scope)
        return NEXT;
    if (c.scope->internal && r->agains == 0) {
        rules_enter(r, c.scope); /* its error pages count */
        return rules_answer(r, 404, span_of(NULL, 0));
    }
    if (c.regex)
        r->facts->matched = c.regex->regex;
    return go(r, c.scope);
}

const struct scope *rules_named(const struct rules *r, struct span name)
{
    const struct action_list *l = &r->front->on[HOOK_REQUEST];

    for (uint32_t i = 0; i < l->count; i++)
        if (l->items[i].kind == ACTION_ROUTE_LOCATION)
            return map_get(&l->items[i].locations->named, name);
    return NULL;
}

void rules_set_uri(struct rules *r, struct span uri)
{
    struct span path = span_cut(&uri, '?');

    r->facts->uri = path;
    r->request->query = uri; /* ptr NULL when there was no '?' */
    r->uri_changed = true;
}

/* The new uri's query: its own, then, unless the rewrite drops it, what was there. */
static bool rewrite_query(struct rules *r, const struct rewrite *w, struct span before)
{
    struct message *m = r->request;

    if (w->drop_query || before.len == 0)
        return true;
    if (m->query.len == 0) {
        m->query = before;
        return true;
    }
    struct span joined = scratch_join(r->facts->scratch, m->query, SPAN("&"));
    if (joined.ptr)
        joined = scratch_join(r->facts->scratch, joined, before);
    m->query = joined;
    return joined.ptr != NULL;
}

static enum outcome rewrite_redirect(struct rules *r, const struct rewrite *w, struct span to)
{
    struct span query = r->request->query;

    if (!w->drop_query && query.len) {
        struct span mark = span_find_char(to, '?') == SPAN_NONE ? SPAN("?") : SPAN("&");
        to = scratch_join(r->facts->scratch, to, mark);
        if (to.ptr)
            to = scratch_join(r->facts->scratch, to, query);
    }
    if (!to.ptr)
        return rules_end(r, RULES_FAILED);
    return rules_answer(r, w->then == REWRITE_PERMANENT ? 301 : 302, to);
}

enum outcome act_rewrite(struct rules *r, const struct action *a)
{
    const struct rewrite *w = a->rewrite;
    struct span before = r->request->query;

    if (w->regex && !eval_regex(r->facts, w->regex, current_path(r)))
        return NEXT;
    if (!w->to) /* only where to go on: the path stays */
        return rules_again(r, w->skip) ? JUMPED : rules_end(r, RULES_FAILED);
    struct span to = scratch_span(r->facts->scratch, eval_text(r->facts, w->to));
    if (!to.ptr)
        return rules_end(r, RULES_FAILED);
    if (w->then == REWRITE_REDIRECT || w->then == REWRITE_PERMANENT)
        return rewrite_redirect(r, w, to);
    rules_set_uri(r, to);
    if (!rewrite_query(r, w, before))
        return rules_end(r, RULES_FAILED);
    r->path_is_whole |= w->whole;
    if (w->then == REWRITE_BREAK)
        r->next += w->skip;
    if (w->then != REWRITE_LAST)
        return NEXT;
    return rules_again(r, w->skip) ? JUMPED : rules_end(r, RULES_FAILED);
}
