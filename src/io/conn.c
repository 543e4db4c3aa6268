/* SPDX-License-Identifier: Apache-2.0 */
#include "io/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/chunk.h"
#include "io/conn_internal.h"
#include "io/tls_internal.h"
#include "os/call.h"

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

/* --- events --- */
static void conn_fail(struct conn *c, int error)
{
    c->stage = CONN_FAILED;
    c->error = error;
    c->on_ready(c);
}

static void conn_handshake(struct conn *c)
{
    struct conn_done d = tls_handshake(c->tls);

    if (d.result == CONN_AGAIN)
        return;
    if (d.result != CONN_OK) {
        conn_fail(c, d.error);
        return;
    }
    c->stage = CONN_OPEN;
    c->can_read = true; /* the first bytes may have come with the handshake's last */
    c->on_ready(c);
    /* What the handshake left (a ticket) goes out with the first answer or, when there is none yet, now. */
    if (c->stage == CONN_OPEN && !tls_is_flushed(c->tls))
        (void)tls_flush(c->tls, false);
}

static void conn_advance(struct conn *c)
{
    c->stage = c->tls ? CONN_HANDSHAKING : CONN_OPEN;
    if (c->tls)
        conn_handshake(c);
    else
        c->on_ready(c);
}

static void conn_on_connected(struct conn *c, uint32_t events)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (events & (EPOLLERR | EPOLLHUP)) {
        if (getsockopt(c->watch.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
            error = errno;
        if (error) {
            conn_fail(c, error);
            return;
        }
    } else if (!(events & EPOLLOUT)) {
        return;
    }
    conn_advance(c);
}

static void conn_finish_shutdown(struct conn *c)
{
    (void)shutdown(c->watch.fd, SHUT_WR);
    c->close_after_flush = false;
}

static void conn_on_open_tls(struct conn *c)
{
    if (!tls_is_flushed(c->tls) && c->can_write) {
        struct conn_done d = tls_flush(c->tls, false);
        if (d.result == CONN_OK && c->close_after_flush)
            conn_finish_shutdown(c);
    }
    c->on_ready(c);
}

static void conn_on_event(struct watch *w, uint32_t events)
{
    struct conn *c = CONTAINER_OF(w, struct conn, watch);

    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        c->hangup_seen = true;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        c->can_read = true;
        if (c->tls)
            tls_socket_readable(c->tls);
    }
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        c->can_write = true;

    switch ((enum conn_stage)c->stage) {
    case CONN_CONNECTING:
        conn_on_connected(c, events);
        break;
    case CONN_HANDSHAKING:
        conn_handshake(c);
        break;
    case CONN_OPEN:
        if (c->tls)
            conn_on_open_tls(c);
        else
            c->on_ready(c);
        break;
    case CONN_CLOSED:
    case CONN_FAILED:
        break;
    }
}

static void conn_on_again(struct deferred *d)
{
    struct conn *c = CONTAINER_OF(d, struct conn, again);

    if (c->stage == CONN_HANDSHAKING)
        conn_handshake(c);
    else if (c->stage != CONN_CLOSED)
        c->on_ready(c);
}

/* --- beginning and end --- */
static void conn_init(struct conn *c, struct loop *l, conn_fn on_ready)
{
    *c = (struct conn){ .watch.fd = -1, .loop = l, .on_ready = on_ready };
    deferred_init(&c->again, conn_on_again);
}

static bool conn_watch(struct conn *c, int fd)
{
    if (loop_watch(c->loop, &c->watch, fd, conn_on_event))
        return true;
    int error = errno;
    (void)close(fd);
    c->stage = CONN_CLOSED;
    errno = error;
    return false;
}

bool conn_open(struct conn *c, struct loop *l, int fd, conn_fn on_ready)
{
    conn_init(c, l, on_ready);
    c->stage = CONN_OPEN;
    c->can_read = c->can_write = true;
    return conn_watch(c, fd);
}

