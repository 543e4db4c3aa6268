/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of the TLS of a model: contexts, who is met by which, what is said of files that are no good.
 */
#include "unit.h"

#include "daemon/prepare.h"
#include "engine/core/generation.h"
#include "io/pki.h"
#include "io/tls.h"
#include "model/route.h"
#include "model/tls.h"

static struct pki authority, here, elsewhere, everything, old;

/* One text in which every file has a line of its own, so that places can be told apart. */
static const char text[] = "certificate\nkey\nlist\nsecond\n";

struct play {
    struct config *config;
    struct diags *diags;
    uint32_t source;
    struct tls_store *store;
};

static struct where line(const struct play *p, unsigned n)
{
    struct where w = { .source = p->source, .length = 3 };

    for (const char *at = text; n > 1; n--)
        w.offset = (uint32_t)((at = strchr(at, '\n') + 1) - text);
    return w;
}

static struct tls_file file(const struct play *p, const char *path, struct span bytes, unsigned n)
{
    return (struct tls_file){ .path = span_from(path), .bytes = bytes, .at = line(p, n) };
}

static void play_begin(struct play *p)
{
    p->config = config_new();
    p->diags = diags_new();
    p->source = diags_add_source(p->diags, SPAN("test.conf"), span_from(text));
    p->store = NULL;
}

static void play_end(struct play *p)
{
    tls_store_free(&p->store);
    diags_free(&p->diags);
    config_free(&p->config);
}

static struct tls_server *add_server(struct play *p, const struct pki *k)
{
    struct tls_server *s = config_add_tls_server(p->config);

    *ARENA_PUSH(p->config->arena, &s->identities) =
        (struct tls_identity){ .certificate = file(p, "c.pem", k->certificate_pem, 1),
                               .key = file(p, "k.pem", k->key_pem, 2) };
    return s;
}

/* The only listener; <servers> are chosen by their names. */
static struct tls_listener *add_listener(struct play *p, struct tls_server *fallback)
{
    struct tls_listener *l = ARENA_NEW(p->config->arena, struct tls_listener);

    l->fallback = fallback;
    config_add_listener(p->config)->tls = l;
    return l;
}

static void add_name(struct play *p, struct tls_server *s, const char *name)
{
    *ARENA_PUSH(p->config->arena, &s->names) = span_from(name);
}

static struct tls_context *picked(const struct prepared *p, const char *name)
{
    struct generation_parts parts = { 0 };

    prepared_parts(p, &parts);
    return parts.listener_tls[0].pick(parts.listener_tls[0].picker, span_from(name));
}

static struct tls_context *context_of(const struct prepared *p, const struct tls_server *s)
{
    struct generation_parts parts = { 0 };

    prepared_parts(p, &parts);
    return parts.tls_servers[s->index];
}

/* Prepares what is no good: one error of that code on that line. */
static void assert_refused(struct play *p, const char *code, uint32_t on_line)
{
    struct span name;
    uint32_t at, column;

    assert_null(prepare(p->config, p->store, NULL, p->diags));
    assert_int_equal(diags_count(p->diags, SEVERITY_ERROR), 1);
    const struct diag *d = diags_at(p->diags, diags_total(p->diags) - 1);
    assert_string_equal(d->kind->code, code);
    assert_true(diags_place(p->diags, d->where, &name, &at, &column));
    assert_int_equal(at, on_line);
}

/* ---- by name ---- */

static void test_names_of_certificates(void **state)
{
    struct play p;
    (void)state;
    play_begin(&p);
    struct tls_server *first = add_server(&p, &here), *second = add_server(&p, &everything);
    struct tls_listener *l = add_listener(&p, first);
    *ARENA_PUSH(p.config->arena, &l->servers) = first;
    *ARENA_PUSH(p.config->arena, &l->servers) = second;
    struct prepared *made = prepare(p.config, NULL, NULL, p.diags);
    assert_non_null(made);
    assert_ptr_equal(picked(made, "here.example"), context_of(made, first));
    assert_ptr_equal(picked(made, "a.every.example"), context_of(made, second));
    assert_ptr_equal(picked(made, "a.b.every.example"), context_of(made, first)); /* one label only */
    assert_ptr_equal(picked(made, ""), context_of(made, first));
    prepared_free(&made);

    l->strict = true;
    made = prepare(p.config, NULL, NULL, p.diags);
    assert_ptr_equal(picked(made, "a.every.example"), context_of(made, second));
    assert_null(picked(made, "nobody.example"));
    assert_null(picked(made, ""));
    prepared_free(&made);
    play_end(&p);
}

