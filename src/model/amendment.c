/* SPDX-License-Identifier: Apache-2.0 */
#include "model/amendment.h"

#include "base/arena.h"

struct amendments {
    struct arena *arena;
    LIST_OF(struct amendment) items;
};

static struct amendments *begin(void)
{
    struct arena *a = arena_new(1024);
    struct amendments *l = ARENA_NEW(a, struct amendments);

    l->arena = a;
    return l;
}

void amendments_free(struct amendments **l)
{
    struct arena *a = *l ? (*l)->arena : NULL;

    *l = NULL;
    arena_free(&a);
}

uint32_t amendments_count(const struct amendments *l)
{
    return l ? l->items.count : 0;
}

const struct amendment *amendments_at(const struct amendments *l, uint32_t i)
{
    return &l->items.items[i];
}

static void push(struct amendments *l, const struct amendment *a)
{
    struct amendment *to = ARENA_PUSH(l->arena, &l->items);

    *to = *a;
    to->pool = arena_span(l->arena, a->pool);
    to->server = arena_span(l->arena, a->server);
    to->words = arena_span(l->arena, a->words);
}

static struct span first_word(struct span words)
{
    return span_cut(&words, AMENDMENT_BLANK);
}

/* What is said of a server that goes, and a word that is said again. */
static bool makes_void(const struct amendment *a, const struct amendment *old)
{
    if (!span_eq(a->pool, old->pool) || !span_eq(a->server, old->server))
        return false;
    if (a->kind == AMEND_DELETE)
        return old->kind != AMEND_DELETE;
    return a->kind == AMEND_SET && old->kind == AMEND_SET &&
           span_eq(first_word(a->words), first_word(old->words));
}

/* A server that only an amendment made leaves nothing behind. */
static bool was_added(const struct amendments *l, const struct amendment *a)
{
    for (uint32_t i = 0; i < amendments_count(l); i++)
        if (l->items.items[i].kind == AMEND_ADD && makes_void(a, &l->items.items[i]))
            return true;
    return false;
}

struct amendments *amendments_with(const struct amendments *l, const struct amendment *a)
{
    struct amendments *fresh = begin();

    for (uint32_t i = 0; i < amendments_count(l); i++)
        if (!makes_void(a, &l->items.items[i]))
            push(fresh, &l->items.items[i]);
    if (a->kind != AMEND_DELETE || !was_added(l, a))
        push(fresh, a);
    return fresh;
}

struct amendments *amendments_of_generation(const struct amendments *l, uint64_t generation)
{
    struct amendments *fresh = begin();

    for (uint32_t i = 0; i < amendments_count(l); i++)
        if (l->items.items[i].kind == AMEND_SET || l->items.items[i].generation == generation)
            push(fresh, &l->items.items[i]);
    return fresh;
}

void amendments_set_id(struct amendments *l, uint32_t id)
{
    for (uint32_t i = l->items.count; i > 0; i--)
        if (l->items.items[i - 1].kind == AMEND_ADD) {
            l->items.items[i - 1].id = id;
            return;
        }
}

uint64_t amendment_print(uint64_t h, struct span word)
{
    h = h ? h : 0xcbf29ce484222325u;
    for (size_t i = 0; i < word.len; i++)
        h = (h ^ (unsigned char)word.ptr[i]) * 0x100000001b3u;
    return (h ^ 0xff) * 0x100000001b3u;
}
