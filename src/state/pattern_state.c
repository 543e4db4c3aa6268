/* SPDX-License-Identifier: Apache-2.0 */
#include "state/pattern_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "state/journal.h"
#include "state/retire.h"
#include "state/snapshot.h"
#include "state/state_internal.h"

enum {
    FIRST_BUCKETS = 16,
    DELTA_LEAST = 16, /* a base of few is made anew after so many */
};

/* A line of the list. */
struct entry {
    struct link link;
    struct entry *next; /* of its bucket */
    uint64_t hash, number;
    uint32_t version;
    struct span key, as, value; /* the first two lie behind the entry */
};

/* A snapshot that has the list. */
struct pattern_binding {
    struct link link; /* of the state; unlinked when the list follows another file */
    struct snapshot *snapshot;
    const struct pattern_list *model;
    struct pattern_state *state;
};

struct pattern_state {
    struct named named;
    struct link in_world; /* of world->patterns */
    struct list bindings; /* the newest is the last */
    uint64_t print;       /* of what the file says */
    bool edited;          /* else the rest is empty, and the model's texts count */
    struct list entries;
    uint32_t count, current_count;
    struct entry **buckets;
    uint32_t room;
    uint64_t numbers;
    uint32_t current, next; /* versions */
};

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

/* ---- entries ---- */

static struct span copy_to(char **at, struct span s)
{
    struct span copy = span_of(*at, s.len);

    if (s.ptr == NULL)
        return s;
    memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return copy;
}

static struct span copy_of(struct span s)
{
    char *bytes = malloc(s.len + 1);

    if (bytes == NULL)
        oom_die(s.len);
    if (s.len)
        memcpy(bytes, s.ptr, s.len);
    return span_of(bytes, s.len);
}

static struct entry **bucket_of(const struct pattern_state *p, uint64_t hash)
{
    return &p->buckets[hash & (p->room - 1)];
}

static void grow(struct pattern_state *p)
{
    uint32_t room = p->room ? p->room * 2 : FIRST_BUCKETS;
    struct entry **buckets = calloc(room, sizeof(*buckets));

    if (buckets == NULL)
        oom_die(room * sizeof(*buckets));
    free(p->buckets);
    p->buckets = buckets;
    p->room = room;
    LIST_EACH (&p->entries, e, struct entry, link) {
        e->next = *bucket_of(p, e->hash);
        *bucket_of(p, e->hash) = e;
    }
}

static struct entry *append(struct pattern_state *p, uint32_t version, const struct pattern_text *t)
{
    struct entry *e = malloc(sizeof(*e) + t->key.len + t->as.len);

    if (e == NULL)
        oom_die(t->key.len);
    char *at = (char *)(e + 1);
    *e = (struct entry){ .version = version, .number = ++p->numbers, .hash = hash_span(t->key) };
    e->key = copy_to(&at, t->key);
    e->as = copy_to(&at, t->as);
    e->value = copy_of(t->value);
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

static void entry_free(struct pattern_state *p, struct entry *e)
{
    struct entry **at = bucket_of(p, e->hash);

    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    link_remove(&e->link);
    p->count--;
    p->current_count -= e->version == p->current;
    free((char *)(uintptr_t)e->value.ptr);
    free(e);
}

static void forget_all(struct pattern_state *p)
{
    LIST_EACH (&p->entries, e, struct entry, link)
        entry_free(p, e);
}

static struct entry *find_from(struct pattern_state *p, struct entry *e, struct span key)
{
    while (e && (e->version != p->current || !span_eq(e->key, key)))
        e = e->next;
    return e;
}

static struct entry *find(struct pattern_state *p, struct span key)
{
    return p->room ? find_from(p, *bucket_of(p, hash_span(key)), key) : NULL;
}

static struct entry *find_number(struct pattern_state *p, uint64_t number)
{
    LIST_EACH (&p->entries, e, struct entry, link)
        if (e->number == number && e->version == p->current)
            return e;
    return NULL;
}

static struct pattern_text text_of(const struct entry *e)
{
    return (struct pattern_text){ .key = e->key, .value = e->value, .as = e->as };
}

static const struct pattern_list *model_of(const struct pattern_state *p)
{
    return LIST_ITEM(list_last(&p->bindings), struct pattern_binding, link)->model;
}

/* From here on the list is ours. */
static void begin_editing(struct pattern_state *p)
{
    if (p->edited)
        return;
    p->edited = true;
    const struct pattern_list *model = model_of(p);
    for (uint32_t i = 0; i < model->texts.count; i++)
        (void)append(p, p->current, &model->texts.items[i]);
}

/* ---- live sets ---- */

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
    a->text.key = copy_to(&at, t->key);
    a->text.as = copy_to(&at, t->as);
    a->text.value = copy_of(t->value);
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
    LIST_EACH (&p->entries, e, struct entry, link) {
        struct pattern_text t = text_of(e);
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

static void make_whole(struct snapshot *s, const struct pattern_user *u)
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
        make_whole(s, u);
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
        make_whole(s, u);
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
        make_whole(s, u);
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
        a->text.value = copy_of(value);
    }
    if (!good)
        make_whole(s, u);
}

