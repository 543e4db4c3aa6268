/* SPDX-License-Identifier: Apache-2.0 */
#include "model/vrrp.h"

#include <string.h>

#include "base/arena.h"

#define STALL_US 3000000 /* three seconds without a turn is a hang for everybody who waits for an answer */

struct vrrp_config *vrrp_config_new(struct arena *a)
{
    struct vrrp_config *c = ARENA_NEW(a, struct vrrp_config);
    c->arena = a;
    c->startup = c->shutdown = VRRP_NONE;
    c->fifo.command = c->vrrp_fifo.command = VRRP_NONE;
    c->stall_us = STALL_US;
    return c;
}

uint32_t vrrp_config_interface(struct vrrp_config *c, struct span name, struct where at)
{
    if (name.len == 0 || name.len >= IFNAMSIZ)
        return VRRP_NONE;
    for (uint32_t i = 0; i < c->interfaces.count; i++)
        if (span_eq(span_from(c->interfaces.items[i].name), name))
            return i;
    struct vrrp_interface *fresh = ARENA_PUSH(c->arena, &c->interfaces);
    *fresh = (struct vrrp_interface){ .at = at };
    memcpy(fresh->name, name.ptr, name.len);
    return c->interfaces.count - 1;
}

uint32_t vrrp_config_health(struct vrrp_config *c, enum vrrp_health_kind kind, struct span name,
                            struct where at)
{
    for (uint32_t i = 0; i < c->health.count; i++)
        if (c->health.items[i].kind == kind && span_eq(c->health.items[i].name, name))
            return i;
    *ARENA_PUSH(c->arena, &c->health) = (struct vrrp_health){ .kind = kind, .name = name, .at = at };
    return c->health.count - 1;
}

uint32_t vrrp_config_find_instance(const struct vrrp_config *c, struct span name)
{
    for (uint32_t i = 0; i < c->instances.count; i++)
        if (span_eq(c->instances.items[i].name, name))
            return i;
    return VRRP_NONE;
}
