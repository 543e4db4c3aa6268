/* SPDX-License-Identifier: Apache-2.0 */
#include "io/tls_internal.h"

#include "base/arena.h"
#include "base/map.h"

struct tls_names {
    struct arena *arena;
    struct map exact, wild; /* <wild> by what follows the star, with its dot */
    struct tls_context *fallback;
    bool strict;
};

struct tls_names *tls_names_new(struct tls_context *fallback, bool strict)
{
    struct arena *a = arena_new(0);
    struct tls_names *n = ARENA_NEW(a, struct tls_names);

    n->arena = a;
    n->fallback = fallback ? tls_context_get(fallback) : NULL;
    n->strict = strict;
    map_init(&n->exact, true);
    map_init(&n->wild, true);
    return n;
}

static void names_put_all(struct map *m)
{
    for (uint32_t i = 0; i < m->room; i++) {
        struct tls_context *c = map_at(m, i)->value;
        tls_context_put(&c);
    }
}

void tls_names_free(struct tls_names **n)
{
    struct tls_names *names = *n;

    if (!names)
        return;
    *n = NULL;
    names_put_all(&names->exact);
    names_put_all(&names->wild);
    tls_context_put(&names->fallback);
    struct arena *a = names->arena; /* holds <names> itself */
    arena_free(&a);
}

bool tls_names_add(struct tls_names *n, struct span name, struct tls_context *c)
{
    bool wild = span_starts_with(name, SPAN("*."));
    struct map *m = wild ? &n->wild : &n->exact;

    if (wild)
        name = span_from_index(name, 1);
    if (map_get(m, name))
        return false;
    (void)map_put(n->arena, m, arena_span(n->arena, name), tls_context_get(c));
    return true;
}

struct tls_context *tls_names_pick(void *names, struct span name)
{
    const struct tls_names *n = names;
    struct tls_context *c = name.len ? map_get(&n->exact, name) : NULL;
    size_t dot = span_find_char(name, '.');

    if (!c && dot != SPAN_NONE && dot > 0)
        c = map_get(&n->wild, span_from_index(name, dot));
    if (c || (n->strict && name.len))
        return c;
    return n->fallback;
}
