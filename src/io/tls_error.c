/* SPDX-License-Identifier: Apache-2.0 */
#include "io/tls_internal.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

static const char *const error_names[TLS_ERRORS] = {
    [TLS_NONE] = "no error",
    [TLS_BAD_CERTIFICATE] = "bad certificate",
    [TLS_BAD_KEY] = "bad private key",
    [TLS_KEY_MISMATCH] = "key and certificate do not match",
    [TLS_BAD_CA] = "bad CA certificate",
    [TLS_BAD_CRL] = "bad revocation list",
    [TLS_BAD_CIPHERS] = "bad cipher list",
    [TLS_BAD_GROUPS] = "bad list of groups",
    [TLS_BAD_DH] = "bad DH parameters",
    [TLS_BAD_ALPN] = "bad ALPN list",
    [TLS_BAD_VERSION] = "bad protocol version",
    [TLS_WEAK] = "too weak",
    [TLS_PROTOCOL] = "protocol error",
    [TLS_HTTP_REQUEST] = "plain HTTP request",
    [TLS_NO_SHARED] = "no common version or cipher",
    [TLS_UNKNOWN_NAME] = "unknown server name",
    [TLS_NO_CLIENT_CERTIFICATE] = "no client certificate",
    [TLS_UNTRUSTED] = "certificate not trusted",
    [TLS_EXPIRED] = "certificate expired or not yet valid",
    [TLS_REVOKED] = "certificate revoked",
    [TLS_WRONG_HOST] = "certificate for another name",
    [TLS_ALERT] = "refused by the peer",
    [TLS_CLOSED] = "closed during the handshake",
    [TLS_MEMORY] = "out of memory",
};

const char *tls_error_name(enum tls_error e)
{
    return e < TLS_ERRORS ? error_names[e] : "unknown error";
}

enum tls_error tls_error_of_verify(long verify)
{
    switch (verify) {
    case X509_V_OK:
        return TLS_NONE;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return TLS_EXPIRED;
    case X509_V_ERR_CERT_REVOKED:
        return TLS_REVOKED;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return TLS_WRONG_HOST;
    default:
        return TLS_UNTRUSTED;
    }
}

static enum tls_error error_of_ssl_reason(int reason, enum tls_error otherwise)
{
    switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
        return TLS_HTTP_REQUEST;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_INAPPROPRIATE_FALLBACK:
        return TLS_NO_SHARED;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return TLS_NO_CLIENT_CERTIFICATE;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return TLS_CLOSED;
    case SSL_R_PRIVATE_KEY_MISMATCH:
        return TLS_KEY_MISMATCH;
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
    case SSL_R_DH_KEY_TOO_SMALL:
        return TLS_WEAK;
    default:
        return otherwise;
    }
}

void tls_failure_set(struct tls_failure *f, enum tls_error code, const char *text)
{
    size_t len = strnlen(text, sizeof(f->text) - 1);

    f->code = code;
    memcpy(f->text, text, len);
    f->text[len] = '\0';
}

void tls_failure_from_queue(struct tls_failure *f, enum tls_error otherwise)
{
    unsigned long e = ERR_peek_error(); /* the first is the cause; what follows are its callers */
    const char *text = e ? ERR_reason_error_string(e) : NULL;
    enum tls_error code = otherwise;

    if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
        code = TLS_MEMORY;
    else if (ERR_GET_LIB(e) == ERR_LIB_SSL)
        code = error_of_ssl_reason(ERR_GET_REASON(e), otherwise);
    f->alert = 0;
    if (ERR_GET_LIB(e) == ERR_LIB_SSL && ERR_GET_REASON(e) >= SSL_AD_REASON_OFFSET &&
        ERR_GET_REASON(e) < SSL_AD_REASON_OFFSET + 256) {
        code = TLS_ALERT;
        f->alert = ERR_GET_REASON(e) - SSL_AD_REASON_OFFSET;
    }
    tls_failure_set(f, code, text ? text : tls_error_name(code));
    ERR_clear_error();
}

static const struct tls_failure no_failure = { .code = TLS_NONE };
static const struct tls_failure lost_failure = { .code = TLS_MEMORY, .text = "out of memory" };

const struct tls_failure *tls_failure(const struct tls_session *s)
{
    if (s->failure)
        return s->failure;
    return s->failure_lost ? &lost_failure : &no_failure;
}

void tls_session_fail(struct tls_session *s, const struct tls_failure *f)
{
    if (s->failure || s->failure_lost)
        return;
    s->failure = malloc(sizeof(*f));
    if (s->failure)
        *s->failure = *f;
    else
        s->failure_lost = true;
}
