/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/core/log_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/core/log_ring.h"
#include "engine/core/log_sink.h"

#define RETRY     DURATION_S(1)
#define HEAD_ROOM 512
#define COUNT_MAX 16 /* "1234 " */

struct log_stream {
    size_t room, len; /* of <bytes>: frames, each with its length before it */
    size_t sent;      /* of the first frame */
    instant retry;
    char bytes[];
};

struct log_stream *log_stream_new(size_t room)
{
    struct log_stream *q = malloc(sizeof(*q) + room);

    if (q != NULL)
        *q = (struct log_stream){ .room = room };
    return q;
}

void log_stream_free(struct log_stream **q)
{
    free(*q);
    *q = NULL;
}

/* ---- the queue ---- */

/* False: it is full. */
static bool put_frame(struct log_stream *q, const struct iovec *parts, unsigned count)
{
    uint32_t len = 0;

    for (unsigned i = 0; i < count; i++)
        len += (uint32_t)parts[i].iov_len;
    if (len + sizeof(len) > q->room - q->len)
        return false;
    memcpy(q->bytes + q->len, &len, sizeof(len));
    q->len += sizeof(len);
    for (unsigned i = 0; i < count; i++) {
        if (parts[i].iov_len > 0)
            memcpy(q->bytes + q->len, parts[i].iov_base, parts[i].iov_len);
        q->len += parts[i].iov_len;
    }
    return true;
}

static void put_line(struct log_sink *s, const struct record *r, struct clock_text *clock)
{
    char head[HEAD_ROOM], count[COUNT_MAX], newline = '\n';
    size_t head_len = sink_write_head(s, r, clock, head, sizeof(head));
    struct iovec text = sink_text(s, r, head_len);
    struct iovec counted[] = { { count, 0 }, { head, head_len }, text };
    struct iovec lines[] = { { head, head_len }, text, { &newline, 1 } };
    struct buf b;

    buf_init_fixed(&b, count, sizeof(count));
    buf_printf(&b, "%zu ", head_len + text.iov_len);
    counted[0].iov_len = b.len;
    if (!put_frame(s->stream, s->target.counted ? counted : lines, 3))
        sink_failed(s, 1, ENOBUFS, r->wall_us);
}

/* ---- the connection ---- */

static void disconnect(struct log_sink *s, int error)
{
    (void)close(s->fd);
    s->fd = -1;
    s->stream->sent = 0;
    s->stream->retry = instant_after(clock_now(), RETRY);
    sink_failed(s, 0, error, clock_wall_us());
}

/* Under way is as good as there: writing says which. */
static bool is_connected(struct log_sink *s)
{
    const struct address *to = &s->target.address;

    if (s->fd >= 0)
        return true;
    if (clock_now().us < s->stream->retry.us)
        return false;
    s->fd = socket(to->u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0) {
        s->stream->retry = instant_after(clock_now(), RETRY);
        return false;
    }
    if (connect(s->fd, &to->u.sa, to->len) == 0 || errno == EINPROGRESS)
        return true;
    disconnect(s, errno);
    return false;
}

/* Who closes is not seen by writing, and loses a line: nobody who takes logs has something to say. */
static bool is_closed(const struct log_sink *s)
{
    char nothing[64];
    ssize_t n = recv(s->fd, nothing, sizeof(nothing), MSG_DONTWAIT);

    return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOTCONN);
}

/* Bytes of frames that are out, from the front. */
static size_t push_frames(struct log_sink *s)
{
    struct log_stream *q = s->stream;
    size_t at = 0;

    while (at < q->len) {
        uint32_t len;
        memcpy(&len, q->bytes + at, sizeof(len));
        ssize_t n =
            send(s->fd, q->bytes + at + sizeof(len) + q->sent, len - q->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == ENOTCONN))
            return at;
        if (n < 0) {
            disconnect(s, errno);
            return at;
        }
        q->sent += (size_t)n;
        s->bytes += (uint64_t)n;
        if (q->sent < len)
            continue;
        q->sent = 0;
        s->written++;
        at += sizeof(len) + len;
    }
    return at;
}

bool log_stream_push(struct log_sink *s)
{
    struct log_stream *q = s->stream;

    if (q == NULL || q->len == 0)
        return false;
    if (s->fd >= 0 && is_closed(s))
        disconnect(s, ECONNRESET);
    if (!is_connected(s))
        return true;
    size_t out = push_frames(s);
    memmove(q->bytes, q->bytes + out, q->len - out);
    q->len -= out;
    return q->len > 0;
}

void log_stream_take(struct log_sink *s, struct clock_text *clock)
{
    for (unsigned i = 0; i < s->count; i++)
        put_line(s, s->batch[i], clock);
    (void)log_stream_push(s);
}
