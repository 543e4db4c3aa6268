/* SPDX-License-Identifier: Apache-2.0 */
#include "vrrp/vip.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum {
    RETRY_S = 5,
    PATIENCE =
        5, /* times that an address is put back in a row before the operator hears that it is hopeless */
    IN_A_ROW_S = 10,
    SLOWER_S = 1, /* after that only so often */
};

static uint32_t total(const struct vrrp_instance *m)
{
    return m->addresses.count + m->excluded.count;
}

void vip_init(struct vip *v, const struct vrrp_host *host, struct netlink *n, const struct links *l,
              const struct vrrp_instance *model)
{
    *v = (struct vip){ .host = host, .netlink = n, .links = l, .model = model, .count = total(model) };
    v->items = calloc(v->count ? v->count : 1, sizeof(*v->items));
    if (v->items == NULL)
        oom_die(v->count * sizeof(*v->items));
    for (uint32_t i = 0; i < v->count; i++)
        v->items[i].model = i < model->addresses.count ? &model->addresses.items[i]
                                                       : &model->excluded.items[i - model->addresses.count];
}

void vip_fini(struct vip *v)
{
    free(v->items);
    v->items = NULL;
    v->count = 0;
}

static unsigned index_of(const struct vip *v, uint32_t interface)
{
    const struct link_state *l = links_at(v->links, interface);
    return l ? l->index : interface == VRRP_NONE ? v->home : 0;
}

void vip_set_home(struct vip *v, unsigned index)
{
    v->home = index;
    for (uint32_t i = 0; i < v->count; i++) {
        struct vip_item *item = &v->items[i];
        unsigned fresh = index_of(v, item->model->interface);
        if (fresh != item->index) /* with its interface went the address */
            item->ours = false;
        item->index = fresh;
    }
}

static bool is_deprecated(const struct vrrp_address *m)
{
    if (m->preferred == VRRP_LIFE_AUTO) /* a /128 is for being reached, not for calling from */
        return address_family(&m->ip) == AF_INET6 && m->bits == 128;
    return m->preferred == VRRP_LIFE_DEPRECATED;
}

static struct address all_hosts(const struct vrrp_address *m)
{
    struct address a = m->ip;
    uint32_t host = m->bits >= 32 ? 0 : UINT32_MAX >> m->bits;
    a.u.in.sin_addr.s_addr |= htonl(host);
    return a;
}

static struct netlink_address wire_of(const struct vip_item *item)
{
    const struct vrrp_address *m = item->model;
    struct netlink_address a = { .index = item->index,
                                 .ip = m->ip,
                                 .bits = m->bits,
                                 .peer = m->peer,
                                 .broadcast = m->broadcast_auto ? all_hosts(m) : m->broadcast,
                                 .scope = m->scope,
                                 .flags = m->flags,
                                 .deprecated = is_deprecated(m) };
    /* Who becomes master has asked already who else is: no duplicate detection, which would take a second. */
    if (address_family(&m->ip) == AF_INET6)
        a.flags |= IFA_F_NODAD;
    memcpy(a.label, m->label, sizeof(a.label));
    return a;
}

static void say_failure(const struct vip *v, const struct diag_kind *kind)
{
    char text[400];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    netlink_put_failure(&b, netlink_failure(v->netlink));
    SAY(v->host, kind, v->model->name, buf_span(&b));
}

/* What the kernel's word does not say. */
static void put_remedy(struct buf *b, const struct vip_item *item, int error)
{
    char name[IFNAMSIZ] = "?";
    (void)if_indextoname(item->index, name);
    if (error == EACCES && address_family(&item->model->ip) == AF_INET6)
        buf_printf(b, " (IPv6 is switched off there: sysctl net.ipv6.conf.%s.disable_ipv6=0)", name);
    else if (error == EINVAL || error == EADDRNOTAVAIL)
        buf_put(b, SPAN(" (an interface has no such address: compare the file with `ip address`)"));
}

static void say_not_added_one(const struct vip *v, const struct vip_item *item)
{
    char text[400];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    netlink_put_failure(&b, netlink_failure(v->netlink));
    put_remedy(&b, item, netlink_failure(v->netlink)->error);
    SAY(v->host, &say_not_added, v->model->name, buf_span(&b));
}

static void say_address(const struct vip *v, const struct diag_kind *kind, const struct vip_item *item)
{
    char text[80];
    struct buf b;
    buf_init_fixed(&b, text, sizeof(text));
    address_put_ip(&b, &item->model->ip);
    char name[IFNAMSIZ] = "?";
    (void)if_indextoname(item->index, name);
    SAY(v->host, kind, v->model->name, buf_span(&b), span_from(name));
}