static void test_names_of_a_list(void **state)
{
    struct play p;
    (void)state;
    play_begin(&p);
    struct tls_server *first = add_server(&p, &here), *second = add_server(&p, &elsewhere);
    struct tls_listener *l = add_listener(&p, first);
    *ARENA_PUSH(p.config->arena, &l->servers) = first;
    *ARENA_PUSH(p.config->arena, &l->servers) = second;
    add_name(&p, second, "*.list.example");
    add_name(&p, second, "!not.list.example");
    struct prepared *made = prepare(p.config, NULL, NULL, p.diags);
    assert_ptr_equal(picked(made, "yes.list.example"), context_of(made, second));
    assert_ptr_equal(picked(made, "not.list.example"), context_of(made, first));
    assert_ptr_equal(picked(made, "elsewhere.example"), context_of(made, first)); /* the list counts alone */
    prepared_free(&made);
    play_end(&p);
}

static void test_hosts(void **state)
{
    struct play p;
    (void)state;
    play_begin(&p);
    struct arena *a = p.config->arena;
    struct tls_server *first = add_server(&p, &here), *second = add_server(&p, &elsewhere);
    struct tls_server *closed = config_add_tls_server(p.config);
    struct scope *scopes[4];
    for (unsigned i = 0; i < 4; i++)
        scopes[i] = config_add_scope(p.config, LANGUAGE_NGINX, SPAN("s"));
    scopes[0]->tls = first;
    scopes[1]->tls = second;
    scopes[2]->tls = closed;
    closed->reject = true;
    struct host_table *t = ARENA_NEW(a, struct host_table);
    host_table_init(t, scopes[0]);
    assert_int_equal(host_table_add(a, t, SPAN("*.second.example"), scopes[1]), HOST_NAME_ADDED);
    assert_int_equal(host_table_add(a, t, SPAN("closed.example"), scopes[2]), HOST_NAME_ADDED);
    assert_int_equal(host_table_add(a, t, SPAN("plain.example"), scopes[3]), HOST_NAME_ADDED);
    add_listener(&p, first)->hosts = t;

    struct prepared *made = prepare(p.config, NULL, NULL, p.diags);
    assert_non_null(made);
    assert_ptr_equal(picked(made, "a.b.second.example"), context_of(made, second));
    assert_null(picked(made, "closed.example"));
    assert_ptr_equal(picked(made, "plain.example"), context_of(made, first)); /* has no certificate */
    assert_ptr_equal(picked(made, "x.example"), context_of(made, first));
    assert_ptr_equal(picked(made, ""), context_of(made, first));
    prepared_free(&made);
    play_end(&p);
}

static void test_addresses(void **state)
{
    struct play p;
    struct generation_parts parts = { 0 };
    (void)state;
    play_begin(&p);
    struct tls_server *first = add_server(&p, &here), *second = add_server(&p, &elsewhere);
    struct tls_listener *l = add_listener(&p, first);
    struct tls_listener *other = ARENA_NEW(p.config->arena, struct tls_listener);
    other->fallback = second;
    *ARENA_PUSH(p.config->arena, &l->at) = (struct tls_listener_at){ .tls = other };
    struct prepared *made = prepare(p.config, NULL, NULL, p.diags);
    prepared_parts(made, &parts);
    assert_int_equal(parts.listener_tls[0].at_count, 1);
    const struct listener_tls *how = &parts.listener_tls[0].at[0].how;
    assert_ptr_equal(how->pick(how->picker, SPAN("here.example")), context_of(made, second));
    assert_ptr_equal(picked(made, "here.example"), context_of(made, first));
    prepared_free(&made);
    play_end(&p);
}

