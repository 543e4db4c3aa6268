/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lookup.h"

#include "base/macros.h"
#include "model/network_set.h"
#include "model/regex.h"
#include "model/text_match.h"

static bool span_to_i64(struct span s, int64_t *out)
{
    bool minus = s.len && s.ptr[0] == '-';
    uint64_t n;
    if (!span_to_u64(span_from_index(s, minus), INT64_MAX, &n))
        return false;
    *out = minus ? -(int64_t)n : (int64_t)n;
    return true;
}

/* The first of two rows with one text wins. */
static void put_first(struct arena *a, struct map *m, struct span key, struct lookup_row *row)
{
    if (map_get(m, key) == NULL)
        (void)map_put(a, m, key, row);
}

static void add_text(struct arena *a, struct lookup *l, struct lookup_row *row)
{
    struct span t = row->text;
    if (l->hostnames && span_starts_with(t, SPAN("*."))) {
        put_first(a, &l->suffixes, span_from_index(t, 2), row);
    } else if (l->hostnames && span_starts_with(t, SPAN("."))) {
        put_first(a, &l->exact, span_from_index(t, 1), row);
        put_first(a, &l->suffixes, span_from_index(t, 1), row);
    } else if (l->hostnames && span_ends_with(t, SPAN(".*"))) {
        put_first(a, &l->prefixes, span_first(t, t.len - 2), row);
    } else {
        put_first(a, &l->exact, t, row);
    }
}

/* So many hashes as there are lengths, however many texts there are. */
static void add_beginning(struct arena *a, struct lookup *l, struct lookup_row *row)
{
    uint32_t len = (uint32_t)row->text.len, i = 0;
    put_first(a, &l->begins, row->text, row);
    while (i < l->begin_lens.count && l->begin_lens.items[i] > len)
        i++;
    if (i < l->begin_lens.count && l->begin_lens.items[i] == len)
        return;
    *ARENA_PUSH(a, &l->begin_lens) = len;
    for (uint32_t k = l->begin_lens.count - 1; k > i; k--)
        l->begin_lens.items[k] = l->begin_lens.items[k - 1];
    l->begin_lens.items[i] = len;
}

/* The numbers that network_set gives are those of the rows: the others count as no network. */
static const struct network_set *networks_of(struct arena *a, const struct lookup *l)
{
    struct network *all = ARENA_ARRAY(a, l->rows.count, struct network);
    bool any = false;
    for (uint32_t i = 0; i < l->rows.count; i++) {
        if (l->rows.items[i].how == MATCH_IP) {
            all[i] = l->rows.items[i].network;
            any = true;
        }
    }
    return any ? network_set_new(a, all, l->rows.count) : NULL;
}

void lookup_finish(struct arena *a, struct lookup *l)
{
    BUG_ON(l->finished);
    l->finished = true;
    bool nocase = l->nocase || l->hostnames;
    map_init(&l->exact, nocase);
    map_init(&l->suffixes, nocase);
    map_init(&l->prefixes, nocase);
    map_init(&l->begins, nocase);
    l->needs = l->fallback ? l->fallback->needs : 0;
    for (uint32_t i = 0; i < l->rows.count; i++) {
        struct lookup_row *row = &l->rows.items[i];
        l->needs |= row->value ? row->value->needs : 0;
        if (row->how == MATCH_EXACT)
            add_text(a, l, row);
        else if (row->how == MATCH_BEGIN)
            add_beginning(a, l, row);
        else if (row->how != MATCH_IP)
            *ARENA_PUSH(a, &l->others) = row;
    }
    l->networks = networks_of(a, l);
}

/* "a.b.c": "b.c", then "c". */
static const struct lookup_row *longest_suffix(const struct map *m, struct span host)
{
    for (size_t dot; (dot = span_find_char(host, '.')) != SPAN_NONE;) {
        host = span_from_index(host, dot + 1);
        const struct lookup_row *row = map_get(m, host);
        if (row)
            return row;
    }
    return NULL;
}

/* "a.b.c": "a.b", then "a". */
static const struct lookup_row *longest_prefix(const struct map *m, struct span host)
{
    while (host.len) {
        host.len--;
        if (host.ptr[host.len] != '.')
            continue;
        const struct lookup_row *row = map_get(m, host);
        if (row)
            return row;
    }
    return NULL;
}

static const struct lookup_row *find_text(const struct lookup *l, struct span s)
{
    if (l->hostnames && span_ends_with(s, SPAN(".")))
        s.len--;
    const struct lookup_row *row = map_get(&l->exact, s);
    if (row == NULL && l->suffixes.count)
        row = longest_suffix(&l->suffixes, s);
    if (row == NULL && l->prefixes.count)
        row = longest_prefix(&l->prefixes, s);
    return row;
}

static const struct lookup_row *find_network(const struct lookup *l, struct span s, const struct address *ip)
{
    struct address parsed;
    if (ip == NULL) {
        if (!address_parse_ip(s, &parsed))
            return NULL;
        ip = &parsed;
    }
    int64_t at = network_set_find(l->networks, ip);
    return at < 0 ? NULL : &l->rows.items[at];
}

static bool row_matches(const struct lookup_row *row, struct span s, bool nocase, struct regex_match *match)
{
    int64_t n;
    if (row->how == MATCH_REGEX)
        return regex_matches(row->regex, s, match);
    if (row->how == MATCH_LEN)
        return row->range.low <= (int64_t)s.len && (int64_t)s.len <= row->range.high;
    if (row->how == MATCH_INT)
        return span_to_i64(s, &n) && row->range.low <= n && n <= row->range.high;
    return text_matches(row->how, s, row->text, nocase);
}

const struct lookup_row *lookup_find(const struct lookup *l, struct span subject, const struct address *ip,
                                     struct regex_match *match)
{
    BUG_ON(!l->finished);
    const struct lookup_row *row = find_text(l, subject);
    if (row == NULL && l->networks)
        row = find_network(l, subject, ip);
    for (uint32_t i = 0; row == NULL && i < l->begin_lens.count; i++)
        if (l->begin_lens.items[i] <= subject.len)
            row = map_get(&l->begins, span_first(subject, l->begin_lens.items[i]));
    for (uint32_t i = 0; row == NULL && i < l->others.count; i++)
        if (row_matches(l->others.items[i], subject, l->nocase, match))
            row = l->others.items[i];
    return row;
}
