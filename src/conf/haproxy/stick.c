/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stick tables: their own lines, rules that keep clients with servers by them,
 * and actions that count. What samples ask of them is in stick_fetch.c.
 */
#include "conf/haproxy/stick.h"

#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/rules.h"

/* ---- stick-table type T size N ... ---- */

struct table_reader {
    struct build *b;
    const struct statement *s;
    uint32_t i; /* the next word */
    struct stick_table *table;
    bool typed;
};

static const struct word *next_word(struct table_reader *r)
{
    if (r->i < r->s->words.count)
        return word_at(r->s, r->i++);
    const struct word *last = word_at(r->s, r->s->words.count - 1);
    diag_add(r->b->diags, &conf_arity, last->at, DIAG_TEXT(last->text, SPAN("1"), SPAN("0")));
    return NULL;
}

static bool take_len(struct table_reader *r, int64_t *len)
{
    if (!text_is(r->s, r->i, "len"))
        return true;
    r->i++;
    const struct word *w = next_word(r);
    return w && value_number(r->b->diags, w, 1, 16384, len);
}

static bool take_type(struct table_reader *r)
{
    static const char *const types[] = { "ip", "ipv6", "integer", "string", "binary", "ipv4", NULL };
    static const uint32_t lens[] = { 4, 16, 4, 31, 32, 4 };
    const struct word *w = next_word(r);
    unsigned type;
    if (w == NULL || !value_choice(r->b->diags, w, types, &type))
        return false;
    int64_t len = lens[type];
    if ((type == STICK_STRING || type == STICK_BINARY) && !take_len(r, &len))
        return false;
    r->table->type = type == 5 ? STICK_IPV4 : (enum stick_type)type;
    r->table->key_len = (uint32_t)len;
    r->typed = true;
    return true;
}

static bool take_size(struct table_reader *r)
{
    uint64_t size;
    const struct word *w = next_word(r);
    if (w == NULL || !value_size(r->b->diags, w, 1, 1u << 30, &size))
        return false;
    r->table->size = (uint32_t)size;
    return true;
}

static bool take_expire(struct table_reader *r)
{
    const struct word *w = next_word(r);
    return w && value_time(r->b->diags, WORDS_HAPROXY, w, 1, &r->table->expire);
}

static bool take_nopurge(struct table_reader *r)
{
    return r->table->nopurge = true;
}

/* "gpc0", "conn_rate(10s)", "gpc(3)", "gpc_rate(3,10s)" */
static bool take_datum(struct table_reader *r, const struct word *w, struct span text)
{
    struct span rest = text, name = span_cut(&rest, '(');
    enum stick_data d = stick_data_of(name);
    struct span args = rest.ptr && rest.len ? span_first(rest, rest.len - 1) : SPAN("");
    uint64_t count = 1;
    if (d == STICK_DATA_COUNT) {
        struct diag *e = diag_add(r->b->diags, &haproxy_stick_data, w->at, DIAG_TEXT(name));
        const char *names[STICK_DATA_COUNT + 1] = { NULL };
        for (unsigned i = 0; i < STICK_DATA_COUNT; i++)
            names[i] = stick_data_word((enum stick_data)i);
        const char *near = diag_nearest(name, names);
        if (near)
            diag_help(r->b->diags, e, "did you mean `%s`?", near);
        return false;
    }
    if (stick_data_is_array(d)) {
        struct span number = span_cut(&args, ',');
        if (!span_to_u64(number, STICK_ARRAY_MAX, &count) || count == 0)
            goto bad;
    }
    r->table->periods[d] = DURATION_MS(0);
    if (stick_data_is_rate(d)) {
        struct word period = *w;
        period.text = args.ptr ? args : SPAN("");
        if (period.text.len == 0 ||
            !value_time(r->b->diags, WORDS_HAPROXY, &period, 1, &r->table->periods[d]) ||
            r->table->periods[d].ms == 0)
            goto bad;
    }
    r->table->counts[d] = (uint32_t)count;
    return true;
bad:
    diag_add(r->b->diags, &haproxy_stick_argument, w->at, DIAG_TEXT(text));
    return false;
}

