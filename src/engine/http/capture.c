/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that are not HTTP are kept for who wants to see them. */
#include "engine/http/internal.h"

#include "engine/core/thread.h"
#include "io/chunk.h"
#include "io/loop.h"
#include "state/snapshot.h"

static struct span source_of(struct stream *s, char *room, size_t size)
{
    struct address client;
    struct buf text;

    buf_init_fixed(&text, room, size);
    if (s->facts.live->address(s->facts.self, ADDRESS_CLIENT, &client))
        address_put(&text, &client);
    return buf_span(&text);
}

void stream_capture_request(struct stream *s)
{
    const struct service *service = s->facts.service;
    char room[64];

    if (service == NULL)
        return;
    struct captured_note n = { .wall_us = s->facts.wall_us,
                               .bytes = span_of(s->in, s->in_len),
                               .source = source_of(s, room, sizeof(room)),
                               .at = s->scan.error_at,
                               .room = (uint32_t)chunk_room(loop_chunks(s->thread->loop), CHUNK_LARGE) };
    n.room = n.room > s->in_len ? n.room - s->in_len : 0;
    service_capture(snapshot_service(s->facts.snapshot, service), &n);
}

void stream_capture_answer(struct stream *s)
{
    const struct server *server = s->facts.server;
    char room[64];

    if (server == NULL)
        return;
    struct captured_note n = { .wall_us = s->facts.wall_us,
                               .bytes = span_of(s->back + s->back_at, s->back_len - s->back_at),
                               .source = source_of(s, room, sizeof(room)),
                               .other = s->facts.service ? s->facts.service->name : SPAN(""),
                               .server = server->name,
                               .at = s->back_scan.error_at,
                               .room = (uint32_t)chunk_room(loop_chunks(s->thread->loop), CHUNK_LARGE) };
    n.room = n.room > n.bytes.len ? n.room - (uint32_t)n.bytes.len : 0;
    pool_capture(snapshot_pool(s->facts.snapshot, server->pool), &n);
}
