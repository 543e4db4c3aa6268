/* SPDX-License-Identifier: Apache-2.0 */
#include "os/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define BACKLOG_DEFAULT 4096

const char *socket_step_name(enum socket_step s)
{
    static const char *const names[] = {
        [SOCKET_OK] = "ok",         [SOCKET_CREATE] = "socket()", [SOCKET_OPTION] = "setsockopt()",
        [SOCKET_BIND] = "bind()",   [SOCKET_LISTEN] = "listen()", [SOCKET_MODE] = "chmod()",
        [SOCKET_OWNER] = "chown()",
    };
    return names[s];
}

/* --- options --- */
/* One call after the other until one fails. */
struct setter {
    int fd;
    struct socket_failure *why;
};

static bool set_failed(const struct setter *s, enum socket_step step, const char *option)
{
    *s->why = (struct socket_failure){ .step = step, .error = errno, .option = option };
    return false;
}

static bool set_bytes(const struct setter *s, int level, int name, const void *value, size_t len,
                      const char *option)
{
    return setsockopt(s->fd, level, name, value, (socklen_t)len) == 0 || set_failed(s, SOCKET_OPTION, option);
}

static bool set_int(const struct setter *s, int level, int name, int value, const char *option)
{
    return set_bytes(s, level, name, &value, sizeof(value), option);
}
#define SET(s, level, name, value) set_int((s), (level), (name), (value), #name)
/* Only where the file asks for it. */
#define SET_IF(condition, s, level, name, value) (!(condition) || SET(s, level, name, value))

static bool set_ip(const struct setter *s, const struct socket_listen *o)
{
    bool v6 = address_family(&o->at) == AF_INET6;

    if (v6 && o->v6only >= 0 && !SET(s, SOL_IPV6, IPV6_V6ONLY, o->v6only))
        return false;
    if (o->transparent && !(v6 ? SET(s, SOL_IPV6, IPV6_TRANSPARENT, 1) : SET(s, SOL_IP, IP_TRANSPARENT, 1)))
        return false;
    if (o->free_bind && !(v6 ? SET(s, SOL_IPV6, IPV6_FREEBIND, 1) : SET(s, SOL_IP, IP_FREEBIND, 1)))
        return false;
    if (o->interface &&
        !set_bytes(s, SOL_SOCKET, SO_BINDTODEVICE, o->interface, strlen(o->interface), "SO_BINDTODEVICE"))
        return false;
    return o->tos < 0 || (v6 ? SET(s, SOL_IPV6, IPV6_TCLASS, o->tos) : SET(s, SOL_IP, IP_TOS, o->tos));
}

/* What may change on a living socket; TCP only. */
static bool set_tcp(const struct setter *s, const struct socket_listen *o)
{
    return SET(s, SOL_TCP, TCP_NODELAY, !o->delay) && SET(s, SOL_SOCKET, SO_KEEPALIVE, o->keepalive) &&
           SET_IF(o->keep_idle, s, SOL_TCP, TCP_KEEPIDLE, o->keep_idle) &&
           SET_IF(o->keep_interval, s, SOL_TCP, TCP_KEEPINTVL, o->keep_interval) &&
           SET_IF(o->keep_count, s, SOL_TCP, TCP_KEEPCNT, o->keep_count) &&
           SET(s, SOL_TCP, TCP_DEFER_ACCEPT, (int)o->defer_accept) &&
           SET_IF(o->fast_open, s, SOL_TCP, TCP_FASTOPEN, o->fast_open) &&
           SET_IF(o->max_segment, s, SOL_TCP, TCP_MAXSEG, (int)o->max_segment) &&
           SET_IF(o->user_timeout, s, SOL_TCP, TCP_USER_TIMEOUT, (int)o->user_timeout) &&
           (!o->congestion ||
            set_bytes(s, SOL_TCP, TCP_CONGESTION, o->congestion, strlen(o->congestion), "TCP_CONGESTION"));
}

