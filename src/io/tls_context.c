/* SPDX-License-Identifier: Apache-2.0 */
/* Building a context from bytes, and the hooks by which handshakes consult it. */
#include "io/tls_internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_SECONDS 300
/* Two records and their extras: half the calls for a big upload, and held only while bytes lie in it. */
#define READ_BUFFER (2u * (16384 + 256 + 5))

void tls_library_init(void)
{
    /* No openssl.cnf; and no clean-up at exit, when threads may still be in a handshake. */
    (void)OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
}

/* --- pairs --- */
static bool context_use_pair(struct tls_context *c, const struct tls_pair *p, uint32_t i,
                             struct tls_failure *why)
{
    STACK_OF(X509) *chain = tls_pem_certificates(p->certificate);
    if (!chain) {
        tls_failure_from_queue(why, TLS_BAD_CERTIFICATE);
        return false;
    }
    X509 *leaf = sk_X509_shift(chain);
    EVP_PKEY *key = tls_pem_key(p->key.len ? p->key : p->certificate, p->passphrase);
    bool good = false;

    c->leaves[i] = leaf;
    if (!key) {
        tls_failure_from_queue(why, TLS_BAD_KEY);
    } else if (X509_check_private_key(leaf, key) != 1) {
        tls_failure_from_queue(why, TLS_KEY_MISMATCH);
        why->code = TLS_KEY_MISMATCH; /* also when the two are of different kinds */
    } else if (SSL_CTX_use_cert_and_key(c->ssl, leaf, key, chain, 1) != 1) {
        tls_failure_from_queue(why, TLS_BAD_CERTIFICATE);
    } else {
        good = true;
    }
    EVP_PKEY_free(key);
    sk_X509_pop_free(chain, X509_free);
    return good;
}

static bool context_keep_ocsp(struct tls_context *c, const struct tls_pair *p, uint32_t i)
{
    if (p->ocsp.len == 0)
        return true;
    c->ocsp[i].bytes = malloc(p->ocsp.len);
    if (!c->ocsp[i].bytes)
        return false;
    memcpy(c->ocsp[i].bytes, p->ocsp.ptr, p->ocsp.len);
    c->ocsp[i].len = p->ocsp.len;
    return true;
}

static int on_status_request(SSL *ssl, void *arg)
{
    const struct tls_context *c = arg;
    const X509 *leaf = SSL_get_certificate(ssl);

    for (uint32_t i = 0; i < c->pair_count; i++) {
        if (c->leaves[i] != leaf || c->ocsp[i].len == 0)
            continue;
        unsigned char *copy = OPENSSL_memdup(c->ocsp[i].bytes, c->ocsp[i].len);
        if (!copy || SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)c->ocsp[i].len) != 1) {
            OPENSSL_free(copy);
            break;
        }
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

static bool context_add_pairs(struct tls_context *c, const struct tls_settings *s, struct tls_failure *why)
{
    bool staples = false;

    c->pair_count = s->pair_count;
    c->leaves = calloc(s->pair_count + 1u, sizeof(*c->leaves));
    c->ocsp = calloc(s->pair_count + 1u, sizeof(*c->ocsp));
    if (!c->leaves || !c->ocsp)
        oom_die(s->pair_count * sizeof(*c->ocsp));
    for (uint32_t i = 0; i < s->pair_count; i++) {
        why->item = i;
        if (!context_use_pair(c, &s->pairs[i], i, why))
            return false;
        if (!context_keep_ocsp(c, &s->pairs[i], i))
            oom_die(s->pairs[i].ocsp.len);
        staples |= s->pairs[i].ocsp.len != 0;
    }
    why->item = 0;
    if (staples) {
        SSL_CTX_set_tlsext_status_cb(c->ssl, on_status_request);
        SSL_CTX_set_tlsext_status_arg(c->ssl, c);
    }
    return true;
}

/* --- verification --- */
static int on_verify_leniently(int good, X509_STORE_CTX *store)
{
    (void)good, (void)store; /* the result is kept in the session, and its owner decides */
    return 1;
}

