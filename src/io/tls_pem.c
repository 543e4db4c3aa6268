/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates from PEM bytes in memory. Nobody is ever asked for a passphrase. */
#include "io/tls_internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

BIO *tls_pem_open(struct span bytes)
{
    return BIO_new_mem_buf(bytes.len ? bytes.ptr : "", (int)(bytes.len > INT32_MAX ? INT32_MAX : bytes.len));
}

/* The end of the file, or something broken before it? Empties the queue when it is the former. */
bool tls_pem_is_at_end(void)
{
    unsigned long e = ERR_peek_last_error();

    if (ERR_GET_LIB(e) != ERR_LIB_PEM || ERR_GET_REASON(e) != PEM_R_NO_START_LINE)
        return false;
    ERR_clear_error();
    return true;
}

struct passphrases {
    struct span left; /* lines not tried yet */
    bool used;
};

static int pem_passphrase(char *into, int room, int writing, void *user)
{
    struct passphrases *p = user;
    struct span line = span_cut(&p->left, '\n');

    (void)writing;
    p->used = true;
    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (line.len > (size_t)room)
        return -1;
    if (line.len)
        memcpy(into, line.ptr, line.len);
    return (int)line.len;
}

EVP_PKEY *tls_pem_key(struct span bytes, struct span passphrase)
{
    struct passphrases p = { .left = passphrase };
    EVP_PKEY *key = NULL;

    do {
        BIO *in = tls_pem_open(bytes);
        p.used = false;
        ERR_clear_error();
        key = in ? PEM_read_bio_PrivateKey(in, NULL, pem_passphrase, &p) : NULL;
        BIO_free(in);
    } while (!key && p.used && p.left.len);
    return key;
}

/* A password callback that has none: a certificate file is never encrypted, and nobody may be asked. */
int tls_pem_no_passphrase(char *into, int room, int writing, void *user)
{
    (void)into, (void)room, (void)writing, (void)user;
    return -1;
}

/* All certificates of <bytes>; NULL when one is broken or there is none. */
STACK_OF(X509) * tls_pem_certificates(struct span bytes)
{
    STACK_OF(X509) *all = sk_X509_new_null();
    BIO *in = tls_pem_open(bytes);
    X509 *x;

    ERR_clear_error();
    while (all && in && (x = PEM_read_bio_X509_AUX(in, NULL, tls_pem_no_passphrase, NULL)) != NULL)
        if (!sk_X509_push(all, x))
            X509_free(x);
    BIO_free(in);
    if (all && tls_pem_is_at_end() && sk_X509_num(all) > 0)
        return all;
    sk_X509_pop_free(all, X509_free);
    return NULL;
}
