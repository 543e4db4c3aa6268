/* SPDX-License-Identifier: Apache-2.0 */
/* Servers as an operator changed them while running: added, taken away, other words (model/amendment.h). */
#include "base/macros.h"
#include "conf/haproxy/server.h"
#include "model/amendment.h"

static bool is_about(const struct amendment *a, const struct draft *d, struct span name)
{
    return span_eq(a->pool, d->name) && span_eq(a->server, name);
}

uint64_t haproxy_line_print(const struct statement *s)
{
    uint64_t print = 0;

    for (uint32_t i = 0; i < s->words.count; i++)
        print = amendment_print(print, text_at(s, i));
    return print;
}

/* Words that stand in no file: their place is the line's, or none. */
static void push_words(struct build *b, struct statement *s, struct span words, const struct word *like)
{
    while (words.ptr != NULL) {
        struct word w = *like;
        w.text = w.raw = arena_span(b->arena, span_cut(&words, AMENDMENT_BLANK));
        w.quote = '\0';
        *ARENA_PUSH(b->arena, &s->words) = w;
    }
}

static struct statement *copy_of(struct build *b, const struct statement *s)
{
    struct statement *copy = ARENA_NEW(b->arena, struct statement);

    *copy = *s;
    copy->words.items = NULL;
    copy->words.count = copy->words.room = 0;
    for (uint32_t i = 0; i < s->words.count; i++)
        *ARENA_PUSH(b->arena, &copy->words) = *word_at(s, i);
    return copy;
}

const struct statement *haproxy_amended(struct build *b, const struct draft *d, const struct statement *s,
                                        struct span name, uint32_t address)
{
    const struct amendments *l = b->options ? b->options->amendments : NULL;
    struct statement *changed = NULL;
    uint64_t line = l ? haproxy_line_print(s) : 0;

    for (uint32_t i = 0; i < amendments_count(l); i++) {
        const struct amendment *a = amendments_at(l, i);
        if (a->kind == AMEND_ADD || a->line != line || !is_about(a, d, name))
            continue;
        if (a->kind == AMEND_DELETE) {
            *ARENA_PUSH(b->arena, &d->pool->ids_gone) = a->id;
            return NULL;
        }
        if (changed == NULL)
            changed = copy_of(b, s);
        struct span words = a->words, key = span_cut(&words, AMENDMENT_BLANK);
        if (span_eq(key, SPAN("address")))
            changed->words.items[address].text = arena_span(b->arena, words);
        else if (span_eq(key, SPAN("ssl-is")))
            push_words(b, changed, words, word_at(s, 1));
        else
            push_words(b, changed, a->words, word_at(s, 1));
    }
    return changed ? changed : s;
}

const struct statement *haproxy_added(struct build *b, const struct draft *d, uint32_t *next,
                                      const struct amendment **which)
{
    const struct amendments *l = b->options ? b->options->amendments : NULL;
    const struct word nowhere = { .at = WHERE_NONE };

    for (; *next < amendments_count(l); ++*next) {
        const struct amendment *a = amendments_at(l, *next);
        if (a->kind != AMEND_ADD || !span_eq(a->pool, d->name) || haproxy_find_server(d, a->server))
            continue;
        ++*next;
        struct statement *s = ARENA_NEW(b->arena, struct statement);
        push_words(b, s, SPAN("server"), &nowhere);
        push_words(b, s, a->server, &nowhere);
        push_words(b, s, a->words, &nowhere);
        *which = a;
        return s;
    }
    return NULL;
}
