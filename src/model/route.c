/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up virtual servers by host. Paths are in route_location.c. */
#include "model/route.h"

#include "base/macros.h"
#include "model/config.h"

void host_table_init(struct host_table *t, struct scope *fallback)
{
    *t = (struct host_table){ .fallback = fallback };
    map_init(&t->exact, true);
    map_init(&t->suffixes, true);
    map_init(&t->exact_or_suffix, true);
    map_init(&t->prefixes, true);
}

/* Which map a name belongs in, and under which key; NULL when it is no name. */
static struct map *map_of_name(struct host_table *t, struct span *name)
{
    struct map *m = &t->exact;
    if (span_starts_with(*name, SPAN("*."))) {
        *name = span_from_index(*name, 2);
        m = &t->suffixes;
    } else if (span_starts_with(*name, SPAN("."))) {
        *name = span_from_index(*name, 1);
        m = &t->exact_or_suffix;
    } else if (span_ends_with(*name, SPAN(".*"))) {
        name->len -= 2;
        m = &t->prefixes;
    }
    if (m != &t->exact && name->len == 0)
        return NULL;
    if (span_find_char(*name, '*') != SPAN_NONE || span_find(*name, SPAN("..")) != SPAN_NONE)
        return NULL;
    return m;
}

enum host_name_kind host_table_add(struct arena *a, struct host_table *t, struct span name,
                                   struct scope *scope)
{
    struct map *m = map_of_name(t, &name);
    if (m == NULL)
        return HOST_NAME_BAD;
    const struct scope *before = map_get(m, name);
    if (before)
        return before == scope ? HOST_NAME_ADDED : HOST_NAME_TAKEN;
    (void)map_put(a, m, name, scope);
    t->several |= t->first != NULL && t->first != scope;
    t->first = scope;
    return HOST_NAME_ADDED;
}

static struct scope *find_wildcard(const struct host_table *t, struct span host)
{
    if (t->suffixes.count == 0 && t->exact_or_suffix.count == 0)
        return NULL;
    struct scope *found = map_get(&t->exact_or_suffix, host);
    struct span rest = host;
    for (size_t dot; found == NULL && (dot = span_find_char(rest, '.')) != SPAN_NONE;) {
        rest = span_from_index(rest, dot + 1);
        found = map_get(&t->suffixes, rest);
        if (found == NULL)
            found = map_get(&t->exact_or_suffix, rest);
    }
    return found;
}

static struct scope *find_prefix(const struct host_table *t, struct span host)
{
    if (t->prefixes.count == 0)
        return NULL;
    while (host.len) {
        host.len--;
        struct scope *found = host.ptr[host.len] == '.' ? map_get(&t->prefixes, host) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

static __attribute__((noinline)) struct scope *find_among_several(const struct host_table *t,
                                                                  struct span host, struct regex_match *match,
                                                                  const struct regex **by)
{
    struct scope *found = map_get(&t->exact, host);
    if (found == NULL && host.len)
        found = find_wildcard(t, host);
    if (found == NULL && host.len)
        found = find_prefix(t, host);
    for (uint32_t i = 0; found == NULL && host.len && i < t->regexes.count; i++) {
        const struct host_regex *r = &t->regexes.items[i];
        if (!regex_matches(r->regex, host, match))
            continue;
        found = r->scope;
        if (by)
            *by = r->regex;
    }
    return found ? found : t->fallback;
}

struct scope *host_table_find(const struct host_table *t, struct span host, struct regex_match *match,
                              const struct regex **by)
{
    if (!t->several && t->regexes.count == 0 && (t->first == NULL || t->first == t->fallback))
        return t->fallback; /* there is no other */
    return find_among_several(t, host, match, by);
}