#define EACH_USER(p, binding, i)                                                                             \
    LIST_EACH (&(p)->bindings, binding, struct pattern_binding, link)                                        \
        for (uint32_t i = 0; i < (binding)->model->users.count; i++)

static void all_whole(struct pattern_state *p)
{
    EACH_USER(p, b, i)
    make_whole(b->snapshot, b->model->users.items[i]);
}

/* ---- the journal ---- */

enum { NOTE_ADD = 'A', NOTE_AS = 'a', NOTE_DELETE = 'D', NOTE_SET = 'S', NOTE_CLEAR = 'C' };

static uint64_t add_print(uint64_t h, struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
    return (h ^ 0xff) * 0x100000001b3u;
}

static uint64_t print_of(const struct pattern_list *l)
{
    uint64_t h = add_print(0xcbf29ce484222325u, l->identity);

    for (uint32_t i = 0; i < l->texts.count; i++)
        h = add_print(add_print(h, l->texts.items[i].key), l->texts.items[i].value);
    return h;
}

static bool write_entry(struct state_world *w, const struct pattern_state *p, const struct pattern_text *t)
{
    struct journal_record r = { .about = p->print, .what = NOTE_ADD, .a = t->key, .b = t->value };

    if (t->as.ptr != NULL &&
        !journal_add(w->journal, &(struct journal_record){ .about = p->print, .what = NOTE_AS, .a = t->as }))
        return false;
    return journal_add(w->journal, &r);
}

static bool write_whole(struct state_world *w, const struct pattern_state *p)
{
    if (!p->edited)
        return true;
    if (!journal_add(w->journal, &(struct journal_record){ .about = p->print, .what = NOTE_CLEAR }))
        return false;
    LIST_EACH (&p->entries, e, struct entry, link) {
        struct pattern_text t = text_of(e);
        if (e->version == p->current && !write_entry(w, p, &t))
            return false;
    }
    return true;
}

bool patterns_write(struct state_world *w)
{
    bool good = true;

    LIST_EACH (&w->patterns, p, struct pattern_state, in_world)
        good = write_whole(w, p) && good;
    return good;
}

/* What was just done, or all, when there is no more room for it. */
static void note(struct pattern_state *p, uint32_t what, struct span a, struct span b)
{
    struct state_world *w = p->named.world;
    struct journal_record r = { .about = p->print, .what = what, .a = a, .b = b };

    if (!w->journal_lost && (!journal_add(w->journal, &r) || journal_is_crowded(w->journal)))
        w->journal_full = true; /* all of it is written anew when the edit is over */
}

static void note_whole(struct pattern_state *p)
{
    struct state_world *w = p->named.world;

    if (!w->journal_lost && !write_whole(w, p))
        w->journal_full = true;
}

static void replay(struct pattern_state *p, const struct journal_record *r, struct span *as)
{
    struct pattern_text t = { .key = r->a, .value = r->b, .as = *as };

    *as = span_of(NULL, 0);
    begin_editing(p);
    if (r->what == NOTE_AS) {
        *as = r->a;
    } else if (r->what == NOTE_ADD) {
        (void)append(p, p->current, &t);
    } else if (r->what == NOTE_CLEAR) {
        forget_all(p);
    } else {
        struct entry *e = find(p, r->a);
        for (struct entry *next; e; e = next) {
            next = find_from(p, e->next, r->a);
            if (r->what == NOTE_DELETE) {
                entry_free(p, e);
                continue;
            }
            free((char *)(uintptr_t)e->value.ptr);
            e->value = copy_of(r->b);
        }
    }
}

static void replay_all(struct pattern_state *p)
{
    struct journal_record r;
    struct span as = { NULL, 0 };

    for (uint32_t at = 0; journal_next(p->named.world->journal, &at, &r);)
        if (r.about == p->print)
            replay(p, &r, &as);
}

