/* SPDX-License-Identifier: Apache-2.0 */
#include "io/tls_internal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define AES_BLOCK 16

struct tls_tickets {
    atomic_uint count;
    pthread_rwlock_t lock; /* of what follows; taken for microseconds in a handshake that takes a thousand */
    struct tls_ticket_key keys[TLS_TICKET_KEYS];
    unsigned key_count;
};

static void random_key(struct tls_ticket_key *k)
{
    *k = (struct tls_ticket_key){ .size = 32 };
    BUG_ON(RAND_bytes(k->name, sizeof(k->name)) != 1 || RAND_bytes(k->hmac, sizeof(k->hmac)) != 1 ||
           RAND_bytes(k->aes, sizeof(k->aes)) != 1);
}

struct tls_tickets *tls_tickets_new(void)
{
    struct tls_tickets *t = calloc(1, sizeof(*t));

    if (!t)
        oom_die(sizeof(*t));
    tls_library_init();
    atomic_init(&t->count, 1);
    BUG_ON(pthread_rwlock_init(&t->lock, NULL) != 0);
    random_key(&t->keys[0]);
    t->key_count = 1;
    return t;
}

struct tls_tickets *tls_tickets_get(struct tls_tickets *t)
{
    (void)atomic_fetch_add_explicit(&t->count, 1, memory_order_relaxed);
    return t;
}

void tls_tickets_put(struct tls_tickets **t)
{
    struct tls_tickets *tickets = *t;

    *t = NULL;
    if (!tickets || atomic_fetch_sub_explicit(&tickets->count, 1, memory_order_acq_rel) != 1)
        return;
    (void)pthread_rwlock_destroy(&tickets->lock);
    OPENSSL_cleanse(tickets->keys, sizeof(tickets->keys));
    free(tickets);
}

void tls_tickets_set(struct tls_tickets *t, const struct tls_ticket_key *keys, unsigned count)
{
    BUG_ON(count == 0 || count > TLS_TICKET_KEYS);
    (void)pthread_rwlock_wrlock(&t->lock);
    memcpy(t->keys, keys, count * sizeof(*keys));
    t->key_count = count;
    (void)pthread_rwlock_unlock(&t->lock);
}

void tls_tickets_rotate(struct tls_tickets *t)
{
    struct tls_ticket_key fresh;

    random_key(&fresh);
    (void)pthread_rwlock_wrlock(&t->lock);
    memmove(&t->keys[1], &t->keys[0], (TLS_TICKET_KEYS - 1) * sizeof(fresh));
    t->keys[0] = fresh;
    t->key_count += t->key_count < TLS_TICKET_KEYS;
    (void)pthread_rwlock_unlock(&t->lock);
    OPENSSL_cleanse(&fresh, sizeof(fresh));
}

bool tls_ticket_key_parse(struct span bytes, struct tls_ticket_key *out)
{
    *out = (struct tls_ticket_key){ 0 };
    if (bytes.len != 48 && bytes.len != 80)
        return false;
    out->size = bytes.len == 80 ? 32 : 16;
    memcpy(out->name, bytes.ptr, sizeof(out->name));
    memcpy(out->hmac, bytes.ptr + sizeof(out->name), out->size);
    memcpy(out->aes, bytes.ptr + sizeof(out->name) + out->size, out->size);
    return true;
}

/* The key to write with (<name> NULL) or of that name; its place, or -1. */
static int ticket_key(struct tls_tickets *t, const unsigned char *name, struct tls_ticket_key *out)
{
    int found = -1;

    (void)pthread_rwlock_rdlock(&t->lock);
    for (unsigned i = 0; i < t->key_count && found < 0; i++)
        if (!name || memcmp(t->keys[i].name, name, sizeof(t->keys[i].name)) == 0)
            found = (int)i;
    if (found >= 0)
        *out = t->keys[found];
    (void)pthread_rwlock_unlock(&t->lock);
    return found;
}

static bool ticket_set_mac(EVP_MAC_CTX *mac, struct tls_ticket_key *k)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, k->hmac, k->size),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static bool ticket_set_cipher(EVP_CIPHER_CTX *cipher, const struct tls_ticket_key *k, const unsigned char *iv,
                              int writing)
{
    const EVP_CIPHER *kind = k->size == 32 ? EVP_aes_256_cbc() : EVP_aes_128_cbc();
    return EVP_CipherInit_ex(cipher, kind, NULL, k->aes, iv, writing) == 1;
}

/* OpenSSL's contract: 1 good, 2 good but give a new one, 0 unknown key, -1 error. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int writing)
{
    struct tls_session *s = SSL_get_app_data(ssl);
    struct tls_ticket_key k;
    int place = ticket_key(s->context->tickets, writing ? NULL : name, &k);

    if (place < 0)
        return 0;
    if (writing) {
        memcpy(name, k.name, sizeof(k.name));
        if (RAND_bytes(iv, AES_BLOCK) != 1)
            place = -1;
    }
    if (place >= 0 && (!ticket_set_cipher(cipher, &k, iv, writing) || !ticket_set_mac(mac, &k)))
        place = -1;
    OPENSSL_cleanse(&k, sizeof(k));
    if (place < 0)
        return -1;
    /* A ticket of TLS 1.3 is used once (RFC 8446 C.4), so who comes with one gets the next. */
    return place == 0 && SSL_version(ssl) != TLS1_3_VERSION ? 1 : 2;
}

void tls_tickets_hook(struct tls_context *c)
{
    SSL_CTX_set_tlsext_ticket_key_evp_cb(c->ssl, on_ticket);
}
