/* SPDX-License-Identifier: Apache-2.0 */
/* What can be told about a context's certificates and about a session. */
#include "io/tls_internal.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

/* --- settings --- */
void tls_digest(const struct span *parts, size_t count, uint8_t out[32])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

    for (size_t i = 0; good && i < count; i++) {
        uint64_t len = parts[i].len;
        good = EVP_DigestUpdate(md, &len, sizeof(len)) == 1 &&
               EVP_DigestUpdate(md, parts[i].ptr, parts[i].len) == 1;
    }
    if (!good || EVP_DigestFinal_ex(md, out, NULL) != 1)
        oom_die(sizeof(md));
    EVP_MD_CTX_free(md);
}

/* --- contexts --- */
static int64_t seconds_of(const ASN1_TIME *t)
{
    struct tm tm = { 0 };
    return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

bool tls_context_certificate(const struct tls_context *c, uint32_t pair, struct tls_certificate_info *out)
{
    if (pair >= c->pair_count)
        return false;
    const X509 *x = c->leaves[pair];
    *out = (struct tls_certificate_info){ .not_before = seconds_of(X509_get0_notBefore(x)),
                                          .not_after = seconds_of(X509_get0_notAfter(x)) };
    return X509_digest(x, EVP_sha256(), out->sha256, NULL) == 1;
}

static struct span string_span(const ASN1_STRING *s)
{
    return span_of((const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static const ASN1_STRING *common_name(const X509 *x)
{
    const X509_NAME *subject = X509_get_subject_name(x);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    return at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
}

void tls_context_names(const struct tls_context *c, uint32_t pair, void (*fn)(void *to, struct span name),
                       void *to)
{
    if (pair >= c->pair_count)
        return;
    GENERAL_NAMES *names = X509_get_ext_d2i(c->leaves[pair], NID_subject_alt_name, NULL, NULL);
    bool any = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);
        if (n->type != GEN_DNS)
            continue;
        any = true;
        fn(to, string_span(n->d.dNSName));
    }
    GENERAL_NAMES_free(names);
    const ASN1_STRING *cn = any ? NULL : common_name(c->leaves[pair]);
    if (cn)
        fn(to, string_span(cn));
}

/* --- sessions --- */
struct span tls_alpn(const struct tls_session *s)
{
    const unsigned char *name;
    unsigned len;

    SSL_get0_alpn_selected(s->ssl, &name, &len);
    return span_of((const char *)name, len);
}

struct span tls_server_name(const struct tls_session *s)
{
    return span_of(s->name, s->name_len);
}

struct span tls_protocol(const struct tls_session *s)
{
    return span_from(SSL_get_version(s->ssl));
}

struct span tls_cipher(const struct tls_session *s)
{
    return span_from(SSL_get_current_cipher(s->ssl) ? SSL_get_cipher_name(s->ssl) : NULL);
}

unsigned tls_cipher_bits(const struct tls_session *s)
{
    return SSL_get_current_cipher(s->ssl) ? (unsigned)SSL_get_cipher_bits(s->ssl, NULL) : 0;
}

struct span tls_group(const struct tls_session *s)
{
    return span_from(SSL_group_to_name(s->ssl, (int)SSL_get_negotiated_group(s->ssl)));
}

bool tls_is_resumed(const struct tls_session *s)
{
    return SSL_session_reused(s->ssl) == 1;
}

struct tls_context *tls_session_context(const struct tls_session *s)
{
    return s->picked ? s->picked : s->context;
}

struct span tls_session_id(const struct tls_session *s)
{
    const SSL_SESSION *session = SSL_get0_session(s->ssl);
    unsigned len = 0;
    const unsigned char *id = session ? SSL_SESSION_get_id(session, &len) : NULL;

    return span_of((const char *)id, len);
}

int tls_verify_result(const struct tls_session *s)
{
    return (int)SSL_get_verify_result(s->ssl);
}

const char *tls_verify_text(int result)
{
    return X509_verify_cert_error_string(result);
}

bool tls_has_peer_certificate(const struct tls_session *s)
{
    return SSL_get0_peer_certificate(s->ssl) != NULL;
}

/* --- the peer's certificate --- */
static void put_bio(struct buf *out, BIO *b)
{
    char *bytes;
    long len = BIO_get_mem_data(b, &bytes);

    if (len > 0)
        buf_put(out, span_of(bytes, (size_t)len));
}

static void put_name(struct buf *out, BIO *b, const X509_NAME *n, bool legacy)
{
    char text[2048];

    if (!legacy) {
        if (X509_NAME_print_ex(b, n, 0, XN_FLAG_RFC2253) >= 0)
            put_bio(out, b);
    } else if (X509_NAME_oneline(n, text, sizeof(text))) {
        buf_put(out, span_from(text));
    }
}

static void put_hex(struct buf *out, const uint8_t *bytes, size_t len, const char *digits)
{
    for (size_t i = 0; i < len; i++) {
        buf_put_char(out, digits[bytes[i] >> 4]);
        buf_put_char(out, digits[bytes[i] & 15]);
    }
}

static void put_serial(struct buf *out, const X509 *x)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    put_hex(out, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), "0123456789ABCDEF");
}