bool conn_connect(struct conn *c, struct loop *l, const struct conn_target *t, conn_fn on_ready)
{
    conn_init(c, l, on_ready);
    int fd = conn_target_open(t);
    if (fd < 0)
        return false;
    /* Connecting also when it is connected already: the first event says so. Datagrams have no such event. */
    c->stage = t->datagram ? CONN_OPEN : CONN_CONNECTING;
    return conn_watch(c, fd);
}

void conn_start_tls(struct conn *c, struct tls_session *tls)
{
    BUG_ON(c->tls || c->stage == CONN_CLOSED || c->stage == CONN_FAILED);
    c->tls = tls;
    tls_attach(tls, c);
    if (c->stage != CONN_OPEN)
        return;
    c->stage = CONN_HANDSHAKING;
    conn_again(c); /* a client speaks first, and a server may have the hello already */
}

void conn_strip_tls(struct conn *c)
{
    BUG_ON(c->stage != CONN_FAILED || !c->tls);
    tls_session_free(&c->tls);
    c->stage = CONN_OPEN;
    c->error = 0;
    c->can_read = c->can_write = true;
}

static int conn_leave(struct conn *c)
{
    int fd = c->watch.fd;

    tls_session_free(&c->tls);
    loop_undefer(&c->again);
    c->stage = CONN_CLOSED;
    c->can_read = c->can_write = false;
    return fd;
}

void conn_close(struct conn *c)
{
    if (!c || c->stage == CONN_CLOSED)
        return;
    if (c->tls && c->stage == CONN_OPEN && !c->write_closed) {
        tls_say_goodbye(c->tls);
        (void)tls_flush(c->tls, false);
    }
    int fd = conn_leave(c);
    loop_unwatch_closing(&c->watch);
    (void)close(fd);
}

void conn_reset(struct conn *c)
{
    struct linger now = { .l_onoff = 1, .l_linger = 0 };

    if (!c || c->stage == CONN_CLOSED)
        return;
    int fd = conn_leave(c);
    loop_unwatch_closing(&c->watch);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    (void)close(fd);
}

void conn_vanish(struct conn *c)
{
    int one = 1;

    if (!c || c->stage == CONN_CLOSED)
        return;
    /* In repair mode closing sends nothing; it needs CAP_NET_ADMIN. */
    if (setsockopt(c->watch.fd, SOL_TCP, TCP_REPAIR, &one, sizeof(one)) < 0) {
        (void)setsockopt(c->watch.fd, SOL_IP, IP_TTL, &one, sizeof(one));
        (void)setsockopt(c->watch.fd, SOL_IPV6, IPV6_UNICAST_HOPS, &one, sizeof(one));
    }
    conn_reset(c);
}

int conn_release(struct conn *c)
{
    BUG_ON(c->tls || c->stage == CONN_CLOSED);
    int fd = conn_leave(c);
    loop_unwatch(c->loop, &c->watch);
    return fd;
}

void conn_shutdown_write(struct conn *c)
{
    if (c->stage != CONN_OPEN || c->write_closed)
        return;
    c->write_closed = true;
    if (c->tls) {
        tls_say_goodbye(c->tls);
        if (tls_flush(c->tls, false).result == CONN_AGAIN) {
            c->close_after_flush = true;
            return;
        }
    }
    conn_finish_shutdown(c);
}

/* --- bytes --- */
/* What a read or write says before it is tried; CONN_OK: try. */
static inline struct conn_done conn_may_read(const struct conn *c)
{
    if (UNLIKELY(c->stage != CONN_OPEN))
        return c->stage == CONN_FAILED ? done_error(c->error) : DONE_AGAIN;
    if (UNLIKELY(c->read_closed))
        return DONE_EOF;
    return c->can_read ? done_ok(0) : DONE_AGAIN;
}

