/* SPDX-License-Identifier: Apache-2.0 */
/* TLS in the dump: files by their path and size, never their bytes. */
#include "model/dump_internal.h"

static void dump_file(const struct dump *d, const char *name, const struct tls_file *f)
{
    if (f->path.len)
        dump_line(d, "%s %.*s, %zu bytes", name, SPAN_ARGS(f->path), f->bytes.len);
}

static void dump_identity(const struct dump *d, const struct tls_identity *i)
{
    dump_file(d, "certificate", &i->certificate);
    dump_file(d, "key", &i->key);
    dump_file(d, "status", &i->ocsp);
}

static void dump_alpn(const struct dump *d, struct span wire)
{
    while (wire.len) {
        size_t len = (unsigned char)wire.ptr[0];
        dump_text(d, "protocol", span_first(span_from_index(wire, 1), len));
        wire = span_from_index(wire, len + 1);
    }
}

static void dump_terms(const struct dump *d, const struct tls_terms *t)
{
    if (t->min)
        dump_line(d, "from %s", tls_version_name(t->min));
    if (t->max)
        dump_line(d, "to %s", tls_version_name(t->max));
    dump_text(d, "ciphers", t->ciphers);
    dump_text(d, "ciphersuites", t->ciphersuites);
    dump_text(d, "groups", t->groups);
    dump_text(d, "signatures", t->signatures);
    dump_alpn(d, t->alpn);
}

static void dump_clients_certificates(const struct dump *d, const struct tls_server *s)
{
    dump_flag(d, "asks for a certificate", s->demand == TLS_DEMAND_OPTIONAL);
    dump_flag(d, "wants a certificate", s->demand == TLS_DEMAND_REQUIRED);
    dump_flag(d, "lenient", s->lenient);
    dump_file(d, "trusts", &s->trusted);
    dump_file(d, "names", &s->named);
    dump_flag(d, "names nobody", s->name_nobody);
    dump_file(d, "revoked", &s->revoked);
    dump_flag(d, "revoked, whole chain", s->revoked_all);
    dump_number(d, "depth", s->depth);
}

void dump_tls_server(struct dump *d, const struct tls_server *s)
{
    dump_line(d, "tls server %u", s->index);
    d->depth++;
    for (uint32_t i = 0; i < s->identities.count; i++)
        dump_identity(d, &s->identities.items[i]);
    for (uint32_t i = 0; i < s->names.count; i++)
        dump_text(d, "name", s->names.items[i]);
    dump_terms(d, &s->terms);
    dump_flag(d, "prefers the client's ciphers", s->prefer_client_ciphers);
    dump_flag(d, "refuses other protocols", s->alpn_strict);
    dump_flag(d, "refuses handshakes", s->reject);
    dump_file(d, "dh", &s->dh);
    dump_clients_certificates(d, s);
    dump_flag(d, "no tickets", s->no_tickets);
    for (uint32_t i = 0; i < s->ticket_keys.count; i++)
        dump_file(d, "ticket key", &s->ticket_keys.items[i]);
    dump_text(d, "cache", s->cache.name);
    dump_number(d, "cache entries", s->cache.entries);
    dump_number(d, "session seconds", s->session_seconds);
    d->depth--;
}

void dump_tls_client(struct dump *d, const struct tls_client *t)
{
    d->depth++;
    dump_identity(d, &t->identity);
    dump_terms(d, &t->terms);
    dump_flag(d, "verifies", t->verify);
    dump_file(d, "trusts", &t->trusted);
    dump_file(d, "revoked", &t->revoked);
    dump_flag(d, "revoked, whole chain", t->revoked_all);
    dump_number(d, "depth", t->depth);
    dump_expr(d, "name", t->name);
    dump_expr(d, "certificate for", t->verify_name);
    dump_flag(d, "certificate for that name", t->verify_by_name);
    dump_flag(d, "no resuming", t->no_resume);
    d->depth--;
}

void dump_tls_listener(struct dump *d, const struct tls_listener *l)
{
    dump_line(d, "tls");
    d->depth++;
    dump_line(d, "else tls server %u", l->fallback->index);
    for (uint32_t i = 0; i < l->servers.count; i++)
        dump_line(d, "by name tls server %u", l->servers.items[i]->index);
    dump_flag(d, "by host", l->hosts != NULL);
    dump_flag(d, "strict", l->strict);
    dump_flag(d, "plain too", l->plain_too);
    for (uint32_t i = 0; i < l->at.count; i++) {
        dump_address(d, "at", &l->at.items[i].address);
        dump_tls_listener(d, l->at.items[i].tls);
    }
    d->depth--;
}
