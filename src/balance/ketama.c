/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nginx's `hash ... consistent`: each server has 160 points for each of its
 * weight on a ring of 32 bits; a key belongs to the first point at or after its
 * CRC-32. A point is the CRC-32 of host, NUL, port and the point before it (four
 * bytes, the lowest first). Host and port are those of the name as written: no
 * port when none was written, the path alone for unix:, brackets stay. Servers
 * of one name share their points, and take them by turn. Measured on nginx 1.22.
 */
#include "balance/internal.h"

#include <stdlib.h>
#include <zlib.h>

enum { POINTS = 160, STEPS_MAX = 21 };

struct point {
    uint32_t hash;
    uint32_t entry; /* the first of its name */
};
struct ring {
    struct point *points;
    uint32_t count;
    struct entry **equals; /* room for servers of one name */
};

static uint32_t crc(uint32_t before, const void *bytes, size_t len)
{
    return len == 0 ? before : (uint32_t)crc32_z(before, bytes, len);
}

static void host_and_port(struct span name, struct span *host, struct span *port)
{
    if (span_starts_with_nocase(name, SPAN("unix:"))) {
        *host = span_from_index(name, 5);
        *port = SPAN("");
        return;
    }
    size_t colon = name.len;
    while (colon && name.ptr[colon - 1] != ':' && name.ptr[colon - 1] != ']')
        colon--;
    bool has_port = colon && name.ptr[colon - 1] == ':';
    *host = has_port ? span_first(name, colon - 1) : name;
    *port = has_port ? span_from_index(name, colon) : SPAN("");
}

static int by_hash(const void *a, const void *b)
{
    const struct point *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static void add_points(struct ring *r, const struct side *g, uint32_t entry)
{
    struct span host, port;
    const struct server *model = g->entries[entry].model;
    host_and_port(model->name, &host, &port);
    uint32_t base = crc(crc(crc(0, host.ptr, host.len), "", 1), port.ptr, port.len), before = 0;
    for (uint64_t i = 0; i < (uint64_t)model->weight * POINTS; i++) {
        unsigned char bytes[4] = { (unsigned char)before, (unsigned char)(before >> 8),
                                   (unsigned char)(before >> 16), (unsigned char)(before >> 24) };
        before = crc(base, bytes, sizeof(bytes));
        r->points[r->count++] = (struct point){ before, entry };
    }
}

/* The first entry of each name leads the others. */
static uint32_t leader_of(struct arena *a, struct map *names, struct side *g, uint32_t entry)
{
    struct entry *e = &g->entries[entry];
    struct entry *first = map_get(names, e->model->name);
    if (first == NULL) {
        (void)map_put(a, names, e->model->name, e);
        return entry;
    }
    e->same_name = first->same_name;
    first->same_name = e;
    return (uint32_t)(first - g->entries);
}

static void prepare(struct arena *a, struct side *g)
{
    smooth_prepare(a, g);
    struct ring *r = g->own = ARENA_NEW(a, struct ring);
    r->equals = ARENA_ARRAY(a, g->count, struct entry *);
    uint64_t room = 0;
    for (uint32_t i = 0; i < g->count; i++)
        room += (uint64_t)g->entries[i].model->weight * POINTS;
    BUG_ON(room > UINT32_MAX / sizeof(struct point)); /* the dialect bounds weights */
    r->points = ARENA_ARRAY(a, room ? room : 1, struct point);
    struct map names;
    map_init(&names, true);
    for (uint32_t i = 0; i < g->count; i++) {
        uint32_t leader = leader_of(a, &names, g, i);
        uint32_t from = r->count;
        add_points(r, g, i);
        for (uint32_t k = from; k < r->count; k++)
            r->points[k].entry = leader;
    }
    if (r->count == 0)
        return;
    qsort(r->points, r->count, sizeof(*r->points), by_hash);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < r->count; i++)
        if (r->points[i].hash != r->points[kept - 1].hash)
            r->points[kept++] = r->points[i];
    r->count = kept;
}

static uint32_t point_at(const struct ring *r, uint32_t hash)
{
    uint32_t low = 0, high = r->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (r->points[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low == r->count ? 0 : low;
}

/* Of the servers of one name, the one whose turn it is. */
static struct entry *one_of_name(struct side *g, const struct choice *c, struct entry *first)
{
    struct ring *r = g->own;
    uint32_t count = 0;
    for (struct entry *e = first; e; e = e->same_name)
        if (may_take(c, e))
            r->equals[count++] = e;
    return count > 1 ? smooth_among(r->equals, count) : count ? r->equals[0] : NULL;
}

static struct entry *choose(struct side *g, const struct choice *c, enum pick_reason *why)
{
    const struct ring *r = g->own;
    struct span key = c->request->key;
    uint32_t at = r->count ? point_at(r, crc(0, key.ptr, key.len)) : 0;
    for (unsigned i = 0; key.len && r->count && i < STEPS_MAX; i++) {
        struct entry *e = one_of_name(g, c, &g->entries[r->points[at].entry]);
        *why = i ? PICK_HASHED_ON : PICK_HASHED;
        if (e)
            return e;
        at = at + 1 == r->count ? 0 : at + 1;
    }
    *why = PICK_HASHED_TURN;
    return smooth_choose(g, c);
}

const struct algorithm algorithm_ketama = {
    .prepare = prepare,
    .changed = smooth_changed,
    .choose = choose,
};