/* Commas part what is kept; those in parentheses are of arguments. */
static bool take_store(struct table_reader *r)
{
    const struct word *w = next_word(r);
    if (w == NULL)
        return false;
    unsigned depth = 0;
    size_t from = 0;
    for (size_t i = 0; i <= w->text.len; i++) {
        char c = i < w->text.len ? w->text.ptr[i] : ',';
        depth += c == '(';
        depth -= c == ')' && depth > 0;
        if (c != ',' || depth > 0)
            continue;
        if (!take_datum(r, w, span_of(w->text.ptr + from, i - from)))
            return false;
        from = i + 1;
    }
    return true;
}

static bool take_srvkey(struct table_reader *r)
{
    const struct word *w = next_word(r);
    if (w && !span_eq(w->text, SPAN("name")))
        diag_add(r->b->diags, &conf_refused, w->at,
                 DIAG_TEXT(w->text, SPAN("servers are known by their ids and names, not by addresses")));
    return w && span_eq(w->text, SPAN("name"));
}

static bool take_peers(struct table_reader *r)
{
    const struct word *w = word_at(r->s, r->i - 1);
    diag_add(r->b->diags, &conf_refused, w->at,
             DIAG_TEXT(w->text, SPAN("tables are not shared with other machines yet")));
    return false;
}

static const struct {
    const char *word;
    bool (*take)(struct table_reader *r);
} table_words[] = {
    { "type", take_type },       { "size", take_size },      { "expire", take_expire },
    { "nopurge", take_nopurge }, { "store", take_store },    { "srvkey", take_srvkey },
    { "peers", take_peers },     { "write-to", take_peers }, { "recv-only", take_peers },
};

static bool take_word(struct table_reader *r)
{
    const struct word *w = next_word(r);
    const char *names[COUNT_OF(table_words) + 1] = { NULL };
    for (size_t i = 0; i < COUNT_OF(table_words); i++) {
        names[i] = table_words[i].word;
        if (span_eq(w->text, span_from(table_words[i].word)))
            return table_words[i].take(r);
    }
    struct diag *d =
        diag_add(r->b->diags, &haproxy_action_word, w->at, DIAG_TEXT(w->text, SPAN("stick-table")));
    const char *near = diag_nearest(w->text, names);
    if (near)
        diag_help(r->b->diags, d, "did you mean `%s`?", near);
    return false;
}

void haproxy_compile_stick_table(struct build *b, struct draft *d)
{
    const struct line *l = haproxy_line_last(d, KEPT_STICK_TABLE);
    if (l == NULL)
        return;
    struct opened before = haproxy_line_begin(b, l);
    struct table_reader r = { .b = b, .s = &l->s, .i = 1 };
    r.table = config_add_stick_table(b->config, LANGUAGE_HAPROXY, d->name);
    r.table->at = l->s.at;
    d->table = r.table;
    bool good = true;
    while (good && r.i < l->s.words.count)
        good = take_word(&r);
    if (good && (!r.typed || r.table->size == 0))
        diag_add(b->diags, &haproxy_stick_missing, l->s.at, DIAG_TEXT(r.typed ? SPAN("size") : SPAN("type")));
    haproxy_line_end(b, before);
}

void haproxy_finish_stick_tables(struct build *b)
{
    for (uint32_t i = 0; i < b->config->stick_tables.count; i++)
        stick_table_finish(b->config->stick_tables.items[i]);
}

struct stick_table *haproxy_stick_table(struct build *b, const struct word *w, struct span name)
{
    for (uint32_t i = 0; i < b->proxies.count; i++)
        if (b->proxies.items[i]->table && span_eq(b->proxies.items[i]->name, name))
            return b->proxies.items[i]->table;
    diag_add(b->diags, &haproxy_no_stick_table, w->at, DIAG_TEXT(name));
    return NULL;
}

/* The section's own. */
static struct stick_table *own_table(struct build *b, const struct word *w)
{
    if (b->at->table)
        return b->at->table;
    return haproxy_stick_table(b, w, b->at->name);
}

/* "[table T]" from word <i> on. */
static struct stick_table *table_at(struct build *b, const struct statement *s, uint32_t i)
{
    if (i >= s->words.count)
        return own_table(b, word_at(s, 0));
    if (text_is(s, i, "table") && i + 2 == s->words.count)
        return haproxy_stick_table(b, word_at(s, i + 1), text_at(s, i + 1));
    diag_add(b->diags, &haproxy_action_word, word_at(s, i)->at, DIAG_TEXT(text_at(s, i), text_at(s, 0)));
    return NULL;
}

/* ---- stick on|match|store-request|store-response PATTERN [table T] ---- */

