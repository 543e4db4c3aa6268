/* SPDX-License-Identifier: Apache-2.0 */
#include "io/tls_internal.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "io/chunk.h"

#define RECORD       16384u /* plain bytes at most, RFC 8446 5.1 */
#define RECORD_EXTRA 128u   /* header, padding, tag of any cipher that we take */

static struct conn_done done_ok(size_t len)
{
    return (struct conn_done){ .result = CONN_OK, .len = len };
}
static struct conn_done done_error(int error)
{
    return (struct conn_done){ .result = CONN_ERROR, .error = error };
}
#define DONE_AGAIN ((struct conn_done){ .result = CONN_AGAIN })
#define DONE_EOF   ((struct conn_done){ .result = CONN_EOF })

/* --- making --- */
static struct tls_session *session_new(struct loop *l, struct tls_context *c)
{
    struct tls_session *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->loop = l;
    s->context = tls_context_get(c);
    s->flight = RECORD;
    s->ssl = SSL_new(c->ssl);
    BIO *bio = s->ssl ? BIO_new(c->bio) : NULL;
    if (!bio) {
        ERR_clear_error();
        tls_session_free(&s);
        return NULL;
    }
    BIO_set_data(bio, s);
    SSL_set_bio(s->ssl, bio, bio);
    SSL_set_app_data(s->ssl, s);
    return s;
}

struct tls_session *tls_session_server(struct loop *l, struct tls_context *c, tls_pick_fn pick, void *picker)
{
    BUG_ON(c->client);
    struct tls_session *s = session_new(l, c);

    if (!s)
        return NULL;
    s->pick = pick;
    s->picker = picker;
    SSL_set_accept_state(s->ssl);
    return s;
}

/* <name> with a NUL at its end; false when it does not fit or holds one. */
static bool name_copy(struct span name, char to[TLS_NAME_MAX + 1])
{
    if (name.len > TLS_NAME_MAX || memchr(name.ptr, '\0', name.len))
        return false;
    memcpy(to, name.ptr, name.len);
    to[name.len] = '\0';
    return true;
}

static bool client_expect(SSL *ssl, struct span name)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    struct address ip;

    if (address_parse_ip(name, &ip)) {
        struct span bytes = address_bytes(&ip);
        return X509_VERIFY_PARAM_set1_ip(param, (const unsigned char *)bytes.ptr, bytes.len) == 1;
    }
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, name.ptr, name.len) == 1;
}

static bool client_set_up(struct tls_session *s, const struct tls_peer *peer)
{
    char name[TLS_NAME_MAX + 1];

    if (peer->server_name.len &&
        (!name_copy(peer->server_name, name) || SSL_set_tlsext_host_name(s->ssl, name) != 1))
        return false;
    if (peer->verify_name.len && !client_expect(s->ssl, peer->verify_name))
        return false;
    if (peer->alpn.len &&
        SSL_set_alpn_protos(s->ssl, (const unsigned char *)peer->alpn.ptr, (unsigned)peer->alpn.len) != 0)
        return false; /* the one call of OpenSSL for which 0 is success */
    s->resume = peer->resume;
    if (s->resume && s->resume->session && SSL_set_session(s->ssl, s->resume->session) != 1)
        return false;
    SSL_set_connect_state(s->ssl);
    return true;
}

struct tls_session *tls_session_client(struct loop *l, struct tls_context *c, const struct tls_peer *peer)
{
    BUG_ON(!c->client);
    struct tls_session *s = session_new(l, c);

    if (s && !client_set_up(s, peer)) {
        ERR_clear_error();
        tls_session_free(&s);
    }
    return s;
}

void tls_session_free(struct tls_session **s)
{
    struct tls_session *session = *s;

    if (!session)
        return;
    *s = NULL;
    SSL_free(session->ssl);
    chunk_put(loop_chunks(session->loop), CHUNK_LARGE, session->out);
    free(session->name);
    free(session->failure);
    tls_context_put(&session->picked);
    tls_context_put(&session->context);
    free(session);
}

void tls_resume_fini(struct tls_resume *r)
{
    SSL_SESSION_free(r->session);
    r->session = NULL;
}

void tls_attach(struct tls_session *s, struct conn *c)
{
    BUG_ON(s->conn || s->loop != c->loop);
    s->conn = c;
}

