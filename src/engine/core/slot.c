/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/slot.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/hash.h"
#include "engine/core/lease.h"
#include "engine/core/sessions.h"
#include "engine/core/thread.h"
#include "engine/core/upstream.h"
#include "model/tls.h"
#include "state/snapshot.h"

/* --- pools ------------------------------------------------------------------------------------------------
 */
static struct pool_slot *pool_slot_new(struct thread *t, struct pool_state *state)
{
    struct pool_slot *p = slab_get(&t->pool_slot_slab);

    if (!p)
        oom_die(sizeof(*p));
    *p = (struct pool_slot){ .state = pool_state_get(state) };
    list_init(&p->idle);
    list_push_back(&t->pool_slots, &p->link);
    return p;
}

static void pool_slot_put(struct thread *t, struct pool_slot *p)
{
    if (--p->leases)
        return;
    BUG_ON(p->idle_count);
    link_remove(&p->link);
    pool_state_put(p->state);
    slab_put(&t->pool_slot_slab, p);
}

/* --- servers ----------------------------------------------------------------------------------------------
 */
static uint64_t source_how(const struct source_rule *s)
{
    return s->interface.len || s->transparent ? hash_span(s->interface) + s->transparent : 0;
}

/* Would a connection that was opened for <s> be the same if it were opened for <model>? */
static bool slot_fits(const struct server_slot *s, const struct server *model, uint64_t tls_id)
{
    return s->tls_id == tls_id && s->send_proxy == model->send_proxy &&
           (model->host.len || address_eq(&s->address, &model->address)) &&
           address_eq(&s->source, &model->source.address) && s->source_how == source_how(&model->source);
}

static void slot_find_address(struct server_slot *s, const struct server *model)
{
    s->address_version = atomic_load_explicit(&s->state->address_version, memory_order_acquire);
    server_address(s->state, model, &s->address);
}

void slot_moved(struct server_slot *s, const struct server *model)
{
    slot_close_idle(s);
    slot_find_address(s, model);
}

static struct server_slot *slot_new(struct thread *t, struct server_state *state, const struct server *model,
                                    uint64_t tls_id)
{
    struct server_slot *s = slab_get(&t->slot_slab);

    if (!s)
        oom_die(sizeof(*s));
    *s = (struct server_slot){ .thread = t,
                               .state = server_state_get(state),
                               .tls_id = tls_id,
                               .address = model->address,
                               .source = model->source.address,
                               .source_how = source_how(&model->source),
                               .send_proxy = (uint8_t)model->send_proxy };
    list_init(&s->idle);
    list_init(&s->busy);
    s->kills = atomic_load_explicit(&state->kills, memory_order_relaxed);
    slot_find_address(s, model);
    list_push_back(&t->slots, &s->link);
    return s;
}

struct slot_resume *slot_resume_get(struct server_slot *s, uint64_t key)
{
    struct slot_resume *free_one = NULL;

    for (unsigned i = 0; i < SLOT_RESUMES; i++) {
        struct slot_resume *r = &s->resumes[i];
        if (r->key == key) {
            r->users++;
            return r;
        }
        if (r->users == 0 && (!free_one || free_one->key))
            free_one = r;
    }
    if (!free_one)
        return NULL;
    tls_resume_fini(&free_one->session);
    free_one->key = key;
    free_one->users = 1;
    return free_one;
}

void slot_resume_put(struct slot_resume *r)
{
    if (r)
        r->users--;
}

void slot_find_gauge(struct server_slot *s)
{
    struct counts_block *b = server_counts(s->state, s->thread->index);

    s->gauge = b ? &b->idle : NULL;
    if (b) /* who counts one now finds the others counted */
        atomic_store_explicit(&b->idle, b->idle + s->idle_count - 1, memory_order_relaxed);
}

void slot_close_idle(struct server_slot *s)
{
    while (!list_is_empty(&s->idle))
        upstream_conn_close(LIST_ITEM(list_first(&s->idle), struct upstream_conn, link));
}

static void slot_kill(struct server_slot *s)
{
    bool returned = atomic_load_explicit(&s->state->killed_for_others, memory_order_relaxed);

    slot_close_idle(s);
    sessions_end_here(s->thread, s->state, returned ? END_SERVER_UP : END_SERVER_DOWN);
}

void slots_kill(struct thread *t)
{
    LIST_EACH (&t->slots, s, struct server_slot, link) {
        uint32_t kills = atomic_load_explicit(&s->state->kills, memory_order_acquire);
        if (kills != s->kills)
            slot_kill(s);
        s->kills = kills;
    }
}

