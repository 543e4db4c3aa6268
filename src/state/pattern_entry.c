/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a list that was changed. */
#include "state/pattern_internal.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 16 };

struct span pattern_copy_to(char **at, struct span s)
{
    struct span copy = span_of(*at, s.len);

    if (s.ptr == NULL)
        return s;
    memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return copy;
}

struct span pattern_copy_of(struct span s)
{
    char *bytes = malloc(s.len + 1);

    if (bytes == NULL)
        oom_die(s.len);
    if (s.len)
        memcpy(bytes, s.ptr, s.len);
    return span_of(bytes, s.len);
}

static struct pattern_entry **bucket_of(const struct pattern_state *p, uint64_t hash)
{
    return &p->buckets[hash & (p->room - 1)];
}

static void grow(struct pattern_state *p)
{
    uint32_t room = p->room ? p->room * 2 : FIRST_BUCKETS;
    struct pattern_entry **buckets = calloc(room, sizeof(*buckets));

    if (buckets == NULL)
        oom_die(room * sizeof(*buckets));
    free(p->buckets);
    p->buckets = buckets;
    p->room = room;
    LIST_EACH (&p->entries, e, struct pattern_entry, link) {
        e->next = *bucket_of(p, e->hash);
        *bucket_of(p, e->hash) = e;
    }
}

struct pattern_entry *pattern_entry_append(struct pattern_state *p, uint32_t version,
                                           const struct pattern_text *t)
{
    struct pattern_entry *e = malloc(sizeof(*e) + t->key.len + t->as.len);

    if (e == NULL)
        oom_die(t->key.len);
    char *at = (char *)(e + 1);
    *e = (struct pattern_entry){ .version = version, .number = ++p->numbers, .hash = hash_span(t->key) };
    e->key = pattern_copy_to(&at, t->key);
    e->as = pattern_copy_to(&at, t->as);
    e->value = pattern_copy_of(t->value);
    list_push_back(&p->entries, &e->link);
    p->count++;
    p->current_count += version == p->current;
    if (p->count > p->room) {
        grow(p);
    } else {
        e->next = *bucket_of(p, e->hash);
        *bucket_of(p, e->hash) = e;
    }
    return e;
}

void pattern_entry_free(struct pattern_state *p, struct pattern_entry *e)
{
    struct pattern_entry **at = bucket_of(p, e->hash);

    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    link_remove(&e->link);
    p->count--;
    p->current_count -= e->version == p->current;
    free((char *)(uintptr_t)e->value.ptr);
    free(e);
}

void pattern_entry_set_value(struct pattern_entry *e, struct span value)
{
    free((char *)(uintptr_t)e->value.ptr);
    e->value = pattern_copy_of(value);
}

void pattern_entry_forget_all(struct pattern_state *p)
{
    LIST_EACH (&p->entries, e, struct pattern_entry, link)
        pattern_entry_free(p, e);
}

struct pattern_entry *pattern_entry_find_from(struct pattern_state *p, struct pattern_entry *e,
                                              struct span key)
{
    while (e && (e->version != p->current || !span_eq(e->key, key)))
        e = e->next;
    return e;
}

struct pattern_entry *pattern_entry_find(struct pattern_state *p, struct span key)
{
    return p->room ? pattern_entry_find_from(p, *bucket_of(p, hash_span(key)), key) : NULL;
}

struct pattern_entry *pattern_entry_find_number(struct pattern_state *p, uint64_t number)
{
    LIST_EACH (&p->entries, e, struct pattern_entry, link)
        if (e->number == number && e->version == p->current)
            return e;
    return NULL;
}

struct pattern_text pattern_entry_text(const struct pattern_entry *e)
{
    return (struct pattern_text){ .key = e->key, .value = e->value, .as = e->as };
}

const struct pattern_list *pattern_state_model(const struct pattern_state *p)
{
    return LIST_ITEM(list_last(&p->bindings), struct pattern_binding, link)->model;
}

void pattern_state_begin_editing(struct pattern_state *p)
{
    if (p->edited)
        return;
    p->edited = true;
    const struct pattern_list *model = pattern_state_model(p);
    for (uint32_t i = 0; i < model->texts.count; i++)
        (void)pattern_entry_append(p, p->current, &model->texts.items[i]);
}