/* --- sending --- */
static void out_drop(struct tls_session *s)
{
    chunk_put(loop_chunks(s->loop), CHUNK_LARGE, s->out);
    s->out = NULL;
    s->out_len = s->out_sent = 0;
}

struct conn_done tls_flush(struct tls_session *s, bool more)
{
    struct conn *c = s->conn;

    while (s->out_sent < s->out_len && !s->send_error) {
        if (!c->can_write)
            return DONE_AGAIN;
        size_t left = s->out_len - s->out_sent;
        ssize_t n = send(c->watch.fd, s->out + s->out_sent, left, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            s->send_error = errno;
        else if (n < 0 || (size_t)n < left)
            c->can_write = false;
        s->out_sent += n > 0 ? (size_t)n : 0;
    }
    out_drop(s);
    return s->send_error ? done_error(s->send_error) : done_ok(0);
}

/* What one call of SSL_write takes: a full record wherever the parts allow it, gathered when
 * they are small. */
struct gather {
    const struct iovec *part;
    unsigned left; /* parts, this one included */
    size_t at;     /* in this part */
};

static const char *gather_next(struct gather *g, size_t want, char *record)
{
    while (g->left > 1 && g->at == g->part->iov_len) {
        g->part++;
        g->left--;
        g->at = 0;
    }
    if (g->part->iov_len - g->at >= want) {
        const char *direct = (const char *)g->part->iov_base + g->at;
        g->at += want;
        return direct;
    }
    for (size_t have = 0; have < want;) {
        size_t n = g->part->iov_len - g->at;
        n = n < want - have ? n : want - have;
        if (n)
            memcpy(record + have, (const char *)g->part->iov_base + g->at, n);
        have += n;
        g->at += n;
        if (have < want) {
            g->part++;
            g->left--;
            g->at = 0;
        }
    }
    return record;
}

static void fail_from_queue(struct tls_session *s)
{
    struct tls_failure f = { 0 };

    tls_failure_from_queue(&f, TLS_PROTOCOL);
    tls_session_fail(s, &f);
}

static struct conn_done write_failed(struct tls_session *s)
{
    int e = SSL_get_error(s->ssl, 0);

    if (s->send_error)
        return done_error(s->send_error);
    if (e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_READ)
        return s->no_memory ? done_error(ENOMEM) : DONE_AGAIN;
    fail_from_queue(s);
    s->broken = EPROTO;
    return done_error(EPROTO);
}

/* Encrypts up to one flight of <size> bytes. */
static struct conn_done encrypt_flight(struct tls_session *s, struct gather *g, size_t size)
{
    size_t room = chunk_room(loop_chunks(s->loop), CHUNK_LARGE) - s->out_len;
    size_t most = room - (room / RECORD + 1) * RECORD_EXTRA, done = 0;
    char record[RECORD];

    most = most < s->flight ? most : s->flight;
    size = size < most ? size : most;
    while (done < size) {
        size_t want = size - done < RECORD ? size - done : RECORD, n;
        if (SSL_write_ex(s->ssl, gather_next(g, want, record), want, &n) != 1)
            return write_failed(s);
        BUG_ON(n != want);
        done += n;
    }
    return done_ok(done);
}

/*
 * Flight by flight while the socket takes them whole, each in one send. A slow
 * reader gets short flights, so that little lies here encrypted.
 */
struct conn_done tls_writev(struct tls_session *s, const struct iovec *parts, unsigned count, bool more)
{
    size_t flight_most = chunk_room(loop_chunks(s->loop), CHUNK_LARGE), size = 0, written = 0;
    struct gather g = { .part = parts, .left = count };

    if (s->broken || s->send_error)
        return done_error(s->broken ? s->broken : s->send_error);
    /* What a handshake left is small: it goes out together with this. What the socket refused
     * must go first. */
    if (s->out_sent || s->out_len > RECORD) {
        struct conn_done d = tls_flush(s, true);
        if (d.result != CONN_OK)
            return d;
    }
    for (unsigned i = 0; i < count; i++)
        size += parts[i].iov_len;
    if (!s->out && !(s->out = chunk_get(loop_chunks(s->loop), CHUNK_LARGE)))
        return done_error(ENOMEM);
    ERR_clear_error();
    while (written < size) {
        struct conn_done d = encrypt_flight(s, &g, size - written);
        if (d.result != CONN_OK)
            return written ? done_ok(written) : d;
        written += d.len;
        d = tls_flush(s, more || written < size);
        if (d.result == CONN_ERROR)
            return d;
        if (d.result == CONN_AGAIN) {
            s->flight = RECORD;
            break;
        }
        s->flight = s->flight * 2 < flight_most ? s->flight * 2 : flight_most;
    }
    return done_ok(written);
}

void tls_say_goodbye(struct tls_session *s)
{
    if (s->shutdown_sent || s->send_error || s->broken)
        return;
    s->shutdown_sent = true;
    ERR_clear_error();
    (void)SSL_shutdown(s->ssl); /* below 0: the session is broken, and needs no goodbye */
    ERR_clear_error();
}

/* --- receiving --- */
static struct conn_done read_failed(struct tls_session *s)
{
    struct conn *c = s->conn;
    int e = SSL_get_error(s->ssl, 0);

