/* SPDX-License-Identifier: Apache-2.0 */
#include "io/tls_describe.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void put_bio(struct buf *out, BIO *b)
{
    char *text = NULL;
    long len = BIO_get_mem_data(b, &text);

    if (len > 0)
        buf_put(out, span_of(text, (size_t)len));
    (void)BIO_reset(b);
}

static void put_serial(struct buf *out, X509 *x)
{
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get_serialNumber(x), NULL);
    char *text = n ? BN_bn2hex(n) : NULL;

    buf_printf(out, "Serial: %s\n", text ? text : "");
    OPENSSL_free(text);
    BN_free(n);
}

static void put_names(struct buf *out, BIO *room, X509 *x)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    bool any = false;

    if (names == NULL)
        return;
    buf_put(out, SPAN("Subject Alternative Name: "));
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);
        if (n->type != GEN_DNS && n->type != GEN_IPADD)
            continue;
        buf_put(out, any ? SPAN(", ") : SPAN(""));
        any = true;
        (void)GENERAL_NAME_print(room, n);
        put_bio(out, room);
    }
    buf_put_char(out, '\n');
    GENERAL_NAMES_free(names);
}

static void put_key(struct buf *out, X509 *x)
{
    EVP_PKEY *key = X509_get0_pubkey(x);

    if (key != NULL)
        buf_printf(out, "Algorithm: %s%d\n", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
}

static void put_fingerprint(struct buf *out, const X509 *x)
{
    unsigned char sha1[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (X509_digest(x, EVP_sha1(), sha1, &len) != 1)
        return;
    buf_put(out, SPAN("SHA1 FingerPrint: "));
    for (unsigned i = 0; i < len; i++)
        buf_printf(out, "%02X", sha1[i]);
    buf_put_char(out, '\n');
}

static void put_name(struct buf *out, const char *what, const X509_NAME *name)
{
    char *text = X509_NAME_oneline(name, NULL, 0);

    buf_printf(out, "%s: %s\n", what, text ? text : "");
    OPENSSL_free(text);
}

static void put_time(struct buf *out, BIO *room, const char *what, const ASN1_TIME *t)
{
    buf_printf(out, "%s: ", what);
    (void)ASN1_TIME_print(room, t);
    put_bio(out, room);
    buf_put_char(out, '\n');
}

static void put_leaf(struct buf *out, BIO *room, X509 *x)
{
    put_serial(out, x);
    put_time(out, room, "notBefore", X509_get0_notBefore(x));
    put_time(out, room, "notAfter", X509_get0_notAfter(x));
    put_names(out, room, x);
    put_key(out, x);
    put_fingerprint(out, x);
    put_name(out, "Subject", X509_get_subject_name(x));
    put_name(out, "Issuer", X509_get_issuer_name(x));
}

bool tls_describe(struct span pem, struct buf *out)
{
    BIO *in = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    BIO *room = BIO_new(BIO_s_mem());
    bool any = false;

    for (X509 *x; in && room && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL; any = true) {
        if (!any) {
            put_leaf(out, room, x);
        } else {
            put_name(out, "Chain Subject", X509_get_subject_name(x));
            put_name(out, "Chain Issuer", X509_get_issuer_name(x));
        }
        X509_free(x);
    }
    ERR_clear_error(); /* the end of the file is none of ours */
    BIO_free(in);
    BIO_free(room);
    return any;
}
