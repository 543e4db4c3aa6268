/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for tests, made in memory: an authority, and leaves that it signs. */
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"

struct pki {
    EVP_PKEY *key;
    X509 *certificate;
    struct span key_pem, certificate_pem; /* owned */
};

static inline struct span pki_take(BIO *b)
{
    char *bytes;
    long len = BIO_get_mem_data(b, &bytes);
    char *copy = malloc((size_t)len);

    memcpy(copy, bytes, (size_t)len);
    BIO_free(b);
    return span_of(copy, (size_t)len);
}

static inline void pki_extend(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
}

/*
 * <issuer> NULL: an authority. <alternatives> such as "DNS:a.example,IP:127.0.0.1" or NULL. <days>: how long
 * it lasts from now on; below 0: it has expired. <kind> "EC" or "RSA".
 */
static inline struct pki pki_make(const struct pki *issuer, const char *name, const char *alternatives,
                                  int days, const char *kind)
{
    struct pki p = { 0 };
    p.key = strcmp(kind, "RSA") == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    p.certificate = X509_new();
    X509 *x = p.certificate, *by = issuer ? issuer->certificate : x;

    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), (long)(EVP_PKEY_get_bits(p.key) + days + (long)strlen(name)));
    X509_gmtime_adj(X509_getm_notBefore(x), days < 0 ? 86400L * (days - 1) : -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400L * days + 3600);
    X509_set_pubkey(x, p.key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                               -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(by));
    pki_extend(x, by, NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE");
    if (alternatives)
        pki_extend(x, by, NID_subject_alt_name, alternatives);
    X509_sign(x, issuer ? issuer->key : p.key, EVP_sha256());

    BIO *b = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(b, x);
    p.certificate_pem = pki_take(b);
    b = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(b, p.key, NULL, NULL, 0, NULL, NULL);
    p.key_pem = pki_take(b);
    return p;
}

/* The key, encrypted. The caller frees .ptr. */
static inline struct span pki_locked_key(const struct pki *p, const char *passphrase)
{
    BIO *b = BIO_new(BIO_s_mem());

    PEM_write_bio_PrivateKey(b, p->key, EVP_aes_128_cbc(), (const unsigned char *)passphrase,
                             (int)strlen(passphrase), NULL, NULL);
    return pki_take(b);
}

/* A list by <issuer> that revokes <revoked>. The caller frees .ptr. */
static inline struct span pki_revocation_list(const struct pki *issuer, const struct pki *revoked)
{
    X509_CRL *crl = X509_CRL_new();
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *now = X509_gmtime_adj(NULL, -60), *later = X509_gmtime_adj(NULL, 86400);

    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->certificate));
    X509_CRL_set1_lastUpdate(crl, now);
    X509_CRL_set1_nextUpdate(crl, later);
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->certificate));
    X509_REVOKED_set_revocationDate(entry, now);
    X509_CRL_add0_revoked(crl, entry);
    X509_CRL_sort(crl);
    X509_CRL_sign(crl, issuer->key, EVP_sha256());
    BIO *b = BIO_new(BIO_s_mem());
    PEM_write_bio_X509_CRL(b, crl);
    X509_CRL_free(crl);
    ASN1_TIME_free(now);
    ASN1_TIME_free(later);
    return pki_take(b);
}

static inline void pki_free(struct pki *p)
{
    EVP_PKEY_free(p->key);
    X509_free(p->certificate);
    free((void *)(uintptr_t)p->key_pem.ptr);
    free((void *)(uintptr_t)p->certificate_pem.ptr);
    *p = (struct pki){ 0 };
}