static inline struct conn_done conn_may_write(const struct conn *c)
{
    if (UNLIKELY(c->stage != CONN_OPEN))
        return c->stage == CONN_FAILED ? done_error(c->error) : DONE_AGAIN;
    if (UNLIKELY(c->write_closed))
        return done_error(EPIPE);
    return c->can_write ? done_ok(0) : DONE_AGAIN;
}

/* <n> is what the system call said: 0, or a negative errno. */
static COLD struct conn_done conn_read_failed(struct conn *c, ssize_t n)
{
    c->can_read = n == -EINTR;
    if (n == 0) {
        c->read_closed = true;
        return DONE_EOF;
    }
    return n == -EAGAIN || n == -EINTR ? DONE_AGAIN : done_error((int)-n);
}

static COLD struct conn_done conn_write_failed(struct conn *c, ssize_t n)
{
    if (n != -EAGAIN && n != -EINTR)
        return done_error((int)-n);
    c->can_write = false;
    return DONE_AGAIN;
}

/* Out of line, so that the usual way needs no stack. */
static __attribute__((noinline)) struct conn_done conn_read_tls(struct conn *c, void *into, size_t len)
{
    return tls_read(c->tls, into, len);
}

struct conn_done conn_read(struct conn *c, void *into, size_t len)
{
    struct conn_done may = conn_may_read(c);

    BUG_ON(len == 0);
    if (may.result != CONN_OK)
        return may;
    if (UNLIKELY(c->tls != NULL))
        return conn_read_tls(c, into, len);
    ssize_t n = os_recv(c->watch.fd, into, len);
    if (UNLIKELY(n <= 0))
        return conn_read_failed(c, n);
    /* A short read has emptied the queue, and an event will tell of more; but the FIN behind these bytes may
     * have told already. */
    if ((size_t)n < len && !c->hangup_seen)
        c->can_read = false;
    return done_ok((size_t)n);
}

struct conn_done conn_peek(struct conn *c, void *into, size_t len)
{
    struct conn_done may = conn_may_read(c);

    BUG_ON(len == 0 || c->tls);
    if (may.result != CONN_OK)
        return may;
    ssize_t n = recv(c->watch.fd, into, len, MSG_PEEK);
    return n > 0 ? done_ok((size_t)n) : conn_read_failed(c, n < 0 ? -errno : 0);
}

void conn_look_again(struct conn *c)
{
    c->can_read = true;
    if (c->tls)
        tls_socket_readable(c->tls);
}

struct conn_done conn_discard(struct conn *c, size_t len)
{
    struct chunks *chunks = loop_chunks(c->loop);

    return conn_read(c, chunks->scratch, len < CHUNK_SCRATCH ? len : CHUNK_SCRATCH);
}