/* ---- found ---- */

static void find_there(void *self, const struct netlink_address *a)
{
    struct vip *v = self;
    for (uint32_t i = 0; i < v->count; i++)
        if (v->items[i].index == a->index && address_eq_ip(&v->items[i].model->ip, &a->ip))
            v->items[i].ours = true;
}

bool vip_adopt(struct vip *v)
{
    bool any = false;
    if (netlink_addresses(v->netlink, AF_UNSPEC, find_there, v) != 0)
        say_failure(v, &say_links_unknown);
    for (uint32_t i = 0; i < v->count; i++)
        any |= v->items[i].ours;
    return any;
}

/* ---- routes, and the rules that choose among their tables ---- */

static struct netlink_route route_of(const struct vip *v, const struct vrrp_route *m)
{
    struct netlink_route r = { .family = m->family,
                               .type = m->type,
                               .to = m->to,
                               .bits = m->bits,
                               .source = m->source,
                               .scope = m->scope,
                               .protocol = m->protocol,
                               .tos = m->tos,
                               .table = m->table,
                               .metric = m->metric,
                               .append = m->append };
    memcpy(r.metrics, m->metrics, sizeof(r.metrics));
    for (uint32_t i = 0; i < m->hops.count && i < NETLINK_HOPS_MAX; i++) {
        const struct vrrp_hop *hop = &m->hops.items[i];
        r.hops[r.hop_count++] = (struct netlink_hop){
            .via = hop->via,
            .index = hop->interface == VRRP_NONE ? 0 : index_of(v, hop->interface),
            .weight = hop->weight,
            .onlink = hop->onlink,
        };
    }
    return r;
}

static void add_routes(struct vip *v)
{
    for (uint32_t i = 0; i < v->model->routes.count; i++) {
        struct netlink_route r = route_of(v, &v->model->routes.items[i]);
        int error = netlink_route_add(v->netlink, &r);
        if (error && error != EEXIST)
            say_failure(v, &say_route_failed);
    }
    for (uint32_t i = 0; i < v->model->rules.count; i++) {
        int error = netlink_rule_add(v->netlink, &v->model->rules.items[i]);
        if (error && error != EEXIST)
            say_failure(v, &say_route_failed);
    }
}

static void remove_routes(struct vip *v)
{
    for (uint32_t i = 0; i < v->model->rules.count; i++) {
        int error = netlink_rule_delete(v->netlink, &v->model->rules.items[i]);
        if (error && error != ENOENT)
            say_failure(v, &say_route_failed);
    }
    for (uint32_t i = 0; i < v->model->routes.count; i++) {
        struct netlink_route r = route_of(v, &v->model->routes.items[i]);
        int error = netlink_route_delete(v->netlink, &r);
        /* A route goes with its interface or its source address; that it is gone is what was wanted. */
        if (error && error != ESRCH && error != ENODEV && error != ENETDOWN)
            say_failure(v, &say_route_failed);
    }
}

/* ---- taken and released ---- */

/* False when it could not be done. */
static bool add(struct vip *v, struct vip_item *item)
{
    if (item->index == 0)
        return false;
    struct netlink_address a = wire_of(item);
    bool was_ours = item->ours;
    int error = netlink_address_add(v->netlink, &a);
    item->ours = error == 0 || error == EEXIST;
    if (error == EEXIST && !was_ours)
        say_address(v, &say_adopted, item);
    return item->ours;
}

/* Its interface may come later than the rest: that is said of the interface. */
static bool add_or_say(struct vip *v, struct vip_item *item, bool again)
{
    bool done = add(v, item), said = item->failed;
    item->failed = !done && item->index != 0;
    if (item->failed && !said)
        say_not_added_one(v, item);
    if (done && again && said)
        say_address(v, &say_added_late, item);
    return done;
}

/* True when any was added. */
static bool add_all(struct vip *v, instant now, bool again)
{
    bool any = false;
    v->missing = false;
    for (uint32_t i = 0; i < v->count; i++) {
        if (again && v->items[i].ours)
            continue;
        if (add_or_say(v, &v->items[i], again))
            any = true;
        else
            v->missing = true;
    }
    v->retry_at = instant_after(now, DURATION_S(RETRY_S));
    return any;
}