static bool context_trust(struct tls_context *c, struct span pem, struct tls_failure *why)
{
    STACK_OF(X509) *all = tls_pem_certificates(pem);
    X509_STORE *store = SSL_CTX_get_cert_store(c->ssl);
    bool good = all != NULL;

    for (int i = 0; good && i < sk_X509_num(all); i++) {
        why->item = (uint32_t)i;
        good = X509_STORE_add_cert(store, sk_X509_value(all, i)) == 1;
    }
    if (!good)
        tls_failure_from_queue(why, TLS_BAD_CA);
    else
        why->item = 0;
    sk_X509_pop_free(all, X509_free);
    return good;
}

static bool context_name_cas(struct tls_context *c, struct span pem, struct tls_failure *why)
{
    STACK_OF(X509) *all = tls_pem_certificates(pem);

    if (!all) {
        tls_failure_from_queue(why, TLS_BAD_CA);
        return false;
    }
    for (int i = 0; i < sk_X509_num(all); i++)
        (void)SSL_CTX_add_client_CA(c->ssl, sk_X509_value(all, i));
    sk_X509_pop_free(all, X509_free);
    return true;
}

static bool context_add_crls(struct tls_context *c, const struct tls_settings *s, struct tls_failure *why)
{
    X509_STORE *store = SSL_CTX_get_cert_store(c->ssl);
    BIO *in = tls_pem_open(s->revoked);
    X509_CRL *crl;
    unsigned count = 0;

    ERR_clear_error();
    while (in && (crl = PEM_read_bio_X509_CRL(in, NULL, tls_pem_no_passphrase, NULL)) != NULL) {
        count += X509_STORE_add_crl(store, crl) == 1;
        X509_CRL_free(crl);
    }
    BIO_free(in);
    if (!tls_pem_is_at_end() || count == 0) {
        tls_failure_from_queue(why, TLS_BAD_CRL);
        return false;
    }
    return X509_STORE_set_flags(store,
                                X509_V_FLAG_CRL_CHECK | (s->crl_all ? X509_V_FLAG_CRL_CHECK_ALL : 0u)) == 1;
}

static bool context_set_verification(struct tls_context *c, const struct tls_settings *s,
                                     struct tls_failure *why)
{
    int mode = SSL_VERIFY_NONE;

    if (s->trusted.len && !context_trust(c, s->trusted, why))
        return false;
    if (s->revoked.len && !context_add_crls(c, s, why))
        return false;
    struct span names = s->client_ca_names.len ? s->client_ca_names : s->trusted;
    bool named = !s->client && s->verify != TLS_VERIFY_NONE && !s->no_client_ca_names && names.len;
    if (named && !context_name_cas(c, names, why))
        return false;
    if (s->verify != TLS_VERIFY_NONE)
        mode = SSL_VERIFY_PEER;
    if (s->verify == TLS_VERIFY_REQUIRED && !s->verify_lenient)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(c->ssl, mode, s->verify_lenient ? on_verify_leniently : NULL);
    if (s->verify_depth)
        SSL_CTX_set_verify_depth(c->ssl, (int)s->verify_depth);
    return true;
}

/* --- the rest of the settings --- */
static int library_version(enum tls_version v, int otherwise)
{
    switch (v) {
    case TLS_1_0:
        return TLS1_VERSION;
    case TLS_1_1:
        return TLS1_1_VERSION;
    case TLS_1_2:
        return TLS1_2_VERSION;
    case TLS_1_3:
        return TLS1_3_VERSION;
    case TLS_VERSION_DEFAULT:
        break;
    }
    return otherwise;
}

static bool context_set_versions(struct tls_context *c, const struct tls_settings *s)
{
    int min = library_version(s->min, TLS1_2_VERSION), max = library_version(s->max, TLS1_3_VERSION);

    if (s->min == TLS_VERSION_DEFAULT && max < min)
        min = max;
    return min <= max && SSL_CTX_set_min_proto_version(c->ssl, min) == 1 &&
           SSL_CTX_set_max_proto_version(c->ssl, max) == 1;
}

