/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What threads ask of a list that was changed: sets made of its lines. A big one, and beside it a small one
 * of what has come since, so that a change does not cost as much as the list is long.
 */
#include "state/pattern_internal.h"

#include <stdlib.h>

#include "state/retire.h"

enum { DELTA_LEAST = 16 }; /* a base of few is made anew after so many */

/* What a snapshot knows of one user. */
struct live {
    struct pattern_live shown;
    struct pattern_set *base, *delta;
    struct list added; /* struct pending: what the delta was made of */
    uint32_t added_count;
};
struct pending {
    struct link link;
    struct pattern_text text; /* the value is a piece of its own */
    char bytes[];
};

static void release_set(void *what)
{
    struct pattern_set *s = what;
    pattern_set_free(&s);
}

static void release_live(void *what)
{
    free(what);
}

static void pending_free(struct live *l, struct pending *a)
{
    link_remove(&a->link);
    free((char *)(uintptr_t)a->text.value.ptr);
    free(a);
    l->added_count--;
}

static void forget_added(struct live *l)
{
    LIST_EACH (&l->added, a, struct pending, link)
        pending_free(l, a);
}

static void remember_added(struct live *l, const struct pattern_text *t)
{
    struct pending *a = malloc(sizeof(*a) + t->key.len + t->as.len);

    if (a == NULL)
        oom_die(t->key.len);
    char *at = a->bytes;
    a->text.key = pattern_copy_to(&at, t->key);
    a->text.as = pattern_copy_to(&at, t->as);
    a->text.value = pattern_copy_of(t->value);
    list_push_back(&l->added, &a->link);
    l->added_count++;
}

/* What was accepted once is good: the file's reader, or pattern_is_good, has seen it. */
static void add_good(struct pattern_set *s, const struct pattern_text *t)
{
    struct buf why;
    char room[256];

    buf_init_fixed(&why, room, sizeof(room));
    (void)!pattern_set_add(s, t, &why);
}

static void add_list(struct pattern_set *s, struct pattern_state *p, const struct pattern_list *model)
{
    if (!p->edited) {
        for (uint32_t i = 0; i < model->texts.count; i++)
            add_good(s, &model->texts.items[i]);
        return;
    }
    LIST_EACH (&p->entries, e, struct pattern_entry, link) {
        struct pattern_text t = pattern_entry_text(e);
        if (e->version == p->current)
            add_good(s, &t);
    }
}

/* Threads see <l>'s sets from now on. */
static void show(struct snapshot *s, const struct pattern_user *u, struct live *l)
{
    struct live *fresh = malloc(sizeof(*fresh));

    if (fresh == NULL)
        oom_die(sizeof(*fresh));
    *fresh = (struct live){ .base = l->base, .delta = l->delta, .added_count = l->added_count };
    fresh->shown = (struct pattern_live){ .base = l->base, .delta = l->delta };
    list_init(&fresh->added);
    LIST_EACH (&l->added, a, struct pending, link) {
        link_remove(&a->link);
        list_push_back(&fresh->added, &a->link);
    }
    const struct pattern_live *before =
        atomic_exchange_explicit(&s->patterns[u->index], &fresh->shown, memory_order_seq_cst);
    if (before != NULL)
        retire_put(&s->world->retired,
                   CONTAINER_OF((struct pattern_live *)(uintptr_t)before, struct live, shown), release_live);
}

/* A working copy of what is shown; show() makes it the next. */
static struct live work_on(struct snapshot *s, const struct pattern_user *u, struct live **shown)
{
    const struct pattern_live *now = atomic_load_explicit(&s->patterns[u->index], memory_order_relaxed);
    struct live l = { .base = NULL };

    *shown = now ? CONTAINER_OF((struct pattern_live *)(uintptr_t)now, struct live, shown) : NULL;
    if (*shown) {
        l.base = (*shown)->base;
        l.delta = (*shown)->delta;
    }
    return l;
}

void pattern_live_make_whole(struct snapshot *s, const struct pattern_user *u)
{
    struct live *shown, fresh = { .base = pattern_set_new(u) };
    struct live before = work_on(s, u, &shown);

    list_init(&fresh.added);
    if (shown)
        forget_added(shown);
    for (uint32_t i = 0; i < u->lists.count; i++) {
        const struct pattern_list *model = u->lists.items[i];
        add_list(fresh.base, s->pattern_lists[model->index].state, model);
    }
    pattern_set_finish(fresh.base);
    show(s, u, &fresh);
    retire_put(&s->world->retired, before.base, release_set);
    retire_put(&s->world->retired, before.delta, release_set);
}

