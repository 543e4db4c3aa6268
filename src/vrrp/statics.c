/* SPDX-License-Identifier: Apache-2.0 */
/* Static addresses, routes and rules: put there at the start, and when their interface appears; they stay
 * when we end. */
#include <errno.h>
#include <linux/if_addr.h>
#include <stdlib.h>

#include "vrrp/internal.h"

static const struct vrrp_notify silent = {
    VRRP_NONE, VRRP_NONE, VRRP_NONE, VRRP_NONE, VRRP_NONE, VRRP_NONE, VRRP_NONE, false,
};

/*
 * They are an instance that is master for ever and knows nothing of adverts: its
 * vip does the work, and says what fails.
 */
void statics_init(struct vrrp *v)
{
    const struct vrrp_config *c = v->config;
    struct vrrp_instance *m = &v->statics_model;
    *m = (struct vrrp_instance){ .name = SPAN("static"), .interface = VRRP_NONE, .notify = silent };
    m->addresses.items = c->static_addresses.items;
    m->addresses.count = c->static_addresses.count;
    m->routes.items = c->static_routes.items;
    m->routes.count = c->static_routes.count;
    vip_init(&v->statics, v->host, v->netlink, &v->links, m);
    m->rules.items = c->static_rules.items;
    m->rules.count = c->static_rules.count;
    v->statics_placed = m->addresses.count + m->routes.count + m->rules.count == 0;
}

void statics_fini(struct vrrp *v)
{
    vip_fini(&v->statics);
}

void statics_turn(struct vrrp *v, bool links_changed)
{
    if (links_changed)
        vip_set_home(&v->statics, 0);
    if (!v->statics_placed) {
        (void)vip_adopt(&v->statics); /* what is there already is not news */
        vip_take(&v->statics, v->now);
        v->statics_placed = true;
    }
    (void)vip_turn(&v->statics, v->now); /* nobody is told of them */
}
