/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files tls_*.c and conn.c share. Only they may include it.
 *
 * OpenSSL meets the socket through a BIO of ours: what it writes is gathered
 * in a chunk and sent by tls_flush in one call; what it reads is received
 * straight into its own buffer, without asking a socket that is known to be
 * empty. Between two flushes a session holds no chunk.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/conn.h"
#include "io/tls.h"

#define TLS_NAME_MAX 255

struct tls_context {
    atomic_uint count;
    SSL_CTX *ssl;
    BIO_METHOD *bio; /* sessions made from this context keep it alive */
    bool client;
    char *groups; /* as set: SSL_set_SSL_CTX does not change a session's groups; NULL = default */
    struct tls_tickets *tickets;
    struct tls_cache *cache;
    uint32_t pair_count;
    X509 **leaves; /* <pair_count>, owned */
    uint8_t *alpn; /* our wire-form list, owned */
    unsigned alpn_len;
    bool alpn_strict, verify_lenient;
    struct tls_pair_ocsp {
        uint8_t *bytes;
        size_t len;
    } * ocsp; /* <pair_count>, owned */
};

struct tls_session {
    SSL *ssl;
    struct loop *loop;
    struct conn *conn;           /* NULL until tls_attach */
    struct tls_context *context; /* as made: counted. The picked one is counted by <picked> */
    struct tls_context *picked;  /* NULL = <context> */
    tls_pick_fn pick;
    void *picker;
    struct tls_resume *resume;
    char *out; /* a large chunk while something waits to be sent */
    size_t out_len, out_sent;
    size_t flight;     /* plain bytes that are encrypted at a time, see tls_writev */
    int receive_error; /* errno of the last recv; 0 = none */
    int send_error;    /* errno of a send: what was received before can still be read */
    int broken;        /* errno that every read and write gives from now on; 0 = none */
    bool socket_dry;   /* nothing to receive until an event comes */
    bool socket_eof;
    bool no_memory;     /* a chunk was not to be had */
    bool failure_lost;  /* there was no memory to keep <failure> in */
    bool shutdown_sent; /* close_notify is written */
    uint8_t name_len;
    char *name;                  /* what the client asked for; malloc'd, NULL = nothing */
    struct tls_failure *failure; /* malloc'd when something goes wrong: an idle session is to be small */
};

/* --- tls_session.c: for conn.c --- */
void tls_attach(struct tls_session *s, struct conn *c);
/* An event said so. */
static inline void tls_socket_readable(struct tls_session *s)
{
    s->socket_dry = false;
}
/* CONN_OK when it is done. CONN_ERROR: tls_failure says why. */
struct conn_done tls_handshake(struct tls_session *s);
struct conn_done tls_read(struct tls_session *s, void *into, size_t len);
struct conn_done tls_writev(struct tls_session *s, const struct iovec *parts, unsigned count, bool more);
/* CONN_OK when nothing waits any more. */
struct conn_done tls_flush(struct tls_session *s, bool more);
static inline bool tls_is_flushed(const struct tls_session *s)
{
    return s->out_len == 0;
}
/* Writes close_notify (once) behind what waits. */
void tls_say_goodbye(struct tls_session *s);

/* --- tls_error.c --- */
/* The first word counts: what a hook has said is not overwritten by what follows from it. */
void tls_session_fail(struct tls_session *s, const struct tls_failure *f);
/* Fills <f> from the thread's queue of OpenSSL errors, and empties that. */
void tls_failure_from_queue(struct tls_failure *f, enum tls_error otherwise);
void tls_failure_set(struct tls_failure *f, enum tls_error code, const char *text);
/* What a failed verification means. */
enum tls_error tls_error_of_verify(long verify);

/* --- tls_pem.c --- */
BIO *tls_pem_open(struct span bytes);
/* The end of the file, or something broken before it? Empties the queue when it is the former. */
bool tls_pem_is_at_end(void);
/* Tries each line of <passphrase>. NULL: the queue says why. */
EVP_PKEY *tls_pem_key(struct span bytes, struct span passphrase);
/* All certificates of <bytes>; NULL when one is broken or there is none. */
STACK_OF(X509) * tls_pem_certificates(struct span bytes);
/* A password callback that has none: a certificate file is never encrypted. */
int tls_pem_no_passphrase(char *into, int room, int writing, void *user);

/* --- tls_hello.c: hooks of a context --- */
int tls_on_client_hello(SSL *ssl, int *alert, void *arg);
int tls_on_server_name(SSL *ssl, int *alert, void *arg);
int tls_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *theirs,
                unsigned their_len, void *arg);

/* --- tls_bio.c --- */
BIO_METHOD *tls_bio_new_method(void);

/* --- tls_tickets.c, tls_cache.c: hooks of a context --- */
void tls_tickets_hook(struct tls_context *c);
void tls_cache_hook(struct tls_context *c);
