/* SPDX-License-Identifier: Apache-2.0 */
/* From what lines say of TLS to the model: listeners, servers, checks. */
#include "base/macros.h"
#include "conf/common/diag_conf.h"
#include "conf/haproxy/tls.h"

enum { CACHE_SIZE = 20000, LIFETIME = 300, TLS_12 = 0x0303, TLS_13 = 0x0304 };

/* ---- terms ---- */

static const struct word *word_or(const struct word *own, const struct word *otherwise)
{
    return own->text.len ? own : otherwise;
}

static void take_list(struct build *b, const struct word *w, struct span *to, struct where *at)
{
    *to = arena_span(b->arena, w->text);
    *at = w->at;
}

/*
 * The range that is left of min, max and what is excluded. HAProxy would leave
 * holes; nobody can tell what such a range means to a client, so they are refused.
 */
static void take_versions(struct build *b, const struct tls_options *o, const struct tls_options *defaults,
                          struct tls_terms *t)
{
    uint16_t min = o->min ? o->min : defaults->min, max = o->max ? o->max : defaults->max;
    unsigned without = o->without | defaults->without;
    struct where at = o->versions_at.source ? o->versions_at : defaults->versions_at;
    min = min ? min : TLS_12;
    max = max ? max : TLS_13;
    for (uint16_t v = min; v <= max; v++) {
        if (without & 1u << (v & 0xfu))
            continue;
        if (t->min == 0)
            t->min = v;
        else if (t->max != v - 1)
            diag_add(b->diags, &haproxy_tls_gap, at, DIAG_NO_TEXT);
        t->max = v;
    }
    if (t->min == 0) { /* said when the context cannot be made */
        t->min = TLS_13;
        t->max = TLS_12;
    }
    t->versions_at = at;
}

struct span haproxy_tls_alpn(struct build *b, const struct word *w)
{
    struct buf kept;
    buf_init(&kept, 4096);
    for (struct span rest = w->text; rest.ptr && rest.len;) {
        struct span name = span_trim(span_cut(&rest, ','));
        if (span_eq(name, SPAN("h2"))) {
            diag_add(b->diags, &haproxy_http2_later, w->at, DIAG_TEXT(name));
            continue;
        }
        if (kept.len)
            buf_put_char(&kept, ',');
        buf_put(&kept, name);
    }
    struct span wire = kept.len ? tls_alpn_wire(b->arena, buf_span(&kept), ',') : SPAN("");
    buf_fini(&kept);
    if (wire.ptr == NULL)
        diag_add(b->diags, &haproxy_tls_alpn_bad, w->at, DIAG_TEXT(w->text));
    return wire.ptr ? wire : SPAN("");
}

static void take_terms(struct build *b, const struct tls_options *o, const struct tls_options *defaults,
                       struct tls_terms *t)
{
    take_versions(b, o, defaults, t);
    take_list(b, word_or(&o->ciphers, &defaults->ciphers), &t->ciphers, &t->ciphers_at);
    take_list(b, word_or(&o->ciphersuites, &defaults->ciphersuites), &t->ciphersuites, &t->ciphersuites_at);
    take_list(b, word_or(&o->curves, &defaults->curves), &t->groups, &t->groups_at);
    take_list(b, word_or(&o->signatures, &defaults->signatures), &t->signatures, &t->signatures_at);
    if (o->alpn.text.len)
        t->alpn = haproxy_tls_alpn(b, &o->alpn);
}

/* ---- clients ---- */

static void take_verification(struct build *b, const struct word *address, const struct tls_options *o,
                              struct tls_server *s)
{
    if (o->verify == VERIFY_UNSET || o->verify == VERIFY_NONE)
        return;
    s->demand = o->verify == VERIFY_REQUIRED ? TLS_DEMAND_REQUIRED : TLS_DEMAND_OPTIONAL;
    s->lenient = o->ignore_errors;
    s->name_nobody = o->no_ca_names;
    if (o->ca_file.text.len)
        haproxy_tls_authorities(b, &o->ca_file, &s->trusted);
    if (o->ca_verify_file.text.len) {
        struct tls_file more;
        haproxy_tls_authorities(b, &o->ca_verify_file, &more);
        s->named = s->trusted;
        s->trusted = more;
        s->trusted.bytes =
            arena_printf(b->arena, "%.*s\n%.*s", SPAN_ARGS(s->named.bytes), SPAN_ARGS(more.bytes));
    }
    if (o->crl_file.text.len)
        haproxy_tls_authorities(b, &o->crl_file, &s->revoked);
    s->revoked_all = s->revoked.path.len > 0;
    if (s->trusted.path.len == 0)
        diag_add(b->diags, &haproxy_tls_no_client_ca, o->verify_at, DIAG_TEXT(address->text));
}

