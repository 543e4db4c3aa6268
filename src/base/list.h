/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A doubly linked list through a member of the element (struct link). Removing
 * twice is harmless: a removed link points to itself. The list owns nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

struct link {
    struct link *prev, *next;
};
struct list {
    struct link head;
};

static inline void link_init(struct link *l)
{
    l->prev = l->next = l;
}
static inline void list_init(struct list *l)
{
    link_init(&l->head);
}
static inline bool list_is_empty(const struct list *l)
{
    return l->head.next == &l->head;
}
static inline bool link_is_linked(const struct link *l)
{
    return l->next != l;
}
static inline void link_insert_after(struct link *at, struct link *l)
{
    l->prev = at;
    l->next = at->next;
    at->next->prev = l;
    at->next = l;
}
static inline void list_push_front(struct list *list, struct link *l)
{
    link_insert_after(&list->head, l);
}
static inline void list_push_back(struct list *list, struct link *l)
{
    link_insert_after(list->head.prev, l);
}
static inline void link_remove(struct link *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    link_init(l);
}
/* First and last link, or NULL. */
static inline struct link *list_first(const struct list *l)
{
    return list_is_empty(l) ? NULL : l->head.next;
}
static inline struct link *list_last(const struct list *l)
{
    return list_is_empty(l) ? NULL : l->head.prev;
}
static inline struct link *list_take_first(struct list *l)
{
    struct link *first = list_first(l);
    if (first)
        link_remove(first);
    return first;
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type and names to declare
#define LIST_ITEM(link, type, member) CONTAINER_OF(link, type, member)
/*
 * The element <it> may be removed and freed in the body; break and continue
 * work. Two loops, because the link and the element are of two types:
 * <it>_left tells the outer one that the body was left by a break.
 */
#define LIST_EACH(list, it, type, member)                                                                    \
    for (struct link *it##_link = (list)->head.next, *it##_next = it##_link->next, *it##_left = NULL;        \
         it##_left == NULL && it##_link != &(list)->head;                                                    \
         it##_link = it##_next, it##_next = it##_left ? NULL : it##_next->next)                              \
        for (type *it = (it##_left = it##_link, LIST_ITEM(it##_link, type, member)); it;                     \
             it = NULL, it##_left = NULL)
// NOLINTEND(bugprone-macro-parentheses)
