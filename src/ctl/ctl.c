/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ctl.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/fd.h"

static enum ctl_result connect_to(const char *path, int *out)
{
    struct address at;
    AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return CTL_NOT_THERE;
    if (!address_unix(span_from(path), false, &at)) {
        errno = ENAMETOOLONG;
        return CTL_NOT_THERE;
    }
    if (connect(fd, &at.u.sa, at.len) < 0)
        return errno == EACCES || errno == EPERM ? CTL_NOT_ALLOWED : CTL_NOT_THERE;
    *out = fd_take(&fd);
    return CTL_DONE;
}

static bool send_all(int fd, struct span s)
{
    while (s.len > 0) {
        ssize_t n = send(fd, s.ptr, s.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = span_from_index(s, (size_t)n);
    }
    return true;
}

static bool receive_all(int fd, struct buf *out)
{
    char room[16384];

    for (;;) {
        ssize_t n = recv(fd, room, sizeof(room), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        buf_put(out, span_of(room, (size_t)n));
    }
}

/* The two answers, to `exit-codes on` and to the command: "0\n\n" and "0\nTEXT\n". */
static enum ctl_result unwrap(struct span all, struct buf *answer)
{
    if (!span_starts_with(all, SPAN("0\n\n")) || all.len < 6 || !span_ends_with(all, SPAN("\n"))) {
        errno = 0;
        return CTL_CUT_OFF;
    }
    struct span text = span_from_index(all, 3);
    bool ok = text.ptr[0] == '0';
    text = span_from_index(text, 2);
    buf_put(answer, span_first(text, text.len - 1));
    return ok ? CTL_DONE : CTL_FAILED;
}

enum ctl_result ctl_ask(const char *path, struct span command, struct buf *answer)
{
    AUTO_FD int fd = -1;
    enum ctl_result r = connect_to(path, &fd);
    struct buf all;

    if (r != CTL_DONE)
        return r;
    buf_init(&all, (size_t)1 << 30);
    bool whole = send_all(fd, SPAN("exit-codes on;")) && send_all(fd, command) && send_all(fd, SPAN("\n")) &&
                 shutdown(fd, SHUT_WR) == 0 && receive_all(fd, &all);
    int error = errno;
    r = whole ? unwrap(buf_span(&all), answer) : CTL_CUT_OFF;
    buf_fini(&all);
    if (!whole)
        errno = error;
    return r;
}
