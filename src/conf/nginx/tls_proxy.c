/* SPDX-License-Identifier: Apache-2.0 */
/* TLS towards servers, and what is told of TLS that only passes by (ssl_preread). */
#include "base/macros.h"
#include "conf/nginx/tls.h"
#include "model/lookup.h"

/* ---- towards servers ---- */

#define OFFSET(member) offsetof(struct level, tls.member)

static void take_identity(struct build *b, const struct level *l, struct tls_client *t)
{
    const struct kept *certificate = KEPT(l, tls.proxy_certificate), *key = KEPT(l, tls.proxy_key);
    if (certificate == NULL || text_at(&certificate->items[0], 1).len == 0)
        return;
    const struct word *w = word_at(&certificate->items[0], 1);
    if (key == NULL) {
        diag_add(b->diags, &nginx_no_certificate_key, w->at, DIAG_TEXT(w->text));
        return;
    }
    nginx_tls_take_file(b, l, OFFSET(proxy_certificate), "certificate", &t->identity.certificate);
    nginx_tls_take_file(b, l, OFFSET(proxy_key), "certificate key", &t->identity.key);
}

static void take_verification(struct build *b, const struct level *l, struct tls_client *t)
{
    const struct setting *verify = level_setting(l, OFFSET(proxy_verify));
    t->verify = verify && verify->n;
    t->depth = (uint32_t)SETTING(l, tls.proxy_depth, 1);
    nginx_tls_take_file(b, l, OFFSET(proxy_trusted), "trusted certificate", &t->trusted);
    nginx_tls_take_file(b, l, OFFSET(proxy_crl), "crl", &t->revoked);
    t->revoked_all = t->revoked.path.len > 0;
    if (t->verify && t->trusted.path.len == 0)
        diag_add(b->diags, &nginx_no_server_ca, verify->at, DIAG_NO_TEXT);
}

const struct tls_client *nginx_tls_client(struct build *b, struct side *side, const struct level *l,
                                          const struct expr *name, struct where at)
{
    struct tls_client *t = config_add_tls_client(b->config);
    const struct kept *other = KEPT(l, tls.proxy_name);
    if (other)
        name = nginx_expr(b, side, word_at(&other->items[0], 1), NULL);
    t->at = at;
    t->verify_name = name;
    if (SETTING(l, tls.proxy_server_name, false))
        t->name = name;
    nginx_tls_terms(b, l, OFFSET(proxy_protocols), OFFSET(proxy_ciphers), OFFSET(proxy_commands), &t->terms);
    t->terms.alpn = nginx_tls_alpn(b, KEPT(l, tls.proxy_alpn));
    take_verification(b, l, t);
    take_identity(b, l, t);
    t->no_resume = !SETTING(l, tls.proxy_reuse, true);
    return t;
}

/* ---- TLS that passes by ---- */

/* An action that does nothing: its condition waits until the client's first message is there, or is none. */
void nginx_compile_preread(struct build *b, const struct level *l)
{
    if (!SETTING(l, tls.preread, false))
        return;
    struct cond *c = nginx_tls_cond(b, l->scope->at);
    nginx_tls_cond_add(b, c, nginx_tls_is(b, FETCH_TLS_USED), true);
    nginx_tls_cond_add(b, c, nginx_tls_is(b, FETCH_HELLO_TYPE), false);
    struct action *a = action_add(b->config, l->scope, HOOK_CONTENT, ACTION_SKIP, l->scope->at);
    a->when = c;
    l->scope->inspect_strict = true;
    l->scope->inspect_delay = TIME(l, tls.preread_timeout, 30000);
}
