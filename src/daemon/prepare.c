/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/prepare.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/map.h"
#include "daemon/prepare_internal.h"
#include "engine/core/generation.h"
#include "model/route.h"

#define DIGEST 32

/* A context and what it was made of. */
struct made {
    uint8_t digest[DIGEST];
    struct tls_context *context; /* NULL: it could not be made, and that was said */
};
/* Who is met how, on one listener. */
struct picker {
    const struct tls_listener *model;
    const struct prepared *all;
    struct tls_names *names; /* NULL when hosts decide */
    struct map excluded;     /* name -> struct tls_server that has it by a wildcard, and does not want it */
};
struct prepared {
    struct arena *arena; /* holds the struct too */
    const struct config *config;
    struct map made; /* digest -> struct made */
    LIST_OF(struct made *) list;
    struct tls_context **servers; /* by tls_server */
    struct client_tls *clients;   /* by tls_client */
    struct tls_context **client_contexts;
    struct listener_tls *listeners;
    LIST_OF(struct picker *) pickers;
};

/* While it is made. */
struct preparing {
    struct prepared *p;
    struct tls_store *store; /* NULL: only to look */
    const struct prepared *before;
    struct diags *diags;
    struct arena *arena; /* for this run only */
    unsigned failures;
};

/* ---- what a context is made of ---- */

struct parts {
    struct arena *arena;
    LIST_OF(struct span) list;
};

static void put(struct parts *parts, struct span s)
{
    *ARENA_PUSH(parts->arena, &parts->list) = s;
}

static void put_number(struct parts *parts, uint64_t n)
{
    put(parts, arena_printf(parts->arena, "%llu", (unsigned long long)n));
}

static void put_identities(struct parts *parts, const struct tls_identity *items, uint32_t count, bool keys)
{
    put_number(parts, count);
    for (uint32_t i = 0; i < count; i++) {
        put(parts, items[i].certificate.bytes);
        if (!keys)
            continue;
        put(parts, items[i].key.bytes);
        put(parts, items[i].ocsp.bytes);
    }
}

static void put_terms(struct parts *parts, const struct tls_terms *t)
{
    put_number(parts, t->min);
    put_number(parts, t->max);
    put(parts, t->ciphers);
    put(parts, t->ciphersuites);
    put(parts, t->groups);
    put(parts, t->signatures);
    put(parts, t->alpn);
}

static void put_verification(struct parts *parts, const struct tls_server *s)
{
    put_number(parts, s->demand);
    put_number(parts, s->lenient);
    put_number(parts, s->revoked_all);
    put_number(parts, s->depth);
    put(parts, s->trusted.bytes);
    put(parts, s->revoked.bytes);
}

static void digest_of_server(struct arena *a, const struct tls_server *s, uint8_t out[DIGEST])
{
    struct parts parts = { .arena = a };

    put(&parts, SPAN("server"));
    put_identities(&parts, s->identities.items, s->identities.count, true);
    put_terms(&parts, &s->terms);
    put_verification(&parts, s);
    put(&parts, s->named.bytes);
    put(&parts, s->dh.bytes);
    put_number(&parts, s->name_nobody);
    put_number(&parts, s->prefer_client_ciphers);
    put_number(&parts, s->alpn_strict);
    put_number(&parts, s->no_tickets);
    put_number(&parts, s->session_seconds);
    put_number(&parts, s->cache.entries);
    put(&parts, s->cache.name);
    for (uint32_t i = 0; i < s->ticket_keys.count; i++)
        put(&parts, s->ticket_keys.items[i].bytes);
    tls_digest(parts.list.items, parts.list.count, out);
}

/* Sessions resume where the same certificates are shown and the same is asked of clients. */
static void scope_of_server(struct arena *a, const struct tls_server *s, uint8_t out[DIGEST])
{
    struct parts parts = { .arena = a };

    put_identities(&parts, s->identities.items, s->identities.count, false);
    put_verification(&parts, s);
    tls_digest(parts.list.items, parts.list.count, out);
}

static void digest_of_client(struct arena *a, const struct tls_client *t, uint8_t out[DIGEST])
{
    struct parts parts = { .arena = a };

    put(&parts, SPAN("client"));
    put_identities(&parts, &t->identity, 1, true);
    put_terms(&parts, &t->terms);
    put_number(&parts, t->verify);
    put_number(&parts, t->revoked_all);
    put_number(&parts, t->depth);
    put(&parts, t->trusted.bytes);
    put(&parts, t->revoked.bytes);
    tls_digest(parts.list.items, parts.list.count, out);
}

