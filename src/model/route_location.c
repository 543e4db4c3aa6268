/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking up locations by path: a radix tree. A node stands for the bytes from
 * its parent's end to its own; walking down costs the length of the path and a
 * step of binary search a node, whatever the number of locations.
 */
#include "model/route.h"

#include "base/macros.h"

struct location_node {
    struct span label;                        /* the bytes of the path that lead here from the parent */
    const struct location_prefix *prefix;     /* that ends here; NULL: only a fork */
    LIST_OF(struct location_node *) children; /* by first byte */
};

static unsigned char first_byte(const struct location_tree *t, struct span s)
{
    unsigned char c = (unsigned char)s.ptr[0];
    return t->nocase && c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

static size_t common_length(const struct location_tree *t, struct span a, struct span b)
{
    size_t at = 0;
    while (at < a.len && at < b.len &&
           first_byte(t, span_from_index(a, at)) == first_byte(t, span_from_index(b, at)))
        at++;
    return at;
}

/* Where the child that begins with <c> is, or belongs. */
static uint32_t child_index(const struct location_tree *t, const struct location_node *n, unsigned char c)
{
    uint32_t low = 0, high = n->children.count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (first_byte(t, n->children.items[middle]->label) < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct location_node *child_for(const struct location_tree *t, const struct location_node *n,
                                       struct span rest)
{
    if (rest.len == 0 || n->children.count == 0)
        return NULL;
    uint32_t at = child_index(t, n, first_byte(t, rest));
    if (at == n->children.count || first_byte(t, n->children.items[at]->label) != first_byte(t, rest))
        return NULL;
    return n->children.items[at];
}

static struct location_node *add_child(struct arena *a, const struct location_tree *t,
                                       struct location_node *parent, struct span label)
{
    struct location_node *fresh = ARENA_NEW(a, struct location_node);
    fresh->label = label;
    uint32_t at = child_index(t, parent, first_byte(t, label));
    (void)ARENA_PUSH(a, &parent->children);
    for (uint32_t i = parent->children.count - 1; i > at; i--)
        parent->children.items[i] = parent->children.items[i - 1];
    parent->children.items[at] = fresh;
    return fresh;
}

/* Puts a fork into <n>'s label after <keep> bytes: what <n> was becomes its only child. */
static void split(struct arena *a, struct location_node *n, size_t keep)
{
    struct location_node *lower = ARENA_NEW(a, struct location_node);
    *lower = *n;
    lower->label = span_from_index(n->label, keep);
    *n = (struct location_node){ .label = span_first(n->label, keep) };
    *ARENA_PUSH(a, &n->children) = lower;
}

static void add_prefix(struct arena *a, struct location_tree *t, const struct location_prefix *p)
{
    struct location_node *n = t->root;
    struct span rest = p->prefix;
    while (rest.len) {
        struct location_node *child = child_for(t, n, rest);
        if (child == NULL) {
            n = add_child(a, t, n, rest);
            break;
        }
        size_t same = common_length(t, child->label, rest);
        if (same < child->label.len)
            split(a, child, same);
        n = child;
        rest = span_from_index(rest, same);
    }
    if (n->prefix == NULL)
        n->prefix = p;
}

/* "/a" goes to the entry of "/a/" if that one redirects and nothing else is called "/a". */
static void add_redirects(struct arena *a, struct location_tree *t)
{
    for (uint32_t i = 0; i < t->prefixes.count; i++) {
        struct location_prefix *p = &t->prefixes.items[i];
        if (!p->auto_redirect || p->prefix.len < 2 || !span_ends_with(p->prefix, SPAN("/")))
            continue;
        struct span bare = span_first(p->prefix, p->prefix.len - 1);
        const struct location_prefix *other = location_tree_find(t, bare);
        if (other == NULL || other->prefix.len < bare.len)
            (void)map_put(a, &t->exact, bare, p);
    }
}

void location_tree_finish(struct arena *a, struct location_tree *t)
{
    if (t->finished)
        return;
    t->finished = true;
    map_init(&t->exact, t->nocase);
    t->root = ARENA_NEW(a, struct location_node);
    for (uint32_t i = 0; i < t->prefixes.count; i++) {
        struct location_prefix *p = &t->prefixes.items[i];
        if (p->nested)
            location_tree_finish(a, p->nested);
        if (!p->exact)
            add_prefix(a, t, p);
        else if (map_get(&t->exact, p->prefix) == NULL)
            (void)map_put(a, &t->exact, p->prefix, p);
    }
    for (uint32_t i = 0; i < t->regexes.count; i++)
        if (t->regexes.items[i].nested)
            location_tree_finish(a, t->regexes.items[i].nested);
    add_redirects(a, t);
    const struct location_prefix *p = t->prefixes.items;
    if (t->prefixes.count == 1 && t->regexes.count == 0 && !p->exact && !p->nested &&
        span_eq(p->prefix, SPAN("/")))
        t->only = p;
}

static const struct location_prefix *longest(const struct location_tree *t, struct span path)
{
    const struct location_node *n = t->root;
    const struct location_prefix *found = n->prefix;
    while ((n = child_for(t, n, path)) != NULL) {
        if (common_length(t, n->label, path) < n->label.len)
            break;
        path = span_from_index(path, n->label.len);
        if (n->prefix)
            found = n->prefix;
    }
    return found;
}

const struct location_prefix *location_tree_find(const struct location_tree *t, struct span path)
{
    BUG_ON(!t->finished);
    const struct location_prefix *found = t->exact.count ? map_get(&t->exact, path) : NULL;
    return found ? found : longest(t, path);
}

static bool is_final(const struct location_choice *c)
{
    return c->redirect || c->regex || (c->prefix && c->prefix->exact);
}

static struct location_choice route_regexes(const struct location_tree *t, struct span path,
                                            struct regex_match *match)
{
    for (uint32_t i = 0; i < t->regexes.count; i++) {
        const struct location_regex *r = &t->regexes.items[i];
        if (!regex_matches(r->regex, path, match))
            continue;
        struct location_choice inner = { .scope = NULL };
        if (r->nested)
            inner = location_tree_route(r->nested, path, match);
        if (inner.scope == NULL)
            inner.scope = r->scope;
        if (inner.regex == NULL)
            inner.regex = r;
        return inner;
    }
    return (struct location_choice){ .scope = NULL };
}

/*
 * As nginx was seen to do it: the longest prefix first, down into its nested
 * ones; what was found there exactly, by a regular expression or as a redirect
 * stays; else the regular expressions of each level are asked, from the inside
 * out, unless that level's own prefix says ^~. Nesting is as deep as the file's.
 */
struct location_choice location_tree_route(const struct location_tree *t, struct span path,
                                           struct regex_match *match)
{
    if (t->only && path.len && path.ptr[0] == '/')
        return (struct location_choice){ .scope = t->only->scope, .prefix = t->only };
    const struct location_prefix *p = location_tree_find(t, path);
    struct location_choice found = { .scope = NULL };
    if (p) {
        found = (struct location_choice){ .scope = p->scope, .prefix = p };
        found.redirect = p->auto_redirect && p->prefix.len == path.len + 1;
        if (is_final(&found))
            return found;
    }
    if (p && p->nested) {
        struct location_choice inner = location_tree_route(p->nested, path, match);
        if (inner.scope)
            found = inner;
        if (is_final(&found))
            return found;
    }
    if (p && p->no_regex)
        return found;
    if (t->regexes.count == 0)
        return found;
    struct location_choice by_regex = route_regexes(t, path, match);
    return by_regex.scope ? by_regex : found;
}
