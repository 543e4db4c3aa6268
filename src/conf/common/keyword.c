/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/common/keyword.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"

/* After that many errors nobody reads suggestions, and each costs a walk over all words. */
enum { SUGGESTIONS_MAX = 50 };

const char *keyword_language_name(enum language l)
{
    switch (l) {
    case LANGUAGE_NGINX:
        return "nginx";
    case LANGUAGE_HAPROXY:
        return "HAProxy";
    case LANGUAGE_KEEPALIVED:
        return "keepalived";
    case LANGUAGE_NONE:
        break;
    }
    return "this program";
}

/* The next row called <name> that is allowed in one of <context>, after <from> (NULL: the first). */
static const struct keyword *next_row(const struct keyword_table *t, uint32_t context, struct span name,
                                      const struct keyword *from)
{
    bool on = from == NULL;
    for (size_t i = 0; t->lists[i]; i++) {
        for (const struct keyword *k = t->lists[i]; k->name; k++) {
            if (on && (k->in & context) && span_eq(span_from(k->name), name))
                return k;
            on = on || k == from;
        }
    }
    return NULL;
}

const struct keyword *keyword_find(const struct keyword_table *t, uint32_t context, struct span name)
{
    return next_row(t, context, name, NULL);
}

const char *keyword_context_name(const struct keyword_table *t, uint32_t context)
{
    return context ? t->context_names[__builtin_ctz(context)] : "";
}

struct span keyword_contexts(const struct keyword_table *t, struct arena *a, uint32_t contexts)
{
    struct span all = SPAN("");
    for (unsigned i = 0; i < 32 && t->context_names[i]; i++)
        if (contexts & (UINT32_C(1) << i))
            all = arena_printf(a, "%.*s%s%s", SPAN_ARGS(all), all.len ? ", " : "", t->context_names[i]);
    return all;
}

/* ---- unknown words ---- */

/* All names, for diag_nearest; those allowed in <context> when it is not 0. */
static const char *const *names(const struct keyword_table *t, struct arena *a, uint32_t context)
{
    LIST_OF(const char *) list = { 0 };
    for (size_t i = 0; t->lists[i]; i++)
        for (const struct keyword *k = t->lists[i]; k->name; k++)
            if (k->support != KEYWORD_REFUSED && (context == 0 || (k->in & context)))
                *ARENA_PUSH(a, &list) = k->name;
    *ARENA_PUSH(a, &list) = NULL;
    return list.items;
}

/* Does <s> begin with the words of <phrase>? */
static bool begins_with(const struct statement *s, struct span phrase)
{
    for (uint32_t i = 0; phrase.ptr; i++) {
        struct span word = span_cut(&phrase, ' ');
        if (i >= s->words.count || !span_eq(s->words.items[i].text, word))
            return false;
    }
    return true;
}

/* Another language's word: "haproxy:option httpchk" -> "health_check". The longest phrase wins. */
static bool hint_synonym(const struct keyword_table *t, struct diags *d, struct diag *at,
                         const struct statement *s)
{
    struct span phrase = SPAN(""), language = SPAN("");
    const char *ours = NULL;
    for (size_t i = 0; t->synonyms && t->synonyms[i] && t->synonyms[i + 1]; i += 2) {
        struct span words = span_from(t->synonyms[i]);
        struct span of = span_cut(&words, ':');
        if (words.len > phrase.len && begins_with(s, words)) {
            phrase = words;
            language = of;
            ours = t->synonyms[i + 1];
        }
    }
    if (ours == NULL)
        return false;
    diag_help(d, at, "`%.*s` is a word of %.*s; %s says: %s", SPAN_ARGS(phrase), SPAN_ARGS(language),
              keyword_language_name(t->language), ours);
    return true;
}

static void hint_nearest(const struct keyword_table *t, struct arena *a, struct diags *d, uint32_t context,
                         struct diag *at, struct span name)
{
    const char *here = diag_nearest(name, names(t, a, context));
    if (here) {
        diag_help(d, at, "did you mean `%s`?", here);
        return;
    }
    const char *elsewhere = diag_nearest(name, names(t, a, 0));
    if (elsewhere == NULL)
        return;
    uint32_t places = 0;
    for (const struct keyword *k = NULL; (k = next_row(t, UINT32_MAX, span_from(elsewhere), k)) != NULL;)
        places |= k->in;
    diag_help(d, at, "did you mean `%s`? It belongs in: %.*s", elsewhere,
              SPAN_ARGS(keyword_contexts(t, a, places)));
}

static void unknown(const struct keyword_table *t, struct arena *a, struct diags *d, uint32_t context,
                    const struct statement *s)
{
    const struct word *w = &s->words.items[0];
    struct diag *at = diag_add(d, &conf_unknown_word, w->at,
                               DIAG_TEXT(w->text, span_from(keyword_context_name(t, context))));
    if (!hint_synonym(t, d, at, s) && diags_count(d, SEVERITY_ERROR) <= SUGGESTIONS_MAX)
        hint_nearest(t, a, d, context, at, w->text);
}