/* ---- settings ---- */

static enum tls_version version_of(uint16_t wire)
{
    switch (wire) {
    case 0x0301:
        return TLS_1_0;
    case 0x0302:
        return TLS_1_1;
    case 0x0303:
        return TLS_1_2;
    case 0x0304:
        return TLS_1_3;
    default:
        return TLS_VERSION_DEFAULT;
    }
}

/* NUL-terminated; NULL when it is empty. */
static const char *text_of(struct arena *a, struct span s)
{
    return s.len ? arena_span(a, s).ptr : NULL;
}

static void set_terms(struct arena *a, struct tls_settings *s, const struct tls_terms *t)
{
    s->min = version_of(t->min);
    s->max = version_of(t->max);
    s->ciphers = text_of(a, t->ciphers);
    s->ciphersuites = text_of(a, t->ciphersuites);
    s->groups = text_of(a, t->groups);
    s->signatures = text_of(a, t->signatures);
    s->alpn = t->alpn;
}

static void set_pairs(struct arena *a, struct tls_settings *s, const struct tls_identity *items,
                      uint32_t count)
{
    struct tls_pair *pairs = ARENA_ARRAY(a, count + 1u, struct tls_pair);

    for (uint32_t i = 0; i < count; i++)
        pairs[i] = (struct tls_pair){ .certificate = items[i].certificate.bytes,
                                      .key = items[i].key.bytes,
                                      .ocsp = items[i].ocsp.bytes };
    s->pairs = pairs;
    s->pair_count = count;
}

static bool set_tickets(struct preparing *r, struct tls_settings *to, const struct tls_server *s)
{
    struct tls_ticket_key keys[TLS_TICKET_KEYS];
    unsigned count = 0;
    bool good = true;

    memset(keys, 0, sizeof(keys)); /* compared as bytes */
    for (uint32_t i = 0; i < s->ticket_keys.count && count < TLS_TICKET_KEYS; i++) {
        if (tls_ticket_key_parse(s->ticket_keys.items[i].bytes, &keys[count])) {
            count++;
            continue;
        }
        prepare_say_ticket_key(r->diags, r->arena, &s->ticket_keys.items[i]);
        good = false;
    }
    if (r->store && good) {
        to->tickets = tls_store_tickets(r->store, keys, count, s->session_seconds);
        to->cache = tls_store_cache(r->store, &s->cache);
    }
    return good;
}

/* ---- contexts ---- */

static struct made *known(const struct prepared *p, const uint8_t digest[DIGEST])
{
    return p ? map_get(&p->made, span_of((const char *)digest, DIGEST)) : NULL;
}

/* The one of the same bytes, or a new one that is still empty; <is_new>. */
static struct made *made_for(struct preparing *r, const uint8_t digest[DIGEST], bool *is_new)
{
    struct prepared *p = r->p;
    struct made *m = known(p, digest);

    *is_new = false;
    if (m)
        return m;
    m = ARENA_NEW(p->arena, struct made);
    memcpy(m->digest, digest, DIGEST);
    (void)map_put(p->arena, &p->made, span_of((const char *)m->digest, DIGEST), m);
    *ARENA_PUSH(p->arena, &p->list) = m;
    const struct made *before = known(r->before, digest);
    if (before && before->context)
        m->context = tls_context_get(before->context);
    *is_new = m->context == NULL;
    return m;
}

static void make(struct preparing *r, struct made *m, const struct tls_settings *s, const struct culprit *c)
{
    struct tls_failure why;

    m->context = tls_context_new(s, &why);
    if (m->context) {
        prepare_look_at(r->diags, r->arena, m->context, c->identities, c->identity_count);
        return;
    }
    prepare_say(r->diags, r->arena, c, s, &why);
    r->failures++;
}

static void touch_store(struct preparing *r, const struct tls_server *s)
{
    struct tls_settings unused = { 0 };

    if (!set_tickets(r, &unused, s))
        r->failures++;
}

static struct tls_context *server_context(struct preparing *r, const struct tls_server *s)
{
    uint8_t digest[DIGEST], scope[DIGEST];
    bool is_new;

