/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/health.h"

#include "admin/command_internal.h"
#include "model/config.h"
#include "model/vrrp.h"
#include "state/snapshot.h"
#include "state/vrrp_health.h"

#define NAME_MOST 512
#define TRIES     8

/* "haproxy:web" */
static struct span full_name(struct buf *b, enum language l, struct span name)
{
    buf_clear(b);
    b->truncated = false;
    buf_printf(b, "%s%.*s",
               l == LANGUAGE_NGINX     ? "nginx:"
               : l == LANGUAGE_HAPROXY ? "haproxy:"
                                       : ":",
               SPAN_ARGS(name));
    return buf_span(b);
}

static uint32_t serves(const struct snapshot *s, const struct service *model)
{
    bool stopped = atomic_load_explicit(&snapshot_service(s, model)->disabled, memory_order_relaxed);

    return model->disabled || stopped ? 0 : 1;
}

static void fill_listener(struct vrrp_health_shared *h, uint32_t i, const struct snapshot *s,
                          struct span name)
{
    const struct config *c = s->config;
    char room[NAME_MOST];
    struct buf b;

    buf_init_fixed(&b, room, sizeof(room));
    for (uint32_t k = 0; k < c->services.count; k++)
        if (vrrp_health_is(name, full_name(&b, c->services.items[k]->language, c->services.items[k]->name))) {
            vrrp_health_say(h, i, VRRP_ITEM_KNOWN, serves(s, c->services.items[k]), 1);
            return;
        }
    vrrp_health_say(h, i, VRRP_ITEM_ABSENT, 0, 0);
}

static void fill_pool(struct vrrp_health_shared *h, uint32_t i, const struct snapshot *s, struct span name,
                      instant now)
{
    const struct config *c = s->config;
    char room[NAME_MOST];
    struct buf b;

    buf_init_fixed(&b, room, sizeof(room));
    for (uint32_t k = 0; k < c->pools.count; k++) {
        const struct pool *p = c->pools.items[k];
        if (!vrrp_health_is(name, full_name(&b, p->language, p->name)))
            continue;
        vrrp_health_say(h, i, VRRP_ITEM_KNOWN, pool_usable(s, p, now), p->servers.count);
        return;
    }
    vrrp_health_say(h, i, VRRP_ITEM_ABSENT, 0, 0);
}

void health_fill(struct vrrp_health_shared *h, const struct snapshot *s, instant now)
{
    uint32_t kind;

    for (uint32_t i = 0; i < VRRP_HEALTH_ITEMS; i++) {
        struct span name = vrrp_health_name(h, i, &kind);
        if (name.len == 0)
            return;
        if (kind == VRRP_HEALTH_LISTENER)
            fill_listener(h, i, s, name);
        else
            fill_pool(h, i, s, name, now);
    }
}

/* ---- as text ---- */

static void put_turns(struct buf *out, const struct vrrp_health_shared *h)
{
    uint32_t first = atomic_load(&h->first), threads = atomic_load(&h->threads);

    buf_put(out, SPAN("turns"));
    for (uint32_t i = first; i < VRRP_HEALTH_THREADS && i - first < threads; i++)
        buf_printf(out, " %llu",
                   (unsigned long long)atomic_load_explicit(&h->turns[i], memory_order_relaxed));
    buf_put_char(out, '\n');
}

void health_put(struct buf *out, const struct admin_now *now)
{
    const struct config *c = now->snapshot->config;
    char room[NAME_MOST];
    struct buf b;

    buf_init_fixed(&b, room, sizeof(room));
    if (now->process->health != NULL)
        put_turns(out, now->process->health);
    for (uint32_t i = 0; i < c->services.count; i++) {
        const struct service *s = c->services.items[i];
        buf_printf(out, "listener %u 1 %.*s\n", serves(now->snapshot, s),
                   SPAN_ARGS(full_name(&b, s->language, s->name)));
    }
    for (uint32_t i = 0; i < c->pools.count; i++) {
        const struct pool *p = c->pools.items[i];
        buf_printf(out, "pool %u %u %.*s\n", pool_usable(now->snapshot, p, now->now), p->servers.count,
                   SPAN_ARGS(full_name(&b, p->language, p->name)));
    }
    buf_put(out, SPAN("end\n"));
}

/* ---- the addresses ---- */

bool health_addresses(struct buf *out, const struct admin_process *p, struct span *json, struct span *rows)
{
    size_t len = 0;
    char *room = p->health ? buf_reserve(out, VRRP_STATUS_MOST) : NULL;

    if (room == NULL)
        return false;
    for (int i = 0; i < TRIES; i++)
        if (vrrp_status_read(p->health, room, VRRP_STATUS_MOST, &len)) {
            *rows = span_of(room, len);
            *json = span_cut(rows, '\0');
            return json->len > 0;
        }
    return false;
}

/* ---- commands ---- */

enum command_result show_health(struct call *c)
{
    health_put(c->out, c->now);
    return COMMAND_DONE;
}

enum command_result show_vrrp(struct call *c)
{
    struct buf room;
    struct span json, rows;

    buf_init(&room, HEALTH_ADDRESSES_MOST);
    bool there = health_addresses(&room, c->now->process, &json, &rows);
    if (there)
        buf_put(c->out, json);
    buf_fini(&room);
    return there ? COMMAND_DONE : call_fail(c, "No addresses are held here: there is no vrrp_instance.");
}

/* One that vrrp speaks of: its name is the first word of a line. */
static bool is_instance(const struct admin_process *p, struct span name)
{
    struct buf room;
    struct span json, rows;
    bool found = false;

    buf_init(&room, HEALTH_ADDRESSES_MOST);
    if (health_addresses(&room, p, &json, &rows))
        while (rows.len > 0 && !found) {
            struct span line = span_cut(&rows, '\n');
            found = span_eq(span_cut(&line, '\t'), name);
        }
    buf_fini(&room);
    return found;
}

static enum command_result give(struct call *c, bool away)
{
    struct span name = call_arg(c, 0);
    char room[256];
    struct buf note;

    if (c->count != 1 || !is_instance(c->now->process, name))
        return call_fail(c, "No such vrrp_instance: `show vrrp` has their names.");
    if (!vrrp_wish_send(c->now->process->health, name, away))
        return call_fail(c, "It has not answered the wish before yet; ask again.");
    buf_init_fixed(&note, room, sizeof(room));
    buf_printf(&note, "%s vrrp %.*s", away ? "disable" : "enable", SPAN_ARGS(name));
    act_note(c->now, &c->session->by, buf_span(&note));
    return COMMAND_DONE;
}

enum command_result disable_vrrp(struct call *c)
{
    return give(c, true);
}

enum command_result enable_vrrp(struct call *c)
{
    return give(c, false);
}
