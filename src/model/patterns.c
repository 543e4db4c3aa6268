/* SPDX-License-Identifier: Apache-2.0 */
#include "model/patterns.h"

#include <stdlib.h>

#include "base/macros.h"
#include "model/config.h"

static struct map *names_of(struct config *c)
{
    if (c->pattern_names == NULL) {
        c->pattern_names = ARENA_NEW(c->arena, struct map);
        map_init(c->pattern_names, false);
    }
    return c->pattern_names;
}

struct pattern_list *config_find_pattern_list(const struct config *c, struct span identity)
{
    return c->pattern_names ? map_get(c->pattern_names, identity) : NULL;
}

struct pattern_list *config_add_pattern_list(struct config *c, struct span file, struct span identity)
{
    struct pattern_list *l = ARENA_NEW(c->arena, struct pattern_list);
    struct pattern_list *first = config_find_pattern_list(c, identity);

    l->index = c->pattern_lists.count;
    l->id = -1;
    l->file = file;
    l->identity = first ? arena_printf(c->arena, "%.*s #%u", SPAN_ARGS(identity), ++first->twins + 1)
                        : arena_span(c->arena, identity);
    (void)map_put(c->arena, names_of(c), l->identity, l);
    *ARENA_PUSH(c->arena, &c->pattern_lists) = l;
    return l;
}

struct pattern_user *config_add_pattern_user(struct config *c)
{
    struct pattern_user *u = ARENA_NEW(c->arena, struct pattern_user);

    u->index = c->pattern_users.count;
    *ARENA_PUSH(c->arena, &c->pattern_users) = u;
    return u;
}

void pattern_user_add(struct config *c, struct pattern_user *u, struct pattern_list *l)
{
    for (uint32_t i = 0; i < u->lists.count; i++)
        if (u->lists.items[i] == l)
            return;
    *ARENA_PUSH(c->arena, &u->lists) = l;
    *ARENA_PUSH(c->arena, &l->users) = u;
    l->of_acls = l->of_acls || !u->of_map;
    l->of_maps = l->of_maps || u->of_map;
}

static int by_place(const void *a, const void *b)
{
    const struct pattern_list *x = *(struct pattern_list *const *)a, *y = *(struct pattern_list *const *)b;

    if (x->at.source != y->at.source)
        return x->at.source < y->at.source ? -1 : 1;
    if (x->at.offset != y->at.offset)
        return x->at.offset < y->at.offset ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void config_number_patterns(struct config *c)
{
    struct map given;
    int64_t next = 0;
    uint32_t count = c->pattern_lists.count;
    struct pattern_list **lists = ARENA_ARRAY(c->arena, count + 1, struct pattern_list *);

    for (uint32_t i = 0; i < count; i++)
        lists[i] = c->pattern_lists.items[i];
    qsort(lists, count, sizeof(struct pattern_list *), by_place);

    map_init(&given, false);
    for (uint32_t i = 0; i < c->pattern_lists.count; i++)
        if (c->pattern_lists.items[i]->id >= 0)
            (void)map_put(c->arena, &given,
                          arena_printf(c->arena, "%lld", (long long)c->pattern_lists.items[i]->id),
                          c->pattern_lists.items[i]);
    for (uint32_t i = 0; i < count; i++) {
        struct pattern_list *l = lists[i];
        char room[24];
        struct buf text;

        if (l->id >= 0)
            continue;
        do {
            buf_init_fixed(&text, room, sizeof(room));
            buf_printf(&text, "%lld", (long long)next++);
        } while (map_get(&given, buf_span(&text)) != NULL);
        l->id = next - 1;
    }
}