static struct tls_server *make_server(struct build *b, const struct draft *d, const struct word *address,
                                      const struct tls_options *o, const struct identity_group *identities)
{
    const struct tls_defaults *global = &b->global.tls;
    struct tls_server *s = config_add_tls_server(b->config);
    s->at = address->at;
    for (uint32_t i = 0; i < identities->items.count; i++)
        *ARENA_PUSH(b->arena, &s->identities) = identities->items.items[i];
    take_terms(b, o, &global->bind, &s->terms);
    if (o->alpn.text.len == 0 && !o->no_alpn && draft_is_http(d))
        s->terms.alpn = SPAN("\x08http/1.1");
    s->prefer_client_ciphers = o->prefer_client_ciphers || global->bind.prefer_client_ciphers;
    const struct tls_file *own = &s->identities.items[0].certificate;
    if (span_find(own->bytes, SPAN("DH PARAMETERS-----")) != SPAN_NONE)
        s->dh = *own;
    else if (global->dh.text.len)
        (void)haproxy_tls_file(b, &global->dh, arena_span(b->arena, global->dh.text), &s->dh);
    take_verification(b, address, o, s);
    s->no_tickets = o->no_tickets || global->bind.no_tickets;
    if (o->ticket_keys.text.len)
        haproxy_tls_ticket_keys(b, &o->ticket_keys, s);
    s->cache = (struct tls_cache_rule){ .name = SPAN("haproxy"),
                                        .entries = (uint32_t)value_or(&global->cache_size, CACHE_SIZE) };
    s->session_seconds = (uint32_t)value_or(&global->lifetime, LIFETIME);
    return s;
}

static void add_server(struct build *b, struct tls_listener *l, struct tls_server *s)
{
    if (l->fallback == NULL)
        l->fallback = s;
    *ARENA_PUSH(b->arena, &l->servers) = s;
}

static void add_certificates(struct build *b, const struct draft *d, const struct word *address,
                             const struct tls_options *o, struct tls_listener *l)
{
    for (uint32_t i = 0; i < o->certificates.count; i++) {
        struct identities found = { 0 };
        haproxy_tls_certificates(b, &o->certificates.items[i], true, &found);
        for (uint32_t k = 0; k < found.count; k++)
            add_server(b, l, make_server(b, d, address, o, &found.items[k]));
    }
}

static void add_lists(struct build *b, const struct draft *d, const struct word *address,
                      const struct tls_options *o, struct tls_listener *l)
{
    for (uint32_t i = 0; i < o->lists.count; i++) {
        struct crt_lines lines = { 0 };
        haproxy_tls_list(b, &o->lists.items[i], o, &lines);
        for (uint32_t k = 0; k < lines.count; k++) {
            const struct crt_line *line = &lines.items[k];
            struct tls_server *s = make_server(b, d, address, &line->options, &line->identities);
            for (uint32_t n = 0; n < line->names.count; n++)
                *ARENA_PUSH(b->arena, &s->names) = line->names.items[n];
            add_server(b, l, s);
        }
    }
}