void vip_take(struct vip *v, instant now)
{
    v->held = true;
    v->lingers = false;
    (void)add_all(v, now, false);
    add_routes(v);
}

static void drop(struct vip *v, struct vip_item *item)
{
    if (!item->ours)
        return;
    item->ours = false; /* before: the monitor will tell of it, and then it is not to be put back */
    struct netlink_address a = wire_of(item);
    int error = netlink_address_delete(v->netlink, &a);
    if (error && error != EADDRNOTAVAIL && error != ENODEV)
        say_failure(v, &say_not_removed);
}

void vip_release(struct vip *v)
{
    if (v->held || v->lingers)
        remove_routes(v);
    v->held = v->missing = v->lingers = false;
    for (uint32_t i = 0; i < v->count; i++)
        drop(v, &v->items[i]);
}

void vip_linger(struct vip *v)
{
    v->lingers = v->held;
    v->held = v->missing = false;
}

void vip_on_claimed(struct vip *v, const struct vip_item *item)
{
    bool left = false;
    if (!v->lingers)
        return;
    drop(v, &v->items[item - v->items]);
    for (uint32_t i = 0; i < v->model->addresses.count; i++)
        left |= v->items[i].ours;
    if (!left) /* those that are excluded are announced too, but nothing says that the other has them */
        vip_release(v);
}

static bool same(const struct vip_item *a, const struct vip_item *b)
{
    return a->index == b->index && a->model->bits == b->model->bits &&
           address_eq_ip(&a->model->ip, &b->model->ip);
}

static struct vip_item *twin(struct vip *v, const struct vip_item *of)
{
    for (uint32_t i = 0; i < v->count; i++)
        if (same(&v->items[i], of))
            return &v->items[i];
    return NULL;
}

void vip_replace(struct vip *v, struct vip *fresh, instant now)
{
    vip_set_home(fresh, v->home);
    for (uint32_t i = 0; i < v->count; i++) {
        struct vip_item *in = twin(fresh, &v->items[i]);
        if (in)
            in->ours = v->items[i].ours;
    }
    bool held = v->held;
    if (held)
        remove_routes(v);
    for (uint32_t i = 0; i < v->count; i++)
        if (twin(fresh, &v->items[i]) == NULL)
            drop(v, &v->items[i]);
    vip_fini(v);
    *v = *fresh;
    *fresh = (struct vip){ 0 };
    if (held)
        vip_take(v, now);
}

/* ---- kept ---- */

static void put_back(struct vip *v, struct vip_item *item, instant now)
{
    struct netlink_address a = wire_of(item);
    int error = item->put_back > PATIENCE ? 0 : netlink_address_add(v->netlink, &a);
    if (error == EEXIST) { /* the news was old: it is there again already */
        item->ours = true;
        return;
    }
    bool in_a_row = instant_us_between(item->put_back_at, now) < IN_A_ROW_S * UINT64_C(1000000);
    item->put_back = in_a_row && item->put_back < UINT8_MAX ? (uint8_t)(item->put_back + 1) : 1;
    item->put_back_at = now;
    if (item->put_back <= PATIENCE && error == 0) {
        item->ours = true;
        say_address(v, &say_put_back, item);
        return;
    }
    v->missing = true;
    v->retry_at = instant_after(now, DURATION_S(error ? RETRY_S : SLOWER_S));
    if (error && error != ENODEV && !item->failed) /* it went with its interface, of which we hear next */
        say_not_added_one(v, item);
    item->failed = error != 0;
    if (!error && item->put_back == PATIENCE + 1) /* no war with another program: the retry does it, slowly */
        say_address(v, &say_keeps_vanishing, item);
}

bool vip_on_gone(struct vip *v, const struct netlink_address *a, instant now)
{
    for (uint32_t i = 0; i < v->count; i++) {
        struct vip_item *item = &v->items[i];
        if (!item->ours || item->index != a->index || !address_eq_ip(&item->model->ip, &a->ip))
            continue;
        item->ours = false;
        if (!v->held || item->model->no_track)
            return false;
        put_back(v, item, now);
        return item->ours;
    }
    return false;
}

bool vip_turn(struct vip *v, instant now)
{
    if (!v->held || !v->missing || now.us < v->retry_at.us)
        return false;
    bool any = add_all(v, now, true);
    if (!v->missing)
        add_routes(v);
    return any;
}

instant vip_next(const struct vip *v)
{
    return v->held && v->missing ? v->retry_at : (instant){ UINT64_MAX };
}