static uint32_t root_of(uint32_t n)
{
    uint32_t r = 0;

    while ((uint64_t)(r + 1) * (r + 1) <= n)
        r += 1 + r / 16;
    return r;
}

/*
 * New ones go to a small set beside the big one, so that adding one to a list of
 * a hundred thousand costs hundreds of steps and not a hundred thousand.
 */
static void make_more(struct snapshot *s, const struct pattern_user *u, const struct pattern_text *texts,
                      uint32_t count)
{
    struct live *shown, l = work_on(s, u, &shown);

    if (shown == NULL || shown->added_count + count > DELTA_LEAST + root_of(2 * pattern_set_count(l.base))) {
        pattern_live_make_whole(s, u);
        return;
    }
    struct pattern_set *old = l.delta;
    for (uint32_t i = 0; i < count; i++)
        remember_added(shown, &texts[i]);
    l.delta = pattern_set_new(u);
    LIST_EACH (&shown->added, a, struct pending, link)
        add_good(l.delta, &a->text);
    pattern_set_finish(l.delta);
    list_init(&l.added);
    LIST_EACH (&shown->added, a, struct pending, link) {
        link_remove(&a->link);
        list_push_back(&l.added, &a->link);
    }
    l.added_count = shown->added_count;
    show(s, u, &l);
    retire_put(&s->world->retired, old, release_set);
}

/* Is nothing but <p> in the way of finding <u>'s rows by their text? */
static bool is_alone(const struct snapshot *s, const struct pattern_user *u, const struct pattern_state *p)
{
    for (uint32_t i = 0; i < u->lists.count; i++) {
        const struct pattern_list *model = u->lists.items[i];
        const struct pattern_state *other = s->pattern_lists[model->index].state;
        if (other != p && (other->edited ? other->current_count : model->texts.count) > 0)
            return false;
    }
    return true;
}

static void forget_pending(struct live *l, struct span key)
{
    LIST_EACH (&l->added, a, struct pending, link)
        if (span_eq(a->text.key, key))
            pending_free(l, a);
}

/* All of that key are gone. */
static void make_less(struct snapshot *s, const struct pattern_user *u, const struct pattern_state *p,
                      struct span key)
{
    struct live *shown;
    (void)work_on(s, u, &shown);

    if (shown == NULL || !pattern_set_is_by_text(shown->base) || !is_alone(s, u, p)) {
        pattern_live_make_whole(s, u);
        return;
    }
    (void)pattern_set_kill(shown->base, key);
    if (shown->delta)
        (void)pattern_set_kill(shown->delta, key);
    forget_pending(shown, key);
}

static void retire_value(void *to, void *memory)
{
    retire_put(to, memory, free);
}

static void make_other(struct snapshot *s, const struct pattern_user *u, struct span key, struct span value)
{
    struct live *shown;
    (void)work_on(s, u, &shown);

    if (shown == NULL || u->lists.count > 1) {
        pattern_live_make_whole(s, u);
        return;
    }
    if (!u->of_map || u->gives_key)
        return;
    bool good = pattern_set_change(shown->base, key, value, retire_value, &s->world->retired);
    if (good && shown->delta)
        good = pattern_set_change(shown->delta, key, value, retire_value, &s->world->retired);
    LIST_EACH (&shown->added, a, struct pending, link) {
        if (!span_eq(a->text.key, key))
            continue;
        free((char *)(uintptr_t)a->text.value.ptr);
        a->text.value = pattern_copy_of(value);
    }
    if (!good)
        pattern_live_make_whole(s, u);
}
void pattern_live_free(const struct pattern_live *shown)
{
    if (shown == NULL)
        return;
    struct live *l = CONTAINER_OF((struct pattern_live *)(uintptr_t)shown, struct live, shown);
    forget_added(l);
    pattern_set_free(&l->base);
    pattern_set_free(&l->delta);
    free(l);
}

void pattern_live_make_all(struct pattern_state *p)
{
    EACH_USER(p, b, i)
    pattern_live_make_whole(b->snapshot, b->model->users.items[i]);
}

void pattern_live_add(struct pattern_state *p, const struct pattern_text *texts, uint32_t count)
{
    EACH_USER(p, b, i)
    make_more(b->snapshot, b->model->users.items[i], texts, count);
}

void pattern_live_remove(struct pattern_state *p, struct span key)
{
    EACH_USER(p, b, i)
    make_less(b->snapshot, b->model->users.items[i], p, key);
}

void pattern_live_change(struct pattern_state *p, struct span key, struct span value)
{
    EACH_USER(p, b, i)
    make_other(b->snapshot, b->model->users.items[i], key, value);
}
