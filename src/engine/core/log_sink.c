/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/core/log_ring.h"
#include "engine/core/log_stream.h"
#include "wire/syslog.h"

#define RETRY_US   1000000
#define HEAD_ROOM  512
#define PIPE_PIECE 4096 /* POLLOUT on a pipe promises that much */
#define REST_MAX   65536
#define QUIET_US   60000000 /* of a target that failed: as long as it fails once in this time, it is known */

/* ---- making ---- */

static struct span copy_text(char **at, struct span s)
{
    char *start = *at;

    if (s.len)
        memcpy(start, s.ptr, s.len);
    *at += s.len;
    return span_of(start, s.len);
}

static void copy_texts(struct log_sink *s, const struct log_target *t, struct span host)
{
    char *at = s->texts;

    s->target.path = copy_text(&at, t->path);
    s->target.tag = copy_text(&at, t->tag);
    s->host = copy_text(&at, t->host.len ? t->host : host);
    s->target.host = t->host.len ? s->host : SPAN("");
}

static int open_syslog(const struct address *to)
{
    int fd = socket(to->u.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || connect(fd, &to->u.sa, to->len) == 0)
        return fd;
    int error = errno;
    (void)close(fd);
    errno = error;
    return -1;
}

void sink_set_fd(struct log_sink *s, int fd)
{
    struct stat st;

    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
    s->is_datagram = s->target.kind == LOG_SYSLOG;
    /* A regular file never keeps us waiting for a reader; a pipe or terminal that others share may. */
    s->may_block = s->fd >= 0 && !s->is_datagram && fstat(s->fd, &st) == 0 && !S_ISREG(st.st_mode) &&
                   !(fcntl(s->fd, F_GETFL) & O_NONBLOCK);
}

struct log_sink *sink_new(const struct log_target *t, int fd, struct span host, uint32_t pid)
{
    struct log_sink *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->texts = malloc(t->path.len + t->tag.len + (t->host.len ? t->host.len : host.len) + 1);
    if (s->texts == NULL) {
        free(s);
        return NULL;
    }
    s->target = *t;
    s->fd = -1;
    s->pid = pid;
    copy_texts(s, t, host);
    if (t->kind == LOG_STDERR)
        fd = STDERR_FILENO;
    else if (t->kind == LOG_STDOUT)
        fd = STDOUT_FILENO;
    if (t->kind == LOG_STREAM) {
        s->stream = log_stream_new(t->queue);
        if (s->stream == NULL)
            oom_die(t->queue);
    } else if (t->kind == LOG_SYSLOG) {
        s->fd = open_syslog(&s->target.address);
        s->is_datagram = true;
    } else {
        sink_set_fd(s, fd);
    }
    return s;
}

void sink_free(struct log_sink *s)
{
    if (s->fd >= 0)
        (void)close(s->fd);
    log_stream_free(&s->stream);
    free(s->rest);
    free(s->texts);
    free(s);
}

bool sink_is(const struct log_sink *s, const struct log_target *t)
{
    const struct log_target *o = &s->target;

    return o->kind == t->kind && span_eq(o->path, t->path) && address_eq(&o->address, &t->address) &&
           o->counted == t->counted && o->queue == t->queue && o->fd == t->fd && o->frame == t->frame &&
           span_eq(o->tag, t->tag) && span_eq(o->host, t->host) && o->line_max == t->line_max;
}

void sink_put_name(struct buf *out, const struct log_sink *s)
{
    switch (s->target.kind) {
    case LOG_SYSLOG:
    case LOG_STREAM:
        address_put(out, &s->target.address);
        return;
    case LOG_STDERR:
        buf_put(out, SPAN("stderr"));
        return;
    case LOG_STDOUT:
        buf_put(out, SPAN("stdout"));
        return;
    case LOG_FILE:
        buf_put(out, s->target.path);
        return;
    }
}

void sink_failed(struct log_sink *s, uint64_t count, int error, uint64_t wall_us)
{
    s->failed += count;
    if (s->bad_us == 0 || wall_us - s->bad_us > QUIET_US)
        s->complaint = error ? error : EIO;
    s->bad_us = wall_us;
}

/* ---- what stands before a line ---- */