static void stick(struct build *b, const struct statement *s, enum ruleset set, enum action_kind kind)
{
    struct sample sample;
    struct stick_table *t = table_at(b, s, 2);
    b->ruleset = set;
    if (t == NULL || !haproxy_sample(b, word_at(s, 1), false, &sample))
        return;
    t->counts[STICK_SERVER_ID] = 1;
    struct action *a = haproxy_action(b, kind);
    a->expr = sample.expr;
    a->table = t;
}

void haproxy_stick(struct build *b, const struct statement *s)
{
    bool response = text_is(s, 0, "stick store-response");
    if (response) {
        stick(b, s, RULES_STICK_RESPONSE, ACTION_STICK_STORE);
        return;
    }
    if (text_is(s, 0, "stick on") || text_is(s, 0, "stick match"))
        stick(b, s, RULES_STICK, ACTION_STICK_MATCH);
    if (text_is(s, 0, "stick on") || text_is(s, 0, "stick store-request"))
        stick(b, s, RULES_STICK, ACTION_STICK_STORE);
}

/* ---- track-sc0 KEY [table T] ---- */

static bool counter_of(struct build *b, const struct word *w, struct span text, uint32_t *n)
{
    uint64_t number;
    if (!span_to_u64(text, STICK_COUNTERS - 1, &number)) {
        diag_add(b->diags, &haproxy_stick_counter, w->at,
                 DIAG_TEXT(text, arena_printf(b->arena, "%d", STICK_COUNTERS - 1)));
        return false;
    }
    *n = (uint32_t)number;
    return true;
}

/* "track-sc0 KEY", or "track-sc(0) KEY": <low> says which of the two. */
void haproxy_track(struct build *b, const struct keyword *k, const struct statement *s)
{
    uint32_t at = k->low < 0 ? 2 : 1, counter = (uint32_t)k->low;
    struct sample sample;
    if (at >= s->words.count || (k->low < 0 && !counter_of(b, word_at(s, 1), text_at(s, 1), &counter))) {
        if (at >= s->words.count)
            diag_add(b->diags, &conf_arity, s->at, DIAG_TEXT(text_at(s, 0), SPAN("1"), SPAN("0")));
        return;
    }
    struct stick_table *t = table_at(b, s, at + 1);
    if (t == NULL || !haproxy_sample(b, word_at(s, at), false, &sample))
        return;
    struct action *a = haproxy_action(b, ACTION_TRACK);
    a->number = counter;
    a->expr = sample.expr;
    a->table = t;
}

/* ---- sc-inc-gpc0(n), sc-add-gpc(i,n) V, sc-set-gpt0(n) V ---- */

static bool take_value(struct build *b, const struct word *w, struct action *a)
{
    struct sample sample;
    uint64_t n;
    if (span_to_u64(w->text, UINT32_MAX, &n)) {
        a->number = (int64_t)n;
        return true;
    }
    if (!haproxy_sample(b, w, false, &sample))
        return false;
    a->expr = sample.expr;
    return true;
}

/* <low> enum stick_data; <high> 0: one more, 1: so many more, 2: set */
void haproxy_count_action(struct build *b, const struct keyword *k, const struct statement *s)
{
    struct stick_ask *ask = ARENA_NEW(b->arena, struct stick_ask);
    struct span rest = text_at(s, 1), first = span_cut(&rest, ',');
    struct action a = { .number = 1 };
    uint64_t index = 0;
    ask->data = (enum stick_data)k->low;
    if (stick_data_is_array(ask->data)) {
        if (!span_to_u64(first, STICK_ARRAY_MAX - 1, &index) || rest.ptr == NULL) {
            diag_add(b->diags, &haproxy_stick_argument, word_at(s, 1)->at, DIAG_TEXT(text_at(s, 1)));
            return;
        }
        first = rest;
    }
    ask->index = (uint32_t)index;
    if (!counter_of(b, word_at(s, 1), span_trim(first), &ask->counter))
        return;
    if (k->high && (s->words.count < 3 || !take_value(b, word_at(s, 2), &a))) {
        if (s->words.count < 3)
            diag_add(b->diags, &conf_arity, s->at, DIAG_TEXT(text_at(s, 0), SPAN("1"), SPAN("0")));
        return;
    }
    struct action *to = haproxy_action(b, k->high == 2 ? ACTION_STICK_SET : ACTION_STICK_ADD);
    to->stick = ask;
    to->number = a.number;
    to->expr = a.expr;
}