static bool context_set_dh(struct tls_context *c, struct span pem)
{
    if (pem.len == 0)
        return SSL_CTX_set_dh_auto(c->ssl, 1) == 1;
    BIO *in = tls_pem_open(pem);
    EVP_PKEY *dh = in ? PEM_read_bio_Parameters(in, NULL) : NULL;
    bool good = dh && SSL_CTX_set0_tmp_dh_pkey(c->ssl, dh) == 1;
    if (!good)
        EVP_PKEY_free(dh);
    BIO_free(in);
    return good;
}

static bool alpn_is_wire_form(struct span list)
{
    while (list.len) {
        size_t n = (unsigned char)list.ptr[0];
        if (n == 0 || n >= list.len)
            return false;
        list = span_from_index(list, n + 1);
    }
    return true;
}

static bool context_set_alpn(struct tls_context *c, const struct tls_settings *s)
{
    if (s->alpn.len == 0)
        return true;
    if (s->alpn.len > UINT16_MAX || !alpn_is_wire_form(s->alpn))
        return false;
    if (s->client)
        return SSL_CTX_set_alpn_protos(c->ssl, (const unsigned char *)s->alpn.ptr, (unsigned)s->alpn.len) ==
               0;
    c->alpn = malloc(s->alpn.len);
    if (!c->alpn)
        oom_die(s->alpn.len);
    memcpy(c->alpn, s->alpn.ptr, s->alpn.len);
    c->alpn_len = (unsigned)s->alpn.len;
    c->alpn_strict = s->alpn_strict;
    SSL_CTX_set_alpn_select_cb(c->ssl, tls_on_alpn, c);
    return true;
}

static bool context_set_groups(struct tls_context *c, const char *groups)
{
    if (!groups)
        return true;
    c->groups = strdup(groups);
    if (!c->groups)
        oom_die(strlen(groups));
    return SSL_CTX_set1_groups_list(c->ssl, groups) == 1;
}

static bool context_set_ciphers(struct tls_context *c, const struct tls_settings *s)
{
    return (!s->ciphers || SSL_CTX_set_cipher_list(c->ssl, s->ciphers) == 1) &&
           (!s->ciphersuites || SSL_CTX_set_ciphersuites(c->ssl, s->ciphersuites) == 1) &&
           (!s->signatures || SSL_CTX_set1_sigalgs_list(c->ssl, s->signatures) == 1);
}

static bool context_set_algorithms(struct tls_context *c, const struct tls_settings *s,
                                   struct tls_failure *why)
{
    enum tls_error wrong = TLS_NONE;

    if (!context_set_versions(c, s))
        wrong = TLS_BAD_VERSION;
    else if (!context_set_ciphers(c, s))
        wrong = TLS_BAD_CIPHERS;
    else if (!context_set_groups(c, s->groups))
        wrong = TLS_BAD_GROUPS;
    else if (!context_set_dh(c, s->dh))
        wrong = TLS_BAD_DH;
    else if (!context_set_alpn(c, s))
        wrong = TLS_BAD_ALPN;
    if (wrong != TLS_NONE)
        tls_failure_from_queue(why, wrong);
    return wrong == TLS_NONE;
}

static int on_new_client_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_session *s = SSL_get_app_data(ssl);

    if (!s->resume || SSL_version(ssl) != TLS1_3_VERSION || !SSL_SESSION_is_resumable(session))
        return 0;
    SSL_SESSION_free(s->resume->session);
    s->resume->session = session;
    return 1; /* the reference is ours now */
}

/* A session may only resume where the same things would have been verified: the scope holds them too. */
static bool context_set_scope(struct tls_context *c, const struct tls_settings *s)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    const unsigned char how[2] = { (unsigned char)s->verify, s->verify_lenient };
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good =
        md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(md, how, sizeof(how)) == 1 &&
        EVP_DigestUpdate(md, s->trusted.ptr, s->verify == TLS_VERIFY_NONE ? 0 : s->trusted.len) == 1 &&
        EVP_DigestUpdate(md, s->session_scope.ptr, s->session_scope.len) == 1 &&
        EVP_DigestFinal_ex(md, digest, NULL) == 1 &&
        SSL_CTX_set_session_id_context(c->ssl, digest, sizeof(digest)) == 1;

    EVP_MD_CTX_free(md);
    return good;
}