/* False: the line goes out as it is. */
static bool format_of(enum log_frame frame, enum syslog_format *out)
{
    switch (frame) {
    case LOG_FRAME_NONE:
    case LOG_FRAME_RAW:
        return false;
    case LOG_FRAME_LOCAL:
        *out = SYSLOG_LOCAL;
        return true;
    case LOG_FRAME_RFC3164:
    case LOG_FRAME_RFC3164_HOST:
        *out = SYSLOG_RFC3164;
        return true;
    case LOG_FRAME_RFC5424:
        *out = SYSLOG_RFC5424;
        return true;
    case LOG_FRAME_SHORT:
        *out = SYSLOG_SHORT;
        return true;
    case LOG_FRAME_TIMED:
        *out = SYSLOG_TIMED;
        return true;
    case LOG_FRAME_ISO:
        *out = SYSLOG_ISO;
        return true;
    case LOG_FRAME_PRIORITY:
        *out = SYSLOG_PRIORITY;
        return true;
    }
    return false;
}

size_t sink_write_head(const struct log_sink *s, const struct record *r, struct clock_text *clock, char *out,
                       size_t room)
{
    struct syslog_head head = { .facility = r->facility,
                                .level = r->level,
                                .us = (uint32_t)(r->wall_us % 1000000),
                                .host = s->host,
                                .tag = s->target.tag,
                                .pid = s->target.frame == LOG_FRAME_RFC3164_HOST ? 0 : s->pid,
                                .structure_follows = r->structure_len != 0 };

    if (!format_of(s->target.frame, &head.format))
        return 0;
    clock_text_at(clock, r->wall_us);
    head.date = clock;
    return syslog_write_head(out, room, &head);
}

struct iovec sink_text(const struct log_sink *s, const struct record *r, size_t head)
{
    size_t most = s->target.line_max, skip = s->target.frame == LOG_FRAME_RFC5424 ? 0 : r->structure_len;
    struct span text = span_from_index(span_of(r->text, r->text_len), skip);

    if (most)
        text = span_first(text, most > head ? most - head : 0);
    return (struct iovec){ (void *)(uintptr_t)text.ptr, text.len };
}

/* ---- datagrams ---- */

static bool ready_to_send(struct log_sink *s, uint64_t wall_us)
{
    if (s->fd >= 0)
        return true;
    errno = s->open_error;
    if (wall_us < s->retry_us)
        return false;
    s->retry_us = wall_us + RETRY_US;
    s->fd = open_syslog(&s->target.address);
    s->open_error = s->fd < 0 ? errno : 0;
    errno = s->open_error;
    return s->fd >= 0;
}

/* A UNIX receiver that was restarted is another socket: ours must connect anew. */
static bool must_reopen(int error)
{
    return error == ECONNREFUSED || error == ENOTCONN || error == ECONNRESET || error == EPIPE ||
           error == ENOENT;
}

static void flush_datagrams(struct log_sink *s, struct clock_text *clock)
{
    struct mmsghdr messages[SINK_BATCH] = { 0 };
    struct iovec parts[SINK_BATCH][2];
    char heads[SINK_BATCH][HEAD_ROOM];
    unsigned sent = 0;

    uint64_t now = s->batch[0]->wall_us;
    bool again = false;

    if (!ready_to_send(s, now)) {
        sink_failed(s, s->count, errno, now);
        return;
    }
    for (unsigned i = 0; i < s->count; i++) {
        const struct record *r = s->batch[i];
        size_t head = sink_write_head(s, r, clock, heads[i], HEAD_ROOM);
        parts[i][0] = (struct iovec){ heads[i], head };
        parts[i][1] = sink_text(s, r, head);
        messages[i].msg_hdr = (struct msghdr){ .msg_iov = parts[i], .msg_iovlen = 2 };
    }
    while (sent < s->count) {
        int n = sendmmsg(s->fd, messages + sent, s->count - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            s->written += (unsigned)n;
            sent += (unsigned)n;
            again = false;
            continue;
        }
        int error = errno;
        bool is_unix = address_family(&s->target.address) == AF_UNIX;
        if (error == EINTR)
            continue;
        if (error == ECONNREFUSED && !is_unix && !again) {
            again = true; /* of an earlier datagram: this one was not sent yet */
            continue;
        }
        again = false;
        /* the one that failed: full, gone, too long; the next may go */
        sent++;
        bool gone = is_unix && must_reopen(error);
        if (gone) {
            (void)close(s->fd);
            s->fd = -1;
        }
        bool over = gone || error == EAGAIN || error == ENOBUFS;
        sink_failed(s, over ? s->count - sent + 1 : 1, error, now);
        if (over)
            return;
    }
}

