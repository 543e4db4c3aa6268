/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/channel.h"

#include <errno.h>
#include <unistd.h>

#include "daemon/record.h"

enum fdpass_result channel_send(struct channel *c, const struct message *m)
{
    struct buf b;

    BUG_ON(m->text.len > MESSAGE_TEXT_MAX || m->fd_count > MESSAGE_FDS_MAX);
    buf_init_fixed(&b, c->storage, sizeof(c->storage));
    record_u32(&b, m->kind);
    record_u32(&b, m->index);
    record_u64(&b, m->number);
    record_span(&b, m->text);
    BUG_ON(b.truncated);
    return fdpass_send(c->fd, buf_span(&b), m->fds, m->fd_count);
}

static bool decode(struct span bytes, struct message *m)
{
    struct reader r = reader_of(bytes);
    uint32_t kind = reader_u32(&r);

    m->kind = (enum message_kind)kind;
    m->index = reader_u32(&r);
    m->number = reader_u64(&r);
    m->text = record_take_span(&r);
    return !r.failed && reader_left(&r) == 0 && kind > 0 && kind < MESSAGE_KINDS;
}

enum fdpass_result channel_receive(struct channel *c, struct message *m)
{
    struct fdpass_message raw = {
        .data = c->storage, .room = sizeof(c->storage), .fds = m->fds, .fd_room = MESSAGE_FDS_MAX
    };
    enum fdpass_result result = fdpass_receive(c->fd, &raw);

    m->fd_count = result == FDPASS_OK ? raw.fd_count : 0;
    if (result != FDPASS_OK || decode(span_of(raw.data, raw.len), m))
        return result;
    for (unsigned i = 0; i < m->fd_count; i++)
        (void)close(m->fds[i]);
    m->fd_count = 0;
    errno = EBADMSG;
    return FDPASS_ERROR;
}

void channel_close(struct channel *c)
{
    if (c->fd >= 0)
        (void)close(c->fd);
    c->fd = -1;
}

enum fdpass_result channel_say(struct channel *c, enum message_kind kind, uint32_t index, uint64_t number)
{
    return channel_send(c, &(struct message){ .kind = kind, .index = index, .number = number });
}

enum fdpass_result channel_hand(struct channel *c, enum message_kind kind, uint32_t index, uint64_t number,
                                int fd)
{
    return channel_send(
        c, &(struct message){ .kind = kind, .index = index, .number = number, .fds = { fd }, .fd_count = 1 });
}
