/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting diagnostics and filling in their sentences; how they look is in diag_show.c. */
#include "base/diag.h"

#include "base/diag_internal.h"
#include "base/macros.h"
#include "base/utf8.h"

struct diags *diags_new(void)
{
    struct arena *arena = arena_new(0);
    struct diags *d = ARENA_NEW(arena, struct diags);
    d->arena = arena;
    map_init(&d->by_text, false);
    return d;
}

void diags_free(struct diags **d)
{
    if (*d == NULL)
        return;
    struct arena *arena = (*d)->arena; /* it holds the struct too */
    *d = NULL;
    arena_free(&arena);
}

static bool is_chinese(const char *language)
{
    return span_starts_with_nocase(span_from(language), SPAN("zh"));
}

void diags_set_language(struct diags *d, const char *language)
{
    d->chinese = is_chinese(language);
}

uint32_t diags_add_source(struct diags *d, struct span name, struct span text)
{
    struct source s = { arena_span(d->arena, name), text };
    *ARENA_PUSH(d->arena, &d->sources) = s;
    return d->sources.count;
}

/* A text that two diagnostics share exactly when one should be folded into the other. */
static struct span folding_key(struct diags *d, const struct diag *at)
{
    size_t len = sizeof(at->kind) + sizeof(at->where.source);
    for (unsigned i = 0; i < DIAG_ARGS; i++)
        len += sizeof(at->args[i].len) + at->args[i].len;
    char *key = arena_alloc(d->arena, len), *to = key;
    to = mempcpy(to, &at->kind, sizeof(at->kind));
    to = mempcpy(to, &at->where.source, sizeof(at->where.source));
    for (unsigned i = 0; i < DIAG_ARGS; i++) {
        to = mempcpy(to, &at->args[i].len, sizeof(at->args[i].len));
        if (at->args[i].len)
            to = mempcpy(to, at->args[i].ptr, at->args[i].len);
    }
    return span_of(key, len);
}

struct diag *diag_add(struct diags *d, const struct diag_kind *kind, struct where where,
                      const struct span *args)
{
    BUG_ON(where.source > d->sources.count);
    struct diag *fresh = ARENA_NEW(d->arena, struct diag);
    fresh->kind = kind;
    fresh->where = where;
    for (unsigned i = 0; args[i].ptr; i++) {
        BUG_ON(i == DIAG_ARGS);
        fresh->args[i] = arena_span(d->arena, args[i]);
    }
    struct span key = folding_key(d, fresh);
    struct diag_chain *chain = map_get(&d->by_text, key);
    if (chain) {
        chain->first->repeated++;
        chain->last->alike = fresh;
        chain->last = fresh;
        return fresh;
    }
    chain = ARENA_NEW(d->arena, struct diag_chain);
    chain->first = chain->last = fresh;
    (void)map_put(d->arena, &d->by_text, key, chain);
    *ARENA_PUSH(d->arena, &d->items) = fresh;
    d->counts[kind->severity]++;
    return fresh;
}

struct diag *diag_label(struct diags *d, struct diag *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    at->label = arena_vprintf(d->arena, format, args);
    va_end(args);
    return at;
}

struct diag *diag_also(struct diags *d, struct diag *at, struct where where, const char *format, ...)
{
    BUG_ON(where.source > d->sources.count);
    va_list args;
    va_start(args, format);
    *ARENA_PUSH(d->arena, &at->others) = (struct diag_label){ where, arena_vprintf(d->arena, format, args) };
    va_end(args);
    return at;
}

struct diag *diag_help(struct diags *d, struct diag *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    at->help = arena_vprintf(d->arena, format, args);
    va_end(args);
    return at;
}

unsigned diags_count(const struct diags *d, enum severity s)
{
    return d->counts[s];
}

uint32_t diags_total(const struct diags *d)
{
    return d->items.count;
}

const struct diag *diags_at(const struct diags *d, uint32_t i)
{
    BUG_ON(i >= d->items.count);
    return d->items.items[i];
}

/* Characters that show nothing or turn the line round: in a configuration they are always a mistake. */
static bool is_deceptive(uint32_t c)
{
    return (c >= 0x80 && c <= 0x9f) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

struct glyph diag_glyph(struct span s)
{
    struct glyph g = { 0 };
    g.bytes = utf8_decode(s, &g.c);
    if (g.bytes == 0) {
        g = (struct glyph){ .bytes = 1, .c = (unsigned char)s.ptr[0], .cells = 4, .look = GLYPH_BYTE };
    } else if (g.c < 0x20 || g.c == 0x7f) {
        g.look = GLYPH_BYTE;
        g.cells = 4;
    } else if (is_deceptive(g.c)) {
        g.look = GLYPH_NAMED;
        g.cells = 8;
    } else {
        g.cells = utf8_width(g.c);
    }
    return g;
}

void diag_put_glyph(struct buf *out, struct span s, struct glyph g)
{
    switch (g.look) {
    case GLYPH_AS_IS:
        buf_put(out, span_first(s, g.bytes));
        break;
    case GLYPH_BYTE:
        buf_printf(out, "\\x%02x", (unsigned)g.c);
        break;
    case GLYPH_NAMED:
        buf_printf(out, "<U+%04X>", (unsigned)g.c);
        break;
    }
}

void diag_put_visible(struct buf *out, struct span s)
{
    while (s.len) {
        struct glyph g = diag_glyph(s);
        diag_put_glyph(out, s, g);
        s = span_from_index(s, g.bytes);
    }
}

void diag_fill(struct buf *out, const char *sentence, const struct diag *d)
{
    struct span rest = span_from(sentence);
    while (rest.len) {
        if (rest.len >= 3 && rest.ptr[0] == '{' && rest.ptr[2] == '}' && rest.ptr[1] >= '0' &&
            rest.ptr[1] < '0' + DIAG_ARGS) {
            diag_put_visible(out, d->args[rest.ptr[1] - '0']);
            rest = span_from_index(rest, 3);
        } else {
            buf_put_char(out, rest.ptr[0]);
            rest = span_from_index(rest, 1);
        }
    }
}

void diag_sentence(struct buf *out, const struct diag *d, const char *language)
{
    diag_fill(out, is_chinese(language) && d->kind->zh ? d->kind->zh : d->kind->en, d);
}

uint32_t diags_source_count(const struct diags *d)
{
    return d->sources.count;
}

const struct source *diags_source_at(const struct diags *d, uint32_t i)
{
    return &d->sources.items[i];
}
