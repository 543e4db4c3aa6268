/* SPDX-License-Identifier: Apache-2.0 */
/* The manual of a language: its keyword table as Markdown, one section a context. */
#include "conf/common/keyword.h"

static const char *support_name(const struct keyword *k)
{
    switch (k->support) {
    case KEYWORD_SERVED:
        return "yes";
    case KEYWORD_TUNING:
        return "accepted, no effect";
    case KEYWORD_OLD:
        return "old word";
    case KEYWORD_REFUSED:
        return "no";
    }
    return "";
}

/* "|" would end a column. */
static void put_cell(struct buf *out, const char *text)
{
    for (; text && *text; text++) {
        if (*text == '|')
            buf_put_char(out, '\\');
        buf_put_char(out, *text);
    }
}

static void put_row(struct buf *out, const struct keyword *k)
{
    buf_printf(out, "| `%s` | ", k->name);
    if (k->max == ARGS_ANY)
        buf_printf(out, "%u or more", k->min);
    else if (k->min == k->max)
        buf_printf(out, "%u", k->min);
    else
        buf_printf(out, "%u to %u", k->min, k->max);
    buf_printf(out, "%s | %s | ",
               k->block            ? ", block"
               : k->block_optional ? ", block or not"
                                   : "",
               support_name(k));
    put_cell(out, k->manual);
    if (k->today) {
        buf_put(out, k->manual ? span_from(k->support == KEYWORD_OLD ? "; today: " : ": ") : SPAN(""));
        put_cell(out, k->today);
    }
    buf_put(out, SPAN(" |\n"));
}

void keyword_manual(const struct keyword_table *t, struct buf *out)
{
    buf_printf(out, "# %s: every word\n", keyword_language_name(t->language));
    for (unsigned bit = 0; bit < 32 && t->context_names[bit]; bit++) {
        bool any = false;
        for (size_t i = 0; t->lists[i]; i++) {
            for (const struct keyword *k = t->lists[i]; k->name; k++) {
                if (!(k->in & (UINT32_C(1) << bit)))
                    continue;
                if (!any)
                    buf_printf(out, "\n## %s\n\n| word | arguments | served | |\n|---|---|---|---|\n",
                               t->context_names[bit]);
                any = true;
                put_row(out, k);
            }
        }
    }
}
