/* SPDX-License-Identifier: Apache-2.0 */
/* map and geo: variables that are looked up. */
#include "conf/nginx/nginx_internal.h"

#include "base/macros.h"
#include "model/lookup.h"

/* A map that needs a map that needs a map ... */
enum { MAP_DEPTH_MAX = 32 };

struct pending_lookup {
    struct statement opening;
    struct kept rows;
    struct span name;
    bool geo, hostnames, busy, bad;
    bool ranged;           /* geo: rows are ranges of addresses */
    bool split;            /* split_clients: rows are shares of 0 to 10000 */
    struct lookup *lookup; /* once compiled */
};

static void keep_row(struct build *b, void *self, const struct statement *s)
{
    struct pending_lookup *p = self;
    struct span first = text_at(s, 0);
    if (s->words.count == 1 && !p->geo && span_eq(first, SPAN("hostnames"))) {
        p->hostnames = true;
    } else if (s->words.count == 1 && span_eq(first, SPAN("volatile"))) {
        return; /* every use is computed anew in any case */
    } else if (p->geo && s->words.count == 1 && span_eq(first, SPAN("ranges"))) {
        if (p->rows.count)
            diag_add(b->diags, &nginx_geo_late_ranges, s->at, DIAG_NO_TEXT);
        p->ranged = true;
    } else if (p->geo && (span_eq(first, SPAN("proxy")) || span_eq(first, SPAN("proxy_recursive")))) {
        diag_add(b->diags, &nginx_geo_refused, s->at, DIAG_TEXT(first));
    } else if (s->words.count != 2) {
        diag_add(b->diags, &nginx_map_row, s->at, DIAG_TEXT(p->geo ? SPAN("geo") : SPAN("map")));
    } else {
        *ARENA_PUSH(b->arena, &p->rows) = *s;
    }
}

static void read_lookup(struct build *b, const struct statement *s, bool geo)
{
    struct side *side = b->context & IN_STREAM ? &b->stream : &b->http;
    struct pending_lookup *p = ARENA_NEW(b->arena, struct pending_lookup);
    p->opening = *s;
    p->geo = geo;
    const struct word *w = word_at(s, s->words.count - 1);
    nginx_read_rows(b, keep_row, p);
    if (!nginx_new_variable(b, w, &p->name))
        return;
    struct variable_def *before = map_get(&side->variables, p->name);
    if (before &&
        before->kind == VARIABLE_LOOKUP) { /* files that are included by several sites have the same */
        struct diag *d = diag_add(b->diags, &nginx_map_again, w->at, DIAG_TEXT(p->name));
        diag_also(b->diags, d, before->at, "the first one");
        *before = (struct variable_def){ .kind = VARIABLE_LOOKUP, .lookup = p, .at = w->at };
        return;
    }
    if (before || nginx_is_builtin(side, p->name)) {
        struct diag *d = diag_add(b->diags, &nginx_duplicate_variable, w->at, DIAG_TEXT(p->name));
        if (before)
            diag_also(b->diags, d, before->at, "the first one");
        return;
    }
    struct variable_def *def = ARENA_NEW(b->arena, struct variable_def);
    *def = (struct variable_def){ .kind = VARIABLE_LOOKUP, .lookup = p, .at = w->at };
    (void)map_put(b->arena, &side->variables, p->name, def);
}

static void on_split(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    read_lookup(b, s, false);
    struct span name = span_from_index(text_at(s, 2), 1);
    struct side *side = b->context & IN_STREAM ? &b->stream : &b->http;
    struct variable_def *def = map_get(&side->variables, name);
    if (def && def->kind == VARIABLE_LOOKUP && def->at.offset == word_at(s, 2)->at.offset)
        def->lookup->split = true;
}

static void on_map(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    read_lookup(b, s, false);
}

static void on_geo(struct build *b, const struct keyword *k, const struct statement *s)
{
    (void)k;
    read_lookup(b, s, true);
}

/* ---- compiling ---- */

/* "~pattern", "~*pattern": false when it is one that does not compile. */
static bool row_regex(struct build *b, struct side *side, const struct word *w, struct lookup_row *row)
{
    bool nocase = span_starts_with(w->text, SPAN("~*"));
    row->how = MATCH_REGEX;
    row->regex = nginx_regex(b, side, w, span_from_index(w->text, nocase ? 2 : 1), nocase);
    return row->regex != NULL;
}