/* ---- snapshots ---- */

struct pattern_state *pattern_state_find(struct state_world *w, const struct pattern_list *model)
{
    struct named *n = name_table_find(&w->pattern_lists, model->identity);

    if (n != NULL) {
        atomic_fetch_add_explicit(&n->references, 1, memory_order_relaxed);
        return CONTAINER_OF(n, struct pattern_state, named);
    }
    struct pattern_state *p = calloc(1, sizeof(*p));
    if (p == NULL)
        oom_die(sizeof(*p));
    p->named.identity = copy_of(model->identity);
    list_init(&p->bindings);
    list_init(&p->entries);
    list_push_back(&w->patterns, &p->in_world);
    name_table_add(&w->pattern_lists, w, &p->named);
    return p;
}

void pattern_state_put(struct pattern_state *p)
{
    if (!named_put(&p->named))
        return;
    struct state_world *w = p->named.world;
    name_table_remove(&w->pattern_lists, &p->named);
    world_unlock(w);
    (void)pthread_mutex_lock(&w->patterns_mutex);
    link_remove(&p->in_world);
    (void)pthread_mutex_unlock(&w->patterns_mutex);
    forget_all(p);
    free(p->buckets);
    free((char *)(uintptr_t)p->named.identity.ptr);
    free(p);
}

/* Its file says something else now: what was changed is void, and older snapshots keep what they have. */
static void begin_anew(struct pattern_state *p, uint64_t print)
{
    LIST_EACH (&p->bindings, b, struct pattern_binding, link)
        link_remove(&b->link);
    forget_all(p);
    p->edited = false;
    p->current = p->next = 0;
    p->print = print;
}

static void follow(struct pattern_binding *b, struct snapshot *s, const struct pattern_list *model)
{
    struct pattern_state *p = pattern_state_find(s->world, model);
    uint64_t print = print_of(model);
    bool is_new = p->print == 0;

    if (p->print != print)
        begin_anew(p, print);
    *b = (struct pattern_binding){ .snapshot = s, .model = model, .state = p };
    list_push_back(&p->bindings, &b->link);
    if (is_new)
        replay_all(p);
}

void patterns_bind(struct snapshot *s)
{
    const struct config *c = s->config;

    s->patterns = calloc(c->pattern_users.count + 1, sizeof(*s->patterns));
    s->pattern_lists = calloc(c->pattern_lists.count + 1, sizeof(*s->pattern_lists));
    if (s->patterns == NULL || s->pattern_lists == NULL)
        oom_die(c->pattern_lists.count * sizeof(*s->pattern_lists));
    (void)pthread_mutex_lock(&s->world->patterns_mutex);
    for (uint32_t i = 0; i < c->pattern_lists.count; i++)
        follow(&s->pattern_lists[i], s, c->pattern_lists.items[i]);
    for (uint32_t i = 0; i < c->pattern_lists.count; i++)
        for (uint32_t k = 0; s->pattern_lists[i].state->edited && k < c->pattern_lists.items[i]->users.count;
             k++)
            make_whole(s, c->pattern_lists.items[i]->users.items[k]);
    s->world->journal_read = true;
    world_write_journal(s->world); /* without what this file made void */
    (void)pthread_mutex_unlock(&s->world->patterns_mutex);
}

static void live_free(const struct pattern_live *shown)
{
    if (shown == NULL)
        return;
    struct live *l = CONTAINER_OF((struct pattern_live *)(uintptr_t)shown, struct live, shown);
    forget_added(l);
    pattern_set_free(&l->base);
    pattern_set_free(&l->delta);
    free(l);
}

/* Nobody asks this snapshot any more. */
void patterns_unbind(struct snapshot *s)
{
    const struct config *c = s->config;

    (void)pthread_mutex_lock(&s->world->patterns_mutex);
    for (uint32_t i = 0; i < c->pattern_lists.count; i++)
        link_remove(&s->pattern_lists[i].link);
    for (uint32_t i = 0; i < c->pattern_users.count; i++)
        live_free(atomic_load_explicit(&s->patterns[i], memory_order_relaxed));
    (void)pthread_mutex_unlock(&s->world->patterns_mutex);
    for (uint32_t i = 0; i < c->pattern_lists.count; i++)
        pattern_state_put(s->pattern_lists[i].state);
    free(s->pattern_lists);
    free(s->patterns);
}

struct pattern_state *snapshot_patterns_of(const struct snapshot *s, const struct pattern_list *model)
{
    return s->pattern_lists[model->index].state;
}