static bool context_set_sessions(struct tls_context *c, const struct tls_settings *s)
{
    SSL_CTX_set_timeout(c->ssl, (long)(s->session_seconds ? s->session_seconds : SESSION_SECONDS));
    SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
    if (s->client) {
        SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(c->ssl, on_new_client_session);
        return true;
    }
    if (s->cache) {
        c->cache = tls_cache_get(s->cache);
        tls_cache_hook(c);
    }
    if (s->tickets) {
        c->tickets = tls_tickets_get(s->tickets);
        tls_tickets_hook(c);
    }
    if (s->no_tickets && !s->cache)
        SSL_CTX_set_num_tickets(c->ssl, 0); /* nor the stateful kind, which nobody could redeem */
    else
        SSL_CTX_set_num_tickets(c->ssl, 1);
    return context_set_scope(c, s);
}

static void context_set_modes(struct tls_context *c, const struct tls_settings *s)
{
    /* A FIN without close_notify is told by conn->unclean_eof; as an error of the library it would also make
     * the session unfit to be resumed, and many clients end so. */
    uint64_t options = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF;

    if (!s->prefer_client_ciphers)
        options |= SSL_OP_CIPHER_SERVER_PREFERENCE;
    if (s->no_tickets)
        options |= SSL_OP_NO_TICKET;
    SSL_CTX_set_options(c->ssl, options);
    SSL_CTX_set_mode(c->ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(c->ssl, 1);
    SSL_CTX_set_default_read_buffer_len(c->ssl, READ_BUFFER);
    if (s->client)
        return;
    SSL_CTX_set_client_hello_cb(c->ssl, tls_on_client_hello, NULL);
    SSL_CTX_set_tlsext_servername_callback(c->ssl, tls_on_server_name);
}

struct tls_context *tls_context_new(const struct tls_settings *s, struct tls_failure *why)
{
    struct tls_context *c = calloc(1, sizeof(*c));

    if (!c)
        oom_die(sizeof(*c));
    *why = (struct tls_failure){ 0 };
    tls_library_init();
    ERR_clear_error();
    atomic_init(&c->count, 1);
    c->client = s->client;
    c->bio = tls_bio_new_method();
    c->ssl = SSL_CTX_new(s->client ? TLS_client_method() : TLS_server_method());
    if (!c->ssl || !c->bio) {
        tls_failure_from_queue(why, TLS_MEMORY);
    } else {
        context_set_modes(c, s);
        if (context_set_algorithms(c, s, why) && context_add_pairs(c, s, why) &&
            context_set_verification(c, s, why) && context_set_sessions(c, s))
            return c;
        if (why->code == TLS_NONE)
            tls_failure_from_queue(why, TLS_MEMORY);
    }
    tls_context_put(&c);
    return NULL;
}

struct tls_context *tls_context_get(struct tls_context *c)
{
    (void)atomic_fetch_add_explicit(&c->count, 1, memory_order_relaxed);
    return c;
}

void tls_context_put(struct tls_context **c)
{
    struct tls_context *context = *c;

    *c = NULL;
    if (!context || atomic_fetch_sub_explicit(&context->count, 1, memory_order_acq_rel) != 1)
        return;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->bio);
    tls_tickets_put(&context->tickets);
    tls_cache_put(&context->cache);
    for (uint32_t i = 0; context->leaves && i < context->pair_count; i++)
        X509_free(context->leaves[i]);
    for (uint32_t i = 0; context->ocsp && i < context->pair_count; i++)
        free(context->ocsp[i].bytes);
    free(context->leaves);
    free(context->ocsp);
    free(context->groups);
    free(context->alpn);
    free(context);
}