/* ---- checks ---- */

static void refuse(struct diags *d, const struct keyword *k, const struct word *w)
{
    diag_add(d, &conf_refused, w->at, DIAG_TEXT(w->text, span_from(k->today ? k->today : "not built yet")));
}

/* No row for this context: unknown, refused everywhere, or in the wrong place. */
static void misplaced(const struct keyword_table *t, struct arena *a, struct diags *d, uint32_t context,
                      const struct statement *s)
{
    const struct word *w = &s->words.items[0];
    uint32_t places = 0;
    const struct keyword *refused = NULL;
    for (const struct keyword *k = NULL; (k = next_row(t, UINT32_MAX, w->text, k)) != NULL;) {
        if (k->support == KEYWORD_REFUSED)
            refused = k;
        else
            places |= k->in;
    }
    if (places == 0 && refused) {
        refuse(d, refused, w);
        return;
    }
    if (places == 0) {
        unknown(t, a, d, context, s);
        return;
    }
    diag_add(d, &conf_wrong_place, w->at,
             DIAG_TEXT(w->text, span_from(keyword_context_name(t, context)), keyword_contexts(t, a, places)));
}

static bool arity_fits(const struct keyword *k, uint32_t args)
{
    return args >= k->min && (k->max == ARGS_ANY || args <= k->max);
}

static void wrong_arity(struct arena *a, struct diags *d, const struct keyword *k, const struct statement *s)
{
    uint32_t args = s->words.count - 1;
    struct span wanted = k->max == k->min     ? arena_printf(a, "%u", k->min)
                         : k->max == ARGS_ANY ? arena_printf(a, "%u or more", k->min)
                                              : arena_printf(a, "%u to %u", k->min, k->max);
    const struct word *w = args > k->max ? &s->words.items[k->max + 1] : &s->words.items[0];
    struct diag *at = diag_add(d, &conf_arity, w->at,
                               DIAG_TEXT(s->words.items[0].text, wanted, arena_printf(a, "%u", args)));
    if (args > k->max)
        diag_label(d, at, "one too many");
}

static bool block_fits(struct diags *d, const struct keyword *k, const struct statement *s)
{
    bool has = s->end == END_BLOCK_BEGINS;
    const struct word *w = &s->words.items[0];
    if (k->block && !has) {
        diag_add(d, &conf_no_block, w->at, DIAG_TEXT(w->text));
        return false;
    }
    if (has && !k->block && !k->block_optional) {
        struct diag *at = diag_add(d, &conf_not_a_block, w->at, DIAG_TEXT(w->text));
        diag_also(d, at, s->end_at, "this opens a block");
        return false;
    }
    return true;
}

static bool first_time(struct arena *a, struct diags *d, const struct keyword *k, struct keyword_seen *seen,
                       const struct statement *s)
{
    if (!k->once || seen == NULL)
        return true;
    const struct word *w = &s->words.items[0];
    for (uint32_t i = 0; i < seen->items.count; i++) {
        if (seen->items.items[i].row != k)
            continue;
        struct diag *at = diag_add(d, &conf_duplicate, w->at, DIAG_TEXT(w->text));
        diag_also(d, at, seen->items.items[i].at, "first here");
        return false;
    }
    *ARENA_PUSH(a, &seen->items) = (struct keyword_seen_item){ .row = k, .at = w->at };
    return true;
}

/* Of several rows in this context the one whose arity fits, else the first. */
static const struct keyword *choose(const struct keyword_table *t, uint32_t context,
                                    const struct statement *s)
{
    struct span name = s->words.items[0].text;
    const struct keyword *first = keyword_find(t, context, name);
    for (const struct keyword *k = first; k; k = next_row(t, context, name, k))
        if (arity_fits(k, s->words.count - 1))
            return k;
    return first;
}

bool keyword_walk(const struct keyword_table *t, struct build *b, struct arena *a, struct diags *d,
                  uint32_t context, struct keyword_seen *seen, const struct statement *s)
{
    BUG_ON(s->words.count == 0);
    const struct word *w = &s->words.items[0];
    const struct keyword *k = choose(t, context, s);
    if (k == NULL) {
        misplaced(t, a, d, context, s);
        return false;
    }
    if (k->support == KEYWORD_REFUSED) {
        refuse(d, k, w);
        return false;
    }
    if (!block_fits(d, k, s))
        return false;
    if (!arity_fits(k, s->words.count - 1)) {
        wrong_arity(a, d, k, s);
        return false;
    }
    if (!first_time(a, d, k, seen, s))
        return false;
    if (k->support == KEYWORD_TUNING) {
        diag_add(d, &conf_tuning, w->at, DIAG_TEXT(w->text, span_from(keyword_language_name(t->language))));
        return false;
    }
    if (k->support == KEYWORD_OLD)
        diag_add(d, &conf_old_word, w->at, DIAG_TEXT(w->text, span_from(k->today)));
    BUG_ON(k->handle == NULL);
    k->handle(b, k, s);
    return true;
}
