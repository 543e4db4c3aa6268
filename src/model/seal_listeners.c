/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening addresses at the end of building: what the kernel would refuse, or
 * share out by chance between two files, is said before anything is bound.
 */
#include "model/config_internal.h"
#include "model/diag_model.h"

static const struct diag_kind one_address = {
    .code = "K0520",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` is listened on twice",
    .zh = "重复监听了 `{0}`",
    .nginx = "a duplicate listen {0}",
    .more = "Of two listeners on one address each would get the connections by chance. Give one of them "
            "another port or address, or let one listener serve both.",
};
static const struct diag_kind overlapping = {
    .code = "K0521",
    .severity = SEVERITY_ERROR,
    .en = "`{0}` and `{1}` listen on one port, and one of them takes every address",
    .zh = "`{0}` 与 `{1}` 监听同一个端口, 而其中一个占用了所有地址",
    .more =
        "The kernel refuses to bind a port for one address when the same port is bound for every address. "
        "Name the addresses in both places, or use another port.",
};
static const struct diag_kind one_descriptor = {
    .code = "K0522",
    .severity = SEVERITY_ERROR,
    .en = "the inherited descriptor {0} is used twice",
    .zh = "继承的文件描述符 {0} 被使用了两次",
};
const struct diag_kind *const seal_listener_kinds[] = { &one_address, &overlapping, &one_descriptor, NULL };

static bool is_every_address(const struct address *a)
{
    if (address_family(a) == AF_INET)
        return a->u.in.sin_addr.s_addr == htonl(INADDR_ANY);
    return address_family(a) == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->u.in6.sin6_addr);
}

/* Would the kernel see the other's address as taken by <all>, which listens on every one? */
static bool covers(const struct listener *all, const struct listener *other)
{
    if (!is_every_address(&all->address))
        return false;
    return address_family(&all->address) == address_family(&other->address) ||
           (address_family(&all->address) == AF_INET6 && address_family(&other->address) == AF_INET &&
            !all->v6only);
}

static bool same_place(const struct listener *a, const struct listener *b)
{
    return a->datagram == b->datagram && span_eq(a->namespace, b->namespace) &&
           span_eq(a->interface, b->interface);
}

static struct diag *report(struct diags *d, const struct diag_kind *kind, const struct listener *first,
                           const struct listener *second)
{
    struct diag *e = diag_add(d, kind, second->at, DIAG_TEXT(first->written, second->written));
    return diag_also(d, e, first->at, "the first one");
}

/* One service may have several sockets on an address (HAProxy: a bind line a thread), if the kernel lets it.
 */
static bool is_shared_on_purpose(const struct listener *a, const struct listener *b)
{
    return a->service == b->service && a->reuseport && b->reuseport;
}

static void compare(struct diags *d, const struct listener *first, const struct listener *second)
{
    if (!same_place(first, second))
        return;
    if (address_eq(&first->address, &second->address)) {
        if (!is_shared_on_purpose(first, second))
            (void)report(d, &one_address, first, second);
        return;
    }
    if (first->reuseport && second->reuseport)
        return; /* the kernel gives the connection to the nearer address */
    if (covers(first, second) || covers(second, first))
        (void)report(d, &overlapping, first, second);
}

/* Only listeners of one port, or UNIX sockets of one path, can be in each other's way. */
static struct span group_key(struct config *c, const struct listener *l)
{
    if (l->fd >= 0)
        return arena_printf(c->arena, "fd %d", l->fd);
    if (address_family(&l->address) != AF_UNIX)
        return arena_printf(c->arena, "port %u", address_port(&l->address));
    char text[256];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    address_put(&b, &l->address);
    return arena_span(c->arena, buf_span(&b));
}

struct group_of_listeners {
    LIST_OF(const struct listener *) members;
};

void seal_listeners(struct config *c, struct diags *d)
{
    struct map groups;
    map_init(&groups, false);
    for (uint32_t i = 0; i < c->listeners.count; i++) {
        const struct listener *l = c->listeners.items[i];
        struct span key = group_key(c, l);
        struct group_of_listeners *g = map_get(&groups, key);
        if (g == NULL) {
            g = ARENA_NEW(c->arena, struct group_of_listeners);
            (void)map_put(c->arena, &groups, key, g);
        }
        for (uint32_t k = 0; k < g->members.count; k++) {
            if (l->fd < 0)
                compare(d, g->members.items[k], l);
            else
                (void)diag_also(d, diag_add(d, &one_descriptor, l->at, DIAG_TEXT(span_from_index(key, 3))),
                                g->members.items[k]->at, "the first one");
        }
        *ARENA_PUSH(c->arena, &g->members) = l;
    }
}