    digest_of_server(r->arena, s, digest);
    struct made *m = made_for(r, digest, &is_new);
    if (!is_new) {
        touch_store(r, s);
        return m->context;
    }
    scope_of_server(r->arena, s, scope);
    struct tls_settings with = {
        .trusted = s->trusted.bytes,
        .client_ca_names = s->named.bytes,
        .no_client_ca_names = s->name_nobody,
        .revoked = s->revoked.bytes,
        .crl_all = s->revoked_all,
        .verify = s->demand == TLS_DEMAND_REQUIRED   ? TLS_VERIFY_REQUIRED
                  : s->demand == TLS_DEMAND_OPTIONAL ? TLS_VERIFY_OPTIONAL
                                                     : TLS_VERIFY_NONE,
        .verify_lenient = s->lenient,
        .verify_depth = s->depth,
        .dh = s->dh.bytes,
        .prefer_client_ciphers = s->prefer_client_ciphers,
        .alpn_strict = s->alpn_strict,
        .no_tickets = s->no_tickets,
        .session_seconds = s->session_seconds,
        .session_scope = span_of((const char *)scope, DIGEST),
    };
    set_terms(r->arena, &with, &s->terms);
    set_pairs(r->arena, &with, s->identities.items, s->identities.count);
    if (!set_tickets(r, &with, s)) {
        r->failures++;
        return NULL;
    }
    make(r, m, &with,
         &(struct culprit){ .identities = s->identities.items,
                            .identity_count = s->identities.count,
                            .terms = &s->terms,
                            .trusted = s->trusted.path.len ? &s->trusted : &s->named,
                            .revoked = &s->revoked,
                            .dh = &s->dh,
                            .at = s->at });
    return m->context;
}

static struct client_tls client_context(struct preparing *r, const struct tls_client *t)
{
    uint32_t count = t->identity.certificate.path.len != 0;
    struct client_tls out = { 0 };
    uint8_t digest[DIGEST];
    bool is_new;

    digest_of_client(r->arena, t, digest);
    struct made *m = made_for(r, digest, &is_new);
    if (is_new) {
        struct tls_settings with = { .client = true,
                                     .trusted = t->trusted.bytes,
                                     .revoked = t->revoked.bytes,
                                     .crl_all = t->revoked_all,
                                     .verify = t->verify ? TLS_VERIFY_REQUIRED : TLS_VERIFY_NONE,
                                     .verify_depth = t->depth };
        set_terms(r->arena, &with, &t->terms);
        set_pairs(r->arena, &with, &t->identity, count);
        make(r, m, &with,
             &(struct culprit){ .identities = &t->identity,
                                .identity_count = count,
                                .terms = &t->terms,
                                .trusted = &t->trusted,
                                .revoked = &t->revoked,
                                .at = t->at });
    }
    out.context = m->context;
    memcpy(&out.id, digest, sizeof(out.id));
    out.id |= 1;
    return out;
}

/* ---- choosing by name ---- */

static struct tls_context *context_of(const struct prepared *p, const struct tls_server *s)
{
    return s->reject ? NULL : p->servers[s->index];
}

static struct tls_context *pick_by_host(const struct picker *k, struct span name)
{
    const struct tls_server *s = NULL;

    if (name.len)
        s = host_table_find(k->model->hosts, name, NULL, NULL)->tls;
    return context_of(k->all, s ? s : k->model->fallback);
}

static struct tls_context *pick_by_name(const struct picker *k, struct span name)
{
    const struct tls_server *unwanted = k->excluded.count ? map_get(&k->excluded, name) : NULL;
    struct tls_context *found = tls_names_pick(k->names, name);

    if (k->model->strict && name.len == 0)
        return NULL;
    if (unwanted && found == context_of(k->all, unwanted))
        return k->model->strict ? NULL : context_of(k->all, k->model->fallback);
    return found;
}

/* A tls_pick_fn. */
static struct tls_context *pick(void *picker, struct span name)
{
    const struct picker *k = picker;

    return k->model->hosts ? pick_by_host(k, name) : pick_by_name(k, name);
}

struct naming {
    struct tls_names *names;
    struct tls_context *context;
};

static void add_name(void *to, struct span name)
{
    struct naming *n = to;

    (void)tls_names_add(n->names, name, n->context); /* the first of a name has it */
}