/* ---- streams and files ---- */

/* Would a write of up to PIPE_PIECE bytes go through now? */
static bool takes_more(const struct log_sink *s)
{
    struct pollfd p = { .fd = s->fd, .events = POLLOUT };

    return !s->may_block || (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT));
}

/* Bytes written, as many as go without waiting. */
static size_t write_some(struct log_sink *s, struct iovec *parts, int count)
{
    size_t total = 0;
    ssize_t n = 0;

    while (count > 0) {
        if (parts[0].iov_len == 0) { /* a line without a head */
            parts++;
            count--;
            continue;
        }
        if (!takes_more(s))
            break;
        struct iovec piece = parts[0];
        if (s->may_block && piece.iov_len > PIPE_PIECE)
            piece.iov_len = PIPE_PIECE;
        n = s->may_block ? write(s->fd, piece.iov_base, piece.iov_len) : writev(s->fd, parts, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        total += (size_t)n;
        for (size_t left = (size_t)n; left > 0;) {
            size_t take = left < parts[0].iov_len ? left : parts[0].iov_len;
            parts[0].iov_base = (char *)parts[0].iov_base + take;
            parts[0].iov_len -= take;
            left -= take;
            if (parts[0].iov_len == 0) {
                parts++;
                count--;
            }
        }
    }
    return total;
}

/* Half a line is worse than none: its rest waits and goes first. */
static bool write_rest(struct log_sink *s)
{
    struct iovec part = { s->rest, s->rest_len };

    if (s->rest_len == 0)
        return true;
    size_t n = write_some(s, &part, 1);
    memmove(s->rest, s->rest + n, s->rest_len - n);
    s->rest_len -= n;
    return s->rest_len == 0;
}

static void keep_rest(struct log_sink *s, const struct iovec *line, size_t done)
{
    size_t len = 0;

    if (s->rest == NULL)
        s->rest = malloc(REST_MAX);
    for (int i = 0; s->rest != NULL && i < 3; i++) {
        size_t skip = done < line[i].iov_len ? done : line[i].iov_len;
        size_t take = line[i].iov_len - skip;
        done -= skip;
        if (take > REST_MAX - len)
            take = REST_MAX - len;
        memcpy(s->rest + len, (const char *)line[i].iov_base + skip, take);
        len += take;
    }
    s->rest_len = len;
}

static void flush_stream(struct log_sink *s, struct clock_text *clock)
{
    static const char newline = '\n';
    struct iovec parts[SINK_BATCH * 3], again[SINK_BATCH * 3];
    char heads[SINK_BATCH][HEAD_ROOM];

    uint64_t now = s->batch[0]->wall_us;

    errno = 0;
    if (s->fd < 0 || !write_rest(s)) {
        sink_failed(s, s->count, s->fd < 0 ? EBADF : errno ? errno : EAGAIN, now);
        return;
    }
    errno = 0;
    for (unsigned i = 0; i < s->count; i++) {
        const struct record *r = s->batch[i];
        size_t head = sink_write_head(s, r, clock, heads[i], HEAD_ROOM);
        parts[3 * i] = (struct iovec){ heads[i], head };
        parts[3 * i + 1] = sink_text(s, r, head);
        parts[3 * i + 2] = (struct iovec){ (void *)(uintptr_t)&newline, 1 };
    }
    memcpy(again, parts, sizeof(parts[0]) * 3 * s->count);
    size_t done = write_some(s, parts, (int)(3 * s->count));
    s->bytes += done;
    for (unsigned i = 0; i < s->count; i++) {
        size_t len = again[3 * i].iov_len + again[3 * i + 1].iov_len + 1;
        if (done > 0 && done < len)
            keep_rest(s, &again[3 * i], done);
        if (done > 0)
            s->written++;
        else
            sink_failed(s, 1, errno ? errno : EAGAIN, now);
        done = done > len ? done - len : 0;
    }
}

void sink_flush(struct log_sink *s, struct clock_text *clock)
{
    if (s->count > 0 && s->stream != NULL)
        log_stream_take(s, clock);
    else if (s->count > 0 && s->is_datagram)
        flush_datagrams(s, clock);
    else if (s->count > 0)
        flush_stream(s, clock);
    s->count = 0;
}

void sink_put(struct log_sink *s, const struct record *r, struct clock_text *clock)
{
    s->batch[s->count++] = r;
    if (s->count == SINK_BATCH)
        sink_flush(s, clock);
}