/* ---- files that are no good ---- */

static void test_wrong_key(void **state)
{
    struct play p;
    (void)state;
    play_begin(&p);
    add_server(&p, &here)->identities.items[0].key.bytes = elsewhere.key_pem;
    assert_refused(&p, "K0806", 2);
    play_end(&p);
}

static void test_wrong_kinds(void **state)
{
    static const struct span garbage =
        SPAN_INIT("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    struct span locked = pki_locked_key(&here, "secret");
    const struct {
        struct span certificate, key;
        const char *code;
        uint32_t line;
    } cases[] = {
        { here.key_pem, here.key_pem, "K0801", 1 },
        { SPAN("hello"), here.key_pem, "K0801", 1 },
        { garbage, here.key_pem, "K0802", 1 },
        { here.certificate_pem, here.certificate_pem, "K0803", 2 },
        { here.certificate_pem, locked, "K0804", 2 },
        { here.certificate_pem, SPAN("-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n"),
          "K0805", 2 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct play p;
        play_begin(&p);
        struct tls_identity *id = &add_server(&p, &here)->identities.items[0];
        id->certificate.bytes = cases[i].certificate;
        id->key.bytes = cases[i].key;
        assert_refused(&p, cases[i].code, cases[i].line);
        play_end(&p);
    }
    free((void *)(uintptr_t)locked.ptr);
}

static void test_wrong_lists(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        static const char *const codes[] = { "K0810", "K0811", "K0813", "K0815", "K0808", "K0809" };
        struct play p;
        play_begin(&p);
        struct tls_client *c = config_add_tls_client(p.config);
        c->terms.ciphers_at = c->terms.ciphersuites_at = c->terms.groups_at = c->terms.versions_at =
            line(&p, 3);
        c->terms.ciphers = i == 0 ? SPAN("NOSUCH") : SPAN("ECDHE+AESGCM");
        c->terms.ciphersuites = i == 1 ? SPAN("NOSUCH") : SPAN("TLS_AES_128_GCM_SHA256");
        c->terms.groups = i == 2 ? SPAN("NOSUCH") : SPAN("X25519");
        c->terms.min = i == 3 ? 0x0304 : 0;
        c->terms.max = i == 3 ? 0x0303 : 0;
        c->trusted = file(&p, "ca.pem", i == 4 ? SPAN("nothing") : authority.certificate_pem, 3);
        if (i == 5)
            c->revoked = file(&p, "crl.pem", SPAN("nothing"), 3);
        assert_refused(&p, codes[i], 3);
        play_end(&p);
    }
}

static void test_wrong_ticket_key(void **state)
{
    struct play p;
    (void)state;
    play_begin(&p);
    struct tls_server *s = add_server(&p, &here);
    *ARENA_PUSH(p.config->arena, &s->ticket_keys) = file(&p, "t.key", SPAN("short"), 3);
    assert_refused(&p, "K0817", 3);
    play_end(&p);
}

static void test_one_error_each(void **state)
{
    struct play p;
    (void)state;
    play_begin(&p);
    for (unsigned i = 0; i < 3; i++)
        add_server(&p, &here)->identities.items[0].key.bytes = elsewhere.key_pem;
    assert_refused(&p, "K0806", 2); /* the same files three times: told once */
    play_end(&p);
}

static void test_expired(void **state)
{
    struct play p;
    (void)state;
    play_begin(&p);
    add_server(&p, &old);
    struct prepared *made = prepare(p.config, NULL, NULL, p.diags);
    assert_non_null(made);
    assert_int_equal(diags_count(p.diags, SEVERITY_WARNING), 1);
    assert_string_equal(diags_at(p.diags, 0)->kind->code, "K0818");
    prepared_free(&made);
    play_end(&p);
}

/* ---- over a reload ---- */

static void test_the_same_is_kept(void **state)
{
    struct play p;
    (void)state;
    play_begin(&p);
    p.store = tls_store_new();
    struct tls_server *s = add_server(&p, &here), *twin = add_server(&p, &here);
    s->cache = twin->cache = (struct tls_cache_rule){ .name = SPAN("shared"), .entries = 10 };
    struct tls_client *c = config_add_tls_client(p.config);
    c->trusted = file(&p, "ca.pem", authority.certificate_pem, 3);
    struct prepared *first = prepare(p.config, p.store, NULL, p.diags);
    assert_ptr_equal(context_of(first, s), context_of(first, twin));

    struct prepared *second = prepare(p.config, p.store, first, p.diags);
    struct generation_parts a = { 0 }, b = { 0 };
    prepared_parts(first, &a);
    prepared_parts(second, &b);
    assert_ptr_equal(a.tls_servers[0], b.tls_servers[0]);
    assert_ptr_equal(a.tls_clients[0].context, b.tls_clients[0].context);
    prepared_free(&first);

    s->session_seconds = 600; /* another file: another context, the twin's stays */
    c->verify = true;
    struct prepared *third = prepare(p.config, p.store, second, p.diags);
    prepared_parts(third, &a);
    assert_ptr_not_equal(a.tls_servers[0], b.tls_servers[0]);
    assert_ptr_equal(a.tls_servers[1], b.tls_servers[1]);
    assert_int_not_equal(a.tls_clients[0].id, b.tls_clients[0].id);
    prepared_free(&second);
    prepared_free(&third);
    play_end(&p);
}

static void test_ids_are_of_the_bytes(void **state)
{
    struct play p;
    struct generation_parts a = { 0 }, b = { 0 };
    (void)state;
    play_begin(&p);
    config_add_tls_client(p.config)->verify = true;
    struct prepared *first = prepare(p.config, NULL, NULL, p.diags);
    struct prepared *second = prepare(p.config, NULL, NULL, p.diags);
    prepared_parts(first, &a);
    prepared_parts(second, &b);
    assert_ptr_not_equal(a.tls_clients[0].context, b.tls_clients[0].context);
    assert_int_equal(a.tls_clients[0].id, b.tls_clients[0].id);
    prepared_free(&first);
    prepared_free(&second);
    play_end(&p);
}

static void test_random_keys_turn(void **state)
{
    struct tls_store *s = tls_store_new();
    instant now = { 1000000 };
    (void)state;
    instant next = tls_store_turn(s, now);
    assert_true(next.us >= now.us + 3600u * UINT64_C(1000000));
    assert_int_equal(tls_store_turn(s, (instant){ now.us + 5 }).us, next.us);
    assert_true(tls_store_turn(s, next).us > next.us);
    tls_store_free(&s);
}

static int set_up(void **state)
{
    (void)state;
    authority = pki_make(NULL, "authority", NULL, 30, "EC");
    here = pki_make(&authority, "here.example", "DNS:here.example", 30, "EC");
    elsewhere = pki_make(&authority, "elsewhere.example", "DNS:elsewhere.example", 30, "EC");
    everything = pki_make(&authority, "every.example", "DNS:every.example,DNS:*.every.example", 30, "EC");
    old = pki_make(&authority, "old.example", NULL, -2, "EC");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pki_free(&authority);
    pki_free(&here);
    pki_free(&elsewhere);
    pki_free(&everything);
    pki_free(&old);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_certificates),
        cmocka_unit_test(test_names_of_a_list),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_wrong_key),
        cmocka_unit_test(test_wrong_kinds),
        cmocka_unit_test(test_wrong_lists),
        cmocka_unit_test(test_wrong_ticket_key),
        cmocka_unit_test(test_one_error_each),
        cmocka_unit_test(test_expired),
        cmocka_unit_test(test_the_same_is_kept),
        cmocka_unit_test(test_ids_are_of_the_bytes),
        cmocka_unit_test(test_random_keys_turn),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
