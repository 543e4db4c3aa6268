/* SPDX-License-Identifier: Apache-2.0 */
#include "model/network_set.h"

#include "base/macros.h"
#include "base/map.h"

/* All networks of one length: the first bytes -> its number. */
struct length {
    uint8_t bits;
    struct map networks;
};
/* Of one address family, the longest first. */
struct family {
    struct {
        struct length *items;
        uint32_t count, room;
    } lengths;
};
struct network_set {
    struct family v4, v6;
};
struct number {
    uint32_t n;
};

static struct length *length_of(struct arena *a, struct family *f, uint8_t bits)
{
    uint32_t at = 0;
    while (at < f->lengths.count && f->lengths.items[at].bits > bits)
        at++;
    if (at < f->lengths.count && f->lengths.items[at].bits == bits)
        return &f->lengths.items[at];
    (void)ARENA_PUSH(a, &f->lengths);
    for (uint32_t i = f->lengths.count - 1; i > at; i--)
        f->lengths.items[i] = f->lengths.items[i - 1];
    struct length *fresh = &f->lengths.items[at];
    *fresh = (struct length){ .bits = bits };
    map_init(&fresh->networks, false);
    return fresh;
}

/* The first <bits> of <ip> in <storage>, as a key. */
static struct span masked(struct span ip, uint8_t bits, char storage[16])
{
    size_t whole = bits / 8, len = whole;
    memcpy(storage, ip.ptr, whole);
    if (bits % 8)
        storage[len++] = (char)((unsigned char)ip.ptr[whole] & (0xff00u >> bits % 8));
    return span_of(storage, len);
}

static void add(struct arena *a, struct network_set *s, const struct network *n, uint32_t number)
{
    struct span ip = address_bytes(&n->base);
    if (ip.len == 0)
        return;
    struct length *l = length_of(a, ip.len == 4 ? &s->v4 : &s->v6, n->bits);
    char storage[16];
    struct span key = masked(ip, n->bits, storage);
    if (map_get(&l->networks, key))
        return;
    struct number *value = ARENA_NEW(a, struct number);
    value->n = number;
    (void)map_put(a, &l->networks, arena_span(a, key), value);
}

const struct network_set *network_set_new(struct arena *a, const struct network *networks, uint32_t count)
{
    struct network_set *s = ARENA_NEW(a, struct network_set);
    for (uint32_t i = 0; i < count; i++)
        add(a, s, &networks[i], i);
    return s;
}

int64_t network_set_find(const struct network_set *s, const struct address *address)
{
    struct address plain = *address;
    address_unmap(&plain);
    struct span ip = address_bytes(&plain);
    if (ip.len == 0)
        return -1;
    const struct family *f = ip.len == 4 ? &s->v4 : &s->v6;
    for (uint32_t i = 0; i < f->lengths.count; i++) {
        char storage[16];
        const struct number *found =
            map_get(&f->lengths.items[i].networks, masked(ip, f->lengths.items[i].bits, storage));
        if (found)
            return found->n;
    }
    return -1;
}
