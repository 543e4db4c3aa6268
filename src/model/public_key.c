/* SPDX-License-Identifier: Apache-2.0 */
#include "model/public_key.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/arena.h"

static EVP_PKEY *of_certificate(BIO *text)
{
    X509 *x = PEM_read_bio_X509(text, NULL, NULL, NULL);
    EVP_PKEY *key = x ? X509_get_pubkey(x) : NULL;

    X509_free(x);
    return key;
}

static EVP_PKEY *read_key(struct span pem)
{
    BIO *text = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;

    if (text == NULL)
        return NULL;
    EVP_PKEY *key = PEM_read_bio_PUBKEY(text, NULL, NULL, NULL);
    if (key == NULL && BIO_reset(text) == 1)
        key = of_certificate(text);
    (void)BIO_free(text);
    ERR_clear_error();
    return key;
}

struct public_key *public_key_read(struct arena *a, struct span pem)
{
    EVP_PKEY *key = read_key(pem);

    if (key == NULL)
        return NULL;
    struct public_key *k = ARENA_NEW(a, struct public_key);
    k->key = key;
    return k;
}

void public_key_release(struct public_key *k)
{
    EVP_PKEY_free(k->key);
    k->key = NULL;
}
