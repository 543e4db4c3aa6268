/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of addresses in geo: a later one takes from earlier ones what it covers, and all of them become
 * networks, of which an address is in one at most. */
#include <arpa/inet.h>
#include <string.h>

#include "base/macros.h"
#include "conf/nginx/nginx_internal.h"
#include "model/lookup.h"

static bool parse_address(struct span text, uint32_t *out)
{
    struct address a;
    if (!address_parse_ip(text, &a) || address_family(&a) != AF_INET)
        return false;
    *out = ntohl(a.u.in.sin_addr.s_addr);
    return true;
}

bool nginx_geo_range(struct span text, struct geo_range *out)
{
    struct span rest = text, first = span_cut(&rest, '-');
    return rest.ptr && parse_address(first, &out->from) && parse_address(rest, &out->to) &&
           out->from <= out->to;
}

/* The first range that ends at <from> or behind it. */
static uint32_t find(const struct geo_ranges *g, uint32_t from)
{
    uint32_t low = 0, high = g->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (g->items[middle].to < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct arena *a, struct geo_ranges *g, uint32_t at, const struct geo_range *r)
{
    (void)ARENA_PUSH(a, g);
    memmove(&g->items[at + 1], &g->items[at], (g->count - 1 - at) * sizeof(*r));
    g->items[at] = *r;
}

static void cut_out(struct geo_ranges *g, uint32_t at, uint32_t count)
{
    if (count == 0)
        return;
    memmove(&g->items[at], &g->items[at + count], (g->count - at - count) * sizeof(*g->items));
    g->count -= count;
}

/* Nothing is left of <from> to <to>; gives where that was. */
static uint32_t clear(struct arena *a, struct geo_ranges *g, uint32_t from, uint32_t to)
{
    uint32_t at = find(g, from);
    if (at < g->count && g->items[at].from < from && g->items[at].to > to) { /* out of its middle */
        struct geo_range behind = g->items[at];
        behind.from = to + 1;
        g->items[at].to = from - 1;
        insert(a, g, at + 1, &behind);
        return at + 1;
    }
    if (at < g->count && g->items[at].from < from) {
        g->items[at].to = from - 1;
        at++;
    }
    uint32_t end = at;
    while (end < g->count && g->items[end].to <= to)
        end++;
    cut_out(g, at, end - at);
    if (at < g->count && g->items[at].from <= to)
        g->items[at].from = to + 1;
    return at;
}

void nginx_geo_put(struct arena *a, struct geo_ranges *g, const struct geo_range *r)
{
    uint32_t at = clear(a, g, r->from, r->to);
    if (r->value)
        insert(a, g, at, r);
}

/* ---- networks ---- */

static void add_network(struct arena *a, struct lookup *l, const struct geo_range *r, uint32_t base,
                        unsigned bits)
{
    struct lookup_row row = { .how = MATCH_IP, .value = r->value, .at = r->at };
    struct span text =
        arena_printf(a, "%u.%u.%u.%u/%u", base >> 24, base >> 16 & 255, base >> 8 & 255, base & 255, bits);
    row.text = text;
    BUG_ON(!network_parse(text, &row.network));
    *ARENA_PUSH(a, &l->rows) = row;
}

/* As few networks as hold it and nothing else: at most 62. */
static void add_range(struct arena *a, struct lookup *l, const struct geo_range *r)
{
    uint64_t from = r->from, end = (uint64_t)r->to + 1;
    while (from < end) {
        unsigned bits = 32;
        while (bits > 0 && (from & ((UINT64_C(1) << (33 - bits)) - 1)) == 0 &&
               from + (UINT64_C(1) << (33 - bits)) <= end)
            bits--;
        add_network(a, l, r, (uint32_t)from, bits);
        from += UINT64_C(1) << (32 - bits);
    }
}

void nginx_geo_rows(struct arena *a, const struct geo_ranges *g, struct lookup *l)
{
    for (uint32_t i = 0; i < g->count; i++)
        add_range(a, l, &g->items[i]);
}
