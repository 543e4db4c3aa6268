/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/l4_target.h"

#include "engine/core/error_log.h"
#include "engine/core/l4.h"
#include "engine/core/lease.h"
#include "engine/core/thread.h"
#include "eval/eval.h"
#include "io/resolver.h"
#include "model/action.h"
#include "model/name_resolver.h"
#include "wire/authority.h"

#define ADDRESSES_MOST 8 /* of one name, tried one after the other */

struct l4_target {
    struct l4 *l;
    const struct proxy *proxy;
    l4_target_fn on_known;
    struct span name;
    uint16_t port;
    struct address addresses[ADDRESSES_MOST];
    uint32_t count;
    struct resolver_query query;
    struct deferred later; /* not inside the resolver: the session may end */
    bool asking, asked_v6, silent;
};

static void add_address(struct l4_target *t, const struct address *a)
{
    if (t->count == ADDRESSES_MOST)
        return;
    t->addresses[t->count] = *a;
    address_set_port(&t->addresses[t->count++], t->port);
}

static bool parse(struct l4_target *t, struct span text)
{
    struct authority a;

    if (span_starts_with(text, SPAN("unix:"))) {
        t->count = 1;
        return address_unix(span_from_index(text, 5), false, &t->addresses[0]);
    }
    if (!authority_parse(text, &a) || a.port == 0)
        return false;
    t->name = a.host;
    t->port = a.port;
    if (t->name.len > 2 && t->name.ptr[0] == '[')
        t->name = span_of(t->name.ptr + 1, t->name.len - 2);
    struct address ip;
    if (address_parse_ip(t->name, &ip))
        add_address(t, &ip);
    return t->name.len != 0;
}

static void on_later(struct deferred *d)
{
    struct l4_target *t = CONTAINER_OF(d, struct l4_target, later);

    t->on_known(t->l);
}

static bool ask(struct l4_target *t, enum resolver_type type);

static void on_answer(struct resolver_query *q, const struct resolver_answer *a)
{
    struct l4_target *t = CONTAINER_OF(q, struct l4_target, query);

    t->asking = false;
    t->silent |= a->status == RESOLVER_TIMEOUT;
    for (uint32_t i = 0; i < a->count; i++)
        add_address(t, &a->addresses[i]);
    if (!t->silent && !t->asked_v6 && t->proxy->resolver->ipv6 && ask(t, RESOLVER_AAAA))
        return;
    loop_defer(t->l->thread->loop, &t->later);
}

static bool ask(struct l4_target *t, enum resolver_type type)
{
    struct resolver *r = lease_resolver(t->l->lease, t->proxy->resolver);

    t->asked_v6 |= type == RESOLVER_AAAA;
    t->asking = r && resolver_ask(r, &t->query, t->name, type, on_answer);
    return t->asking;
}

static enum l4_target_state unknown(const struct l4_target *t, struct span text)
{
    struct error_about about = { .session = t->l->session, .text = text };

    error_log(t->l->thread, t->l->lease, t->l->rules.error_logs,
              t->proxy->resolver ? ERROR_NAME_UNKNOWN : ERROR_NO_RESOLVER, &about);
    return L4_TARGET_UNKNOWN;
}

static enum l4_target_state begin(struct l4 *l, const struct proxy *p, l4_target_fn on_known,
                                  struct span text)
{
    struct l4_target *t = scratch_alloc(&l->scratch, sizeof(*t));

    if (t == NULL)
        return L4_TARGET_UNKNOWN;
    *t = (struct l4_target){ .l = l, .proxy = p, .on_known = on_known };
    deferred_init(&t->later, on_later);
    l->target = t;
    if (!parse(t, scratch_span(&l->scratch, text)))
        return unknown(t, text);
    if (t->count)
        return L4_TARGET_READY;
    if (p->resolver && ask(t, p->resolver->ipv4 ? RESOLVER_A : RESOLVER_AAAA))
        return L4_TARGET_WAIT;
    return unknown(t, t->name);
}

enum l4_target_state l4_target_find(struct l4 *l, const struct proxy *p, l4_target_fn on_known,
                                    struct pool **pool)
{
    *pool = p->pool;
    if (p->pools == NULL)
        return p->pool ? L4_TARGET_READY : L4_TARGET_UNKNOWN;
    if (l->target)
        return l->target->count ? L4_TARGET_READY : unknown(l->target, l->target->name);
    struct span text = eval_text(&l->facts, p->target);
    struct pool *named = map_get(p->pools, text);
    if (named)
        *pool = named;
    if (named || p->pool == NULL)
        return named ? L4_TARGET_READY : L4_TARGET_UNKNOWN;
    return begin(l, p, on_known, text);
}

void l4_target_apply(struct l4 *l)
{
    if (l->target == NULL)
        return;
    l->upstream.found = l->target->addresses;
    l->upstream.found_count = l->target->count;
}

void l4_target_cancel(struct l4 *l)
{
    if (l->target == NULL)
        return;
    if (l->target->asking)
        resolver_cancel(&l->target->query);
    loop_undefer(&l->target->later);
    l->target = NULL;
}