const struct tls_listener *haproxy_tls_listener(struct build *b, const struct draft *d,
                                                const struct word *address, const struct tls_options *o)
{
    bool any = o->certificates.count || o->lists.count;
    if (!o->ssl && any)
        diag_add(b->diags, &haproxy_tls_unused, address->at, DIAG_TEXT(address->text));
    if (!o->ssl)
        return NULL;
    if (!any) {
        struct diag *e = diag_add(b->diags, &haproxy_tls_no_certificate, o->ssl_at, DIAG_TEXT(address->text));
        diag_help(b->diags, e, "bind %.*s ssl crt FILE.pem", SPAN_ARGS(address->text));
        return NULL;
    }
    struct tls_listener *l = ARENA_NEW(b->arena, struct tls_listener);
    l->strict = o->strict || b->global.tls.bind.strict;
    add_certificates(b, d, address, o, l);
    add_lists(b, d, address, o, l);
    return l->fallback ? l : NULL; /* none could be read, and that was said */
}

/* ---- servers ---- */

static void take_identity(struct build *b, const struct tls_options *o, struct tls_client *t)
{
    struct identities found = { 0 };
    if (o->certificates.count == 0)
        return;
    haproxy_tls_certificates(b, &o->certificates.items[0], false, &found);
    if (found.count && found.items[0].items.count)
        t->identity = found.items[0].items.items[0];
}

static void take_server_verification(struct build *b, const struct server *server,
                                     const struct tls_options *o, struct tls_client *t)
{
    bool wanted = o->verify == VERIFY_UNSET ? !b->global.tls.no_verify : o->verify == VERIFY_REQUIRED;
    t->verify = wanted;
    t->verify_by_name = true;
    if (o->ca_file.text.len)
        haproxy_tls_authorities(b, &o->ca_file, &t->trusted);
    if (o->crl_file.text.len)
        haproxy_tls_authorities(b, &o->crl_file, &t->revoked);
    t->revoked_all = t->revoked.path.len > 0;
    if (o->verifyhost.text.len)
        t->verify_name = expr_text(b->arena, arena_span(b->arena, o->verifyhost.text));
    if (!wanted || o->ca_file.text.len)
        return;
    struct diag *e = diag_add(b->diags, &haproxy_tls_no_server_ca,
                              o->verify_at.source ? o->verify_at : o->ssl_at, DIAG_TEXT(server->name));
    diag_help(b->diags, e,
              "ca-file @system-ca verifies by whom the system trusts; verify none believes anybody");
}

static struct tls_client *make_client(struct build *b, const struct server *server,
                                      const struct tls_options *o)
{
    struct tls_client *t = config_add_tls_client(b->config);
    t->at = o->ssl_at.source ? o->ssl_at : server->at;
    take_terms(b, o, &b->global.tls.server, &t->terms);
    take_server_verification(b, server, o, t);
    take_identity(b, o, t);
    t->no_resume = o->no_resume;
    return t;
}

/* The request's host, without a port. */
static const struct expr *host_of_request(struct build *b)
{
    struct expr *e = ARENA_NEW(b->arena, struct expr);
    struct expr_part *p = expr_add_fetch(b->arena, e, FETCH_REQUEST_FIELD, SPAN("host"));
    (void)expr_add_conversion(b->arena, p, CONVERT_HOST_ONLY);
    expr_finish(b->arena, e);
    return e;
}

const struct tls_client *haproxy_tls_client(struct build *b, const struct draft *d,
                                            const struct server *server, const struct tls_options *o)
{
    if (!o->ssl)
        return NULL;
    struct tls_client *t = make_client(b, server, o);
    struct sample sni;
    if (o->sni.text.len && haproxy_sample(b, &o->sni, false, &sni))
        t->name = sni.expr;
    else if (o->sni_auto && draft_is_http(d))
        t->name = host_of_request(b);
    return t;
}

const struct tls_client *haproxy_tls_check(struct build *b, const struct draft *d,
                                           const struct server *server, const struct tls_options *o,
                                           const struct tls_client *template)
{
    (void)d;
    struct tls_client *t = make_client(b, server, o);
    t->terms.alpn = template ? template->terms.alpn : SPAN("");
    if (template && template->name)
        t->name = template->name;
    else if (o->check_sni.text.len)
        t->name = expr_text(b->arena, arena_span(b->arena, o->check_sni.text));
    if (t->terms.alpn.len == 0 && o->check_alpn.text.len)
        t->terms.alpn = haproxy_tls_alpn(b, &o->check_alpn);
    return t;
}
