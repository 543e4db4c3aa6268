/* SPDX-License-Identifier: Apache-2.0 */
/* Directives that are only kept, and how levels inherit them. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"

static struct setting *target(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct setting *to = (struct setting *)(void *)((char *)b->level + k->offset);
    to->at = s->at;
    b->level->says_more = true;
    return to;
}

void nginx_set_number(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t n;
    if (!value_number(b->diags, word_at(s, 1), k->low, k->high ? k->high : INT32_MAX, &n))
        return;
    struct setting *to = target(b, k, s);
    to->n = (uint64_t)n;
    to->set = true;
}

void nginx_set_size(struct build *b, const struct keyword *k, const struct statement *s)
{
    uint64_t n;
    if (!value_size(b->diags, word_at(s, 1), (uint64_t)k->low, k->high ? (uint64_t)k->high : INT64_MAX, &n))
        return;
    struct setting *to = target(b, k, s);
    to->n = n;
    to->set = true;
}

void nginx_set_time(struct build *b, const struct keyword *k, const struct statement *s)
{
    duration t;
    if (!value_time(b->diags, WORDS_NGINX, word_at(s, 1), 1000, &t))
        return;
    struct setting *to = target(b, k, s);
    to->n = t.ms;
    to->set = true;
}

void nginx_set_switch(struct build *b, const struct keyword *k, const struct statement *s)
{
    bool on;
    if (!value_switch(b->diags, word_at(s, 1), &on))
        return;
    struct setting *to = target(b, k, s);
    to->n = on;
    to->set = true;
}

/* "8 4k": how many, and how big each is. */
void nginx_set_buffers(struct build *b, const struct keyword *k, const struct statement *s)
{
    int64_t count;
    uint64_t size;
    bool good = value_number(b->diags, word_at(s, 1), k->low, 65536, &count);
    if (!value_size(b->diags, word_at(s, 2), 1, UINT32_MAX, &size) || !good)
        return;
    struct setting *to = target(b, k, s);
    to->n = (uint64_t)count;
    to->n2 = size;
    to->set = true;
}

void nginx_keep(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct kept *to = (struct kept *)(void *)((char *)b->level + k->offset);
    *ARENA_PUSH(b->arena, to) = *s;
    b->level->says_more = true;
}

void nginx_accept_only(struct build *b, const struct keyword *k, const struct statement *s)
{
    const struct word *w = word_at(s, 1);
    if (!span_eq(w->text, span_from(k->today)))
        diag_add(b->diags, &nginx_only, w->at, DIAG_TEXT(text_at(s, 0), span_from(k->today), w->text));
}

const struct setting *level_setting(const struct level *l, size_t offset)
{
    for (; l; l = l->parent) {
        const struct setting *s = (const struct setting *)(const void *)((const char *)l + offset);
        if (s->set)
            return s;
    }
    return NULL;
}

const struct kept *level_kept(const struct level *l, size_t offset)
{
    for (; l; l = l->parent) {
        const struct kept *k = (const struct kept *)(const void *)((const char *)l + offset);
        if (k->count)
            return k;
    }
    return NULL;
}

uint64_t level_value(const struct level *l, size_t offset, uint64_t otherwise)
{
    const struct setting *s = level_setting(l, offset);
    return s ? s->n : otherwise;
}

duration level_time(const struct level *l, size_t offset, uint32_t otherwise_ms)
{
    return DURATION_MS((uint32_t)level_value(l, offset, otherwise_ms));
}

struct level *level_new(struct build *b, enum level_kind kind, struct level *parent,
                        const struct statement *s)
{
    struct level *l = ARENA_NEW(b->arena, struct level);
    l->kind = kind;
    l->parent = parent;
    l->opening = *s;
    return l;
}

struct word word_part(const struct word *w, size_t from, size_t len)
{
    struct word part = *w;
    part.text = span_first(span_from_index(w->text, from), len);
    size_t quote = w->quote ? 1 : 0;
    if (w->raw.len == w->text.len + 2 * quote) { /* nothing was escaped: places correspond */
        part.at.offset += (uint32_t)(from + quote);
        part.at.length = (uint32_t)part.text.len;
    }
    return part;
}

bool word_option(const struct word *w, const char *name, struct word *value)
{
    struct span n = span_from(name);
    if (!span_starts_with(w->text, n) || w->text.len <= n.len || w->text.ptr[n.len] != '=')
        return false;
    *value = word_part(w, n.len + 1, w->text.len - n.len - 1);
    return true;
}