    if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) {
        if (s->no_memory)
            return done_error(ENOMEM);
        if (e == SSL_ERROR_WANT_READ && s->socket_dry)
            c->can_read = false;
        return DONE_AGAIN;
    }
    if (s->receive_error)
        return done_error(s->receive_error);
    if (e == SSL_ERROR_ZERO_RETURN || s->socket_eof) {
        c->read_closed = true;
        c->unclean_eof = s->socket_eof; /* close_notify is read before the end is */
        ERR_clear_error();
        return DONE_EOF;
    }
    fail_from_queue(s);
    s->broken = EPROTO;
    return done_error(EPROTO);
}

struct conn_done tls_read(struct tls_session *s, void *into, size_t len)
{
    struct conn_done d = { .result = CONN_OK };
    size_t total = 0;

    if (s->broken)
        return done_error(s->broken);
    ERR_clear_error();
    while (total < len) {
        size_t n;
        if (SSL_read_ex(s->ssl, (char *)into + total, len - total, &n) != 1) {
            d = read_failed(s);
            break;
        }
        total += n;
        if (s->socket_dry && !SSL_has_pending(s->ssl)) {
            s->conn->can_read = false;
            break;
        }
    }
    if (s->out_len) /* an alert, a key update */
        (void)tls_flush(s, false);
    return total ? done_ok(total) : d; /* an end or error comes again with the next call */
}

/* --- handshake --- */
static int socket_error_of(const struct tls_session *s)
{
    return s->receive_error ? s->receive_error : s->send_error;
}

/* Why a handshake failed, in the words of whoever knows best: a verification, the socket, the library. */
static void handshake_explain(const struct tls_session *s, struct tls_failure *f)
{
    long verify = SSL_get_verify_result(s->ssl);

    if (s->no_memory)
        tls_failure_set(f, TLS_MEMORY, tls_error_name(TLS_MEMORY));
    else if (s->socket_eof || socket_error_of(s))
        tls_failure_set(f, TLS_CLOSED, tls_error_name(TLS_CLOSED));
    else
        tls_failure_from_queue(f, TLS_PROTOCOL);
    if (verify != X509_V_OK && f->code == TLS_PROTOCOL) {
        tls_failure_set(f, tls_error_of_verify(verify), X509_verify_cert_error_string(verify));
        f->verify = (int)verify;
    }
}

static struct conn_done handshake_failed(struct tls_session *s)
{
    int e = SSL_get_error(s->ssl, -1);
    struct tls_failure f = { 0 };

    if ((e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) && !s->no_memory)
        return DONE_AGAIN;
    handshake_explain(s, &f);
    tls_session_fail(s, &f);
    ERR_clear_error();
    if (s->no_memory)
        return done_error(ENOMEM);
    return done_error(socket_error_of(s) ? socket_error_of(s) : EPROTO);
}

/* TLS 1.2 tells of a ticket that was renewed in a resumed handshake by no callback; TLS 1.3 tells of each. */
static void keep_session(struct tls_session *s)
{
    if (!s->resume || SSL_version(s->ssl) == TLS1_3_VERSION)
        return;
    SSL_SESSION_free(s->resume->session);
    s->resume->session = SSL_get1_session(s->ssl);
}

struct conn_done tls_handshake(struct tls_session *s)
{
    ERR_clear_error();
    int done = SSL_do_handshake(s->ssl);
    if (done == 1) {
        keep_session(s);
        return done_ok(0);
    }
    struct conn_done d = handshake_failed(s);
    if (s->out_len && s->conn->can_write) /* our part of it, or the alert that says why not */
        (void)tls_flush(s, false);
    return d;
}
