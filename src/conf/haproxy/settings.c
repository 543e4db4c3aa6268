/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that are only kept, and what a section takes from its defaults. */
#include "conf/haproxy/haproxy_internal.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

static struct setting *target(struct build *b, const struct keyword *k)
{
    return (struct setting *)(void *)((char *)b->draft + k->offset);
}

static void set(struct build *b, const struct keyword *k, const struct statement *s, uint64_t n)
{
    *target(b, k) = (struct setting){ .set = true, .n = n, .at = s->at };
}

void haproxy_set_number(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t n;
    if (value_number(b->diags, word_at(s, 1), k->low, k->high ? k->high : INT32_MAX, &n))
        set(b, k, s, (uint64_t)n);
}

/* A bare number counts milliseconds, or seconds where <low> is 1000. */
void haproxy_set_time(struct build *b, const struct keyword *k, const struct statement *s)
{
    duration t;
    if (value_time(b->diags, WORDS_HAPROXY, word_at(s, 1), k->low ? (uint32_t)k->low : 1, &t))
        set(b, k, s, t.ms);
}

void haproxy_set_option(struct build *b, const struct keyword *k, const struct statement *s)
{
    if (b->back_to_default)
        *target(b, k) = (struct setting){ 0 };
    else
        set(b, k, s, !b->no);
}

void haproxy_set_value(struct build *b, const struct keyword *k, const struct statement *s)
{
    set(b, k, s, (uint64_t)k->low);
}

static struct line *keep(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct line *l = ARENA_PUSH(b->arena, &b->draft->kept[k->offset]);
    *l = (struct line){ .s = *s, .row = k, .no = b->no || b->back_to_default };
    l->said = ARENA_NEW(b->arena, bool);
    return l;
}

void haproxy_keep(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)keep(b, k, s);
}

void haproxy_keep_one(struct build *b, const struct keyword *k, const struct statement *s)
{
    b->draft->kept[k->offset] = (struct lines){ 0 };
    (void)keep(b, k, s);
}

void haproxy_say_later(struct build *b, const struct word *w, const char *what)
{
    diag_add(b->diags, &haproxy_later, w->at, DIAG_TEXT(w->text, span_from(what)));
}

/* The same as haproxy_set_option; <today> says what does not happen yet. */
void haproxy_set_option_later(struct build *b, const struct keyword *k, const struct statement *s)
{
    haproxy_set_option(b, k, s);
    if (!b->no && !b->back_to_default)
        haproxy_say_later(b, word_at(s, 0), k->today);
}

void haproxy_accept(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)b;
    (void)k;
    (void)s;
}

duration haproxy_time(const struct setting *s)
{
    return s->set && s->n ? DURATION_MS((uint32_t)s->n) : DURATION_NONE;
}

/* ---- drafts ---- */

/* All members from <mode> up to <kept> are settings: inherited ones know that they are. */
static void mark_inherited(struct draft *d)
{
    struct setting *first = &d->mode;
    size_t count = (offsetof(struct draft, kept) - offsetof(struct draft, mode)) / sizeof(struct setting);
    for (size_t i = 0; i < count; i++)
        first[i].inherited = first[i].set;
}

/* Own copies: what one section appends is not to show in another that has the same defaults. */
static void copy_lines(struct build *b, struct lines *to, const struct lines *from)
{
    *to = (struct lines){ 0 };
    for (uint32_t i = 0; i < from->count; i++) {
        struct line *l = ARENA_PUSH(b->arena, to);
        *l = from->items[i];
        l->inherited = true;
    }
}

struct draft *haproxy_draft_new(struct build *b, uint32_t context, const struct draft *from)
{
    struct draft *d = ARENA_NEW(b->arena, struct draft);
    if (from) {
        *d = *from;
        d->seen = (struct keyword_seen){ 0 };
        mark_inherited(d);
        for (unsigned k = 0; k < KEPT_COUNT; k++)
            copy_lines(b, &d->kept[k], &from->kept[k]);
    }
    d->compression_inherited = true;
    d->parent = from;
    d->context = context;
    return d;
}

const struct line *haproxy_line_last(const struct draft *d, enum kept k)
{
    const struct lines *l = &d->kept[k];
    return l->count ? &l->items[l->count - 1] : NULL;
}

struct opened haproxy_line_begin(struct build *b, const struct line *l)
{
    struct opened before = { b->diags, b->line };
    b->line = l;
    b->diags = *l->said ? b->known : b->spoken;
    *l->said = true;
    return before;
}

void haproxy_line_end(struct build *b, struct opened before)
{
    b->line = before.line;
    b->diags = before.diags;
}