static size_t iov_size(const struct iovec *parts, unsigned count)
{
    size_t size = 0;

    for (unsigned i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

/* <n> is what the system call said to <size> bytes. */
static struct conn_done conn_wrote(struct conn *c, ssize_t n, size_t size)
{
    if (UNLIKELY(n < 0))
        return conn_write_failed(c, n);
    if ((size_t)n < size)
        c->can_write = false;
    return done_ok((size_t)n);
}

static ssize_t conn_send(int fd, const struct iovec *parts, unsigned count, int flags)
{
    if (count == 1)
        return os_send(fd, parts->iov_base, parts->iov_len, flags);
    struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = count };
    return os_sendmsg(fd, &m, flags);
}

struct conn_done conn_writev(struct conn *c, const struct iovec *parts, unsigned count, bool more)
{
    struct conn_done may = conn_may_write(c);
    size_t size = iov_size(parts, count);

    BUG_ON(size == 0 || count > IOV_MAX);
    if (may.result != CONN_OK)
        return may;
    if (c->tls)
        return tls_writev(c->tls, parts, count, more);
    return conn_wrote(c, conn_send(c->watch.fd, parts, count, MSG_NOSIGNAL | (more ? MSG_MORE : 0)), size);
}

static __attribute__((noinline)) struct conn_done conn_write_tls(struct conn *c, const void *from, size_t len)
{
    struct iovec part = { .iov_base = (void *)(uintptr_t)from, .iov_len = len };

    return tls_writev(c->tls, &part, 1, false);
}

struct conn_done conn_write(struct conn *c, const void *from, size_t len)
{
    struct conn_done may = conn_may_write(c);

    BUG_ON(len == 0);
    if (may.result != CONN_OK)
        return may;
    if (UNLIKELY(c->tls != NULL))
        return conn_write_tls(c, from, len);
    return conn_wrote(c, os_send(c->watch.fd, from, len, MSG_NOSIGNAL), len);
}

static struct conn_done conn_sendfile_tls(struct conn *c, int file, off_t *offset, size_t len)
{
    char *bytes = loop_chunks(c->loop)->scratch;
    size_t room = CHUNK_SCRATCH / 4; /* what is written in one flight at most: more would be read twice */

    ssize_t n = pread(file, bytes, len < room ? len : room, *offset);
    if (n <= 0)
        return n == 0 ? DONE_EOF : done_error(errno);
    struct conn_done d = conn_write(c, bytes, (size_t)n);
    if (d.result == CONN_OK)
        *offset += (off_t)d.len;
    return d;
}

struct conn_done conn_sendfile(struct conn *c, int file, off_t *offset, size_t len)
{
    struct conn_done may = conn_may_write(c);

    BUG_ON(len == 0);
    if (may.result != CONN_OK)
        return may;
    if (c->tls)
        return conn_sendfile_tls(c, file, offset, len);
    ssize_t n = sendfile(c->watch.fd, file, offset, len);
    if (n < 0)
        return conn_write_failed(c, -errno);
    return n ? done_ok((size_t)n) : DONE_EOF; /* short says nothing here: only EAGAIN means full */
}

bool conn_is_flushed(const struct conn *c)
{
    return !c->tls || tls_is_flushed(c->tls);
}

/* --- splice --- */
static void splice_give_up(struct loop *l, struct splice *s)
{
    pipes_put(loop_pipes(l), s->pipe, s->held == 0);
    *s = (struct splice){ 0 };
}

void conn_splice_drop(struct loop *l, struct splice *s)
{
    if (s->held)
        splice_give_up(l, s);
}

struct conn_done conn_splice_in(struct conn *c, struct splice *s, size_t max)
{
    struct conn_done may = conn_may_read(c);

    BUG_ON(s->held || c->tls || max == 0);
    if (may.result != CONN_OK)
        return may;
    if (!pipes_get(loop_pipes(c->loop), &s->pipe))
        return done_error(EMFILE);
    ssize_t n = splice(c->watch.fd, NULL, s->pipe.in, NULL, max, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    if (n > 0) {
        s->held = (size_t)n; /* however many these are, there may be more: only EAGAIN means drained */
        return done_ok(s->held);
    }
    struct conn_done d = conn_read_failed(c, n < 0 ? -errno : 0);
    splice_give_up(c->loop, s);
    return d;
}

struct conn_done conn_splice_out(struct conn *c, struct splice *s, bool more)
{
    struct conn_done d = conn_may_write(c);
    size_t moved = 0;
    unsigned flags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE | (more ? SPLICE_F_MORE : 0u);

    BUG_ON(s->held == 0 || c->tls);
    if (d.result != CONN_OK)
        return d;
    while (s->held) {
        ssize_t n = splice(s->pipe.out, NULL, c->watch.fd, NULL, s->held, flags);
        if (n <= 0) {
            d = n < 0 ? conn_write_failed(c, -errno) : done_error(EPIPE);
            break;
        }
        s->held -= (size_t)n;
        moved += (size_t)n;
    }
    if (s->held == 0)
        splice_give_up(c->loop, s);
    return moved ? done_ok(moved) : d;
}