static void say_conflict(struct build *b, const struct word *w, struct where first, bool geo)
{
    const struct diag_kind *kind = geo ? &nginx_geo_again : &nginx_map_conflict;
    struct diag *d = diag_add(b->diags, kind, w->at, DIAG_TEXT(w->text));
    diag_also(b->diags, d, first, "the first one");
}

/* geo's `default` and `delete` mean other rows. */
static bool add_special(struct build *b, struct pending_lookup *p, const struct statement *s)
{
    struct network n;
    if (span_eq(text_at(s, 0), SPAN("default"))) {
        p->lookup->fallback = expr_text(b->arena, text_at(s, 1));
        return true;
    }
    if (!span_eq(text_at(s, 0), SPAN("delete")))
        return false;
    if (!value_network(b->diags, word_at(s, 1), &n))
        return true;
    for (uint32_t i = 0; i < p->lookup->rows.count; i++) {
        struct lookup_row *row = &p->lookup->rows.items[i];
        if (row->network.bits != n.bits || !network_contains(&row->network, &n.base))
            continue;
        *row = p->lookup->rows.items[--p->lookup->rows.count];
        break;
    }
    return true;
}

static void add_ranges(struct build *b, struct pending_lookup *p)
{
    struct geo_ranges all = { 0 };
    for (uint32_t i = 0; i < p->rows.count; i++) {
        const struct statement *s = &p->rows.items[i];
        struct geo_range r = { .at = s->at };
        bool gone = span_eq(text_at(s, 0), SPAN("delete"));
        if (!gone && add_special(b, p, s))
            continue;
        const struct word *w = word_at(s, gone);
        if (!nginx_geo_range(w->text, &r)) {
            diag_add(b->diags, &nginx_geo_no_range, w->at, DIAG_TEXT(w->text));
            continue;
        }
        r.value = gone ? NULL : expr_text(b->arena, text_at(s, 1));
        nginx_geo_put(b->arena, &all, &r);
    }
    nginx_geo_rows(b->arena, &all, p->lookup);
}

/* Of a network that is there twice the last value counts. */
static void replace_value(struct pending_lookup *p, const struct lookup_row *row)
{
    for (uint32_t i = 0; p->geo && i < p->lookup->rows.count; i++)
        if (span_eq(p->lookup->rows.items[i].text, row->text))
            p->lookup->rows.items[i].value = row->value;
}

static void add_row(struct build *b, struct side *side, struct pending_lookup *p, struct map *seen,
                    const struct statement *s)
{
    const struct word *w = word_at(s, 0);
    if (p->geo && add_special(b, p, s))
        return;
    struct lookup_row row = { .how = MATCH_EXACT, .text = w->text, .at = s->at };
    bool fallback = span_eq(w->text, SPAN("default"));
    bool good = true;
    if (p->geo && !fallback) {
        row.how = MATCH_IP;
        good = value_network(b->diags, w, &row.network);
    } else if (!p->geo && span_starts_with(w->text, SPAN("~"))) {
        good = row_regex(b, side, w, &row);
    } else if (!p->geo && span_starts_with(w->text, SPAN("\\"))) {
        row.text = span_from_index(w->text, 1); /* "\default" */
    }
    row.value = p->geo ? expr_text(b->arena, text_at(s, 1)) : nginx_expr(b, side, word_at(s, 1), row.regex);
    struct statement *first = map_get(seen, w->text);
    if (first)
        say_conflict(b, w, first->at, p->geo);
    else
        (void)map_put(b->arena, seen, w->text, arena_alloc(b->arena, sizeof(*s)));
    if (!good)
        return;
    if (first) {
        replace_value(p, &row);
        return;
    }
    *(struct statement *)map_get(seen, w->text) = *s;
    if (fallback)
        p->lookup->fallback = row.value;
    else
        *ARENA_PUSH(b->arena, &p->lookup->rows) = row;
}

/* "0.5%": hundredths of a percent. */
static bool parse_share(struct build *b, const struct word *w, uint64_t *out)
{
    struct span whole = w->text, rest;
    uint64_t n = 0, part = 0;
    bool good = span_ends_with(whole, SPAN("%"));
    whole.len -= good;
    rest = whole;
    whole = span_cut(&rest, '.');
    good = good && span_to_u64(whole, 100, &n) &&
           (rest.ptr == NULL || (rest.len <= 2 && span_to_u64(rest, 99, &part)));
    *out = n * 100 + (rest.len == 1 ? part * 10 : part);
    if (!good || *out == 0 || *out > 10000)
        diag_add(b->diags, &nginx_bad_share, w->at, DIAG_TEXT(w->text));
    return good && *out && *out <= 10000;
}