bool slots_may_kill(const struct config *c)
{
    for (uint32_t i = 0; i < c->servers.count; i++)
        if (c->servers.items[i]->on_down_shutdown_sessions ||
            c->servers.items[i]->on_up_shutdown_backup_sessions)
            return true;
    return false;
}

static void slot_put(struct server_slot *s)
{
    if (--s->leases)
        return;
    slot_close_idle(s);
    for (unsigned i = 0; i < SLOT_RESUMES; i++) {
        BUG_ON(s->resumes[i].users);
        tls_resume_fini(&s->resumes[i].session);
    }
    link_remove(&s->link);
    server_state_put(s->state);
    slab_put(&s->thread->slot_slab, s);
}

/* --- leases -----------------------------------------------------------------------------------------------
 */
/* What <before> has, by state: so attaching costs O(servers), though each is looked for. */
struct known {
    struct known_entry {
        const void *state;
        void *slot;
    } * at;
    size_t mask;
};

static size_t known_home(const struct known *k, const void *state)
{
    return ((size_t)((uintptr_t)state >> 6) * (size_t)0x9e3779b97f4a7c15u >> 20) & k->mask;
}

static void known_init(struct known *k, uint32_t count)
{
    size_t room = 16;

    while (room < 2 * (size_t)count)
        room *= 2;
    k->at = calloc(room, sizeof(*k->at));
    if (!k->at)
        oom_die(room * sizeof(*k->at));
    k->mask = room - 1;
}

static void known_add(struct known *k, const void *state, void *slot)
{
    size_t h = known_home(k, state);

    while (k->at[h].state)
        h = (h + 1) & k->mask;
    k->at[h] = (struct known_entry){ state, slot };
}

static void *known_find(const struct known *k, const void *state)
{
    for (size_t h = known_home(k, state); k->at[h].state; h = (h + 1) & k->mask)
        if (k->at[h].state == state)
            return k->at[h].slot;
    return NULL;
}

static void *table_new(uint32_t count, size_t size)
{
    void *table = calloc(count ? count : 1, size);

    if (!table)
        oom_die(count * size);
    return table;
}

static void attach_pools(struct lease *l, const struct lease *before)
{
    uint32_t count = l->config->pools.count, old = before ? before->config->pools.count : 0;
    struct known known;

    known_init(&known, old);
    for (uint32_t i = 0; i < old; i++)
        known_add(&known, before->pools[i]->state, before->pools[i]);
    l->pools = table_new(count, sizeof(struct pool_slot *));
    for (uint32_t i = 0; i < count; i++) {
        struct pool_slot *p = known_find(&known, l->snapshot->pools[i]);
        l->pools[i] = p ? p : pool_slot_new(l->thread, l->snapshot->pools[i]);
        l->pools[i]->leases++;
    }
    free(known.at);
}

static struct server_slot *attach_server(struct lease *l, const struct known *known,
                                         const struct server *model)
{
    struct server_state *state = snapshot_server(l->snapshot, model);
    uint64_t tls_id = model->tls ? l->generation->tls_clients[model->tls->index].id : 0;
    struct server_slot *s = known_find(known, state);

    if (!s || !slot_fits(s, model, tls_id))
        s = slot_new(l->thread, state, model, tls_id);
    s->leases++;
    s->pool = l->pools[model->pool->index];
    return s;
}

static void attach_servers(struct lease *l, const struct lease *before)
{
    uint32_t count = l->config->servers.count, old = before ? before->config->servers.count : 0;
    struct known known;

    known_init(&known, old);
    for (uint32_t i = 0; i < old; i++)
        known_add(&known, before->servers[i]->state, before->servers[i]);
    l->servers = table_new(count, sizeof(struct server_slot *));
    for (uint32_t i = 0; i < count; i++)
        l->servers[i] = attach_server(l, &known, l->config->servers.items[i]);
    free(known.at);
}

void slots_attach(struct lease *l, struct lease *before)
{
    attach_pools(l, before);
    attach_servers(l, before);
}

void slots_detach(struct lease *l)
{
    for (uint32_t i = 0; i < l->config->servers.count; i++)
        slot_put(l->servers[i]);
    for (uint32_t i = 0; i < l->config->pools.count; i++)
        pool_slot_put(l->thread, l->pools[i]);
    free(l->servers);
    free(l->pools);
}