/* ---- editing ---- */

static struct pattern_state *open_list(struct pattern_state *p)
{
    (void)pthread_mutex_lock(&p->named.world->patterns_mutex);
    return p;
}

static void close_list(struct pattern_state *p)
{
    struct state_world *w = p->named.world;

    if (w->journal_full)
        world_write_journal(w);
    (void)pthread_mutex_unlock(&w->patterns_mutex);
}

/* A snapshot that has another file's list is edited through the newest one's. */
static bool is_followed(const struct pattern_state *p)
{
    return !list_is_empty(&p->bindings);
}

static bool all_good(struct pattern_state *p, const struct pattern_text *texts, uint32_t count,
                     struct buf *why)
{
    EACH_USER(p, b, i)
    for (uint32_t k = 0; k < count; k++)
        if (!pattern_is_good(b->model->users.items[i], &texts[k], why))
            return false;
    return true;
}

static void add_now(struct pattern_state *p, const struct pattern_text *texts, uint32_t count)
{
    begin_editing(p);
    for (uint32_t i = 0; i < count; i++) {
        (void)append(p, p->current, &texts[i]);
        note(p, NOTE_ADD, texts[i].key, texts[i].value);
    }
    EACH_USER(p, b, i)
    make_more(b->snapshot, b->model->users.items[i], texts, count);
}

static void set_now(struct pattern_state *p, struct span key, struct span value)
{
    for (struct entry *e = find(p, key); e; e = find_from(p, e->next, key)) {
        free((char *)(uintptr_t)e->value.ptr);
        e->value = copy_of(value);
    }
    note(p, NOTE_SET, key, value);
    EACH_USER(p, b, i)
    make_other(b->snapshot, b->model->users.items[i], key, value);
}

enum pattern_result pattern_add(struct pattern_state *p, uint32_t version, const struct pattern_text *texts,
                                uint32_t count, struct buf *why)
{
    enum pattern_result result = PATTERN_DONE;

    (void)open_list(p);
    if (version == PATTERN_CURRENT)
        version = p->current;
    if ((int32_t)(p->next - version) < 0)
        result = PATTERN_FUTURE;
    else if (!is_followed(p) || !all_good(p, texts, count, why))
        result = PATTERN_BAD;
    else if (version == p->current)
        add_now(p, texts, count);
    for (uint32_t i = 0; result == PATTERN_DONE && version != p->current && i < count; i++) {
        begin_editing(p);
        (void)append(p, version, &texts[i]);
    }
    close_list(p);
    return result;
}

enum pattern_result pattern_delete(struct pattern_state *p, struct span key)
{
    enum pattern_result result = PATTERN_NO_KEY;

    (void)open_list(p);
    if (is_followed(p))
        begin_editing(p);
    for (struct entry *e = find(p, key), *next; e; e = next) {
        next = find_from(p, e->next, key);
        entry_free(p, e);
        result = PATTERN_DONE;
    }
    if (result == PATTERN_DONE) {
        note(p, NOTE_DELETE, key, SPAN(""));
        EACH_USER(p, b, i)
        make_less(b->snapshot, b->model->users.items[i], p, key);
    }
    close_list(p);
    return result;
}

enum pattern_result pattern_delete_one(struct pattern_state *p, uint64_t number)
{
    (void)open_list(p);
    if (is_followed(p))
        begin_editing(p);
    struct entry *e = find_number(p, number);
    if (e) {
        entry_free(p, e);
        note_whole(p);
        all_whole(p);
    }
    close_list(p);
    return e ? PATTERN_DONE : PATTERN_NO_KEY;
}

enum pattern_result pattern_set_value(struct pattern_state *p, struct span key, struct span value,
                                      struct buf *why)
{
    const struct pattern_text t = { .key = key, .value = value };
    enum pattern_result result = PATTERN_NO_KEY;

    (void)open_list(p);
    if (is_followed(p))
        begin_editing(p);
    const struct entry *e = find(p, key);
    if (e != NULL) {
        struct pattern_text like = { .key = t.key, .value = t.value, .as = e->as };
        result = all_good(p, &like, 1, why) ? PATTERN_DONE : PATTERN_BAD;
    }
    if (result == PATTERN_DONE)
        set_now(p, key, value);
    close_list(p);
    return result;
}

enum pattern_result pattern_set_one(struct pattern_state *p, uint64_t number, struct span value,
                                    struct buf *why)
{
    enum pattern_result result = PATTERN_NO_KEY;