static bool set_any(const struct setter *s, const struct socket_listen *o)
{
    return SET_IF(o->receive_buffer, s, SOL_SOCKET, SO_RCVBUF, (int)o->receive_buffer) &&
           SET_IF(o->send_buffer, s, SOL_SOCKET, SO_SNDBUF, (int)o->send_buffer) &&
           SET_IF(o->mark, s, SOL_SOCKET, SO_MARK, (int)o->mark);
}

static bool is_unix(const struct socket_listen *o)
{
    return address_family(&o->at) == AF_UNIX;
}

static bool set_before_bind(const struct setter *s, const struct socket_listen *o)
{
    if (!set_any(s, o))
        return false;
    if (is_unix(o))
        return true;
    /* Two sockets of datagrams that allow it share an address, and the later one gets all. */
    return SET_IF(!o->datagram, s, SOL_SOCKET, SO_REUSEADDR, 1) &&
           SET_IF(o->reuse_port, s, SOL_SOCKET, SO_REUSEPORT, 1) && set_ip(s, o) &&
           (o->datagram || set_tcp(s, o));
}

/* --- UNIX paths --- */
static const char *unix_path(const struct address *a)
{
    return address_family(a) == AF_UNIX && a->u.un.sun_path[0] ? a->u.un.sun_path : NULL;
}

static bool set_file(const struct setter *s, const struct socket_listen *o, const char *path)
{
    if ((o->uid != (uid_t)-1 || o->gid != (gid_t)-1) && chown(path, o->uid, o->gid) < 0)
        return set_failed(s, SOCKET_OWNER, NULL);
    if (o->mode && chmod(path, o->mode) < 0)
        return set_failed(s, SOCKET_MODE, NULL);
    return true;
}

/* Somebody listens there, or it is no socket at all. */
static bool unix_is_in_use(const struct address *at, int type, bool replace)
{
    struct stat st;
    AUTO_FD int probe = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (lstat(unix_path(at), &st) < 0)
        return false;
    if (!S_ISSOCK(st.st_mode) || probe < 0)
        return true;
    if (replace)
        return false;
    return connect(probe, &at->u.sa, at->len) == 0 || (errno != ECONNREFUSED && errno != ENOENT);
}

static int unix_type(const struct socket_listen *o)
{
    return o->datagram ? SOCK_DGRAM : SOCK_STREAM;
}

/*
 * Bound under a temporary name beside the wanted one, made ready, and renamed:
 * whoever connects meets the old socket or the new one, never none.
 */
static bool bind_path(const struct setter *s, const struct socket_listen *o, bool listens)
{
    char temporary[sizeof(o->at.u.un.sun_path)];
    struct address at;
    const char *path = unix_path(&o->at);

    if (unix_is_in_use(&o->at, unix_type(o), o->replace)) {
        errno = EADDRINUSE;
        return set_failed(s, SOCKET_BIND, NULL);
    }
    int len = snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)getpid());
    if (len < 0 || (size_t)len >= sizeof(temporary)) {
        errno = ENAMETOOLONG;
        return set_failed(s, SOCKET_BIND, NULL);
    }
    address_unix(span_of(temporary, (size_t)len), false, &at);
    (void)unlink(temporary);
    if (bind(s->fd, &at.u.sa, at.len) < 0)
        return set_failed(s, SOCKET_BIND, NULL);
    bool good = set_file(s, o, temporary);
    if (good && listens && listen(s->fd, o->backlog ? o->backlog : socket_max_backlog()) < 0)
        good = set_failed(s, SOCKET_LISTEN, NULL);
    if (good && rename(temporary, path) < 0)
        good = set_failed(s, SOCKET_BIND, NULL);
    if (!good)
        (void)unlink(temporary);
    return good;
}