static void put_fingerprint(struct buf *out, const X509 *x)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len;

    if (X509_digest(x, EVP_sha1(), digest, &len) == 1)
        put_hex(out, digest, len, "0123456789abcdef");
}

static void put_der(struct buf *out, X509 *x)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);

    if (len > 0)
        buf_put(out, span_of((const char *)der, (size_t)len));
    OPENSSL_free(der);
}

static void put_days_left(struct buf *out, const X509 *x)
{
    int days = 0, seconds = 0;

    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x)) == 1)
        buf_put_i64(out, days > 0 ? days : 0);
}

/* YYMMDDhhmmssZ, whichever of its two forms the certificate has. */
static void put_short_time(struct buf *out, const ASN1_TIME *t)
{
    struct tm at;

    if (ASN1_TIME_to_tm(t, &at) == 1)
        buf_printf(out, "%02d%02d%02d%02d%02d%02dZ", at.tm_year % 100, at.tm_mon + 1, at.tm_mday, at.tm_hour,
                   at.tm_min, at.tm_sec);
}

static void put_algorithm(struct buf *out, const ASN1_OBJECT *o)
{
    int nid = OBJ_obj2nid(o);

    if (nid != NID_undef)
        buf_put(out, span_from(OBJ_nid2sn(nid)));
}

static void put_key_algorithm(struct buf *out, X509 *x)
{
    ASN1_OBJECT *o = NULL;

    if (X509_PUBKEY_get0_param(&o, NULL, NULL, NULL, X509_get_X509_PUBKEY(x)) == 1)
        put_algorithm(out, o);
}

static void put_signature_algorithm(struct buf *out, const X509 *x)
{
    const ASN1_OBJECT *o = NULL;

    X509_ALGOR_get0(&o, NULL, NULL, X509_get0_tbs_sigalg(x));
    put_algorithm(out, o);
}

static void put_part(struct buf *out, X509 *x, enum tls_certificate_part part, BIO *b)
{
    switch (part) {
    case TLS_PART_PEM:
        if (PEM_write_bio_X509(b, x) == 1)
            put_bio(out, b);
        break;
    case TLS_PART_DER:
        put_der(out, x);
        break;
    case TLS_PART_SUBJECT:
    case TLS_PART_SUBJECT_LEGACY:
        put_name(out, b, X509_get_subject_name(x), part == TLS_PART_SUBJECT_LEGACY);
        break;
    case TLS_PART_ISSUER:
    case TLS_PART_ISSUER_LEGACY:
        put_name(out, b, X509_get_issuer_name(x), part == TLS_PART_ISSUER_LEGACY);
        break;
    case TLS_PART_SUBJECT_CN:
        if (common_name(x))
            buf_put(out, string_span(common_name(x)));
        break;
    case TLS_PART_SERIAL:
        put_serial(out, x);
        break;
    case TLS_PART_FINGERPRINT:
        put_fingerprint(out, x);
        break;
    case TLS_PART_NOT_BEFORE:
    case TLS_PART_NOT_AFTER:
        if (ASN1_TIME_print(b, part == TLS_PART_NOT_AFTER ? X509_get0_notAfter(x) : X509_get0_notBefore(x)))
            put_bio(out, b);
        break;
    case TLS_PART_DAYS_LEFT:
        put_days_left(out, x);
        break;
    case TLS_PART_NOT_BEFORE_SHORT:
        put_short_time(out, X509_get0_notBefore(x));
        break;
    case TLS_PART_NOT_AFTER_SHORT:
        put_short_time(out, X509_get0_notAfter(x));
        break;
    case TLS_PART_VERSION:
        buf_put_u64(out, (uint64_t)X509_get_version(x) + 1);
        break;
    case TLS_PART_SIGNATURE_ALGORITHM:
        put_signature_algorithm(out, x);
        break;
    case TLS_PART_KEY_ALGORITHM:
        put_key_algorithm(out, x);
        break;
    }
}

static void put_certificate(struct buf *out, X509 *x, enum tls_certificate_part part)
{
    BIO *b = x ? BIO_new(BIO_s_mem()) : NULL;

    if (b)
        put_part(out, x, part, b);
    BIO_free(b);
}

void tls_put_peer_certificate(const struct tls_session *s, enum tls_certificate_part part, struct buf *out)
{
    put_certificate(out, SSL_get0_peer_certificate(s->ssl), part);
}

void tls_put_own_certificate(const struct tls_session *s, enum tls_certificate_part part, struct buf *out)
{
    put_certificate(out, SSL_get_certificate(s->ssl), part);
}