static void add_names(struct prepared *p, struct picker *k, const struct tls_server *s)
{
    struct naming n = { .names = k->names, .context = context_of(p, s) };

    if (!n.context)
        return;
    for (uint32_t i = 0; i < s->names.count; i++) {
        struct span name = s->names.items[i];
        if (span_starts_with(name, SPAN("!")))
            (void)map_put(p->arena, &k->excluded, span_from_index(name, 1), (void *)(uintptr_t)s);
        else
            add_name(&n, name);
    }
    for (uint32_t i = 0; i < s->identities.count && s->names.count == 0; i++)
        tls_context_names(n.context, i, add_name, &n);
}

static struct listener_tls listener_tls(struct prepared *p, const struct tls_listener *model)
{
    struct picker *k = ARENA_NEW(p->arena, struct picker);

    *ARENA_PUSH(p->arena, &p->pickers) = k;
    k->model = model;
    k->all = p;
    map_init(&k->excluded, true);
    if (!model->hosts) {
        k->names = tls_names_new(context_of(p, model->fallback), model->strict);
        for (uint32_t i = 0; i < model->servers.count; i++)
            add_names(p, k, model->servers.items[i]);
    }
    return (struct listener_tls){ .first = p->servers[model->fallback->index], .pick = pick, .picker = k };
}

static void prepare_listener(struct prepared *p, const struct listener *l)
{
    struct listener_tls_at *at = ARENA_ARRAY(p->arena, l->tls->at.count + 1u, struct listener_tls_at);

    p->listeners[l->index] = listener_tls(p, l->tls);
    p->listeners[l->index].at = at;
    p->listeners[l->index].at_count = l->tls->at.count;
    for (uint32_t i = 0; i < l->tls->at.count; i++)
        at[i] = (struct listener_tls_at){ .address = l->tls->at.items[i].address,
                                          .how = listener_tls(p, l->tls->at.items[i].tls) };
}

/* ---- the whole ---- */

static struct prepared *prepared_new(const struct config *c)
{
    struct arena *a = arena_new(0);
    struct prepared *p = ARENA_NEW(a, struct prepared);

    p->arena = a;
    p->config = c;
    map_init(&p->made, false);
    p->servers = ARENA_ARRAY(a, c->tls_servers.count + 1u, struct tls_context *);
    p->clients = ARENA_ARRAY(a, c->tls_clients.count + 1u, struct client_tls);
    p->client_contexts = ARENA_ARRAY(a, c->tls_clients.count + 1u, struct tls_context *);
    p->listeners = ARENA_ARRAY(a, c->listeners.count + 1u, struct listener_tls);
    return p;
}

void prepared_free(struct prepared **prepared)
{
    struct prepared *p = *prepared;

    *prepared = NULL;
    if (!p)
        return;
    for (uint32_t i = 0; i < p->pickers.count; i++)
        tls_names_free(&p->pickers.items[i]->names);
    for (uint32_t i = 0; i < p->list.count; i++)
        tls_context_put(&p->list.items[i]->context);
    struct arena *a = p->arena;
    arena_free(&a);
}

static void prepare_all(struct preparing *r, const struct config *c)
{
    struct prepared *p = r->p;

    for (uint32_t i = 0; i < c->tls_servers.count; i++)
        p->servers[i] = server_context(r, c->tls_servers.items[i]);
    for (uint32_t i = 0; i < c->tls_clients.count; i++) {
        p->clients[i] = client_context(r, c->tls_clients.items[i]);
        p->client_contexts[i] = p->clients[i].context;
    }
    for (uint32_t i = 0; i < c->listeners.count && !r->failures; i++)
        if (c->listeners.items[i]->tls)
            prepare_listener(p, c->listeners.items[i]);
}

struct prepared *prepare(const struct config *c, struct tls_store *store, const struct prepared *before,
                         struct diags *d)
{
    struct preparing r = { .p = prepared_new(c), .store = store, .before = before, .diags = d };

    r.arena = arena_new(0);
    if (c->tls_servers.count + c->tls_clients.count)
        tls_library_init();
    if (store)
        tls_store_begin(store);
    prepare_all(&r, c);
    if (store && !r.failures)
        tls_store_end(store);
    arena_free(&r.arena);
    if (r.failures)
        prepared_free(&r.p);
    return r.p;
}

struct tls_context *const *prepared_clients(const struct prepared *p)
{
    return p->client_contexts;
}

void prepared_parts(const struct prepared *p, struct generation_parts *parts)
{
    parts->listener_tls = p->listeners;
    parts->tls_servers = p->servers;
    parts->tls_clients = p->clients;
}