/* Each row takes its share of the hash's 32 bits, in order. */
static void add_shares(struct build *b, struct pending_lookup *p)
{
    uint64_t sum = 0, last = 0, share;
    for (uint32_t i = 0; i < p->rows.count; i++) {
        const struct statement *s = &p->rows.items[i];
        const struct expr *value = expr_text(b->arena, text_at(s, 1)); /* as it is: no variables */
        if (span_eq(text_at(s, 0), SPAN("*"))) {
            p->lookup->fallback = value;
            continue;
        }
        if (!parse_share(b, word_at(s, 0), &share))
            continue;
        sum += share;
        if (sum > 10000)
            diag_add(b->diags, &nginx_bad_share, word_at(s, 0)->at, DIAG_TEXT(text_at(s, 0)));
        uint64_t end = last + share * 0xffffffffu / 10000;
        struct lookup_row row = { .how = MATCH_INT, .value = value, .at = s->at };
        row.range = (struct int_range){ (int64_t)last, (int64_t)end - 1 };
        *ARENA_PUSH(b->arena, &p->lookup->rows) = row;
        last = end;
    }
}

static const struct expr *subject_of(struct build *b, struct side *side, const struct pending_lookup *p)
{
    if (p->opening.words.count > 2)
        return nginx_expr(b, side, word_at(&p->opening, 1), NULL);
    return expr_fetch(b->arena, FETCH_CLIENT_IP, SPAN(""));
}

static unsigned depth_of(const struct side *side)
{
    unsigned busy = 0;
    for (uint32_t i = 0; i < side->variables.room; i++) {
        const struct variable_def *def = map_at(&side->variables, i)->value;
        busy += def && def->kind == VARIABLE_LOOKUP && def->lookup->busy;
    }
    return busy;
}

const struct lookup *nginx_lookup(struct build *b, struct side *side, struct pending_lookup *p,
                                  struct where asked)
{
    if (p->lookup && !p->busy)
        return p->bad ? NULL : p->lookup;
    if (p->busy || depth_of(side) >= MAP_DEPTH_MAX) {
        diag_add(b->diags, &nginx_variable_circle, asked, DIAG_TEXT(p->name));
        p->bad = true;
        return NULL;
    }
    p->busy = true;
    struct map seen;
    map_init(&seen, false);
    p->lookup = ARENA_NEW(b->arena, struct lookup);
    p->lookup->name = p->name;
    p->lookup->at = p->opening.at;
    p->lookup->nocase = !p->geo;
    p->lookup->hostnames = p->hostnames;
    p->lookup->subject = subject_of(b, side, p);
    p->lookup->fallback = expr_text(b->arena, SPAN(""));
    p->lookup->by_hash = p->split;
    if (p->split)
        add_shares(b, p);
    if (p->ranged)
        add_ranges(b, p);
    for (uint32_t i = 0; !p->split && !p->ranged && i < p->rows.count; i++)
        add_row(b, side, p, &seen, &p->rows.items[i]);
    lookup_finish(b->arena, p->lookup);
    p->busy = false;
    return p->bad ? NULL : p->lookup;
}

/* Maps that nobody uses are looked at all the same. */
void nginx_compile_lookups(struct build *b, struct side *side)
{
    for (uint32_t i = 0; i < side->variables.room; i++) {
        const struct variable_def *def = map_at(&side->variables, i)->value;
        if (def && def->kind == VARIABLE_LOOKUP)
            (void)nginx_lookup(b, side, def->lookup, def->at);
    }
}

/* clang-format off */
const struct keyword nginx_map_words[] = {
    { "map", IN_HTTP | IN_STREAM, 2, 2, .block = true, .handle = on_map, .manual = "a variable that depends on others: texts, masks, regular expressions" },
    { "split_clients", IN_HTTP | IN_STREAM, 2, 2, .block = true, .handle = on_split, .manual = "a variable whose values have shares: of each key always the same" },
    { "geo", IN_HTTP | IN_STREAM, 1, 2, .block = true, .handle = on_geo, .manual = "a variable that depends on an address: networks, or ranges; delete" },
    { NULL },
};
/* clang-format on */
