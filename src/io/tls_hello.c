/* SPDX-License-Identifier: Apache-2.0 */
/* What is decided when a client's hello has come: which context by its name, which protocol by ALPN. */
#include "io/tls_internal.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* The host_name of the extension (RFC 6066 3), lower case, without a dot at its end. */
static bool hello_name(SSL *ssl, char name[TLS_NAME_MAX + 1], size_t *len)
{
    const unsigned char *ext;
    size_t size, n;

    *len = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext, &size) != 1)
        return true;
    if (size < 5 || ((size_t)ext[0] << 8 | ext[1]) != size - 2 || ext[2] != TLSEXT_NAMETYPE_host_name)
        return false;
    n = (size_t)ext[3] << 8 | ext[4];
    if (n > size - 5 || n > TLS_NAME_MAX || n == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (ext[5 + i] <= ' ' || ext[5 + i] >= 127)
            return false;
        char ch = (char)ext[5 + i];
        name[i] = ch >= 'A' && ch <= 'Z' ? (char)(ch | 0x20) : ch;
    }
    *len = n - (name[n - 1] == '.');
    return *len > 0;
}

/* Everything of the context that SSL_set_SSL_CTX leaves as SSL_new set it. */
static bool hello_switch(SSL *ssl, struct tls_context *to)
{
    if (!SSL_set_SSL_CTX(ssl, to->ssl))
        return false;
    SSL_clear_options(ssl, SSL_get_options(ssl) & ~SSL_CTX_get_options(to->ssl));
    SSL_set_options(ssl, SSL_CTX_get_options(to->ssl));
    SSL_set_verify(ssl, SSL_CTX_get_verify_mode(to->ssl), SSL_CTX_get_verify_callback(to->ssl));
    SSL_set_verify_depth(ssl, SSL_CTX_get_verify_depth(to->ssl));
    if (SSL_set_min_proto_version(ssl, (int)SSL_CTX_get_min_proto_version(to->ssl)) != 1 ||
        SSL_set_max_proto_version(ssl, (int)SSL_CTX_get_max_proto_version(to->ssl)) != 1)
        return false;
    return !to->groups || SSL_set1_groups_list(ssl, to->groups) == 1;
}

static bool session_keep_name(struct tls_session *s, const char *name, size_t len)
{
    free(s->name);
    s->name = NULL;
    s->name_len = (uint8_t)len;
    if (len == 0)
        return true;
    s->name = malloc(len);
    if (!s->name) {
        s->name_len = 0;
        return false;
    }
    memcpy(s->name, name, len);
    return true;
}

int tls_on_client_hello(SSL *ssl, int *alert, void *arg)
{
    struct tls_session *s = SSL_get_app_data(ssl);
    char name[TLS_NAME_MAX + 1];
    size_t len;

    (void)arg;
    *alert = SSL_AD_DECODE_ERROR;
    if (!hello_name(ssl, name, &len))
        return SSL_CLIENT_HELLO_ERROR;
    *alert = SSL_AD_INTERNAL_ERROR;
    if (!session_keep_name(s, name, len))
        return SSL_CLIENT_HELLO_ERROR;
    if (!s->pick || s->picked)
        return SSL_CLIENT_HELLO_SUCCESS; /* <picked>: the second hello after a retry */

    struct tls_context *picked = s->pick(s->picker, span_of(name, len));
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    if (!picked) {
        struct tls_failure f = { 0 };
        tls_failure_set(&f, TLS_UNKNOWN_NAME, tls_error_name(TLS_UNKNOWN_NAME));
        tls_session_fail(s, &f);
        return SSL_CLIENT_HELLO_ERROR;
    }
    s->picked = tls_context_get(picked);
    *alert = SSL_AD_INTERNAL_ERROR;
    if (picked != s->context && !hello_switch(ssl, picked))
        return SSL_CLIENT_HELLO_ERROR;
    return SSL_CLIENT_HELLO_SUCCESS;
}

/* Says that the name was used (RFC 6066 3: the server's empty extension); the choice was made
 * at the hello. */
int tls_on_server_name(SSL *ssl, int *alert, void *arg)
{
    const struct tls_session *s = SSL_get_app_data(ssl);

    (void)alert, (void)arg;
    return s->name_len ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

int tls_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *theirs,
                unsigned their_len, void *arg)
{
    const struct tls_context *c = arg;
    unsigned char *chosen;

    (void)ssl;
    if (SSL_select_next_proto(&chosen, out_len, c->alpn, c->alpn_len, theirs, their_len) ==
        OPENSSL_NPN_NEGOTIATED) {
        *out = chosen;
        return SSL_TLSEXT_ERR_OK;
    }
    return c->alpn_strict ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
}