    (void)open_list(p);
    if (is_followed(p))
        begin_editing(p);
    struct entry *e = find_number(p, number);
    if (e != NULL) {
        struct pattern_text like = { .key = e->key, .value = value, .as = e->as };
        result = all_good(p, &like, 1, why) ? PATTERN_DONE : PATTERN_BAD;
    }
    if (result == PATTERN_DONE) {
        free((char *)(uintptr_t)e->value.ptr);
        e->value = copy_of(value);
        note_whole(p);
        all_whole(p);
    }
    close_list(p);
    return result;
}

enum pattern_result pattern_put(struct pattern_state *p, struct span key, struct span value, struct buf *why)
{
    const struct pattern_text t = { .key = key, .value = value };
    enum pattern_result result = PATTERN_DONE;

    (void)open_list(p);
    if (!is_followed(p) || !all_good(p, &t, 1, why)) {
        result = PATTERN_BAD;
    } else {
        begin_editing(p);
        const struct entry *e = find(p, key);
        if (e == NULL)
            add_now(p, &t, 1);
        else if (!span_eq(e->value, value))
            set_now(p, key, value);
    }
    close_list(p);
    return result;
}

static void drop_version(struct pattern_state *p, uint32_t version)
{
    LIST_EACH (&p->entries, e, struct entry, link)
        if (e->version == version)
            entry_free(p, e);
}

void pattern_clear(struct pattern_state *p, uint32_t version)
{
    (void)open_list(p);
    if (is_followed(p))
        begin_editing(p);
    if (version == PATTERN_CURRENT || version == p->current) {
        drop_version(p, p->current);
        note(p, NOTE_CLEAR, SPAN(""), SPAN(""));
        all_whole(p);
    } else {
        drop_version(p, version);
    }
    close_list(p);
}

uint32_t pattern_prepare(struct pattern_state *p)
{
    (void)open_list(p);
    if (is_followed(p))
        begin_editing(p);
    uint32_t version = ++p->next;
    close_list(p);
    return version;
}

bool pattern_commit(struct pattern_state *p, uint32_t version)
{
    (void)open_list(p);
    bool good = version - (p->current + 1) < p->next - p->current;
    if (good) {
        LIST_EACH (&p->entries, e, struct entry, link)
            if ((int32_t)(version - e->version) > 0)
                entry_free(p, e);
        p->current = version;
        p->current_count = 0;
        LIST_EACH (&p->entries, e, struct entry, link)
            p->current_count += e->version == version;
        note_whole(p);
        all_whole(p);
    }
    close_list(p);
    return good;
}

/* ---- showing ---- */

void pattern_numbers(struct pattern_state *p, struct pattern_numbers *out)
{
    (void)open_list(p);
    *out = (struct pattern_numbers){ .current = p->current, .next = p->next, .entries = p->count };
    if (!p->edited && is_followed(p))
        out->entries = model_of(p)->texts.count;
    close_list(p);
}

static void each_of_file(const struct pattern_list *model,
                         bool (*each)(void *to, uint64_t entry, const struct pattern_text *t), void *to)
{
    for (uint32_t i = 0; i < model->texts.count; i++)
        if (!each(to, i + 1, &model->texts.items[i]))
            return;
}

void pattern_each(struct pattern_state *p, uint32_t version,
                  bool (*each)(void *to, uint64_t entry, const struct pattern_text *t), void *to)
{
    (void)open_list(p);
    version = version == PATTERN_CURRENT ? p->current : version;
    if (!p->edited && is_followed(p) && version == p->current)
        each_of_file(model_of(p), each, to);
    LIST_EACH (&p->entries, e, struct entry, link) {
        struct pattern_text t = text_of(e);
        if (e->version == version && !each(to, e->number, &t))
            break;
    }
    close_list(p);
}

void patterns_collect(struct state_world *w)
{
    (void)pthread_mutex_lock(&w->patterns_mutex);
    retire_collect(&w->retired);
    (void)pthread_mutex_unlock(&w->patterns_mutex);
}

void patterns_watch(struct state_world *w, const _Atomic uint64_t *const *turns, unsigned threads)
{
    (void)pthread_mutex_lock(&w->patterns_mutex);
    retire_watch(&w->retired, turns, threads);
    (void)pthread_mutex_unlock(&w->patterns_mutex);
}

bool patterns_are_kept(struct state_world *w)
{
    (void)pthread_mutex_lock(&w->patterns_mutex);
    bool kept = !w->journal_lost;
    (void)pthread_mutex_unlock(&w->patterns_mutex);
    return kept;
}
