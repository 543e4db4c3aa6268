/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's view of a connection: a BIO that gathers what is written and receives without asking in vain. */
#include "io/tls_internal.h"

#include <errno.h>
#include <openssl/bio.h>
#include <string.h>
#include <sys/socket.h>

#include "io/chunk.h"

static size_t out_room(struct tls_session *s)
{
    struct chunks *chunks = loop_chunks(s->loop);

    if (!s->out)
        s->out = chunk_get(chunks, CHUNK_LARGE);
    if (!s->out)
        s->no_memory = true;
    return s->out ? chunk_room(chunks, CHUNK_LARGE) - s->out_len : 0;
}

static int tls_bio_write(BIO *b, const char *data, size_t len, size_t *written)
{
    struct tls_session *s = BIO_get_data(b);
    size_t room = out_room(s);

    BIO_clear_retry_flags(b);
    if (room < len && s->out && s->conn) { /* a handshake of many certificates: make room */
        (void)tls_flush(s, true);
        room = out_room(s);
    }
    if (room == 0) {
        BIO_set_retry_write(b);
        return 0;
    }
    if (len > room)
        len = room;
    memcpy(s->out + s->out_len, data, len);
    s->out_len += len;
    *written = len;
    return 1;
}

static int tls_bio_read(BIO *b, char *into, size_t len, size_t *got)
{
    struct tls_session *s = BIO_get_data(b);

    BIO_clear_retry_flags(b);
    if (s->socket_eof || s->receive_error)
        return 0;
    if (s->socket_dry) {
        BIO_set_retry_read(b);
        return 0;
    }
    ssize_t n = recv(s->conn->watch.fd, into, len, 0);
    if (n > 0) {
        /* A short read has emptied the queue; the FIN behind these bytes may have told already. */
        s->socket_dry = (size_t)n < len && !s->conn->hangup_seen;
        *got = (size_t)n;
        return 1;
    }
    if (n == 0) {
        s->socket_eof = true;
    } else if (errno == EAGAIN || errno == EINTR) {
        s->socket_dry = errno == EAGAIN;
        BIO_set_retry_read(b);
    } else {
        s->receive_error = errno;
    }
    return 0;
}

static long tls_bio_ctrl(BIO *b, int command, long number, void *pointer)
{
    struct tls_session *s = BIO_get_data(b);

    (void)number, (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1; /* who called the library flushes when it is done */
    case BIO_CTRL_EOF:
        return s->socket_eof;
    default:
        return 0;
    }
}

static int tls_bio_create(BIO *b)
{
    BIO_set_init(b, 1);
    return 1;
}

BIO_METHOD *tls_bio_new_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "keel connection");

    if (m && BIO_meth_set_write_ex(m, tls_bio_write) && BIO_meth_set_read_ex(m, tls_bio_read) &&
        BIO_meth_set_ctrl(m, tls_bio_ctrl) && BIO_meth_set_create(m, tls_bio_create))
        return m;
    BIO_meth_free(m);
    return NULL;
}