/* --- making one --- */
static bool bind_and_listen(const struct setter *s, const struct socket_listen *o)
{
    if (unix_path(&o->at))
        return bind_path(s, o, !o->datagram);
    if (bind(s->fd, &o->at.u.sa, o->at.len) < 0)
        return set_failed(s, SOCKET_BIND, NULL);
    if (!o->datagram && listen(s->fd, o->backlog ? o->backlog : socket_max_backlog()) < 0)
        return set_failed(s, SOCKET_LISTEN, NULL); /* EADDRINUSE: somebody else was quicker */
    return true;
}

int socket_listen(const struct socket_listen *o, struct socket_failure *why)
{
    int type = (o->datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    AUTO_FD int fd = socket(address_family(&o->at), type, 0);
    const struct setter s = { fd, why };

    *why = (struct socket_failure){ 0 };
    if (fd < 0) {
        (void)set_failed(&s, SOCKET_CREATE, NULL);
        return -1;
    }
    if (!set_before_bind(&s, o) || !bind_and_listen(&s, o))
        return -1;
    return fd_take(&fd);
}

bool socket_apply(int fd, const struct socket_listen *o, struct socket_failure *why)
{
    const struct setter s = { fd, why };

    *why = (struct socket_failure){ 0 };
    if (!set_any(&s, o) || (!is_unix(o) && !o->datagram && !set_tcp(&s, o)))
        return false;
    if (unix_path(&o->at) && !set_file(&s, o, unix_path(&o->at)))
        return false;
    /* Again on a listening socket: only the backlog changes. */
    if (!o->datagram && listen(fd, o->backlog ? o->backlog : socket_max_backlog()) < 0)
        return set_failed(&s, SOCKET_LISTEN, NULL);
    return true;
}

/* --- about one --- */
static bool get_int(int fd, int level, int name, int *out)
{
    socklen_t len = sizeof(*out);
    return getsockopt(fd, level, name, out, &len) == 0;
}

bool socket_is_listening(int fd, struct address *at, bool *datagram)
{
    int type = 0, listens = 0;

    if (!get_int(fd, SOL_SOCKET, SO_TYPE, &type) || !get_int(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens))
        return false;
    at->len = sizeof(at->u);
    if (getsockname(fd, &at->u.sa, &at->len) < 0 || at->len > sizeof(at->u)) {
        at->len = 0;
        return false;
    }
    *datagram = type == SOCK_DGRAM;
    bool bound = address_family(at) == AF_UNIX ? at->len > offsetof(struct sockaddr_un, sun_path)
                                               : address_port(at) != 0;
    return *datagram ? bound : listens != 0;
}

static bool set_flag(int fd, int get, int set, int flag, bool on)
{
    int flags = fcntl(fd, get);
    if (flags < 0)
        return false;
    int wanted = on ? flags | flag : flags & ~flag;
    return wanted == flags || fcntl(fd, set, wanted) == 0;
}

void socket_outlive_address(int fd)
{
    int on = 1;

    /* Both: a socket of IPv6 may carry IPv4. One of another family refuses them. */
    (void)setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &on, sizeof(on));
}

void socket_set_tos(int fd, int tos)
{
    /* Both: a socket of IPv6 may carry IPv4. One of another family refuses them. */
    (void)setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
}

bool socket_set_blocking(int fd, bool blocking)
{
    return set_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK, !blocking);
}

bool socket_set_cloexec(int fd, bool cloexec)
{
    return set_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC, cloexec);
}

bool socket_unix_peer(int fd, struct socket_peer *out)
{
    struct ucred who;
    socklen_t len = sizeof(who);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
        return false;
    *out = (struct socket_peer){ .pid = who.pid, .uid = who.uid, .gid = who.gid };
    return true;
}

int socket_max_backlog(void)
{
    char text[16] = "";
    AUTO_FD int fd = open("/proc/sys/net/core/somaxconn", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    uint64_t n;

    if (len > 0 && span_to_u64(span_trim(span_first(span_from(text), strcspn(text, "\n"))), INT_MAX, &n) &&
        n > 0)
        return (int)n;
    return BACKLOG_DEFAULT;
}
