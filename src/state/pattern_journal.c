/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of lists, written down for the next process, and done again by it. */
#include "state/pattern_internal.h"

#include "state/journal.h"

static uint64_t add_print(uint64_t h, struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
    return (h ^ 0xff) * 0x100000001b3u;
}

uint64_t pattern_journal_print(const struct pattern_list *l)
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
    LIST_EACH (&p->entries, e, struct pattern_entry, link) {
        struct pattern_text t = pattern_entry_text(e);
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

void pattern_journal_note(struct pattern_state *p, enum pattern_note what, struct span a, struct span b)
{
    struct state_world *w = p->named.world;
    struct journal_record r = { .about = p->print, .what = what, .a = a, .b = b };

    if (!w->journal_lost && (!journal_add(w->journal, &r) || journal_is_crowded(w->journal)))
        w->journal_full = true; /* all of it is written anew when the edit is over */
}

void pattern_journal_note_whole(struct pattern_state *p)
{
    struct state_world *w = p->named.world;

    if (!w->journal_lost && !write_whole(w, p))
        w->journal_full = true;
}

static void replay(struct pattern_state *p, const struct journal_record *r, struct span *as)
{
    struct pattern_text t = { .key = r->a, .value = r->b, .as = *as };

    *as = span_of(NULL, 0);
    pattern_state_begin_editing(p);
    if (r->what == NOTE_AS) {
        *as = r->a;
    } else if (r->what == NOTE_ADD) {
        (void)pattern_entry_append(p, p->current, &t);
    } else if (r->what == NOTE_CLEAR) {
        pattern_entry_forget_all(p);
    } else {
        struct pattern_entry *e = pattern_entry_find(p, r->a);
        for (struct pattern_entry *next; e; e = next) {
            next = pattern_entry_find_from(p, e->next, r->a);
            if (r->what == NOTE_DELETE) {
                pattern_entry_free(p, e);
                continue;
            }
            pattern_entry_set_value(e, r->b);
        }
    }
}

void pattern_journal_replay(struct pattern_state *p)
{
    struct journal_record r;
    struct span as = { NULL, 0 };

    for (uint32_t at = 0; journal_next(p->named.world->journal, &at, &r);)
        if (r.about == p->print)
            replay(p, &r, &as);
}
