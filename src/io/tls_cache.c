/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions by id, as bytes, for clients that take no tickets. A fixed number
 * of entries in a ring: the newest takes the oldest one's place. One lock,
 * held for a copy: a full handshake costs ten thousand times as much.
 */
#include "io/tls_internal.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define ID_MAX    SSL_MAX_SSL_SESSION_ID_LENGTH
#define BYTES_MAX 8192 /* a session with a client's long certificate chain is not worth keeping */
#define NOWHERE   UINT32_MAX

struct cached {
    uint8_t id[ID_MAX];
    uint8_t id_len; /* 0 = empty */
    uint32_t next;  /* in the chain of its bucket */
    uint32_t len;
    uint8_t *bytes;
};
struct tls_cache {
    atomic_uint count;
    pthread_mutex_t lock; /* of all that follows */
    uint32_t room, oldest;
    struct cached *entries;
    uint32_t *buckets; /* <room> of them: first entry, or NOWHERE */
};

struct tls_cache *tls_cache_new(uint32_t entries)
{
    struct tls_cache *c = calloc(1, sizeof(*c));

    BUG_ON(entries == 0);
    if (c) {
        c->entries = calloc(entries, sizeof(*c->entries));
        c->buckets = malloc(entries * sizeof(*c->buckets));
    }
    if (!c || !c->entries || !c->buckets)
        oom_die(entries * sizeof(struct cached));
    atomic_init(&c->count, 1);
    BUG_ON(pthread_mutex_init(&c->lock, NULL) != 0);
    c->room = entries;
    for (uint32_t i = 0; i < entries; i++)
        c->buckets[i] = NOWHERE;
    return c;
}

struct tls_cache *tls_cache_get(struct tls_cache *c)
{
    (void)atomic_fetch_add_explicit(&c->count, 1, memory_order_relaxed);
    return c;
}

void tls_cache_put(struct tls_cache **c)
{
    struct tls_cache *cache = *c;

    *c = NULL;
    if (!cache || atomic_fetch_sub_explicit(&cache->count, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = 0; i < cache->room; i++)
        free(cache->entries[i].bytes);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache->entries);
    free(cache->buckets);
    free(cache);
}

static uint32_t *cache_bucket(struct tls_cache *c, const uint8_t *id, size_t len)
{
    return &c->buckets[hash_span(span_of((const char *)id, len)) % c->room];
}

/* Where the entry's number is written: in the bucket or in the entry before it. NULL when there is none. */
static uint32_t *cache_find(struct tls_cache *c, const uint8_t *id, size_t len)
{
    for (uint32_t *at = cache_bucket(c, id, len); *at != NOWHERE; at = &c->entries[*at].next) {
        const struct cached *e = &c->entries[*at];
        if (e->id_len == len && memcmp(e->id, id, len) == 0)
            return at;
    }
    return NULL;
}

static void cache_empty(struct tls_cache *c, uint32_t *at)
{
    struct cached *e = &c->entries[*at];

    *at = e->next;
    free(e->bytes);
    *e = (struct cached){ 0 };
}

/* <bytes> becomes the cache's. */
static void cache_store(struct tls_cache *c, const uint8_t *id, size_t id_len, uint8_t *bytes, uint32_t len)
{
    uint32_t *at = cache_find(c, id, id_len);
    if (at)
        cache_empty(c, at);

    uint32_t i = c->oldest;
    struct cached *e = &c->entries[i];
    c->oldest = (c->oldest + 1) % c->room;
    if (e->id_len && (at = cache_find(c, e->id, e->id_len)) != NULL)
        cache_empty(c, at);

    memcpy(e->id, id, id_len);
    e->id_len = (uint8_t)id_len;
    e->bytes = bytes;
    e->len = len;
    at = cache_bucket(c, id, id_len);
    e->next = *at;
    *at = i;
}

static struct tls_cache *cache_of(const SSL *ssl)
{
    const struct tls_session *s = SSL_get_app_data(ssl);
    return s->context->cache;
}

static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_cache *c = cache_of(ssl);
    unsigned id_len;
    const unsigned char *id = SSL_SESSION_get_id(session, &id_len);
    int len = i2d_SSL_SESSION(session, NULL);

    if (!c || len <= 0 || len > BYTES_MAX || id_len == 0 || id_len > ID_MAX)
        return 0;
    uint8_t *bytes = malloc((size_t)len);
    if (!bytes)
        return 0;
    unsigned char *end = bytes;
    (void)i2d_SSL_SESSION(session, &end);
    (void)pthread_mutex_lock(&c->lock);
    cache_store(c, id, id_len, bytes, (uint32_t)len);
    (void)pthread_mutex_unlock(&c->lock);
    return 0; /* no reference was kept */
}

static SSL_SESSION *on_get_session(SSL *ssl, const unsigned char *id, int id_len, int *copy)
{
    struct tls_cache *c = cache_of(ssl);
    uint8_t bytes[BYTES_MAX];
    uint32_t len = 0;

    *copy = 0; /* the caller gets our only reference */
    if (!c || id_len <= 0 || id_len > ID_MAX)
        return NULL;
    (void)pthread_mutex_lock(&c->lock);
    const uint32_t *at = cache_find(c, id, (size_t)id_len);
    if (at) {
        len = c->entries[*at].len;
        memcpy(bytes, c->entries[*at].bytes, len);
    }
    (void)pthread_mutex_unlock(&c->lock);
    const unsigned char *from = bytes;
    return len ? d2i_SSL_SESSION(NULL, &from, (long)len) : NULL;
}

static void on_remove_session(SSL_CTX *ctx, SSL_SESSION *session)
{
    struct tls_cache *c = SSL_CTX_get_app_data(ctx);
    unsigned id_len;
    const unsigned char *id = SSL_SESSION_get_id(session, &id_len);

    (void)pthread_mutex_lock(&c->lock);
    uint32_t *at = cache_find(c, id, id_len);
    if (at)
        cache_empty(c, at);
    (void)pthread_mutex_unlock(&c->lock);
}

void tls_cache_hook(struct tls_context *c)
{
    SSL_CTX_set_app_data(c->ssl, c->cache);
    SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c->ssl, on_new_session);
    SSL_CTX_sess_set_get_cb(c->ssl, on_get_session);
    SSL_CTX_sess_set_remove_cb(c->ssl, on_remove_session);
}
