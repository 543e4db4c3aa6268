/* SPDX-License-Identifier: Apache-2.0 */
#include "state/pattern_state.h"

#include <stdlib.h>

#include "state/pattern_internal.h"
#include "state/retire.h"

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
    p->named.identity = pattern_copy_of(model->identity);
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
    pattern_entry_forget_all(p);
    free(p->buckets);
    free((char *)(uintptr_t)p->named.identity.ptr);
    free(p);
}

/* Its file says something else now: what was changed is void, and older snapshots keep what they have. */
static void begin_anew(struct pattern_state *p, uint64_t print)
{
    LIST_EACH (&p->bindings, b, struct pattern_binding, link)
        link_remove(&b->link);
    pattern_entry_forget_all(p);
    p->edited = false;
    p->current = p->next = 0;
    p->print = print;
}

static void follow(struct pattern_binding *b, struct snapshot *s, const struct pattern_list *model)
{
    struct pattern_state *p = pattern_state_find(s->world, model);
    uint64_t print = pattern_journal_print(model);
    bool is_new = p->print == 0;

    if (p->print != print)
        begin_anew(p, print);
    *b = (struct pattern_binding){ .snapshot = s, .model = model, .state = p };
    list_push_back(&p->bindings, &b->link);
    if (is_new)
        pattern_journal_replay(p);
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
            pattern_live_make_whole(s, c->pattern_lists.items[i]->users.items[k]);
    s->world->journal_read = true;
    world_write_journal(s->world); /* without what this file made void */
    (void)pthread_mutex_unlock(&s->world->patterns_mutex);
}

/* Nobody asks this snapshot any more. */
void patterns_unbind(struct snapshot *s)
{
    const struct config *c = s->config;

    (void)pthread_mutex_lock(&s->world->patterns_mutex);
    for (uint32_t i = 0; i < c->pattern_lists.count; i++)
        link_remove(&s->pattern_lists[i].link);
    for (uint32_t i = 0; i < c->pattern_users.count; i++)
        pattern_live_free(atomic_load_explicit(&s->patterns[i], memory_order_relaxed));
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
    pattern_state_begin_editing(p);
    for (uint32_t i = 0; i < count; i++) {
        (void)pattern_entry_append(p, p->current, &texts[i]);
        pattern_journal_note(p, NOTE_ADD, texts[i].key, texts[i].value);
    }
    pattern_live_add(p, texts, count);
}

static void set_now(struct pattern_state *p, struct span key, struct span value)
{
    for (struct pattern_entry *e = pattern_entry_find(p, key); e;
         e = pattern_entry_find_from(p, e->next, key)) {
        pattern_entry_set_value(e, value);
    }
    pattern_journal_note(p, NOTE_SET, key, value);
    pattern_live_change(p, key, value);
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
        pattern_state_begin_editing(p);
        (void)pattern_entry_append(p, version, &texts[i]);
    }
    close_list(p);
    return result;
}

enum pattern_result pattern_delete(struct pattern_state *p, struct span key)
{
    enum pattern_result result = PATTERN_NO_KEY;

    (void)open_list(p);
    if (is_followed(p))
        pattern_state_begin_editing(p);
    for (struct pattern_entry *e = pattern_entry_find(p, key), *next; e; e = next) {
        next = pattern_entry_find_from(p, e->next, key);
        pattern_entry_free(p, e);
        result = PATTERN_DONE;
    }
    if (result == PATTERN_DONE) {
        pattern_journal_note(p, NOTE_DELETE, key, SPAN(""));
        pattern_live_remove(p, key);
    }
    close_list(p);
    return result;
}

enum pattern_result pattern_delete_one(struct pattern_state *p, uint64_t number)
{
    (void)open_list(p);
    if (is_followed(p))
        pattern_state_begin_editing(p);
    struct pattern_entry *e = pattern_entry_find_number(p, number);
    if (e) {
        pattern_entry_free(p, e);
        pattern_journal_note_whole(p);
        pattern_live_make_all(p);
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
        pattern_state_begin_editing(p);
    const struct pattern_entry *e = pattern_entry_find(p, key);
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
        pattern_state_begin_editing(p);
    struct pattern_entry *e = pattern_entry_find_number(p, number);
    if (e != NULL) {
        struct pattern_text like = { .key = e->key, .value = value, .as = e->as };
        result = all_good(p, &like, 1, why) ? PATTERN_DONE : PATTERN_BAD;
    }
    if (result == PATTERN_DONE) {
        pattern_entry_set_value(e, value);
        pattern_journal_note_whole(p);
        pattern_live_make_all(p);
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
        pattern_state_begin_editing(p);
        const struct pattern_entry *e = pattern_entry_find(p, key);
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
    LIST_EACH (&p->entries, e, struct pattern_entry, link)
        if (e->version == version)
            pattern_entry_free(p, e);
}

void pattern_clear(struct pattern_state *p, uint32_t version)
{
    (void)open_list(p);
    if (is_followed(p))
        pattern_state_begin_editing(p);
    if (version == PATTERN_CURRENT || version == p->current) {
        drop_version(p, p->current);
        pattern_journal_note(p, NOTE_CLEAR, SPAN(""), SPAN(""));
        pattern_live_make_all(p);
    } else {
        drop_version(p, version);
    }
    close_list(p);
}

uint32_t pattern_prepare(struct pattern_state *p)
{
    (void)open_list(p);
    if (is_followed(p))
        pattern_state_begin_editing(p);
    uint32_t version = ++p->next;
    close_list(p);
    return version;
}

bool pattern_commit(struct pattern_state *p, uint32_t version)
{
    (void)open_list(p);
    bool good = version - (p->current + 1) < p->next - p->current;
    if (good) {
        LIST_EACH (&p->entries, e, struct pattern_entry, link)
            if ((int32_t)(version - e->version) > 0)
                pattern_entry_free(p, e);
        p->current = version;
        p->current_count = 0;
        LIST_EACH (&p->entries, e, struct pattern_entry, link)
            p->current_count += e->version == version;
        pattern_journal_note_whole(p);
        pattern_live_make_all(p);
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
        out->entries = pattern_state_model(p)->texts.count;
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
        each_of_file(pattern_state_model(p), each, to);
    LIST_EACH (&p->entries, e, struct pattern_entry, link) {
        struct pattern_text t = pattern_entry_text(e);
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
