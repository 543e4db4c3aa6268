/* SPDX-License-Identifier: Apache-2.0 */
#include "model/stick.h"

#include "base/buf.h"
#include "base/macros.h"

enum kind { COUNT, RATE };
static const struct {
    const char *word;
    enum kind kind;
} rows[STICK_DATA_COUNT] = {
#define X(name, word, kind) { word, kind },
    STICK_DATA_LIST(X)
#undef X
};

const char *stick_data_word(enum stick_data d)
{
    BUG_ON(d >= STICK_DATA_COUNT);
    return rows[d].word;
}

bool stick_data_is_rate(enum stick_data d)
{
    return rows[d].kind == RATE;
}

bool stick_data_is_array(enum stick_data d)
{
    return d == STICK_GPT || d == STICK_GPC || d == STICK_GPC_RATE;
}

enum stick_data stick_data_of(struct span word)
{
    unsigned d = 0;
    while (d < STICK_DATA_COUNT && !span_eq(word, span_from(rows[d].word)))
        d++;
    return (enum stick_data)d;
}

const char *stick_type_word(enum stick_type t)
{
    static const char *const words[] = { "ip", "ipv6", "integer", "string", "binary" };
    return words[t];
}

const char *stick_verb_name(enum stick_verb v)
{
    static const char *const names[] = { "READ",     "KBYTES",  "INCREASE",  "CLEAR", "IS_TRACKED",
                                         "TRACKERS", "KEY",     "CONNECTED", "IS_IN", "USED",
                                         "FREE",     "EXPIRES", "IDLE" };
    return names[v];
}

void stick_table_finish(struct stick_table *t)
{
    t->words = 0;
    for (unsigned d = 0; d < STICK_DATA_COUNT; d++) {
        t->offsets[d] = t->words;
        t->words += t->counts[d] * (stick_data_is_rate((enum stick_data)d) ? STICK_RATE_WORDS : 1);
    }
}

void stick_table_put_data(struct buf *out, const struct stick_table *t)
{
    for (unsigned d = 0; d < STICK_DATA_COUNT; d++) {
        if (t->counts[d] == 0)
            continue;
        buf_printf(out, " %s", rows[d].word);
        if (stick_data_is_array((enum stick_data)d))
            buf_printf(out, "[%u]", t->counts[d]);
        if (rows[d].kind == RATE)
            buf_printf(out, "(%u)", t->periods[d].ms);
    }
}

void stick_ask_put(struct buf *out, const struct stick_ask *a)
{
    buf_printf(out, "%s", stick_verb_name(a->verb));
    if (a->verb <= STICK_CLEAR)
        buf_printf(out, " %s", rows[a->data].word);
    if (a->verb <= STICK_CLEAR && stick_data_is_array(a->data))
        buf_printf(out, "[%u]", a->index);
    if (a->table)
        buf_printf(out, " of `%.*s`", SPAN_ARGS(a->table->name));
}
