/* SPDX-License-Identifier: Apache-2.0 */
/* What keepalived's file says about the balancer, held against the balancer's own files. */
#include "daemon/build.h"

#include "model/vrrp.h"
#include "state/vrrp_health.h"

static const struct diag_kind no_balancer = {
    .code = "K0882",
    .severity = SEVERITY_WARNING,
    .en = "`{0}` is tracked, but there is no balancer in these files: it would never be well",
    .zh = "跟踪了 `{0}`，但这些文件中没有负载均衡器：它将永远不健康",
    .more = "`keel run haproxy.cfg keepalived.conf` is both in one program. Of two programs the one that "
            "holds the "
            "addresses asks the other: `balancer_socket PATH` in global_defs names its control socket.",
};
static const struct diag_kind no_such_name = {
    .code = "K0883",
    .severity = SEVERITY_ERROR,
    .en = "there is no {0} `{1}` in the balancer's files: what is tracked must be there",
    .zh = "负载均衡器的文件中没有 {0} `{1}`：被跟踪的对象必须存在",
    .more = "A backend or upstream is a pool; a frontend, listen or server is a listener. `keel ctl show "
            "health` lists "
            "both by their names.",
};
const struct diag_kind *const build_vrrp_kinds[] = { &no_balancer, &no_such_name, NULL };

static bool names(struct span wanted, enum language l, struct span name)
{
    char room[512];
    struct buf full;

    buf_init_fixed(&full, room, sizeof(room));
    buf_printf(&full, "%s:%.*s",
               l == LANGUAGE_NGINX     ? "nginx"
               : l == LANGUAGE_HAPROXY ? "haproxy"
                                       : "",
               SPAN_ARGS(name));
    return vrrp_health_is(wanted, buf_span(&full));
}

static bool is_there(const struct config *c, const struct vrrp_health *h)
{
    for (uint32_t i = 0; h->kind == VRRP_HEALTH_POOL && i < c->pools.count; i++)
        if (names(h->name, c->pools.items[i]->language, c->pools.items[i]->name))
            return true;
    for (uint32_t i = 0; h->kind == VRRP_HEALTH_LISTENER && i < c->services.count; i++)
        if (names(h->name, c->services.items[i]->language, c->services.items[i]->name))
            return true;
    return false;
}

void build_check_vrrp(const struct config *c, struct diags *d)
{
    const struct vrrp_config *v = c->vrrp;

    for (uint32_t i = 0; v != NULL && v->control_socket.len == 0 && i < v->health.count; i++) {
        const struct vrrp_health *h = &v->health.items[i];
        if (c->services.count == 0)
            (void)diag_add(d, &no_balancer, h->at, DIAG_TEXT(h->name));
        else if (!is_there(c, h))
            (void)diag_add(d, &no_such_name, h->at,
                           DIAG_TEXT(h->kind == VRRP_HEALTH_POOL ? SPAN("pool") : SPAN("listener"), h->name));
    }
}
